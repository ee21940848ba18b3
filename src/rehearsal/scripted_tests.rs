//! Scripted calls against a small hotline: what passes, and how each kind of difference is told.

use std::sync::Arc;
use std::time::Duration;

use super::scripted::{Rehearsed, SpokenTurn, rehearse_script, rehearse_script_heard, rehearse_script_with};
use super::talk::TalkWhat;
use crate::dialplan::{CallScripts, Dialplan};
use crate::ivr::{self, LookupOutcome, LookupRequest};
use crate::speech::Expected;

const PLAN: &str = r#"
dialplan: 1
name: 小店
numbers: ["8001"]
start: [{play: notice}, {play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}}
silence: {after: 5s, times: 1, then: {transfer: {queue: general, reason: silence}}}
prompts:
  notice: {say: 本次通话可能会被录音。, interrupt: never}
  welcome: 您好，小店，请问有什么可以帮您？
  hours: 我们每天九点开门。
slots:
  order_number: {type: digits, length: 8, ask: 麻烦您报一下订单号。, keypad: true}
sources:
  shop: {url: "http://127.0.0.1:9", timeout: 800ms}
intents:
  order_status: {examples: [我要查订单, 我的快递到哪了, 查一下物流], go: order_status}
  hours: {examples: [你们几点开门, 营业时间, 几点上班], play: hours}
  photo: {examples: [把链接发给我, 发一个短信, 短信发给我], do: [{send: "https://example.com/photo", failed: [{say: 短信没有发出去。}]}, {say: 好的。}]}
  human: {examples: [转人工, 人工客服, 找个真人], transfer: {queue: general, reason: asked}}
flows:
  order_status:
    - collect: order_number
    - lookup: shop
      get: "/orders/{{ order_number }}"
      as: order
      meanwhile: 正在为您查询，请稍等。
      not_found: [{say: 没有查到这个订单号。}, {again: order_number}]
    - say: "您的订单{{ order.state }}。"
    - ask: 还有其他可以帮您的吗？
queues: {general: {overflow: callback}}
"#;

fn run(script: &str) -> Rehearsed {
    let plan = Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
    let text = format!("version: 1\ndefaults: {{from: \"13800000000\", at: \"2026-11-11 10:00\"}}\ncalls:\n{script}");
    let scripts = CallScripts::load("shop.calls.yaml", &text).unwrap_or_else(|found| panic!("{found:#?}"));
    let plan = Arc::new(plan);
    let matcher = Arc::new(ivr::matcher_for(&plan));
    rehearse_script(&plan, &matcher, &scripts.calls[0])
}

#[test]
fn an_ear_hears_each_turn_with_what_the_robot_listens_for() {
    let plan = Arc::new(Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap_or_else(|found| panic!("{found:#?}")));
    let matcher = Arc::new(ivr::matcher_for(&plan));
    let text = "version: 1\ndefaults: {from: \"13800000000\", at: \"2026-11-11 10:00\"}\ncalls:\n  - name: a\n    sources: {shop: {\"GET /orders/*\": {state: 已发货}}}\n    \
                steps:\n      - caller: 我的快递到哪了\n      - robot: 订单号\n      - caller: 一二三四五六七八\n      - robot: 已发货\n";
    let scripts = CallScripts::load("shop.calls.yaml", text).unwrap_or_else(|found| panic!("{found:#?}"));
    let mut asked = Vec::new();
    let mut hears = |second: &str| {
        asked.clear();
        rehearse_script_heard(&plan, &matcher, &scripts.calls[0], &mut |turn: &SpokenTurn<'_>| {
            let words = &turn.listening.vocabulary;
            asked.push((turn.number, turn.text.to_owned(), turn.listening.expected));
            match turn.number {
                0 => {
                    assert!(words.phrases.contains(&"查一下物流".to_owned()) && words.otherwise.is_none(), "{words:?}");
                    None
                }
                _ => {
                    assert!(words.phrases.contains(&"幺".to_owned()) && !words.phrases.contains(&"查一下物流".to_owned()), "{words:?}");
                    let otherwise = words.otherwise.as_ref().expect("who is asked for a number may say something else");
                    assert!(otherwise.phrases.contains(&"查一下物流".to_owned()) && otherwise.phrases.contains(&"幺".to_owned()));
                    Some(vec![(second.to_owned(), 0.9)])
                }
            }
        })
        .failure
    };
    assert_eq!(hears("一二三四五六七八"), None);
    assert_eq!(hears("幺二三四五六七八"), None);
    assert!(hears("一二三四五六").is_some(), "an order number has eight digits");
    let digits = Expected::Digits { least: 8, most: 8 };
    assert_eq!(asked[..2], [(0, "我的快递到哪了".to_owned(), Expected::Anything), (1, "一二三四五六七八".to_owned(), digits)]);
}

