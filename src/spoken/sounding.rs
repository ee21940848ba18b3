//! Digits that were heard as words of the same sound.

use pinyin::ToPinyin;

use super::zh;
use crate::base::Language;

/// What begins an answer before its digits.
const LEADS: &str = "是就要为有其以无而";

/// Puts digits where words that sound like them stand among digits: 幺山八 is 幺三八, nine for ate is 9 4 8. Nothing where there are none.
pub(super) fn digits_by_sound(text: &[char], language: Language) -> Option<Vec<char>> {
    if language == Language::En {
        const ALIKE: &[(&str, &str)] = &[
            ("won", "one"),
            ("too", "two"),
            ("to", "two"),
            ("free", "three"),
            ("tree", "three"),
            ("for", "four"),
            ("fore", "four"),
            ("fine", "five"),
            ("hive", "five"),
            ("sick", "six"),
            ("sex", "six"),
            ("ate", "eight"),
            ("mine", "nine"),
            ("hero", "zero"),
        ];
        const DIGITS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero", "oh", "double", "triple"];
        let said: String = text.iter().collect::<String>().to_lowercase();
        let words: Vec<&str> = said.split_whitespace().collect();
        let digits = words.iter().filter(|word| DIGITS.contains(word)).count();
        if digits < 2 || digits * 2 < words.len() {
            return None;
        }
        let alike = |word: &str| ALIKE.iter().find(|(other, _)| *other == word).map(|(_, digit)| *digit);
        let changed = words.iter().any(|word| alike(word).is_some());
        return changed.then(|| words.iter().map(|word| alike(word).unwrap_or(word)).collect::<Vec<_>>().join(" ").chars().collect());
    }
    let is_digit = |place: usize| text.get(place).is_some_and(|c| zh::is_numeral(*c) || c.is_ascii_digit());
    let said = text.iter().filter(|c| c.is_alphanumeric()).count();
    let digits = (0..text.len()).filter(|place| is_digit(*place)).count();
    if digits < 3 || digits * 2 < said {
        return None;
    }
    let mut changed = text.to_vec();
    for place in 0..text.len() {
        let (before, after) = (place > 0 && (is_digit(place - 1) || changed[place - 1] != text[place - 1]), is_digit(place + 1));
        let stands = before || after && !LEADS.contains(text[place]);
        if !is_digit(place)
            && stands
            && let Some(digit) = sounds_like(text[place])
        {
            changed[place] = digit;
        }
    }
    (changed != text).then_some(changed)
}

/// The digit that a character sounds like.
fn sounds_like(c: char) -> Option<char> {
    let digit = match c.to_pinyin()?.plain() {
        "ling" | "lin" => '零',
        "yi" => '一',
        "yao" => '幺',
        "er" => '二',
        "san" | "shan" => '三',
        "si" | "shi" => '四',
        "wu" => '五',
        "liu" => '六',
        "qi" => '七',
        "ba" => '八',
        "jiu" => '九',
        _ => return None,
    };
    Some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_sound_like_digits_are_digits_among_digits_alone() {
        for (text, language, wanted) in [
            ("幺山八零林零零", Language::Zh, Some("幺三八零零零零")),
            ("一而三四五了六七八", Language::Zh, Some("一二三四五了六七八")),
            ("是一二三四五六七", Language::Zh, None),
            ("一二三四五六七八", Language::Zh, None),
            ("我想山上的林子", Language::Zh, None),
            ("four for won seven", Language::En, Some("four four one seven")),
            ("i want to go for one", Language::En, None),
            ("", Language::Zh, None),
        ] {
            let text: Vec<char> = text.chars().collect();
            assert_eq!(digits_by_sound(&text, language).map(|text| text.into_iter().collect::<String>()).as_deref(), wanted, "{text:?}");
        }
    }
}
