//! Days in English: November twenty first twenty twenty six, next Wednesday, the end of last month.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::super::calendar::{last_time, month_end, nearest_year, next_day_of_month, next_time, weekday_of_week};
use super::super::found::DaySaid;
use super::numbers::{Shape, ordinal_at, pair, whole};
use super::words::{Gap, Word, is, joined};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// Reads the day by the calendar at `place`: what was said, how it is written, the place after it.
pub(super) fn date(text: &[char], words: &[Word], place: usize, today: Option<Date>) -> Option<(DaySaid, String, usize)> {
    let (month, day, end) = month_first(text, words, place).or_else(|| day_first(words, place))?;
    let after = end + usize::from(joined(words, end) == Some("of") || joined(words, end) == Some("in"));
    if let Some((year, end)) = year(words, after) {
        let said = DaySaid { year: Some(year), month: Some(month), day: Some(day) };
        let name = MONTHS[usize::try_from(month).ok()? - 1];
        let written = said.date().map_or_else(|| format!("{name} {day} {year}"), |date| date.to_string());
        return Some((said, written, end));
    }
    let said = DaySaid { year: None, month: Some(month), day: Some(day) };
    let written = match today.and_then(|today| nearest_year(month, day, today)) {
        Some(date) => date.to_string(),
        None => format!("{} {day}", MONTHS[usize::try_from(month).ok()? - 1]),
    };
    Some((said, written, end))
}

fn month(words: &[Word], place: usize) -> Option<i8> {
    let word = words.get(place)?.text.as_str();
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word)).and_then(|month| i8::try_from(month + 1).ok())
}

/// November twenty first; the words may and march need an ordinal.
fn month_first(text: &[char], words: &[Word], place: usize) -> Option<(i8, i8, usize)> {
    let month = month(words, place)?;
    let at = place + 1 + usize::from(joined(words, place + 1) == Some("the"));
    joined(words, at)?;
    if let Some((day, end)) = ordinal_at(words, at) {
        return Some((month, i8::try_from(day).ok().filter(|day| *day <= 31)?, end));
    }
    let word = matches!(words[place].text.as_str(), "may" | "march") && text[words[place].start].is_lowercase();
    let (day, end, shape) = whole(words, at).filter(|_| !word)?;
    // November twenty twenty six is no day.
    let follows = joined(words, end).is_some_and(|_| pair(words, end).is_some_and(|(value, _)| value >= 10)) && year(words, end).is_none();
    let day = i8::try_from(day).ok().filter(|day| (1..=31).contains(day) && shape != Shape::Full && !follows)?;
    Some((month, day, end))
}

/// The twenty first of November.
fn day_first(words: &[Word], place: usize) -> Option<(i8, i8, usize)> {
    let at = place + usize::from(words.get(place)?.text == "the");
    let (day, end) = ordinal_at(words, at)?;
    let end = end + usize::from(joined(words, end) == Some("of"));
    let month = joined(words, end).and_then(|_| month(words, end))?;
    Some((month, i8::try_from(day).ok().filter(|day| (1..=31).contains(day))?, end + 1))
}

/// Reads a year: twenty twenty six, nineteen ninety, two thousand and eight, 2026.
pub(super) fn year(words: &[Word], place: usize) -> Option<(i16, usize)> {
    let first = words.get(place).filter(|word| word.gap != Gap::Apart)?;
    if first.text.len() == 4 && first.text.bytes().all(|b| b.is_ascii_digit()) {
        return first.text.parse().ok().filter(|year| (1900..2100).contains(year)).map(|year| (year, place + 1));
    }
    if let Some((century, middle)) = pair(words, place).filter(|(century, _)| matches!(century, 19 | 20))
        && joined(words, middle).is_some()
    {
        if matches!(joined(words, middle), Some("oh" | "o")) {
            let (rest, end) = pair(words, middle + 1).filter(|(rest, _)| *rest < 10)?;
            return i16::try_from(century * 100 + rest).ok().map(|year| (year, end));
        }
        if let Some((rest, end)) = pair(words, middle).filter(|(rest, _)| *rest >= 10) {
            return i16::try_from(century * 100 + rest).ok().map(|year| (year, end));
        }
    }
    let (value, end, shape) = whole(words, place)?;
    (shape == Shape::Full && (1900..2100).contains(&value)).then(|| i16::try_from(value).ok()).flatten().map(|year| (year, end))
}

