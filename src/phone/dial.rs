//! A caller's phone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::awaited::Awaited;
use super::ear::Ear;
use super::line::{Line, Recording};
use super::prepare::{self, Hearing};
use super::script::{Act, Patience, Progress, Ready, Script};
use super::talk::{Emit, Talk};
use super::{CallOutcome, DialOptions, DialReport, Happening, PhoneError, PhoneEvent, Step, Who};
use crate::base::{Clock, Mono, Rng, TICK};
use crate::net::{Invite, LegEnd, LegEvent, Listen, RtpPorts, Signal, SignalConfig, SipLeg, Transport};

/// How long a hang-up may take, and the last words to be recognised.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Makes the calls and does their steps, then hangs up; `stop` hangs up before.
///
/// Needs a runtime with time and I/O enabled; a current-thread one will do.
///
/// # Errors
/// When a text cannot be spoken or heard, a file not be read, or the network not be used; a call that fails is no error
/// but an outcome in the report.
pub async fn dial(
    options: DialOptions,
    clock: Clock,
    stop: CancellationToken,
    mut events: impl FnMut(PhoneEvent),
) -> Result<DialReport, PhoneError> {
    let hearing = hearing(&options)?;
    let awaited: Arc<[Awaited]> = hearing.as_ref().map(|hearing| Arc::clone(&hearing.awaited)).unwrap_or_default();
    let steps = prepare::steps(&options.steps, &awaited).await?;
    let (signal, mut incoming) = Signal::start(signal_config(&options)?, clock)?;
    let mut phones = Phones {
        local: signal.local_ip_towards(&options.to),
        options: &options,
        hearing,
        awaited,
        steps,
        ports: RtpPorts::default(),
        rng: Rng::seeded(u64::try_from(clock.wall().millis()).unwrap_or(0) ^ u64::from(std::process::id()) << 40),
    };

    let began = clock.mono();
    let mut calls: Vec<DialCall> = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let now = clock.mono();
        // A caller's phone takes no calls: what is dropped here is refused.
        while incoming.try_recv().is_ok() {}
        let wanted = if stop.is_cancelled() { calls.len() } else { options.calls as usize };
        while calls.len() < wanted && now.since(began).as_secs_f64() * options.rate.max(0.01) >= calls.len() as f64 {
            let number = u32::try_from(calls.len()).unwrap_or(u32::MAX).saturating_add(1);
            calls.push(phones.call(&signal, now, number)?);
        }
        for call in calls.iter_mut().filter(|call| !call.is_over()) {
            let mut emit = Emit { events: &mut events, call: call.number, began: call.began };
            if stop.is_cancelled() {
                call.hang_up(now, "stopped", Some("stopped".to_owned()));
            }
            call.tick(&clock, now, &mut emit);
        }
        if calls.len() >= wanted && calls.iter().all(DialCall::is_over) {
            break;
        }
    }
    signal.stop().await;
    let never_begun = CallOutcome { failure: Some("stopped".to_owned()), ..CallOutcome::default() };
    let mut outcomes: Vec<CallOutcome> = calls.into_iter().map(|call| call.outcome).collect();
    outcomes.resize(options.calls as usize, never_begun);
    Ok(DialReport { calls: outcomes })
}

/// Starts the recogniser where it is of use: a text is awaited, or there is one call whose words can be shown.
fn hearing(options: &DialOptions) -> Result<Option<Hearing>, PhoneError> {
    let texts: Vec<&str> =
        options.steps.iter().filter_map(|step| if let Step::Until(text) = step { Some(text.as_str()) } else { None }).collect();
    match (&options.model, texts.first()) {
        (None, Some(text)) => Err(PhoneError::NoModel((*text).to_owned())),
        (None, None) => Ok(None),
        (Some(_), None) if options.calls > 1 => Ok(None),
        (Some(model), _) => prepare::hearing(model, options.language, &texts, if options.calls > 1 { 2 } else { 1 }).map(Some),
    }
}

fn signal_config(options: &DialOptions) -> Result<SignalConfig, PhoneError> {
    let far = prepare::address_of(&options.to)?;
    let local = match (far.ip().is_loopback(), far.is_ipv4()) {
        (true, true) => [127, 0, 0, 1].into(),
        (true, false) => std::net::Ipv6Addr::LOCALHOST.into(),
        (false, true) => [0, 0, 0, 0].into(),
        (false, false) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let listen = |transport| Listen { transport, address: std::net::SocketAddr::new(local, 0) };
    let mut config = SignalConfig::listening(vec![listen(Transport::Udp)]);
    if options.to.to_ascii_lowercase().contains("transport=tcp") {
        config.listen.push(listen(Transport::Tcp));
    }
    config.max_calls = options.calls.max(1) as usize;
    config.requests_per_second = 0;
    Ok(config)
}

/// What all calls of a command share.
struct Phones<'a> {
    options: &'a DialOptions,
    hearing: Option<Hearing>,
    awaited: Arc<[Awaited]>,
    steps: Vec<Ready>,
    ports: RtpPorts,
    local: std::net::IpAddr,
    rng: Rng,
}

impl Phones<'_> {
    fn call(&mut self, signal: &Signal, now: Mono, number: u32) -> Result<DialCall, PhoneError> {
        let mut line = Line::open(&self.ports, self.local, Rng::seeded(self.rng.next_u64()))?;
        let leg = signal.invite(Invite {
            to: self.options.to.clone(),
            from_user: self.options.from.clone(),
            offer: Some(line.offer()),
            ..Invite::default()
        });
        let ear = self.hearing.as_ref().map(|hearing| Ear::new(&hearing.pool, &hearing.vocabulary));
        let mut talk = Talk::new(line, ear);
        talk.awaited = Arc::clone(&self.awaited);
        if let Some(path) = &self.options.record {
            let path = if self.options.calls > 1 { numbered(path, number) } else { path.clone() };
            talk.recording = Some(Recording::create(&path)?);
        }
        Ok(DialCall {
            number,
            began: now,
            leg,
            talk,
            script: Script::new(self.steps.clone(), Patience { timeout: self.options.timeout, again: self.options.again }),
            patience: self.options.timeout,
            state: State::Calling,
            outcome: CallOutcome::default(),
        })
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{number}{extension}"))
}

