//! Weighs what words show of a mood: cues of many kinds, taken back where they are denied, quoted, asked about or turned on oneself.
//! Knows one utterance and nothing of the call.

use std::sync::LazyLock;

use super::Kind;
use super::pattern::{BREAK, Index, Place, Script};
use super::{en, zh};

/// The most signs of an utterance that are looked at.
const LONGEST: usize = 300;
/// The most signs between a negation and what it denies.
const REACH: usize = 6;
/// What stays of a cue that is quoted, someone else's, or over.
const QUOTED: f32 = 0.2;
/// What stays of a cue in a question for information.
const ASKED: f32 = 0.4;
/// What each cue after the heaviest adds of its weight; less where its kind is there already.
const FURTHER: f32 = 0.5;
const MORE_OF_IT: f32 = 0.3;
/// What politeness takes off mild displeasure.
const POLITE: f32 = 0.5;
/// Mild displeasure weighs less than this.
const MILD: f32 = 1.8;
/// Signs of the shortest words whose repetition is a cue.
const REPEATED: usize = 2;

/// The lists of a language; each entry is a pattern.
pub(super) struct Lists {
    pub(super) cues: &'static [(Kind, &'static [&'static str])],
    /// The same signs in words that mean something else: a cue within is none.
    pub(super) harmless: &'static [&'static str],
    pub(super) negations: &'static [&'static str],
    /// Signs that may stand between a negation and what it denies; for spaced scripts whole words.
    pub(super) after_negation: &'static str,
    /// Negations that deny nothing.
    pub(super) rhetorical: &'static [&'static str],
    /// Other people who may be the angry ones.
    pub(super) others: &'static [&'static str],
    /// Who is addressed or speaks: after one of these it is about the caller and the company again.
    pub(super) company: &'static [&'static str],
    /// What others say or do is reported.
    pub(super) reported: &'static [&'static str],
    /// What makes the caller itself the target.
    pub(super) oneself: &'static [&'static str],
    /// Words of the past, and words that say it is over.
    pub(super) over: &'static [&'static str],
    pub(super) over_now: &'static [&'static str],
    /// A question for information.
    pub(super) asking: &'static [&'static str],
    pub(super) polite: &'static [&'static str],
}

/// What a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    /// A cue of the kind.
    Cue(Kind),
    Harmless,
    Rhetorical,
    Other,
    Company,
    Reported,
    Oneself,
    Over,
    OverNow,
    Asking,
    Polite,
}

static CHINESE: LazyLock<Index<Role>> = LazyLock::new(|| index(&zh::LISTS, Script::Signs));
static ENGLISH: LazyLock<Index<Role>> = LazyLock::new(|| index(&en::LISTS, Script::Spaced));

fn index(lists: &Lists, script: Script) -> Index<Role> {
    let mut index = Index::new(script);
    for (kind, patterns) in lists.cues {
        index.add(Role::Cue(*kind), patterns);
    }
    for (role, patterns) in [
        (Role::Harmless, lists.harmless),
        (Role::Rhetorical, lists.rhetorical),
        (Role::Other, lists.others),
        (Role::Company, lists.company),
        (Role::Reported, lists.reported),
        (Role::Oneself, lists.oneself),
        (Role::Over, lists.over),
        (Role::OverNow, lists.over_now),
        (Role::Asking, lists.asking),
        (Role::Polite, lists.polite),
    ] {
        index.add(role, patterns);
    }
    index
}

/// A cue and the words that gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// What it is.
    pub kind: Kind,
    /// The caller's words.
    pub words: String,
    /// What it weighs here, above 0.
    pub weight: f32,
}

/// What an utterance shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signs {
    /// From 1 on annoyed, from 2 on angry; never below 0.
    pub weight: f32,
    /// What led to it, the heaviest first.
    pub cues: Vec<Cue>,
}

