//! Each step and rule of the language as a conversation.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::driver::Driver;
use super::*;
use crate::base::{Language, Wall};
use crate::dialplan::Dialplan;
use crate::intent::Matcher;

const PLAN: &str = r#"
dialplan: 1
name: 优选母婴
language: zh
numbers: ["8001"]
timezone: Asia/Shanghai
hours: {mon-fri: "09:00-21:00", closed: ["2026-11-12"]}
start: [{play: welcome}, listen]
keys: {"0": {transfer: {queue: general, reason: key}}, "*": repeat, "7": back, "8": slower}
silence: {after: 5s, times: 1, then: {transfer: {queue: general, reason: silence}}}
never_say: [不知道]
prompts:
  welcome: 请讲。
  again: 请再说。
  anything: 还有别的吗？
  sale: {say: 满三百减五十。, valid: "2026-11-10..2026-11-11"}
slots:
  score: {type: number, range: 1..5}
  room: {type: digits, length: 3, ask: 几号房？, keypad: true}
  nights: {type: number, range: 1..9, ask: 几晚？, keypad: true}
  sure: {type: yes_no, ask: 确定吗？, keypad: true}
  call_at: {type: text, ask: 几点方便？}
  other_number: {type: phone, ask: 打哪个号码？, keypad: true}
  day: {type: date, ask: 哪天？, keypad: true}
  hour: {type: time, ask: 几点？, keypad: true}
  sum: {type: money, ask: 多少钱？, keypad: true}
  phone: {type: phone, ask: 电话？, keypad: true}
  card: {type: bank_card, ask: 卡号？, keypad: true}
sources:
  shop: {url: "http://localhost:1"}
intents:
  book: {examples: [我要订房, 订一个房间], go: book}
  link: {examples: [发链接给我, 短信发给我], go: link}
  linked: {examples: [发到手机], go: linked}
  complaint: {examples: [我要投诉, 投诉你们], go: complaint}
  callme: {examples: [给我回电话, 让人打给我], go: callme}
  sale: {examples: [有什么活动, 打折吗], do: [{play: sale}, {play: anything}, listen]}
  remember: {examples: [记住我喜欢安静], go: remember}
  clock: {examples: [今天几号, 现在几点], say: "今天{{ today }}，{{ now.time }}，{% if now.open %}营业{% else %}休息{% endif %}。"}
  rude: {examples: [出个怪话], go: rude}
  thanks: {examples: [打个分], go: scored}
  visit: {examples: [我要预约上门], go: visit}
  pay: {examples: [我要转账], go: pay}
  bye: {examples: [我要挂电话], do: [hangup]}
flows:
  book:
    - collect: [room, nights, sure]
    - say: "{{ room | spell }}房{{ nights }}晚。"
    - listen
  link:
    - send: {link: "https://a.example/{{ caller.tier }}"}
    - say: 已经发到您的手机。
    - ask: 还有事吗？
  linked:
    - send: 您好
      failed: [{say: 发不出去。}]
    - say: 发好了。
    - ask: 还有事吗？
  complaint:
    - record_message: {ask: 请说问题。, limit: 20s}
    - ticket: {kind: complaint, priority: high}
    - say: "工单{{ ticket.number }}。"
    - callback: {queue: general, within: 2h}
    - say: "{{ callback.words }}前回电。"
    - hangup
  callme:
    - callback: {within: 1h, at: call_at, number: other_number}
    - say: 好的。
    - hangup
  remember:
    - remember: {fields: {likes: 安静}, tags: [安静], untag: [新客]}
    - say: "记住了{{ caller.likes }}，{{ caller.tags | join('、') }}。"
    - listen
  rude:
    - lookup: shop
      get: /words
      as: found
    - say: "{{ found.text }}"
    - listen
  scored:
    - survey: {ask: 请打分。, slot: score}
    - say: 谢谢。
    - hangup
  visit: [{collect: [day, hour, phone]}, {say: "{{ day }}，{{ hour }}，{{ phone }}。"}, listen]
  pay: [{collect: [sum, card]}, {say: "{{ sum }}，{{ card }}。"}, listen]
  night: [{say: 现在休息。}, {go: complaint}]
handover:
  confidence: {act: 0.90, confirm: 0.50}
  misunderstood: 2
  mood: angry
  dissatisfied: 2
  elderly: {age: 65, key: "1", words: [长辈]}
routes:
  - {reason: [angry], queue: senior, tier: senior}
  - {when: caller.tier == "gold", queue: general, tier: gold}
  - {queue: general}
queues:
  general: {skills: [general], overflow: callback}
  senior: {skills: [general], overflow: hangup}
