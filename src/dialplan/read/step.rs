//! Reads steps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::diagnostic::Wordings;
use super::super::keys::{self, Group};
use super::super::steps::{Branch, Callback, Lookup, Method, Priority, RecordMessage, Send, Step, StepKind, Steps, TicketStep};
use super::super::yaml::{Kind, Node};
use super::value::{Fields, Reader};
use crate::base::{Key, Language, QueueName};

impl<'n> Reader<'_> {
    /// Reads a list of steps, or one.
    pub(super) fn steps(&mut self, node: &'n Node) -> Steps {
        let steps: Vec<Step> = Reader::many(node).into_iter().filter_map(|one| self.step(one)).collect();
        Arc::from(steps)
    }

    fn step(&mut self, node: &'n Node) -> Option<Step> {
        let kind = match &node.kind {
            Kind::Scalar { text, .. } => self.word(node, text.trim())?,
            Kind::List(_) => {
                self.wrong(node, "一个步骤", "one step");
                return None;
            }
            Kind::Map(entries) => {
                let mut named: Vec<(&'n Node, &'static Group)> =
                    entries.iter().filter_map(|(key, _)| Some((key, keys::find_step(key.text()?)?))).collect();
                if named.len() > 1 {
                    // `send` is also the body of an update.
                    named.retain(|(_, group)| group.name != "send");
                }
                match named.as_slice() {
                    [(_, group)] => self.step_of(node, group)?,
                    [] => {
                        self.no_step(entries.first().map_or(node, |(key, _)| key));
                        return None;
                    }
                    [_, (second, group), ..] => {
                        self.second_step(second, group.name);
                        return None;
                    }
                }
            }
        };
        Some(Step { place: node.place, kind })
    }

    fn word(&mut self, node: &Node, text: &str) -> Option<StepKind> {
        match text {
            "listen" => Some(StepKind::Listen),
            "repeat" => Some(StepKind::Repeat),
            "back" => Some(StepKind::Back),
            "slower" => Some(StepKind::Slower),
            "hangup" => Some(StepKind::Hangup),
            "transfer" => Some(StepKind::Transfer { queue: None, reason: "asked".to_owned() }),
            _ => {
                self.no_step(node);
                None
            }
        }
    }

    /// Two steps stand where one belongs.
    pub(super) fn second_step(&mut self, second: &Node, name: &str) {
        self.report.error(
            second,
            "two-steps",
            Wordings::new(format!("一个步骤里又写了一个步骤 {name}"), format!("a second step {name} within one step")),
            Wordings::new(format!("另起一行写 - {name}: …"), format!("give it a line of its own: - {name}: …")),
        );
    }

    fn no_step(&mut self, node: &Node) {
        let text: String = node.text().unwrap_or_default().chars().take(30).collect();
        let names = keys::STEPS.iter().map(|step| step.name);
        let help = match keys::nearest(&text, names) {
            Some(near) if keys::WORDS.contains(&near) => Wordings::new(format!("是不是 {near}"), format!("did you mean {near}")),
            Some(near) => Wordings::new(format!("是不是 {near}: …"), format!("did you mean {near}: …")),
            None if text.is_ascii() => {
                let all: Vec<&str> = keys::STEPS.iter().map(|step| step.name).collect();
                Wordings::new(format!("步骤有：{}", all.join("、")), format!("the steps are: {}", all.join(", ")))
            }
            None => Wordings::new(format!("要说这句话就写 - say: {text}"), format!("to say these words write - say: {text}")),
        };
        self.report.error(node, "unknown-step", Wordings::new(format!("{text} 不是一个步骤"), format!("{text} is no step")), help);
    }

