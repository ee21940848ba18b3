//! When people are there: opening hours by weekday, closed days, the time zone. Time is an argument.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::base::Wall;

/// Opening hours. Without any, it is always open.
#[derive(Clone, Debug)]
pub struct Hours {
    /// Where the hours count.
    pub zone: TimeZone,
    /// From and until, by weekday from Monday; `24:00` is the day's last moment. `None` for a hotline without hours.
    pub weekly: Option<[Vec<(Time, Time)>; 7]>,
    /// Days on which it is closed, first and last included.
    pub closed: Vec<(Date, Date)>,
}

impl Default for Hours {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, weekly: None, closed: Vec::new() }
    }
}

impl Hours {
    /// Returns the date and time there.
    #[must_use]
    pub fn local(&self, at: Wall) -> DateTime {
        let stamp = Timestamp::from_millisecond(at.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(stamp)
    }

    /// Says whether it is open.
    #[must_use]
    pub fn is_open(&self, at: Wall) -> bool {
        let local = self.local(at);
        self.on(local.date()).iter().any(|(from, until)| {
            let time = local.time();
            *from <= time && (time < *until || *until == Time::MAX)
        })
    }

    /// Returns when it opens next, `at` itself where it is open; `None` where it does not open within a year.
    #[must_use]
    pub fn next_opening(&self, at: Wall) -> Option<Wall> {
        if self.is_open(at) {
            return Some(at);
        }
        let local = self.local(at);
        let mut day = local.date();
        for _ in 0..367 {
            let opening = self.on(day).iter().map(|(from, _)| *from).filter(|from| day > local.date() || *from > local.time()).min();
            if let Some(from) = opening {
                return self.wall(day.to_datetime(from));
            }
            day = day.checked_add(Span::new().days(1)).ok()?;
        }
        None
    }

    /// Returns the moment so much opening time later; where it never opens, simply later.
    #[must_use]
    pub fn after(&self, at: Wall, within: Duration) -> Wall {
        const MINUTE: Duration = Duration::from_mins(1);
        let Some(mut moment) = self.next_opening(at) else { return at + within };
        let mut left = within;
        while !left.is_zero() {
            let step = left.min(MINUTE);
            if self.is_open(moment) {
                moment = moment + step;
                left -= step;
            } else {
                match self.next_opening(moment) {
                    Some(next) => moment = next,
                    None => return moment + left,
                }
            }
        }
        moment
    }

    /// Returns the instant of a date and time there.
    #[must_use]
    pub fn wall(&self, local: DateTime) -> Option<Wall> {
        let stamp = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(Wall::from_millis(stamp.as_millisecond()))
    }

    /// The hours of a day.
    fn on(&self, day: Date) -> &[(Time, Time)] {
        const ALWAYS: &[(Time, Time)] = &[(Time::MIN, Time::MAX)];
        if self.closed.iter().any(|(first, last)| (*first..=*last).contains(&day)) {
            return &[];
        }
        match &self.weekly {
            None => ALWAYS,
            Some(weekly) => weekly.get(usize::from(number(day.weekday()))).map_or(&[], Vec::as_slice),
        }
    }
}

/// From 0 for Monday.
fn number(day: Weekday) -> u8 {
    u8::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Hours {
        let time = |text: &str| text.parse::<Time>().unwrap();
        let week = vec![(time("09:00"), time("21:00"))];
        let end = vec![(time("10:00"), time("18:00"))];
        Hours {
            zone: TimeZone::fixed(jiff::tz::offset(8)),
            weekly: Some([week.clone(), week.clone(), week.clone(), week.clone(), week, end.clone(), end]),
            closed: vec![("2026-10-01".parse().unwrap(), "2026-10-07".parse().unwrap())],
        }
    }

    fn at(local: &str) -> Wall {
        shop().wall(local.parse().unwrap()).unwrap()
    }

    #[test]
    fn it_is_open_within_its_hours_and_not_on_holidays() {
        for (local, open) in [
            ("2026-11-11 09:00", true),
            ("2026-11-11 08:59", false),
            ("2026-11-11 21:00", false),
            ("2026-11-14 09:30", false),
            ("2026-11-14 17:59", true),
            ("2026-10-05 12:00", false),
        ] {
            assert_eq!(shop().is_open(at(local)), open, "{local}");
        }
        assert!(Hours::default().is_open(Wall::from_millis(0)));
    }

    #[test]
    fn the_next_opening_skips_nights_and_holidays() {
        for (local, next) in [
            ("2026-11-11 12:00", "2026-11-11 12:00"),
            ("2026-11-11 22:00", "2026-11-12 09:00"),
            ("2026-11-13 23:00", "2026-11-14 10:00"),
            ("2026-09-30 22:00", "2026-10-08 09:00"),
        ] {
            assert_eq!(shop().next_opening(at(local)), Some(at(next)), "{local}");
        }
    }

    #[test]
    fn time_counts_only_while_it_is_open() {
        for (local, hours, due) in [
            ("2026-11-11 12:00", 2, "2026-11-11 14:00"),
            ("2026-11-11 20:00", 2, "2026-11-12 10:00"),
            ("2026-11-11 23:00", 2, "2026-11-12 11:00"),
            ("2026-11-13 20:30", 1, "2026-11-14 10:30"),
        ] {
            assert_eq!(shop().after(at(local), Duration::from_hours(hours)), at(due), "{local}");
        }
        let always = Wall::from_millis(0);
        assert_eq!(Hours::default().after(always, Duration::from_hours(2)), always + Duration::from_hours(2));
    }

    #[test]
    fn a_hotline_that_never_opens_has_no_next_opening() {
        let never = Hours { weekly: Some(std::array::from_fn(|_| Vec::new())), ..Hours::default() };
        assert_eq!(never.next_opening(Wall::from_millis(0)), None);
    }
}
