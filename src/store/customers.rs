//! One record a customer, which robot, seats and other systems read and write. Found by a keyed hash of the number; number, name, CRM data
//! and what calls learned are sealed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Connection, Row};

use super::edit::CustomerEdit;
use super::outbox::{Event, Outbox};
use super::vault::SealError;
use crate::base::{CallId, Pii, Wall};
use crate::spoken;

/// Earlier calls that a record shows.
const LAST_CALLS: i64 = 5;
/// Notes that a record shows, the newest first.
const NOTES: i64 = 50;
/// The longest note, in characters.
const LONGEST_NOTE: usize = 2_000;

/// Whose record is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever has this number.
    Number(Pii<String>),
    /// By the record's own id.
    Id(String),
    /// By what another system calls the customer.
    Reference(String),
}

/// What is known of a customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Customer {
    /// The record's id: a keyed hash of the number, 32 hex digits.
    pub id: String,
    /// What another system (the CRM) calls the customer.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The number, masked.
    pub number: String,
    /// The name.
    pub name: Option<String>,
    /// The tier, as `gold`.
    pub tier: Option<String>,
    /// Words about the customer, as `vip`.
    pub tags: Vec<String>,
    /// Whatever the CRM knows.
    pub crm: Map<String, Value>,
    /// What calls learned.
    pub learned: BTreeMap<String, Learned>,
    /// What people and systems wrote, the newest first.
    pub notes: Vec<CustomerNote>,
    /// The latest calls, the newest first.
    pub last_calls: Vec<PastCall>,
    /// Counts the changes, from 1.
    pub revision: i64,
    /// When it was changed last.
    pub updated: Wall,
}

/// Something that a call learned of its caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// What.
    pub value: Value,
    /// When.
    pub at: Wall,
    /// In which call.
    pub call: CallId,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomerNote {
    /// When.
    pub at: Wall,
    /// Who wrote it: `api`, `hook`, `robot` or a seat.
    pub author: String,
    /// The call it belongs to.
    pub call: Option<CallId>,
    /// The words, numbers masked.
    pub text: String,
}

/// An earlier call, as the next one sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastCall {
    /// The call.
    pub id: CallId,
    /// When, in UTC (`2026-11-21T08:00:00.000Z`).
    pub at: String,
    /// The hotline.
    pub hotline: String,
    /// What was wanted.
    pub intent: Option<String>,
    /// The queue, if it was handed over.
    pub queue: Option<String>,
    /// Why it was handed over.
    pub reason: Option<String>,
    /// How it ended.
    pub disposition: Option<String>,
}

/// Why a customer's record was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// There is no such record, and none can be made without a number.
    #[error("there is no such customer")]
    Unknown,
    /// The number has fewer than three digits.
    #[error("this is no phone number")]
    NoNumber,
    /// Somebody changed the record in between.
    #[error("the record has changed: it is at revision {0} now")]
    Conflict(i64),
    /// The record was sealed with another key.
    #[error("the record does not open: is secret.key the one it was sealed with?")]
    Sealed,
    /// The database refuses.
    #[error("the customers' records cannot be read or written: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<SealError> for CustomerError {
    fn from(_: SealError) -> Self {
        Self::Sealed
    }
}

/// What is sealed of a record, beside the number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
    pub(super) crm: Map<String, Value>,
    pub(super) learned: BTreeMap<String, Learned>,
}

/// What of a record can be changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Content {
    pub(super) reference: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) profile: Profile,
}

struct Kept {
    id: String,
    shown: String,
    content: Content,
    revision: i64,
    updated: Wall,
}

/// A change of a record, and what it hangs on.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    pub(super) who: &'a Who,
    pub(super) edit: CustomerEdit,
    pub(super) author: &'a str,
    pub(super) revision: Option<i64>,
    pub(super) now: Wall,
}

/// Finds a record.
pub(super) async fn find(pool: &AnyPool, outbox: &Outbox, who: &Who) -> Result<Option<Customer>, CustomerError> {
    let mut connection = pool.acquire().await?;
    let Some(kept) = fetch(&mut connection, outbox, who).await? else { return Ok(None) };
    complete(&mut connection, kept).await.map(Some)
}

