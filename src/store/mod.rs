//! Floor 5: sqlx: calls, turns, transcripts; masking before storage, retention.
//! Knows no SIP, no audio, no HTTP.

mod error;
mod record;

use std::path::Path;

use crate::base::CallId;
use crate::call::Stamped;

pub use error::StoreError;
pub use record::{CallRecord, RecordedTurn};

/// The records of calls.
#[derive(Clone, Debug)]
pub struct Store {}

impl Store {
    /// Opens (and makes, readable by its owner only) the records in `folder`, and starts the task that writes to them.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open(_folder: &Path) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Opens the records in `folder` for reading, beside a program that writes to them.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open_read_only(_folder: &Path) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Returns where facts are written to.
    #[must_use]
    pub fn writer(&self) -> FactWriter {
        unimplemented!()
    }

    /// Lists the newest calls, newest first, without turns and events.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn calls(&self, _limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        unimplemented!()
    }

    /// Returns a call with everything that is known of it.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn call(&self, _id: &CallId) -> Result<Option<CallRecord>, StoreError> {
        unimplemented!()
    }
}

/// Takes facts off a call's path: never blocks for long, never drops.
#[derive(Clone, Debug)]
pub struct FactWriter {}

impl FactWriter {
    /// Takes a fact; `Hearing` is not stored.
    pub fn write(&self, _call: &CallId, _fact: &Stamped) {
        unimplemented!()
    }

    /// Notes where a call's recording lies, below the folder of recordings.
    pub fn recorded(&self, _call: &CallId, _path: &Path, _lost_frames: u64) {
        unimplemented!()
    }

    /// Waits until everything written so far is in the records (or, where those cannot be written, in the spill file).
    pub async fn flush(&self) {
        unimplemented!()
    }
}
