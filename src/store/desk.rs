//! The front doors of customers and outbox: what robot, seats and other systems read and write.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use super::customers::{self, Customer, CustomerError, Who, Wish};
use super::edit::{CustomerEdit, Finding};
use super::outbox::{self, Delivery, DeliveryState, Subscription};
use super::{Store, StoreError};
use crate::base::{CallId, Pii, Wall};

impl Store {
    /// Returns what templates may see of a caller: tier, tags, CRM data, what earlier calls learned, the latest calls.
    ///
    /// # Errors
    /// Where the record cannot be read or opened.
    pub async fn caller(&self, number: &Pii<String>) -> Result<Map<String, Value>, CustomerError> {
        customers::as_caller(&self.pool, &self.outbox, number).await
    }

    /// Finds a customer's record.
    ///
    /// # Errors
    /// Where the record cannot be read or opened.
    pub async fn customer(&self, who: &Who) -> Result<Option<Customer>, CustomerError> {
        customers::find(&self.pool, &self.outbox, who).await
    }

    /// Edits a customer's record, making it where the number is known; only at the given revision, if one is given.
    ///
    /// # Errors
    /// Where there is no such record, it has changed in between, or it cannot be written.
    pub async fn edit_customer(
        &self,
        who: &Who,
        edit: CustomerEdit,
        author: &str,
        revision: Option<i64>,
    ) -> Result<Customer, CustomerError> {
        let wish = Wish { who, edit, author, revision, now: self.clock.wall() };
        customers::change(&self.pool, &self.outbox, wish).await
    }

    /// Writes what a call found out to the caller's record.
    ///
    /// # Errors
    /// Where the number is withheld or the record cannot be written.
    pub async fn remember(&self, call: &CallId, number: &Pii<String>, finding: Finding) -> Result<Customer, CustomerError> {
        let edit = CustomerEdit::found(finding, call, self.clock.wall());
        self.edit_customer(&Who::Number(number.clone()), edit, "robot", None).await
    }

    /// Forgets a customer: record, notes, and which calls were theirs; false where there was none.
    ///
    /// # Errors
    /// Where the records cannot be written.
    pub async fn forget_customer(&self, who: &Who) -> Result<bool, CustomerError> {
        customers::forget(&self.pool, &self.outbox, who).await
    }

    /// Says who is told of events from now on.
    pub fn subscribe(&self, subscriptions: Vec<Subscription>) {
        self.outbox.subscribe(subscriptions);
    }

    /// Lists the endpoints that events wait for.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn waiting_endpoints(&self) -> Result<Vec<String>, StoreError> {
        outbox::waiting(&self.pool).await.map_err(|source| self.unreadable(source))
    }

    /// Lists the events that are due at an endpoint now, with their CloudEvents as JSON text, and when its next one is due.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn due_events(&self, endpoint: &str, limit: u32) -> Result<(Vec<(Delivery, String)>, Option<Wall>), StoreError> {
        self.outbox.due(&self.pool, endpoint, self.clock.wall(), limit).await.map_err(|source| self.unreadable(source))
    }

    /// Returns what changes when an event may have been written.
    #[must_use]
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        self.outbox.changes()
    }

    /// Notes that an event was delivered.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn event_delivered(&self, delivery: &Delivery) -> Result<(), StoreError> {
        outbox::delivered(&self.pool, delivery, self.clock.wall()).await.map_err(|source| self.unwritable(source))
    }

    /// Notes that an event was not delivered and when it is tried again; after the last try it is dead. Returns which.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn event_failed(&self, delivery: &Delivery, words: &str) -> Result<DeliveryState, StoreError> {
        outbox::failed(&self.pool, delivery, words, self.clock.wall()).await.map_err(|source| self.unwritable(source))
    }

    /// Gives an event up: no further try can help.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn event_dead(&self, delivery: &Delivery, words: &str) -> Result<(), StoreError> {
        outbox::give_up(&self.pool, delivery, words).await.map_err(|source| self.unwritable(source))
    }

    /// Lists the newest events of a state.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn events(&self, state: DeliveryState, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        outbox::list(&self.pool, state, limit).await.map_err(|source| self.unreadable(source))
    }

    /// Has dead events tried again, one or all; returns how many.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn revive_events(&self, event: Option<&str>) -> Result<u64, StoreError> {
        let revived = outbox::revive(&self.pool, event, self.clock.wall()).await.map_err(|source| self.unwritable(source))?;
        self.outbox.wake();
        Ok(revived)
    }

    /// Notes that a signed request was taken; false if it was taken before, within the time it is remembered.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn take_once(&self, id: &str, remembered: Duration) -> Result<bool, StoreError> {
        outbox::first_time(&self.pool, id, self.clock.wall(), remembered).await.map_err(|source| self.unwritable(source))
    }

    /// Forgets that a signed request was taken: what it asked for could not be done.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn untake(&self, id: &str) -> Result<(), StoreError> {
        outbox::untake(&self.pool, id).await.map_err(|source| self.unwritable(source))
    }

    pub(super) fn unwritable(&self, source: sqlx::Error) -> StoreError {
        StoreError::Database { doing: "cannot write", path: self.file.clone(), source }
    }
}