/// Reads the day that is told from today, and the place after it.
pub(super) fn relative_day(words: &[Word], place: usize, today: Date) -> Option<(Date, usize)> {
    const DAYS: &[(&str, i64)] = &[
        ("the day after tomorrow", 2),
        ("day after tomorrow", 2),
        ("the day before yesterday", -2),
        ("day before yesterday", -2),
        ("today", 0),
        ("tonight", 0),
        ("tomorrow", 1),
        ("yesterday", -1),
    ];
    if let Some((said, days)) = DAYS.iter().find(|(said, _)| is(words, place, said)) {
        return Some((today.checked_add(days.days()).ok()?, place + said.split(' ').count()));
    }
    weekday(words, place, today)
        .or_else(|| part_of_month(words, place, today))
        .or_else(|| holiday(words, place, today))
        .or_else(|| from_now(words, place, today))
        .or_else(|| {
            let (day, end) = (words.get(place)?.text == "the").then(|| ordinal_at(words, place + 1)).flatten()?;
            let day = i8::try_from(day).ok().filter(|day| (1..=31).contains(day))?;
            let closes = joined(words, end).is_none_or(|next| matches!(next, "at" | "please" | "of" | "if" | "or" | "in"));
            closes.then(|| next_day_of_month(today, day)).flatten().map(|date| (date, end))
        })
}

fn weekday(words: &[Word], place: usize, today: Date) -> Option<(Date, usize)> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let step = words.get(place)?.text.as_str();
    let at = place + usize::from(matches!(step, "next" | "last" | "this" | "coming"));
    let word = if at > place { joined(words, at)? } else { step };
    let weekday = NAMES.iter().find(|(name, _)| *name == word).map(|(_, weekday)| *weekday)?;
    let date = match step {
        "next" => weekday_of_week(today, 1, weekday),
        "last" => last_time(today, weekday),
        _ => next_time(today, weekday),
    }?;
    Some((date, at + 1))
}

/// The end of the month, the beginning of next month.
fn part_of_month(words: &[Word], place: usize, today: Date) -> Option<(Date, usize)> {
    let at = place + usize::from(words.get(place)?.text == "the");
    let ends = words.get(at).filter(|word| matches!(word.text.as_str(), "end" | "beginning" | "start"))?.text == "end";
    let of = at + 1;
    let (step, end) = [("of the month", 0), ("of this month", 0), ("of next month", 1), ("of last month", -1)]
        .into_iter()
        .find(|(said, _)| is(words, of, said))
        .map(|(said, step)| (step, of + said.split(' ').count()))?;
    let month = today.first_of_month().checked_add(i64::from(step).months()).ok()?;
    Some((if ends { month_end(month) } else { month }, end))
}

fn holiday(words: &[Word], place: usize, today: Date) -> Option<(Date, usize)> {
    const HOLIDAYS: &[(&str, i8, i8)] = &[
        ("christmas eve", 12, 24),
        ("christmas day", 12, 25),
        ("christmas", 12, 25),
        ("new year's eve", 12, 31),
        ("new year's day", 1, 1),
        ("new year's", 1, 1),
        ("valentine's day", 2, 14),
        ("halloween", 10, 31),
    ];
    let (said, month, day) = HOLIDAYS.iter().find(|(said, ..)| is(words, place, said))?;
    let this_year = Date::new(today.year(), *month, *day).ok()?;
    let date = if this_year >= today { this_year } else { Date::new(today.year() + 1, *month, *day).ok()? };
    Some((date, place + said.split(' ').count()))
}

/// In three days, three days ago, a week from now.
fn from_now(words: &[Word], place: usize, today: Date) -> Option<(Date, usize)> {
    let within = words.get(place)?.text == "in";
    let at = place + usize::from(within);
    let (count, end) = match words.get(at)?.text.as_str() {
        "a" | "an" | "one" => (1, at + 1),
        _ => {
            let (count, end, _) = whole(words, at)?;
            (i64::try_from(count).ok().filter(|count| *count <= 4000)?, end)
        }
    };
    let span = match joined(words, end)? {
        "day" | "days" => Span::new().try_days(count),
        "week" | "weeks" => Span::new().try_weeks(count),
        "month" | "months" => Span::new().try_months(count),
        "year" | "years" => Span::new().try_years(count),
        _ => return None,
    };
    let span = span.ok()?;
    let end = end + 1;
    if within {
        return Some((today.checked_add(span).ok()?, end));
    }
    if joined(words, end) == Some("ago") {
        return Some((today.checked_sub(span).ok()?, end + 1));
    }
    let later = [("from now", 2), ("from today", 2), ("later", 1)]
        .into_iter()
        .find(|(said, _)| joined(words, end).is_some() && is(words, end, said))?;
    Some((today.checked_add(span).ok()?, end + later.1))
}
