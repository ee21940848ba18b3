//! What stands on the picture: a card for the beginning, each intent, each flow and each queue, with its steps as rows.

use crate::base::Language;
use crate::dialplan::{Dialplan, Step, StepKind, Text};

/// A card.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub kind: Kind,
    pub title: String,
    /// What callers say, in small letters.
    pub subtitle: String,
    pub rows: Vec<Row>,
}

/// What a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Beginning,
    Intent,
    Flow,
    Queue,
}

/// One line of a card.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub indent: usize,
    pub mark: Mark,
    pub text: String,
    /// The flow that it leads to.
    pub to: Option<String>,
}

/// What a row does, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Says,
    Asks,
    System,
    Branch,
    Goes,
    Person,
    Ends,
    Other,
}

pub(super) fn cards(plan: &Dialplan, lang: Language) -> Vec<Card> {
    let words = Words { plan, zh: lang == Language::Zh };
    let mut cards = vec![Card {
        kind: Kind::Beginning,
        title: words.pick("开场", "The call begins"),
        subtitle: plan.numbers.join(", "),
        rows: words.rows(&plan.start),
    }];
    let mut always = Vec::new();
    for (key, steps) in &plan.keys {
        always.push(row(Mark::Branch, 0, format!("{} {}", words.pick("按", "key"), key.label())));
        words.steps(steps, 1, &mut always);
    }
    always.push(row(
        Mark::Branch,
        0,
        format!("{} {} s × {}", words.pick("不说话", "silence"), plan.silence.after.as_secs(), plan.silence.times + 1),
    ));
    words.steps(&plan.silence.then, 1, &mut always);
    let handover = format!(
        "{} {} {}",
        words.pick("没听懂", "not understood"),
        plan.handover.misunderstood,
        words.pick("次转人工", "times: to a person"),
    );
    always.push(row(Mark::Person, 0, handover));
    if !plan.handover.keywords.is_empty() {
        always.push(row(Mark::Person, 0, format!("{} {}", words.pick("关键词", "keywords"), plan.handover.keywords.join("、"))));
    }
    cards.push(Card { kind: Kind::Beginning, title: words.pick("任何时候", "At any moment"), subtitle: String::new(), rows: always });
    for (title, steps) in
        [(words.pick("非营业时间", "After hours"), &plan.after_hours), (words.pick("坐席挂机以后", "After the seat"), &plan.after_seat)]
    {
        if !steps.is_empty() {
            cards.push(Card { kind: Kind::Beginning, title, subtitle: String::new(), rows: words.rows(steps) });
        }
    }
    for intent in &plan.intents {
        let said: Vec<&str> = intent.examples.iter().map(String::as_str).collect();
        cards.push(Card { kind: Kind::Intent, title: intent.name.clone(), subtitle: said.join(" / "), rows: words.rows(&intent.steps) });
    }
    for (name, steps) in &plan.flows {
        cards.push(Card { kind: Kind::Flow, title: name.clone(), subtitle: String::new(), rows: words.rows(steps) });
    }
    for (name, queue) in &plan.queues {
        let mut rows = Vec::new();
        for route in plan.routes.iter().filter(|route| route.queue == *name) {
            let mut what = route.reasons.join("、");
            if let Some(when) = &route.when {
                what.push_str(when.source());
            }
            if what.is_empty() {
                what = words.pick("其他", "everything else");
            }
            let tier = route.tier.as_ref().map(|tier| format!(" → {tier}")).unwrap_or_default();
            rows.push(row(Mark::Branch, 0, format!("{what}{tier}")));
        }
        rows.push(row(Mark::Other, 0, format!("{} {} s", words.pick("最多等", "waits at most"), queue.max_wait.as_secs())));
        cards.push(Card { kind: Kind::Queue, title: name.to_string(), subtitle: queue.skills.join(", "), rows });
    }
    cards
}

struct Words<'p> {
    plan: &'p Dialplan,
    zh: bool,
}

