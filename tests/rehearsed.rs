//! Whole calls in virtual time: the real dialplan, walk, call, desk and ears; scripted people, simulated network, faked systems.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bellhop::acd::{DeskInput, OfferEnd, SeatProfile, SeatState, Ticket};
use bellhop::base::Rng;
use bellhop::call::{CallLimits, EndCause, Fact, Speaker};
use bellhop::dialplan::Dialplan;
use bellhop::intent::Matcher;
use bellhop::ivr::{LookupOutcome, matcher_for};
use bellhop::rehearsal::{Fake, Network, Offered, Outcome, Script, SeatScript, Step, Voice, rehearse};
use proptest::prelude::*;
use serde_json::json;

const HOTLINE: &str = r#"
dialplan: 1
name: 优选母婴
language: zh
numbers: ["8001"]
start: [{play: notice}, {play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}}
silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}
prompts:
  notice: {say: 本次通话可能会被录音。, interrupt: never}
  welcome: 您好，优选母婴，请问有什么可以帮您？
slots:
  order_number: {type: digits, length: 8..12, ask: 麻烦您报一下订单号。, keypad: true}
sources:
  shop: {url: "http://127.0.0.1:9", timeout: 800ms}
intents:
  order_status: {examples: [我要查订单, 查一下我的订单, 我的快递到哪了], go: order_status}
  human: {examples: [转人工, 找个真人], transfer: {queue: general, reason: asked}}
flows:
  order_status:
    - collect: order_number
    - lookup: shop
      get: "/orders/{{ order_number }}"
      as: order
      not_found: [{say: 没有查到这个订单号。}, {again: order_number}]
      failed: [{transfer: {queue: general, reason: lookup_failed}}]
    - choose:
        - when: order.state == "shipped"
          do: [{say: 您的订单已发货。}]
        - otherwise: [{say: 您的订单正在处理。}]
    - ask: 还有其他可以帮您的吗？
handover: {misunderstood: 2}
routes: [{queue: general}]
queues:
  general: {skills: [general], announce: 30s, max_wait: 2m, overflow: callback, wrap_up: 20s}
"#;

struct Hotline {
    plan: Arc<Dialplan>,
    matcher: Arc<Matcher>,
}

static THE_HOTLINE: LazyLock<Hotline> = LazyLock::new(|| {
    let plan = Dialplan::load("hotline.yaml", HOTLINE, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
    Hotline { matcher: Arc::new(matcher_for(&plan)), plan: Arc::new(plan) }
});

fn run(script: &Script) -> Outcome {
    rehearse(&THE_HOTLINE.plan, &THE_HOTLINE.matcher, script)
}

/// Fails with the whole call.
macro_rules! ensure {
    ($outcome:expr, $condition:expr) => {
        assert!($condition, "{}\n{}", stringify!($condition), $outcome.log.join("\n"))
    };
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn profile(id: &str) -> SeatProfile {
    SeatProfile {
        id: id.into(),
        name: format!("{id}号席"),
        contact: format!("sip:{id}@127.0.0.1:5070"),
        skills: [("general".to_owned(), 3)].into(),
        tier: None,
        json_packet: true,
    }
}

fn seat(id: &str, offers: Vec<Offered>) -> SeatScript {
    SeatScript { profile: profile(id), offers }
}

fn helpful_seat(id: &str) -> SeatScript {
    let then = vec![Step::Wait(ms(500)), Step::says("您好我是一号席"), Step::hears("谢谢"), Step::Wait(ms(400)), Step::says("不客气再见")];
    seat(id, vec![Offered::Answers { after: seconds(3), then }])
}

fn orders() -> Vec<Fake> {
    let fake = |request: &str, outcome| Fake { source: "shop".to_owned(), request: request.to_owned(), outcome, after: ms(120) };
    vec![
        fake("GET /orders/12345678", Some(LookupOutcome::Found(json!({"state": "shipped"})))),
        fake("GET /orders/50000000", Some(LookupOutcome::Failed("500".to_owned()))),
        fake("GET /orders/99999999", None),
        fake("GET /orders/*", Some(LookupOutcome::NotFound)),
    ]
}

fn steps(steps: impl IntoIterator<Item = Vec<Step>>) -> Vec<Step> {
    steps.into_iter().flatten().collect()
}

fn call(caller: Vec<Step>) -> Script {
    Script { caller, sources: orders(), seats: vec![helpful_seat("1001")], ..Script::default() }
}

/// Says a number, as it is heard.
fn says_number(number: &str) -> Step {
    Step::says(number)
}

fn asks_for_order() -> Vec<Step> {
    vec![Step::hears("可以帮您"), Step::Wait(ms(600)), Step::says("我要查订单"), Step::hears("订单号"), Step::Wait(ms(400))]
}

fn asks_for_person() -> Vec<Step> {
    vec![Step::hears("可以帮您"), Step::Wait(ms(600)), Step::says("转人工")]
}

#[test]
fn an_order_is_looked_up_by_voice_and_the_call_ends_politely() {
    let outcome = run(&call(steps([
        asks_for_order(),
        vec![
            says_number("一二三四五六七八"),
            Step::hears("已发货"),
            Step::hears("还有其他"),
            Step::Wait(ms(500)),
            Step::says("没有了"),
            Step::hears("再见"),
        ],
    ])));
    ensure!(outcome, outcome.ended == Some(EndCause::RobotHungUp));
    ensure!(outcome, outcome.left_nothing_behind() && outcome.steps_left == 0);
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Intent { name, .. } if name == "order_status")) == 1);
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Slot { value, .. } if value == "12345678")) == 1);
    ensure!(
        outcome,
        outcome.count(|fact| matches!(fact, Fact::LookedUp { outcome, took, .. } if outcome == "found" && *took == ms(120))) == 1
    );
    ensure!(outcome, outcome.said(Speaker::Caller).eq(["我要查订单", "一二三四五六七八", "没有了"]));
}

