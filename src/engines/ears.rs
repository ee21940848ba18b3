//! What listens for the calls of the house, wherever it runs.

use std::time::Duration;

use super::pool::{HearingSink, PoolCounters, RecognizerPool};
use crate::speech::Recognizer;

/// The recognisers of all calls: threads of this process.
#[derive(Debug)]
pub struct Ears {
    pool: RecognizerPool,
}

/// What ears have counted since they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarCounters {
    /// Of the threads of this process.
    pub pool: PoolCounters,
    /// How far the thread that is furthest behind is.
    pub lag: Duration,
}

impl Ears {
    /// Listens with threads of this process.
    #[must_use]
    pub fn here(pool: RecognizerPool) -> Self {
        Self { pool }
    }

    /// Makes a recognizer for one leg; which leg it is, the sink knows.
    #[must_use]
    pub fn recognizer(&self, sink: HearingSink) -> Box<dyn Recognizer> {
        self.pool.recognizer(sink)
    }

    /// Returns true while a further call would be heard in time; otherwise the running ones would suffer by it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.pool.has_room()
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> EarCounters {
        EarCounters { pool: self.pool.counters(), lag: self.pool.lag() }
    }
}
