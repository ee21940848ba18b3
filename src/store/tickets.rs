//! What calls left for people to do: tickets, numbered from 100001 so that the number can be said.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Error, Row};

use super::outbox::Outbox;
use super::{Store, StoreError};
use crate::base::{CallId, Pii, Wall};
use crate::spoken;

/// A ticket to open.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTicket {
    /// Its kind, in one word.
    pub kind: String,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    /// What it says, as said.
    pub text: Pii<String>,
    /// What else is known, by name, as said.
    pub fields: Pii<Map<String, Value>>,
    /// The caller's number.
    pub number: Pii<String>,
}

/// A ticket. Words and numbers are masked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ticket {
    /// Its number.
    pub number: String,
    /// The call that opened it.
    pub call: CallId,
    /// Its kind, in one word.
    pub kind: String,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    /// The caller's number.
    pub caller: String,
    /// What it says.
    pub text: String,
    /// What else is known, by name.
    pub fields: BTreeMap<String, Value>,
    /// When it was opened.
    pub opened: Wall,
    /// When it was closed.
    pub closed: Option<Wall>,
}

/// Which tickets are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// Somebody has to do something.
    Open,
    /// It is done.
    Closed,
}

impl TicketState {
    /// Returns the word used in records and API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|state| state.as_str() == word)
    }
}

impl Store {
    /// Opens a ticket; returns its number.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn open_ticket(&self, call: &CallId, ticket: &NewTicket) -> Result<String, StoreError> {
        open(&self.pool, &self.outbox, call, ticket, self.clock.wall()).await.map_err(|source| self.unwritable(source))
    }

    /// Lists tickets, the most urgent and among them the oldest first.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn tickets(&self, state: TicketState, limit: u32) -> Result<Vec<Ticket>, StoreError> {
        list(&self.pool, state, limit).await.map_err(|source| self.unreadable(source))
    }

    /// Finds a ticket by its number.
    ///
    /// # Errors
    /// A [`StoreError`] when the records cannot be read.
    pub async fn ticket(&self, number: i64) -> Result<Option<Ticket>, StoreError> {
        let found = async { find(&mut *self.pool.acquire().await?, &number.to_string()).await };
        found.await.map_err(|source| self.unreadable(source))
    }

    /// Closes a ticket or opens it again; false where there is none of this number.
    ///
    /// # Errors
    /// A [`StoreError`] when it cannot be written.
    pub async fn set_ticket(&self, number: i64, state: TicketState) -> Result<bool, StoreError> {
        let closed = (state == TicketState::Closed).then(|| self.clock.wall().millis());
        let done = sqlx::query("UPDATE tickets SET state = $1, closed = $2 WHERE number = $3")
            .bind(state.as_str())
            .bind(closed)
            .bind(number)
            .execute(&self.pool)
            .await;
        done.map(|done| done.rows_affected() > 0).map_err(|source| self.unwritable(source))
    }
}

async fn open(pool: &AnyPool, outbox: &Outbox, call: &CallId, ticket: &NewTicket, now: Wall) -> Result<String, Error> {
    let sealed = json!({"text": ticket.text.reveal(), "fields": ticket.fields.reveal(), "number": ticket.number.reveal()});
    let sealed = outbox.vault().seal(call.as_str(), &sealed.to_string()).map_err(|error| Error::Encode(Box::new(error)))?;
    let row = sqlx::query(
        "INSERT INTO tickets (number, call_id, kind, priority, caller, text, fields, sealed, opened, state) \
         SELECT COALESCE(MAX(number), 100000) + 1, $1, $2, $3, $4, $5, $6, $7, $8, 'open' FROM tickets RETURNING number",
    )
    .bind(call.as_str())
    .bind(ticket.kind.as_str())
    .bind(ticket.priority.as_str())
    .bind(spoken::mask_number(ticket.number.reveal()))
    .bind(spoken::mask(ticket.text.reveal()))
    .bind(masked(&Value::Object(ticket.fields.reveal().clone())).to_string())
    .bind(sealed)
    .bind(now.millis())
    .fetch_one(pool)
    .await?;
    Ok(row.try_get::<i64, _>("number")?.to_string())
}

/// Finds a ticket by its number.
pub(super) async fn find(connection: &mut AnyConnection, number: &str) -> Result<Option<Ticket>, Error> {
    let Ok(number) = number.parse::<i64>() else { return Ok(None) };
    let row = sqlx::query("SELECT * FROM tickets WHERE number = $1").bind(number).fetch_optional(connection).await?;
    row.map(|row| read(&row)).transpose()
}

/// Masks every text in a value.
fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(spoken::mask(text)),
        Value::Number(number) => {
            let text = number.to_string();
            let masked = spoken::mask(&text);
            if masked == text { value.clone() } else { Value::String(masked) }
        }
        Value::Array(list) => Value::Array(list.iter().map(masked).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(name, value)| (name.clone(), masked(value))).collect()),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

async fn list(pool: &AnyPool, state: TicketState, limit: u32) -> Result<Vec<Ticket>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM tickets WHERE state = $1 ORDER BY \
         CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END, number LIMIT $2",
    )
    .bind(state.as_str())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Ticket, Error> {
    let (number, call, fields): (i64, String, String) = (row.try_get("number")?, row.try_get("call_id")?, row.try_get("fields")?);
    Ok(Ticket {
        number: number.to_string(),
        call: CallId::from(call.as_str()),
        kind: row.try_get("kind")?,
        priority: row.try_get("priority")?,
        caller: row.try_get("caller")?,
        text: row.try_get("text")?,
        fields: serde_json::from_str(&fields).map_err(|error| Error::Decode(Box::new(error)))?,
        opened: Wall::from_millis(row.try_get("opened")?),
        closed: row.try_get::<Option<i64>, _>("closed")?.map(Wall::from_millis),
    })
}
