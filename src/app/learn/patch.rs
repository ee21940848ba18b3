//! A patch for the files of a dialplan: new examples where the intent has its own, new questions in a file of their own. Every change is
//! read back as a dialplan before it is proposed; what does not come back as meant is left out and said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::dialplan::{Dialplan, Intent};

/// Lines shown around a change.
const AROUND: usize = 3;

/// What is proposed for a group of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proposal {
    /// Further examples of an intent.
    Examples { intent: String, texts: Vec<String> },
    /// A question that has no answer yet.
    Question { texts: Vec<String> },
    /// Words of one caller alone.
    Nothing,
}

impl Proposal {
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Examples { .. } => "examples",
            Self::Question { .. } => "question",
            Self::Nothing => "nothing",
        }
    }

    pub(super) fn intent(&self) -> Option<&str> {
        match self {
            Self::Examples { intent, .. } => Some(intent),
            Self::Question { .. } | Self::Nothing => None,
        }
    }
}

/// Reads a file by its path.
pub(super) type Reads<'r> = dyn Fn(&str) -> Option<String> + 'r;

/// Changes of files, as a unified diff.
pub(super) struct Patch {
    text: String,
    left_out: Vec<String>,
}

impl Patch {
    /// Writes a patch of all proposals.
    pub(super) fn propose(plan: &Dialplan, proposals: &[&Proposal], reads: &Reads<'_>) -> Self {
        let mut files = Files { reads, changed: BTreeMap::new() };
        let mut left_out = Vec::new();
        let mut questions: Vec<&[String]> = Vec::new();
        for proposal in proposals {
            match proposal {
                Proposal::Examples { intent, texts } => {
                    let Some(intent) = plan.intents.iter().find(|known| known.name == *intent) else { continue };
                    for text in texts {
                        if intent.examples.contains(text) || files.add_example(plan, intent, text) {
                            continue;
                        }
                        left_out.push(format!("{}: {text}", intent.name));
                    }
                }
                Proposal::Question { texts } => questions.push(texts),
                Proposal::Nothing => {}
            }
        }
        files.add_questions(plan, &questions);
        Self { text: files.diff(), left_out }
    }

    /// The diff; empty where nothing is proposed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Examples that found no place in their file.
    pub(super) fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

struct Files<'r> {
    reads: &'r Reads<'r>,
    /// Each file as it is and as it is to be, by its path; nothing where it is new.
    changed: BTreeMap<String, (Option<String>, String)>,
}

