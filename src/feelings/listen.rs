//! What upset callers say most, as whole phrases: a recogniser that listens for expected words only would hear an insult as an order.

use crate::base::Language;

const ZH: &[&str] = &[
    "气死我了",
    "骗子",
    "骗人",
    "你们这群骗子",
    "垃圾公司",
    "什么垃圾",
    "什么态度",
    "我要投诉",
    "投诉你们",
    "没有解决我的问题",
    "没有解决",
    "没解决",
    "解决不了",
    "不满意",
    "很不满意",
    "说了三次了",
    "说了多少遍了",
    "说了好几遍了",
    "都说过了",
    "听不懂",
    "听不懂人话",
    "没听懂",
    "答非所问",
    "还是不行",
    "没用",
    "等了半天",
    "等了好久",
    "太慢了",
    "怎么回事啊",
    "搞什么",
    "有没有搞错",
    "不耐烦",
    "烦死了",
    "别废话",
    "闭嘴",
    "太差了",
    "太失望了",
    "浪费我的时间",
    "曝光你们",
    "我要报警",
    "我要起诉你们",
    "退钱",
    "凭什么",
    "受不了",
    "急死了",
    "呵呵",
    "又来了",
];

const EN: &[&str] = &[
    "this is ridiculous",
    "useless",
    "you are useless",
    "you are stupid",
    "stupid machine",
    "terrible service",
    "terrible",
    "i want to complain",
    "that is wrong",
    "not what i asked",
    "does not help",
    "did not help",
    "you do not understand",
    "do not understand",
    "how many times",
    "i already told you",
    "told you three times",
    "waste of time",
    "wasting my time",
    "this is a scam",
    "very disappointed",
    "not happy",
    "i am furious",
    "fed up",
    "sick of this",
    "shut up",
    "nonsense",
    "unacceptable",
    "give me my money back",
    "call the police",
    "see you in court",
];

/// Phrases for a recogniser to listen for wherever a caller may say anything.
#[must_use]
pub fn upset_phrases(language: Language) -> &'static [&'static str] {
    match language {
        Language::Zh => ZH,
        Language::En => EN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::signs;
    use super::*;

    #[test]
    fn each_phrase_listened_for_shows_a_mood() {
        let calm: Vec<_> = ZH.iter().chain(EN).filter(|phrase| signs(phrase).cues.is_empty()).collect();
        assert!(calm.is_empty(), "{calm:?}");
    }
}
