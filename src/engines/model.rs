//! A Vosk model folder: checked file by file, then loaded once for the process.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fst;
use super::grammar::Lexicon;

/// Why a model folder cannot be used; the message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the folder is missing.
    #[error("{}: missing; {help}", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What to do.
        help: &'static str,
    },
    /// A file of the folder is damaged or not of the expected kind.
    #[error("{}: {reason}; copy the model folder again", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Every file looks right, yet libvosk refuses the folder.
    #[error("{}: libvosk cannot load this model; copy the model folder again", folder.display())]
    Refused {
        /// The folder.
        folder: PathBuf,
    },
}

/// What is known of a model folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSummary {
    /// Samples per second it listens at: 8000 or 16000.
    pub sample_rate: u32,
    /// Its words, symbols such as `[unk]` not counted.
    pub words: usize,
    /// Whether runtime grammars work; otherwise they are ignored.
    pub takes_grammar: bool,
    /// Bytes on disk.
    pub bytes: u64,
}

const HELP_FOLDER: &str = "point `models` (or --models) at a folder that holds a Vosk model";
const HELP_FILE: &str = "every Vosk model has it: copy the folder again";
const HELP_GRAPH: &str = "a model needs graph/HCLr.fst with graph/Gr.fst, or graph/HCLG.fst: copy the folder again";

/// Checks a model folder without loading it; libvosk would end the process on some broken files.
///
/// # Errors
///
/// The first file that is missing or broken.
pub fn check_model(folder: &Path) -> Result<ModelSummary, ModelError> {
    inspect(folder).map(|(summary, _)| summary)
}

fn inspect(folder: &Path) -> Result<(ModelSummary, Vec<String>), ModelError> {
    if !folder.is_dir() {
        return Err(ModelError::Missing { file: folder.into(), help: HELP_FOLDER });
    }
    let at = |name: &str| folder.join(name);
    check_acoustics(&at("am/final.mdl"))?;
    let features = options(&at("conf/mfcc.conf"))?;
    options(&at("conf/model.conf"))?;
    let rate = features.iter().find_map(|(name, value)| (name == "sample-frequency").then_some(value.as_str())).unwrap_or("16000");
    let sample_rate = match rate.parse::<f64>() {
        Ok(8000.0) => 8000,
        Ok(16_000.0) => 16_000,
        _ => return Err(broken(&at("conf/mfcc.conf"), format!("--sample-frequency={rate} is neither 8000 nor 16000"))),
    };
    let takes_grammar = !at("graph/HCLG.fst").is_file();
    let mut embedded = None;
    if takes_grammar {
        for (name, help) in [("graph/HCLr.fst", HELP_GRAPH), ("graph/Gr.fst", HELP_GRAPH), ("graph/disambig_tid.int", HELP_FILE)] {
            require(&at(name), help)?;
        }
        graph(&at("graph/HCLr.fst"))?;
        embedded = graph(&at("graph/Gr.fst"))?;
        let ids = text(&at("graph/disambig_tid.int"))?;
        if let Some(line) = ids.lines().find(|line| line.trim().parse::<i64>().is_err()) {
            return Err(broken(&at("graph/disambig_tid.int"), format!("{line:?} is no number")));
        }
    } else {
        graph(&at("graph/HCLG.fst"))?;
    }
    let words = words(&at("graph/words.txt"), embedded)?;
    check_boundaries(&at("graph/phones/word_boundary.int"))?;
    Ok((ModelSummary { sample_rate, words: words.len(), takes_grammar, bytes: size(folder) }, words))
}

fn broken(file: &Path, reason: impl Into<String>) -> ModelError {
    ModelError::Broken { file: file.into(), reason: reason.into() }
}

fn require(file: &Path, help: &'static str) -> Result<(), ModelError> {
    if file.is_file() { Ok(()) } else { Err(ModelError::Missing { file: file.into(), help }) }
}

fn bytes(file: &Path) -> Result<Vec<u8>, ModelError> {
    require(file, HELP_FILE)?;
    fs::read(file).map_err(|error| broken(file, format!("cannot be read ({error})")))
}

fn text(file: &Path) -> Result<String, ModelError> {
    String::from_utf8(bytes(file)?).map_err(|_| broken(file, "is not UTF-8 text"))
}

