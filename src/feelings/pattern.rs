//! Patterns of words, small enough to be read by whoever maintains a list of them. Knows nothing of what they mean.
//!
//! In a pattern `(a|b|)` is one of these, `…` up to four signs (Chinese) or three words (English) of the same clause, `#` a number or
//! "several", `^` and `$` the ends of a clause (`$` and `#` also among the ways of a parenthesis). Everything else stands for itself.

use std::collections::{BTreeMap, BTreeSet};

/// The sign between clauses.
pub(super) const BREAK: char = '|';
/// The most signs that a gap swallows, in Chinese.
const MOST_SIGNS: usize = 4;
/// The most words that a gap swallows, in English.
const MOST_WORDS: usize = 3;
/// The most signs of a number.
const LONGEST_NUMBER: usize = 3;

const NUMBERS_ZH: &str = "二两三四五六七八九十百千几多少好无数半0123456789";
const NUMBERS_EN: &[&str] =
    &["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty", "hundred", "thousand", "several", "many"];

/// How words are parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Sign after sign.
    Signs,
    /// By spaces, one before the first and one after the last.
    Spaced,
}

/// Patterns by the sign with which they begin, each with what it is for, so that few are tried at each place.
pub(super) struct Index<R> {
    script: Script,
    by_first: BTreeMap<char, Vec<usize>>,
    /// Those that may begin with any sign.
    anywhere: Vec<usize>,
    patterns: Vec<(R, &'static str)>,
}

/// What a pattern was found for, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<R> {
    pub(super) role: R,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<R: Copy> Index<R> {
    pub(super) fn new(script: Script) -> Self {
        Self { script, by_first: BTreeMap::new(), anywhere: Vec::new(), patterns: Vec::new() }
    }

    pub(super) fn add(&mut self, role: R, patterns: &[&'static str]) {
        for pattern in patterns {
            let mut firsts = BTreeSet::new();
            if begins_with(pattern, &mut firsts) {
                for first in firsts {
                    self.by_first.entry(first).or_default().push(self.patterns.len());
                }
            } else {
                self.anywhere.push(self.patterns.len());
            }
            self.patterns.push((role, pattern));
        }
    }

    /// Finds every place of every pattern, from left to right, none of a pattern's within another of the same.
    pub(super) fn places(&self, text: &[char]) -> Vec<Place<R>> {
        let mut found: Vec<(usize, Place<R>)> = Vec::new();
        for (at, sign) in text.iter().enumerate() {
            if self.script == Script::Spaced && at > 0 && text[at - 1] != ' ' {
                continue;
            }
            for which in self.by_first.get(sign).into_iter().chain(Some(&self.anywhere)).flatten() {
                let (role, pattern) = self.patterns[*which];
                if found.iter().any(|(known, place)| known == which && place.to > at) {
                    continue;
                }
                if let Some(to) = end(pattern, text, at, self.script).filter(|to| *to > at) {
                    found.push((*which, Place { role, from: at, to }));
                }
            }
        }
        found.into_iter().map(|(_, place)| place).collect()
    }
}

/// Collects the signs with which a pattern may begin; false where it may begin with any.
fn begins_with(pattern: &str, firsts: &mut BTreeSet<char>) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None | Some('…' | '#' | '$') => false,
        Some('^') => begins_with(rest.as_str(), firsts),
        Some('(') => {
            let Some((ways, rest)) = rest.as_str().split_once(')') else { return false };
            ways.split('|').all(|way| if way.is_empty() { begins_with(rest, firsts) } else { begins_with(way, firsts) })
        }
        Some(literal) => {
            firsts.insert(literal);
            true
        }
    }
}

