//! What a synthesizer is asked and what it answers.

use std::sync::Arc;

use crate::base::Language;

/// Words to be spoken and how. Equal wordings sound equal, so this is the key of the prompt cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wording {
    /// What to say, as written (digits and dates are read aloud by the synthesizer).
    pub text: Arc<str>,
    /// The language it is in.
    pub language: Language,
    /// Speed in percent of the voice's own, 50 to 200.
    pub speed: u16,
}

/// Spoken audio: mono samples at 8 kHz.
pub type Speech = Arc<[i16]>;

/// Why a text could not be spoken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeakError {
    /// The engine could not be run or answered nonsense.
    #[error("the voice failed: {0}")]
    Engine(String),
    /// The engine took too long.
    #[error("the voice took longer than {0} ms")]
    Late(u64),
}