#[test]
fn an_order_is_looked_up_by_keypad() {
    let outcome = run(&call(steps([
        asks_for_order(),
        Step::presses("12345678#").collect(),
        vec![Step::hears("已发货"), Step::hears("还有其他"), Step::HangsUp],
    ])));
    ensure!(outcome, outcome.ended == Some(EndCause::CallerHungUp) && outcome.left_nothing_behind());
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Keys(keys) if keys == "12345678#")) == 1);
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Slot { value, .. } if value == "12345678")) == 1);
}

#[test]
fn the_greeting_begins_with_the_first_tick_and_the_notice_begins_the_recording() {
    let outcome = run(&call(vec![Step::hears("可以帮您"), Step::HangsUp]));
    ensure!(outcome, outcome.log.iter().any(|line| line.contains("0.020 robot   begins 「本次通话")));
    ensure!(outcome, outcome.recordings == 1);
    let records = outcome.log.iter().position(|line| line.ends_with("records"));
    let noticed = outcome.log.iter().position(|line| line.contains("robot   「本次通话"));
    ensure!(outcome, noticed.is_some() && records > noticed);
}

#[test]
fn without_the_whole_notice_nothing_is_recorded() {
    let outcome = run(&Script { hang_up_at: Some(ms(900)), ..call(vec![]) });
    ensure!(outcome, outcome.recordings == 0 && outcome.left_nothing_behind());
    ensure!(
        outcome,
        outcome.count(|fact| matches!(fact, Fact::Said { cut: true, text, .. } if "本次通话可能会被录音。".starts_with(text))) == 1
    );
    let voice = Voice { fails_on: vec!["录音".to_owned()], ..Voice::default() };
    let outcome = run(&Script { voice, ..call(vec![Step::hears("可以帮您"), Step::HangsUp]) });
    ensure!(outcome, outcome.recordings == 0 && outcome.steps_left == 0);
}

