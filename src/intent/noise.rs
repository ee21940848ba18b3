//! What a recogniser makes of words: seeded mistakes, to measure how well callers are understood when they are misheard.

use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::GBK;
use pinyin::ToPinyin;

use super::text::{fuzzy, halves, is_chinese};
use crate::base::Rng;

/// How Chinese characters go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistakes {
    /// As a recogniser makes them: one in ten is dropped; of the others 39 in a hundred are homophones, 5 differ in what accents blur,
    /// 30 share how the syllable begins or ends, 26 are unrelated.
    Heard,
    /// Any common character stands for any.
    Random,
}

/// In a hundred of what is written wrongly: dropped; then, of the rest, the same sound, nearly the same, half of it.
const DROPPED: u64 = 10;
const SAME: u64 = 39;
const NEARLY: u64 = 5;
const HALF: u64 = 30;

/// The 3,755 characters in common use, which are what a recogniser writes, by what may stand for what.
struct Common {
    all: Vec<char>,
    by_syllable: HashMap<&'static str, Vec<char>>,
    by_sound: HashMap<String, Vec<char>>,
    by_initial: HashMap<&'static str, Vec<char>>,
    by_final: HashMap<&'static str, Vec<char>>,
}

static COMMON: LazyLock<Common> = LazyLock::new(|| {
    // The first level of GB 2312 holds them: rows B0 to D7, of which the last one ends early.
    let codes = (0xb0..=0xd7_u8).flat_map(|row| (0xa1..=if row == 0xd7 { 0xf9 } else { 0xfe_u8 }).map(move |place| [row, place]));
    let all: Vec<char> = codes.filter_map(|code| GBK.decode_without_bom_handling(&code).0.chars().next()).collect();
    let mut common = Common {
        all: Vec::new(),
        by_syllable: HashMap::new(),
        by_sound: HashMap::new(),
        by_initial: HashMap::new(),
        by_final: HashMap::new(),
    };
    for character in &all {
        let Some(syllable) = character.to_pinyin().map(pinyin::Pinyin::plain) else { continue };
        let (initial, rest) = halves(syllable);
        common.by_syllable.entry(syllable).or_default().push(*character);
        common.by_sound.entry(fuzzy(syllable)).or_default().push(*character);
        common.by_initial.entry(initial).or_default().push(*character);
        common.by_final.entry(rest).or_default().push(*character);
    }
    common.all = all;
    common
});

/// Returns a text as it might be heard: each Chinese character is wrong with a chance of so many in a hundred; all else stays.
#[must_use]
pub fn misheard(text: &str, percent: f64, mistakes: Mistakes, rng: &mut Rng) -> String {
    let mut heard = String::with_capacity(text.len());
    for character in text.chars() {
        if !is_chinese(character) || rng.unit() * 100.0 >= percent {
            heard.push(character);
        } else if mistakes == Mistakes::Random {
            heard.extend(another(&COMMON.all, character, rng));
        } else if rng.below(100) >= DROPPED {
            heard.push(taken_for(character, rng));
        }
    }
    heard
}

fn taken_for(character: char, rng: &mut Rng) -> char {
    let kind = rng.below(100);
    let syllable = character.to_pinyin().map_or("", pinyin::Pinyin::plain);
    let (initial, rest) = halves(syllable);
    let same = || COMMON.by_syllable.get(syllable);
    let nearly = || COMMON.by_sound.get(&fuzzy(syllable));
    let half = if rng.below(2) == 0 { COMMON.by_initial.get(initial) } else { COMMON.by_final.get(rest) };
    // Who has no homophone is taken for what comes next in likeness.
    let by_kind = [(SAME, same()), (SAME + NEARLY, nearly()), (SAME + NEARLY + HALF, half)];
    let mut near = by_kind.into_iter().filter(|(most, _)| kind < *most).filter_map(|(_, group)| group);
    near.find_map(|group| another(group, character, rng)).or_else(|| another(&COMMON.all, character, rng)).unwrap_or(character)
}

/// Draws one of a group that is not this character.
fn another(group: &[char], character: char, rng: &mut Rng) -> Option<char> {
    let others: Vec<char> = group.iter().copied().filter(|other| *other != character).collect();
    others.get(rng.below(others.len() as u64) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::super::text::{sounds, units};
    use super::*;

    const SAID: &str = "我想查一下我的订单发货了没有";

    #[test]
    fn the_same_seed_mishears_the_same_and_zero_percent_nothing() {
        let heard = |seed, percent| misheard(SAID, percent, Mistakes::Heard, &mut Rng::seeded(seed));
        assert_eq!(heard(1, 30.0), heard(1, 30.0));
        assert_ne!(heard(1, 30.0), heard(2, 30.0));
        assert_eq!(heard(1, 0.0), SAID);
        assert_eq!(misheard("where is my order?", 100.0, Mistakes::Heard, &mut Rng::seeded(1)), "where is my order?");
    }

    #[test]
    fn so_many_characters_are_wrong_and_so_many_of_them_sound_the_same() {
        let mut rng = Rng::seeded(5);
        let (mut all, mut wrong, mut dropped, mut alike) = (0.0, 0.0, 0.0, 0.0);
        for character in SAID.chars().cycle().take(20_000) {
            let said = character.to_string();
            let heard = misheard(&said, 20.0, Mistakes::Heard, &mut rng);
            all += 1.0;
            wrong += f64::from(u8::from(heard != said));
            dropped += f64::from(u8::from(heard.is_empty()));
            alike += f64::from(u8::from(heard != said && sounds(&units(&heard)) == sounds(&units(&said))));
        }
        let share = |part: f64, whole: f64| 100.0 * part / whole;
        assert!((share(wrong, all) - 20.0).abs() < 1.5, "{}", share(wrong, all));
        assert!((share(dropped, wrong) - 10.0).abs() < 2.5, "{}", share(dropped, wrong));
        assert!((share(alike, wrong) - 42.0).abs() < 6.0, "{}", share(alike, wrong));
    }

    #[test]
    fn random_mistakes_are_common_characters() {
        assert_eq!(COMMON.all.len(), 3_755);
        let heard = misheard(SAID, 100.0, Mistakes::Random, &mut Rng::seeded(1));
        assert_eq!(heard.chars().count(), SAID.chars().count());
        assert!(heard.chars().zip(SAID.chars()).all(|(heard, said)| heard != said && COMMON.all.contains(&heard)), "{heard}");
    }
}
