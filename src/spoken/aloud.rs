//! A written text as a voice reads it: every number in words.

use super::reading::{en_integer, en_ordinal, read_date, read_digits, read_money, read_time, zh_counted, zh_integer};
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
            '-' | '~' | '～' | '–' if between_numbers(&characters, place) => {
                read.push_str(if language == Language::Zh { "到" } else { " to " });
            }
            '-' | '−' if is_minus(&characters, place) => {
                // Below zero it is 零下 where degrees follow.
                let digits = characters[place + 1..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
                let degrees = characters.get(place + 1 + digits).is_some_and(|c| matches!(c, '℃' | '°' | '度'));
                read.push_str(match language {
                    Language::Zh if degrees => "零下",
                    Language::Zh => "负",
                    Language::En => "minus ",
                });
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

/// A hyphen from one number, time or percentage to another.
fn between_numbers(text: &[char], place: usize) -> bool {
    let after = text.get(place + 1).is_some_and(|c| c.is_ascii_digit() || matches!(c, '¥' | '$'));
    let before =
        place.checked_sub(1).is_some_and(|before| text[before].is_ascii_digit() || matches!(text[before], '%' | '元' | '日' | '点'));
    before && after
}

fn is_minus(text: &[char], place: usize) -> bool {
    let after = text.get(place + 1).is_some_and(char::is_ascii_digit);
    after
        && place
            .checked_sub(1)
            .is_none_or(|before| !text[before].is_alphanumeric() || !text[before].is_ascii() && text[before].is_alphabetic())
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
    if let Some(telephone) = telephone(text, language) {
        return Some(telephone);
    }
    if let Some(fraction) = fraction(text, digits, language) {
        return Some(fraction);
    }
    if language == Language::En
        && part == 0
        && let Some(ending) = text.get(length..length + 2)
        && ["st", "nd", "rd", "th"].iter().any(|one| one.chars().eq(ending.iter().copied()))
        && text.get(length + 2).is_none_or(|c| !c.is_ascii_alphanumeric())
    {
        return value.map(|value| (en_ordinal(value), length + 2));
    }
    // 2-3天: from the one to the other, where no telephone number is.
    let ranges = after == Some('-') && text.get(length + 1).is_some_and(char::is_ascii_digit);
    let unit = unit(&text[length..]);
    let read_one_by_one = after == Some('*')
        || part == 0
            && !counted
            && unit.is_none()
            && !ranges
            && after != Some('%')
            && (whole.len() >= 4 || (whole.len() > 1 && whole.starts_with('0')));
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
    if let Some((unit, taken)) = unit {
        let words = match language {
            Language::Zh => format!("{words}{}", unit.zh),
            Language::En => format!("{words} {}", if whole == "1" && part == 0 { unit.one } else { unit.many }),
        };
        return Some((words, length + taken));
    }
    Some((words, length))
}

/// A unit as it is written behind a number, and as it is said.
struct Unit {
    written: &'static str,
    zh: &'static str,
    one: &'static str,
    many: &'static str,
}

const fn written(written: &'static str, zh: &'static str, one: &'static str, many: &'static str) -> Unit {
    Unit { written, zh, one, many }
}

/// Longer ones first.
const UNITS: &[Unit] = &[
    written("km/h", "公里每小时", "kilometer an hour", "kilometers an hour"),
    written("Mbps", "兆", "megabit", "megabits"),
    written("kWh", "度", "kilowatt hour", "kilowatt hours"),
    written("min", "分钟", "minute", "minutes"),
    written("kg", "公斤", "kilogram", "kilograms"),
    written("KG", "公斤", "kilogram", "kilograms"),
    written("mg", "毫克", "milligram", "milligrams"),
    written("ml", "毫升", "milliliter", "milliliters"),
    written("mL", "毫升", "milliliter", "milliliters"),
    written("km", "公里", "kilometer", "kilometers"),
    written("cm", "厘米", "centimeter", "centimeters"),
    written("mm", "毫米", "millimeter", "millimeters"),
    written("m²", "平方米", "square meter", "square meters"),
    written("m³", "立方米", "cubic meter", "cubic meters"),
    written("GB", "G", "gigabyte", "gigabytes"),
    written("MB", "兆", "megabyte", "megabytes"),
    written("kW", "千瓦", "kilowatt", "kilowatts"),
    written("°C", "摄氏度", "degree", "degrees"),
    written("℃", "摄氏度", "degree", "degrees"),
    written("°", "度", "degree", "degrees"),
    written("㎡", "平方米", "square meter", "square meters"),
    written("L", "升", "liter", "liters"),
    written("g", "克", "gram", "grams"),
    written("m", "米", "meter", "meters"),
    written("h", "小时", "hour", "hours"),
    written("W", "瓦", "watt", "watts"),
];

/// The unit that a text begins with, after a space or none, and the characters it takes.
fn unit(text: &[char]) -> Option<(&'static Unit, usize)> {
    let space = usize::from(text.first() == Some(&' '));
    UNITS.iter().find_map(|unit| {
        let length = unit.written.chars().count();
        let here = text.get(space..space + length)?.iter().copied().eq(unit.written.chars());
        let ends = text.get(space + length).is_none_or(|c| !c.is_ascii_alphanumeric());
        (here && ends).then_some((unit, space + length))
    })
}

/// Reads a telephone number: groups of three, four and four, with 幺 for one in Chinese.
fn telephone(text: &[char], language: Language) -> Option<(String, usize)> {
    let mut groups: Vec<String> = vec![String::new()];
    let mut taken = 0;
    for (place, c) in text.iter().enumerate().take(24) {
        let next_is_digit = text.get(place + 1).is_some_and(char::is_ascii_digit);
        match c {
            c if c.is_ascii_digit() => {
                groups.last_mut()?.push(*c);
                taken = place + 1;
            }
            '-' | ' ' if next_is_digit && taken == place => groups.push(String::new()),
            _ => break,
        }
    }
    let is_mobile = |digits: &str| digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..]);
    // 138****0000
    let stars = text.iter().skip(3).take_while(|c| **c == '*').count();
    if groups[0].len() == 3 && matches!(groups[0].as_bytes(), [b'1', b'3'..=b'9', _]) && stars == 4 {
        let last: String = text.get(7..11)?.iter().collect();
        if last.chars().all(|c| c.is_ascii_digit()) && text.get(11).is_none_or(|c| !c.is_ascii_digit()) {
            return Some((phone_words(&[&groups[0], &last], language), 11));
        }
    }
    if is_mobile(&groups[0]) {
        let (front, rest) = groups[0].split_at(3);
        let (middle, back) = rest.split_at(4);
        return Some((phone_words(&[front, middle, back], language), 11));
    }
    let hyphens = text[..taken].contains(&'-') && !text[..taken].contains(&' ');
    let all: String = groups.concat();
    let service = hyphens && groups.len() >= 2 && all.len() >= 7 && groups.iter().all(|group| (3..=8).contains(&group.len()));
    let counted = text.get(taken).is_some_and(|c| is_measure(*c) || *c == '%');
    let spaced = !hyphens && groups.len() == 3 && is_mobile(&all) && groups[0].len() == 3;
    let written: Vec<&str> = groups.iter().map(String::as_str).collect();
    (service && !counted || spaced).then(|| (phone_words(&written, language), taken))
}

