//! Texts of both languages, cut where the voice has to change.

use crate::base::Language;

/// Returns the text as stretches for one voice each: foreign words of an otherwise Chinese text (or the other way round) stand apart.
/// Digits and punctuation stay with what is before them.
#[must_use]
pub fn by_voice(text: &str, language: Language) -> Vec<(Language, String)> {
    let mut stretches: Vec<(Language, String)> = Vec::new();
    for c in text.chars() {
        let own = if is_foreign(c) {
            Some(Language::En)
        } else if is_chinese(c) {
            Some(Language::Zh)
        } else {
            None
        };
        match (stretches.last_mut(), own) {
            (Some((last, stretch)), own) if own.is_none_or(|own| own == *last) => stretch.push(c),
            (_, own) => stretches.push((own.unwrap_or(language), c.to_string())),
        }
    }
    // Numbers after a foreign word belong to the sentence: 「VIP 3 级」 is read in Chinese.
    for place in 0..stretches.len() {
        let (own, stretch) = &stretches[place];
        if *own == language {
            continue;
        }
        let kept = stretch.trim_end_matches(|c: char| !c.is_alphabetic()).len();
        let moved = stretch[kept..].to_owned();
        if moved.is_empty() {
            continue;
        }
        stretches[place].1.truncate(kept);
        match stretches.get_mut(place + 1) {
            Some((_, next)) => next.insert_str(0, &moved),
            None => stretches.push((language, moved)),
        }
    }
    stretches.retain(|(_, stretch)| stretch.chars().any(char::is_alphanumeric));
    stretches
}

/// True for letters of other scripts than the Chinese: the English voice says the Latin ones, and of others what it knows of them.
fn is_foreign(c: char) -> bool {
    // Wide forms are narrowed when they are read.
    c.is_alphabetic() && !is_chinese(c) && !matches!(c, '\u{ff00}'..='\u{ffef}')
}

/// True for Chinese characters.
pub(super) fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_the_voice_changes() {
        use Language::{En, Zh};
        let check = |text: &str, language, expected: &[(Language, &str)]| {
            let expected: Vec<_> = expected.iter().map(|(language, text)| (*language, (*text).to_owned())).collect();
            assert_eq!(by_voice(text, language), expected, "{text}");
        };
        check("您好", Zh, &[(Zh, "您好")]);
        check("请打开APP查看", Zh, &[(Zh, "请打开"), (En, "APP"), (Zh, "查看")]);
        check("您是VIP 3级", Zh, &[(Zh, "您是"), (En, "VIP"), (Zh, " 3级")]);
        check("Hello, 12 new", En, &[(En, "Hello, 12 new")]);
        check("Say 转人工 now", En, &[(En, "Say "), (Zh, "转人工"), (En, " now")]);
        check("12345", Zh, &[(Zh, "12345")]);
        check("……", Zh, &[]);
        check("", En, &[]);
    }
}