/// Weighs an utterance, Chinese or English or both.
#[must_use]
pub fn signs(text: &str) -> Signs {
    let (chinese, english) = (in_signs(text), in_words(text));
    let mut cues = Vec::new();
    let mut polite = false;
    if chinese.iter().any(|sign| is_chinese(*sign)) {
        let said = Utterance { text: &chinese, script: Script::Signs, lists: &zh::LISTS, places: CHINESE.places(&chinese) };
        cues.extend(said.cues());
        polite |= said.has(Role::Polite);
    }
    if english.iter().any(char::is_ascii_alphabetic) {
        let said = Utterance { text: &english, script: Script::Spaced, lists: &en::LISTS, places: ENGLISH.places(&english) };
        cues.extend(said.cues());
        polite |= said.has(Role::Polite);
    }
    weigh(cues, polite)
}

fn weigh(mut cues: Vec<Cue>, polite: bool) -> Signs {
    cues.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let heaviest = cues.first().map_or(0.0, |cue| cue.weight);
    let mut weight = heaviest;
    for (place, cue) in cues.iter().enumerate().skip(1) {
        let is_more_of_it = cues[..place].iter().any(|known| known.kind == cue.kind);
        weight += cue.weight * if is_more_of_it { MORE_OF_IT } else { FURTHER };
    }
    // Much that is mild is no rage.
    if heaviest < MILD {
        weight = (weight - if polite { POLITE } else { 0.0 }).clamp(0.0, MILD);
    }
    Signs { weight, cues }
}

/// One utterance in one language, and what was found in it.
struct Utterance<'a> {
    text: &'a [char],
    script: Script,
    lists: &'static Lists,
    places: Vec<Place<Role>>,
}

