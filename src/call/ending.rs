//! How a call ends, by whomever, and what watches that it does. Whatever the state, nothing is left behind.

use std::time::Duration;

use super::player::Origin;
use super::{Call, CallOrder, CallState, EndCause, Fact};
use crate::base::Mono;
use crate::ivr::{self, Line};

/// A call that ends as soon as the robot has said what it still has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// With this cause.
    Said(EndCause),
}

impl Call {
    pub(super) fn caller_hung_up(&mut self, now: Mono) {
        let cause = match (&self.state, self.answered, self.closing) {
            (CallState::Queued | CallState::Ringing(_), ..) | (_, None, _) => EndCause::Abandoned,
            (CallState::Robot, _, Some(Closing::Said(cause))) => cause,
            (CallState::Robot | CallState::Human(_) | CallState::Over, ..) => EndCause::CallerHungUp,
        };
        self.end(now, cause);
    }

    pub(super) fn lost(&mut self, now: Mono, why: String) {
        self.fact(now, Fact::Note(why));
        self.orders.push_back(CallOrder::HangUpCaller);
        self.end(now, EndCause::Failed);
    }

    pub(super) fn drain(&mut self, now: Mono) {
        if self.drain_asked {
            self.orders.push_back(CallOrder::HangUpCaller);
            self.end(now, EndCause::Drained);
            return;
        }
        self.drain_asked = true;
        self.drain_at = Some(now + self.limits.drain_within);
    }

    pub(super) fn close(&mut self, closing: Closing) {
        self.closing.get_or_insert(closing);
    }

    /// Ends a closing call once the robot has said everything.
    pub(super) fn close_when_said(&mut self, now: Mono) {
        if let Some(Closing::Said(cause)) = self.closing
            && self.player.is_idle()
            && self.state != CallState::Over
        {
            self.orders.push_back(CallOrder::HangUpCaller);
            self.end(now, cause);
        }
    }

    /// Returns when a guard is due.
    pub(super) fn guards_due(&self) -> Option<Mono> {
        let keys = (!self.keys.is_empty()).then(|| self.keys_at + KEYS_TOGETHER);
        let longest = Some(self.began + self.limits.longest);
        let deaf = self.answered.map(|_| self.caller_heard_at + self.limits.deaf);
        let seat_deaf = matches!(self.state, CallState::Human(_)).then(|| self.seat_heard_at + self.limits.deaf);
        [keys, longest, deaf, seat_deaf, self.drain_at].into_iter().flatten().min()
    }

    pub(super) fn guards(&mut self, now: Mono) {
        if now >= self.keys_at + KEYS_TOGETHER {
            self.keys_done(now);
        }
        if self.answered.is_some() && now >= self.caller_heard_at + self.limits.deaf {
            self.fact(now, Fact::Note(format!("no sound from the caller for {} s", self.limits.deaf.as_secs())));
            self.orders.push_back(CallOrder::HangUpCaller);
            self.end(now, EndCause::CallerLost);
            return;
        }
        if now >= self.began + self.limits.longest {
            self.lost(now, format!("longer than {} s", self.limits.longest.as_secs()));
            return;
        }
        if self.drain_at.take_if(|at| *at <= now).is_some() {
            self.end_drained(now);
            return;
        }
        if let CallState::Human(seat) = self.state.clone()
            && now >= self.seat_heard_at + self.limits.deaf
        {
            self.fact(now, Fact::Note(format!("no sound from seat {seat} for {} s", self.limits.deaf.as_secs())));
            self.orders.push_back(CallOrder::HangUpSeat(seat.clone()));
            self.seat_gone(now, &seat, EndCause::SeatLost);
        }
    }

    /// Writes down the keys pressed together; one by one they could not be masked.
    pub(super) fn keys_done(&mut self, now: Mono) {
        if self.keys.is_empty() {
            return;
        }
        let keys = std::mem::take(&mut self.keys);
        let text = self.caller_gave(now, &keys, self.keys_at);
        self.fact(now, Fact::Keys(text));
    }

    fn end_drained(&mut self, now: Mono) {
        if self.state == CallState::Robot && self.answered.is_some() && self.closing.is_none() {
            self.player.cut(now, |play| play.interruptible).into_iter().for_each(|ended| self.play_ended(now, ended));
            self.close(Closing::Said(EndCause::Drained));
            let goodbye = ivr::line(&self.plan, Line::Goodbye, self.walk.summary().language);
            self.say_own(now, goodbye, Origin::Farewell);
        } else if self.closing.is_none() {
            self.orders.push_back(CallOrder::HangUpCaller);
            self.end(now, EndCause::Drained);
        }
    }

    fn end(&mut self, now: Mono, cause: EndCause) {
        if self.state == CallState::Over {
            return;
        }
        self.keys_done(now);
        let state = std::mem::replace(&mut self.state, CallState::Over);
        match state {
            CallState::Robot | CallState::Over => {}
            CallState::Queued => self.orders.push_back(CallOrder::LeaveQueue),
            CallState::Ringing(seat) => self.orders.extend([CallOrder::HangUpSeat(seat), CallOrder::LeaveQueue]),
            CallState::Human(seat) => self.orders.extend([CallOrder::HangUpSeat(seat.clone()), CallOrder::ReleaseSeat(seat)]),
        }
        for ended in self.player.cut(now, |_| true) {
            self.play_ended(now, ended);
        }
        self.fact(now, Fact::Ended(cause));
        let talked = self.answered.map_or(Duration::ZERO, |answered| now.since(answered));
        self.orders.push_back(CallOrder::Over { cause, talked });
    }
}

/// Keys pressed with less time between them belong together.
pub(super) const KEYS_TOGETHER: Duration = Duration::from_secs(3);
