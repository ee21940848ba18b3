//! Forgets what a dialplan does not want kept for longer: recordings and words, each after its own time.

use sqlx::{AnyPool, Error, Row};

use crate::base::Wall;

/// Takes the recordings off the calls of a hotline that began before a moment, and returns where they lie.
pub(super) async fn recordings(pool: &AnyPool, dialplan: &str, before: Wall) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("SELECT recording FROM calls WHERE dialplan = $1 AND began < $2 AND recording IS NOT NULL")
        .bind(dialplan)
        .bind(before.millis())
        .fetch_all(pool)
        .await?;
    let paths = rows.iter().map(|row| row.try_get("recording")).collect::<Result<Vec<String>, Error>>()?;
    sqlx::query("UPDATE calls SET recording = NULL WHERE dialplan = $1 AND began < $2 AND recording IS NOT NULL")
        .bind(dialplan)
        .bind(before.millis())
        .execute(pool)
        .await?;
    Ok(paths)
}

/// Deletes the words of the calls of a hotline that began before a moment; that there was a call, and how it ended, stays.
pub(super) async fn words(pool: &AnyPool, dialplan: &str, before: Wall) -> Result<u64, Error> {
    let mut transaction = pool.begin().await?;
    let mut deleted = 0;
    for table in ["turns", "slots", "events", "messages"] {
        let text = format!("DELETE FROM {table} WHERE call_id IN (SELECT id FROM calls WHERE dialplan = $1 AND began < $2)");
        let done = sqlx::query(sqlx::AssertSqlSafe(text)).bind(dialplan).bind(before.millis()).execute(&mut *transaction).await?;
        deleted += done.rows_affected();
    }
    transaction.commit().await?;
    Ok(deleted)
}
