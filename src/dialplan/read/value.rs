//! Reads single values: words, names, durations, ranges; everything that is wrong goes to the report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::diagnostic::Wordings;
use super::super::keys::{self, Group, Need, Shape};
use super::super::load::Report;
use super::super::model::Text;
use super::super::yaml::{Kind, Node};
use super::super::{Condition, Template};
use crate::base::{Key, Language};

/// Reads the values of one file.
pub(crate) struct Reader<'r> {
    pub(super) report: &'r mut Report,
    pub(super) env: &'r dyn Fn(&str) -> Option<String>,
    pub(super) language: Language,
    pub(super) never_say: Vec<String>,
    /// Whether a survey fills the slot that needs no definition.
    pub(super) uses_score: bool,
    /// What is defined in the file, by kind: `prompt`, `flow`, `slot`, `source`, `queue`.
    pub(super) names: BTreeMap<&'static str, BTreeSet<String>>,
    /// Names that templates may use.
    pub(super) variables: BTreeSet<String>,
    /// Names that templates do use, and where.
    pub(super) used: Vec<(String, Node)>,
}

/// The values of a map whose keys have been checked.
pub(super) struct Fields<'n> {
    pub node: &'n Node,
    values: BTreeMap<&'n str, &'n Node>,
}

impl<'n> Fields<'n> {
    pub(super) fn value(&self, name: &str) -> Option<&'n Node> {
        self.values.get(name).copied()
    }
}