/// Kaldi's binary model: its opening, its network, and its last part whole.
fn check_acoustics(file: &Path) -> Result<(), ModelError> {
    let model = bytes(file)?;
    if !model.starts_with(b"\0B<TransitionModel> ") {
        return Err(broken(file, "is no binary Kaldi model"));
    }
    let find = |token: &[u8], from: usize| model[from..].windows(token.len()).position(|here| here == token).map(|place| from + place);
    if find(b"<Nnet3> ", 0).is_none() {
        return Err(broken(file, "holds no nnet3 network"));
    }
    // The priors come last: `<Priors> FV `, a byte 4, their count, the floats.
    let tail = model.len().saturating_sub(1 << 20);
    let cut_off = || broken(file, "is cut off");
    let priors = find(b"<Priors> FV \x04", tail).ok_or_else(cut_off)? + 13;
    let count = model.get(priors..priors + 4).and_then(|count| count.try_into().ok()).map(u32::from_le_bytes).ok_or_else(cut_off)?;
    if model.len() - priors - 4 < count as usize * 4 {
        return Err(cut_off());
    }
    Ok(())
}

/// Reads a Kaldi configuration: a `--name=value` a line.
fn options(file: &Path) -> Result<Vec<(String, String)>, ModelError> {
    let mut options = Vec::new();
    for line in text(file)?.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let option = line.strip_prefix("--").ok_or_else(|| broken(file, format!("{line:?} is no --name=value")))?;
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        options.push((name.to_owned(), value.to_owned()));
    }
    Ok(options)
}

/// Checks a graph; returns the words it carries, if any. Only the head of a very large one is read.
fn graph(file: &Path) -> Result<Option<Vec<String>>, ModelError> {
    const WHOLE: u64 = 256 << 20;
    require(file, HELP_GRAPH)?;
    let unreadable = |error: std::io::Error| broken(file, format!("cannot be read ({error})"));
    let opened = fs::File::open(file).map_err(unreadable)?;
    if opened.metadata().map_err(unreadable)?.len() > WHOLE {
        return Ok(None);
    }
    let mut content = Vec::new();
    opened.take(WHOLE).read_to_end(&mut content).map_err(unreadable)?;
    fst::inspect(&content).map(|fst| fst.symbols).map_err(|reason| broken(file, reason))
}

/// Reads `words.txt`, or takes the words that the graph carries.
fn words(file: &Path, embedded: Option<Vec<String>>) -> Result<Vec<String>, ModelError> {
    let is_word = |word: &String| !word.starts_with(['<', '[', '#', '!']);
    if let (Some(words), false) = (embedded, file.is_file()) {
        return Ok(words.into_iter().filter(is_word).collect());
    }
    let mut words = Vec::new();
    for (line, entry) in text(file)?.lines().enumerate() {
        if entry.trim().is_empty() {
            continue;
        }
        let (word, id) = entry.rsplit_once(char::is_whitespace).unwrap_or((entry, ""));
        if id.parse::<u32>().is_err() {
            return Err(broken(file, format!("line {} is no \"word id\"", line + 1)));
        }
        words.push(word.trim().to_owned());
    }
    if words.is_empty() {
        return Err(broken(file, "holds no words"));
    }
    words.retain(is_word);
    Ok(words)
}

/// Checks the phones' places in words; a model without the file works, with poorer word times.
fn check_boundaries(file: &Path) -> Result<(), ModelError> {
    if !file.is_file() {
        return Ok(());
    }
    for (line, entry) in text(file)?.lines().enumerate() {
        let known = entry.split_once(' ').is_some_and(|(phone, kind)| {
            phone.parse::<u32>().is_ok() && matches!(kind.trim(), "nonword" | "begin" | "end" | "internal" | "singleton")
        });
        if !known {
            return Err(broken(file, format!("line {} is no \"phone kind\"", line + 1)));
        }
    }
    Ok(())
}

fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size(&entry.path()),
            _ => entry.metadata().map_or(0, |metadata| metadata.len()),
        })
        .sum()
}

/// A loaded model, shared by every recognizer of the process.
pub struct VoskModel {
    summary: ModelSummary,
    words: Vec<String>,
    lexicon: Lexicon,
    engine: vosk::Model,
}

impl VoskModel {
    /// Checks and loads a model folder; about 10 ms for the embedded one.
    ///
    /// # Errors
    ///
    /// The file that is missing or broken, or libvosk's refusal.
    pub fn load(folder: &Path) -> Result<Arc<Self>, ModelError> {
        let (summary, words) = inspect(folder)?;
        vosk::set_log_level(vosk::LogLevel::Error);
        let refused = || ModelError::Refused { folder: folder.into() };
        let engine = vosk::Model::new(folder.to_str().ok_or_else(refused)?).ok_or_else(refused)?;
        let lexicon = Lexicon::new(&words);
        Ok(Arc::new(Self { summary, words, lexicon, engine }))
    }

