//! What can go wrong with the records, always with the file that it went wrong with.

use std::path::PathBuf;

/// The records cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be made or opened.
    #[error("cannot open {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There are no records there yet.
    #[error("no records in {path}: `bellhop serve --data` writes them; is this its folder?")]
    Missing {
        /// Where they were looked for.
        path: PathBuf,
    },
    /// The database refuses.
    #[error("{doing} {path}: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// The database file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The tables are newer than this program, or damaged.
    #[error("cannot bring {path} to this program's tables: {source}; move the file away to start with empty records")]
    Tables {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
}