impl Words<'_> {
    fn pick(&self, zh: &str, en: &str) -> String {
        if self.zh { zh.to_owned() } else { en.to_owned() }
    }

    fn rows(&self, steps: &[Step]) -> Vec<Row> {
        let mut rows = Vec::new();
        self.steps(steps, 0, &mut rows);
        rows
    }

    fn said(&self, text: &Text) -> String {
        let language = if self.zh { Language::Zh } else { Language::En };
        text.template(language).map(|template| template.source().to_owned()).unwrap_or_default()
    }

    fn steps(&self, steps: &[Step], indent: usize, rows: &mut Vec<Row>) {
        for step in steps {
            self.step(step, indent, rows);
        }
    }

    fn step(&self, step: &Step, indent: usize, rows: &mut Vec<Row>) {
        let mut add = |mark, text: String| rows.push(Row { indent, mark, text, to: None });
        match &step.kind {
            StepKind::Play(name) => {
                let first = self.plan.prompts.get(name).and_then(|prompt| prompt.variants.first()).map(|text| self.said(text));
                add(Mark::Says, first.unwrap_or_else(|| name.clone()));
            }
            StepKind::Say(text) => add(Mark::Says, self.said(text)),
            StepKind::Ask(text) => add(Mark::Asks, self.said(text)),
            StepKind::Listen => add(Mark::Asks, self.pick("听客户说", "listens")),
            StepKind::Collect(names) => add(Mark::Asks, format!("{} {}", self.pick("问", "asks for"), names.join("、"))),
            StepKind::Again(name) => add(Mark::Asks, format!("{} {name}", self.pick("重新问", "asks again for"))),
            StepKind::Go(flow) => rows.push(Row { indent, mark: Mark::Goes, text: flow.clone(), to: Some(flow.clone()) }),
            StepKind::Transfer { queue, reason } => {
                let queue = queue.as_ref().map_or_else(|| self.pick("按规则", "by the routes"), ToString::to_string);
                add(Mark::Person, format!("{} {queue} · {reason}", self.pick("转人工", "to a person")));
            }
            StepKind::Callback(promise) => {
                let queue = promise.queue.as_ref().map(ToString::to_string).unwrap_or_default();
                add(Mark::Person, format!("{} {queue}", self.pick("回电", "callback")));
            }
            StepKind::Hangup => add(Mark::Ends, self.pick("挂机", "hangs up")),
            StepKind::Speak(Language::Zh) => add(Mark::Says, self.pick("改说中文", "goes on in Chinese")),
            StepKind::Speak(Language::En) => add(Mark::Says, self.pick("改说英文", "goes on in English")),
            StepKind::Repeat => add(Mark::Says, self.pick("重复刚才的话", "says it again")),
            StepKind::Lookup(lookup) => {
                add(Mark::System, format!("{} {} {}", self.pick("查", "asks"), lookup.source, lookup.path.source()));
                for (name, steps) in
                    [(self.pick("没查到", "not found"), &lookup.not_found), (self.pick("查询失败", "failed"), &lookup.failed)]
                {
                    if let Some(steps) = steps {
                        rows.push(row(Mark::Branch, indent + 1, name));
                        self.steps(steps, indent + 2, rows);
                    }
                }
            }
            StepKind::Choose(branches) => {
                for branch in branches {
                    let when = branch.when.as_ref().map(|when| format!("{} {}", self.pick("如果", "if"), when.source()));
                    rows.push(row(Mark::Branch, indent, when.unwrap_or_else(|| self.pick("否则", "otherwise"))));
                    self.steps(&branch.steps, indent + 1, rows);
                }
            }
            StepKind::Menu { ask, keys } => {
                add(Mark::Asks, self.said(ask));
                for (key, steps) in keys {
                    rows.push(row(Mark::Branch, indent + 1, format!("{} {}", self.pick("按", "key"), key.label())));
                    self.steps(steps, indent + 2, rows);
                }
            }
            StepKind::Set(values) => {
                let all: Vec<String> = values.iter().map(|(name, template)| format!("{name} = {}", template.source())).collect();
                add(Mark::System, all.join(", "));
            }
            StepKind::RecordMessage(message) => add(Mark::Asks, self.said(&message.ask)),
            StepKind::Survey { ask, .. } => add(Mark::Asks, self.said(ask)),
            StepKind::Ticket(ticket) => {
                add(Mark::System, format!("{} {} · {}", self.pick("工单", "ticket"), ticket.kind, ticket.priority.as_str()));
            }
            StepKind::Send(send) => {
                let link = send.link.as_ref().map(|link| link.source().to_owned());
                let words = send.text.as_ref().map(|text| self.said(text)).or(link).unwrap_or_default();
                add(Mark::System, format!("{} {words}", self.pick("发短信", "sends")));
                if let Some(steps) = &send.failed {
                    rows.push(row(Mark::Branch, indent + 1, self.pick("没发出去", "failed")));
                    self.steps(steps, indent + 2, rows);
                }
            }
            StepKind::Remember { fields, tags, untag } => {
                let names = fields.iter().map(|(name, _)| name.as_str()).chain(tags.iter().map(String::as_str));
                let names: Vec<&str> = names.chain(untag.iter().map(String::as_str)).collect();
                add(Mark::System, format!("{} {}", self.pick("记入客户档案", "remembers"), names.join("、")));
            }
            StepKind::Back => add(Mark::Asks, self.pick("回到上一个问题", "back to the question before")),
            StepKind::Slower => add(Mark::Says, self.pick("说慢一点", "speaks more slowly")),
        }
    }
}

fn row(mark: Mark, indent: usize, text: String) -> Row {
    Row { indent, mark, text, to: None }
}
