//! The symbols of Kokoro v1.0 and their numbers. Knows no text.

/// Symbols with consecutive numbers, and the number of the first: facts from `config.json` of hexgrad/Kokoro-82M.
const SYMBOLS: &[(i64, &str)] = &[
    (1, ";:,.!?"),
    (9, "—…\"()“” \u{303}ʣʥʦʨᵝꭧAI"),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
];

/// The most symbols of one run, without the padding at both ends.
pub(super) const MOST: usize = 510;

fn number(symbol: char) -> Option<i64> {
    let place = |symbols: &str| symbols.chars().position(|known| known == symbol);
    SYMBOLS.iter().find_map(|(first, symbols)| place(symbols).map(|place| first + place as i64))
}

/// Numbers the symbols of a sentence; those that the network does not know are left out. What is too long for one run comes in several, cut
/// at pauses, else between words.
pub(super) fn tokens(symbols: &str) -> Vec<Vec<i64>> {
    let known: Vec<(char, i64)> = symbols.chars().filter_map(|symbol| number(symbol).map(|number| (symbol, number))).collect();
    let mut runs = Vec::new();
    let mut rest = known.as_slice();
    while !rest.is_empty() {
        let whole = rest.len() <= MOST;
        let window = &rest[..rest.len().min(MOST)];
        let after = |signs: &[char]| window.iter().rposition(|(symbol, _)| signs.contains(symbol)).map(|place| place + 1);
        let end = if whole { None } else { after(&['.', '!', '?', ';', ':', ',']).or_else(|| after(&[' '])) };
        let (run, later) = rest.split_at(end.unwrap_or(window.len()));
        // A run of pauses alone says nothing.
        if run.iter().any(|(symbol, _)| symbol.is_alphabetic()) {
            runs.push(run.iter().map(|(_, number)| *number).collect());
        }
        rest = later;
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spoken::to_ipa;

    #[test]
    fn there_are_114_symbols_each_with_a_number_of_its_own() {
        let symbols: Vec<char> = SYMBOLS.iter().flat_map(|(_, symbols)| symbols.chars()).collect();
        let numbers: BTreeSet<i64> = symbols.iter().filter_map(|symbol| number(*symbol)).collect();
        assert_eq!((symbols.len(), numbers.len()), (114, 114));
        assert_eq!(
            (number('ꭧ'), number('I'), number('æ'), number('ʃ'), number('↘'), number('g')),
            (Some(23), Some(25), Some(72), Some(131), Some(173), None)
        );
    }

    #[test]
    fn every_symbol_of_a_chinese_text_is_known() {
        for c in '\u{4e00}'..='\u{9fa5}' {
            let ipa = to_ipa(&c.to_string());
            assert!(ipa.chars().all(|symbol| number(symbol).is_some()), "{c}: {ipa}");
        }
    }

    #[test]
    fn a_long_text_comes_in_runs_cut_at_pauses_and_loses_nothing() {
        assert_eq!(tokens("ni↗xau↓"), [[56, 51, 172, 66, 43, 63, 169]]);
        assert_eq!(tokens("a😀b\u{e000}"), [[43, 44]]);
        assert!(tokens("").is_empty() && tokens(" ,.").is_empty());
        for text in ["ni↗xau↓ ma, ".repeat(300), "ni↗ ".repeat(900), "a".repeat(4000)] {
            let runs = tokens(&text);
            assert!(runs.iter().all(|run| !run.is_empty() && run.len() <= MOST));
            assert_eq!(runs.concat().len(), text.chars().count());
        }
        let runs = tokens(&"ni↗xau↓ ma, ".repeat(300));
        assert!(runs.iter().all(|run| run[run.len() - 2..].contains(&3)), "cut behind a comma");
    }
}
