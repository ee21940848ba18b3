//! `bellhop dialplans`: the versions that were in force, and the way back to one.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::calls::local;
use super::check::read_plan;
use super::cli::{DialplansArgs, DialplansCommand};
use super::print::{complain, line};
use super::versions::{Version, Versions};
use crate::base::{Language, Wall};

/// Lists versions, shows one, or goes back to one.
///
/// # Errors
/// Where there is no such version, or a file cannot be read or written.
pub fn dialplans(args: &DialplansArgs) -> Result<ExitCode> {
    match &args.command {
        DialplansCommand::History { name, data, json } => {
            let versions = Versions::below(data);
            let names = match name {
                Some(name) => vec![name.clone()],
                None => versions.names()?,
            };
            if names.is_empty() {
                line(&format!("no versions yet in {}: `bellhop serve` keeps each dialplan that comes into force", data.display()));
            }
            for name in names {
                let history = versions.history(&name)?;
                if history.is_empty() {
                    bail!("{name} has no versions in {}", data.display());
                }
                for (at, version) in history.iter().enumerate().rev() {
                    let before = at.checked_sub(1).and_then(|before| history.get(before));
                    if *json {
                        line(&serde_json::to_string(&serde_json::json!({"dialplan": name, "version": version}))?);
                    } else {
                        line(&row(&versions, &name, version, before, at + 1 == history.len()));
                    }
                }
            }
        }
        DialplansCommand::Show { name, hash, data } => {
            let versions = Versions::below(data);
            let version = versions.find(name, hash)?;
            let copy = versions.copy(name, &version);
            line(std::fs::read_to_string(&copy).with_context(|| format!("cannot read {}", copy.display()))?.trim_end());
        }
        DialplansCommand::Rollback { name, hash, data } => {
            let versions = Versions::below(data);
            let version = versions.find(name, hash)?;
            if let Err(found) = read_plan(&versions.copy(name, &version))? {
                for one in &found {
                    complain(&one.human(Language::Zh));
                }
                bail!("version {} is not right for this bellhop; nothing was changed", version.hash);
            }
            versions.restore(name, &version)?;
            let files: Vec<String> = version.files.iter().map(|file| file.display().to_string()).collect();
            line(&format!("{} is version {} again: a running bellhop takes it for the next call", files.join(", "), version.hash));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(versions: &Versions, name: &str, version: &Version, before: Option<&Version>, is_last: bool) -> String {
    let text = |version: &Version| std::fs::read_to_string(versions.copy(name, version)).unwrap_or_default();
    let change = before.map_or_else(|| "first".to_owned(), |before| changed(&text(before), &text(version)));
    let mark = if is_last { "*" } else { " " };
    format!("{mark} {}  {}  {name}  {}  {change}", local(Wall::from_millis(version.at)), version.hash, version.name)
}

/// How many lines came and went.
fn changed(before: &str, after: &str) -> String {
    let count = |one: &str, other: &str| {
        let mut left: Vec<&str> = other.lines().collect();
        one.lines()
            .filter(|line| match left.iter().position(|known| known == line) {
                Some(at) => {
                    left.swap_remove(at);
                    false
                }
                None => true,
            })
            .count()
    };
    format!("+{} -{} lines", count(after, before), count(before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_counted() {
        assert_eq!(changed("a\nb\nc\n", "a\nx\nc\nd\n"), "+2 -1 lines");
        assert_eq!(changed("a\n", "a\n"), "+0 -0 lines");
    }
}
