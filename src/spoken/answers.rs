//! One text as an answer to one slot's question.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Time;

use super::amount::Amount;
use super::choosing::choose;
use super::corrections::{starts, taken_back};
use super::found::{Cents, Currency, Found, Length, What, write_clock};
use super::normalizing::{narrow_digit, scan};
use super::slots::{Fit, Origin, Reading, SlotForm, SoFar, Surroundings};
use super::spelled;
use super::yes_no::{YesNo, yes_or_no};
use super::{en, zh};
use crate::base::Language;

/// Characters of an answer that are looked at.
const LONGEST: usize = 2_000;

/// A reading and the words it came from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) reading: Reading,
    pub(super) span: Range<usize>,
}

/// How much of a text may be one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The text answers one question.
    Answer,
    /// The text may hold several values: nothing is joined over words.
    Sentence,
}

/// A text as characters, as far as it is looked at.
pub(super) fn characters(text: &str) -> Vec<char> {
    text.chars().take(LONGEST).map(narrow_digit).collect()
}

/// Readings of one text, best first.
pub(super) fn answers(form: &SlotForm<'_>, text: &[char], confidence: f32, known: &Surroundings<'_>, scope: Scope) -> Vec<Answer> {
    let answer = |value: String, fit: Fit, share: f32, span: Range<usize>| Answer {
        reading: Reading { value, confidence: confidence * share, fit, origin: Origin::Said },
        span,
    };
    let said = |values: Vec<(String, Range<usize>)>| -> Vec<Answer> {
        let values = last_word(text, known.language, values);
        values.into_iter().map(|(value, span)| answer(value, Fit::Whole, 1.0, span)).collect()
    };
    let mut answers = match form {
        SlotForm::Digits { .. } | SlotForm::Code { .. } | SlotForm::Phone | SlotForm::IdCard | SlotForm::BankCard => {
            return spelled::answers(form, text, confidence, known, scope);
        }
        SlotForm::Date => said(days(text, known)),
        SlotForm::Time => said(times(text, known, scope)),
        SlotForm::Duration => said(lengths(text, known.language)),
        SlotForm::Money => said(sums(text, known.language, scope)),
        SlotForm::Number { least, most } => {
            let numbers = last_word(text, known.language, numbers(text, known.language));
            let fit = |number: i64| if (*least..=*most).contains(&number) { Fit::Whole } else { Fit::Outside };
            numbers.into_iter().map(|(number, span)| answer(number.to_string(), fit(number), 1.0, span)).collect()
        }
        SlotForm::YesNo => {
            let all: String = text.iter().collect();
            let word = yes_or_no(&all, known.language).map(|said| if said == YesNo::Yes { "yes" } else { "no" });
            word.map(|word| answer(word.to_owned(), Fit::Whole, 1.0, 0..text.len())).into_iter().collect()
        }
        SlotForm::Choice(values) => choose(values, text, known.language)
            .into_iter()
            .map(|chosen| answer(chosen.value, Fit::Whole, chosen.closeness, chosen.span))
            .collect(),
    };
    if let SoFar::Value(before) = known.so_far {
        for answer in answers.iter_mut().filter(|answer| answer.reading.value != before) {
            answer.reading.origin = Origin::Corrected;
        }
    }
    answers
}

/// Where something was taken back, what was said after it.
fn last_word<T>(text: &[char], language: Language, mut values: Vec<(T, Range<usize>)>) -> Vec<(T, Range<usize>)> {
    // 不是明天，是后天
    let refused = |span: &Range<usize>| {
        let before: String = text[span.start.saturating_sub(6)..span.start].iter().collect::<String>().to_lowercase();
        let before = before.trim_end();
        before.ends_with("不是") || before.ends_with("不要") || before.ends_with(" not") || before == "not"
    };
    if values.iter().any(|(_, span)| !refused(span)) && values.iter().any(|(_, span)| refused(span)) {
        let named: Vec<Range<usize>> = values.iter().map(|(_, span)| span.clone()).filter(|span| refused(span)).collect();
        // 不对，不是 before what is meant takes back what stands before it, and refuses nothing.
        if named.iter().any(|span| values.iter().any(|(_, other)| other.start >= span.end)) {
            values.retain(|(_, span)| !refused(span));
        }
    }
    let back = (0..text.len()).rev().find(|place| {
        let begins = language == Language::Zh || place.checked_sub(1).is_none_or(|before| !text[before].is_alphanumeric());
        begins && taken_back(text, *place, language).is_some()
    });
    if let Some(back) = back
        && values.iter().any(|(_, span)| span.start >= back)
    {
        values.retain(|(_, span)| span.start >= back);
    }
    values
}

