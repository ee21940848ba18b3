//! The examples of intents: too few, too alike, or made of words that the model cannot hear.

use std::collections::{BTreeSet, HashMap};

use super::Notes;
use crate::dialplan::Wordings;
use crate::intent::{FEW_EXAMPLES, MOST_EXAMPLES, TOO_FEW_TO_KNOW, asks_for_person};
use crate::spoken::to_pinyin;

/// Of more examples than this, only those are compared that are written or sound the same: everything with everything would take for ever.
const MOST_COMPARED: usize = 4_000;
/// From this likeness on two examples are taken for one another.
const ALIKE: f64 = 0.86;

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    too_few(notes);
    check_number(notes);
    let mut all: Vec<(usize, usize, String, String)> = Vec::new();
    for (at, intent) in plan.intents.iter().enumerate() {
        for (number, example) in intent.examples.iter().enumerate() {
            let plain = plain(example);
            let sound = sound(&plain);
            all.push((at, number, plain, sound));
        }
    }
    // By writing and by sound: where each is first, intent by intent.
    let mut same: HashMap<&str, Vec<usize>> = HashMap::new();
    for (later, one) in all.iter().enumerate() {
        let clash = if all.len() <= MOST_COMPARED {
            all[..later].iter().find(|other| other.0 != one.0 && (alike(&other.2, &one.2) || (!one.3.is_empty() && one.3 == other.3)))
        } else {
            let mut first = None;
            for key in [one.2.as_str(), one.3.as_str()].into_iter().filter(|key| !key.is_empty()) {
                let known = same.entry(key).or_default();
                first = first.or_else(|| known.iter().map(|at| &all[*at]).find(|other| other.0 != one.0));
                if known.iter().all(|at| all[*at].0 != one.0) {
                    known.push(later);
                }
            }
            first
        };
        if let Some(other) = clash {
            let (intent, rival) = (&plan.intents[one.0], &plan.intents[other.0]);
            let (example, theirs) = (&intent.examples[one.1], &rival.examples[other.1]);
            let place = intent.example_places.get(one.1).copied().unwrap_or(intent.place);
            notes.add(
                place,
                example,
                "overlap",
                Wordings::new(
                    format!("“{example}”和 {} 的例句“{theirs}”分不开", rival.name),
                    format!("\"{example}\" cannot be told from \"{theirs}\" of {}", rival.name),
                ),
                Wordings::new("删掉一句，或者说得更不一样", "delete one, or make them differ more"),
            );
        }
    }
}

/// More examples than are learnt from are no use, and nobody would notice.
fn check_number(notes: &mut Notes) {
    let plan = notes.plan;
    let all: usize = plan.intents.iter().map(|intent| intent.examples.len()).sum();
    let Some(most) = plan.intents.iter().max_by_key(|intent| intent.examples.len()).filter(|_| all > MOST_EXAMPLES) else { return };
    let number = most.examples.len();
    notes.add(
        most.place,
        &most.name,
        "many-examples",
        Wordings::new(
            format!("一共 {all} 句例句，只学其中 {MOST_EXAMPLES} 句，每个意图一样多；{} 最多，有 {number} 句", most.name),
            format!(
                "{all} examples in all: {MOST_EXAMPLES} of them are learnt, evenly from all intents; {} has most of them, {number}",
                most.name
            ),
        ),
        Wordings::new("留下说法不同的，删掉差不多的", "keep those that differ, and delete those that say the same"),
    );
}

/// One note for all, but for who asks for a person, which is understood without examples: where words are only asked about, and not acted on,
/// because too few examples say how else they are meant.
fn too_few(notes: &mut Notes) {
    let plan = notes.plan;
    let known = |examples: &[String]| examples.iter().any(|example| asks_for_person(example));
    let few: Vec<_> = plan.intents.iter().filter(|one| one.examples.len() < FEW_EXAMPLES && !known(&one.examples)).collect();
    let Some(first) = few.first() else { return };
    let list =
        |between: &str| few.iter().map(|intent| format!("{} ({})", intent.name, intent.examples.len())).collect::<Vec<_>>().join(between);
    let all: usize = plan.intents.iter().map(|intent| intent.examples.len()).sum();
    let (unsure_zh, unsure_en) = if all < TOO_FEW_TO_KNOW {
        (
            format!("；全部例句满 {TOO_FEW_TO_KNOW} 句后，把握有多大才按这份方案自己算"),
            format!("; from {TOO_FEW_TO_KNOW} examples in all on, this dialplan's own tell how sure a guess is"),
        )
    } else {
        (String::new(), String::new())
    };
    notes.add(
        first.place,
        &first.name,
        "few-examples",
        Wordings::new(
            format!("例句不到 {FEW_EXAMPLES} 句，换个说法就只会追问，不会直接办：{}", list("、")),
            format!("fewer than {FEW_EXAMPLES} examples, so other words are asked about, not acted on: {}", list(", ")),
        ),
        Wordings::new(format!("再写几句客户真的会说的话{unsure_zh}"), format!("add some that callers really say{unsure_en}")),
    );
}

