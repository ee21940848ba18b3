//! English numbers: one hundred and five, two and a half million, three point one four, twenty first.

use super::super::amount::Amount;
use super::words::{Gap, Word, is, joined, ordinal, scale, teen, tens, tenth, unit};

/// A number, and the place after its last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) amount: Amount,
    pub(super) end: usize,
    pub(super) shape: Shape,
}

/// How a number was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `one` to `nine`, `zero`.
    Single,
    /// `ten` to `ninety nine`.
    Pair,
    /// With hundred and more, or a point.
    Full,
    /// Digits as they are written.
    Written,
}

/// Reads a whole number below a hundred.
pub(super) fn pair(words: &[Word], place: usize) -> Option<(u128, usize)> {
    let first = words.get(place)?.text.as_str();
    if let Some(value) = unit(first).or_else(|| teen(first)) {
        return Some((value, place + 1));
    }
    let value = tens(first)?;
    match joined(words, place + 1).and_then(unit).filter(|unit| *unit > 0) {
        Some(rest) => Some((value + rest, place + 2)),
        None => Some((value, place + 1)),
    }
}

/// Reads a whole number.
pub(super) fn whole(words: &[Word], place: usize) -> Option<(u128, usize, Shape)> {
    let first = words.get(place)?;
    if first.text.starts_with(|c: char| c.is_ascii_digit()) {
        let digits: String = first.text.chars().filter(|c| *c != ',').collect();
        let value = digits.parse::<u128>().ok().filter(|_| digits.len() <= 18 && !first.text.contains([':', '.']))?;
        let (value, end) = match joined(words, place + 1).and_then(scale) {
            Some(by) => (value.checked_mul(by)?, place + 2),
            None => (value, place + 1),
        };
        return Some((value, end, Shape::Written));
    }
    let article = matches!(first.text.as_str(), "a" | "an")
        && joined(words, place + 1).is_some_and(|next| next == "hundred" || scale(next).is_some());
    let (mut section, mut at) = if article { (1, place + 1) } else { pair(words, place)? };
    let mut shape = if at == place + 1 && section < 10 { Shape::Single } else { Shape::Pair };
    let mut total = 0_u128;
    let mut smallest = u128::MAX;
    loop {
        if joined(words, at) == Some("hundred") && section > 0 && section < 100 {
            section *= 100;
            at += 1;
            shape = Shape::Full;
            let and = usize::from(joined(words, at) == Some("and"));
            if let Some((rest, end)) = joined(words, at + and).and_then(|_| pair(words, at + and)).filter(|(rest, _)| *rest > 0) {
                let half = and == 1 && joined(words, end) == Some("hundred");
                if !half {
                    section += rest;
                    at = end;
                }
            }
        }
        let Some(by) = joined(words, at).and_then(scale).filter(|by| *by < smallest && section > 0) else { break };
        total = total.checked_add(section.checked_mul(by)?)?;
        smallest = by;
        section = 0;
        at += 1;
        shape = Shape::Full;
        let and = usize::from(joined(words, at) == Some("and"));
        match joined(words, at + and).and_then(|_| pair(words, at + and)).filter(|(rest, _)| *rest > 0) {
            Some((rest, end)) => {
                section = rest;
                at = end;
            }
            None => break,
        }
    }
    Some((total.checked_add(section)?, at, shape))
}

/// Reads a number with its decimals, its half, its sign.
pub(super) fn number(words: &[Word], place: usize) -> Option<Number> {
    let minus = matches!(words.get(place)?.text.as_str(), "minus" | "negative") && joined(words, place + 1).is_some();
    let at = place + usize::from(minus);
    let mut number = unsigned(words, at)?;
    if minus {
        number.amount = number.amount.negative();
        number.shape = Shape::Full;
    }
    Some(number)
}

