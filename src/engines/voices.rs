//! Whoever speaks for the house: espeak-ng, or a speech server with espeak-ng behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::Voice;
use super::sentences::sentences;
use super::voice_server::{RemoteVoice, VoiceServer};
use crate::base::{Clock, Mono};
use crate::speech::{SpeakError, Speech, Wording};

/// The voices of the house. Cheap to clone; clones share what they know of the server.
#[derive(Clone, Debug)]
pub struct Voices {
    here: Voice,
    /// Processes here at once; a text that must wait waits for its turn in order.
    turns: Arc<Turns>,
    elsewhere: Option<Arc<Elsewhere>>,
}

/// How many may be spoken for at once: callers, and nobody yet.
#[derive(Debug)]
pub(super) struct Turns {
    callers: Semaphore,
    beforehand: Semaphore,
}

impl Turns {
    pub(super) fn new(callers: usize, beforehand: usize) -> Self {
        Self { callers: Semaphore::new(callers), beforehand: Semaphore::new(beforehand) }
    }

    pub(super) fn of(&self, waits: Waits) -> &Semaphore {
        match waits {
            Waits::Caller => &self.callers,
            Waits::Nobody => &self.beforehand,
        }
    }
}

/// Processes at once: enough to warm quickly, few enough to leave the machine to calls.
const FOR_CALLERS: usize = 3;
const BEFOREHAND: usize = 2;

#[derive(Debug)]
struct Elsewhere {
    server: VoiceServer,
    sentences: AtomicU64,
    failures: AtomicU64,
}

/// What came of sentences given to a speech server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceCounters {
    /// Sentences that the server spoke.
    pub sentences: u64,
    /// Sentences on which it failed, spoken here instead.
    pub failures: u64,
}

/// Who waits for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// A caller, in silence.
    Caller,
    /// Nobody yet.
    Nobody,
}

/// A spoken text.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) speech: Speech,
    /// Whether the voice that was meant spoke all of it; what was spoken in its stead is not kept.
    pub(super) as_meant: bool,
}

impl From<Voice> for Voices {
    fn from(here: Voice) -> Self {
        Self { here, turns: Arc::new(Turns::new(FOR_CALLERS, BEFOREHAND)), elsewhere: None }
    }
}

impl Voices {
    /// Speaks with a speech server, and with `here` where that fails or has no voice for a language.
    ///
    /// # Errors
    ///
    /// What is wrong with the description, in words. A server that does not answer is no error: it may come later.
    pub fn elsewhere(remote: RemoteVoice, here: Voice) -> Result<Self, String> {
        let elsewhere = Elsewhere { server: VoiceServer::new(remote)?, sentences: AtomicU64::new(0), failures: AtomicU64::new(0) };
        Ok(Self { elsewhere: Some(Arc::new(elsewhere)), ..Self::from(here) })
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> VoiceCounters {
        self.elsewhere.as_ref().map_or_else(VoiceCounters::default, |elsewhere| VoiceCounters {
            sentences: elsewhere.sentences.load(Ordering::Relaxed),
            failures: elsewhere.failures.load(Ordering::Relaxed),
        })
    }

    /// Says in a word which sound they make: another word, another sound.
    pub(super) fn version(&self) -> String {
        let elsewhere = self.elsewhere.as_ref().map(|elsewhere| elsewhere.server.version()).unwrap_or_default();
        format!("{elsewhere} {}", self.here.version())
    }

    /// Speaks a text. What is there of it before the whole goes to `so_far`, each time from the beginning.
    pub(super) async fn speak(&self, wording: &Wording, waits: Waits, so_far: Option<&mpsc::Sender<Speech>>) -> Result<Spoken, SpeakError> {
        match &self.elsewhere {
            Some(elsewhere) if elsewhere.server.speaks(wording.language) => self.speak_elsewhere(elsewhere, wording, waits, so_far).await,
            _ => self.speak_here(wording, waits).await.map(|speech| Spoken { speech, as_meant: true }),
        }
    }

    async fn speak_here(&self, wording: &Wording, waits: Waits) -> Result<Speech, SpeakError> {
        let _turn = self.turns.of(waits).acquire().await.map_err(|error| SpeakError::Engine(error.to_string()))?;
        self.here.speak(wording).await
    }

    async fn speak_elsewhere(
        &self,
        elsewhere: &Elsewhere,
        wording: &Wording,
        waits: Waits,
        so_far: Option<&mpsc::Sender<Speech>>,
    ) -> Result<Spoken, SpeakError> {
        let pieces = sentences(&wording.text);
        let (mut spoken, mut as_meant) = (Vec::new(), true);
        let clock = Clock::start();
        let mut first_heard: Option<Mono> = None;
        for (place, piece) in pieces.iter().enumerate() {
            // A caller who hears the first sentence is in no hurry until that is over.
            let said = Duration::from_millis(spoken.len() as u64 / 8);
            let since = first_heard.map_or(Duration::ZERO, |first| clock.mono() - first);
            let ahead = if first_heard.is_some() { said.saturating_sub(since) } else { Duration::ZERO };
            // After one failure the rest is spoken here, too: two voices in turn are worse than a change.
            let samples = if as_meant { elsewhere.sentence(&piece.text, wording, waits, ahead).await } else { None };
            if let Some(samples) = samples {
                spoken.extend(samples);
            } else {
                as_meant = false;
                let stead = Wording { text: piece.text.as_str().into(), ..wording.clone() };
                spoken.extend_from_slice(&self.speak_here(&stead, waits).await?);
            }
            if place + 1 < pieces.len() {
                spoken.extend(std::iter::repeat_n(0, piece.pause));
                if let Some(so_far) = so_far {
                    // Whoever does not take it gets the whole later.
                    let _ = so_far.try_send(spoken.as_slice().into());
                    first_heard.get_or_insert(clock.mono());
                }
            }
        }
        Ok(Spoken { speech: spoken.into(), as_meant })
    }
}

impl Elsewhere {
    async fn sentence(&self, text: &str, wording: &Wording, waits: Waits, ahead: Duration) -> Option<Vec<i16>> {
        if !self.server.health.may_ask() {
            return None;
        }
        match self.server.speak(text, wording.language, wording.speed, waits, ahead).await {
            Ok(samples) => {
                self.sentences.fetch_add(1, Ordering::Relaxed);
                if self.server.health.worked() {
                    tracing::info!("the speech server answers again");
                }
                Some(samples)
            }
            Err(why) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let spared = self.server.health.failed();
                tracing::warn!(why, spared_s = spared.as_secs_f64(), "the speech server failed; espeak-ng speaks");
                None
            }
        }
    }
}
