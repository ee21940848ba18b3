//! When a person takes over and what goes before and after: opening hours, mood, age, tier, surveys, noise.

use super::language_tests::{at, check, check_at, matcher, plan};
use super::*;
use crate::base::Mood;
use crate::feelings::Strain;
use crate::speech::{Hypothesis, Pace};
use std::sync::Arc;

#[test]
fn outside_opening_hours_the_call_begins_with_after_hours() {
    for local in ["2026-11-11T22:00:00", "2026-11-14T10:00:00", "2026-11-12T10:00:00"] {
        check_at(
            local,
            "{}",
            "robot: 现在休息。
             robot: 请说问题。
             - wait
             robot: 您好，我没有听到您的声音。
             robot: 请说问题。
             - wait
             robot: 好的，正在为您转接人工客服，请稍等。
             - listen
             transfer general silence
             - no_seat
             robot: 非常抱歉，现在没有空闲的人工客服。
             robot: 需要我们稍后给您回电吗？",
        );
    }
}

#[test]
fn a_promise_made_at_night_counts_opening_time() {
    check_at(
        "2026-11-11T20:30:00",
        "{}",
        "robot: 请讲。
         - caller: 我要投诉
         mood annoyed
         intent complaint
         robot: 请说问题。
         - caller: 罐子坏了
         - wait
         message 罐子坏了
         ticket complaint high 罐子坏了
         - found: {\"number\": \"T-8\"}
         robot: 工单T-8。
         callback general
         robot: 后天10:30前回电。
         hangup",
    );
}

#[test]
fn a_hand_over_after_closing_time_becomes_after_hours_once() {
    check_at(
        "2026-11-11T20:59:00",
        "{}",
        "robot: 请讲。
         - later: 120
         - caller: 转人工
         intent human
         note after hours instead of a hand-over (asked)
         robot: 现在休息。
         robot: 请说问题。
         - caller: 转人工
         note asks for a person (0.97)
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general asked",
    );
}

#[test]
fn an_angry_caller_goes_to_a_senior_seat() {
    check(
        "robot: 请讲。
         - mood: annoyed
         mood annoyed
         - mood: angry
         mood angry
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer senior/senior angry",
    );
}

#[test]
fn angry_words_hand_over_and_annoyed_ones_are_only_told() {
    check(
        "robot: 请讲。
         - caller: 都说了我要订房
         mood annoyed
         let down 1
         intent book
         robot: 几号房？
         - caller: 你们这些骗子
         mood angry
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer senior/senior angry",
    );
}

#[test]
fn a_strained_voice_adds_to_words_and_is_told_with_them() {
    let plan = Arc::new(crate::dialplan::Dialplan::load("a.yaml", "dialplan: 1\nnumbers: [\"*\"]\nstart: [listen]\n", &|_| None).unwrap());
    let matcher = Arc::new(matcher_for(&plan));
    let felt = |strain: Option<Strain>| {
        let mut walk = Walk::new(Arc::clone(&plan), Arc::clone(&matcher), CallerFacts::default());
        let now = crate::base::Mono::ZERO;
        walk.handle(now, WalkInput::Start);
        if let Some(strain) = strain {
            walk.handle(now, WalkInput::Voice(strain));
        }
        walk.handle(now, WalkInput::Heard(vec![Hypothesis { text: "等了半天都没人理我".into(), confidence: 0.9, words: Vec::new() }]));
        std::iter::from_fn(|| walk.poll()).find_map(|order| match order {
            Order::Mood { mood, why } => Some((mood, why.join("; "))),
            _ => None,
        })
    };
    assert_eq!(felt(None).map(|(mood, _)| mood), Some(Mood::Annoyed));
    let (mood, why) = felt(Some(Strain { louder_db: 11.0, higher_semitones: 6.0, faster: 1.0 })).unwrap();
    assert_eq!(mood, Mood::Angry);
    assert!(why.contains("impatience: 等了半天") && why.contains("voice: 11 dB louder"), "{why}");
}

#[test]
fn words_without_a_sure_answer_are_kept_with_what_came_of_them() {
    let plan = "dialplan: 1\nnumbers: [\"*\"]\nstart: [listen]\nhandover: {misunderstood: 5, confidence: {act: 1.0, confirm: 0.0}}\n\
                intents:\n  order: {examples: [我要查订单], say: 好的。}\nroutes: [{queue: general}]\nqueues: {general: {}}\n";
    let plan = Arc::new(crate::dialplan::Dialplan::load("a.yaml", plan, &|_| None).unwrap_or_else(|found| panic!("{found:#?}")));
    let matcher = Arc::new(matcher_for(&plan));
    let kept = |words: &[&str]| {
        let mut driver = super::driver::Driver::new(&plan, &matcher);
        driver.give(WalkInput::Start);
        for words in words {
            driver.act("caller", words);
        }
        driver.unknown
    };
    assert_eq!(kept(&["查订单呢", "对"]), ["查订单呢: confirmed order"]);
    assert_eq!(kept(&["查订单呢", "不是"]), ["查订单呢: refused order"]);
    assert_eq!(kept(&["ยังไม่ได้รับ"]), ["ยังไม่ได้รับ: not_understood -"]);
}

#[test]
fn a_caller_let_down_twice_goes_to_a_person() {
    check(
        "robot: 请讲。
         - caller: 你说的不是我要的
         mood annoyed
         let down 1
         note not understood, 1 in a row
         robot: 请再说。
         - caller: 还是没解决
         let down 2
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general dissatisfied",
    );
}

#[test]
fn a_known_good_customer_waits_for_its_tier() {
    check_at(
        "2026-11-11T10:00:00",
        r#"{"tier": "gold"}"#,
        "robot: 请讲。
         - press: 0
         stop
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general/gold key",
    );
    check(
        "robot: 请讲。
         - known: {\"tier\": \"gold\"}
         - caller: 转人工
         intent human
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general/gold asked",
    );
}

#[test]
fn one_key_or_one_word_leads_the_elderly_to_a_person() {
    for act in ["press: 1", "barge: 我是长辈", "barge: 我要老年专线"] {
        let stop = if act.starts_with("press") { "stop\n" } else { "" };
        check(&format!(
            "robot: 请讲。
             - {act}
             {stop}robot: 好的，正在为您转接人工客服，请稍等。
             transfer general elderly"
        ));
    }
}

#[test]
fn a_caller_known_to_be_old_hears_a_slower_voice_and_may_pause_longer() {
    let plan = plan();
    let record = serde_json::from_str(r#"{"age": 71}"#).unwrap();
    let caller = CallerFacts { record, began: at(&plan, "2026-11-11T10:00:00"), ..CallerFacts::default() };
    let mut walk = Walk::new(Arc::clone(&plan), matcher(), caller);
    walk.handle(crate::base::Mono::ZERO, WalkInput::Start);
    let orders: Vec<Order> = std::iter::from_fn(|| walk.poll()).collect();
    assert!(orders.iter().any(|order| matches!(order, Order::Play { wording, .. } if wording.speed == 85)));
    assert!(orders.iter().any(|order| matches!(order, Order::Listen { pace: Pace::Unhurried, .. })));
}

#[test]
fn a_survey_takes_voice_or_key_and_never_holds_the_caller() {
    for (act, rest) in
        [("caller: 五", "slot score=5\nsurvey score=5\nrobot: 谢谢。"), ("press: 4", "stop\nslot score=4\nsurvey score=4\nrobot: 谢谢。")]
    {
        check(&format!("robot: 请讲。\n- caller: 打个分\nintent thanks\nrobot: 请打分。\n- {act}\n{rest}\nhangup"));
    }
    check(
        "robot: 请讲。
         - caller: 打个分
         intent thanks
         robot: 请打分。
         - caller: 挺好的呀
         robot: 抱歉，没有听清。
         robot: 请打分。
         - wait
         note the survey was not answered
         robot: 谢谢。
         hangup",
    );
}

#[test]
fn when_the_seat_leaves_the_caller_is_asked_for_a_score() {
    check(
        "robot: 请讲。
         - press: 0
         stop
         robot: 好的，正在为您转接人工客服，请稍等。
         - listen
         transfer general key
         - seat_left
         robot: 请打分。
         - press: 5
         stop
         slot score=5
         survey score=5
         robot: 感谢您的来电，再见。
         hangup",
    );
}

#[test]
fn a_cough_is_waited_out_and_noise_after_noise_goes_to_a_person() {
    check(
        "robot: 请讲。
         - noise
         - caller: 我要订房
         intent book
         robot: 几号房？
         - noise
         - wait
         robot: 请再说。
         - noise
         - wait
         note not understood, 2 in a row
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general misunderstood",
    );
}