fn check(script: &str, fails_with: Option<&str>) {
    let outcome = run(script);
    let found = outcome.failure.as_ref().map(|failure| failure.words.en.clone());
    let fits = match (&found, fails_with) {
        (None, None) => true,
        (Some(found), Some(wanted)) => found.contains(wanted),
        _ => false,
    };
    assert!(fits, "{found:?} instead of {fails_with:?}\n{:#?}", outcome.lines);
}

const ASKS: &str = r#"
  - name: 查订单
    sources: {shop: {"GET /orders/12345678": {state: 已发货}, "GET /orders/*": {status: 404}}}
    steps:
      - robot: 请问有什么可以帮您
      - caller: 我的快递到哪了
      - robot: 订单号
"#;

#[test]
fn a_message_goes_out_unless_the_script_makes_it_fail() {
    let script = |fails: &str, robot: &str| {
        format!("  - name: 短信\n{fails}    steps:\n      - caller: 短信发给我\n      - robot: {robot}\n    end: {{handover: none}}\n")
    };
    check(&script("", "好的"), None);
    check(&script("    fails: [send]\n", "短信没有发出去"), None);
    check(&script("    fails: ticket\n", "短信没有发出去"), Some("短信没有发出去"));
}

#[test]
fn what_a_script_does_not_fake_the_systems_themselves_answer() {
    let plan = Arc::new(Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap());
    let matcher = Arc::new(ivr::matcher_for(&plan));
    let steps = "steps:\n      - caller: 我要查订单\n      - press: \"12345678\"\n      - robot: 您的订单在路上\n";
    let scripts = CallScripts::load("shop.calls.yaml", &format!("version: 1\ncalls:\n  - name: a\n    {steps}")).unwrap();
    let mut asked = Vec::new();
    let systems = Box::new(|request: &LookupRequest| {
        asked.push(request.path.clone());
        Some((Duration::from_millis(20), LookupOutcome::Found(serde_json::json!({"state": "在路上"}))))
    });
    let outcome = rehearse_script_with(&plan, &matcher, &scripts.calls[0], systems);
    assert_eq!(outcome.failure, None, "{:#?}", outcome.lines);
    assert_eq!(asked, ["/orders/12345678"]);
}

#[test]
fn the_example_of_the_notation_passes() {
    check(
        &format!(
            r#"{ASKS}
      - press: "87654321#"
      - robot: 没有查到
      - caller: 一二三四五六七八
      - expect: {{intent: order_status, slots: {{order_number: "12345678"}}, within: 2s, path: [order_status], lookups: ["GET /orders/12345678"]}}
      - robot: [已发货, 还有其他]
      - caller: 没有了
    end: {{handover: none, hung_up: robot, transcript_has: 您的订单已发货}}
"#
        ),
        None,
    );
}

