//! The one task that writes to the records, and the handle that gives it facts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::AnyPool;
use tokio::sync::{mpsc, oneshot};

use super::mask::guard;
use super::outbox::Outbox;
use super::spill::{Line, Spill};
use super::{StoreError, query};
use crate::base::{CallId, Clock, Pii};
use crate::call::{Stamped, TapEvent, TapWhat};

/// Facts that wait in memory; what comes on top goes to the spill file.
const WAITING: usize = 4096;
/// Facts in one transaction.
const BATCH: usize = 256;
/// How often the spill file is tried again while the database refuses.
const AGAIN: Duration = Duration::from_secs(2);

/// Takes facts off a call's path: does not wait for the database and never drops.
#[derive(Clone, Debug)]
pub struct FactWriter {
    to: Option<Arc<Inbox>>,
}

#[derive(Debug)]
struct Inbox {
    orders: mpsc::Sender<Order>,
    spill: Arc<Spill>,
    next: AtomicI64,
    outbox: Outbox,
}

enum Order {
    Store(Line),
    /// Answer when everything before is stored or spilled.
    Flush(oneshot::Sender<()>),
}

impl FactWriter {
    /// Takes in what an earlier run left, then starts the task.
    pub(super) async fn start(pool: AnyPool, file: PathBuf, outbox: Outbox) -> Result<Self, StoreError> {
        Self::with_room(pool, &file, outbox, WAITING).await
    }

    pub(super) async fn with_room(pool: AnyPool, file: &Path, outbox: Outbox, room: usize) -> Result<Self, StoreError> {
        let spill = Arc::new(Spill::beside(file));
        let task = Task { pool, outbox: outbox.clone(), spill: Arc::clone(&spill) };
        task.read_back().await.map_err(|source| StoreError::Database { doing: "cannot write", path: file.to_owned(), source })?;
        query::fail_open_calls(&task.pool, &outbox).await.map_err(|source| StoreError::Database {
            doing: "cannot write",
            path: file.to_owned(),
            source,
        })?;
        let (orders, receiver) = mpsc::channel(room);
        tokio::spawn(task.run(receiver));
        // Microseconds of the wall clock: larger than every number of an earlier run.
        let next = AtomicI64::new(Clock::start().wall().millis().saturating_mul(1000));
        Ok(Self { to: Some(Arc::new(Inbox { orders, spill, next, outbox })) })
    }

    /// A writer of records that are open for reading only.
    pub(super) fn nowhere() -> Self {
        Self { to: None }
    }

    /// Takes a fact; `Hearing` is not stored.
    pub fn write(&self, call: &CallId, fact: &Stamped) {
        self.store(call, fact.into());
    }

    /// Notes whose call it is; what is kept is a keyed hash. Told before the call's first fact, it is in every event about the call.
    pub fn called_by(&self, call: &CallId, number: &Pii<String>) {
        let customer = self.to.as_ref().and_then(|inbox| inbox.outbox.vault().customer(number));
        if let Some(customer) = customer {
            self.store(call, TapEvent { t: 0, what: TapWhat::Caller { customer } });
        }
    }

    /// Notes where a call's recording lies, below the folder of recordings.
    pub fn recorded(&self, call: &CallId, path: &Path, lost_frames: u64) {
        let path = path.to_string_lossy().into_owned();
        let lost_frames = i64::try_from(lost_frames).unwrap_or(i64::MAX);
        self.store(call, TapEvent { t: 0, what: TapWhat::Recorded { path, lost_frames } });
    }

    fn store(&self, call: &CallId, mut event: TapEvent) {
        if matches!(event.what, TapWhat::Hearing { .. }) {
            return;
        }
        guard(&mut event);
        let Some(inbox) = &self.to else {
            tracing::error!(%call, "a fact for records that are open for reading only");
            return;
        };
        let line = Line { call: call.clone(), seq: inbox.next.fetch_add(1, Ordering::Relaxed), event };
        let left = if inbox.spill.has_begun() {
            Some(line)
        } else {
            match inbox.orders.try_send(Order::Store(line)) {
                Ok(()) => None,
                Err(mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) => match order {
                    Order::Store(line) => Some(line),
                    Order::Flush(_) => None,
                },
            }
        };
        if let Some(line) = left {
            spill(&inbox.spill, &[line]);
        }
    }

    /// Waits until everything written so far is in the records (or, where those cannot be written, in the spill file).
    pub async fn flush(&self) {
        let Some(inbox) = &self.to else { return };
        let (done, wait) = oneshot::channel();
        if inbox.orders.send(Order::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

/// Puts facts in the spill file.
fn spill(to: &Spill, lines: &[Line]) {
    metrics::counter!("bellhop_facts_spilled_total").increment(lines.len() as u64);
    if let Err(error) = to.append(lines) {
        metrics::counter!("bellhop_facts_lost_total").increment(lines.len() as u64);
        tracing::error!(%error, facts = lines.len(), "facts are lost: neither the records nor the spill file can be written; is the disk full?");
    }
}

struct Task {
    pool: AnyPool,
    outbox: Outbox,
    spill: Arc<Spill>,
}

impl Task {
    async fn run(self, mut orders: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let wait = if self.spill.has_begun() { AGAIN } else { Duration::from_hours(1) };
            match tokio::time::timeout(wait, orders.recv_many(&mut batch, BATCH)).await {
                Ok(0) => break,
                Ok(_) => {
                    let asked = self.store(&mut batch).await;
                    // In order: what was spilled is younger than what the channel still holds.
                    if orders.is_empty() {
                        self.read_back_or_wait().await;
                    }
                    for done in asked {
                        let _ = done.send(());
                    }
                }
                Err(_) => self.read_back_or_wait().await,
            }
        }
        self.read_back_or_wait().await;
    }

    /// Stores the facts of a batch, or spills them, and returns who waits for it.
    async fn store(&self, batch: &mut Vec<Order>) -> Vec<oneshot::Sender<()>> {
        let (mut lines, mut asked) = (Vec::new(), Vec::new());
        for order in batch.drain(..) {
            match order {
                Order::Store(line) => lines.push(line),
                Order::Flush(done) => asked.push(done),
            }
        }
        if let Err(error) = query::store(&self.pool, &self.outbox, &lines).await {
            tracing::error!(%error, facts = lines.len(), "the records cannot be written; facts go to the spill file until they can");
            spill(&self.spill, &lines);
        }
        asked
    }

    async fn read_back_or_wait(&self) {
        if let Err(error) = self.read_back().await {
            tracing::warn!(%error, "the records still cannot take what was spilled");
        }
    }

    async fn read_back(&self) -> Result<(), sqlx::Error> {
        let (lines, torn) = self.spill.take()?;
        if torn > 0 {
            tracing::warn!(torn, "lines of the spill file were cut by a crash");
        }
        if !lines.is_empty() {
            query::store(&self.pool, &self.outbox, &lines).await?;
            tracing::info!(facts = lines.len(), "stored what had been spilled");
        }
        Ok(self.spill.forget_taken()?)
    }
}
