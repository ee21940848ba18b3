//! Whoever speaks for the house: espeak-ng, or Kokoro or a speech server with espeak-ng behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::Voice;
use super::health::Health;
use super::kokoro::{Kokoro, KokoroVoice};
use super::sentences::sentences;
use super::voice_server::{RemoteVoice, VoiceServer};
use crate::base::{Clock, Language, Mono};
use crate::speech::{SpeakError, Speech, Wording};

/// The voices of the house. Cheap to clone; clones share what they know of the one before espeak-ng.
#[derive(Clone, Debug)]
pub struct Voices {
    here: Voice,
    /// Processes here at once; a text that must wait waits for its turn in order.
    turns: Arc<Turns>,
    better: Option<Arc<Better>>,
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

/// The voice before espeak-ng, and what came of it.
#[derive(Debug)]
struct Better {
    engine: Engine,
    sentences: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug)]
enum Engine {
    Server(VoiceServer),
    Kokoro(Kokoro),
}

/// What came of sentences given to a speech server or to Kokoro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceCounters {
    /// Sentences that it spoke.
    pub sentences: u64,
    /// Sentences on which it failed, spoken by espeak-ng instead.
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
        Self { here, turns: Arc::new(Turns::new(FOR_CALLERS, BEFOREHAND)), better: None }
    }
}

impl Voices {
    /// Speaks with a speech server, and with `here` where that fails or has no voice for a language.
    ///
    /// # Errors
    ///
    /// What is wrong with the description, in words. A server that does not answer is no error: it may come later.
    pub fn elsewhere(remote: RemoteVoice, here: Voice) -> Result<Self, String> {
        Ok(Self::before(here, Engine::Server(VoiceServer::new(remote)?)))
    }

    /// Speaks with Kokoro in this process, and with `here` where that fails, is late or has no voice for a language.
    ///
    /// # Errors
    ///
    /// What is missing or broken and what to do, in words: the library, the folder, a file of it, or a voice.
    pub async fn kokoro(described: KokoroVoice, here: Voice) -> Result<Self, String> {
        let kokoro = Kokoro::load(described, here.clone()).await?;
        Ok(Self::before(here, Engine::Kokoro(kokoro)))
    }

    fn before(here: Voice, engine: Engine) -> Self {
        let better = Better { engine, sentences: AtomicU64::new(0), failures: AtomicU64::new(0) };
        Self { better: Some(Arc::new(better)), ..Self::from(here) }
    }

    /// Returns the name of whoever speaks if nothing fails: `kokoro`, `server` or `espeak-ng`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.better.as_ref().map(|better| &better.engine) {
            Some(Engine::Kokoro(_)) => "kokoro",
            Some(Engine::Server(_)) => "server",
            None => "espeak-ng",
        }
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> VoiceCounters {
        self.better.as_ref().map_or_else(VoiceCounters::default, |better| VoiceCounters {
            sentences: better.sentences.load(Ordering::Relaxed),
            failures: better.failures.load(Ordering::Relaxed),
        })
    }

    /// Says in a word which sound they make: another word, another sound.
    pub(super) fn version(&self) -> String {
        let better = match self.better.as_ref().map(|better| &better.engine) {
            Some(Engine::Server(server)) => server.version(),
            Some(Engine::Kokoro(kokoro)) => kokoro.version().to_owned(),
            None => String::new(),
        };
        format!("{better} {}", self.here.version())
    }

    /// Speaks a text. What is there of it before the whole goes to `so_far`, each time from the beginning.
    pub(super) async fn speak(&self, wording: &Wording, waits: Waits, so_far: Option<&mpsc::Sender<Speech>>) -> Result<Spoken, SpeakError> {
        match &self.better {
            Some(better) if better.engine.speaks(wording.language) => self.speak_better(better, wording, waits, so_far).await,
            _ => self.speak_here(wording, waits).await.map(|speech| Spoken { speech, as_meant: true }),
        }
    }

    async fn speak_here(&self, wording: &Wording, waits: Waits) -> Result<Speech, SpeakError> {
        let _turn = self.turns.of(waits).acquire().await.map_err(|error| SpeakError::Engine(error.to_string()))?;
        self.here.speak(wording).await
    }

    async fn speak_better(
        &self,
        better: &Better,
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
            let samples = if as_meant { better.sentence(&piece.text, wording, waits, ahead).await } else { None };
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

impl Engine {
    fn speaks(&self, language: Language) -> bool {
        match self {
            Self::Server(server) => server.speaks(language),
            Self::Kokoro(kokoro) => kokoro.speaks(language),
        }
    }

    fn health(&self) -> &Health {
        match self {
            Self::Server(server) => &server.health,
            Self::Kokoro(kokoro) => &kokoro.health,
        }
    }

    /// As people call it.
    fn named(&self) -> &'static str {
        match self {
            Self::Server(_) => "the speech server",
            Self::Kokoro(_) => "Kokoro",
        }
    }

    /// Speaks a sentence; nothing where it has no sound for it, which is no failure.
    async fn speak(&self, text: &str, wording: &Wording, waits: Waits, ahead: Duration) -> Result<Option<Vec<i16>>, String> {
        match self {
            Self::Server(server) => server.speak(text, wording.language, wording.speed, waits, ahead).await.map(Some),
            Self::Kokoro(kokoro) => {
                let runs = kokoro.symbols(text, wording.language).await?;
                if runs.is_empty() {
                    return Ok(None);
                }
                kokoro.speak(runs, wording.language, wording.speed, waits, ahead).await.map(Some)
            }
        }
    }
}

impl Better {
    async fn sentence(&self, text: &str, wording: &Wording, waits: Waits, ahead: Duration) -> Option<Vec<i16>> {
        if !self.engine.health().may_ask() {
            return None;
        }
        let engine = self.engine.named();
        match self.engine.speak(text, wording, waits, ahead).await {
            Ok(samples) => {
                self.sentences.fetch_add(u64::from(samples.is_some()), Ordering::Relaxed);
                if self.engine.health().worked() {
                    tracing::info!("{engine} speaks again");
                }
                samples
            }
            Err(why) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let spared = self.engine.health().failed();
                tracing::warn!(why, spared_s = spared.as_secs_f64(), "{engine} failed; espeak-ng speaks");
                None
            }
        }
    }
}
