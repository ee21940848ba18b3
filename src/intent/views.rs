//! What of a text counts: n-grams of characters, letters, words, syllables and meanings, each in its group.
//! Two views, written and sounded, feed two models whose probabilities are averaged.

use super::lexicon::topics;
use super::text::{Unit, halves, is_chinese};

/// How a text is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// As it is written: Chinese characters, letters across words, stems.
    Written,
    /// As it sounds: syllables without what accents blur; letters within words, stems and pairs of them.
    Sounded,
}

/// Which n-grams belong together: each group is weighed and normalised by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// One to three Chinese characters or syllables.
    Characters,
    /// Two to five letters.
    Letters,
    /// One stem.
    Stems,
    /// Two stems, in any order.
    Pairs,
    /// What the words mean, by the lexicon.
    Meanings,
    /// Characters that tell little: what any request is made of.
    Common,
    /// Two syllables of which half of one is left out.
    Halves,
    /// What the meanings are about.
    Topics,
    /// What callers of hotlines have in mind who say such things.
    Matters,
}

impl Group {
    pub(super) const ALL: [Self; 9] = [
        Self::Characters,
        Self::Letters,
        Self::Stems,
        Self::Pairs,
        Self::Meanings,
        Self::Common,
        Self::Halves,
        Self::Topics,
        Self::Matters,
    ];

    /// The group's share in a row, and the power that its rarity is raised to.
    pub(super) const fn weight(self) -> (f32, f32) {
        match self {
            Self::Characters => (1.0, 0.5),
            Self::Letters => (1.0, 0.5),
            Self::Stems => (1.0, 1.0),
            Self::Pairs => (0.5, 1.0),
            Self::Meanings => (1.0, 1.0),
            Self::Common => (0.2, 1.0),
            Self::Halves => (0.5, 1.0),
            Self::Topics => (0.8, 1.0),
            Self::Matters => (2.5, 0.0),
        }
    }
}

/// How far apart the stems of a pair may stand.
const REACH: usize = 5;

/// Calls `take` for each n-gram of the units and what they are `meant` as, once for each time it occurs. What the words are about as a whole, their matters, is no n-gram.
pub(super) fn grams(view: View, units: &[Unit], meant: &[&str], mut take: impl FnMut(Group, &str)) {
    for run in units.chunk_by(|a, b| chinese(a) == chinese(b)) {
        if chinese(&run[0]) {
            characters(view, run, 3, &mut take);
            if view == View::Sounded {
                halves_of_pairs(run, &mut take);
            }
        } else {
            of_words(view, run, &mut take);
        }
    }
    for meaning in meant {
        for topic in topics(meaning) {
            take(Group::Topics, topic);
        }
        take(Group::Meanings, meaning);
    }
}

/// Calls `take` for each stretch of up to `longest` Chinese characters, or of their syllables.
pub(super) fn characters(view: View, run: &[Unit], longest: usize, take: &mut impl FnMut(Group, &str)) {
    let mut all = String::with_capacity(8 * run.len());
    let mut parts: Vec<(usize, usize)> = Vec::with_capacity(run.len());
    for unit in run {
        if view == View::Sounded && !all.is_empty() {
            all.push(' ');
        }
        let from = all.len();
        all.push_str(if view == View::Written { &unit.text } else { &unit.sound });
        parts.push((from, all.len()));
    }
    for length in 1..=longest {
        for (parts, units) in parts.windows(length).zip(run.windows(length)) {
            let group = if units.iter().all(|unit| unit.filler) { Group::Common } else { Group::Characters };
            take(group, &all[parts[0].0..parts[length - 1].1]);
        }
    }
}

