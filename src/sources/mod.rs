//! Floor 5: the business systems that a dialplan looks up and updates over HTTP.
//! Knows no calls and no audio.

mod breaker;
mod courier;
mod door;
mod messenger;
mod signature;
mod system;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::Clock;
use crate::dialplan::Source;
use crate::ivr::{LookupOutcome, LookupRequest};

use system::System;

pub use courier::{Courier, DeliveryError, Endpoint};
pub use messenger::Outgoing;
pub use signature::{SIGNATURE_HEADER, SignatureError, sign, verify};

/// The business systems of a dialplan. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sources {
    systems: Arc<BTreeMap<String, System>>,
}

impl Sources {
    /// Makes the clients. Asks for nothing yet; what is wrong with a source is what its lookups fail with.
    #[must_use]
    pub fn new(sources: BTreeMap<String, Source>) -> Self {
        let clock = Clock::start();
        let systems = sources.into_iter().map(|(name, source)| (name, System::new(&source, clock))).collect();
        Self { systems: Arc::new(systems) }
    }

    /// Asks a business system: answers within the source's timeout, all tries together. A failure's words hold neither
    /// address nor header, as both may carry a caller's data or a secret.
    pub async fn ask(&self, request: LookupRequest) -> LookupOutcome {
        let outcome = match self.systems.get(&request.source) {
            Some(system) => system.ask(&request).await,
            None => LookupOutcome::Failed(format!("no source named {}", request.source)),
        };
        let word = match &outcome {
            LookupOutcome::Found(_) => "found",
            LookupOutcome::NotFound => "not_found",
            LookupOutcome::Failed(words) => {
                tracing::warn!(
                    source = request.source,
                    line = request.place.line,
                    words,
                    "a lookup failed; the line is its step's in the dialplan"
                );
                "failed"
            }
        };
        metrics::counter!("bellhop_lookups_total", "source" => request.source, "outcome" => word).increment(1);
        outcome
    }
}

#[cfg(test)]
mod tests;
