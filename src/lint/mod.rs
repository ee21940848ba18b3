//! Floor 3: what is wrong with a correct dialplan: overlap, dead ends, words that cannot be heard.
//! Knows no model and no call.

mod dates;
mod examples;
mod paths;
mod people;
mod privacy;
mod steps;
mod wording;

use jiff::civil::Date;

use crate::dialplan::{Diagnostic, Dialplan, Place, Severity, Wordings};

pub use paths::every_step;
pub use steps::names_used_by as names_used;

/// Finds what a correct dialplan does that was hardly meant. All findings are warnings, in the file's order.
///
/// `heard` says whether the speech model knows a word; without it, words are not checked.
#[must_use]
pub fn lint(plan: &Dialplan, heard: Option<&dyn Fn(&str) -> bool>) -> Vec<Diagnostic> {
    lint_on(plan, heard, None)
}

/// Finds what [`lint`] finds, and what is over on this day.
#[must_use]
pub fn lint_on(plan: &Dialplan, heard: Option<&dyn Fn(&str) -> bool>, today: Option<Date>) -> Vec<Diagnostic> {
    let mut notes = Notes { plan, found: Vec::new() };
    examples::check(&mut notes);
    if let Some(heard) = heard {
        examples::check_hearing(&mut notes, heard);
    }
    paths::check(&mut notes);
    people::check(&mut notes);
    steps::check(&mut notes);
    privacy::check(&mut notes);
    wording::check(&mut notes);
    if let Some(today) = today {
        dates::check(&mut notes, today);
    }
    notes.found.sort_by_key(|one| one.place);
    notes.found
}

/// What has been found so far.
struct Notes<'p> {
    plan: &'p Dialplan,
    found: Vec<Diagnostic>,
}

impl Notes<'_> {
    /// Adds a warning; the caret stands under `marked` where the line holds it.
    fn add(&mut self, place: Place, marked: &str, code: &'static str, message: Wordings, help: Wordings) {
        let place = if place.line == 0 { Place { line: 1, column: 1 } } else { place };
        let line = self.plan.source.lines().nth(place.line as usize - 1).unwrap_or_default().to_owned();
        let rest: String = line.chars().skip(place.column.saturating_sub(1) as usize).collect();
        let found = if marked.is_empty() { None } else { rest.find(marked).map(|at| rest[..at].chars().count()) };
        let shift = u32::try_from(found.unwrap_or(0)).unwrap_or(0);
        let length = u32::try_from(if found.is_some() { marked.chars().count() } else { 1 }).unwrap_or(1);
        let (file, place) = self.plan.locate(Place { line: place.line, column: place.column + shift });
        self.found.push(Diagnostic { file: file.to_owned(), place, length, severity: Severity::Warning, code, message, help, line });
    }
}
