//! Spares callers the wait for a system that is down: after a few failures in a row it counts as down for a while.
//! Knows no clock and no HTTP.

use std::time::Duration;

use crate::base::Mono;

/// Failures in a row that make a system count as down.
const FAILURES: u32 = 5;
/// How long it counts as down before it is tried again.
const DOWN_FOR: Duration = Duration::from_secs(5);

/// What is known of a system's health.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    down_until: Option<Mono>,
}

impl Breaker {
    /// Returns whether a request may go out. After a pause one may, to try; the others are spared until it has come back.
    pub(super) fn lets_through(&mut self, now: Mono) -> bool {
        match self.down_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.down_until = Some(now + DOWN_FOR);
                true
            }
        }
    }

    /// Notes that the system answered, whatever it said.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// Notes that the system failed.
    pub(super) fn failed(&mut self, now: Mono) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.down_until = Some(now + DOWN_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Mono {
        Mono::from_elapsed(Duration::from_millis(millis))
    }

    #[test]
    fn five_failures_in_a_row_spare_the_next_callers_the_wait_for_five_seconds() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|_| breaker.failed(at(0)));
        assert!(breaker.lets_through(at(0)));
        breaker.failed(at(10));
        assert!(!breaker.lets_through(at(10)) && !breaker.lets_through(at(5_009)));
        assert!(breaker.lets_through(at(5_010)), "one may try");
        assert!(!breaker.lets_through(at(5_011)), "and the others wait for it");
        breaker.failed(at(5_020));
        assert!(!breaker.lets_through(at(5_021)), "the first try after the pause failed too");
        breaker.answered();
        assert!(breaker.lets_through(at(5_022)));
    }

    #[test]
    fn an_answer_between_failures_keeps_the_system_up() {
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            (0..4).for_each(|_| breaker.failed(at(0)));
            breaker.answered();
        }
        assert!(breaker.lets_through(at(0)));
    }
}
