//! A voice elsewhere: a server of the OpenAI-style `/v1/audio/speech`. Speaks a sentence at a time. Knows no fallback.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde_json::json;
use tokio::time::timeout;

use super::health::Health;
use super::loudness::finish;
use super::voices::{Turns, Waits};
use crate::audio::{read_wav, resample};
use crate::base::{Language, Pii};
use crate::spoken::read_aloud;

/// Where a speech server is, and how it is used.
#[derive(Clone, Debug)]
pub struct RemoteVoice {
    /// The address that takes texts: `http://HOST:PORT/v1/audio/speech`.
    pub url: String,
    /// The model it is asked for.
    pub model: String,
    /// The voice for each language; a language without one is spoken here.
    pub voices: BTreeMap<Language, String>,
    /// In which form it answers.
    pub format: SpeechFormat,
    /// What it wants to know whom it serves by.
    pub key: Option<Pii<String>>,
    /// How long a caller waits for a sentence in silence; it is spoken here then.
    pub patience: Duration,
    /// How long a sentence may take that nobody waits for yet.
    pub patience_beforehand: Duration,
    /// How long it is left alone after its first failure; twice as long after each further one, a minute at most.
    pub pause: Duration,
}

/// In which form a speech server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeechFormat {
    /// A WAV file, which says its rate.
    Wav,
    /// Samples alone: 16 bits, mono, at this rate.
    Pcm(u32),
}

impl RemoteVoice {
    /// Describes a server at an address, with the usual limits and no voices yet.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            model: "kokoro".to_owned(),
            voices: BTreeMap::new(),
            format: SpeechFormat::Wav,
            key: None,
            patience: Duration::from_millis(700),
            patience_beforehand: Duration::from_secs(10),
            pause: Duration::from_secs(2),
        }
    }
}

/// Sentences that a server is asked for at once; more wait for their turn.
const FOR_CALLERS: usize = 16;
const BEFOREHAND: usize = 2;

/// The largest answer that is read: some five minutes.
const LARGEST: usize = 16 << 20;

/// The way to a speech server.
#[derive(Debug)]
pub(super) struct VoiceServer {
    client: Client,
    url: Url,
    described: RemoteVoice,
    /// Sentences that it is asked for at once.
    turns: Turns,
    pub(super) health: Health,
}

impl VoiceServer {
    /// Reads the description; asks for nothing yet.
    pub(super) fn new(described: RemoteVoice) -> Result<Self, String> {
        let no_address = || format!("{:?} is no address of a speech server; write http://127.0.0.1:8880/v1/audio/speech", described.url);
        let url: Url = described.url.parse().map_err(|_| no_address())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(no_address());
        }
        if described.voices.is_empty() {
            return Err("the speech server has no voices: name one for each language it speaks, as {zh: …, en: …}".to_owned());
        }
        if let SpeechFormat::Pcm(rate) = described.format
            && !(4000..=192_000).contains(&rate)
        {
            return Err(format!("the speech server's rate is {rate}; it must be 4000 to 192000"));
        }
        // The HTTP client wants a provider even for plain http; an earlier one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client for the speech server: {error}"))?;
        let health = Health::new(described.pause, described.patience_beforehand);
        Ok(Self { client, url, described, turns: Turns::new(FOR_CALLERS, BEFOREHAND), health })
    }

    /// Returns true for a language it has a voice for.
    pub(super) fn speaks(&self, language: Language) -> bool {
        self.described.voices.contains_key(&language)
    }

    /// Says in a word which sound it makes: another word, another sound.
    pub(super) fn version(&self) -> String {
        format!("{} {} {:?} {:?}", self.url, self.described.model, self.described.voices, self.described.format)
    }

    /// Speaks a sentence: samples at 8 kHz, level and without silence at its ends. `ahead` is how much of the text a caller has yet to hear
    /// before this sentence.
    pub(super) async fn speak(
        &self,
        text: &str,
        language: Language,
        speed: u16,
        waits: Waits,
        ahead: Duration,
    ) -> Result<Vec<i16>, String> {
        let turn = async || self.turns.of(waits).acquire().await.map_err(|error| error.to_string());
        let (patience, spoken) = match waits {
            Waits::Caller => {
                let patience = self.described.patience + ahead;
                // Waiting for a turn is waiting, too.
                let spoken = timeout(patience, async {
                    let _turn = turn().await?;
                    self.ask(text, language, speed).await
                });
                (patience, spoken.await)
            }
            Waits::Nobody => {
                let _turn = turn().await?;
                let patience = self.described.patience_beforehand;
                (patience, timeout(patience, self.ask(text, language, speed)).await)
            }
        };
        spoken.map_err(|_| format!("no speech within {patience:?}"))?
    }

    async fn ask(&self, text: &str, language: Language, speed: u16) -> Result<Vec<i16>, String> {
        let voice = self.described.voices.get(&language).ok_or("it has no voice for this language")?;
        let format = match self.described.format {
            SpeechFormat::Wav => "wav",
            SpeechFormat::Pcm(_) => "pcm",
        };
        let order = json!({
            "model": self.described.model,
            "input": read_aloud(text, language),
            "voice": voice,
            "response_format": format,
            "speed": f64::from(speed.clamp(50, 200)) / 100.0,
        });
        let mut asked = self.client.post(self.url.clone()).json(&order);
        if let Some(key) = &self.described.key {
            asked = asked.bearer_auth(key.reveal());
        }
        let mut response = asked.send().await.map_err(words)?;
        if response.status() != StatusCode::OK {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            if body.len() + chunk.len() > LARGEST {
                return Err("its answer is larger than any sentence".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let samples = match self.described.format {
            SpeechFormat::Pcm(rate) => {
                let samples: Vec<i16> = body.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
                resample(&samples, rate, 8000)
            }
            SpeechFormat::Wav => read_wav(&*streamed(body)).map_err(|error| error.to_string())?.at(8000),
        };
        let spoken = finish(samples);
        if spoken.is_empty() { Err("its answer is silence".to_owned()) } else { Ok(spoken) }
    }
}

/// Mends the header of a WAV that was sent before its length was known: some say nothing where others say more than there is.
fn streamed(mut wav: Vec<u8>) -> Vec<u8> {
    if wav.len() > 44 && wav.get(36..44) == Some(b"data\0\0\0\0") {
        wav[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    }
    wav
}

/// Says what went wrong, without the address.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("{}: {cause}", if error.is_connect() { "not reachable" } else { "the connection broke" })
}