/// Changes a record, making it where the number is known and it is not there yet. A change that changes nothing counts as none.
pub(super) async fn change(pool: &AnyPool, outbox: &Outbox, wish: Wish<'_>) -> Result<Customer, CustomerError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    // The first statement writes, so that SQLite takes the lock at once instead of failing on the way.
    let id = match wish.who {
        Who::Number(number) => make(&mut transaction, outbox, number, wish.now).await?,
        Who::Id(id) => touch(&mut transaction, "id", id).await?,
        Who::Reference(reference) => touch(&mut transaction, "reference", reference).await?,
    };
    let mut kept = fetch(&mut transaction, outbox, &Who::Id(id)).await?.ok_or(CustomerError::Unknown)?;
    if wish.revision.is_some_and(|expected| expected != kept.revision) {
        return Err(CustomerError::Conflict(kept.revision));
    }
    let before = kept.content.clone();
    let note = wish.edit.note.clone();
    wish.edit.apply(&mut kept.content);
    let mut changed = differences(&before, &kept.content);
    if let Some(text) = &note {
        add_note(&mut transaction, &kept.id, wish.author, None, text, wish.now).await?;
        changed.push("notes");
    }
    if !changed.is_empty() || kept.revision == 0 {
        kept.revision += 1;
        kept.updated = wish.now;
        save(&mut transaction, outbox, &kept).await?;
        let data = event_data(&kept, &before, &changed, wish.author);
        let event = Event {
            id: format!("customer-{}-{}", kept.id, kept.revision),
            kind: "customer.updated",
            subject: &kept.id,
            at: wish.now,
            hotline: None,
            data,
        };
        outbox.put(&mut transaction, event).await?;
    }
    let customer = complete(&mut transaction, kept).await?;
    transaction.commit().await?;
    outbox.wake();
    Ok(customer)
}

