//! The walk of one call: takes facts, gives orders.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{CallerFacts, Order, Summary, WalkInput, Why};
use crate::base::Mono;
use crate::dialplan::Dialplan;
use crate::intent::Matcher;

/// One caller's walk through a dialplan. Never silent for ever: a play, a timer, a lookup, a hand-over or the end is always pending.
#[derive(Debug)]
pub struct Walk {
    plan: Arc<Dialplan>,
    matcher: Arc<Matcher>,
    caller: CallerFacts,
    orders: VecDeque<Order>,
    timer: Option<(Mono, Why)>,
}

impl Walk {
    /// Begins a walk; nothing happens before [`WalkInput::Start`].
    #[must_use]
    pub fn new(plan: Arc<Dialplan>, matcher: Arc<Matcher>, caller: CallerFacts) -> Self {
        Self { plan, matcher, caller, orders: VecDeque::new(), timer: None }
    }

    /// Takes a fact; a late one, for something already left, is no error.
    pub fn handle(&mut self, now: Mono, input: WalkInput) {
        let _ = (now, input, &self.plan, &self.matcher, &self.caller);
    }

    /// Takes the next order; call it until there is none.
    pub fn poll(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// Returns when [`Walk::handle_timeout`] is due, and why.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<(Mono, Why)> {
        self.timer
    }

    /// Does what is due at `now`; nothing when nothing is.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.timer.is_some_and(|(at, _)| at <= now) {
            self.timer = None;
        }
    }

    /// Returns what a seat is to know.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary { language: self.plan.language, ..Summary::default() }
    }
}
