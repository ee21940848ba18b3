//! What is said, as units to compare: Chinese characters and whole words of other scripts, how they sound, and how much each tells.

use std::sync::LazyLock;

use pinyin::ToPinyin;

/// Characters that carry little meaning of their own in a request.
const FILLER_CHARACTERS: &str = "我你您他她它们的了吗呢吧啊呀嗯哦呃喂噢请问帮想要能可以怎么样什有是个这那就都还也给在把被下一好麻烦";
/// English words that carry little meaning of their own in a request.
const FILLER_WORDS: &[&str] = &[
    "a", "an", "the", "i", "me", "my", "you", "your", "please", "want", "to", "would", "like", "can", "could", "is", "are", "do", "does",
    "it", "of", "for", "with", "in", "on", "what", "how", "id", "im", "um", "uh", "hi", "hello", "need", "some", "this", "that", "and",
];

/// One unit of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// A Chinese character, or a word in lower case and the singular.
    pub(super) text: String,
    /// The same as it was said.
    pub(super) raw: String,
    /// Its syllable without tone and without the differences that accents blur, or the word itself.
    pub(super) sound: String,
    /// True where it tells little.
    pub(super) filler: bool,
}

/// What is said before and after a request out of courtesy or hesitation.
const COURTESIES: &[&str] = &[
    "你好",
    "您好",
    "喂",
    "嗯",
    "呃",
    "啊",
    "那个",
    "请问",
    "请问一下",
    "麻烦",
    "麻烦您",
    "麻烦你",
    "请",
    "谢谢",
    "谢谢你",
    "谢谢您",
    "多谢",
    "好吗",
    "可以吗",
    "吧",
    "呢",
    "吗",
    "呀",
    "了",
    "你们",
    "一下",
    "我想问一下",
    "想问一下",
    "帮我",
    "please",
    "thanks",
    "thank you",
    "hello",
    "hi",
    "hey",
    "um",
    "uh",
    "well",
    "okay",
    "ok",
    "so",
    "sorry",
    "excuse me",
    "can you",
    "could you",
    "could you please",
    "can you please",
];

/// How many units at the start, or else at the end, are a courtesy, the longest counting; `None` when there is none or nothing else.
pub(super) fn is_courtesy(said: &[Unit], at_start: bool) -> Option<usize> {
    static SPLIT: LazyLock<Vec<Vec<String>>> =
        LazyLock::new(|| COURTESIES.iter().map(|words| units(words).into_iter().map(|unit| unit.text).collect()).collect());
    let fits = |words: &Vec<String>| {
        let length = words.len();
        let part = if at_start { said.get(..length) } else { said.len().checked_sub(length).and_then(|from| said.get(from..)) };
        length < said.len() && part.is_some_and(|part| part.iter().zip(words).all(|(unit, word)| unit.text == *word))
    };
    SPLIT.iter().filter(|words| fits(words)).map(Vec::len).max()
}

/// Answers to a question and to an answer, which by themselves ask for nothing.
const ANSWERS: &[&str] = &[
    "对",
    "对的",
    "对啊",
    "不对",
    "是",
    "是的",
    "是啊",
    "不是",
    "不是的",
    "好",
    "好的",
    "好啊",
    "行",
    "可以",
    "不可以",
    "不行",
    "要",
    "不要",
    "需要",
    "不需要",
    "没错",
    "有",
    "没有",
    "嗯",
    "嗯嗯",
    "哦",
    "知道了",
    "没用",
    "没有用",
    "不是这个",
    "不是这个意思",
    "我不是这个意思",
    "不明白",
    "还是不明白",
    "还是不行",
    "听不懂",
    "答非所问",
    "不满意",
    "yes",
    "yeah",
    "yep",
    "yes please",
    "no",
    "nope",
    "right",
    "correct",
    "that is right",
    "thats right",
    "sure",
    "okay",
    "ok",
];

/// Whether all that is said is an answer, which asks for nothing unless an example says the same.
pub(super) fn is_answer(said: &[Unit]) -> bool {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| ANSWERS.iter().map(|words| plain(&units(words))).collect());
    ALL.contains(&plain(said))
}