#[test]
fn a_caller_who_barges_in_stops_the_prompt_and_is_heard() {
    let outcome = run(&call(steps([vec![
        Step::begins("您好"),
        Step::Wait(ms(800)),
        Step::says("我要查订单"),
        Step::hears("订单号"),
        Step::HangsUp,
    ]])));
    ensure!(outcome, outcome.steps_left == 0);
    let logged = |what: fn(&str) -> bool| outcome.log.iter().find(|line| what(line)).map(|line| line[..8].trim().parse::<f64>());
    let spoke = logged(|line| line.contains("says 「我要查订单」"));
    let cut = logged(|line| line.contains("「您好") && line.ends_with(", cut)"));
    let (Some(Ok(spoke)), Some(Ok(cut))) = (spoke, cut) else { panic!("not cut:\n{}", outcome.log.join("\n")) };
    let stopped_after = cut - spoke;
    ensure!(outcome, (0.04..=0.2).contains(&stopped_after));
    let heard = outcome.said(Speaker::Robot).find(|text| text.starts_with("您好")).unwrap_or_default();
    ensure!(outcome, heard.chars().count() >= 4 && heard.chars().count() < 12);
}

#[test]
fn a_notice_is_not_cut_by_voice_or_key() {
    let outcome = run(&call(steps([
        vec![Step::begins("本次通话"), Step::Wait(ms(200)), Step::says("喂喂"), Step::Wait(ms(100))],
        Step::presses("5").collect(),
        vec![Step::hears("可以帮您"), Step::HangsUp],
    ])));
    ensure!(outcome, outcome.recordings == 1);
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Said { text, cut: false, .. } if text == "本次通话可能会被录音。")) == 1);
}

#[test]
fn a_caller_who_says_nothing_is_asked_twice_and_handed_to_a_person() {
    let outcome = run(&call(vec![Step::hears("您好我是一号席"), Step::HangsUp]));
    ensure!(outcome, outcome.ended == Some(EndCause::CallerHungUp) && outcome.left_nothing_behind() && outcome.steps_left == 0);
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::Queued { reason, .. } if reason == "silence")) == 1);
    ensure!(outcome, outcome.said(Speaker::Robot).filter(|text| text.contains("没有听到")).count() == 2);
    ensure!(outcome, outcome.packets[0].reason == "silence");
}

#[test]
fn a_caller_not_understood_twice_is_handed_to_a_person() {
    let mumbles = |text| Step::heard_as(text, &[]);
    let outcome = run(&call(vec![
        Step::hears("可以帮您"),
        Step::Wait(ms(500)),
        mumbles("呜呜呜呜"),
        Step::hears("再说一遍"),
        Step::Wait(ms(500)),
        mumbles("哇哇哇哇"),
        Step::hears("您好我是一号席"),
        Step::HangsUp,
    ]));
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
    ensure!(outcome, outcome.packets.len() == 1 && outcome.packets[0].reason == "misunderstood");
}

#[test]
fn an_unknown_order_is_asked_for_again() {
    let outcome = run(&call(steps([
        asks_for_order(),
        Step::presses("11112222#").collect(),
        vec![
            Step::hears("没有查到"),
            Step::hears("订单号"),
            Step::Wait(ms(300)),
            says_number("一二三四五六七八"),
            Step::hears("已发货"),
            Step::HangsUp,
        ],
    ])));
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::LookedUp { outcome, .. } if outcome == "not_found")) == 1);
}

#[test]
fn a_broken_or_dead_system_is_admitted_and_a_person_offered_within_two_seconds() {
    for number in ["50000000", "99999999"] {
        let outcome = run(&call(steps([
            asks_for_order(),
            Step::presses(&format!("{number}#")).collect(),
            vec![Step::hears("一号席"), Step::HangsUp],
        ])));
        ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
        ensure!(outcome, outcome.packets.len() == 1 && outcome.packets[0].reason == "lookup_failed");
        let keyed = outcome.when(|fact| matches!(fact, Fact::Slot { .. })).unwrap_or_default();
        let offer = outcome.log.iter().find(|line| line.contains("begins") && (line.contains("转接") || line.contains("抱歉")));
        let offered = offer.and_then(|line| line[..8].trim().parse::<f64>().ok()).unwrap_or(f64::MAX);
        ensure!(outcome, offered - keyed.as_secs_f64() <= 2.0);
    }
}

