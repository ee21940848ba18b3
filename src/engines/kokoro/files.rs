//! A folder with Kokoro's files: which they are, and whether they are whole. Loads no network.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::styles;
use crate::engines::model::ModelError;

/// The files of a Kokoro folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) network: PathBuf,
    pub(super) voices: PathBuf,
    /// Bytes of all files of the folder.
    pub(super) bytes: u64,
}

/// What is known of a voice's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceSummary {
    /// The names of its voices, in order.
    pub voices: Vec<String>,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Checks the folder of a Kokoro voice: a network (`*.onnx`) and the voices (`voices*.bin`, an archive of arrays), both to their ends.
///
/// # Errors
///
/// The first file that is missing or broken.
pub fn check_voice(folder: &Path) -> Result<VoiceSummary, ModelError> {
    let files = find(folder)?;
    let voices = styles::check(&files.voices).map_err(|reason| broken(&files.voices, reason))?;
    Ok(VoiceSummary { voices, bytes: files.bytes })
}

/// Finds the files, and looks whether the network is there to its end.
pub(super) fn find(folder: &Path) -> Result<Files, ModelError> {
    const HELP: &str = "Kokoro needs a network *.onnx and voices-v1.0.bin: `bellhop models pull kokoro-v1.0` fetches them";
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .map_err(|_| ModelError::Missing { file: folder.into(), help: HELP })?;
    paths.sort();
    let named = |ends: &'static str, begins: &'static str| {
        let found = paths.iter().find(|file| {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(begins) && name.ends_with(ends)
        });
        found.cloned().ok_or_else(|| ModelError::Missing { file: folder.join(format!("{begins}*{ends}")), help: HELP })
    };
    let network = named(".onnx", "")?;
    whole_network(&network).map_err(|reason| broken(&network, reason))?;
    let voices = named(".bin", "voices")?;
    let size = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.len());
    Ok(Files { bytes: paths.iter().map(size).sum(), network, voices })
}

pub(super) fn broken(file: &Path, reason: String) -> ModelError {
    ModelError::Broken { file: file.into(), reason }
}

/// Goes through the outermost fields of an ONNX network (a protobuf message) without reading what they hold: a file that was cut off ends
/// inside one.
fn whole_network(path: &Path) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("cannot be read ({error})");
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut reader = BufReader::new(file);
    let (mut place, mut has_graph) = (0, false);
    let (no_network, cut) = (|| "is no ONNX network".to_owned(), || "is cut off".to_owned());
    // A network begins with its version of the format, field 1 as a number.
    let mut first = true;
    while place < length {
        let key = number(&mut reader, &mut place).ok_or_else(if first { no_network } else { cut })?;
        if std::mem::take(&mut first) && key != 8 {
            return Err(no_network());
        }
        let skip = match key & 7 {
            0 => {
                number(&mut reader, &mut place).ok_or_else(cut)?;
                continue;
            }
            1 => 8,
            2 => number(&mut reader, &mut place).ok_or_else(cut)?,
            5 => 4,
            _ => return Err(no_network()),
        };
        has_graph |= key >> 3 == 7;
        place = place.checked_add(skip).filter(|end| *end <= length).ok_or_else(cut)?;
        reader.seek(SeekFrom::Start(place)).map_err(unreadable)?;
    }
    if has_graph {
        Ok(())
    } else if length == 0 {
        Err("is empty".to_owned())
    } else {
        Err(cut())
    }
}

/// Reads a number of protobuf's own length.
fn number(reader: &mut impl Read, place: &mut u64) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        reader.read_exact(&mut byte).ok()?;
        *place += 1;
        value |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_was_cut_off_is_told_from_a_whole_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kokoro.onnx");
        // Version 8, a producer, a graph of three bytes, an operator set.
        let whole = [8, 8, 0x12, 2, b'm', b'e', 0x3a, 3, 1, 2, 3, 0x42, 2, 0x10, 13];
        fs::write(&path, whole).expect("written");
        assert_eq!(whole_network(&path), Ok(()));
        for end in 0..8 {
            fs::write(&path, &whole[..end]).expect("written");
            assert!(whole_network(&path).is_err(), "cut at {end}");
        }
        for (bytes, told) in [
            (&b"<html>sign in first</html>"[..], "no ONNX network"),
            (b"", "empty"),
            (&[8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "cut off"),
            (&[8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "cut off"),
            (&[8, 8, 0x3b], "no ONNX network"),
        ] {
            fs::write(&path, bytes).expect("written");
            assert!(whole_network(&path).expect_err(told).contains(told), "{bytes:?}");
        }
    }
}
