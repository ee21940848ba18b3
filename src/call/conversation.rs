//! One call as a state machine: facts in, orders out, one tick every 20 ms.

use std::collections::VecDeque;

use super::{CallInput, CallOrder, CallSetup, CallState, Legs, TickAudio};
use crate::base::Mono;

/// One call. Feed it facts with [`Call::handle`], take its orders with [`Call::poll`] after every `handle`, `handle_timeout` and `tick`,
/// and give it a [`Call::tick`] every 20 ms from [`CallInput::CallerAnswered`] on.
pub struct Call {
    setup: CallSetup,
    orders: VecDeque<CallOrder>,
    state: CallState,
}

impl Call {
    /// Makes a call; its first orders (the fact that it began, the answer) are there at once.
    #[must_use]
    pub fn new(setup: CallSetup) -> Self {
        Self { setup, orders: VecDeque::new(), state: CallState::Robot }
    }

    /// Takes a fact; a late or repeated one is no error.
    pub fn handle(&mut self, now: Mono, input: CallInput) {
        let _ = (now, input, &self.setup);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Mono) {
        let _ = now;
    }

    /// Returns the next order.
    pub fn poll(&mut self) -> Option<CallOrder> {
        self.orders.pop_front()
    }

    /// Returns when [`Call::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        None
    }

    /// Hears and says 20 ms. Does not allocate while nothing happens.
    pub fn tick(&mut self, now: Mono, legs: &mut Legs<'_>) -> TickAudio {
        let mut audio = TickAudio::default();
        legs.caller.hear(now, &mut audio.caller);
        legs.caller.say(now, &audio.far);
        audio
    }

    /// Returns where the call stands.
    #[must_use]
    pub fn state(&self) -> &CallState {
        &self.state
    }
}
