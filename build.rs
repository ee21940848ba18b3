//! Finds libvosk for the linker and for run time, or says in one line what to run.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
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

fn vosk_folder() -> Option<PathBuf> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).join(".tools/vosk");
    let named = env::var_os("BELLHOP_VOSK").map(PathBuf::from);
    named.into_iter().chain([here]).find(|folder| has_library(folder))
}

fn has_library(folder: &Path) -> bool {
    folder.join("libvosk.so").is_file()
}
