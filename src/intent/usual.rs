//! What evidence is worth on plans in general: the log odds that a guess is right. The numbers were fitted on some hundred plans drawn from
//! training parts of public sets and our own examples; a plan's own examples correct them. Words other than Chinese have a small network
//! that never takes more evidence for less; for Chinese ones such a network let fewer of the right guesses be acted on.

use super::model::{EVIDENCE, Evidence};

/// Log odds of evidence: a part straight from it and a part by way of hidden units.
#[derive(Debug)]
pub(super) struct Usual {
    straight: [f64; EVIDENCE],
    units: &'static [(f64, [f64; EVIDENCE])],
}

impl Usual {
    /// The log odds that the guess is right.
    pub(super) fn log_odds(&self, evidence: &Evidence) -> f64 {
        let sum = |values: &[f64; EVIDENCE]| values.iter().zip(evidence).map(|(value, part)| value * f64::from(*part)).sum::<f64>();
        sum(&self.straight) + self.units.iter().map(|(says, inner)| says * sum(inner).tanh()).sum::<f64>()
    }
}

/// Of Chinese words.
pub(super) static RIGHT_CHINESE: Usual =
    Usual { straight: [0.27, 0.73, 2.1, 0.0, 0.0, 0.56, 0.0, 0.0, 0.63, 0.0, 0.33, 0.0, -0.57, -0.54, 0.84], units: &[] };

/// Of other words.
pub(super) static RIGHT_OTHER: Usual = Usual {
    straight: [-0.02, 0.54, 0.0, 0.0, 0.0, 0.0, 0.48, 0.09, -1.17, 0.06, 0.0, 0.0, 0.24, 0.3, 0.0],
    units: &[
        (1.34, [-0.35, 0.69, 0.33, 0.0, 0.0, 0.0, -0.96, 0.0, -0.49, -1.5, 0.62, 0.0, -0.43, -0.13, 0.0]),
        (1.71, [-0.69, 0.34, 0.0, 0.34, 0.51, 0.0, -0.42, 0.08, 0.95, 1.44, 0.0, 0.0, -0.44, -0.19, 0.0]),
        (1.53, [1.27, 0.76, 0.02, 0.0, 0.0, 0.0, 0.07, 0.16, -0.8, 0.05, 0.26, -0.16, -0.6, -0.1, 0.0]),
        (1.28, [1.09, 0.0, 0.0, 0.0, 0.0, 1.88, 0.78, 0.0, 0.99, 1.33, 0.0, 0.0, -0.77, -0.39, 0.0]),
        (2.09, [-0.12, 0.92, 0.87, 0.0, 0.0, 0.0, -0.73, 0.0, -0.3, -0.5, 0.0, 0.0, 0.45, 0.39, 0.0]),
        (1.77, [-0.54, 0.0, 0.27, 0.0, 0.0, 0.0, 0.04, 0.0, 2.25, -0.25, 0.11, 0.0, 0.03, 0.03, 0.0]),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of evidence of which more cannot be less.
    const FOR: [usize; 8] = [1, 2, 3, 4, 5, 7, 10, 14];

    #[test]
    fn more_evidence_is_never_less_sure() {
        for usual in [&RIGHT_CHINESE, &RIGHT_OTHER] {
            for place in FOR {
                assert!(usual.units.iter().all(|(says, inner)| says * inner[place] >= 0.0) && usual.straight[place] >= 0.0, "{place}");
            }
        }
    }

    #[test]
    fn strong_evidence_is_much_surer_than_weak() {
        let weak = [1.0, -1.0, 0.3, -0.4, 0.0, 0.0, -0.5, -1.0, 0.0, -0.5, -0.5, 0.5, 0.3, 0.3, -0.9];
        let strong = [1.0, 1.5, 1.8, 0.6, 0.8, 0.8, 1.0, 1.4, 0.0, 0.9, 1.0, -1.0, 0.3, 0.3, 0.9];
        for usual in [&RIGHT_CHINESE, &RIGHT_OTHER] {
            assert!(usual.log_odds(&weak) < -1.0 && usual.log_odds(&strong) > 2.5, "{} {}", usual.log_odds(&weak), usual.log_odds(&strong));
        }
    }
}
