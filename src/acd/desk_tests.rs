use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::acd::{SeatProfile, SeatState};
use crate::base::QueueName;

fn at(seconds: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(seconds)
}

fn seat(id: &str, skills: &[&str], tier: Option<&str>) -> SeatProfile {
    SeatProfile {
        id: id.into(),
        name: id.into(),
        contact: format!("sip:{id}@127.0.0.1"),
        skills: skills.iter().map(|skill| ((*skill).to_owned(), 3)).collect(),
        tier: tier.map(str::to_owned),
        json_packet: false,
    }
}

fn ticket(call: &str) -> Ticket {
    Ticket {
        call: call.into(),
        queue: "general".into(),
        skills: vec!["general".into()],
        tier: None,
        priority: 0,
        max_wait: Duration::from_mins(3),
        announce: Duration::from_secs(30),
        wrap_up: Duration::from_secs(20),
    }
}

/// Runs the desk until `now`, doing what is due when it is due, and returns its orders as lines.
fn run(desk: &mut Desk, now: Mono) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some((due, _)) = desk.poll_timeout().filter(|(due, _)| *due <= now) {
        desk.handle_timeout(due);
        lines.extend(orders(desk, due));
    }
    lines
}

fn orders(desk: &mut Desk, now: Mono) -> Vec<String> {
    let seconds = now.elapsed().as_secs();
    std::iter::from_fn(|| desk.poll())
        .map(|order| match order {
            DeskOrder::Offer { call, seat } => format!("{seconds} offer {call} {}", seat.id),
            DeskOrder::Withdraw { call, seat } => format!("{seconds} withdraw {call} {seat}"),
            DeskOrder::Position { call, place } => format!("{seconds} place {call} {place}"),
            DeskOrder::NoSeat { call } => format!("{seconds} no seat {call}"),
        })
        .collect()
}

fn check(events: impl IntoIterator<Item = (u64, DeskInput)>, until: u64, expected: &[&str]) -> Desk {
    let mut desk = Desk::new(DeskRules::default());
    let mut lines = Vec::new();
    for (seconds, input) in events {
        lines.extend(run(&mut desk, at(seconds)));
        desk.handle(at(seconds), input);
        lines.extend(orders(&mut desk, at(seconds)));
    }
    lines.extend(run(&mut desk, at(until)));
    assert_eq!(lines, expected);
    desk
}

fn offered(call: &str, seat: &str, end: OfferEnd) -> DeskInput {
    DeskInput::Offered { call: call.into(), seat: seat.into(), end }
}

#[test]
fn a_caller_is_told_at_once_when_no_seat_is_there() {
    check([(1, DeskInput::Enqueue(ticket("a")))], 500, &["1 no seat a"]);
    check([(0, DeskInput::SeatUp(seat("s1", &["complaints"], None))), (1, DeskInput::Enqueue(ticket("a")))], 500, &["1 no seat a"]);
}

#[test]
fn the_seat_idle_longest_rings_first_and_the_next_when_it_does_not_answer() {
    check(
        [
            (0, DeskInput::SeatUp(seat("s2", &["general"], None))),
            (1, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (2, DeskInput::Enqueue(ticket("a"))),
            (30, offered("a", "s1", OfferEnd::Answered)),
        ],
        100,
        &["2 place a 1", "2 offer a s2", "22 withdraw a s2", "22 offer a s1"],
    );
}

#[test]
fn a_caller_not_answered_keeps_its_place_at_the_front() {
    check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (2, DeskInput::Enqueue(ticket("b"))),
            (3, offered("a", "s1", OfferEnd::Refused)),
            (40, offered("a", "s1", OfferEnd::Answered)),
        ],
        50,
        &["1 place a 1", "1 offer a s1", "2 place b 2", "31 place a 1", "32 place b 2", "33 offer a s1"],
    );
}

#[test]
fn the_tier_asked_for_comes_before_the_longest_idle() {
    let mut wanted = ticket("a");
    wanted.tier = Some("senior".into());
    check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (5, DeskInput::SeatUp(seat("s2", &["general"], Some("senior")))),
            (6, DeskInput::Enqueue(wanted.clone())),
            (7, offered("a", "s2", OfferEnd::Answered)),
            (8, DeskInput::Enqueue(Ticket { call: "b".into(), ..wanted })),
        ],
        9,
        &["6 place a 1", "6 offer a s2", "8 place b 1", "8 offer b s1"],
    );
}

