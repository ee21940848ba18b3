//! What a caller's answer gives for a slot: readings in written form, best first, from the whole n-best list.
//! Knows no dialplan: a form says what is asked for, the surroundings what is known.

use jiff::civil::DateTime;

use crate::base::{Language, Pii};

/// What a slot holds, as far as reading it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SlotForm<'a> {
    /// A digit string of `least` to `most` digits (order numbers, codes).
    Digits {
        /// The fewest digits.
        least: u8,
        /// The most digits.
        most: u8,
    },
    /// Letters and digits, `least` to `most` of them (`A80`, `SF1234567890`).
    Code {
        /// The fewest characters.
        least: u8,
        /// The most characters.
        most: u8,
    },
    /// A telephone number; mobile numbers rank first.
    Phone,
    /// A Chinese identity card: 18 characters with a checksum, or the old 15 digits.
    IdCard,
    /// A bank card: 13 to 19 digits with a Luhn checksum.
    BankCard,
    /// A date, written `2026-11-21`.
    Date,
    /// A time of day, written `15:30`.
    Time,
    /// A length of time, written as ISO 8601 (`PT1H30M`, `P3D`).
    Duration,
    /// A sum of money, written `30元`, `$30`.
    Money,
    /// A number from `least` to `most`.
    Number {
        /// The smallest number.
        least: i64,
        /// The largest number.
        most: i64,
    },
    /// `yes` or `no`.
    YesNo,
    /// One of a few values, each with other words for it; the written form is the value.
    Choice(&'a [(String, Vec<String>)]),
}

/// What is known around an answer. Time is an argument: nothing here reads a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The language of the call.
    pub language: Language,
    /// Date and time where the hotline is; without it 明天 and its like are no dates.
    pub now: Option<DateTime>,
    /// The number the caller calls from, for 「这个号码」.
    pub own_number: Option<&'a Pii<String>>,
    /// What of the slot was given before.
    pub so_far: SoFar<'a>,
    /// Values given earlier in the call, oldest first, for 「还是刚才那个」.
    pub earlier: &'a [String],
}

/// What of a slot was given in earlier turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoFar<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// The beginning of a value; what is said now may go on from there.
    Part(&'a str),
    /// A whole value that is being confirmed; what is said now may correct a part of it.
    Value(&'a str),
}

/// One reading of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value in written form.
    pub value: String,
    /// 0 to 1: what the recogniser gave, less where checks fail.
    pub confidence: f32,
    /// Whether it is what the slot holds.
    pub fit: Fit,
    /// How it came about.
    pub origin: Origin,
}

/// Whether a reading is what the slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// All of it, and its checks hold.
    Whole,
    /// The right length, but a checksum or prefix is wrong: worth a question.
    Doubtful,
    /// A beginning: too short, may go on in the next turn.
    Part,
    /// Too long, or outside the range.
    Outside,
}

/// How a reading came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Said in this turn.
    Said,
    /// A part of before and what was said now.
    Continued,
    /// A value of before with something in it replaced.
    Corrected,
    /// Pointed at: 这个号码, 刚才那个, 最后一个.
    Pointed,
}

/// A slot's value found in a sentence that may hold several.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSlot {
    /// Which of the forms that were asked for, by place.
    pub form: usize,
    /// What was read.
    pub reading: Reading,
}

/// Reads an n-best list (text and confidence, best first) as an answer to a slot's question.
///
/// Returns readings best first: those that fit before those that do not, each value once. Empty when nothing was said that the form could hold.
#[must_use]
pub fn read_slot(form: &SlotForm<'_>, heard: &[(&str, f32)], known: &Surroundings<'_>) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for (text, confidence) in heard {
        for reading in super::answers::readings(form, text, *confidence, known) {
            match readings.iter_mut().find(|other| other.value == reading.value) {
                Some(other) if other.confidence >= reading.confidence => {}
                Some(other) => *other = reading,
                None => readings.push(reading),
            }
        }
    }
    readings.sort_by(|one, other| one.fit.cmp(&other.fit).then(other.confidence.total_cmp(&one.confidence)));
    readings
}

/// Finds the values of several slots in one sentence; no words count twice, and only readings that fit are given.
#[must_use]
pub fn find_in_sentence(forms: &[SlotForm<'_>], heard: &[(&str, f32)], known: &Surroundings<'_>) -> Vec<FoundSlot> {
    let mut found: Vec<FoundSlot> = Vec::new();
    for (place, form) in forms.iter().enumerate() {
        let whole = read_slot(form, heard, known)
            .into_iter()
            .find(|reading| reading.fit == Fit::Whole && found.iter().all(|other| other.reading.value != reading.value));
        if let Some(reading) = whole {
            found.push(FoundSlot { form: place, reading });
        }
    }
    found
}
