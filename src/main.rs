//! The `bellhop` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    bellhop::app::run()
}