#[test]
fn a_seat_has_everything_before_it_answers_and_both_are_transcribed() {
    let outcome = run(&call(steps([
        asks_for_order(),
        vec![
            says_number("一二三四五六七八"),
            Step::hears("还有其他"),
            Step::Wait(ms(500)),
            Step::says("转人工"),
            Step::hears("一号席"),
            Step::Wait(ms(500)),
        ],
        vec![Step::says("我的手机号是13912345678谢谢"), Step::hears("不客气"), Step::HangsUp],
    ])));
    ensure!(outcome, outcome.ended == Some(EndCause::CallerHungUp) && outcome.left_nothing_behind() && outcome.steps_left == 0);
    let packet = &outcome.packets[0];
    ensure!(outcome, packet.reason == "asked" && packet.queue == "general" && packet.hotline == "优选母婴" && packet.mood == "calm");
    ensure!(outcome, packet.caller == "138****0000");
    ensure!(outcome, packet.slots.get("order_number").and_then(|value| value.as_str()) == Some("12345678"));
    let turns: Vec<(&str, &str)> = packet.transcript.iter().map(|turn| (turn.who.as_str(), turn.text.as_str())).collect();
    for turn in
        [("robot", "您好，优选母婴，请问有什么可以帮您？"), ("caller", "我要查订单"), ("robot", "您的订单已发货。"), ("caller", "转人工")]
    {
        ensure!(outcome, turns.contains(&turn));
    }
    ensure!(outcome, packet.transcript.windows(2).all(|pair| pair[0].t <= pair[1].t));
    ensure!(outcome, outcome.said(Speaker::Seat).eq(["您好我是一号席", "不客气再见"]));
    ensure!(outcome, outcome.said(Speaker::Caller).any(|text| text == "我的手机号是139****5678谢谢"));
    ensure!(outcome, outcome.facts.iter().all(|stamped| !format!("{:?}", stamped.fact).contains("13912345678")));
    ensure!(outcome, outcome.said(Speaker::Robot).any(|text| text.contains("您是下一位")));
}

#[test]
fn without_a_seat_the_caller_is_told_and_asked_for_a_callback() {
    let caller = steps([asks_for_person(), vec![Step::hears("回电"), Step::Wait(ms(500)), Step::says("好的"), Step::hears("再见")]]);
    let outcome = run(&Script { seats: vec![], ..call(caller) });
    ensure!(outcome, outcome.steps_left == 0 && outcome.ended == Some(EndCause::RobotHungUp) && outcome.left_nothing_behind());
    ensure!(outcome, outcome.count(|fact| matches!(fact, Fact::CallbackPromised { .. })) == 1);
}

#[test]
fn a_caller_for_whom_no_seat_becomes_free_is_asked_for_a_callback() {
    let ticket = Ticket {
        call: "before".into(),
        queue: "general".into(),
        skills: vec!["general".to_owned()],
        tier: None,
        priority: 0,
        max_wait: seconds(600),
        announce: seconds(30),
        wrap_up: seconds(20),
    };
    let taken = DeskInput::Offered { call: "before".into(), seat: "1001".into(), end: OfferEnd::Answered };
    let caller = steps([asks_for_person(), vec![Step::hears("回电"), Step::Wait(ms(500)), Step::says("不用了"), Step::hears("再见")]]);
    let outcome = run(&Script { desk_before: vec![DeskInput::Enqueue(ticket), taken], ..call(caller) });
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
    ensure!(outcome, outcome.said(Speaker::Robot).filter(|text| text.contains("下一位")).count() == 4);
    ensure!(outcome, outcome.desk.seats[0].state == SeatState::Talking { call: "before".into() });
}

#[test]
fn a_seat_that_never_answers_is_left_alone_and_the_next_one_rings() {
    let seats = vec![seat("1001", vec![Offered::NeverAnswers]), helpful_seat("1002")];
    let caller = steps([asks_for_person(), vec![Step::hears("一号席"), Step::HangsUp]]);
    let outcome = run(&Script { seats, ..call(caller) });
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
    let offered: Vec<Duration> =
        outcome.facts.iter().filter(|stamped| matches!(stamped.fact, Fact::Offered(_))).map(|stamped| stamped.at).collect();
    ensure!(outcome, offered.len() == 2 && offered[1].checked_sub(offered[0]).unwrap() == seconds(20));
    ensure!(outcome, outcome.packets[1].waited_s == 20);
}

