//! Finds libvosk for the linker and for run time, or says in one line what to run.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rustc-env=BELLHOP_LEARNS_AS={:016x}", learns_as());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=BELLHOP_VOSK");
    println!("cargo::rerun-if-changed=.tools/vosk/libvosk.so");
    let Some(folder) = vosk_folder() else {
        println!("cargo::error=libvosk.so is not here yet: run `make setup` once (or set BELLHOP_VOSK to the folder that holds it)");
        return;
    };
    println!("cargo::rustc-link-search=native={}", folder.display());
    // The binary finds the library where the build found it, or beside itself, without LD_LIBRARY_PATH.
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}:$ORIGIN", folder.display());
}

/// Changes with whatever intents are learnt by: models kept on disk are those of this very code, or none.
fn learns_as() -> u64 {
    let mut files: Vec<PathBuf> = vec!["Cargo.lock".into(), "src/base/rng.rs".into()];
    let mut folders: Vec<PathBuf> = vec!["src/intent".into()];
    while let Some(folder) = folders.pop() {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let bytes = files.iter().flat_map(|file| {
        println!("cargo::rerun-if-changed={}", file.display());
        std::fs::read(file).unwrap_or_default()
    });
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn vosk_folder() -> Option<PathBuf> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).join(".tools/vosk");
    let named = env::var_os("BELLHOP_VOSK").map(PathBuf::from);
    named.into_iter().chain([here]).find(|folder| has_library(folder))
}

fn has_library(folder: &Path) -> bool {
    folder.join("libvosk.so").is_file()
}
