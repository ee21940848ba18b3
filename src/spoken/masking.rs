//! Phone, identity and card numbers out of texts that others read.

use super::checks::{is_mobile, national};
use super::digits::{Kind, Token, tokens};
use crate::base::Language;

/// Digits left readable at the front and at the end of a private number.
const KEPT: (usize, usize) = (3, 4);
/// What stands between turns that are read together: a pause, as between the groups of a number.
const BETWEEN_TURNS: &str = "，";

/// Returns the text with phone, identity-card and bank-card numbers masked, also where they are written as spoken.
///
/// Private are 11 digits that look like a mobile number (with or without 86), 10 to 12 from a leading 0, 15 or 18 (or 17 and X) as an identity
/// card, and 16 or more as a bank card. Shorter numbers, order numbers among them, stay. The first three and last four digits stay readable.
#[must_use]
pub fn mask(text: &str) -> String {
    let tokens: Vec<Token> = tokens(text, Language::En);
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    let mut place = 0;
    while place < tokens.len() {
        let Some(end) = private_run(text, &tokens, place) else {
            place += 1;
            continue;
        };
        masked.push_str(&text[copied..tokens[place].start]);
        push_masked(text, &tokens[place..end], &mut masked);
        copied = tokens[end - 1].end;
        place = end;
    }
    masked.push_str(&text[copied..]);
    masked
}

/// Returns what was said turn after turn with private numbers masked as by [`mask`], also a number that begins in one turn and ends in a later one.
///
/// Such a number's turns keep their length: each hidden digit is a star, what stands between stays.
#[must_use]
pub fn mask_turns(turns: &[&str]) -> Vec<String> {
    let joined = turns.join(BETWEEN_TURNS);
    let mut begins = Vec::with_capacity(turns.len());
    let mut begin = 0;
    for turn in turns {
        begins.push(begin);
        begin += turn.len() + BETWEEN_TURNS.len();
    }
    let turn_of = |at: usize| begins.partition_point(|begin| *begin <= at) - 1;
    let tokens: Vec<Token> = tokens(&joined, Language::En);
    let mut hidden: Vec<(usize, usize, usize)> = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let Some(end) = private_run(&joined, &tokens, place) else {
            place += 1;
            continue;
        };
        if turn_of(tokens[place].start) != turn_of(tokens[end - 1].start) {
            let run = &tokens[place..end];
            let is_said = |token: &Token| !matches!(token.kind, Kind::Pause | Kind::Gap);
            let unreadable = run.iter().zip(readable(run)).filter(|(token, (_, kept))| !kept && is_said(token));
            hidden.extend(unreadable.map(|(token, (digits, _))| (token.start, token.end, digits)));
        }
        place = end;
    }
    let mut masked = Vec::with_capacity(turns.len());
    for (turn, begin) in turns.iter().zip(begins) {
        let end = begin + turn.len();
        let mut text = String::with_capacity(turn.len());
        let mut copied = begin;
        for (from, to, digits) in hidden.iter().filter(|(from, to, _)| *from >= begin && *to <= end) {
            text.push_str(&joined[copied..*from]);
            text.extend(std::iter::repeat_n('*', *digits));
            copied = *to;
        }
        text.push_str(&joined[copied..end]);
        masked.push(mask(&text));
    }
    masked
}