fn phone_words(groups: &[&str], language: Language) -> String {
    let read: Vec<String> = groups.iter().map(|group| read_digits(group, language)).collect();
    match language {
        Language::Zh => read.join("，").replace('一', "幺"),
        Language::En => read.join(", "),
    }
}

/// Reads 1/3 and 3/4; what is no share of one stays.
fn fraction(text: &[char], digits: usize, language: Language) -> Option<(String, usize)> {
    let under_length = text.get(digits + 1..)?.iter().take_while(|c| c.is_ascii_digit()).count();
    let end = digits + 1 + under_length;
    let number = |range: std::ops::Range<usize>| text[range].iter().collect::<String>().parse::<u64>().ok();
    let (over, under) = (number(0..digits)?, number(digits + 1..end)?);
    let alone = text[digits] == '/' && text.get(end).is_none_or(|c| !matches!(c, '/' | '.') && !c.is_ascii_alphanumeric());
    if !alone || over == 0 || over >= under || under > 100 {
        return None;
    }
    let words = match (language, under) {
        (Language::Zh, _) => format!("{}分之{}", zh_integer(under), zh_integer(over)),
        (Language::En, 2) => "one half".to_owned(),
        (Language::En, 4) if over == 3 => "three quarters".to_owned(),
        (Language::En, 4) => "one quarter".to_owned(),
        (Language::En, _) => format!("{} {}{}", en_integer(over), en_ordinal(under), if over > 1 { "s" } else { "" }),
    };
    Some((words, end))
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
    "元块个件天人次位条分小周岁倍瓶盒罐包台张笔家名万亿千百斤克升米公只双套种部辆杯箱袋支串晚".contains(c)
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
            ("请拨400-800-1234", "请拨四零零，八零零，幺二三四"),
            ("共2件，2号取", "共两件，二号取"),
            ("2026年1月2日", "二零二六年一月二日"),
            ("余额12.50元", "余额十二元五角"),
            ("退款¥99.90到账", "退款九十九元九角到账"),
            ("打9.5折，省5%", "打九点五折，省百分之五"),
            ("1,299元", "一千二百九十九元"),
            ("10000元", "一万元"),
            ("工号1001为您服务", "工号一零零一为您服务"),
            ("尾号007", "尾号零零七"),
            ("号码138****0000", "号码幺三八，零零零零"),
            ("回电13812345678", "回电幺三八，幺二三四，五六七八"),
            ("138 1234 5678", "幺三八，幺二三四，五六七八"),
            ("010-88881111", "零幺零，八八八八幺幺幺幺"),
            ("订单13112", "订单一三一一二"),
            ("2-3天到", "二到三天到"),
            ("3-5个工作日", "三到五个工作日"),
            ("1000-2000元", "一千到两千元"),
            ("20:00-22:00", "二十点到二十二点"),
            ("10%-20%", "百分之十到百分之二十"),
            ("5kg", "五公斤"),
            ("500ml一瓶", "五百毫升一瓶"),
            ("25℃", "二十五摄氏度"),
            ("-5℃", "零下五摄氏度"),
            ("-3", "负三"),
            ("用了1/3", "用了三分之一"),
            ("100Mbps宽带", "一百兆宽带"),
            ("2种", "两种"),
            ("2号", "二号"),
            ("15:05", "十五点零五分"),
            ("3.5万", "三点五万"),
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
            ("Call 13812345678.", "Call one three eight, one two three four, five six seven eight."),
            ("Call 555-1234", "Call five five five, one two three four"),
            ("3-5 days", "three to five days"),
            ("the 1st of 22nd", "the first of twenty second"),
            ("5 kg and 1 kg", "five kilograms and one kilogram"),
            ("2/3 of it", "two thirds of it"),
            ("-5°C", "minus five degrees"),
            ("It was $0.50", "It was fifty cents"),
            ("at 15:30", "at three thirty P M"),
            ("$12.05", "twelve dollars and five cents"),
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
