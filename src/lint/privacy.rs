//! Personal data that the robot would read out in full: anybody may stand beside a telephone.

use super::steps::templates;
use super::{Notes, paths};
use crate::dialplan::{Dialplan, Place, SlotType, Step, StepKind, Template, Wordings};

/// Parts of names that mean personal data.
const PERSONAL: &[&str] = &[
    "phone",
    "mobile",
    "id_card",
    "id_number",
    "identity",
    "bank_card",
    "card_number",
    "card_no",
    "passport",
    "password",
    "passcode",
    "cvv",
    "address",
    "birthday",
    "身份证",
    "手机",
    "银行卡",
    "地址",
];
/// Filters that leave only a part of it.
const HIDING: &[&str] = &["mask", "last4", "last"];

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    let mut found: Vec<(Place, String)> = Vec::new();
    for prompt in plan.prompts.values() {
        for template in prompt.variants.iter().flat_map(|text| text.by_language.values()) {
            found.extend(spoken_in_full(plan, template).map(|what| (prompt.place, what)));
        }
    }
    for (name, slot) in &plan.slots {
        // An address in words can only be confirmed by reading it back.
        let personal = !matches!(slot.kind, SlotType::Text { .. }) && is_personal(plan, name);
        for template in slot.ask.iter().chain(&slot.confirm).flat_map(|text| text.by_language.values()) {
            let value = personal.then(|| spoken(template, &|name| name == "value")).flatten();
            found.extend(value.or_else(|| spoken_in_full(plan, template)).map(|what| (slot.place, what)));
        }
    }
    let mut note = |step: &Step| {
        if matches!(step.kind, StepKind::Say(_) | StepKind::Ask(_) | StepKind::Menu { .. }) {
            found.extend(templates(step).into_iter().filter_map(|template| spoken_in_full(plan, template)).map(|what| (step.place, what)));
        }
    };
    paths::every_step(plan, &mut note);
    for (place, what) in found {
        // The text may stand some lines below what it belongs to.
        let lines = plan.source.lines().enumerate().skip(place.line.saturating_sub(1) as usize);
        let line = lines.filter(|(_, line)| line.contains(&what)).map(|(at, _)| at + 1).next();
        let place = line
            .filter(|line| *line != place.line as usize)
            .map_or(place, |line| Place { line: u32::try_from(line).unwrap_or(1), column: 1 });
        let name = what.trim();
        let root = name.split('|').next().unwrap_or_default().trim();
        notes.add(
            place,
            &what,
            "personal-data",
            Wordings::new(format!("这句话会把 {root} 完整念出来"), format!("this would read out {root} in full")),
            Wordings::new(
                format!("只念后四位：{{{{ {root}[-4:] | spell }}}}"),
                format!("read only the last four: {{{{ {root}[-4:] | spell }}}}"),
            ),
        );
    }
}

fn spoken_in_full(plan: &Dialplan, template: &Template) -> Option<String> {
    // The caller's number is masked before any template sees it.
    spoken(template, &|name| name != "caller.number" && is_personal(plan, name.rsplit('.').next().unwrap_or_default()))
}

/// Whether a slot or field of this name holds what nobody else should hear.
fn is_personal(plan: &Dialplan, name: &str) -> bool {
    let kind = plan.slots.get(name).map(|slot| &slot.kind);
    matches!(kind, Some(SlotType::Phone | SlotType::IdCard | SlotType::BankCard))
        || PERSONAL.iter().any(|word| name.to_lowercase().contains(word))
}

/// The first expression of a template that puts in a value with such a name, whole.
fn spoken(template: &Template, is_personal: &dyn Fn(&str) -> bool) -> Option<String> {
    for inside in template.source().split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(inside, _)| inside) {
        let mut pieces = inside.split('|');
        let name = pieces.next().unwrap_or_default().trim();
        let hidden = name.contains('[') || pieces.any(|filter| HIDING.iter().any(|word| filter.trim().starts_with(word)));
        if !hidden && is_personal(name) {
            return Some(inside.trim().to_owned());
        }
    }
    None
}