/// Splits a text into units; marks, spaces, `[unk]`, `{slots}` and long numbers are left out.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut word = String::new();
    let mut skip_until = None;
    for character in text.chars().map(half_width) {
        if let Some(end) = skip_until {
            if character == end {
                skip_until = None;
            }
            continue;
        }
        if character.is_ascii_alphanumeric() || (character.is_alphanumeric() && !is_chinese(character)) {
            word.extend(character.to_lowercase());
            continue;
        }
        if character == '\'' {
            continue;
        }
        end_word(&mut word, &mut units);
        match character {
            '[' => skip_until = Some(']'),
            '{' => skip_until = Some('}'),
            _ if is_chinese(character) => units.push(Unit {
                text: character.to_string(),
                raw: character.to_string(),
                sound: character.to_pinyin().map_or_else(|| character.to_string(), |pinyin| fuzzy(pinyin.plain())),
                filler: FILLER_CHARACTERS.contains(character),
            }),
            _ => {}
        }
    }
    end_word(&mut word, &mut units);
    without_long_numbers(units)
}

/// Joins the units' texts: equal for texts that differ only in marks, spaces and case.
pub(super) fn plain(units: &[Unit]) -> String {
    joined(units, |unit| &unit.text)
}

/// Joins the units' sounds.
pub(super) fn sounds(units: &[Unit]) -> String {
    joined(units, |unit| &unit.sound)
}

/// Whether a character is a Chinese one.
pub(super) fn is_chinese(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn joined(units: &[Unit], part: impl Fn(&Unit) -> &String) -> String {
    let mut all = String::from(" ");
    for unit in units {
        all.push_str(part(unit));
        all.push(' ');
    }
    all
}

fn end_word(word: &mut String, units: &mut Vec<Unit>) {
    if !word.is_empty() {
        let filler = FILLER_WORDS.contains(&word.as_str());
        let raw = word.clone();
        // One order and several orders are the same wish.
        if !filler && word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
            word.pop();
        }
        units.push(Unit { text: word.clone(), raw, sound: std::mem::take(word), filler });
    }
}

/// A number is a slot's value and says nothing of the intent.
fn without_long_numbers(units: Vec<Unit>) -> Vec<Unit> {
    const SPOKEN: &str = "零〇一二两三四五六七八九幺";
    let is_digit = |unit: &Unit| unit.text.chars().all(|c| c.is_ascii_digit() || SPOKEN.contains(c));
    let mut kept = Vec::with_capacity(units.len());
    let mut run: Vec<Unit> = Vec::new();
    for unit in units {
        if is_digit(&unit) {
            run.push(unit);
            continue;
        }
        settle(&mut run, &mut kept);
        kept.push(unit);
    }
    settle(&mut run, &mut kept);
    kept
}

fn settle(run: &mut Vec<Unit>, kept: &mut Vec<Unit>) {
    let digits: usize = run.iter().map(|unit| unit.text.chars().count()).sum();
    if digits < 4 {
        kept.append(run);
    }
    run.clear();
}

fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{2019}' => '\'',
        other => other,
    }
}

/// Southern accents do not tell zh from z, n from l, -ng from -n; line noise neither.
pub(super) fn fuzzy(syllable: &str) -> String {
    let mut sound = syllable.to_owned();
    for (from, to) in [("zh", "z"), ("ch", "c"), ("sh", "s")] {
        if let Some(rest) = sound.strip_prefix(from) {
            sound = format!("{to}{rest}");
        }
    }
    if let Some(rest) = sound.strip_prefix('l') {
        sound = format!("n{rest}");
    }
    for (from, to) in [("ang", "an"), ("eng", "en"), ("ing", "in")] {
        if let Some(start) = sound.strip_suffix(from) {
            sound = format!("{start}{to}");
        }
    }
    sound
}

/// A syllable's consonant at the start, and the rest.
pub(super) fn halves(syllable: &str) -> (&str, &str) {
    let consonants = syllable.find(['a', 'e', 'i', 'o', 'u', 'v', 'ü']).unwrap_or(0);
    syllable.split_at(consonants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_numbers_and_slots_are_left_out() {
        for (text, wanted) in [
            ("查一下，我的订单！", " 查 一 下 我 的 订 单 "),
            ("{product}能退吗？", " 能 退 吗 "),
            ("订单12345678", " 订 单 "),
            ("订单号是一二三四五六七八", " 订 单 号 是 "),
            ("[unk]", " "),
            ("I'd like A refund.", " id like a refund "),
        ] {
            assert_eq!(plain(&units(text)), wanted, "{text}");
        }
    }

    #[test]
    fn words_that_sound_alike_have_the_same_sounds() {
        assert_eq!(sounds(&units("查订单")), sounds(&units("插丁丹")));
        assert_ne!(sounds(&units("查订单")), sounds(&units("退订单")));
    }
}
