//! Reads scripted calls.

use std::time::Duration;

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::super::diagnostic::Wordings;
use super::super::keys::{self, Group};
use super::super::load::Report;
use super::super::script::{
    CallScript, Failing, FakedAnswer, FakedOutcome, HangsUp, RobotSays, ScriptDoes, ScriptEnd, ScriptExpects, ScriptStep, SeatDoes,
    SpokenWords,
};
use super::super::script_keys;
use super::super::yaml::{Kind, Node};
use super::value::{Fields, Reader};
use crate::base::Key;

/// The caller's number where a script names none.
const ANYBODY: &str = "13800000000";
/// When a caller interrupts where the script does not say.
const BARGES_IN: Duration = Duration::from_millis(500);
/// How sure a recogniser is where the script does not say.
const SURE: f32 = 0.95;
/// The methods of requests.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "*"];

/// Reads the file's tree; what is wrong goes to the report, and then the result is of no use.
pub(in super::super) fn read(root: &Node, report: &mut Report) -> Option<Vec<CallScript>> {
    let mut reader = Reader::of_nothing(report, &|_| None);
    if !matches!(root.kind, Kind::Map(_)) {
        reader.wrong(root, "version: 1", "version: 1");
        return None;
    }
    Some(reader.scripts(root))
}

#[derive(Clone, Default)]
struct Defaults {
    from: Option<String>,
    at: Option<DateTime>,
    caller: Map<String, Value>,
    answers: Vec<FakedAnswer>,
    fails: Vec<Failing>,
}

impl<'n> Reader<'_> {
    fn scripts(&mut self, root: &'n Node) -> Vec<CallScript> {
        let file = self.fields(root, &script_keys::FILE);
        if let Some(version) = file.value("version")
            && version.text().is_none_or(|text| text.trim() != "1")
        {
            self.report.error(
                version,
                "version",
                Wordings::new("这个版本的 bellhop 只懂 version: 1", "this bellhop knows only version: 1"),
                Wordings::new("改成 version: 1", "write version: 1"),
            );
        }
        let defaults = match file.value("defaults") {
            Some(node) => {
                let fields = self.fields(node, &script_keys::DEFAULTS);
                self.defaults(&fields, Defaults::default())
            }
            None => Defaults::default(),
        };
        let calls = file.value("calls").map(Reader::many).unwrap_or_default();
        calls.into_iter().map(|node| self.script(node, defaults.clone())).collect()
    }

    fn defaults(&mut self, fields: &Fields<'n>, outer: Defaults) -> Defaults {
        let mut all = outer;
        if let Some(from) = fields.value("from").and_then(|node| self.plain(node)) {
            all.from = Some(from);
        }
        if let Some(at) = fields.value("at").and_then(|node| self.moment(node)) {
            all.at = Some(at);
        }
        if let Some(node) = fields.value("caller") {
            for (key, value) in self.each(node) {
                all.caller.insert(key.text().unwrap_or_default().trim().to_owned(), json(value));
            }
        }
        if let Some(node) = fields.value("sources") {
            let mut own = Vec::new();
            for (source, answers) in self.each(node) {
                for (request, outcome) in self.each(answers) {
                    own.extend(self.faked(source, request, outcome));
                }
            }
            own.append(&mut all.answers);
            all.answers = own;
        }
        if let Some(node) = fields.value("fails") {
            let named = Reader::many(node).into_iter().filter_map(|node| self.one_of(node, script_keys::FAILING));
            all.fails = named.map(|name| if name == "send" { Failing::Send } else { Failing::Ticket }).collect();
        }
        all
    }

    fn script(&mut self, node: &'n Node, defaults: Defaults) -> CallScript {
        let fields = self.fields(node, &script_keys::CALL);
        let name = fields.value("name").and_then(|node| self.plain(node)).unwrap_or_default();
        let place = fields.value("name").map_or(node.place, |name| name.place);
        let Defaults { from, at, caller, answers, fails } = self.defaults(&fields, defaults);
        let steps = fields.value("steps").map(Reader::many).unwrap_or_default();
        let steps = steps.into_iter().filter_map(|step| self.script_step(step)).collect();
        let end = fields.value("end").map(|end| self.end(end));
        CallScript { place, name, from: from.unwrap_or_else(|| ANYBODY.to_owned()), at, caller, answers, fails, steps, end }
    }

    fn script_step(&mut self, node: &'n Node) -> Option<ScriptStep> {
        let place = node.place;
        let entries = match &node.kind {
            Kind::Scalar { text, .. } if matches!(text.trim(), "hang_up" | "hangup") => {
                return Some(ScriptStep { place, does: ScriptDoes::HangUp { after: None } });
            }
            Kind::Map(entries) => entries,
            _ => {
                self.no_script_step(node);
                return None;
            }
        };
        let mut named = entries.iter().filter_map(|(key, _)| {
            let name = key.text()?;
            Some((key, script_keys::STEPS.iter().find(|group| group.name == name)?))
        });
        let Some((_, group)) = named.next() else {
            self.no_script_step(entries.first().map_or(node, |(key, _)| key));
            return None;
        };
        if let Some((second, other)) = named.next() {
            self.second_step(second, other.name);
            return None;
        }
        let does = self.script_does(node, group)?;
        Some(ScriptStep { place, does })
    }