/// Forgets a customer: record and notes, and whose calls were whose.
pub(super) async fn forget(pool: &AnyPool, outbox: &Outbox, who: &Who) -> Result<bool, CustomerError> {
    let mut connection = pool.acquire().await?;
    let id = match who {
        Who::Number(number) => outbox.vault().customer(number).ok_or(CustomerError::NoNumber)?,
        Who::Id(id) => id.clone(),
        Who::Reference(_) => match fetch(&mut connection, outbox, who).await? {
            Some(kept) => kept.id,
            None => return Ok(false),
        },
    };
    let mut transaction = connection.begin().await?;
    let mut gone = 0;
    for table in [
        "DELETE FROM customers WHERE id = $1",
        "DELETE FROM customer_notes WHERE customer_id = $1",
        "DELETE FROM customer_calls WHERE customer_id = $1",
    ] {
        gone += sqlx::query(table).bind(id.as_str()).execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    Ok(gone > 0)
}

/// Returns what templates may see of a caller: for a stranger no more than that there is nothing.
pub(super) async fn as_caller(pool: &AnyPool, outbox: &Outbox, number: &Pii<String>) -> Result<Map<String, Value>, CustomerError> {
    let Some(id) = outbox.vault().customer(number) else { return Ok(stranger(&[])) };
    let mut connection = pool.acquire().await?;
    match fetch(&mut connection, outbox, &Who::Id(id.clone())).await? {
        Some(kept) => complete(&mut connection, kept).await.map(|customer| known(&customer)),
        None => Ok(stranger(&last_calls(&mut connection, &id).await?)),
    }
}

fn stranger(last_calls: &[PastCall]) -> Map<String, Value> {
    object(json!({
        "known": false, "ref": null, "name": null, "tier": null, "tags": [], "crm": {}, "learned": {}, "notes": [], "last_calls": last_calls,
    }))
}

fn known(customer: &Customer) -> Map<String, Value> {
    let learned: Map<String, Value> = customer.learned.iter().map(|(name, learned)| (name.clone(), learned.value.clone())).collect();
    let notes: Vec<&str> = customer.notes.iter().take(3).map(|note| note.text.as_str()).collect();
    let mut own = object(json!({
        "known": true, "ref": customer.reference, "name": customer.name, "tier": customer.tier, "tags": customer.tags,
        "crm": customer.crm, "learned": learned, "notes": notes, "last_calls": customer.last_calls,
    }));
    // A plan says caller.points, wherever the points come from.
    let more = learned.iter().chain(&customer.crm);
    let more: Vec<(String, Value)> =
        more.filter(|(name, _)| !own.contains_key(*name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    own.extend(more);
    own
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

async fn make(connection: &mut AnyConnection, outbox: &Outbox, number: &Pii<String>, now: Wall) -> Result<String, CustomerError> {
    let id = outbox.vault().customer(number).ok_or(CustomerError::NoNumber)?;
    let sealed = outbox.vault().seal(&id, number.reveal())?;
    let empty = serde_json::to_string(&Profile::default()).unwrap_or_default();
    let profile = outbox.vault().seal(&id, &empty)?;
    sqlx::query(
        "INSERT INTO customers (id, number, shown, tags, profile, revision, updated) VALUES ($1, $2, $3, '[]', $4, 0, $5) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id.as_str())
    .bind(sealed)
    .bind(spoken::mask_number(number.reveal()))
    .bind(profile)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(id)
}

async fn touch(connection: &mut AnyConnection, column: &'static str, value: &str) -> Result<String, CustomerError> {
    let (update, select) = match column {
        "id" => ("UPDATE customers SET revision = revision WHERE id = $1", "SELECT id FROM customers WHERE id = $1"),
        _ => (
            "UPDATE customers SET revision = revision WHERE reference = $1",
            "SELECT id FROM customers WHERE reference = $1 ORDER BY updated DESC",
        ),
    };
    sqlx::query(update).bind(value).execute(&mut *connection).await?;
    let row = sqlx::query(select).bind(value).fetch_optional(connection).await?.ok_or(CustomerError::Unknown)?;
    Ok(row.try_get("id")?)
}

async fn fetch(connection: &mut AnyConnection, outbox: &Outbox, who: &Who) -> Result<Option<Kept>, CustomerError> {
    const COLUMNS: &str = "SELECT id, shown, reference, tier, tags, profile, revision, updated FROM customers";
    let (text, value) = match who {
        Who::Number(number) => (format!("{COLUMNS} WHERE id = $1"), outbox.vault().customer(number).ok_or(CustomerError::NoNumber)?),
        Who::Id(id) => (format!("{COLUMNS} WHERE id = $1"), id.clone()),
        Who::Reference(reference) => (format!("{COLUMNS} WHERE reference = $1 ORDER BY updated DESC"), reference.clone()),
    };
    let row = sqlx::query(sqlx::AssertSqlSafe(text)).bind(value).fetch_optional(connection).await?;
    row.map(|row| read(&row, outbox)).transpose()
}

fn read(row: &AnyRow, outbox: &Outbox) -> Result<Kept, CustomerError> {
    let id: String = row.try_get("id")?;
    let (tags, profile): (String, String) = (row.try_get("tags")?, row.try_get("profile")?);
    let profile = outbox.vault().unseal(&id, &profile)?;
    let content = Content {
        reference: row.try_get("reference")?,
        tier: row.try_get("tier")?,
        tags: serde_json::from_str(&tags).map_err(|_| CustomerError::Sealed)?,
        profile: serde_json::from_str(&profile).map_err(|_| CustomerError::Sealed)?,
    };
    Ok(Kept {
        shown: row.try_get("shown")?,
        content,
        revision: row.try_get("revision")?,
        updated: Wall::from_millis(row.try_get("updated")?),
        id,
    })
}

async fn save(connection: &mut AnyConnection, outbox: &Outbox, kept: &Kept) -> Result<(), CustomerError> {
    let profile = serde_json::to_string(&kept.content.profile).map_err(|_| CustomerError::Sealed)?;
    let tags = serde_json::to_string(&kept.content.tags).map_err(|_| CustomerError::Sealed)?;
    sqlx::query("UPDATE customers SET reference = $1, tier = $2, tags = $3, profile = $4, revision = $5, updated = $6 WHERE id = $7")
        .bind(kept.content.reference.as_deref())
        .bind(kept.content.tier.as_deref())
        .bind(tags)
        .bind(outbox.vault().seal(&kept.id, &profile)?)
        .bind(kept.revision)
        .bind(kept.updated.millis())
        .bind(kept.id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn add_note(
    connection: &mut AnyConnection,
    customer: &str,
    author: &str,
    call: Option<&CallId>,
    text: &str,
    now: Wall,
) -> Result<(), CustomerError> {
    let text: String = spoken::mask(text).chars().take(LONGEST_NOTE).collect();
    sqlx::query(
        "INSERT INTO customer_notes (customer_id, seq, at, author, call_id, text) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5 FROM customer_notes WHERE customer_id = $1",
    )
    .bind(customer)
    .bind(now.millis())
    .bind(author)
    .bind(call.map(CallId::as_str))
    .bind(text)
    .execute(connection)
    .await?;
    Ok(())
}

async fn complete(connection: &mut AnyConnection, kept: Kept) -> Result<Customer, CustomerError> {
    let rows = sqlx::query("SELECT at, author, call_id, text FROM customer_notes WHERE customer_id = $1 ORDER BY seq DESC LIMIT $2")
        .bind(kept.id.as_str())
        .bind(NOTES)
        .fetch_all(&mut *connection)
        .await?;
    let mut notes = Vec::with_capacity(rows.len());
    for row in rows {
        let call: Option<String> = row.try_get("call_id")?;
        notes.push(CustomerNote {
            at: Wall::from_millis(row.try_get("at")?),
            author: row.try_get("author")?,
            call: call.as_deref().map(CallId::from),
            text: row.try_get("text")?,
        });
    }
    let last_calls = last_calls(connection, &kept.id).await?;
    let Content { reference, tier, tags, profile } = kept.content;
    Ok(Customer {
        id: kept.id,
        reference,
        number: kept.shown,
        name: profile.name,
        tier,
        tags,
        crm: profile.crm,
        learned: profile.learned,
        notes,
        last_calls,
        revision: kept.revision,
        updated: kept.updated,
    })
}

async fn last_calls(connection: &mut AnyConnection, customer: &str) -> Result<Vec<PastCall>, CustomerError> {
    // Ids of calls sort by time.
    let rows = sqlx::query(
        "SELECT calls.id, calls.began, calls.dialplan, calls.intent, calls.queue, calls.reason, calls.disposition FROM customer_calls \
         JOIN calls ON calls.id = customer_calls.call_id WHERE customer_calls.customer_id = $1 AND calls.began > 0 \
         ORDER BY customer_calls.call_id DESC LIMIT $2",
    )
    .bind(customer)
    .bind(LAST_CALLS)
    .fetch_all(connection)
    .await?;
    let read = |row: &AnyRow| -> Result<PastCall, sqlx::Error> {
        let id: String = row.try_get("id")?;
        Ok(PastCall {
            id: CallId::from(id.as_str()),
            at: Wall::from_millis(row.try_get("began")?).to_string(),
            hotline: row.try_get("dialplan")?,
            intent: row.try_get("intent")?,
            queue: row.try_get("queue")?,
            reason: row.try_get("reason")?,
            disposition: row.try_get("disposition")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn differences(before: &Content, after: &Content) -> Vec<&'static str> {
    [
        ("ref", before.reference != after.reference),
        ("name", before.profile.name != after.profile.name),
        ("tier", before.tier != after.tier),
        ("tags", before.tags != after.tags),
        ("crm", before.profile.crm != after.profile.crm),
        ("learned", before.profile.learned != after.profile.learned),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// What other systems are told of a change: the record without name and CRM data, and only what calls newly learned.
fn event_data(kept: &Kept, before: &Content, changed: &[&str], author: &str) -> Value {
    let learned = kept.content.profile.learned.iter().filter(|(name, learned)| before.profile.learned.get(*name) != Some(learned));
    let learned: Map<String, Value> = learned.map(|(name, learned)| (name.clone(), json!(learned))).collect();
    json!({
        "customer": {"id": kept.id, "ref": kept.content.reference, "number": kept.shown},
        "changed": changed, "by": author, "revision": kept.revision,
        "tier": kept.content.tier, "tags": kept.content.tags, "learned": learned,
    })
}
