//! `bellhop transcribe`: what is said in WAV files, a JSON line a file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;

use super::cli::TranscribeArgs;
use super::print;
use crate::audio;
use crate::engines::{self, VoskModel};

/// Transcribes each file; one that cannot be read is told on standard error, the others go on, and the exit code says so.
///
/// # Errors
/// Where the model or the phrases cannot be read.
pub fn transcribe(args: &TranscribeArgs) -> Result<ExitCode> {
    let model = VoskModel::load(&args.model)?;
    let phrases = match &args.phrases {
        None => Vec::new(),
        Some(path) => phrases(path)?,
    };
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        match one(&model, file, &phrases) {
            Ok(line) => print::line(&line),
            Err(error) => {
                print::complain(&format!("bellhop: {}: {error:#}", file.display()));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn phrases(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn one(model: &VoskModel, file: &Path, phrases: &[String]) -> Result<String> {
    let clip = audio::read_wav(BufReader::new(File::open(file)?))?;
    let heard = engines::transcribe(model, &clip.samples, clip.rate_hz, phrases).map_err(anyhow::Error::msg)?;
    let seconds = |time: std::time::Duration| (time.as_secs_f64() * 1000.0).round() / 1000.0;
    let words: Vec<_> = heard
        .words
        .iter()
        .map(|word| {
            let conf = (f64::from(word.confidence) * 1000.0).round() / 1000.0;
            json!({"word": word.text, "start": seconds(word.start), "end": seconds(word.end), "conf": conf})
        })
        .collect();
    let rtf = (heard.rtf * 10_000.0).round() / 10_000.0;
    Ok(json!({"file": file.display().to_string(), "text": heard.text, "words": words, "rtf": rtf}).to_string())
}
