//! A scripted person with a telephone: the caller, or an agent at a seat.

use std::collections::VecDeque;
use std::time::Duration;

use super::Step;
use super::buzz::Buzz;
use super::network::{Line, Network};
use super::recognizer::{ScriptedRecognizer, Speaking};
use crate::audio::Frame8k;
use crate::base::{Key, Mono};

/// Between two keys.
const BETWEEN_KEYS: Duration = Duration::from_millis(200);

/// What a person has just begun to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Did {
    Said(String),
    Pressed(Key),
    WentDeaf,
    HungUp,
}

/// A person, their telephone and the recognizer that listens to them.
pub(super) struct Party {
    pub(super) line: Line,
    pub(super) recognizer: ScriptedRecognizer,
    voice: Buzz,
    steps: VecDeque<Step>,
    speaking_until: Option<Mono>,
    waits_until: Option<Mono>,
    deaf: bool,
    /// What the other side has said since the last step that waited for it.
    heard: Vec<String>,
    begun: Vec<String>,
}

impl Party {
    pub(super) fn new(network: Network, seed: u64, pitch_hz: usize, steps: Vec<Step>) -> Self {
        Self {
            line: Line::new(network, seed),
            recognizer: ScriptedRecognizer::default(),
            voice: Buzz::new(pitch_hz),
            steps: steps.into(),
            speaking_until: None,
            waits_until: None,
            deaf: false,
            heard: Vec::new(),
            begun: Vec::new(),
        }
    }

    /// The other side has said this.
    pub(super) fn hears(&mut self, text: &str) {
        self.heard.push(text.to_owned());
    }

    /// The robot begins to say this.
    pub(super) fn hears_begin(&mut self, text: &str) {
        self.begun.push(text.to_owned());
    }

    pub(super) fn speaks(&self) -> bool {
        self.speaking_until.is_some()
    }

    pub(super) fn steps_left(&self) -> usize {
        self.steps.len()
    }

    /// Takes note of what was said last, when the call is over.
    pub(super) fn listens_out(&mut self, now: Mono) {
        while let Some(Step::Hears(_) | Step::Begins(_)) = self.steps.front() {
            let left = self.steps.len();
            self.step(now);
            if self.steps.len() == left {
                return;
            }
        }
    }

    /// Does what is due, sends 20 ms and plays 20 ms; returns what was begun.
    pub(super) fn tick(&mut self, now: Mono) -> Vec<Did> {
        self.speaking_until.take_if(|until| *until <= now);
        let mut did = Vec::new();
        while let Some(next) = self.step(now) {
            did.push(next);
        }
        let frame = if self.speaking_until.is_some() { self.voice.next() } else { Frame8k::SILENCE };
        self.line.telephone(now, (!self.deaf).then_some(&frame));
        did
    }

    /// Does the next step if its time has come.
    fn step(&mut self, now: Mono) -> Option<Did> {
        loop {
            if self.speaking_until.is_some() || self.waits_until.is_some_and(|until| until > now) {
                return None;
            }
            let did = match self.steps.front()? {
                Step::Hears(text) => {
                    let place = self.heard.iter().position(|heard| heard.contains(text.as_str()))?;
                    self.heard.drain(..=place);
                    None
                }
                Step::Begins(text) => {
                    let place = self.begun.iter().position(|begun| begun.contains(text.as_str()))?;
                    self.begun.drain(..=place);
                    None
                }
                Step::Wait(time) => {
                    let time = *time;
                    if self.waits_until.take().is_none() {
                        self.waits_until = Some(now + time);
                        continue;
                    }
                    None
                }
                Step::Says { text, heard_as, lasting } => {
                    self.speaking_until = Some(now + *lasting);
                    self.recognizer.spoken.push(Speaking { from: now, until: now + *lasting, heard_as: heard_as.clone() });
                    Some(Did::Said(text.clone()))
                }
                Step::Presses(key) => {
                    let key = *key;
                    if self.waits_until.take().is_none() {
                        self.waits_until = Some(now + BETWEEN_KEYS);
                        continue;
                    }
                    self.line.press(key);
                    Some(Did::Pressed(key))
                }
                Step::GoesDeaf => {
                    self.deaf = true;
                    Some(Did::WentDeaf)
                }
                Step::HangsUp => Some(Did::HungUp),
            };
            self.steps.pop_front();
            if did.is_some() {
                return did;
            }
        }
    }
}
