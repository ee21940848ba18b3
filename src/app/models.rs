//! `bellhop models`: which speech models are here and whether they are whole.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::cli::{ModelsArgs, ModelsCommand};
use super::print::line;
use crate::engines::check_model;

/// Lists the models of a folder, or checks one.
///
/// # Errors
/// Where the folder cannot be read or the model is broken.
pub fn models(args: ModelsArgs) -> Result<ExitCode> {
    match args.command {
        ModelsCommand::Check { dir } => line(&describe(&dir)?),
        ModelsCommand::List { models } => {
            let entries = std::fs::read_dir(&models).with_context(|| format!("cannot read {}", models.display()))?;
            let mut folders: Vec<_> =
                entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.join("am").is_dir()).collect();
            folders.sort();
            for folder in folders {
                line(&describe(&folder).unwrap_or_else(|error| format!("{}  broken: {error:#}", folder.display())));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(folder: &Path) -> Result<String> {
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
