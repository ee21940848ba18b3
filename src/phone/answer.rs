//! A seat's phone.

use std::collections::VecDeque;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::ear::Ear;
use super::line::Line;
use super::prepare::{self, Hearing};
use super::script::BREATH;
use super::talk::{Emit, Talk};
use super::{AnswerOptions, Happening, PhoneError, PhoneEvent, Stay, Who};
use crate::base::{Clock, Mono, Rng, TICK};
use crate::call::{HANDOFF_CONTENT_TYPE, Reassembly};
use crate::net::{Incoming, IncomingCall, IncomingMessage, LegEnd, LegEvent, Listen, RtpPorts, Signal, SignalConfig, SipLeg};
use crate::speech::Speech;

/// Silence of both ends before the seat speaks.
const TURN: Duration = Duration::from_secs(1);
/// The seat speaks after this even if the far end never falls silent.
const LONGEST_TURN: Duration = Duration::from_secs(8);
/// How long the last words may take to be recognised.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Rings, shows what SIP brought of the caller, answers, talks and listens, until `stop` (or after one call, if so asked).
/// `ready` is told the address actually bound.
///
/// # Errors
/// When a text cannot be spoken, the model not be loaded, or the network not be used.
pub async fn answer(
    options: AnswerOptions,
    clock: Clock,
    stop: CancellationToken,
    ready: impl FnOnce(Listen),
    mut events: impl FnMut(PhoneEvent),
) -> Result<(), PhoneError> {
    let hearing = match &options.model {
        Some(model) => Some(prepare::hearing(model, options.language, &[], 1)?),
        None => None,
    };
    let texts: Vec<&str> = options.says.iter().map(String::as_str).collect();
    let says: Vec<(String, Speech)> = options.says.iter().cloned().zip(prepare::speeches(&texts).await?).collect();
    let mut config = SignalConfig::listening(vec![options.listen]);
    config.accept_messages = vec![HANDOFF_CONTENT_TYPE.to_owned(), "text/plain".to_owned()];
    let (signal, mut incoming) = Signal::start(config, clock)?;
    if let Some(account) = options.account {
        signal.register(account).await?;
    }
    ready(signal.bound().first().copied().unwrap_or(options.listen));

    let ports = RtpPorts::default();
    let mut rng = Rng::seeded(u64::try_from(clock.wall().millis()).unwrap_or(1) ^ u64::from(std::process::id()) << 40);
    let mut seat = Seat { hearing, says, after: options.after, parts: Reassembly::default(), call: None };
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            arrived = incoming.recv() => match arrived {
                Some(Incoming::Message(message)) => seat.message(clock.mono(), &message, &mut events),
                Some(Incoming::Call(call)) => seat.ring(clock.mono(), *call, &ports, &mut rng, &mut events),
                None => break,
            },
            _ = ticks.tick() => {
                let now = clock.mono();
                let over = seat.tick(&clock, now, &mut events);
                if over && options.stay == Stay::Once {
                    break;
                }
                if stop.is_cancelled() {
                    match &mut seat.call {
                        Some(call) => call.hang_up(now),
                        None => break,
                    }
                }
            }
        }
    }
    signal.stop().await;
    Ok(())
}

struct Seat {
    hearing: Option<Hearing>,
    says: Vec<(String, Speech)>,
    after: Duration,
    parts: Reassembly,
    call: Option<SeatCall>,
}

/// One call at the seat.
struct SeatCall {
    began: Mono,
    leg: SipLeg,
    talk: Talk,
    says: VecDeque<(String, Speech)>,
    state: State,
}

enum State {
    /// Rings until then; what to answer with.
    Ringing(Mono, String),
    Talking {
        saying: Option<String>,
        /// When this end last fell silent.
        silent_since: Mono,
    },
    Ending {
        until: Mono,
        leg_over: bool,
        who: Who,
        reason: String,
    },
    Over,
}

