//! Words that nobody expects, and examples that nobody should write: what becomes of them is defined, and nothing panics.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use bellhop::base::Language;
use bellhop::dialplan::Dialplan;
use bellhop::intent::{Context, Example, HUMAN, MOST_EXAMPLES, Matcher, sounds_within};
use bellhop::ivr::{CallerFacts, LookupOutcome, LookupRequest, matcher_for};
use bellhop::lint::lint;
use bellhop::rehearsal::{Talk, TalkState, TalkWhat};
use bellhop::spoken::{SlotForm, SoFar, Surroundings, find_in_sentence, normalize, read_slot, yes_or_no};
use proptest::prelude::*;

const PLAN: &str = r#"
dialplan: 1
name: 小店
numbers: ["1"]
slots:
  order_number: {type: digits, length: 8, ask: 请报订单号。, keypad: true}
intents:
  order: {examples: [我要查订单, 我的快递到哪了, 物流怎么还没更新, check my order], do: [{collect: order_number}, {say: 收到。}, {ask: 还有别的吗？}]}
  refund: {examples: [我要退货, 怎么退款, 不合适想退掉, i want a refund], say: 可以退。}
  nothing_yet: {examples: [], say: 好。}
queues: {general: {}}
"#;

struct Hotline {
    plan: Arc<Dialplan>,
    matcher: Arc<Matcher>,
}

