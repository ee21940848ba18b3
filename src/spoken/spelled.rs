//! Digits and letters as an answer: groups over pauses, corrections, parts of before, numbers pointed at; ranked by what the form demands.

use std::ops::Range;

use super::answers::{Answer, Scope};
use super::checks;
use super::choosing::place_said;
use super::corrections::{Where, corrected, restarted, starts, taken_back};
use super::digits::{Kind, digits_from_speech, tokens};
use super::found::What;
use super::normalizing::scan;
use super::slots::{Fit, Origin, Reading, SlotForm, SoFar, Surroundings};
use super::sounding::digits_by_sound;
use super::zh;
use crate::base::Language;

/// What a number is worth that holds digits only by their sound.
const BY_SOUND: f32 = 0.9;
/// Groups of digits that are looked at.
const MOST_GROUPS: usize = 48;

/// Digits said together.
#[derive(Clone, Debug)]
struct Group {
    value: String,
    span: Range<usize>,
    /// What stands between it and the group before.
    before: Between,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// A pause or a filler.
    Pause,
    /// Words.
    Words,
    /// 不对, no wait.
    TakenBack,
}

/// A value before it is judged.
struct Candidate {
    value: String,
    span: Range<usize>,
    origin: Origin,
    /// How much less likely it is than the plainest reading.
    strain: u8,
}

pub(super) fn answers(form: &SlotForm<'_>, text: &[char], confidence: f32, known: &Surroundings<'_>, scope: Scope) -> Vec<Answer> {
    let plain = as_written(form, text, confidence, known, scope);
    let is_whole = |answers: &[Answer]| answers.first().is_some_and(|answer| answer.reading.fit == Fit::Whole);
    if scope == Scope::Sentence || is_whole(&plain) || matches!(form, SlotForm::Code { .. }) {
        return plain;
    }
    let Some(sounded) = digits_by_sound(text, known.language) else { return plain };
    let sounded = as_written(form, &sounded, confidence * BY_SOUND, known, scope);
    if is_whole(&sounded) || plain.is_empty() { sounded } else { plain }
}

fn as_written(form: &SlotForm<'_>, text: &[char], confidence: f32, known: &Surroundings<'_>, scope: Scope) -> Vec<Answer> {
    let pointed = pointed_at(form, text, known);
    let (hint, text) = where_said(text, known);
    let text = without_small_words(&text, known.language);
    let groups = groups(&text, form, known.language);
    let mut candidates = joined(&groups, scope);
    candidates.extend(counted(form, &text, known.language));
    if scope == Scope::Answer {
        candidates = with_before(candidates, &text, &groups, known, hint);
    }
    let mut answers: Vec<(u8, Answer)> = candidates
        .into_iter()
        .chain(pointed)
        .map(|candidate| {
            let value = if *form == SlotForm::Phone { checks::national(&candidate.value).to_owned() } else { candidate.value };
            let fit = fit(form, &value, known.language);
            let share = match fit {
                Fit::Whole => 1.0,
                Fit::Doubtful => 0.6,
                Fit::Part => 0.9,
                Fit::Outside => 0.5,
            };
            let reading = Reading {
                value,
                confidence: confidence * share * (1.0 - 0.02 * f32::from(candidate.strain.min(10))),
                fit,
                origin: candidate.origin,
            };
            (candidate.strain, Answer { reading, span: candidate.span })
        })
        .collect();
    answers.sort_by(|(strain, one), (other_strain, other)| {
        let longer = other.reading.value.len().cmp(&one.reading.value.len());
        one.reading.fit.cmp(&other.reading.fit).then(strain.cmp(other_strain)).then(longer)
    });
    // Of what does not fit, only the best is worth telling.
    let mut kept: Vec<Answer> = Vec::new();
    for (_, answer) in answers {
        let known_already = kept.iter().any(|other| other.reading.value == answer.reading.value);
        if !known_already && (answer.reading.fit <= Fit::Doubtful || kept.is_empty()) {
            kept.push(answer);
        }
    }
    kept.truncate(8);
    kept
}

fn fit(form: &SlotForm<'_>, value: &str, language: Language) -> Fit {
    let by_length = |least: u8, most: u8| match value.len() {
        length if length < usize::from(least) => Fit::Part,
        length if length > usize::from(most) => Fit::Outside,
        _ => Fit::Whole,
    };
    match form {
        SlotForm::Phone => checks::phone(value, language),
        SlotForm::IdCard => checks::id_card(value),
        SlotForm::BankCard => checks::bank_card(value),
        SlotForm::Digits { least, most } | SlotForm::Code { least, most } => by_length(*least, *most),
        _ => Fit::Outside,
    }
}

