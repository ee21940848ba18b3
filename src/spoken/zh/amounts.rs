//! Sums, shares, lengths of time and counted things in Chinese: 三块五, 百分之五, 三分之二, 两个半小时, 第十二.

use super::super::amount::Amount;
use super::super::corrections::starts;
use super::super::digits::digit;
use super::super::found::{Cents, Currency, Found, Length, TimeUnit, What};
use super::idioms::is_numeral;
use super::measures::{counts_one, measure, time_unit};
use super::numerals::{Numeral, Shape, numeral, whole};

/// Reads a percentage or a fraction at `place`.
pub(super) fn share(text: &[char], place: usize) -> Option<Found> {
    let minus = text.get(place) == Some(&'负');
    let at = place + usize::from(minus);
    for (word, sign) in [("百分之", '%'), ("千分之", '‰')] {
        if !starts(text, at, word) {
            continue;
        }
        let below = usize::from(text.get(at + 3) == Some(&'负'));
        let minus = minus || below == 1;
        let (amount, end) = if text.get(at + 3) == Some(&'百') {
            (Amount::whole(100)?, at + 4)
        } else {
            let number = numeral(text, at + 3 + below).filter(|number| number.shape != Shape::About)?;
            (number.amount, number.end)
        };
        let amount = if minus { amount.negative() } else { amount };
        return Some(Found { start: place, end, what: What::Percent, written: format!("{amount}{sign}") });
    }
    let first = whole(text, at).filter(|number| number.shape != Shape::About)?;
    let mut written = if minus { "-".to_owned() } else { String::new() };
    let under = if starts(text, first.end, "又") {
        written.push_str(&format!("{}又", first.amount));
        whole(text, first.end + 1)?
    } else {
        first
    };
    let over = whole(text, under.end + 2).filter(|over| starts(text, under.end, "分之") && over.shape != Shape::About)?;
    written.push_str(&format!("{}/{}", over.amount, under.amount));
    Some(Found { start: place, end: over.end, what: What::Fraction, written })
}

/// Reads a sum of money at `place`.
pub(super) fn money(text: &[char], place: usize) -> Option<Found> {
    let minus = text.get(place) == Some(&'负');
    let number = numeral(text, place + usize::from(minus)).filter(|number| number.shape != Shape::About)?;
    let found = |amount: Amount, currency: Currency, end: usize| {
        let amount = if minus { amount.negative() } else { amount };
        Some(Found { start: place, end, what: What::Money(amount, currency), written: currency.write(amount, Cents::AsFew) })
    };
    for (word, currency) in [
        ("美元", Currency::Dollar),
        ("美金", Currency::Dollar),
        ("美刀", Currency::Dollar),
        ("欧元", Currency::Euro),
        ("英镑", Currency::Pound),
    ] {
        if starts(text, number.end, word) {
            return found(number.amount, currency, number.end + 2);
        }
    }
    if starts(text, number.end, "多块") {
        let end = number.end + if starts(text, number.end, "多块钱") { 3 } else { 2 };
        let written = format!("{}多元", number.amount);
        return Some(Found { start: place, end, what: What::Money(number.amount, Currency::Yuan), written });
    }
    if text.get(number.end).is_some_and(|c| matches!(c, '毛' | '角')) && (text[number.end] == '毛' || !starts(text, number.end, "角度"))
    {
        let (amount, end) = small_change(text, number.end, number)?;
        return found(amount, Currency::Yuan, end);
    }
    if starts(text, number.end, "分钱") {
        return found(
            Amount::with_places(0, &format!("{:0>2}", number.amount.as_whole().filter(|fen| *fen < 100)?))?,
            Currency::Yuan,
            number.end + 2,
        );
    }
    let unit = *text.get(number.end)?;
    if !matches!(unit, '元' | '块' | '圆') {
        return None;
    }
    let end = number.end + 1;
    if starts(text, end, "钱") {
        return (unit == '块').then(|| found(number.amount, Currency::Yuan, end + 1)).flatten();
    }
    if unit == '块' {
        const PIECES: &[&str] =
            &["电池", "肥皂", "手表", "蛋糕", "布", "玻璃", "糖", "地", "肉", "屏", "硬盘", "儿", "砖", "石", "板", "去", "来"];
        if PIECES.iter().any(|word| starts(text, end, word)) {
            return None;
        }
    }
    let one = number.shape == Shape::Single && text[place] == '一';
    let (parts, end) = change_after(text, end, unit);
    if one && unit == '块' && parts.is_none() {
        return None;
    }
    let amount = match parts {
        Some(cents) => number.amount.plus(Amount::with_places(0, &format!("{cents:02}"))?)?,
        None => number.amount,
    };
    let end = if parts.is_some() && starts(text, end, "钱") { end + 1 } else { end };
    found(amount, Currency::Yuan, end)
}

