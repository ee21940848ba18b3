//! What an English text says in numbers: found from left to right, each stretch once.

mod amounts;
mod clock;
mod days;
mod numbers;
mod strings;
mod words;

use jiff::civil::Date;

use super::found::{DaySaid, Found, What};
use amounts::Meant;
use numbers::Shape;
use words::{Word, is, joined};

/// Words with a numeral in them that are no number.
const IDIOMS: &[&str] = &[
    "one moment",
    "one by one",
    "one another",
    "one more",
    "no one",
    "one of",
    "second hand",
    "one on one",
    "first of all",
    "first time",
    "all in one",
    "number one fan",
    "two of us",
    "one day",
    "at sixes and sevens",
    "cloud nine",
    "one and only",
    "nine to five",
    "catch twenty two",
    "one thing",
    "square one",
    "point of",
    "second to none",
    "one second",
    "two cents",
    "the one",
    "six feet under",
    "one way",
    "one in a million",
    "seven eleven",
    "fifty fifty",
    "five nines",
    "a one",
    "oh no",
    "oh i",
    "oh my",
    "second thought",
    "second thoughts",
    "second opinion",
    "third party",
    "first aid",
    "first class",
    "first name",
    "first place",
];

/// Finds every number, date, time and sum in a text; with `today`, relative days too.
pub(super) fn scan(text: &[char], today: Option<Date>) -> Vec<Found> {
    let words = with_points_joined(words::words(text), text);
    let mut all = Vec::new();
    let mut place = 0;
    while place < words.len() {
        let Some((what, written, end)) = at(text, &words, place, today).filter(|(_, _, end)| *end > place) else {
            place += 1;
            continue;
        };
        all.push(Found { start: words[place].start, end: after(text, &words, end), what, written });
        place = end;
    }
    all
}

/// The set phrase at `place`. Seven eleven is a shop, but a time where a half of the day follows.
fn idiom(words: &[Word], place: usize) -> Option<&'static str> {
    let idiom = IDIOMS.iter().copied().find(|idiom| is(words, place, idiom))?;
    let a_time = idiom == "seven eleven" && clock::clock(words, place, clock::Asked::Anything).is_some_and(|clock| clock.half_day_said);
    (!a_time).then_some(idiom)
}

/// The place after a word, and after the point of `p.m.`
fn after(text: &[char], words: &[Word], end: usize) -> usize {
    let last = &words[end - 1];
    let marks = last.text == "m" && text.get(last.end) == Some(&'.') && end >= 2 && text.get(words[end - 2].end) == Some(&'.');
    last.end + usize::from(marks)
}

fn at(text: &[char], words: &[Word], place: usize, today: Option<Date>) -> Option<Meant> {
    if let Some((date, end)) = today.and_then(|today| days::relative_day(words, place, today)) {
        let said = DaySaid { year: Some(date.year()), month: Some(date.month()), day: Some(date.day()) };
        return Some((What::Day(said), date.to_string(), end));
    }
    if let Some(idiom) = idiom(words, place)
        && !(idiom == "one day" && words.get(place + 2).is_none() && place == 0)
    {
        return Some((What::Kept, String::new(), place + idiom.split(' ').count()));
    }
    if let Some((said, written, end)) = days::date(text, words, place, today) {
        return Some((What::Day(said), written, end));
    }
    if let Some(clock) = clock::clock(words, place, clock::Asked::Anything) {
        let what = What::TimeOfDay { hour: clock.hour, minute: clock.minute, second: 0, half_day_said: clock.half_day_said };
        return Some((what, clock.written(), clock.end));
    }
    if let Some((value, end)) = strings::code(text, words, place).or_else(|| strings::written_groups(text, words, place)) {
        return Some((What::Digits(value.clone()), value, end));
    }
    amounts::money(words, place)
        .or_else(|| amounts::percent(words, place))
        .or_else(|| amounts::fraction(words, place))
        .or_else(|| digits(text, words, place))
        .or_else(|| amounts::length(words, place))
        .or_else(|| ordinal(words, place))
        .or_else(|| number(text, words, place))
}

fn as_is(text: &[char], words: &[Word], place: usize, end: usize) -> String {
    text[words[place].start..words[end - 1].end].iter().collect()
}

/// `p.m.` comes as two words with a point between, which ends no sentence.
fn with_points_joined(mut words: Vec<Word>, text: &[char]) -> Vec<Word> {
    for at in 1..words.len() {
        let letters = words[at].text == "m" && matches!(words[at - 1].text.as_str(), "a" | "p");
        if letters && text[words[at - 1].end..words[at].start].iter().all(|c| matches!(c, '.' | ' ')) {
            words[at].gap = words::Gap::Joined;
        }
    }
    words
}

