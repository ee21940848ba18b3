//! Which facts of a call other systems are told of, and what they are told. Words and numbers in facts are masked already.

use serde_json::{Map, Value, json};
use sqlx::{AnyConnection, Error, Row};

use super::outbox::{Event, Outbox};
use super::spill::Line;
use super::tickets;
use crate::base::Wall;
use crate::call::TapWhat;

/// Writes the event that a fact is, if it is one, in the fact's own transaction; written twice it is one.
pub(super) async fn tell(connection: &mut AnyConnection, outbox: &Outbox, Line { call, seq, event }: &Line) -> Result<(), Error> {
    let (kind, more) = match &event.what {
        TapWhat::Began { .. } => ("call.started", json!({})),
        TapWhat::Answered => ("call.answered", json!({})),
        TapWhat::Queued { .. } => ("call.handed_over", json!({})),
        TapWhat::Bridged { .. } => ("call.bridged", json!({})),
        TapWhat::Intent { confidence, .. } => ("call.intent", json!({"confidence": confidence})),
        TapWhat::CallbackPromised { queue, within_s, by, at } => {
            let by = (by.millis() > 0).then(|| by.to_string());
            ("callback.promised", json!({"callback": {"queue": queue, "within_s": within_s, "by": by, "at": at}}))
        }
        TapWhat::Ticket { number: Some(number), .. } => ("ticket.created", json!({"ticket": {"number": number}})),
        TapWhat::Message { text } => ("message.left", json!({"message": {"text": text}})),
        TapWhat::Survey { slot, score } => ("survey.answered", json!({"survey": {"slot": slot, "score": score}})),
        TapWhat::Ended { cause } => ("call.ended", json!({"disposition": cause})),
        TapWhat::Caller { .. }
        | TapWhat::Said { .. }
        | TapWhat::Amended { .. }
        | TapWhat::Hearing { .. }
        | TapWhat::Keys { .. }
        | TapWhat::Slot { .. }
        | TapWhat::LookedUp { .. }
        | TapWhat::Offered { .. }
        | TapWhat::Sent { .. }
        | TapWhat::Ticket { number: None, .. }
        | TapWhat::Remembered { .. }
        | TapWhat::Mood { .. }
        | TapWhat::LetDown { .. }
        | TapWhat::Unknown { .. }
        | TapWhat::Note { .. }
        | TapWhat::Recorded { .. } => return Ok(()),
    };
    if !outbox.is_wanted(kind) {
        return Ok(());
    }
    let Some((began, mut data)) = known(connection, call.as_str()).await? else { return Ok(()) };
    if let Value::Object(more) = more {
        data.extend(more);
    }
    data.insert("t".to_owned(), json!(event.t));
    if let TapWhat::Ticket { number: Some(number), .. } = &event.what
        && let Some(ticket) = tickets::find(connection, number).await?
    {
        data.insert("ticket".to_owned(), json!(ticket));
    }
    if kind == "call.ended" {
        data.insert("slots".to_owned(), Value::Object(slots(connection, call.as_str()).await?));
        data.insert("record".to_owned(), json!(format!("/api/v1/records/{call}")));
    }
    let at = Wall::from_millis(began.saturating_add(event.t));
    let hotline = data.get("hotline").and_then(Value::as_str).map(str::to_owned);
    let event =
        Event { id: format!("{call}-{seq}"), kind, subject: call.as_str(), at, hotline: hotline.as_deref(), data: Value::Object(data) };
    outbox.put(connection, event).await
}

/// What is known of a call so far, and when it began.
async fn known(connection: &mut AnyConnection, call: &str) -> Result<Option<(i64, Map<String, Value>)>, Error> {
    let row = sqlx::query(
        "SELECT calls.began, calls.caller, calls.called, calls.dialplan, calls.intent, calls.queue, calls.reason, calls.seat, \
         calls.answered_t, calls.ended_t, customer_calls.customer_id, customers.reference FROM calls \
         LEFT JOIN customer_calls ON customer_calls.call_id = calls.id \
         LEFT JOIN customers ON customers.id = customer_calls.customer_id WHERE calls.id = $1",
    )
    .bind(call)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let text = |name: &str| row.try_get::<Option<String>, _>(name);
    let (answered, ended): (Option<i64>, Option<i64>) = (row.try_get("answered_t")?, row.try_get("ended_t")?);
    let mut data = Map::new();
    data.insert("call".to_owned(), json!(call));
    data.insert("caller".to_owned(), json!(text("caller")?));
    data.insert("called".to_owned(), json!(text("called")?));
    data.insert("hotline".to_owned(), json!(text("dialplan")?));
    data.insert("customer".to_owned(), json!({"id": text("customer_id")?, "ref": text("reference")?}));
    for name in ["intent", "queue", "reason", "seat"] {
        if let Some(value) = text(name)? {
            data.insert(name.to_owned(), Value::String(value));
        }
    }
    if let Some((answered, ended)) = answered.zip(ended) {
        data.insert("talked_s".to_owned(), json!((ended - answered).max(0) as f64 / 1000.0));
    }
    Ok(Some((row.try_get("began")?, data)))
}

async fn slots(connection: &mut AnyConnection, call: &str) -> Result<Map<String, Value>, Error> {
    let rows = sqlx::query("SELECT name, value FROM slots WHERE call_id = $1").bind(call).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("name")?, Value::String(row.try_get("value")?)))).collect()
}
