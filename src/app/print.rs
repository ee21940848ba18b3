//! The only place that writes to the terminal: a line at a time, and a closed pipe ends the program quietly.

use std::io::Write;

/// Prints a line to standard output.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints what is asked for, without ending the line.
pub fn prompt(text: &str) {
    let mut out = std::io::stdout().lock();
    if write!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints a line to standard error.
pub fn complain(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Shows how far something is, over what was shown before; an empty text wipes it. Only for a terminal.
pub fn progress(text: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody is left to tell when standard error is closed.
    let _ = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
}