impl<'n> Reader<'_> {
    /// Reads a map with the keys of a group: unknown, missing and repeated keys are errors, all at once.
    pub(super) fn fields(&mut self, node: &'n Node, group: &'static Group) -> Fields<'n> {
        let mut values = BTreeMap::new();
        for (key, value) in self.each(node) {
            let name = key.text().unwrap_or_default();
            if !group.keys.iter().any(|known| known.name == name) {
                self.unknown_key(key, group);
                continue;
            }
            values.insert(name, value);
        }
        if matches!(node.kind, Kind::Map(_)) {
            for key in group.keys.iter().filter(|key| key.need == Need::Must && !values.contains_key(key.name)) {
                let example = example(key.name, &key.shape);
                self.report.error(
                    node,
                    "missing-key",
                    Wordings::new(format!("这里少了 {}：{}", key.name, key.zh), format!("{} is missing here: {}", key.name, key.en)),
                    Wordings::new(format!("加上 {example}"), format!("add {example}")),
                );
            }
        }
        Fields { node, values }
    }

    fn unknown_key(&mut self, key: &Node, group: &'static Group) {
        let name = key.text().unwrap_or_default();
        let message = Wordings::new(format!("{} 里没有 {name} 这个名字", group.name), format!("{} has no key {name}", group.name));
        let help = if let Some(near) = keys::nearest(name, group.keys.iter().map(|key| key.name)) {
            Wordings::new(format!("是不是 {near}: "), format!("did you mean {near}: "))
        } else {
            let known: Vec<&str> = group.keys.iter().map(|key| key.name).collect();
            Wordings::new(format!("这里可以写：{}", known.join("、")), format!("here may stand: {}", known.join(", ")))
        };
        let help = Wordings::new(help.zh.trim_end(), help.en.trim_end());
        self.report.error(key, "unknown-key", message, help);
    }

    /// Reads a map with any names.
    pub(super) fn each(&mut self, node: &'n Node) -> Vec<(&'n Node, &'n Node)> {
        match &node.kind {
            Kind::Map(entries) => {
                let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
                let mut out = Vec::new();
                for (key, value) in entries {
                    let name = key.text().unwrap_or_default();
                    if let Some(line) = seen.get(name) {
                        self.report.error(
                            key,
                            "duplicate-key",
                            Wordings::new(
                                format!("{name} 写了两次，第一次在第 {line} 行"),
                                format!("{name} stands twice, first in line {line}"),
                            ),
                            Wordings::new("删掉一个，或者改个名字", "delete one, or give it another name"),
                        );
                        continue;
                    }
                    seen.insert(name, key.place.line);
                    out.push((key, value));
                }
                out
            }
            _ if node.is_nothing() => Vec::new(),
            _ => {
                self.wrong(node, "名字: 内容", "name: value");
                Vec::new()
            }
        }
    }

    /// Reads a list, or one alone.
    pub(super) fn many(node: &'n Node) -> Vec<&'n Node> {
        match &node.kind {
            Kind::List(items) => items.iter().collect(),
            _ if node.is_nothing() => Vec::new(),
            _ => vec![node],
        }
    }

    pub(super) fn wrong(&mut self, node: &Node, zh: &str, en: &str) {
        let (found_zh, found_en) = match &node.kind {
            Kind::Map(_) => ("一组 名字: 内容".to_owned(), "names with values".to_owned()),
            Kind::List(_) => ("一个列表".to_owned(), "a list".to_owned()),
            Kind::Scalar { text, .. } if text.is_empty() => ("没有内容".to_owned(), "nothing".to_owned()),
            Kind::Scalar { text, .. } => {
                let shown: String = text.chars().take(30).collect();
                (format!("“{shown}”"), format!("\"{shown}\""))
            }
        };
        self.report.error(
            node,
            "wrong-type",
            Wordings::new(format!("这里应该是 {zh}，写的是{found_zh}"), format!("expected {en}, found {found_en}")),
            Wordings::new(format!("写成 {zh}"), format!("write {en}")),
        );
    }

    /// Reads text that nobody hears.
    pub(super) fn plain(&mut self, node: &Node) -> Option<String> {
        match node.text() {
            Some(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => {
                self.wrong(node, "一段文字", "a text");
                None
            }
        }
    }

    pub(super) fn plains(&mut self, node: &Node) -> Vec<String> {
        Reader::many(node).into_iter().filter_map(|one| self.plain(one)).collect()
    }

    /// Reads words for the caller.
    pub(super) fn words(&mut self, node: &Node) -> Option<Text> {
        let mut text = Text::default();
        if let Kind::Map(entries) = &node.kind {
            for (key, value) in entries {
                let Ok(language) = key.text().unwrap_or_default().parse::<Language>() else {
                    self.wrong(key, "zh 或 en", "zh or en");
                    continue;
                };
                if let Some(template) = self.template(value, language) {
                    text.by_language.insert(language, template);
                }
            }
        } else {
            let template = self.template(node, self.language)?;
            text.by_language.insert(self.language, template);
        }
        (!text.by_language.is_empty()).then_some(text)
    }

    pub(super) fn template(&mut self, node: &Node, language: Language) -> Option<Template> {
        let source = self.plain(node)?;
        for phrase in &self.never_say {
            if source.contains(phrase.as_str()) {
                self.report.error(
                    node,
                    "forbidden-phrase",
                    Wordings::new(format!("这句话里有不许说的词：{phrase}"), format!("this text holds a phrase of never_say: {phrase}")),
                    Wordings::new("换一种说法，或者从 never_say 里去掉它", "say it in another way, or take the phrase out of never_say"),
                );
            }
        }
        match Template::in_language(&source, language) {
            Ok(template) => {
                self.used.extend(template.names().into_iter().map(|name| (name, pin(node))));
                Some(template)
            }
            Err(error) => {
                self.report.error(
                    node,
                    "bad-template",
                    Wordings::new(format!("{{{{ }}}} 里的写法不对：{error}"), format!("the {{{{ }}}} part is wrong: {error}")),
                    Wordings::new("写成 {{ order.state }} 或 {{ value | spell }}", "write {{ order.state }} or {{ value | spell }}"),
                );
                None
            }
        }
    }

    pub(super) fn condition(&mut self, node: &Node) -> Option<Condition> {
        let source = self.plain(node)?;
        match Condition::new(&source) {
            Ok(condition) => {
                self.used.extend(condition.names().into_iter().map(|name| (name, pin(node))));
                Some(condition)
            }
            Err(error) => {
                let single = source.contains('=') && !source.contains("==");
                let help = if single { source.replacen('=', "==", 1) } else { "order.state == \"shipped\"".to_owned() };
                self.report.error(
                    node,
                    "bad-condition",
                    Wordings::new(format!("条件的写法不对：{error}"), format!("the condition is wrong: {error}")),
                    Wordings::new(format!("写成 when: {help}"), format!("write when: {help}")),
                );
                None
            }
        }
    }

    /// Reads the name of something that the file defines.
    pub(super) fn name(&mut self, node: &Node, kind: &'static str) -> Option<String> {
        let name = self.plain(node)?;
        let known = self.names.get(kind).cloned().unwrap_or_default();
        if known.contains(&name) {
            return Some(name);
        }
        let tidy = name.trim_matches(['“', '”', '‘', '’']);
        let near = if known.contains(tidy) { Some(tidy) } else { keys::nearest(&name, known.iter().map(String::as_str)) };
        let help = match near {
            Some(near) => Wordings::new(format!("是不是 {near}"), format!("did you mean {near}")),
            None if known.is_empty() => Wordings::new(format!("在 {kind}s: 下面加上 {name}: …"), format!("add {name}: … under {kind}s:")),
            None => {
                let some = known.iter().take(12).map(String::as_str).collect::<Vec<_>>();
                Wordings::new(
                    format!("有的是：{}；或者在 {kind}s: 下面加上它", some.join("、")),
                    format!("there are: {}; or add it under {kind}s:", some.join(", ")),
                )
            }
        };
        self.report.error(
            node,
            "unknown-name",
            Wordings::new(format!("没有叫 {name} 的 {kind}"), format!("there is no {kind} named {name}")),
            help,
        );
        None
    }

    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.plain(node)?;
        let split = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let scale = match unit.trim() {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "y" => 31_536_000.0,
            _ => f64::NAN,
        };
        let seconds = number.parse::<f64>().unwrap_or(f64::NAN) * scale;
        if let Ok(duration) = Duration::try_from_secs_f64(seconds)
            && seconds < 1e10
        {
            return Some(duration);
        }
        let guess = match number.parse::<f64>() {
            Ok(number) if number >= 100.0 => format!("{number}ms"),
            Ok(number) => format!("{number}s"),
            Err(_) => "5s".to_owned(),
        };
        self.report.error(
            node,
            "bad-duration",
            Wordings::new(
                format!("时间 {text} 读不懂：数字后面跟 ms、s、m、h 或 d"),
                format!("{text} is no duration: a number and ms, s, m, h or d"),
            ),
            Wordings::new(format!("例如 {guess}"), format!("for example {guess}")),
        );
        None
    }

    /// Reads `8` or `8..12`, both ends within `bounds`.
    pub(super) fn range(&mut self, node: &Node, bounds: (u32, u32)) -> Option<(u32, u32)> {
        let text = self.plain(node)?;
        let (least, most) = text.split_once("..").unwrap_or((&text, &text));
        if let (Ok(least), Ok(most)) = (least.trim().parse::<u32>(), most.trim().parse::<u32>())
            && least <= most
            && bounds.0 <= least
            && most <= bounds.1
        {
            return Some((least, most));
        }
        self.report.error(
            node,
            "bad-range",
            Wordings::new(
                format!("范围 {text} 不对：一个数，或者 小..大，在 {} 到 {} 之间", bounds.0, bounds.1),
                format!("{text} is no range: a number, or least..most, between {} and {}", bounds.0, bounds.1),
            ),
            Wordings::new("例如 8 或 8..12", "for example 8 or 8..12"),
        );
        None
    }

    pub(super) fn count(&mut self, node: &Node, bounds: (u32, u32)) -> Option<u32> {
        let text = self.plain(node)?;
        if let Ok(number) = text.parse::<u32>()
            && (bounds.0..=bounds.1).contains(&number)
        {
            return Some(number);
        }
        self.bad_number(node, &text, f64::from(bounds.0), f64::from(bounds.1));
        None
    }

    pub(super) fn decimal(&mut self, node: &Node, bounds: (f64, f64)) -> Option<f64> {
        let text = self.plain(node)?;
        if let Ok(number) = text.parse::<f64>()
            && (bounds.0..=bounds.1).contains(&number)
        {
            return Some(number);
        }
        self.bad_number(node, &text, bounds.0, bounds.1);
        None
    }

    fn bad_number(&mut self, node: &Node, text: &str, least: f64, most: f64) {
        self.report.error(
            node,
            "bad-number",
            Wordings::new(
                format!("{text} 不行：要一个 {least} 到 {most} 的数"),
                format!("{text} does not do: a number from {least} to {most} is needed"),
            ),
            Wordings::new(format!("例如 {least}"), format!("for example {least}")),
        );
    }

    pub(super) fn switch(&mut self, node: &Node) -> Option<bool> {
        match node.text() {
            Some("true" | "yes" | "on" | "是") => Some(true),
            Some("false" | "no" | "off" | "否") => Some(false),
            _ => {
                self.wrong(node, "true 或 false", "true or false");
                None
            }
        }
    }

    pub(super) fn one_of(&mut self, node: &Node, words: &'static [&'static str]) -> Option<&'static str> {
        let text = self.plain(node)?;
        if let Some(word) = words.iter().find(|word| **word == text) {
            return Some(word);
        }
        let help = keys::nearest(&text, words.iter().copied())
            .map_or_else(Wordings::default, |near| Wordings::new(format!("是不是 {near}"), format!("did you mean {near}")));
        self.report.error(
            node,
            "bad-value",
            Wordings::new(
                format!("{text} 不行，可以写：{}", words.join("、")),
                format!("{text} does not do; it may be {}", words.join(", ")),
            ),
            help,
        );
        None
    }

    pub(super) fn key(&mut self, node: &Node) -> Option<Key> {
        let text = node.text().unwrap_or_default();
        let mut signs = text.trim().chars();
        if let (Some(sign), None) = (signs.next(), signs.next())
            && let Some(key) = Key::new(sign)
        {
            return Some(key);
        }
        self.report.error(
            node,
            "bad-key",
            Wordings::new(format!("{text} 不是电话上的键：0-9、*、#"), format!("{text} is no key of a telephone: 0-9, *, #")),
            Wordings::new("写在英文引号里，例如 \"0\"", "write it in quotes, as \"0\""),
        );
        None
    }
}

/// A node's place without what is in it.
fn pin(node: &Node) -> Node {
    Node { place: node.place, length: node.length, kind: Kind::List(Vec::new()) }
}

fn example(name: &str, shape: &Shape) -> String {
    let value = match shape {
        Shape::Words | Shape::Prompt => "您好",
        Shape::Count => "1",
        Shape::OneOf(words) => words.first().copied().unwrap_or("…"),
        Shape::Many(_) => "[…, …]",
        Shape::Plain if name == "url" => "\"https://…\"",
        _ => "…",
    };
    format!("{name}: {value}")
}
