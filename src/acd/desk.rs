//! The desk: who waits, which seats are there, who is offered to whom. Knows no more of a call than its ticket.

use std::collections::VecDeque;
use std::time::Duration;

use super::waiting::Line;
use super::workplaces::Workplaces;
use super::{DeskInput, DeskOrder, DeskSnapshot, OfferEnd, Ticket};
use crate::base::{CallId, Mono, SeatId};

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
    /// A seat's notes are to be done.
    WrapUp,
    /// A seat was left alone long enough.
    Pause,
    /// A caller has waited long enough.
    MaxWait,
    /// A caller is to hear where it stands.
    Announce,
}

/// Gives callers to seats: the highest priority first, then who came first; to the seat of the preferred tier first, then to the one
/// that has been idle longest. A caller for whom no seat with the skills is there is told so at once.
#[derive(Debug, Default)]
pub struct Desk {
    rules: DeskRules,
    seats: Workplaces,
    line: Line,
    orders: VecDeque<DeskOrder>,
}

impl Desk {
    /// Makes a desk without seats and callers.
    #[must_use]
    pub fn new(rules: DeskRules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Takes a fact; a late or repeated one is no error.
    pub fn handle(&mut self, now: Mono, input: DeskInput) {
        match input {
            DeskInput::SeatUp(profile) => self.seats.up(now, profile),
            DeskInput::SeatDown(seat) => {
                if let Some(call) = self.seats.down(&seat) {
                    self.line.stop_ringing(&call);
                    self.orders.push_back(DeskOrder::Withdraw { call, seat });
                }
            }
            DeskInput::Enqueue(ticket) => self.enqueue(now, ticket),
            DeskInput::Leave(call) => self.leave(now, &call),
            DeskInput::Offered { call, seat, end: OfferEnd::Answered } => self.answered(&call, &seat),
            DeskInput::Offered { call, seat, end: OfferEnd::Refused | OfferEnd::Unreachable } => {
                if self.seats.pause_ringing(now + self.rules.pause, &seat, &call) {
                    self.line.stop_ringing(&call);
                }
            }
            DeskInput::Released { call, seat } => self.seats.released(now, &seat, &call),
        }
        self.settle(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.settle(now);
    }

    /// Returns the next order.
    pub fn poll(&mut self) -> Option<DeskOrder> {
        self.orders.pop_front()
    }

    /// Returns when [`Desk::handle_timeout`] is to be called next, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Mono, Why)> {
        [self.seats.due(), self.line.due()].into_iter().flatten().min()
    }

    /// Returns how the desk stands.
    #[must_use]
    pub fn snapshot(&self, now: Mono) -> DeskSnapshot {
        DeskSnapshot { queues: self.line.views(now), seats: self.seats.views() }
    }

    fn enqueue(&mut self, now: Mono, ticket: Ticket) {
        if !self.seats.has_call(&ticket.call) {
            self.line.join(now, ticket);
        }
    }

    fn leave(&mut self, now: Mono, call: &CallId) {
        if let Some(waiter) = self.line.leave(call)
            && let Some(seat) = waiter.ringing
        {
            self.seats.stop_ringing(&seat, call);
            self.orders.push_back(DeskOrder::Withdraw { call: call.clone(), seat });
        }
        self.seats.forget(now, call);
    }

    /// An answer may cross a withdrawal: who talks to whom is then as the seat and the caller have it, not as the desk had meant it.
    /// A call that has its seat takes no second one.
    fn answered(&mut self, call: &CallId, seat: &SeatId) {
        if self.seats.has_call(call) {
            return;
        }
        let Some(other) = self.seats.answered(seat, call) else { return };
        if let Some(other) = other {
            self.line.stop_ringing(&other);
            self.orders.push_back(DeskOrder::Withdraw { call: other, seat: seat.clone() });
        }
        if let Some(waiter) = self.line.leave(call)
            && let Some(also) = waiter.ringing.filter(|also| also != seat)
        {
            self.seats.stop_ringing(&also, call);
            self.orders.push_back(DeskOrder::Withdraw { call: call.clone(), seat: also });
        }
    }

    fn settle(&mut self, now: Mono) {
        for (seat, call) in self.seats.expire(now, self.rules.pause) {
            self.line.stop_ringing(&call);
            self.orders.push_back(DeskOrder::Withdraw { call, seat });
        }
        let answer_by = now + self.rules.answer_within.max(Duration::from_millis(1));
        let mut offers = Vec::new();
        for waiter in self.line.unserved(now) {
            if let Some(seat) = self.seats.ring(&waiter.ticket, answer_by) {
                waiter.ringing = Some(seat.id.clone());
                offers.push(DeskOrder::Offer { call: waiter.ticket.call.clone(), seat: Box::new(seat) });
            }
        }
        let seats = &self.seats;
        for call in self.line.give_up(now, |ticket| !seats.anybody_for(ticket)) {
            self.orders.push_back(DeskOrder::NoSeat { call });
        }
        for (call, place) in self.line.announce(now) {
            self.orders.push_back(DeskOrder::Position { call, place });
        }
        self.orders.extend(offers);
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
