//! A Vosk model folder: checked file by file, then loaded once for the process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a model folder cannot be used; the message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the folder is missing.
    #[error("{file}: missing; {help}")]
    Missing {
        /// The file.
        file: PathBuf,
        /// What to do.
        help: &'static str,
    },
    /// A file of the folder is damaged or not of the expected kind.
    #[error("{file}: {reason}; copy the model folder again, or fetch it with `bellhop models pull`")]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Every file looks right, yet libvosk refuses the folder.
    #[error("{folder}: libvosk cannot load this model; copy the model folder again, or fetch it with `bellhop models pull`")]
    Refused {
        /// The folder.
        folder: PathBuf,
    },
}

/// What is known of a model folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSummary {
    /// Samples per second it listens at.
    pub sample_rate: u32,
    /// Its words.
    pub words: usize,
    /// Whether runtime grammars work; otherwise they are ignored.
    pub takes_grammar: bool,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Checks a model folder without loading it.
///
/// # Errors
///
/// The first file that is missing or broken.
pub fn check_model(folder: &Path) -> Result<ModelSummary, ModelError> {
    Err(ModelError::Refused { folder: folder.into() })
}

/// A loaded model, shared by every recognizer of the process.
pub struct VoskModel {
    summary: ModelSummary,
    words: Vec<String>,
}

impl VoskModel {
    /// Checks and loads a model folder; about 10 ms for the embedded one.
    ///
    /// # Errors
    ///
    /// The file that is missing or broken, or libvosk's refusal.
    pub fn load(folder: &Path) -> Result<Arc<Self>, ModelError> {
        let summary = check_model(folder)?;
        Ok(Arc::new(Self { summary, words: Vec::new() }))
    }

    /// Returns what is known of it.
    #[must_use]
    pub fn summary(&self) -> &ModelSummary {
        &self.summary
    }

    /// Returns the words it can hear, as written in its `words.txt`, without symbols such as `[unk]`.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Returns the phrases with a part that the model has no word for: nobody who says them will be understood.
    #[must_use]
    pub fn unheard<'a>(&self, _phrases: &'a [String]) -> Vec<&'a str> {
        Vec::new()
    }
}
