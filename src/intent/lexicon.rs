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

/// By the units of an entry, joined: the names of its groups.
static GROUPS: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut groups: HashMap<String, Vec<&'static str>> = HashMap::new();
    for line in CHINESE.lines().chain(ENGLISH.lines()) {
        let Some((name, words)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        for word in words.split(',') {
            let of = groups.entry(joined(&units(word))).or_default();
            if !of.contains(&name) {
                of.push(name);
            }
        }
    }
    groups.remove("");
    groups
});

/// Names what the units mean, the longest entry first, and neighbouring meanings as pairs.
pub(super) fn meanings(said: &[Unit]) -> Vec<String> {
    let found: Vec<&'static str> = meant_by(said).into_iter().flat_map(|(_, names)| names).copied().collect();
    let pairs: Vec<String> = found.windows(2).map(|pair| format!("{}+{}", pair[0], pair[1])).collect();
    found.into_iter().map(str::to_owned).chain(pairs).collect()
}

/// Finds the entries among the units, the longest first: which units, and what they mean.
pub(super) fn meant_by(said: &[Unit]) -> Vec<(Range<usize>, &'static [&'static str])> {
    let keys: Vec<String> = said.iter().map(key).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < keys.len() {
        let entry = (1..=LONGEST.min(keys.len() - at)).rev().find_map(|length| {
            let groups = GROUPS.get(&keys[at..at + length].join(" "))?;
            Some((length, groups.as_slice()))
        });
        match entry {
            Some((length, groups)) => {
                found.push((at..at + length, groups));
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

fn joined(units: &[Unit]) -> String {
    units.iter().map(key).collect::<Vec<_>>().join(" ")
}

fn key(unit: &Unit) -> String {
    if unit.raw.chars().all(is_chinese) { unit.raw.clone() } else { stem(&unit.raw) }
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
    fn every_line_of_the_lexicon_is_a_group_of_several() {
        for line in CHINESE.lines().chain(ENGLISH.lines()).filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let words = line.split_once(':').map_or(0, |(_, words)| words.split(',').filter(|word| !units(word).is_empty()).count());
            assert!(words >= 2, "{line}");
        }
    }
}
