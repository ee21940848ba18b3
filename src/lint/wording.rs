//! How texts sound: sentences too long, another address than agreed.

use super::{Notes, paths};
use crate::base::Language;
use crate::dialplan::{Place, StepKind, Text, Wordings};

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    if plan.tone.address.is_none() && plan.tone.max_sentence.is_none() {
        return;
    }
    for prompt in plan.prompts.values() {
        prompt.variants.iter().for_each(|text| sounds(notes, prompt.place, text));
    }
    for slot in plan.slots.values() {
        slot.ask.iter().chain(&slot.confirm).for_each(|text| sounds(notes, slot.place, text));
    }
    let mut said: Vec<(Place, Text)> = Vec::new();
    let mut note = |step: &crate::dialplan::Step| {
        if let StepKind::Say(text) | StepKind::Ask(text) | StepKind::Menu { ask: text, .. } = &step.kind {
            said.push((step.place, text.clone()));
        }
    };
    paths::walk(&plan.start, &mut note);
    plan.intents.iter().for_each(|intent| paths::walk(&intent.steps, &mut note));
    plan.flows.values().for_each(|steps| paths::walk(steps, &mut note));
    for (place, text) in said {
        sounds(notes, place, &text);
    }
}

fn sounds(notes: &mut Notes, place: Place, text: &Text) {
    let Some(template) = text.by_language.get(&Language::Zh) else { return };
    let words = template.source();
    if notes.plan.tone.address.as_deref() == Some("您") && words.contains('你') {
        notes.add(
            place,
            "你",
            "address",
            Wordings::new("这里用了“你”，说好了称呼“您”", "this says 你; tone.address is 您"),
            Wordings::new(format!("改成 {}", words.replace('你', "您")), format!("write {}", words.replace('你', "您"))),
        );
    }
    let Some(most) = notes.plan.tone.max_sentence else { return };
    let longest = words.split(['。', '！', '？', '；', '.', '!', '?']).max_by_key(|sentence| sentence.chars().count()).unwrap_or_default();
    let length = longest.chars().count();
    if length > most as usize {
        notes.add(
            place,
            longest,
            "long-sentence",
            Wordings::new(
                format!("这句话有 {length} 个字，最多 {most} 个"),
                format!("this sentence has {length} characters; {most} are the most"),
            ),
            Wordings::new("分成两句，电话里听得清楚", "make it two sentences: a telephone asks for short ones"),
        );
    }
}
