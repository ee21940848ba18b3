//! English text as words, and the words of which numbers are made.

/// A word or a written number, in lower case, and its place in characters.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands before it, after the word before.
    pub(super) gap: Gap,
}

/// What stands between two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing, spaces or a hyphen.
    Joined,
    Comma,
    /// The end of a sentence, other marks, other scripts.
    Apart,
}

pub(super) fn words(text: &[char]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let c = text[at];
        if !c.is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        if c.is_ascii_digit() {
            while text.get(at).is_some_and(char::is_ascii_digit)
                || text.get(at).is_some_and(|c| matches!(c, '.' | ':' | ',')) && text.get(at + 1).is_some_and(char::is_ascii_digit)
            {
                at += 1;
            }
        } else {
            while text.get(at).is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '\'' | '’')) {
                at += 1;
            }
        }
        let before = words.last().map_or(0, |word| word.end);
        let between = &text[before..start];
        let gap = if words.is_empty() {
            Gap::Apart
        } else if between.iter().all(|c| matches!(c, ' ' | '-')) && between.iter().filter(|c| **c == '-').count() < 2 {
            Gap::Joined
        } else if between.iter().all(|c| matches!(c, ' ' | ',')) {
            Gap::Comma
        } else {
            Gap::Apart
        };
        let text: String = text[start..at].iter().map(|c| if *c == '’' { '\'' } else { c.to_ascii_lowercase() }).collect();
        words.push(Word { text, start, end: at, gap });
    }
    words
}

/// Words from a place on, each joined to the one before; the first may stand anywhere.
pub(super) fn is(words: &[Word], place: usize, text: &str) -> bool {
    text.split(' ')
        .enumerate()
        .all(|(at, wanted)| words.get(place + at).is_some_and(|word| word.text == wanted && (at == 0 || word.gap == Gap::Joined)))
}

/// The text of a word that is joined to the one before it.
pub(super) fn joined(words: &[Word], place: usize) -> Option<&str> {
    words.get(place).filter(|word| word.gap == Gap::Joined).map(|word| word.text.as_str())
}

const UNITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const TEENS: [&str; 10] = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 19] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const TENTHS: [&str; 8] = ["twentieth", "thirtieth", "fortieth", "fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth"];

fn place_in(list: &[&str], word: &str) -> Option<u128> {
    list.iter().position(|entry| *entry == word).map(|place| place as u128)
}

pub(super) fn unit(word: &str) -> Option<u128> {
    place_in(&UNITS, word)
}

pub(super) fn teen(word: &str) -> Option<u128> {
    place_in(&TEENS, word).map(|teen| teen + 10)
}

pub(super) fn tens(word: &str) -> Option<u128> {
    if word == "fourty" {
        return Some(40);
    }
    place_in(&TENS, word).map(|tens| tens * 10 + 20)
}

/// `first` to `nineteenth`.
pub(super) fn ordinal(word: &str) -> Option<u128> {
    place_in(&ORDINALS, word).map(|place| place + 1)
}

/// `twentieth` and its like.
pub(super) fn tenth(word: &str) -> Option<u128> {
    place_in(&TENTHS, word).map(|place| place * 10 + 20)
}

pub(super) fn scale(word: &str) -> Option<u128> {
    Some(match word {
        "thousand" => 1000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}
