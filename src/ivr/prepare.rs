//! What is made of a dialplan once, before its calls: the matcher, the vocabulary, the prompts to be spoken beforehand.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Map;

use super::lines::{Line, line, queue_announcement, rendered};
use crate::base::Language;
use crate::dialplan::{Dialplan, Intent, SlotType, StepKind, Steps, Template, Text};
use crate::feelings::upset_phrases;
use crate::intent::{Example, HUMAN_WORDS, Matcher};
use crate::speech::{Vocabulary, Wording};
use crate::spoken::digit_words;

/// The most examples that one example with slots becomes.
const MOST_EXPANDED: usize = 40;
/// Places in a queue whose announcement is spoken beforehand.
const PLACES: u32 = 5;

/// Trains a matcher on the plan's intents.
#[must_use]
pub fn matcher_for(plan: &Dialplan) -> Matcher {
    Matcher::train(&training_examples(plan))
}

/// Lists the examples that a matcher learns from, each `{slot}` of a choice replaced by its values.
#[must_use]
pub fn training_examples(plan: &Dialplan) -> Vec<Example> {
    let mut all = Vec::new();
    let mut family = 0;
    for intent in &plan.intents {
        for example in &intent.examples {
            family += 1;
            let texts = filled_in(plan, example).into_iter();
            all.extend(texts.map(|text| Example { family: Some(family), ..Example::new(&intent.name, text) }));
        }
    }
    all
}

/// Lists the texts with which calls begin, in the plan's own language: those that nobody may wait for.
#[must_use]
pub fn prompts_of_the_beginning(plan: &Dialplan) -> Vec<Wording> {
    let mut found = Found { plan, wordings: Vec::new(), known: HashSet::new() };
    let led_to = |steps: &Steps| match steps.first().map(|step| &step.kind) {
        Some(StepKind::Go(flow)) => plan.flows.get(flow).cloned(),
        _ => None,
    };
    let after_hours = led_to(&plan.after_hours).unwrap_or_else(|| Arc::clone(&plan.after_hours));
    for step in plan.start.iter().chain(after_hours.iter()) {
        match &step.kind {
            StepKind::Play(name) => {
                plan.prompts.get(name).into_iter().flat_map(|prompt| &prompt.variants).for_each(|text| found.text(text));
            }
            StepKind::Say(text) | StepKind::Ask(text) => found.text(text),
            _ => {}
        }
    }
    found.wordings.retain(|wording| wording.language == plan.language);
    found.wordings
}

/// Lists every text that is the same in each call: the plan's and the built-in ones, for the prompt cache.
#[must_use]
pub fn prompts_known_beforehand(plan: &Dialplan) -> Vec<Wording> {
    let mut found = Found { plan, wordings: Vec::new(), known: HashSet::new() };
    for prompt in plan.prompts.values() {
        prompt.variants.iter().for_each(|text| found.text(text));
    }
    for slot in plan.slots.values() {
        slot.ask.iter().chain(&slot.confirm).for_each(|text| found.text(text));
    }
    let steps = [&plan.start, &plan.silence.then, &plan.after_hours, &plan.after_seat]
        .into_iter()
        .chain(plan.keys.values())
        .chain(plan.flows.values());
    steps.chain(plan.intents.iter().map(|intent| &intent.steps)).for_each(|steps| found.steps(steps));
    for language in found.languages() {
        for one in Line::ALL {
            if !plan.prompts.contains_key(one.name()) {
                for text in one.variants(language).iter().filter(|text| !text.contains("{{")) {
                    found.add(rendered(text, &Map::new()).unwrap_or_default(), language);
                }
            }
        }
        for place in 1..=PLACES {
            let wording = queue_announcement(plan, place, language);
            found.add(wording.text.to_string(), language);
        }
        let goodbye = line(plan, Line::Goodbye, language);
        found.add(goodbye.text.to_string(), language);
    }
    found.wordings
}

/// Lists the recorded files that are played instead of speaking these words.
#[must_use]
pub fn recorded_prompts(plan: &Dialplan) -> Vec<(Wording, String)> {
    let mut all = Vec::new();
    for prompt in plan.prompts.values() {
        let Some(first) = prompt.variants.first() else { continue };
        for (language, path) in &prompt.wavs {
            if let Some(text) = first.by_language.get(language).and_then(Template::fixed) {
                all.push((Wording { text: text.into(), language: *language, speed: plan.speed }, path.clone()));
            }
        }
    }
    all
}

