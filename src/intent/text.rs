//! What is said, as units to compare: Chinese characters and whole words of other scripts, how they sound, and how much each tells.

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
    /// A Chinese character, or a word in lower case.
    pub(super) text: String,
    /// Its syllable without tone and without the differences that accents blur, or the word itself.
    pub(super) sound: String,
    /// True where it tells little.
    pub(super) filler: bool,
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
        // One order and several orders are the same wish.
        if !filler && word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
            word.pop();
        }
        units.push(Unit { text: word.clone(), sound: std::mem::take(word), filler });
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
fn fuzzy(syllable: &str) -> String {
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
