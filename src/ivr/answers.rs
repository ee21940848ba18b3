//! Short answers that need no training: yes, no, nothing else, say it again, digits, one of a few choices.

use crate::base::Language;
use crate::dialplan::SlotType;
use crate::intent::sounds_within;
use crate::spoken::{self, YesNo, digits_from_speech};

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

const NOTHING_ELSE: &[&str] = &[
    "没有了",
    "没了",
    "没事了",
    "没有其他",
    "没有别的",
    "没问题了",
    "就这些",
    "不用了谢谢",
    "谢谢再见",
    "再见",
    "拜拜",
    "goodbye",
    "bye",
    "nothing else",
    "thats all",
    "that is all",
    "no thanks",
    "nothing",
];
const AGAIN: &[&str] =
    &["再说一遍", "再说一次", "重复一遍", "请重复", "重复", "没听清楚", "没听清", "say that again", "repeat", "repeat that", "pardon"];
const SLOWER: &[&str] = &[
    "说慢一点",
    "慢一点",
    "说慢点",
    "慢点",
    "慢点说",
    "慢一点说",
    "讲慢一点",
    "太快了",
    "说得太快了",
    "您说慢一点",
    "你说慢一点",
    "slower",
    "speak slower",
    "speak more slowly",
    "more slowly",
    "slow down",
    "too fast",
];
const BACK: &[&str] =
    &["返回", "返回上一步", "上一步", "回到上一步", "退回去", "回到上一个问题", "go back", "back", "previous", "previous question"];
/// Words with a digit in them that mean no digit.
const NO_DIGITS: &[&str] = &["一下", "一遍", "一次", "一个", "一会", "一样", "一般", "三方", "统一"];

/// Words to listen for where yes or no is expected.
pub(super) const fn yes_no_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::Zh => &[
            "是",
            "是的",
            "对",
            "对的",
            "好",
            "好的",
            "可以",
            "需要",
            "要",
            "确认",
            "没错",
            "不",
            "不是",
            "不对",
            "不要",
            "不用",
            "不用了",
            "不需要",
            "没有",
            "没有了",
        ],
        Language::En => &["yes", "correct", "right", "sure", "no", "wrong", "not right", "no thanks"],
    }
}

/// Words to listen for at any question, in both languages: nothing else, again.
pub(super) fn closing_words() -> impl Iterator<Item = &'static str> {
    ["没有", "不用了", "再说一遍", "no", "repeat"].into_iter().chain(NOTHING_ELSE.iter().copied())
}

/// Returns the answer if the words are one, in either language.
pub(super) fn yes_or_no(text: &str) -> Option<Answer> {
    match spoken::yes_or_no(text, Language::Zh) {
        _ if nothing_else(text) => Some(Answer::No),
        Some(YesNo::Yes) => Some(Answer::Yes),
        Some(YesNo::No) => Some(Answer::No),
        None => None,
    }
}

/// Returns the answer to a question that is answered with yes or no: as it is written, else as it sounds (对得, 补用了).
pub(super) fn answered(text: &str) -> Option<Answer> {
    const YES: &[&str] = &["对的", "是的", "好的", "可以", "需要", "没错", "对对", "对啊", "确定", "要的", "行的"];
    const NO: &[&str] = &["不对", "不是", "不用", "不要", "不行", "没有", "不需要", "不用了", "没有了", "不要了"];
    let words = bare(text);
    let is = |list: &[&str]| list.iter().any(|word| word.chars().count() == words.chars().count() && sounds_within(word, &words));
    yes_or_no(text).or_else(|| is(YES).then_some(Answer::Yes)).or_else(|| is(NO).then_some(Answer::No))
}

/// Whether the caller wants nothing more.
pub(super) fn nothing_else(text: &str) -> bool {
    let words = bare(text);
    NOTHING_ELSE.iter().any(|word| words.starts_with(&bare(word)))
}

/// What a caller wants of the conversation itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To hear it again.
    Again,
    /// To hear it more slowly.
    Slower,
    /// To go back to the question before.
    Back,
}

/// Words to listen for at any question: again, slower, back.
pub(super) fn wish_words() -> impl Iterator<Item = &'static str> {
    [AGAIN, SLOWER, BACK].into_iter().flatten().copied()
}

/// Returns what the caller wants of the conversation, if the words say nothing else.
pub(super) fn wish(text: &str) -> Option<Wish> {
    const POLITE: &[&str] = &["请您", "请", "麻烦您", "麻烦", "你能", "能不能", "可以", "能", "could you ", "can you ", "please "];
    let words = bare(text);
    let words = POLITE.iter().map(|polite| bare(polite)).find_map(|polite| words.strip_prefix(&polite).map(str::to_owned)).unwrap_or(words);
    let words = words.trim_end_matches("please").trim_end_matches(['吗', '嘛', '么']);
    let is = |list: &[&str]| list.iter().any(|word| words == bare(word));
    [(AGAIN, Wish::Again), (SLOWER, Wish::Slower), (BACK, Wish::Back)].into_iter().find(|(list, _)| is(list)).map(|(_, wish)| wish)
}

