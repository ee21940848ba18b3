//! `bellhop normalize`: lines in spoken form in, the same lines in written form out.

use std::io::{BufRead, Read};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::cli::NormalizeArgs;
use super::print;
use crate::spoken;

/// The longest line that is read; a longer one is an error rather than memory without bound.
const LONGEST_LINE: u64 = 1 << 20;

/// Writes each line of standard input in written form; what is not UTF-8 in it is replaced.
///
/// # Errors
/// Where standard input cannot be read, or has a line of more than a mebibyte.
pub fn normalize(args: &NormalizeArgs) -> Result<ExitCode> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = input.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line).context("cannot read standard input")?;
        if read == 0 {
            break;
        }
        anyhow::ensure!(line.len() as u64 <= LONGEST_LINE, "line {number} of standard input is longer than {LONGEST_LINE} bytes");
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        print::line(&spoken::normalize(text, args.lang, args.at));
    }
    Ok(ExitCode::SUCCESS)
}
