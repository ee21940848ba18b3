//! Voices of Kokoro: an archive (`.npz`) of arrays, one for each voice, a row for each length of text. Knows no network.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zip::ZipArchive;

/// Numbers in a row.
pub(super) const WIDTH: usize = 256;
/// An array of more rows is no voice: they have one for each of 510 lengths.
const MOST_ROWS: usize = 8192;
/// Voices of an archive; the public one has 54.
const MOST_VOICES: usize = 1000;

/// How one voice sounds, for each number of symbols that a text may have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    rows: Vec<f32>,
}

impl Style {
    /// Returns the row for a text of so many symbols; longer texts than it knows take the last one.
    pub(super) fn row(&self, symbols: usize) -> &[f32] {
        let last = self.rows.len() / WIDTH - 1;
        let row = symbols.saturating_sub(1).min(last);
        &self.rows[row * WIDTH..(row + 1) * WIDTH]
    }

    /// Returns the numbers as bytes, to know the voice again by them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.rows.iter().flat_map(|number| number.to_le_bytes()).collect()
    }
}

/// Reads the voices that are named from an archive.
pub(super) fn read<'a>(archive: &Path, wanted: impl IntoIterator<Item = &'a str>) -> Result<Vec<Style>, String> {
    let mut zip = open(archive)?;
    let there = voices(&zip);
    let mut styles = Vec::new();
    for name in wanted {
        if !there.iter().any(|voice| voice == name) {
            return Err(format!("has no voice {name:?}; it has {}", there.join(", ")));
        }
        let entry = zip.by_name(&format!("{name}.npy")).map_err(|error| format!("is broken at voice {name:?} ({error})"))?;
        styles.push(array(entry).map_err(|error| format!("is broken at voice {name:?}: {error}"))?);
    }
    Ok(styles)
}

/// Reads every voice of an archive and throws it away; returns their names, in order.
pub(super) fn check(archive: &Path) -> Result<Vec<String>, String> {
    let mut zip = open(archive)?;
    let names = voices(&zip);
    if names.is_empty() {
        return Err("holds no voices".to_owned());
    }
    for name in &names {
        let entry = zip.by_name(&format!("{name}.npy")).map_err(|error| format!("is broken at voice {name:?} ({error})"))?;
        array(entry).map_err(|error| format!("is broken at voice {name:?}: {error}"))?;
    }
    Ok(names)
}

fn open(archive: &Path) -> Result<ZipArchive<io::BufReader<File>>, String> {
    let file = File::open(archive).map_err(|error| format!("cannot be read ({error})"))?;
    let zip = ZipArchive::new(io::BufReader::new(file));
    let zip = zip.map_err(|error| format!("is no whole archive of voices ({error}); was it cut off, or is it a page for people?"))?;
    if zip.len() > MOST_VOICES { Err(format!("holds {} entries, which no archive of voices does", zip.len())) } else { Ok(zip) }
}

fn voices<R>(zip: &ZipArchive<R>) -> Vec<String>
where
    R: Read + io::Seek,
{
    let named = zip.file_names().filter_map(Result::ok);
    let mut names: Vec<String> = named.filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect();
    names.sort();
    names
}

/// Reads an array of the `.npy` format: its description, then 32-bit floats of shape `[N, 1, 256]` or `[N, 256]`.
fn array(mut entry: impl Read) -> Result<Style, String> {
    let mut head = [0; 8];
    let cut = |error: io::Error| format!("it is cut off ({error})");
    entry.read_exact(&mut head).map_err(cut)?;
    if head[..6] != *b"\x93NUMPY" {
        return Err("it is no array".to_owned());
    }
    let mut length = [0; 4];
    let wide = if head[6] >= 2 { 4 } else { 2 };
    entry.read_exact(&mut length[..wide]).map_err(cut)?;
    let length = u64::from(u32::from_le_bytes(length));
    let mut described = String::new();
    entry.by_ref().take(length.min(65_536)).read_to_string(&mut described).map_err(cut)?;
    let described: String = described.chars().filter(|c| !c.is_whitespace()).collect();
    if !described.contains("'descr':'<f4'") || described.contains("'fortran_order':True") {
        return Err("its numbers are no 32-bit floats row by row".to_owned());
    }
    let shape = described.split_once("'shape':(").and_then(|(_, rest)| rest.split_once(')')).map(|(shape, _)| shape).unwrap_or_default();
    let shape: Vec<usize> = shape.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().unwrap_or(0)).collect();
    let rows = match shape[..] {
        [rows, 1, WIDTH] | [rows, WIDTH] if (1..=MOST_ROWS).contains(&rows) => rows,
        _ => return Err(format!("its shape is {shape:?}, not [510, 1, {WIDTH}]")),
    };
    let mut bytes = vec![0; rows * WIDTH * 4];
    entry.read_exact(&mut bytes).map_err(cut)?;
    // To the end, where the archive's checksum is looked at.
    io::copy(&mut entry, &mut io::sink()).map_err(cut)?;
    let rows: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
    if rows.iter().all(|number| number.is_finite()) { Ok(Style { rows }) } else { Err("it holds numbers that are none".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, shape: &str, numbers: &[f32]) -> Vec<u8> {
        let described = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((described.len() as u16).to_le_bytes());
        file.extend(described.bytes());
        file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        file
    }

    #[test]
    fn a_voice_has_a_row_for_each_length() {
        let numbers: Vec<f32> = (0..3 * WIDTH).map(|n| (n / WIDTH) as f32).collect();
        for shape in ["(3, 1, 256)", "(3, 256)"] {
            let style = array(&npy("<f4", shape, &numbers)[..]).expect("a voice");
            assert_eq!([0, 1, 2, 3, 4, 510].map(|symbols| style.row(symbols)[255] as u8), [0, 0, 1, 2, 2, 2]);
        }
    }

    #[test]
    fn what_is_no_voice_is_refused_in_words() {
        let good = npy("<f4", "(1, 1, 256)", &[0.5; WIDTH]);
        assert!(array(&good[..]).is_ok());
        for (bytes, told) in [
            (Vec::new(), "cut off"),
            (b"\x93NUMPY\x01\x00\xff\xff{'descr'".to_vec(), "32-bit floats"),
            (vec![0; 2000], "no array"),
            (npy("<f8", "(1, 1, 256)", &[0.5; 512]), "32-bit floats"),
            (npy("<f4", "(1, 1, 128)", &[0.5; 128]), "shape"),
            (npy("<f4", "()", &[]), "shape"),
            (npy("<f4", "(9999999999999, 1, 256)", &[]), "shape"),
            (npy("<f4", "(0, 1, 256)", &[]), "shape"),
            (npy("<f4", "(2, 1, 256)", &[0.5; WIDTH]), "cut off"),
            (npy("<f4", "(1, 1, 256)", &[f32::NAN; WIDTH]), "none"),
        ] {
            let error = array(&bytes[..]).expect_err(told);
            assert!(error.contains(told), "{error}");
        }
        for end in 0..good.len() {
            assert!(array(&good[..end]).is_err(), "cut at {end}");
        }
    }
}
