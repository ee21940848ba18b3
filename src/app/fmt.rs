//! `bellhop fmt`: dialplans and scripted calls in canonical order, indentation and quotes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::cli::FmtArgs;
use super::print::{complain, line};
use crate::dialplan;

/// Formats files and folders; with `--check` nothing is written, and the exit code is 1 when something would be.
///
/// # Errors
/// Where a path cannot be read or written.
pub fn fmt(args: &FmtArgs) -> Result<ExitCode> {
    let (mut changed, mut broken, mut files) = (0, 0, 0);
    for path in &args.paths {
        for file in files_of(path)? {
            files += 1;
            let name = file.display().to_string();
            let text = std::fs::read(&file).with_context(|| format!("cannot read {name}"))?;
            let Ok(text) = String::from_utf8(text) else {
                broken += 1;
                complain(&format!("{name} is not UTF-8: bellhop check {name} says more"));
                continue;
            };
            match dialplan::format(&name, &text) {
                Ok(formatted) if formatted == text => {}
                Ok(formatted) => {
                    changed += 1;
                    line(&name);
                    if !args.check {
                        replace(&file, formatted.as_bytes())?;
                    }
                }
                Err(found) => {
                    broken += 1;
                    for one in &found {
                        complain(&one.human(args.lang));
                    }
                }
            }
        }
    }
    if files == 0 {
        bail!("no *.yaml there");
    }
    Ok(if broken > 0 || (args.check && changed > 0) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Replaces a file at once: whoever reads it sees the old or the new one, never half.
///
/// # Errors
/// Where the folder cannot be written.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("dialplan");
    // Hidden, so that a running hotline does not read it.
    let beside = file.with_file_name(format!(".{name}.new"));
    let written = std::fs::File::create(&beside).and_then(|mut new| {
        new.write_all(bytes)?;
        new.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, file)).with_context(|| format!("cannot write {}", file.display()))
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_yaml = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
        is_yaml && !name.starts_with('.')
    });
    files.sort();
    Ok(files)
}
