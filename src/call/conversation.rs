//! One call as a state machine: facts in, orders out, one tick every 20 ms.
//! What the robot does is in `turns`, what queue and seat do in `handover`, how it ends in `ending`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::ear::{Ear, For, News};
use super::ending::Closing;
use super::handover::Waiting;
use super::hold::{Hold, Under};
use super::player::Player;
use super::transcript::Transcript;
use super::turns::Asked;
use super::{CallInput, CallLimits, CallOrder, CallSetup, CallState, Fact, Heard, Leg, Legs, MediaLeg, Stamped, TickAudio};
use crate::audio::{Frame8k, mix};
use crate::base::{CallId, Mono, PlayId, QueueName};
use crate::dialplan::Dialplan;
use crate::ivr::{CallerFacts, Walk, WalkInput};
use crate::speech::{Recognizer, Speech, Wording};
use crate::spoken;

/// One call. Feed it facts with [`Call::handle`], take its orders with [`Call::poll`] after every `handle`, `handle_timeout` and `tick`,
/// and give it a [`Call::tick`] every 20 ms from [`CallInput::CallerAnswered`] on.
pub struct Call {
    pub(super) id: CallId,
    pub(super) plan: Arc<Dialplan>,
    pub(super) music: Arc<BTreeMap<QueueName, Speech>>,
    pub(super) caller_masked: String,
    pub(super) limits: CallLimits,
    pub(super) began: Mono,
    pub(super) answered: Option<Mono>,
    pub(super) state: CallState,
    pub(super) walk: Walk,
    pub(super) player: Player,
    pub(super) next_own_play: PlayId,
    pub(super) caller_ear: Ear,
    pub(super) seat_ear: Ear,
    pub(super) asked: Vec<Asked>,
    pub(super) waiting: Option<Waiting>,
    pub(super) keys: String,
    pub(super) keys_at: Mono,
    pub(super) hold: Option<Hold>,
    pub(super) transcript: Transcript,
    pub(super) recorded: bool,
    /// A seat had the caller and hung up.
    pub(super) seat_left: bool,
    pub(super) caller_heard_at: Mono,
    pub(super) seat_heard_at: Mono,
    pub(super) drain_at: Option<Mono>,
    pub(super) drain_asked: bool,
    pub(super) closing: Option<Closing>,
    pub(super) orders: VecDeque<CallOrder>,
}

/// Plays of the call itself are counted from here, those of the walk from 0.
const FIRST_OWN_PLAY: PlayId = PlayId(1 << 31);

impl Call {
    /// Makes a call whose caller is being answered ([`CallInput::CallerAnswered`] says when); the fact that it began is there at once.
    #[must_use]
    pub fn new(setup: CallSetup) -> Self {
        let CallSetup { id, plan, matcher, caller_number, caller_record, music, called, began, now, limits } = setup;
        let caller_masked = spoken::mask_number(caller_number.reveal());
        let number = Some(caller_number).filter(|number| !number.reveal().is_empty());
        let caller = CallerFacts { number_masked: caller_masked.clone(), number, record: caller_record, began };
        let fact = Fact::Began {
            at: began,
            caller_masked: caller_masked.clone(),
            called,
            dialplan: plan.name.clone(),
            dialplan_hash: plan.hash.clone(),
        };
        Self {
            id,
            walk: Walk::new(plan.clone(), matcher, caller),
            plan,
            music,
            caller_masked,
            limits,
            began: now,
            answered: None,
            state: CallState::Robot,
            player: Player::new(limits.speak_within),
            next_own_play: FIRST_OWN_PLAY,
            caller_ear: Ear::new(limits.hear_within),
            seat_ear: Ear::new(limits.hear_within),
            asked: Vec::new(),
            waiting: None,
            keys: String::new(),
            keys_at: now,
            hold: None,
            transcript: Transcript::default(),
            recorded: false,
            seat_left: false,
            caller_heard_at: now,
            seat_heard_at: now,
            drain_at: None,
            drain_asked: false,
            closing: None,
            orders: VecDeque::from([CallOrder::Fact(Stamped { at: Duration::ZERO, fact })]),
        }
    }

    /// Takes a fact; a late or repeated one is no error.
    pub fn handle(&mut self, now: Mono, input: CallInput) {
        if self.state == CallState::Over {
            return;
        }
        match input {
            CallInput::CallerAnswered => self.caller_answered(now),
            CallInput::CallerHungUp => self.caller_hung_up(now),
            CallInput::CallerLost(why) => self.lost(now, why),
            CallInput::Spoken { play, speech } => {
                if let Err(failure) = &speech {
                    self.fact(now, Fact::Note(failure.to_string()));
                }
                self.player.spoken(play, speech);
            }
            CallInput::SpokenSoFar { play, speech } => self.player.spoken_so_far(play, speech),
            CallInput::Hearing { leg: Leg::Caller, utterance, hearing } => self.caller_heard(now, utterance, hearing),
            CallInput::Hearing { leg: Leg::Seat, utterance, hearing } => self.seat_heard(now, utterance, hearing),
            CallInput::LookedUp { lookup, outcome } => self.looked_up(now, lookup, outcome),
            CallInput::CallerKnown(record) => self.walk.handle(now, WalkInput::Caller(record)),
            CallInput::CallerSounds(mood) => self.walk.handle(now, WalkInput::Mood(mood)),
            CallInput::QueuePosition(place) => self.queue_position(now, place),
            CallInput::OfferSeat(seat) => self.offer_seat(now, seat),
            CallInput::WithdrawSeat(seat) => self.withdraw_seat(now, &seat),
            CallInput::NoSeat => self.no_seat(now),
            CallInput::SeatRinging(_) => {}
            CallInput::SeatAnswered(seat) => self.seat_answered(now, seat),
            CallInput::SeatFailed(seat, failure) => self.seat_failed(now, &seat, failure),
            CallInput::SeatHungUp(seat) => self.seat_hung_up(now, &seat),
            CallInput::Drain => self.drain(now),
        }
        self.settle(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.state == CallState::Over {
            return;
        }
        self.guards(now);
        if self.state == CallState::Over {
            return;
        }
        self.words_that_never_came(now);
        if self.walk.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.walk.handle_timeout(now);
        }
        self.settle(now);
    }

