//! Puts questions, fills slots, and says what to listen for at each question.

use std::sync::Arc;

use serde_json::Value;

use super::Order;
use super::answers::{closing_words, wish_words, yes_no_words};
use super::lines::Line;
use super::prepare::{spoken_in, vocabulary_for_intents};
use super::reading::form_of;
use super::walk::{Asked, State, Walk, WordsFor};
use crate::base::Language;
use crate::dialplan::{SlotType, StepKind};
use crate::speech::{Expected, Vocabulary};
use crate::spoken::{expected_words, pointing_words};

/// Wrong answers to a slot's question before a person takes over.
pub(super) const MOST_WRONG: u8 = 3;

impl Walk {
    /// Puts a question and waits for its answer.
    pub(super) fn ask(&mut self, asked: Asked) {
        let plan = Arc::clone(&self.plan);
        self.checkpoint(&asked);
        let said = match &asked {
            Asked::Anything { ask: None } => true,
            Asked::Anything { ask: Some((steps, index)) }
            | Asked::Menu { steps, index, .. }
            | Asked::Message { steps, index, .. }
            | Asked::Survey { steps, index, .. } => match &steps[*index].kind {
                StepKind::Ask(ask) | StepKind::Menu { ask, .. } | StepKind::Survey { ask, .. } => {
                    self.say_text(ask, &[], steps[*index].place)
                }
                StepKind::RecordMessage(message) => self.say_text(&message.ask, &[], steps[*index].place),
                _ => true,
            },
            Asked::Slot { name, .. } => match plan.slots.get(name).and_then(|slot| Some((slot.ask.as_ref()?, slot.place))) {
                Some((text, place)) => self.say_text(text, &[], place),
                None => true,
            },
            Asked::SlotConfirm { name, value, .. } => {
                match plan.slots.get(name).and_then(|slot| Some((slot.confirm.as_ref()?, slot.place))) {
                    Some((text, place)) => self.say_text(text, &[("value", Value::String(value.clone()))], place),
                    None => {
                        let value = Value::String(spelled(value));
                        self.say_line(Line::ConfirmValue, &[("value", value)]);
                        true
                    }
                }
            }
            Asked::Intent { nearest, .. } => {
                let (line, nearest) = as_a_question(nearest);
                self.say_line(line, &[("nearest", Value::String(nearest))]);
                true
            }
            Asked::Callback { .. } => {
                self.say_line(Line::CallbackQuestion, &[]);
                true
            }
        };
        if said {
            self.wait(asked);
        }
    }

    /// Collects a slot: takes a value heard before, or asks for it.
    pub(super) fn collect(&mut self, name: &str) {
        let name = name.to_owned();
        match self.candidates.remove(&name) {
            Some(value) => self.offer(name, value, 0),
            None => self.ask(Asked::Slot { name, wrong: 0, entry: String::new(), part: String::new() }),
        }
    }

    /// Takes a value for a slot, after asking whether it was heard right where the plan wants that.
    pub(super) fn offer(&mut self, name: String, value: String, wrong: u8) {
        if self.plan.slots.get(&name).is_some_and(|slot| slot.confirm.is_some()) {
            self.ask(Asked::SlotConfirm { name, value, wrong });
        } else {
            self.fill(&name, value);
        }
    }

    /// Fills a slot and lets the steps go on.
    pub(super) fn fill(&mut self, name: &str, value: String) {
        let bound = match self.plan.slots.get(name).map(|slot| &slot.kind) {
            Some(SlotType::YesNo) => Value::Bool(value == "yes"),
            // Conditions compare numbers by size: `when: weight < 20`.
            Some(SlotType::Number { .. }) => value.parse::<i64>().map_or_else(|_| Value::String(value.clone()), Value::from),
            _ => Value::String(value.clone()),
        };
        self.values.insert(name.to_owned(), bound);
        self.slots.retain(|(known, _)| known != name);
        self.slots.push((name.to_owned(), value.clone()));
        self.given.retain(|(known, given)| known != name || *given != value);
        self.given.push((name.to_owned(), value.clone()));
        self.orders.push_back(Order::Slot { name: name.to_owned(), value });
        self.misunderstood = 0;
        self.state = State::Walking;
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.values.remove(name);
        self.slots.retain(|(known, _)| known != name);
        self.candidates.remove(name);
    }

