//! Spoken digits to written ones.

use crate::base::Language;

/// The words a caller may use for digits: what a recognizer listens for while a digit string is asked.
#[must_use]
pub const fn digit_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::Zh => &["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "幺", "两"],
        Language::En => &["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"],
    }
}

/// Returns the digits said in `text`, in order, as ASCII; words that are no digits are passed over.
///
/// Knows 幺 两 〇, 三个八 (888), 十二 (12), `double five`, `oh` and `twenty three`; written digits stay. `oh` is a zero in English only.
#[must_use]
pub fn digits_from_speech(text: &str, language: Language) -> String {
    let tokens = tokens(text, language);
    let mut digits = String::new();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let (next, after) = (tokens.get(place + 1).map(|token| &token.kind), tokens.get(place + 2).map(|token| &token.kind));
        match (&token.kind, next, after) {
            (Kind::Digit(times), Some(Kind::Counter), Some(Kind::Digit(digit))) if (2..=9).contains(times) => {
                digits.extend(std::iter::repeat_n(ascii(*digit), usize::from(*times)));
                place += 2;
            }
            (Kind::Times(times), Some(Kind::Digit(digit)), _) => {
                digits.extend(std::iter::repeat_n(ascii(*digit), usize::from(*times)));
                place += 1;
            }
            (Kind::Digit(digit), ..) => digits.push(ascii(*digit)),
            (Kind::Ten, next, _) => {
                let tens_said = place > 0 && tokens[place - 1].kind.is_digit();
                let units_follow = next.is_some_and(|kind| kind.is_digit());
                digits.push_str(match (tens_said, units_follow) {
                    (true, true) => "",
                    (true, false) => "0",
                    (false, true) => "1",
                    (false, false) => "10",
                });
            }
            (Kind::Teen(number), ..) => digits.push_str(&number.to_string()),
            (Kind::Tens(tens), Some(Kind::Digit(unit)), _) if *unit > 0 => {
                digits.extend([ascii(*tens), ascii(*unit)]);
                place += 1;
            }
            (Kind::Tens(tens), ..) => digits.extend([ascii(*tens), '0']),
            (Kind::Times(_) | Kind::Counter | Kind::Gap | Kind::Pause | Kind::Other, ..) => {}
        }
        place += 1;
    }
    digits
}

fn ascii(digit: u8) -> char {
    char::from(b'0' + digit.min(9))
}

/// A piece of a text, as digits see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Digit(u8),
    /// 十
    Ten,
    /// 个, as in 三个八.
    Counter,
    /// `double`, `triple`.
    Times(u8),
    /// `eleven` and its like.
    Teen(u8),
    /// `twenty` and its like, as 2 to 9.
    Tens(u8),
    /// Spaces and hyphens between digits.
    Gap,
    /// A comma, as between the groups of a number.
    Pause,
    Other,
}

impl Kind {
    pub(super) const fn is_digit(self) -> bool {
        matches!(self, Self::Digit(_))
    }
}

/// A piece of a text and the bytes it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Cuts a text into tokens: a Chinese character each, a Latin word each.
pub(super) fn tokens(text: &str, language: Language) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 2);
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        let kind = if c.is_ascii_alphabetic() {
            while let Some((at, _)) = chars.next_if(|(_, next)| next.is_ascii_alphabetic() || *next == '\'') {
                end = at + 1;
            }
            english(&text[start..end], language)
        } else if let Some(digit) = digit(c) {
            Kind::Digit(digit)
        } else {
            match c {
                '十' | '拾' => Kind::Ten,
                '个' | '個' => Kind::Counter,
                ' ' | '-' | '－' | '\u{3000}' => Kind::Gap,
                ',' | '，' | '、' => Kind::Pause,
                _ => Kind::Other,
            }
        };
        tokens.push(Token { kind, start, end });
    }
    // Gaps separate digits and nothing else, so `double five` and `twenty-three` read as neighbours.
    tokens.retain(|token| token.kind != Kind::Gap);
    tokens
}

/// Returns the value of a digit: ASCII, full width or Chinese.
pub(super) fn digit(c: char) -> Option<u8> {
    Some(match c {
        '0'..='9' => c as u8 - b'0',
        '０'..='９' => u8::try_from(c as u32 - '０' as u32).ok()?,
        '零' | '〇' | '○' => 0,
        '一' | '幺' | '壹' | '么' => 1,
        '二' | '两' | '贰' | '兩' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn english(word: &str, language: Language) -> Kind {
    const UNITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const TEENS: [&str; 10] =
        ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let word = word.to_ascii_lowercase();
    let place = |words: &[&str]| words.iter().position(|entry| *entry == word).and_then(|place| u8::try_from(place).ok());
    if let Some(digit) = place(&UNITS) {
        return Kind::Digit(digit);
    }
    if let Some(teen) = place(&TEENS) {
        return Kind::Teen(teen + 10);
    }
    if let Some(tens) = place(&TENS) {
        return Kind::Tens(tens + 2);
    }
    match (word.as_str(), language) {
        ("oh" | "o", Language::En) | ("nought" | "naught", _) => Kind::Digit(0),
        ("double", _) => Kind::Times(2),
        ("triple" | "treble", _) => Kind::Times(3),
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_digits_become_written_ones() {
        for (text, language, digits) in [
            ("一二三四五六七八", Language::Zh, "12345678"),
            ("幺三八零零幺三八〇〇〇", Language::Zh, "13800138000"),
            ("两三八", Language::Zh, "238"),
            ("订单号是一二三 45 六", Language::Zh, "123456"),
            ("三个八", Language::Zh, "888"),
            ("一三个八五", Language::Zh, "18885"),
            ("四个零一", Language::Zh, "00001"),
            ("十二", Language::Zh, "12"),
            ("二十", Language::Zh, "20"),
            ("二十三", Language::Zh, "23"),
            ("十", Language::Zh, "10"),
            ("１２３", Language::Zh, "123"),
            ("壹贰叁肆伍陆柒捌玖", Language::Zh, "123456789"),
            ("我不知道", Language::Zh, ""),
            ("", Language::Zh, ""),
            ("one two three", Language::En, "123"),
            ("double five seven", Language::En, "557"),
            ("triple oh one", Language::En, "0001"),
            ("my number is four oh six, please", Language::En, "406"),
            ("twenty three", Language::En, "23"),
            ("twenty-three forty", Language::En, "2340"),
            ("Nineteen eighty", Language::En, "1980"),
            ("oh 一 two", Language::Zh, "12"),
            ("double", Language::En, ""),
        ] {
            assert_eq!(digits_from_speech(text, language), digits, "{text}");
        }
    }

    #[test]
    fn digits_read_aloud_come_back() {
        for number in ["0", "12345678", "90817263540", "555000"] {
            for language in [Language::Zh, Language::En] {
                assert_eq!(digits_from_speech(&super::super::read_digits(number, language), language), number);
                assert_eq!(digits_from_speech(&super::super::spell(number, language), language), number);
            }
        }
    }

    #[test]
    fn every_digit_word_is_understood() {
        for language in [Language::Zh, Language::En] {
            for word in digit_words(language) {
                let text = format!("{word} {word} {}", digit_words(language)[0]);
                assert!(!digits_from_speech(&text, language).is_empty(), "{word}");
            }
        }
    }
}
