//! One recording on disk: where it lies, who may read it, its bytes.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::audio::{Frame8k, WavWriter};
use crate::base::{CallId, Wall};

/// Frames between two updates of the header: what a crash may cost.
const HEADER_EVERY: u32 = 50;

/// Returns `<day>/<call>.wav`; an id's characters that are not for file names become `_`.
pub(super) fn relative_path(call: &CallId, began: Wall) -> PathBuf {
    let day = jiff::Timestamp::from_millisecond(began.millis()).unwrap_or_default().strftime("%Y-%m-%d").to_string();
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = call.as_str().chars().map(safe).collect();
    PathBuf::from(day).join(format!("{name}.wav"))
}

pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A stereo WAV being written.
pub(super) struct StereoFile {
    wav: WavWriter<BufWriter<File>>,
    since_header: u32,
}

impl StereoFile {
    pub(super) fn create(folder: &Path, relative: &Path) -> io::Result<Self> {
        let path = folder.join(relative);
        if let Some(day) = path.parent() {
            make_private_folder(day)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Self { wav: WavWriter::stereo(BufWriter::new(file))?, since_header: 0 })
    }

    pub(super) fn write(&mut self, left: &Frame8k, right: &Frame8k) -> io::Result<()> {
        self.wav.write_pair(left, right)?;
        self.since_header += 1;
        if self.since_header == HEADER_EVERY {
            self.since_header = 0;
            self.wav.flush()?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.wav.finish().map(drop)
    }
}