after_hours: {go: night}
after_seat: [{survey: {ask: 请打分。, slot: score}}]
"#;

pub(super) fn plan() -> Arc<Dialplan> {
    static READ: LazyLock<Arc<Dialplan>> = LazyLock::new(|| {
        let plan = Dialplan::load("language.yaml", PLAN, &|_| None)
            .unwrap_or_else(|faults| panic!("{}", faults.iter().map(|fault| fault.human(Language::En)).collect::<String>()));
        assert_eq!(plan.warnings, []);
        Arc::new(plan)
    });
    Arc::clone(&READ)
}

pub(super) fn matcher() -> Arc<Matcher> {
    static TRAINED: LazyLock<Arc<Matcher>> = LazyLock::new(|| Arc::new(matcher_for(&plan())));
    Arc::clone(&TRAINED)
}

pub(super) fn at(plan: &Dialplan, local: &str) -> Wall {
    plan.hours.wall(local.parse().unwrap()).unwrap()
}

/// Walks a script that begins at a local time, for a caller of whom this is known.
pub(super) fn check_at(local: &str, record: &str, script: &str) {
    let plan = plan();
    let caller = CallerFacts {
        number_masked: "138****0000".into(),
        number: Some("13800000000".to_owned().into()),
        record: serde_json::from_str(record).unwrap(),
        began: at(&plan, local),
    };
    Driver::of(&plan, &matcher(), caller).keeps_to(script);
}

/// On an ordinary morning.
pub(super) fn check(script: &str) {
    check_at("2026-11-11T10:00:00", "{}", script);
}

#[test]
fn slots_are_asked_once_each_in_order_by_voice_and_key() {
    check(
        "robot: 请讲。
         - caller: 我要订房
         intent book
         robot: 几号房？
         - caller: 三零五
         slot room=305
         robot: 几晚？
         - press: 2
         stop
         slot nights=2
         robot: 确定吗？
         - caller: 是的
         slot sure=yes
         robot: 3 0 5房2晚。",
    );
}

#[test]
fn days_hours_and_the_own_number_are_read_as_they_are_said() {
    check(
        "robot: 请讲。
         - caller: 我要预约上门
         intent visit
         robot: 哪天？
         - caller: 明天
         slot day=2026-11-12
         robot: 几点？
         - caller: 下午三点半
         slot hour=15:30
         robot: 电话？
         - caller: 就是这个号码
         slot phone=13800000000
         robot: 2026-11-12，15:30，13800000000。",
    );
}

#[test]
fn days_hours_and_sums_can_be_keyed() {
    check(
        "robot: 请讲。
         - caller: 我要预约上门
         intent visit
         robot: 哪天？
         - press: 0105#
         stop
         slot day=2027-01-05
         robot: 几点？
         - press: 1530
         stop
         slot hour=15:30
         robot: 电话？",
    );
    check(
        "robot: 请讲。
         - caller: 我要转账
         intent pay
         robot: 多少钱？
         - press: 250#
         stop
         slot sum=250元
         robot: 卡号？",
    );
}

#[test]
fn a_card_whose_checksum_is_wrong_is_asked_about() {
    check(
        "robot: 请讲。
         - caller: 我要转账
         intent pay
         robot: 多少钱？
         - caller: 三十块
         slot sum=30元
         robot: 卡号？
         - caller: 四一一一一一一一一一一一一一一二
         robot: 您说的是4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2，对吗？
         - caller: 对
         slot card=4111111111111112
         robot: 30元，4111111111111112。",
    );
}

#[test]
fn a_number_out_of_its_range_is_asked_for_with_the_range() {
    check(
        "robot: 请讲。
         - caller: 我要订房
         intent book
         robot: 几号房？
         - caller: 三零五
         slot room=305
         robot: 几晚？
         - press: 0
         stop
         robot: 请说1到9之间的数。
         - caller: 三
         slot nights=3
         robot: 确定吗？",
    );
}

#[test]
fn going_back_forgets_the_last_answer_and_asks_for_it_again() {
    check(
        "robot: 请讲。
         - caller: 我要订房
         intent book
         robot: 几号房？
         - caller: 三零五
         slot room=305
         robot: 几晚？
         - caller: 返回上一步
         robot: 几号房？
         - caller: 三零六
         slot room=306
         robot: 几晚？
         - caller: 返回
         robot: 几号房？",
    );
}

#[test]
fn a_key_goes_back_too_and_from_the_first_question_to_the_beginning() {
    check(
        "robot: 请讲。
         - caller: 给我回电话
         intent callme
         robot: 几点方便？
         - press: 7
         stop
         robot: 请问有什么可以帮您？
         - caller: 我要订房
         intent book
         robot: 几号房？",
    );
}

