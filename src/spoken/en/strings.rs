//! Digits and letters said one by one in English: one three eight double zero; C A one eight three one.

use super::super::corrections::{restarted, taken_back};
use super::numbers::pair;
use super::words::{Gap, Word, joined, teen, tens, unit};
use crate::base::Language;

/// Sounds between digits that mean nothing.
const FILLERS: &[&str] = &["um", "uh", "er", "uhm", "erm", "hmm", "like", "then", "and then"];

/// What was said one by one, and the place after its last word.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) value: String,
    pub(super) end: usize,
    items: usize,
    singles: usize,
}

/// Reads digits from `place` on, over pauses, fillers, groups and corrections.
pub(super) fn digits(text: &[char], words: &[Word], place: usize) -> Option<Said> {
    let mut said = plain(words, place)?;
    while said.value.len() >= 3
        && let Some(at) = taken_back(text, words[said.end - 1].end, Language::En)
        && let Some(next) = words.iter().position(|word| word.start >= at)
        && let Some(again) = plain(words, next)
    {
        said.value = restarted(&said.value, &again.value);
        said.end = again.end;
        said.singles += again.singles;
        said.items += again.items;
    }
    let numbers = said.items == 1 && said.singles == 0;
    let enough = said.value.len() >= 2 && (said.items >= 2 || said.singles > 0) && !numbers;
    enough.then_some(said)
}

fn plain(words: &[Word], place: usize) -> Option<Said> {
    let mut said = Said { value: String::new(), end: place, items: 0, singles: 0 };
    let mut at = place;
    let mut group = 0;
    while let Some(word) = words.get(at) {
        if at > place && word.gap == Gap::Apart {
            break;
        }
        // A comma divides groups of two and more digits.
        if at > place && word.gap == Gap::Comma && (group < 2 || !group_follows(words, at)) {
            break;
        }
        if word.gap == Gap::Comma {
            group = 0;
        }
        if FILLERS.contains(&word.text.as_str()) && said.items > 0 {
            let next = words.get(at + 1).is_some_and(|next| next.gap != Gap::Apart) && item(words, at + 1).is_some();
            if !next {
                break;
            }
            at += 1;
            continue;
        }
        let Some((digits, end, single)) = item(words, at) else { break };
        group += digits.len();
        said.value.push_str(&digits);
        said.items += 1;
        said.singles += usize::from(single);
        said.end = end;
        at = end;
        if said.value.len() > 64 {
            break;
        }
    }
    (said.items > 0).then_some(said)
}

fn group_follows(words: &[Word], place: usize) -> bool {
    item(words, place).is_some_and(|(digits, end, _)| {
        digits.len() > 1 || words.get(end).is_some_and(|word| word.gap == Gap::Joined) && item(words, end).is_some()
    })
}

/// One digit, a doubled one, or a number of two digits; and whether it was said as digits.
fn item(words: &[Word], place: usize) -> Option<(String, usize, bool)> {
    let first = words.get(place)?.text.as_str();
    let times = match first {
        "double" => 2,
        "triple" | "treble" => 3,
        "quadruple" => 4,
        _ => 1,
    };
    if times > 1 {
        let digit = joined(words, place + 1).and_then(digit)?;
        return Some((digit.to_string().repeat(times), place + 2, true));
    }
    if let Some(digit) = digit(first) {
        // Eight hundred five five five: 800 begins a number of digits.
        if joined(words, place + 1) == Some("hundred") {
            let more = (2..5).all(|step| joined(words, place + step).is_some_and(|word| self::digit(word).is_some()));
            return (more && digit > 0).then(|| (format!("{digit}00"), place + 2, true));
        }
        if joined(words, place + 1).is_some_and(|next| matches!(next, "thousand" | "million" | "billion" | "point")) {
            return None;
        }
        return Some((digit.to_string(), place + 1, true));
    }
    if teen(first).is_none() && tens(first).is_none() {
        return None;
    }
    let (value, end) = pair(words, place)?;
    if joined(words, end).is_some_and(|next| matches!(next, "hundred" | "thousand" | "million" | "billion" | "point")) {
        return None;
    }
    Some((value.to_string(), end, false))
}

fn digit(word: &str) -> Option<u128> {
    if matches!(word, "oh" | "o" | "nought" | "naught") { Some(0) } else { unit(word) }
}

/// Reads letters said one by one and the digits after them.
pub(super) fn code(text: &[char], words: &[Word], place: usize) -> Option<(String, usize)> {
    let letter = |place: usize| words.get(place).filter(|word| word.text.len() == 1 && word.text.as_bytes()[0].is_ascii_alphabetic());
    let mut letters = String::new();
    let mut at = place;
    while let Some(word) = letter(at).filter(|word| at == place || word.gap == Gap::Joined) {
        // The article and the pronoun, unless said among letters.
        letters.push_str(&word.text.to_ascii_uppercase());
        at += 1;
        if letters.len() > 8 {
            return None;
        }
    }
    let small_word = letters.len() == 1
        && matches!(letters.as_str(), "A" | "I" | "O")
        && (text[words[place].start].is_ascii_lowercase() || letters != "A");
    if letters.is_empty() || small_word || words.get(at).is_none_or(|word| word.gap == Gap::Apart) {
        return None;
    }
    if let Some(said) = digits(text, words, at) {
        return Some((letters + &said.value, said.end));
    }
    let (value, end, shape) = super::numbers::whole(words, at)?;
    let joined = words[at].gap == Gap::Joined && shape != super::numbers::Shape::Written && value < 1000;
    joined.then(|| (format!("{letters}{value}"), end))
}

/// A telephone number written in groups.
pub(super) fn written_groups(text: &[char], words: &[Word], place: usize) -> Option<(String, usize)> {
    let mut digits = String::new();
    let mut at = place;
    while let Some(word) = words.get(at).filter(|word| word.text.bytes().all(|b| b.is_ascii_digit())) {
        let close = at == place
            || text[words[at - 1].end..word.start].iter().all(|c| matches!(c, ' ' | '-')) && word.start - words[at - 1].end == 1;
        if !close {
            return None;
        }
        digits.push_str(&word.text);
        at += 1;
        let bytes = digits.as_bytes();
        if bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]) {
            return (at > place + 1).then_some((digits, at));
        }
        if digits.len() > 11 {
            return None;
        }
    }
    None
}
