//! The network itself, run by libonnxruntime, which is looked for when the first one is loaded. The only file that knows ort.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::TensorRef;

use super::styles::WIDTH;

/// The library's name beside the program and where `make setup` puts it.
const LIBRARY: &str = "libonnxruntime.so";
/// Where `make setup` puts it.
const SET_UP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/onnxruntime");
/// Names the library's file; the package asks for it by the same name.
const NAMED_BY: &str = "ORT_DYLIB_PATH";

/// A loaded network.
pub(super) struct Network {
    session: Session,
    /// What this export calls the symbols: `tokens`, or `input_ids`.
    symbols: &'static str,
}

/// Ends a run from another thread.
#[derive(Clone)]
pub(super) struct Stop(Arc<RunOptions>);

impl Stop {
    pub(super) fn new() -> Result<Self, String> {
        let quiet = RunOptions::new().and_then(|mut options| options.set_log_level(LogLevel::Fatal).map(|()| options));
        quiet.map(|options| Self(Arc::new(options))).map_err(words)
    }

    /// Lets the run end with an error, soon.
    pub(super) fn stop(&self) {
        if let Err(error) = self.0.terminate() {
            tracing::warn!(%error, "a run of the voice's network cannot be ended");
        }
    }
}

impl Network {
    /// Loads a network and looks whether it is Kokoro's. Its threads take over the priority of the calling one.
    pub(super) fn load(file: &Path, threads: usize) -> Result<Self, String> {
        let environment = environment()?;
        let refused = |error: String| format!("{}: {error}; fetch it again with `bellhop models pull kokoro-v1.0 --again`", file.display());
        let build = || {
            let mut builder = Session::builder(&environment)?
                .with_intra_threads(threads.max(1))?
                // Waiting threads would burn the cores that carry calls.
                .with_intra_op_spinning(false)?
                // What goes wrong comes back as an error; the library's own lines are no log of ours.
                .with_log_level(LogLevel::Fatal)?;
            builder.commit_from_file(file)
        };
        let session = build().map_err(|error: ort::Error| refused(words(error)))?;
        let inputs: Vec<&str> = session.inputs().iter().map(ort::value::Outlet::name).collect();
        let symbols = ["tokens", "input_ids"].into_iter().find(|name| inputs.contains(name));
        match symbols.filter(|_| inputs.len() == 3 && inputs.contains(&"style") && inputs.contains(&"speed")) {
            Some(symbols) => Ok(Self { session, symbols }),
            None => Err(refused(format!("takes {} and not tokens, style, speed: it is no Kokoro network", inputs.join(", ")))),
        }
    }

    /// Speaks numbered symbols: samples at 24 kHz. Blocks.
    pub(super) fn speak(&mut self, symbols: &[i64], style: &[f32], speed: f32, stop: &Stop) -> Result<Vec<f32>, String> {
        // A pause at both ends, as it was taught.
        let padded: Vec<i64> = std::iter::once(0).chain(symbols.iter().copied()).chain([0]).collect();
        let speed = [speed];
        let mut run = || -> ort::Result<Vec<f32>> {
            let inputs: Vec<(&str, SessionInputValue<'_>)> = vec![
                (self.symbols, TensorRef::from_array_view(([1, padded.len()], padded.as_slice()))?.into()),
                ("style", TensorRef::from_array_view(([1, WIDTH], style))?.into()),
                ("speed", TensorRef::from_array_view(([1], speed.as_slice()))?.into()),
            ];
            let outputs = self.session.run_with_options(inputs, &stop.0)?;
            let (_, samples) = outputs[0].try_extract_tensor::<f32>()?;
            Ok(samples.to_vec())
        };
        run().map_err(words)
    }
}

/// Returns the process's one environment, made with the library when it is first asked for; a failure is tried again the next time.
fn environment() -> Result<Environment, String> {
    // Guards the one environment; held while the library is loaded, by threads that load networks.
    static MADE: Mutex<Option<Environment>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*made {
        return Ok(environment.clone());
    }
    let library = library()?;
    let unusable = |error: String| {
        format!("{}: {error}; run `make setup`, or name a libonnxruntime.so of version 1.17 or later in {NAMED_BY}", library.display())
    };
    let builder = ort::init_from(&library).map_err(|error| unusable(one_line(&error.to_string())))?;
    let environment = builder.with_name("bellhop").with_telemetry(false).build().map_err(|error| unusable(words(error)))?;
    environment.set_log_level(LogLevel::Fatal);
    Ok(made.insert(environment).clone())
}

/// Finds libonnxruntime: where the environment says, beside the program, or where `make setup` puts it.
fn library() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(NAMED_BY).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return match named.canonicalize() {
            Ok(library) if library.is_file() => Ok(library),
            _ => Err(format!("{NAMED_BY} names {}, which is no file", named.display())),
        };
    }
    let beside = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    let places = beside.into_iter().chain([PathBuf::from(SET_UP)]).map(|folder| folder.join(LIBRARY));
    places
        .into_iter()
        .find(|library| library.is_file())
        .ok_or_else(|| format!("{LIBRARY} is not here yet: run `make setup` once, put it beside the program, or name it in {NAMED_BY}"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands on")]
fn words(error: ort::Error) -> String {
    one_line(&error.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