/// Stops 一下 and its like from being digits.
fn without_small_words(text: &[char], language: Language) -> Vec<char> {
    let mut kept = text.to_vec();
    if language == Language::Zh {
        let mut place = 0;
        while place < kept.len() {
            match zh::idiom(&kept, place).filter(|end| !kept[place..*end].iter().all(|c| zh::is_numeral(*c))) {
                Some(end) => {
                    // 不是 and 应该是 must stay, and they hold no numeral.
                    kept[place..end].fill('。');
                    place = end;
                }
                None => place += 1,
            }
        }
    }
    kept
}

/// The first groups of a text; what is said after so many belongs to no number.
fn groups(text: &[char], form: &SlotForm<'_>, language: Language) -> Vec<Group> {
    let mut groups = all_groups(text, form, language);
    groups.truncate(MOST_GROUPS);
    groups
}

/// Splits a text into groups of digits (and letters, where the form has them).
fn all_groups(text: &[char], form: &SlotForm<'_>, language: Language) -> Vec<Group> {
    let letters = matches!(form, SlotForm::Code { .. });
    let mut groups: Vec<Group> = Vec::new();
    let mut between = Between::Words;
    let mut place = 0;
    while place < text.len() {
        let word_begins = language == Language::Zh || place == 0 || !text[place - 1].is_ascii_alphanumeric();
        if word_begins && let Some(end) = taken_back(text, place, language) {
            between = Between::TakenBack;
            place = end.max(place + 1);
            continue;
        }
        if let Some((value, end)) = piece(text, place, form, language) {
            let joins = letters && between == Between::Pause;
            match groups.last_mut().filter(|last| joins && last.span.end < place + 1) {
                Some(last) => {
                    last.value.push_str(&value);
                    last.span.end = end;
                }
                None => groups.push(Group { value, span: place..end, before: between }),
            }
            between = Between::Pause;
            place = end;
            continue;
        }
        let (end, pause) = filler(text, place, language);
        if !pause && between == Between::Pause {
            between = Between::Words;
        }
        place = end;
    }
    groups
}

/// Digits written or said without a pause from `place` on.
fn piece(text: &[char], place: usize, form: &SlotForm<'_>, language: Language) -> Option<(String, usize)> {
    if matches!(form, SlotForm::Code { .. })
        && let Some((letter, end)) = letter(text, place, language)
    {
        return Some((letter.to_string(), end));
    }
    if place > 0 && text[place].is_ascii_alphanumeric() && text[place - 1].is_ascii_alphabetic() && language == Language::En {
        return None;
    }
    let rest: String = text[place..].iter().take(400).collect();
    let tokens = tokens(&rest, language);
    let mut end = 0;
    for token in &tokens {
        let part = matches!(token.kind, Kind::Digit(_) | Kind::Ten | Kind::Teen(_) | Kind::Tens(_) | Kind::Times(_))
            || token.kind == Kind::Counter && end > 0;
        // Words of English stand apart; groups of Chinese and of written digits do not.
        let near = language == Language::En && rest[end..token.start].chars().all(|c| matches!(c, ' ' | '-')) || token.start == end;
        if !part || !near || (end == 0 && token.start > 0) {
            break;
        }
        end = token.end;
    }
    // 三个 at the end of a group counts something.
    let mut said = &rest[..end];
    while let Some(shorter) = said.strip_suffix(['个', '個']) {
        said = shorter;
    }
    let mut value = digits_from_speech(said, language);
    let mut taken = said.chars().count();
    if value.is_empty() {
        return None;
    }
    if *form == SlotForm::IdCard {
        let at = place + taken;
        let space = usize::from(text.get(at) == Some(&' '));
        if text.get(at + space).is_some_and(|c| matches!(c, 'X' | 'x' | '叉')) {
            value.push('X');
            taken += 1 + space;
        }
    }
    Some((value, place + taken))
}