    /// Returns what is known of it.
    #[must_use]
    pub fn summary(&self) -> &ModelSummary {
        &self.summary
    }

    /// Returns the words it can hear, as written in its `words.txt`, without symbols such as `[unk]`.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Returns the phrases with a part that the model has no word for, and those parts: whoever says them is heard badly or not at all.
    #[must_use]
    pub fn unheard<'a>(&self, phrases: &'a [String]) -> Vec<(&'a str, Vec<String>)> {
        phrases
            .iter()
            .filter_map(|phrase| {
                let missing = self.lexicon.segment(phrase).missing;
                (!missing.is_empty()).then_some((phrase.as_str(), missing))
            })
            .collect()
    }

    pub(super) fn engine(&self) -> &vosk::Model {
        &self.engine
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}

impl std::fmt::Debug for VoskModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoskModel").field("summary", &self.summary).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn embedded() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/bellhop-zh")
    }

    pub const FILES: [&str; 8] = [
        "am/final.mdl",
        "conf/mfcc.conf",
        "conf/model.conf",
        "graph/HCLr.fst",
        "graph/Gr.fst",
        "graph/disambig_tid.int",
        "graph/words.txt",
        "graph/phones/word_boundary.int",
    ];

    fn copy(of: &Path) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("graph/phones")).expect("made");
        for name in ["am", "conf"] {
            fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        for file in FILES {
            fs::copy(of.join(file), folder.path().join(file)).expect("copied");
        }
        folder
    }

    #[test]
    fn the_embedded_model_is_whole() {
        let model = VoskModel::load(&embedded()).expect("a model");
        assert_eq!(model.summary().sample_rate, 8000);
        assert!(model.summary().takes_grammar);
        assert_eq!(model.words().len(), model.summary().words);
        assert!(model.words().iter().any(|word| word == "订单") && !model.words().iter().any(|word| word == "[unk]"));
    }

    #[test]
    fn a_missing_file_is_named() {
        for file in &FILES[..7] {
            let folder = copy(&embedded());
            fs::remove_file(folder.path().join(file)).expect("removed");
            let error = VoskModel::load(folder.path()).expect_err(file);
            assert!(matches!(&error, ModelError::Missing { .. }), "{file}: {error}");
            assert!(error.to_string().contains(file), "{error}");
        }
        let error = check_model(Path::new("/nowhere/at/all")).expect_err("no folder");
        assert!(error.to_string().contains("/nowhere/at/all") && error.to_string().contains("--models"));
    }

    #[test]
    fn a_model_without_word_boundaries_still_loads() {
        let folder = copy(&embedded());
        fs::remove_file(folder.path().join(FILES[7])).expect("removed");
        assert!(VoskModel::load(folder.path()).is_ok());
    }

    #[test]
    fn a_corrupt_file_is_named() {
        for file in FILES {
            let folder = copy(&embedded());
            fs::write(folder.path().join(file), b"\xff\xfe this is not it").expect("written");
            let error = VoskModel::load(folder.path()).expect_err(file);
            assert!(matches!(&error, ModelError::Broken { .. }), "{file}: {error}");
            assert!(error.to_string().contains(file), "{error}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_named() {
        for file in ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"] {
            let whole = fs::read(embedded().join(file)).expect("read");
            for share in [0, 1, 10, 50, 90, 99] {
                let folder = copy(&embedded());
                fs::write(folder.path().join(file), &whole[..whole.len() * share / 100]).expect("written");
                let error = VoskModel::load(folder.path()).expect_err(file);
                assert!(error.to_string().contains(file), "{share} %: {error}");
            }
        }
    }

    #[test]
    fn a_rate_nobody_speaks_at_is_refused() {
        let folder = copy(&embedded());
        fs::write(folder.path().join("conf/mfcc.conf"), "--sample-frequency=11025\n").expect("written");
        assert!(check_model(folder.path()).expect_err("a rate").to_string().contains("11025"));
    }

    #[test]
    fn phrases_with_unknown_words_are_told() {
        let model = VoskModel::load(&embedded()).expect("a model");
        let phrases = ["我要查订单", "龘龘"].map(str::to_owned);
        let unheard = model.unheard(&phrases);
        assert_eq!(unheard.len(), 1);
        assert_eq!(unheard[0].0, "龘龘");
    }
}
