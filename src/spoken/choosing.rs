//! Which of a few values was said: by its words, by how they sound, or by its place in the list.

use std::ops::Range;

use pinyin::ToPinyin;

use super::corrections::taken_back;
use crate::base::Language;

/// A value that was said, where, and how sure that is by the words alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    pub(super) value: String,
    pub(super) span: Range<usize>,
    pub(super) closeness: f32,
}

/// Returns the values said in a text, best first.
pub(super) fn choose(values: &[(String, Vec<String>)], text: &[char], language: Language) -> Vec<Chosen> {
    let mut all: Vec<Chosen> = Vec::new();
    for (value, others) in values {
        for word in std::iter::once(value).chain(others).filter(|word| !word.is_empty()) {
            for (span, closeness) in places(word, text) {
                all.push(Chosen { value: value.clone(), span, closeness });
            }
        }
    }
    all.retain(|chosen| !is_refused(text, chosen.span.start, language));
    // A longer word wins over one inside it, and exact words over those that only sound so.
    let longest: Vec<Range<usize>> = all.iter().filter(|chosen| chosen.closeness > 0.99).map(|chosen| chosen.span.clone()).collect();
    all.retain(|chosen| {
        !longest.iter().any(|other| {
            let inside = other.start <= chosen.span.start && chosen.span.end <= other.end;
            inside && (other.len() > chosen.span.len() || chosen.closeness < 0.99)
        })
    });
    let mut firsts: Vec<Chosen> = Vec::new();
    all.sort_by(|one, other| {
        other.closeness.total_cmp(&one.closeness).then(other.span.len().cmp(&one.span.len())).then(one.span.start.cmp(&other.span.start))
    });
    // What was said after taking something back is meant.
    if let Some(back) = (0..text.len()).rev().find(|place| taken_back(text, *place, language).is_some())
        && all.iter().any(|chosen| chosen.span.start > back)
    {
        all.retain(|chosen| chosen.span.start > back);
    }
    for chosen in all {
        if !firsts.iter().any(|first| first.value == chosen.value) {
            firsts.push(chosen);
        }
    }
    if firsts.is_empty() { by_place(values, text, language).into_iter().collect() } else { firsts }
}

/// 不要奶粉, 不是奶粉, not small.
fn is_refused(text: &[char], place: usize, language: Language) -> bool {
    let before: String = text[..place].iter().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect::<String>().to_lowercase();
    let before = before.trim_end();
    match language {
        Language::Zh => {
            ["不是", "不要", "不买", "不用", "别要", "除了", "不选"].iter().any(|word| before.ends_with(word))
                && !before.ends_with("是不是")
                && !before.ends_with("要不要")
        }
        Language::En => ["not", "don't want", "not the", "no"].iter().any(|word| before.ends_with(word)),
    }
}

