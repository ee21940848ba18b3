//! Numbers, dates, times and money as they are said.

use jiff::civil::{Date, Time};

use crate::base::Language;

const ZH_DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const EN_UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const EN_TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const EN_MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// Returns a digit string read one by one; letters are named one by one, other characters are left out.
#[must_use]
pub fn read_digits(digits: &str, language: Language) -> String {
    let mut read = String::new();
    for c in digits.chars() {
        let word = match (c.to_digit(10).map(|digit| digit as usize), language) {
            (Some(digit), Language::Zh) => ZH_DIGITS[digit].to_owned(),
            (Some(digit), Language::En) => EN_UNITS[digit].to_owned(),
            (None, _) if c.is_ascii_alphabetic() => c.to_ascii_uppercase().to_string(),
            (None, _) => continue,
        };
        let apart = language == Language::En || (c.is_ascii_alphabetic() && read.ends_with(|last: char| last.is_ascii_alphabetic()));
        if apart && !read.is_empty() {
            read.push(' ');
        }
        read.push_str(&word);
    }
    read
}

/// Returns a whole number in words.
#[must_use]
pub fn read_integer(number: i64, language: Language) -> String {
    let size = number.unsigned_abs();
    match language {
        Language::Zh if number < 0 => format!("负{}", zh_integer(size)),
        Language::Zh => zh_integer(size),
        Language::En if number < 0 => format!("minus {}", en_integer(size)),
        Language::En => en_integer(size),
    }
}

/// Returns a date (`2026-11-12`, or the date of `2026-11-12T10:00:00Z`) as it is said, without the year; nothing when it is no date.
#[must_use]
pub fn read_date(date: &str, language: Language) -> Option<String> {
    let day = date.get(..10).filter(|_| date.len() == 10 || matches!(date.as_bytes()[10], b'T' | b' '))?;
    let date: Date = day.parse().ok()?;
    let (month, day) = (u64::try_from(date.month()).ok()?, u64::try_from(date.day()).ok()?);
    Some(match language {
        Language::Zh => format!("{}月{}日", zh_integer(month), zh_integer(day)),
        Language::En => format!("{} {}", EN_MONTHS[usize::try_from(month).ok()? - 1], en_ordinal(day)),
    })
}

/// Returns a time of day (`15:30`, or the time of `2026-11-12T15:30:00Z` as written there) as it is said; nothing when it is no time.
#[must_use]
pub fn read_time(time: &str, language: Language) -> Option<String> {
    let time = time.split_once(['T', ' ']).map_or(time, |(_, time)| time);
    let (hour, minute) = time.get(..5).unwrap_or(time).split_once(':')?;
    let digits =
        |text: &str| (!text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<i8>().ok());
    let (hour, minute) = (digits(hour)??, digits(minute)??);
    Time::new(hour, minute, 0, 0).ok()?;
    let (hour, minute) = (u64::try_from(hour).ok()?, u64::try_from(minute).ok()?);
    Some(match language {
        Language::Zh => {
            let hours = if hour == 2 { "两".to_owned() } else { zh_integer(hour) };
            match minute {
                0 => format!("{hours}点"),
                30 => format!("{hours}点半"),
                1..=9 => format!("{hours}点零{}分", zh_integer(minute)),
                _ => format!("{hours}点{}分", zh_integer(minute)),
            }
        }
        Language::En => {
            let half = if hour < 12 { "A M" } else { "P M" };
            let hours = en_integer(if hour % 12 == 0 { 12 } else { hour % 12 });
            match minute {
                0 => format!("{hours} {half}"),
                1..=9 => format!("{hours} oh {} {half}", en_integer(minute)),
                _ => format!("{hours} {} {half}", en_integer(minute)),
            }
        }
    })
}

