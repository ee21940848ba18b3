//! ZIP archives into folders, and nowhere else.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;

use super::PullError;

/// An archive that claims to grow more than this is no model: theirs grow to about twice their size.
const MOST_GROWTH: u64 = 50;
/// What a small archive may grow to in any case.
const SMALL: u64 = 64 << 20;
/// Entries of an archive; models have a few dozen.
const MOST_ENTRIES: usize = 10_000;

/// Unpacks an archive; an entry that would land outside, a link, or a bomb is refused before anything is written.
pub(super) fn unpack(name: &str, archive: &Path, into: &Path) -> Result<(), PullError> {
    let refused = |reason: String| PullError::Archive { file: name.to_owned(), reason };
    let file = File::open(archive).map_err(|error| PullError::disk(archive, error))?;
    let length = file.metadata().map_err(|error| PullError::disk(archive, error))?.len();
    let mut zip = ZipArchive::new(io::BufReader::new(file)).map_err(|error| refused(no_archive(&error)))?;
    if zip.len() > MOST_ENTRIES {
        return Err(refused(format!("holds {} entries, which no model does", zip.len())));
    }
    let mut whole: u64 = 0;
    let mut places = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|error| refused(format!("is broken ({error})")))?;
        let shown = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_symlink() {
            return Err(refused(format!("holds a link ({shown:?})")));
        }
        places.push(inside(&shown).ok_or_else(|| refused(format!("holds the path {shown:?}, which leads out of its folder")))?);
        whole = whole.saturating_add(entry.size());
    }
    if whole > length.saturating_mul(MOST_GROWTH).max(SMALL) {
        return Err(refused(format!("says it unpacks to {} MB, far more than a model of its size", whole / 1_000_000)));
    }
    for (index, place) in places.iter().enumerate() {
        let entry = zip.by_index(index).map_err(|error| refused(format!("is broken ({error})")))?;
        let path = into.join(place);
        let disk = |error| PullError::disk(&path, error);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(disk)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(disk)?;
        }
        let size = entry.size();
        let mut target = File::create(&path).map_err(disk)?;
        let copied = copy(&mut entry.take(size.saturating_add(1)), &mut target);
        match copied {
            Ok(count) if count == size => {}
            Ok(_) => return Err(refused(format!("{} has not the size that the archive says", place.display()))),
            Err(Trouble::Reading(error)) => return Err(refused(format!("{} is broken ({error})", place.display()))),
            Err(Trouble::Writing(error)) => return Err(disk(error)),
        }
    }
    Ok(())
}

enum Trouble {
    Reading(io::Error),
    Writing(io::Error),
}

/// Copies, and tells a broken archive from a full disk.
fn copy(from: &mut impl Read, to: &mut File) -> Result<u64, Trouble> {
    let (mut buffer, mut whole) = (vec![0; 1 << 16], 0);
    loop {
        let count = from.read(&mut buffer).map_err(Trouble::Reading)?;
        if count == 0 {
            return Ok(whole);
        }
        io::Write::write_all(to, &buffer[..count]).map_err(Trouble::Writing)?;
        whole += count as u64;
    }
}

/// Returns the entry's place below the folder, or nothing where it would be elsewhere.
fn inside(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['\\', '\0', ':']) {
        return None;
    }
    let mut place = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    Some(place)
}

/// Returns the folder that holds the model: the archive's only folder, or where it was unpacked.
pub(super) fn root(unpacked: &Path) -> io::Result<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(unpacked)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    match entries.as_slice() {
        [only] if only.is_dir() && !only.ends_with("am") => Ok(only.clone()),
        _ => Ok(unpacked.to_owned()),
    }
}

fn no_archive(error: &zip::result::ZipError) -> String {
    format!("is no whole ZIP archive ({error}); was it cut off, or is it a page for people?")
}
