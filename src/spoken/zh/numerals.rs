//! Chinese numerals: 一百二十, 一万二, 三点五万, 三百万, 1百万.

use super::super::amount::Amount;
use super::super::digits::digit;
use super::idioms::is_numeral;

/// A number at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spoken) struct Numeral {
    pub(in crate::spoken) amount: Amount,
    pub(in crate::spoken) end: usize,
    pub(in crate::spoken) shape: Shape,
}

/// How a number was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spoken) enum Shape {
    /// One Chinese digit.
    Single,
    /// Several digits one by one, or written ones.
    Digits,
    /// With 十 百 千 万 亿, or a point.
    Full,
    /// Digits of more than one number: 三四个, 十七八岁.
    About,
}

fn unit(c: char) -> Option<u128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        _ => return None,
    })
}

fn big(c: char) -> Option<u128> {
    Some(match c {
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// Reads the number at `place`: with its decimals and a unit after them.
pub(in crate::spoken) fn numeral(text: &[char], place: usize) -> Option<Numeral> {
    let whole = whole(text, place)?;
    let has_point = text.get(whole.end) == Some(&'点') || (text.get(whole.end) == Some(&'.') && text[whole.end - 1].is_ascii_digit());
    if !has_point || whole.shape == Shape::About {
        return Some(whole);
    }
    let written = text[whole.end] == '.';
    let mut end = whole.end + 1;
    let mut part = String::new();
    while let Some(value) = text.get(end).copied().filter(|c| !written || c.is_ascii_digit()).and_then(digit) {
        if text[end] == '两' {
            break;
        }
        part.push(char::from(b'0' + value));
        end += 1;
    }
    if part.is_empty() || part.len() > 12 {
        return Some(whole);
    }
    // 三点十五 and 三点二十 are times.
    if text.get(end).is_some_and(|c| unit(*c) == Some(10)) {
        return Some(whole);
    }
    let mut amount = Amount::with_places(u128::try_from(whole.amount.as_whole()?).ok()?, &part)?;
    while let Some(by) = text.get(end).and_then(|c| big(*c).or_else(|| unit(*c).filter(|by| *by > 10))) {
        amount = amount.times(by)?;
        end += 1;
    }
    Some(Numeral { amount, end, shape: Shape::Full })
}

/// Reads the whole number at `place`.
pub(in crate::spoken) fn whole(text: &[char], place: usize) -> Option<Numeral> {
    let first = *text.get(place)?;
    if !is_numeral(first) || big(first).is_some() || matches!(first, '百' | '千' | '佰' | '仟' | '廿') {
        return None;
    }
    let mut run = 0;
    while text.get(place + run).is_some_and(|c| digit(*c).is_some()) && !super::strings::is_ounce(text, place + run) {
        run += 1;
    }
    let unit_follows = text.get(place + run).is_some_and(|c| unit(*c).is_some() || big(*c).is_some());
    let ascii = text[place..place + run].iter().all(char::is_ascii_digit);
    let grouped = run == 2 && first == '零';
    if run > 0 && (!unit_follows || (run > 1 && !ascii && !grouped)) {
        return digits_only(text, place, run, unit_follows);
    }
    structured(text, place)
}

fn digits_only(text: &[char], place: usize, run: usize, unit_follows: bool) -> Option<Numeral> {
    // 五六百: about so many; 三百五六十 is seen by the structured reading.
    if unit_follows {
        let neighbours = run == 2 && are_neighbours(text[place], text[place + 1]);
        let mut end = place + run;
        while text.get(end).is_some_and(|c| unit(*c).is_some() || big(*c).is_some()) {
            end += 1;
        }
        return neighbours.then_some(Numeral { amount: Amount::whole(0)?, end, shape: Shape::About });
    }
    if run > 24 {
        return None;
    }
    let value = text[place..place + run].iter().filter_map(|c| digit(*c)).fold(0_u128, |value, digit| value * 10 + u128::from(digit));
    let shape = if run == 1 && !text[place].is_ascii_digit() { Shape::Single } else { Shape::Digits };
    Some(Numeral { amount: Amount::whole(value)?, end: place + run, shape })
}

/// Digits said together for a number between or around them: 三四, 三五, 一两.
pub(in crate::spoken) fn are_neighbours(first: char, second: char) -> bool {
    if first.is_ascii_digit() || second.is_ascii_digit() {
        return false;
    }
    match (digit(first), digit(second)) {
        (Some(3), Some(5)) => true,
        (Some(one), Some(other)) => one > 0 && one + 1 == other,
        _ => false,
    }
}

fn structured(text: &[char], place: usize) -> Option<Numeral> {
    let (mut total, mut section, mut value) = (0_u128, 0_u128, None::<u128>);
    let (mut smallest, mut smallest_big) = (u128::MAX, u128::MAX);
    let mut last_unit = 0_u128;
    let mut zero = false;
    let mut units = 0;
    let mut at = place;
    while let Some(c) = text.get(at).copied() {
        if let Some(number) = digit(c) {
            if value.is_some() {
                break;
            }
            if c.is_ascii_digit() {
                let mut written = 0_u128;
                let mut count = 0;
                while let Some(number) = text.get(at).filter(|c| c.is_ascii_digit()).and_then(|c| digit(*c)) {
                    written = written * 10 + u128::from(number);
                    at += 1;
                    count += 1;
                    if count > 12 {
                        return None;
                    }
                }
                value = Some(written);
                continue;
            }
            if number == 0 {
                // A zero opens the next digit; 一百零 alone ends before it.
                let next = text.get(at + 1).copied();
                if zero || !next.is_some_and(|c| digit(c).is_some_and(|next| next > 0) || unit(c) == Some(10)) {
                    break;
                }
                zero = true;
                at += 1;
                continue;
            }
            value = Some(u128::from(number));
            at += 1;
            continue;
        }
        if let Some(by) = unit(c) {
            if by >= smallest || (value.is_none() && by != 10) {
                break;
            }
            if value.is_none() && section > 0 && !zero {
                break;
            }
            section += value.take().unwrap_or(1).checked_mul(by)?;
            smallest = by;
            last_unit = by;
            zero = false;
        } else if let Some(by) = big(c) {
            if section == 0 && value.is_none() && (total == 0 || by != 100_000_000) {
                break;
            }
            if by >= smallest_big && by != 100_000_000 {
                break;
            }
            let sum = section + value.take().unwrap_or(0);
            total = if by > smallest_big || sum == 0 { (total + sum).checked_mul(by)? } else { total.checked_add(sum.checked_mul(by)?)? };
            (section, smallest, smallest_big, last_unit) = (0, u128::MAX, by, by);
            zero = false;
        } else {
            break;
        }
        units += 1;
        at += 1;
        if total > 1_u128 << 80 {
            return None;
        }
    }
    if units == 0 {
        return None;
    }
    let ends_in_digit = value.is_some();
    if let Some(rest) = value {
        // 一万二 is 12,000; 一万零二 is 10,002.
        let by = if zero || last_unit <= 10 || rest > 9 { 1 } else { last_unit / 10 };
        section += rest * by;
    }
    let next = text.get(at).copied();
    if ends_in_digit && next.is_some_and(|c| digit(c).is_some()) {
        let about = next.is_some_and(|next| are_neighbours(text[at - 1], next));
        let mut end = at;
        while text.get(end).is_some_and(|c| is_numeral(*c)) {
            end += 1;
        }
        return about.then_some(Numeral { amount: Amount::whole(0)?, end, shape: Shape::About });
    }
    Some(Numeral { amount: Amount::whole(total.checked_add(section)?)?, end: at, shape: Shape::Full })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        for (text, number, end) in [
            ("一百二十个", "120", 4),
            ("一万二", "12000", 3),
            ("一万零二", "10002", 4),
            ("十万零一十", "100010", 5),
            ("一亿两千三百四十五万六千七百八十九", "123456789", 17),
            ("三点五万", "35000", 4),
            ("1百万", "1000000", 3),
            ("3万5", "35000", 3),
            ("零点零一", "0.01", 4),
            ("三点十五", "3", 1),
            ("一万亿", "1000000000000", 3),
            ("二十三", "23", 3),
        ] {
            let characters: Vec<char> = text.chars().collect();
            let read = numeral(&characters, 0).expect(text);
            assert_eq!((read.amount.to_string().as_str(), read.end), (number, end), "{text}");
        }
        assert_eq!(numeral(&['百'], 0), None);
    }
}
