//! Confidence that is worth its number: from the evidence for a guess to the probability that it is right, learnt by asking a model about
//! examples it has not seen, whole intents it has never heard of, and talk of other things.

use std::collections::HashMap;

use super::background::background;
use super::kept::{Numbers, write_count};
use super::matcher::Stage;
use super::model::{EVIDENCE, Evidence, Model};
use super::text::{Unit, units};
use super::usual::{RIGHT_CHINESE, RIGHT_OTHER, Usual};
use super::views::chinese;
use crate::base::Rng;

/// How many cases the asking should come to; with many examples one part of them is enough.
const CASES: usize = 1_200;
/// With fewer examples than this, asking about some of them tells nothing that is not known of plans in general.
pub(super) const FEWEST: usize = 60;
/// Into how many parts few examples are divided, and many: a model that lacks one of eight is nearly as good as the one that has all.
const MOST_PARTS: usize = 8;
const PARTS_OF_MANY: usize = 4;
/// Of so many parts the others are asked as this allows, examples times intents: at least one, so that a load takes seconds.
const WORK: usize = 120_000;
/// One intent in so many is left out of each part's model, so that its examples are words out of scope.
const LEFT_OUT: usize = 5;
/// What examples of intents left out, and talk of other things, weigh together, as shares of what is in scope:
/// measured on several sets, so that confidence is neither bought by silence nor given to strangers.
const WEIGHTS_FOR_RIGHT_CHINESE: (f64, f64) = (0.04, 0.08);
const WEIGHTS_FOR_RIGHT_OTHER: (f64, f64) = (0.02, 0.04);
const WEIGHTS_FOR_SCOPE: (f64, f64) = (0.05, 0.04);
/// Talk of other things that is as like an example as this is no other thing for this plan.
const LIKE_OWN: f32 = 0.45;
/// How firmly the values that hold for most plans are kept where a plan's own examples say otherwise, in cases.
const FIRM: f64 = 30.0;
/// Below this probability of being in scope, or of the best guess being right, words are taken for none of these.
const SCOPE: f32 = 0.4;
const HOPELESS: f32 = 0.15;

/// What holds for plans in general, fitted on some hundred plans drawn from training parts of public sets and our own examples.
const SCOPE_CHINESE: [f64; EVIDENCE] = [3.54, 1.39, 0.0, 0.0, 0.0, 0.36, 1.44, 0.0, 1.64, 0.0, 0.0, 0.0, -0.44, -0.03, 0.93];
const SCOPE_OTHER: [f64; EVIDENCE] = [2.58, 0.94, 0.11, 0.58, 0.23, 1.77, 0.76, 1.03, 0.7, 0.0, 0.73, 0.0, -1.39, -0.24, 0.0];

/// How evidence becomes confidence.
#[derive(Clone, Debug)]
pub(super) struct Calibration {
    chinese: Values,
    other: Values,
    /// How many examples it was asked about that it had not seen.
    pub(super) asked: usize,
}

/// What each piece of evidence is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Values {
    /// More than it usually is.
    right: [f64; EVIDENCE],
    in_scope: [f64; EVIDENCE],
}

/// Where a case comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An example that the model had not seen.
    Held,
    /// An example of an intent that the model does not know.
    LeftOut,
    /// Talk of other things.
    Foreign,
}

/// A guess about words whose meaning is known.
#[derive(Clone, Copy, Debug)]
struct Case {
    evidence: Evidence,
    right: bool,
    kind: Kind,
    /// What it counts, less than one for one of a family.
    share: f32,
    chinese: bool,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { chinese: Values::usual(SCOPE_CHINESE), other: Values::usual(SCOPE_OTHER), asked: 0 }
    }
}

impl Calibration {
    /// Learns by cross-fitting: models of a part of the examples are asked about the rest.
    pub(super) fn learn(texts: &[Vec<Unit>], of: &[usize], families: &[u32], intents: usize, tell: &mut dyn FnMut(Stage)) -> Self {
        let cases = cross_fit(texts, of, families, intents, tell);
        let asked = cases.iter().filter(|case| case.kind == Kind::Held).map(|case| f64::from(case.share)).sum::<f64>().round() as usize;
        if asked == 0 {
            return Self::default();
        }
        let (chinese, other): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.chinese);
        let chinese = Values::learn(&chinese, &RIGHT_CHINESE, WEIGHTS_FOR_RIGHT_CHINESE, SCOPE_CHINESE);
        let other = Values::learn(&other, &RIGHT_OTHER, WEIGHTS_FOR_RIGHT_OTHER, SCOPE_OTHER);
        Self { chinese, other, asked }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.asked);
        for values in [&self.chinese, &self.other] {
            values.right.iter().chain(&values.in_scope).for_each(|value| out.extend(value.to_le_bytes()));
        }
    }

    pub(super) fn read(input: &mut Numbers<'_>) -> Option<Self> {
        let asked = input.count()?;
        let mut row = || {
            let mut row = [0.0; EVIDENCE];
            row.iter_mut().try_for_each(|value| input.double().map(|read| *value = read))?;
            Some(row)
        };
        let mut values = || Some(Values { right: row()?, in_scope: row()? });
        Some(Self { chinese: values()?, other: values()?, asked })
    }

    /// The probability that the likeliest intent is what was meant.
    pub(super) fn confidence(&self, evidence: &Evidence, said: &[Unit]) -> f32 {
        let (values, usual) = self.of(said);
        chance(usual.log_odds(evidence), &values.right, evidence) as f32
    }

    /// The probability that any of the intents was meant.
    pub(super) fn in_scope(&self, evidence: &Evidence, said: &[Unit]) -> f32 {
        chance(0.0, &self.of(said).0.in_scope, evidence) as f32
    }

    fn of(&self, said: &[Unit]) -> (&Values, &'static Usual) {
        if mostly_chinese(said) { (&self.chinese, &RIGHT_CHINESE) } else { (&self.other, &RIGHT_OTHER) }
    }

    /// Whether words are taken for none of these.
    pub(super) fn none_of_these(in_scope: f32, confidence: f32) -> bool {
        in_scope < SCOPE || confidence < HOPELESS
    }
}

