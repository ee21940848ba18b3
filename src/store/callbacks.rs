//! Promised callbacks: with what cannot be called back without, the caller's number in full. It is sealed, like everything that was said about it.

use serde_json::{Value, json};
use sqlx::{AnyPool, Error, Row};

use super::vault::Vault;
use crate::base::{CallId, Pii, Wall};

/// What a promise to call back needs to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// The number to call; the other one if the caller gave one.
    pub number: Pii<String>,
    /// The time that the caller asked for, as `15:30` or in words.
    pub at: Option<String>,
    /// What it is about.
    pub about: Option<String>,
}

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
    /// The time that the caller asked for.
    pub at: Option<String>,
    /// What it is about.
    pub about: Option<String>,
}

pub(super) async fn keep(pool: &AnyPool, vault: &Vault, call: &CallId, promise: &Promise) -> Result<(), Error> {
    let text = json!({"number": promise.number.reveal(), "at": promise.at, "about": promise.about}).to_string();
    let sealed = vault.seal(call.as_str(), &text).map_err(|error| Error::Encode(Box::new(error)))?;
    sqlx::query("INSERT INTO promises (call_id, sealed) VALUES ($1, $2) ON CONFLICT (call_id) DO UPDATE SET sealed = excluded.sealed")
        .bind(call.as_str())
        .bind(sealed)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn open(pool: &AnyPool, vault: &Vault) -> Result<Vec<OpenCallback>, Error> {
    // Numbers of promises made by earlier versions stand in a table of their own.
    let rows = sqlx::query(
        "SELECT callbacks.call_id, callbacks.queue, callbacks.promised, callbacks.due, callback_numbers.number, promises.sealed FROM callbacks \
         LEFT JOIN callback_numbers ON callback_numbers.call_id = callbacks.call_id \
         LEFT JOIN promises ON promises.call_id = callbacks.call_id WHERE callbacks.state = 'open' ORDER BY callbacks.due",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let call: String = row.try_get("call_id")?;
            let sealed: Option<String> = row.try_get("sealed")?;
            let promise =
                sealed.and_then(|sealed| vault.unseal(&call, &sealed).ok()).and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let said = |name: &str| promise.as_ref().and_then(|promise| promise.get(name)?.as_str()).map(str::to_owned);
            let number: Option<String> = row.try_get("number")?;
            Ok(OpenCallback {
                queue: row.try_get("queue")?,
                promised: Wall::from_millis(row.try_get("promised")?),
                due: Wall::from_millis(row.try_get("due")?),
                number: said("number").or(number).filter(|number| !number.is_empty()).map(Pii::new),
                at: said("at"),
                about: said("about"),
                call: CallId::from(call.as_str()),
            })
        })
        .collect()
}

/// Notes that a callback was made; false where none was open.
pub(super) async fn made(pool: &AnyPool, call: &CallId) -> Result<bool, Error> {
    let done =
        sqlx::query("UPDATE callbacks SET state = 'made' WHERE call_id = $1 AND state = 'open'").bind(call.as_str()).execute(pool).await?;
    for table in ["DELETE FROM promises WHERE call_id = $1", "DELETE FROM callback_numbers WHERE call_id = $1"] {
        sqlx::query(table).bind(call.as_str()).execute(pool).await?;
    }
    Ok(done.rows_affected() > 0)
}