    fn no_script_step(&mut self, node: &Node) {
        let text: String = node.text().unwrap_or_default().chars().take(30).collect();
        let names: Vec<&str> = script_keys::STEPS.iter().map(|step| step.name).collect();
        let help = match keys::nearest(&text, names.iter().copied()) {
            Some(near) => Wordings::new(format!("是不是 {near}: …"), format!("did you mean {near}: …")),
            None if text.is_ascii() => {
                Wordings::new(format!("步骤有：{}", names.join("、")), format!("the steps are: {}", names.join(", ")))
            }
            None => Wordings::new(
                format!("客户说的写 - caller: {text}，机器人说的写 - robot: {text}"),
                format!("for the caller's words write - caller: {text}, for the robot's - robot: {text}"),
            ),
        };
        self.report.error(node, "unknown-step", Wordings::new(format!("{text} 不是一个步骤"), format!("{text} is no step")), help);
    }

    fn script_does(&mut self, node: &'n Node, group: &'static Group) -> Option<ScriptDoes> {
        let fields = self.fields(node, group);
        let value = fields.value(group.name)?;
        let after = fields.value("after").and_then(|node| self.duration(node));
        match group.name {
            "robot" => self.robot(value).map(ScriptDoes::Robot),
            "caller" => self.spoken(value).map(ScriptDoes::Caller),
            "press" => {
                let keys: String = self.plain(value)?.split_whitespace().collect();
                if keys.chars().any(|sign| Key::new(sign).is_none()) {
                    self.report.error(
                        value,
                        "bad-key",
                        Wordings::new(format!("{keys} 里有不是按键的字：0-9、*、#"), format!("{keys} holds what is no key: 0-9, *, #")),
                        Wordings::new("写成 press: \"12345678#\"", "write press: \"12345678#\""),
                    );
                    return None;
                }
                Some(ScriptDoes::Press { keys, after })
            }
            "silence" => self.duration(value).map(ScriptDoes::Silence),
            "barge_in" => self.spoken(value).map(|said| ScriptDoes::BargeIn { said, after: after.unwrap_or(BARGES_IN) }),
            "hang_up" => Some(ScriptDoes::HangUp { after }),
            "seat" => {
                let word = self.one_of(value, script_keys::SEATS)?;
                Some(ScriptDoes::Seat(if word == "none" { SeatDoes::Nothing } else { SeatDoes::HangsUp }))
            }
            _ => {
                let fields = self.fields(value, &script_keys::EXPECT);
                Some(ScriptDoes::Expect(Box::new(self.expects(&fields))))
            }
        }
    }

    fn robot(&mut self, node: &'n Node) -> Option<RobotSays> {
        if matches!(node.kind, Kind::Map(_)) {
            let fields = self.fields(node, &script_keys::SAYS);
            return fields.value("prompt").and_then(|name| self.plain(name)).map(RobotSays::Prompt);
        }
        let words = self.plains(node);
        (!words.is_empty()).then_some(RobotSays::Words(words))
    }

    fn spoken(&mut self, node: &'n Node) -> Option<SpokenWords> {
        if !matches!(node.kind, Kind::Map(_)) {
            let text = self.plain(node)?;
            return Some(SpokenWords { heard_as: vec![(text.clone(), SURE)], text });
        }
        let fields = self.fields(node, &script_keys::SPOKEN);
        let text = fields.value("say").and_then(|node| self.plain(node))?;
        let mut heard_as = Vec::new();
        for node in fields.value("heard_as").map(Reader::many).unwrap_or_default() {
            if matches!(node.kind, Kind::Scalar { .. }) {
                heard_as.extend(node.text().map(|text| (text.trim().to_owned(), SURE)));
                continue;
            }
            let reading = self.fields(node, &script_keys::HEARD);
            let confidence = reading.value("confidence").and_then(|node| self.decimal(node, (0.0, 1.0)));
            // Words that nobody could recognise are an empty text.
            let text = reading.value("text").and_then(Node::text).unwrap_or_default().trim().to_owned();
            heard_as.push((text, confidence.map_or(SURE, |confidence| confidence as f32)));
        }
        if heard_as.is_empty() {
            heard_as.push((text.clone(), SURE));
        }
        Some(SpokenWords { text, heard_as })
    }

