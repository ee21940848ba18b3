//! The file that takes facts the database cannot take in time: a JSON line each, read back in order.
//! Knows no SQL.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::base::CallId;
use crate::call::TapEvent;

/// A fact on its way to the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The call.
    pub(super) call: CallId,
    /// Orders the facts of a call, also across runs of the program.
    pub(super) seq: i64,
    /// The fact.
    pub(super) event: TapEvent,
}

/// The spill file, and the file it becomes while it is read back.
#[derive(Debug)]
pub(super) struct Spill {
    growing: PathBuf,
    taken: PathBuf,
    /// Guards the growing file: open while it holds something.
    open: Mutex<Option<File>>,
}

impl Spill {
    /// Names the files beside the database. What an earlier run left is there to be taken.
    pub(super) fn beside(database: &Path) -> Self {
        let growing = database.with_file_name("spill.jsonl");
        Self { taken: database.with_file_name("spill.taken.jsonl"), growing, open: Mutex::new(None) }
    }

    fn file(&self) -> MutexGuard<'_, Option<File>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether facts lie in the growing file; later ones must follow them there to stay in order.
    pub(super) fn has_begun(&self) -> bool {
        self.file().is_some()
    }

    /// Appends facts.
    pub(super) fn append(&self, lines: &[Line]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        let mut file = self.file();
        let open = match file.take() {
            Some(open) => open,
            None => OpenOptions::new().append(true).create(true).mode(0o600).open(&self.growing)?,
        };
        file.insert(open).write_all(&bytes)
    }

    /// Takes what was spilled, oldest first, with the number of lines that a crash tore; empty if nothing was.
    /// It stays on disk until [`Spill::forget_taken`].
    pub(super) fn take(&self) -> io::Result<(Vec<Line>, usize)> {
        if !self.taken.exists() {
            let mut file = self.file();
            *file = None;
            match fs::rename(&self.growing, &self.taken) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
                other => other?,
            }
        }
        let (mut lines, mut torn) = (Vec::new(), 0);
        for text in BufReader::new(File::open(&self.taken)?).split(b'\n') {
            match serde_json::from_slice::<Line>(&text?) {
                Ok(line) => lines.push(line),
                Err(_) => torn += 1,
            }
        }
        lines.sort_by_key(|line| line.seq);
        Ok((lines, torn))
    }

    /// Forgets what was taken: it is in the records.
    pub(super) fn forget_taken(&self) -> io::Result<()> {
        match fs::remove_file(&self.taken) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}
