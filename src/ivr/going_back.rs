//! What a caller may say of the conversation itself: again, go back, slower.

use serde_json::{Map, Value};

use super::lines::Line;
use super::walk::{Asked, Context, State, Walk};

/// Questions that can be gone back to.
const MOST_CHECKPOINTS: usize = 20;
/// The slowest that "slower" leads to, in percent.
const SLOWEST: u16 = 60;

/// A question, and where the walk stood when it was put.
#[derive(Debug)]
pub(super) struct Checkpoint {
    asked: Asked,
    contexts: Vec<Context>,
    values: Map<String, Value>,
    slots: Vec<(String, String)>,
}

impl Walk {
    /// Remembers a question that is put for the first time.
    pub(super) fn checkpoint(&mut self, asked: &Asked) {
        let again = matches!(asked, Asked::SlotConfirm { .. } | Asked::Intent { .. } | Asked::Callback { .. });
        if again || self.checkpoints.last().is_some_and(|last| same_question(&last.asked, asked)) {
            return;
        }
        if self.checkpoints.len() >= MOST_CHECKPOINTS {
            self.checkpoints.remove(0);
        }
        self.checkpoints.push(Checkpoint {
            asked: asked.afresh(),
            contexts: self.contexts.clone(),
            values: self.values.clone(),
            slots: self.slots.clone(),
        });
    }

    /// Goes back to the question before, and forgets what was answered since; the question at hand is asked again where there is none.
    pub(super) fn go_back(&mut self) {
        let at_hand = self.checkpoints.pop();
        let Some(Checkpoint { asked, contexts, mut values, slots }) = self.checkpoints.pop().or(at_hand) else { return };
        if let Some(caller) = self.values.remove("caller") {
            values.insert("caller".to_owned(), caller);
        }
        (self.contexts, self.values, self.slots) = (contexts, values, slots);
        self.candidates.clear();
        if matches!(asked, Asked::Anything { ask: None }) {
            self.say_line(Line::GoAhead, &[]);
        }
        self.ask(asked);
    }

    /// Speaks more slowly from now on.
    pub(super) fn slow_down(&mut self) {
        self.speed = (self.speed * 85 / 100).max(SLOWEST.min(self.speed));
    }

    /// Does what the caller said of the conversation, if that is what was said.
    pub(super) fn heard_of_the_conversation(&mut self, text: &str, asked: &Asked) -> bool {
        use super::answers::Wish;
        let Some(wish) = super::answers::wish(text) else { return false };
        self.stop_playing();
        match wish {
            Wish::Again => {
                self.say_again();
                self.wait(asked.clone());
            }
            Wish::Slower => {
                self.slow_down();
                self.say_again();
                self.wait(asked.clone());
            }
            Wish::Back => {
                self.go_back();
                if matches!(self.state, State::Asking(_)) && !self.has_spoken() {
                    self.ask(asked.clone());
                }
            }
        }
        true
    }
}

fn same_question(one: &Asked, other: &Asked) -> bool {
    match (one, other) {
        (Asked::Slot { name, .. }, Asked::Slot { name: other, .. }) => name == other,
        (Asked::Anything { ask: None }, Asked::Anything { ask: None }) => true,
        (Asked::Anything { ask: Some((steps, index)) }, Asked::Anything { ask: Some((others, other)) })
        | (Asked::Menu { steps, index, .. }, Asked::Menu { steps: others, index: other, .. })
        | (Asked::Message { steps, index, .. }, Asked::Message { steps: others, index: other, .. })
        | (Asked::Survey { steps, index, .. }, Asked::Survey { steps: others, index: other, .. }) => {
            std::sync::Arc::ptr_eq(steps, others) && index == other
        }
        _ => false,
    }
}
