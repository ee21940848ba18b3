//! Phrases as ops staff write them to a grammar in the model's words. Knows no audio.

use std::collections::HashSet;

/// The word that stands for whatever the model has no word for.
pub(super) const UNKNOWN: &str = "[unk]";

/// A model of so many words hears open speech.
const LARGE: usize = 30_000;
/// So many phrases are a question's answers; more are everything that a hotline has an intent for.
const NARROW: usize = 100;

/// The words a model can hear.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    words: HashSet<String>,
    longest: usize,
}

/// A phrase in the model's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segmented {
    /// Words in order; [`UNKNOWN`] where the model has none.
    pub(super) words: Vec<String>,
    /// What it has no word for.
    pub(super) missing: Vec<String>,
}

/// A grammar, and what it cannot hear.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Grammar {
    /// Phrases with words apart, [`UNKNOWN`] last.
    pub(super) phrases: Vec<String>,
    /// Phrases that are not or only partly in it.
    pub(super) lacking: usize,
    /// True when no phrase could be kept.
    pub(super) is_deaf: bool,
}

impl Lexicon {
    pub(super) fn new(words: &[String]) -> Self {
        // A quote or a backslash would break the engine's grammar text.
        let words: HashSet<String> = words.iter().filter(|word| !word.contains(['"', '\\'])).cloned().collect();
        let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
        Self { words, longest }
    }

    /// Returns true where the model hears better without a grammar: a large one that is to expect more than the few answers of a question.
    pub(super) fn prefers_open(&self, phrases: &[String]) -> bool {
        self.words.len() >= LARGE && phrases.len() > NARROW
    }

    /// Cuts a phrase into the fewest words, single characters only where nothing else fits.
    pub(super) fn segment(&self, phrase: &str) -> Segmented {
        let mut segmented = Segmented { words: Vec::new(), missing: Vec::new() };
        for piece in pieces(phrase) {
            if piece.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                segmented.push(if self.words.contains(&piece) { Ok(piece) } else { Err(piece) });
            } else {
                self.cut(&piece.chars().collect::<Vec<_>>(), &mut segmented);
            }
        }
        segmented
    }

    /// Cheapest cut of a run of Chinese characters, by dynamic programming.
    fn cut(&self, characters: &[char], segmented: &mut Segmented) {
        const WORD: u32 = 10;
        const CHARACTER: u32 = 15;
        const MISSING: u32 = 1000;
        let mut best: Vec<(u32, usize)> = vec![(0, 0)];
        for end in 1..=characters.len() {
            let mut here = (best[end - 1].0 + MISSING, end - 1);
            for start in end.saturating_sub(self.longest)..end {
                let word: String = characters[start..end].iter().collect();
                let cost = best[start].0 + if end - start == 1 { CHARACTER } else { WORD };
                if cost < here.0 && self.words.contains(&word) {
                    here = (cost, start);
                }
            }
            best.push(here);
        }
        let mut cuts = Vec::new();
        let mut end = characters.len();
        while end > 0 {
            cuts.push((best[end].1, end));
            end = best[end].1;
        }
        for (start, end) in cuts.into_iter().rev() {
            let word: String = characters[start..end].iter().collect();
            segmented.push(if self.words.contains(&word) { Ok(word) } else { Err(word) });
        }
    }

    /// Makes the grammar of a vocabulary. A phrase of which less than half is known is left out.
    pub(super) fn grammar(&self, phrases: &[String]) -> Grammar {
        let mut grammar = Grammar::default();
        for phrase in phrases {
            let segmented = self.segment(phrase);
            let count = |words: &[String]| words.iter().filter(|word| *word != UNKNOWN).map(|word| word.chars().count()).sum::<usize>();
            let (known, unknown) = (count(&segmented.words), count(&segmented.missing));
            if unknown > 0 {
                grammar.lacking += 1;
            }
            let phrase = segmented.words.join(" ");
            if known > 0 && known >= unknown && !grammar.phrases.contains(&phrase) {
                grammar.phrases.push(phrase);
            }
        }
        grammar.is_deaf = grammar.phrases.is_empty();
        grammar.phrases.push(UNKNOWN.to_owned());
        grammar
    }
}

impl Segmented {
    fn push(&mut self, piece: Result<String, String>) {
        match piece {
            Ok(word) => self.words.push(word),
            Err(unknown) => {
                if self.words.last().is_none_or(|word| word != UNKNOWN) {
                    self.words.push(UNKNOWN.to_owned());
                    self.missing.push(unknown);
                } else if let Some(last) = self.missing.last_mut() {
                    last.push_str(&unknown);
                }
            }
        }
    }
}

/// Latin words (lower case) and runs of other letters; written digits as Chinese ones, punctuation gone.
fn pieces(phrase: &str) -> Vec<String> {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let is_latin = |c: char| c.is_ascii_alphanumeric() || c == '\'';
    let mut pieces: Vec<String> = Vec::new();
    let mut joins = false;
    for c in phrase.chars() {
        let c = c.to_digit(10).map_or_else(|| c.to_ascii_lowercase(), |digit| DIGITS[digit as usize]);
        if !c.is_alphanumeric() && c != '\'' {
            joins = false;
            continue;
        }
        match pieces.last_mut() {
            Some(last) if joins && last.ends_with(is_latin) == is_latin(c) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        joins = true;
    }
    pieces
}

/// Joins words as their languages write them: a space only between Latin words.
pub(super) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words {
        let latin = |c: char| c.is_ascii_alphanumeric();
        if text.ends_with(latin) && word.starts_with(latin) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        let words = ["我", "要", "我要", "查", "订单", "查询", "转", "人工", "物流", "一", "二", "order", "my"];
        Lexicon::new(&words.map(str::to_owned))
    }

    #[test]
    fn a_phrase_is_cut_into_the_fewest_words() {
        for (phrase, words) in [
            ("我要查订单", "我要 查 订单"),
            ("查询订单", "查询 订单"),
            ("转人工！", "转 人工"),
            ("物流 怎么还没更新", "物流 [unk]"),
            ("My ORDER", "my order"),
            ("查 my 订单", "查 my 订单"),
            ("12", "一 二"),
            ("退货", "[unk]"),
            ("", ""),
        ] {
            assert_eq!(lexicon().segment(phrase).words.join(" "), words, "{phrase}");
        }
        assert_eq!(lexicon().segment("查物流怎么样，订单").missing, ["怎么样"]);
    }

    #[test]
    fn a_grammar_keeps_what_the_model_can_hear_and_counts_the_rest() {
        let phrases = ["我要查订单", "转人工", "转人工", "退货", "物流怎么还没更新"].map(str::to_owned);
        let grammar = lexicon().grammar(&phrases);
        assert_eq!(grammar.phrases, ["我要 查 订单", "转 人工", UNKNOWN]);
        assert_eq!((grammar.lacking, grammar.is_deaf), (2, false));
        assert!(lexicon().grammar(&["退货".to_owned()]).is_deaf);
        assert_eq!(lexicon().grammar(&["我要退货".to_owned()]).phrases, ["我要 [unk]", UNKNOWN]);
    }

    #[test]
    fn words_are_joined_as_their_languages_write_them() {
        assert_eq!(join(["我要", "查", "订单"].into_iter()), "我要查订单");
        assert_eq!(join(["check", "my", "order"].into_iter()), "check my order");
        assert_eq!(join(["查", "my", "订单"].into_iter()), "查my订单");
    }
}
