//! Runs one call in virtual time: what is due next is done next, and every order is carried out at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::buzz::Buzz;
use super::party::{Did, Party};
use super::phones::{Phones, Ringing, Will};
use super::{Outcome, Script, sources};
use crate::acd::{Desk, DeskInput, DeskOrder, DeskRules, SeatState};
use crate::audio::Frame8k;
use crate::base::{CallId, Mono, PlayId, Rng, SeatId, TICK};
use crate::call::{Call, CallInput, CallOrder, CallSetup, CallState, Fact, Leg, Legs, SeatFailure, Speaker};
use crate::dialplan::Dialplan;
use crate::intent::Matcher;
use crate::ivr::LookupOutcome;
use crate::speech::{SpeakError, Speech, Wording};

/// The caller's voice; the seats' are lower.
const CALLER_PITCH_HZ: usize = 125;
const ROBOT_PITCH_HZ: usize = 200;
/// From the INVITE to a seat to its ringing.
const RINGS_AFTER: Duration = Duration::from_millis(100);
/// From the INVITE to a seat that cannot be reached to its failure.
const FAILS_AFTER: Duration = Duration::from_millis(500);

/// Runs a call to its end.
#[must_use]
pub fn rehearse(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, script: &Script) -> Outcome {
    let mut stage = Stage::new(plan, matcher, script);
    stage.run();
    stage.finish()
}

enum Event {
    Call(CallInput),
    SeatAnswers(Ringing),
    SeatRefuses(Ringing),
}

struct Stage<'a> {
    script: &'a Script,
    now: Mono,
    next_tick: Mono,
    call: Call,
    desk: Desk,
    caller: Party,
    phones: Phones,
    robot: Buzz,
    events: BTreeMap<(Mono, u64), Event>,
    events_made: u64,
    saying: Option<PlayId>,
    silence: Duration,
    hangs_up_at: Option<Mono>,
    outcome: Outcome,
}

impl<'a> Stage<'a> {
    fn new(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, script: &'a Script) -> Self {
        let mut rng = Rng::seeded(script.seed);
        let call = Call::new(CallSetup {
            id: CallId::new(script.at, &mut rng),
            plan: plan.clone(),
            matcher: matcher.clone(),
            caller_number: script.from.clone().into(),
            caller_record: serde_json::Map::new(),
            music: std::sync::Arc::default(),
            called: script.to.clone(),
            began: script.at,
            now: Mono::ZERO,
            limits: script.limits,
        });
        let mut desk = Desk::new(DeskRules::default());
        for seat in &script.seats {
            desk.handle(Mono::ZERO, DeskInput::SeatUp(seat.profile.clone()));
        }
        for input in &script.desk_before {
            desk.handle(Mono::ZERO, input.clone());
        }
        Self {
            script,
            now: Mono::ZERO,
            next_tick: Mono::ZERO + TICK,
            call,
            desk,
            caller: Party::new(script.network, rng.next_u64(), CALLER_PITCH_HZ, script.caller.clone()),
            phones: Phones::new(&script.seats, rng.next_u64()),
            robot: Buzz::new(ROBOT_PITCH_HZ),
            events: BTreeMap::new(),
            events_made: 0,
            saying: None,
            silence: Duration::ZERO,
            hangs_up_at: script.hang_up_at.map(|after| Mono::ZERO + after),
            outcome: Outcome::default(),
        }
    }

    fn run(&mut self) {
        self.carry_out();
        self.after(Duration::ZERO, Event::Call(CallInput::CallerAnswered));
        while let Some(at) = self.next() {
            if at > Mono::ZERO + self.script.longest {
                self.violation("the call does not end");
                return;
            }
            self.now = self.now.max(at);
            if self.hangs_up_at.take_if(|due| *due <= at).is_some() {
                self.log("caller", "hangs up");
                self.call.handle(self.now, CallInput::CallerHungUp);
            } else if let Some(event) = self.due_event() {
                self.happen(event);
            } else if self.call.poll_timeout().is_some_and(|due| due <= at) {
                self.call.handle_timeout(self.now);
                self.carry_out();
                if self.call.poll_timeout().is_some_and(|due| due <= self.now) {
                    self.violation("a timer of the call is due again at once");
                    return;
                }
            } else if self.desk.poll_timeout().is_some_and(|(due, _)| due <= at) {
                self.desk.handle_timeout(self.now);
            } else {
                self.tick();
                self.next_tick += TICK;
            }
            self.carry_out();
        }
    }

