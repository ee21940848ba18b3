//! Digits and letters said one by one in Chinese: 幺三八，零零幺三，八零零零; 三个八; C A 一 八 三 一.

use super::super::corrections::{restarted, starts, taken_back};
use super::super::digits::digit;
use super::measures::measure;
use crate::base::Language;

/// Sounds and small words between digits that mean nothing.
const FILLERS: &[&str] = &["嗯", "呃", "额", "啊", "那个", "这个", "就是", "然后", "哦"];

/// Digits written together, and where they end.
#[derive(Debug)]
struct Piece {
    digits: String,
    end: usize,
    spoken: bool,
}

/// Reads a string of two or more digits at `place`, over pauses, groups and corrections; its digits and its end.
pub(super) fn digit_string(text: &[char], place: usize) -> Option<(String, usize)> {
    let first = piece(text, place)?;
    let mut value = first.digits.clone();
    let mut end = first.end;
    let mut last = first;
    // What is joined over pauses and fillers must make a number long enough to be one.
    let mut sure = (value.clone(), end);
    let mut hyphens = false;
    loop {
        let (at, gap) = gap(text, end);
        let Some(next) = piece(text, at).filter(|next| !counts(text, next)) else { break };
        match gap {
            Gap::None => break,
            Gap::Spaces if last.spoken && next.spoken => {}
            Gap::Spaces | Gap::Hyphen if !last.spoken && !next.spoken => {
                let (joined, after) = written_groups(text, place)?;
                return Some((joined, after));
            }
            Gap::Hyphen | Gap::Spaces => break,
            Gap::Bar => {
                value.push('-');
                hyphens = true;
            }
            Gap::Comma
                if last.spoken
                    && next.spoken
                    && last.digits.len() >= 2
                    && next.digits.len() >= 2
                    && (next.digits.len() <= 6 || is_area_code(&value) && next.digits.len() <= 8) => {}
            Gap::Filler if last.spoken && next.spoken => {}
            Gap::Comma | Gap::Filler => break,
        }
        value.push_str(&next.digits);
        end = next.end;
        last = next;
        if matches!(gap, Gap::Spaces | Gap::Bar) && sure.0.len() + last.digits.len() + usize::from(gap == Gap::Bar) == value.len()
            || value.len() >= 6
        {
            sure = (value.clone(), end);
        }
        if value.len() > 64 {
            break;
        }
    }
    let (mut value, mut end) = sure;
    if value.len() < 2 {
        return None;
    }
    while value.len() >= 3
        && let Some(at) = taken_back(text, end, Language::Zh)
        && let Some((again, after)) = piece(text, at).and_then(|next| digit_string(text, at).or(Some((next.digits, next.end))))
        && !text.get(after).is_some_and(|c| "十百千万亿".contains(*c))
    {
        value = restarted(&value, &again);
        end = after;
    }
    if !hyphens && let Some(c) = text.get(end) {
        let stands_last = text.get(end + 1).is_none_or(|c| !c.is_ascii_alphanumeric());
        if stands_last && (matches!(c, 'X' | 'x') || (*c == '叉' && value.len() == 17)) {
            value.push('X');
            end += 1;
        }
    }
    Some((value, end))
}

