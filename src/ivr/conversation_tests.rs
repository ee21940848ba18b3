//! Conversations as tests: what the caller does, and between it everything the walk orders, as text.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::driver::Driver;
use super::*;
use crate::base::{Key, Language};
use crate::dialplan::Dialplan;
use crate::intent::Matcher;
use crate::speech::Expected;

const PLAN: &str = r#"
dialplan: 1
name: 优选母婴
language: zh
numbers: ["8001"]
start: [{play: notice}, {play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}, "*": repeat, "9": {language: en}}
silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}
prompts:
  notice: {say: 本次通话可能会被录音。, interrupt: never}
  welcome: 您好，请问有什么可以帮您？
  again: [抱歉没听清。, 请换个说法。]
slots:
  order_number: {type: digits, length: 8, ask: 麻烦您报一下订单号。, confirm: "订单号是{{ value | spell }}，对吗？", keypad: true}
  phone_tail: {type: digits, length: 4..6, ask: 请说手机尾号。, keypad: true}
  product: {type: choice, values: {奶粉: [配方奶], 纸尿裤: [尿不湿]}, ask: 请问是哪个商品？}
sources:
  shop: {url: "http://localhost:1", timeout: 800ms}
intents:
  order_status: {examples: [我要查订单, 查一下我的订单, 我的快递到哪了], go: order_status}
  return_milk: {examples: [我想退货, 怎么退货], go: start_return}
  hours: {examples: [你们几点上班, 营业时间], say: 我们九点上班。}
  tail: {examples: [查一下余额, 我的余额], go: tail}
  menu: {examples: [我要听菜单], go: menu}
  endless: {examples: [绕圈子], go: endless}
  broken: {examples: [出个错误], go: broken}
  bye: {examples: [我要挂电话], do: [hangup]}
flows:
  order_status:
    - collect: order_number
    - lookup: shop
      get: "/orders/{{ order_number }}"
      as: order
      meanwhile: 正在为您查询。
      not_found: [{say: 没有查到这个订单号。}, {again: order_number}]
    - choose:
        - when: order.state == "shipped"
          do: [{say: "您的订单已发货。"}]
        - otherwise: [{say: "您的订单{{ order.state_text }}。"}]
    - ask: 还有其他可以帮您的吗？
  start_return:
    - collect: [order_number, product]
    - say: "{{ product }}可以退。"
  tail:
    - collect: phone_tail
    - say: "尾号{{ phone_tail }}。"
  menu:
    - menu: {ask: 查订单请按一，退货请按二。, keys: {"1": {go: order_status}, "2": {go: start_return}}}
  endless: [{go: endless}]
  broken: [{say: "{{ order.nothing.at_all }}"}]
handover:
  confidence: {act: 0.90, confirm: 0.50}
  keywords: [投诉升级]
  misunderstood: 2
routes:
  - {reason: [misunderstood, unsure], queue: senior, tier: gold}
  - {queue: general}
queues:
  general: {skills: [general], max_wait: 3m, overflow: callback}
  senior: {skills: [general], max_wait: 3m, overflow: hangup}
"#;

fn plan() -> Arc<Dialplan> {
    let plan = Dialplan::load("youxuan.yaml", PLAN, &|_| None);
    Arc::new(plan.unwrap_or_else(|faults| panic!("{}", faults.iter().map(|fault| fault.human(Language::En)).collect::<String>())))
}

/// Walks a script: lines that begin with `- ` are the caller's, all others what must be ordered.
fn check(script: &str) {
    let plan = plan();
    Driver::new(&plan, &Arc::new(matcher_for(&plan)))
        .keeps_to(&format!("robot: 本次通话可能会被录音。\nrobot: 您好，请问有什么可以帮您？\n{script}"));
}

