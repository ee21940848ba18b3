//! A text that the far end is awaited to say, and whether what was heard contains it.
//! Chinese is compared by pinyin without tones, with the sounds that many speakers merge counted as equal.

use std::collections::HashMap;

use crate::base::Language;
use crate::spoken;

/// A text to be heard.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    /// As the user wrote it.
    pub(super) text: String,
    /// The stretches of it that the recogniser has words for, in order.
    stretches: Vec<Stretch>,
    /// Of so many sounds one may be wrong, per stretch; numbers must be exact.
    sounds_per_error: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    /// What the recogniser is to listen for: the text, or words of it that sound the same.
    phrase: String,
    /// The same as the user wrote it.
    written: String,
    sounds: Vec<String>,
}

/// The recogniser's words by how they sound.
#[derive(Debug, Default)]
pub(super) struct WordList {
    by_sounds: HashMap<Vec<String>, Vec<String>>,
    longest: usize,
}

impl WordList {
    /// Indexes a model's words; an empty list means that every word is known.
    pub(super) fn new(words: &[String]) -> Self {
        let mut by_sounds: HashMap<Vec<String>, Vec<String>> = HashMap::new();
        for word in words {
            let sounds: Vec<String> = sounds(word).into_iter().map(|sound| sound.sound).collect();
            if !sounds.is_empty() {
                by_sounds.entry(sounds).or_default().push(word.clone());
            }
        }
        let longest = by_sounds.keys().map(Vec::len).max().unwrap_or(0);
        Self { by_sounds, longest }
    }

    /// Finds the best word for these sounds: the one written like that, else one that sounds like it.
    fn find(&self, heard: &[Sound]) -> Option<(&str, Likeness)> {
        let key: Vec<String> = heard.iter().map(|sound| sound.sound.clone()).collect();
        let words = self.by_sounds.get(&key)?;
        let written: String = joined(heard.iter().map(|sound| sound.written.as_str()));
        match words.iter().find(|word| **word == written) {
            Some(word) => Some((word, Likeness::Same)),
            None => words.first().map(|word| (word.as_str(), Likeness::SoundsAlike)),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Likeness {
    Same,
    SoundsAlike,
}

/// One Chinese syllable or one other word.
#[derive(Clone, Debug, PartialEq)]
struct Sound {
    written: String,
    sound: String,
}

impl Awaited {
    /// Prepares a text; `None` when the recogniser has a word for nothing in it.
    pub(super) fn new(text: &str, words: &WordList) -> Option<Self> {
        let aloud = spoken::read_aloud(text, language_of(text));
        let sounds = sounds(&aloud);
        let stretches = if words.longest == 0 { whole(&sounds) } else { cover(&sounds, words) };
        let exact = sounds.iter().any(|sound| "零一二三四五六七八九十百千万幺两".contains(sound.written.as_str()));
        (!stretches.is_empty()).then(|| Self { text: text.to_owned(), stretches, sounds_per_error: (!exact).then_some(6) })
    }

    /// Returns what the recogniser is to listen for.
    pub(super) fn phrases(&self) -> impl Iterator<Item = &str> {
        self.stretches.iter().map(|stretch| stretch.phrase.as_str())
    }

    /// Writes what was heard in the user's own words where only the sound was the same.
    pub(super) fn as_written(&self, heard: &str) -> String {
        let changed = self.stretches.iter().filter(|stretch| stretch.phrase != stretch.written);
        changed.fold(heard.to_owned(), |heard, stretch| heard.replace(&stretch.phrase, &stretch.written))
    }

    /// Returns where in `heard` the text ends, if all of it is there, its stretches in order.
    pub(super) fn find(&self, heard: &[String]) -> Option<usize> {
        self.stretches.iter().try_fold(0, |from, stretch| {
            let errors = self.sounds_per_error.map_or(0, |sounds| stretch.sounds.len() / sounds);
            first_like(&stretch.sounds, &heard[from..], errors).map(|end| from + end)
        })
    }
}

/// Chooses the reading in which most of the awaited texts are found, the likelier one of equals.
pub(super) fn most_awaited<'a>(readings: &'a [String], awaited: &[Awaited]) -> &'a str {
    let found = |reading: &String| {
        let sounds = sounds_of(reading);
        awaited.iter().filter(|awaited| awaited.find(&sounds).is_some()).count()
    };
    readings.iter().rev().max_by_key(|reading| found(reading)).map_or("", String::as_str)
}

/// What was heard of the far end, as sounds, and how much of it earlier steps have used up.
#[derive(Debug, Default)]
pub(super) struct HeardSoFar {
    settled: Vec<String>,
    changing: Vec<String>,
    used: usize,
}

impl HeardSoFar {
    /// Takes a partial hypothesis in place of the one before.
    pub(super) fn partial(&mut self, text: &str) {
        self.changing = sounds_of(text);
    }

    /// Takes an utterance's best final hypothesis, empty if there was none.
    pub(super) fn settle(&mut self, text: &str) {
        self.settled.extend(sounds_of(text));
        self.changing.clear();
        self.used = self.used.min(self.settled.len());
    }

