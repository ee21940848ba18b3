//! Brings in other files' keys: `include: common.yaml`. What the including file says itself comes first.
//! Reads no file itself: who loads a dialplan hands in how files beside it are read.

use std::fmt::Write as _;

use super::diagnostic::{Diagnostic, Severity, Wordings};
use super::load::{self, Report};
use super::traps;
use super::yaml::{Kind, Node};

/// How many files one dialplan may bring in; of questions and answers it may be more.
const MOST: usize = 20;
const MOST_KNOWN: usize = 200;
/// How files of questions and answers end.
const KNOWLEDGE: &[&str] = &[".md", ".markdown", ".yaml", ".yml"];

/// Reads a file beside the dialplan by its name as written; `None` where there is none. A name that ends in `/` is a folder: what comes
/// back are the names of its files, one a line.
pub type Files<'f> = dyn Fn(&str) -> Option<Vec<u8>> + 'f;

/// The files that a dialplan is made of.
pub(super) struct Pieces<'f> {
    files: &'f Files<'f>,
    folder: String,
    /// Each with its first line, from 1, counted through all of them.
    pub read: Vec<Piece>,
    /// What is wrong within included files before their keys were looked at.
    pub found: Vec<Diagnostic>,
}

/// One file.
pub(super) struct Piece {
    pub first: u32,
    pub name: String,
    lines: Vec<String>,
}

impl<'f> Pieces<'f> {
    pub fn new(file_name: &str, text: &str, files: &'f Files<'f>) -> Self {
        let folder = file_name.rfind(['/', '\\']).map_or(String::new(), |at| file_name[..=at].to_owned());
        let mut pieces = Self { files, folder, read: Vec::new(), found: Vec::new() };
        pieces.add(file_name.to_owned(), text);
        pieces
    }

    /// Puts in the tree what it includes.
    pub fn complete(&mut self, tree: &Node, report: &mut Report) -> Node {
        self.read.truncate(1);
        self.found.clear();
        let mut tree = tree.clone();
        self.include(&mut tree, report, &mut Vec::new());
        self.know(&mut tree, report);
        tree
    }

