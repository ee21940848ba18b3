//! The trained whole: two views of a text, their linear models and networks, the examples as rows, and the evidence for a guess.

use super::features::{Row, Seen, Vocabulary, alike};
use super::kept::{Numbers, write_count};
use super::lexicon::meant_by;
use super::linear::{Linear, into_chances};
use super::network::Network;
use super::sayings::{Matters, in_common};
use super::text::Unit;
use super::views::{Group, View, chinese, stem};

/// Below so many examples a network learns nothing that the linear model does not.
const FEW_EXAMPLES: usize = 400;
/// Up to so many weights to be moved in one pass, both views have both models; above, one each.
const SMALL: usize = 20_000_000;
/// What the view counts that alone has a network, of one.
const ONLY_NETWORK: f32 = 0.6;
/// Among how many of the best intents the nearest example is looked for.
const NEAREST_AMONG: usize = 3;

/// One view's share.
#[derive(Debug)]
struct Half {
    vocabulary: Vocabulary,
    linear: Option<Linear>,
    network: Option<Network>,
}

/// What of a text the examples of an intent account for.
#[derive(Clone, Copy, Debug, Default)]
struct Accounted {
    /// How much of all its n-grams.
    own: f32,
    /// How much of the units that tell something, in writing or by meaning.
    told: f32,
    /// How many of those units not.
    untold: f32,
}

/// A trained model of intents.
#[derive(Debug)]
pub(super) struct Model {
    written: Half,
    sounded: Half,
    /// By example: its row, as written.
    rows: Vec<Row>,
    /// By example: what it is about, as written.
    matters: Vec<Matters>,
    /// By intent: its examples.
    by_intent: Vec<Vec<usize>>,
}

/// What the model says of a text.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// By intent: its probability among the intents.
    pub(super) chances: Vec<f32>,
    /// The likeliest intents with their nearest example and how alike it is, likeliest first.
    pub(super) nearest: Vec<(usize, usize, f32)>,
    /// What speaks for the likeliest being right.
    pub(super) evidence: Evidence,
    /// How many of the units that tell something the examples of the likeliest do not account for.
    pub(super) untold: usize,
    /// How like its nearest example the text is, where what no example knows makes it less so.
    pub(super) like_own: f32,
}

/// How many numbers make up the evidence.
pub(super) const EVIDENCE: usize = 15;
/// Numbers that speak for or against a guess, each of about size one.
pub(super) type Evidence = [f32; EVIDENCE];

impl Model {
    /// Learns from texts whose intents are known.
    pub(super) fn learn(texts: &[Vec<Unit>], of: &[usize], intents: usize) -> Self {
        Self::learn_part(texts, of, intents, texts.len())
    }

    /// Learns from a part of so many texts with the models that all of them would have, so that it tells how sure those are.
    pub(super) fn learn_part(texts: &[Vec<Unit>], of: &[usize], intents: usize, whole: usize) -> Self {
        let (vocabulary, seen) = Vocabulary::learn(View::Written, texts);
        let mut written = Half { vocabulary, linear: None, network: None };
        let (vocabulary, heard) = Vocabulary::learn(View::Sounded, texts);
        let mut sounded = Half { vocabulary, linear: None, network: None };
        if intents > 1 {
            let work = seen.iter().map(|seen| seen.row.len()).sum::<usize>() * intents;
            let (small, network) = (work <= SMALL, whole >= FEW_EXAMPLES);
            let (by_writing, by_sound): (Vec<&Row>, Vec<&Row>) =
                (seen.iter().map(|seen| &seen.row).collect(), heard.iter().map(|seen| &seen.row).collect());
            written.linear = (small || !network).then(|| Linear::fit(&by_writing, of, intents, written.vocabulary.size()));
            written.network = network.then(|| Network::fit(&by_writing, of, intents, written.vocabulary.size()));
            sounded.linear = Some(Linear::fit(&by_sound, of, intents, sounded.vocabulary.size()));
            sounded.network = (small && network).then(|| Network::fit(&by_sound, of, intents, sounded.vocabulary.size()));
        }
        Self::with_halves(written, sounded, seen, of, intents)
    }