    /// What comes next; once the call is over only what was already on its way to it.
    fn next(&self) -> Option<Mono> {
        let event = self.events.first_key_value().map(|((at, _), _)| *at);
        if self.outcome.ended.is_some() {
            return event;
        }
        let desk = self.desk.poll_timeout().map(|(at, _)| at);
        [event, Some(self.next_tick), self.call.poll_timeout(), desk, self.hangs_up_at].into_iter().flatten().min()
    }

    fn due_event(&mut self) -> Option<Event> {
        let first = self.events.first_entry()?;
        (first.key().0 <= self.now).then(|| first.remove())
    }

    fn after(&mut self, time: Duration, event: Event) {
        self.events_made += 1;
        self.events.insert((self.now + time, self.events_made), event);
    }

    fn happen(&mut self, event: Event) {
        let input = match event {
            Event::Call(input) => input,
            Event::SeatAnswers(ringing) => {
                if !self.phones.answer(&ringing) {
                    return;
                }
                self.log(ringing.seat.as_str(), "answers");
                CallInput::SeatAnswered(ringing.seat)
            }
            Event::SeatRefuses(ringing) => {
                if !self.phones.refuse(&ringing) {
                    return;
                }
                self.log(ringing.seat.as_str(), "refuses");
                CallInput::SeatFailed(ringing.seat, SeatFailure::Refused)
            }
        };
        self.call.handle(self.now, input);
    }

    fn tick(&mut self) {
        self.caller.recognizer.now = self.now;
        for did in self.caller.tick(self.now) {
            self.did("caller", &did);
            match did {
                Did::HungUp => {
                    self.call.handle(self.now, CallInput::CallerHungUp);
                    return;
                }
                // Whoever presses keys is not left in silence.
                Did::Pressed(_) => self.silence = Duration::ZERO,
                Did::Said(_) | Did::WentDeaf => {}
            }
        }
        let talks = if let CallState::Human(seat) = self.call.state() { Some(seat.clone()) } else { None };
        if let Some(seat) = &talks
            && self.seat_tick(seat)
        {
            return;
        }
        let Self { call, caller, phones, .. } = self;
        let mut party = talks.as_ref().and_then(|seat| phones.party(seat));
        let mut legs = Legs {
            caller: &mut caller.line,
            caller_ear: &mut caller.recognizer,
            seat: party.as_mut().map(|party| (&mut party.line as _, &mut party.recognizer as _)),
        };
        let audio = call.tick(self.now, &mut legs);
        let seat_heard = party.map(|party| std::mem::take(&mut party.recognizer.heard)).unwrap_or_default();
        let caller_heard = std::mem::take(&mut self.caller.recognizer.heard);
        for (leg, heard) in [(Leg::Caller, caller_heard), (Leg::Seat, seat_heard)] {
            for (at, utterance, hearing) in heard {
                self.after(at.since(self.now), Event::Call(CallInput::Hearing { leg, utterance, hearing }));
            }
        }
        self.watch(&audio.far);
    }

    /// Returns true when the seat hung up.
    fn seat_tick(&mut self, seat: &SeatId) -> bool {
        let Some(party) = self.phones.party(seat) else { return false };
        party.recognizer.now = self.now;
        for did in party.tick(self.now) {
            self.did(seat.as_str(), &did);
            if did == Did::HungUp {
                self.phones.hang_up(seat);
                self.call.handle(self.now, CallInput::SeatHungUp(seat.clone()));
                return true;
            }
        }
        false
    }

    fn watch(&mut self, said: &Frame8k) {
        let saying = self.call.saying().map(|(play, wording)| (play, wording.text.clone()));
        if let Some((play, text)) = &saying
            && self.saying != Some(*play)
        {
            self.log("robot", &format!("begins 「{text}」"));
            self.caller.hears_begin(text);
        }
        self.saying = saying.map(|(play, _)| play);
        let silent = *self.call.state() == CallState::Robot && *said == Frame8k::SILENCE && !self.caller.speaks();
        self.silence = if silent { self.silence + TICK } else { Duration::ZERO };
        self.outcome.longest_silence = self.outcome.longest_silence.max(self.silence);
    }

    /// Carries out every order of the call and the desk.
    fn carry_out(&mut self) {
        loop {
            if let Some(order) = self.call.poll() {
                self.obey(order);
            } else if let Some(order) = self.desk.poll() {
                self.obey_desk(order);
            } else {
                return;
            }
        }
    }