fn unsigned(words: &[Word], place: usize) -> Option<Number> {
    if is(words, place, "half a million") || is(words, place, "half a billion") || is(words, place, "half a thousand") {
        let by = scale(&words[place + 2].text)?;
        return Some(Number { amount: Amount::whole(by / 2)?, end: place + 3, shape: Shape::Full });
    }
    if words.get(place)?.text == "point" {
        let (part, end) = decimals(words, place + 1)?;
        let before = place.checked_sub(1).map(|at| words[at].text.as_str());
        let alone = !before.is_some_and(|before| matches!(before, "a" | "the" | "this" | "that" | "my" | "your"))
            || words[place].gap != Gap::Joined;
        return alone.then(|| Amount::with_places(0, &part)).flatten().map(|amount| Number { amount, end, shape: Shape::Full });
    }
    let written = &words[place].text;
    if let Some((whole, part)) = written.split_once('.').filter(|(_, part)| part.bytes().all(|b| b.is_ascii_digit())) {
        let whole: String = whole.chars().filter(|c| *c != ',').collect();
        let amount = Amount::with_places(whole.parse().ok().filter(|_| whole.len() <= 18)?, part)?;
        return scaled(words, amount, place + 1, Shape::Written);
    }
    let (value, end, shape) = whole(words, place)?;
    let amount = Amount::whole(value)?;
    if joined(words, end) == Some("point")
        && let Some((part, end)) = decimals(words, end + 1)
    {
        return scaled(words, Amount::with_places(value, &part)?, end, Shape::Full);
    }
    if is(words, end, "and a half") && joined(words, end).is_some() {
        return scaled(words, amount.plus(Amount::with_places(0, "5")?)?, end + 3, Shape::Full);
    }
    Some(Number { amount, end, shape })
}

fn scaled(words: &[Word], amount: Amount, end: usize, shape: Shape) -> Option<Number> {
    match joined(words, end).and_then(|word| if word == "hundred" { Some(100) } else { scale(word) }) {
        Some(by) => Some(Number { amount: amount.times(by)?, end: end + 1, shape: Shape::Full }),
        None => Some(Number { amount, end, shape }),
    }
}

/// The digits after a point, said one by one.
fn decimals(words: &[Word], place: usize) -> Option<(String, usize)> {
    let mut digits = String::new();
    let mut at = place;
    while let Some(value) = joined(words, at).and_then(|word| if matches!(word, "oh" | "o") { Some(0) } else { unit(word) }) {
        digits.push_str(&value.to_string());
        at += 1;
    }
    if digits.is_empty() {
        let (value, end) = joined(words, at).and_then(|_| pair(words, at))?;
        return Some((value.to_string(), end));
    }
    (digits.len() <= 12).then_some((digits, at))
}

/// Reads an ordinal: `first`, `twenty first`, `one hundredth`, and says whether it is more than one word.
pub(super) fn ordinal_at(words: &[Word], place: usize) -> Option<(u64, usize)> {
    let first = words.get(place)?.text.as_str();
    let one = |value: u128, end: usize| u64::try_from(value).ok().map(|value| (value, end));
    if let Some(value) = ordinal(first).or_else(|| tenth(first)) {
        return one(value, place + 1);
    }
    if let Some(ten) = tens(first)
        && let Some(rest) = joined(words, place + 1).and_then(ordinal).filter(|rest| *rest < 10)
    {
        return one(ten + rest, place + 2);
    }
    let (value, end, shape) = whole(words, place)?;
    if shape == Shape::Written {
        let suffixed =
            words.get(end).is_some_and(|word| word.start == words[end - 1].end && matches!(word.text.as_str(), "st" | "nd" | "rd" | "th"));
        return suffixed.then(|| one(value, end + 1)).flatten();
    }
    if shape == Shape::Full
        && joined(words, end) == Some("and")
        && let Some(rest) = joined(words, end + 1).and_then(|word| ordinal(word).or_else(|| tenth(word)))
    {
        return one(value + rest, end + 2);
    }
    match joined(words, end)? {
        "hundredth" if value < 100 => one(value * 100, end + 1),
        "thousandth" => one(value * 1000, end + 1),
        word if shape == Shape::Full => ordinal(word).or_else(|| tenth(word)).and_then(|rest| one(value + rest, end + 1)),
        _ => None,
    }
}

/// `1st`, `22nd`.
pub(super) fn write_ordinal(value: u64) -> String {
    let ending = match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{value}{ending}")
}
