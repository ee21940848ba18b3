//! A steady tick of a whole call allocates nothing: while a prompt plays, while the caller listens to music, while two people talk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

use std::sync::Arc;

use bellhop::acd::SeatProfile;
use bellhop::audio::{Frame8k, Sound, SoundSource};
use bellhop::base::{Key, Mono, TICK, UtteranceId, Wall};
use bellhop::call::{Call, CallInput, CallLimits, CallOrder, CallSetup, CallState, Heard, Legs, MediaLeg};
use bellhop::dialplan::Dialplan;
use bellhop::ivr::matcher_for;
use bellhop::speech::{Recognizer, Vocabulary};

#[path = "support/allocations.rs"]
mod allocations;

const PLAN: &str = r#"
dialplan: 1
name: 测试
language: zh
numbers: ["*"]
start: [{play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}}
prompts:
  welcome: 您好，请问有什么可以帮您？
intents:
  human: {examples: [转人工, 找个真人], transfer: {queue: general, reason: asked}}
routes: [{queue: general}]
queues:
  general: {skills: [general], announce: 30s, max_wait: 2m, overflow: callback, wrap_up: 20s}
"#;

/// A far end that hums, which is sound and no voice.
struct Hum {
    sound: SoundSource,
    key: Option<Key>,
}

impl MediaLeg for Hum {
    fn hear(&mut self, _now: Mono, into: &mut Frame8k) -> Heard {
        self.sound.fill(into);
        Heard::Decoded
    }

    fn key(&mut self) -> Option<Key> {
        self.key.take()
    }

    fn say(&mut self, _now: Mono, _frame: &Frame8k) {}
}

struct Deaf;

impl Recognizer for Deaf {
    fn begin(&mut self, _utterance: UtteranceId, _vocabulary: &Arc<Vocabulary>) {}
    fn feed(&mut self, _frame: &Frame8k) {}
    fn end(&mut self) {}
    fn cancel(&mut self) {}
}

struct Running {
    call: Call,
    now: Mono,
    caller: Hum,
    seat: Hum,
}

impl Running {
    /// Runs ticks, speaks what is to be spoken, and returns how many allocations the ticks made in which nothing was ordered.
    fn run(&mut self, ticks: u32) -> u64 {
        let mut steady = 0;
        for _ in 0..ticks {
            if self.call.poll_timeout().is_some_and(|due| due <= self.now) {
                self.call.handle_timeout(self.now);
            }
            let before = allocations::so_far();
            let bridged = matches!(self.call.state(), CallState::Human(_));
            let mut deaf = Deaf;
            let seat = bridged.then_some((&mut self.seat as &mut dyn MediaLeg, &mut deaf as &mut dyn Recognizer));
            self.call.tick(self.now, &mut Legs { caller: &mut self.caller, caller_ear: &mut Deaf, seat });
            let allocated = allocations::so_far() - before;
            let mut ordered = false;
            while let Some(order) = self.call.poll() {
                ordered = true;
                if let CallOrder::Speak { play, wording } = order {
                    let speech = Ok(vec![500; 1200 * wording.text.chars().count()].into());
                    self.call.handle(self.now, CallInput::Spoken { play, speech });
                }
            }
            if !ordered {
                steady += allocated;
            }
            self.now += TICK;
        }
        steady
    }
}

#[test]
fn a_steady_tick_allocates_nothing_in_any_state() {
    let plan = Arc::new(Dialplan::load("plan.yaml", PLAN, &|_| None).expect("a good plan"));
    let call = Call::new(CallSetup {
        caller_record: serde_json::Map::new(),
        music: Arc::default(),
        id: "c".into(),
        matcher: Arc::new(matcher_for(&plan)),
        plan,
        caller_number: "13800000000".to_owned().into(),
        called: "8001".to_owned(),
        began: Wall::from_millis(0),
        now: Mono::ZERO,
        limits: CallLimits::default(),
    });
    let hum = || Hum { sound: SoundSource::new(Sound::ComfortNoise), key: None };
    let mut running = Running { call, now: Mono::ZERO, caller: hum(), seat: hum() };
    running.call.handle(running.now, CallInput::CallerAnswered);
    running.run(5);
    assert!(running.call.saying().is_some());
    assert_eq!(running.run(200), 0, "a prompt and then silence");
    running.caller.key = Key::new('0');
    running.run(250);
    assert_eq!(*running.call.state(), CallState::Queued);
    assert_eq!(running.run(500), 0, "music");
    let profile = SeatProfile {
        id: "s".into(),
        name: String::new(),
        contact: String::new(),
        skills: [("general".to_owned(), 1)].into(),
        tier: None,
        json_packet: false,
    };
    running.call.handle(running.now, CallInput::OfferSeat(Box::new(profile)));
    running.call.handle(running.now, CallInput::SeatAnswered("s".into()));
    running.run(5);
    assert_eq!(*running.call.state(), CallState::Human("s".into()));
    assert_eq!(running.run(500), 0, "two people");
}