/// Digits one by one, where they are not one number.
fn digits(text: &[char], words: &[Word], place: usize) -> Option<Meant> {
    let mut said = strings::digits(text, words, place)?;
    let letter = words.get(said.end).filter(|word| word.gap == words::Gap::Joined && word.text == "x");
    if letter.is_some_and(|letter| said.value.len() == 17 || text[letter.start] == 'X') {
        said.value.push('X');
        said.end += 1;
    }
    let number = numbers::number(words, place);
    if number.is_some_and(|number| number.end >= said.end) {
        return None;
    }
    if matches!(words[place].text.as_str(), "oh" | "o") && said.value.len() < 3 {
        return None;
    }
    Some((What::Digits(said.value.clone()), said.value, said.end))
}

/// An ordinal that counts: of several words, or with a word before it that names a thing.
fn ordinal(words: &[Word], place: usize) -> Option<Meant> {
    let (value, end) = numbers::ordinal_at(words, place)?;
    let written = numbers::write_ordinal(value);
    let meant = Some((What::Ordinal(value), written, end));
    if words.get(end - 1).is_some_and(|word| matches!(word.text.as_str(), "st" | "nd" | "rd" | "th")) {
        return None;
    }
    if end > place + 1 {
        return meant;
    }
    let before = place.checked_sub(1).filter(|_| joined(words, place).is_some()).map(|at| words[at].text.as_str());
    let next = joined(words, end);
    let placed = matches!(next, Some("avenue" | "street" | "road" | "floor" | "century" | "edition" | "grade"));
    let told =
        placed || before.is_some_and(|word| matches!(word, "the" | "my" | "your" | "our" | "this" | "that" | "his" | "her" | "their"));
    let small = value <= 2;
    let counts = match next {
        None => !small,
        Some(next) => !matches!(next, "of" | "one" | "time" | "hand" | "and" | "to" | "is" | "was" | "thing") || !small && next != "of",
    };
    (told && counts).then_some(meant).flatten()
}

fn number(text: &[char], words: &[Word], place: usize) -> Option<Meant> {
    if let Some((year, end)) = days::year(words, place).filter(|(_, end)| *end > place + 1) {
        return Some((What::Number(super::amount::Amount::whole(u128::try_from(year).ok()?)?), year.to_string(), end));
    }
    let number = numbers::number(words, place)?;
    if number.shape == Shape::Written {
        return None;
    }
    let word = words[place].text.as_str();
    let next = joined(words, number.end);
    if word == "one" && number.shape == Shape::Single && !counts_one(words, place, next) {
        return None;
    }
    // Seat seven A.
    let letter = words
        .get(number.end)
        .filter(|word| word.gap == words::Gap::Joined && word.text.len() == 1 && text[word.start].is_ascii_uppercase());
    if let Some(letter) = letter.filter(|letter| letter.text != "i") {
        let code = format!("{}{}", number.amount, letter.text.to_ascii_uppercase());
        return Some((What::Digits(code.clone()), code, number.end + 1));
    }
    let written = number.amount.to_string();
    let counted = next.is_some();
    let what = if counted { What::Counted(number.amount) } else { What::Number(number.amount) };
    (as_is(text, words, place, number.end) != written).then_some((what, written, number.end))
}

/// Whether `one` is a number here rather than a pronoun.
fn counts_one(words: &[Word], place: usize, next: Option<&str>) -> bool {
    const BEFORE: &[&str] =
        &["number", "option", "press", "line", "gate", "apartment", "room", "version", "step", "level", "floor", "dial", "key"];
    const THINGS: &[&str] = &[
        "item", "order", "box", "bottle", "can", "pack", "package", "parcel", "ticket", "piece", "hour", "minute", "day", "week", "month",
        "year", "kilo", "kilogram", "gram", "meter", "mile", "pound", "person", "percent", "dollar", "product", "refund", "night",
        "business", "working", "liter",
    ];
    let before = place.checked_sub(1).filter(|_| joined(words, place).is_some()).map(|at| words[at].text.as_str());
    before.is_some_and(|before| BEFORE.contains(&before)) || next.is_some_and(|next| THINGS.contains(&next.trim_end_matches('s')))
}

/// Times of day where a time was asked for: hour, minute, place.
pub(super) fn times(text: &[char]) -> Vec<(u8, u8, std::ops::Range<usize>)> {
    let words = with_points_joined(words::words(text), text);
    let mut times = Vec::new();
    let mut place = 0;
    while place < words.len() {
        match clock::clock(&words, place, clock::Asked::Time).filter(|_| idiom(&words, place).is_none_or(|idiom| idiom == "seven eleven")) {
            Some(clock) => {
                times.push((clock.hour, clock.minute, words[place].start..after(text, &words, clock.end)));
                place = clock.end;
            }
            None => place += 1,
        }
    }
    times
}

/// The first number of a text, whatever it may count.
pub(super) fn any_number(text: &[char]) -> Option<(i64, std::ops::Range<usize>)> {
    let words = words::words(text);
    (0..words.len()).find_map(|place| {
        if is(&words, place, "a dozen") {
            return Some((12, words[place].start..words[place + 1].end));
        }
        let number = numbers::number(&words, place)?;
        Some((number.amount.as_whole()?, words[place].start..words[number.end - 1].end))
    })
}