/// What is misheard shares the beginning or the end of a syllable more often than not.
pub(super) fn halves_of_pairs(run: &[Unit], take: &mut impl FnMut(Group, &str)) {
    let split: Vec<(&str, &str)> = run.iter().map(|unit| halves(&unit.sound)).collect();
    let mut gram = String::new();
    for pair in split.windows(2) {
        let ((first, first_end), (second, second_end)) = (pair[0], pair[1]);
        for parts in [
            [first, first_end, " ", second, "-"],
            [first, first_end, " -", second_end, ""],
            [first, "- ", second, second_end, ""],
            ["-", first_end, " ", second, second_end],
        ] {
            gram.clear();
            for part in parts {
                gram.push_str(part);
            }
            take(Group::Halves, &gram);
        }
    }
}

fn of_words(view: View, run: &[Unit], take: &mut impl FnMut(Group, &str)) {
    let stems: Vec<String> = run.iter().map(|unit| stem(&unit.raw)).collect();
    match view {
        View::Written => letters(&run.iter().map(|unit| unit.raw.as_str()).collect::<Vec<_>>().join(" "), take),
        View::Sounded => run.iter().for_each(|unit| letters(&unit.raw, take)),
    }
    for (place, one) in stems.iter().enumerate() {
        take(Group::Stems, one);
        if view == View::Sounded {
            for other in stems.iter().skip(place + 1).take(REACH) {
                let (first, second) = if one < other { (one, other) } else { (other, one) };
                take(Group::Pairs, &format!("{first} … {second}"));
            }
        }
    }
}

fn letters(text: &str, take: &mut impl FnMut(Group, &str)) {
    let text: Vec<char> = format!(" {text} ").chars().collect();
    for length in 2..=5 {
        for gram in text.windows(length) {
            take(Group::Letters, &gram.iter().collect::<String>());
        }
    }
}

pub(super) fn chinese(unit: &Unit) -> bool {
    unit.text.chars().all(is_chinese)
}

/// A word without its ending, roughly: equal for forms of one word more often than not.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    for ending in ["ing", "edly", "ed", "es", "s", "ly", "ment", "er", "e"] {
        if word.len() > ending.len() + 2 && word.ends_with(ending) {
            word.truncate(word.len() - ending.len());
            let mut last = word.chars().rev();
            if word.len() > 2 && last.next() == last.next() {
                word.pop();
            }
            break;
        }
    }
    if word.len() > 2 && word.ends_with('y') {
        word.pop();
        word.push('i');
    }
    word
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::meanings;
    use super::super::text::units;
    use super::*;

    fn all(view: View, group: Group, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        grams(view, &units(text), &meanings(&units(text)), |of, gram| {
            if of == group {
                found.push(gram.to_owned());
            }
        });
        found
    }

    #[test]
    fn chinese_is_seen_by_characters_and_by_syllables() {
        assert_eq!(all(View::Written, Group::Characters, "查订单"), ["查", "订", "单", "查订", "订单", "查订单"]);
        assert_eq!(all(View::Sounded, Group::Characters, "常城"), ["can", "cen", "can cen"]);
        assert_eq!(all(View::Sounded, Group::Halves, "常安"), ["can -", "can -an", "c- an", "-an an"]);
        assert!(all(View::Written, Group::Halves, "常安").is_empty());
    }

    #[test]
    fn english_is_seen_by_letters_stems_and_pairs() {
        assert_eq!(all(View::Sounded, Group::Letters, "ab"), [" a", "ab", "b ", " ab", "ab ", " ab "]);
        assert_eq!(all(View::Written, Group::Stems, "cancelled orders"), ["cancel", "order"]);
        assert_eq!(
            all(View::Sounded, Group::Pairs, "refund my order"),
            ["my … refund", "order … refund", "my … order"].map(|pair| {
                let (a, b) = pair.split_once(" … ").unwrap_or_default();
                format!("{} … {}", stem(a), stem(b))
            })
        );
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (a, b) in [("refunds", "refunded"), ("paying", "pays"), ("delivery", "deliveries"), ("stopped", "stop")] {
            assert_eq!(stem(a), stem(b), "{a} {b}");
        }
    }
}