/// What stands after 元 or 块 as hundredths: 五角, 零五分, 九毛九, and 五 alone.
fn change_after(text: &[char], place: usize, unit: char) -> (Option<u8>, usize) {
    let zero = text.get(place) == Some(&'零');
    let at = place + usize::from(zero);
    let value =
        |at: usize| text.get(at).copied().filter(|c| !c.is_ascii_digit() || unit == '块').and_then(digit).filter(|value| *value > 0);
    let Some(first) = value(at) else { return (None, place) };
    match text.get(at + 1) {
        Some('角' | '毛') => {
            let after = at + 2;
            match (value(after), text.get(after + 1)) {
                (Some(second), Some('分')) => (Some(first * 10 + second), after + 2),
                (Some(second), next) if next.is_none_or(|c| measure(text, after + 1).is_none() && !is_numeral(*c)) => {
                    (Some(first * 10 + second), after + 1)
                }
                _ => (Some(first * 10), after),
            }
        }
        Some('分') if !starts(text, at + 1, "分钟") && !starts(text, at + 1, "分之") => (Some(first), at + 2),
        next if unit == '块' && !zero && next.is_none_or(|c| measure(text, at + 1).is_none() && !is_numeral(*c) && *c != '点') => {
            (Some(first * 10), at + 1)
        }
        _ => (None, place),
    }
}

/// 五毛, 一毛二, 五角五分.
fn small_change(text: &[char], place: usize, number: Numeral) -> Option<(Amount, usize)> {
    let tenths = number.amount.as_whole().filter(|tenths| (1..100).contains(tenths))?;
    let mut end = place + 1;
    let mut cents = tenths * 10;
    if let Some(fen) = text.get(end).copied().and_then(digit).filter(|fen| *fen > 0)
        && (text.get(end + 1) == Some(&'分') || measure(text, end + 1).is_none() && !text.get(end + 1).is_some_and(|c| is_numeral(*c)))
    {
        cents += i64::from(fen);
        end += 1 + usize::from(text.get(end + 1) == Some(&'分'));
    }
    end += usize::from(starts(text, end, "钱"));
    Some((Amount::with_places(u128::try_from(cents / 100).ok()?, &format!("{:02}", cents % 100))?, end))
}

/// Reads a length of time at `place`: 两个半小时, 一小时三十分钟, 一刻钟.
pub(super) fn length(text: &[char], place: usize) -> Option<Found> {
    for (word, minutes) in [("一刻钟", 15), ("三刻钟", 45), ("两刻钟", 30)] {
        if starts(text, place, word) {
            let length = Length { seconds: minutes * 60, ..Length::default() };
            return Some(Found { start: place, end: place + 3, what: What::Length(length), written: format!("{minutes}分钟") });
        }
    }
    let (mut total, mut end, mut written) = one_length(text, place)?;
    let mut joined = end;
    while let at = joined + usize::from(matches!(text.get(joined), Some('零' | '又' | '加')))
        && let Some((more, after, words)) = one_length(text, at)
    {
        total = total.plus(more);
        written.extend(&text[joined..at]);
        written.push_str(&words);
        end = after;
        joined = after;
        if after - place > 40 {
            break;
        }
    }
    Some(Found { start: place, end, what: What::Length(total), written })
}

