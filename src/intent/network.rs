//! A network of one hidden layer over the same rows: n-grams that mean alike come to lie together, which a linear model cannot do.
//! N-grams and hidden units are left out at random while it learns, so that it does not lean on single ones.

use super::features::Row;
use super::kept::{Numbers, write_count, write_floats};
use super::lanes::{add, dot};
use super::linear::{into_chances, shuffle};
use crate::base::Rng;

/// Hidden units.
const HIDDEN: usize = 256;
const FEW_HIDDEN: usize = 128;
/// What is left out while learning.
const LESS_INPUT: f32 = 0.4;
const LESS_HIDDEN: f32 = 0.3;
/// The first weights of n-grams, and the first step.
const FIRST: f32 = 0.1;
const STEP: f32 = 0.035;
/// Examples shown, all passes together, and the bounds of the passes.
const SHOWN: usize = 150_000;
const FEW_SHOWN: usize = 15_000;
const PASSES: (usize, usize) = (4, 10);
/// Below so many examples it is smaller and shown fewer, so that a dialplan is ready in a moment.
const FEW: usize = 3_000;

/// N-grams to hidden units to intents.
#[derive(Debug)]
pub(super) struct Network {
    intents: usize,
    units: usize,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

impl Network {
    /// Fits rows whose intents are known.
    pub(super) fn fit(rows: &[&Row], of: &[usize], intents: usize, size: usize) -> Self {
        let mut rng = Rng::seeded(7);
        let mut around = |most: f32| (rng.unit() as f32 * 2.0 - 1.0) * most;
        let units = if rows.len() < FEW { FEW_HIDDEN } else { HIDDEN };
        let spread = (6.0 / (units + intents) as f32).sqrt();
        let mut model = Self {
            intents,
            units,
            inner: (0..size * units).map(|_| around(FIRST)).collect(),
            // The last row is what every intent starts with.
            outer: (0..units * intents).map(|_| around(spread)).chain(std::iter::repeat_n(0.0, intents)).collect(),
        };
        let shown = if rows.len() < FEW { FEW_SHOWN } else { SHOWN };
        let passes = (shown / rows.len().max(1)).clamp(PASSES.0, PASSES.1);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut learning = Learning {
            moved_inner: vec![1e-6; size],
            moved_outer: vec![1e-6; units + 1],
            kept: Vec::new(),
            hidden: vec![0.0; units],
            back: vec![0.0; units],
            off: vec![0.0; intents],
        };
        for pass in 0..passes {
            shuffle(&mut order, &mut rng);
            let step = STEP * (1.0 - 0.9 * pass as f32 / passes as f32);
            for &place in &order {
                model.learn(rows[place], of[place], step, &mut learning, &mut rng);
            }
        }
        model
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_count(out, self.units);
        write_floats(out, &self.inner);
        write_floats(out, &self.outer);
    }

    pub(super) fn read(intents: usize, size: usize, input: &mut Numbers<'_>) -> Option<Self> {
        let units = input.count()?;
        let inner = input.floats(size.checked_mul(units)?)?;
        let outer = input.floats(units.checked_add(1)?.checked_mul(intents)?)?;
        Some(Self { intents, units, inner, outer })
    }

    /// Scores a row for every intent.
    pub(super) fn scores(&self, row: &Row) -> Vec<f32> {
        let mut hidden = vec![0.0; self.units];
        self.hide(row, &mut hidden);
        let mut scores = self.outer[self.units * self.intents..].to_vec();
        for (unit, value) in hidden.iter().enumerate() {
            if *value > 0.0 {
                add(&mut scores, *value, &self.outer[unit * self.intents..][..self.intents]);
            }
        }
        scores
    }

    fn hide(&self, row: &Row, hidden: &mut [f32]) {
        for (gram, weight) in row {
            add(hidden, *weight, &self.inner[*gram as usize * self.units..][..self.units]);
        }
    }

    fn learn(&mut self, row: &Row, right: usize, step: f32, now: &mut Learning, rng: &mut Rng) {
        now.kept.clear();
        now.kept.extend(row.iter().filter(|_| rng.unit() as f32 >= LESS_INPUT).map(|(gram, weight)| (*gram, weight / (1.0 - LESS_INPUT))));
        now.hidden.fill(0.0);
        self.hide(&now.kept, &mut now.hidden);
        for value in &mut now.hidden {
            *value = if *value > 0.0 && rng.unit() as f32 >= LESS_HIDDEN { *value / (1.0 - LESS_HIDDEN) } else { 0.0 };
        }
        let (intents, units) = (self.intents, self.units);
        now.off.copy_from_slice(&self.outer[units * intents..]);
        for (unit, value) in now.hidden.iter().enumerate() {
            if *value > 0.0 {
                add(&mut now.off, *value, &self.outer[unit * intents..][..intents]);
            }
        }
        into_chances(&mut now.off);
        now.off[right] -= 1.0;
        let wrong: f32 = now.off.iter().map(|off| off * off).sum();
        if wrong < 1e-6 {
            return;
        }
        for unit in 0..=units {
            let value = if unit == units { 1.0 } else { now.hidden[unit] };
            if value <= 0.0 {
                now.back[unit] = 0.0;
                continue;
            }
            let weights = &mut self.outer[unit * intents..][..intents];
            if unit < units {
                now.back[unit] = dot(weights, &now.off) / (1.0 - LESS_HIDDEN);
            }
            now.moved_outer[unit] += value * value * wrong / intents as f32;
            add(weights, -step / now.moved_outer[unit].sqrt() * value, &now.off);
        }
        let back = now.back.iter().map(|back| back * back).sum::<f32>() / units as f32;
        for (gram, weight) in &now.kept {
            let moved = &mut now.moved_inner[*gram as usize];
            *moved += weight * weight * back;
            add(&mut self.inner[*gram as usize * self.units..][..self.units], -step / moved.sqrt() * weight, &now.back);
        }
    }
}

/// What learning keeps from example to example: how far each n-gram and unit has moved, and room to work in.
struct Learning {
    moved_inner: Vec<f32>,
    moved_outer: Vec<f32>,
    kept: Row,
    hidden: Vec<f32>,
    back: Vec<f32>,
    off: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_no_line_divides() {
        // Exclusive or: neither n-gram says anything alone.
        let row = |a: bool, b: bool| -> Row { vec![(u32::from(a), 0.7), (2 + u32::from(b), 0.7), (4, 0.3)] };
        let cases = [(false, false), (false, true), (true, false), (true, true)];
        let rows: Vec<Row> = (0..400).map(|n| row(cases[n % 4].0, cases[n % 4].1)).collect();
        let of: Vec<usize> = (0..400).map(|n| usize::from(cases[n % 4].0 != cases[n % 4].1)).collect();
        let model = Network::fit(&rows.iter().collect::<Vec<_>>(), &of, 2, 5);
        for (a, b) in cases {
            let scores = model.scores(&row(a, b));
            assert_eq!(scores[1] > scores[0], a != b, "{a} {b} {scores:?}");
        }
    }
}
