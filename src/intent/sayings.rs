//! What callers of hotlines have in mind: some hundreds of matters, each with the sayings by which people bring it up. Two texts that are both
//! like sayings of one matter are alike, whatever words they are made of. Chinese only.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::features::{Kept, key};
use super::lexicon::written;
use super::linear::into_chances;
use super::text::{Unit, units};
use super::views::{Group, View, characters, chinese, halves_of_pairs};

/// By trade, a matter a line: its name, a colon, the sayings with commas between them.
const TRADES: [&str; 4] = [
    include_str!("sayings/shop.txt"),
    include_str!("sayings/money.txt"),
    include_str!("sayings/home.txt"),
    include_str!("sayings/travel.txt"),
];
/// The longest stretch of characters that is looked at.
const LONGEST: usize = 2;
/// What the meanings of a saying count, and in the view of sounds its pairs of syllables with a half left out, where its characters count one.
const BY_MEANING: f32 = 0.5;
const BY_HALVES: f32 = 0.5;
/// How firmly an n-gram is held to be as frequent in one matter's sayings as in all, in sayings.
const DOUBT: f32 = 2.0;
/// How much surer the sum of what the n-grams say makes than their mean.
const SHARP: f32 = 3.0;
/// Matters less probable than this are not named, and not more than so many.
const LEAST: f32 = 0.01;
const MOST: usize = 24;

/// One of the matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Matter(u16);

/// What words may be about, in the matters' order, and how probably.
pub(super) type Matters = Vec<(Matter, f32)>;

/// What n-grams say for matters, in one view: a multinomial naive Bayes model.
#[derive(Debug, Default)]
struct Bank {
    /// Where the n-grams of the sayings stand.
    places: HashMap<u64, u32, BuildHasherDefault<Kept>>,
    /// By place: where what it says begins, and at the end where it ends.
    begins: Vec<u32>,
    /// What n-grams say for the matters that have them, more than they say for the others.
    says: Vec<(Matter, f32)>,
    /// By matter: what an n-gram says for it that none of its sayings has.
    without: Vec<f32>,
}

/// The matters' names and, by commas, their sayings; a name may stand in several trades.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    TRADES.iter().flat_map(|trade| trade.lines()).filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'))
}

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<&str> = lines().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
});
static BANKS: LazyLock<[Bank; 2]> = LazyLock::new(|| {
    let mut learning = [View::Written, View::Sounded].map(Learning::of);
    for (name, sayings) in lines() {
        let matter = Matter(NAMES.binary_search(&name).unwrap_or_default() as u16);
        for saying in sayings.split(',').map(units) {
            let meant: Vec<&str> = written(&saying).into_iter().flat_map(|(_, names)| names).copied().collect();
            for learning in &mut learning {
                learning.hear(matter, &saying, &meant);
            }
        }
    }
    learning.map(Learning::done)
});

/// Lists the matters that words and what they are meant as may be about; none for words that are not Chinese.
pub(super) fn matters(view: View, said: &[Unit], meant: &[&str]) -> Matters {
    if !said.iter().any(chinese) {
        return Matters::new();
    }
    let bank = &BANKS[view as usize];
    let mut seen = Vec::with_capacity(4 * said.len());
    see(view, said, meant, |group, key| seen.extend(bank.places.get(&key).map(|place| (group, *place))));
    let mut scores = bank.without.clone();
    for (place, weight) in weighed(&mut seen) {
        for (matter, says) in bank.says_of(place) {
            scores[usize::from(matter.0)] += weight * says;
        }
    }
    for score in &mut scores {
        *score *= SHARP;
    }
    into_chances(&mut scores);
    let all = scores.into_iter().enumerate().map(|(matter, chance)| (Matter(matter as u16), chance));
    let mut likely: Matters = all.filter(|(_, chance)| *chance >= LEAST).collect();
    if likely.len() > MOST {
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        likely.truncate(MOST);
        likely.sort_by_key(|(matter, _)| *matter);
    }
    likely
}

/// How much two texts are about the same, 0 to 1 (the Bhattacharyya coefficient of what is listed).
pub(super) fn in_common(a: &Matters, b: &Matters) -> f32 {
    let sum = |matters: &Matters| matters.iter().map(|(_, chance)| chance).sum::<f32>();
    let (mut common, mut rest) = (0.0, b.as_slice());
    for (matter, chance) in a {
        while let Some(((other, _), after)) = rest.split_first()
            && other < matter
        {
            rest = after;
        }
        if let Some((other, other_chance)) = rest.first()
            && other == matter
        {
            common += (chance * other_chance).sqrt();
        }
    }
    common / (sum(a) * sum(b)).sqrt().max(f32::MIN_POSITIVE)
}

impl Matter {
    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }
}

/// Calls `take` for each n-gram that counts.
fn see(view: View, said: &[Unit], meanings: &[&str], mut take: impl FnMut(Group, u64)) {
    for run in said.chunk_by(|a, b| chinese(a) == chinese(b)).filter(|run| chinese(&run[0])) {
        // What any request is made of tells nothing of what it is about.
        characters(view, run, LONGEST, &mut |group, gram| {
            if group == Group::Characters {
                take(group, key(group, gram));
            }
        });
        if view == View::Sounded {
            halves_of_pairs(run, &mut |group, gram| take(group, key(group, gram)));
        }
    }
    for meaning in meanings {
        take(Group::Meanings, key(Group::Meanings, meaning));
    }
}