impl Utterance<'_> {
    fn cues(&self) -> Vec<Cue> {
        let rhetorical = self.has(Role::Rhetorical);
        // One stretch of words is one cue: its heaviest kind, which comes first, and of that the longest.
        let mut all: Vec<(Kind, usize, usize)> = self
            .places
            .iter()
            .filter_map(|place| match place.role {
                Role::Cue(kind) => Some((kind, place.from, place.to)),
                _ => None,
            })
            .collect();
        all.sort_by_key(|(kind, from, to)| (*kind, *from, std::cmp::Reverse(*to)));
        let mut found: Vec<(Kind, usize, usize)> = Vec::new();
        for (kind, from, to) in all {
            let is_harmless =
                self.of(Role::Harmless).any(|other| from < other.to && other.from < to && !(from < other.from && other.to < to));
            let is_known = found.iter().any(|(_, begin, end)| from < *end && *begin < to);
            let is_taken_back = !rhetorical && self.is_denied(from) || at_oneself(kind) && self.is_about_oneself(from, to);
            if !is_harmless && !is_known && !is_taken_back {
                found.push((kind, from, to));
            }
        }
        let asking = self.has(Role::Asking);
        let over = self.has(Role::Over) && self.has(Role::OverNow);
        let mut cues: Vec<Cue> = found
            .into_iter()
            .map(|(kind, from, to)| {
                let mut weight = kind.weight();
                if over || self.is_someone_elses(from) {
                    weight *= QUOTED;
                }
                if asking {
                    weight *= ASKED;
                }
                Cue { kind, words: self.text[from..to].iter().collect::<String>().trim().to_owned(), weight }
            })
            .collect();
        if let Some(words) = self.repeated() {
            cues.push(Cue { kind: Kind::Emphasis, words, weight: Kind::Emphasis.weight() });
        }
        cues
    }

    fn of(&self, role: Role) -> impl Iterator<Item = &Place<Role>> {
        self.places.iter().filter(move |place| place.role == role)
    }

    fn has(&self, role: Role) -> bool {
        self.of(role).next().is_some()
    }

    /// The clause up to a place.
    fn before(&self, at: usize) -> &[char] {
        let begin = self.text[..at].iter().rposition(|sign| *sign == BREAK).map_or(0, |place| place + 1);
        &self.text[begin..at]
    }

    /// Whether a negation stands before a place, nothing between them that says something else.
    fn is_denied(&self, at: usize) -> bool {
        let before = self.before(at);
        match self.script {
            Script::Signs => {
                let least = before.len().saturating_sub(REACH);
                let mut end = before.len();
                loop {
                    if let Some(word) = self.lists.negations.iter().find(|word| ends_with(&before[..end], word)) {
                        return !is_a_choice(before, end - word.chars().count());
                    }
                    match end.checked_sub(1) {
                        Some(place) if end > least && self.lists.after_negation.contains(before[place]) => end = place,
                        _ => return false,
                    }
                }
            }
            Script::Spaced => {
                let clause: String = before.iter().collect();
                let words: Vec<&str> = clause.split_whitespace().collect();
                for word in words.iter().rev().take(REACH) {
                    if self.lists.negations.contains(word) {
                        return true;
                    }
                    if !self.lists.after_negation.split(' ').any(|known| known == *word) {
                        return false;
                    }
                }
                false
            }
        }
    }

    /// Whether somebody else is the last who was named before a place, or what others say is reported.
    fn is_someone_elses(&self, at: usize) -> bool {
        let begin = at - self.before(at).len();
        let last = |role: Role| self.of(role).filter(|place| place.from >= begin && place.to <= at).map(|place| place.to).max();
        last(Role::Reported).is_some() || last(Role::Other) > last(Role::Company)
    }

    fn is_about_oneself(&self, from: usize, to: usize) -> bool {
        let around = from.saturating_sub(match self.script {
            Script::Signs => 6,
            Script::Spaced => 16,
        });
        self.of(Role::Oneself).any(|place| place.from >= around && place.from < to + 2 && place.to <= to + 2)
    }

    /// Words said again at once: 赔钱赔钱.
    fn repeated(&self) -> Option<String> {
        if self.script == Script::Spaced {
            let text: String = self.text.iter().collect();
            let words: Vec<&str> = text.split_whitespace().collect();
            let three = words.windows(3).find(|three| three[0] == three[1] && three[1] == three[2] && is_word(three[0]));
            let twice = words.windows(4).find(|four| four[..2] == four[2..] && four.iter().all(|word| is_word(word)));
            return three.or(twice).map(|words| words.join(" "));
        }
        (REPEATED..=5).rev().find_map(|length| {
            let text = self.text;
            (0..text.len().saturating_sub(2 * length)).chain(text.len().checked_sub(2 * length)).find_map(|at| {
                let (once, again) = (&text[at..at + length], &text[at + length..at + 2 * length]);
                let telling = once.iter().all(|sign| is_chinese(*sign) && !is_digit(*sign)) && once.iter().any(|sign| *sign != once[0]);
                (once == again && telling && !HARMLESSLY_TWICE.contains(&once.iter().collect::<String>().as_str()))
                    .then(|| text[at..at + 2 * length].iter().collect())
            })
        })
    }
}

/// What callers also say of themselves, without anger at anybody else.
const fn at_oneself(kind: Kind) -> bool {
    matches!(kind, Kind::Insult | Kind::Contempt | Kind::LetDown)
}

/// Whether a negation asks instead of denying: 是不是, 能不能.
fn is_a_choice(text: &[char], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| text.get(at + 1) == Some(&text[before]))
}

/// Said twice for politeness.
const HARMLESSLY_TWICE: &[&str] = &["你好", "您好", "谢谢", "好的", "再见", "拜拜", "麻烦", "不用", "可以", "是的", "对的", "没事", "喂你"];

fn is_word(word: &str) -> bool {
    const NO_CUE: &[&str] =
        &["yes", "ok", "okay", "bye", "hello", "please", "very", "really", "zero", "oh", "double", "thank", "you", "uh"];
    const DIGITS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    word.bytes().all(|byte| byte.is_ascii_lowercase()) && !NO_CUE.contains(&word) && !DIGITS.contains(&word)
}

fn is_digit(sign: char) -> bool {
    "零一二三四五六七八九幺两十百千".contains(sign)
}

fn ends_with(text: &[char], word: &str) -> bool {
    let length = word.chars().count();
    text.len() >= length && text[text.len() - length..].iter().copied().eq(word.chars())
}