/// Returns a caller's number masked: first three and last four digits of a long one stay, fewer of a shorter one; `+86` goes.
///
/// Numbers of up to six digits are extensions and stay; of a name only the first letter stays, and `anonymous` says nothing of anybody.
#[must_use]
pub fn mask_number(number: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.');
    if number.is_empty() || number.eq_ignore_ascii_case("anonymous") {
        return number.to_owned();
    }
    if !number.chars().all(is_number) {
        return number.chars().take(1).chain("***".chars()).collect();
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = national(&digits);
    let (front, back) = match national.len() {
        0..=6 => return national.to_owned(),
        7 => (1, 2),
        8 => (2, 2),
        9 => (2, 3),
        10 => (3, 3),
        _ => KEPT,
    };
    let hidden = "*".repeat(national.len() - front - back);
    format!("{}{hidden}{}", &national[..front], &national[national.len() - back..])
}

/// Returns the end of the private number that begins at `place`, both as tokens' places.
fn private_run(text: &str, tokens: &[Token], place: usize) -> Option<usize> {
    let inside = place > 0 && written_together(text, &tokens[place - 1], &tokens[place]);
    if inside || !is_part(text, &tokens[place]) {
        return None;
    }
    if let Some(end) = private_piece(text, tokens, place) {
        return Some(end);
    }
    let mut digits = String::new();
    let mut found = None;
    for end in place + 1..=tokens.len() {
        let token = &tokens[end - 1];
        let begins_piece = end - 1 > place && !written_together(text, &tokens[end - 2], token);
        // Two numbers beside each other are not one.
        if begins_piece && private_piece(text, tokens, end - 1).is_some() {
            break;
        }
        if token.kind == Kind::Pause {
            continue;
        }
        if !push_digits(text, token, &tokens[place..end - 1], &mut digits) || digits.len() > 64 {
            break;
        }
        if closes(text, tokens, end) && is_private(&digits) {
            found = Some(end);
        }
    }
    found
}

/// Returns the end of the private number written together from `place` on.
fn private_piece(text: &str, tokens: &[Token], place: usize) -> Option<usize> {
    let mut digits = String::new();
    for end in place + 1..=tokens.len() {
        if !push_digits(text, &tokens[end - 1], &tokens[place..end - 1], &mut digits) {
            return None;
        }
        if closes(text, tokens, end) {
            return is_private(&digits).then_some(end);
        }
    }
    None
}

/// True when no digit follows closely on the token before `end`.
fn closes(text: &str, tokens: &[Token], end: usize) -> bool {
    tokens.get(end).is_none_or(|next| !written_together(text, &tokens[end - 1], next))
}

fn written_together(text: &str, first: &Token, second: &Token) -> bool {
    first.end == second.start && is_part(text, first) && is_part(text, second)
}

fn is_part(text: &str, token: &Token) -> bool {
    matches!(token.kind, Kind::Digit(_) | Kind::Counter | Kind::Times(_) | Kind::Teen(_)) || is_check_letter(text, token)
}

/// The X that may end an identity number.
fn is_check_letter(text: &str, token: &Token) -> bool {
    matches!(&text[token.start..token.end], "X" | "x")
}

/// Adds a token's digits; false when it has none and so ends the number.
fn push_digits(text: &str, token: &Token, before: &[Token], digits: &mut String) -> bool {
    match token.kind {
        Kind::Digit(digit) => {
            let times = match before {
                [.., Token { kind: Kind::Digit(times @ 2..=9), .. }, Token { kind: Kind::Counter, .. }] => {
                    digits.pop();
                    *times
                }
                [.., Token { kind: Kind::Times(times), .. }] => *times,
                _ => 1,
            };
            digits.extend(std::iter::repeat_n(char::from(b'0' + digit), usize::from(times)));
            true
        }
        Kind::Teen(number) => {
            digits.push_str(&number.to_string());
            true
        }
        Kind::Times(_) => true,
        Kind::Counter => before.last().is_some_and(|last| last.kind.is_digit()),
        Kind::Other if digits.len() == 17 && is_check_letter(text, token) => {
            digits.push('X');
            true
        }
        Kind::Ten | Kind::Tens(_) | Kind::Gap | Kind::Pause | Kind::Other => false,
    }
}

fn is_private(digits: &str) -> bool {
    match digits.len() {
        10 | 12 => digits.starts_with('0'),
        11 => is_mobile(digits) || digits.starts_with('0'),
        13 | 14 => is_mobile(&digits[digits.len() - 11..]),
        length => length >= 15,
    }
}

/// Writes a private number: its first and last digits as they stand, a star for each digit between.
fn push_masked(text: &str, run: &[Token], masked: &mut String) {
    let mut hidden = false;
    let mut end = run.first().map_or(0, |token| token.start);
    for (token, (digits, kept)) in run.iter().zip(readable(run)) {
        if kept {
            if !std::mem::take(&mut hidden) || text[token.start..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                masked.push_str(&text[end..token.start]);
            }
            masked.push_str(&text[token.start..token.end]);
        } else {
            if !hidden && text[token.start..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                masked.push_str(&text[end..token.start]);
            }
            hidden = true;
            masked.extend(std::iter::repeat_n('*', digits));
        }
        end = token.end;
    }
}

/// Returns how many digits each token of a private number stands for.
fn digit_counts(run: &[Token]) -> Vec<usize> {
    run.iter()
        .enumerate()
        .map(|(place, token)| match token.kind {
            Kind::Digit(2..=9) if matches!(run.get(place + 1), Some(Token { kind: Kind::Counter, .. })) => 0,
            Kind::Digit(_) => match &run[..place] {
                [.., Token { kind: Kind::Digit(times @ 2..=9), .. }, Token { kind: Kind::Counter, .. }] => usize::from(*times),
                [.., Token { kind: Kind::Times(times), .. }] => usize::from(*times),
                _ => 1,
            },
            Kind::Teen(_) => 2,
            Kind::Other => 1,
            _ => 0,
        })
        .collect()
}

/// Returns of each token of a private number how many digits it stands for, and whether it may be read.
fn readable(run: &[Token]) -> Vec<(usize, bool)> {
    let values = digit_counts(run);
    let total: usize = values.iter().sum();
    let mut before = 0;
    let may_be_read = |(place, token): (usize, &Token)| {
        // 三个 of 三个零 says as much as the zeros, so it goes with them.
        let says = if token.kind == Kind::Pause { 0 } else { values[place..].iter().copied().find(|value| *value > 0).unwrap_or(0) };
        let kept = before + says <= KEPT.0 || before >= total - KEPT.1;
        before += values[place];
        (values[place], kept)
    };
    run.iter().enumerate().map(may_be_read).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn private_numbers_are_masked_and_others_stay() {
        for (text, masked) in [
            ("我的电话是13812345678", "我的电话是138****5678"),
            ("电话138 1234 5678。", "电话138****5678。"),
            ("138-1234-5678", "138****5678"),
            ("8613812345678", "861******5678"),
            ("一三八一二三四五六七八", "一三八****五六七八"),
            ("幺三八，零零零零，幺二三四", "幺三八，****，幺二三四"),
            ("一三八 一二三四 五六七八", "一三八****五六七八"),
            ("幺三八三个零一二三四五", "幺三八****二三四五"),
            ("one three eight one two three four five six seven eight", "one three eight **** five six seven eight"),
            ("01012345678", "010****5678"),
            ("身份证110101199003071234好的", "身份证110***********1234好的"),
            ("11010119900307123X", "110***********123X"),
            ("卡号6222021234567890123", "卡号622************0123"),
            ("6222 0212 3456 7890", "622*********7890"),
            ("订单号12345678", "订单号12345678"),
            ("订单号一二三四，五六七八", "订单号一二三四，五六七八"),
            ("订单202611211234", "订单202611211234"),
            ("12345678，13812345678", "12345678，138****5678"),
            ("满300减50，2026-11-11截止", "满300减50，2026-11-11截止"),
            ("我要查订单", "我要查订单"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn a_number_said_over_several_turns_is_masked_in_each() {
        let check = |turns: &[&str], expected: &[&str]| assert_eq!(mask_turns(turns), expected, "{turns:?}");
        check(&["我的电话是13800", "123456"], &["我的电话是138**", "**3456"]);
        check(&["幺三八", "零零幺二", "三四五六"], &["幺三八", "****", "三四五六"]);
        check(&["138", "三个零 一二三四五"], &["138", "*** *二三四五"]);
        check(&["1101011990", "03071234"], &["110*******", "****1234"]);
        check(&["12345678", "好的", "1234"], &["12345678", "好的", "1234"]);
        check(&["订单12345678", "1001"], &["订单12345678", "1001"]);
        check(&["12345678", "13812345678"], &["12345678", "138****5678"]);
        check(&["查订单", "谢谢"], &["查订单", "谢谢"]);
        check(&[], &[]);
    }

    #[test]
    fn caller_numbers_are_masked_by_their_length() {
        for (number, masked) in [
            ("13800000000", "138****0000"),
            ("+8613800000000", "138****0000"),
            ("008613800000000", "138****0000"),
            ("01012345678", "010****5678"),
            ("12345678", "12****78"),
            ("1234567", "1****67"),
            ("1001", "1001"),
            ("alice", "a***"),
            ("anonymous", "anonymous"),
            ("", ""),
        ] {
            assert_eq!(mask_number(number), masked, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_mobile_number_survives_in_any_writing(tail in "[3-9][0-9]{9}", before in "[^0-9０-９零〇○一-龥a-zA-Z]{0,4}", spoken in 0..3_usize) {
            let number = format!("1{tail}");
            let written = match spoken {
                0 => number.clone(),
                1 => super::super::read_digits(&number, Language::Zh),
                _ => super::super::spell(&number, Language::Zh),
            };
            let masked = mask(&format!("{before}{written}"));
            prop_assert!(masked.contains("****"), "{}", masked);
            prop_assert!(!super::super::digits_from_speech(&masked, Language::Zh).contains(&number));
        }

        #[test]
        fn no_mobile_number_survives_in_two_turns(tail in "[3-9][0-9]{9}", cut in 1..11_usize) {
            let number = format!("1{tail}");
            let masked = mask_turns(&[&number[..cut], &number[cut..]]).concat();
            prop_assert_eq!(masked, format!("{}****{}", &number[..3], &number[7..]));
        }

        #[test]
        fn any_text_is_masked_without_trouble(text in "\\PC{0,40}") {
            let once = mask(&text);
            prop_assert_eq!(mask(&once), once);
        }
    }
}
