//! `bellhop check`: every fault of every dialplan at once.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::cli::{CheckArgs, Format};
use super::gateway::dialplan_files;
use super::print::{self, complain};
use crate::base::{Clock, Language};
use crate::dialplan::{Diagnostic, Dialplan, Severity};
use crate::engines::VoskModel;
use crate::lint;

/// Checks files and folders; the exit code is 1 when one has an error.
///
/// # Errors
/// Where a path cannot be read or holds no dialplan.
pub fn check(args: &CheckArgs) -> Result<ExitCode> {
    let model = args.model.is_dir().then(|| VoskModel::load(&args.model)).transpose()?;
    let heard = model.as_ref().map(|model| move |phrase: &str| model.unheard(&[phrase.to_owned()]).is_empty());
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut files = 0;
    let today = match &args.on {
        Some(day) => Some(day.parse::<jiff::civil::Date>().with_context(|| format!("--on {day} is no date as 2026-11-21"))?),
        None => jiff::Timestamp::from_millisecond(Clock::start().wall().millis())
            .ok()
            .map(|now| now.to_zoned(jiff::tz::TimeZone::system()).date()),
    };
    for path in &args.paths {
        let found = dialplan_files(path)?;
        if found.is_empty() {
            bail!("{} holds no dialplan (*.yaml)", path.display());
        }
        for file in found {
            files += 1;
            match read_plan(&file)? {
                Err(found) => diagnostics.extend(found),
                Ok(plan) => {
                    diagnostics.extend(super::sounds::sounds(&plan).missing);
                    diagnostics.extend(lint::lint_on(&plan, heard.as_ref().map(|heard| heard as &dyn Fn(&str) -> bool), today));
                    diagnostics.extend(plan.warnings);
                }
            }
        }
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    match args.format {
        Format::Json => {
            let all: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.json(args.lang)).collect();
            print::line(&serde_json::to_string(&all)?);
        }
        Format::Human => {
            for diagnostic in &diagnostics {
                print::line(diagnostic.human(args.lang).trim_end());
                print::line("");
            }
            print::line(&format!("{files} dialplan(s): {errors} error(s), {} warning(s)", diagnostics.len() - errors));
        }
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a dialplan to look at its text, wherever it will run: a variable that only the server has is no fault here.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn read_plan(file: &Path) -> Result<Result<Dialplan, Vec<Diagnostic>>> {
    read_plan_with(file, &|name| Some(std::env::var(name).unwrap_or_else(|_| format!("http://{}.invalid", name.to_lowercase()))))
}

/// Returns the dialplan that was read, or prints what is wrong with it.
pub(super) fn or_complain(read: Result<Dialplan, Vec<Diagnostic>>, lang: Language) -> Option<Dialplan> {
    read.inspect_err(|found| {
        for one in found {
            complain(&one.human(lang));
        }
    })
    .ok()
}

/// Reads files beside a dialplan, for what it includes; a name that ends in `/` is a folder, whose files' names come back, one a line.
pub(super) fn beside(file: &Path) -> impl Fn(&str) -> Option<Vec<u8>> {
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    move |name| {
        let path = folder.join(name);
        if !name.ends_with('/') {
            return std::fs::read(path).ok();
        }
        let entries = std::fs::read_dir(path).ok()?;
        let names = entries.filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file()));
        Some(names.map(|entry| format!("{}\n", entry.file_name().to_string_lossy())).collect::<String>().into_bytes())
    }
}

/// Reads a dialplan with these environment variables.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn read_plan_with(file: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Result<Dialplan, Vec<Diagnostic>>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Dialplan::load_bytes_including(&file.display().to_string(), &bytes, variable, &beside(file)))
}
