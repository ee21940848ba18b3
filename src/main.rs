//! The `bellhop` program.

use std::process::ExitCode;

/// Memory that calls no longer need goes back to the system; the C library's allocator keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bellhop::app::run()
}
