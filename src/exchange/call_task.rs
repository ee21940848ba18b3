//! The task of one call: ticks it, carries facts to it and its orders to the world. Owns the sockets of both legs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use super::errands::Errands;
use super::front_door::{ExchangeCounters, Stopping};
use super::seat_side::{SeatEvent, SeatSide};
use super::stream_metrics;
use super::ticker::Ticker;
use super::{DeskMessage, ExchangeParts, Hotline, RtpLeg, TapGuard};
use crate::acd::DeskInput;
use crate::base::{CallId, Mono, PlayId};
use crate::call::{Call, CallInput, CallOrder, CallSetup, EndCause, Fact, HandoffPacket, Leg, Legs, SeatFailure, Stamped};
use crate::net::{IncomingCall, LegEnd, LegEvent, SipLeg};
use crate::recorder::RecordingHandle;
use crate::sip::Negotiation;
use crate::speech::{Recognizer, Wording};

/// Inputs that wait for a call: more than a second of everything that can happen to it.
const INPUTS: usize = 1024;
/// Beginnings of a text that may wait to be told; the next one, or the whole, holds what is left out.
const SENTENCES_AHEAD: usize = 16;

/// What a call's task begins with.
pub(super) struct CallJob {
    pub(super) id: CallId,
    pub(super) incoming: Box<IncomingCall>,
    pub(super) hotline: Arc<Hotline>,
    pub(super) parts: Arc<ExchangeParts>,
    pub(super) counters: Arc<ExchangeCounters>,
    pub(super) stopping: watch::Receiver<Stopping>,
    pub(super) seed: u64,
    pub(super) began: Mono,
}

/// What is left to do when a call's task broke.
pub(super) struct Aftermath {
    id: CallId,
    parts: Arc<ExchangeParts>,
    began: Mono,
}

impl CallJob {
    pub(super) fn aftermath(&self) -> Aftermath {
        Aftermath { id: self.id.clone(), parts: Arc::clone(&self.parts), began: self.began }
    }
}

impl Aftermath {
    /// Ends the call's record and clears its place at the desk; its legs hung up when the task dropped them.
    pub(super) async fn settle(self) {
        let stamped = Stamped { at: self.parts.clock.mono() - self.began, fact: Fact::Ended(EndCause::Failed) };
        self.parts.facts.write(&self.id, &stamped);
        self.parts.desk.tell(DeskMessage::Closed(self.id)).await;
    }
}

/// One call's task.
pub(super) struct CallTask {
    id: CallId,
    call: Call,
    parts: Arc<ExchangeParts>,
    counters: Arc<ExchangeCounters>,
    errands: Errands,
    tap: TapGuard,
    inputs: mpsc::Sender<CallInput>,
    caller: SipLeg,
    caller_gone: bool,
    negotiation: Negotiation,
    // With a late offer the call is answered for the caller only when the ACK has brought the media's address.
    late_offer: bool,
    media: RtpLeg,
    ear: Box<dyn Recognizer>,
    seat: Option<SeatSide>,
    seed: u64,
    recording: Option<RecordingHandle>,
    over: bool,
}

enum Event {
    Tick(tokio::time::Instant),
    Input(CallInput),
    Caller(Option<LegEvent>),
    Seat(SeatEvent),
    Stopping(Stopping),
}

