//! What words mean, roughly: groups of words that callers use for the same thing, in Chinese and English, and in Chinese what such
//! groups are about. A help where examples are few; where they are many, they say it better.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::text::{Unit, halves, units};
use super::views::{chinese, stem};

const CHINESE: &str = include_str!("lexicon/zh.txt");
const ENGLISH: &str = include_str!("lexicon/en.txt");
/// The most units of one entry.
const LONGEST: usize = 6;

/// By an entry: the names of its groups.
type Groups = HashMap<String, Vec<&'static str>>;

/// By the units of an entry, joined.
static GROUPS: LazyLock<Groups> = LazyLock::new(|| {
    let mut groups = Groups::new();
    for line in CHINESE.lines().chain(ENGLISH.lines()) {
        let Some((name, words)) = line.split_once(':').filter(|_| !line.starts_with(['#', '@'])) else { continue };
        for entry in words.split(',').map(|word| joined(&units(word))).filter(|entry| !entry.is_empty()) {
            let of = groups.entry(entry).or_default();
            if !of.contains(&name) {
                of.push(name);
            }
        }
    }
    groups
});

/// By the first unit of entries: how many units the longest of them has.
static LONGEST_FROM: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let mut longest = HashMap::new();
    for entry in GROUPS.keys() {
        let parts = entry.split(' ').count();
        let most = longest.entry(entry.split(' ').next().unwrap_or_default()).or_insert(parts);
        *most = parts.max(*most);
    }
    longest
});

/// An entry of several Chinese characters, and its groups.
struct Entry {
    written: Vec<char>,
    names: &'static [&'static str],
}

/// By the syllables of Chinese entries of several: what is misheard is found by them.
static SOUNDS: LazyLock<HashMap<u64, Vec<Entry>>> = LazyLock::new(|| {
    let mut sounds = HashMap::<u64, Vec<Entry>>::new();
    for (entry, names) in &*GROUPS {
        let said = units(entry);
        if said.len() > 1 && said.iter().all(chinese) {
            for key in heard_as(&said) {
                let written = said.iter().filter_map(|unit| unit.raw.chars().next()).collect();
                sounds.entry(key).or_default().push(Entry { written, names });
            }
        }
    }
    // Their order may not depend on that of the groups.
    for entries in sounds.values_mut() {
        entries.sort_by(|a, b| a.written.cmp(&b.written));
    }
    sounds
});

/// The syllables together; of three and more also with only the beginning or the end of one.
fn heard_as(said: &[Unit]) -> impl Iterator<Item = u64> {
    let hash = |part: &str, kind: u64| part.bytes().fold(kind, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let syllables = said.iter().map(move |unit| {
        let (start, end) = halves(&unit.sound);
        [(&*unit.sound, 1), (start, 2), (end, 3)].map(|(part, kind)| if part.is_empty() { None } else { Some(hash(part, kind)) })
    });
    let syllables: Vec<[Option<u64>; 3]> = syllables.collect();
    let ways = if said.len() < 3 { 1 } else { 1 + 2 * said.len() };
    (0..ways).filter_map(move |way| {
        syllables.iter().enumerate().try_fold(0_u64, |sum, (place, parts)| {
            let part = if way > 0 && place == (way - 1) / 2 { parts[1 + (way - 1) % 2] } else { parts[0] };
            Some((sum ^ part?).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
        })
    })
}

/// An entry that units sound like: one of its characters at least is right, and all but one where that one is right by half.
fn by_ear(said: &[Unit]) -> Option<&'static [&'static str]> {
    if !said.iter().all(chinese) {
        return None;
    }
    let same = |entry: &Entry| entry.written.iter().zip(said).filter(|(character, unit)| unit.raw.starts_with(**character)).count();
    heard_as(said).enumerate().find_map(|(way, key)| {
        let least = if way == 0 { 1 } else { said.len() - 1 };
        let best = SOUNDS.get(&key)?.iter().filter(|entry| entry.written.len() == said.len()).max_by_key(|entry| same(entry))?;
        (same(best) >= least).then_some(best.names)
    })
}

/// By a group's name: what it is about.
static TOPICS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut topics = HashMap::<_, Vec<_>>::new();
    for (topic, groups) in CHINESE.lines().filter_map(|line| line.strip_prefix('@')?.split_once(':')) {
        groups.split(',').for_each(|group| topics.entry(group).or_default().push(topic));
    }
    topics
});

