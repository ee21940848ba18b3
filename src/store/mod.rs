//! Floor 5: sqlx: calls, turns, transcripts; a last guard of masking before storage.
//! Knows no SIP, no audio, no HTTP.

mod callbacks;
mod error;
mod mask;
mod open;
mod query;
mod record;
mod spill;
mod writer;

use std::path::{Path, PathBuf};

use sqlx::AnyPool;

use crate::base::{CallId, Pii};

pub use callbacks::OpenCallback;
pub use error::StoreError;
pub use record::{CallRecord, RecordedTurn};
pub use writer::FactWriter;

/// The records of calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    file: PathBuf,
    writer: FactWriter,
}

impl Store {
    /// Opens (and makes, readable by their owner only) the records in `folder`, takes in what an earlier run could not write,
    /// marks calls that it left open as failed, and starts the task that writes.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let file = open::prepare(folder)?;
        let pool = open::connect(&file, open::Access::Write).await?;
        open::migrate(&pool, &file).await?;
        let writer = FactWriter::start(pool.clone(), file.clone()).await?;
        Ok(Self { pool, file, writer })
    }

    /// Opens the records in `folder` for reading, beside a program that writes to them. Facts given to its writer go nowhere.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open_read_only(folder: &Path) -> Result<Self, StoreError> {
        let file = open::file_in(folder);
        if !file.is_file() {
            return Err(StoreError::Missing { path: file });
        }
        let pool = open::connect(&file, open::Access::Read).await?;
        Ok(Self { pool, file, writer: FactWriter::nowhere() })
    }

    /// Returns where facts are written to.
    #[must_use]
    pub fn writer(&self) -> FactWriter {
        self.writer.clone()
    }

    /// Lists the newest calls, newest first, without slots, turns and events.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn calls(&self, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        query::calls(&self.pool, limit).await.map_err(|source| self.unreadable(source))
    }

    /// Returns a call with everything that is known of it.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn call(&self, id: &CallId) -> Result<Option<CallRecord>, StoreError> {
        query::call(&self.pool, id).await.map_err(|source| self.unreadable(source))
    }

    /// Keeps the full number of a caller to whom a callback was promised.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn keep_callback_number(&self, call: &CallId, number: &Pii<String>) -> Result<(), StoreError> {
        callbacks::keep_number(&self.pool, call, number).await.map_err(|source| StoreError::Database {
            doing: "cannot write",
            path: self.file.clone(),
            source,
        })
    }

    /// Lists the callbacks that were promised and not made yet, the most urgent first, with their numbers in full.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn open_callbacks(&self) -> Result<Vec<OpenCallback>, StoreError> {
        callbacks::open(&self.pool).await.map_err(|source| self.unreadable(source))
    }

    /// Writes what waits and closes the files.
    pub async fn close(self) {
        self.writer.flush().await;
        self.pool.close().await;
    }

    fn unreadable(&self, source: sqlx::Error) -> StoreError {
        StoreError::Database { doing: "cannot read", path: self.file.clone(), source }
    }
}

#[cfg(test)]
mod tests;
