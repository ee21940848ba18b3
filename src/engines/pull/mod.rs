//! Fetches public models: download with resume, checksums, unpacking, and a folder that is there whole or not at all.
//! Knows no manifest file and no terminal: what there is to fetch comes as values, and progress goes to a callback.

mod checksums;
mod error;
mod fetch;
#[cfg(test)]
mod tests;
mod unpack;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub use checksums::Checked;
pub use error::PullError;

use super::kokoro::check_voice;
use super::model::{ModelError, check_model};
use checksums::{Digests, Records};

/// A public model and where its files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicModel {
    /// Its name, which becomes its folder's.
    pub name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Its files.
    pub files: Vec<PublicFile>,
    /// The vendor's list of checksums: a JSON array of objects with `name`, `size` and `md5`.
    pub list: Option<String>,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// Hears: a Vosk model, one ZIP archive.
    Recogniser,
    /// Speaks: Kokoro's network and voices, as they are.
    Voice,
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// Its vendor's address.
    pub url: String,
    /// Its SHA-256 in hex, where it is known for sure.
    pub sha256: Option<String>,
}

/// Where files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullSource {
    /// From their vendor.
    Vendor,
    /// From another place that has files of the same names: a base URL, or a folder of this machine.
    Elsewhere(String),
}

/// How far a pull has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullProgress<'a> {
    /// A file comes in; the whole is known where its sender says it.
    Fetching {
        /// The file's name.
        file: &'a str,
        /// Bytes that are here.
        done: u64,
        /// Bytes that it has.
        whole: Option<u64>,
    },
    /// The connection broke and is taken up again.
    Resuming,
    /// The archive is unpacked.
    Unpacking,
}

/// What a pull has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The model's folder.
    pub folder: PathBuf,
    /// The files fetched, with their SHA-256 and by what they were checked. Empty when the model was there already.
    pub files: Vec<(String, String, Checked)>,
}

/// What to do about a whole model that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// It will do.
    Keep,
    /// It is fetched again and replaced.
    Replace,
}

/// The folder of what is not yet done, beside the models so that a rename puts the result in place.
const STAGING: &str = ".pull";

/// Fetches a model into `models/NAME`. What came before an interruption is kept and gone on with the next time; a folder of that name is
/// there only once every file was checked. Unpacking blocks the task: this is for the command line.
///
/// # Errors
///
/// What went wrong and what to do, see [`PullError`]. A model that was there stays as it was.
pub async fn pull(
    model: &PublicModel,
    from: &PullSource,
    models: &Path,
    present: Present,
    progress: &mut (dyn FnMut(PullProgress<'_>) + Send),
) -> Result<Pulled, PullError> {
    let folder = models.join(&model.name);
    if present == Present::Keep && verify(model.kind, &folder).is_ok() {
        return Ok(Pulled { folder, files: Vec::new() });
    }
    let staging = models.join(STAGING);
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| PullError::disk(&path, error)
    };
    fs::create_dir_all(&staging).map_err(disk(&staging))?;
    let lock_file = staging.join(format!("{}.lock", model.name));
    let lock = File::create(&lock_file).map_err(disk(&lock_file))?;
    if lock.try_lock().is_err() {
        return Err(PullError::Busy(model.name.clone()));
    }
    let pulled = fetch_and_install(model, from, models, progress).await;
    drop(lock);
    let _ = fs::remove_file(&lock_file);
    // Stays where something is kept in it, or another pull is under way.
    let _ = fs::remove_dir(&staging);
    pulled
}

async fn fetch_and_install(
    model: &PublicModel,
    from: &PullSource,
    models: &Path,
    progress: &mut (dyn FnMut(PullProgress<'_>) + Send),
) -> Result<Pulled, PullError> {
    let (folder, staging) = (models.join(&model.name), models.join(STAGING));
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| PullError::disk(&path, error)
    };
    let mut records = Records::read(models);
    let vendor = checksums::vendor(model, from).await;
    let mut fetched = Vec::new();
    for file in &model.files {
        let name = fetch::file_name(&file.url)?;
        let part = staging.join(format!("{name}.part"));
        let place = fetch::place(&file.url, name, from);
        fetch::fetch(&place, name, &part, progress).await?;
        let digests = Digests::of(&part).map_err(disk(&part))?;
        let checked = match checksums::check(name, file, vendor.as_ref(), &records, &digests) {
            Ok(checked) => checked,
            Err(error) => {
                // Going on with it would fail the same way for ever.
                fetch::forget(&part);
                return Err(error);
            }
        };
        records.note(name, &digests.sha256);
        fetched.push((name.to_owned(), part, digests.sha256, checked));
    }
    let unpacked = staging.join(&model.name);
    clear(&unpacked).map_err(disk(&unpacked))?;
    fs::create_dir_all(&unpacked).map_err(disk(&unpacked))?;
    let made = assemble(model, &fetched, &unpacked, progress);
    let installed = match made {
        Ok(root) => install(&root, &folder, &staging).map_err(disk(&folder)),
        Err(error) => {
            if matches!(error, PullError::Archive { .. } | PullError::Model(_)) {
                forget(&fetched);
            }
            Err(error)
        }
    };
    // What is left of the work is in nobody's way; the next pull clears it first.
    let _ = clear(&unpacked);
    installed?;
    records.write().map_err(disk(models))?;
    forget(&fetched);
    Ok(Pulled { folder, files: fetched.into_iter().map(|(name, _, sha256, checked)| (name, sha256, checked)).collect() })
}

/// Says whether a model's folder is whole.
///
/// # Errors
///
/// The first file that is missing or broken.
pub fn verify(kind: ModelKind, folder: &Path) -> Result<(), ModelError> {
    match kind {
        ModelKind::Recogniser => check_model(folder).map(drop),
        ModelKind::Voice => check_voice(folder).map(drop),
    }
}

/// Makes the model's folder of the fetched files, and checks it; returns where it is.
fn assemble(
    model: &PublicModel,
    fetched: &[(String, PathBuf, String, Checked)],
    into: &Path,
    progress: &mut (dyn FnMut(PullProgress<'_>) + Send),
) -> Result<PathBuf, PullError> {
    progress(PullProgress::Unpacking);
    let mut root = into.to_owned();
    for (name, part, ..) in fetched {
        if Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
            unpack::unpack(name, part, into)?;
            root = unpack::root(into).map_err(|error| PullError::disk(into, error))?;
        } else {
            let whole = into.join(name);
            // A copy where the file system knows no second name: the part is needed if the rest fails.
            fs::hard_link(part, &whole).or_else(|_| fs::copy(part, &whole).map(drop)).map_err(|error| PullError::disk(&whole, error))?;
        }
    }
    verify(model.kind, &root)?;
    Ok(root)
}

/// Throws the fetched files away: they are wrong, or in their place.
fn forget(fetched: &[(String, PathBuf, String, Checked)]) {
    for (_, part, ..) in fetched {
        fetch::forget(part);
    }
}

/// Puts a finished folder in its place; the one that was there comes back if that fails.
fn install(finished: &Path, folder: &Path, staging: &Path) -> std::io::Result<()> {
    let old = staging.join(format!("{}.old", folder.file_name().unwrap_or_default().to_string_lossy()));
    clear(&old)?;
    let replaced = folder.exists();
    if replaced {
        fs::rename(folder, &old)?;
    }
    if let Err(error) = fs::rename(finished, folder) {
        if replaced {
            fs::rename(&old, folder)?;
        }
        return Err(error);
    }
    clear(&old)
}

fn clear(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
