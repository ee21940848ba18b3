//! Who speaks, as the configuration says; and `bellhop say`, which lets one hear it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::sync::mpsc;

use super::cli::SayArgs;
use super::config::{Config, Overrides, VoiceConfig};
use super::print::line;
use crate::audio::{Frame8k, WavWriter, level_dbfs};
use crate::base::{Clock, Mono, Pii};
use crate::engines::{PromptCache, Voice, Voices};
use crate::speech::Wording;

/// Sentences that may be ready before they are looked at.
const AHEAD: usize = 64;

/// Finds espeak-ng, and the voice that is to speak before it.
///
/// # Errors
/// What is missing or broken, with the key of the configuration that names it.
pub(super) async fn voices(config: &VoiceConfig) -> Result<Voices> {
    let here = Voice::find().await?;
    if let Some(kokoro) = config.kokoro() {
        return Voices::kokoro(kokoro, here).await.map_err(|error| anyhow::anyhow!("voice.engine: kokoro: {error}"));
    }
    let key = std::env::var("BELLHOP_VOICE_KEY").ok().filter(|key| !key.is_empty()).map(Pii::new);
    match config.remote(key) {
        None => Ok(Voices::from(here)),
        Some(remote) => Voices::elsewhere(remote, here).map_err(|error| anyhow::anyhow!("voice.server: {error}")),
    }
}

/// Speaks a text into a file, and says how long that took.
///
/// # Errors
/// Where the voice cannot speak, or the file cannot be written.
pub async fn say(args: SayArgs) -> Result<ExitCode> {
    let config = Config::load(args.config.as_deref(), Overrides::default())?;
    let cache = PromptCache::new(voices(&config.voice).await?, 1 << 26);
    let wording = Wording { text: args.text.as_str().into(), language: args.lang, speed: args.speed };
    let (tell, mut so_far) = mpsc::channel(AHEAD);
    let clock = Clock::start();
    let (begin, mut first): (Mono, Option<Mono>) = (clock.mono(), None);
    let told = async {
        while so_far.recv().await.is_some() {
            first.get_or_insert(clock.mono());
        }
    };
    let (speech, ()) = tokio::join!(cache.synthesise_telling(wording, tell), told);
    let speech = speech?;
    let end = clock.mono();
    if speech.is_empty() {
        bail!("there is nothing in this text that can be said");
    }
    write(&args.out, &speech).with_context(|| format!("cannot write {}", args.out.display()))?;
    let counted = cache.voices().counters();
    // What was not spoken as it was meant espeak-ng has spoken, in part at least.
    let as_meant = counted.failures == 0 && counted.sentences > 0;
    line(
        &json!({
            "file": args.out,
            "voice": if as_meant { cache.voices().name() } else { "espeak-ng" },
            "seconds": speech.len() as f64 / 8000.0,
            "level_dbfs": (f64::from(level_dbfs(&speech)) * 10.0).round() / 10.0,
            "first_ms": (first.unwrap_or(end) - begin).as_millis(),
            "whole_ms": (end - begin).as_millis(),
        })
        .to_string(),
    );
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, speech: &[i16]) -> std::io::Result<()> {
    let mut writer = WavWriter::mono(BufWriter::new(File::create(path)?))?;
    for chunk in speech.chunks(160) {
        let mut frame = Frame8k::SILENCE;
        frame.0[..chunk.len()].copy_from_slice(chunk);
        writer.write(&frame)?;
    }
    writer.finish()?.flush()
}
