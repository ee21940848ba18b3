//! Takes what a caller says at length, and the score at the end: neither is ever pressed for.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Order;
use super::lines::Line;
use super::walk::{Asked, State, Walk};
use crate::base::Mono;
use crate::dialplan::{StepKind, Steps};

/// So long a pause ends a message.
pub(super) const END_OF_MESSAGE: Duration = Duration::from_millis(2_500);
/// Scores that were not understood before the walk goes on without one.
const MOST_SCORES: u8 = 2;

impl Walk {
    /// Adds to a message what was just said.
    pub(super) fn heard_message(&mut self, words: &str, asked: Asked) {
        let Asked::Message { steps, index, mut text, until } = asked else { return };
        if !text.is_empty() && !words.is_empty() {
            text.push('，');
        }
        text.push_str(words);
        let over = until.is_some_and(|until| self.now >= until);
        self.overran = false;
        self.go_on_waiting(Asked::Message { steps, index, text, until });
        if over {
            self.message_ends();
        }
    }

    /// A message begins to be said: from now on its limit counts.
    pub(super) fn message_begins(&mut self) -> Option<Mono> {
        let State::Asking(Asked::Message { steps, index, until, .. }) = &mut self.state else { return None };
        let StepKind::RecordMessage(message) = &steps[*index].kind else { return None };
        Some(*until.get_or_insert(self.now + message.limit))
    }

    /// Takes the message as it is; returns false where there is none.
    pub(super) fn message_ends(&mut self) -> bool {
        let State::Asking(Asked::Message { steps, index, text, .. }) = &self.state else { return false };
        if text.is_empty() {
            return false;
        }
        let (steps, index, text) = (Arc::clone(steps), *index, text.clone());
        self.turn_begins();
        self.stop_playing();
        self.silences = 0;
        // Words of this message that are still being recognised answer no later question.
        self.words_are_late = std::mem::take(&mut self.overran) || self.speaking;
        if let StepKind::RecordMessage(message) = &steps[index].kind {
            self.values.insert(message.name.clone(), Value::String(text.clone()));
        }
        self.last_message = Some(text.clone());
        self.orders.push_back(Order::Message { text });
        self.state = State::Walking;
        self.walk_on();
        true
    }

    /// Takes the answer to a survey.
    pub(super) fn heard_score(&mut self, value: Option<String>, steps: &Steps, index: usize, wrong: u8) {
        let StepKind::Survey { slot, .. } = &steps[index].kind else { return };
        if let Some(score) = value {
            self.stop_playing();
            self.fill(slot, score.clone());
            self.orders.push_back(Order::Survey { slot: slot.clone(), score });
            return self.walk_on();
        }
        if !self.plays.is_empty() {
            return self.go_on_waiting(Asked::Survey { steps: Arc::clone(steps), index, wrong });
        }
        if wrong + 1 >= MOST_SCORES {
            return self.no_score();
        }
        self.say_line(Line::SlotAgain, &[]);
        self.ask(Asked::Survey { steps: Arc::clone(steps), index, wrong: wrong + 1 });
    }

    /// Goes on without a score.
    pub(super) fn no_score(&mut self) {
        self.note("the survey was not answered".to_owned());
        self.state = State::Walking;
        self.walk_on();
    }
}
