//! A decimal number as it was said: exact, with the places that were said.

use std::fmt;

/// A number with so many decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    mantissa: i128,
    places: u32,
}

impl Amount {
    pub(super) const fn whole(number: u128) -> Option<Self> {
        if number > i64::MAX as u128 * 1000 { None } else { Some(Self { mantissa: number as i128, places: 0 }) }
    }

    /// A whole number and the digits after its point; none when there are too many of them.
    pub(super) fn with_places(whole: u128, part: &str) -> Option<Self> {
        if part.len() > 12 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let places = part.len() as u32;
        let part: i128 = if part.is_empty() { 0 } else { part.parse().ok()? };
        let whole = Self::whole(whole)?.mantissa;
        let mantissa = whole.checked_mul(10_i128.checked_pow(places)?)?.checked_add(part)?;
        Some(Self { mantissa, places })
    }

    pub(super) fn times(self, by: u128) -> Option<Self> {
        let mut mantissa = self.mantissa.checked_mul(i128::try_from(by).ok()?)?;
        let mut places = self.places;
        if mantissa.unsigned_abs() > 1_u128 << 100 {
            return None;
        }
        while by.is_multiple_of(10) && places > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            places -= 1;
        }
        Some(Self { mantissa, places })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        let level = |one: Self| one.mantissa.checked_mul(10_i128.checked_pow(places - one.places)?);
        Some(Self { mantissa: level(self)?.checked_add(level(other)?)?, places })
    }

    pub(super) const fn negative(self) -> Self {
        Self { mantissa: -self.mantissa, places: self.places }
    }

    /// The number of hundredths, where it has no smaller part.
    pub(super) fn cents(self) -> Option<i128> {
        match self.places {
            0..=2 => self.mantissa.checked_mul(10_i128.pow(2 - self.places)),
            _ => None,
        }
    }

    pub(super) fn as_whole(self) -> Option<i64> {
        let unit = 10_i128.checked_pow(self.places)?;
        (self.mantissa % unit == 0).then(|| i64::try_from(self.mantissa / unit).ok()).flatten()
    }

    /// Without zeros at the end of its decimal places.
    pub(super) fn trimmed(self) -> Self {
        let mut short = self;
        while short.places > 0 && short.mantissa % 10 == 0 {
            short.mantissa /= 10;
            short.places -= 1;
        }
        short
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if part.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_what_was_said() {
        let amount = |whole, part| Amount::with_places(whole, part).expect("small enough");
        assert_eq!(amount(3, "14").to_string(), "3.14");
        assert_eq!(amount(0, "05").to_string(), "0.05");
        assert_eq!(amount(2, "0").to_string(), "2.0");
        assert_eq!(amount(3, "5").times(10_000).expect("small enough").to_string(), "35000");
        assert_eq!(amount(0, "5").negative().to_string(), "-0.5");
        assert_eq!(amount(12, "").plus(amount(0, "50")).expect("small enough").trimmed().to_string(), "12.5");
        assert_eq!(amount(12, "5").cents(), Some(1250));
        assert_eq!(Amount::with_places(u128::MAX, "1"), None);
    }
}
