//! The business systems as tools ask them: really, and one request at a time.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::base::Clock;
use crate::dialplan::Dialplan;
use crate::ivr::{LookupOutcome, LookupRequest};
use crate::sources::Sources;

/// The business systems of a dialplan.
pub struct Systems {
    runtime: tokio::runtime::Runtime,
    sources: Sources,
    clock: Clock,
}

impl Systems {
    /// Takes the systems that the dialplan names; asks for nothing yet.
    ///
    /// # Errors
    /// Where the machine has no more threads or descriptors.
    pub fn of(plan: &Dialplan) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        Ok(Self { runtime, sources: Sources::new(plan.sources.clone()), clock: Clock::start() })
    }

    /// Asks, and says how long it took.
    pub fn ask(&self, request: &LookupRequest) -> (Duration, LookupOutcome) {
        let began = self.clock.mono();
        let outcome = self.runtime.block_on(self.sources.ask(request.clone()));
        (self.clock.mono().since(began), outcome)
    }
}