    /// Uses up everything heard until now: a step was done.
    pub(super) fn mark(&mut self) {
        self.used = self.settled.len() + self.changing.len();
    }

    /// Looks for a text in what is not used up; if it is there, what stands before its end is.
    pub(super) fn take(&mut self, awaited: &Awaited) -> bool {
        let all: Vec<String> = self.settled.iter().chain(&self.changing).skip(self.used).cloned().collect();
        let end = awaited.find(&all);
        self.used += end.unwrap_or(0);
        end.is_some()
    }
}

/// Tells which language a text is in: English only if it has Latin letters and no Chinese ones.
pub(super) fn language_of(text: &str) -> Language {
    let latin = text.chars().any(|character| character.is_ascii_alphabetic());
    if latin && !text.chars().any(is_han) { Language::En } else { Language::Zh }
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn sounds_of(text: &str) -> Vec<String> {
    sounds(text).into_iter().map(|sound| sound.sound).collect()
}

/// Cuts a text into Chinese syllables and other words, folded; punctuation is left out.
fn sounds(text: &str) -> Vec<Sound> {
    let characters: Vec<char> = text.chars().collect();
    let mut sounds = Vec::new();
    let kind = |character: &char| match character {
        character if is_han(*character) => 2,
        character if character.is_alphanumeric() || *character == '\'' => 1,
        _ => 0,
    };
    for run in characters.chunk_by(|one, next| kind(one) == kind(next)) {
        let written: String = run.iter().collect();
        match run.first().map_or(0, kind) {
            2 => {
                let pinyin = spoken::to_pinyin(&written);
                let syllables: Vec<&str> = pinyin.split_whitespace().collect();
                let aligned = syllables.len() == run.len();
                sounds.extend(syllables.iter().enumerate().map(|(place, syllable)| {
                    let character = run.get(place).copied().filter(|_| aligned);
                    // On the telephone a one is said both ways.
                    let sound = if character == Some('幺') { "yi".to_owned() } else { folded(syllable) };
                    Sound { written: character.map(String::from).unwrap_or_default(), sound }
                }));
            }
            1 => sounds.push(Sound { sound: written.to_lowercase(), written }),
            _ => {}
        }
    }
    sounds
}

/// A syllable without its tone, merged sounds made equal.
fn folded(syllable: &str) -> String {
    let plain: String = syllable.chars().filter(|character| !character.is_ascii_digit() && *character != ':').collect();
    let plain = plain.to_lowercase().replace('ü', "v");
    let (initial, rest) = match plain.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => (&plain[..1], &plain[2..]),
        [b'n', _, ..] => ("l", &plain[1..]),
        _ => ("", plain.as_str()),
    };
    let nasal = ["ang", "eng", "ing"].iter().any(|ending| rest.ends_with(ending) || plain.ends_with(ending));
    let rest = if nasal { &rest[..rest.len() - 1] } else { rest };
    format!("{initial}{rest}")
}

fn joined<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        let latin = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
        if latin(text.chars().next_back()) && latin(piece.chars().next()) {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}

fn stretch<'a>(words: impl Iterator<Item = &'a str>, sounds: &[Sound]) -> Stretch {
    let written = joined(sounds.iter().map(|sound| sound.written.as_str()));
    Stretch { phrase: joined(words), written, sounds: sounds.iter().map(|sound| sound.sound.clone()).collect() }
}

fn whole(sounds: &[Sound]) -> Vec<Stretch> {
    if sounds.is_empty() { Vec::new() } else { vec![stretch(sounds.iter().map(|sound| sound.written.as_str()), sounds)] }
}

/// Covers as many sounds as possible with words of the list, words written the same preferred; what no word covers parts the stretches.
fn cover(sounds: &[Sound], words: &WordList) -> Vec<Stretch> {
    // best[place]: the score of the sounds from `place` on, and the word to begin with there.
    let mut best: Vec<(usize, Option<(&str, usize)>)> = vec![(0, None); sounds.len() + 1];
    for place in (0..sounds.len()).rev() {
        best[place] = (best[place + 1].0, None);
        for length in 1..=words.longest.min(sounds.len() - place) {
            if let Some((word, likeness)) = words.find(&sounds[place..place + length]) {
                let worth = if likeness == Likeness::Same { 10 } else { 4 };
                // Fewer, longer words are heard better.
                let score = best[place + length].0 + worth * length - 1;
                if score > best[place].0 {
                    best[place] = (score, Some((word, length)));
                }
            }
        }
    }
    let (mut stretches, mut chosen, mut begin, mut place) = (Vec::new(), Vec::new(), 0, 0);
    while place <= sounds.len() {
        if let Some((word, length)) = best[place].1 {
            chosen.push(word);
            place += length;
            continue;
        }
        if !chosen.is_empty() {
            stretches.push(stretch(chosen.drain(..), &sounds[begin..place]));
        }
        place += 1;
        begin = place;
    }
    stretches
}