/// Returns a sum of money (`12.50`, `¥12.50`, `$3`) as it is said, in yuan unless a dollar sign leads; nothing when it is no number.
#[must_use]
pub fn read_money(amount: &str, language: Language) -> Option<String> {
    let amount = amount.trim().trim_end_matches('元');
    let dollars = amount.starts_with('$');
    let amount: String = amount.trim_start_matches(['¥', '￥', '$']).chars().filter(|c| *c != ',').collect();
    let (negative, amount) = amount.strip_prefix('-').map_or((false, amount.as_str()), |rest| (true, rest));
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > 8 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let cents: u64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    Some(match language {
        Language::Zh => {
            let sign = if negative { "负" } else { "" };
            let unit = if dollars { "美元" } else { "元" };
            let (jiao, fen) = (cents / 10, cents % 10);
            let mut read = if whole > 0 || cents == 0 { format!("{}{unit}", zh_counted(whole)) } else { String::new() };
            if jiao > 0 {
                read.push_str(&format!("{}角", ZH_DIGITS[jiao as usize]));
            } else if fen > 0 && whole > 0 {
                read.push('零');
            }
            if fen > 0 {
                read.push_str(&format!("{}分", ZH_DIGITS[fen as usize]));
            }
            format!("{sign}{read}")
        }
        Language::En => {
            let sign = if negative { "minus " } else { "" };
            let unit = match (dollars, whole) {
                (true, 1) => "dollar",
                (true, _) => "dollars",
                (false, _) => "yuan",
            };
            let small = if cents == 1 { "cent" } else { "cents" };
            match (dollars, whole, cents) {
                (true, 0, 1..) => format!("{sign}{} {small}", en_integer(cents)),
                (_, _, 0) => format!("{sign}{} {unit}", en_integer(whole)),
                (true, _, 1..=9) => format!("{sign}{} {unit} and {} {small}", en_integer(whole), en_integer(cents)),
                (false, 0, _) | (false, _, 1..=9) => {
                    let part = format!("{cents:02}");
                    format!("{sign}{} point {} yuan", en_integer(whole), read_digits(part.trim_end_matches('0'), language))
                }
                (_, _, 10..) => format!("{sign}{} {unit} {}", en_integer(whole), en_integer(cents)),
            }
        }
    })
}

/// Returns digits and letters read one by one in groups: `12345678` as 一二三四，五六七八.
#[must_use]
pub fn spell(text: &str, language: Language) -> String {
    let characters: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let separator = match language {
        Language::Zh => "，",
        Language::En => ", ",
    };
    let mut rest = characters.as_slice();
    let mut groups = Vec::new();
    for size in group_sizes(characters.len()) {
        let (group, after) = rest.split_at(size.min(rest.len()));
        groups.push(read_digits(&group.iter().collect::<String>(), language));
        rest = after;
    }
    groups.join(separator)
}

fn group_sizes(length: usize) -> Vec<usize> {
    match length {
        0 => vec![],
        1..=5 => vec![length],
        6 => vec![3, 3],
        7 => vec![3, 4],
        9 => vec![3, 3, 3],
        10 => vec![3, 3, 4],
        11 => vec![3, 4, 4],
        _ => {
            let mut sizes = vec![4; length / 4];
            match (length % 4, sizes.last_mut()) {
                (1, Some(last)) => *last = 5,
                (rest @ 2..=3, _) => sizes.push(rest),
                _ => {}
            }
            sizes
        }
    }
}

/// Reads 2 as 两, as before a measure word.
pub(super) fn zh_counted(number: u64) -> String {
    if number == 2 { "两".to_owned() } else { zh_integer(number) }
}

pub(super) fn zh_integer(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut read = String::new();
    let mut gap = false;
    for (size, unit) in [(10_000_000_000_000_000, "京"), (1_000_000_000_000, "兆"), (100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let section = number / size % 10_000;
        if section == 0 {
            gap |= !read.is_empty();
            continue;
        }
        if !read.is_empty() && (gap || section < 1000) {
            read.push('零');
        }
        read.push_str(&zh_section(section, read.is_empty(), size > 1));
        read.push_str(unit);
        gap = false;
    }
    read
}

/// Reads 1 to 9999; `leads` for the first section of a number, where 十 stands without 一.
fn zh_section(section: u64, leads: bool, before_unit: bool) -> String {
    if before_unit && section == 2 {
        return "两".to_owned();
    }
    let mut read = String::new();
    let mut gap = false;
    for (size, unit) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = section / size % 10;
        if digit == 0 {
            gap |= !read.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            read.push('零');
        }
        let bare_ten = size == 10 && digit == 1 && read.is_empty() && leads;
        if size == 1000 && digit == 2 {
            read.push('两');
        } else if !bare_ten {
            read.push_str(ZH_DIGITS[digit as usize]);
        }
        read.push_str(unit);
    }
    read
}

pub(super) fn en_integer(number: u64) -> String {
    match number {
        0..20 => EN_UNITS[number as usize].to_owned(),
        20..100 if number.is_multiple_of(10) => EN_TENS[(number / 10) as usize].to_owned(),
        20..100 => format!("{} {}", EN_TENS[(number / 10) as usize], EN_UNITS[(number % 10) as usize]),
        100..1000 => joined(number, 100, "hundred"),
        1000..1_000_000 => joined(number, 1000, "thousand"),
        1_000_000..1_000_000_000 => joined(number, 1_000_000, "million"),
        1_000_000_000..1_000_000_000_000 => joined(number, 1_000_000_000, "billion"),
        _ => joined(number, 1_000_000_000_000, "trillion"),
    }
}

