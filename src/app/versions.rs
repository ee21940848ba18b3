//! Every dialplan that was ever in force, kept below the data folder: `dialplans/NAME/HASH/` with its files, and when each came into force.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::fmt::replace;
use crate::base::{Clock, Wall};
use crate::dialplan::Dialplan;

/// A version and when it came into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The content hash, as it stands in the records of calls.
    pub hash: String,
    /// The hotline's name.
    pub name: String,
    /// Where its files stand: the dialplan first, then what it includes.
    pub files: Vec<PathBuf>,
}

/// Where versions are kept.
#[derive(Clone, Debug)]
pub struct Versions {
    folder: PathBuf,
}

impl Versions {
    /// Uses this data folder.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join("dialplans") }
    }

    /// Keeps a dialplan that has come into force, unless it is the one that was in force last.
    ///
    /// # Errors
    /// Where the data folder cannot be written.
    pub fn keep(&self, plan: &Dialplan, files: &[(PathBuf, Vec<u8>)], at: Wall) -> Result<()> {
        let Some((main, _)) = files.first() else { return Ok(()) };
        let name = stem(main);
        if self.history(&name)?.last().is_some_and(|last| last.hash == plan.hash) {
            return Ok(());
        }
        let folder = self.folder.join(&name).join(&plan.hash);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (file, bytes) in files {
            let copy = folder.join(beside(main, file));
            if let Some(parent) = copy.parent() {
                std::fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
            }
            replace(&copy, bytes)?;
        }
        let files = files.iter().map(|(file, _)| std::path::absolute(file).unwrap_or_else(|_| file.clone())).collect();
        let version = Version { at: at.millis(), hash: plan.hash.clone(), name: plan.name.clone(), files };
        let line = serde_json::to_string(&version).context("writing a version down")?;
        let list = self.list(&name);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&list)
            .with_context(|| format!("cannot write {}", list.display()))?;
        writeln!(file, "{line}").and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", list.display()))
    }

    /// Returns the names of the dialplans that have versions.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter(|name| self.list(name).is_file())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Returns the versions of a dialplan, the oldest first. A line that cannot be read (the disk was full) is left out.
    ///
    /// # Errors
    /// Where the list cannot be read.
    pub fn history(&self, name: &str) -> Result<Vec<Version>> {
        let list = self.list(name);
        if !list.is_file() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Finds a version by the first characters of its hash.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub fn find(&self, name: &str, hash: &str) -> Result<Version> {
        let mut found: Vec<Version> = self.history(name)?.into_iter().filter(|one| one.hash.starts_with(hash)).collect();
        found.sort_by(|a, b| a.hash.cmp(&b.hash).then(b.at.cmp(&a.at)));
        found.dedup_by(|a, b| a.hash == b.hash);
        match found.len() {
            0 => bail!("{name} has no version {hash}: `bellhop dialplans history {name}` shows what there is"),
            1 => Ok(found.remove(0)),
            _ => bail!("more than one version of {name} begins with {hash}"),
        }
    }

    /// Finds a version of any dialplan by its whole hash.
    #[must_use]
    pub fn anywhere(&self, hash: &str) -> Option<(String, Version)> {
        let names = self.names().ok()?;
        names.into_iter().find_map(|name| {
            let version = self.history(&name).ok()?.into_iter().rev().find(|one| one.hash == hash)?;
            Some((name, version))
        })
    }

    /// Where the kept copy of a version's dialplan stands.
    #[must_use]
    pub fn copy(&self, name: &str, version: &Version) -> PathBuf {
        let main = version.files.first().and_then(|file| file.file_name()).unwrap_or_default();
        self.folder.join(name).join(&version.hash).join(main)
    }

    /// Writes a version back to where it stood: each file at once, what it includes first.
    ///
    /// # Errors
    /// Where the kept copy cannot be read or the place cannot be written.
    pub fn restore(&self, name: &str, version: &Version) -> Result<()> {
        let folder = self.folder.join(name).join(&version.hash);
        let mut bytes = Vec::new();
        for file in &version.files {
            let copy = folder.join(version.files.first().map_or_else(PathBuf::new, |main| beside(main, file)));
            bytes.push((file, std::fs::read(&copy).with_context(|| format!("cannot read {}", copy.display()))?));
        }
        bytes.iter().rev().try_for_each(|(file, bytes)| replace(file, bytes))
    }

    fn list(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("history.jsonl")
    }
}

