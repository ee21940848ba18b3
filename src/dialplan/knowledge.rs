//! Questions and answers as intents: `knowledge: faq.md`, or a folder of such files. In Markdown a heading is a question, list items
//! under it are other ways to ask it, and the text under them is the answer; in YAML an entry says `ask` and `answer` (or `do`).
//! Knows no intent beyond the keys it writes.

use super::Place;
use super::diagnostic::Wordings;
use super::load::Report;
use super::yaml::{Kind, Node};
use crate::base::Language;

/// The keys of an entry in YAML.
const KEYS: [&str; 4] = ["name", "ask", "answer", "do"];

/// Returns the entries of `intents` that a Markdown text makes, each with its place, which comes after so many lines of other files.
pub(super) fn of_markdown(text: &str, before: u32, report: &mut Report) -> Vec<(Node, Node)> {
    let mut entries = Vec::new();
    let mut question: Option<Question> = None;
    for (at, line) in text.lines().enumerate() {
        let place = |column: usize| Place {
            line: u32::try_from(at + 1).unwrap_or(u32::MAX).saturating_add(before),
            column: u32::try_from(column + 1).unwrap_or(1),
        };
        let trimmed = line.trim();
        let shift = line.chars().take_while(|sign| sign.is_whitespace()).count();
        if let Some(heading) = trimmed.strip_prefix("## ").map(str::trim) {
            entries.extend(question.take().and_then(|asked| asked.entry(report)));
            question = Some(Question { place: place(shift + 3), ways: vec![(place(shift + 3), heading.to_owned())], answers: Vec::new() });
        } else if let Some(asked) = question.as_mut().filter(|_| !trimmed.is_empty() && !trimmed.starts_with("# ")) {
            match trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")) {
                Some(way) if asked.answers.is_empty() => asked.ways.push((place(shift + 2), way.trim().to_owned())),
                other => asked.answer(place(shift), other.unwrap_or(trimmed)),
            }
        }
    }
    entries.extend(question.and_then(|asked| asked.entry(report)));
    entries
}

/// Returns the entries of `intents` that a list of questions and answers makes.
pub(super) fn of_yaml(tree: &Node, report: &mut Report) -> Vec<(Node, Node)> {
    let Kind::List(entries) = &tree.kind else {
        if !tree.is_nothing() {
            report.error(
                tree,
                "wrong-type",
                Wordings::new("这里应该是一条条问答", "expected a list of questions and answers"),
                Wordings::new(
                    "每条写成 - ask: [问法一, 问法二]，下一行 answer: 答案",
                    "write each as - ask: [one way, another], and on the next line answer: …",
                ),
            );
        }
        return Vec::new();
    };
    entries.iter().filter_map(|entry| of_entry(entry, report)).collect()
}