/// What stands between groups without ending a number.
fn filler(text: &[char], place: usize, language: Language) -> (usize, bool) {
    const ZH: &[&str] = &["那个", "这个", "就是", "然后", "嗯", "呃", "额", "啊", "哦", "杠"];
    const EN: &[&str] = &["um", "uh", "er", "and", "then", "dash", "space"];
    let words = if language == Language::Zh { ZH } else { EN };
    if let Some(word) = words.iter().find(|word| starts(text, place, word)) {
        let end = place + word.chars().count();
        if language == Language::Zh || text.get(end).is_none_or(|c| !c.is_alphanumeric()) {
            return (end, true);
        }
    }
    let pause = " ,，、-－。.".contains(text[place]);
    if pause || language == Language::Zh || !text[place].is_ascii_alphabetic() {
        return (place + 1, pause);
    }
    (place + text[place..].iter().take_while(|c| c.is_ascii_alphabetic() || **c == '\'').count().max(1), false)
}

/// A letter by itself, by its name, or as in a word.
fn letter(text: &[char], place: usize, language: Language) -> Option<(char, usize)> {
    const SPELLING: &[&str] = &[
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike", "november",
        "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu",
    ];
    const NAMED: &[(char, char)] = &[
        ('诶', 'A'),
        ('比', 'B'),
        ('逼', 'B'),
        ('西', 'C'),
        ('迪', 'D'),
        ('吉', 'G'),
        ('杰', 'J'),
        ('开', 'K'),
        ('欧', 'O'),
        ('屁', 'P'),
        ('皮', 'P'),
        ('提', 'T'),
        ('优', 'U'),
        ('维', 'V'),
        ('叉', 'X'),
        ('歪', 'Y'),
        ('贼', 'Z'),
    ];
    let c = text[place];
    if c.is_ascii_alphabetic() {
        let length = text[place..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let inside = place > 0 && text[place - 1].is_ascii_alphabetic();
        let word: String = text[place..place + length].iter().map(char::to_ascii_lowercase).collect();
        if !inside && SPELLING.contains(&word.as_str()) {
            return word.chars().next().map(|c| (c.to_ascii_uppercase(), place + length));
        }
        let capitals = text[place..place + length].iter().all(char::is_ascii_uppercase);
        let group = if inside {
            text[..place].iter().rev().take_while(|c| c.is_ascii_alphabetic()).all(char::is_ascii_uppercase)
        } else {
            length == 1 || length <= 4
        };
        if length == 1 && !inside || capitals && group {
            // B as in bravo.
            let named = if starts(text, place + 1, " as in ") {
                7 + text[place + 8..].iter().take_while(|c| c.is_ascii_alphabetic()).count()
            } else {
                0
            };
            let small = length == 1
                && matches!(c, 'a' | 'i')
                && language == Language::En
                && named == 0
                && text.get(place + 1).is_some_and(|c| *c == ' ');
            return (!small).then_some((c.to_ascii_uppercase(), place + 1 + named));
        }
        return None;
    }
    let next = text.get(place + 1).is_some_and(|c| zh::is_numeral(*c) || NAMED.iter().any(|(name, _)| name == c));
    let begins = place == 0 || "是号为，, 。".contains(text[place - 1]);
    NAMED.iter().find(|(name, _)| *name == c && next && begins && language == Language::Zh).map(|(_, letter)| (*letter, place + 1))
}

/// Every stretch of neighbouring groups, what was taken back put right.
fn joined(groups: &[Group], scope: Scope) -> Vec<Candidate> {
    let mut all = Vec::new();
    for first in 0..groups.len() {
        let mut value = String::new();
        let mut strain = 0_u8;
        for last in first..groups.len().min(first + 12) {
            let group = &groups[last];
            if last > first {
                match group.before {
                    Between::TakenBack => {
                        value = restarted(&value, &group.value);
                        all.retain(|other: &Candidate| other.span.start != groups[first].span.start);
                        all.push(Candidate {
                            value: value.clone(),
                            span: groups[first].span.start..group.span.end,
                            origin: Origin::Said,
                            strain,
                        });
                        continue;
                    }
                    Between::Words if scope == Scope::Sentence => break,
                    Between::Words => strain = strain.saturating_add(1),
                    Between::Pause => {}
                }
            } else if group.before == Between::TakenBack && first > 0 {
                strain = 4;
            }
            value.push_str(&group.value);
            if value.len() > 64 {
                break;
            }
            // A part of the groups that belong together is a worse reading than all of them.
            let cut = groups.get(last + 1).is_some_and(|next| next.before == Between::Pause) || groups[first].before == Between::Pause;
            let strain = strain.saturating_add(u8::from(cut));
            all.push(Candidate { value: value.clone(), span: groups[first].span.start..group.span.end, origin: Origin::Said, strain });
        }
    }
    all
}

/// 一千零一 and two thousand as digits.
fn counted(form: &SlotForm<'_>, text: &[char], language: Language) -> Vec<Candidate> {
    if !matches!(form, SlotForm::Digits { .. }) {
        return Vec::new();
    }
    let found = scan(text, language, None);
    let numbers = found.iter().filter_map(|found| {
        let amount = match &found.what {
            What::Number(amount) | What::Counted(amount) => amount.as_whole().filter(|number| *number >= 100)?,
            _ => return None,
        };
        let written = text[found.start..found.end].iter().all(char::is_ascii_digit);
        (!written).then(|| Candidate { value: amount.to_string(), span: found.start..found.end, origin: Origin::Said, strain: 0 })
    });
    numbers.collect()
}

/// What was said together with what is known of the slot.
fn with_before(candidates: Vec<Candidate>, text: &[char], groups: &[Group], known: &Surroundings<'_>, hint: Where) -> Vec<Candidate> {
    let Some(first) = groups.first() else { return candidates };
    let taken = first.before == Between::TakenBack || groups.len() > 1 && groups[1].before == Between::TakenBack;
    let negated = first.before == Between::TakenBack;
    match known.so_far {
        SoFar::Nothing => candidates,
        SoFar::Part(part) => {
            let mut all = Vec::new();
            for candidate in candidates {
                let again = candidate.value.starts_with(part) || candidate.value.len() > part.len() + 4;
                let (value, origin) = if negated {
                    (restarted(part, &candidate.value), Origin::Corrected)
                } else {
                    (format!("{part}{}", candidate.value), Origin::Continued)
                };
                all.push(Candidate { value, span: candidate.span.clone(), origin, strain: candidate.strain + u8::from(again) * 3 });
                all.push(Candidate { strain: candidate.strain + u8::from(!again) * 2 + u8::from(negated), ..candidate });
            }
            all
        }
        SoFar::Value(value) => {
            if let Some(replaced) = replaced(value, groups, text) {
                return vec![replaced];
            }
            let mut all = Vec::new();
            for candidate in candidates {
                if candidate.value.len() < value.len() && (taken || hint != Where::Anywhere || candidate.value.len() * 2 <= value.len()) {
                    let value = corrected(value, &candidate.value, hint);
                    all.push(Candidate { value, span: candidate.span.clone(), origin: Origin::Corrected, strain: candidate.strain });
                } else {
                    all.push(Candidate { origin: Origin::Corrected, ..candidate });
                }
            }
            all
        }
    }
}

/// 不是七八是八七, 五六应该是六五, not seven eight, eight seven.
fn replaced(value: &str, groups: &[Group], text: &[char]) -> Option<Candidate> {
    let [old, new] = groups else { return None };
    let place = value.rfind(&old.value).filter(|_| old.value.len() == new.value.len() && old.value.len() < value.len())?;
    let before: String = text[..old.span.start].iter().collect::<String>().to_lowercase();
    let not = before.trim_end().ends_with("不是") || before.trim_end().ends_with("not") || new.before == Between::TakenBack;
    let mut result = value.to_owned();
    result.replace_range(place..place + old.value.len(), &new.value);
    not.then_some(Candidate { value: result, span: old.span.start..new.span.end, origin: Origin::Corrected, strain: 0 })
}

/// Where in the value of before the words belong, and the words without that.
fn where_said(text: &[char], known: &Surroundings<'_>) -> (Where, Vec<char>) {
    const ZH: &[(&str, Where)] = &[
        ("最后", Where::End),
        ("末尾", Where::End),
        ("尾号", Where::End),
        ("尾数", Where::End),
        ("结尾", Where::End),
        ("后面", Where::End),
        ("开头", Where::Front),
        ("前面", Where::Front),
        ("中间", Where::Middle),
        ("后", Where::End),
        ("末", Where::End),
        ("前", Where::Front),
    ];
    const EN: &[(&str, Where)] = &[
        ("the last", Where::End),
        ("last", Where::End),
        ("ending in", Where::End),
        ("ends in", Where::End),
        ("the first", Where::Front),
        ("the middle", Where::Middle),
    ];
    let mut kept = text.to_vec();
    if !matches!(known.so_far, SoFar::Value(_)) {
        return (Where::Anywhere, kept);
    }
    // 第三位
    if let Some(place) = text.iter().position(|c| *c == '第')
        && let Some(number) = zh::numeral(text, place + 1).filter(|number| text.get(number.end) == Some(&'位'))
    {
        kept[place..=number.end].fill('。');
        let at = number.amount.as_whole().and_then(|at| usize::try_from(at).ok()).and_then(|at| at.checked_sub(1));
        return (at.map_or(Where::Anywhere, Where::At), kept);
    }
    let list = if known.language == Language::Zh { ZH } else { EN };
    for (word, meant) in list {
        let Some(place) = (0..text.len()).find(|place| starts(text, *place, word)) else { continue };
        let mut end = place + word.chars().count();
        match known.language {
            Language::Zh => {
                if let Some(number) = zh::numeral(text, end).filter(|number| text.get(number.end).is_some_and(|c| matches!(c, '位' | '个')))
                {
                    end = number.end + 1;
                } else if word.chars().count() == 1 {
                    continue;
                }
            }
            Language::En => {
                const COUNTS: &[&str] = &[" one", " two", " three", " four", " digit", " digits"];
                while let Some(count) = COUNTS.iter().find(|count| starts(text, end, count)) {
                    // The last two are: a count is followed by a verb or `digits`.
                    let after = end + count.chars().count();
                    let verb = [" is", " are", " digit", " should", " were"].iter().any(|verb| starts(text, after, verb));
                    if !verb {
                        break;
                    }
                    end = after;
                }
            }
        }
        kept[place..end].fill('。');
        return (*meant, kept);
    }
    (Where::Anywhere, kept)
}

const EARLIER_ZH: &[&str] = &[
    "上一个",
    "上个订单",
    "上次那个",
    "刚才那个",
    "刚刚那个",
    "刚才的",
    "刚刚的",
    "之前那个",
    "之前的",
    "还是那个",
    "最近那个",
    "最近的",
    "最近那单",
    "最近一单",
    "最近那一单",
    "最后一单",
    "最后那单",
    "刚才那单",
    "上一单",
    "最后一个",
    "同一个",
    "一样的",
    "最新的",
    "前一个",
];
const EARLIER_EN: &[&str] = &[
    "the last one",
    "the same",
    "same one",
    "same as before",
    "previous one",
    "the previous",
    "that one again",
    "the latest",
    "most recent",
    "as before",
];

/// Returns the phrases that point at a value given before, for a recogniser to listen for.
pub fn pointing_words(language: Language) -> impl Iterator<Item = &'static str> {
    if language == Language::Zh { EARLIER_ZH } else { EARLIER_EN }.iter().copied()
}