fn joined(number: u64, size: u64, unit: &str) -> String {
    let front = format!("{} {unit}", en_integer(number / size));
    if number.is_multiple_of(size) { front } else { format!("{front} {}", en_integer(number % size)) }
}

pub(super) fn en_ordinal(number: u64) -> String {
    let words = en_integer(number);
    let (front, last) = words.rsplit_once(' ').map_or((String::new(), words.as_str()), |(front, last)| (format!("{front} "), last));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    format!("{front}{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_in_words() {
        for (number, zh, en) in [
            (0, "零", "zero"),
            (2, "二", "two"),
            (10, "十", "ten"),
            (15, "十五", "fifteen"),
            (20, "二十", "twenty"),
            (110, "一百一十", "one hundred ten"),
            (105, "一百零五", "one hundred five"),
            (350, "三百五十", "three hundred fifty"),
            (2000, "两千", "two thousand"),
            (1010, "一千零一十", "one thousand ten"),
            (10_000, "一万", "ten thousand"),
            (20_005, "两万零五", "twenty thousand five"),
            (100_010, "十万零一十", "one hundred thousand ten"),
            (1_000_000, "一百万", "one million"),
            (
                123_456_789,
                "一亿两千三百四十五万六千七百八十九",
                "one hundred twenty three million four hundred fifty six thousand seven hundred eighty nine",
            ),
            (-7, "负七", "minus seven"),
        ] {
            assert_eq!(read_integer(number, Language::Zh), zh);
            assert_eq!(read_integer(number, Language::En), en);
        }
        assert!(read_integer(i64::MIN, Language::Zh).starts_with('负'));
    }

    #[test]
    fn dates_are_read_without_the_year() {
        for (date, zh, en) in [
            ("2026-11-12", Some("十一月十二日"), Some("November twelfth")),
            ("2026-05-01T10:00:00Z", Some("五月一日"), Some("May first")),
            ("2026-02-23 08:00", Some("二月二十三日"), Some("February twenty third")),
            ("2026-10-30", Some("十月三十日"), Some("October thirtieth")),
            ("2026-02-30", None, None),
            ("tomorrow", None, None),
            ("十一月十二日", None, None),
            ("", None, None),
        ] {
            assert_eq!(read_date(date, Language::Zh).as_deref(), zh, "{date}");
            assert_eq!(read_date(date, Language::En).as_deref(), en, "{date}");
        }
    }

    #[test]
    fn times_are_read_as_said() {
        for (time, zh, en) in [
            ("15:30", Some("十五点半"), Some("three thirty P M")),
            ("09:05", Some("九点零五分"), Some("nine oh five A M")),
            ("14:00", Some("十四点"), Some("two P M")),
            ("02:15", Some("两点十五分"), Some("two fifteen A M")),
            ("00:00", Some("零点"), Some("twelve A M")),
            ("2026-11-12T12:45:10Z", Some("十二点四十五分"), Some("twelve forty five P M")),
            ("25:00", None, None),
            ("1530", None, None),
            ("下午三点", None, None),
        ] {
            assert_eq!(read_time(time, Language::Zh).as_deref(), zh, "{time}");
            assert_eq!(read_time(time, Language::En).as_deref(), en, "{time}");
        }
    }

    #[test]
    fn money_is_read_with_its_parts() {
        for (amount, zh, en) in [
            ("12.50", Some("十二元五角"), Some("twelve yuan fifty")),
            ("12.05", Some("十二元零五分"), Some("twelve point zero five yuan")),
            ("¥2", Some("两元"), Some("two yuan")),
            ("0.30", Some("三角"), Some("zero point three yuan")),
            ("1,299", Some("一千二百九十九元"), Some("one thousand two hundred ninety nine yuan")),
            ("$1", Some("一美元"), Some("one dollar")),
            ("-3.15元", Some("负三元一角五分"), Some("minus three yuan fifteen")),
            ("free", None, None),
            ("1.2.3", None, None),
            ("", None, None),
        ] {
            assert_eq!(read_money(amount, Language::Zh).as_deref(), zh, "{amount}");
            assert_eq!(read_money(amount, Language::En).as_deref(), en, "{amount}");
        }
    }

    #[test]
    fn numbers_are_spelled_in_groups() {
        for (text, zh) in [
            ("12345678", "一二三四，五六七八"),
            ("123", "一二三"),
            ("123456", "一二三，四五六"),
            ("13812345678", "一三八，一二三四，五六七八"),
            ("1234567890123", "一二三四，五六七八，九零一二三"),
            ("12345678901234", "一二三四，五六七八，九零一二，三四"),
            ("AB-12", "A B一二"),
            ("", ""),
        ] {
            assert_eq!(spell(text, Language::Zh), zh, "{text}");
        }
        assert_eq!(spell("12345678", Language::En), "one two three four, five six seven eight");
    }
}
