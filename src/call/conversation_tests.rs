use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::acd::{OfferEnd, SeatProfile};
use crate::base::{Key, LookupId, SeatId, TICK, UtteranceId, Wall};
use crate::call::ear::tests::Deaf;
use crate::call::{EndCause, SeatFailure};
use crate::ivr::{LookupOutcome, matcher_for};
use crate::speech::{Hearing, Hypothesis, SpeakError};

const PLAN: &str = r#"
dialplan: 1
name: 测试
language: zh
numbers: ["*"]
start: [{play: notice}, {play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}}
prompts:
  notice: {say: 本次通话可能会被录音。, interrupt: never}
  welcome: 您好，请问有什么可以帮您？
slots:
  order_number: {type: digits, length: 8, ask: 订单号是多少？, keypad: true}
sources:
  shop: {url: "http://127.0.0.1:9", timeout: 800ms}
intents:
  order_status: {examples: [我要查订单, 查一下我的订单, 我的快递到哪了], go: order_status}
flows:
  order_status:
    - collect: order_number
    - lookup: shop
      get: "/orders/{{ order_number }}"
      as: order
    - say: 您的订单已发货。
routes: [{queue: general}]
queues:
  general: {skills: [general], announce: 30s, max_wait: 2m, overflow: callback, wrap_up: 20s}
"#;

struct Phone(VecDeque<Key>);

impl MediaLeg for Phone {
    fn hear(&mut self, _now: Mono, _into: &mut Frame8k) -> Heard {
        Heard::Decoded
    }

    fn key(&mut self) -> Option<Key> {
        self.0.pop_front()
    }

    fn say(&mut self, _now: Mono, _frame: &Frame8k) {}
}

fn seat(number: u8) -> SeatProfile {
    SeatProfile {
        id: seat_id(number),
        name: String::new(),
        contact: String::new(),
        skills: [("general".to_owned(), 1)].into(),
        tier: None,
        json_packet: false,
    }
}

fn seat_id(number: u8) -> SeatId {
    SeatId::from(format!("s{number}"))
}

/// A call and what its orders say of the world around it.
struct Watched {
    call: Call,
    now: Mono,
    phone: Phone,
    plays: Vec<PlayId>,
    queued: bool,
    busy: BTreeSet<SeatId>,
    facts: Vec<Fact>,
    records: usize,
    over: Option<EndCause>,
    hung_up_on_caller: usize,
    answered_seats: BTreeSet<SeatId>,
}

impl Watched {
    fn new() -> Self {
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
            limits: CallLimits { longest: Duration::from_mins(10), ..CallLimits::default() },
        });
        let mut watched = Self {
            call,
            now: Mono::ZERO,
            phone: Phone(VecDeque::new()),
            plays: Vec::new(),
            queued: false,
            busy: BTreeSet::new(),
            facts: Vec::new(),
            records: 0,
            over: None,
            hung_up_on_caller: 0,
            answered_seats: BTreeSet::new(),
        };
        watched.look();
        watched
    }

    fn handle(&mut self, input: CallInput) {
        match &input {
            CallInput::SeatFailed(seat, _) | CallInput::SeatHungUp(seat) => drop(self.busy.remove(seat)),
            CallInput::NoSeat => self.queued = false,
            _ => {}
        }
        self.call.handle(self.now, input);
        self.look();
    }

    fn wait(&mut self, ticks: u32) {
        for _ in 0..ticks {
            while let Some(due) = self.call.poll_timeout().filter(|due| *due <= self.now) {
                self.call.handle_timeout(self.now);
                assert!(self.call.poll_timeout().is_none_or(|again| again > self.now), "{due:?} is due again");
                self.look();
            }
            let mut legs = Legs { caller: &mut self.phone, caller_ear: &mut Deaf, seat: None };
            self.call.tick(self.now, &mut legs);
            self.look();
            self.now += TICK;
        }
    }

    fn look(&mut self) {
        while let Some(order) = self.call.poll() {
            assert_eq!(self.over, None, "an order after the end: {order:?}");
            match order {
                CallOrder::Speak { play, .. } => self.plays.push(play),
                CallOrder::Enqueue(_) => assert!(!std::mem::replace(&mut self.queued, true), "it queues twice"),
                CallOrder::LeaveQueue => self.queued = false,
                CallOrder::OfferEnded(seat, OfferEnd::Answered) => {
                    self.queued = false;
                    assert!(self.busy.contains(&seat), "a seat answered that was not rung");
                    self.answered_seats.insert(seat);
                }
                CallOrder::OfferEnded(seat, OfferEnd::Refused | OfferEnd::Unreachable) => drop(self.busy.remove(&seat)),
                CallOrder::RingSeat { seat, .. } => {
                    assert!(self.busy.is_empty(), "two seats at once");
                    self.busy.insert(seat.id);
                }
                CallOrder::HangUpSeat(seat) => drop(self.busy.remove(&seat)),
                CallOrder::ReleaseSeat(seat) => {
                    self.busy.remove(&seat);
                    assert!(self.answered_seats.remove(&seat), "a seat is released that did not talk");
                }
                CallOrder::Fact(stamped) => self.facts.push(stamped.fact),
                CallOrder::Record => self.records += 1,
                CallOrder::HangUpCaller => self.hung_up_on_caller += 1,
                CallOrder::Over { cause, .. } => self.over = Some(cause),
                CallOrder::Lookup { .. }
                | CallOrder::Send { .. }
                | CallOrder::OpenTicket { .. }
                | CallOrder::KeepPromise(_)
                | CallOrder::Remember(_) => {}
            }
        }
        let human = matches!(self.call.state(), CallState::Human(_));
        assert_eq!(human, !self.answered_seats.is_empty());
        let waits = matches!(self.call.state(), CallState::Queued | CallState::Ringing(_));
        assert!(waits == self.queued || self.over.is_some(), "{:?}", self.call.state());
    }
}