fn found(text: &[char], known: &Surroundings<'_>) -> Vec<Found> {
    scan(text, known.language, known.now.map(jiff::civil::DateTime::date))
}

fn days(text: &[char], known: &Surroundings<'_>) -> Vec<(String, Range<usize>)> {
    let written = (0..text.len().saturating_sub(9)).filter_map(|place| {
        let day: String = text[place..place + 10].iter().collect();
        day.parse::<jiff::civil::Date>().ok().map(|date| (date.to_string(), place..place + 10))
    });
    let said = found(text, known).into_iter().filter_map(|found| match found.what {
        What::Day(day) => day.date().or_else(|| found.written.parse().ok()).map(|date| (date.to_string(), found.start..found.end)),
        _ => None,
    });
    written.chain(said).collect()
}

fn times(text: &[char], known: &Surroundings<'_>, scope: Scope) -> Vec<(String, Range<usize>)> {
    let clocks = match known.language {
        Language::Zh => zh::times(text),
        Language::En => en::times(text),
    };
    let mut times: Vec<(String, Range<usize>)> =
        clocks.into_iter().map(|(hour, minute, span)| (write_clock(hour, minute, None), span)).collect();
    if let Some(now) = known.now.filter(|_| times.is_empty() || known.language == Language::En) {
        let later = |length: Length| {
            let time = now.checked_add(i64::try_from(length.seconds).ok()?.seconds()).ok()?.time();
            Some(write_clock(u8::try_from(time.hour()).ok()?, u8::try_from(time.minute()).ok()?, None))
        };
        for (length, span) in length_values(text, known.language) {
            let after = ["后", "以后", "之后"].iter().any(|word| starts(text, span.end, word));
            let before: String = text[..span.start].iter().collect();
            if length.seconds > 0 && (after || before.trim_end().ends_with("in")) {
                times.retain(|(_, other)| other.end <= span.start || other.start >= span.end);
                times.extend(later(length).map(|time| (time, span)));
            }
        }
        // 我现在不方便 names no time.
        if times.is_empty() && scope == Scope::Answer {
            let here = ["现在", "马上", "right now", "now"]
                .iter()
                .find_map(|word| (0..text.len()).find(|place| starts(text, *place, word)).map(|place| place..place + word.chars().count()));
            let time: Time = now.time();
            times.extend(
                here.and_then(|span| Some((write_clock(u8::try_from(time.hour()).ok()?, u8::try_from(time.minute()).ok()?, None), span))),
            );
        }
    }
    times
}

fn lengths(text: &[char], language: Language) -> Vec<(String, Range<usize>)> {
    length_values(text, language).into_iter().map(|(length, span)| (length.iso(), span)).collect()
}

fn length_values(text: &[char], language: Language) -> Vec<(Length, Range<usize>)> {
    const HOUR: u64 = 3600;
    const WORDS: &[(&str, Length)] = &[
        ("半个小时", Length { months: 0, weeks: 0, days: 0, seconds: HOUR / 2 }),
        ("半小时", Length { months: 0, weeks: 0, days: 0, seconds: HOUR / 2 }),
        ("半个钟头", Length { months: 0, weeks: 0, days: 0, seconds: HOUR / 2 }),
        ("半天", Length { months: 0, weeks: 0, days: 0, seconds: HOUR * 12 }),
        ("半个月", Length { months: 0, weeks: 0, days: 15, seconds: 0 }),
        ("半年", Length { months: 6, weeks: 0, days: 0, seconds: 0 }),
        ("three quarters of an hour", Length { months: 0, weeks: 0, days: 0, seconds: HOUR * 3 / 4 }),
        ("a quarter of an hour", Length { months: 0, weeks: 0, days: 0, seconds: HOUR / 4 }),
        ("half an hour", Length { months: 0, weeks: 0, days: 0, seconds: HOUR / 2 }),
        ("half a day", Length { months: 0, weeks: 0, days: 0, seconds: HOUR * 12 }),
        ("half a year", Length { months: 6, weeks: 0, days: 0, seconds: 0 }),
        ("a couple of days", Length { months: 0, weeks: 0, days: 2, seconds: 0 }),
        ("a couple of hours", Length { months: 0, weeks: 0, days: 0, seconds: HOUR * 2 }),
        ("a couple of weeks", Length { months: 0, weeks: 2, days: 0, seconds: 0 }),
        ("a year", Length { months: 12, weeks: 0, days: 0, seconds: 0 }),
        ("a month", Length { months: 1, weeks: 0, days: 0, seconds: 0 }),
        ("a week", Length { months: 0, weeks: 1, days: 0, seconds: 0 }),
        ("a day", Length { months: 0, weeks: 0, days: 1, seconds: 0 }),
        ("a fortnight", Length { months: 0, weeks: 2, days: 0, seconds: 0 }),
        ("an hour", Length { months: 0, weeks: 0, days: 0, seconds: HOUR }),
        ("a minute", Length { months: 0, weeks: 0, days: 0, seconds: 60 }),
    ];
    let mut values: Vec<(Length, Range<usize>)> = scan(text, language, None)
        .into_iter()
        .filter_map(|found| if let What::Length(length) = found.what { Some((length, found.start..found.end)) } else { None })
        .collect();
    for (word, length) in WORDS {
        for place in 0..text.len() {
            let end = place + word.chars().count();
            let apart = values.iter().all(|(_, span)| span.end <= place || span.start >= end);
            if starts(text, place, word) && apart && text.get(end).is_none_or(|c| !c.is_ascii_alphabetic()) {
                values.push((*length, place..end));
            }
        }
    }
    values.sort_by_key(|(_, span)| span.start);
    values
}