#[test]
fn an_order_is_looked_up_by_spoken_digits() {
    check(
        "- caller: 我要查订单
         intent order_status
         robot: 麻烦您报一下订单号。
         - caller: 一二三四五六七八
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - caller: 对
         slot order_number=12345678
         lookup shop /orders/12345678
         - wait
         robot: 正在为您查询。
         - found: {\"state\": \"shipped\"}
         stop
         robot: 您的订单已发货。
         robot: 还有其他可以帮您的吗？
         - caller: 没有了
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn an_order_is_looked_up_by_keys_and_wrong_lengths_are_explained() {
    check(
        "- caller: 查一下我的订单
         intent order_status
         robot: 麻烦您报一下订单号。
         - press: 123#
         stop
         robot: 号码应该是八位数字，请您再说一遍。
         - press: 12345678
         stop
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - press: 2
         stop
         robot: 抱歉，是我听错了。
         robot: 麻烦您报一下订单号。
         - caller: 我不知道啊
         note slot order_number: 3 wrong answers
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer senior/gold misunderstood",
    );
}

#[test]
fn keys_that_stop_coming_end_an_entry() {
    check(
        "- caller: 我的余额
         intent tail
         robot: 请说手机尾号。
         - press: 1234
         stop
         - wait
         slot phone_tail=1234
         robot: 尾号1234。",
    );
}

#[test]
fn digits_said_in_two_parts_are_put_together() {
    check(
        "- caller: 我要查订单
         intent order_status
         robot: 麻烦您报一下订单号。
         - caller: 一二三四
         robot: 好的，请接着说。
         - caller: 五六七八
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - caller: 不对，是八七六五四三二一
         robot: 订单号是8 7 6 5 4 3 2 1，对吗？
         - caller: 是的
         slot order_number=87654321
         lookup shop /orders/87654321
         - failed: no route
         note youxuan.yaml:31:7: lookup of shop failed: no route
         robot: 非常抱歉，系统暂时查询不了。
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general lookup_failed",
    );
}

#[test]
fn an_order_that_is_not_found_is_asked_for_again() {
    check(
        "- caller: 查订单一二三四五六七八
         intent order_status
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - caller: 对
         slot order_number=12345678
         lookup shop /orders/12345678
         - not_found
         robot: 没有查到这个订单号。
         robot: 您也可以用按键输入，按井号键结束。
         robot: 麻烦您报一下订单号。
         - caller: 二二三四五六七八
         robot: 订单号是2 2 3 4 5 6 7 8，对吗？
         - caller: 对
         slot order_number=22345678
         lookup shop /orders/22345678
         - found: {\"state\": \"packed\", \"state_text\": \"正在打包\"}
         robot: 您的订单正在打包。
         robot: 还有其他可以帮您的吗？
         - wait
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn a_person_may_be_asked_for_during_a_notice_that_is_not_cut() {
    check(
        "- barge: 转人工
         stop
         intent human
         robot: 好的，正在为您转接人工客服，请稍等。
         - listen
         transfer general asked",
    );
}

#[test]
fn asking_for_a_person_while_a_slot_is_asked_hands_over() {
    check(
        "- caller: 我要查订单
         intent order_status
         robot: 麻烦您报一下订单号。
         - barge: 转人工
         note asks for a person (0.97)
         robot: 好的，正在为您转接人工客服，请稍等。
         - listen
         transfer general asked
         - no_seat
         robot: 非常抱歉，现在没有空闲的人工客服。
         robot: 需要我们稍后给您回电吗？
         - caller: 好的
         callback general
         robot: 好的，已为您登记，我们会在今天10:00之前给您回电。
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn keywords_hand_over_and_no_seat_may_end_the_call() {
    check(
        "- caller: 我要投诉升级
         robot: 好的，正在为您转接人工客服，请稍等。
         - listen
         transfer general keyword
         - no_seat
         robot: 非常抱歉，现在没有空闲的人工客服。
         robot: 需要我们稍后给您回电吗？
         - wait
         robot: 您好，我没有听到您的声音。
         robot: 需要我们稍后给您回电吗？
         - wait
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn two_turns_not_understood_hand_over() {
    check(
        "- caller: 今天天气怎么样
         note not understood, 1 in a row
         robot: 抱歉没听清。
         - caller: 外面在下雨呢
         note not understood, 2 in a row
         robot: 好的，正在为您转接人工客服，请稍等。
         - listen
         transfer senior/gold misunderstood
         - no_seat
         robot: 非常抱歉，现在没有空闲的人工客服。
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn a_doubtful_intent_is_asked_about() {
    check(
        "- caller: 我要改订单
         robot: 您是想查订单吗？
         - caller: 是的
         intent order_status
         robot: 麻烦您报一下订单号。",
    );
    check(
        "- caller: 我要改订单
         robot: 您是想查订单吗？
         - caller: 不是
         note unsure what the caller wants
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer senior/gold unsure",
    );
}

#[test]
fn an_intent_interrupts_a_slot_and_comes_back() {
    check(
        "- caller: 我想退货
         intent return_milk
         robot: 麻烦您报一下订单号。
         - caller: 你们几点上班
         intent hours
         robot: 我们九点上班。
         robot: 麻烦您报一下订单号。
         - press: 12345678#
         stop
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - caller: 嗯
         slot order_number=12345678
         robot: 请问是哪个商品？
         - caller: 我买的是配方奶
         slot product=奶粉
         robot: 奶粉可以退。
         - caller: 我要查订单
         intent order_status
         lookup shop /orders/12345678",
    );
}

#[test]
fn silence_is_asked_about_then_hands_over() {
    check(
        "- wait
         robot: 您好，我没有听到您的声音。
         - wait
         robot: 您好，我没有听到您的声音。
         - wait
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general silence",
    );
}

#[test]
fn keys_work_at_any_moment() {
    check(
        "- listen
         - press: *
         robot: 本次通话可能会被录音。
         robot: 您好，请问有什么可以帮您？
         - caller: 我要听菜单
         intent menu
         robot: 查订单请按一，退货请按二。
         - press: 5
         stop
         robot: 没有这个选项。
         robot: 查订单请按一，退货请按二。
         - press: 1
         stop
         robot: 麻烦您报一下订单号。
         - press: 9*
         stop
         robot: 麻烦您报一下订单号。
         - press: 12#
         stop
         robot: 号码应该是八位数字，请您再说一遍。",
    );
}

#[test]
fn a_key_reaches_a_person_while_a_system_is_asked_and_its_late_answer_is_no_error() {
    check(
        "- caller: 查订单12345678
         intent order_status
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - press: 1
         stop
         slot order_number=12345678
         lookup shop /orders/12345678
         - press: 0
         robot: 好的，正在为您转接人工客服，请稍等。
         - found: {}
         - listen
         transfer general key",
    );
}

#[test]
fn a_system_that_never_answers_is_given_up() {
    check(
        "- caller: 查订单12345678
         intent order_status
         robot: 订单号是1 2 3 4 5 6 7 8，对吗？
         - caller: 对
         slot order_number=12345678
         lookup shop /orders/12345678
         - wait
         robot: 正在为您查询。
         - wait
         note youxuan.yaml:31:7: lookup of shop failed: no answer in time
         robot: 非常抱歉，系统暂时查询不了。
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general lookup_failed",
    );
}

#[test]
fn a_wait_of_which_the_plan_says_nothing_is_covered_and_the_cover_ends_with_it() {
    const QUICK: &str = "dialplan: 1
name: 快
numbers: ['1']
sources: {shop: {url: 'http://localhost:1', timeout: 3s}}
start:
  - say: 您好。
  - lookup: shop
    get: /points
    as: points
  - say: '{{ points.left }}分。'
  - hangup
queues: {general: {skills: [general]}}
routes: [{queue: general}]
";
    let plan = Dialplan::load("quick.yaml", QUICK, &|_| None).unwrap_or_else(|faults| panic!("{faults:?}"));
    let plan = Arc::new(plan);
    let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
    driver.give(WalkInput::Start);
    for (act, rest) in [("wait", ""), ("found", r#"{"left": 320}"#), ("listen", "")] {
        driver.act(act, rest);
    }
    let heard: Vec<&str> = driver.log.iter().filter_map(|line| line.strip_prefix("robot: ")).collect();
    assert_eq!(heard[..3], ["您好。", "请稍等。", "320分。"], "{:?}", driver.log);
    assert!(driver.log.iter().any(|line| line.contains("stop")), "the answer cuts the cover: {:?}", driver.log);
}

#[test]
fn a_broken_script_ends_at_a_person_and_names_the_line() {
    let line = PLAN.lines().position(|line| line.contains("order.nothing.at_all")).unwrap_or(0) + 1;
    let plan = plan();
    for (words, place) in [("出个错误", format!("youxuan.yaml:{line}:")), ("绕圈子", "a loop of steps".to_owned())] {
        let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
        driver.give(WalkInput::Start);
        driver.act("caller", words);
        driver.hear_out();
        let log = driver.log.join("\n");
        assert!(log.contains(&place) && log.ends_with("transfer general script_error"), "{log}");
    }
}

#[test]
fn a_mumble_does_not_stop_a_prompt_but_a_request_does() {
    check(
        "- caller: 我要查订单
         intent order_status
         robot: 麻烦您报一下订单号。
         - mumble: 嗯
         - mumble: 你们几点上班
         stop
         intent hours
         robot: 我们九点上班。
         robot: 麻烦您报一下订单号。
         - caller: 再说一遍
         robot: 我们九点上班。
         robot: 麻烦您报一下订单号。",
    );
}

#[test]
fn the_language_changes_by_key() {
    check(
        "- listen
         - press: 9
         robot: How can I help you?
         - caller: speak to an agent
         intent human
         robot: I'm connecting you to an agent. Please hold.
         transfer general asked",
    );
}

#[test]
fn listening_begins_with_a_prompt_that_may_be_interrupted() {
    let plan = plan();
    let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
    driver.give(WalkInput::Start);
    assert!(driver.listened.is_empty(), "the notice may not be interrupted");
    let (notice, _) = driver.plays.pop_front().unwrap();
    driver.give(WalkInput::Played { play: notice, end: PlayEnd::Complete });
    assert_eq!(driver.listened.last().map(|(expected, _)| *expected), Some(Expected::Anything));
    assert!(driver.listened[0].1.contains(&"我要查订单".to_owned()) && driver.listened[0].1.contains(&"转人工".to_owned()));
    driver.act("caller", "我要查订单");
    assert_eq!(driver.listened.last().map(|(expected, _)| *expected), Some(Expected::Digits { least: 8, most: 8 }));
    assert!(["幺", "转人工"].iter().all(|word| driver.listened.last().unwrap().1.contains(&(*word).to_owned())));
    driver.act("caller", "一二三四五六七八");
    assert_eq!(driver.listened.last().map(|(expected, _)| *expected), Some(Expected::YesNo));
}

#[test]
fn a_seat_is_told_what_the_walk_knows() {
    let plan = plan();
    let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
    driver.give(WalkInput::Start);
    for words in ["我的余额", "一二三四", "转人工"] {
        driver.act("caller", words);
    }
    let summary = driver.walk.summary();
    assert_eq!(summary.intent.as_deref(), Some("tail"), "what they wanted, not that they asked for a person");
    assert_eq!(summary.slots, [("phone_tail".to_owned(), "1234".to_owned())]);
    assert_eq!(summary.reason.as_deref(), Some("asked"));
    assert_eq!(summary.values["caller"]["number"], "138****0000");
}

#[test]
fn what_is_always_the_same_is_known_beforehand() {
    let texts: Vec<String> = prompts_known_beforehand(&plan()).iter().map(|wording| wording.text.to_string()).collect();
    for text in
        ["本次通话可能会被录音。", "麻烦您报一下订单号。", "正在为您查询。", "没有查到这个订单号。", "请换个说法。", "感谢您的来电，再见。"]
    {
        assert_eq!(texts.iter().filter(|known| *known == text).count(), 1, "{text}");
    }
}

fn acts() -> impl Strategy<Value = (&'static str, String)> {
    let words = prop::sample::select(vec![
        "我要查订单",
        "我想退货",
        "你们几点上班",
        "我的余额",
        "我要听菜单",
        "绕圈子",
        "出个错误",
        "转人工",
        "对",
        "不是",
        "没有了",
        "一二三四五六七八",
        "一二三四",
        "奶粉",
        "再说一遍",
        "今天天气怎么样",
        "退货",
        "",
        "投诉升级",
        "我要挂电话",
        "查一下余额一二三四",
        "一|二|我要查订单",
    ]);
    prop_oneof![
        4 => words.clone().prop_map(|words| ("caller", words.to_owned())),
        1 => words.clone().prop_map(|words| ("mumble", words.to_owned())),
        1 => words.prop_map(|words| ("barge", words.to_owned())),
        2 => "[0-9*#]{1,9}".prop_map(|keys| ("press", keys)),
        2 => Just(("wait", String::new())),
        1 => Just(("listen", String::new())),
        1 => Just(("found", "{\"state\": \"shipped\"}".to_owned())),
        1 => Just(("found", "[]".to_owned())),
        1 => Just(("not_found", String::new())),
        1 => Just(("failed", "x".to_owned())),
        1 => Just(("no_seat", String::new())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_caller_does_the_line_is_never_dead(acts in prop::collection::vec(acts(), 0..40)) {
        static TRAINED: LazyLock<Arc<Matcher>> = LazyLock::new(|| Arc::new(matcher_for(&plan())));
        let (plan, matcher) = (plan(), Arc::clone(&TRAINED));
        let walk = || -> Result<Vec<String>, TestCaseError> {
            let mut driver = Driver::new(&plan, &matcher);
            driver.give(WalkInput::Start);
            let mut transferred = false;
            for (what, rest) in &acts {
                driver.act(what, rest);
                prop_assert_eq!(&driver.wrong, &None);
                transferred |= driver.log.last().is_some_and(|line| line.starts_with("transfer"));
                let alive = !driver.plays.is_empty() || driver.walk.poll_timeout().is_some();
                prop_assert!(alive || driver.ended || transferred, "dead air after {} {}:\n{}", what, rest, driver.log.join("\n"));
            }
            for _ in 0..40 {
                driver.act("wait", "");
            }
            prop_assert!(driver.ended || driver.log.iter().any(|line| line.starts_with("transfer")), "it never ends:\n{}", driver.log.join("\n"));
            Ok(driver.log)
        };
        prop_assert_eq!(walk()?, walk()?);
    }
}

#[test]
fn a_key_during_the_notice_spares_the_caller_the_rest_of_the_greeting() {
    let plan = plan();
    let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
    driver.give(WalkInput::Start);
    assert_eq!(driver.plays.len(), 2, "notice and welcome wait");
    driver.give(WalkInput::Key(Key::new('0').unwrap()));
    assert_eq!(driver.plays.iter().filter(|(_, interruptible)| !interruptible).count(), driver.plays.len(), "{:?}", driver.log);
    assert!(driver.log.iter().any(|line| line == "stop"), "{:?}", driver.log);
}

#[test]
fn a_hash_after_a_complete_entry_belongs_to_it() {
    let plan = plan();
    let mut driver = Driver::new(&plan, &Arc::new(matcher_for(&plan)));
    driver.give(WalkInput::Start);
    driver.act("caller", "我要查订单");
    for label in "12345678".chars() {
        driver.give(WalkInput::Key(Key::new(label).unwrap()));
    }
    let before = driver.log.len();
    driver.give(WalkInput::Key(Key::HASH));
    assert_eq!(driver.log.len(), before, "{:?}", driver.log);
}