/// Reads letters said one by one with the digits after them: `C A 一 八 三 一`.
pub(super) fn code(text: &[char], place: usize) -> Option<(String, usize)> {
    if !text.get(place)?.is_ascii_alphabetic() || place > 0 && text[place - 1].is_ascii_alphanumeric() {
        return None;
    }
    let mut letters = String::new();
    let mut at = place;
    let mut spaced = false;
    while text.get(at).is_some_and(char::is_ascii_alphabetic) {
        let word = text[at..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let single = word == 1;
        if !single && (spaced || !letters.is_empty() || word > 4 || !text[at..at + word].iter().all(char::is_ascii_uppercase)) {
            break;
        }
        letters.extend(text[at..at + word].iter().map(char::to_ascii_uppercase));
        at += word;
        if text.get(at) == Some(&' ') && text.get(at + 1).is_some_and(char::is_ascii_alphabetic) {
            spaced = true;
            at += 1;
        }
        if letters.len() > 8 {
            return None;
        }
    }
    if letters.is_empty() {
        return None;
    }
    let begins = if text.get(at) == Some(&' ') { at + 1 } else { at };
    let next = *text.get(begins)?;
    if next.is_ascii_digit() || digit(next).is_none() && next != '十' {
        return None;
    }
    if let Some((digits, end)) = digit_string(text, begins) {
        return Some((letters + &digits, end));
    }
    let number = super::numerals::whole(text, begins)?;
    let value = number.amount.as_whole().filter(|value| (0..1000).contains(value))?;
    (number.shape != super::numerals::Shape::About && next != '两').then(|| (format!("{letters}{value}"), number.end))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    Spaces,
    Comma,
    Filler,
    Hyphen,
    Bar,
}

/// What stands between digits, and where it ends.
fn gap(text: &[char], place: usize) -> (usize, Gap) {
    let mut at = place;
    let mut kind = Gap::None;
    while at < place + 8 {
        if text.get(at) == Some(&' ') {
            at += 1;
            kind = if kind == Gap::None { Gap::Spaces } else { kind };
        } else if text.get(at).is_some_and(|c| "，、,".contains(*c)) {
            at += 1;
            kind = if kind == Gap::Filler { kind } else { Gap::Comma };
        } else if text.get(at) == Some(&'-') && kind == Gap::None {
            return (at + 1, Gap::Hyphen);
        } else if text.get(at) == Some(&'杠') && kind == Gap::None {
            return (at + 1, Gap::Bar);
        } else if let Some(filler) = FILLERS.iter().find(|filler| starts(text, at, filler)) {
            at += filler.chars().count();
            kind = Gap::Filler;
        } else {
            break;
        }
    }
    (at, kind)
}

/// True when what follows the piece shows it to be the number of something.
fn counts(text: &[char], piece: &Piece) -> bool {
    piece.digits.len() == 1 && measure(text, piece.end).is_some() || text.get(piece.end).is_some_and(|c| "十百千万亿点".contains(*c))
}

fn piece(text: &[char], place: usize) -> Option<Piece> {
    let mut digits = String::new();
    let mut at = place;
    let mut spoken = true;
    while let Some(value) = text.get(at).copied().and_then(digit) {
        if is_ounce(text, at) {
            break;
        }
        let repeats = !text[at].is_ascii_digit() && value >= 2 && text.get(at + 1) == Some(&'个');
        let repeated = text.get(at + 2).copied().filter(|_| repeats).and_then(digit);
        if let Some(repeated) = repeated
            && (!digits.is_empty() || repeats_a_digit(text, at))
            && measure(text, at + 3).is_none()
        {
            digits.extend(std::iter::repeat_n(char::from(b'0' + repeated), usize::from(value)));
            at += 3;
            continue;
        }
        // 五件 after digits is no digit, and the time of 三点 neither.
        spoken &= !text[at].is_ascii_digit();
        digits.push(char::from(b'0' + value));
        at += 1;
        if digits.len() > 64 {
            return None;
        }
    }
    let unit_follows = text.get(at).is_some_and(|c| "十百千万亿".contains(*c));
    (!digits.is_empty() && !unit_follows).then_some(Piece { digits, end: at, spoken })
}

/// 三个八 with more digits around it, or where the end of a number is told.
fn repeats_a_digit(text: &[char], at: usize) -> bool {
    const BEFORE: &[&str] =
        &["尾号", "尾号是", "尾数", "尾数是", "末尾", "末尾是", "后面", "后面是", "开头", "开头是", "号码是", "号是", "电话"];
    let before: String = text[at.saturating_sub(4)..at].iter().collect();
    let after = text.get(at + 3).copied();
    let digit_after = after.is_some_and(|c| digit(c).is_some());
    digit_after || BEFORE.iter().any(|word| before.ends_with(word))
}

/// Groups of written digits that are one telephone number.
fn written_groups(text: &[char], place: usize) -> Option<(String, usize)> {
    let mut digits = String::new();
    let mut at = place;
    while text.get(at).is_some_and(char::is_ascii_digit) {
        while let Some(c) = text.get(at).filter(|c| c.is_ascii_digit()) {
            digits.push(*c);
            at += 1;
        }
        let bytes = digits.as_bytes();
        if bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]) {
            return Some((digits, at));
        }
        if digits.len() > 11 || !text.get(at).is_some_and(|c| matches!(c, ' ' | '-')) {
            return None;
        }
        at += 1;
    }
    None
}

/// The 两 of 一斤二两.
pub(super) fn is_ounce(text: &[char], place: usize) -> bool {
    place >= 2 && text.get(place) == Some(&'两') && text[place - 2] == '斤'
}

/// 010, 0755 before the number itself.
fn is_area_code(digits: &str) -> bool {
    digits.starts_with('0') && (3..=4).contains(&digits.len())
}
