//! Days in Chinese: by the calendar (二零二六年十一月二十一日) and from today (下周三, 上个月底, 三天后).

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::super::calendar::{month_end, nearest_year, next_day_of_month, next_time, weekday_of_week};
use super::super::corrections::starts;
use super::super::digits::digit;
use super::super::found::{DaySaid, Found, What};
use super::numerals::{Shape, numeral, whole};

/// Reads the day by the calendar at `place`; with `today`, days without a year become whole dates.
pub(super) fn date(text: &[char], place: usize, today: Option<Date>) -> Option<Found> {
    let found = |end: usize, said: DaySaid, written: String| Some(Found { start: place, end, what: What::Day(said), written });
    if let Some((year, at)) = year_at(text, place) {
        let Some((month, after_month)) = month_at(text, skip_space(text, at)) else {
            let spoken = text[place..at].iter().any(|c| !c.is_ascii_digit() && *c != '年');
            let said = DaySaid { year: Some(year), ..DaySaid::default() };
            return spoken.then(|| Found { start: place, end: at, what: What::Day(said), written: format!("{year}年") });
        };
        let said = DaySaid { year: Some(year), month: Some(month), day: None };
        let Some((day, end)) = day_at(text, skip_space(text, after_month)) else {
            return found(after_month, said, format!("{year}年{month}月"));
        };
        let said = DaySaid { day: Some(day), ..said };
        let written = said.date().map_or_else(|| format!("{year}年{month}月{day}日"), |date| date.to_string());
        return found(end, said, written);
    }
    if let Some((date, end)) = with_bars(text, place) {
        return found(end, DaySaid { year: Some(date.year()), month: Some(date.month()), day: Some(date.day()) }, date.to_string());
    }
    let (month, after_month) = month_at(text, place)?;
    let Some((day, end)) = day_at(text, skip_space(text, after_month)) else {
        let said = DaySaid { month: Some(month), ..DaySaid::default() };
        return found(after_month, said, format!("{month}月"));
    };
    let said = DaySaid { year: None, month: Some(month), day: Some(day) };
    let written = match today.and_then(|today| nearest_year(month, day, today)) {
        Some(date) => date.to_string(),
        None => format!("{month}月{day}{}", text[end - 1]),
    };
    found(end, said, written)
}

fn skip_space(text: &[char], place: usize) -> usize {
    if text.get(place) == Some(&' ') { place + 1 } else { place }
}

/// A year of four digits and its 年.
fn year_at(text: &[char], place: usize) -> Option<(i16, usize)> {
    let number = whole(text, place).filter(|number| number.shape != Shape::About && text.get(number.end) == Some(&'年'))?;
    let four = number.shape == Shape::Digits && number.end - place == 4;
    let year = i16::try_from(number.amount.as_whole()?).ok()?;
    let full = number.shape == Shape::Full && (1900..=2100).contains(&year);
    ((four && (1000..=2999).contains(&year)) || full).then_some((year, number.end + 1))
}

fn month_at(text: &[char], place: usize) -> Option<(i8, usize)> {
    let number = whole(text, place).filter(|number| text.get(number.end) == Some(&'月'))?;
    let plain = number.shape == Shape::Full || number.shape == Shape::Single || text[place].is_ascii_digit();
    let month = i8::try_from(number.amount.as_whole()?).ok().filter(|month| plain && (1..=12).contains(month))?;
    (text[place] != '两').then_some((month, number.end + 1))
}

fn day_at(text: &[char], place: usize) -> Option<(i8, usize)> {
    let number = whole(text, place).filter(|number| number.shape != Shape::About)?;
    text.get(number.end).filter(|c| matches!(c, '日' | '号' | '號'))?;
    let day = i8::try_from(number.amount.as_whole()?).ok().filter(|day| (1..=31).contains(day))?;
    Some((day, number.end + 1))
}

