//! What a caller's answer gives for a slot: readings in written form, best first, from the whole n-best list.
//! Knows no dialplan: a form says what is asked for, the surroundings what is known.

use jiff::civil::DateTime;

use super::answers::{Scope, answers, characters};
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
    /// A Chinese identity card: 18 characters with a checksum.
    IdCard,
    /// A bank card: 15 to 19 digits with a Luhn checksum.
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
        for (place, answer) in answers(form, &characters(text), *confidence, known, Scope::Answer).into_iter().enumerate() {
            // Readings of one text come best first, and stay so.
            let mut reading = answer.reading;
            reading.confidence *= 0.97_f32.powi(i32::try_from(place).unwrap_or(i32::MAX));
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
///
/// The narrowest forms choose first: an identity card before a telephone number, that before a string of digits, that before a number.
#[must_use]
pub fn find_in_sentence(forms: &[SlotForm<'_>], heard: &[(&str, f32)], known: &Surroundings<'_>) -> Vec<FoundSlot> {
    let mut order: Vec<usize> = (0..forms.len()).collect();
    order.sort_by_key(|place| rank(&forms[*place]));
    let mut texts: Vec<(Vec<char>, f32)> = heard.iter().map(|(text, confidence)| (characters(text), *confidence)).collect();
    let mut found: Vec<FoundSlot> = Vec::new();
    let known = Surroundings { so_far: SoFar::Nothing, ..*known };
    for form in order {
        let whole = texts.iter().enumerate().find_map(|(text, (words, confidence))| {
            let answers = answers(&forms[form], words, *confidence, &known, Scope::Sentence);
            answers.into_iter().find(|answer| answer.reading.fit == Fit::Whole).map(|answer| (text, answer))
        });
        let Some((text, answer)) = whole else { continue };
        let (words, _) = &mut texts[text];
        let end = answer.span.end.min(words.len());
        if let Some(used) = words.get_mut(answer.span.start.min(end)..end) {
            used.fill('。');
        }
        // In the other texts the same value is used up too.
        for (_, (words, confidence)) in texts.iter_mut().enumerate().filter(|(other, _)| *other != text) {
            let same = answers(&forms[form], words, *confidence, &known, Scope::Sentence)
                .into_iter()
                .find(|one| one.reading.value == answer.reading.value);
            if let Some(used) = same.and_then(|same| words.get_mut(same.span)) {
                used.fill('。');
            }
        }
        found.push(FoundSlot { form, reading: answer.reading });
    }
    found.sort_by_key(|one| one.form);
    found
}

/// Which form chooses first in a sentence.
const fn rank(form: &SlotForm<'_>) -> u8 {
    match form {
        SlotForm::IdCard => 0,
        SlotForm::BankCard => 1,
        SlotForm::Phone => 2,
        SlotForm::Date => 3,
        SlotForm::Time => 4,
        SlotForm::Money => 5,
        SlotForm::Duration => 6,
        SlotForm::Digits { .. } => 7,
        SlotForm::Code { .. } => 8,
        SlotForm::Choice(_) => 9,
        SlotForm::Number { .. } => 10,
        SlotForm::YesNo => 11,
    }
}
