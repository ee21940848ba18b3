//! What was learnt from examples, on disk: a start with examples that are known does not learn anew.
//! A file is that of its examples and of this very program, or it is not looked at; whatever is wrong with one, it is learnt again.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tracing::{debug, info, warn};

use crate::base::Clock;
use crate::engines::KeptFiles;
use crate::intent::{Example, Matcher};

/// All files together. A matcher that takes more than half of it is not kept.
const MOST_BYTES: u64 = 512 << 20;

/// A folder of what was learnt.
pub(super) struct LearntShelf {
    files: KeptFiles,
    version: &'static str,
    clock: Clock,
}

impl LearntShelf {
    /// The shelf of a data folder.
    pub(super) fn below(data: &Path) -> Self {
        Self::bounded(data, MOST_BYTES)
    }

    fn bounded(data: &Path, most_bytes: u64) -> Self {
        let files = KeptFiles::new(data.join("learnt"), most_bytes);
        Self { files, version: env!("BELLHOP_LEARNS_AS"), clock: Clock::start() }
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
            warn!(%error, folder = %self.files.folder().display(), "what was learnt could not be kept; the next start learns anew");
        }
        matcher
    }

    /// The file of these examples and this program.
    fn file(&self, examples: &[Example]) -> PathBuf {
        let families: Vec<[u8; 4]> = examples.iter().map(|example| example.family.unwrap_or(u32::MAX).to_le_bytes()).collect();
        let parts =
            examples.iter().zip(&families).flat_map(|(example, family)| [example.intent.as_bytes(), example.text.as_bytes(), family]);
        self.files.file(std::iter::once(self.version.as_bytes()).chain(parts), "learnt")
    }

    fn take(&self, path: &Path, examples: &[Example]) -> Option<Matcher> {
        let file = self.files.open(path)?;
        let mut bytes = Vec::new();
        if file.metadata().ok()?.len() <= self.files.most_bytes() {
            file.take(self.files.most_bytes()).read_to_end(&mut bytes).ok()?;
        }
        let matcher = Matcher::from_bytes(examples, &bytes);
        if matcher.is_none() {
            warn!(file = %path.display(), "broken, so its examples are learnt anew");
            self.files.throw_away(path);
        }
        matcher
    }

    /// Keeps bytes, if they are not too many.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.files.most_bytes() / 2 {
            debug!(bytes = bytes.len(), "too big to be kept");
            return Ok(());
        }
        self.files.put(path, |file| file.write_all(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::intent::Context as Said;

    fn examples(mark: &str) -> Vec<Example> {
        [("order", "我要查订单"), ("order", "快递到哪了"), ("refund", "我要退货"), ("refund", "怎么退款"), ("mark", mark)]
            .map(|(intent, text)| Example::new(intent, text))
            .into()
    }

    fn files(shelf: &LearntShelf) -> Vec<PathBuf> {
        fs::read_dir(shelf.files.folder()).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect()).unwrap_or_default()
    }

    #[test]
    fn what_was_learnt_is_known_at_the_next_start_to_this_program_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = LearntShelf::below(folder.path());
        let learnt = shelf.matcher(&examples("几点开门"));
        let path = shelf.file(&examples("几点开门"));
        assert_eq!(files(&shelf), std::slice::from_ref(&path));
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
    fn what_is_too_big_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = LearntShelf::bounded(folder.path(), 1000);
        for (length, kept) in [(500, true), (501, false)] {
            let path = shelf.files.folder().join(format!("{length}.learnt"));
            shelf.put(&path, &vec![0; length]).unwrap();
            assert_eq!(path.exists(), kept, "{length}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_only_the_keeping() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("learnt"), "a file, not a folder").unwrap();
        let matcher = LearntShelf::below(folder.path()).matcher(&examples("几点开门"));
        assert_eq!(matcher.guess(&[("我要退货", 1.0)], Said::default())[0].intent, "refund");
    }
}
