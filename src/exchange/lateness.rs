//! How late media ticks come: the number that says whether the machine is too full.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the classes, in microseconds.
const BOUNDS_US: [u64; 11] = [500, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 50_000, 100_000];

/// Counts ticks by how late they came. Adding takes no lock and does not allocate.
#[derive(Debug, Default)]
pub struct Lateness {
    classes: [AtomicU64; BOUNDS_US.len() + 1],
}

impl Lateness {
    /// Counts a tick.
    pub fn add(&self, late: Duration) {
        let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS_US.partition_point(|bound| *bound < micros);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns (upper bound in seconds, ticks at most that late) by class, the last without a bound: Prometheus' shape.
    #[must_use]
    pub fn cumulative(&self) -> Vec<(f64, u64)> {
        let mut sum = 0;
        let bounds = BOUNDS_US.iter().map(|bound| *bound as f64 / 1e6).chain([f64::INFINITY]);
        bounds
            .zip(&self.classes)
            .map(|(bound, class)| {
                sum += class.load(Ordering::Relaxed);
                (bound, sum)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_counts_in_every_class_that_is_at_least_as_late() {
        let lateness = Lateness::default();
        for micros in [0, 500, 501, 9_999, 1_000_000] {
            lateness.add(Duration::from_micros(micros));
        }
        let cumulative = lateness.cumulative();
        assert_eq!(cumulative[0], (0.0005, 2));
        assert_eq!(cumulative[1], (0.001, 3));
        assert_eq!(cumulative[7], (0.01, 4));
        assert_eq!(cumulative[11].1, 5);
    }
}
