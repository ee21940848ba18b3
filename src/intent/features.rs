//! Texts as rows of weighted n-grams: a vocabulary learnt from examples, rarity, and length one by group.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::lexicon::meanings;
use super::sayings::{Matters, matters};
use super::text::Unit;
use super::views::{Group, View, grams};

/// What every row has besides its n-grams, so that intents may differ in how often they come.
const BIAS: f32 = 0.3;
/// From so many examples on, an n-gram that only one of them has is not learnt: it costs memory and tells little.
const MANY_EXAMPLES: usize = 6_000;

/// A text's n-grams: place in the vocabulary and weight, in ascending order; of length one but for the bias.
pub(super) type Row = Vec<(u32, f32)>;

/// A text as the model sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Its known n-grams.
    pub(super) row: Row,
    /// How much of it is known, 0 to 1.
    pub(super) coverage: f32,
    /// What it may be about, also where no example is about it.
    pub(super) matters: Matters,
}

/// The n-grams of the examples and how much each tells.
#[derive(Debug)]
pub(super) struct Vocabulary {
    view: View,
    places: HashMap<u64, u32, BuildHasherDefault<Kept>>,
    /// By place: the rarity's weight.
    weights: Vec<f32>,
    /// What an unknown n-gram of a group would weigh.
    unknown: [f32; Group::ALL.len()],
}

/// What a text means and is about.
struct About {
    meant: Vec<&'static str>,
    matters: Matters,
}

impl About {
    fn of(view: View, units: &[Unit]) -> Self {
        let meant = meanings(units);
        let matters = matters(view, units, &meant);
        Self { meant, matters }
    }
}

impl Vocabulary {
    /// Learns the n-grams of texts, and sees them.
    pub(super) fn learn(view: View, texts: &[Vec<Unit>]) -> (Self, Vec<Seen>) {
        let about: Vec<About> = texts.iter().map(|units| About::of(view, units)).collect();
        let vocabulary = Self::of(view, texts, &about);
        let seen = texts.iter().zip(about).map(|(units, about)| vocabulary.seen(units, about, |_, _, _| {})).collect();
        (vocabulary, seen)
    }

    fn of(view: View, texts: &[Vec<Unit>], about: &[About]) -> Self {
        let mut places: HashMap<u64, u32, BuildHasherDefault<Kept>> = HashMap::default();
        let mut found: Vec<(Group, u32)> = Vec::new();
        let mut of_one: Vec<(u64, Group)> = Vec::new();
        for (units, about) in texts.iter().zip(about) {
            of_one.clear();
            grams(view, units, &about.meant, |group, gram| of_one.push((key(group, gram), group)));
            of_one.extend(about.matters.iter().map(|(matter, _)| (key(Group::Matters, matter.name()), Group::Matters)));
            of_one.sort_unstable();
            of_one.dedup();
            for (key, group) in &of_one {
                let next = found.len() as u32;
                let place = *places.entry(*key).or_insert(next);
                if place == next {
                    found.push((*group, 0));
                }
                found[place as usize].1 += 1;
            }
        }
        let all = texts.len() as f32;
        let rarity = |group: Group, count: u32| (((1.0 + all) / (1.0 + count as f32)).ln() + 1.0).powf(group.weight().1);
        let unknown = Group::ALL.map(|group| rarity(group, 0));
        if texts.len() < MANY_EXAMPLES {
            let weights = found.into_iter().map(|(group, count)| rarity(group, count)).collect();
            return Self { view, places, weights, unknown };
        }
        // Places are given anew, in their old order, so that the same examples always give the same model.
        let mut kept: Vec<(u32, u64)> = places
            .iter()
            .filter(|(_, place)| {
                let (group, count) = found[**place as usize];
                count > 1 || !matches!(group, Group::Letters | Group::Pairs)
            })
            .map(|(key, place)| (*place, *key))
            .collect();
        kept.sort_unstable();
        let weights = kept.iter().map(|(place, _)| rarity(found[*place as usize].0, found[*place as usize].1)).collect();
        let places = kept.iter().enumerate().map(|(new, (_, key))| (*key, new as u32)).collect();
        Self { view, places, weights, unknown }
    }

    /// How many places a row may name, the bias included.
    pub(super) fn size(&self) -> usize {
        self.weights.len() + 1
    }

    /// Where an n-gram stands, if it is known, and how much it tells.
    pub(super) fn find(&self, group: Group, gram: &str) -> (Option<u32>, f32) {
        match self.places.get(&key(group, gram)) {
            Some(place) => (Some(*place), self.weights[*place as usize]),
            None => (None, self.unknown[group as usize]),
        }
    }

    /// Sees a text.
    pub(super) fn see(&self, units: &[Unit]) -> Seen {
        self.see_naming(units, |_, _, _| {})
    }

