//! Spoken prompts on disk, so that a start speaks only what is new. Only texts of dialplans lie there, never what a caller was told.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::audio::{Frame8k, WavWriter, read_wav};
use crate::base::Clock;
use crate::speech::{Speech, Wording};

/// Changes with the way in which speech is made fit for the telephone.
const FINISH: &str = "finish 2";

/// A folder of spoken prompts, bounded: the longest unused make room.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    most_bytes: u64,
    version: String,
    clock: Clock,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf, most_bytes: u64, version: &str) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, most_bytes, version: format!("{version} {FINISH}"), clock: Clock::start() })
    }

    /// The file of a wording: by text, language, speed and voice, none of which can be read from it.
    fn file(&self, wording: &Wording) -> PathBuf {
        let key = format!("{}\0{:?}\0{}\0{}", self.version, wording.language, wording.speed, wording.text);
        let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
        let name = digest.as_ref()[..16].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        self.folder.join(format!("{name}.wav"))
    }

    /// Takes a prompt from the shelf; one that is broken is thrown away.
    pub(super) fn take(&self, wording: &Wording) -> Option<Speech> {
        let path = self.file(wording);
        let file = File::open(&path).ok()?;
        // When it was last used: the oldest make room.
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.wall().millis().max(0).cast_unsigned());
        let _ = file.set_modified(now);
        match read_wav(io::BufReader::new(file)) {
            Ok(clip) if clip.rate_hz == 8000 && !clip.samples.is_empty() => Some(clip.samples.into()),
            _ => {
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Puts a prompt on the shelf, whole or not at all.
    pub(super) fn put(&self, wording: &Wording, speech: &Speech) -> io::Result<()> {
        if speech.is_empty() {
            return Ok(());
        }
        let path = self.file(wording);
        let fresh = path.with_extension("new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        let mut writer = WavWriter::mono(io::BufWriter::new(file))?;
        for chunk in speech.chunks(160) {
            let mut frame = Frame8k::SILENCE;
            frame.0[..chunk.len()].copy_from_slice(chunk);
            writer.write(&frame)?;
        }
        writer.finish()?.flush()?;
        fs::rename(&fresh, &path)?;
        self.make_room(&path)
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
    use crate::base::Language;

    fn wording(text: &str, speed: u16) -> Wording {
        Wording { text: text.into(), language: Language::Zh, speed }
    }

    fn speech(mark: i16) -> Speech {
        vec![mark; 1600].into()
    }

    #[test]
    fn a_prompt_is_found_again_by_text_speed_and_voice_and_by_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path().join("voices"), 1 << 20, "espeak-ng 1.51").expect("a shelf");
        shelf.put(&wording("您好", 100), &speech(7)).expect("put");
        assert_eq!(shelf.take(&wording("您好", 100)), Some(speech(7)));
        assert_eq!((shelf.take(&wording("您好", 90)), shelf.take(&wording("再见", 100))), (None, None));
        let other = Shelf::new(folder.path().join("voices"), 1 << 20, "another voice").expect("a shelf");
        assert_eq!(other.take(&wording("您好", 100)), None);
        for entry in fs::read_dir(folder.path().join("voices")).expect("a folder") {
            let metadata = entry.expect("an entry").metadata().expect("known");
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "only its owner reads it");
        }
    }

    #[test]
    fn the_longest_unused_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        // Room for three files of 3,244 bytes.
        let shelf = Shelf::new(folder.path().into(), 10_000, "v").expect("a shelf");
        let old = UNIX_EPOCH + Duration::from_secs(1000);
        for (age, text) in ["一", "二", "三"].into_iter().enumerate() {
            shelf.put(&wording(text, 100), &speech(1)).expect("put");
            let file = File::open(shelf.file(&wording(text, 100))).expect("there");
            file.set_modified(old + Duration::from_secs(age as u64)).expect("set");
        }
        assert!(shelf.take(&wording("一", 100)).is_some(), "used just now");
        shelf.put(&wording("四", 100), &speech(1)).expect("put");
        let there = ["一", "二", "三", "四"].map(|text| shelf.take(&wording(text, 100)).is_some());
        assert_eq!(there, [true, false, true, true]);
    }

    #[test]
    fn a_broken_file_is_thrown_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path().into(), 1 << 20, "v").expect("a shelf");
        for content in [&b""[..], b"RIFF", b"no sound at all, but long enough to be looked at more closely"] {
            let file = shelf.file(&wording("一", 100));
            fs::write(&file, content).expect("written");
            assert_eq!(shelf.take(&wording("一", 100)), None);
            assert!(!file.exists());
        }
    }
}