impl Files<'_> {
    fn now(&self, file: &str) -> Option<String> {
        self.changed.get(file).map(|(_, new)| new.clone()).or_else(|| (self.reads)(file))
    }

    fn put(&mut self, file: &str, text: String) {
        let old = (self.reads)(file);
        self.changed.entry(file.to_owned()).or_insert((old, String::new())).1 = text;
    }

    /// Adds an example behind the intent's last one that stands in the file; false where that cannot be done.
    fn add_example(&mut self, plan: &Dialplan, intent: &Intent, text: &str) -> bool {
        let Some(place) = intent.example_places.last() else { return false };
        let (file, place) = plan.locate(*place);
        let (Some(last), Some(now)) = (intent.examples.last(), self.now(file)) else { return false };
        let (file, was) = (file.to_owned(), (self.reads)(file));
        let lines: Vec<&str> = now.lines().collect();
        // What was added before moved the lines below: the line is looked for from its old place on.
        let Some(old) = was.as_ref().and_then(|was| was.lines().nth(place.line as usize - 1)) else { return false };
        let grown = lines.len().saturating_sub(was.as_ref().map_or(0, |was| was.lines().count()));
        let from = place.line as usize - 1;
        let stem = end_of(old, last).map_or(old, |end| &old[..end]);
        let is_it = |line: &&str| line.starts_with(stem);
        let candidates = (from..(from + grown + 1).min(lines.len())).filter(|at| is_it(&lines[*at]));
        let markdown = Path::new(&file).extension().is_some_and(|end| end == "md" || end == "markdown");
        for at in candidates {
            let line = lines[at];
            let mut new: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let indent: String = line.chars().take_while(|sign| sign.is_whitespace()).collect();
            if markdown {
                new.insert(at + 1, format!("{indent}- {text}"));
            } else if line.trim_start().starts_with("- ")
                && !line.trim_start().starts_with("- ask")
                && !line.trim_start().starts_with("- {")
            {
                new.insert(at + 1, format!("{indent}- {}", written(text)));
            } else {
                let Some(end) = end_of(line, last) else { continue };
                new[at] = format!("{}, {}{}", &line[..end], written(text), &line[end..]);
            }
            let mut new = new.join("\n");
            new.push('\n');
            if markdown || comes_back(plan, &file, &new, intent, text) {
                self.put(&file, new);
                return true;
            }
        }
        false
    }

    /// Puts questions without an answer into a Markdown file: they change nothing before somebody has written one.
    fn add_questions(&mut self, plan: &Dialplan, questions: &[&[String]]) {
        if questions.is_empty() {
            return;
        }
        let beside = Path::new(&plan.file).parent().map(Path::to_path_buf).unwrap_or_default();
        let is_file = |name: &&String| Path::new(name.as_str()).extension().is_some_and(|end| end == "md" || end == "markdown");
        let is_folder = |name: &&String| Path::new(name.as_str()).extension().is_none();
        let name = match (plan.knowledge.iter().find(is_folder), plan.knowledge.iter().rfind(is_file)) {
            (Some(folder), _) => format!("{}/new.md", folder.trim_end_matches('/')),
            (None, Some(file)) => file.clone(),
            (None, None) => {
                let stem = Path::new(&plan.file).file_stem().map_or_else(|| "new".to_owned(), |stem| stem.to_string_lossy().into_owned());
                let name = format!("{stem}-questions.md");
                let main = plan.file.clone();
                if plan.knowledge.is_empty()
                    && let Some(mut text) = self.now(&main)
                {
                    if !text.ends_with('\n') {
                        text.push('\n');
                    }
                    let _ = writeln!(text, "knowledge: {name}");
                    self.put(&main, text);
                }
                name
            }
        };
        let file = beside.join(name).display().to_string();
        let mut text = self.now(&file).unwrap_or_default();
        for ways in questions {
            let fresh: Vec<&String> =
                ways.iter().filter(|way| !text.lines().any(|line| line.trim_start_matches(['#', '-', ' ']) == way.as_str())).collect();
            let Some((first, others)) = fresh.split_first() else { continue };
            if !text.is_empty() && !text.ends_with("\n\n") {
                text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
            }
            let _ = writeln!(text, "## {first}");
            for way in others {
                let _ = writeln!(text, "- {way}");
            }
        }
        self.put(&file, text);
    }

    fn diff(&self) -> String {
        let mut out = String::new();
        for (file, (old, new)) in &self.changed {
            if old.as_ref() == Some(new) || (old.is_none() && new.is_empty()) {
                continue;
            }
            let path = file.trim_start_matches("./").trim_start_matches('/');
            let from = if old.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
            let _ = write!(out, "--- {from}\n+++ b/{path}\n{}", hunks(old.as_deref().unwrap_or_default(), new));
        }
        out
    }
}

/// The text as it stands in YAML: in quotes where a sign could be taken for something else.
fn written(text: &str) -> String {
    let is_plain =
        text.chars().all(|sign| (sign.is_alphanumeric() && !sign.is_ascii_digit()) || sign == ' ' || sign == '，' || sign == '？')
            && text.trim() == text
            && !["yes", "no", "true", "false", "on", "off", "null", "y", "n"].contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::to_string(text).unwrap_or_default() }
}

/// Where in a line the last example ends, quotes included.
fn end_of(line: &str, last: &str) -> Option<usize> {
    let plain = line.rfind(last)? + last.len();
    let quote = line[..plain - last.len()].chars().next_back().filter(|sign| "\"'".contains(*sign));
    let closes = quote.is_some_and(|quote| line[plain..].starts_with(quote));
    Some(if closes { plain + 1 } else { plain })
}

