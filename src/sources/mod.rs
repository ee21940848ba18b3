//! Floor 5: the business systems that a dialplan looks up and updates over HTTP.
//! Knows no calls and no audio.

use std::collections::BTreeMap;

use crate::dialplan::Source;
use crate::ivr::{LookupOutcome, LookupRequest};

/// The business systems of a dialplan. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sources {}

impl Sources {
    /// Makes the clients. Asks for nothing yet.
    #[must_use]
    pub fn new(_sources: BTreeMap<String, Source>) -> Self {
        unimplemented!()
    }

    /// Asks a business system: answers within the source's timeout, all tries together.
    pub async fn ask(&self, _request: LookupRequest) -> LookupOutcome {
        unimplemented!()
    }
}