    /// Adds the intents of files and folders of questions and answers.
    fn know(&mut self, tree: &mut Node, report: &mut Report) {
        let Kind::Map(entries) = &mut tree.kind else { return };
        let Some((key, value)) = entries.iter().find(|(key, _)| key.text() == Some("knowledge")).cloned() else { return };
        let names: Vec<Node> = match value.kind {
            Kind::List(names) => names,
            _ => vec![value],
        };
        for node in names {
            let Some(name) = node.text().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned) else { continue };
            for name in self.of_folder(&node, &name, report) {
                let intents = self.questions(&node, &name, report);
                self.say_what_is_asked_twice(entries, &intents, report);
                let section = Node { kind: Kind::Scalar { text: "intents".to_owned(), plain: true }, ..key.clone() };
                merge(entries, vec![(section, Node { place: key.place, length: key.length, kind: Kind::Map(intents) })]);
            }
        }
    }

    /// The file itself, or those of a folder in order of name.
    fn of_folder(&mut self, node: &Node, name: &str, report: &mut Report) -> Vec<String> {
        if KNOWLEDGE.iter().any(|end| name.ends_with(end)) {
            return vec![name.to_owned()];
        }
        let folder = name.trim_end_matches('/');
        let is_beside = !folder.starts_with('/') && !folder.split(['/', '\\']).any(|part| part == ".." || part == ".");
        let listed = is_beside.then(|| (self.files)(&format!("{folder}/"))).flatten();
        let Some(listed) = listed else {
            if folder.contains('.') || !is_beside {
                self.may_be_read(node, name, KNOWLEDGE, MOST_KNOWN, report);
            } else {
                self.missing(node, name, report);
            }
            return Vec::new();
        };
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let mut names: Vec<&str> =
            listed.lines().filter(|file| !file.starts_with('.') && KNOWLEDGE.iter().any(|end| file.ends_with(end))).collect();
        names.sort_unstable();
        if names.is_empty() {
            report.warning(
                node,
                "empty-folder",
                Wordings::new(format!("{folder} 里没有问答文件"), format!("{folder} holds no questions and answers")),
                Wordings::new("放一个 .md 或 .yaml 文件进去", "put a .md or .yaml file there"),
            );
        }
        names.into_iter().map(|file| format!("{folder}/{file}")).collect()
    }

    /// Reads a file of questions and answers as entries of `intents`.
    fn questions(&mut self, node: &Node, name: &str, report: &mut Report) -> Vec<(Node, Node)> {
        let path = format!("{}{name}", self.folder);
        if !self.may_be_read(node, name, KNOWLEDGE, MOST_KNOWN, report) {
            return Vec::new();
        }
        let Some(bytes) = self.bytes(node, name, report) else { return Vec::new() };
        let text = match load::decoded(&path, &bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(wrong) => {
                self.found.push(*wrong);
                return Vec::new();
            }
        };
        if KNOWLEDGE[..2].iter().any(|end| name.ends_with(end)) {
            let first = self.add(path, &text);
            return super::knowledge::of_markdown(&text, first - 1, report);
        }
        let tree = match load::load(&path, &text, &mut |tree, _| Some(tree.clone())) {
            Ok((tree, warnings)) => {
                self.found.extend(warnings);
                tree
            }
            Err(found) => {
                self.found.extend(found);
                return Vec::new();
            }
        };
        let first = self.add(path, &text);
        let mut tree = tree;
        tree.shift(first - 1);
        super::knowledge::of_yaml(&tree, report)
    }

    /// A question that two files answer, or a file and the plan, has the first answer: whoever wrote the second should know.
    fn say_what_is_asked_twice(&self, entries: &[(Node, Node)], intents: &[(Node, Node)], report: &mut Report) {
        let there = entries.iter().find(|(key, _)| key.text() == Some("intents"));
        let Some(Kind::Map(there)) = there.map(|(_, value)| &value.kind) else { return };
        for (key, _) in intents {
            let Some((known, _)) = there.iter().find(|(known, _)| known.text() == key.text()) else { continue };
            let name = key.text().unwrap_or_default();
            let file = self.read.iter().rev().find(|piece| piece.first <= known.place.line);
            let at = file.map_or_else(String::new, |piece| format!("{}:{}", piece.name, known.place.line + 1 - piece.first));
            report.warning(
                key,
                "asked-twice",
                Wordings::new(
                    format!("“{name}”在 {at} 已经有答案了，这里的不会用到"),
                    format!("\"{name}\" has its answer at {at}; this one is never given"),
                ),
                Wordings::new("删掉一个，或者把别的问法并到一起", "delete one of them, or put the ways to ask together"),
            );
        }
    }

    fn may_be_read(&self, node: &Node, name: &str, ends: &[&str], most: usize, report: &mut Report) -> bool {
        let fine =
            ends.iter().any(|end| name.ends_with(end)) && !name.starts_with('/') && !name.split(['/', '\\']).any(|part| part == "..");
        if !fine {
            let end = ends[0];
            report.error(
                node,
                "bad-file",
                Wordings::new(
                    format!("{name} 不行：要一个和话术文件放在一起的 {end} 文件"),
                    format!("{name} does not do: a {end} file beside the dialplan is needed"),
                ),
                Wordings::new(format!("例如 common{end}"), format!("for example common{end}")),
            );
        } else if self.read.len() > most {
            report.error(
                node,
                "too-many-files",
                Wordings::new(format!("最多引入 {most} 个文件"), format!("{most} files are the most that may be included")),
                Wordings::new("合并几个文件", "put some of them together"),
            );
        }
        fine && self.read.len() <= most
    }

    fn bytes(&self, node: &Node, name: &str, report: &mut Report) -> Option<Vec<u8>> {
        let bytes = (self.files)(name).filter(|bytes| bytes.len() <= load::LARGEST);
        if bytes.is_none() {
            self.missing(node, name, report);
        }
        bytes
    }

    fn missing(&self, node: &Node, name: &str, report: &mut Report) {
        let path = format!("{}{name}", self.folder);
        report.error(
            node,
            "no-file",
            Wordings::new(format!("没有找到文件 {path}，或者它太大"), format!("there is no file {path}, or it is too large")),
            Wordings::new("检查名字；文件要放在话术文件旁边", "check the name; the file stands beside the dialplan"),
        );
    }

    fn add(&mut self, name: String, text: &str) -> u32 {
        let first = self.read.last().map_or(1, |last| last.first + u32::try_from(last.lines.len()).unwrap_or(u32::MAX));
        self.read.push(Piece { first, name, lines: text.lines().map(str::to_owned).collect() });
        first
    }

    fn include(&mut self, tree: &mut Node, report: &mut Report, chain: &mut Vec<String>) {
        let Kind::Map(entries) = &mut tree.kind else { return };
        let Some((_, value)) = entries.iter().find(|(key, _)| key.text() == Some("include")) else { return };
        let names: Vec<Node> = match &value.kind {
            Kind::List(names) => names.clone(),
            _ => vec![value.clone()],
        };
        for node in names {
            let Some(name) = node.text().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned) else { continue };
            if let Some(mut other) = self.read(&node, &name, report, chain) {
                chain.push(name);
                self.include(&mut other, report, chain);
                chain.pop();
                if let Kind::Map(others) = other.kind {
                    merge(entries, others);
                }
            }
        }
    }

    fn read(&mut self, node: &Node, name: &str, report: &mut Report, chain: &[String]) -> Option<Node> {
        let path = format!("{}{name}", self.folder);
        let own = self.read.first().is_some_and(|main| main.name == path);
        if own || chain.iter().any(|earlier| earlier == name) {
            let mut way: Vec<&str> = chain.iter().map(String::as_str).collect();
            way.push(name);
            let way = way.join(" → ");
            report.error(
                node,
                "include-cycle",
                Wordings::new(format!("绕回来了：{way}"), format!("this goes round in a circle: {way}")),
                Wordings::new("去掉这个 include", "take this include away"),
            );
            return None;
        }
        if self.read.iter().any(|piece| piece.name == path) {
            return None;
        }
        if !self.may_be_read(node, name, &[".yaml", ".yml"], MOST, report) {
            return None;
        }
        let bytes = self.bytes(node, name, report)?;
        let text = match load::decoded(&path, &bytes) {
            Ok(text) => text.to_owned(),
            Err(wrong) => {
                self.found.push(*wrong);
                return None;
            }
        };
        let tree = match load::load(&path, &text, &mut |tree, _| Some(tree.clone())) {
            Ok((tree, warnings)) => {
                self.found.extend(warnings);
                tree
            }
            Err(found) => {
                self.found.extend(found);
                return None;
            }
        };
        let first = self.add(path, &text);
        let mut tree = tree;
        tree.shift(first - 1);
        if !matches!(tree.kind, Kind::Map(_)) && !tree.is_nothing() {
            report.error(
                &tree,
                "wrong-type",
                Wordings::new("这里应该是 名字: 内容", "expected names with values"),
                Wordings::new("写成 prompts: 和下一行 welcome: 您好", "write prompts: and on the next line welcome: Hello"),
            );
        }
        Some(tree)
    }

    /// Gives findings the file and line in which they stand, and puts the file's own before those of included ones.
    pub fn located(&self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let broken = self.found.iter().any(|one| one.severity == Severity::Error);
        let mut all: Vec<Diagnostic> = found
            .into_iter()
            // Names that only the broken file defines are no fault of their own.
            .filter(|one| !(broken && one.code == "unknown-name"))
            .map(|one| self.locate(one))
            .collect();
        all.extend(self.found.iter().cloned());
        all
    }

    fn locate(&self, mut one: Diagnostic) -> Diagnostic {
        let Some(piece) = self.read.iter().skip(1).rev().find(|piece| piece.first <= one.place.line) else { return one };
        one.place.line += 1;
        one.place.line -= piece.first;
        one.file.clone_from(&piece.name);
        let line = (one.place.line as usize).saturating_sub(1);
        one.line = piece.lines.get(line).cloned().unwrap_or_default();
        if one.severity == Severity::Error
            && let Some(trap) = traps::scan(&piece.lines).into_iter().find(|trap| trap.line == line)
        {
            let text = one.line.clone();
            one = load::of_trap(&piece.name, &trap, Severity::Error);
            one.line = text;
        }
        one
    }

    /// Returns all files' lines, one file after the other.
    pub fn source(&self) -> String {
        let mut all = String::new();
        for line in self.read.iter().flat_map(|piece| &piece.lines) {
            let _ = writeln!(all, "{line}");
        }
        all
    }
}