    /// Sees a text and names each n-gram that is known, and what it is about.
    pub(super) fn see_naming(&self, units: &[Unit], name: impl FnMut(u32, Group, &str)) -> Seen {
        self.seen(units, About::of(self.view, units), name)
    }

    fn seen(&self, units: &[Unit], About { meant, matters }: About, mut name: impl FnMut(u32, Group, &str)) -> Seen {
        let mut known: Vec<(u8, u32)> = Vec::with_capacity(128);
        let mut missing = [0.0_f32; Group::ALL.len()];
        grams(self.view, units, &meant, |group, gram| match self.places.get(&key(group, gram)) {
            Some(place) => {
                name(*place, group, gram);
                known.push((group as u8, *place));
            }
            None => missing[group as usize] += self.unknown[group as usize].powi(2),
        });
        known.sort_unstable();
        let mut row: Row = Vec::with_capacity(known.len() + 1);
        let (mut seen, mut all) = (0.0, 0.0);
        for of_group in known.chunk_by(|a, b| a.0 == b.0) {
            let group = Group::ALL[usize::from(of_group[0].0)];
            let from = row.len();
            for same in of_group.chunk_by(|a, b| a.1 == b.1) {
                row.push((same[0].1, self.weights[same[0].1 as usize] * (1.0 + (same.len() as f32).ln())));
            }
            let length: f32 = row[from..].iter().map(|(_, weight)| weight * weight).sum();
            let share = group.weight().0;
            seen += share * length;
            all += share * length;
            let scale = share / length.sqrt();
            row[from..].iter_mut().for_each(|(_, weight)| *weight *= scale);
        }
        for group in Group::ALL {
            all += group.weight().0 * missing[group as usize];
        }
        let listed: f32 = matters.iter().map(|(_, chance)| chance).sum();
        for (matter, chance) in &matters {
            if let Some(place) = self.places.get(&key(Group::Matters, matter.name())) {
                name(*place, Group::Matters, matter.name());
                row.push((*place, Group::Matters.weight().0 * (chance / listed).sqrt()));
            }
        }
        let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            for (_, weight) in &mut row {
                *weight /= length;
            }
        }
        row.sort_unstable_by_key(|(place, _)| *place);
        row.push((self.weights.len() as u32, BIAS));
        Seen { row, coverage: if all > 0.0 { seen / all } else { 0.0 }, matters }
    }
}

/// How alike two rows are, 0 to 1, where the first is laid out by place.
pub(super) fn alike(laid_out: &[f32], row: &Row) -> f32 {
    // The bias, which is last, says nothing.
    row[..row.len().saturating_sub(1)].iter().map(|(place, weight)| laid_out[*place as usize] * weight).sum()
}

/// What an n-gram is known by.
pub(super) fn key(group: Group, gram: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ (group as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    gram.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The keys are hashes already.
#[derive(Default)]
pub(super) struct Kept(u64);

impl Hasher for Kept {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        // The table takes its bits from both ends.
        self.0 = key ^ (key >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::units;
    use super::*;

    #[test]
    fn a_row_has_length_one_and_knows_how_much_it_knows() {
        let texts: Vec<Vec<Unit>> = ["查一下我的订单", "我要退货", "where is my order"].iter().map(|text| units(text)).collect();
        for view in [View::Written, View::Sounded] {
            let (vocabulary, all_seen) = Vocabulary::learn(view, &texts);
            for (text, first_seen) in texts.iter().zip(all_seen) {
                let seen = vocabulary.see(text);
                assert_eq!(seen.row, first_seen.row);
                let length: f32 = seen.row[..seen.row.len() - 1].iter().map(|(_, weight)| weight * weight).sum();
                assert!((length - 1.0).abs() < 1e-4 && seen.coverage > 0.999, "{seen:?}");
            }
            assert!(vocabulary.see(&units("今天下雨")).coverage < 0.2);
            assert_eq!(vocabulary.see(&[]).row.len(), 1);
        }
    }

    #[test]
    fn a_text_is_most_like_itself() {
        let texts: Vec<Vec<Unit>> = ["查一下我的订单", "我要退货"].iter().map(|text| units(text)).collect();
        let (vocabulary, seen) = Vocabulary::learn(View::Written, &texts);
        let rows: Vec<Row> = seen.into_iter().map(|seen| seen.row).collect();
        let mut laid_out = vec![0.0; vocabulary.size()];
        rows[0].iter().for_each(|(place, weight)| laid_out[*place as usize] = *weight);
        assert!((alike(&laid_out, &rows[0]) - 1.0).abs() < 1e-4);
        assert!(alike(&laid_out, &rows[1]) < 0.5);
    }
}