fn one_length(text: &[char], place: usize) -> Option<(Length, usize, String)> {
    let number = numeral(text, place).filter(|number| number.shape != Shape::About)?;
    let spoken_digits = number.shape == Shape::Digits && !text[place].is_ascii_digit();
    if spoken_digits
        || (number.shape == Shape::Single && text[place] == '一' && !counts_one(text, place) && text.get(place + 1) != Some(&'个'))
    {
        return None;
    }
    let half = Amount::with_places(0, "5")?;
    // 两个半小时
    let inner = if starts(text, number.end, "个半") { Some(number.end + 2) } else { None };
    if let Some(at) = inner {
        let unit_at = if text.get(at) == Some(&'月') { Some((TimeUnit::Month, 1)) } else { time_unit(text, at) };
        let (unit, length) = unit_at?;
        let amount = number.amount.plus(half)?;
        let word: String = text[at..at + length].iter().collect();
        return Some((Length::of(halves(amount)?, unit)?, at + length, format!("{amount}个{word}")));
    }
    let (unit, unit_length) = time_unit(text, number.end)?;
    if number.shape == Shape::Single && text[place] == '一' && !counts_one(text, place) {
        return None;
    }
    let mut end = number.end + unit_length;
    let word: String = text[number.end..end].iter().collect();
    // A date's 年 and 日, a time's 分, are no lengths.
    if matches!(word.as_str(), "日" | "分") && number.amount.as_whole().is_none() || word == "日" {
        return None;
    }
    if word == "年" && (starts(text, end, "级") || starts(text, end, "代") || number.shape == Shape::Digits && number.end - place != 1) {
        return None;
    }
    let mut amount = number.amount;
    // 一年半, 三天半
    if starts(text, end, "半")
        && matches!(unit, TimeUnit::Year | TimeUnit::Day | TimeUnit::Week)
        && !starts(text, end, "半个")
        && !starts(text, end, "半天")
    {
        amount = amount.plus(half)?;
        end += 1;
    }
    Some((Length::of(halves(amount)?, unit)?, end, format!("{amount}{word}")))
}

/// How many halves an amount is, rounded down.
fn halves(amount: Amount) -> Option<u64> {
    let twice = amount.times(2)?;
    u64::try_from(twice.cents().map_or_else(|| twice.as_whole().unwrap_or(-1).into(), |cents| cents / 100)).ok()
}