    fn obey(&mut self, order: CallOrder) {
        if self.outcome.ended.is_some() {
            self.violation(&format!("an order after the end: {order:?}"));
        }
        let now = self.now;
        match order {
            CallOrder::Speak { play, wording } => self.speak(play, &wording),
            CallOrder::Lookup { lookup, request } => {
                self.log("call", &format!("asks {}: {}", request.source, sources::describe(&request)));
                if let Some((after, outcome)) = sources::answer(&self.script.sources, &request) {
                    self.after(after, Event::Call(CallInput::LookedUp { lookup, outcome }));
                }
            }
            CallOrder::Send { lookup, message } => {
                self.log("call", &format!("sends 「{}」", message.text));
                let outcome = LookupOutcome::Found(serde_json::Value::Null);
                self.after(Duration::ZERO, Event::Call(CallInput::LookedUp { lookup, outcome }));
            }
            CallOrder::OpenTicket { lookup, .. } => {
                let outcome = LookupOutcome::Found(serde_json::json!({"number": "T-1"}));
                self.after(Duration::ZERO, Event::Call(CallInput::LookedUp { lookup, outcome }));
            }
            CallOrder::KeepPromise(_) | CallOrder::Remember(_) => {}
            CallOrder::Enqueue(ticket) => self.desk.handle(now, DeskInput::Enqueue(ticket)),
            CallOrder::LeaveQueue => self.desk.handle(now, DeskInput::Leave(self.call.id().clone())),
            CallOrder::OfferEnded(seat, end) => {
                self.desk.handle(now, DeskInput::Offered { call: self.call.id().clone(), seat, end });
            }
            CallOrder::ReleaseSeat(seat) => self.desk.handle(now, DeskInput::Released { call: self.call.id().clone(), seat }),
            CallOrder::RingSeat { seat, packet } => {
                self.log(seat.id.as_str(), "is rung");
                self.outcome.packets.push(*packet);
                let (ringing, will) = self.phones.ring(&seat.id);
                if will == Will::BeUnreachable {
                    self.after(FAILS_AFTER, Event::Call(CallInput::SeatFailed(seat.id, SeatFailure::Unreachable)));
                    return;
                }
                self.after(RINGS_AFTER, Event::Call(CallInput::SeatRinging(seat.id)));
                match will {
                    Will::Answer(after) => self.after(after, Event::SeatAnswers(ringing)),
                    Will::Refuse(after) => self.after(after, Event::SeatRefuses(ringing)),
                    Will::Nothing | Will::BeUnreachable => {}
                }
            }
            CallOrder::HangUpSeat(seat) => {
                if self.phones.hang_up(&seat) {
                    self.log(seat.as_str(), "is hung up on");
                }
            }
            CallOrder::HangUpCaller => self.log("call", "hangs up"),
            CallOrder::Record => {
                self.outcome.recordings += 1;
                self.log("call", "records");
            }
            CallOrder::Fact(stamped) => self.note(stamped),
            CallOrder::Over { cause, talked } => {
                self.log("call", &format!("over: {}, talked {:.2} s", cause.as_str(), talked.as_secs_f64()));
                self.outcome.ended = Some(cause);
            }
        }
    }

    fn obey_desk(&mut self, order: DeskOrder) {
        let (call, input) = match order {
            DeskOrder::Offer { call, seat } => (call, CallInput::OfferSeat(seat)),
            DeskOrder::Withdraw { call, seat } => (call, CallInput::WithdrawSeat(seat)),
            DeskOrder::Position { call, place } => (call, CallInput::QueuePosition(place)),
            DeskOrder::NoSeat { call } => (call, CallInput::NoSeat),
        };
        if call == *self.call.id() {
            self.call.handle(self.now, input);
        }
    }

    fn speak(&mut self, play: PlayId, wording: &Wording) {
        let voice = &self.script.voice;
        let holds = |texts: &[String]| texts.iter().any(|text| wording.text.contains(text.as_str()));
        if holds(&voice.hangs_on) {
            return;
        }
        let speech: Result<Speech, SpeakError> = if holds(&voice.fails_on) {
            Err(SpeakError::Engine("a scripted failure".to_owned()))
        } else {
            Ok(self.robot.lasting(voice.character * wording.text.chars().count() as u32))
        };
        let input = CallInput::Spoken { play, speech };
        if voice.after.is_zero() {
            self.call.handle(self.now, input);
        } else {
            self.after(voice.after, Event::Call(input));
        }
    }