impl Values {
    const fn usual(in_scope: [f64; EVIDENCE]) -> Self {
        Self { right: [0.0; EVIDENCE], in_scope }
    }

    /// Learns from cases, where there are any, and keeps to what is usual where they say little.
    fn learn(cases: &[Case], right: &Usual, for_right: (f64, f64), in_scope: [f64; EVIDENCE]) -> Self {
        let usual = Self::usual(in_scope);
        if !cases.iter().any(|case| case.kind == Kind::Held) {
            return usual;
        }
        let without = vec![0.0; cases.len()];
        let usually: Vec<f64> = cases.iter().map(|case| right.log_odds(&case.evidence)).collect();
        Self {
            right: logistic(cases, &weights(cases, for_right), &usually, |case| case.right, usual.right),
            in_scope: logistic(cases, &weights(cases, WEIGHTS_FOR_SCOPE), &without, |case| case.kind == Kind::Held, usual.in_scope),
        }
    }
}

/// Whether a text is Chinese for the most part.
fn mostly_chinese(said: &[Unit]) -> bool {
    2 * said.iter().filter(|unit| chinese(unit)).count() >= said.len()
}

fn cross_fit(texts: &[Vec<Unit>], of: &[usize], families: &[u32], intents: usize, tell: &mut dyn FnMut(Stage)) -> Vec<Case> {
    let mut cases = Vec::new();
    if texts.len() < FEWEST || intents < 2 {
        return cases;
    }
    let parts = (WORK / (texts.len() * intents)).clamp(1, MOST_PARTS);
    // With one part asked it must hold enough cases; with several each may be small, and its model nearly whole.
    let held = if parts == 1 { PARTS_OF_MANY } else { MOST_PARTS };
    // Examples are dealt out intent by intent, so that every part knows every intent, and family by family, so that none answers for its kin.
    let mut dealt = vec![0; texts.len()];
    let mut count = vec![0; intents];
    let mut kin: HashMap<(usize, u32), (usize, usize)> = HashMap::new();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    super::linear::shuffle(&mut order, &mut Rng::seeded(3));
    for place in order {
        let (part, size) = kin.entry((of[place], families[place])).or_insert_with(|| {
            count[of[place]] += 1;
            ((count[of[place]] - 1 + of[place]) % held, 0)
        });
        dealt[place] = *part;
        *size += 1;
    }
    let share = |place: usize| kin.get(&(of[place], families[place])).map_or(1.0, |(_, size)| 1.0 / *size as f32);
    let foreign: Vec<Vec<Unit>> = background().map(units).collect();
    for part in 0..parts {
        tell(Stage::Asking { part: part + 1, parts });
        let leaves = |intent: usize| intents >= LEFT_OUT && intent % LEFT_OUT == part % LEFT_OUT;
        let mut names: Vec<usize> = Vec::new();
        let mut new_names = vec![usize::MAX; intents];
        let (mut seen, mut seen_of) = (Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            if dealt[place] != part && !leaves(of[place]) {
                if new_names[of[place]] == usize::MAX {
                    new_names[of[place]] = names.len();
                    names.push(of[place]);
                }
                seen.push(text.clone());
                seen_of.push(new_names[of[place]]);
            }
        }
        if names.len() < 2 {
            continue;
        }
        let model = Model::learn_part(&seen, &seen_of, names.len(), texts.len());
        let mut ask = |text: &[Unit], meant: Option<usize>, kind: Kind, share: f32| {
            let verdict = model.judge(text, None);
            let best = verdict.nearest.first().map(|(intent, _, _)| names[*intent]);
            cases.push(Case {
                evidence: verdict.evidence,
                right: best.is_some() && best == meant,
                kind,
                share,
                chinese: mostly_chinese(text),
            });
        };
        for (place, text) in texts.iter().enumerate() {
            if leaves(of[place]) {
                if dealt[place] == part || texts.len() < CASES {
                    ask(text, None, Kind::LeftOut, share(place));
                }
            } else if dealt[place] == part {
                ask(text, Some(of[place]), Kind::Held, share(place));
            }
        }
        for text in &foreign {
            let verdict = model.judge(text, None);
            if verdict.nearest.iter().all(|(_, _, alike)| *alike < LIKE_OWN) {
                cases.push(Case {
                    evidence: verdict.evidence,
                    right: false,
                    kind: Kind::Foreign,
                    share: 1.0,
                    chinese: mostly_chinese(text),
                });
            }
        }
    }
    cases
}

