//! From the tree to the dialplan: every name looked up, every value checked, all faults of a file at once.

mod hours;
mod script;
mod source;
mod step;
mod systems;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::diagnostic::Wordings;
use super::keys;
use super::load::Report;
use super::model::{
    Dialplan, Elderly, Handover, Intent, LONGEST_TEXT, NowWhat, Personal, Privacy, Prompt, Queue, Route, Silence, Slot, SlotType, Source,
    Text, Tone,
};
use super::steps::{Step, StepKind, Steps};
use super::yaml::{Kind, Node};
use crate::base::{Language, QueueName};
use value::{Fields, Reader};

/// Names that templates may always use, and that nothing else may take.
const RESERVED: [&str; 5] = ["caller", "call", "value", "today", "now"];
/// From this age on callers are in the lane for the elderly, where the plan names none.
const ELDERLY: u32 = 65;

/// Reads the file's tree; what is wrong goes to the report, and then the result is of no use.
pub(super) fn read(root: &Node, report: &mut Report, env: &dyn Fn(&str) -> Option<String>) -> Option<Dialplan> {
    let mut reader = Reader::of_nothing(report, env);
    if !matches!(root.kind, Kind::Map(_)) {
        reader.wrong(root, "dialplan: 1", "dialplan: 1");
        return None;
    }
    Some(reader.plan(root))
}

pub(super) use script::read as read_script;

impl<'r> Reader<'r> {
    /// A reader that knows no names yet.
    fn of_nothing(report: &'r mut Report, env: &'r dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            report,
            env,
            language: Language::default(),
            never_say: Vec::new(),
            names: BTreeMap::new(),
            variables: RESERVED.map(str::to_owned).into(),
            used: Vec::new(),
            uses_score: false,
        }
    }
}

