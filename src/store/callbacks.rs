//! Promised callbacks: the one place where a caller's number stands in full, since nobody can call back without it.

use sqlx::{AnyPool, Error, Row};

use crate::base::{CallId, Pii, Wall};

/// A callback that was promised and not made yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCallback {
    /// The call in which it was promised.
    pub call: CallId,
    /// The queue that calls back.
    pub queue: String,
    /// When it was promised.
    pub promised: Wall,
    /// Until when.
    pub due: Wall,
    /// The number to call; none if it was withheld.
    pub number: Option<Pii<String>>,
}

pub(super) async fn keep_number(pool: &AnyPool, call: &CallId, number: &Pii<String>) -> Result<(), Error> {
    sqlx::query("INSERT INTO callback_numbers (call_id, number) VALUES ($1, $2) ON CONFLICT (call_id) DO NOTHING")
        .bind(call.as_str())
        .bind(number.reveal().as_str())
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn open(pool: &AnyPool) -> Result<Vec<OpenCallback>, Error> {
    let rows = sqlx::query(
        "SELECT callbacks.call_id, callbacks.queue, callbacks.promised, callbacks.due, callback_numbers.number FROM callbacks \
         LEFT JOIN callback_numbers ON callback_numbers.call_id = callbacks.call_id WHERE callbacks.state = 'open' ORDER BY callbacks.due",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let call: String = row.try_get("call_id")?;
            let number: Option<String> = row.try_get("number")?;
            Ok(OpenCallback {
                call: CallId::from(call.as_str()),
                queue: row.try_get("queue")?,
                promised: Wall::from_millis(row.try_get("promised")?),
                due: Wall::from_millis(row.try_get("due")?),
                number: number.map(Pii::new),
            })
        })
        .collect()
}
