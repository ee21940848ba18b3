//! Days counted from today: which Wednesday, which month's end.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The last day of a date's month.
pub(super) fn month_end(date: Date) -> Date {
    date.last_of_month()
}

/// A weekday of this week, or of one so many weeks away; weeks begin on Monday.
pub(super) fn weekday_of_week(today: Date, weeks: i64, weekday: Weekday) -> Option<Date> {
    let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?;
    monday.checked_add((weeks * 7 + i64::from(weekday.to_monday_zero_offset())).days()).ok()
}

/// The next such weekday, today included.
pub(super) fn next_time(today: Date, weekday: Weekday) -> Option<Date> {
    let this_week = weekday_of_week(today, 0, weekday)?;
    if this_week >= today { Some(this_week) } else { weekday_of_week(today, 1, weekday) }
}

/// The last such weekday before today.
pub(super) fn last_time(today: Date, weekday: Weekday) -> Option<Date> {
    let this_week = weekday_of_week(today, 0, weekday)?;
    if this_week < today { Some(this_week) } else { weekday_of_week(today, -1, weekday) }
}

/// The day and month in the year that brings it nearest to today.
pub(super) fn nearest_year(month: i8, day: i8, today: Date) -> Option<Date> {
    let away = |date: &Date| date.since(today).map_or(i32::MAX, |span| span.get_days().abs());
    (-1..=1).filter_map(|step| Date::new(today.year() + step, month, day).ok()).min_by_key(away)
}

/// The next day of a month with this number, today included.
pub(super) fn next_day_of_month(today: Date, day: i8) -> Option<Date> {
    (0..3)
        .filter_map(|step| today.first_of_month().checked_add(step.months()).ok()?.with().day(day).build().ok())
        .find(|date| *date >= today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_today() {
        let today = Date::constant(2026, 11, 21);
        let date = |month, day| Some(Date::constant(2026, month, day));
        assert_eq!(weekday_of_week(today, 1, Weekday::Wednesday), date(11, 25));
        assert_eq!(next_time(today, Weekday::Saturday), date(11, 21));
        assert_eq!(last_time(today, Weekday::Saturday), date(11, 14));
        assert_eq!(next_day_of_month(today, 5), date(12, 5));
        assert_eq!(next_day_of_month(Date::constant(2026, 1, 31), 30), date(3, 30));
        assert_eq!(nearest_year(1, 5, today), Some(Date::constant(2027, 1, 5)));
        assert_eq!(nearest_year(2, 30, today), None);
    }
}
