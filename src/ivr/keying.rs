//! Takes keys: entries of digits, menus, yes and no, and what the plan maps keys to at any moment.

use std::sync::Arc;
use std::time::Duration;

use super::answers::Answer;
use super::lines::Line;
use super::reading::most_keys;
use super::walk::{Asked, State, Walk};
use crate::base::Key;
use crate::dialplan::StepKind;

/// The longest pause between two keys of an entry.
const BETWEEN_KEYS: Duration = Duration::from_secs(4);

impl Walk {
    /// Takes a key.
    pub(super) fn pressed(&mut self, key: Key) {
        if key == Key::HASH && self.hash_is_late.take().is_some_and(|until| self.now <= until) {
            return;
        }
        self.hash_is_late = None;
        match &self.state {
            State::LookingUp { .. } => {
                let leaves = self
                    .plan
                    .keys
                    .get(&key)
                    .and_then(|steps| steps.first())
                    .is_some_and(|step| matches!(step.kind, StepKind::Transfer { .. } | StepKind::Hangup));
                if !leaves {
                    return self.keep_key(key);
                }
                let steps = Arc::clone(&self.plan.keys[&key]);
                self.turn_begins();
                self.stop_playing();
                self.walk_anew(&steps);
            }
            State::Asking(asked) => {
                let asked = asked.clone();
                self.silences = 0;
                self.timers.silence = None;
                self.pressed_at(key, asked);
            }
            State::Idle | State::Walking | State::Leaving(_) | State::Transferred(_) | State::Over => {}
        }
    }

    /// Takes the keys pressed while nothing was being asked.
    pub(super) fn type_ahead(&mut self) {
        if self.is_leaving() {
            self.keys_ahead.clear();
        }
        while matches!(self.state, State::Asking(_))
            && let Some(key) = self.keys_ahead.pop_front()
        {
            self.pressed(key);
        }
    }

    /// No more keys came: takes the entry as it is.
    pub(super) fn entry_ended(&mut self) {
        let State::Asking(Asked::Slot { name, wrong, entry, .. }) = &self.state else { return };
        let (name, wrong, entry) = (name.clone(), *wrong, entry.clone());
        if entry.is_empty() {
            return;
        }
        self.turn_begins();
        let value = self.plan.slots.get(&name).and_then(|slot| self.keyed(&slot.kind, &entry));
        match value {
            Some(value) => {
                self.offer(name, value, wrong);
                self.go_on();
            }
            None => self.slot_wrong(&name, wrong, Line::SlotLength, String::new()),
        }
    }

    fn pressed_at(&mut self, key: Key, asked: Asked) {
        let digit = key.label().is_ascii_digit();
        let mapped = self.plan.keys.get(&key).map(Arc::clone);
        match asked {
            Asked::Slot { ref name, .. } if (digit || key == Key::HASH) && self.takes_keys(name) => self.typed(key, asked),
            Asked::Slot { name, wrong, entry, .. } if key == Key::STAR && mapped.is_none() && !entry.is_empty() => {
                self.go_on_waiting(Asked::Slot { name, wrong, entry: String::new(), part: String::new() });
            }
            Asked::Menu { ref steps, index, wrong } => {
                let steps = Arc::clone(steps);
                let chosen = match &steps[index].kind {
                    StepKind::Menu { keys, .. } => keys.get(&key),
                    _ => None,
                };
                self.turn_begins();
                match (chosen, mapped) {
                    (Some(chosen), _) => {
                        self.stop_playing();
                        self.walk_into(chosen);
                    }
                    (None, Some(mapped)) => {
                        self.stop_playing();
                        self.interrupt(&mapped, Some(asked));
                    }
                    (None, None) => {
                        self.stop_playing();
                        self.menu_wrong(steps, index, wrong);
                    }
                }
            }
            Asked::Message { .. } if key == Key::HASH => {
                if !self.message_ends() {
                    self.go_on_waiting(asked);
                }
            }
            Asked::Survey { ref steps, index, wrong } if digit => {
                let plan = Arc::clone(&self.plan);
                let StepKind::Survey { slot, .. } = &steps[index].kind else { return };
                let kind = plan.slots.get(slot).map(|slot| &slot.kind);
                let value = kind.and_then(|kind| self.keyed(kind, &key.label().to_string()));
                self.turn_begins();
                self.stop_playing();
                self.heard_score(value, steps, index, wrong);
            }
            Asked::Anything { .. } if mapped.is_none() && self.is_lane_key(key) => {
                self.turn_begins();
                self.elderly_to_a_person();
            }
            asked => match (mapped, key.label()) {
                (Some(mapped), _) => {
                    self.turn_begins();
                    self.stop_playing();
                    self.interrupt(&mapped, Some(asked));
                }
                (None, '1') => self.answered_by_key(asked, Answer::Yes),
                (None, '2') => self.answered_by_key(asked, Answer::No),
                (None, _) => self.go_on_waiting(asked),
            },
        }
    }

    fn answered_by_key(&mut self, asked: Asked, answer: Answer) {
        if matches!(asked, Asked::SlotConfirm { .. } | Asked::Intent { .. } | Asked::Callback { .. }) {
            self.turn_begins();
            self.stop_playing();
            self.answered(asked, answer);
        }
    }

    fn is_lane_key(&self, key: Key) -> bool {
        self.plan.handover.elderly.as_ref().is_some_and(|lane| lane.key == Some(key))
    }

    fn takes_keys(&self, slot: &str) -> bool {
        self.plan.slots.get(slot).is_some_and(|slot| slot.keypad)
    }

    fn typed(&mut self, key: Key, asked: Asked) {
        let Asked::Slot { name, wrong, mut entry, part } = asked else { return };
        self.stop_playing();
        if key == Key::HASH {
            return self.entry_ended();
        }
        entry.push(key.label());
        let full = self.plan.slots.get(&name).is_none_or(|slot| entry.len() >= most_keys(&slot.kind));
        self.go_on_waiting(Asked::Slot { name, wrong, entry, part });
        self.timers.keys = Some(self.now + BETWEEN_KEYS);
        if full {
            self.hash_is_late = Some(self.now + BETWEEN_KEYS);
            self.entry_ended();
        }
    }
}