/// Finds the first stretch of `heard` that is `wanted` with at most so many errors; returns where it ends (Sellers 1980).
fn first_like(wanted: &[String], heard: &[String], errors: usize) -> Option<usize> {
    let mut column: Vec<usize> = (0..=wanted.len()).collect();
    for (place, sound) in heard.iter().enumerate() {
        let mut diagonal = column[0];
        for (row, want) in wanted.iter().enumerate() {
            let changed = diagonal + usize::from(want != sound);
            diagonal = column[row + 1];
            column[row + 1] = changed.min(column[row] + 1).min(diagonal + 1);
        }
        if column[wanted.len()] <= errors {
            return Some(place + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited(text: &str) -> Awaited {
        Awaited::new(text, &WordList::default()).expect("something to hear")
    }

    fn hears(text: &str, heard: &str) -> bool {
        awaited(text).find(&sounds_of(heard)).is_some()
    }

    #[test]
    fn merged_sounds_are_equal_and_others_are_not() {
        for (one, other) in
            [("zhang1", "zan4"), ("cheng2", "cen2"), ("shi4", "si4"), ("ning2", "lin2"), ("nv3", "lü3"), ("guang1", "guan3")]
        {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("zhong1", "zhen1"), ("ta1", "da1"), ("an1", "en1"), ("hong2", "hun2"), ("ji1", "qi1")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
        assert_eq!(folded("n2"), "n");
    }

    #[test]
    fn a_text_is_found_anywhere_in_what_was_heard() {
        assert!(hears("订单号", "麻烦您报一下订单号，我帮您查"));
        assert!(hears("订单号", "定单好"));
        assert!(!hears("订单号", "我要订单"));
        assert!(hears("Hello World", "well hello world again"));
        assert!(!hears("hello", "othello"));
    }

    #[test]
    fn a_long_text_may_have_an_error_but_a_number_may_not() {
        assert!(hears("请问有什么可以帮您", "请问有什么可以帮"));
        assert!(!hears("请问有什么", "请问有"));
        assert!(hears("一二三四五六七八", "订单一二三四五六七八"));
        assert!(!hears("一二三四五六七八", "订单一二三四五七八"));
    }

    #[test]
    fn of_likely_readings_the_one_with_what_is_awaited_counts() {
        let awaited = [awaited("帮您查"), awaited("人工")];
        let readings = ["您您查", "您帮您查", "帮您查询"].map(str::to_owned);
        assert_eq!(most_awaited(&readings, &awaited), "您帮您查");
        assert_eq!(most_awaited(&readings, &awaited[1..]), "您您查");
        assert_eq!(most_awaited(&readings[..0], &awaited), "");
    }

    #[test]
    fn written_digits_are_awaited_as_spoken() {
        assert!(hears("订单12345678", "订单一二三四五六七八"));
        assert!(hears("13800138000", "幺三八零零幺三八零零零"));
        assert!(!hears("订单12345678", "订单一二三四五六七九"));
    }

    #[test]
    fn a_text_is_english_only_without_chinese() {
        for (text, language) in [("转人工 please", Language::Zh), ("operator", Language::En), ("12345678", Language::Zh)] {
            assert_eq!(language_of(text), language, "{text}");
        }
    }

    #[test]
    fn words_the_recogniser_lacks_are_replaced_by_the_sound_or_skipped() {
        let words: Vec<String> = ["订单", "好", "请", "发货", "的", "您"].iter().map(|word| (*word).to_owned()).collect();
        let words = WordList::new(&words);
        let number = Awaited::new("订单号", &words).expect("heard by its sound");
        assert_eq!(number.phrases().collect::<Vec<_>>(), ["订单好"]);
        assert_eq!(number.as_written("请您报订单好"), "请您报订单号");
        let shipped = Awaited::new("您的订单已发货", &words).expect("heard in part");
        assert_eq!(shipped.phrases().collect::<Vec<_>>(), ["您的订单", "发货"]);
        assert!(shipped.find(&sounds_of("您的订单发货")).is_some());
        assert!(shipped.find(&sounds_of("发货您的订单")).is_none());
        assert!(Awaited::new("抱歉", &words).is_none());
    }

    #[test]
    fn what_a_step_has_used_is_not_heard_again() {
        let mut heard = HeardSoFar::default();
        heard.partial("您好请问");
        assert!(heard.take(&awaited("请问")) && !heard.take(&awaited("请问")));
        heard.partial("您好请问有什么");
        assert!(heard.take(&awaited("什么")));
        heard.settle("您好请问有什么");
        heard.mark();
        assert!(!heard.take(&awaited("什么")));
        heard.partial("什么");
        assert!(heard.take(&awaited("什么")));
    }

    #[test]
    fn a_partial_that_is_taken_back_uses_up_nothing_of_what_follows() {
        let mut heard = HeardSoFar::default();
        heard.partial("请问请问请问");
        heard.mark();
        heard.settle("");
        heard.partial("人工");
        assert!(heard.take(&awaited("人工")));
    }
}
