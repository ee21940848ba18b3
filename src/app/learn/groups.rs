//! Groups utterances by likeness, as written and as they sound. Knows no dialplan.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::CallId;
use crate::spoken;
use crate::store::UnknownWords;

/// From this likeness on two utterances ask the same.
const ALIKE: f32 = 0.5;
/// The most utterances that are compared; the rarer ones stand alone.
const MOST_COMPARED: usize = 3_000;
/// The most utterances of a group that are proposed as examples.
const MOST_LEARNED: usize = 8;

/// The same words, however often they were said.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) times: usize,
    calls: BTreeSet<CallId>,
    outcomes: BTreeMap<String, usize>,
    /// Intents that callers said yes to.
    confirmed: Vec<String>,
    /// What the dialplan takes it for today.
    pub(super) nearest: Option<(String, f32)>,
}

impl Asked {
    pub(super) fn first(one: &UnknownWords) -> Self {
        let mut asked = Self {
            text: one.text.clone(),
            times: 0,
            calls: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            confirmed: Vec::new(),
            nearest: None,
        };
        asked.add(one);
        asked
    }

    pub(super) fn add(&mut self, one: &UnknownWords) {
        self.times += 1;
        self.calls.insert(one.call.clone());
        *self.outcomes.entry(one.outcome.clone()).or_default() += 1;
        if one.outcome == "confirmed" {
            self.confirmed.extend(one.intent.clone());
        }
    }
}

/// Utterances that ask the same, the most frequent first.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) asked: Vec<Asked>,
    grams: Grams,
}

impl Group {
    pub(super) fn times(&self) -> usize {
        self.asked.iter().map(|one| one.times).sum()
    }

    pub(super) fn calls(&self) -> usize {
        self.asked.iter().flat_map(|one| &one.calls).collect::<BTreeSet<_>>().len()
    }

    /// How often each outcome.
    pub(super) fn outcomes(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for (outcome, times) in self.asked.iter().flat_map(|one| &one.outcomes) {
            *all.entry(outcome.clone()).or_default() += times;
        }
        all
    }

    /// The intent that callers said yes to most often.
    pub(super) fn confirmed(&self) -> Option<String> {
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        self.asked.iter().flat_map(|one| &one.confirmed).for_each(|name| *counts.entry(name).or_default() += 1);
        counts.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name))).map(|(name, _)| name.clone())
    }

    /// What the dialplan takes most of it for today.
    pub(super) fn nearest(&self) -> Option<(String, f32)> {
        let best = self.asked.iter().filter_map(|one| one.nearest.as_ref());
        best.max_by(|a, b| a.1.total_cmp(&b.1)).cloned()
    }

    /// The words that may become examples: none with digits or masked parts, which are one caller's own.
    pub(super) fn texts_to_learn(&self) -> Vec<String> {
        let fits = |text: &&String| {
            let length = text.chars().count();
            !text.contains('*')
                && text.chars().filter(char::is_ascii_digit).count() < 4
                && (2..=60).contains(&length)
                && !text.contains(['\n', '\r'])
        };
        self.asked.iter().map(|one| &one.text).filter(fits).take(MOST_LEARNED).cloned().collect()
    }
}

/// Groups utterances, the groups asked most often first.
pub(super) fn grouped(mut all: Vec<Asked>) -> Vec<Group> {
    all.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.text.cmp(&b.text)));
    let mut groups: Vec<Group> = Vec::new();
    for (place, asked) in all.into_iter().enumerate() {
        let grams = Grams::of(&asked.text);
        let near = (place < MOST_COMPARED).then(|| {
            let like = groups.iter().enumerate().map(|(at, group)| (at, group.grams.likeness(&grams)));
            like.filter(|(_, like)| *like >= ALIKE).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
        });
        match near.flatten() {
            Some(at) => groups[at].asked.push(asked),
            None => groups.push(Group { asked: vec![asked], grams }),
        }
    }
    groups.sort_by(|a, b| b.times().cmp(&a.times()).then_with(|| a.asked[0].text.cmp(&b.asked[0].text)));
    groups
}

/// The signs, words and pairs of an utterance, as written and as they sound.
#[derive(Clone, Debug)]
struct Grams {
    written: BTreeSet<String>,
    sounded: BTreeSet<String>,
}

impl Grams {
    fn of(text: &str) -> Self {
        let text: String = text.to_lowercase().chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
        let units: Vec<String> = if text.is_ascii() {
            text.split_whitespace().map(str::to_owned).collect()
        } else {
            text.chars().filter(|sign| !sign.is_whitespace() && !"的了吗呢啊吧呀嘛".contains(*sign)).map(String::from).collect()
        };
        let sounds: Vec<String> = spoken::to_pinyin(&text)
            .split_whitespace()
            .map(|one| one.trim_end_matches(|sign: char| sign.is_ascii_digit()).to_owned())
            .collect();
        Self { written: pairs(&units), sounded: pairs(&sounds) }
    }

    fn likeness(&self, other: &Self) -> f32 {
        f32::midpoint(dice(&self.written, &other.written), dice(&self.sounded, &other.sounded))
    }
}

fn pairs(units: &[String]) -> BTreeSet<String> {
    units.iter().cloned().chain(units.windows(2).map(|two| two.join(" "))).collect()
}

fn dice(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    if one.is_empty() && other.is_empty() {
        return 0.0;
    }
    2.0 * one.intersection(other).count() as f32 / (one.len() + other.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(texts: &[&str]) -> Vec<Asked> {
        let one = |text: &&str| {
            Asked::first(&UnknownWords {
                call: CallId::from("c"),
                text: (*text).to_owned(),
                outcome: "not_understood".to_owned(),
                intent: None,
                confidence: 0.0,
            })
        };
        texts.iter().map(one).collect()
    }

    #[test]
    fn what_asks_the_same_is_one_group_also_misheard() {
        let groups = grouped(asked(&[
            "你们招代理吗",
            "招不招代理",
            "你们照待理吗",
            "奶粉保质期多久",
            "is there a warranty",
            "is there any warranty",
        ]));
        let sizes: Vec<usize> = groups.iter().map(|group| group.asked.len()).collect();
        assert_eq!(sizes, [3, 2, 1], "{groups:#?}");
    }

    #[test]
    fn odd_words_are_grouped_without_a_panic_and_not_learned() {
        let long = "很".repeat(3_000);
        let groups = grouped(asked(&["", "。", "一", "12345678", "138****0000", &long, "第一行\n第二行", "ยังไม่ได้รับ"]));
        let learned: Vec<String> = groups.iter().flat_map(Group::texts_to_learn).collect();
        assert_eq!(learned, ["ยังไม่ได้รับ"]);
    }
}
