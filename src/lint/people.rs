//! Whether callers get through to a person, and what happens to those who say nothing or are not understood.

use super::{Notes, paths};
use crate::base::Language;
use crate::dialplan::{Dialplan, Place, Step, StepKind, Wordings};

/// A caller who is not understood, or silent, is with a person after this many turns at the latest.
const MOST_TURNS: u32 = 4;

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    if !to_person(plan) {
        notes.add(
            Place::default(),
            "",
            "no-person",
            Wordings::new("这条热线没有办法转到人工", "no way of this hotline leads to a person"),
            Wordings::new(
                "加上 keys: {\"0\": {transfer: {queue: general, reason: key}}} 和一个转人工的 intent",
                "add keys: {\"0\": {transfer: {queue: general, reason: key}}} and an intent that transfers",
            ),
        );
        return;
    }
    if !plan.keys.values().any(|steps| leads_to_person(plan, steps, 0)) {
        notes.add(
            section(plan, "keys"),
            "keys",
            "no-key",
            Wordings::new("没有一个键能转人工：听不懂的客户只能靠说话", "no key leads to a person: who is not understood has only words"),
            Wordings::new(
                "写 keys: {\"0\": {transfer: {queue: general, reason: key}}}",
                "write keys: {\"0\": {transfer: {queue: general, reason: key}}}",
            ),
        );
    }
    let silence = plan.silence.then.first().map_or(Place::default(), |step| step.place);
    if silence.line == 0 {
        notes.add(
            section(plan, "silence"),
            "silence",
            "no-silence",
            Wordings::new("没有写客户不说话时怎么办", "it is not written what happens when the caller says nothing"),
            Wordings::new(
                "写 silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}",
                "write silence: {after: 5s, times: 2, then: {transfer: {queue: general, reason: silence}}}",
            ),
        );
    } else if !leads_to_person(plan, &plan.silence.then, 0) && !ends_politely(&plan.silence.then) {
        notes.add(
            silence,
            "",
            "silence-leads-nowhere",
            Wordings::new("一直不说话的客户到不了人工，也没有挂机", "a caller who stays silent comes neither to a person nor to an end"),
            Wordings::new(
                "写 then: {transfer: {queue: general, reason: silence}}",
                "write then: {transfer: {queue: general, reason: silence}}",
            ),
        );
    }
    if !plan.prompts.contains_key("again") {
        notes.add(
            section(plan, "prompts"),
            "prompts",
            "no-again",
            Wordings::new("没有写没听懂时说什么（again）", "it is not written what is said when the caller is not understood (again)"),
            Wordings::new(
                "在 prompts 里写 again: [抱歉没听清，您再说一遍好吗？, 麻烦您换个说法再说一次。]",
                "write under prompts again: [Could you say that again?, Could you put it another way?]",
            ),
        );
    }
    for (number, marked, what) in [
        (plan.handover.misunderstood, "misunderstood", ("没听懂", "turns not understood")),
        (plan.silence.times, "times", ("不说话", "silences")),
    ] {
        if number > MOST_TURNS {
            notes.add(
                containing(plan, &format!("{marked}: {number}")),
                marked,
                "late-person",
                Wordings::new(
                    format!("客户要{} {number} 次才到人工，最多 {MOST_TURNS} 次", what.0),
                    format!("a caller is with a person only after {number} {}; {MOST_TURNS} are the most", what.1),
                ),
                Wordings::new(format!("写 {marked}: 2"), format!("write {marked}: 2")),
            );
        }
    }
    languages(notes, plan);
}

fn to_person(plan: &Dialplan) -> bool {
    let mut found = false;
    paths::every_step(plan, &mut |step| found |= is_person(step));
    found
}

const fn is_person(step: &Step) -> bool {
    matches!(step.kind, StepKind::Transfer { .. } | StepKind::Callback(_))
}

fn leads_to_person(plan: &Dialplan, steps: &[Step], depth: usize) -> bool {
    let mut found = false;
    let mut flows: Vec<String> = Vec::new();
    paths::walk(steps, &mut |step| {
        found |= is_person(step);
        if let StepKind::Go(flow) = &step.kind {
            flows.push(flow.clone());
        }
    });
    found || (depth < 8 && flows.iter().filter_map(|flow| plan.flows.get(flow)).any(|steps| leads_to_person(plan, steps, depth + 1)))
}

fn ends_politely(steps: &[Step]) -> bool {
    let mut found = false;
    paths::walk(steps, &mut |step| found |= matches!(step.kind, StepKind::Hangup | StepKind::Go(_)));
    found
}

/// Texts that a caller hears in the wrong language after the plan has changed it.
fn languages(notes: &mut Notes, plan: &Dialplan) {
    let mut spoken: Vec<Language> = Vec::new();
    paths::every_step(plan, &mut |step| {
        if let StepKind::Speak(language) = step.kind
            && language != plan.language
            && !spoken.contains(&language)
        {
            spoken.push(language);
        }
    });
    for language in spoken {
        let word = match language {
            Language::Zh => ("中文", "Chinese"),
            Language::En => ("英文", "English"),
        };
        let mut missing: Vec<(Place, String)> = Vec::new();
        for (name, prompt) in &plan.prompts {
            if prompt.variants.iter().all(|text| !text.by_language.contains_key(&language)) {
                missing.push((prompt.place, name.clone()));
            }
        }
        for (name, slot) in &plan.slots {
            if slot.ask.as_ref().is_some_and(|text| !text.by_language.contains_key(&language)) {
                missing.push((slot.place, name.clone()));
            }
        }
        for (place, name) in missing {
            notes.add(
                place,
                &name,
                "missing-language",
                Wordings::new(
                    format!("这条热线会说{}，但 {name} 没有{}", word.0, word.0),
                    format!("this hotline speaks {}, but {name} has no {} words", word.1, word.1),
                ),
                Wordings::new(format!("写成 {name}: {{zh: …, en: …}}"), format!("write {name}: {{zh: …, en: …}}")),
            );
        }
    }
}

/// Where a section of the file stands.
fn section(plan: &Dialplan, name: &str) -> Place {
    let line = plan.source.lines().position(|line| line.starts_with(name) && line[name.len()..].trim_start().starts_with(':'));
    line.map_or(Place::default(), at)
}

fn containing(plan: &Dialplan, words: &str) -> Place {
    plan.source.lines().position(|line| line.contains(words)).map_or(Place::default(), at)
}

fn at(line: usize) -> Place {
    Place { line: u32::try_from(line + 1).unwrap_or(1), column: 1 }
}
