//! The desk: who waits, which seats are there, who is offered to whom.

use std::collections::VecDeque;
use std::time::Duration;

use super::{DeskInput, DeskOrder, DeskSnapshot};
use crate::base::Mono;

/// How long the desk waits for seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskRules {
    /// How long a seat may ring.
    pub answer_within: Duration,
    /// How long a seat that did not take a call is left alone.
    pub pause: Duration,
}

impl Default for DeskRules {
    fn default() -> Self {
        Self { answer_within: Duration::from_secs(20), pause: Duration::from_secs(30) }
    }
}

/// Why the desk wants to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A seat does not answer.
    NoAnswer,
    /// A caller has waited long enough.
    MaxWait,
    /// A caller is to hear where it stands.
    Announce,
    /// A seat's notes are to be done.
    WrapUp,
    /// A seat was left alone long enough.
    Pause,
}

/// Gives callers to seats.
#[derive(Debug, Default)]
pub struct Desk {
    rules: DeskRules,
    orders: VecDeque<DeskOrder>,
}

impl Desk {
    /// Makes a desk without seats and callers.
    #[must_use]
    pub fn new(rules: DeskRules) -> Self {
        Self { rules, orders: VecDeque::new() }
    }

    /// Takes a fact.
    pub fn handle(&mut self, now: Mono, input: DeskInput) {
        let _ = (now, input, self.rules);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Mono) {
        let _ = now;
    }

    /// Returns the next order.
    pub fn poll(&mut self) -> Option<DeskOrder> {
        self.orders.pop_front()
    }

    /// Returns when [`Desk::handle_timeout`] is to be called next, and why.
    pub fn poll_timeout(&self) -> Option<(Mono, Why)> {
        None
    }

    /// Returns how the desk stands.
    #[must_use]
    pub fn snapshot(&self, now: Mono) -> DeskSnapshot {
        let _ = now;
        DeskSnapshot::default()
    }
}
