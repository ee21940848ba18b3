//! What a caller takes back: 不对, 是七九; 最后两位是七九; not seven eight, eight seven.

use crate::base::Language;

/// Words after which what was said before is replaced, longest first.
pub(super) const ZH_TAKEN_BACK: &[&str] = &[
    "不对不对",
    "不是不是",
    "说错了",
    "我说错了",
    "报错了",
    "念错了",
    "搞错了",
    "应该是",
    "不对",
    "不是",
    "错了",
    "哦不",
    "啊不",
    "噢不",
    "更正",
    "改成",
    "改为",
    "换成",
];
pub(super) const EN_TAKEN_BACK: &[&str] = &[
    "no no",
    "no wait",
    "no sorry",
    "wait no",
    "oh no",
    "oh wait",
    "sorry",
    "scratch that",
    "i mean",
    "i meant",
    "make that",
    "correction",
    "actually",
    "rather",
    "no",
    "wait",
];

/// Returns the end of words that take back what stands before them, with the marks and small words around them.
pub(super) fn taken_back(text: &[char], place: usize, language: Language) -> Option<usize> {
    let skip = |mut at: usize, small: &[&str]| {
        loop {
            if text.get(at).is_some_and(|c| " ，,。.、！!…-—".contains(*c)) {
                at += 1;
            } else if let Some(word) = small.iter().find(|word| starts(text, at, word)) {
                at += word.chars().count();
            } else {
                return at;
            }
        }
    };
    let (words, before, after): (_, &[&str], &[&str]) = match language {
        Language::Zh => (ZH_TAKEN_BACK, &["嗯", "啊", "呃", "额", "哦"], &["应该", "是", "我", "的", "嗯", "啊", "呃", "了"]),
        Language::En => (EN_TAKEN_BACK, &["um ", "uh ", "er "], &["it's ", "it is ", "that's ", "the ", "um ", "uh ", "sorry ", "i mean "]),
    };
    let at = skip(place, before);
    let mut end = at;
    let mut found = false;
    while let Some(word) = words.iter().find(|word| starts(text, end, word)) {
        let next = end + word.chars().count();
        if language == Language::En && text.get(next).is_some_and(|c| c.is_alphanumeric()) {
            break;
        }
        found = true;
        end = skip(next, after);
    }
    found.then_some(end)
}

/// True when `word` (in lower case) stands at a place, whatever its case there.
pub(super) fn starts(text: &[char], place: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(at, c)| text.get(place + at).is_some_and(|here| here.to_ascii_lowercase() == c))
}

/// Where in a value a correction belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Anywhere,
    Front,
    End,
    Middle,
    /// The first digit of it, from 0.
    At(usize),
}

/// Puts a correction into a value: all of it, or the stretch that it resembles most, towards the end when several do.
pub(super) fn corrected(value: &str, correction: &str, place: Where) -> String {
    let (old, new): (Vec<char>, Vec<char>) = (value.chars().collect(), correction.chars().collect());
    if new.is_empty() || new.len() >= old.len() {
        return correction.to_owned();
    }
    let last = old.len() - new.len();
    let start = match place {
        Where::Front => 0,
        Where::End => last,
        Where::At(start) => start.min(last),
        Where::Anywhere | Where::Middle => {
            let inner = if place == Where::Middle && last >= 2 { 1..=last - 1 } else { 0..=last };
            let same = |start: &usize| new.iter().zip(&old[*start..]).filter(|(one, other)| one == other).count();
            // What is said again unchanged corrects nothing.
            let changes = inner.filter(|start| same(start) < new.len());
            changes.max_by_key(|start| (same(start), *start)).filter(|start| place == Where::Middle || same(start) > 0).unwrap_or(last)
        }
    };
    let mut result = old;
    result.splice(start..start + new.len(), new);
    result.into_iter().collect()
}

/// Joins a number that was begun with the one said after taking it back: from where both agree, or as a correction.
pub(super) fn restarted(begun: &str, after: &str) -> String {
    let (old, new): (Vec<char>, Vec<char>) = (begun.chars().collect(), after.chars().collect());
    let agrees = |start: &usize| new.iter().zip(&old[*start..]).take_while(|(one, other)| one == other).count();
    let from = old.len().saturating_sub(new.len());
    match (from..old.len()).filter(|start| agrees(start) > 0).max_by_key(|start| (agrees(start), *start)) {
        Some(start) => old[..start].iter().chain(&new).collect(),
        None => corrected(begun, after, Where::Anywhere),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_finds_its_place() {
        for (value, correction, place, wanted) in [
            ("12345678", "79", Where::Anywhere, "12345679"),
            ("13800138001", "002", Where::Anywhere, "13800138002"),
            ("13800138000", "0023", Where::Middle, "13800238000"),
            ("12345678", "4321", Where::Front, "43215678"),
            ("12345678", "5", Where::At(2), "12545678"),
            ("12345678", "87654321", Where::Anywhere, "87654321"),
            ("1234", "", Where::Anywhere, ""),
        ] {
            assert_eq!(corrected(value, correction, place), wanted, "{value} {correction}");
        }
    }

    #[test]
    fn words_that_take_back_are_known() {
        for (text, language, end) in [
            ("，不对，是七九", Language::Zh, Some(5)),
            ("不是是七八", Language::Zh, Some(3)),
            (" no wait seven", Language::En, Some(9)),
            (" nothing", Language::En, None),
            ("的奶粉", Language::Zh, None),
        ] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(taken_back(&characters, 0, language), end, "{text}");
        }
    }
}
