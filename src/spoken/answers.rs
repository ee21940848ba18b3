//! One text as an answer to one slot's question.

use super::digits_from_speech;
use super::slots::{Fit, Origin, Reading, SlotForm, SoFar, Surroundings};

/// Readings of one text.
pub(super) fn readings(form: &SlotForm<'_>, text: &str, confidence: f32, known: &Surroundings<'_>) -> Vec<Reading> {
    match form {
        SlotForm::Digits { least, most } => digits(text, (*least, *most), confidence, known),
        SlotForm::Phone => digits(text, (11, 11), confidence, known),
        SlotForm::IdCard => digits(text, (18, 18), confidence, known),
        SlotForm::BankCard => digits(text, (13, 19), confidence, known),
        SlotForm::Choice(values) => values
            .iter()
            .filter(|(value, others)| std::iter::once(value).chain(others).any(|word| !word.is_empty() && text.contains(word.as_str())))
            .map(|(value, _)| Reading { value: value.clone(), confidence, fit: Fit::Whole, origin: Origin::Said })
            .collect(),
        _ => Vec::new(),
    }
}

fn digits(text: &str, (least, most): (u8, u8), confidence: f32, known: &Surroundings<'_>) -> Vec<Reading> {
    let said = digits_from_speech(text, known.language);
    if said.is_empty() {
        return Vec::new();
    }
    let (value, origin) = match known.so_far {
        SoFar::Part(part) if said.len() < usize::from(least) => (format!("{part}{said}"), Origin::Continued),
        _ => (said, Origin::Said),
    };
    let fit = match value.len() {
        length if length < usize::from(least) => Fit::Part,
        length if length > usize::from(most) => Fit::Outside,
        _ => Fit::Whole,
    };
    vec![Reading { value, confidence, fit, origin }]
}
