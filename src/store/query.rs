//! The SQL, in the words that SQLite and PostgreSQL share.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Error, Row};

use super::events;
use super::outbox::Outbox;
use super::record::{CallRecord, RecordedMessage, RecordedTurn, UnknownWords};
use super::spill::Line;
use crate::base::{CallId, Wall};
use crate::call::{TapEvent, TapWhat};

const COLUMNS: &str =
    "SELECT id, began, caller, called, dialplan, hash, disposition, answered_t, ended_t, seat, queue, reason, intent, recording FROM calls";

/// Stores facts in one transaction; those already there change nothing.
pub(super) async fn store(pool: &AnyPool, outbox: &Outbox, lines: &[Line]) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    for line in lines {
        store_one(&mut transaction, line).await?;
        events::tell(&mut transaction, outbox, line).await?;
    }
    transaction.commit().await?;
    outbox.wake();
    Ok(())
}

async fn store_one(connection: &mut AnyConnection, Line { call, seq, event }: &Line) -> Result<(), Error> {
    let call = call.as_str();
    // A fact whose call is not there yet (its beginning was spilled) still finds a row.
    sqlx::query("INSERT INTO calls (id, began, caller, called, dialplan, hash) VALUES ($1, 0, '', '', '', '') ON CONFLICT (id) DO NOTHING")
        .bind(call)
        .execute(&mut *connection)
        .await?;
    let change = match &event.what {
        TapWhat::Began { at, caller, called, dialplan, hash } => {
            sqlx::query("UPDATE calls SET began = $1, caller = $2, called = $3, dialplan = $4, hash = $5 WHERE id = $6")
                .bind(at.millis())
                .bind(caller)
                .bind(called)
                .bind(dialplan)
                .bind(hash)
                .bind(call)
                .execute(&mut *connection)
                .await?;
            return Ok(());
        }
        TapWhat::Caller { customer } => {
            sqlx::query("INSERT INTO customer_calls (call_id, customer_id) VALUES ($1, $2) ON CONFLICT (call_id) DO NOTHING")
                .bind(call)
                .bind(customer)
                .execute(&mut *connection)
                .await?;
            return Ok(());
        }
        TapWhat::Said { who, text, confidence, cut } => {
            sqlx::query(
                "INSERT INTO turns (call_id, seq, t, who, text, confidence, cut) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (call_id, seq) DO NOTHING",
            )
            .bind(call)
            .bind(*seq)
            .bind(event.t)
            .bind(who)
            .bind(text)
            .bind(f64::from(*confidence))
            .bind(i64::from(*cut))
            .execute(&mut *connection)
            .await?;
            return Ok(());
        }
        TapWhat::Amended { who, was, text } => return amend(connection, call, who, was, text).await,
        TapWhat::Answered => Some(sqlx::query("UPDATE calls SET answered_t = $1 WHERE id = $2").bind(event.t)),
        TapWhat::Ended { cause } => {
            Some(sqlx::query("UPDATE calls SET ended_t = $1, disposition = $2 WHERE id = $3").bind(event.t).bind(cause))
        }
        TapWhat::Intent { name, .. } => Some(sqlx::query("UPDATE calls SET intent = $1 WHERE id = $2").bind(name)),
        TapWhat::Queued { queue, reason, .. } => {
            Some(sqlx::query("UPDATE calls SET queue = $1, reason = $2 WHERE id = $3").bind(queue.as_str()).bind(reason))
        }
        TapWhat::Bridged { seat } => Some(sqlx::query("UPDATE calls SET seat = $1 WHERE id = $2").bind(seat.as_str())),
        TapWhat::Recorded { path, .. } => Some(sqlx::query("UPDATE calls SET recording = $1 WHERE id = $2").bind(path)),
        TapWhat::Slot { name, value } => {
            sqlx::query(
                "INSERT INTO slots (call_id, name, seq, value) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (call_id, name) DO UPDATE SET seq = excluded.seq, value = excluded.value WHERE excluded.seq > slots.seq",
            )
            .bind(call)
            .bind(name)
            .bind(*seq)
            .bind(value)
            .execute(&mut *connection)
            .await?;
            None
        }
        TapWhat::CallbackPromised { queue, within_s, by, .. } => {
            let within = event.t.saturating_add(within_s.saturating_mul(1000));
            sqlx::query(
                "INSERT INTO callbacks (call_id, seq, queue, promised, due, state) \
                 SELECT id, $1, $2, began + $3, CASE WHEN $4 > 0 THEN $4 ELSE began + $5 END, 'open' FROM calls WHERE id = $6 \
                 ON CONFLICT (call_id, seq) DO NOTHING",
            )
            .bind(*seq)
            .bind(queue.as_str())
            .bind(event.t)
            .bind(by.millis())
            .bind(within)
            .bind(call)
            .execute(&mut *connection)
            .await?;
            None
        }
        TapWhat::Message { text } => {
            // The caller could begin when the robot's question was over.
            sqlx::query(
                "INSERT INTO messages (call_id, seq, text, from_t, to_t) \
                 SELECT $1, $2, $3, COALESCE(MAX(t), 0), $4 FROM turns WHERE call_id = $1 AND who = 'robot' AND seq < $2 \
                 ON CONFLICT (call_id, seq) DO NOTHING",
            )
            .bind(call)
            .bind(*seq)
            .bind(text)
            .bind(event.t)
            .execute(&mut *connection)
            .await?;
            None
        }
        TapWhat::Survey { slot, score } => {
            sqlx::query("INSERT INTO surveys (call_id, seq, slot, value) VALUES ($1, $2, $3, $4) ON CONFLICT (call_id, seq) DO NOTHING")
                .bind(call)
                .bind(*seq)
                .bind(slot)
                .bind(score)
                .execute(&mut *connection)
                .await?;
            None
        }
        TapWhat::Hearing { .. }
        | TapWhat::Keys { .. }
        | TapWhat::LookedUp { .. }
        | TapWhat::Offered { .. }
        | TapWhat::Sent { .. }
        | TapWhat::Ticket { .. }
        | TapWhat::Remembered { .. }
        | TapWhat::Mood { .. }
        | TapWhat::LetDown { .. }
        | TapWhat::Unknown { .. }
        | TapWhat::Note { .. } => None,
    };
    if let Some(change) = change {
        change.bind(call).execute(&mut *connection).await?;
    }
    let body = serde_json::to_string(event).map_err(|error| Error::Encode(Box::new(error)))?;
    sqlx::query("INSERT INTO events (call_id, seq, body) VALUES ($1, $2, $3) ON CONFLICT (call_id, seq) DO NOTHING")
        .bind(call)
        .bind(*seq)
        .bind(body)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// Replaces a call's words that turned out to be part of a private number, in its turns and in its events.
async fn amend(connection: &mut AnyConnection, call: &str, who: &str, was: &str, text: &str) -> Result<(), Error> {
    sqlx::query("UPDATE turns SET text = $1 WHERE call_id = $2 AND who = $3 AND text = $4")
        .bind(text)
        .bind(call)
        .bind(who)
        .bind(was)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE messages SET text = REPLACE(text, $1, $2) WHERE call_id = $3 AND $1 <> ''")
        .bind(was)
        .bind(text)
        .bind(call)
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query("SELECT seq, body FROM events WHERE call_id = $1").bind(call).fetch_all(&mut *connection).await?;
    for row in rows {
        let body: String = row.try_get("body")?;
        let Ok(mut event) = serde_json::from_str::<TapEvent>(&body) else { continue };
        if event.what.amend(who, was, text) {
            let body = serde_json::to_string(&event).map_err(|error| Error::Encode(Box::new(error)))?;
            sqlx::query("UPDATE events SET body = $1 WHERE call_id = $2 AND seq = $3")
                .bind(body)
                .bind(call)
                .bind(row.try_get::<i64, _>("seq")?)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Ends calls that an earlier run of the program left open, and tells those who want to know.
pub(super) async fn fail_open_calls(pool: &AnyPool, outbox: &Outbox) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let failed =
        sqlx::query("UPDATE calls SET disposition = 'failed' WHERE disposition IS NULL RETURNING id").fetch_all(&mut *transaction).await?;
    for row in &failed {
        let call: String = row.try_get("id")?;
        let event = TapEvent { t: 0, what: TapWhat::Ended { cause: "failed".to_owned() } };
        events::tell(&mut transaction, outbox, &Line { call: CallId::from(call.as_str()), seq: 0, event }).await?;
    }
    transaction.commit().await?;
    if !failed.is_empty() {
        tracing::warn!(calls = failed.len(), "calls that were running when the program last stopped are marked as failed");
    }
    Ok(())
}

pub(super) async fn calls(pool: &AnyPool, limit: u32) -> Result<Vec<CallRecord>, Error> {
    let text = format!("{COLUMNS} ORDER BY began DESC, id DESC LIMIT $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.iter().map(read_call).collect()
}

pub(super) async fn call(pool: &AnyPool, id: &CallId) -> Result<Option<CallRecord>, Error> {
    let text = format!("{COLUMNS} WHERE id = $1");
    let Some(row) = sqlx::query(sqlx::AssertSqlSafe(text)).bind(id.as_str()).fetch_optional(pool).await? else {
        return Ok(None);
    };
    let mut call = read_call(&row)?;
    let turns = sqlx::query("SELECT t, who, text, confidence, cut FROM turns WHERE call_id = $1 ORDER BY seq");
    call.transcript = turns.bind(id.as_str()).fetch_all(pool).await?.iter().map(read_turn).collect::<Result<_, _>>()?;
    let slots = sqlx::query("SELECT name, value FROM slots WHERE call_id = $1");
    for row in slots.bind(id.as_str()).fetch_all(pool).await? {
        call.slots.insert(row.try_get("name")?, row.try_get("value")?);
    }
    let messages = sqlx::query("SELECT text, from_t, to_t FROM messages WHERE call_id = $1 ORDER BY seq");
    for row in messages.bind(id.as_str()).fetch_all(pool).await? {
        call.messages.push(RecordedMessage { text: row.try_get("text")?, from_t: row.try_get("from_t")?, to_t: row.try_get("to_t")? });
    }
    let surveys = sqlx::query("SELECT slot, value FROM surveys WHERE call_id = $1 ORDER BY seq");
    for row in surveys.bind(id.as_str()).fetch_all(pool).await? {
        call.survey.insert(row.try_get("slot")?, row.try_get("value")?);
    }
    let events = sqlx::query("SELECT body FROM events WHERE call_id = $1 ORDER BY seq");
    for row in events.bind(id.as_str()).fetch_all(pool).await? {
        let body: String = row.try_get("body")?;
        call.events.push(serde_json::from_str::<TapEvent>(&body).map_err(|error| Error::Decode(Box::new(error)))?);
    }
    Ok(Some(call))
}

pub(super) async fn unknown_words(pool: &AnyPool, dialplan: &str, since: Wall, most: u32) -> Result<Vec<UnknownWords>, Error> {
    // The words themselves cannot hold this: their quotes are escaped.
    let query = sqlx::query(
        "SELECT events.call_id AS call_id, body FROM events JOIN calls ON calls.id = events.call_id \
         WHERE calls.dialplan = $1 AND calls.began >= $2 AND body LIKE '%\"event\":\"unknown\"%' \
         ORDER BY calls.began DESC, events.seq DESC LIMIT $3",
    );
    let rows = query.bind(dialplan).bind(since.millis()).bind(i64::from(most)).fetch_all(pool).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let (call, body): (String, String) = (row.try_get("call_id")?, row.try_get("body")?);
        let event = serde_json::from_str::<TapEvent>(&body).map_err(|error| Error::Decode(Box::new(error)))?;
        if let TapWhat::Unknown { text, outcome, intent, confidence } = event.what {
            all.push(UnknownWords { call: CallId::from(call.as_str()), text, outcome, intent, confidence });
        }
    }
    Ok(all)
}

fn read_call(row: &AnyRow) -> Result<CallRecord, Error> {
    let id: String = row.try_get("id")?;
    let answered: Option<i64> = row.try_get("answered_t")?;
    let ended: Option<i64> = row.try_get("ended_t")?;
    Ok(CallRecord {
        id: CallId::from(id.as_str()),
        began: Wall::from_millis(row.try_get("began")?),
        caller: row.try_get("caller")?,
        called: row.try_get("called")?,
        dialplan: row.try_get("dialplan")?,
        hash: row.try_get("hash")?,
        disposition: row.try_get("disposition")?,
        talked_s: answered.zip(ended).map(|(answered, ended)| (ended - answered).max(0) as f64 / 1000.0),
        seat: row.try_get("seat")?,
        queue: row.try_get("queue")?,
        reason: row.try_get("reason")?,
        intent: row.try_get("intent")?,
        slots: std::collections::BTreeMap::new(),
        recording: row.try_get("recording")?,
        messages: Vec::new(),
        survey: std::collections::BTreeMap::new(),
        transcript: Vec::new(),
        events: Vec::new(),
    })
}

fn read_turn(row: &AnyRow) -> Result<RecordedTurn, Error> {
    let cut: i64 = row.try_get("cut")?;
    let confidence: f64 = row.try_get("confidence")?;
    Ok(RecordedTurn {
        t: row.try_get("t")?,
        who: row.try_get("who")?,
        text: row.try_get("text")?,
        confidence: confidence as f32,
        cut: cut != 0,
    })
}