/// Whether the changed file, read with all others of the plan, gives the intent its examples and the new one.
fn comes_back(plan: &Dialplan, file: &str, new: &str, intent: &Intent, text: &str) -> bool {
    let folder = Path::new(&plan.file).parent().map(Path::to_path_buf).unwrap_or_default();
    let main = if file == plan.file { new.to_owned() } else { piece(plan, &plan.file) };
    let read = |name: &str| -> Option<Vec<u8>> {
        if name.ends_with('/') {
            let below = folder.join(name).display().to_string();
            let names = plan.files.iter().filter_map(|(_, known)| known.strip_prefix(below.as_str()).filter(|rest| !rest.contains('/')));
            return Some(names.map(|name| format!("{name}\n")).collect::<String>().into_bytes());
        }
        let path = folder.join(name).display().to_string();
        Some(if path == file { new.to_owned() } else { piece(plan, &path) }.into_bytes())
    };
    let variable = |name: &str| Some(format!("http://{}.invalid", name.to_lowercase()));
    let Ok(changed) = Dialplan::load_including(&plan.file, &main, &variable, &read) else { return false };
    let wanted = intent.examples.iter().map(String::as_str).chain([text]);
    changed.intents.iter().find(|known| known.name == intent.name).is_some_and(|known| {
        wanted.into_iter().all(|one| known.examples.iter().any(|example| example == one)) && changed.intents.len() == plan.intents.len()
    })
}

/// A file of the plan as it was read.
fn piece(plan: &Dialplan, file: &str) -> String {
    let Some(at) = plan.files.iter().position(|(_, name)| name == file) else { return plan.source.to_string() };
    let first = plan.files[at].0 as usize - 1;
    let end = plan.files.get(at + 1).map_or(usize::MAX, |(next, _)| *next as usize - 1);
    plan.source.lines().skip(first).take(end - first).fold(String::new(), |text, line| text + line + "\n")
}

