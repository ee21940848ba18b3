//! The manifest of public models: `models/manifest.yaml`, built in, or a file of one's own.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::engines::{ModelKind, PublicFile, PublicModel};

const BUILT_IN: &str = include_str!("../../models/manifest.yaml");

/// What can be pulled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) models: Vec<Entry>,
}

/// One public model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    kind: Kind,
    pub(super) language: String,
    pub(super) rate_hz: u32,
    pub(super) size: String,
    pub(super) licence: String,
    pub(super) about: String,
    list: Option<String>,
    files: Vec<Source>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Recogniser,
    Voice,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    url: String,
    sha256: Option<String>,
}

impl Manifest {
    /// Reads a manifest, or the one built in.
    ///
    /// # Errors
    /// Where the file cannot be read or is no manifest; the message names the file and the place.
    pub(super) fn read(file: Option<&Path>) -> Result<Self> {
        let (text, shown) = match file {
            None => (BUILT_IN.to_owned(), "models/manifest.yaml".to_owned()),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                (text, path.display().to_string())
            }
        };
        let manifest: Self = serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{shown}: {error}"))?;
        for entry in &manifest.models {
            let plain = entry.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if entry.name.is_empty() || entry.name.starts_with('.') || !plain {
                bail!("{shown}: the name {:?} makes no folder: use letters, digits, - _ and .", entry.name);
            }
            if entry.files.is_empty() {
                bail!("{shown}: {} has no files", entry.name);
            }
        }
        Ok(manifest)
    }

    /// Finds a model by name.
    ///
    /// # Errors
    /// Where there is none of that name; the message lists those that there are.
    pub(super) fn find(&self, name: &str) -> Result<PublicModel> {
        let Some(entry) = self.models.iter().find(|entry| entry.name == name) else {
            let names: Vec<&str> = self.models.iter().map(|entry| entry.name.as_str()).collect();
            bail!("no public model is called {name:?}; there are {}", names.join(", "));
        };
        Ok(entry.model())
    }
}

impl Entry {
    /// Returns what is needed to fetch it.
    pub(super) fn model(&self) -> PublicModel {
        PublicModel {
            name: self.name.clone(),
            kind: match self.kind {
                Kind::Recogniser => ModelKind::Recogniser,
                Kind::Voice => ModelKind::Voice,
            },
            files: self.files.iter().map(|file| PublicFile { url: file.url.clone(), sha256: file.sha256.clone() }).collect(),
            list: self.list.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_that_is_built_in_names_the_public_models() {
        let manifest = Manifest::read(None).unwrap();
        for name in ["vosk-model-small-cn-0.22", "vosk-model-cn-0.22", "vosk-model-small-en-us-0.15", "kokoro-v1.0"] {
            let model = manifest.find(name).unwrap();
            assert!(model.files.iter().all(|file| file.url.starts_with("https://")), "{name}");
        }
        let error = manifest.find("vosk-model-cn").unwrap_err().to_string();
        assert!(error.contains("vosk-model-small-cn-0.22"), "{error}");
    }

    #[test]
    fn a_manifest_that_would_write_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.yaml");
        let entry = |name: &str, files: &str| {
            format!("models: [{{name: \"{name}\", kind: voice, language: en, rate_hz: 1, size: x, licence: x, about: x, files: {files}}}]")
        };
        for (text, told) in [
            (entry("../../etc", "[{url: \"http://h/x.bin\"}]"), "makes no folder"),
            (entry(".pull", "[{url: \"http://h/x.bin\"}]"), "makes no folder"),
            (entry("mine", "[]"), "no files"),
            ("models: 7".to_owned(), "mine.yaml"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = format!("{:#}", Manifest::read(Some(&file)).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }
}