fn of_entry(entry: &Node, report: &mut Report) -> Option<(Node, Node)> {
    let Kind::Map(fields) = &entry.kind else {
        report.error(
            entry,
            "wrong-type",
            Wordings::new("一条问答要有 ask 和 answer", "a question has ask and answer"),
            Wordings::new("写成 - ask: 问题，下一行 answer: 答案", "write - ask: the question, and on the next line answer: …"),
        );
        return None;
    };
    let unknown: Vec<&Node> =
        fields.iter().map(|(key, _)| key).filter(|key| !key.text().is_some_and(|name| KEYS.contains(&name))).collect();
    for key in &unknown {
        let name = key.text().unwrap_or_default();
        report.error(
            key,
            "unknown-key",
            Wordings::new(format!("问答里没有 {name} 这一项"), format!("a question has no {name}")),
            Wordings::new("这里可以写：name、ask、answer、do", "here may stand: name, ask, answer, do"),
        );
    }
    // What is missing stands there under another name.
    if !unknown.is_empty() {
        return None;
    }
    let field = |name: &str| fields.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
    let ways = match field("ask").map(|ask| (ask, &ask.kind)) {
        Some((_, Kind::List(ways))) => ways.clone(),
        Some((ask, Kind::Scalar { .. })) if !ask.is_nothing() => vec![ask.clone()],
        _ => Vec::new(),
    };
    let missing = |report: &mut Report, what: &str| {
        report.error(
            entry,
            "missing-key",
            Wordings::new(format!("这条问答缺 {what}"), format!("this question has no {what}")),
            Wordings::new("每条要有 ask（问法），和 answer（答案）或 do（步骤）其中一个", "each has ask, and one of answer or do"),
        );
    };
    let first = ways.first().and_then(Node::text).map(str::to_owned);
    let Some(first) = first else {
        missing(report, "ask");
        return None;
    };
    let (what, value) = match (field("answer"), field("do")) {
        (Some(answer), None) => ("say", answer),
        (None, Some(steps)) => ("do", steps),
        (None, None) => {
            missing(report, "answer");
            return None;
        }
        (Some(_), Some(steps)) => {
            report.error(
                steps,
                "two-answers",
                Wordings::new("answer 和 do 只能写一个", "answer and do do not go together"),
                Wordings::new("把答案写成 do 里的一步：- say: 答案", "make the answer a step of do: - say: …"),
            );
            return None;
        }
    };
    let name = field("name").and_then(Node::text).map_or(first, str::to_owned);
    let named = field("name").or(ways.first()).unwrap_or(entry);
    let key = |name: &str| scalar(entry.place, name);
    let examples = Node { place: named.place, length: 1, kind: Kind::List(ways.clone()) };
    let intent = Kind::Map(vec![(key("examples"), examples), (key(what), value.clone())]);
    Some((scalar(named.place, &name), Node { place: entry.place, length: 1, kind: intent }))
}

struct Question {
    place: Place,
    ways: Vec<(Place, String)>,
    /// The answer, or one for each language.
    answers: Vec<(Place, Option<Language>, String)>,
}

impl Question {
    /// Takes a line of the answer: `en: …` begins the one in that language.
    fn answer(&mut self, place: Place, line: &str) {
        let of_language = ["zh", "en"].into_iter().find_map(|code| {
            let rest = line.strip_prefix(code)?;
            let words = rest.strip_prefix(':').or_else(|| rest.strip_prefix('：'))?;
            Some((code.parse::<Language>().ok()?, words.trim_start(), line.chars().count() - words.trim_start().chars().count()))
        });
        if let Some((language, words, skipped)) = of_language {
            let place = Place { column: place.column.saturating_add(u32::try_from(skipped).unwrap_or(0)), ..place };
            self.answers.push((place, Some(language), words.to_owned()));
            return;
        }
        match self.answers.last_mut() {
            Some((_, _, answer)) => {
                if !answer.is_empty() && answer.ends_with(|sign: char| sign.is_ascii()) {
                    answer.push(' ');
                }
                answer.push_str(line);
            }
            None => self.answers.push((place, None, line.to_owned())),
        }
    }

    /// A question without an answer stays unanswered.
    fn entry(self, report: &mut Report) -> Option<(Node, Node)> {
        let name: String = self.ways.first()?.1.clone();
        let heading = scalar(self.place, &name);
        let Some((answer_place, _, _)) = self.answers.first() else {
            report.warning(
                &heading,
                "no-answer",
                Wordings::new(format!("“{name}”下面没有答案，不会用到"), format!("\"{name}\" has no answer and is not used")),
                Wordings::new("在问法下面空一行，写上答案", "write the answer below, after an empty line"),
            );
            return None;
        };
        let key = |name: &str| scalar(self.place, name);
        let by_language = self.answers.iter().any(|(_, language, _)| language.is_some());
        let say = if by_language {
            let each = self
                .answers
                .iter()
                .map(|(place, language, text)| (scalar(*place, language.unwrap_or_default().code()), scalar(*place, text)));
            Node { place: *answer_place, length: 1, kind: Kind::Map(each.collect()) }
        } else {
            let text: Vec<&str> = self.answers.iter().map(|(_, _, text)| text.as_str()).collect();
            scalar(*answer_place, &text.join(" "))
        };
        let examples = Kind::List(self.ways.iter().map(|(place, way)| scalar(*place, way)).collect());
        let value = Kind::Map(vec![(key("examples"), Node { place: self.place, length: 1, kind: examples }), (key("say"), say)]);
        Some((heading, Node { place: self.place, length: 1, kind: value }))
    }
}

