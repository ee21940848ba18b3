//! Whether a server elsewhere may be asked: after failures it is spared, longer each time, and then tried by one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::{Clock, Mono};

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How a server did lately.
#[derive(Debug)]
pub(super) struct Health {
    clock: Clock,
    /// The pause after the first failure.
    pause: Duration,
    /// How long a trial may take; others are not let in beside it.
    trial: Duration,
    /// Guards how it did lately; held for a comparison.
    lately: Mutex<Lately>,
}

#[derive(Debug, Default)]
struct Lately {
    failures_in_a_row: u32,
    /// Until when nobody asks it.
    spared_until: Option<Mono>,
}

impl Health {
    pub(super) fn new(pause: Duration, trial: Duration) -> Self {
        Self { clock: Clock::start(), pause, trial, lately: Mutex::default() }
    }

    /// Says whether it may be asked now. After a pause one may try; the others wait for what comes of that.
    pub(super) fn may_ask(&self) -> bool {
        let now = self.clock.mono();
        let mut lately = self.lately();
        match lately.spared_until {
            Some(until) if now < until => false,
            Some(_) => {
                lately.spared_until = Some(now + self.trial);
                true
            }
            None => true,
        }
    }

    /// Notes an answer; returns true if it had failed before.
    pub(super) fn worked(&self) -> bool {
        std::mem::take(&mut *self.lately()).spared_until.is_some()
    }

    /// Notes a failure; returns how long it is spared.
    pub(super) fn failed(&self) -> Duration {
        let mut lately = self.lately();
        let pause = self.pause.saturating_mul(1 << lately.failures_in_a_row.min(16)).min(LONGEST_PAUSE.max(self.pause));
        lately.failures_in_a_row += 1;
        lately.spared_until = Some(self.clock.mono() + pause);
        pause
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_spared_longer_each_time_and_tried_by_one() {
        let health = Health::new(Duration::from_hours(1), Duration::from_hours(1));
        assert!(health.may_ask() && health.may_ask());
        assert_eq!(health.failed(), Duration::from_hours(1));
        assert!(!health.may_ask());
        let health = Health::new(Duration::ZERO, Duration::from_hours(1));
        health.failed();
        assert!(health.may_ask(), "the pause is over");
        assert!(!health.may_ask(), "one tries");
        assert!(health.worked());
        assert!(health.may_ask() && !health.worked());
        let health = Health::new(Duration::from_secs(2), Duration::ZERO);
        let pauses: Vec<u64> = (0..7).map(|_| health.failed().as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
    }
}
