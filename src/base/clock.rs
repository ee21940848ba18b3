//! The one place that reads the system's clocks. Only floors 5 to 8 hold a [`Clock`]; below them time is an argument.
#![expect(clippy::disallowed_methods, reason = "this file is where the system clocks are read")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{Mono, Wall};

/// Reads the system's monotonic and wall clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// Starts a clock whose monotonic time is zero now.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Reads the monotonic clock.
    #[must_use]
    pub fn mono(&self) -> Mono {
        Mono::from_elapsed(self.began.elapsed())
    }

    /// Reads the wall clock.
    #[must_use]
    pub fn wall(&self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Converts an instant of this clock to the system's own, for timers of the runtime.
    #[must_use]
    pub fn instant(&self, at: Mono) -> Instant {
        self.began + at.elapsed()
    }
}
