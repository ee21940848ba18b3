//! Times of day in Chinese: 下午三点半, 差五分八点, 十五点三十分.

use super::super::corrections::starts;
use super::super::digits::digit;
use super::super::found::{Found, What, write_clock};
use super::numerals::{Shape, numeral, whole};

/// The part of the day a time was said to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    Night,
    Morning,
    Noon,
    Afternoon,
    Evening,
}

/// Parts of the day; a kept character names a day and stays.
const PERIODS: &[(&str, Period, Kept)] = &[
    ("凌晨", Period::Night, Kept::Nothing),
    ("半夜", Period::Night, Kept::Nothing),
    ("深夜", Period::Evening, Kept::Nothing),
    ("夜里", Period::Evening, Kept::Nothing),
    ("夜晚", Period::Evening, Kept::Nothing),
    ("清晨", Period::Morning, Kept::Nothing),
    ("早上", Period::Morning, Kept::Nothing),
    ("早晨", Period::Morning, Kept::Nothing),
    ("上午", Period::Morning, Kept::Nothing),
    ("中午", Period::Noon, Kept::Nothing),
    ("下午", Period::Afternoon, Kept::Nothing),
    ("午后", Period::Afternoon, Kept::Nothing),
    ("傍晚", Period::Evening, Kept::Nothing),
    ("晚上", Period::Evening, Kept::Nothing),
    ("晚间", Period::Evening, Kept::Nothing),
    ("今早", Period::Morning, Kept::Word),
    ("明早", Period::Morning, Kept::Word),
    ("今晚", Period::Evening, Kept::Word),
    ("明晚", Period::Evening, Kept::Word),
    ("昨晚", Period::Evening, Kept::Word),
    ("当晚", Period::Evening, Kept::Word),
];

/// What of a part of the day stays in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Nothing,
    Word,
}

impl Period {
    /// The hour of 24 that an hour said in this part of the day means.
    const fn hour(self, hour: u8) -> u8 {
        match (self, hour) {
            (Self::Night, 12) | (Self::Evening, 12 | 24) => 0,
            (Self::Night, 10 | 11) => hour + 12,
            (Self::Noon, 1..=3) => hour + 12,
            (Self::Afternoon, 1..=11) => hour + 12,
            (Self::Evening, 5..=11) => hour + 12,
            _ => hour,
        }
    }
}

/// A time at a place, and the part of the day it was said to be in.
pub(super) struct TimeOfDay {
    pub(super) found: Found,
    pub(super) period: Option<Period>,
}

/// Reads the time at `place` where a time was asked for: 一点 is one.
pub(super) fn asked_clock(text: &[char], place: usize, inherited: Option<(Period, u8)>) -> Option<TimeOfDay> {
    any_clock(text, place, inherited, true)
}

/// Reads the time at `place`; `inherited` is the part of the day of 下午三点 in 下午三点到五点.
pub(super) fn clock(text: &[char], place: usize, inherited: Option<(Period, u8)>) -> Option<TimeOfDay> {
    any_clock(text, place, inherited, false)
}

fn any_clock(text: &[char], place: usize, inherited: Option<(Period, u8)>, asked: bool) -> Option<TimeOfDay> {
    let said = PERIODS.iter().find(|(word, ..)| starts(text, place, word));
    let mut at = place;
    let mut kept = String::new();
    if let Some((word, _, keeps)) = said {
        at += word.chars().count();
        if *keeps == Kept::Word {
            (*word).clone_into(&mut kept);
        }
        while matches!(text.get(at), Some(' ' | '的')) {
            at += 1;
        }
    }
    let after_day = asked || said.is_some() || place > 0 && "天早晚午号日上中".contains(text[place - 1]) || follows_weekday(text, place);
    let (time, end) = written_clock(text, at).filter(|_| said.is_some()).or_else(|| spoken_clock(text, at, after_day))?;
    let (hour, minute, second) = time;
    let period = said.map(|(_, period, _)| *period);
    let hour_of_day = match (period, inherited) {
        (Some(period), _) => period.hour(hour),
        (None, Some((period, from))) if hour < 13 && period.hour(hour) > from => period.hour(hour),
        _ if hour == 24 => 0,
        _ => hour,
    };
    let half_day_said = period.is_some() || inherited.is_some() || hour > 12 || hour == 0;
    let written = format!("{kept}{}", write_clock(hour_of_day, minute, second));
    let what = What::TimeOfDay { hour: hour_of_day, minute, second: second.unwrap_or(0), half_day_said };
    Some(TimeOfDay { found: Found { start: place, end, what, written }, period })
}

fn follows_weekday(text: &[char], place: usize) -> bool {
    place >= 2 && matches!(text[place - 2], '周' | '期' | '拜') && "一二三四五六日天".contains(text[place - 1])
}

type Time = (u8, u8, Option<u8>);

/// 3:30 after a part of the day.
fn written_clock(text: &[char], place: usize) -> Option<(Time, usize)> {
    let hour = whole(text, place).filter(|_| text[place].is_ascii_digit())?;
    let colon = text.get(hour.end).is_some_and(|c| matches!(c, ':' | '：'));
    let minutes: String = text.get(hour.end + 1..hour.end + 3)?.iter().collect();
    let closed = text.get(hour.end + 3).is_none_or(|c| !c.is_ascii_digit() && *c != ':');
    let minute: u8 = minutes.parse().ok().filter(|minute| colon && closed && *minute < 60)?;
    let hour_value = u8::try_from(hour.amount.as_whole()?).ok().filter(|hour| *hour <= 24)?;
    Some(((hour_value, minute, None), hour.end + 3))
}