impl CallTask {
    /// Runs the call to its end.
    pub(super) async fn run(job: CallJob) {
        let CallJob { id, incoming, hotline, parts, counters, mut stopping, seed, began } = job;
        let IncomingCall { leg, from_user, to_user, offer, .. } = *incoming;
        let local = leg.local_ip();
        let opened = parts.ports.bind(local).map_err(|error| error.to_string());
        let opened = opened.and_then(|socket| Ok((socket, Ticker::start().map_err(|error| format!("no timer: {error}"))?)));
        let (socket, ticker) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                warn!(error, "no RTP port or no timer: 503");
                leg.reject(503, "Service Unavailable", Some(Duration::from_secs(5)));
                return;
            }
        };
        let mut media = RtpLeg::new(socket, parts.clock, seed);
        let mut negotiation = Negotiation::new(media.local(), seed);
        let answer = match offer.as_deref().map(|offer| negotiation.answer(offer)) {
            None => negotiation.offer(),
            Some(Ok((answer, path))) => {
                media.agree(path);
                answer
            }
            Some(Err(error)) => {
                let (code, reason) = error.status();
                counters.no_codec.fetch_add(1, Ordering::Relaxed);
                info!(%error, code, "the offer cannot be answered");
                leg.reject(code, reason, None);
                return;
            }
        };
        // Whoever calls is answered before anything is made for the call, told or written.
        leg.answer(answer);
        let wall = parts.clock.wall();
        let caller_masked = crate::spoken::mask_number(from_user.reveal());
        let (inputs, receiver) = mpsc::channel(INPUTS);
        let errands = Errands {
            id: id.clone(),
            number: from_user.clone(),
            parts: Arc::clone(&parts),
            hotline: Arc::clone(&hotline),
            inputs: inputs.clone(),
        };
        let caller_record = errands.caller().await;
        let setup = CallSetup {
            id: id.clone(),
            plan: Arc::clone(&hotline.plan),
            matcher: Arc::clone(&hotline.matcher),
            caller_number: from_user,
            caller_record,
            music: Arc::clone(&hotline.music),
            called: to_user.clone(),
            began: wall,
            now: began,
            limits: parts.limits,
        };
        let tap = parts.taps.open(id.clone(), wall, caller_masked, to_user, hotline.plan.name.clone());
        let ear = ear(&parts, &counters, &inputs, Leg::Caller);
        let task = Self {
            call: Call::new(setup),
            id,
            counters,
            errands,
            tap,
            inputs,
            caller: leg,
            caller_gone: false,
            negotiation,
            late_offer: offer.is_none(),
            media,
            ear,
            seat: None,
            seed,
            recording: None,
            over: false,
            parts,
        };
        task.go(receiver, ticker, &mut stopping).await;
    }

    async fn go(mut self, mut receiver: mpsc::Receiver<CallInput>, mut ticker: Ticker, stopping: &mut watch::Receiver<Stopping>) {
        self.carry_out();
        if !self.late_offer {
            self.handle(CallInput::CallerAnswered);
            self.carry_out();
        }
        self.parts.desk.tell(DeskMessage::Opened(self.id.clone(), self.inputs.clone())).await;
        let mut told = Stopping::No;
        loop {
            self.carry_out();
            if self.over {
                break;
            }
            let event = tokio::select! {
                biased;
                at = ticker.tick() => Event::Tick(at),
                Some(input) = receiver.recv() => Event::Input(input),
                event = self.caller.event(), if !self.caller_gone => Event::Caller(event),
                event = next_of(&mut self.seat) => Event::Seat(event),
                Ok(stage) = stopping.wait_for(|stage| *stage > told) => Event::Stopping(*stage),
            };
            match event {
                Event::Tick(at) => self.tick(at),
                Event::Input(input) => self.handle(input),
                Event::Caller(event) => self.caller_event(event),
                Event::Seat(event) => self.seat_event(event),
                Event::Stopping(stage) => {
                    // Straight to the last stage says both.
                    if told == Stopping::No {
                        self.handle(CallInput::Drain);
                    }
                    if stage == Stopping::Now {
                        self.handle(CallInput::Drain);
                    }
                    told = stage;
                }
            }
        }
        self.close().await;
    }

    fn now(&self) -> Mono {
        self.parts.clock.mono()
    }

    fn handle(&mut self, input: CallInput) {
        let now = self.now();
        self.call.handle(now, input);
    }

    fn tick(&mut self, due: tokio::time::Instant) {
        self.counters.lateness.add(due.elapsed());
        let now = self.now();
        if self.call.poll_timeout().is_some_and(|at| at <= now) {
            self.call.handle_timeout(now);
        }
        let seat = self.seat.as_mut().and_then(SeatSide::talking);
        let mut legs = Legs {
            caller: &mut self.media,
            caller_ear: &mut *self.ear,
            seat: seat.map(|(media, ear)| (media as &mut dyn crate::call::MediaLeg, ear)),
        };
        let audio = self.call.tick(now, &mut legs);
        if let Some(recording) = &self.recording {
            recording.push(&audio.caller, &audio.far);
        }
        self.tap.audio(&audio);
    }

    fn caller_event(&mut self, event: Option<LegEvent>) {
        match event {
            Some(LegEvent::Confirmed { sdp }) if self.late_offer => {
                self.late_offer = false;
                match self.negotiation.accept(sdp.as_deref().unwrap_or_default()) {
                    Ok(path) => {
                        self.media.agree(path);
                        self.handle(CallInput::CallerAnswered);
                    }
                    Err(error) => {
                        info!(%error, "the ACK brought no usable media");
                        self.caller.hang_up();
                        self.handle(CallInput::CallerLost(error.to_string()));
                    }
                }
            }
            Some(LegEvent::Reoffered { sdp }) => self.reoffered(sdp.as_deref()),
            Some(LegEvent::Key(key)) => self.media.press(key),
            Some(LegEvent::Ended(LegEnd::Bye | LegEnd::Cancelled)) => {
                self.caller_gone = true;
                self.handle(CallInput::CallerHungUp);
            }
            Some(LegEvent::Ended(end)) => {
                self.caller_gone = true;
                self.handle(CallInput::CallerLost(format!("{end:?}")));
            }
            None => {
                self.caller_gone = true;
                self.handle(CallInput::CallerLost("the signalling is gone".to_owned()));
            }
            Some(LegEvent::Confirmed { .. } | LegEvent::Ringing | LegEvent::Answered { .. }) => {}
        }
    }

    fn reoffered(&mut self, offer: Option<&str>) {
        let answer = match offer {
            None => {
                self.late_offer = true;
                Ok(self.negotiation.offer())
            }
            Some(offer) => match self.negotiation.answer(offer) {
                Ok((answer, path)) => {
                    self.media.agree(path);
                    Ok(answer)
                }
                Err(error) => Err(error.status().0),
            },
        };
        self.caller.answer_reoffer(answer);
    }

    fn seat_event(&mut self, event: SeatEvent) {
        match event {
            SeatEvent::Nothing => {}
            SeatEvent::Input(input) => {
                if matches!(input, CallInput::SeatFailed(..) | CallInput::SeatHungUp(_)) {
                    self.drop_seat();
                }
                self.handle(input);
            }
            SeatEvent::Answered => {
                let ear = ear(&self.parts, &self.counters, &self.inputs, Leg::Seat);
                if let Some(side) = &mut self.seat {
                    side.listen(ear);
                    let seat = side.seat.clone();
                    self.handle(CallInput::SeatAnswered(seat));
                }
            }
        }
    }

    fn drop_seat(&mut self) {
        if let Some(side) = self.seat.take()
            && let Some(counters) = side.counters()
        {
            debug!(seat = %side.seat, ?counters, "the seat's stream");
            stream_metrics::count("seat", &counters);
        }
    }

    fn carry_out(&mut self) {
        while let Some(order) = self.call.poll() {
            match order {
                CallOrder::Speak { play, wording } => self.speak(play, wording),
                CallOrder::Lookup { lookup, request } => self.errands.look_up(lookup, request),
                CallOrder::Send { lookup, message } => self.errands.send(lookup, message),
                CallOrder::OpenTicket { lookup, ticket } => self.errands.open_ticket(lookup, ticket),
                CallOrder::KeepPromise(promise) => self.errands.keep_promise(promise),
                CallOrder::Remember(change) => self.errands.remember(change),
                CallOrder::Enqueue(ticket) => self.tell_desk(DeskInput::Enqueue(ticket)),
                CallOrder::LeaveQueue => self.tell_desk(DeskInput::Leave(self.id.clone())),
                CallOrder::OfferEnded(seat, end) => self.tell_desk(DeskInput::Offered { call: self.id.clone(), seat, end }),
                CallOrder::ReleaseSeat(seat) => self.tell_desk(DeskInput::Released { call: self.id.clone(), seat }),
                CallOrder::RingSeat { seat, packet } => self.ring(&seat, *packet),
                CallOrder::HangUpSeat(seat) => {
                    if let Some(side) = self.seat.as_mut().filter(|side| side.seat == seat) {
                        side.hang_up();
                        self.drop_seat();
                    }
                }
                CallOrder::HangUpCaller => self.caller.hang_up(),
                CallOrder::Record => {
                    if self.recording.is_none() {
                        self.recording = Some(self.parts.recorder.record(&self.id, self.parts.clock.wall()));
                    }
                }
                CallOrder::Fact(stamped) => self.note(&stamped),
                CallOrder::Over { cause, talked } => {
                    info!(cause = cause.as_str(), talked_s = talked.as_secs(), media = ?self.media.counters(), "the call is over");
                    if let Some(counters) = self.media.counters() {
                        stream_metrics::count("caller", &counters);
                    }
                    self.over = true;
                }
            }
        }
    }

    fn note(&mut self, stamped: &Stamped) {
        match &stamped.fact {
            Fact::Began { called, dialplan, .. } => info!(called, dialplan, "a call comes in"),
            Fact::Queued { queue, reason, .. } => info!(%queue, reason, "the caller waits for a seat"),
            Fact::Bridged(seat) => info!(%seat, "seat and caller talk"),
            Fact::LookedUp { source, outcome, took } => info!(source, outcome, took_ms = took.as_millis() as u64, "looked up"),
            Fact::Note(_) => info!("a step went another way; the record says which"),
            _ => {}
        }
        if !matches!(stamped.fact, Fact::Hearing { .. }) {
            self.parts.facts.write(&self.id, stamped);
        }
        self.tap.fact(stamped);
    }

    fn speak(&mut self, play: PlayId, wording: Wording) {
        if let Some(speech) = self.parts.voices.get(&wording) {
            self.handle(CallInput::Spoken { play, speech: Ok(speech) });
            return;
        }
        let (voices, inputs) = (self.parts.voices.clone(), self.inputs.clone());
        self.parts.runtime.spawn(async move {
            let (tell, mut so_far) = mpsc::channel(SENTENCES_AHEAD);
            let told = async {
                while let Some(speech) = so_far.recv().await {
                    // A call that is over needs no voice; what it has no room for comes with the whole.
                    let _ = inputs.try_send(CallInput::SpokenSoFar { play, speech });
                }
            };
            let (speech, ()) = tokio::join!(voices.synthesise_telling(wording, tell), told);
            let _ = inputs.send(CallInput::Spoken { play, speech }).await;
        });
    }

    fn ring(&mut self, seat: &crate::acd::SeatProfile, packet: HandoffPacket) {
        self.seed = self.seed.wrapping_add(1);
        match SeatSide::ring(&self.parts, seat, packet, self.seed) {
            Ok(side) => self.seat = Some(side),
            Err(error) => {
                warn!(seat = %seat.id, error, "the seat cannot be rung");
                self.handle(CallInput::SeatFailed(seat.id.clone(), SeatFailure::Unreachable));
            }
        }
    }

    fn tell_desk(&self, fact: DeskInput) {
        self.parts.desk.tell_now(DeskMessage::Fact(fact));
    }

    async fn close(mut self) {
        self.drop_seat();
        if let Some(recording) = self.recording.take() {
            if let Some(trouble) = recording.trouble() {
                warn!(trouble, "the recording is not whole");
            }
            self.parts.facts.recorded(&self.id, recording.path(), recording.lost_frames());
        }
        self.caller.hang_up();
        self.parts.desk.tell(DeskMessage::Closed(self.id.clone())).await;
    }
}

async fn next_of(seat: &mut Option<SeatSide>) -> SeatEvent {
    match seat {
        Some(side) => side.next().await,
        None => std::future::pending().await,
    }
}

/// Makes a recognizer whose reports come to the call. A call that does not take them in time loses partial ones first.
fn ear(parts: &ExchangeParts, counters: &Arc<ExchangeCounters>, inputs: &mpsc::Sender<CallInput>, leg: Leg) -> Box<dyn Recognizer> {
    let (inputs, counters) = (inputs.clone(), Arc::clone(counters));
    parts.ears.recognizer(Arc::new(move |utterance, hearing| {
        if let Err(mpsc::error::TrySendError::Full(_)) = inputs.try_send(CallInput::Hearing { leg, utterance, hearing }) {
            counters.inputs_lost.fetch_add(1, Ordering::Relaxed);
        }
    }))
}
