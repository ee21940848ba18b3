//! Making and opening the database file.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection};

use super::StoreError;

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

pub(super) fn file_in(folder: &Path) -> PathBuf {
    folder.join("bellhop.db")
}

/// Makes the folder (a new one is its owner's only) and the file (its owner's only), so that SQLite's own files beside it are too.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))?;
    let file = file_in(folder);
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&file).map_err(failed(&file))?;
    Ok(file)
}

pub(super) async fn connect(file: &Path, access: Access) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let mode = if access == Access::Write { "rw" } else { "ro" };
    let absolute = std::path::absolute(file).map_err(|source| StoreError::Io { path: file.to_owned(), source })?;
    let url = format!("sqlite://{}?mode={mode}", encode(&absolute));
    let failed = |source| StoreError::Database { doing: "cannot open", path: file.to_owned(), source };
    // A file that is no database is found out only by reading it; a pool would try for long.
    let mut first = AnyConnection::connect(&url).await.map_err(failed)?;
    sqlx::query("SELECT COUNT(*) FROM sqlite_master").execute(&mut first).await.map_err(failed)?;
    first.close().await.map_err(failed)?;
    AnyPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // WAL lets `bellhop calls` read while calls are written; with it NORMAL is safe against a crash of the program.
                if access == Access::Write {
                    sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await?;
                    sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
                }
                sqlx::query("PRAGMA busy_timeout = 5000").execute(&mut *connection).await?;
                Ok(())
            })
        })
        .connect(&url)
        .await
        .map_err(failed)
}

pub(super) async fn migrate(pool: &AnyPool, file: &Path) -> Result<(), StoreError> {
    sqlx::migrate!().run(pool).await.map_err(|source| StoreError::Tables { path: file.to_owned(), source })
}

/// Writes a path as part of a URL.
fn encode(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