    fn note(&mut self, stamped: crate::call::Stamped) {
        let line = match &stamped.fact {
            Fact::Began { caller_masked, called, .. } => Some(("call", format!("{caller_masked} calls {called}"))),
            Fact::Answered => Some(("call", "answered".to_owned())),
            Fact::Said { who, text, confidence, cut } => {
                match who {
                    Speaker::Robot | Speaker::Seat => self.caller.hears(text),
                    Speaker::Caller => {
                        if let CallState::Human(seat) = self.call.state()
                            && let Some(party) = self.phones.party(seat)
                        {
                            party.hears(text);
                        }
                    }
                }
                let cut = if *cut { ", cut" } else { "" };
                Some((who.as_str(), format!("「{text}」 ({confidence:.2}{cut})")))
            }
            Fact::Amended { .. } | Fact::Hearing { .. } => None,
            Fact::Keys(keys) => Some(("caller", format!("keyed {keys}"))),
            Fact::Intent { name, confidence, .. } => Some(("robot", format!("understands {name} ({confidence:.2})"))),
            Fact::Slot { name, value } => Some(("robot", format!("learns {name} = {value}"))),
            Fact::LookedUp { source, outcome, took } => Some(("call", format!("{source}: {outcome} in {} ms", took.as_millis()))),
            Fact::Queued { queue, reason, .. } => Some(("call", format!("queues for {queue} ({reason})"))),
            Fact::Offered(seat) => Some(("desk", format!("offers {seat}"))),
            Fact::Bridged(seat) => Some(("call", format!("bridges to {seat}"))),
            Fact::CallbackPromised { queue, within, .. } => {
                Some(("robot", format!("promises a call back by {queue} within {} s", within.as_secs())))
            }
            Fact::Message(text) => Some(("caller", format!("leaves a message: {text}"))),
            Fact::Sent(outcome) => Some(("call", format!("message to the caller: {outcome}"))),
            Fact::Ticket { kind, priority, number } => {
                Some(("call", format!("ticket {kind} ({}): {}", priority.as_str(), number.as_deref().unwrap_or("not opened"))))
            }
            Fact::Survey { slot, score } => Some(("caller", format!("scores {slot} = {score}"))),
            Fact::Remembered(names) => Some(("call", format!("remembers {}", names.join(", ")))),
            Fact::Mood { mood, .. } => Some(("caller", format!("is {mood}"))),
            Fact::LetDown { times, .. } => Some(("caller", format!("is let down, {times}"))),
            Fact::Unknown { .. } => None,
            Fact::Note(text) => Some(("note", text.clone())),
            Fact::Ended(cause) => Some(("call", format!("ended: {}", cause.as_str()))),
        };
        if let Some((who, what)) = line {
            self.log(who, &what);
        }
        self.outcome.facts.push(stamped);
    }

    fn did(&mut self, who: &str, did: &Did) {
        let what = match did {
            Did::Said(text) => format!("says 「{text}」"),
            Did::Pressed(key) => format!("presses {key}"),
            Did::WentDeaf => "sends nothing any more".to_owned(),
            Did::HungUp => "hangs up".to_owned(),
        };
        self.log(who, &what);
    }

    fn log(&mut self, who: &str, what: &str) {
        self.outcome.log.push(format!("{:>8.3} {who:<7} {what}", self.now.elapsed().as_secs_f64()));
    }

    fn violation(&mut self, what: &str) {
        self.log("WRONG", what);
        self.outcome.violations.push(what.to_owned());
    }

    fn finish(mut self) -> Outcome {
        let ended = self.outcome.count(|fact| matches!(fact, Fact::Ended(_)));
        let began = self.outcome.count(|fact| matches!(fact, Fact::Began { .. }));
        let first = matches!(self.outcome.facts.first().map(|stamped| &stamped.fact), Some(Fact::Began { .. }));
        let last = matches!(self.outcome.facts.last().map(|stamped| &stamped.fact), Some(Fact::Ended(_)));
        if self.outcome.ended.is_some() && (began, ended, first, last) != (1, 1, true, true) {
            self.violation("the record does not begin and end once");
        }
        let id = self.call.id().clone();
        let desk = self.desk.snapshot(self.now);
        let waits = desk.queues.iter().any(|queue| queue.waiting.iter().any(|waiting| waiting.call == id));
        let has_seat =
            desk.seats.iter().any(|seat| matches!(&seat.state, SeatState::Ringing { call } | SeatState::Talking { call } if *call == id));
        if self.outcome.ended.is_some() && (waits || has_seat) {
            self.violation("the desk still knows the call");
        }
        self.caller.listens_out(self.now);
        self.outcome.steps_left = self.caller.steps_left();
        self.outcome.phones_busy = self.phones.busy();
        self.outcome.desk = desk;
        self.outcome
    }
}
