//! A linear model of intents: multinomial logistic regression, fitted by coordinate ascent in its dual.
//! Weights stand by n-gram, all intents side by side, so that one pass serves all of them.

use super::features::Row;
use super::kept::{Numbers, write_floats};
use super::lanes::add;
use crate::base::Rng;

/// How much an example may pull; the inverse of the regularisation.
const PULL: f32 = 20.0;
/// Passes over the examples, and the steps towards each one's optimum.
const PASSES: usize = 9;
const STEPS: usize = 3;

/// Weights of every n-gram for every intent.
#[derive(Debug)]
pub(super) struct Linear {
    intents: usize,
    weights: Vec<f32>,
}

impl Linear {
    /// Fits rows whose intents are known.
    pub(super) fn fit(rows: &[&Row], of: &[usize], intents: usize, size: usize) -> Self {
        let mut model = Self { intents, weights: vec![0.0; size * intents] };
        let mut pulls = vec![0.0_f32; rows.len() * intents];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut rng = Rng::seeded(1);
        let mut scores = vec![0.0_f32; intents];
        let mut chances = vec![0.0_f32; intents];
        for _ in 0..PASSES {
            shuffle(&mut order, &mut rng);
            for &place in &order {
                let row = rows[place];
                let length: f32 = row.iter().map(|(_, weight)| weight * weight).sum();
                scores.fill(0.0);
                model.score_into(row, &mut scores);
                let own = &mut pulls[place * intents..][..intents];
                // What the row itself adds to its scores is taken out, so that the optimum can be approached alone.
                for (score, pull) in scores.iter_mut().zip(own.iter()) {
                    *score -= length * pull;
                }
                let damping = 1.0 / (1.0 + 0.5 * PULL * length);
                let mut wanted = own.to_vec();
                for _ in 0..STEPS {
                    for ((chance, score), pull) in chances.iter_mut().zip(&scores).zip(&wanted) {
                        *chance = score + length * pull;
                    }
                    into_chances(&mut chances);
                    for (intent, (pull, chance)) in wanted.iter_mut().zip(&chances).enumerate() {
                        let right = if intent == of[place] { 1.0 } else { 0.0 };
                        *pull += damping * (PULL * (right - chance) - *pull);
                    }
                }
                for ((change, pull), wanted) in chances.iter_mut().zip(own.iter_mut()).zip(&wanted) {
                    *change = wanted - *pull;
                    *pull = *wanted;
                }
                for (gram, weight) in row {
                    add(&mut model.weights[*gram as usize * intents..][..intents], *weight, &chances);
                }
            }
        }
        model
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_floats(out, &self.weights);
    }

    pub(super) fn read(intents: usize, size: usize, input: &mut Numbers<'_>) -> Option<Self> {
        Some(Self { intents, weights: input.floats(size.checked_mul(intents)?)? })
    }

    /// Scores a row for every intent.
    pub(super) fn scores(&self, row: &Row) -> Vec<f32> {
        let mut scores = vec![0.0; self.intents];
        self.score_into(row, &mut scores);
        scores
    }

    /// What an n-gram says for an intent, compared with what it says for the others on average.
    pub(super) fn says(&self, gram: u32, intent: usize) -> f32 {
        let weights = &self.weights[gram as usize * self.intents..][..self.intents];
        weights[intent] - weights.iter().sum::<f32>() / self.intents as f32
    }

    fn score_into(&self, row: &Row, scores: &mut [f32]) {
        for (gram, weight) in row {
            add(scores, *weight, &self.weights[*gram as usize * self.intents..][..self.intents]);
        }
    }
}

/// Turns scores into probabilities.
pub(super) fn into_chances(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
}

/// Mixes an order.
pub(super) fn shuffle(order: &mut [usize], rng: &mut Rng) {
    for last in (1..order.len()).rev() {
        order.swap(last, rng.below(last as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_told_apart_is_told_apart() {
        let rows: Vec<Row> = vec![vec![(0, 1.0), (3, 0.3)], vec![(1, 1.0), (3, 0.3)], vec![(0, 0.7), (2, 0.7), (3, 0.3)]];
        let model = Linear::fit(&rows.iter().collect::<Vec<_>>(), &[0, 1, 2], 3, 4);
        for (row, wanted) in rows.iter().zip(0..) {
            let mut chances = model.scores(row);
            into_chances(&mut chances);
            assert!(chances[wanted] > 0.6, "{chances:?}");
            assert!((chances.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!(model.says(1, 1) > 0.0 && model.says(1, 0) < 0.0);
    }
}