/// Where the pattern that begins here ends.
fn end(pattern: &str, text: &[char], at: usize, script: Script) -> Option<usize> {
    let mut rest = pattern.chars();
    let Some(sign) = rest.next() else {
        let ends_word = script == Script::Signs || text.get(at).is_none_or(|sign| *sign == ' ') || (at > 0 && text[at - 1] == ' ');
        return ends_word.then_some(at);
    };
    let rest = rest.as_str();
    match sign {
        '(' => {
            let (ways, rest) = rest.split_once(')')?;
            ways.split('|').find_map(|way| {
                if way.contains('#') {
                    return end(&format!("{way}{rest}"), text, at, script);
                }
                let (words, last) = way.strip_suffix('$').map_or((way, false), |words| (words, true));
                let after = at + words.chars().count();
                let is_here = text.get(at..after).is_some_and(|here| here.iter().copied().eq(words.chars()));
                (is_here && (!last || ends_clause(text, after))).then(|| end(rest, text, after, script)).flatten()
            })
        }
        '…' => gap(rest, text, at, script),
        '#' => number_ends(text, at, script).into_iter().find_map(|after| end(rest, text, after, script)),
        '^' => begins_clause(text, at).then(|| end(rest, text, at, script)).flatten(),
        '$' => ends_clause(text, at).then(|| end(rest, text, at, script)).flatten(),
        literal => (text.get(at) == Some(&literal)).then(|| end(rest, text, at + 1, script)).flatten(),
    }
}

fn begins_clause(text: &[char], at: usize) -> bool {
    text[..at].iter().rev().find(|sign| **sign != ' ').is_none_or(|sign| *sign == BREAK)
}

fn ends_clause(text: &[char], at: usize) -> bool {
    text[at..].iter().find(|sign| **sign != ' ').is_none_or(|sign| *sign == BREAK)
}

fn gap(rest: &str, text: &[char], at: usize, script: Script) -> Option<usize> {
    let clause = text[at..].iter().position(|sign| *sign == BREAK).map_or(text.len(), |length| at + length);
    match script {
        Script::Signs => (at..=clause.min(at + MOST_SIGNS)).find_map(|after| end(rest, text, after, script)),
        Script::Spaced => {
            if text.get(at) != Some(&' ') {
                return None;
            }
            (at..clause).filter(|place| text[*place] == ' ').take(MOST_WORDS + 1).find_map(|space| end(rest, text, space + 1, script))
        }
    }
}

fn number_ends(text: &[char], at: usize, script: Script) -> Vec<usize> {
    match script {
        Script::Signs => {
            let signs = text[at..].iter().take(LONGEST_NUMBER).take_while(|sign| NUMBERS_ZH.contains(**sign)).count();
            (1..=signs).rev().map(|signs| at + signs).collect()
        }
        Script::Spaced => {
            let length = text[at..].iter().take_while(|sign| **sign != ' ').count();
            let word: String = text[at..at + length].iter().collect();
            let is_number = NUMBERS_EN.contains(&word.as_str()) || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()));
            is_number.then_some(at + length).into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, script: Script, wanted: &[&str]) {
        let signs: Vec<char> = text.chars().collect();
        let found: Vec<String> =
            index(pattern, script).places(&signs).into_iter().map(|one| signs[one.from..one.to].iter().collect()).collect();
        assert_eq!(found, wanted, "{pattern} in {text}");
    }

    fn index(pattern: &str, script: Script) -> Index<()> {
        let mut index = Index::new(script);
        index.add((), &[pattern.to_owned().leak()]);
        index
    }

    #[test]
    fn patterns_find_what_they_say() {
        check("说了#(次|遍)", "我都说了好几遍了你说了三次", Script::Signs, &["说了好几遍", "说了三次"]);
        check("(再|)不…就", "再不解决我就走", Script::Signs, &["再不解决我就"]);
        check("走了(吧|$|#)", "走了吧走了啊走了三走了", Script::Signs, &["走了吧", "走了三", "走了"]);
        check("不…就", "不|就", Script::Signs, &[]);
        check("^滚$", "滚|滚筒", Script::Signs, &["滚"]);
        check("# times", " i called three times ", Script::Spaced, &["three times"]);
        check("you…liars", " you are all liars ", Script::Spaced, &["you are all liars"]);
        check("you…liars", " your liars ", Script::Spaced, &[]);
        check("hell", " hello shell hell ", Script::Spaced, &["hell"]);
        check("(so |)bad", " so bad bad ", Script::Spaced, &["so bad", "bad"]);
    }

    #[test]
    fn any_text_and_any_pattern_end() {
        for text in ["", " ", "(", "…", "|||", "滚"] {
            for pattern in ["", "(", "(a", "…", "#", "^$", "……滚"] {
                let signs: Vec<char> = text.chars().collect();
                assert!(index(pattern, Script::Signs).places(&signs).len() <= 1, "{pattern} {text}");
                assert!(index(pattern, Script::Spaced).places(&signs).len() <= 1, "{pattern} {text}");
            }
        }
    }
}
