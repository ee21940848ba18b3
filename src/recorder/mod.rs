//! Floor 5: stereo recordings, written by a thread fed over a bounded ring. A full ring or disk is a counter and a fact, never a wait.
//! Knows no SIP and not what a call is.

use std::path::Path;

use crate::audio::Frame8k;
use crate::base::{CallId, Wall};

/// Recordings cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The folder cannot be made.
    #[error("cannot record to {path}: {source}")]
    Folder {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes recordings.
#[derive(Debug)]
pub struct Recorder {}

impl Recorder {
    /// Starts the writer thread for recordings below `folder`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn start(_folder: &Path) -> Result<Self, RecorderError> {
        unimplemented!()
    }

    /// Begins a call's recording; never waits.
    #[must_use]
    pub fn record(&self, _call: &CallId, _began: Wall) -> RecordingHandle {
        unimplemented!()
    }

    /// Writes what is left and ends the thread.
    pub fn stop(self) {}
}

/// A running recording; dropping it finishes the file.
#[derive(Debug)]
pub struct RecordingHandle {}

impl RecordingHandle {
    /// Takes 20 ms: neither waits nor allocates; when the ring is full they are counted as lost and written as silence.
    pub fn push(&self, _caller: &Frame8k, _far: &Frame8k) {}

    /// Returns the file's path below the recordings' folder: `2026-11-21/<call>.wav`.
    #[must_use]
    pub fn path(&self) -> &Path {
        unimplemented!()
    }

    /// Returns how many frames were lost so far.
    #[must_use]
    pub fn lost_frames(&self) -> u64 {
        unimplemented!()
    }

    /// Returns why nothing more is written (a full disk, …), if so.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        unimplemented!()
    }
}