#[test]
fn seats_that_refuse_or_cannot_be_reached_do_not_lose_the_caller() {
    let seats =
        vec![seat("1001", vec![Offered::Refuses { after: seconds(2) }]), seat("1002", vec![Offered::IsUnreachable]), helpful_seat("1003")];
    let outcome = run(&Script { seats, ..call(steps([asks_for_person(), vec![Step::hears("一号席"), Step::HangsUp]])) });
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind() && outcome.packets.len() == 3);
}

#[test]
fn a_seat_that_hangs_up_leaves_the_caller_with_a_goodbye() {
    let then = vec![Step::Wait(ms(300)), Step::says("已经处理好了"), Step::Wait(seconds(1)), Step::HangsUp];
    let seats = vec![seat("1001", vec![Offered::Answers { after: seconds(1), then }])];
    let outcome =
        run(&Script { seats, ..call(steps([asks_for_person(), vec![Step::hears("已经处理好了"), Step::hears("再见")]])) });
    ensure!(outcome, outcome.ended == Some(EndCause::SeatHungUp) && outcome.left_nothing_behind() && outcome.steps_left == 0);
    ensure!(outcome, outcome.desk.seats[0].state == SeatState::WrapUp);
}

/// A call through every state: notice, greeting, question, lookup, queue, a seat that rings in vain, one that answers, the talk.
fn whole_call() -> Script {
    let caller = steps([
        asks_for_order(),
        vec![
            says_number("一二三四五六七八"),
            Step::hears("还有其他"),
            Step::Wait(ms(500)),
            Step::says("转人工"),
            Step::hears("一号席"),
            Step::Wait(ms(500)),
        ],
        vec![Step::says("谢谢"), Step::hears("不客气"), Step::HangsUp],
    ]);
    Script { seats: vec![seat("1001", vec![Offered::Refuses { after: seconds(2) }]), helpful_seat("1002")], ..call(caller) }
}

#[test]
fn whenever_the_caller_hangs_up_nothing_is_left_behind() {
    let whole = run(&whole_call());
    ensure!(whole, whole.steps_left == 0 && whole.left_nothing_behind());
    let lasted = whole.facts.last().map(|stamped| stamped.at).unwrap_or_default();
    let mut causes = Vec::new();
    for cut in (0..).map(|count| ms(200 * count)).take_while(|cut| *cut < lasted) {
        let outcome = run(&Script { hang_up_at: Some(cut), ..whole_call() });
        ensure!(outcome, outcome.left_nothing_behind());
        ensure!(outcome, outcome.facts.last().map(|stamped| stamped.at) == Some(cut));
        causes.extend(outcome.ended);
    }
    assert!(causes.len() > 80 && causes.contains(&EndCause::Abandoned) && causes.contains(&EndCause::CallerHungUp));
}

#[test]
fn a_caller_who_is_no_longer_heard_is_given_up_in_every_state() {
    for wait in [1, 5, 9, 15, 22, 27] {
        let caller = steps([vec![Step::Wait(seconds(wait)), Step::GoesDeaf]]);
        let limits = CallLimits { deaf: seconds(3), ..CallLimits::default() };
        let outcome = run(&Script { limits, ..call(caller) });
        ensure!(outcome, outcome.ended == Some(EndCause::CallerLost) && outcome.left_nothing_behind());
        ensure!(
            outcome,
            outcome.facts.last().is_some_and(|stamped| stamped.at >= seconds(wait + 3) && stamped.at <= seconds(wait + 3) + ms(40))
        );
    }
}

#[test]
fn a_call_has_a_longest_length() {
    let limits = CallLimits { longest: seconds(12), ..CallLimits::default() };
    let outcome = run(&Script { limits, ..call(vec![]) });
    ensure!(outcome, outcome.ended == Some(EndCause::Failed) && outcome.left_nothing_behind());
    ensure!(outcome, outcome.facts.last().map(|stamped| stamped.at) == Some(seconds(12)));
}

