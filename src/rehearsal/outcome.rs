//! What a rehearsed call left behind.

use std::time::Duration;

use crate::acd::DeskSnapshot;
use crate::base::SeatId;
use crate::call::{EndCause, Fact, HandoffPacket, Speaker, Stamped};

/// What a rehearsed call left behind.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// One line an event, with the time since the INVITE in seconds.
    pub log: Vec<String>,
    /// The facts of the record.
    pub facts: Vec<Stamped>,
    /// The packets that seats got, in order.
    pub packets: Vec<HandoffPacket>,
    /// How the call ended; `None` if it did not.
    pub ended: Option<EndCause>,
    /// How often a recording was begun.
    pub recordings: u32,
    /// What the caller's script had left when the call was over.
    pub steps_left: usize,
    /// The desk at the end.
    pub desk: DeskSnapshot,
    /// The seats whose phones still ring or talk.
    pub phones_busy: Vec<SeatId>,
    /// The longest time in which the robot had the caller, said nothing, and the caller neither spoke nor pressed a key.
    pub longest_silence: Duration,
    /// What must never happen, and did.
    pub violations: Vec<String>,
}

impl Outcome {
    /// Returns what somebody said, in order, as it stands in the record.
    pub fn said(&self, speaker: Speaker) -> impl Iterator<Item = &str> {
        self.facts.iter().filter_map(move |stamped| match &stamped.fact {
            Fact::Said { who, text, .. } if *who == speaker => Some(text.as_str()),
            _ => None,
        })
    }

    /// Returns when the robot or seat first said something that contains this, and was heard to its end or cut.
    #[must_use]
    pub fn said_at(&self, text: &str) -> Option<Duration> {
        self.when(|fact| matches!(fact, Fact::Said { text: said, .. } if said.contains(text)))
    }

    /// Returns when a fact became true.
    pub fn when(&self, holds: impl Fn(&Fact) -> bool) -> Option<Duration> {
        self.facts.iter().find(|stamped| holds(&stamped.fact)).map(|stamped| stamped.at)
    }

    /// Counts facts.
    pub fn count(&self, holds: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|stamped| holds(&stamped.fact)).count()
    }

    /// Returns true when the call is over and nothing of it remains: nobody waits, no seat rings or talks.
    #[must_use]
    pub fn left_nothing_behind(&self) -> bool {
        self.ended.is_some() && self.phones_busy.is_empty() && self.violations.is_empty()
    }
}
