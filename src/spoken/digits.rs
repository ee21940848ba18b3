//! Spoken digits to written ones.

use crate::base::Language;

/// Returns the digits said in `text`, in order, as ASCII; words that are no digits are passed over.
#[must_use]
pub fn digits_from_speech(text: &str, _language: Language) -> String {
    text.chars()
        .filter_map(|c| {
            "零一二三四五六七八九"
                .chars()
                .position(|d| d == c)
                .and_then(|p| char::from_digit(p as u32, 10))
                .or(c.is_ascii_digit().then_some(c))
        })
        .collect()
}