    /// Counts a wrong answer to a slot's question; says what was wrong and asks again, or hands over.
    pub(super) fn slot_wrong(&mut self, name: &str, wrong: u8, line: Line, part: String) {
        let wrong = wrong + 1;
        if wrong >= MOST_WRONG {
            self.note(format!("slot {name}: {wrong} wrong answers"));
            return self.announce_transfer(None, "misunderstood");
        }
        let wanted = match (line, self.plan.slots.get(name).map(|slot| &slot.kind)) {
            (Line::SlotLength, Some(SlotType::Digits { least, most } | SlotType::Code { least, most })) => {
                Some((Line::SlotLength, vec![("length", Value::String(length_in_words(*least, *most, self.language)))]))
            }
            (Line::SlotLength, Some(SlotType::Number { least, most })) => {
                Some((Line::SlotRange, vec![("least", Value::from(*least)), ("most", Value::from(*most))]))
            }
            _ => None,
        };
        let asked = Asked::Slot { name: name.to_owned(), wrong, entry: String::new(), part };
        if let Some((line, values)) = wanted {
            self.say_line(line, &values);
            self.offer_keys(name);
            self.wait(asked);
        } else {
            self.say_line(if line == Line::SlotLength { Line::SlotAgain } else { line }, &[]);
            self.offer_keys(name);
            self.ask(asked);
        }
    }

    /// What is expected at the question that is being asked, and the words to listen for.
    pub(super) fn expectation(&mut self) -> (Expected, Arc<Vocabulary>) {
        let State::Asking(asked) = &self.state else { return (Expected::Anything, self.vocabulary(WordsFor::Intents, "")) };
        match asked.clone() {
            Asked::Anything { .. } => (Expected::Anything, self.vocabulary(WordsFor::Intents, "")),
            Asked::Message { .. } => (Expected::Conversation, self.vocabulary(WordsFor::Message, "")),
            Asked::Survey { steps, index, .. } => match &steps[index].kind {
                StepKind::Survey { slot, .. } => (Expected::Choice, self.vocabulary(WordsFor::Slot, slot)),
                _ => (Expected::Anything, self.vocabulary(WordsFor::Intents, "")),
            },
            Asked::Menu { .. } => (Expected::Choice, self.vocabulary(WordsFor::Intents, "")),
            Asked::Intent { .. } | Asked::Callback { .. } => (Expected::YesNo, self.vocabulary(WordsFor::YesNo, "")),
            Asked::SlotConfirm { name, .. } => (Expected::YesNo, self.vocabulary(WordsFor::YesNo, &name)),
            Asked::Slot { name, .. } => {
                let expected = match self.plan.slots.get(&name).map(|slot| &slot.kind) {
                    Some(kind) => expected_for(kind),
                    None => Expected::Anything,
                };
                (expected, self.vocabulary(WordsFor::Slot, &name))
            }
        }
    }

    /// The words to listen for; made once a walk for each question, because engines compare them by address.
    fn vocabulary(&mut self, kind: WordsFor, slot: &str) -> Arc<Vocabulary> {
        let key = (kind, self.language, slot.to_owned());
        if let Some(known) = self.vocabularies.get(&key) {
            return Arc::clone(known);
        }
        let language = self.language;
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let kind_of_slot = self.plan.slots.get(slot).map(|slot| &slot.kind);
        let slot_words: Option<Vec<String>> = match kind_of_slot {
            Some(SlotType::Choice(values)) => {
                Some(values.iter().flat_map(|(value, others)| std::iter::once(value).chain(others)).cloned().collect())
            }
            Some(SlotType::YesNo) => Some(own(yes_no_words(language))),
            Some(kind) => form_of(kind).and_then(|form| expected_words(&form, language)),
            None => Some(Vec::new()),
        };
        let keywords = self.plan.handover.keywords.iter().cloned();
        let others = || -> Vec<String> {
            let anything = vocabulary_for_intents(&self.plan, language);
            wish_words().chain(pointing_words(language)).map(str::to_owned).chain(anything.phrases.iter().cloned()).collect()
        };
        let vocabulary = match (kind, slot_words) {
            (WordsFor::Intents, _) => vocabulary_for_intents(&self.plan, language),
            // Whoever chooses may want something else first, and says so in phrases that are unlike the choices.
            (WordsFor::Slot, Some(words)) if matches!(kind_of_slot, Some(SlotType::Choice(_) | SlotType::YesNo)) => {
                Arc::new(Vocabulary::new(language, spoken_in(language, words.into_iter().chain(keywords).chain(others()))))
            }
            (WordsFor::Slot, Some(words)) => narrow(language, words, others()),
            (WordsFor::YesNo, Some(words)) => {
                let all = own(yes_no_words(language)).into_iter().chain(words).chain(closing_words().map(str::to_owned)).chain(keywords);
                narrow(language, all.collect(), others())
            }
            (WordsFor::Message, _) | (WordsFor::Slot | WordsFor::YesNo, None) => Arc::new(Vocabulary::new(language, Vec::new())),
        };
        self.vocabularies.insert(key, Arc::clone(&vocabulary));
        vocabulary
    }
}