#[test]
fn priority_goes_before_who_came_first() {
    let urgent = Ticket { priority: 5, ..ticket("c") };
    check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (2, offered("a", "s1", OfferEnd::Answered)),
            (3, DeskInput::Enqueue(ticket("b"))),
            (4, DeskInput::Enqueue(urgent)),
            (10, DeskInput::Released { call: "a".into(), seat: "s1".into() }),
        ],
        31,
        &["1 place a 1", "1 offer a s1", "3 place b 1", "4 place c 1", "30 offer c s1"],
    );
}

#[test]
fn a_seat_has_time_for_its_notes() {
    let desk = check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (2, offered("a", "s1", OfferEnd::Answered)),
            (60, DeskInput::Released { call: "a".into(), seat: "s1".into() }),
        ],
        70,
        &["1 place a 1", "1 offer a s1"],
    );
    assert_eq!(desk.snapshot(at(70)).seats[0].state, SeatState::WrapUp);
    assert_eq!(desk.poll_timeout(), Some((at(80), Why::WrapUp)));
}

#[test]
fn a_caller_who_leaves_stops_the_ringing_and_the_seat_keeps_its_turn() {
    let desk = check(
        [(0, DeskInput::SeatUp(seat("s1", &["general"], None))), (1, DeskInput::Enqueue(ticket("a"))), (5, DeskInput::Leave("a".into()))],
        100,
        &["1 place a 1", "1 offer a s1", "5 withdraw a s1"],
    );
    assert_eq!(desk.snapshot(at(100)).seats[0].state, SeatState::Idle);
    assert_eq!(desk.poll_timeout(), None);
}

#[test]
fn nobody_waits_longer_than_the_longest_wait_unless_a_seat_rings() {
    let short = |call: &str| Ticket { max_wait: Duration::from_secs(10), announce: Duration::ZERO, ..ticket(call) };
    check(
        [(0, DeskInput::SeatUp(seat("s1", &["general"], None))), (1, DeskInput::Enqueue(short("a"))), (1, DeskInput::Enqueue(short("b")))],
        100,
        &["1 place a 1", "1 offer a s1", "1 place b 2", "11 no seat b", "21 withdraw a s1", "21 no seat a"],
    );
}

#[test]
fn the_last_seat_that_leaves_sends_those_who_wait_away_but_its_call_goes_on() {
    let desk = check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (2, offered("a", "s1", OfferEnd::Answered)),
            (3, DeskInput::Enqueue(ticket("b"))),
            (4, DeskInput::SeatDown("s1".into())),
            (5, DeskInput::Enqueue(ticket("c"))),
        ],
        6,
        &["1 place a 1", "1 offer a s1", "3 place b 1", "4 no seat b", "5 no seat c"],
    );
    assert_eq!(desk.snapshot(at(6)).seats[0].state, SeatState::Talking { call: "a".into() });
}