#[test]
fn a_caller_may_ask_to_hear_it_again_and_more_slowly() {
    let plan = plan();
    let caller = CallerFacts { began: at(&plan, "2026-11-11T10:00:00"), ..CallerFacts::default() };
    let mut walk = Walk::new(Arc::clone(&plan), matcher(), caller);
    let mut speeds = Vec::new();
    for input in [WalkInput::Start, heard("说慢一点"), heard("再说一遍"), WalkInput::Key(crate::base::Key::new('8').unwrap())] {
        walk.handle(crate::base::Mono::ZERO, input);
        while let Some(order) = walk.poll() {
            if let Order::Play { wording, .. } = order {
                speeds.push((wording.text.to_string(), wording.speed));
            }
        }
    }
    let said = |speed| ("请讲。".to_owned(), speed);
    assert_eq!(speeds, [said(100), said(85), said(85), said(72)]);
}

fn heard(text: &str) -> WalkInput {
    WalkInput::Heard(vec![crate::speech::Hypothesis { text: text.to_owned(), confidence: 0.9, words: Vec::new() }])
}

#[test]
fn a_link_is_sent_and_said_to_be_sent_only_when_it_was() {
    check_at(
        "2026-11-11T10:00:00",
        r#"{"tier": "gold"}"#,
        "robot: 请讲。
         - caller: 发链接给我
         intent link
         send 您好，这是您需要的链接： https://a.example/gold
         - found: null
         robot: 已经发到您的手机。
         robot: 还有事吗？
         - caller: 发到手机
         intent linked
         send 您好
         - failed: no route
         note the message was not sent: no route
         robot: 发不出去。
         robot: 还有事吗？",
    );
    check_at(
        "2026-11-11T10:00:00",
        r#"{"tier": "gold"}"#,
        "robot: 请讲。
         - caller: 发链接给我
         intent link
         send 您好，这是您需要的链接： https://a.example/gold
         - failed: no route
         note the message was not sent: no route
         robot: 抱歉，短信没有发出去。
         robot: 还有事吗？",
    );
}

