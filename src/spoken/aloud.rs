//! A written text as a voice reads it: every number in words.

use super::reading::{en_integer, read_date, read_digits, read_money, read_time, zh_counted, zh_integer};
use crate::base::Language;

/// Returns the text with every number, date, time, percentage and sum of money in it written as it is said.
///
/// Runs of four and more digits with no unit after them are numbers of something and read digit by digit; stars of a masked number are a pause.
#[must_use]
pub fn read_aloud(text: &str, language: Language) -> String {
    let characters: Vec<char> = text.chars().map(narrow).collect();
    let mut read = String::with_capacity(text.len() * 2);
    let mut place = 0;
    while let Some(c) = characters.get(place) {
        let here = &characters[place..];
        let begins = place == 0 || !characters[place - 1].is_ascii_alphanumeric();
        if let Some((words, taken)) = begins.then(|| number(here, language)).flatten() {
            if language == Language::En && read.ends_with(|last: char| last.is_alphanumeric()) {
                read.push(' ');
            }
            read.push_str(&words);
            place += taken;
            if language == Language::En && characters.get(place).is_some_and(|next| next.is_alphanumeric()) {
                read.push(' ');
            }
            continue;
        }
        match c {
            '*' => {
                if !read.ends_with(['，', ' ']) {
                    read.push_str(if language == Language::Zh { "，" } else { ", " });
                }
            }
            c if c.is_ascii_digit() => {
                read.push_str(&format!("{}{}", if language == Language::En { " " } else { "" }, read_digits(&c.to_string(), language)));
            }
            c => read.push(*c),
        }
        place += 1;
    }
    read
}

/// Full-width digits and signs as ASCII.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '％' | '＋' | '－' | '．' | '＊' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '￥' => '¥',
        other => other,
    }
}

/// Reads the number that `text` begins with: its words and the characters they stand for.
fn number(text: &[char], language: Language) -> Option<(String, usize)> {
    let run = |from: usize, allowed: fn(char) -> bool| text[from..].iter().take_while(|c| allowed(**c)).count();
    let digit = |c: char| c.is_ascii_digit();
    let take = |count: usize| text[..count].iter().collect::<String>();
    if matches!(text[0], '¥' | '$') {
        let taken = 1 + run(1, |c| c.is_ascii_digit() || matches!(c, '.' | ','));
        let amount = take(taken);
        let kept = amount.trim_end_matches(['.', ',']);
        return read_money(kept, language).map(|words| (words, kept.chars().count()));
    }
    let digits = run(0, digit);
    if digits == 0 {
        return None;
    }
    // 2026-11-12, with a time behind it or not
    if digits == 4
        && text.get(4) == Some(&'-')
        && text.len() >= 10
        && text.get(10).is_none_or(|c| !c.is_ascii_digit())
        && let Some(words) = read_date(&take(10), language)
    {
        // What follows a T is a time with seconds and a zone that nobody wants to hear.
        let tail = if text.get(10) == Some(&'T') { run(10, |c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '+')) } else { 0 };
        return Some((words, 10 + tail));
    }
    // 15:30, 15:30:05
    if digits <= 2
        && text.get(digits) == Some(&':')
        && run(digits + 1, digit) == 2
        && let Some(words) = read_time(&take(digits + 3), language)
    {
        let seconds = text.get(digits + 3) == Some(&':') && run(digits + 4, digit) == 2;
        return Some((words, digits + if seconds { 6 } else { 3 }));
    }
    // 1,299 and 12.5, with the unit that may follow
    let grouped = run(0, |c| c.is_ascii_digit() || c == ',');
    let whole_length = if is_grouped(&text[..grouped]) { grouped } else { digits };
    let whole: String = text[..whole_length].iter().filter(|c| **c != ',').collect();
    let part = if text.get(whole_length) == Some(&'.') { run(whole_length + 1, digit) } else { 0 };
    let length = whole_length + if part > 0 { part + 1 } else { 0 };
    let after = text.get(length).copied();
    if after == Some('元') && part > 0 {
        return read_money(&take(length), language).map(|words| (words, length + 1));
    }
    let value: Option<u64> = whole.parse().ok();
    let counted = after.is_some_and(is_measure);
    // Telephone-like writing with hyphens is read group by group.
    if after == Some('-') && part == 0 && text.get(length + 1).is_some_and(char::is_ascii_digit) {
        let separator = if language == Language::Zh { "，" } else { ", " };
        return Some((format!("{}{separator}", read_digits(&whole, language)), length + 1));
    }
    let read_one_by_one = after == Some('*')
        || part == 0 && !counted && after != Some('%') && (whole.len() >= 4 || (whole.len() > 1 && whole.starts_with('0')));
    let (Some(value), false) = (value, read_one_by_one || (after == Some('年') && digits == 4)) else {
        return Some((read_digits(&whole, language), length));
    };
    let fraction: String = if part > 0 { text[whole_length + 1..length].iter().collect() } else { String::new() };
    let mut words = match language {
        Language::Zh if counted && part == 0 => zh_counted(value),
        Language::Zh => zh_integer(value),
        Language::En => en_integer(value),
    };
    if part > 0 {
        words.push_str(if language == Language::Zh { "点" } else { " point " });
        words.push_str(&read_digits(&fraction, language));
    }
    if after == Some('%') {
        words = if language == Language::Zh { format!("百分之{words}") } else { format!("{words} percent") };
        return Some((words, length + 1));
    }
    Some((words, length))
}

