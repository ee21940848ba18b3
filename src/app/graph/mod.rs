//! `bellhop graph`: a dialplan as a picture: what callers want, what the robot then does, and where that leads.

mod cards;
mod draw;
mod layout;

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::check::read_plan;
use super::cli::GraphArgs;
use super::print::{complain, line};

/// Draws a dialplan.
///
/// # Errors
/// Where the dialplan cannot be read or the picture cannot be written; faults of the dialplan are printed.
pub fn graph(args: &GraphArgs) -> Result<ExitCode> {
    let plan = match read_plan(&args.dialplan)? {
        Ok(plan) => plan,
        Err(found) => {
            for one in &found {
                complain(&one.human(args.lang));
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let picture = layout::place(cards::cards(&plan, args.lang));
    let svg = draw::svg(&plan.name, &picture);
    match &args.out {
        Some(file) => std::fs::write(file, svg).with_context(|| format!("cannot write {}", file.display()))?,
        None => line(&svg),
    }
    Ok(ExitCode::SUCCESS)
}
