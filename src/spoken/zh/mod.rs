//! What a Chinese text says in numbers: found from left to right, each stretch once.

mod amounts;
mod clock;
mod days;
mod idioms;
mod measures;
mod numerals;
mod strings;

use jiff::civil::Date;

pub(super) use idioms::{idiom, is_numeral};
pub(super) use numerals::{Shape, numeral};

use super::digits::digit;
use super::found::{Found, What};

/// Finds every number, date, time and sum in a text; with `today`, relative days too.
pub(super) fn scan(text: &[char], today: Option<Date>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut place = 0;
    let mut half_day: Option<(clock::Period, u8, usize)> = None;
    while place < text.len() {
        let inherited = half_day.filter(|(_, _, end)| links(text, *end, place)).map(|(period, hour, _)| (period, hour));
        if let Some(found) = at(text, place, today, inherited, &mut half_day) {
            place = found.end.max(place + 1);
            all.push(found);
            continue;
        }
        place = if text[place].is_ascii_alphanumeric() { after_written(text, place) } else { place + 1 };
    }
    all
}

/// 到, 至 and the like between two times.
fn links(text: &[char], from: usize, to: usize) -> bool {
    let between: String = text.get(from..to).unwrap_or_default().iter().collect();
    matches!(between.trim(), "到" | "至" | "-" | "~" | "—" | "或" | "或者" | "还是" | "和" | "跟")
}

fn at(
    text: &[char],
    place: usize,
    today: Option<Date>,
    inherited: Option<(clock::Period, u8)>,
    half_day: &mut Option<(clock::Period, u8, usize)>,
) -> Option<Found> {
    let c = text[place];
    // Nothing begins inside a number that was not understood, or a written one.
    if c.is_ascii_digit() && place > 0 && (text[place - 1].is_ascii_alphanumeric() || matches!(text[place - 1], '.' | ':' | '-')) {
        return None;
    }
    if let Some(found) = today.and_then(|today| days::relative_day(text, place, today)).map(|(date, end)| day(date, place, end)) {
        return Some(found);
    }
    if c.is_ascii_digit() && written_date(text, place) {
        return None;
    }
    if let Some(clock) = clock::clock(text, place, inherited) {
        let What::TimeOfDay { hour, .. } = clock.found.what else { return Some(clock.found) };
        *half_day = clock.period.or(inherited.map(|(period, _)| period)).map(|period| (period, hour, clock.found.end));
        return Some(clock.found);
    }
    if let Some(end) = idioms::idiom(text, place) {
        return Some(Found { start: place, end, what: What::Kept, written: text[place..end].iter().collect() });
    }
    if c.is_ascii_alphabetic() {
        return strings::code(text, place).map(|(value, end)| Found {
            start: place,
            end,
            what: What::Digits(value.clone()),
            written: value,
        });
    }
    if !(idioms::is_numeral(c) || matches!(c, '第' | '负' | '差')) {
        return None;
    }
    if place > 0 && text[place - 1] == '几' {
        return amounts::number(text, place);
    }
    days::date(text, place, today)
        .or_else(|| amounts::share(text, place))
        .or_else(|| amounts::money(text, place))
        .or_else(|| digits_said(text, place))
        .or_else(|| amounts::length(text, place))
        .or_else(|| amounts::number(text, place))
}

fn day(date: Date, start: usize, end: usize) -> Found {
    let said = super::found::DaySaid { year: Some(date.year()), month: Some(date.month()), day: Some(date.day()) };
    Found { start, end, what: What::Day(said), written: date.to_string() }
}

/// A string of digits, unless it is the whole part of a decimal, a count or about so many.
fn digits_said(text: &[char], place: usize) -> Option<Found> {
    if digit(text[place]).is_none() || text[place] == '两' && text.get(place + 1).is_none_or(|c| digit(*c).is_none()) {
        return None;
    }
    // 零点五, 1百万
    if numerals::numeral(text, place).is_some_and(|number| number.shape == Shape::Full) {
        return None;
    }
    let (value, end) = strings::digit_string(text, place)?;
    let two = end == place + 2 && numerals::are_neighbours(text[place], text[place + 1]);
    if two && (measures::measure(text, end).is_some() || text.get(end).is_some_and(|c| "十百千万亿点".contains(*c))) {
        return Some(Found { start: place, end, what: What::Kept, written: text[place..end].iter().collect() });
    }
    if text[place..end].iter().all(char::is_ascii_digit) {
        return None;
    }
    Some(Found { start: place, end, what: What::Digits(value.clone()), written: value })
}

/// 2026-11-21 as it is.
fn written_date(text: &[char], place: usize) -> bool {
    text.get(place..place + 10)
        .is_some_and(|ten| ten.iter().enumerate().all(|(at, c)| if matches!(at, 4 | 7) { *c == '-' } else { c.is_ascii_digit() }))
}

/// The place after a written number, word or date.
fn after_written(text: &[char], place: usize) -> usize {
    let mut at = place;
    let word = text[place].is_ascii_alphabetic();
    while let Some(c) = text.get(at) {
        let inside = c.is_ascii_alphanumeric() && (word == c.is_ascii_alphabetic() || !word)
            || !word && matches!(c, '.' | ':' | '-' | ',' | '/') && text.get(at + 1).is_some_and(char::is_ascii_digit);
        if !inside {
            break;
        }
        at += 1;
    }
    at.max(place + 1)
}

/// Times of day where a time was asked for: hour, minute, place.
pub(super) fn times(text: &[char]) -> Vec<(u8, u8, std::ops::Range<usize>)> {
    const NAMED: &[(&str, u8)] = &[("正午", 12), ("午夜", 0), ("零点", 0)];
    let mut times = Vec::new();
    let mut half_day: Option<(clock::Period, u8)> = None;
    let mut place = 0;
    while place < text.len() {
        let inside = place > 0 && idioms::is_numeral(text[place]) && idioms::is_numeral(text[place - 1]);
        if let Some(clock) = clock::asked_clock(text, place, half_day).filter(|_| !inside)
            && let What::TimeOfDay { hour, minute, .. } = clock.found.what
        {
            half_day = clock.period.map(|period| (period, 0)).or(half_day);
            times.push((hour, minute, place..clock.found.end));
            place = clock.found.end.max(place + 1);
            continue;
        }
        if let Some((word, hour)) = NAMED.iter().find(|(word, _)| super::corrections::starts(text, place, word)) {
            times.push((*hour, 0, place..place + word.chars().count()));
        }
        place += 1;
    }
    if times.is_empty()
        && let Some(noon) = (0..text.len()).find(|place| super::corrections::starts(text, *place, "中午"))
    {
        times.push((12, 0, noon..noon + 2));
    }
    times
}

/// The first number of a text, whatever it may count.
pub(super) fn any_number(text: &[char]) -> Option<(i64, std::ops::Range<usize>)> {
    let mut place = 0;
    while place < text.len() {
        if let Some(number) = numerals::numeral(text, place).filter(|number| number.shape != Shape::About) {
            let small_word =
                idioms::idiom(text, place).filter(|end| !matches!(text[place..*end].iter().collect::<String>().as_str(), "十分" | "一半"));
            if let Some(end) = small_word {
                place = end;
                continue;
            }
            let dozen = text.get(number.end) == Some(&'打');
            let value = number.amount.as_whole()?;
            return Some((if dozen { value.checked_mul(12)? } else { value }, place..number.end + usize::from(dozen)));
        }
        place = idioms::idiom(text, place).unwrap_or(place + 1);
    }
    None
}
