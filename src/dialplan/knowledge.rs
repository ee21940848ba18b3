//! Questions and answers as intents: `knowledge: faq.md`. A heading is a question, list items under it are other ways to ask it,
//! and the text under them is the answer. Knows no intent beyond the keys it writes.

use super::Place;
use super::yaml::{Kind, Node};

/// Returns the entries of `intents` that a Markdown text makes, each with its place.
pub(super) fn intents(text: &str) -> Vec<(Node, Node)> {
    let mut entries = Vec::new();
    let mut question: Option<Question> = None;
    for (at, line) in text.lines().enumerate() {
        let place =
            |column: usize| Place { line: u32::try_from(at + 1).unwrap_or(u32::MAX), column: u32::try_from(column + 1).unwrap_or(1) };
        let trimmed = line.trim();
        let shift = line.chars().take_while(|sign| sign.is_whitespace()).count();
        if let Some(heading) = trimmed.strip_prefix("## ").map(str::trim) {
            entries.extend(question.take().and_then(Question::entry));
            question = Some(Question { place: place(shift + 3), ways: vec![(place(shift + 3), heading.to_owned())], answer: None });
        } else if trimmed.starts_with("# ") || trimmed.is_empty() {
            continue;
        } else if let Some(asked) = &mut question {
            match trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")) {
                Some(way) if asked.answer.is_none() => asked.ways.push((place(shift + 2), way.trim().to_owned())),
                other => {
                    let more = other.unwrap_or(trimmed);
                    let (_, answer) = asked.answer.get_or_insert_with(|| (place(shift), String::new()));
                    if !answer.is_empty() && answer.ends_with(|sign: char| sign.is_ascii()) {
                        answer.push(' ');
                    }
                    answer.push_str(more);
                }
            }
        }
    }
    entries.extend(question.and_then(Question::entry));
    entries
}

struct Question {
    place: Place,
    ways: Vec<(Place, String)>,
    answer: Option<(Place, String)>,
}

impl Question {
    /// A question without an answer stays unanswered: `check` has nothing to point at that is wrong.
    fn entry(self) -> Option<(Node, Node)> {
        let (answer_place, answer) = self.answer?;
        let name: String = self.ways.first()?.1.clone();
        let examples = Kind::List(self.ways.into_iter().map(|(place, way)| scalar(place, &way)).collect());
        let key = |name: &str| scalar(self.place, name);
        let value = Kind::Map(vec![
            (key("examples"), Node { place: self.place, length: 1, kind: examples }),
            (key("say"), scalar(answer_place, &answer)),
        ]);
        Some((key(&name), Node { place: self.place, length: 1, kind: value }))
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
}
