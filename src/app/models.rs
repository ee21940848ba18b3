//! `bellhop models`: which speech models are here and whether they are whole, and public ones to fetch.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use super::cli::{ModelsArgs, ModelsCommand};
use super::manifest::Manifest;
use super::print::{complain, line, progress};
use crate::base::{Clock, Mono};
use crate::engines::{Checked, Present, PullProgress, PullSource, check_model, check_voice, pull, verify};

/// Lists the models of a folder and those that can be pulled, fetches one, or checks one.
///
/// # Errors
/// Where the folder cannot be read, the model is broken, or a pull fails.
pub async fn models(args: ModelsArgs) -> Result<ExitCode> {
    match args.command {
        ModelsCommand::Check { dir } => line(&describe(&dir)?),
        ModelsCommand::List { models, manifest } => list(&models, &Manifest::read(manifest.as_deref())?)?,
        ModelsCommand::Pull { name, models, from, manifest, again } => {
            let model = Manifest::read(manifest.as_deref())?.find(&name)?;
            let from = from.map_or(PullSource::Vendor, PullSource::Elsewhere);
            let present = if again { Present::Replace } else { Present::Keep };
            let mut bar = Bar::new();
            let pulled = pull(&model, &from, &models, present, &mut |at| bar.show(at)).await;
            bar.wipe();
            let pulled = pulled?;
            for (file, sha256, checked) in &pulled.files {
                line(&format!("{file}  {}  sha256 {sha256}", said(checked)));
            }
            if pulled.files.is_empty() {
                line("it is here and whole; --again fetches it anew");
            }
            line(&describe(&pulled.folder)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn said(checked: &Checked) -> &'static str {
    match checked {
        Checked::Manifest => "checksum right (manifest)",
        Checked::Vendor => "size and checksum right (vendor's list)",
        Checked::Record => "the same as at the first pull; no checksum of the vendor known",
        Checked::FirstSeen => "no checksum known: noted in checksums.txt for the next time",
    }
}

fn list(models: &Path, manifest: &Manifest) -> Result<()> {
    let entries = std::fs::read_dir(models).with_context(|| format!("cannot read {}", models.display()))?;
    let is_model = |path: &std::path::PathBuf| {
        let named = |name: &str| manifest.models.iter().any(|entry| entry.name == name);
        path.join("am").is_dir() || (path.is_dir() && path.file_name().and_then(|name| name.to_str()).is_some_and(named))
    };
    let mut folders: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_model).collect();
    folders.sort();
    for folder in folders {
        line(&describe(&folder).unwrap_or_else(|error| format!("{}  broken: {error:#}", folder.display())));
    }
    let missing: Vec<_> = manifest.models.iter().filter(|entry| verify(entry.model().kind, &models.join(&entry.name)).is_err()).collect();
    if !missing.is_empty() {
        line("\nto pull:");
    }
    for entry in missing {
        let (name, language, rate) = (&entry.name, &entry.language, entry.rate_hz);
        line(&format!("{name}  {language}  {rate} Hz  {}  {}  {}", entry.size, entry.licence, entry.about));
    }
    Ok(())
}

fn describe(folder: &Path) -> Result<String> {
    if is_voice(folder) {
        let voice = check_voice(folder)?;
        let (voices, megabytes) = (voice.voices.len(), voice.bytes as f64 / 1e6);
        return Ok(format!("{}  {voices} voices  {megabytes:.1} MB", folder.display()));
    }
    let summary = check_model(folder)?;
    let grammar = if summary.takes_grammar { "takes phrases" } else { "open vocabulary only" };
    Ok(format!(
        "{}  {} Hz  {} words  {:.1} MB  {grammar}",
        folder.display(),
        summary.sample_rate,
        summary.words,
        summary.bytes as f64 / 1_000_000.0
    ))
}

/// Says whether a folder is meant as a voice: it holds a network or voices, and no acoustic model.
fn is_voice(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let is_part = |file: &Path| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("onnx") => true,
            Some("bin") => name.starts_with("voices"),
            _ => false,
        }
    };
    !folder.join("am").is_dir() && entries.map(|entry| entry.path()).any(|file| is_part(&file))
}

/// How far a pull is: a line that moves on a terminal, else a line for every tenth.
struct Bar {
    clock: Clock,
    terminal: bool,
    shown: Option<Mono>,
    tenth: Option<u64>,
    began: Option<(Mono, u64)>,
}

impl Bar {
    const WIDTH: usize = 30;

    fn new() -> Self {
        Self { clock: Clock::start(), terminal: std::io::stderr().is_terminal(), shown: None, tenth: None, began: None }
    }

    fn show(&mut self, at: PullProgress<'_>) {
        let now = self.clock.mono();
        match at {
            PullProgress::Fetching { file, done, whole } => {
                let (began, before) = *self.began.get_or_insert((now, done));
                let last = whole == Some(done);
                if self.terminal {
                    if !last && self.shown.is_some_and(|shown| now - shown < Duration::from_millis(100)) {
                        return;
                    }
                    self.shown = Some(now);
                    let speed = (done.saturating_sub(before)) as f64 / 1e6 / (now - began).as_secs_f64().max(0.1);
                    progress(&format!("{file}  {}  {speed:.1} MB/s", portion(done, whole)));
                } else {
                    let tenth = whole.map(|whole| done * 10 / whole.max(1));
                    if tenth != self.tenth || last {
                        self.tenth = tenth;
                        complain(&format!("{file}  {}", portion(done, whole)));
                    }
                }
                if last {
                    self.began = None;
                }
            }
            PullProgress::Resuming => {
                self.wipe();
                complain("the connection broke; going on where it stopped");
            }
            PullProgress::Unpacking => {
                self.wipe();
                complain("unpacking");
            }
        }
    }

    fn wipe(&mut self) {
        if self.terminal && self.shown.take().is_some() {
            progress("");
        }
    }
}

/// `[=====>    ]  42 %  17.6 of 42.0 MB`, or the megabytes alone.
fn portion(done: u64, whole: Option<u64>) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let Some(whole) = whole.filter(|whole| *whole > 0) else { return format!("{:.1} MB", megabytes(done)) };
    let share = (done as f64 / whole as f64).clamp(0.0, 1.0);
    let filled = (share * Bar::WIDTH as f64) as usize;
    let head = if filled < Bar::WIDTH { ">" } else { "" };
    let rest = Bar::WIDTH - filled - head.len();
    format!(
        "[{}{head}{}]  {} %  {:.1} of {:.1} MB",
        "=".repeat(filled),
        " ".repeat(rest),
        (share * 100.0) as u64,
        megabytes(done),
        megabytes(whole)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows_from_empty_to_full() {
        assert_eq!(portion(0, Some(42_000_000)), "[>                             ]  0 %  0.0 of 42.0 MB");
        assert_eq!(portion(21_000_000, Some(42_000_000)), "[===============>              ]  50 %  21.0 of 42.0 MB");
        assert_eq!(portion(42_000_000, Some(42_000_000)), "[==============================]  100 %  42.0 of 42.0 MB");
        assert_eq!(portion(1_500_000, None), "1.5 MB");
    }
}