fn is_chinese(sign: char) -> bool {
    matches!(sign, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// The text sign by sign: no spaces, no marks but a break between clauses.
fn in_signs(text: &str) -> Vec<char> {
    let mut signs: Vec<char> = Vec::new();
    for sign in text.chars().filter(|sign| !sign.is_whitespace()).take(LONGEST) {
        if sign.is_alphanumeric() {
            signs.extend(sign.to_lowercase());
        } else if signs.last().is_some_and(|last| *last != BREAK) {
            signs.push(BREAK);
        }
    }
    signs
}

/// The text word by word, small letters, short forms written out, a space before, between and after.
fn in_words(text: &str) -> Vec<char> {
    let mut plain = String::from(" ");
    for sign in text.chars().take(LONGEST) {
        match sign {
            '\'' | '\u{2019}' => plain.push('\''),
            _ if sign.is_ascii_alphanumeric() => plain.push(sign.to_ascii_lowercase()),
            ',' | '.' | '!' | '?' | ';' | ':' => plain.push_str(" | "),
            _ => plain.push(' '),
        }
    }
    let mut out = String::from(" ");
    for word in plain.split_whitespace() {
        out.push_str(&written_out(word));
        out.push(' ');
    }
    out.chars().collect()
}

fn written_out(word: &str) -> String {
    match word {
        "can't" | "cant" | "cannot" => return "can not".to_owned(),
        "won't" | "wont" => return "will not".to_owned(),
        "ain't" | "aint" => return "is not".to_owned(),
        "let's" => return "let us".to_owned(),
        "dont" | "doesnt" | "didnt" | "isnt" | "wasnt" | "havent" | "hasnt" | "couldnt" | "wouldnt" | "shouldnt" | "arent" => {
            return format!("{} not", word.trim_end_matches("nt"));
        }
        "im" => return "i am".to_owned(),
        "ive" => return "i have".to_owned(),
        "youre" => return "you are".to_owned(),
        "thats" => return "that is".to_owned(),
        _ => {}
    }
    for (short, long) in
        [("n't", " not"), ("'m", " am"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"), ("'s", " is")]
    {
        if let Some(stem) = word.strip_suffix(short) {
            return format!("{stem}{long}");
        }
    }
    word.replace('\'', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> f32 {
        signs(text).weight
    }

    #[test]
    fn cues_weigh_and_say_which_words_they_are() {
        let found = signs("你们这些骗子，我说了三次了");
        let kinds: Vec<(Kind, &str)> = found.cues.iter().map(|cue| (cue.kind, cue.words.as_str())).collect();
        assert_eq!(kinds, [(Kind::Insult, "骗子"), (Kind::Repetition, "说了三次")]);
        assert!(found.weight > 2.0, "{found:?}");
        let found = signs("I'm fed up, you crooks!");
        let kinds: Vec<Kind> = found.cues.iter().map(|cue| cue.kind).collect();
        assert_eq!(kinds, [Kind::Insult, Kind::Rage]);
    }

    #[test]
    fn what_is_denied_quoted_over_or_another_word_weighs_little() {
        for text in [
            "我没有生气",
            "我不是来投诉的",
            "我老婆说她快气死了",
            "我之前很生气现在没事了",
            "我真笨",
            "垃圾袋",
            "请问怎么投诉你们的快递",
            "I'm not angry",
            "my boss is furious",
            "I'm such an idiot",
            "do you sell garbage bags",
        ] {
            assert!(weight(text) < 1.0, "{text}: {:?}", signs(text));
        }
        for text in ["我很生气", "你真笨", "你们不是骗子是什么", "I'm angry", "you idiot"] {
            assert!(weight(text) >= 1.0, "{text}: {:?}", signs(text));
        }
    }

    #[test]
    fn any_text_has_a_weight_soon() {
        for text in ["", " ", "。", "[unk]", "嗯", "12345678", "ยังไม่ได้รับ", "\u{202e}🤬🤬", "|", "'s"] {
            assert_eq!(signs(text), Signs::default(), "{text}");
        }
        let long = "退".repeat(2_000);
        assert!(weight(&long) < 1.0);
        assert!(weight(&"你们这些骗子".repeat(400)) >= 2.0);
    }
}