/// 这个号码, 还是刚才那个, the last one.
fn pointed_at(form: &SlotForm<'_>, text: &[char], known: &Surroundings<'_>) -> Option<Candidate> {
    const OWN_ZH: &[&str] = &[
        "这个号码",
        "这个号",
        "这个电话",
        "这个手机",
        "这支电话",
        "本机",
        "现在打的",
        "现在这个",
        "打过来的",
        "打进来的",
        "来电号码",
        "来电的",
        "当前号码",
        "就这个",
        "用这个",
        "我现在用的",
        "我打的",
    ];
    const OWN_EN: &[&str] = &[
        "this number",
        "this phone",
        "this one",
        "calling from",
        "i'm calling",
        "my number",
        "same number",
        "the number i",
        "caller id",
        "current number",
    ];
    let find = |words: &[&str]| {
        words
            .iter()
            .find_map(|word| (0..text.len()).find(|place| starts(text, *place, word)).map(|place| place..place + word.chars().count()))
    };
    let zh = known.language == Language::Zh;
    if *form == SlotForm::Phone
        && let Some(number) = known.own_number
        && let Some(span) = find(if zh { OWN_ZH } else { OWN_EN })
    {
        let digits: String = number.reveal().chars().filter(char::is_ascii_digit).collect();
        return (!digits.is_empty()).then_some(Candidate { value: digits, span, origin: Origin::Pointed, strain: 1 });
    }
    let last = known.earlier.last()?;
    if let Some(span) = find(if zh { EARLIER_ZH } else { EARLIER_EN }) {
        return Some(Candidate { value: last.clone(), span, origin: Origin::Pointed, strain: 1 });
    }
    let (place, span) = place_said(text, known.language, known.earlier.len())?;
    Some(Candidate { value: known.earlier.get(place)?.clone(), span, origin: Origin::Pointed, strain: 1 })
}
