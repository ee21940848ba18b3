//! Kokoro v1.0 in this process: a neural voice of 24 kHz, spoken a sentence at a time. Knows no fallback.
//!
//! Text becomes the symbols that the network was taught (Chinese by our own tables, English by espeak-ng's sounds), those become numbers, and the
//! network runs on a thread of its own.

mod desk;
mod english;
mod files;
#[cfg_attr(not(feature = "kokoro"), path = "network_absent.rs")]
mod network;
mod styles;
mod tokens;

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Voice;
use super::health::Health;
use super::loudness::finish;
use super::voice::harmless;
use super::voices::Waits;
use crate::audio::resample;
use crate::base::Language;
use crate::spoken::{by_voice, read_aloud, to_ipa};
use desk::{Desk, Order};
use styles::Style;

pub use files::{VoiceSummary, check_voice};

/// A Kokoro model, and how it is used.
#[derive(Clone, Debug)]
pub struct KokoroVoice {
    /// The folder with `*.onnx` and `voices*.bin`.
    pub folder: PathBuf,
    /// The voice for each language; a language without one is spoken by espeak-ng.
    pub voices: BTreeMap<Language, String>,
    /// Threads for a run.
    pub threads: usize,
    /// How long a caller waits for a sentence in silence; espeak-ng speaks it then.
    pub patience: Duration,
    /// How long a sentence may take that nobody waits for yet.
    pub patience_beforehand: Duration,
    /// How long it is left alone after its first failure; twice as long after each further one, a minute at most.
    pub pause: Duration,
}

impl KokoroVoice {
    /// Describes a model's folder, with the usual limits and voices.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            voices: [(Language::Zh, "zf_xiaobei".to_owned()), (Language::En, "af_heart".to_owned())].into(),
            threads: 1,
            patience: Duration::from_millis(700),
            patience_beforehand: Duration::from_mins(1),
            pause: Duration::from_secs(2),
        }
    }
}

/// Changes with the tables that turn text into symbols.
const READING: &str = "reading 1";
/// Samples a second of the network.
const RATE_HZ: u32 = 24_000;
/// Silence between two runs of one sentence: 80 ms.
const GAP: usize = 1920;
/// How much of each end of the network goes into its version.
const PART: u64 = 1 << 20;

/// The voice: its network at work, and the styles that are used.
pub(super) struct Kokoro {
    described: KokoroVoice,
    desk: Desk,
    styles: BTreeMap<Language, Style>,
    version: String,
    /// Says the sounds of English words.
    sounds: Voice,
    pub(super) health: Health,
}

impl std::fmt::Debug for Kokoro {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kokoro").field("described", &self.described).finish_non_exhaustive()
    }
}

impl Kokoro {
    /// Checks the files, and loads the network on its thread.
    pub(super) async fn load(described: KokoroVoice, sounds: Voice) -> Result<Self, String> {
        if described.voices.is_empty() {
            return Err("Kokoro has no voices: name one for each language it speaks, as {zh: zf_xiaobei, en: af_heart}".to_owned());
        }
        let wanted = described.clone();
        let read = spawn_blocking(move || {
            let files = files::find(&wanted.folder).map_err(|error| error.to_string())?;
            let broken = |reason: String| files::broken(&files.voices, reason).to_string();
            // A voice that is not there is no fault of the file.
            let styles = styles::read(&files.voices, wanted.voices.values().map(String::as_str)).map_err(|reason| {
                if reason.starts_with("has no voice") { format!("{}: {reason}", files.voices.display()) } else { broken(reason) }
            })?;
            let version = version(&files.network, &wanted, &styles)?;
            Ok::<_, String>((files, styles, version))
        });
        let (files, styles, version) = read.await.map_err(|error| error.to_string())??;
        let styles = described.voices.keys().copied().zip(styles).collect();
        let desk = Desk::open(files.network, described.threads).await?;
        let health = Health::new(described.pause, described.patience_beforehand);
        Ok(Self { described, desk, styles, version, sounds, health })
    }

    /// Returns true for a language it has a voice for.
    pub(super) fn speaks(&self, language: Language) -> bool {
        self.styles.contains_key(&language)
    }