    /// Writes what was learnt.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for half in [&self.written, &self.sounded] {
            write_count(out, usize::from(half.linear.is_some()) + 2 * usize::from(half.network.is_some()));
            half.linear.iter().for_each(|linear| linear.write(out));
            half.network.iter().for_each(|network| network.write(out));
        }
    }

    /// Makes a model of texts and of what was learnt from them.
    pub(super) fn read(texts: &[Vec<Unit>], of: &[usize], intents: usize, input: &mut Numbers<'_>) -> Option<Self> {
        let mut half = |view: View| {
            let (vocabulary, seen) = Vocabulary::learn(view, texts);
            let (size, which) = (vocabulary.size(), input.count()?);
            let linear = if which & 1 == 1 { Some(Linear::read(intents, size, input)?) } else { None };
            let network = if which & 2 == 2 { Some(Network::read(intents, size, input)?) } else { None };
            Some((Half { vocabulary, linear, network }, seen))
        };
        let (written, seen) = half(View::Written)?;
        let (sounded, _) = half(View::Sounded)?;
        Some(Self::with_halves(written, sounded, seen, of, intents))
    }

    fn with_halves(written: Half, sounded: Half, seen: Vec<Seen>, of: &[usize], intents: usize) -> Self {
        let mut by_intent = vec![Vec::new(); intents];
        for (place, intent) in of.iter().enumerate() {
            by_intent[*intent].push(place);
        }
        let (rows, matters) = seen.into_iter().map(|seen| (seen.row, seen.matters)).unzip();
        Self { written, sounded, rows, matters, by_intent }
    }

    /// How many examples of an intent were learnt from.
    pub(super) fn examples_of(&self, intent: usize) -> usize {
        self.by_intent.get(intent).map_or(0, Vec::len)
    }

    /// Judges a text; `lean` is added to the score of one intent.
    pub(super) fn judge(&self, units: &[Unit], lean: Option<(usize, f32)>) -> Verdict {
        let (written, sounded) = (self.written.vocabulary.see(units), self.sounded.vocabulary.see(units));
        let (by_writing, raw_writing) = self.written.chances(&written, self.by_intent.len(), lean);
        let (by_sound, raw_sound) = self.sounded.chances(&sounded, self.by_intent.len(), lean);
        let alone = self.sounded.network.is_none() && self.written.network.is_some();
        let share = if alone { ONLY_NETWORK } else { 0.5 };
        let chances: Vec<f32> = by_writing.iter().zip(&by_sound).map(|(a, b)| share * a + (1.0 - share) * b).collect();
        let mut ranked: Vec<usize> = (0..chances.len()).collect();
        ranked.sort_by(|a, b| chances[*b].total_cmp(&chances[*a]));
        let mut laid_out = vec![0.0; self.written.vocabulary.size()];
        written.row.iter().for_each(|(place, weight)| laid_out[*place as usize] = *weight);
        let nearest: Vec<(usize, usize, f32)> = ranked
            .iter()
            .take(NEAREST_AMONG)
            .filter_map(|intent| {
                let best = self.by_intent[*intent].iter().map(|place| (*place, alike(&laid_out, &self.rows[*place])));
                let (place, alike) = best.max_by(|a, b| a.1.total_cmp(&b.1))?;
                Some((*intent, place, alike))
            })
            .collect();
        let near = nearest.first().map_or(0.0, |(_, _, alike)| *alike);
        // A plan's only intent is always the likeliest: there only likeness tells.
        let alone = (self.by_intent.len() < 2).then_some(near * written.coverage.sqrt());
        let first = alone.unwrap_or_else(|| ranked.first().map_or(0.0, |intent| chances[*intent]));
        let second = ranked.get(1).map_or(1.0 - first, |intent| chances[*intent]);
        let rival = nearest.iter().skip(1).map(|(_, _, alike)| *alike).fold(0.0, f32::max);
        let agree = alone.unwrap_or_else(|| ranked.first().map_or(0.0, |intent| by_writing[*intent].min(by_sound[*intent])));
        let accounted = ranked.first().map_or_else(Accounted::default, |intent| self.accounted(*intent, units, &written));
        let Accounted { own, told, untold } = accounted;
        let evidence = [
            1.0,
            log_odds(first) / 3.0,
            ((first + 1e-3) / (second + 1e-3)).ln() / 3.0,
            near * 2.0 - 1.0,
            (near - rival) * 2.0,
            written.coverage * 2.0 - 1.0,
            f32::midpoint(raw_writing, raw_sound) / 4.0 - 1.0,
            log_odds(agree) / 3.0,
            (units.len().max(1) as f32).ln() / 2.0 - 1.0,
            own * 2.0 - 1.0,
            told * 2.0 - 1.0,
            untold.min(4.0) / 2.0 - 1.0,
            // What holds for the whole plan: how many examples an intent has, and how many intents there are.
            (self.rows.len() as f32 / self.by_intent.len().max(1) as f32).max(5.0).ln() - 2.0,
            (self.by_intent.len().max(1) as f32).ln() - 3.0,
            ranked.first().map_or(0.0, |intent| self.about_the_same(*intent, &written.matters)),
        ];
        Verdict { chances, nearest, evidence, untold: untold as usize, like_own: near * written.coverage.sqrt() }
    }

    /// How much a text is about what an example of an intent is about, -1 to 1; 0 where nobody knows what it is about.
    fn about_the_same(&self, intent: usize, matters: &Matters) -> f32 {
        if matters.is_empty() {
            return 0.0;
        }
        self.by_intent[intent].iter().map(|place| in_common(matters, &self.matters[*place])).fold(0.0, f32::max) * 2.0 - 1.0
    }

    /// How much of a text the examples of an intent account for. Thus what else was said is not overheard.
    fn accounted(&self, intent: usize, units: &[Unit], written: &Seen) -> Accounted {
        let mut known = vec![false; self.written.vocabulary.size()];
        for place in &self.by_intent[intent] {
            self.rows[*place].iter().for_each(|(gram, _)| known[*gram as usize] = true);
        }
        let square = |of: &mut dyn Iterator<Item = &(u32, f32)>| of.map(|(_, weight)| weight * weight).sum::<f32>();
        let grams = &written.row[..written.row.len().saturating_sub(1)];
        let own = square(&mut grams.iter().filter(|(gram, _)| known[*gram as usize])) / square(&mut grams.iter()).max(1e-6);
        let mut meant = vec![false; units.len()];
        for (place, names) in meant_by(units) {
            let same =
                names.iter().any(|name| self.written.vocabulary.find(Group::Meanings, name).0.is_some_and(|gram| known[gram as usize]));
            meant[place].fill(same);
        }
        let (mut told, mut all, mut untold) = (0.0, 0.0, 0.0);
        for (place, unit) in units.iter().enumerate().filter(|(_, unit)| !unit.filler) {
            let (gram, weight) = single(&self.written.vocabulary, unit);
            let same = meant[place] || gram.is_some_and(|gram| known[gram as usize]);
            all += weight;
            told += if same { weight } else { 0.0 };
            untold += if same { 0.0 } else { 1.0 };
        }
        Accounted { own: own * written.coverage, told: if all > 0.0 { told / all } else { 0.0 }, untold }
    }

    /// How alike two texts are, as written.
    pub(super) fn alike(&self, a: &[Unit], b: &[Unit]) -> f32 {
        let mut laid_out = vec![0.0; self.written.vocabulary.size()];
        self.written.vocabulary.see(a).row.iter().for_each(|(place, weight)| laid_out[*place as usize] = *weight);
        alike(&laid_out, &self.written.vocabulary.see(b).row)
    }

    /// Names the n-grams of a text that speak most for an intent, strongest first, with their share.
    pub(super) fn reasons(&self, units: &[Unit], intent: usize, most: usize) -> Vec<(String, f32)> {
        let mut named: Vec<(String, f32)> = Vec::new();
        for half in [&self.written, &self.sounded] {
            let Some(linear) = &half.linear else { continue };
            let mut names: Vec<(u32, String)> = Vec::new();
            let seen = half.vocabulary.see_naming(units, |place, group, gram| {
                if group != Group::Letters {
                    names.push((place, gram.trim().to_owned()));
                }
            });
            for (place, weight) in &seen.row {
                if let Some((_, name)) = names.iter().find(|(of, _)| of == place) {
                    match named.iter_mut().find(|(known, _)| known == name) {
                        Some((_, says)) => *says += weight * linear.says(*place, intent),
                        None => named.push((name.clone(), weight * linear.says(*place, intent))),
                    }
                }
            }
        }
        named.retain(|(name, says)| *says > 0.0 && !name.is_empty());
        named.sort_by(|a, b| b.1.total_cmp(&a.1));
        named.truncate(most);
        named
    }
}

