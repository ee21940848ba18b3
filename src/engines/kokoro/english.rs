//! English words to the symbols that Kokoro was taught: espeak-ng says the sounds, a table writes them Kokoro's way. Knows no process.

/// Sounds as espeak-ng 1.51 writes them (`--ipa --tie=^`, `en-us`), longest first, and Kokoro's symbols: facts from misaki's `espeak.py` and
/// `EN_PHONES.md`. A pair with an empty right side has no symbol.
const SOUNDS: &[(&str, &str)] = &[
    ("ʔn\u{329}", "tᵊn"),
    ("ɜːɹ", "ɜɹ"),
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("ɔ^ɪ", "Y"),
    ("d^ʒ", "ʤ"),
    ("t^ʃ", "ʧ"),
    ("ə^l", "ᵊl"),
    ("ɚɹ", "əɹ"),
    ("ɜː", "ɜɹ"),
    ("n\u{329}", "ᵊn"),
    ("l\u{329}", "ᵊl"),
    ("m\u{329}", "ᵊm"),
    ("ɪə", "iə"),
    ("e", "A"),
    ("o", "ɔ"),
    ("r", "ɹ"),
    ("g", "ɡ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɚ", "əɹ"),
    ("ɬ", "l"),
    ("ʔ", "t"),
    ("ʲ", ""),
    ("ː", ""),
    ("^", ""),
    ("\u{303}", ""),
    ("\u{329}", ""),
];

/// Writes sounds of espeak-ng in Kokoro's symbols.
pub(super) fn symbols(sounds: &str) -> String {
    let mut written = String::with_capacity(sounds.len());
    let mut rest = sounds.trim();
    while let Some(c) = rest.chars().next() {
        let (taken, symbols) = SOUNDS.iter().find(|(sound, _)| rest.starts_with(sound)).copied().unwrap_or(("", ""));
        if taken.is_empty() {
            written.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            written.push_str(symbols);
            rest = &rest[taken.len()..];
        }
    }
    written
}

/// Cuts a text where it pauses: espeak-ng keeps the words and drops the signs, so each stretch goes with its own.
pub(super) fn clauses(text: &str) -> Vec<(String, Option<char>)> {
    let mut clauses: Vec<(String, Option<char>)> = Vec::new();
    let mut words = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let sign = match c {
            '，' | '、' | '（' | '）' | '(' | ')' | '—' => Some(','),
            '。' | '\n' => Some('.'),
            '！' => Some('!'),
            '？' => Some('?'),
            '：' => Some(':'),
            '；' => Some(';'),
            // Inside 3.5 and U.S. it is no pause.
            '.' | ',' | '!' | '?' | ':' | ';' if characters.peek().is_none_or(|next| !next.is_alphanumeric()) => Some(c),
            _ => None,
        };
        if sign.is_none() {
            words.push(c);
            continue;
        }
        if words.chars().any(char::is_alphanumeric) {
            clauses.push((words.trim().to_owned(), sign));
        }
        words.clear();
    }
    if words.chars().any(char::is_alphanumeric) {
        clauses.push((words.trim().to_owned(), None));
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sounds_of_english_are_written_as_kokoro_was_taught_them() {
        for (sounds, written) in [
            ("həlˈo^ʊ wˈɜːld", "həlˈO wˈɜɹld"),
            ("jʊɹ ˈɔː^ɹdɚ twˈɛlv hɐz ʃˈɪpt", "jʊɹ ˈɔɹdəɹ twˈɛlv həz ʃˈɪpt"),
            ("bˈe^ɪbi bˈɑːɾə^l", "bˈAbi bˈɑɾᵊl"),
            ("bˈʌʔn̩", "bˈʌtᵊn"),
            ("d^ʒˈʌmp t^ʃˈɜːt^ʃ", "ʤˈʌmp ʧˈɜɹʧ"),
            ("fˈa^ɪ^ɚɹ", "fˈIəɹ"),
            ("bˈɔ^ɪ nˈa^ʊ", "bˈY nˈW"),
            ("ɡˈuːd", "ɡˈud"),
            ("", ""),
        ] {
            assert_eq!(symbols(sounds), written, "{sounds}");
        }
    }

    #[test]
    fn a_text_is_cut_where_it_pauses_and_keeps_its_signs() {
        let clause = |words: &str, sign| (words.to_owned(), sign);
        assert_eq!(clauses("Hello, how are you?"), [clause("Hello", Some(',')), clause("how are you", Some('?'))]);
        assert_eq!(clauses("Version 3.5 of U.S. English"), [clause("Version 3.5 of U.S", Some('.')), clause("English", None)]);
        assert_eq!(clauses("... !"), []);
        assert_eq!(clauses("a\nb"), [clause("a", Some('.')), clause("b", None)]);
    }
}