#[test]
fn a_message_is_taken_piece_by_piece_and_becomes_a_ticket_with_a_promise() {
    check(
        "robot: 请讲。
         - caller: 我要投诉
         mood annoyed
         intent complaint
         robot: 请说问题。
         - caller: 奶粉罐子是坏的
         - caller: 而且没有人理我
         - wait
         message 奶粉罐子是坏的，而且没有人理我
         ticket complaint high 奶粉罐子是坏的，而且没有人理我
         - found: {\"number\": \"T-7\"}
         robot: 工单T-7。
         callback general
         robot: 今天12:00前回电。
         hangup",
    );
}

#[test]
fn a_message_ends_at_a_key_and_a_person_can_be_asked_for_meanwhile() {
    check(
        "robot: 请讲。
         - caller: 我要投诉
         mood annoyed
         intent complaint
         robot: 请说问题。
         - caller: 奶粉罐子是坏的
         - press: #
         message 奶粉罐子是坏的
         ticket complaint high 奶粉罐子是坏的
         - failed: full
         note the ticket was not opened: full
         robot: 非常抱歉，系统暂时查询不了。
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general lookup_failed",
    );
    check(
        "robot: 请讲。
         - caller: 我要投诉
         mood annoyed
         intent complaint
         robot: 请说问题。
         - caller: 转人工
         note asks for a person (0.97)
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general asked",
    );
}

#[test]
fn a_silent_message_is_asked_for_again_then_the_plan_goes_on() {
    check(
        "robot: 请讲。
         - caller: 我要投诉
         mood annoyed
         intent complaint
         robot: 请说问题。
         - wait
         robot: 您好，我没有听到您的声音。
         robot: 请说问题。
         - wait
         robot: 好的，正在为您转接人工客服，请稍等。
         transfer general silence",
    );
}

#[test]
fn a_callback_asks_for_time_and_number_first() {
    check(
        "robot: 请讲。
         - caller: 给我回电话
         intent callme
         robot: 几点方便？
         - caller: 下午三点
         slot call_at=下午三点
         robot: 打哪个号码？
         - press: 13900001111#
         stop
         slot other_number=13900001111
         callback general at 下午三点 to 13900001111
         robot: 好的。
         hangup",
    );
}

#[test]
fn a_prompt_is_said_on_its_days_only() {
    check(
        "robot: 请讲。
         - caller: 有什么活动
         intent sale
         robot: 满三百减五十。
         robot: 还有别的吗？",
    );
    check_at(
        "2026-11-13T10:00:00",
        "{}",
        "robot: 请讲。
         - caller: 有什么活动
         intent sale
         note prompt sale is not valid today
         robot: 还有别的吗？",
    );
}

#[test]
fn the_clock_is_there_for_templates() {
    check("robot: 请讲。\n- caller: 今天几号\nintent clock\nrobot: 今天2026-11-11，10:00，营业。");
}

#[test]
fn what_a_lookup_brings_is_left_out_when_it_must_not_be_said() {
    check(
        "robot: 请讲。
         - caller: 出个怪话
         intent rude
         lookup shop /words
         - found: {\"text\": \"我不知道啊\"}
         note a text was left out: what a lookup brought in holds a phrase of never_say
         robot: 请问有什么可以帮您？",
    );
}

#[test]
fn what_is_remembered_of_a_caller_is_known_at_once_and_written_down() {
    check_at(
        "2026-11-11T10:00:00",
        r#"{"tags": ["新客", "老客"]}"#,
        "robot: 请讲。
         - caller: 记住我喜欢安静
         intent remember
         remember {\"likes\":\"安静\"} +安静 -新客
         robot: 记住了安静，老客、安静。",
    );
}

fn acts() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("caller", "我要订房"),
        ("caller", "三零五"),
        ("caller", "发链接给我"),
        ("caller", "我要投诉"),
        ("caller", "给我回电话"),
        ("caller", "打个分"),
        ("caller", "返回上一步"),
        ("caller", "再说一遍"),
        ("caller", "说慢一点"),
        ("caller", "好的"),
        ("caller", "不对"),
        ("caller", "今天下雨"),
        ("mumble", "我要订房"),
        ("barge", "五"),
        ("noise", ""),
        ("press", "0"),
        ("press", "1"),
        ("press", "7"),
        ("press", "12#"),
        ("press", "#"),
        ("wait", ""),
        ("listen", ""),
        ("later", "4000"),
        ("mood", "annoyed"),
        ("found", "{\"number\": \"T-1\"}"),
        ("failed", "no route"),
        ("no_seat", ""),
        ("seat_left", ""),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_caller_does_it_ends_no_known_slot_is_asked_and_a_person_is_in_reach(
        acts in prop::collection::vec(acts(), 0..40),
        night in any::<bool>(),
    ) {
        let plan = plan();
        let began = at(&plan, if night { "2026-11-11T20:50:00" } else { "2026-11-11T10:00:00" });
        let caller = CallerFacts { record: serde_json::from_str(r#"{"tier": "gold"}"#).unwrap(), began, ..CallerFacts::default() };
        let mut driver = Driver::of(&plan, &matcher(), caller);
        driver.give(WalkInput::Start);
        for (what, rest) in &acts {
            let known: Vec<String> = driver.walk.summary().slots.into_iter().map(|(name, _)| name).collect();
            let before = driver.log.len();
            driver.act(what, rest);
            prop_assert_eq!(&driver.wrong, &None);
            let alive = !driver.plays.is_empty() || driver.walk.poll_timeout().is_some();
            let handed_over = driver.log.iter().any(|line| line.starts_with("transfer"));
            prop_assert!(alive || driver.ended || handed_over, "dead air after {} {}:\n{}", what, rest, driver.log.join("\n"));
            let asks = |slot: &str| plan.slots[slot].ask.as_ref().and_then(|ask| ask.template(Language::Zh)?.fixed()).map(str::to_owned);
            for slot in known.iter().filter(|slot| *slot != "score") {
                let still = driver.walk.summary().slots.iter().any(|(name, _)| name == slot);
                let again = driver.log[before..].iter().any(|line| asks(slot).is_some_and(|ask| line.ends_with(&ask)));
                prop_assert!(!(still && again && *what != "caller" && *what != "press"), "{} asked again:\n{}", slot, driver.log.join("\n"));
            }
        }
        if !driver.ended && !driver.log.iter().any(|line| line.starts_with("transfer")) {
            // Once for what is being asked of a system, once where it is closed and a message is taken first.
            driver.act("failed", "no route");
            driver.act("caller", "转人工");
            driver.act("caller", "转人工");
            driver.hear_out();
            let reached = driver.ended || driver.log.iter().any(|line| line.starts_with("transfer"));
            prop_assert!(reached, "no person in reach:\n{}", driver.log.join("\n"));
        }
        for _ in 0..40 {
            driver.act("wait", "");
        }
        prop_assert!(driver.ended || driver.log.iter().any(|line| line.starts_with("transfer")), "it never ends:\n{}", driver.log.join("\n"));
    }
}