/// One note an intent: a model of the other language may lack most of its words.
pub(super) fn check_hearing(notes: &mut Notes, heard: &dyn Fn(&str) -> bool) {
    let plan = notes.plan;
    let mut told: BTreeSet<String> = BTreeSet::new();
    for intent in &plan.intents {
        let mut missing: Vec<(usize, String)> = Vec::new();
        for (number, example) in intent.examples.iter().enumerate() {
            missing.extend(unheard(example, heard).into_iter().filter(|word| told.insert(word.clone())).map(|word| (number, word)));
        }
        let Some((number, first)) = missing.first() else { continue };
        let words = |mark: &str| missing.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>().join(mark);
        notes.add(
            intent.example_places.get(*number).copied().unwrap_or(intent.place),
            first,
            "unheard-word",
            match missing.len() {
                1 => Wordings::new(format!("语音模型听不到“{first}”"), format!("the speech model cannot hear \"{first}\"")),
                many => Wordings::new(
                    format!("语音模型听不到 {} 例句里的 {many} 个词：{}", intent.name, words("、")),
                    format!("the speech model cannot hear {many} words in the examples of {}: {}", intent.name, words(", ")),
                ),
            },
            Wordings::new("换一个模型认识的词，或者换一个模型", "use a word that the model knows, or another model"),
        );
    }
}

/// Cuts an example into words that are heard, as few pieces left over as possible; returns what is left over.
fn unheard(example: &str, heard: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    for piece in example.split(|sign: char| !sign.is_alphanumeric() && sign != '{' && sign != '}' && sign != '_') {
        let piece = without_slots(piece);
        if piece.is_empty() {
            continue;
        }
        if piece.is_ascii() {
            let word = piece.to_lowercase();
            if !heard(&word) && !word.chars().all(|sign| sign.is_ascii_digit()) {
                out.push(piece);
            }
            continue;
        }
        let signs: Vec<char> = piece.chars().collect();
        // costs[n]: characters left over in the best cut of the first n, and where its last word begins.
        let mut costs: Vec<(usize, usize)> = vec![(0, 0)];
        for end in 1..=signs.len() {
            let mut best = (costs[end - 1].0 + 1, end - 1);
            for start in end.saturating_sub(8)..end {
                let word: String = signs[start..end].iter().collect();
                if costs[start].0 < best.0 && heard(&word) {
                    best = (costs[start].0, start);
                }
            }
            costs.push(best);
        }
        let mut left: Vec<usize> = Vec::new();
        let mut end = signs.len();
        while end > 0 {
            let (cost, start) = costs[end];
            if cost > costs[start].0 {
                left.push(start);
            }
            end = start;
        }
        left.reverse();
        for at in left {
            match out.last_mut() {
                Some(word) if at > 0 && word.ends_with(signs[at - 1]) => word.push(signs[at]),
                _ => out.push(signs[at].to_string()),
            }
        }
    }
    out
}

fn without_slots(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    for sign in text.chars() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            sign if depth == 0 => out.push(sign),
            _ => {}
        }
    }
    out
}

/// What stays when signs, spaces, case and polite filler are gone.
fn plain(example: &str) -> String {
    let kept: String = example.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, '{' | '}' | '_')).collect();
    ["请问", "您好", "你好", "一下"].iter().fold(kept.to_lowercase(), |text, filler| text.replace(filler, ""))
}

fn alike(one: &str, other: &str) -> bool {
    !one.is_empty()
        && (one == other || (one.chars().count().min(other.chars().count()) >= 6 && strsim::normalized_levenshtein(one, other) >= ALIKE))
}

/// How an example sounds: words of the same sound cannot be told apart on a telephone. Empty where that is not known.
fn sound(example: &str) -> String {
    if example.chars().count() < 2 || example.is_ascii() || example.contains('{') { String::new() } else { to_pinyin(example) }
}
