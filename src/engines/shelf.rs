//! Spoken prompts on disk, so that a start speaks only what is new. Only texts of dialplans lie there, never what a caller was told.

use std::io;
use std::path::PathBuf;

use super::kept_files::KeptFiles;
use crate::audio::{Frame8k, WavWriter, read_wav};
use crate::speech::{Speech, Wording};

/// Changes with the way in which speech is made fit for the telephone.
const FINISH: &str = "finish 2";

/// A bounded folder of spoken prompts.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    files: KeptFiles,
    version: String,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf, most_bytes: u64, version: &str) -> io::Result<Self> {
        // A folder that cannot be made is told at the start, not at the first prompt.
        std::fs::create_dir_all(&folder)?;
        Ok(Self { files: KeptFiles::new(folder, most_bytes), version: format!("{version} {FINISH}") })
    }

    /// The file of a wording: by text, language, speed and voice.
    fn file(&self, wording: &Wording) -> PathBuf {
        let language = format!("{:?}", wording.language);
        let parts = [self.version.as_bytes(), language.as_bytes(), &wording.speed.to_le_bytes(), wording.text.as_bytes()];
        self.files.file(parts, "wav")
    }

    /// Takes a prompt from the shelf; one that is broken is thrown away.
    pub(super) fn take(&self, wording: &Wording) -> Option<Speech> {
        let path = self.file(wording);
        match read_wav(io::BufReader::new(self.files.open(&path)?)) {
            Ok(clip) if clip.rate_hz == 8000 && !clip.samples.is_empty() => Some(clip.samples.into()),
            _ => {
                self.files.throw_away(&path);
                None
            }
        }
    }

    /// Puts a prompt on the shelf.
    pub(super) fn put(&self, wording: &Wording, speech: &Speech) -> io::Result<()> {
        if speech.is_empty() {
            return Ok(());
        }
        self.files.put(&self.file(wording), |file| {
            let mut writer = WavWriter::mono(file)?;
            for chunk in speech.chunks(160) {
                let mut frame = Frame8k::SILENCE;
                frame.0[..chunk.len()].copy_from_slice(chunk);
                writer.write(&frame)?;
            }
            writer.finish().map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