/// Listens for these words alone, because a recogniser that listens for others too hears them in digits and in a short no; and for all
/// of them where what was said turns out to be mostly something else.
fn narrow(language: Language, words: Vec<String>, others: Vec<String>) -> Arc<Vocabulary> {
    let wide = Vocabulary::new(language, spoken_in(language, words.iter().cloned().chain(others)));
    Arc::new(Vocabulary { otherwise: Some(Arc::new(wide)), ..Vocabulary::new(language, spoken_in(language, words.into_iter())) })
}

/// A number is read back digit by digit.
fn spelled(value: &str) -> String {
    if value.len() >= 4 && value.chars().all(|sign| sign.is_ascii_alphanumeric()) {
        value.chars().map(String::from).collect::<Vec<_>>().join(" ")
    } else {
        value.to_owned()
    }
}

/// What to expect of an answer, for endpointing.
fn expected_for(kind: &SlotType) -> Expected {
    match kind {
        SlotType::Digits { least, most } => Expected::Digits { least: *least, most: *most },
        SlotType::Phone => Expected::Digits { least: 7, most: 12 },
        SlotType::IdCard => Expected::Digits { least: 15, most: 18 },
        SlotType::BankCard => Expected::Digits { least: 13, most: 19 },
        SlotType::Choice(_) | SlotType::Number { .. } => Expected::Choice,
        SlotType::YesNo => Expected::YesNo,
        SlotType::Text { .. } => Expected::Conversation,
        SlotType::Code { .. } | SlotType::Date | SlotType::Time | SlotType::Duration | SlotType::Money => Expected::Anything,
    }
}

/// Words an example as something to do (我要查订单 → 查订单) where it is one.
fn as_a_question(nearest: &str) -> (Line, String) {
    const WISHES: &[&str] =
        &["我想要", "我想", "我要", "请帮我", "帮我", "麻烦", "请", "I want to ", "I'd like to ", "I would like to ", "i want to "];
    let nearest = nearest.trim_end_matches(['。', '？', '！', '.', '?', '!']);
    match WISHES.iter().find_map(|wish| nearest.strip_prefix(wish)).filter(|rest| rest.chars().count() >= 2) {
        Some(rest) => (Line::ConfirmDoing, rest.to_owned()),
        None => (Line::ConfirmAsking, nearest.to_owned()),
    }
}

fn length_in_words(least: u8, most: u8, language: Language) -> String {
    let word = |number: u8| match language {
        Language::En => number.to_string(),
        Language::Zh => {
            let digit = |digit: u8| "零一二三四五六七八九".chars().nth(usize::from(digit % 10)).unwrap_or('零').to_string();
            match (number / 10, number % 10) {
                (0, unit) => digit(unit),
                (1, 0) => "十".to_owned(),
                (1, unit) => format!("十{}", digit(unit)),
                (tens, 0) if tens < 10 => format!("{}十", digit(tens)),
                (tens, unit) if tens < 10 => format!("{}十{}", digit(tens), digit(unit)),
                _ => number.to_string(),
            }
        }
    };
    match language {
        _ if least == most => word(most),
        Language::Zh => format!("{}到{}", word(least), word(most)),
        Language::En => format!("{} to {}", word(least), word(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_worded() {
        for (least, most, language, wanted) in [
            (8, 8, Language::Zh, "八"),
            (8, 12, Language::Zh, "八到十二"),
            (10, 20, Language::Zh, "十到二十"),
            (4, 6, Language::En, "4 to 6"),
        ] {
            assert_eq!(length_in_words(least, most, language), wanted);
        }
    }

    #[test]
    fn an_example_becomes_a_question() {
        assert_eq!(as_a_question("我要查订单"), (Line::ConfirmDoing, "查订单".to_owned()));
        assert_eq!(as_a_question("我的快递到哪了？"), (Line::ConfirmAsking, "我的快递到哪了".to_owned()));
        assert_eq!(as_a_question("I want to return my order"), (Line::ConfirmDoing, "return my order".to_owned()));
    }
}
