//! Whether a file is the one it should be: by the manifest, by the vendor's list, by what was seen at the first pull.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use serde::Deserialize;

use super::{PublicFile, PublicModel, PullError, PullSource, fetch};

/// By what a file was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// By the manifest's SHA-256.
    Manifest,
    /// By size and MD5 of the vendor's list.
    Vendor,
    /// No vendor's checksum is known: by the SHA-256 seen at the first pull.
    Record,
    /// No checksum is known: its SHA-256 is noted for the next time.
    FirstSeen,
}

/// A file's sums in hex.
pub(super) struct Digests {
    pub(super) sha256: String,
    md5: String,
    bytes: u64,
}

impl Digests {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut sha256, mut md5) = (ring::digest::Context::new(&ring::digest::SHA256), Md5::new());
        let (mut buffer, mut bytes) = (vec![0; 1 << 20], 0);
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            sha256.update(&buffer[..count]);
            md5.update(&buffer[..count]);
            bytes += count as u64;
        }
        Ok(Self { sha256: hex(sha256.finish().as_ref()), md5: hex(&md5.finalize()), bytes })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// What a vendor's list says of a model.
#[derive(Debug, Deserialize)]
pub(super) struct VendorEntry {
    name: String,
    md5: String,
    size: u64,
}

/// Asks the vendor's list for the model; nothing where there is none, it cannot be had, or does not name the model.
pub(super) async fn vendor(model: &PublicModel, from: &PullSource) -> Option<VendorEntry> {
    let url = model.list.as_ref()?;
    let name = fetch::file_name(url).ok()?;
    let list = fetch::small(&fetch::place(url, name, from)).await?;
    // Entries of other shapes are other models'.
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&list).ok()?;
    entries.into_iter().filter_map(|entry| serde_json::from_value::<VendorEntry>(entry).ok()).find(|entry| entry.name == model.name)
}

/// Checks a file by the best that is known of it.
pub(super) fn check(
    name: &str,
    file: &PublicFile,
    vendor: Option<&VendorEntry>,
    records: &Records,
    digests: &Digests,
) -> Result<Checked, PullError> {
    let compare = |expected: &str, got: &str, by, help, checked| {
        if expected.eq_ignore_ascii_case(got) {
            Ok(checked)
        } else {
            Err(PullError::Checksum { file: name.to_owned(), got: got.to_owned(), expected: expected.to_owned(), by, help })
        }
    };
    if let Some(expected) = &file.sha256 {
        let help = "Pull again; if it stays so, whoever sends it sends another file than the one that was meant";
        return compare(expected, &digests.sha256, "the manifest", help, Checked::Manifest);
    }
    if let Some(entry) = vendor {
        if entry.size != digests.bytes {
            let by = "the vendor's list";
            return Err(PullError::Size { file: name.to_owned(), got: digests.bytes, expected: entry.size, by });
        }
        return compare(&entry.md5, &digests.md5, "the vendor's list", "Pull again", Checked::Vendor);
    }
    let Some(expected) = records.sums.get(name) else { return Ok(Checked::FirstSeen) };
    let help = "If the vendor has a new version, take its line out of checksums.txt and pull again";
    compare(expected, &digests.sha256, "checksums.txt, noted at an earlier pull,", help, Checked::Record)
}

/// The sums seen at earlier pulls: `checksums.txt` beside the models, in the form that `sha256sum` writes.
pub(super) struct Records {
    path: PathBuf,
    sums: BTreeMap<String, String>,
}

impl Records {
    pub(super) fn read(models: &Path) -> Self {
        let path = models.join("checksums.txt");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let sums = text.lines().filter_map(|line| {
            let (sum, name) = line.split_once("  ")?;
            Some((name.trim().to_owned(), sum.trim().to_owned()))
        });
        Self { path, sums: sums.collect() }
    }

    pub(super) fn note(&mut self, name: &str, sha256: &str) {
        self.sums.insert(name.to_owned(), sha256.to_owned());
    }

    pub(super) fn write(&self) -> io::Result<()> {
        let text = self.sums.iter().fold(String::new(), |text, (name, sum)| text + &format!("{sum}  {name}\n"));
        let fresh = self.path.with_extension("txt.new");
        fs::write(&fresh, text)?;
        fs::rename(fresh, &self.path)
    }
}