#[test]
fn an_answer_that_crosses_its_withdrawal_counts() {
    let desk = check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (0, DeskInput::SeatUp(seat("s2", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (21, offered("a", "s1", OfferEnd::Answered)),
        ],
        22,
        &["1 place a 1", "1 offer a s1", "21 withdraw a s1", "21 offer a s2", "21 withdraw a s2"],
    );
    let states: Vec<SeatState> = desk.snapshot(at(22)).seats.into_iter().map(|seat| seat.state).collect();
    assert_eq!(states, [SeatState::Talking { call: "a".into() }, SeatState::Idle]);
}

#[test]
fn the_snapshot_shows_who_waits_how_long_and_who_rings() {
    let desk = check(
        [
            (0, DeskInput::SeatUp(seat("s1", &["general"], None))),
            (1, DeskInput::Enqueue(ticket("a"))),
            (2, DeskInput::Enqueue(ticket("b"))),
        ],
        3,
        &["1 place a 1", "1 offer a s1", "2 place b 2"],
    );
    let queues = desk.snapshot(at(5)).queues;
    assert_eq!(queues.len(), 1);
    assert_eq!(queues[0].queue, QueueName::from("general"));
    let waiting: Vec<_> = queues[0].waiting.iter().map(|view| (view.call.as_str(), view.place, view.waited.as_secs())).collect();
    assert_eq!(waiting, [("a", 1, 4), ("b", 2, 3)]);
    assert_eq!(queues[0].waiting[0].ringing, Some("s1".into()));
}

#[derive(Clone, Debug)]
enum Event {
    Wait(u64),
    Up(u8, u8, u8),
    Down(u8),
    Enqueue {
        call: u8,
        skill: u8,
        tier: u8,
        priority: i32,
        max_wait: u64,
    },
    Leave(u8),
    Offered(u8, u8, OfferEnd),
    /// Answers whatever offer is open first, as a seat would.
    End(OfferEnd),
    Released(u8, u8),
    Release,
}

fn event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![Just(OfferEnd::Answered), Just(OfferEnd::Refused), Just(OfferEnd::Unreachable)];
    prop_oneof![
        4 => (0_u64..40).prop_map(Event::Wait),
        3 => (0_u8..4, 1_u8..4, 0_u8..3).prop_map(|(seat, skills, tier)| Event::Up(seat, skills, tier)),
        1 => (0_u8..4).prop_map(Event::Down),
        5 => (0_u8..12, 0_u8..3, 0_u8..3, 0..3_i32, 0_u64..120)
            .prop_map(|(call, skill, tier, priority, max_wait)| Event::Enqueue { call, skill, tier, priority, max_wait }),
        1 => (0_u8..12).prop_map(Event::Leave),
        1 => (0_u8..12, 0_u8..4, end.clone()).prop_map(|(call, seat, end)| Event::Offered(call, seat, end)),
        4 => end.prop_map(Event::End),
        1 => (0_u8..12, 0_u8..4).prop_map(|(call, seat)| Event::Released(call, seat)),
        2 => Just(Event::Release),
    ]
}

fn call_id(number: u8) -> CallId {
    CallId::from(format!("c{number}").as_str())
}

fn seat_id(number: u8) -> SeatId {
    SeatId::from(format!("s{number}"))
}

fn tier(number: u8) -> Option<&'static str> {
    [None, Some("gold"), Some("senior")][usize::from(number)]
}

/// What the desk's own orders and the facts it was given say about who has whom.
#[derive(Default)]
struct Watched {
    waiting: BTreeSet<CallId>,
    ringing: BTreeMap<SeatId, CallId>,
}

impl Watched {
    fn see(&mut self, order: &DeskOrder) {
        match order {
            DeskOrder::Offer { call, seat } => {
                assert!(self.waiting.contains(call), "an offer for {call}, who does not wait");
                assert!(self.ringing.values().all(|ringing| ringing != call), "{call} is offered twice");
                assert!(self.ringing.insert(seat.id.clone(), call.clone()).is_none(), "{} rings twice", seat.id);
            }
            DeskOrder::Withdraw { call, seat } => assert_eq!(self.ringing.remove(seat), Some(call.clone())),
            DeskOrder::Position { call, place } => assert!(self.waiting.contains(call) && *place > 0),
            DeskOrder::NoSeat { call } => {
                assert!(self.waiting.remove(call), "{call} is sent away but does not wait");
                assert!(self.ringing.values().all(|ringing| ringing != call));
            }
        }
    }
}