/// True for `1,299` and `12,345,678`.
fn is_grouped(text: &[char]) -> bool {
    let text: String = text.iter().collect();
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    (1..=3).contains(&first.len()) && !rest.is_empty() && rest.iter().all(|group| group.len() == 3)
}

/// A character that counts what stands before it.
fn is_measure(c: char) -> bool {
    "元块个件天人次位条分小周岁倍瓶盒罐包台张笔家名万亿千百斤克升米公只双套".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_text_are_written_as_said() {
        for (text, read) in [
            ("双十一满300减50。", "双十一满三百减五十。"),
            ("预计2026-11-12送达", "预计十一月十二日送达"),
            ("2026-11-12T10:00:00Z送达", "十一月十二日送达"),
            ("今天15:30到", "今天十五点半到"),
            ("订单12345678已发货", "订单一二三四五六七八已发货"),
            ("请拨400-800-1234", "请拨四零零，八零零，一二三四"),
            ("共2件，2号取", "共两件，二号取"),
            ("2026年1月2日", "二零二六年一月二日"),
            ("余额12.50元", "余额十二元五角"),
            ("退款¥99.90到账", "退款九十九元九角到账"),
            ("打9.5折，省5%", "打九点五折，省百分之五"),
            ("1,299元", "一千二百九十九元"),
            ("10000元", "一万元"),
            ("工号1001为您服务", "工号一零零一为您服务"),
            ("尾号007", "尾号零零七"),
            ("号码138****0000", "号码一三八，零零零零"),
            ("您前面还有3位", "您前面还有三位"),
            ("请按１", "请按一"),
            ("A4纸", "A四纸"),
            ("没有数字", "没有数字"),
            ("", ""),
        ] {
            assert_eq!(read_aloud(text, Language::Zh), read, "{text}");
        }
    }

    #[test]
    fn numbers_in_an_english_text_are_written_as_said() {
        for (text, read) in [
            ("Order 12345678 ships 2026-11-12.", "Order one two three four five six seven eight ships November twelfth."),
            ("You are number 3.", "You are number three."),
            ("It costs $12.50, or 5% less.", "It costs twelve dollars fifty, or five percent less."),
            ("Press 1 or 20", "Press one or twenty"),
        ] {
            assert_eq!(read_aloud(text, Language::En), read, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_digit_is_left_in_any_text(text in "[\\PC0-9.:¥-]{0,24}") {
            for language in [Language::Zh, Language::En] {
                let read = read_aloud(&text, language);
                proptest::prop_assert!(!read.contains(|c: char| c.is_ascii_digit()), "{}", read);
            }
        }
    }
}
