//! Times of day in English: half past three, quarter to five pm, eight thirty in the evening.

use super::super::found::write_clock;
use super::numbers::{Shape, pair, whole};
use super::words::{Word, is, joined, teen, tens, unit};

/// A time of day and the place after its last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) end: usize,
    pub(super) half_day_said: bool,
}

impl TimeOfDay {
    pub(super) fn written(self) -> String {
        write_clock(self.hour, self.minute, None)
    }
}

/// Half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
    Night,
}

/// How sure it has to be that a time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Anything may have been said.
    Anything,
    /// A time was asked for.
    Time,
}

/// Reads the time at `place`.
pub(super) fn clock(words: &[Word], place: usize, asked: Asked) -> Option<TimeOfDay> {
    let (hour, minute, end, certain) = past_or_to(words, place, asked).or_else(|| plain(words, place, asked))?;
    if hour > 24 || minute > 59 {
        return None;
    }
    match half(words, end) {
        Some((half, end)) if hour <= 12 => {
            let hour = match (half, hour) {
                (Half::Morning | Half::Night, 12) => 0,
                (Half::Afternoon, 12) => 12,
                (Half::Afternoon, _) => hour + 12,
                (Half::Night, 5..) => hour + 12,
                _ => hour,
            };
            Some(TimeOfDay { hour: hour % 24, minute, end, half_day_said: true })
        }
        _ if certain => Some(TimeOfDay { hour: hour % 24, minute, end, half_day_said: hour > 12 || hour == 0 }),
        _ => None,
    }
}

/// Half past three, ten minutes to eight.
fn past_or_to(words: &[Word], place: usize, asked: Asked) -> Option<(u8, u8, usize, bool)> {
    let at = if is(words, place, "a quarter") { place + 1 } else { place };
    let first = words.get(at)?.text.as_str();
    let (minutes, mut end) = match first {
        "half" => (30, at + 1),
        "quarter" => (15, at + 1),
        _ => {
            let (minutes, end) = pair(words, at).filter(|(minutes, _)| (1..60).contains(minutes))?;
            (u8::try_from(minutes).ok()?, end)
        }
    };
    let said_minutes = matches!(joined(words, end), Some("minutes" | "minute"));
    end += usize::from(said_minutes);
    let direction = joined(words, end)?;
    let to = match direction {
        "past" | "after" => false,
        "to" | "of" | "till" | "before" if first != "half" => true,
        _ => return None,
    };
    joined(words, end + 1)?;
    let (hour, end_of_hour, shape) = whole(words, end + 1)?;
    let hour = u8::try_from(hour).ok().filter(|hour| (1..=12).contains(hour) && shape != Shape::Full)?;
    // Five to eight may be a range, and two of eight a part.
    let named = matches!(first, "half" | "quarter");
    let sure = named && matches!(direction, "past" | "to") || direction == "past" || said_minutes && direction != "of";
    let five = matches!(minutes, 5 | 10 | 15 | 20 | 25);
    let tells = sure || matches!(direction, "to" | "till") && five && (asked == Asked::Time || half(words, end_of_hour).is_some());
    if !tells {
        return None;
    }
    Some(if to { (if hour == 1 { 12 } else { hour - 1 }, 60 - minutes, end_of_hour, true) } else { (hour, minutes, end_of_hour, true) })
}

fn plain(words: &[Word], place: usize, asked: Asked) -> Option<(u8, u8, usize, bool)> {
    if is(words, place, "twelve noon") {
        return Some((12, 0, place + 2, true));
    }
    if is(words, place, "twelve midnight") {
        return Some((0, 0, place + 2, true));
    }
    if asked == Asked::Time && is(words, place, "noon") {
        return Some((12, 0, place + 1, true));
    }
    if asked == Asked::Time && is(words, place, "midnight") {
        return Some((0, 0, place + 1, true));
    }
    let first = &words.get(place)?.text;
    if let Some((hour, minute)) = first.split_once(':') {
        let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
        return Some((hour, minute, place + 1, asked == Asked::Time));
    }
    let (hour, end) = if first.starts_with(|c: char| c.is_ascii_digit()) {
        (first.parse::<u8>().ok()?, place + 1)
    } else {
        let single = unit(first).or_else(|| teen(first)).map(|hour| (hour, place + 1));
        let (hour, end) = single.or_else(|| pair(words, place).filter(|(hour, end)| *hour < 24 && *end == place + 2))?;
        (u8::try_from(hour).ok()?, end)
    };
    if hour > 24 {
        return None;
    }
    if matches!(joined(words, end), Some("o'clock" | "oclock")) {
        return Some((hour, 0, end + 1, true));
    }
    if joined(words, end) == Some("o") && joined(words, end + 1) == Some("clock") {
        return Some((hour, 0, end + 2, true));
    }
    if let Some((minute, after)) = minutes(words, end) {
        let more = joined(words, after).is_some_and(|word| {
            unit(word).is_some() || teen(word).is_some() || tens(word).is_some() || matches!(word, "hundred" | "thousand" | "point")
        });
        let hours = joined(words, after) == Some("hours");
        if hours {
            return Some((hour, minute, after + 1, true));
        }
        // Twelve thirty, and nothing else.
        let alone = place == 0 && after == words.len() && matches!(minute, 15 | 30 | 45) && (1..=12).contains(&hour);
        let certain = !more && (asked == Asked::Time || alone || hour <= 12 && hour > 0 && after_at(words, place));
        return (!more).then_some((hour, minute, after, certain));
    }
    Some((hour, 0, end, asked == Asked::Time))
}

/// Two digits of minutes: thirty, forty five, oh five.
fn minutes(words: &[Word], place: usize) -> Option<(u8, usize)> {
    let first = joined(words, place)?;
    if matches!(first, "oh" | "o" | "zero") {
        let minute = joined(words, place + 1).and_then(unit).filter(|minute| *minute > 0)?;
        return Some((u8::try_from(minute).ok()?, place + 2));
    }
    let (minute, end) = pair(words, place).filter(|(minute, _)| (10..60).contains(minute))?;
    Some((u8::try_from(minute).ok()?, end))
}

/// At three thirty: what stands before says that it is a time.
fn after_at(words: &[Word], place: usize) -> bool {
    let before = place.checked_sub(1).map(|at| words[at].text.as_str()).filter(|_| joined(words, place).is_some());
    before.is_some_and(|word| {
        matches!(word, "at" | "by" | "until" | "till" | "before" | "after" | "around" | "about" | "tomorrow" | "today" | "tonight")
    })
}

/// The half of the day, and the place after it.
fn half(words: &[Word], place: usize) -> Option<(Half, usize)> {
    for (said, half) in [
        ("in the morning", Half::Morning),
        ("this morning", Half::Morning),
        ("in the afternoon", Half::Afternoon),
        ("this afternoon", Half::Afternoon),
        ("in the evening", Half::Afternoon),
        ("this evening", Half::Afternoon),
        ("at night", Half::Night),
        ("tonight", Half::Night),
        ("am", Half::Morning),
        ("pm", Half::Afternoon),
        ("a m", Half::Morning),
        ("p m", Half::Afternoon),
    ] {
        if joined(words, place).is_some() && is(words, place, said) {
            let kept = matches!(said, "tonight" | "this morning" | "this afternoon" | "this evening");
            return Some((half, if kept { place } else { place + said.split(' ').count() }));
        }
    }
    None
}
