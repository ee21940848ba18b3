//! Events on their way to other systems: written in the transaction of what they tell, kept until delivered or given up. Bodies are sealed.
//! Knows no HTTP: who carries them asks what is due and says what came of it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Error, Row};
use tokio::sync::watch;

use super::vault::Vault;
use crate::base::Wall;

/// The pauses after a failed try; after the last of them an event is dead. Together they are about a day and a half.
const PAUSES: [Duration; 13] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(4),
    Duration::from_hours(8),
    Duration::from_hours(8),
    Duration::from_hours(12),
];

/// How long delivered events stay to be looked at.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// What an endpoint wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// The endpoint's name.
    pub endpoint: String,
    /// The hotline whose calls it is told of; any when absent.
    pub hotline: Option<String>,
    /// The kinds of events (`call.ended`, or `call.*`); all when empty.
    pub events: Vec<String>,
}

impl Subscription {
    fn wants(&self, kind: &str, hotline: Option<&str>) -> bool {
        let fits = |wanted: &String| wanted.strip_suffix('*').map_or(wanted == kind, |begin| kind.starts_with(begin));
        let here = hotline.is_none_or(|hotline| self.hotline.as_deref().is_none_or(|wanted| wanted == hotline));
        here && (self.events.is_empty() || self.events.iter().any(fits))
    }
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is still to be delivered.
    Pending,
    /// It was taken.
    Delivered,
    /// It was given up; a person may have it tried again.
    Dead,
}

impl DeliveryState {
    /// Returns the word used in the records and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|state| state.as_str() == word)
    }
}

/// An event on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The event's id, the same in every try and for every endpoint.
    pub event: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// What it tells, as `call.ended`.
    pub kind: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it happened.
    pub created: Wall,
    /// When it is tried next.
    pub due: Wall,
    /// What went wrong last.
    pub error: Option<String>,
}

/// An event to be written.
pub(super) struct Event<'a> {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) subject: &'a str,
    pub(super) at: Wall,
    /// The hotline it happened in, if in one.
    pub(super) hotline: Option<&'a str>,
    pub(super) data: Value,
}

/// Who wants to be told what. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    vault: Vault,
    /// Guards who wants what; held only to read or replace it.
    subscriptions: RwLock<Arc<[Subscription]>>,
    /// Counts the times that something may have been written.
    written: watch::Sender<u64>,
}

impl Outbox {
    pub(super) fn new(vault: Vault, subscriptions: Vec<Subscription>) -> Self {
        let subscriptions = RwLock::new(subscriptions.into());
        Self { inner: Arc::new(Inner { vault, subscriptions, written: watch::Sender::new(0) }) }
    }

    pub(super) fn subscribe(&self, subscriptions: Vec<Subscription>) {
        *self.inner.subscriptions.write().unwrap_or_else(PoisonError::into_inner) = subscriptions.into();
    }

