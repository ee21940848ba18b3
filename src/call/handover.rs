//! Between robot and person: the wait for a seat, the offer with its packet, the bridge, and what follows when a seat leaves.

use std::sync::Arc;

use super::ending::Closing;
use super::hold::Hold;
use super::player::Origin;
use super::transcript::masked;
use super::{Call, CallOrder, CallState, EndCause, Fact, HandoffPacket, SeatFailure, Speaker};
use crate::acd::{OfferEnd, SeatProfile, Ticket};
use crate::base::{Mono, QueueName, SeatId, UtteranceId};
use crate::ivr::{self, Line, WalkInput};
use crate::speech::{Expected, Hearing, Vocabulary};

/// A wait for a seat.
#[derive(Debug)]
pub(super) struct Waiting {
    queue: QueueName,
    tier: Option<String>,
    reason: String,
    since: Mono,
}

impl Call {
    pub(super) fn transfer(&mut self, now: Mono, queue: &QueueName, tier: Option<String>, reason: String) {
        if self.state != CallState::Robot {
            return;
        }
        let Some(rules) = self.plan.queues.get(queue) else {
            self.fact(now, Fact::Note(format!("no queue {queue}")));
            self.walk.handle(now, WalkInput::NoSeat);
            return;
        };
        let ticket = Ticket {
            call: self.id.clone(),
            queue: queue.clone(),
            skills: rules.skills.clone(),
            tier: tier.clone(),
            priority: 0,
            max_wait: rules.max_wait,
            announce: rules.announce,
            wrap_up: rules.wrap_up,
        };
        self.keys_done(now);
        self.fact(now, Fact::Queued { queue: queue.clone(), tier: tier.clone(), reason: reason.clone() });
        self.orders.push_back(CallOrder::Enqueue(ticket));
        self.waiting = Some(Waiting { queue: queue.clone(), tier, reason, since: now });
        self.hold = Some(Hold::new(self.music.get(queue)));
        self.state = CallState::Queued;
        self.caller_ear.listen(Expected::Conversation, self.open_vocabulary());
    }

    pub(super) fn queue_position(&mut self, now: Mono, place: u32) {
        let waits = matches!(self.state, CallState::Queued | CallState::Ringing(_));
        if waits && !self.player.has_announcement() {
            let wording = ivr::queue_announcement(&self.plan, place, self.walk.summary().language);
            self.say_own(now, wording, Origin::Announcement);
        }
    }

    pub(super) fn offer_seat(&mut self, now: Mono, seat: Box<SeatProfile>) {
        match &self.state {
            CallState::Queued => {}
            CallState::Ringing(ringing) if *ringing == seat.id => return,
            CallState::Ringing(other) => self.orders.push_back(CallOrder::HangUpSeat(other.clone())),
            CallState::Robot => {
                self.orders.push_back(CallOrder::LeaveQueue);
                return;
            }
            // The desk hears of the answer that crossed its offer and takes the offer back.
            CallState::Human(_) | CallState::Over => return,
        }
        self.keys_done(now);
        self.fact(now, Fact::Offered(seat.id.clone()));
        self.state = CallState::Ringing(seat.id.clone());
        let packet = Box::new(self.packet(now));
        self.orders.push_back(CallOrder::RingSeat { seat, packet });
    }

    pub(super) fn withdraw_seat(&mut self, now: Mono, seat: &SeatId) {
        if self.rings(seat) {
            self.fact(now, Fact::Note(format!("seat {seat} did not answer")));
            self.orders.push_back(CallOrder::HangUpSeat(seat.clone()));
            self.state = CallState::Queued;
        }
    }

    pub(super) fn seat_failed(&mut self, now: Mono, seat: &SeatId, failure: SeatFailure) {
        if !self.rings(seat) {
            self.seat_hung_up(now, seat);
            return;
        }
        self.state = CallState::Queued;
        let end = match failure {
            SeatFailure::Refused => OfferEnd::Refused,
            SeatFailure::Unreachable | SeatFailure::Cancelled => OfferEnd::Unreachable,
        };
        self.fact(now, Fact::Note(format!("seat {seat} did not take the call")));
        self.orders.push_back(CallOrder::OfferEnded(seat.clone(), end));
    }