    fn expects(&mut self, fields: &Fields<'n>) -> ScriptExpects {
        let words = |reader: &mut Self, name: &str| fields.value(name).map(|node| reader.plains(node)).unwrap_or_default();
        let pairs = |reader: &mut Self, name: &str| -> Vec<(String, Value)> {
            let entries = fields.value(name).map(|node| reader.each(node)).unwrap_or_default();
            entries.into_iter().map(|(key, value)| (key.text().unwrap_or_default().trim().to_owned(), json(value))).collect()
        };
        let slots = fields.value("slots").map(|node| self.each(node)).unwrap_or_default();
        let intent = fields.value("intent").and_then(|node| self.plain(node));
        let language = fields.value("language").and_then(|node| self.one_of(node, keys::LANGUAGES));
        ScriptExpects {
            intent: intent.map(|name| (name != "none").then_some(name)),
            slots: slots.into_iter().filter_map(|(key, value)| Some((key.text()?.trim().to_owned(), self.plain(value)?))).collect(),
            within: fields.value("within").and_then(|node| self.duration(node)),
            path: words(self, "path"),
            language: language.and_then(|code| code.parse().ok()),
            lookups: words(self, "lookups"),
            values: pairs(self, "values"),
            notes: words(self, "notes"),
        }
    }

    fn end(&mut self, node: &'n Node) -> ScriptEnd {
        let fields = self.fields(node, &script_keys::END);
        let word = |reader: &mut Self, name: &str| fields.value(name).and_then(|node| reader.plain(node));
        let handed_over = fields.value("handover").and_then(|node| self.one_of(node, &["none", "any"])).map(|word| word == "any");
        let hung_up = fields.value("hung_up").and_then(|node| self.one_of(node, script_keys::HANGS_UP));
        ScriptEnd {
            place: node.place,
            handed_over,
            queue: word(self, "queue"),
            reason: word(self, "reason"),
            tier: word(self, "tier"),
            hung_up: hung_up.map(|who| if who == "robot" { HangsUp::Robot } else { HangsUp::Caller }),
            transcript_has: fields.value("transcript_has").map(|node| self.plains(node)).unwrap_or_default(),
            expects: self.expects(&fields),
        }
    }

    fn moment(&mut self, node: &Node) -> Option<DateTime> {
        let text = self.plain(node)?;
        let parsed = text.replacen(' ', "T", 1).parse::<DateTime>();
        if parsed.is_err() {
            self.report.error(
                node,
                "bad-value",
                Wordings::new(format!("{text} 不是日期和时间"), format!("{text} is no date and time")),
                Wordings::new("写成 at: \"2026-11-11 10:00\"", "write at: \"2026-11-11 10:00\""),
            );
        }
        parsed.ok()
    }

    fn faked(&mut self, source: &Node, request: &'n Node, outcome: &'n Node) -> Option<FakedAnswer> {
        let line = self.plain(request)?;
        let right = line.split_once(' ').is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with(['/', '*']));
        if !right {
            self.report.error(
                request,
                "bad-value",
                Wordings::new(format!("{line} 不是请求：方法、空格、路径"), format!("{line} is no request: a method, a space, a path")),
                Wordings::new("写成 \"GET /orders/*\"", "write \"GET /orders/*\""),
            );
        }
        let outcomes = match &outcome.kind {
            Kind::Map(entries) if entries.iter().all(|(key, _)| key.text() == Some("in_turn")) && entries.len() == 1 => {
                Reader::many(&entries[0].1).into_iter().map(|one| self.outcome(one)).collect()
            }
            _ => vec![self.outcome(outcome)],
        };
        Some(FakedAnswer { place: request.place, source: source.text()?.trim().to_owned(), request: line, outcomes })
    }

    /// `{status: 404}`, `{status: 200, after: 2s, body: {…}}`, `timeout`; anything else is the body of a 200.
    fn outcome(&mut self, node: &'n Node) -> FakedOutcome {
        let mut outcome = FakedOutcome { status: Some(200), body: Value::Null, after: Duration::ZERO };
        if node.text() == Some("timeout") {
            outcome.status = None;
            return outcome;
        }
        let Kind::Map(entries) = &node.kind else { return FakedOutcome { body: json(node), ..outcome } };
        let about = |name: &str| entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
        let status =
            about("status").and_then(Node::text).and_then(|text| text.parse::<u16>().ok()).filter(|code| (100..600).contains(code));
        let only = entries.iter().all(|(key, _)| matches!(key.text(), Some("status" | "after" | "body")));
        if !only || (status.is_none() && (about("status").is_some() || about("body").is_none() && about("after").is_none())) {
            return FakedOutcome { body: json(node), ..outcome };
        }
        outcome.status = Some(status.unwrap_or(200));
        outcome.body = about("body").map_or_else(|| Value::Object(Map::new()), json);
        outcome.after = about("after").and_then(|node| self.duration(node)).unwrap_or_default();
        outcome
    }
}

/// The value as JSON: what is written without quotes and looks like a number, true, false or null is that; leading zeros are text.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => {
            entries.iter().map(|(key, value)| (key.text().unwrap_or_default().trim().to_owned(), json(value))).collect::<Map<_, _>>().into()
        }
        Kind::Scalar { text, plain: false } => Value::String(text.clone()),
        Kind::Scalar { text, plain: true } => match text.trim() {
            "" | "~" | "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            word => {
                let digits = word.trim_start_matches('-');
                let number = digits.starts_with(|sign: char| sign.is_ascii_digit())
                    && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."));
                let parsed = if number { word.parse::<serde_json::Number>().ok() } else { None };
                parsed.map_or_else(|| Value::String(word.to_owned()), Value::Number)
            }
        },
    }
}