/// 二零二六杠十一杠二十一
fn with_bars(text: &[char], place: usize) -> Option<(Date, usize)> {
    let year =
        whole(text, place).filter(|year| year.shape == Shape::Digits && year.end - place == 4 && text.get(year.end) == Some(&'杠'))?;
    let month = whole(text, year.end + 1).filter(|month| text.get(month.end) == Some(&'杠'))?;
    let day = whole(text, month.end + 1)?;
    let part = |number: i64| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(year.amount.as_whole()?).ok()?, part(month.amount.as_whole()?)?, part(day.amount.as_whole()?)?);
    Some((date.ok()?, day.end))
}

/// Reads the day that is told from today at `place`, and its end.
pub(super) fn relative_day(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    const DAYS: &[(&str, i64)] = &[
        ("大后天", 3),
        ("大前天", -3),
        ("今天", 0),
        ("今日", 0),
        ("今儿", 0),
        ("今晚", 0),
        ("今早", 0),
        ("当天", 0),
        ("明天", 1),
        ("明日", 1),
        ("明儿", 1),
        ("明早", 1),
        ("明晚", 1),
        ("后天", 2),
        ("昨天", -1),
        ("昨日", -1),
        ("昨晚", -1),
        ("昨儿", -1),
        ("前天", -2),
    ];
    if let Some((word, days)) = DAYS.iter().find(|(word, _)| starts(text, place, word)) {
        return Some((today.checked_add(days.days()).ok()?, place + word.chars().count()));
    }
    weekday(text, place, today)
        .or_else(|| part_of_month(text, place, today))
        .or_else(|| part_of_year(text, place, today))
        .or_else(|| holiday(text, place, today))
        .or_else(|| from_now(text, place, today))
        .or_else(|| day_of_this_month(text, place, today))
}

/// Weeks and months from this one: 下下周, 上个月.
fn steps(text: &[char], place: usize) -> (Option<i64>, usize) {
    const STEPS: &[(&str, i64)] = &[
        ("下下个", 2),
        ("上上个", -2),
        ("下下", 2),
        ("上上", -2),
        ("下个", 1),
        ("上个", -1),
        ("这个", 0),
        ("本", 0),
        ("这", 0),
        ("下", 1),
        ("上", -1),
    ];
    let step = STEPS.iter().find(|(word, _)| starts(text, place, word));
    step.map_or((None, place), |(word, step)| (Some(*step), place + word.chars().count()))
}

fn weekday(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    let (step, at) = steps(text, place);
    let word = ["周", "星期", "礼拜"].iter().find(|word| starts(text, at, word))?;
    let at = at + word.chars().count();
    let weekday = match text.get(at)? {
        '一' => Weekday::Monday,
        '二' => Weekday::Tuesday,
        '三' => Weekday::Wednesday,
        '四' => Weekday::Thursday,
        '五' => Weekday::Friday,
        '六' => Weekday::Saturday,
        '日' | '天' => Weekday::Sunday,
        '末' if step.is_none_or(|step| step == 0) => Weekday::Sunday,
        '末' => Weekday::Saturday,
        _ => return None,
    };
    let date = match step {
        Some(step) => weekday_of_week(today, step, weekday)?,
        None => next_time(today, weekday)?,
    };
    Some((date, at + 1))
}

fn part_of_month(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    let (step, at) = steps(text, place);
    let at = if text.get(at) == Some(&'月') { at + 1 } else { return None };
    let at = if starts(text, at, "份") { at + 1 } else { at };
    let month = today.first_of_month().checked_add(step.unwrap_or(0).months()).ok()?;
    let at = if text.get(at) == Some(&'的') { at + 1 } else { at };
    if starts(text, at, "底") || starts(text, at, "末") {
        return Some((month_end(month), at + 1));
    }
    if starts(text, at, "初") {
        return Some((month, at + 1));
    }
    if starts(text, at, "中") {
        return Some((month.with().day(15).build().ok()?, at + 1 + usize::from(starts(text, at, "中旬"))));
    }
    let (day, end) = day_at(text, at).filter(|_| step.is_some())?;
    Some((month.with().day(day).build().ok()?, end))
}