fn scalar(place: Place, text: &str) -> Node {
    let length = u32::try_from(text.chars().count().max(1)).unwrap_or(1);
    Node { place, length, kind: Kind::Scalar { text: text.to_owned(), plain: false } }
}

#[cfg(test)]
mod tests {
    use super::super::Dialplan;
    use crate::base::Language;
    use crate::dialplan::StepKind;

    const FAQ: &str = "# 常见问题\n\n## 奶粉怎么保存\n- 奶粉开罐以后放哪里\n- 奶粉能放冰箱吗\n\n开罐以后放在阴凉干燥处，\n一个月内喝完。\n\n## 没有答案的问题\n";

    #[test]
    fn questions_and_answers_become_intents() {
        let text = "dialplan: 1\nnumbers: [\"1\"]\nknowledge: faq.md\nintents: {hours: {examples: [几点开门], say: 九点。}}\n";
        let plan = Dialplan::load_including("a.yaml", text, &|_| None, &|name| (name == "faq.md").then(|| FAQ.as_bytes().to_vec()))
            .unwrap_or_else(|found| panic!("{found:#?}"));
        let names: Vec<&str> = plan.intents.iter().map(|intent| intent.name.as_str()).collect();
        assert_eq!(names, ["hours", "奶粉怎么保存"]);
        let milk = &plan.intents[1];
        assert_eq!(milk.examples, ["奶粉怎么保存", "奶粉开罐以后放哪里", "奶粉能放冰箱吗"]);
        assert_eq!(plan.locate(milk.example_places[1]).0, "faq.md");
        assert_eq!(plan.locate(milk.example_places[1]).1.line, 4);
        let StepKind::Say(answer) = &milk.steps[0].kind else { panic!("{:?}", milk.steps) };
        assert_eq!(answer.template(Language::Zh).unwrap().source(), "开罐以后放在阴凉干燥处，一个月内喝完。");
    }

    #[test]
    fn a_forbidden_phrase_in_an_answer_is_found_where_it_stands() {
        let text = "dialplan: 1\nnumbers: [\"1\"]\nnever_say: [阴凉]\nknowledge: [faq.md]\n";
        let found = Dialplan::load_including("a.yaml", text, &|_| None, &|_| Some(FAQ.as_bytes().to_vec())).unwrap_err();
        assert_eq!((found[0].code, found[0].file.as_str(), found[0].place.line), ("forbidden-phrase", "faq.md", 7));
        assert!(Dialplan::load_including("a.yaml", text, &|_| None, &|_| None).unwrap_err().iter().any(|one| one.code == "no-file"));
    }

    const MAIN: &str = "dialplan: 1\nnumbers: [\"1\"]\nslots: {product: {type: choice, values: {奶粉: [配方奶]}}}\nknowledge: faq\n";

    fn load(files: &[(&str, &str)]) -> Result<Dialplan, Vec<crate::dialplan::Diagnostic>> {
        let read = |name: &str| match name {
            "faq/" => Some(files.iter().map(|(name, _)| format!("{name}\n")).collect::<String>().into_bytes()),
            name => files.iter().find(|(known, _)| format!("faq/{known}") == name).map(|(_, text)| text.as_bytes().to_vec()),
        };
        Dialplan::load_including("plans/a.yaml", MAIN, &|_| None, &read)
    }