#[derive(Clone, Debug)]
enum Event {
    Wait(u32),
    Key(char),
    Input(CallInput),
    SpeakAll,
}

fn event() -> impl Strategy<Value = Event> {
    let seat_number = 0_u8..3;
    let hypothesis = |text: &str| Hypothesis { text: text.to_owned(), confidence: 0.9, words: Vec::new() };
    let hearing = prop_oneof![
        Just(Hearing::Partial(hypothesis("我要"))),
        Just(Hearing::Final(vec![hypothesis("我要查订单")])),
        Just(Hearing::Final(Vec::new())),
        Just(Hearing::Failed("broken".to_owned())),
    ];
    let failure = prop_oneof![Just(SeatFailure::Refused), Just(SeatFailure::Unreachable), Just(SeatFailure::Cancelled)];
    let input = prop_oneof![
        3 => Just(CallInput::CallerAnswered),
        1 => Just(CallInput::CallerHungUp),
        1 => Just(CallInput::CallerLost("gone".to_owned())),
        2 => (0_u32..9).prop_map(|play| CallInput::Spoken { play: PlayId(play), speech: Err(SpeakError::Late(1)) }),
        1 => (0_u32..9).prop_map(|play| CallInput::SpokenSoFar { play: PlayId(play), speech: vec![900; 1600].into() }),
        2 => (prop_oneof![Just(Leg::Caller), Just(Leg::Seat)], 0_u32..3, hearing)
            .prop_map(|(leg, utterance, hearing)| CallInput::Hearing { leg, utterance: UtteranceId(utterance), hearing }),
        2 => (0_u32..3).prop_map(|lookup| CallInput::LookedUp { lookup: LookupId(lookup), outcome: LookupOutcome::NotFound }),
        2 => (1_u32..4).prop_map(CallInput::QueuePosition),
        6 => seat_number.clone().prop_map(|number| CallInput::OfferSeat(Box::new(seat(number)))),
        3 => seat_number.clone().prop_map(|number| CallInput::WithdrawSeat(seat_id(number))),
        1 => Just(CallInput::NoSeat),
        1 => seat_number.clone().prop_map(|number| CallInput::SeatRinging(seat_id(number))),
        5 => seat_number.clone().prop_map(|number| CallInput::SeatAnswered(seat_id(number))),
        3 => (seat_number.clone(), failure).prop_map(|(number, failure)| CallInput::SeatFailed(seat_id(number), failure)),
        3 => seat_number.prop_map(|number| CallInput::SeatHungUp(seat_id(number))),
        1 => Just(CallInput::Drain),
    ];
    prop_oneof![
        4 => (0_u32..200).prop_map(Event::Wait),
        4 => prop_oneof![Just('0'), Just('5'), Just('#')].prop_map(Event::Key),
        16 => input.prop_map(Event::Input),
        3 => Just(Event::SpeakAll),
    ]
}

proptest! {
    #[test]
    fn late_doubled_and_reordered_inputs_leave_no_seat_no_queue_and_one_end(events in prop::collection::vec(event(), 0..60)) {
        let mut watched = Watched::new();
        watched.handle(CallInput::CallerAnswered);
        for event in events {
            match event {
                Event::Wait(ticks) => watched.wait(ticks),
                Event::Key(label) => watched.phone.0.extend(Key::new(label)),
                Event::Input(input) => watched.handle(input),
                Event::SpeakAll => for play in std::mem::take(&mut watched.plays) {
                    watched.handle(CallInput::Spoken { play, speech: Ok(vec![900; 8000].into()) });
                },
            }
        }
        watched.handle(CallInput::CallerHungUp);
        prop_assert!(watched.over.is_some() && *watched.call.state() == CallState::Over);
        prop_assert!(watched.busy.is_empty() && watched.answered_seats.is_empty() && !watched.queued);
        prop_assert!(watched.records <= 1 && watched.hung_up_on_caller <= 1);
        prop_assert!(matches!(watched.facts.first(), Some(Fact::Began { .. })), "it begins with its beginning");
        prop_assert_eq!(watched.facts.iter().filter(|fact| matches!(fact, Fact::Began { .. } | Fact::Ended(_))).count(), 2);
        prop_assert!(matches!(watched.facts.last(), Some(Fact::Ended(_))), "it ends with its end");
        prop_assert_eq!(watched.call.poll_timeout(), None);
    }
}

#[test]
fn a_caller_who_gives_up_before_the_answer_has_abandoned_the_call() {
    let mut watched = Watched::new();
    watched.handle(CallInput::CallerHungUp);
    assert_eq!(watched.over, Some(EndCause::Abandoned));
    assert_eq!(watched.facts.len(), 2);
}

#[test]
fn a_drain_lets_the_call_go_on_for_a_while_and_then_ends_it_politely() {
    let mut watched = Watched::new();
    watched.handle(CallInput::CallerAnswered);
    watched.handle(CallInput::Drain);
    watched.wait(50 * 29);
    assert_eq!(watched.over, None);
    watched.wait(50 * 3);
    assert_eq!(watched.over, Some(EndCause::Drained));
    assert_eq!(watched.hung_up_on_caller, 1);
}