fn sums(text: &[char], language: Language, scope: Scope) -> Vec<(String, Range<usize>)> {
    let cents = if language == Language::Zh { Cents::AsFew } else { Cents::TwoPlaces };
    let found = scan(text, language, None);
    let money = |found: &Found| match found.what {
        What::Money(amount, currency) => Some((currency.write(amount, cents), found.start..found.end.min(text.len()))),
        _ => None,
    };
    let sums: Vec<_> = found.iter().filter_map(money).chain(written_sums(text)).collect();
    if !sums.is_empty() || scope == Scope::Sentence {
        return sums;
    }
    // 五分 counts many things; asked for a sum, it is 五分钱.
    if language == Language::Zh && text.last() == Some(&'分') {
        let fen: Vec<_> = scan(&[text, &['钱']].concat(), language, None).iter().filter_map(money).collect();
        if !fen.is_empty() {
            return fen;
        }
    }
    let currency = if language == Language::Zh { Currency::Yuan } else { Currency::Dollar };
    let bare = |one: &Found| {
        let amount = match &one.what {
            What::Number(amount) | What::Counted(amount) => *amount,
            // Twelve fifty is twelve dollars and fifty cents.
            What::Digits(digits) if language == Language::En && digits.len() == 4 => {
                Amount::with_places(digits.get(..2)?.parse().ok()?, digits.get(2..)?)?
            }
            What::Digits(digits) => Amount::whole(digits.parse().ok().filter(|_| digits.len() < 10)?)?,
            _ => return None,
        };
        Some((currency.write(amount, cents), one.start..one.end))
    };
    let mut bare: Vec<_> = found.iter().filter_map(bare).collect();
    if bare.is_empty() {
        bare.extend(
            numbers(text, language)
                .into_iter()
                .filter_map(|(number, span)| Some((currency.write(Amount::whole(u128::try_from(number).ok()?)?, cents), span))),
        );
    }
    bare
}

/// 30元 and $30 as they are written.
fn written_sums(text: &[char]) -> Vec<(String, Range<usize>)> {
    let mut sums = Vec::new();
    for place in 0..text.len() {
        if matches!(text[place], '$' | '¥' | '￥') {
            let length = text[place + 1..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
            let number: String = text[place + 1..place + 1 + length].iter().collect();
            if number.starts_with(|c: char| c.is_ascii_digit()) {
                let number = number.trim_end_matches('.');
                let value = if text[place] == '$' { format!("${number}") } else { format!("{number}元") };
                sums.push((value, place..place + 1 + length));
            }
        }
    }
    sums
}

/// Whole numbers said, also where they would be no numbers in another place (十分).
fn numbers(text: &[char], language: Language) -> Vec<(i64, Range<usize>)> {
    let counted: Vec<(i64, Range<usize>)> = scan(text, language, None)
        .iter()
        .filter_map(|found| {
            let number = match &found.what {
                What::Number(amount) | What::Counted(amount) => amount.trimmed().as_whole(),
                What::Ordinal(number) => i64::try_from(*number).ok(),
                What::Digits(digits) => digits.parse().ok(),
                What::Length(length) => Some(length)
                    .filter(|length| length.weeks + length.months == 0)
                    .and_then(|_| found.written.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()),
                _ => None,
            };
            number.map(|number| (number, found.start..found.end))
        })
        .collect();
    if !counted.is_empty() {
        return counted;
    }
    match language {
        Language::Zh => zh::any_number(text).into_iter().collect(),
        Language::En => en::any_number(text).into_iter().collect(),
    }
}