/// Returns the words to listen for when any intent may come: in the language that is spoken, and what asks for another one.
#[must_use]
pub fn vocabulary_for_intents(plan: &Dialplan, language: Language) -> Arc<Vocabulary> {
    let phrases = plan.intents.iter().flat_map(|intent| examples(plan, intent)).chain(plan.handover.keywords.iter().cloned());
    let always = super::answers::closing_words().chain(upset_phrases(language).iter().copied());
    let numbers: &[_] = if plan.slots.values().any(|slot| is_number(&slot.kind)) { digit_words(language) } else { &[] };
    let mut phrases = spoken_in(language, phrases.chain(always.chain(numbers.iter().copied()).map(str::to_owned)));
    let leads_away = |intent: &&Intent| intent.steps.iter().any(|step| matches!(step.kind, StepKind::Speak(other) if other != language));
    for phrase in plan.intents.iter().filter(leads_away).flat_map(|intent| examples(plan, intent)) {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    Arc::new(Vocabulary::new(language, phrases))
}

/// Values that callers give unasked, in the sentence that says what they want.
const fn is_number(kind: &SlotType) -> bool {
    matches!(kind, SlotType::Digits { .. } | SlotType::Phone | SlotType::BankCard | SlotType::IdCard | SlotType::Code { .. })
}

/// Keeps the phrases of a language, and the words that ask for a person, once each.
pub(super) fn spoken_in(language: Language, phrases: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = HashSet::new();
    phrases
        .chain(HUMAN_WORDS.iter().map(|word| (*word).to_owned()))
        .filter(|phrase| match language {
            Language::Zh => !phrase.is_ascii(),
            Language::En => phrase.is_ascii(),
        })
        .filter(|phrase| !phrase.trim().is_empty() && known.insert(phrase.clone()))
        .collect()
}

/// The intent's examples, each `{slot}` of a choice replaced by its values.
pub(super) fn examples(plan: &Dialplan, intent: &Intent) -> Vec<String> {
    intent.examples.iter().flat_map(|example| filled_in(plan, example)).collect()
}

/// An example with each `{slot}` of a choice replaced by its values.
fn filled_in(plan: &Dialplan, example: &str) -> Vec<String> {
    let mut texts = vec![example.to_owned()];
    for (name, slot) in &plan.slots {
        let mark = format!("{{{name}}}");
        if !example.contains(&mark) {
            continue;
        }
        let words: Vec<&str> = match &slot.kind {
            SlotType::Choice(values) => {
                values.iter().flat_map(|(value, others)| std::iter::once(value.as_str()).chain(others.iter().map(String::as_str))).collect()
            }
            _ => vec![""],
        };
        texts = texts.iter().flat_map(|text| words.iter().map(|word| text.replace(&mark, word))).take(MOST_EXPANDED).collect();
    }
    texts
}

struct Found<'a> {
    plan: &'a Dialplan,
    wordings: Vec<Wording>,
    known: HashSet<Wording>,
}

impl Found<'_> {
    fn add(&mut self, text: String, language: Language) {
        let wording = Wording { text: text.into(), language, speed: self.plan.speed };
        if !wording.text.is_empty() && self.known.insert(wording.clone()) {
            self.wordings.push(wording);
        }
    }

    fn text(&mut self, text: &Text) {
        for (language, template) in &text.by_language {
            if let Some(fixed) = template.fixed() {
                self.add(fixed.to_owned(), *language);
            }
        }
    }

    fn steps(&mut self, steps: &Steps) {
        for step in steps.iter() {
            match &step.kind {
                StepKind::Say(text) | StepKind::Ask(text) | StepKind::Survey { ask: text, .. } => self.text(text),
                StepKind::RecordMessage(message) => self.text(&message.ask),
                StepKind::Send(send) => send.failed.iter().for_each(|steps| self.steps(steps)),
                StepKind::Menu { ask, keys } => {
                    self.text(ask);
                    for steps in keys.values() {
                        self.steps(steps);
                    }
                }
                StepKind::Choose(branches) => branches.iter().for_each(|branch| self.steps(&branch.steps)),
                StepKind::Lookup(lookup) => {
                    lookup.meanwhile.iter().for_each(|text| self.text(text));
                    lookup.not_found.iter().chain(&lookup.failed).for_each(|steps| self.steps(steps));
                }
                StepKind::Play(_)
                | StepKind::Listen
                | StepKind::Collect(_)
                | StepKind::Again(_)
                | StepKind::Go(_)
                | StepKind::Transfer { .. }
                | StepKind::Set(_)
                | StepKind::Callback(_)
                | StepKind::Ticket(_)
                | StepKind::Remember { .. }
                | StepKind::Speak(_)
                | StepKind::Repeat
                | StepKind::Back
                | StepKind::Slower
                | StepKind::Hangup => {}
            }
        }
    }

    /// The plan's own, then those its texts have.
    fn languages(&self) -> Vec<Language> {
        let others = self.wordings.iter().map(|wording| wording.language);
        let mut languages = vec![self.plan.language];
        for language in others {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listened_for_is_in_the_language_spoken_but_for_what_leads_away_from_it() {
        let plan = "dialplan: 1\nname: a\nlanguage: zh\nnumbers: [\"1\"]\nstart: [listen]\nslots:\n  order: {type: digits, length: 8, ask: 订单号}\n\
                    intents:\n  status: {examples: [查订单, where is my order], do: [{collect: order}, hangup]}\n\
                    \x20 english: {examples: [english please, 说英文], do: [{language: en}, listen]}\n\
                    queues: {general: {skills: [general]}}\nroutes: [{queue: general}]\n";
        let plan = Dialplan::load("a.yaml", plan, &|_| None).expect("a dialplan");
        let listens = |language, phrase: &str| vocabulary_for_intents(&plan, language).phrases.iter().any(|known| known == phrase);
        for phrase in ["查订单", "english please", "说英文", "三", "没有解决", "没有了", "转人工"] {
            assert!(listens(Language::Zh, phrase), "{phrase}");
        }
        for phrase in ["where is my order", "that is all"] {
            assert!(!listens(Language::Zh, phrase), "{phrase}");
            assert!(listens(Language::En, phrase), "{phrase}");
        }
    }
}