/// Reads a number, an ordinal or a count at `place`.
pub(super) fn number(text: &[char], place: usize) -> Option<Found> {
    if text.get(place) == Some(&'第') {
        let number = whole(text, place + 1).filter(|number| number.shape != Shape::About)?;
        let value = number.amount.as_whole().and_then(|value| u64::try_from(value).ok())?;
        return Some(Found { start: place, end: number.end, what: What::Ordinal(value), written: format!("第{value}") });
    }
    let minus = text.get(place) == Some(&'负');
    let at = place + usize::from(minus);
    let number = numeral(text, at)?;
    let kept = Found { start: place, end: number.end, what: What::Kept, written: text[place..number.end].iter().collect() };
    let before = place.checked_sub(1).map(|at| text[at]);
    let next = text.get(number.end).copied();
    // 十几个, 几十块, 三四个, 十来天
    if before == Some('几') || next == Some('几') || next == Some('来') && measure(text, number.end + 1).is_some() {
        let mut end = number.end;
        while text.get(end).is_some_and(|c| is_numeral(*c) || matches!(c, '几' | '来')) {
            end += 1;
        }
        return Some(Found { end, written: text[place..end].iter().collect(), ..kept });
    }
    if number.shape == Shape::About {
        return Some(kept);
    }
    let amount = if minus { number.amount.negative() } else { number.amount };
    let measured = measure(text, number.end);
    if let Some((half, end)) = with_half(text, number) {
        let word: String = text[number.end..end - 1].iter().collect();
        return Some(Found { start: place, end, what: What::Counted(half), written: format!("{half}{word}") });
    }
    if number.shape == Shape::Single {
        let c = text[at];
        if let Some((tall, end)) = metres(text, number) {
            return Some(Found { start: place, end, what: What::Counted(tall), written: format!("{tall}米") });
        }
        let latin = c != '两' && (before.is_some_and(|c| c.is_ascii_alphanumeric()) || next.is_some_and(|c| c.is_ascii_alphabetic()));
        let ranges = next.is_some_and(|c| "到至比".contains(c))
            && whole(text, number.end + 1).is_some_and(|other| measure(text, other.end).is_some() || next == Some('比'))
            || before.is_some_and(|c| c == '比') && place >= 2 && text[place - 2].is_ascii_digit();
        let ended = before.is_some_and(|c| c == '比') && place >= 2 && is_numeral(text[place - 2]);
        let points = next == Some('点') && c != '一' && before.is_none_or(|c| !"第".contains(c));
        let sums = ["乘以", "乘", "加", "减", "除以", "等于"];
        let before_words: String = text[place.saturating_sub(2)..place].iter().collect();
        let reckoned = c != '一'
            && (sums
                .iter()
                .any(|word| starts(text, number.end, word) && text.get(number.end + word.chars().count()).is_some_and(|c| is_numeral(*c)))
                || sums.iter().any(|word| before_words.ends_with(word))
                    && next.is_none_or(|c| !c.is_alphanumeric() || sums.iter().any(|word| word.starts_with(c))));
        let alone = place == 0 && next.is_none() && c != '两';
        let told = before.is_some_and(|before| "按选负".contains(before)) && next.is_none_or(|c| !c.is_alphanumeric());
        let counts = match c {
            '一' => counts_one(text, at),
            '幺' | '么' | '〇' | '零' => false,
            _ => measured.is_some(),
        };
        if !(counts || minus || latin || ranges || ended || points || reckoned || alone || told) {
            return None;
        }
        if c == '零' && latin {
            return None;
        }
    } else if let Some((tall, end)) = metres(text, number) {
        return Some(Found { start: place, end, what: What::Counted(tall), written: format!("{tall}米") });
    }
    if number.shape == Shape::Digits && text[at..number.end].iter().all(char::is_ascii_digit) && !minus {
        // Written already.
        return None;
    }
    let what = if measured.is_some() { What::Counted(amount) } else { What::Number(amount) };
    let digits: String = text[at..number.end].iter().filter_map(|c| digit(*c)).map(|value| char::from(b'0' + value)).collect();
    let written = if number.shape == Shape::Digits { format!("{}{digits}", if minus { "-" } else { "" }) } else { amount.to_string() };
    // The measure goes along, so that the 周 of 两周三天 begins no weekday.
    let end = number.end + measured.unwrap_or(0);
    let unit: String = text[number.end..end].iter().collect();
    Some(Found { start: place, end, what, written: format!("{written}{unit}") })
}

/// 三斤半, 四岁半, 两个半: a measure and a half more.
fn with_half(text: &[char], number: Numeral) -> Option<(Amount, usize)> {
    let length = measure(text, number.end)?;
    let end = number.end + length;
    let fits = text.get(end) == Some(&'半') && "斤岁米里年天倍升亩尺寸".contains(text[end - 1]) && !starts(text, end, "半个");
    fits.then(|| number.amount.plus(Amount::with_places(0, "5")?)).flatten().map(|amount| (amount, end + 1))
}

/// 一米八, 一米七五, 两米五.
fn metres(text: &[char], number: Numeral) -> Option<(Amount, usize)> {
    let mut end = number.end + 1;
    let mut part = String::new();
    while let Some(value) =
        text.get(end).copied().filter(|_| text.get(number.end) == Some(&'米')).and_then(digit).filter(|_| part.len() < 2)
    {
        part.push(char::from(b'0' + value));
        end += 1;
    }
    let closed = text.get(end).is_none_or(|c| !is_numeral(*c)) && measure(text, end).is_none();
    let whole = u128::try_from(number.amount.as_whole()?).ok()?;
    (!part.is_empty() && closed).then(|| Amount::with_places(whole, &part)).flatten().map(|amount| (amount, end))
}
