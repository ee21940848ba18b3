//! Floor 5: sqlx: calls, turns, transcripts; a last guard of masking before storage.
//! Knows no SIP, no audio, no HTTP.

mod callbacks;
mod customers;
mod desk;
mod edit;
mod error;
mod events;
mod mask;
mod open;
mod outbox;
mod query;
mod record;
mod retention;
mod spill;
mod tickets;
mod vault;
mod writer;

use std::path::{Path, PathBuf};

use sqlx::AnyPool;

use crate::base::{CallId, Clock};

pub use callbacks::{OpenCallback, Promise};
pub use customers::{Customer, CustomerError, CustomerNote, Learned, PastCall, Who};
pub use edit::{CustomerEdit, Finding, Rest};
pub use error::StoreError;
pub use outbox::{Delivery, DeliveryState, Subscription};
pub use record::{CallRecord, RecordedMessage, RecordedTurn, UnknownWords};
pub use tickets::{NewTicket, Ticket, TicketState};
pub use writer::FactWriter;

use outbox::Outbox;
use vault::Vault;

/// The records of calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    file: PathBuf,
    writer: FactWriter,
    outbox: Outbox,
    clock: Clock,
}

impl Store {
    /// Opens (and makes, readable by their owner only) the records in `folder`, takes in what an earlier run could not write,
    /// marks calls that it left open as failed, and starts the task that writes.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_telling(folder, Vec::new()).await
    }

    /// Opens the records as [`Store::open`] does; who subscribes is told also of what an earlier run could not write.
    ///
    /// # Errors
    /// A [`StoreError`] that names the path.
    pub async fn open_telling(folder: &Path, subscriptions: Vec<Subscription>) -> Result<Self, StoreError> {
        let file = open::prepare(folder)?;
        let outbox = Outbox::new(Vault::open(folder)?, subscriptions);
        let pool = open::connect(&file, open::Access::Write).await?;
        open::migrate(&pool, &file).await?;
        let writer = FactWriter::start(pool.clone(), file.clone(), outbox.clone()).await?;
        Ok(Self { pool, file, writer, outbox, clock: Clock::start() })
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
        // Records older than the key hold nothing sealed.
        let outbox = Outbox::new(Vault::read(folder).or_else(|_| Vault::passing())?, Vec::new());
        Ok(Self { pool, file, writer: FactWriter::nowhere(), outbox, clock: Clock::start() })
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

    /// Lists the words that a hotline had no sure answer to in calls since a moment, the latest first, at most so many.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn unknown_words(&self, dialplan: &str, since: crate::base::Wall, most: u32) -> Result<Vec<UnknownWords>, StoreError> {
        query::unknown_words(&self.pool, dialplan, since, most).await.map_err(|source| self.unreadable(source))
    }

    /// Keeps what a promise to call back needs: the number in full, sealed. The latest of a call counts.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn keep_promise(&self, call: &CallId, promise: &Promise) -> Result<(), StoreError> {
        callbacks::keep(&self.pool, self.outbox.vault(), call, promise).await.map_err(|source| self.unwritable(source))
    }

    /// Takes the recordings off the calls of a hotline that began before a moment, and returns where they lie below their folder.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn forget_recordings(&self, dialplan: &str, before: crate::base::Wall) -> Result<Vec<String>, StoreError> {
        retention::recordings(&self.pool, dialplan, before).await.map_err(|source| self.unwritable(source))
    }

    /// Deletes the words of the calls of a hotline that began before a moment; returns how many rows that were.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn forget_words(&self, dialplan: &str, before: crate::base::Wall) -> Result<u64, StoreError> {
        retention::words(&self.pool, dialplan, before).await.map_err(|source| self.unwritable(source))
    }

    /// Lists the callbacks that were promised and not made yet, the most urgent first, with their numbers in full.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn open_callbacks(&self) -> Result<Vec<OpenCallback>, StoreError> {
        callbacks::open(&self.pool, self.outbox.vault()).await.map_err(|source| self.unreadable(source))
    }

    /// Notes that somebody called back, and forgets the number; false where no callback of this call was open.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn callback_made(&self, call: &CallId) -> Result<bool, StoreError> {
        callbacks::made(&self.pool, call).await.map_err(|source| self.unwritable(source))
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
mod customer_tests;
#[cfg(test)]
mod tests;