fn part_of_year(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    const YEARS: &[(&str, i16)] = &[("今年", 0), ("明年", 1), ("后年", 2), ("去年", -1), ("前年", -2)];
    let year = YEARS.iter().find(|(word, _)| starts(text, place, word));
    let at = place + if year.is_some() { 2 } else { 0 };
    let number = today.year() + year.map_or(0, |(_, step)| *step);
    if let Some((month, after)) = month_at(text, at).filter(|_| year.is_some()) {
        let (day, end) = day_at(text, after)?;
        return Some((Date::new(number, month, day).ok()?, end));
    }
    if starts(text, at, "年底") || year.is_some() && starts(text, at, "底") {
        return Some((Date::new(number, 12, 31).ok()?, at + if year.is_some() && starts(text, at, "底") { 1 } else { 2 }));
    }
    None
}

fn holiday(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    const HOLIDAYS: &[(&str, i8, i8)] = &[
        ("元旦", 1, 1),
        ("情人节", 2, 14),
        ("妇女节", 3, 8),
        ("劳动节", 5, 1),
        ("儿童节", 6, 1),
        ("国庆", 10, 1),
        ("双十一", 11, 11),
        ("双十二", 12, 12),
        ("平安夜", 12, 24),
        ("圣诞", 12, 25),
    ];
    let (word, month, day) = HOLIDAYS.iter().find(|(word, ..)| starts(text, place, word))?;
    let end = place + word.chars().count();
    let this_year = Date::new(today.year(), *month, *day).ok()?;
    let date = if this_year >= today { this_year } else { Date::new(today.year() + 1, *month, *day).ok()? };
    Some((date, end + usize::from(text.get(end) == Some(&'节'))))
}

/// 三天后, 两周以前, 过两天, 半个月后.
fn from_now(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    const AFTER: &[&str] = &["以后", "之后", "过后", "后"];
    const BEFORE: &[&str] = &["以前", "之前", "前"];
    let passed = text.get(place) == Some(&'过');
    let at = place + usize::from(passed);
    let (span, end) = if starts(text, at, "半个月") {
        (15.days(), at + 3)
    } else if starts(text, at, "半年") {
        (6.months(), at + 2)
    } else {
        let number = numeral(text, at).filter(|number| number.shape != Shape::About)?;
        let count = number.amount.as_whole().filter(|count| (0..=4000).contains(count))?;
        unit_span(text, number.end, count)?
    };
    let ends = |words: &[&str]| words.iter().find(|word| starts(text, end, word)).map(|word| end + word.chars().count());
    if let Some(end) = ends(AFTER) {
        return Some((today.checked_add(span).ok()?, end));
    }
    if let Some(end) = ends(BEFORE) {
        return Some((today.checked_sub(span).ok()?, end));
    }
    passed.then(|| today.checked_add(span).ok()).flatten().map(|date| (date, end))
}

fn unit_span(text: &[char], place: usize, count: i64) -> Option<(Span, usize)> {
    for word in ["个月", "个星期", "个礼拜", "星期", "礼拜", "周", "天", "日", "年"] {
        if starts(text, place, word) {
            let span = match word {
                "个月" => Span::new().try_months(count),
                "天" | "日" => Span::new().try_days(count),
                "年" => Span::new().try_years(count),
                _ => Span::new().try_weeks(count),
            };
            return Some((span.ok()?, place + word.chars().count()));
        }
    }
    None
}

/// 三十号: of this month, or of the next when it is past.
fn day_of_this_month(text: &[char], place: usize, today: Date) -> Option<(Date, usize)> {
    if place > 0 && (digit(text[place - 1]).is_some() || text[place - 1] == '月') {
        return None;
    }
    let (day, end) = day_at(text, place)?;
    Some((next_day_of_month(today, day)?, end))
}