/// What each n-gram counts, one in all: those of a group alike, however often they stand there.
fn weighed(seen: &mut Vec<(Group, u32)>) -> impl Iterator<Item = (u32, f32)> {
    seen.sort_unstable();
    seen.dedup();
    let mut shares = [0.0_f32; Group::ALL.len()];
    let mut whole = 0.0;
    for of_group in seen.chunk_by(|a, b| a.0 == b.0) {
        let share = match of_group[0].0 {
            Group::Meanings => BY_MEANING,
            Group::Halves => BY_HALVES,
            _ => 1.0,
        };
        whole += share;
        shares[of_group[0].0 as usize] = share / of_group.len() as f32;
    }
    seen.iter().map(move |(group, place)| (*place, shares[*group as usize] / whole))
}

impl Bank {
    fn says_of(&self, place: u32) -> &[(Matter, f32)] {
        let (from, to) = (self.begins[place as usize], self.begins[place as usize + 1]);
        &self.says[from as usize..to as usize]
    }
}

/// A bank that hears its sayings.
struct Learning {
    view: View,
    bank: Bank,
    /// What each n-gram of each saying counts for its matter.
    counts: Vec<(u32, Matter, f32)>,
    seen: Vec<(Group, u32)>,
}

impl Learning {
    fn of(view: View) -> Self {
        Self { view, bank: Bank::default(), counts: Vec::new(), seen: Vec::new() }
    }

    fn hear(&mut self, matter: Matter, saying: &[Unit], meant: &[&str]) {
        let Self { view, bank, counts, seen } = self;
        seen.clear();
        see(*view, saying, meant, |group, key| {
            let next = bank.places.len() as u32;
            seen.push((group, *bank.places.entry(key).or_insert(next)));
        });
        counts.extend(weighed(seen).map(|(place, weight)| (place, matter, weight)));
    }

    fn done(self) -> Bank {
        let Self { mut bank, mut counts, .. } = self;
        counts.sort_unstable_by_key(|(place, matter, _)| u64::from(*place) << 16 | u64::from(matter.0));
        counts.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if same { next.2 } else { 0.0 };
            same
        });
        let mut of_matter = vec![0.0_f32; NAMES.len()];
        for (_, matter, count) in &counts {
            of_matter[usize::from(matter.0)] += count;
        }
        let all: f32 = of_matter.iter().sum();
        bank.without = of_matter.iter().map(|count| (DOUBT / (count + DOUBT)).ln()).collect();
        for of_place in counts.chunk_by(|a, b| a.0 == b.0) {
            let expected = DOUBT * of_place.iter().map(|(_, _, count)| count).sum::<f32>() / all;
            bank.begins.push(bank.says.len() as u32);
            bank.says.extend(of_place.iter().map(|(_, matter, count)| (*matter, ((count + expected) / expected).ln())));
        }
        bank.begins.push(bank.says.len() as u32);
        bank
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::lexicon::meanings;
    use super::*;

    fn about(view: View, text: &str) -> Matters {
        let said = units(text);
        matters(view, &said, &meanings(&said))
    }

    fn common(a: &str, b: &str) -> f32 {
        in_common(&about(View::Written, a), &about(View::Written, b))
    }

    #[test]
    fn other_words_for_the_same_matter_are_about_the_same() {
        for (a, b, other) in [
            ("退款多久到账", "钱啥时候能回我卡里", "怎么开发票"),
            ("我要改收货地址", "搬家了东西寄新的地方去", "积分怎么用"),
            ("家里断网了", "路由器一直闪红灯上不了网", "话费还剩多少"),
        ] {
            assert!(common(a, b) > 2.0 * common(a, other), "{a} / {b}: {} {}", common(a, b), common(a, other));
        }
        assert!((common("退款多久到账", "退款多久到账") - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_saying_is_about_its_matter() {
        let likeliest = |view, text: &str| {
            let found = about(view, text).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
            found.map_or("", |(matter, _)| matter.name())
        };
        let own = |view| lines().filter(|(name, sayings)| likeliest(view, sayings.split(',').next().unwrap_or_default()) == *name).count();
        let all = lines().count();
        assert!(own(View::Written) * 100 > all * 95, "{} of {all}", own(View::Written));
        assert!(own(View::Sounded) * 100 > all * 90, "{} of {all}", own(View::Sounded));
    }

    #[test]
    fn what_is_listed_is_in_order_and_no_more_than_one_in_all() {
        for text in ["退款多久到账", "我", "喂", "今天天气怎么样", "我的app登不上去了"] {
            let found = about(View::Sounded, text);
            assert!(found.is_sorted_by_key(|(matter, _)| *matter) && found.len() <= MOST, "{text}");
            assert!(found.iter().map(|(_, chance)| chance).sum::<f32>() < 1.001, "{text}");
        }
        for text in ["", "where is my order", "12345"] {
            assert!(about(View::Written, text).is_empty(), "{text}");
        }
        assert!(in_common(&Matters::new(), &Matters::new()) < 1e-6);
    }

    #[test]
    fn every_line_is_a_matter_and_no_saying_stands_twice() {
        let mut all = HashSet::new();
        for line in TRADES.iter().flat_map(|trade| trade.lines()).filter(|line| !line.starts_with('#')) {
            let (name, sayings) = line.split_once(':').expect(line);
            assert!(!name.is_empty() && sayings.split(',').count() >= 10, "{line}");
            for saying in sayings.split(',') {
                assert!(units(saying).len() > 1 && all.insert(saying), "{name}: {saying}");
            }
        }
        assert!(NAMES.len() < usize::from(u16::MAX));
    }
}