    /// Says in a word which sound it makes: another word, another sound.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Writes a sentence in numbered symbols, in as many runs as it needs: none where nothing of it can be said.
    pub(super) async fn symbols(&self, text: &str, language: Language) -> Result<Vec<Vec<i64>>, String> {
        let mut symbols = String::new();
        for (language, stretch) in by_voice(&harmless(text), language) {
            let part = match language {
                Language::Zh => to_ipa(&stretch),
                Language::En => self.english(&stretch).await?,
            };
            if !symbols.is_empty() && !part.is_empty() {
                symbols.push(' ');
            }
            symbols.push_str(&part);
        }
        Ok(tokens::tokens(&symbols))
    }

    async fn english(&self, text: &str) -> Result<String, String> {
        let clauses = english::clauses(&read_aloud(text, Language::En));
        let lines: Vec<&str> = clauses.iter().map(|(words, _)| words.as_str()).collect();
        let mut sounds = self.sounds.sounds(&lines.join("\n")).await.map_err(|error| error.to_string())?;
        if sounds.len() != lines.len() {
            // It paused where we did not: one after the other, then.
            sounds.clear();
            for line in lines {
                sounds.push(self.sounds.sounds(line).await.map_err(|error| error.to_string())?.join(" "));
            }
        }
        let mut written = String::new();
        for ((_, sign), sounds) in clauses.iter().zip(&sounds) {
            if !written.is_empty() {
                written.push(' ');
            }
            written.push_str(&english::symbols(sounds));
            written.extend(*sign);
        }
        Ok(written)
    }

    /// Speaks a sentence in its numbered symbols: samples at 8 kHz, level and without silence at its ends. `ahead` is how much of the text a
    /// caller has yet to hear before this sentence.
    pub(super) async fn speak(
        &self,
        runs: Vec<Vec<i64>>,
        language: Language,
        speed: u16,
        waits: Waits,
        ahead: Duration,
    ) -> Result<Vec<i16>, String> {
        let patience = match waits {
            Waits::Caller => self.described.patience + ahead,
            Waits::Nobody => self.described.patience_beforehand,
        };
        let spoken = timeout(patience, self.run(runs, language, speed, waits)).await;
        let spoken = spoken.map_err(|_| format!("no speech within {patience:?}"))??;
        let finished = spawn_blocking(move || finish(resample(&to_samples(&spoken), RATE_HZ, 8000))).await;
        let finished = finished.map_err(|error| error.to_string())?;
        if finished.is_empty() { Err("it gave silence".to_owned()) } else { Ok(finished) }
    }

    async fn run(&self, runs: Vec<Vec<i64>>, language: Language, speed: u16, waits: Waits) -> Result<Vec<f32>, String> {
        let style = self.styles.get(&language).ok_or("it has no voice for this language")?;
        let mut spoken = Vec::new();
        for symbols in runs {
            if !spoken.is_empty() {
                spoken.extend([0.0; GAP]);
            }
            let order = Order { style: style.row(symbols.len()).to_vec(), symbols, speed: f32::from(speed.clamp(50, 200)) / 100.0 };
            spoken.extend(self.desk.speak(order, waits).await?);
        }
        Ok(spoken)
    }
}

/// Says which network and voices these are: by the beginning and end of the one and all of the others.
fn version(network: &Path, described: &KokoroVoice, styles: &[Style]) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("{}: cannot be read ({error})", network.display());
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut file = std::fs::File::open(network).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    for from in [0, length.saturating_sub(PART)] {
        file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
        let mut part = Vec::new();
        file.by_ref().take(PART).read_to_end(&mut part).map_err(unreadable)?;
        context.update(&part);
    }
    for style in styles {
        context.update(&style.bytes());
    }
    let digest = context.finish();
    let digest: String = digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("kokoro {length} {digest} {:?} {READING}", described.voices))
}

/// Turns numbers between -1 and 1 into samples; a network that goes beyond is softened as a whole.
fn to_samples(spoken: &[f32]) -> Vec<i16> {
    let peak = spoken.iter().filter(|sample| sample.is_finite()).fold(1.0_f32, |peak, sample| peak.max(sample.abs()));
    // What is no number becomes silence.
    spoken.iter().map(|sample| (sample / peak * 32_767.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_beyond_their_range_are_softened_and_no_number_is_silence() {
        assert_eq!(to_samples(&[0.0, 0.5, -1.0]), [0, 16_383, -32_767]);
        assert_eq!(to_samples(&[2.0, -1.0, f32::NAN]), [32_767, -16_383, 0]);
        assert_eq!(to_samples(&[]), Vec::<i16>::new());
    }
}