    fn subscriptions(&self) -> Arc<[Subscription]> {
        Arc::clone(&self.inner.subscriptions.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Returns whether anybody wants to be told of this.
    pub(super) fn is_wanted(&self, kind: &str) -> bool {
        self.subscriptions().iter().any(|subscription| subscription.wants(kind, None))
    }

    /// Wakes whoever waits for something to deliver.
    pub(super) fn wake(&self) {
        self.inner.written.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.written.subscribe()
    }

    /// Writes an event for everybody who wants it, as CloudEvents 1.0; one that is there already stays.
    pub(super) async fn put(&self, connection: &mut AnyConnection, event: Event<'_>) -> Result<(), Error> {
        let subscriptions = self.subscriptions();
        let wanting: Vec<&Subscription> =
            subscriptions.iter().filter(|subscription| subscription.wants(event.kind, event.hotline)).collect();
        if wanting.is_empty() {
            return Ok(());
        }
        let body = json!({
            "specversion": "1.0",
            "id": event.id,
            "source": "/bellhop",
            "type": event.kind,
            "subject": event.subject,
            "time": event.at.to_string(),
            "datacontenttype": "application/json",
            "data": event.data,
        });
        let body = self.vault().seal(&event.id, &body.to_string()).map_err(|error| Error::Encode(Box::new(error)))?;
        for subscription in wanting {
            sqlx::query(
                "INSERT INTO outbox (event_id, endpoint, kind, body, state, attempts, created, due) \
                 VALUES ($1, $2, $3, $4, 'pending', 0, $5, 0) ON CONFLICT (event_id, endpoint) DO NOTHING",
            )
            .bind(event.id.as_str())
            .bind(subscription.endpoint.as_str())
            .bind(event.kind)
            .bind(body.as_str())
            .bind(event.at.millis())
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    /// Lists what is due at an endpoint, with bodies, the oldest first, and when its next one is due.
    pub(super) async fn due(
        &self,
        pool: &AnyPool,
        endpoint: &str,
        now: Wall,
        limit: u32,
    ) -> Result<(Vec<(Delivery, String)>, Option<Wall>), Error> {
        let rows =
            sqlx::query("SELECT * FROM outbox WHERE state = 'pending' AND due <= $1 AND endpoint = $2 ORDER BY due, created LIMIT $3")
                .bind(now.millis())
                .bind(endpoint)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let delivery = read(row)?;
            match self.vault().unseal(&delivery.event, row.try_get("body")?) {
                Ok(body) => found.push((delivery, body)),
                Err(error) => give_up(pool, &delivery, &error.to_string()).await?,
            }
        }
        let next = sqlx::query("SELECT MIN(due) AS next FROM outbox WHERE state = 'pending' AND endpoint = $1");
        let next = next.bind(endpoint).fetch_one(pool).await?;
        Ok((found, next.try_get::<Option<i64>, _>("next")?.map(Wall::from_millis)))
    }
}

/// Lists the endpoints that something waits for.
pub(super) async fn waiting(pool: &AnyPool) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("SELECT DISTINCT endpoint FROM outbox WHERE state = 'pending' ORDER BY endpoint").fetch_all(pool).await?;
    rows.iter().map(|row| row.try_get("endpoint")).collect()
}

pub(super) async fn delivered(pool: &AnyPool, delivery: &Delivery, now: Wall) -> Result<(), Error> {
    sqlx::query("UPDATE outbox SET state = 'delivered', attempts = $1, due = $2, error = NULL WHERE event_id = $3 AND endpoint = $4")
        .bind(i64::from(delivery.attempts) + 1)
        .bind(now.millis())
        .bind(delivery.event.as_str())
        .bind(delivery.endpoint.as_str())
        .execute(pool)
        .await?;
    sqlx::query("DELETE FROM outbox WHERE state = 'delivered' AND due < $1")
        .bind(now.millis().saturating_sub(i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX)))
        .execute(pool)
        .await?;
    Ok(())
}

/// Notes a failed try; returns how far the event has come.
pub(super) async fn failed(pool: &AnyPool, delivery: &Delivery, words: &str, now: Wall) -> Result<DeliveryState, Error> {
    let Some(pause) = usize::try_from(delivery.attempts).ok().and_then(|tries| PAUSES.get(tries)) else {
        give_up(pool, delivery, words).await?;
        return Ok(DeliveryState::Dead);
    };
    sqlx::query("UPDATE outbox SET attempts = $1, due = $2, error = $3 WHERE event_id = $4 AND endpoint = $5 AND state = 'pending'")
        .bind(i64::from(delivery.attempts) + 1)
        .bind((now + *pause).millis())
        .bind(words)
        .bind(delivery.event.as_str())
        .bind(delivery.endpoint.as_str())
        .execute(pool)
        .await?;
    Ok(DeliveryState::Pending)
}

pub(super) async fn give_up(pool: &AnyPool, delivery: &Delivery, words: &str) -> Result<(), Error> {
    sqlx::query("UPDATE outbox SET state = 'dead', attempts = $1, error = $2 WHERE event_id = $3 AND endpoint = $4")
        .bind(i64::from(delivery.attempts) + 1)
        .bind(words)
        .bind(delivery.event.as_str())
        .bind(delivery.endpoint.as_str())
        .execute(pool)
        .await?;
    Ok(())
}

/// Lists the newest events of a state.
pub(super) async fn list(pool: &AnyPool, state: DeliveryState, limit: u32) -> Result<Vec<Delivery>, Error> {
    let rows = sqlx::query("SELECT * FROM outbox WHERE state = $1 ORDER BY created DESC, event_id LIMIT $2");
    let rows = rows.bind(state.as_str()).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.iter().map(read).collect()
}

/// Has dead events tried again: one to every endpoint, or all; returns how many.
pub(super) async fn revive(pool: &AnyPool, event: Option<&str>, now: Wall) -> Result<u64, Error> {
    let text = "UPDATE outbox SET state = 'pending', attempts = 0, due = $1 WHERE state = 'dead' AND ($2 = '' OR event_id = $2)";
    Ok(sqlx::query(text).bind(now.millis()).bind(event.unwrap_or_default()).execute(pool).await?.rows_affected())
}

fn read(row: &AnyRow) -> Result<Delivery, Error> {
    let (state, attempts): (String, i64) = (row.try_get("state")?, row.try_get("attempts")?);
    let (created, due): (i64, i64) = (row.try_get("created")?, row.try_get("due")?);
    Ok(Delivery {
        event: row.try_get("event_id")?,
        endpoint: row.try_get("endpoint")?,
        kind: row.try_get("kind")?,
        state: DeliveryState::named(&state).unwrap_or(DeliveryState::Dead),
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        created: Wall::from_millis(created),
        // A new event is due whatever the clock says.
        due: Wall::from_millis(due.max(created)),
        error: row.try_get("error")?,
    })
}

/// Notes that a signed request was taken; false if it was taken before.
pub(super) async fn first_time(pool: &AnyPool, id: &str, now: Wall, remembered: Duration) -> Result<bool, Error> {
    let before = now.millis().saturating_sub(i64::try_from(remembered.as_millis()).unwrap_or(i64::MAX));
    let taken = sqlx::query("INSERT INTO inbox (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING").bind(id).bind(now.millis());
    let first = taken.execute(pool).await?.rows_affected() > 0;
    sqlx::query("DELETE FROM inbox WHERE at < $1").bind(before).execute(pool).await?;
    Ok(first)
}

/// Forgets that a signed request was taken: what it asked for could not be done.
pub(super) async fn untake(pool: &AnyPool, id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM inbox WHERE id = $1").bind(id).execute(pool).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_told_what_it_wants() {
        let check = |events: &[&str], kind: &str, expected| {
            let events = events.iter().map(|event| (*event).to_owned()).collect();
            let subscription = Subscription { endpoint: "crm".into(), hotline: Some("优选".into()), events };
            assert_eq!(subscription.wants(kind, Some("优选")), expected, "{kind}");
            assert!(!subscription.wants(kind, Some("电信")), "another hotline's");
        };
        check(&[], "call.ended", true);
        check(&["call.*"], "call.ended", true);
        check(&["call.*"], "ticket.created", false);
        check(&["ticket.created", "call.ended"], "call.ended", true);
        check(&["call.end"], "call.ended", false);
    }
}