fn spoken_clock(text: &[char], place: usize, after_day: bool) -> Option<(Time, usize)> {
    if text.get(place) == Some(&'差') {
        let (less, end) = less_minutes(text, place)?;
        let hour = hour_at(text, end)?;
        return Some((earlier(hour.0, less), hour.1));
    }
    let (hour, after_point) = hour_at(text, place)?;
    let bell = text.get(after_point) == Some(&'钟');
    let at = if bell { after_point + 1 } else { after_point };
    if starts(text, at, "整") {
        return Some(((hour, 0, None), at + 1));
    }
    if starts(text, at, "半") && !starts(text, at, "半个") {
        return Some(((hour, 30, None), at + 1));
    }
    if let Some((less, end)) = less_minutes(text, at).filter(|_| text.get(at) == Some(&'差')) {
        return Some((earlier(hour, less), end));
    }
    let past = if starts(text, at, "过") { at + 1 } else { at };
    for (word, minute) in [("一刻", 15), ("三刻", 45)] {
        if starts(text, past, word) {
            return Some(((hour, minute, None), past + 2));
        }
    }
    if !bell && let Some((minute, second, end)) = minutes_at(text, past, after_day || past > at) {
        return Some(((hour, minute, second), end));
    }
    let decimal = text.get(at).is_some_and(|c| digit(*c).is_some());
    if bell {
        return Some(((hour, 0, None), at));
    }
    let listed = place > 0 && !after_day && "有说提讲第几这那前以每哪下".contains(text[place - 1]);
    let points = ["意见", "要求", "建议", "原因", "理由", "问题", "希望", "说明", "好处", "水", "疑问", "不", "都", "儿"];
    // 晚一点来 is later, 明晚一点 a time.
    let later = hour == 1 && place > 0 && matches!(text[place - 1], '早' | '晚') && !(place > 1 && "今明昨当".contains(text[place - 2]));
    if later && !decimal {
        return None;
    }
    let is_points = points.iter().any(|word| starts(text, at, word)) || listed || (hour == 1 && !after_day);
    (!decimal && (after_day || !is_points)).then_some(((hour, 0, None), at))
}

/// The hour and the place after its 点.
fn hour_at(text: &[char], place: usize) -> Option<(u8, usize)> {
    let number = whole(text, place).filter(|number| number.shape != Shape::About)?;
    let spoken_one_by_one = number.shape == Shape::Digits && !text[place].is_ascii_digit();
    let hour = u8::try_from(number.amount.as_whole()?).ok().filter(|hour| *hour <= 24 && !spoken_one_by_one)?;
    let named = text.get(number.end).is_some_and(|c| matches!(c, '点' | '點'))
        || text.get(number.end) == Some(&'时') && minutes_at(text, number.end + 1, true).is_some();
    named.then_some((hour, number.end + 1))
}

/// 差五分, 差一刻.
fn less_minutes(text: &[char], place: usize) -> Option<(u8, usize)> {
    if starts(text, place, "差一刻") {
        return Some((15, place + 3));
    }
    let number = numeral(text, place + 1).filter(|_| text.get(place) == Some(&'差'))?;
    let minutes = u8::try_from(number.amount.as_whole()?).ok().filter(|minutes| (1..60).contains(minutes))?;
    let named = starts(text, number.end, "分").then(|| if starts(text, number.end, "分钟") { 2 } else { 1 });
    named.map(|length| (minutes, number.end + length))
}

const fn earlier(hour: u8, less: u8) -> Time {
    (if hour == 0 { 23 } else { hour - 1 }, 60 - less, None)
}

/// Minutes, and seconds after them.
fn minutes_at(text: &[char], place: usize, sure: bool) -> Option<(u8, Option<u8>, usize)> {
    let zero = text.get(place) == Some(&'零');
    let number = whole(text, if zero { place + 1 } else { place }).filter(|number| number.shape != Shape::About)?;
    let minute = u8::try_from(number.amount.as_whole()?).ok().filter(|minute| *minute < 60)?;
    let unit = text.get(number.end) == Some(&'分') && !starts(text, number.end, "分之");
    let digits = number.end - place;
    let tells = match number.shape {
        Shape::Full => text.get(number.end) != Some(&'点'),
        Shape::Digits if text[number.end - 1].is_ascii_digit() => digits == 2,
        Shape::Single | Shape::Digits => sure && digits == 2,
        Shape::About => false,
    };
    if !unit && !tells {
        return None;
    }
    let end = number.end + usize::from(unit);
    let seconds = unit.then(|| whole(text, if text.get(end) == Some(&'零') { end + 1 } else { end })).flatten();
    if let Some(seconds) = seconds.filter(|seconds| text.get(seconds.end) == Some(&'秒'))
        && let Some(second) = seconds.amount.as_whole().and_then(|second| u8::try_from(second).ok()).filter(|second| *second < 60)
    {
        return Some((minute, Some(second), seconds.end + 1));
    }
    Some((minute, None, if unit && starts(text, number.end, "分钟") { end + 1 } else { end }))
}