fn play(events: &[Event]) -> Vec<DeskOrder> {
    let mut desk = Desk::new(DeskRules::default());
    let mut watched = Watched::default();
    let mut now = Mono::ZERO;
    let mut all = Vec::new();
    let after = |desk: &mut Desk, watched: &mut Watched, now: Mono, all: &mut Vec<DeskOrder>| {
        while let Some(order) = desk.poll() {
            watched.see(&order);
            all.push(order);
        }
        assert!(desk.poll_timeout().is_none_or(|(due, _)| due > now), "a timer is due at or before now");
        for waiter in desk.line.waiters().iter().filter(|waiter| waiter.ringing.is_none()) {
            assert!(!desk.seats.an_idle_seat_for(&waiter.ticket), "a seat is idle while {} waits", waiter.ticket.call);
        }
        let waiting: BTreeSet<CallId> = desk.line.waiters().iter().map(|waiter| waiter.ticket.call.clone()).collect();
        assert_eq!(waiting, watched.waiting);
        let mut had = BTreeSet::new();
        for view in desk.seats.views() {
            match view.state {
                SeatState::Ringing { call } => {
                    assert_eq!(watched.ringing.get(&view.seat), Some(&call));
                    assert!(had.insert(call), "a call has two seats");
                }
                SeatState::Talking { call } => assert!(had.insert(call), "a call has two seats"),
                SeatState::Idle | SeatState::WrapUp | SeatState::Paused => {}
            }
        }
    };
    for event in events {
        let input = match event {
            Event::Wait(seconds) => {
                let until = now + Duration::from_secs(*seconds);
                while let Some((due, _)) = desk.poll_timeout().filter(|(due, _)| *due <= until) {
                    now = due;
                    desk.handle_timeout(now);
                    after(&mut desk, &mut watched, now, &mut all);
                }
                now = until;
                continue;
            }
            Event::Up(number, skills, tier_of) => {
                let skills: Vec<&str> = ["general", "complaints"]
                    .into_iter()
                    .enumerate()
                    .filter(|(bit, _)| skills >> bit & 1 == 1)
                    .map(|(_, skill)| skill)
                    .collect();
                DeskInput::SeatUp(seat(seat_id(*number).as_str(), &skills, tier(*tier_of)))
            }
            Event::Down(number) => {
                // A seat that rings goes: its offer is withdrawn by an order.
                DeskInput::SeatDown(seat_id(*number))
            }
            Event::Enqueue { call, skill, tier: tier_of, priority, max_wait } => {
                let id = call_id(*call);
                if !desk.seats.has_call(&id) {
                    watched.waiting.insert(id.clone());
                }
                DeskInput::Enqueue(Ticket {
                    call: id,
                    skills: [vec![], vec!["general".to_owned()], vec!["complaints".to_owned()]][usize::from(*skill)].clone(),
                    tier: tier(*tier_of).map(str::to_owned),
                    priority: *priority,
                    max_wait: Duration::from_secs(*max_wait),
                    ..ticket("")
                })
            }
            Event::Leave(number) => {
                watched.waiting.remove(&call_id(*number));
                DeskInput::Leave(call_id(*number))
            }
            Event::Offered(call, seat, end) => DeskInput::Offered { call: call_id(*call), seat: seat_id(*seat), end: *end },
            Event::End(end) => match watched.ringing.iter().next() {
                Some((seat, call)) => DeskInput::Offered { call: call.clone(), seat: seat.clone(), end: *end },
                None => continue,
            },
            Event::Released(call, seat) => DeskInput::Released { call: call_id(*call), seat: seat_id(*seat) },
            Event::Release => match desk.seats.views().into_iter().find_map(|view| match view.state {
                SeatState::Talking { call } => Some((call, view.seat)),
                _ => None,
            }) {
                Some((call, seat)) => DeskInput::Released { call, seat },
                None => continue,
            },
        };
        let ended = if let DeskInput::Offered { call, seat, end } = &input { Some((call.clone(), seat.clone(), *end)) } else { None };
        desk.handle(now, input);
        if let Some((call, seat, end)) = ended {
            let talks = desk.seats.views().iter().any(|view| view.seat == seat && view.state == SeatState::Talking { call: call.clone() });
            if talks {
                watched.waiting.remove(&call);
            }
            if (talks || end != OfferEnd::Answered) && watched.ringing.get(&seat) == Some(&call) {
                watched.ringing.remove(&seat);
            }
        }
        after(&mut desk, &mut watched, now, &mut all);
    }
    // Left to itself, the desk lets nobody wait for ever.
    while let Some((due, why)) = desk.poll_timeout() {
        if watched.waiting.is_empty() {
            break;
        }
        assert!(due <= now + Duration::from_hours(1), "somebody waits for ever: {why:?}");
        desk.handle_timeout(due);
        after(&mut desk, &mut watched, due, &mut all);
    }
    assert!(watched.waiting.is_empty());
    all
}

proptest! {
    #[test]
    fn whatever_happens_each_seat_has_one_call_and_each_caller_an_end(events in prop::collection::vec(event(), 0..120)) {
        prop_assert_eq!(play(&events), play(&events));
    }
}
