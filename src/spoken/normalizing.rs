//! Spoken form to written form, the rest of the sentence untouched.

use jiff::civil::Date;

use super::found::{Found, What};
use super::{en, zh};
use crate::base::Language;

/// Passes until a text stays the same.
const PASSES: usize = 6;
/// Characters of a line that are looked at; what is longer stays as it is.
const LONGEST: usize = 20_000;

/// Returns a text with numbers, dates, times, sums and digit strings in written form.
///
/// With `today`, relative days (明天, next Wednesday) and days without a year become dates; without it they stay words.
/// Normalising the result again changes nothing.
#[must_use]
pub fn normalize(text: &str, language: Language, today: Option<Date>) -> String {
    let mut now: Vec<char> = text.chars().collect();
    if now.len() > LONGEST {
        return text.to_owned();
    }
    for _ in 0..PASSES {
        let next = once(&now, language, today);
        if next == now {
            break;
        }
        now = next;
    }
    now.into_iter().collect()
}

fn once(text: &[char], language: Language, today: Option<Date>) -> Vec<char> {
    let narrow: Vec<char> = text.iter().copied().map(narrow_digit).collect();
    let found = scan(&narrow, language, today);
    let mut written = Vec::with_capacity(text.len());
    let mut copied = 0;
    let mut date_ends = None;
    for one in &found {
        if one.what == What::Kept {
            continue;
        }
        written.extend_from_slice(&text[copied..one.start]);
        // A date and a time beside each other stay two words.
        let date_before = date_ends == Some(one.start) && matches!(one.what, What::TimeOfDay { .. });
        if date_before
            || one.written.starts_with(|c: char| c.is_ascii_digit())
                && written.last().is_some_and(char::is_ascii_digit)
                && one.start == copied
        {
            written.push(' ');
        }
        written.extend(one.written.chars());
        copied = one.end;
        date_ends = matches!(one.what, What::Day(said) if said.date().is_some()).then_some(one.end);
    }
    written.extend_from_slice(&text[copied..]);
    written
}

/// Finds what a text says in numbers.
pub(super) fn scan(text: &[char], language: Language, today: Option<Date>) -> Vec<Found> {
    match language {
        Language::Zh => zh::scan(text, today),
        Language::En => en::scan(text, today),
    }
}

/// Full-width digits as ASCII, one character for one.
pub(super) fn narrow_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    }
}