/// One call of a caller's phone.
struct DialCall {
    number: u32,
    began: Mono,
    leg: SipLeg,
    talk: Talk,
    script: Script,
    /// How long the far end may take to answer.
    patience: Duration,
    state: State,
    outcome: CallOutcome,
}

enum State {
    Calling,
    Talking,
    /// Hung up: the far end is still to agree, and the last words to be recognised.
    Ending {
        until: Mono,
        leg_over: bool,
        who: Who,
        reason: String,
    },
    Over,
}

impl DialCall {
    fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    fn tick(&mut self, clock: &Clock, now: Mono, emit: &mut Emit<'_>) {
        while let Some(event) = self.leg.try_event() {
            if let Some(event) = self.talk.handle(now, event, &self.leg, emit) {
                self.leg_event(now, event, emit);
            }
        }
        match &self.state {
            State::Calling if now.since(self.began) > self.patience => {
                self.hang_up(now, "no answer", Some("no answer".to_owned()));
            }
            State::Talking => self.talk_on(clock, now, emit),
            State::Ending { until, leg_over, .. } => {
                let over = now >= *until || *leg_over && !self.talk.is_thinking();
                self.talk.words(now, emit);
                if over {
                    self.finish(now, emit);
                }
            }
            State::Calling | State::Over => {}
        }
    }

    fn leg_event(&mut self, now: Mono, event: LegEvent, emit: &mut Emit<'_>) {
        match event {
            LegEvent::Ringing => emit.tell(now, Who::Far, Happening::Ringing(None)),
            LegEvent::Answered { sdp, .. } => match self.talk.line.accept(sdp.as_deref().unwrap_or_default()) {
                Ok(()) => {
                    emit.tell(now, Who::Far, Happening::Answered);
                    self.outcome.answered = true;
                    if matches!(self.state, State::Calling) {
                        self.state = State::Talking;
                    }
                }
                Err(error) => self.hang_up(now, "no common audio", Some(error.to_string())),
            },
            LegEvent::Ended(end) => self.leg_ended(now, &end),
            LegEvent::Confirmed { .. } | LegEvent::Reoffered { .. } | LegEvent::Key(_) => {}
        }
    }

    fn talk_on(&mut self, clock: &Clock, now: Mono, emit: &mut Emit<'_>) {
        self.talk.listen(now, emit);
        let mut acts = Vec::new();
        let mut progress = self.script.tick(now, &mut self.talk.heard, &mut self.talk.mouth, &mut acts);
        for act in acts {
            match act {
                Act::Said(text) => emit.tell(now, Who::Me, Happening::Said(text)),
                Act::Pressed(keys) => emit.tell(now, Who::Me, Happening::Key(keys)),
                Act::Key(key) => {
                    if let Err(reason) = self.talk.line.press(key) {
                        progress = Progress::Failed(format!("key {key} not sent: {reason}"));
                    }
                }
            }
        }
        self.talk.speak(clock, now);
        match progress {
            Progress::Going => {}
            Progress::Done => self.hang_up(now, "done", None),
            Progress::Failed(why) => self.hang_up(now, &why.clone(), Some(why)),
        }
    }

    fn hang_up(&mut self, now: Mono, reason: &str, failure: Option<String>) {
        if matches!(self.state, State::Calling | State::Talking) {
            self.leg.hang_up();
            self.outcome.failure = failure;
            self.end(now, false, Who::Me, reason.to_owned());
        }
    }

    fn leg_ended(&mut self, now: Mono, end: &LegEnd) {
        match &mut self.state {
            State::Ending { leg_over, .. } => *leg_over = true,
            State::Over => {}
            State::Calling | State::Talking => {
                let reason = match end {
                    LegEnd::Bye => "bye".to_owned(),
                    LegEnd::Cancelled => "cancelled".to_owned(),
                    LegEnd::Rejected { code, reason } => format!("{code} {reason}"),
                    LegEnd::Timeout => "timeout".to_owned(),
                    LegEnd::Failed(why) => format!("failed: {why}"),
                };
                if !self.outcome.answered {
                    self.outcome.failure = Some(reason.clone());
                }
                self.end(now, true, Who::Far, reason);
            }
        }
    }

    fn end(&mut self, now: Mono, leg_over: bool, who: Who, reason: String) {
        self.talk.finish();
        self.state = State::Ending { until: now + END_PATIENCE, leg_over, who, reason };
    }

    fn finish(&mut self, now: Mono, emit: &mut Emit<'_>) {
        if let State::Ending { who, reason, .. } = std::mem::replace(&mut self.state, State::Over) {
            if self.outcome.failure.is_none()
                && let Progress::Failed(why) = self.script.end(&mut self.talk.heard)
            {
                self.outcome.failure = Some(why);
            }
            self.outcome.steps_done = self.script.done();
            emit.tell(now, who, Happening::Ended(reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_calls_has_a_recording_of_its_own() {
        assert_eq!(numbered(Path::new("out/call.wav"), 3), Path::new("out/call-3.wav"));
        assert_eq!(numbered(Path::new("call"), 1), Path::new("call-1"));
    }
}