impl<'n> Reader<'_> {
    fn plan(&mut self, root: &'n Node) -> Dialplan {
        self.collect_names(root);
        if let Some(language) = raw(root, "language").and_then(Node::text).and_then(|code| code.trim().parse().ok()) {
            self.language = language;
        }
        self.never_say = raw(root, "never_say")
            .map(|node| Reader::many(node).into_iter().filter_map(Node::text).map(|text| text.trim().to_owned()).collect())
            .unwrap_or_default();
        self.never_say.retain(|phrase| !phrase.is_empty());
        let top = self.fields(root, &keys::TOP);
        let file = self.report.file().to_owned();
        let mut plan = Dialplan { file: file.clone(), speed: 100, ..Dialplan::default() };
        if let Some(version) = top.value("dialplan")
            && version.text().is_none_or(|text| text.trim() != "1")
        {
            self.report.error(
                version,
                "version",
                Wordings::new("这个版本的 bellhop 只懂 dialplan: 1", "this bellhop knows only dialplan: 1"),
                Wordings::new("改成 dialplan: 1", "write dialplan: 1"),
            );
        }
        if let Some(language) = top.value("language").and_then(|node| self.one_of(node, keys::LANGUAGES)).and_then(|code| code.parse().ok())
        {
            self.language = language;
            plan.language = language;
        }
        self.never_say = top.value("never_say").map(|node| self.plains(node)).unwrap_or_default();
        plan.never_say.clone_from(&self.never_say);
        let stem = file.rsplit(['/', '\\']).next().unwrap_or_default().split('.').next().unwrap_or_default();
        plan.name = top.value("name").and_then(|node| self.plain(node)).unwrap_or_else(|| stem.to_owned());
        plan.numbers = self.numbers(&top, root);
        if let Some(voice) = top.value("voice") {
            let voice = self.fields_of(voice, "voice");
            if let Some(name) = voice.value("name") {
                self.one_of(name, &["default"]);
            }
            if let Some(speed) = voice.value("speed").and_then(|node| self.decimal(node, (0.5, 2.0))) {
                plan.speed = (speed * 100.0).round() as u16;
            }
        }
        if let Some(tone) = top.value("tone") {
            let tone = self.fields_of(tone, "tone");
            plan.tone = Tone {
                address: tone.value("address").and_then(|node| self.plain(node)),
                max_sentence: tone.value("max_sentence").and_then(|node| self.count(node, (1, 1_000))),
            };
        }
        for (key, node) in self.section(&top, "prompts") {
            if let (Some(name), Some(prompt)) = (self.plain(key), self.prompt(node)) {
                plan.prompts.insert(name, Prompt { place: key.place, ..prompt });
            }
        }
        for (key, node) in self.section(&top, "slots") {
            if let (Some(name), Some(slot)) = (self.plain(key), self.slot(node)) {
                plan.slots.insert(name, Slot { place: key.place, ..slot });
            }
        }
        for (key, node) in self.section(&top, "sources") {
            if let (Some(name), Some(source)) = (self.plain(key), self.source(node)) {
                plan.sources.insert(name, Source { place: key.place, ..source });
            }
        }
        for (key, node) in self.section(&top, "queues") {
            if let Some(name) = self.plain(key) {
                let queue = self.queue(&name, node);
                plan.queues.insert(name.into(), Queue { place: key.place, ..queue });
            }
        }
        plan.routes = self.routes(&top, &plan.queues);
        for (key, node) in self.section(&top, "intents") {
            if let Some(name) = self.plain(key) {
                let intent = self.intent(&name, node);
                plan.intents.push(Intent { place: key.place, ..intent });
            }
        }
        for (key, node) in self.section(&top, "flows") {
            if let Some(name) = self.plain(key) {
                plan.flow_places.insert(name.clone(), key.place);
                plan.flows.insert(name, self.steps(node));
            }
        }
        plan.keys = top.value("keys").map(|node| self.key_steps(node)).unwrap_or_default();
        plan.silence = self.silence(&top, &plan.queues);
        plan.handover = self.handover(&top);
        plan.hours = self.hours(&top);
        if let (Some(node), None) = (top.value("after_hours"), top.value("hours")) {
            self.report.warning(
                node,
                "no-hours",
                Wordings::new("没有写 hours：永远不会是非营业时间", "hours is missing: it is never after hours"),
                Wordings::new("加上 hours: {mon-fri: \"09:00-21:00\"}", "add hours: {mon-fri: \"09:00-21:00\"}"),
            );
        }
        plan.after_hours = top.value("after_hours").map(|node| self.steps(node)).unwrap_or_default();
        plan.after_seat = top.value("after_seat").map(|node| self.steps(node)).unwrap_or_default();
        plan.privacy = self.privacy(&top);
        plan.messages = top.value("messages").and_then(|node| self.messages(node));
        plan.events = systems::section(&top, "events").into_iter().filter_map(|node| self.listener(node)).collect();
        plan.knowledge = top.value("knowledge").map(|node| self.plains(node)).unwrap_or_default();
        if self.uses_score && !plan.slots.contains_key(SCORE) {
            plan.slots.insert(SCORE.to_owned(), score());
        }
        plan.start = match top.value("start") {
            Some(node) => self.steps(node),
            None => start(plan.prompts.contains_key("welcome")),
        };
        self.check_variables();
        plan
    }

    /// Gathers what the file defines, so that names may stand before what they name.
    fn collect_names(&mut self, root: &Node) {
        for (section, kind) in [("prompts", "prompt"), ("flows", "flow"), ("slots", "slot"), ("sources", "source"), ("queues", "queue")] {
            let mut names = BTreeSet::new();
            if let Some(Kind::Map(entries)) = raw(root, section).map(|node| &node.kind) {
                names.extend(entries.iter().filter_map(|(key, _)| key.text()).map(|name| name.trim().to_owned()));
            }
            if kind == "slot" {
                self.variables.extend(names.iter().cloned());
            }
            self.names.insert(kind, names);
        }
    }

    fn section(&mut self, top: &Fields<'n>, name: &str) -> Vec<(&'n Node, &'n Node)> {
        top.value(name).map(|node| self.each(node)).unwrap_or_default()
    }

