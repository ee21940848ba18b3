//! Files that can be made again, kept so that a start need not: bounded, private, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest::{Context, SHA256};

use crate::base::Clock;

/// A folder of such files; the longest unused make room.
#[derive(Clone, Debug)]
pub struct KeptFiles {
    folder: PathBuf,
    most_bytes: u64,
    clock: Clock,
}

impl KeptFiles {
    /// A folder, made when it is first written to, whose files take at most so many bytes together.
    pub fn new(folder: PathBuf, most_bytes: u64) -> Self {
        Self { folder, most_bytes, clock: Clock::start() }
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many bytes they take together at most.
    pub fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// The file that belongs to all these parts, which cannot be read from its name.
    pub fn file<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>, extension: &str) -> PathBuf {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let name = digest.finish().as_ref()[..16].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        self.folder.join(name).with_extension(extension)
    }

    /// Opens a file, if it is there, and notes that it was used now.
    pub fn open(&self, path: &Path) -> Option<File> {
        let file = File::open(path).ok()?;
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.wall().millis().max(0).cast_unsigned());
        // A folder that cannot be written still serves; its files only count as older than they are.
        let _ = file.set_modified(now);
        Some(file)
    }

    /// Throws a broken file away.
    pub fn throw_away(&self, path: &Path) {
        // One that is gone or cannot be removed is found broken again next time.
        let _ = fs::remove_file(path);
    }

    /// Writes a file that only its owner reads; what was there before stays until the new one is whole.
    ///
    /// # Errors
    ///
    /// What `write` or the file system says.
    pub fn put(&self, path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let fresh = path.with_extension("new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        fs::rename(&fresh, path)?;
        self.make_room(path)
    }

    fn make_room(&self, newest: &Path) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)?.filter_map(Result::ok) {
            let metadata = entry.metadata()?;
            if metadata.is_file() {
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
        files.sort();
        for (_, length, path) in files {
            if bytes <= self.most_bytes {
                break;
            }
            if path != newest {
                fs::remove_file(&path)?;
                bytes -= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_longest_unused_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = KeptFiles::new(folder.path().join("kept"), 1000);
        let file = |name: &str| kept.file([name.as_bytes()], "kept");
        for (age, name) in ["a", "b", "c"].into_iter().enumerate() {
            kept.put(&file(name), |writer| writer.write_all(&[0; 333])).expect("put");
            File::open(file(name)).expect("there").set_modified(UNIX_EPOCH + Duration::from_secs(1_000 + age as u64)).expect("set");
        }
        assert!(kept.open(&file("a")).is_some(), "used just now");
        kept.put(&file("d"), |writer| writer.write_all(&[0; 333])).expect("put");
        assert_eq!(["a", "b", "c", "d"].map(|name| file(name).exists()), [true, false, true, true]);
        assert_eq!(fs::metadata(file("a")).expect("there").permissions().mode() & 0o077, 0, "only its owner reads it");
    }

    #[test]
    fn what_fails_midway_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = KeptFiles::new(folder.path().into(), 1000);
        let path = kept.file([&b"a"[..]], "kept");
        kept.put(&path, |writer| writer.write_all(b"whole")).expect("put");
        kept.put(&path, |writer| {
            writer.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        })
        .expect_err("told");
        assert_eq!(fs::read(&path).expect("there"), b"whole");
    }

    #[test]
    fn parts_are_told_apart_wherever_they_end() {
        let kept = KeptFiles::new(PathBuf::from("kept"), 1000);
        assert_ne!(kept.file([&b"ab"[..], b"c"], "kept"), kept.file([&b"a"[..], b"bc"], "kept"));
    }
}