    fn step_of(&mut self, node: &'n Node, group: &'static Group) -> Option<StepKind> {
        let fields = self.fields(node, group);
        let value = fields.value(group.name)?;
        match group.name {
            "play" => self.name(value, "prompt").map(StepKind::Play),
            "say" => self.words(value).map(StepKind::Say),
            "ask" => self.words(value).map(StepKind::Ask),
            "listen" => Some(StepKind::Listen),
            "repeat" => Some(StepKind::Repeat),
            "back" => Some(StepKind::Back),
            "slower" => Some(StepKind::Slower),
            "hangup" => Some(StepKind::Hangup),
            "collect" => {
                let slots: Vec<String> = Reader::many(value).into_iter().filter_map(|one| self.name(one, "slot")).collect();
                (!slots.is_empty()).then_some(StepKind::Collect(slots))
            }
            "again" => self.name(value, "slot").map(StepKind::Again),
            "lookup" | "update" => self.lookup(&fields, value, group).map(StepKind::Lookup),
            "choose" => Some(StepKind::Choose(self.branches(value))),
            "go" => self.name(value, "flow").map(StepKind::Go),
            "transfer" => self.transfer(value),
            "set" => {
                let mut set = Vec::new();
                for (name, value) in self.each(value) {
                    if let (Some(name), Some(template)) = (self.variable(name), self.template(value, self.language)) {
                        set.push((name, template));
                    }
                }
                Some(StepKind::Set(set))
            }
            "menu" => {
                let menu = self.fields(value, &keys::MENU);
                let ask = menu.value("ask").and_then(|ask| self.words(ask));
                let keys = menu.value("keys").map(|keys| self.key_steps(keys)).unwrap_or_default();
                ask.map(|ask| StepKind::Menu { ask, keys })
            }
            "callback" => {
                let callback = self.fields(value, &keys::CALLBACK);
                let queue = callback.value("queue").and_then(|queue| self.name(queue, "queue")).map(QueueName::from);
                let within = callback.value("within").and_then(|within| self.duration(within)).unwrap_or(Duration::from_hours(2));
                let at = callback.value("at").and_then(|slot| self.name(slot, "slot"));
                let number = callback.value("number").and_then(|slot| self.name(slot, "slot"));
                self.variables.insert("callback".to_owned());
                Some(StepKind::Callback(Callback { queue, within, at, number }))
            }
            "send" => self.send(&fields, value).map(StepKind::Send),
            "record_message" => {
                let message = self.fields(value, &keys::RECORD);
                let ask = message.value("ask").and_then(|ask| self.words(ask));
                let limit = message.value("limit").and_then(|limit| self.duration(limit)).unwrap_or(Duration::from_mins(1));
                let name = self.variable_or(&message, "message")?;
                ask.map(|ask| StepKind::RecordMessage(RecordMessage { ask, limit, name }))
            }
            "ticket" => self.ticket(value).map(StepKind::Ticket),
            "survey" => {
                let survey = self.fields(value, &keys::SURVEY);
                let ask = survey.value("ask").and_then(|ask| self.words(ask));
                let slot = if let Some(slot) = survey.value("slot") {
                    self.name(slot, "slot")?
                } else {
                    self.uses_score = true;
                    self.variables.insert(super::SCORE.to_owned());
                    super::SCORE.to_owned()
                };
                ask.map(|ask| StepKind::Survey { ask, slot })
            }
            "remember" => {
                let remember = self.fields(value, &keys::REMEMBER);
                let fields = remember.value("fields").map(|fields| self.templates(fields)).unwrap_or_default();
                let tags = remember.value("tags").map(|tags| self.plains(tags)).unwrap_or_default();
                let untag = remember.value("untag").map(|tags| self.plains(tags)).unwrap_or_default();
                Some(StepKind::Remember { fields, tags, untag })
            }
            "language" => {
                let code = self.one_of(value, keys::LANGUAGES)?;
                code.parse::<Language>().ok().map(StepKind::Speak)
            }
            _ => None,
        }
    }