/// Returns the digits said, in order.
pub(super) fn digits(text: &str, language: Language) -> String {
    let mut text = text.to_owned();
    for word in NO_DIGITS {
        text = text.replace(word, "，");
    }
    digits_from_speech(&text, language)
}

/// Returns what of a slot's values is said in a text.
pub(super) fn slot_value(kind: &SlotType, text: &str, language: Language) -> Option<String> {
    match kind {
        SlotType::Digits { least, most } => {
            let said = digits(text, language);
            (usize::from(*least)..=usize::from(*most)).contains(&said.len()).then_some(said)
        }
        SlotType::Choice(values) => values
            .iter()
            .flat_map(|(value, others)| std::iter::once(value).chain(others).map(move |word| (value, word)))
            .filter(|(_, word)| !word.is_empty() && (text.contains(word.as_str()) || sounds_within(word, text)))
            .max_by_key(|(_, word)| word.chars().count())
            .map(|(value, _)| value.clone()),
        SlotType::YesNo => yes_or_no(text).map(|answer| if answer == Answer::Yes { "yes" } else { "no" }.to_owned()),
        SlotType::Phone => {
            let said = digits(text, language);
            (7..=12).contains(&said.len()).then_some(said)
        }
        SlotType::Number { least, most } => {
            let said: i64 = digits(text, language).parse().ok()?;
            (*least..=*most).contains(&said).then(|| said.to_string())
        }
        SlotType::Code { .. }
        | SlotType::IdCard
        | SlotType::BankCard
        | SlotType::Date
        | SlotType::Time
        | SlotType::Duration
        | SlotType::Money => None,
        SlotType::Text { .. } => (!text.trim().is_empty()).then(|| text.trim().to_owned()),
    }
}

/// Without marks, spaces, case and politeness.
fn bare(text: &str) -> String {
    let kept: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let kept = kept.strip_prefix('哦').or_else(|| kept.strip_prefix('啊')).unwrap_or(&kept).to_owned();
    let shorter = kept.trim_end_matches("谢谢").trim_end_matches(['吧', '呀', '啊', '哦']);
    if shorter.is_empty() { kept } else { shorter.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_are_told_apart() {
        for (text, wanted) in [
            ("是", Some(Answer::Yes)),
            ("是的，谢谢", Some(Answer::Yes)),
            ("对", Some(Answer::Yes)),
            ("没错", Some(Answer::Yes)),
            ("好的吧", Some(Answer::Yes)),
            ("yes, please", Some(Answer::Yes)),
            ("不是", Some(Answer::No)),
            ("不对，是一二三", Some(Answer::No)),
            ("不用了谢谢", Some(Answer::No)),
            ("没有了", Some(Answer::No)),
            ("No.", Some(Answer::No)),
            ("我要查订单", None),
            ("", None),
        ] {
            assert_eq!(yes_or_no(text), wanted, "{text}");
        }
        assert!(nothing_else("没有了，再见") && !nothing_else("没有收到货"));
        for (text, wanted) in [
            ("再说一遍", Some(Wish::Again)),
            ("请再说一遍", Some(Wish::Again)),
            ("再说一遍订单", None),
            ("能说慢一点吗", Some(Wish::Slower)),
            ("please speak slower", Some(Wish::Slower)),
            ("返回上一步", Some(Wish::Back)),
            ("Go back, please", Some(Wish::Back)),
            ("返回", Some(Wish::Back)),
            ("我要查订单", None),
        ] {
            assert_eq!(wish(text), wanted, "{text}");
        }
    }

    #[test]
    fn answers_are_known_by_their_sound() {
        for (text, wanted) in [
            ("对得", Some(Answer::Yes)),
            ("堆德", Some(Answer::Yes)),
            ("墟要", Some(Answer::Yes)),
            ("补用了", Some(Answer::No)),
            ("布对", Some(Answer::No)),
            ("不对", Some(Answer::No)),
            ("我要退货", None),
            ("德", None),
        ] {
            assert_eq!(answered(text), wanted, "{text}");
        }
    }

    #[test]
    fn digits_are_heard_and_small_words_are_not() {
        for (text, wanted) in [("一二三四", "1234"), ("订单号是一二三 四五", "12345"), ("查一下", ""), ("12 34", "1234")] {
            assert_eq!(digits(text, Language::Zh), wanted, "{text}");
        }
    }

    #[test]
    fn a_choice_is_taken_by_any_of_its_words() {
        let kind = SlotType::Choice(vec![("奶粉".into(), vec!["配方奶".into()]), ("纸尿裤".into(), vec!["尿不湿".into()])]);
        for (text, wanted) in [("我买的配方奶", Some("奶粉")), ("尿不湿", Some("纸尿裤")), ("奶分", Some("奶粉")), ("手机", None)]
        {
            assert_eq!(slot_value(&kind, text, Language::Zh).as_deref(), wanted, "{text}");
        }
    }
}