/// Adds what is not there yet: whole keys, and entries of maps under keys that both have.
fn merge(own: &mut Vec<(Node, Node)>, others: Vec<(Node, Node)>) {
    for (key, value) in others {
        let name = key.text().unwrap_or_default().to_owned();
        if name == "include" {
            continue;
        }
        match own.iter_mut().find(|(known, _)| known.text() == Some(&name)) {
            None => own.push((key, value)),
            Some((_, there)) => {
                if let (Kind::Map(there), Kind::Map(more)) = (&mut there.kind, value.kind) {
                    let missing = more.into_iter().filter(|(key, _)| !there.iter().any(|(known, _)| known.text() == key.text()));
                    let missing: Vec<(Node, Node)> = missing.collect();
                    there.extend(missing);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialplan, Place};
    use super::*;
    use crate::base::Language;

    fn load(files: &[(&str, &str)]) -> Result<Dialplan, Vec<Diagnostic>> {
        let read = |name: &str| files.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_bytes().to_vec());
        Dialplan::load_including("plans/main.yaml", files[0].1, &|_| None, &read)
    }

    const MAIN: &str =
        "dialplan: 1\nnumbers: [\"8001\"]\ninclude: common.yaml\nprompts: {welcome: 您好}\nstart: [{play: welcome}, {go: bye}]\n";

    #[test]
    fn an_included_file_brings_its_keys_and_the_own_ones_win() {
        let common = "prompts: {welcome: 别的, goodbye: 再见}\nflows:\n  bye: [{play: goodbye}, hangup]\n";
        let plan = load(&[("main.yaml", MAIN), ("common.yaml", common)]).unwrap();
        let words = |name: &str| plan.prompts[name].variants[0].template(Language::Zh).unwrap().source().to_owned();
        assert_eq!((words("welcome"), words("goodbye")), ("您好".to_owned(), "再见".to_owned()));
        assert!(plan.flows.contains_key("bye"));
        assert_eq!(plan.locate(plan.flow_places["bye"]), ("plans/common.yaml", Place { line: 3, column: 3 }));
        assert_ne!(plan.hash, load(&[("main.yaml", MAIN), ("common.yaml", &common.replace("再见", "回见"))]).unwrap().hash);
    }

    #[test]
    fn a_fault_in_an_included_file_is_shown_there() {
        for (common, place, code) in [
            ("flows:\n  bye: [{plya: welcome}]\n", (2, 10), "unknown-step"),
            ("flows:\n  bye: [hangup]\n  x: [say:您好]\n", (3, 7), "trap-colon"),
            ("flows: {bye: [hangup]\n", (1, 8), "syntax"),
            ("prompts: {a: 一}\nflows:\n  bye: [{play: nothing}]\n", (3, 16), "unknown-name"),
        ] {
            let found = load(&[("main.yaml", MAIN), ("common.yaml", common)]).unwrap_err();
            let one = &found[0];
            assert_eq!(one.file, "plans/common.yaml", "{common}: {found:#?}");
            assert_eq!(one.place.line, place.0, "{common}: {found:#?}");
            assert_eq!(one.line, common.lines().nth(place.0 as usize - 1).unwrap(), "{common}");
            if !code.starts_with("trap") && code != "syntax" {
                assert_eq!((one.code, one.place.column), (code, place.1), "{common}");
            }
        }
    }

    #[test]
    fn a_circle_a_missing_file_and_a_way_out_of_the_folder_are_faults() {
        for (name, second, code) in [
            ("common.yaml", "include: other.yaml\nflows: {bye: [hangup]}\n", "include-cycle"),
            ("nowhere.yaml", "", "no-file"),
            ("../secret.yaml", "", "bad-file"),
            ("main.yaml", "", "include-cycle"),
        ] {
            let main = MAIN.replace("common.yaml", name);
            let files = [("main.yaml", main.as_str()), ("common.yaml", second), ("other.yaml", "include: common.yaml\n")];
            let found = load(&files).unwrap_err();
            assert!(found.iter().any(|one| one.code == code), "{name}: {found:#?}");
        }
    }
}
