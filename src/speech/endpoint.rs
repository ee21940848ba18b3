//! Where an utterance begins and where it ends. Knows voicing and what is expected, not sound.

use std::time::Duration;

use super::{Expected, Voicing};
use crate::base::{Mono, TICK};

/// What the endpointer found in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Somebody speaks: feed the recognizer the [`super::PreRoll`], then every frame.
    Began,
    /// The utterance is over: ask for its final hypotheses.
    Ended {
        /// The end of the last voiced frame.
        voice_ended: Mono,
    },
    /// It was too short for a word (a cough, a click): drop the utterance.
    Dismissed,
}

/// Cuts a stream of 20 ms voicings into utterances; its patience follows what is expected.
#[derive(Clone, Debug, Default)]
pub struct Endpointer {
    expected: Expected,
    settled: bool,
    recent: u8,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    began: Mono,
    voice_ended: Mono,
    voiced: Duration,
}

/// Voiced frames among the last eight that begin an utterance: 80 ms within 160 ms.
const BEGIN_FRAMES: u32 = 4;
/// Less voice than this is no word.
const LEAST_VOICE: Duration = Duration::from_millis(120);
/// The longest utterance; a decoder's memory grows with its length.
const LONGEST: Duration = Duration::from_secs(20);
/// Patience once nothing more can follow.
const SETTLED: Duration = Duration::from_millis(240);

impl Endpointer {
    /// Makes an endpointer that expects anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what is expected from now on; an utterance still open goes on under the new patience.
    pub fn expect(&mut self, expected: Expected) {
        self.expected = expected;
        self.settled = false;
    }

    /// Tells whether the words so far already have their greatest length, so that a short pause ends the utterance.
    pub fn settled(&mut self) {
        self.settled = self.open.is_some();
    }

    /// Takes back [`Self::settled`]: the newest partial hypothesis is shorter again.
    pub fn unsettled(&mut self) {
        self.settled = false;
    }

    /// Returns true while an utterance is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Forgets the open utterance, if any.
    pub fn reset(&mut self) {
        self.open = None;
        self.settled = false;
        self.recent = 0;
    }

    /// Takes the voicing of the 20 ms that end at `now`.
    pub fn frame(&mut self, now: Mono, voicing: Voicing) -> Option<Endpoint> {
        self.recent = (self.recent << 1) | u8::from(voicing.voiced);
        let Some(open) = &mut self.open else {
            if !voicing.voiced || self.recent.count_ones() < BEGIN_FRAMES {
                return None;
            }
            let voiced = TICK * self.recent.count_ones();
            self.open = Some(Open { began: now, voice_ended: now, voiced });
            self.settled = false;
            return Some(Endpoint::Began);
        };
        if voicing.voiced {
            open.voiced += TICK;
            open.voice_ended = now;
        }
        let over = now.since(open.voice_ended) >= patience(self.expected, self.settled) || now.since(open.began) >= LONGEST;
        if !over {
            return None;
        }
        let Open { voice_ended, voiced, .. } = *open;
        self.reset();
        Some(if voiced < LEAST_VOICE { Endpoint::Dismissed } else { Endpoint::Ended { voice_ended } })
    }
}

/// How long a pause may be.
fn patience(expected: Expected, settled: bool) -> Duration {
    if settled {
        return SETTLED;
    }
    Duration::from_millis(match expected {
        Expected::Anything => 360,
        Expected::YesNo | Expected::Choice => 300,
        Expected::Digits { .. } => 900,
        Expected::Conversation => 700,
    })
}