    fn fields_of(&mut self, node: &'n Node, name: &str) -> Fields<'n> {
        let group = keys::GROUPS.iter().find(|group| group.name == name).copied().unwrap_or(&keys::TOP);
        self.fields(node, group)
    }

    fn numbers(&mut self, top: &Fields<'n>, root: &Node) -> Vec<String> {
        let Some(node) = top.value("numbers") else {
            self.report.warning(
                root,
                "no-number",
                Wordings::new("没有写 numbers：这条热线打不进来", "numbers is missing: nobody can call this hotline"),
                Wordings::new("加上 numbers: [\"8001\"]", "add numbers: [\"8001\"]"),
            );
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for one in Reader::many(node) {
            let Some(number) = self.plain(one) else { continue };
            if number.contains(|sign: char| !(sign.is_ascii_alphanumeric() || "+*#.-_".contains(sign))) {
                self.report.error(
                    one,
                    "bad-value",
                    Wordings::new(format!("{number} 不是号码"), format!("{number} is no number to call")),
                    Wordings::new("写成 numbers: [\"8001\", \"8002\"]", "write numbers: [\"8001\", \"8002\"]"),
                );
            }
            numbers.push(number);
        }
        numbers
    }

    /// Reads one prompt: words, variants in turn, or a map.
    pub(super) fn prompt(&mut self, node: &'n Node) -> Option<Prompt> {
        let mut interruptible = true;
        let mut wavs = BTreeMap::new();
        let mut valid = None;
        let variants: Vec<Text> = match &node.kind {
            Kind::Map(entries) if !entries.iter().all(|(key, _)| matches!(key.text(), Some("zh" | "en"))) => {
                let fields = self.fields_of(node, "prompt");
                if let Some(interrupt) = fields.value("interrupt") {
                    interruptible = self.one_of(interrupt, &["never", "always"]) != Some("never");
                }
                if let Some(wav) = fields.value("wav") {
                    wavs = self.wavs(wav);
                }
                valid = fields.value("valid").and_then(|node| self.days(node));
                if let Some(say) = fields.value("say") {
                    Reader::many(say).into_iter().filter_map(|one| self.words(one)).collect()
                } else {
                    let mut text = Text::default();
                    for language in [Language::Zh, Language::En] {
                        if let Some(template) = fields.value(language.code()).and_then(|words| self.template(words, language)) {
                            text.by_language.insert(language, template);
                        }
                    }
                    if text.by_language.is_empty() {
                        self.report.error(
                            node,
                            "missing-key",
                            Wordings::new("这条话术没有 say：不知道说什么", "this prompt has no say: there are no words"),
                            Wordings::new("加上 say: 您好", "add say: with the words"),
                        );
                        return None;
                    }
                    vec![text]
                }
            }
            _ => Reader::many(node).into_iter().filter_map(|one| self.words(one)).collect(),
        };
        if variants.is_empty() {
            if node.is_nothing() || matches!(node.kind, Kind::List(_)) {
                self.wrong(node, "一句话", "words");
            }
            return None;
        }
        Some(Prompt { place: node.place, variants, interruptible, wavs, valid })
    }

    /// Reads one recorded file, or one for each language.
    fn wavs(&mut self, node: &'n Node) -> BTreeMap<Language, String> {
        if !matches!(node.kind, Kind::Map(_)) {
            return self.file(node, ".wav").map(|wav| (self.language, wav)).into_iter().collect();
        }
        let mut wavs = BTreeMap::new();
        for (key, value) in self.each(node) {
            match key.text().unwrap_or_default().parse::<Language>() {
                Ok(language) => wavs.extend(self.file(value, ".wav").map(|wav| (language, wav))),
                Err(_) => self.wrong(key, "zh 或 en", "zh or en"),
            }
        }
        wavs
    }

    /// Reads the name of a file beside the dialplan.
    pub(super) fn file(&mut self, node: &Node, end: &str) -> Option<String> {
        let name = self.plain(node)?;
        if !name.to_lowercase().ends_with(end) || name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..") {
            self.report.error(
                node,
                "bad-file",
                Wordings::new(
                    format!("{name} 不行：要一个和话术文件放在一起的 {end} 文件"),
                    format!("{name} does not do: a {end} file beside the dialplan is needed"),
                ),
                Wordings::new(format!("例如 prompts/notice{end}"), format!("for example prompts/notice{end}")),
            );
            return None;
        }
        Some(name)
    }

    fn slot(&mut self, node: &'n Node) -> Option<Slot> {
        let fields = self.fields_of(node, "slot");
        let named = fields.value("type").and_then(|kind| Some((kind, self.one_of(kind, keys::SLOT_TYPES)?)));
        let length = fields.value("length").and_then(|node| self.range(node, (1, 40)));
        let ask = fields.value("ask").and_then(|words| self.words(words));
        let confirm = fields.value("confirm").and_then(|words| self.words(words));
        let keypad = fields.value("keypad").and_then(|node| self.switch(node)).unwrap_or_default();
        let range = fields.value("range").and_then(|node| self.range(node, (0, u32::MAX)));
        let limit = fields.value("limit").and_then(|node| self.duration(node)).unwrap_or(LONGEST_TEXT);
        let values = fields.value("values").map(|values| self.choices(values));
        let (node_of_type, name) = named?;
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        let kind = match name {
            "digits" => {
                let (least, most) = length.unwrap_or((1, 20));
                SlotType::Digits { least: small(least), most: small(most) }
            }
            "code" => {
                let (least, most) = length.unwrap_or((1, 20));
                SlotType::Code { least: small(least), most: small(most) }
            }
            "phone" => SlotType::Phone,
            "id_card" => SlotType::IdCard,
            "bank_card" => SlotType::BankCard,
            "date" => SlotType::Date,
            "time" => SlotType::Time,
            "duration" => SlotType::Duration,
            "money" => SlotType::Money,
            "number" => {
                let (least, most) = range.map_or((0, i64::from(u32::MAX)), |(least, most)| (least.into(), most.into()));
                SlotType::Number { least, most }
            }
            "yes_no" => SlotType::YesNo,
            "choice" => match values {
                Some(values) if !values.is_empty() => SlotType::Choice(values),
                _ => {
                    self.report.error(
                        node_of_type,
                        "missing-key",
                        Wordings::new("choice 要有 values：可以选什么", "a choice needs values"),
                        Wordings::new("加上 values: {奶粉: [婴儿奶粉], 纸尿裤: [尿不湿]}", "add values: {small: [little], large: [big]}"),
                    );
                    return None;
                }
            },
            _ => SlotType::Text { limit },
        };
        Some(Slot { place: node.place, kind, ask, confirm, keypad })
    }

    fn choices(&mut self, node: &'n Node) -> Vec<(String, Vec<String>)> {
        if matches!(node.kind, Kind::List(_)) {
            self.plains(node).into_iter().map(|value| (value, Vec::new())).collect()
        } else {
            let entries = self.each(node);
            entries
                .into_iter()
                .filter_map(|(key, others)| Some((self.plain(key)?, if others.is_nothing() { Vec::new() } else { self.plains(others) })))
                .collect()
        }
    }

    fn queue(&mut self, name: &str, node: &'n Node) -> Queue {
        let fields = self.fields_of(node, "queue");
        let skills = fields.value("skills").map_or_else(|| vec![name.to_owned()], |skills| self.plains(skills));
        let music = fields.value("music").and_then(|node| self.file(node, ".wav"));
        let mut time = |key: &str, seconds| fields.value(key).and_then(|node| self.duration(node)).unwrap_or(Duration::from_secs(seconds));
        let (announce, max_wait, wrap_up) = (time("announce", 30), time("max_wait", 180), time("wrap_up", 20));
        let overflow = match fields.value("overflow").and_then(|node| self.one_of(node, keys::OVERFLOWS)) {
            Some("hangup") => NowWhat::Hangup,
            _ => NowWhat::Callback,
        };
        Queue { place: node.place, skills, music, announce, max_wait, overflow, wrap_up }
    }

    fn privacy(&mut self, top: &Fields<'n>) -> Privacy {
        let Some(node) = top.value("privacy") else { return Privacy::default() };
        let fields = self.fields(node, &keys::PRIVACY);
        let mut privacy = Privacy::default();
        for node in fields.value("mask").map(Reader::many).unwrap_or_default() {
            privacy.mask.extend(match self.one_of(node, keys::PERSONAL) {
                Some("phone") => Some(Personal::Phone),
                Some("id_card") => Some(Personal::IdCard),
                Some("bank_card") => Some(Personal::BankCard),
                _ => None,
            });
        }
        privacy.recordings = fields.value("recordings").and_then(|node| self.duration(node));
        privacy.transcripts = fields.value("transcripts").and_then(|node| self.duration(node));
        privacy
    }

    fn routes(&mut self, top: &Fields<'n>, queues: &BTreeMap<QueueName, Queue>) -> Vec<Route> {
        let mut routes = Vec::new();
        for node in top.value("routes").map(Reader::many).unwrap_or_default() {
            let fields = self.fields_of(node, "route");
            let reasons = fields.value("reason").map(|reasons| self.plains(reasons)).unwrap_or_default();
            let when = fields.value("when").and_then(|when| self.condition(when));
            let tier = fields.value("tier").and_then(|tier| self.plain(tier));
            if let Some(queue) = fields.value("queue").and_then(|queue| self.name(queue, "queue")) {
                routes.push(Route { reasons, when, queue: queue.into(), tier });
            }
        }
        let catches_all = routes.last().is_some_and(|route| route.reasons.is_empty() && route.when.is_none() && route.tier.is_none());
        if !catches_all && let Some(queue) = queues.keys().find(|name| name.as_str() == "general").or_else(|| queues.keys().next()) {
            if queues.len() > 1
                && let Some(node) = top.value("routes")
            {
                self.report.warning(
                    node,
                    "no-last-route",
                    Wordings::new(format!("都不符合时会去 {queue}"), format!("whoever fits no route goes to {queue}")),
                    Wordings::new(format!("最后加一条 - {{queue: {queue}}}"), format!("add as the last one - {{queue: {queue}}}")),
                );
            }
            routes.push(Route { reasons: Vec::new(), when: None, queue: queue.clone(), tier: None });
        }
        routes
    }

    fn intent(&mut self, name: &str, node: &'n Node) -> Intent {
        let fields = self.fields_of(node, "intent");
        let mut examples = Vec::new();
        let mut example_places = Vec::new();
        for one in fields.value("examples").map(Reader::many).unwrap_or_default() {
            let Some(example) = self.plain(one) else { continue };
            self.slots_in(one, &example);
            examples.push(example);
            example_places.push(one.place);
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut several: Option<Steps> = None;
        let mut answers: Vec<&str> = Vec::new();
        for key in ["say", "play", "go", "transfer", "do"] {
            let Some(value) = fields.value(key) else { continue };
            answers.push(key);
            let kind = match key {
                "say" => self.words(value).map(StepKind::Say),
                "play" => self.name(value, "prompt").map(StepKind::Play),
                "go" => self.name(value, "flow").map(StepKind::Go),
                "transfer" => self.transfer(value),
                _ => {
                    several = Some(self.steps(value));
                    None
                }
            };
            steps.extend(kind.map(|kind| Step { place: value.place, kind }));
        }
        if answers.len() != 1 && matches!(node.kind, Kind::Map(_)) {
            let (zh, en) = if answers.is_empty() {
                (format!("{name} 没有写要做什么"), format!("{name} does not say what to do"))
            } else {
                (
                    format!("{name} 写了 {}，只能有一个", answers.join("、")),
                    format!("{name} has {}: only one may stand there", answers.join(", ")),
                )
            };
            self.report.error(
                node,
                "intent-answer",
                Wordings::new(zh, en),
                Wordings::new(
                    "写 say、play、go、transfer 之一；几个步骤写在 do: 里",
                    "write one of say, play, go, transfer; several steps go into do:",
                ),
            );
        }
        Intent { place: node.place, name: name.to_owned(), examples, example_places, steps: several.unwrap_or_else(|| Arc::from(steps)) }
    }

    /// Checks that each `{name}` in an example is a slot.
    fn slots_in(&mut self, node: &Node, example: &str) {
        let mut rest = example;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let slot = Node { place: node.place, length: node.length, kind: Kind::Scalar { text: name.trim().to_owned(), plain: true } };
            self.name(&slot, "slot");
            rest = after;
        }
    }

    fn silence(&mut self, top: &Fields<'n>, queues: &BTreeMap<QueueName, Queue>) -> Silence {
        let otherwise: Steps = if queues.is_empty() {
            Arc::new([Step { place: super::Place::default(), kind: StepKind::Hangup }])
        } else {
            Arc::new([Step { place: super::Place::default(), kind: StepKind::Transfer { queue: None, reason: "silence".to_owned() } }])
        };
        let Some(node) = top.value("silence") else { return Silence { then: otherwise, ..Silence::default() } };
        let fields = self.fields(node, &keys::SILENCE);
        Silence {
            after: fields.value("after").and_then(|node| self.duration(node)).unwrap_or(Duration::from_secs(5)),
            times: fields.value("times").and_then(|node| self.count(node, (0, 10))).unwrap_or(2),
            then: fields.value("then").map_or(otherwise, |node| self.steps(node)),
        }
    }

    fn handover(&mut self, top: &Fields<'n>) -> Handover {
        let mut handover = Handover::default();
        let Some(node) = top.value("handover") else { return handover };
        let fields = self.fields(node, &keys::HANDOVER);
        if let Some(confidence) = fields.value("confidence") {
            let limits = self.fields(confidence, &keys::CONFIDENCE);
            if let Some(act) = limits.value("act").and_then(|node| self.decimal(node, (0.0, 1.0))) {
                handover.act = act as f32;
            }
            if let Some(confirm) = limits.value("confirm").and_then(|node| self.decimal(node, (0.0, 1.0))) {
                handover.confirm = confirm as f32;
            }
            if handover.confirm > handover.act {
                self.report.error(
                    confidence,
                    "bad-number",
                    Wordings::new("confirm 不能比 act 大", "confirm may not be above act"),
                    Wordings::new("写成 {act: 0.90, confirm: 0.50}", "write {act: 0.90, confirm: 0.50}"),
                );
            }
        }
        if let Some(times) = fields.value("misunderstood").and_then(|node| self.count(node, (1, 10))) {
            handover.misunderstood = times;
        }
        handover.keywords = fields.value("keywords").map(|words| self.plains(words)).unwrap_or_default();
        handover.dissatisfied = fields.value("dissatisfied").and_then(|node| self.count(node, (1, 10)));
        handover.mood = fields.value("mood").and_then(|node| self.one_of(node, &["annoyed", "angry"])).and_then(|mood| mood.parse().ok());
        if let Some(node) = fields.value("elderly") {
            let lane = self.fields(node, &keys::ELDERLY);
            let age = lane.value("age").and_then(|node| self.count(node, (40, 120))).unwrap_or(ELDERLY);
            let key = lane.value("key").and_then(|node| self.key(node));
            let words = lane.value("words").map(|words| self.plains(words)).unwrap_or_default();
            handover.elderly = Some(Elderly { age, key, words });
        }
        handover
    }

    fn check_variables(&mut self) {
        let known = self.variables.clone();
        for (name, node) in std::mem::take(&mut self.used) {
            let root = name.split('.').next().unwrap_or_default();
            if known.contains(root) || ["range", "dict", "namespace", "loop", "true", "false", "none"].contains(&root) {
                continue;
            }
            let help = if let Some(near) = keys::nearest(root, known.iter().map(String::as_str)) {
                Wordings::new(format!("是不是 {near}"), format!("did you mean {near}"))
            } else {
                let all: Vec<&str> = known.iter().map(String::as_str).collect();
                Wordings::new(format!("可以用：{}", all.join("、")), format!("known are: {}", all.join(", ")))
            };
            self.report.error(
                &node,
                "unknown-name",
                Wordings::new(format!("没有叫 {root} 的值"), format!("there is no value named {root}")),
                help,
            );
        }
    }
}

/// Finds a section before the file is checked.
fn raw<'n>(root: &'n Node, name: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &root.kind else { return None };
    entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
}

/// The slot that a survey without one fills.
pub(super) const SCORE: &str = "score";

fn score() -> Slot {
    let kind = SlotType::Number { least: 1, most: 5 };
    Slot { place: super::Place::default(), kind, ask: None, confirm: None, keypad: true }
}

fn start(welcomes: bool) -> Steps {
    let step = |kind| Step { place: super::Place::default(), kind };
    if welcomes {
        Arc::new([step(StepKind::Play("welcome".to_owned())), step(StepKind::Listen)])
    } else {
        Arc::new([step(StepKind::Listen)])
    }
}
