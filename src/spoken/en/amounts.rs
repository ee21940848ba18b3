//! Sums, shares and lengths of time in English: thirty dollars fifty, five percent, two thirds, an hour and a half.

use super::super::amount::Amount;
use super::super::found::{Cents, Currency, Length, TimeUnit, What};
use super::numbers::{Shape, number, pair, whole};
use super::words::{Word, is, joined, ordinal};

/// What was meant, how it is written, and the place after it.
pub(super) type Meant = (What, String, usize);

/// Reads a sum of money.
pub(super) fn money(words: &[Word], place: usize) -> Option<Meant> {
    let article = matches!(words.get(place)?.text.as_str(), "a" | "an")
        && joined(words, place + 1).is_some_and(|next| currency(next).is_some() && next != "quid");
    let (amount, end, shape) = if article {
        (Amount::whole(1)?, place + 1, Shape::Single)
    } else {
        let number = number(words, place)?;
        (number.amount, number.end, number.shape)
    };
    let written = |amount: Amount, currency: Currency, end: usize| {
        Some((What::Money(amount, currency), currency.write(amount, Cents::TwoPlaces), end))
    };
    let unit = joined(words, end)?;
    if matches!(unit, "cents" | "cent") && !article {
        let cents = amount.as_whole().filter(|cents| (0..100).contains(cents))?;
        return written(Amount::with_places(0, &format!("{cents:02}"))?, Currency::Dollar, end + 1);
    }
    let currency = currency(unit)?;
    let after = end + 1;
    if unit == "pounds" && matches!(joined(words, after), Some("of" | "heavy" | "heavier" | "lighter")) {
        return None;
    }
    // Fifty cents, and fifty; a dollar alone stays.
    let and = usize::from(joined(words, after) == Some("and"));
    let cents = joined(words, after + and).and_then(|_| whole(words, after + and)).filter(|(cents, ..)| (1..100).contains(cents));
    if let Some((cents, end_of_cents, cents_shape)) = cents {
        let named = matches!(joined(words, end_of_cents), Some("cents" | "cent" | "pence" | "p"));
        let bare = and == 0 && cents >= 10 && cents_shape == Shape::Pair && joined(words, end_of_cents).is_none_or(|next| !is_thing(next));
        if named || bare {
            let sum = amount.plus(Amount::with_places(0, &format!("{cents:02}"))?)?;
            return written(sum, currency, end_of_cents + usize::from(named));
        }
    }
    if article || shape == Shape::Written && words[place].text.contains(':') {
        return None;
    }
    written(amount, currency, after)
}

/// A noun after a number: twenty dollars twenty times.
fn is_thing(word: &str) -> bool {
    word.ends_with('s') || matches!(word, "percent" | "per")
}

fn currency(word: &str) -> Option<Currency> {
    Some(match word {
        "dollar" | "dollars" | "bucks" | "buck" => Currency::Dollar,
        "euro" | "euros" => Currency::Euro,
        "pound" | "pounds" | "quid" => Currency::Pound,
        _ => return None,
    })
}

/// Reads a percentage.
pub(super) fn percent(words: &[Word], place: usize) -> Option<Meant> {
    let (amount, end) = if is(words, place, "half a percent") {
        (Amount::with_places(0, "5")?, place + 2)
    } else {
        let number = number(words, place)?;
        (number.amount, number.end)
    };
    let end = match joined(words, end)? {
        "percent" => end + 1,
        "per" if joined(words, end + 1) == Some("cent") => end + 2,
        _ => return None,
    };
    Some((What::Percent, format!("{amount}%"), end))
}

/// Reads a fraction: two thirds, one half, three quarters.
pub(super) fn fraction(words: &[Word], place: usize) -> Option<Meant> {
    let (over, end) = pair(words, place).filter(|(over, _)| *over > 0)?;
    let under = joined(words, end)?;
    let (name, many) = match under {
        "half" => ("half", false),
        "halves" => ("half", true),
        _ => under.strip_suffix('s').map_or((under, false), |name| (name, true)),
    };
    let value = match name {
        "half" => 2,
        "quarter" => 4,
        "second" | "first" => return None,
        name => ordinal(name).filter(|value| *value <= 16)?,
    };
    // Twenty third is an ordinal; one third and two thirds are shares.
    let share = if over == 1 { !many } else { many } && (end == place + 1 && over < 20);
    let hours =
        joined(words, end + 1) == Some("hour") || over == 1 && matches!(joined(words, end + 1), Some("floor" | "party" | "order" | "time"));
    (share && !hours).then(|| (What::Fraction, format!("{over}/{value}"), end + 1))
}

/// Reads a length of time: two and a half hours, one hour and thirty minutes, an hour and a half.
pub(super) fn length(words: &[Word], place: usize) -> Option<Meant> {
    if matches!(words.get(place)?.text.as_str(), "an" | "a" | "one")
        && let Some(unit) = joined(words, place + 1).and_then(time_unit)
        && is(words, place + 2, "and a half")
        && joined(words, place + 2).is_some()
    {
        let word = format!("{}s", words[place + 1].text.trim_end_matches('s'));
        return Some((What::Length(Length::of(3, unit)?), format!("1.5 {word}"), place + 5));
    }
    let (mut total, mut written, mut end) = one_length(words, place)?;
    while let Some(at) = joined(words, end).map(|word| end + usize::from(word == "and"))
        && let Some((more, words_of_it, after)) = joined(words, at).and_then(|_| one_length(words, at))
    {
        total = total.plus(more);
        written.push_str(if at > end { " and " } else { " " });
        written.push_str(&words_of_it);
        end = after;
    }
    Some((What::Length(total), written, end))
}

fn one_length(words: &[Word], place: usize) -> Option<(Length, String, usize)> {
    let number = number(words, place)?;
    let mut at = number.end;
    let mut between = String::new();
    if let Some(kind) = joined(words, at).filter(|word| matches!(*word, "business" | "working" | "calendar")) {
        between = format!("{kind} ");
        at += 1;
    }
    let word = joined(words, at)?;
    let unit = time_unit(word)?;
    // One second is a way to ask for patience, forty second an ordinal.
    if word == "second" {
        return None;
    }
    let halves = u64::try_from(number.amount.times(2)?.cents()? / 100).ok()?;
    Some((Length::of(halves, unit)?, format!("{} {between}{word}", number.amount), at + 1))
}

pub(super) fn time_unit(word: &str) -> Option<TimeUnit> {
    Some(match word {
        "second" | "seconds" => TimeUnit::Second,
        "minute" | "minutes" => TimeUnit::Minute,
        "hour" | "hours" => TimeUnit::Hour,
        "day" | "days" => TimeUnit::Day,
        "week" | "weeks" => TimeUnit::Week,
        "month" | "months" => TimeUnit::Month,
        "year" | "years" => TimeUnit::Year,
        _ => return None,
    })
}
