//! What was found in a text: a stretch of it, what it means, and how it is written.

use jiff::civil::Date;

use super::amount::Amount;

/// A stretch of characters that means a number, a date and the like.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The first character's place.
    pub(super) start: usize,
    /// The place after the last character.
    pub(super) end: usize,
    pub(super) what: What,
    pub(super) written: String,
}

/// What a stretch means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Words with a numeral in them that are no number.
    Kept,
    /// Digits one by one, with letters or without.
    Digits(String),
    Number(Amount),
    /// A number and what it counts.
    Counted(Amount),
    Ordinal(u64),
    Percent,
    Fraction,
    Money(Amount, Currency),
    Day(DaySaid),
    TimeOfDay {
        hour: u8,
        minute: u8,
        second: u8,
        half_day_said: bool,
    },
    Length(Length),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Currency {
    Yuan,
    Dollar,
    Euro,
    Pound,
}

impl Currency {
    /// Writes a sum: `30元`, `$30`, `$12.50`.
    pub(super) fn write(self, amount: Amount, cents: Cents) -> String {
        let sum = match (cents, amount.cents()) {
            (Cents::TwoPlaces, Some(hundredths)) if hundredths % 100 != 0 => {
                let sign = if hundredths < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}", hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100)
            }
            _ => amount.trimmed().to_string(),
        };
        match self {
            Self::Yuan => format!("{sum}元"),
            Self::Dollar => format!("${sum}"),
            Self::Euro => format!("€{sum}"),
            Self::Pound => format!("£{sum}"),
        }
    }
}

/// How parts of a unit of money are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cents {
    /// `12.5元`
    AsFew,
    /// `$12.50`
    TwoPlaces,
}

/// A day by the calendar, as far as it was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DaySaid {
    pub(super) year: Option<i16>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
}

impl DaySaid {
    /// The date, where year, month and day were said and there is such a day.
    pub(super) fn date(self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?).ok()
    }
}

/// A length of time by its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) months: u32,
    pub(super) weeks: u32,
    pub(super) days: u32,
    pub(super) seconds: u64,
}

impl Length {
    /// So many halves of a unit (`年` in halves is six months), or nothing when the unit is none of time.
    pub(super) fn of(halves: u64, unit: TimeUnit) -> Option<Self> {
        let halves = u32::try_from(halves).ok().filter(|halves| *halves <= 200_000)?;
        let whole = halves / 2;
        let rest = halves % 2;
        Some(match unit {
            TimeUnit::Year => Self { months: halves * 6, ..Self::default() },
            TimeUnit::Month => Self { months: whole, days: rest * 15, ..Self::default() },
            TimeUnit::Week if rest == 0 => Self { weeks: whole, ..Self::default() },
            TimeUnit::Week => Self { weeks: whole, days: 3, seconds: 43_200, ..Self::default() },
            TimeUnit::Day => Self { days: whole, seconds: u64::from(rest) * 43_200, ..Self::default() },
            TimeUnit::Hour => Self { seconds: u64::from(halves) * 1800, ..Self::default() },
            TimeUnit::Minute => Self { seconds: u64::from(halves) * 30, ..Self::default() },
            TimeUnit::Second => Self { seconds: u64::from(whole), ..Self::default() },
        })
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            months: self.months.saturating_add(other.months),
            weeks: self.weeks.saturating_add(other.weeks),
            days: self.days.saturating_add(other.days),
            seconds: self.seconds.saturating_add(other.seconds),
        }
    }

    /// ISO 8601: `PT1H30M`, `P3D`.
    pub(super) fn iso(self) -> String {
        let mut written = "P".to_owned();
        for (count, unit) in [(self.months / 12, 'Y'), (self.months % 12, 'M'), (self.weeks, 'W'), (self.days, 'D')] {
            if count > 0 {
                written.push_str(&format!("{count}{unit}"));
            }
        }
        if self.seconds > 0 || written.len() == 1 {
            written.push('T');
            for (count, unit) in [(self.seconds / 3600, 'H'), (self.seconds / 60 % 60, 'M'), (self.seconds % 60, 'S')] {
                if count > 0 {
                    written.push_str(&format!("{count}{unit}"));
                }
            }
            if written.ends_with('T') {
                written.push_str("0S");
            }
        }
        written
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

/// Writes a time of day.
pub(super) fn write_clock(hour: u8, minute: u8, second: Option<u8>) -> String {
    second.map_or_else(|| format!("{hour:02}:{minute:02}"), |second| format!("{hour:02}:{minute:02}:{second:02}"))
}
