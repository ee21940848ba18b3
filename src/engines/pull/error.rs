//! What can go wrong with a pull, in words that say what to do.

use std::path::{Path, PathBuf};

use super::super::model::ModelError;

/// Why a model was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Nobody answers: no network, no name, a closed door.
    #[error(
        "{host} cannot be reached ({reason}). Without a network: fetch the file on another machine, put it in a folder and run \
         `bellhop models pull NAME --from FOLDER`"
    )]
    Unreachable {
        /// Whom we asked.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// The server has no such file.
    #[error("{0}: not there (404): the vendor may have moved it; name a place that has it with --from")]
    NotFound(String),
    /// The server answered something else.
    #[error("{url}: the server answered with status {status}; try again later, or name another place with --from")]
    Status {
        /// What we asked for.
        url: String,
        /// Its answer.
        status: u16,
    },
    /// The transfer ended early.
    #[error("{file}: the connection broke after {}{} ({reason}). What came is kept: the same command goes on from there", megabytes(*.got), of(*.whole))]
    Broke {
        /// The file.
        file: String,
        /// Bytes that came.
        got: u64,
        /// Bytes that it has.
        whole: Option<u64>,
        /// The system's words.
        reason: String,
    },
    /// The file has not the length it should have.
    #[error("{file}: {got} bytes came where {by} says {expected}; it was thrown away, pull again")]
    Size {
        /// The file.
        file: String,
        /// Bytes that came.
        got: u64,
        /// Bytes it should have.
        expected: u64,
        /// Who says so.
        by: &'static str,
    },
    /// The file is not the one it should be.
    #[error("{file}: its checksum is {got}, but {by} says {expected}; it was thrown away. {help}")]
    Checksum {
        /// The file.
        file: String,
        /// What we computed.
        got: String,
        /// What it should be.
        expected: String,
        /// Who says so.
        by: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// No room is left.
    #[error("{}: the disk is full; what came is kept: make room (`df -h` shows where) and run the same command again", .0.display())]
    DiskFull(PathBuf),
    /// A file or folder cannot be written.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// The archive is broken or holds what no model needs.
    #[error("{file}: {reason}; nothing was installed")]
    Archive {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What came is no model.
    #[error("what came is no model that Bellhop can use, nothing was installed: {0}")]
    Model(#[from] ModelError),
    /// Another pull of the same model is at work.
    #[error("{0} is being pulled by another bellhop already: wait for it")]
    Busy(String),
    /// No address.
    #[error("{0:?} is no address of a file: give http://, https:// or a folder")]
    Address(String),
}

impl PullError {
    pub(super) fn disk(path: &Path, error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull(path.to_owned()),
            _ => Self::Disk { path: path.to_owned(), error },
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn of(whole: Option<u64>) -> String {
    whole.map_or_else(String::new, |whole| format!(" of {}", megabytes(whole)))
}