impl Half {
    /// The probabilities of the intents, and how far the best one's raw score stands out.
    fn chances(&self, seen: &Seen, intents: usize, lean: Option<(usize, f32)>) -> (Vec<f32>, f32) {
        let mut sum = vec![0.0_f32; intents];
        let (mut models, mut raw) = (0.0_f32, 0.0_f32);
        let linear = self.linear.as_ref().map(|model| model.scores(&seen.row));
        let network = self.network.as_ref().map(|model| model.scores(&seen.row));
        for mut scores in [linear, network].into_iter().flatten() {
            let mean = scores.iter().sum::<f32>() / intents as f32;
            raw += scores.iter().copied().fold(f32::MIN, f32::max) - mean;
            if let Some((intent, by)) = lean {
                scores[intent] += by;
            }
            into_chances(&mut scores);
            sum.iter_mut().zip(&scores).for_each(|(sum, chance)| *sum += chance);
            models += 1.0;
        }
        if models == 0.0 {
            sum.fill(1.0 / intents.max(1) as f32);
            return (sum, 0.0);
        }
        for chance in &mut sum {
            *chance /= models;
        }
        (sum, raw / models)
    }
}

/// Where one unit by itself stands, and how much it tells.
fn single(vocabulary: &Vocabulary, unit: &Unit) -> (Option<u32>, f32) {
    if chinese(unit) {
        vocabulary.find(if unit.filler { Group::Common } else { Group::Characters }, &unit.text)
    } else {
        vocabulary.find(Group::Stems, &stem(&unit.raw))
    }
}

fn log_odds(chance: f32) -> f32 {
    let chance = chance.clamp(1e-3, 1.0 - 1e-3);
    (chance / (1.0 - chance)).ln()
}
