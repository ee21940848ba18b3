//! `bellhop graph`: a dialplan as a picture: what callers want, what the robot then does, and where that leads.

mod cards;
mod draw;
mod layout;

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::check::{or_complain, read_plan};
use super::cli::GraphArgs;
use super::print::line;

/// Draws a dialplan.
///
/// # Errors
/// Where the dialplan cannot be read or the picture cannot be written; faults of the dialplan are printed.
pub fn graph(args: &GraphArgs) -> Result<ExitCode> {
    let Some(plan) = or_complain(read_plan(&args.dialplan)?, args.lang) else { return Ok(ExitCode::FAILURE) };
    let picture = layout::place(cards::cards(&plan, args.lang));
    let svg = draw::svg(&plan.name, &picture);
    match &args.out {
        Some(file) => std::fs::write(file, svg).with_context(|| format!("cannot write {}", file.display()))?,
        None => line(&svg),
    }
    Ok(ExitCode::SUCCESS)
}