/// Keeps every dialplan that has come into force; what cannot be kept is logged and changes nothing else.
pub fn keep_all<'p>(data: &Path, plans: impl Iterator<Item = &'p Dialplan>) {
    let versions = Versions::below(data);
    let at = Clock::start().wall();
    for plan in plans {
        // A file may have been saved again since it was read: what is kept then is the newer one, and it is kept once more when it is in force.
        let read = |file: &String| std::fs::read(file).map(|bytes| (PathBuf::from(file), bytes));
        let files = plan.files.iter().map(|(_, file)| read(file)).collect::<Result<Vec<_>, _>>();
        let kept = match files {
            _ if plan.files.len() <= 1 => versions.keep(plan, &[(PathBuf::from(&plan.file), plan.source.as_bytes().to_vec())], at),
            Ok(files) => versions.keep(plan, &files, at),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = kept {
            tracing::warn!(file = plan.file, "this version of the dialplan is not kept: {error:#}");
        }
    }
}

/// Where a file stands beside the dialplan: its name, below the folder of questions and answers where it is in one.
fn beside(main: &Path, file: &Path) -> PathBuf {
    let below = main.parent().and_then(|folder| file.strip_prefix(folder).ok());
    let plain = below.filter(|path| path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
    plain.map_or_else(|| PathBuf::from(file.file_name().unwrap_or_default()), Path::to_path_buf)
}

/// The name under which a file's versions are kept.
fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(versions: &Versions, file: &Path, text: &str, at: i64) -> String {
        let plan = Dialplan::load(&file.display().to_string(), text, &|_| None).unwrap();
        std::fs::write(file, text).unwrap();
        versions.keep(&plan, &[(file.to_path_buf(), text.as_bytes().to_vec())], Wall::from_millis(at)).unwrap();
        plan.hash
    }

    #[test]
    fn each_version_in_force_is_kept_once_and_comes_back_whole() {
        let folder = tempfile::TempDir::new().unwrap();
        let versions = Versions::below(&folder.path().join("data"));
        let file = folder.path().join("shop.yaml");
        let first = version(&versions, &file, "dialplan: 1\nname: 一\nnumbers: [\"1\"]\n", 1);
        assert_eq!(version(&versions, &file, "dialplan: 1\nname: 一\nnumbers: [\"1\"]\n", 2), first);
        let second = version(&versions, &file, "dialplan: 1\nname: 二\nnumbers: [\"1\"]\n", 3);
        assert_eq!(versions.names().unwrap(), ["shop"]);
        let history = versions.history("shop").unwrap();
        assert_eq!(history.iter().map(|one| (one.at, one.hash.as_str())).collect::<Vec<_>>(), [(1, first.as_str()), (3, second.as_str())]);
        let old = versions.find("shop", &first[..6]).unwrap();
        versions.restore("shop", &old).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().contains("name: 一"));
        // In force again, it is a new line of the history.
        version(&versions, &file, "dialplan: 1\nname: 一\nnumbers: [\"1\"]\n", 4);
        assert_eq!(versions.history("shop").unwrap().len(), 3);
        assert_eq!(versions.find("shop", &first).unwrap().at, 4);
        assert!(versions.find("shop", "zz").is_err() && versions.find("other", &first).is_err());
        assert_eq!(versions.anywhere(&second).map(|(name, _)| name).as_deref(), Some("shop"));
    }

    #[test]
    fn a_damaged_line_of_the_history_hides_no_other() {
        let folder = tempfile::TempDir::new().unwrap();
        let versions = Versions::below(folder.path());
        let file = folder.path().join("shop.yaml");
        version(&versions, &file, "dialplan: 1\nnumbers: [\"1\"]\n", 1);
        let list = versions.list("shop");
        let text = std::fs::read_to_string(&list).unwrap();
        std::fs::write(&list, format!("{{\"at\": 1,\n{text}")).unwrap();
        assert_eq!(versions.history("shop").unwrap().len(), 1);
    }
}