#[test]
fn each_difference_is_told() {
    for (rest, wanted) in [
        ("      - robot: 身份证", "should say \"身份证\""),
        ("      - robot: {prompt: hours}", "should play hours"),
        ("      - robot: {prompt: hour}", "no prompt named hour"),
        ("      - expect: {intent: hours}", "intent should be hours, but is order_status"),
        ("      - expect: {slots: {order_number: \"1\"}}", "order_number should be 1, but is -"),
        ("      - expect: {within: 100ms}", "within 100ms"),
        ("      - expect: {path: [hours]}", "path should be hours"),
        ("      - expect: {language: en}", "language should be en, but is zh"),
        ("      - caller: 转人工\n      - caller: 喂", "handed over and this step is not used"),
        ("      - hang_up\n      - caller: 喂", "the call is over and this step is not used"),
        ("      - caller: 转人工\n    end: {handover: none}", "should not be handed over, but was: queue general, reason asked"),
        ("      - caller: 转人工\n    end: {queue: general, reason: key}", "reason should be key, but is asked"),
        ("    end: {queue: general}", "should be handed over, but was not"),
        ("    end: {hung_up: robot}", "hung_up should be robot, but is -"),
        ("    end: {transcript_has: 再见}", "transcript should hold \"再见\""),
        ("      - caller: 一二三四五六七八\n      - robot: 没有查到", "should say \"没有查到\""),
    ] {
        check(&format!("{ASKS}{rest}\n"), Some(wanted));
    }
}

#[test]
fn a_lookup_that_nobody_fakes_fails_the_call() {
    let script = "  - name: a\n    steps:\n      - caller: 我要查订单\n      - press: \"12345678\"\n";
    check(script, Some("asked shop: GET /orders/12345678, which the script's sources do not answer"));
}

#[test]
fn slow_and_dead_systems_are_rehearsed_in_no_time() {
    for (answer, words) in [
        ("{status: 200, after: 790ms, body: {state: 已签收}}", "[正在为您查询, 已签收]"),
        ("timeout", "查询不了"),
        ("{status: 500}", "查询不了"),
        ("{in_turn: [{status: 404}, {state: 已发货}]}", "没有查到"),
    ] {
        let script = format!(
            "  - name: a\n    sources: {{shop: {{\"GET /orders/*\": {answer}}}}}\n    steps:\n      - caller: 我要查订单\n      - press: \"12345678\"\n      - robot: {words}\n"
        );
        check(&script, None);
    }
}

#[test]
fn a_caller_who_interrupts_hears_only_the_beginning() {
    let outcome = run(
        "  - name: a\n    steps:\n      - robot: 请问有什么\n      - {barge_in: 你们几点开门, after: 800ms}\n      - robot: 九点\n    end: {transcript_has: 您好}\n",
    );
    assert_eq!(outcome.failure, None, "{:#?}", outcome.lines);
    let cut = outcome.lines.iter().find_map(|line| match &line.what {
        TalkWhat::Robot { text, cut: Some(heard), .. } => Some(text.chars().take(*heard).collect::<String>()),
        _ => None,
    });
    assert!(cut.is_some_and(|heard| heard.starts_with("您好") && !heard.contains("帮您")));
    // A notice that must be heard is not cut.
    check(
        "  - name: a\n    steps:\n      - robot: 录音\n      - {barge_in: 你们几点开门, after: 300ms}\n    end: {transcript_has: 本次通话可能会被录音。}\n",
        None,
    );
}

#[test]
fn silence_keys_misheard_words_and_a_queue_without_seats_are_rehearsed() {
    check(
        "  - name: a\n    steps:\n      - silence: 6s\n      - robot: 没有听到\n      - silence: 6s\n    end: {queue: general, reason: silence}\n",
        None,
    );
    check(
        "  - name: a\n    steps:\n      - press: \"0\"\n      - seat: none\n      - robot: 回电\n      - caller: 好的\n      - robot: 已为您登记\n    end: {queue: general, reason: key, notes: callback general, hung_up: robot}\n",
        None,
    );
    check(
        "  - name: a\n    steps:\n      - caller: {say: 你们几点开门, heard_as: [{text: 呜呜, confidence: 0.4}]}\n      - robot: {prompt: again}\n      - caller: {say: 我要查订单, heard_as: [{text: 我要插单, confidence: 0.4}, {text: 我要查订单, confidence: 0.35}]}\n",
        None,
    );
}

#[test]
fn the_same_script_gives_the_same_conversation() {
    let script = format!("{ASKS}      - press: \"12345678\"\n");
    assert_eq!(run(&script).lines, run(&script).lines);
}