/// Names what the units mean, the longest entry first.
pub(super) fn meanings(said: &[Unit]) -> Vec<&'static str> {
    meant_by(said).into_iter().flat_map(|(_, names)| names).copied().collect()
}

/// Names what a meaning is about.
pub(super) fn topics(meaning: &str) -> &'static [&'static str] {
    TOPICS.get(meaning).map_or(&[], Vec::as_slice)
}

/// Entries that were found: which units, and what they mean.
type Found = Vec<(Range<usize>, &'static [&'static str])>;

/// Finds the entries among the units as they are written, the longest first.
pub(super) fn written(said: &[Unit]) -> Found {
    let mut all = String::new();
    let mut keys: Vec<Range<usize>> = Vec::with_capacity(said.len());
    for unit in said {
        let from = all.len();
        all.push_str(&key(unit));
        keys.push(from..all.len());
        all.push(' ');
    }
    let find = |from: usize, to: usize| GROUPS.get(&all[keys[from].start..keys[to - 1].end]).map(|names| (from..to, names.as_slice()));
    let mut found = Found::new();
    let mut at = 0;
    while at < said.len() {
        let longest = LONGEST_FROM.get(&all[keys[at].clone()]).map_or(0, |longest| (*longest).min(said.len() - at));
        let entry = (1..=longest).rev().find_map(|length| find(at, at + length));
        at = entry.as_ref().map_or(at + 1, |(range, _)| range.end);
        found.extend(entry);
    }
    found
}

/// Finds the entries among the units, the longest first, as written; by sound only where no written entry of several units stands.
pub(super) fn meant_by(said: &[Unit]) -> Found {
    let longest = |at: usize| LONGEST.min(said.len() - at);
    let written = written(said);
    let mut taken = vec![false; said.len()];
    for (range, _) in written.iter().filter(|(range, _)| range.len() > 1) {
        taken[range.clone()].fill(true);
    }
    let mut found = Found::new();
    let mut at = 0;
    while at < said.len() {
        let free = (2..=longest(at)).rev().filter(|length| !taken[at..at + length].contains(&true));
        let by_sound = free.into_iter().find_map(|length| by_ear(&said[at..at + length]).map(|names| (at..at + length, names)));
        let entry = by_sound.or_else(|| written.iter().find(|(range, _)| range.start == at).cloned());
        at = entry.as_ref().map_or(at + 1, |(range, _)| range.end);
        found.extend(entry);
    }
    found
}

fn joined(units: &[Unit]) -> String {
    units.iter().map(key).collect::<Vec<_>>().join(" ")
}

fn key(unit: &Unit) -> Cow<'_, str> {
    if chinese(unit) { Cow::Borrowed(&unit.raw) } else { Cow::Owned(stem(&unit.raw)) }
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
        for (heard, said) in [("查丁单", "查订单"), ("优会券", "优惠券"), ("发漂", "发票"), ("保质七", "保质期"), ("保质去", "保质期")]
        {
            assert_eq!(meanings(&units(heard)), meanings(&units(said)), "{heard}");
        }
        assert!(meanings(&units("发漂")).contains(&"发票"));
        assert!(!meanings(&units("法漂")).contains(&"发票"), "not a character of it is right");
    }

    #[test]
    fn every_line_of_the_lexicon_is_a_group_of_several() {
        for line in CHINESE.lines().chain(ENGLISH.lines()).filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let words = line.split_once(':').map_or(0, |(_, words)| words.split(',').filter(|word| !units(word).is_empty()).count());
            assert!(words >= 2, "{line}");
        }
    }

    #[test]
    fn meanings_of_one_topic_are_about_the_same_thing() {
        let about = |text: &str| meanings(&units(text)).into_iter().flat_map(topics).copied().collect::<Vec<_>>();
        assert!(about("包裹").contains(&"物流") && about("放驿站了").contains(&"物流"));
        assert!(about("hello").is_empty());
        let names: Vec<&str> = CHINESE.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
        for (group, topics) in &*TOPICS {
            assert!(names.contains(group), "{topics:?} names {group}, which is no group");
        }
    }
}
