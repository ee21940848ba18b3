//! Reads whom a dialplan tells: messages to callers, events to others.

use super::super::diagnostic::Wordings;
use super::super::keys;
use super::super::systems::{Event, Listener, Messages, Sender};
use super::super::yaml::Node;
use super::value::{Fields, Reader};

impl<'n> Reader<'_> {
    pub(super) fn messages(&mut self, node: &'n Node) -> Option<Messages> {
        let fields = self.fields(node, &keys::MESSAGES);
        let file = fields.value("file").and_then(|file| self.plain(file));
        let source = fields.value("source").and_then(|source| self.name(source, "source"));
        let path = fields.value("post").and_then(|path| self.plain(path));
        let mut body = Vec::new();
        if let Some(send) = fields.value("send") {
            let known: Vec<String> = ["to", "text", "link"].map(str::to_owned).into();
            let added: Vec<String> = known.into_iter().filter(|name| self.variables.insert(name.clone())).collect();
            for (key, value) in self.each(send) {
                if let (Some(key), Some(template)) = (self.plain(key), self.template(value, self.language)) {
                    self.only_of(value, &template, &["to", "text", "link", "call"]);
                    body.push((key, template));
                }
            }
            self.variables.retain(|name| !added.contains(name));
        }
        let sender = match (source, path, file) {
            (Some(source), Some(path), None) => Sender::Source { source, path, body },
            (None, None, Some(file)) => Sender::File(file),
            _ => {
                if fields.value("source").is_none_or(|_| fields.value("post").is_none()) || fields.value("file").is_some() {
                    self.report.error(
                        node,
                        "missing-key",
                        Wordings::new("要写 source 和 post，或者只写 file", "source and post are needed, or file alone"),
                        Wordings::new("写成 messages: {source: sms, post: /messages}", "write messages: {source: sms, post: /messages}"),
                    );
                }
                return None;
            }
        };
        Some(Messages { place: node.place, sender })
    }

    pub(super) fn listener(&mut self, node: &'n Node) -> Option<Listener> {
        let fields = self.fields(node, &keys::EVENTS);
        let url = fields.value("url").and_then(|url| self.url(url));
        let secret = fields.value("secret").and_then(|secret| self.secret(secret, "HOOK_SECRET"));
        let mut only = std::collections::BTreeSet::new();
        for node in fields.value("only").map(Reader::many).unwrap_or_default() {
            let name = self.one_of(node, keys::EVENT_NAMES);
            only.extend(Event::ALL.iter().find(|event| Some(event.as_str()) == name));
        }
        Some(Listener { place: node.place, url: url?, secret, only })
    }

    /// Lets a template use only these names.
    fn only_of(&mut self, node: &Node, template: &super::super::Template, known: &[&str]) {
        for name in template.names() {
            let root = name.split('.').next().unwrap_or_default();
            if !known.contains(&root) {
                self.wrong(node, &known.join("、"), &known.join(", "));
            }
        }
    }
}

/// Reads the fields of a section that may be left out.
pub(super) fn section<'n>(top: &Fields<'n>, name: &str) -> Vec<&'n Node> {
    top.value(name).map(Reader::many).unwrap_or_default()
}