#[test]
fn a_voice_that_fails_or_hangs_never_leaves_dead_air() {
    let broken = Voice { hangs_on: vec!["您好，优选".to_owned()], fails_on: vec!["麻烦您报".to_owned()], ..Voice::default() };
    let caller = vec![
        Step::hears("录音"),
        Step::Wait(seconds(2)),
        Step::says("我要查订单"),
        Step::Wait(seconds(1)),
        Step::says("一二三四五六七八"),
        Step::hears("已发货"),
        Step::HangsUp,
    ];
    let outcome = run(&Script { voice: broken, ..call(caller) });
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
    let slow = Voice { after: ms(900), ..Voice::default() };
    let outcome = run(&Script { voice: slow, ..whole_call() });
    ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
}

#[test]
fn jitter_loss_and_reordering_do_not_change_what_is_understood() {
    let network = Network::Rtp { delay: ms(30), jitter: ms(45), loss: 0.03 };
    for seed in 1..=5 {
        let outcome = run(&Script { network, seed, ..whole_call() });
        ensure!(outcome, outcome.steps_left == 0 && outcome.left_nothing_behind());
        ensure!(outcome, outcome.said(Speaker::Caller).eq(["我要查订单", "一二三四五六七八", "转人工", "谢谢"]));
        let by_key = steps([asks_for_order(), Step::presses("12345678#").collect(), vec![Step::hears("已发货"), Step::HangsUp]]);
        let outcome = run(&Script { network, seed, ..call(by_key) });
        ensure!(outcome, outcome.steps_left == 0 && outcome.count(|fact| matches!(fact, Fact::Keys(keys) if keys == "12345678#")) == 1);
    }
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let network = Network::Rtp { delay: ms(20), jitter: ms(60), loss: 0.1 };
    let log = |seed| run(&Script { network, seed, ..whole_call() }).log;
    assert_eq!(log(7), log(7));
    assert_ne!(log(7), log(8));
}

fn any_step() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![
        (0_u64..4000).prop_map(|wait| vec![Step::Wait(ms(wait))]),
        Just(vec![Step::says("我要查订单")]),
        Just(vec![Step::says("转人工")]),
        Just(vec![Step::says("一二三四五六七八")]),
        Just(vec![Step::heard_as("呜呜", &[])]),
        Just(vec![Step::heard_as("好", &[("好", 0.4), ("号", 0.3)])]),
        "[0-9#*]{1,9}".prop_map(|keys| Step::presses(&keys).collect()),
        Just(vec![Step::GoesDeaf]),
        Just(vec![Step::HangsUp]),
    ]
}

fn any_offer() -> impl Strategy<Value = Offered> {
    prop_oneof![
        (0_u64..25).prop_map(|after| Offered::Answers {
            after: seconds(after),
            then: vec![Step::Wait(seconds(2)), Step::says("再见"), Step::HangsUp]
        }),
        (0_u64..25).prop_map(|after| Offered::Refuses { after: seconds(after) }),
        Just(Offered::NeverAnswers),
        Just(Offered::IsUnreachable),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_do_the_call_ends_and_the_robot_is_never_long_silent(
        caller in prop::collection::vec(any_step(), 0..8),
        offers in prop::collection::vec(prop::collection::vec(any_offer(), 1..3), 0..3),
        seed in 0_u64..1000,
        hang_up_at in prop::option::of(0_u64..60_000),
    ) {
        let seats = offers.into_iter().enumerate().map(|(number, offers)| seat(&format!("100{number}"), offers)).collect();
        let voice = Voice { after: ms(Rng::seeded(seed).below(3) * 200), ..Voice::default() };
        let limits = CallLimits { longest: seconds(300), ..CallLimits::default() };
        let script = Script { seats, seed, voice, limits, hang_up_at: hang_up_at.map(ms), ..call(steps(caller)) };
        let outcome = run(&script);
        prop_assert!(outcome.left_nothing_behind(), "{}", outcome.log.join("\n"));
        prop_assert!(outcome.longest_silence <= seconds(9), "{:?}\n{}", outcome.longest_silence, outcome.log.join("\n"));
        prop_assert_eq!(outcome.log, run(&script).log);
    }
}
