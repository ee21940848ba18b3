//! What a number must be like: lengths, prefixes, checksums.

use jiff::civil::Date;

use super::slots::Fit;
use crate::base::Language;

/// Whether a telephone number is one: mobile, with an area code, of a service, and in English calls a local one.
pub(super) fn phone(digits: &str, language: Language) -> Fit {
    if is_mobile(digits) {
        return Fit::Whole;
    }
    let length = digits.len();
    match language {
        _ if digits.starts_with('0') && (10..=12).contains(&length) => Fit::Whole,
        _ if length == 10 && (digits.starts_with("400") || digits.starts_with("800")) => Fit::Whole,
        _ if length == 11 && digits.starts_with('1') => Fit::Doubtful,
        Language::En if matches!(length, 7 | 10) && !digits.starts_with('0') => Fit::Whole,
        _ if length < 11 => Fit::Part,
        _ => Fit::Outside,
    }
}

/// Takes the country code off a Chinese number.
pub(super) fn national(digits: &str) -> &str {
    ["0086", "86"].iter().find_map(|code| digits.strip_prefix(code)).filter(|rest| is_mobile(rest)).unwrap_or(digits)
}

/// Whether digits are a Chinese mobile number without its country code.
pub(super) fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Whether 18 characters are an identity card's: a day of birth there was, and the checksum.
///
/// Source: GB 11643-1999.
pub(super) fn id_card(number: &str) -> Fit {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if number.len() != 18 {
        return if number.len() < 18 { Fit::Part } else { Fit::Outside };
    }
    let (body, check) = number.split_at(17);
    let sum: Option<u32> = body.chars().zip(WEIGHTS).map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    let born = |range: std::ops::Range<usize>| number.get(range).and_then(|part| part.parse::<i16>().ok());
    let day = |range| born(range).and_then(|part| i8::try_from(part).ok());
    let birthday = (|| Date::new(born(6..10)?, day(10..12)?, day(12..14)?).ok())();
    let right = sum.and_then(|sum| "10X98765432".chars().nth(sum as usize % 11)).is_some_and(|wanted| check.starts_with(wanted));
    if right && birthday.is_some_and(|date| (1900..=2100).contains(&date.year())) { Fit::Whole } else { Fit::Doubtful }
}

/// Whether digits are a bank card's: the length, and the checksum of Luhn (ISO/IEC 7812-1).
pub(super) fn bank_card(digits: &str) -> Fit {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| match (place % 2, u32::from(byte.saturating_sub(b'0'))) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    let right = sum.is_multiple_of(10);
    match digits.len() {
        15 if right => Fit::Whole,
        0..=15 => Fit::Part,
        16..=19 if right => Fit::Whole,
        16..=19 => Fit::Doubtful,
        _ => Fit::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_tell_a_number_from_a_slip() {
        assert_eq!(id_card("110101199003077758"), Fit::Whole);
        assert_eq!(id_card("110101199003077753"), Fit::Doubtful);
        assert_eq!(id_card("110101199013077758"), Fit::Doubtful);
        assert_eq!(bank_card("4111111111111111"), Fit::Whole);
        assert_eq!(bank_card("4111111111111112"), Fit::Doubtful);
        assert_eq!(bank_card("41111"), Fit::Part);
        assert_eq!(phone("13800138000", Language::Zh), Fit::Whole);
        assert_eq!(phone("12800138000", Language::Zh), Fit::Doubtful);
        assert_eq!(phone("1380013800", Language::Zh), Fit::Part);
        assert_eq!(national("8613800138000"), "13800138000");
    }
}
