//! A recogniser elsewhere: a server of vosk's WebSocket protocol (`config`, binary sound, `eof`), and the threads of this process behind it.
//! An utterance that the server does not answer is heard here, from its first frame.

mod leg;
mod link;
mod reply;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;
use tokio::runtime::Handle;

use super::grammar::Lexicon;
use super::health::Health;
use super::pool::{HearingSink, RecognizerPool};
use crate::speech::Recognizer;

/// Where a server of vosk's protocol is, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEars {
    /// Its address: `ws://HOST:PORT`.
    pub url: String,
    /// Samples a second that it gets: 8000 or 16000. Its engine takes 16000 for models of either rate.
    pub rate_hz: u32,
    /// The words of its model (`graph/words.txt`); with them it is told which phrases to expect, without it hears its whole vocabulary.
    pub words: Option<PathBuf>,
    /// How long it may take to connect, to take a piece of sound, and to give its answer after the end.
    pub patience: Duration,
    /// How long it is left alone after its first failure; twice as long after each further one, a minute at most.
    pub pause: Duration,
}

impl RemoteEars {
    /// Describes a server at an address, with the usual limits.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), rate_hz: 16_000, words: None, patience: Duration::from_secs(2), pause: Duration::from_secs(2) }
    }
}

/// What came of utterances given to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemoteCounters {
    /// Utterances that the server heard.
    pub utterances: u64,
    /// Utterances on which it failed.
    pub failures: u64,
    /// Utterances heard here instead.
    pub heard_here: u64,
}

/// What the legs share.
pub(super) struct Remote {
    address: Url,
    host: String,
    port: u16,
    rate_hz: u32,
    lexicon: Option<Lexicon>,
    patience: Duration,
    runtime: Handle,
    pool: Arc<RecognizerPool>,
    health: Health,
    utterances: AtomicU64,
    failures: AtomicU64,
    heard_here: AtomicU64,
}

impl Remote {
    /// Reads the description; connects to nothing yet.
    pub(super) fn new(ears: &RemoteEars, pool: Arc<RecognizerPool>, runtime: Handle) -> Result<Self, String> {
        let no_address = |why: &str| format!("{:?} is no address of a recognition server ({why}); write ws://127.0.0.1:2700", ears.url);
        let address: Url = ears.url.parse().map_err(|error: <Url as std::str::FromStr>::Err| no_address(&error.to_string()))?;
        match address.scheme() {
            "ws" => {}
            "wss" => return Err(no_address("TLS to it is not there yet: put it into your own network")),
            _ => return Err(no_address("it should begin with ws://")),
        }
        let host = address.host_str().ok_or_else(|| no_address("it names no host"))?.trim_matches(['[', ']']).to_owned();
        let port = address.port_or_known_default().unwrap_or(80);
        if !matches!(ears.rate_hz, 8000 | 16_000) {
            return Err(format!("the recognition server's rate_hz is {}; it must be 8000 or 16000", ears.rate_hz));
        }
        let lexicon = ears.words.as_ref().map(|path| lexicon(path)).transpose()?;
        Ok(Self {
            address,
            host,
            port,
            rate_hz: ears.rate_hz,
            lexicon,
            patience: ears.patience,
            runtime,
            pool,
            health: Health::new(ears.pause, ears.patience * 2),
            utterances: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            heard_here: AtomicU64::new(0),
        })
    }

    /// Makes a recognizer for one leg: a ring, and a task on the runtime that empties it.
    pub(super) fn recognizer(self: &Arc<Self>, sink: HearingSink) -> Box<dyn Recognizer> {
        let leg = Arc::new(leg::Leg::new(sink));
        self.runtime.spawn(leg::serve(Arc::clone(self), Arc::clone(&leg)));
        Box::new(leg::RemoteEar::new(leg))
    }

    pub(super) fn counters(&self) -> RemoteCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RemoteCounters { utterances: read(&self.utterances), failures: read(&self.failures), heard_here: read(&self.heard_here) }
    }

    fn worked(&self) {
        self.utterances.fetch_add(1, Ordering::Relaxed);
        if self.health.worked() {
            tracing::info!(host = self.host, "the recognition server answers again");
        }
    }

    fn failed(&self, why: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let spared = self.health.failed();
        tracing::warn!(host = self.host, why, spared_s = spared.as_secs_f64(), "the recognition server failed; callers are heard here");
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("host", &self.host).field("counters", &self.counters()).finish_non_exhaustive()
    }
}

/// Reads a list of words: `word id` a line, as in a model's `words.txt`, or a word a line.
fn lexicon(path: &std::path::Path) -> Result<Lexicon, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("the recognition server's words {}: {error}", path.display()))?;
    let words: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| !word.starts_with(['<', '[', '#', '!']))
        .map(str::to_owned)
        .collect();
    if words.is_empty() {
        return Err(format!("the recognition server's words {}: the file holds none", path.display()));
    }
    Ok(Lexicon::new(&words))
}