    #[test]
    fn a_folder_is_read_in_order_of_name_markdown_and_yaml_in_both_languages() {
        let yaml = "- name: refund_time\n  ask: [退款要几天, \"{product}的退款多久到\"]\n  answer: {zh: 三天内到账。, en: Within three days.}\n\
                    - ask: 我是金卡\n  do:\n    - choose:\n        - when: caller.tier == \"gold\"\n          do: [{say: 是的。}]\n        - otherwise: [{say: 还不是。}]\n";
        let markdown = "## 保质期多久\n- how long does it keep\n\nzh: {% if caller.tier == \"gold\" %}尊敬的会员，{% endif %}十八个月。\nen: Eighteen months,\n  unopened.\n";
        let plan = load(&[("b.yaml", yaml), ("a.md", markdown), (".hidden.md", "## x\ny"), ("notes.txt", "no")])
            .unwrap_or_else(|found| panic!("{found:#?}"));
        let names: Vec<&str> = plan.intents.iter().map(|intent| intent.name.as_str()).collect();
        assert_eq!(names, ["保质期多久", "refund_time", "我是金卡"]);
        let StepKind::Say(answer) = &plan.intents[0].steps[0].kind else { panic!("{:?}", plan.intents[0]) };
        assert!(answer.template(Language::Zh).unwrap().source().starts_with("{% if"));
        assert_eq!(answer.template(Language::En).unwrap().source(), "Eighteen months, unopened.");
        assert_eq!(plan.intents[1].examples, ["退款要几天", "{product}的退款多久到"]);
        assert!(matches!(plan.intents[2].steps[0].kind, StepKind::Choose(_)));
        assert_eq!(plan.locate(plan.intents[1].example_places[1]).0, "plans/faq/b.yaml");
        assert_eq!(plan.locate(plan.intents[1].example_places[1]).1.line, 2);
    }

    #[test]
    fn what_is_wrong_in_a_folder_is_shown_in_its_file_and_line() {
        for (text, line, code) in [
            ("ask: 一\nanswer: 二\n", 1, "wrong-type"),
            ("- ask: 一\n  answer: 二\n- 三\n", 3, "wrong-type"),
            ("- ask: 一\n  anwser: 二\n", 2, "unknown-key"),
            ("- answer: 二\n", 1, "missing-key"),
            ("- ask: 一\n  answer: 二\n- ask: 三\n", 3, "missing-key"),
            ("- ask: 一\n  answer: 二\n  do: [hangup]\n", 3, "two-answers"),
            ("- ask: 一\n  answer: \"{{ x\"\n", 2, "bad-template"),
            ("- ask: [一\n", 1, "syntax"),
        ] {
            let found = load(&[("a.md", "## 问\n答\n"), ("b.yaml", text)]).unwrap_err();
            let one = found.iter().find(|one| one.file == "plans/faq/b.yaml").unwrap_or_else(|| panic!("{text}: {found:#?}"));
            assert_eq!((one.place.line, one.line.as_str()), (line, text.lines().nth(line as usize - 1).unwrap()), "{text}: {found:#?}");
            assert!(code == "syntax" || one.code == code, "{text}: {found:#?}");
        }
        let plan = load(&[("a.md", "## 问\n答\n\n## 空\n"), ("b.md", "## 问\n别的\n")]).unwrap();
        let warned: Vec<(&str, &str, u32)> = plan.warnings.iter().map(|one| (one.code, one.file.as_str(), one.place.line)).collect();
        assert!(warned.contains(&("no-answer", "plans/faq/a.md", 4)), "{warned:?}");
        assert!(warned.contains(&("asked-twice", "plans/faq/b.md", 1)), "{warned:?}");
        assert!(load(&[]).unwrap().warnings.iter().any(|one| one.code == "empty-folder"));
        for name in ["../faq", "/faq", "nowhere", "faq.txt"] {
            let main = MAIN.replace("knowledge: faq", &format!("knowledge: {name}"));
            let found = Dialplan::load_including("plans/a.yaml", &main, &|_| None, &|_| None).unwrap_err();
            assert!(found.iter().any(|one| ["no-file", "bad-file"].contains(&one.code) && one.place.line == 4), "{name}: {found:#?}");
        }
    }
}
