//! What words alone show of a caller's feelings: annoyance, anger, and that the answer did not help.

use crate::base::Mood;

/// What an utterance shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Feeling {
    pub(super) mood: Mood,
    /// The caller is not satisfied with what was said.
    pub(super) let_down: bool,
}

const ANGRY: &[&str] = &[
    "气死",
    "太过分",
    "骗子",
    "垃圾",
    "什么破",
    "混蛋",
    "他妈",
    "妈的",
    "不要脸",
    "忍无可忍",
    "岂有此理",
    "曝光你们",
    "告你们",
    "欺负人",
    "要你们有什么用",
    "滚",
    "outrageous",
    "furious",
    "fed up",
    "damn",
    "idiot",
    "scam",
    "sick of",
    "my lawyer",
    "unacceptable",
];
const ANNOYED: &[&str] = &[
    "说了多少遍",
    "说了几遍",
    "说了三次",
    "说了好几",
    "都说了",
    "到底",
    "烦死",
    "烦不烦",
    "听不懂人话",
    "等了这么久",
    "等了半天",
    "太慢了",
    "磨叽",
    "怎么回事啊",
    "搞什么",
    "how many times",
    "i already told",
    "waste of time",
    "useless",
    "annoying",
    "ridiculous",
    "for the third time",
];
const LET_DOWN: &[&str] = &[
    "不满意",
    "没解决",
    "没有解决",
    "解决不了",
    "不是这个意思",
    "答非所问",
    "没听懂我",
    "听不懂",
    "没用",
    "你没明白",
    "不是我要的",
    "not helpful",
    "not what i asked",
    "did not help",
    "didn't help",
    "doesn't help",
    "not satisfied",
];

/// Returns what the words show.
pub(super) fn feeling(text: &str) -> Feeling {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let mood = match (has(ANGRY), has(ANNOYED)) {
        (true, _) => Mood::Angry,
        (false, true) => Mood::Annoyed,
        (false, false) => Mood::Calm,
    };
    Feeling { mood, let_down: mood > Mood::Calm || has(LET_DOWN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_show_feelings() {
        for (text, mood, let_down) in [
            ("我要查订单", Mood::Calm, false),
            ("我都说了三遍了你还听不懂", Mood::Annoyed, true),
            ("你们这些骗子", Mood::Angry, true),
            ("你说的不是我要的", Mood::Calm, true),
            ("This is a waste of time", Mood::Annoyed, true),
            ("I am fed up with you", Mood::Angry, true),
        ] {
            assert_eq!(feeling(text), Feeling { mood, let_down }, "{text}");
        }
    }
}