impl Seat {
    /// Takes a part of a hand-off packet, or one for people, and shows it when it is whole.
    fn message(&mut self, now: Mono, message: &IncomingMessage, events: &mut dyn FnMut(PhoneEvent)) {
        let body = String::from_utf8_lossy(message.body.reveal());
        let what = if message.content_type.eq_ignore_ascii_case(HANDOFF_CONTENT_TYPE) {
            match self.parts.take(&body) {
                Ok(Some(packet)) => Happening::Handoff(Box::new(packet)),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "a hand-off was dropped");
                    return;
                }
            }
        } else {
            Happening::HandoffText(body.into_owned())
        };
        let began = self.call.as_ref().map_or(now, |call| call.began);
        Emit { events, call: 1, began }.tell(now, Who::Far, what);
    }

    fn ring(&mut self, now: Mono, call: IncomingCall, ports: &RtpPorts, rng: &mut Rng, events: &mut dyn FnMut(PhoneEvent)) {
        if self.call.is_some() {
            call.leg.reject(486, "Busy Here", None);
            return;
        }
        let mut line = match Line::open(ports, call.leg.local_ip(), Rng::seeded(rng.next_u64())) {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "cannot take the call");
                call.leg.reject(500, "Server Internal Error", None);
                return;
            }
        };
        let sdp = match &call.offer {
            Some(offer) => line.answer(offer),
            None => Ok(line.offer()),
        };
        let sdp = match sdp {
            Ok(sdp) => sdp,
            Err(error) => {
                let (code, reason) = error.status();
                call.leg.reject(code, reason, None);
                return;
            }
        };
        call.leg.ring();
        let told = call.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("User-to-User")).map(|(_, value)| value.clone());
        Emit { events, call: 1, began: now }.tell(now, Who::Me, Happening::Ringing(told));
        let ear = self.hearing.as_ref().map(|hearing| Ear::new(&hearing.pool, &hearing.vocabulary));
        self.call = Some(SeatCall {
            began: now,
            leg: call.leg,
            talk: Talk::new(line, ear),
            says: self.says.iter().cloned().collect(),
            state: State::Ringing(now + self.after, sdp),
        });
    }

    /// Goes on with the call; returns true when it has just ended.
    fn tick(&mut self, clock: &Clock, now: Mono, events: &mut dyn FnMut(PhoneEvent)) -> bool {
        let Some(call) = &mut self.call else { return false };
        let mut emit = Emit { events, call: 1, began: call.began };
        call.tick(clock, now, &mut emit);
        let over = matches!(call.state, State::Over);
        if over {
            self.call = None;
        }
        over
    }
}

impl SeatCall {
    fn tick(&mut self, clock: &Clock, now: Mono, emit: &mut Emit<'_>) {
        while let Some(event) = self.leg.try_event() {
            match self.talk.handle(now, event, &self.leg, emit) {
                Some(LegEvent::Confirmed { sdp: Some(answer) }) => {
                    if let Err(error) = self.talk.line.accept(&answer) {
                        tracing::warn!(%error, "the caller's answer does not fit our offer");
                        self.hang_up(now);
                    }
                }
                Some(LegEvent::Ended(end)) => self.leg_ended(now, &end),
                _ => {}
            }
        }
        match &mut self.state {
            State::Ringing(until, sdp) if now >= *until => {
                self.leg.answer(std::mem::take(sdp));
                emit.tell(now, Who::Me, Happening::Answered);
                self.state = State::Talking { saying: None, silent_since: now };
            }
            State::Talking { .. } => {
                self.talk.listen(now, emit);
                self.take_turn(now, emit);
                self.talk.speak(clock, now);
            }
            State::Ending { until, leg_over, .. } => {
                let over = now >= *until || *leg_over && !self.talk.is_thinking();
                self.talk.words(now, emit);
                if over && let State::Ending { who, reason, .. } = std::mem::replace(&mut self.state, State::Over) {
                    emit.tell(now, who, Happening::Ended(reason));
                }
            }
            State::Ringing(..) | State::Over => {}
        }
    }

    /// Says the next text once both ends have been silent for a while.
    fn take_turn(&mut self, now: Mono, emit: &mut Emit<'_>) {
        let State::Talking { saying, silent_since } = &mut self.state else { return };
        if !self.talk.mouth.is_silent() {
            return;
        }
        if let Some(text) = saying.take() {
            *silent_since = now;
            emit.tell(now, Who::Me, Happening::Said(text));
        }
        let turn = self.talk.silent_for(now, *silent_since) >= TURN || now.since(*silent_since) >= LONGEST_TURN;
        if turn && let Some((text, speech)) = self.says.pop_front() {
            self.talk.mouth.say(speech, BREATH);
            *saying = Some(text);
        }
    }

    fn hang_up(&mut self, now: Mono) {
        if matches!(self.state, State::Ringing(..) | State::Talking { .. }) {
            self.leg.hang_up();
            self.end(now, false, Who::Me, "hung up");
        }
    }

    fn leg_ended(&mut self, now: Mono, end: &LegEnd) {
        if let State::Ending { leg_over, .. } = &mut self.state {
            *leg_over = true;
            return;
        }
        let reason = match end {
            LegEnd::Bye => "bye",
            LegEnd::Cancelled => "cancelled",
            LegEnd::Rejected { reason, .. } => reason,
            LegEnd::Timeout => "timeout",
            LegEnd::Failed(why) => why,
        };
        self.end(now, true, Who::Far, reason);
    }

    fn end(&mut self, now: Mono, leg_over: bool, who: Who, reason: &str) {
        self.talk.finish();
        self.state = State::Ending { until: now + END_PATIENCE, leg_over, who, reason: reason.to_owned() };
    }
}