    fn send(&mut self, fields: &Fields<'n>, node: &'n Node) -> Option<Send> {
        let failed = fields.value("failed").map(|steps| self.steps(steps));
        let in_languages =
            matches!(&node.kind, Kind::Map(entries) if entries.iter().all(|(key, _)| matches!(key.text(), Some("zh" | "en"))));
        if matches!(node.kind, Kind::Scalar { .. }) || in_languages {
            return self.words(node).map(|text| Send { text: Some(text), link: None, failed });
        }
        let message = self.fields(node, &keys::SEND);
        let text = message.value("text").and_then(|text| self.words(text));
        let link = message.value("link").and_then(|link| self.template(link, self.language));
        if message.value("text").is_none() && message.value("link").is_none() {
            self.report.error(
                node,
                "missing-key",
                Wordings::new("没有写发什么", "there is nothing to send"),
                Wordings::new(
                    "加上 link: \"{{ request.photo_link }}\" 或 text: 一段文字",
                    "add link: \"{{ request.photo_link }}\" or text: with the words",
                ),
            );
            return None;
        }
        Some(Send { text, link, failed })
    }

    fn ticket(&mut self, node: &'n Node) -> Option<TicketStep> {
        if matches!(node.kind, Kind::Scalar { .. }) && !node.is_nothing() {
            let kind = self.plain(node)?;
            self.variables.insert("ticket".to_owned());
            return Some(TicketStep { kind, priority: Priority::Normal, text: None, fields: Vec::new(), name: "ticket".to_owned() });
        }
        let ticket = self.fields(node, &keys::TICKET);
        let kind = ticket.value("kind").and_then(|kind| self.plain(kind));
        let priority = match ticket.value("priority").and_then(|priority| self.one_of(priority, keys::PRIORITIES)) {
            Some("low") => Priority::Low,
            Some("high") => Priority::High,
            Some("urgent") => Priority::Urgent,
            _ => Priority::Normal,
        };
        let text = ticket.value("text").and_then(|text| self.template(text, self.language));
        let fields = ticket.value("fields").map(|fields| self.templates(fields)).unwrap_or_default();
        let name = self.variable_or(&ticket, "ticket")?;
        Some(TicketStep { kind: kind?, priority, text, fields, name })
    }

    /// Reads names with templates.
    fn templates(&mut self, node: &'n Node) -> Vec<(String, super::super::Template)> {
        let mut all = Vec::new();
        for (key, value) in self.each(node) {
            if let (Some(key), Some(template)) = (self.plain(key), self.template(value, self.language)) {
                all.push((key, template));
            }
        }
        all
    }

    /// Reads the variable that `as` names, or takes the usual one.
    fn variable_or(&mut self, fields: &Fields<'n>, usual: &str) -> Option<String> {
        match fields.value("as") {
            Some(node) => self.variable(node),
            None => {
                self.variables.insert(usual.to_owned());
                Some(usual.to_owned())
            }
        }
    }

    /// Reads `{queue: …, reason: …}`, or a queue's name alone.
    pub(super) fn transfer(&mut self, node: &'n Node) -> Option<StepKind> {
        if matches!(node.kind, Kind::Scalar { .. }) && !node.is_nothing() {
            let queue = self.name(node, "queue")?;
            return Some(StepKind::Transfer { queue: Some(queue.into()), reason: "asked".to_owned() });
        }
        let fields = self.fields(node, &keys::TRANSFER);
        let queue = fields.value("queue").and_then(|queue| self.name(queue, "queue")).map(QueueName::from);
        let reason = fields.value("reason").and_then(|reason| self.plain(reason)).unwrap_or_else(|| "asked".to_owned());
        Some(StepKind::Transfer { queue, reason })
    }

    /// Reads what keys do.
    pub(super) fn key_steps(&mut self, node: &'n Node) -> BTreeMap<Key, Steps> {
        let mut keys = BTreeMap::new();
        for (key, value) in self.each(node) {
            let steps = self.steps(value);
            if let Some(key) = self.key(key) {
                keys.insert(key, steps);
            }
        }
        keys
    }