/// The hunks between two texts of which the second has lines more, or longer ones, but none fewer.
fn hunks(old: &str, new: &str) -> String {
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    // Each step: a line that stays, one that goes, one that comes.
    let mut steps: Vec<(char, &str)> = Vec::new();
    let (mut at, mut there) = (0, 0);
    while at < old_lines.len() || there < new_lines.len() {
        match (old_lines.get(at), new_lines.get(there)) {
            (Some(one), Some(other)) if one == other => {
                steps.push((' ', one));
                (at, there) = (at + 1, there + 1);
            }
            (Some(one), Some(other)) => {
                // A line that was made longer, else a new one.
                let longer = !new_lines[there..].contains(one);
                if longer {
                    steps.push(('-', one));
                    at += 1;
                }
                steps.push(('+', other));
                there += 1;
            }
            (Some(one), None) => {
                steps.push(('-', one));
                at += 1;
            }
            (None, Some(other)) => {
                steps.push(('+', other));
                there += 1;
            }
            (None, None) => {}
        }
    }
    let changes: Vec<usize> = steps.iter().enumerate().filter(|(_, (kind, _))| *kind != ' ').map(|(at, _)| at).collect();
    let mut out = String::new();
    let mut next = 0;
    while let Some(first) = changes.get(next) {
        let begin = first.saturating_sub(AROUND);
        let mut end = first + 1 + AROUND;
        while let Some(change) = changes.get(next).filter(|change| **change < end + AROUND) {
            end = change + 1 + AROUND;
            next += 1;
        }
        let end = end.min(steps.len());
        let count = |kinds: &str, steps: &[(char, &str)]| steps.iter().filter(|(kind, _)| kinds.contains(*kind)).count();
        let hunk = &steps[begin..end];
        let (old_count, new_count) = (count(" -", hunk), count(" +", hunk));
        let line_of = |kinds: &str, own: usize| count(kinds, &steps[..begin]) + usize::from(own > 0);
        let _ = writeln!(out, "@@ -{},{old_count} +{},{new_count} @@", line_of(" -", old_count), line_of(" +", new_count));
        for (kind, line) in hunk {
            let _ = writeln!(out, "{kind}{line}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "dialplan: 1\nname: 小店\nnumbers: [\"1\"]\nintents:\n  order: {examples: [我要查订单, \"到哪了, 呀\"], say: 好的。}\n  hours:\n    examples:\n      - 几点开门\n      - 几点关门\n    say: 九点。\n";

    fn examples(intent: &str, texts: &[&str]) -> Proposal {
        Proposal::Examples { intent: intent.to_owned(), texts: texts.iter().map(|text| (*text).to_owned()).collect() }
    }

    /// Applies a patch with the system's own tool, and returns the folder's files.
    fn applied(patch: &Patch, files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let folder = tempfile::TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::fs::write(folder.path().join("a.patch"), patch.text()).unwrap();
        let done = std::process::Command::new("git").args(["apply", "a.patch"]).current_dir(folder.path()).output().unwrap();
        assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stderr), patch.text());
        let mut all = BTreeMap::new();
        for name in ["plans/shop.yaml", "plans/faq/a.md", "plans/faq/new.md", "plans/shop-questions.md"] {
            if let Ok(text) = std::fs::read_to_string(folder.path().join(name)) {
                all.insert(name.to_owned(), text);
            }
        }
        all
    }

    #[test]
    fn a_patch_applies_and_the_dialplan_has_the_examples() {
        let plan = Dialplan::load("plans/shop.yaml", PLAN, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
        let question = Proposal::Question { texts: vec!["招代理吗".to_owned(), "你们招不招代理".to_owned()] };
        let proposals =
            [examples("order", &["包裹呢", "it: is #1"]), examples("hours", &["晚上还开吗", "yes"]), question, Proposal::Nothing];
        let patch =
            Patch::propose(&plan, &proposals.iter().collect::<Vec<_>>(), &|file| (file == "plans/shop.yaml").then(|| PLAN.to_owned()));
        assert_eq!(patch.left_out(), [""; 0]);
        let files = applied(&patch, &[("plans/shop.yaml", PLAN)]);
        let text = &files["plans/shop.yaml"];
        let read = |name: &str| (name == "shop-questions.md").then(|| files["plans/shop-questions.md"].clone().into_bytes());
        let changed =
            Dialplan::load_including("plans/shop.yaml", text, &|_| None, &read).unwrap_or_else(|found| panic!("{found:#?}\n{text}"));
        assert_eq!(changed.intents[0].examples.len(), 4, "{text}");
        assert!(changed.intents[0].examples.contains(&"it: is #1".to_owned()), "{text}");
        assert_eq!(changed.intents[1].examples, ["几点开门", "几点关门", "yes", "晚上还开吗"].map(str::to_owned));
        // A question without an answer does nothing until it has one.
        assert_eq!(changed.intents.len(), 2);
        assert_eq!(files["plans/shop-questions.md"], "## 招代理吗\n- 你们招不招代理\n");
    }

    #[test]
    fn questions_go_to_the_folder_of_questions_and_examples_to_the_file_they_stand_in() {
        let main = "dialplan: 1\nnumbers: [\"1\"]\nknowledge: faq\n";
        let faq = "## 奶粉怎么保存\n- 奶粉放哪里\n\n阴凉处。\n";
        let read = |name: &str| match name {
            "faq/" => Some(b"a.md\n".to_vec()),
            "faq/a.md" => Some(faq.as_bytes().to_vec()),
            _ => None,
        };
        let plan = Dialplan::load_including("plans/shop.yaml", main, &|_| None, &read).unwrap();
        let proposals = [examples("奶粉怎么保存", &["开了的奶粉怎么放"]), Proposal::Question { texts: vec!["招代理吗".to_owned()] }];
        let on_disk = [("plans/shop.yaml", main), ("plans/faq/a.md", faq)];
        let patch = Patch::propose(&plan, &proposals.iter().collect::<Vec<_>>(), &|file| {
            on_disk.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned())
        });
        let files = applied(&patch, &on_disk);
        assert_eq!(files["plans/faq/a.md"], "## 奶粉怎么保存\n- 奶粉放哪里\n- 开了的奶粉怎么放\n\n阴凉处。\n");
        assert_eq!(files["plans/faq/new.md"], "## 招代理吗\n");
        assert_eq!(files["plans/shop.yaml"], main);
    }

    #[test]
    fn an_example_that_does_not_go_in_is_said() {
        let plan = Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap();
        let proposal = examples("order", &["包裹呢"]);
        let patch = Patch::propose(&plan, &[&proposal], &|_| None);
        assert_eq!((patch.text(), patch.left_out()), ("", ["order: 包裹呢".to_owned()].as_slice()));
    }
}
