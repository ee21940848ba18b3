//! Says things: prompts with their variants, texts with their values, built-in lines.

use std::sync::Arc;

use serde_json::Value;

use super::Order;
use super::lines::{Line, rendered};
use super::walk::{Meanwhile, Pending, Said, State, Walk};
use crate::base::Language;
use crate::dialplan::{Lookup, Place, StepKind, Template, TemplateError, Text};
use crate::speech::Wording;

impl Walk {
    /// The caller did something: what is said from now on answers it.
    pub(super) const fn turn_begins(&mut self) {
        self.turn_over = true;
        self.repeated = false;
    }

    /// Whether anything was said since the caller last did something.
    pub(super) const fn has_spoken(&self) -> bool {
        !self.turn_over
    }

    /// Says a text of the plan; what goes wrong ends at a person, and then this is false.
    pub(super) fn say_text(&mut self, text: &Text, extra: &[(&str, Value)], place: Place) -> bool {
        match self.put(text, extra, None, true) {
            Ok(()) => true,
            Err(error) => {
                self.script_error(place, &error.message);
                false
            }
        }
    }

    /// Says a prompt of the library, or the built-in one of that name.
    pub(super) fn say_prompt(&mut self, name: &str, place: Place) {
        if let Some(line) = Line::ALL.iter().find(|line| line.name() == name && !self.plan.prompts.contains_key(name)) {
            self.say_line(*line, &[]);
        } else if let Err(error) = self.put_prompt(name, &[]) {
            self.script_error(place, &error.message);
        }
    }

    /// Says a built-in line, as the plan words it if it does.
    pub(super) fn say_line(&mut self, line: Line, extra: &[(&str, Value)]) {
        self.put_line(line, extra, true);
    }

    /// Says the last words again.
    pub(super) fn say_again(&mut self) {
        self.repeated = true;
        self.turn_over = false;
        for mut said in self.turn.clone() {
            said.wording.speed = self.speed;
            self.play(said);
        }
    }

    /// Stops what is being said or waits to be, but for what may not be interrupted.
    pub(super) fn stop_playing(&mut self) {
        let before = self.plays.len();
        self.plays.retain(|play| !play.interruptible);
        if self.plays.len() < before {
            self.orders.push_back(Order::StopPlaying);
        }
    }

    pub(super) fn say_meanwhile(&mut self) {
        let State::LookingUp { steps, index, meanwhile, .. } = &mut self.state else { return };
        *meanwhile = Meanwhile::Done;
        let steps = Arc::clone(steps);
        let Some(step) = steps.get(*index) else { return };
        match &step.kind {
            StepKind::Lookup(Lookup { meanwhile: Some(text), .. }) => {
                self.say_text(text, &[], step.place);
            }
            _ => self.say_line(Line::OneMoment, &[]),
        }
    }

    pub(super) fn put_line(&mut self, line: Line, extra: &[(&str, Value)], interruptible: bool) {
        if self.plan.prompts.contains_key(line.name()) {
            match self.put_prompt(line.name(), extra) {
                Ok(()) => return,
                Err(error) => self.note(format!("prompt {}: {error}", line.name())),
            }
        }
        let variants = line.variants(self.language);
        let turn = self.turns(line.name());
        let values = self.with(extra);
        if let Some(text) = variants.get(turn % variants.len().max(1)).and_then(|text| rendered(text, &values)) {
            self.speak(&text, self.language, interruptible, Some(line.name().to_owned()));
        }
    }

    fn put_prompt(&mut self, name: &str, extra: &[(&str, Value)]) -> Result<(), TemplateError> {
        let plan = Arc::clone(&self.plan);
        let turn = self.turns(name);
        match plan.prompts.get(name) {
            Some(prompt) if prompt.valid.is_some_and(|(first, last)| !(first..=last).contains(&self.local().date())) => {
                self.note(format!("prompt {name} is not valid today"));
                Ok(())
            }
            Some(prompt) if !prompt.variants.is_empty() => {
                let text = &prompt.variants[turn % prompt.variants.len()];
                self.put(text, extra, Some(name.to_owned()), prompt.interruptible)
            }
            _ => Err(TemplateError { message: format!("there is no prompt {name}") }),
        }
    }

    fn put(&mut self, text: &Text, extra: &[(&str, Value)], prompt: Option<String>, interruptible: bool) -> Result<(), TemplateError> {
        let found = text.by_language.get_key_value(&self.language).or_else(|| text.by_language.iter().next());
        let Some((language, template)) = found else { return Ok(()) };
        let words = template.render(&self.with(extra))?;
        if self.says_what_must_not_be_said(template, &words) {
            self.note("a text was left out: what a lookup brought in holds a phrase of never_say".to_owned());
            self.dropped = true;
            return Ok(());
        }
        self.speak(&words, *language, interruptible, prompt);
        Ok(())
    }

    fn says_what_must_not_be_said(&self, template: &Template, words: &str) -> bool {
        template.fixed().is_none() && self.plan.never_say.iter().any(|phrase| !phrase.is_empty() && words.contains(phrase))
    }

    fn speak(&mut self, words: &str, language: Language, interruptible: bool, prompt: Option<String>) {
        if words.trim().is_empty() {
            return;
        }
        if self.turn_over {
            self.turn.clear();
            self.turn_over = false;
        }
        let said = Said { wording: Wording { text: words.into(), language, speed: self.speed }, interruptible, prompt };
        self.turn.push(said.clone());
        self.play(said);
    }

    fn play(&mut self, said: Said) {
        self.last_play = self.last_play.next();
        self.plays.push_back(Pending { id: self.last_play, interruptible: said.interruptible });
        let Said { wording, interruptible, prompt } = said;
        self.orders.push_back(Order::Play { play: self.last_play, wording, interruptible, prompt });
    }

    /// Counts how often a prompt is said, and returns how often it was before.
    fn turns(&mut self, name: &str) -> usize {
        let count = self.said.entry(name.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn with(&self, extra: &[(&str, Value)]) -> serde_json::Map<String, Value> {
        let mut values = self.values.clone();
        values.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        values
    }
}