static HOTLINE: LazyLock<Hotline> = LazyLock::new(|| {
    let plan = Dialplan::load("shop.yaml", PLAN, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
    Hotline { matcher: Arc::new(matcher_for(&plan)), plan: Arc::new(plan) }
});

fn talk() -> Talk {
    let caller = CallerFacts {
        number_masked: "139****0000".to_owned(),
        number: None,
        record: serde_json::Map::new(),
        began: bellhop::base::Wall::from_millis(1_794_362_400_000),
    };
    Talk::new(&HOTLINE.plan, &HOTLINE.matcher, caller)
}

/// What the robot says next, having heard this, and how the call stands.
fn answered(words: &str) -> (String, TalkState) {
    let mut nobody = |_: &LookupRequest| None::<(std::time::Duration, LookupOutcome)>;
    let mut talk = talk();
    talk.begin(&mut nobody);
    talk.until_quiet(&mut nobody);
    let before = talk.lines().len();
    talk.say(words, &[], &mut nobody);
    talk.until_quiet(&mut nobody);
    let said: Vec<&str> = talk.lines()[before..]
        .iter()
        .filter_map(|line| if let TalkWhat::Robot { text, .. } = &line.what { Some(text.as_str()) } else { None })
        .collect();
    (said.join(" "), talk.state())
}

#[test]
fn words_that_mean_nothing_here_are_asked_about_and_never_acted_on() {
    let long = "我昨天在你们那里买了一个很好看的东西但是我妈妈说".repeat(80);
    for words in [
        long.as_str(),
        "Где мой заказ",
        "私の注文はどこですか",
        "أين طلبي",
        "🙂🙂🙂",
        "12345678",
        "一二三四",
        "他妈的",
        "fuck off",
        "asdf qwer",
        "。。。",
        "\u{0}\u{7}\u{200b}",
    ] {
        let guesses = HOTLINE.matcher.understand(&[(words, 1.0)], Context::default());
        let best = guesses.guesses.first().map_or(0.0, |guess| guess.confidence);
        assert!(best < 0.9, "{words:.40}: {:?}", guesses.guesses.first());
        let (said, state) = answered(words);
        assert!(!said.contains("收到") && !said.contains("可以退"), "{words:.40}: {said}");
        assert!(state != TalkState::Over, "{words:.40}: nobody is hung up on for it: {said}");
    }
}

#[test]
fn one_sound_and_silence_cost_nothing() {
    for words in ["", " ", "嗯", "呃", "啊", "uh"] {
        let (_, state) = answered(words);
        assert_eq!(state, TalkState::Open, "{words:?}");
        assert!(HOTLINE.matcher.guess(&[(words, 1.0)], Context::default()).iter().all(|guess| guess.confidence < 0.5), "{words:?}");
    }
    assert!(HOTLINE.matcher.guess(&[], Context::default()).is_empty());
}

#[test]
fn what_is_meant_is_found_within_two_thousand_characters_or_asked_about() {
    let rambling = "我昨天跟我妈妈说这个事情她说让我打电话问一下你们".repeat(20);
    for words in [format!("我要退货{rambling}"), format!("{rambling}转人工")] {
        let understood = HOTLINE.matcher.understand(&[(&words, 1.0)], Context::default());
        assert!(understood.guesses.iter().all(|guess| (0.0..=1.0).contains(&guess.confidence)));
    }
    assert_eq!(HOTLINE.matcher.guess(&[("转人工", 1.0)], Context::default())[0].intent, HUMAN);
}

#[test]
fn an_intent_without_examples_is_told_about_and_never_guessed() {
    let found = lint(&HOTLINE.plan, None);
    let told: Vec<&str> = found.iter().filter(|one| one.message.en.contains("nothing_yet")).map(|one| one.code).collect();
    assert!(told.contains(&"few-examples"), "{told:?}");
    for words in ["好", "我要查订单", "随便什么"] {
        assert!(HOTLINE.matcher.guess(&[(words, 1.0)], Context::default()).iter().all(|guess| guess.intent != "nothing_yet"));
    }
    assert!(Matcher::train(&[]).guess(&[("我要查订单", 1.0)], Context::default()).is_empty());
}

#[test]
fn an_example_of_two_intents_is_told_about_and_asked_about() {
    let text = PLAN.replace("怎么退款", "我要查订单");
    let plan = Dialplan::load("shop.yaml", &text, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
    assert!(lint(&plan, None).iter().any(|one| one.code == "overlap"));
    let guesses = matcher_for(&plan).guess(&[("我要查订单", 1.0)], Context::default());
    assert!(guesses[0].confidence <= 0.5, "{guesses:?}");
}

/// A dialplan of two intents with so many examples each.
fn plan_of(examples: usize) -> Result<Dialplan, Vec<bellhop::dialplan::Diagnostic>> {
    let mut text = "dialplan: 1\nnumbers: [\"1\"]\nintents:\n".to_owned();
    for intent in 0..2 {
        let _ = write!(text, "  i{intent}:\n    say: 好。\n    examples:\n");
        for number in 0..examples {
            let _ = writeln!(text, "      - 查{intent}号{number}");
        }
    }
    Dialplan::load("many.yaml", &text, &|_| None)
}

#[test]
fn more_examples_than_are_learnt_from_are_told_about() {
    let plan = plan_of(12_000).unwrap_or_else(|found| panic!("{found:#?}"));
    let found = lint(&plan, None);
    let told: Vec<_> = found.iter().filter(|one| one.code == "many-examples").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.en.contains("24000") && told[0].message.en.contains(&MOST_EXAMPLES.to_string()), "{}", told[0].message.en);
    assert!(!told[0].help.zh.is_empty());
}

#[test]
fn a_hundred_thousand_examples_in_one_file_are_refused_with_a_reason() {
    let found = plan_of(50_000).err().unwrap_or_default();
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["too-big"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_are_understood_somehow(words in "\\PC{0,80}", other in "[一-龥a-z0-9 ，。?]{0,40}", weight in -1.0f32..2.0) {
        let understood = HOTLINE.matcher.understand(&[(words.as_str(), weight), (other.as_str(), 0.4)], Context { last_intent: Some("order") });
        for guess in &understood.guesses {
            prop_assert!((0.0..=1.0).contains(&guess.confidence), "{guess:?}");
        }
        prop_assert!(understood.guesses.is_sorted_by(|one, next| one.confidence >= next.confidence));
        let why = HOTLINE.matcher.explain(&words, Context::default());
        prop_assert!(why.guesses.len() <= 3);
        let _ = HOTLINE.matcher.alike(&words, &other);
        let _ = sounds_within(&other, &words);
    }

    #[test]
    fn any_examples_are_learnt(texts in proptest::collection::vec("\\PC{0,20}", 0..12), asked in "\\PC{0,20}") {
        let examples: Vec<Example> = texts.iter().enumerate().map(|(at, text)| Example::new(format!("i{}", at % 3), text.as_str())).collect();
        let matcher = Matcher::train(&examples);
        let guesses = matcher.guess(&[(asked.as_str(), 1.0)], Context::default());
        prop_assert!(guesses.iter().all(|guess| (0.0..=1.0).contains(&guess.confidence)));
        prop_assert!(Matcher::from_bytes(&examples, &matcher.to_bytes()).is_some());
    }

    #[test]
    fn any_bytes_are_no_matcher(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Matcher::from_bytes(&[Example::new("order", "我要查订单")], &bytes).is_none());
    }

    #[test]
    fn any_words_are_read_as_any_slot(words in "([零一二三四五六七八九十百幺两点号月年元块半分 是不对]|\\PC){0,40}", english in "[a-z' ]{0,60}") {
        let choices = [("奶粉".to_owned(), vec!["配方奶".to_owned()])];
        let forms = [
            SlotForm::Digits { least: 4, most: 12 }, SlotForm::Code { least: 2, most: 20 }, SlotForm::Phone, SlotForm::IdCard, SlotForm::BankCard,
            SlotForm::Date, SlotForm::Time, SlotForm::Duration, SlotForm::Money, SlotForm::Number { least: -5, most: 500 }, SlotForm::YesNo, SlotForm::Choice(&choices),
        ];
        for language in [Language::Zh, Language::En] {
            for so_far in [SoFar::Nothing, SoFar::Part("123"), SoFar::Value("12345678")] {
                let known = Surroundings { language, so_far, now: Some("2026-11-21T10:00:00".parse().unwrap()), ..Surroundings::default() };
                for form in &forms {
                    for text in [&words, &english] {
                        for reading in read_slot(form, &[(text.as_str(), 0.8)], &known) {
                            prop_assert!((0.0..=1.0).contains(&reading.confidence), "{form:?} {text}: {reading:?}");
                        }
                    }
                }
                let _ = find_in_sentence(&forms, &[(words.as_str(), 0.6), (english.as_str(), 0.2)], &known);
            }
            let once = normalize(&words, language, None);
            prop_assert!(once.chars().count() <= words.chars().count() * 40 + 200);
            let _ = yes_or_no(&words, language);
        }
    }
}