    pub(super) fn seat_answered(&mut self, now: Mono, seat: SeatId) {
        if !self.rings(&seat) {
            if self.state != CallState::Human(seat.clone()) {
                self.orders.push_back(CallOrder::HangUpSeat(seat));
            }
            return;
        }
        self.orders.push_back(CallOrder::OfferEnded(seat.clone(), OfferEnd::Answered));
        self.fact(now, Fact::Bridged(seat.clone()));
        self.state = CallState::Human(seat);
        self.waiting = None;
        self.seat_heard_at = now;
        self.end_hold();
        for ended in self.player.cut(now, |play| play.interruptible || play.origin == Origin::Announcement) {
            self.play_ended(now, ended);
        }
        let vocabulary = self.open_vocabulary();
        self.caller_ear.listen(Expected::Conversation, vocabulary.clone());
        self.seat_ear.forget();
        self.seat_ear.listen(Expected::Conversation, vocabulary);
    }

    pub(super) fn seat_hung_up(&mut self, now: Mono, seat: &SeatId) {
        if self.rings(seat) {
            self.seat_failed(now, seat, SeatFailure::Refused);
            return;
        }
        if self.state != CallState::Human(seat.clone()) {
            return;
        }
        self.seat_gone(now, seat, EndCause::SeatHungUp);
    }

    /// The seat that talked is gone: the robot takes leave of the caller.
    pub(super) fn seat_gone(&mut self, now: Mono, seat: &SeatId, cause: EndCause) {
        self.orders.push_back(CallOrder::ReleaseSeat(seat.clone()));
        self.state = CallState::Robot;
        self.seat_left = true;
        if !self.plan.after_seat.is_empty() && self.closing.is_none() {
            self.walk.handle(now, WalkInput::SeatLeft);
            return;
        }
        self.close(Closing::Said(cause));
        let goodbye = ivr::line(&self.plan, Line::Goodbye, self.walk.summary().language);
        self.say_own(now, goodbye, Origin::Farewell);
    }

    pub(super) fn no_seat(&mut self, now: Mono) {
        match self.state.clone() {
            CallState::Queued => {}
            CallState::Ringing(seat) => self.orders.push_back(CallOrder::HangUpSeat(seat)),
            CallState::Robot | CallState::Human(_) | CallState::Over => return,
        }
        self.state = CallState::Robot;
        self.waiting = None;
        self.end_hold();
        for ended in self.player.cut(now, |play| play.origin == Origin::Announcement) {
            self.play_ended(now, ended);
        }
        self.walk.handle(now, WalkInput::NoSeat);
    }

    pub(super) fn seat_heard(&mut self, now: Mono, utterance: UtteranceId, hearing: Hearing) {
        match hearing {
            Hearing::Partial(hypothesis) => {
                if self.seat_ear.partial(utterance, &hypothesis).is_some() {
                    self.hearing(now, Speaker::Seat, &hypothesis);
                }
            }
            Hearing::Final(hypotheses) => {
                if let Some(utterance) = self.seat_ear.last_word(utterance)
                    && let Some(best) = hypotheses.first().filter(|best| !best.text.is_empty())
                {
                    self.said(now, utterance.began, Speaker::Seat, &best.text, best.confidence, false);
                }
            }
            Hearing::Failed(why) => {
                if self.seat_ear.last_word(utterance).is_some() {
                    self.fact(now, Fact::Note(why));
                }
            }
        }
    }

    fn rings(&self, seat: &SeatId) -> bool {
        matches!(&self.state, CallState::Ringing(ringing) if ringing == seat)
    }

    fn end_hold(&mut self) {
        if let Some(hold) = &mut self.hold {
            hold.end();
        }
    }

    fn open_vocabulary(&self) -> Arc<Vocabulary> {
        Arc::new(Vocabulary::new(self.walk.summary().language, Vec::new()))
    }

    fn packet(&self, now: Mono) -> HandoffPacket {
        let summary = self.walk.summary();
        let waiting = self.waiting.as_ref();
        HandoffPacket {
            call: self.id.to_string(),
            hotline: self.plan.name.clone(),
            reason: waiting.map(|waiting| waiting.reason.clone()).unwrap_or_default(),
            queue: waiting.map(|waiting| waiting.queue.to_string()).unwrap_or_default(),
            tier: waiting.and_then(|waiting| waiting.tier.clone()),
            intent: summary.intent,
            slots: summary.slots.into_iter().map(|(name, value)| (name, masked(&value).into())).collect(),
            mood: summary.mood.as_str().to_owned(),
            caller: self.caller_masked.clone(),
            waited_s: waiting.map_or(0, |waiting| u32::try_from(now.since(waiting.since).as_secs()).unwrap_or(u32::MAX)),
            transcript: self.transcript.turns().to_vec(),
        }
    }
}