/// What each case weighs so that each kind weighs together what it should.
fn weights(cases: &[Case], (left_out, foreign): (f64, f64)) -> Vec<f64> {
    let count = |kind: Kind| cases.iter().filter(|case| case.kind == kind).map(|case| f64::from(case.share)).sum::<f64>().max(1.0);
    let held = count(Kind::Held);
    let (left_out, foreign) = (left_out * held / count(Kind::LeftOut), foreign * held / count(Kind::Foreign));
    let weight = |case: &Case| {
        let of_kind = match case.kind {
            Kind::Held => 1.0,
            Kind::LeftOut => left_out,
            Kind::Foreign => foreign,
        };
        of_kind * f64::from(case.share)
    };
    cases.iter().map(weight).collect()
}

/// Logistic regression by Newton's method on top of log odds that are known, held to what usually is.
fn logistic(cases: &[Case], weights: &[f64], known: &[f64], outcome: impl Fn(&Case) -> bool, usual: [f64; EVIDENCE]) -> [f64; EVIDENCE] {
    let mut values = usual;
    for _ in 0..25 {
        let mut slope = [0.0_f64; EVIDENCE];
        let mut bend = [[0.0_f64; EVIDENCE]; EVIDENCE];
        for place in 0..EVIDENCE {
            slope[place] = FIRM * (usual[place] - values[place]);
            bend[place][place] = FIRM;
        }
        for ((case, weight), known) in cases.iter().zip(weights).zip(known) {
            let chance = chance(*known, &values, &case.evidence);
            let off = f64::from(u8::from(outcome(case))) - chance;
            let spread = weight * (chance * (1.0 - chance)).max(1e-6);
            for (row, a) in case.evidence.iter().enumerate() {
                slope[row] += weight * off * f64::from(*a);
                for (column, b) in case.evidence.iter().enumerate() {
                    bend[row][column] += spread * f64::from(*a) * f64::from(*b);
                }
            }
        }
        let step = solved(bend, slope);
        let length = step.iter().map(|part| part * part).sum::<f64>().sqrt();
        // A long step is shortened: far from the optimum the parabola misleads.
        let scale = if length > 2.0 { 2.0 / length } else { 1.0 };
        values.iter_mut().zip(step).for_each(|(value, part)| *value += scale * part);
        if length < 1e-5 {
            break;
        }
    }
    values
}

/// Solves a positive definite system by Gaussian elimination.
fn solved(mut matrix: [[f64; EVIDENCE]; EVIDENCE], mut right: [f64; EVIDENCE]) -> [f64; EVIDENCE] {
    for pivot in 0..EVIDENCE {
        for row in pivot + 1..EVIDENCE {
            let times = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            for (value, above) in matrix[row].iter_mut().zip(above).skip(pivot) {
                *value -= times * above;
            }
            right[row] -= times * right[pivot];
        }
    }
    let mut result = [0.0; EVIDENCE];
    for row in (0..EVIDENCE).rev() {
        let known: f64 = (row + 1..EVIDENCE).map(|column| matrix[row][column] * result[column]).sum();
        result[row] = (right[row] - known) / matrix[row][row];
    }
    result
}

fn chance(known: f64, values: &[f64; EVIDENCE], evidence: &Evidence) -> f64 {
    let sum: f64 = values.iter().zip(evidence).map(|(value, part)| value * f64::from(*part)).sum();
    1.0 / (1.0 + (-known - sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cases_say_is_learnt_and_what_they_do_not_is_as_usual() {
        let case = |strength: f32, right: bool| {
            let mut evidence = [0.0; EVIDENCE];
            (evidence[0], evidence[1]) = (1.0, strength);
            Case { evidence, right, kind: Kind::Held, share: 1.0, chinese: false }
        };
        // At strength 1 three in four are right, at -1 one in four.
        let cases: Vec<Case> = (0..4000).map(|n| case(if n % 2 == 0 { 1.0 } else { -1.0 }, (n / 2 % 4 == 0) != (n % 2 == 0))).collect();
        let usual = [0.2; EVIDENCE];
        for known in [0.0, 0.7] {
            let values = logistic(&cases, &vec![1.0; cases.len()], &vec![known; cases.len()], |case| case.right, usual);
            let chance = |strength: f32| chance(known, &values, &case(strength, true).evidence);
            let (strong, weak) = (chance(1.0), chance(-1.0));
            assert!((strong - 0.75).abs() < 0.02 && (weak - 0.25).abs() < 0.02, "{strong} {weak}");
            assert!((values[5] - usual[5]).abs() < 1e-6);
        }
        let untaught = logistic(&[], &[], &[], |case| case.right, usual);
        assert!(untaught.iter().zip(usual).all(|(value, usual)| (value - usual).abs() < 1e-12));
    }
}