    /// Returns the next order.
    pub fn poll(&mut self) -> Option<CallOrder> {
        self.orders.pop_front()
    }

    /// Returns when [`Call::handle_timeout`] is to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Mono> {
        if self.state == CallState::Over {
            return None;
        }
        let walk = self.walk.poll_timeout().map(|(at, _)| at);
        [walk, self.player.due(), self.caller_ear.due(), self.seat_ear.due(), self.guards_due()].into_iter().flatten().min()
    }

    /// Hears and says 20 ms. Does not allocate while nothing happens.
    pub fn tick(&mut self, now: Mono, legs: &mut Legs<'_>) -> TickAudio {
        let mut audio = TickAudio::default();
        if self.state == CallState::Over || self.answered.is_none() {
            return audio;
        }
        self.hear_caller(now, &mut audio.caller, legs);
        let bridged = matches!(self.state, CallState::Human(_));
        if let Some((media, recognizer)) = &mut legs.seat
            && bridged
        {
            self.hear_seat(now, &mut audio.far, &mut **media, &mut **recognizer);
            media.say(now, &audio.caller);
        }
        if let Some(hold) = &mut self.hold {
            let under = if self.player.is_idle() { Under::Nothing } else { Under::Voice };
            let mut music = Frame8k::SILENCE;
            hold.fill(&mut music, under);
            mix(&mut audio.far, &music);
            if hold.is_over() {
                self.hold = None;
            }
        }
        if let Some(ended) = self.player.fill(now, &mut audio.far) {
            self.caller_ear.forget_interruption();
            self.play_ended(now, ended);
        }
        legs.caller.say(now, &audio.far);
        self.settle(now);
        audio
    }

    /// Returns where the call stands.
    #[must_use]
    pub fn state(&self) -> &CallState {
        &self.state
    }

    /// Returns what the robot is saying now.
    #[must_use]
    pub fn saying(&self) -> Option<(PlayId, &Wording)> {
        self.player.saying()
    }

    /// Returns the call's id.
    #[must_use]
    pub fn id(&self) -> &CallId {
        &self.id
    }

    fn hear_caller(&mut self, now: Mono, frame: &mut Frame8k, legs: &mut Legs<'_>) {
        if matches!(legs.caller.hear(now, frame), Heard::Decoded | Heard::Quiet) {
            self.caller_heard_at = now;
        }
        while let Some(key) = legs.caller.key() {
            self.key(now, key);
        }
        let voicing = self.caller_ear.voicing(frame);
        if self.player.is_interruptible() && self.robot_listens() && self.caller_ear.interrupts(voicing) {
            self.interrupt(now);
        }
        let whose = if self.robot_listens() { For::Robot } else { For::Transcript };
        match self.caller_ear.frame(now, frame, voicing, whose, legs.caller_ear) {
            News::SpeechBegan(For::Robot) => self.walk.handle(now, WalkInput::SpeechBegan),
            News::SpeechLost(For::Robot) => self.walk.handle(now, WalkInput::Heard(Vec::new())),
            News::Nothing | News::SpeechBegan(For::Transcript) | News::SpeechLost(For::Transcript) => {}
        }
    }

    fn hear_seat(&mut self, now: Mono, frame: &mut Frame8k, media: &mut dyn MediaLeg, recognizer: &mut dyn Recognizer) {
        if matches!(media.hear(now, frame), Heard::Decoded | Heard::Quiet) {
            self.seat_heard_at = now;
        }
        while media.key().is_some() {}
        let voicing = self.seat_ear.voicing(frame);
        self.seat_ear.frame(now, frame, voicing, For::Transcript, recognizer);
    }

    /// Carries everything out that follows from what has just happened.
    fn settle(&mut self, now: Mono) {
        while self.state != CallState::Over {
            self.follow_walk(now);
            match self.player.give_up(now) {
                Some(ended) => self.play_ended(now, ended),
                None => break,
            }
        }
        self.close_when_said(now);
    }

    pub(super) fn fact(&mut self, now: Mono, fact: Fact) {
        self.orders.push_back(CallOrder::Fact(Stamped { at: now.since(self.began), fact }));
    }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
