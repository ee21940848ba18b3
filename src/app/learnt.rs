//! What was learnt from examples, on disk: a start with examples that are known does not learn anew.
//! A file is that of its examples and of this very program, or it is not looked at; whatever is wrong with one, it is learnt again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest::{Context, SHA256};
use tracing::{debug, info, warn};

use crate::base::Clock;
use crate::intent::{Example, Matcher};

/// All files together; the longest unused make room. A matcher that takes more than half of it is not kept.
const MOST_BYTES: u64 = 512 << 20;

/// A folder of what was learnt.
pub(super) struct LearntShelf {
    folder: PathBuf,
    most_bytes: u64,
    version: &'static str,
    clock: Clock,
}

impl LearntShelf {
    /// The shelf of a data folder.
    pub(super) fn below(data: &Path) -> Self {
        Self { folder: data.join("learnt"), most_bytes: MOST_BYTES, version: env!("BELLHOP_LEARNS_AS"), clock: Clock::start() }
    }

    /// Takes what was learnt from these examples before, or learns from them.
    pub(super) fn matcher(&self, examples: &[Example]) -> Matcher {
        let path = self.file(examples);
        let began = self.clock.mono();
        if let Some(matcher) = self.take(&path, examples) {
            info!(
                examples = examples.len(),
                took_ms = self.clock.mono().since(began).as_millis() as u64,
                "known examples were not learnt anew"
            );
            return matcher;
        }
        let matcher = Matcher::train(examples);
        info!(examples = examples.len(), took_ms = self.clock.mono().since(began).as_millis() as u64, "examples were learnt");
        if let Err(error) = self.put(&path, &matcher.to_bytes()) {
            warn!(%error, folder = %self.folder.display(), "what was learnt could not be kept; the next start learns anew");
        }
        matcher
    }

    /// The file of these examples and this program.
    fn file(&self, examples: &[Example]) -> PathBuf {
        let mut digest = Context::new(&SHA256);
        digest.update(self.version.as_bytes());
        for Example { intent, text, family } in examples {
            for part in [intent.as_bytes(), text.as_bytes(), &family.unwrap_or(u32::MAX).to_le_bytes()] {
                digest.update(&(part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        let name = digest.finish().as_ref()[..16].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        self.folder.join(name).with_extension("learnt")
    }

    fn take(&self, path: &Path, examples: &[Example]) -> Option<Matcher> {
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut bytes = Vec::new();
        if length <= self.most_bytes {
            Read::by_ref(&mut file).take(self.most_bytes).read_to_end(&mut bytes).ok()?;
        }
        let matcher = Matcher::from_bytes(examples, &bytes);
        if matcher.is_none() {
            warn!(file = %path.display(), "broken, so its examples are learnt anew");
            let _ = fs::remove_file(path);
        }
        // When it was last used: the oldest make room.
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.wall().millis().max(0).cast_unsigned());
        let _ = file.set_modified(now);
        matcher
    }

    /// Keeps bytes, whole or not at all.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.most_bytes / 2 {
            debug!(bytes = bytes.len(), "too big to be kept");
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let fresh = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
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
    use crate::intent::Context as Said;

    fn examples(mark: &str) -> Vec<Example> {
        [("order", "我要查订单"), ("order", "快递到哪了"), ("refund", "我要退货"), ("refund", "怎么退款"), ("mark", mark)]
            .map(|(intent, text)| Example::new(intent, text))
            .into()
    }

    fn files(shelf: &LearntShelf) -> Vec<PathBuf> {
        fs::read_dir(&shelf.folder).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect()).unwrap_or_default()
    }

    #[test]
    fn what_was_learnt_is_known_at_the_next_start_to_this_program_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = LearntShelf::below(folder.path());
        let learnt = shelf.matcher(&examples("几点开门"));
        let path = shelf.file(&examples("几点开门"));
        assert_eq!(files(&shelf), std::slice::from_ref(&path));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "only its owner reads it");
        let again = shelf.take(&path, &examples("几点开门")).unwrap();
        let ask = |of: &Matcher| of.understand(&[("帮我查一下订单", 1.0)], Said::default());
        assert_eq!(ask(&again), ask(&learnt));
        assert_ne!(shelf.file(&examples("几点关门")), path);
        let other = LearntShelf { version: "another program", ..LearntShelf::below(folder.path()) };
        assert_ne!(other.file(&examples("几点开门")), path);
    }

    #[test]
    fn broken_files_are_learnt_anew_and_put_right() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = LearntShelf::below(folder.path());
        shelf.matcher(&examples("几点开门"));
        let path = shelf.file(&examples("几点开门"));
        let whole = fs::read(&path).unwrap();
        for bytes in [&b""[..], b"something else", &whole[..whole.len() - 9]] {
            fs::write(&path, bytes).unwrap();
            assert!(shelf.take(&path, &examples("几点开门")).is_none());
            shelf.matcher(&examples("几点开门"));
            assert_eq!(fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn the_longest_unused_make_room_and_what_is_too_big_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = LearntShelf { most_bytes: 1000, ..LearntShelf::below(folder.path()) };
        let name = |name: &str| shelf.folder.join(name).with_extension("learnt");
        for (age, file) in ["a", "b"].into_iter().enumerate() {
            shelf.put(&name(file), &[0; 400]).unwrap();
            File::open(name(file)).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1_000 + age as u64)).unwrap();
        }
        shelf.put(&name("c"), &[0; 400]).unwrap();
        shelf.put(&name("d"), &[0; 501]).unwrap();
        let there = ["a", "b", "c", "d"].map(|file| name(file).exists());
        assert_eq!(there, [false, true, true, false]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_only_the_keeping() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("learnt"), "a file, not a folder").unwrap();
        let matcher = LearntShelf::below(folder.path()).matcher(&examples("几点开门"));
        assert_eq!(matcher.guess(&[("我要退货", 1.0)], Said::default())[0].intent, "refund");
    }
}
