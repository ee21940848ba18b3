//! What words mean, roughly: groups of words that callers use for the same thing, in Chinese and English.
//! A help where examples are few; where they are many, they say it better.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::text::{Unit, is_chinese, units};
use super::views::stem;

const CHINESE: &str = include_str!("lexicon/zh.txt");
const ENGLISH: &str = include_str!("lexicon/en.txt");
/// The most units of one entry.
const LONGEST: usize = 6;

/// By an entry: the names of its groups.
type Groups = HashMap<String, Vec<&'static str>>;

/// By the units of an entry, joined.
static GROUPS: LazyLock<Groups> = LazyLock::new(|| collected(|said| Some(joined(said, key))));

/// By the syllables of a Chinese entry of several, joined: what is misheard is found by them.
static SOUNDS: LazyLock<Groups> =
    LazyLock::new(|| collected(|said| (said.len() > 1 && said.iter().all(chinese)).then(|| joined(said, |unit| unit.sound.clone()))));

fn collected(by: impl Fn(&[Unit]) -> Option<String>) -> Groups {
    let mut groups = Groups::new();
    for line in CHINESE.lines().chain(ENGLISH.lines()) {
        let Some((name, words)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        for entry in words.split(',').filter_map(|word| by(&units(word))).filter(|entry| !entry.is_empty()) {
            let of = groups.entry(entry).or_default();
            if !of.contains(&name) {
                of.push(name);
            }
        }
    }
    groups
}

/// Names what the units mean, the longest entry first, and neighbouring meanings as pairs.
pub(super) fn meanings(said: &[Unit]) -> Vec<String> {
    let found: Vec<&'static str> = meant_by(said).into_iter().flat_map(|(_, names)| names).copied().collect();
    let pairs: Vec<String> = found.windows(2).map(|pair| format!("{}+{}", pair[0], pair[1])).collect();
    found.into_iter().map(str::to_owned).chain(pairs).collect()
}

/// Entries that were found: which units, and what they mean.
type Found = Vec<(Range<usize>, &'static [&'static str])>;

/// Finds the entries among the units, the longest first, as written; by sound only where no written entry of several units stands.
pub(super) fn meant_by(said: &[Unit]) -> Found {
    let find = |groups: &'static Groups, part: &dyn Fn(&Unit) -> String, range: Range<usize>| {
        groups.get(&joined(&said[range.clone()], part)).map(|names| (range, names.as_slice()))
    };
    let longest = |at: usize| LONGEST.min(said.len() - at);
    let mut written = Found::new();
    let mut at = 0;
    while at < said.len() {
        let entry = (1..=longest(at)).rev().find_map(|length| find(&GROUPS, &key, at..at + length));
        at = entry.as_ref().map_or(at + 1, |(range, _)| range.end);
        written.extend(entry);
    }
    let mut taken = vec![false; said.len()];
    for (range, _) in written.iter().filter(|(range, _)| range.len() > 1) {
        taken[range.clone()].fill(true);
    }
    let mut found = Found::new();
    let mut at = 0;
    while at < said.len() {
        let free = (2..=longest(at)).rev().filter(|length| !taken[at..at + length].contains(&true));
        let by_sound = free.into_iter().find_map(|length| find(&SOUNDS, &|unit| unit.sound.clone(), at..at + length));
        let entry = by_sound.or_else(|| written.iter().find(|(range, _)| range.start == at).cloned());
        at = entry.as_ref().map_or(at + 1, |(range, _)| range.end);
        found.extend(entry);
    }
    found
}

fn joined(units: &[Unit], part: impl Fn(&Unit) -> String) -> String {
    units.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn key(unit: &Unit) -> String {
    if chinese(unit) { unit.raw.clone() } else { stem(&unit.raw) }
}

fn chinese(unit: &Unit) -> bool {
    unit.raw.chars().all(is_chinese)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_same_thing_mean_the_same() {
        for (a, b) in [("啥时候", "什么时候"), ("purchased", "bought"), ("我家娃", "我家宝宝")] {
            assert_eq!(meanings(&units(a)), meanings(&units(b)), "{a} {b}");
            assert!(!meanings(&units(a)).is_empty(), "{a}");
        }
        assert!(meanings(&[]).is_empty());
    }

    #[test]
    fn what_is_misheard_means_what_it_sounds_like() {
        for (heard, said) in [("查丁单", "查订单"), ("优会券", "优惠券"), ("发漂", "发票")] {
            assert_eq!(meanings(&units(heard)), meanings(&units(said)), "{heard}");
        }
        assert!(meanings(&units("发漂")).contains(&"发票".to_owned()));
    }

    #[test]
    fn every_line_of_the_lexicon_is_a_group_of_several() {
        for line in CHINESE.lines().chain(ENGLISH.lines()).filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let words = line.split_once(':').map_or(0, |(_, words)| words.split(',').filter(|word| !units(word).is_empty()).count());
            assert!(words >= 2, "{line}");
        }
    }
}