/// Where a word is said, and how alike it is: 1 for the word itself.
fn places(word: &str, text: &[char]) -> Vec<(Range<usize>, f32)> {
    let word: Vec<char> = word.chars().collect();
    let mut found = Vec::new();
    let latin = word.iter().any(char::is_ascii_alphanumeric);
    for start in 0..text.len() {
        let Some(window) = text.get(start..start + word.len()) else { break };
        if window.iter().zip(&word).all(|(one, other)| one.eq_ignore_ascii_case(other)) {
            let bounded = |at: Option<&char>| !latin || at.is_none_or(|c| !c.is_ascii_alphanumeric());
            if bounded(start.checked_sub(1).and_then(|at| text.get(at))) && bounded(text.get(start + word.len())) {
                found.push((start..start + word.len(), 1.0));
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    if latin { alike_in_letters(&word, text) } else { alike_in_sound(&word, text) }
}

/// A Latin word with a slip: one letter in four.
fn alike_in_letters(word: &[char], text: &[char]) -> Vec<(Range<usize>, f32)> {
    if word.len() < 4 || word.contains(&' ') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let length = text[start..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        if length + 2 > word.len() && length < word.len() + 2 {
            let slips = distance(&text[start..start + length], word, |one, other| if one.eq_ignore_ascii_case(other) { 0 } else { 4 });
            if slips * 4 <= word.len() * 4 {
                let share = slips as f32 / (4 * word.len()) as f32;
                if slips <= 4 || share <= 0.25 {
                    found.push((start..start + length, 1.0 - share));
                }
            }
        }
        start += length.max(1);
    }
    found
}

/// A Chinese word that sounds like the one meant, accents and slips of the recogniser allowed for.
fn alike_in_sound(word: &[char], text: &[char]) -> Vec<(Range<usize>, f32)> {
    if word.len() < 2 || !word.iter().all(|c| c.to_pinyin().is_some()) {
        return Vec::new();
    }
    let mut found: Vec<(Range<usize>, f32)> = Vec::new();
    for start in 0..text.len() {
        let Some(window) = text.get(start..start + word.len()) else { break };
        if !window.iter().all(|c| c.to_pinyin().is_some()) {
            continue;
        }
        let costs: Vec<usize> = window.iter().zip(word).map(|(one, other)| sound_distance(*one, *other)).collect();
        let total: usize = costs.iter().sum();
        let worst = costs.iter().copied().max().unwrap_or(0);
        // Of two syllables one may differ by a vowel or a consonant that accents blur; of more, one may differ more.
        let allowed = if word.len() == 2 { 3 } else { word.len() + 1 };
        if total <= allowed && worst <= 3 {
            found.push((start..start + word.len(), 1.0 - 0.1 - total as f32 / (6 * word.len()) as f32));
        }
    }
    found
}

/// How far two characters are in sound: 0 the same syllable, 1 what accents blur, up to 6.
fn sound_distance(one: char, other: char) -> usize {
    let (Some(first), Some(second)) = (one.to_pinyin(), other.to_pinyin()) else { return if one == other { 0 } else { 6 } };
    let (first, second) = (first.plain(), second.plain());
    if first == second {
        return 0;
    }
    let (first, second) = (parts(first), parts(second));
    let initial = if first.0 == second.0 {
        0
    } else if blurred(first.0) == blurred(second.0) {
        1
    } else if near(first.0, second.0) {
        2
    } else {
        4
    };
    let ending = if first.1 == second.1 {
        0
    } else if short(first.1) == short(second.1) {
        1
    } else if alike(short(first.1), short(second.1)) {
        2
    } else {
        4
    };
    initial + ending
}

/// A syllable as its consonant and the rest.
fn parts(syllable: &str) -> (&str, &str) {
    let initial = if ["zh", "ch", "sh"].iter().any(|two| syllable.starts_with(two)) {
        2
    } else {
        usize::from(syllable.starts_with(|c: char| c.is_ascii_alphabetic() && !"aoeiuv".contains(c)))
    };
    syllable.split_at(initial)
}

fn blurred(initial: &str) -> &str {
    match initial {
        "zh" => "z",
        "ch" => "c",
        "sh" => "s",
        "l" => "n",
        "h" => "f",
        other => other,
    }
}

fn near(one: &str, other: &str) -> bool {
    const PAIRS: &[(&str, &str)] = &[
        ("b", "p"),
        ("d", "t"),
        ("g", "k"),
        ("j", "q"),
        ("z", "c"),
        ("zh", "ch"),
        ("zh", "j"),
        ("ch", "q"),
        ("sh", "x"),
        ("", "y"),
        ("", "w"),
        ("r", "l"),
    ];
    PAIRS.iter().any(|(first, second)| (*first, *second) == (one, other) || (*first, *second) == (other, one))
}

/// -ng as -n.
fn short(ending: &str) -> &str {
    ending.strip_suffix('g').filter(|ending| ending.ends_with('n')).unwrap_or(ending)
}

fn alike(one: &str, other: &str) -> bool {
    const PAIRS: &[(&str, &str)] = &[
        ("un", "en"),
        ("uan", "an"),
        ("uan", "ian"),
        ("ian", "an"),
        ("ei", "ai"),
        ("ao", "iao"),
        ("ou", "iu"),
        ("ou", "u"),
        ("en", "in"),
        ("uo", "o"),
        ("ia", "a"),
        ("ie", "e"),
        ("un", "on"),
        ("on", "en"),
        ("in", "un"),
        ("un", "uen"),
    ];
    PAIRS.iter().any(|(first, second)| (*first, *second) == (one, other) || (*first, *second) == (other, one))
}

/// The cost of turning one text into the other; a missing or added letter costs 4.
fn distance(one: &[char], other: &[char], replace: impl Fn(&char, &char) -> usize) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).map(|place| place * 4).collect();
    for (at, c) in one.iter().enumerate() {
        let mut before = row[0];
        row[0] = (at + 1) * 4;
        for (place, wanted) in other.iter().enumerate() {
            let cost = (before + replace(c, wanted)).min(row[place] + 4).min(row[place + 1] + 4);
            before = std::mem::replace(&mut row[place + 1], cost);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// 第一个, 最后一个, the last one.
fn by_place(values: &[(String, Vec<String>)], text: &[char], language: Language) -> Option<Chosen> {
    let place = place_said(text, language, values.len())?;
    values.get(place.0).map(|(value, _)| Chosen { value: value.clone(), span: place.1, closeness: 0.9 })
}

/// Which of so many is pointed at by its place, and where that is said.
pub(super) fn place_said(text: &[char], language: Language, count: usize) -> Option<(usize, Range<usize>)> {
    const ZH: &[(&str, Place)] = &[
        ("最后一个", Place::Last),
        ("最后那个", Place::Last),
        ("后面那个", Place::Last),
        ("后一个", Place::Last),
        ("后者", Place::Last),
        ("前面那个", Place::From(0)),
        ("前一个", Place::From(0)),
        ("前者", Place::From(0)),
        ("第一个", Place::From(0)),
        ("第二个", Place::From(1)),
        ("第三个", Place::From(2)),
        ("第四个", Place::From(3)),
        ("第五个", Place::From(4)),
        ("第一", Place::From(0)),
        ("第二", Place::From(1)),
        ("第三", Place::From(2)),
    ];
    const EN: &[(&str, Place)] = &[
        ("the last one", Place::Last),
        ("last one", Place::Last),
        ("the latter", Place::Last),
        ("the former", Place::From(0)),
        ("first one", Place::From(0)),
        ("second one", Place::From(1)),
        ("third one", Place::From(2)),
        ("number one", Place::From(0)),
        ("number two", Place::From(1)),
        ("number three", Place::From(2)),
    ];
    let list = if language == Language::Zh { ZH } else { EN };
    let (start, word, place) = list.iter().find_map(|(word, place)| {
        (0..text.len()).find(|start| super::corrections::starts(text, *start, word)).map(|start| (start, *word, *place))
    })?;
    let chosen = match place {
        Place::Last => count.checked_sub(1)?,
        Place::From(place) => Some(place).filter(|place| *place < count)?,
    };
    Some((chosen, start..start + word.chars().count()))
}

#[derive(Clone, Copy)]
enum Place {
    From(usize),
    Last,
}