    fn branches(&mut self, node: &'n Node) -> Vec<Branch> {
        let nodes = Reader::many(node);
        let last = nodes.len().saturating_sub(1);
        let mut branches = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let fields = self.fields(node, &keys::BRANCH);
            if let Some(otherwise) = fields.value("otherwise") {
                if at != last {
                    self.report.error(
                        node,
                        "otherwise-first",
                        Wordings::new("otherwise 后面的各支永远走不到", "the branches after otherwise are never taken"),
                        Wordings::new("把 otherwise 移到最后", "move otherwise to the end"),
                    );
                }
                branches.push(Branch { when: None, steps: self.steps(otherwise) });
                continue;
            }
            match (fields.value("when"), fields.value("do")) {
                (Some(when), Some(steps)) => {
                    let when = self.condition(when);
                    let steps = self.steps(steps);
                    if when.is_some() {
                        branches.push(Branch { when, steps });
                    }
                }
                _ if matches!(node.kind, Kind::Map(_)) => self.report.error(
                    node,
                    "missing-key",
                    Wordings::new("一支要有 when 和 do，或者 otherwise", "a branch needs when and do, or otherwise"),
                    Wordings::new(
                        "写成 - when: order.state == \"shipped\" 和下一行 do: […]",
                        "write - when: order.state == \"shipped\" and on the next line do: […]",
                    ),
                ),
                _ => {}
            }
        }
        branches
    }

    fn lookup(&mut self, fields: &Fields<'n>, source: &'n Node, group: &'static Group) -> Option<Lookup> {
        let source_name = self.name(source, "source");
        let mut paths = [("get", Method::Get), ("post", Method::Post), ("put", Method::Put), ("patch", Method::Patch)]
            .into_iter()
            .filter_map(|(name, method)| Some((fields.value(name)?, method)));
        let path = paths.next();
        let second = paths.next();
        if let Some((node, _)) = second {
            self.report.error(
                node,
                "two-steps",
                Wordings::new("一次只能有一个 get、post、put 或 patch", "only one of get, post, put, patch may stand in a step"),
                Wordings::new("分成两个步骤", "make it two steps"),
            );
        }
        let Some((path_node, method)) = path else {
            let verb = if group.name == "lookup" { "get" } else { "post" };
            self.report.error(
                fields.node,
                "missing-key",
                Wordings::new("少了路径", "the path is missing"),
                Wordings::new(
                    format!("加上 {verb}: \"/orders/{{{{ order_number }}}}\""),
                    format!("add {verb}: \"/orders/{{{{ order_number }}}}\""),
                ),
            );
            return None;
        };
        let path = self.template(path_node, self.language);
        if path.as_ref().is_some_and(|path| !path.source().starts_with('/')) {
            let text = path_node.text().unwrap_or_default().trim();
            self.report.error(
                path_node,
                "bad-path",
                Wordings::new("路径要以 / 开头，地址写在 sources 里", "a path begins with /; the address stands in sources"),
                Wordings::new(format!("写成 \"/{text}\""), format!("write \"/{text}\"")),
            );
        }
        let name = if let Some(name) = fields.value("as") {
            self.variable(name).unwrap_or_default()
        } else {
            self.variables.extend(source_name.clone());
            source_name.clone().unwrap_or_default()
        };
        let pick = self.pick(fields);
        let mut send = Vec::new();
        if let Some(body) = fields.value("send") {
            send = self.templates(body);
        }
        let meanwhile = fields.value("meanwhile").and_then(|words| self.words(words));
        let not_found = fields.value("not_found").map(|steps| self.steps(steps));
        let failed = fields.value("failed").map(|steps| self.steps(steps));
        Some(Lookup { source: source_name?, method, path: path?, send, name, pick, meanwhile, not_found, failed })
    }

    /// Reads the name of a variable, which templates may use from then on.
    fn variable(&mut self, node: &Node) -> Option<String> {
        let name = self.plain(node)?;
        let fine =
            name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_') && !name.starts_with(|sign: char| sign.is_ascii_digit());
        if !fine || super::RESERVED.contains(&name.as_str()) {
            self.report.error(
                node,
                "bad-name",
                Wordings::new(
                    format!("{name} 不能做变量名：用英文字母、数字和下划线，不能是 caller、call、value、today、now"),
                    format!("{name} cannot be a variable's name: letters, digits and _; not caller, call, value, today, now"),
                ),
                Wordings::new("例如 order", "for example order"),
            );
            return None;
        }
        self.variables.insert(name.clone());
        Some(name)
    }
}
