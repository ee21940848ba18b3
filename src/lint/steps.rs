//! Steps that cannot do what they were written for: never reached, asked though known, values used before they are there; and what nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use super::{Notes, paths};
use crate::dialplan::{Callback, Condition, Dialplan, Place, Sender, Step, StepKind, Template, Wordings};

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    for steps in every_list(plan) {
        dead(notes, steps, false);
        known(notes, steps, &mut BTreeSet::new());
        too_early(notes, steps);
    }
    unused(notes, plan);
}

/// Every list of steps that begins by itself.
fn every_list(plan: &Dialplan) -> Vec<&[Step]> {
    let mut lists: Vec<&[Step]> = vec![&plan.start, &plan.silence.then];
    lists.extend(plan.keys.values().map(|steps| &**steps));
    lists.extend(plan.intents.iter().map(|intent| &*intent.steps));
    lists.extend(plan.flows.values().map(|steps| &**steps));
    lists
}

/// Steps after one that does not come back. `again` asks and goes on, but after a lookup that brought nothing it repeats that.
fn dead(notes: &mut Notes, steps: &[Step], of_lookup: bool) {
    let leaves = steps.iter().position(|step| always_leaves(step) && (of_lookup || !matches!(step.kind, StepKind::Again(_))));
    if let Some(at) = leaves
        && let (leaver, Some(next)) = (&steps[at], steps.get(at + 1))
    {
        let word = match &leaver.kind {
            StepKind::Go(_) => "go",
            StepKind::Transfer { .. } => "transfer",
            StepKind::Hangup => "hangup",
            StepKind::Again(_) => "again",
            _ => "choose",
        };
        notes.add(
            next.place,
            "",
            "dead-step",
            Wordings::new(
                format!("这一步走不到：第 {} 行的 {word} 不会再回来", leaver.place.line),
                format!("this step is never taken: the {word} in line {} does not come back", leaver.place.line),
            ),
            Wordings::new(format!("移到 {word} 前面，或者删掉"), format!("move it before the {word}, or delete it")),
        );
    }
    for step in steps {
        let of_lookup = of_lookup || matches!(step.kind, StepKind::Lookup(_));
        for steps in paths::inner(step) {
            dead(notes, steps, of_lookup);
        }
    }
}

fn always_leaves(step: &Step) -> bool {
    match &step.kind {
        StepKind::Go(_) | StepKind::Transfer { .. } | StepKind::Hangup | StepKind::Again(_) => true,
        StepKind::Choose(branches) => {
            branches.iter().any(|branch| branch.when.is_none()) && branches.iter().all(|branch| branch.steps.iter().any(always_leaves))
        }
        _ => false,
    }
}

/// Slots collected that are known already.
fn known(notes: &mut Notes, steps: &[Step], slots: &mut BTreeSet<String>) {
    for step in steps {
        match &step.kind {
            StepKind::Collect(names) => {
                for name in names {
                    if !slots.insert(name.clone()) {
                        notes.add(
                            step.place,
                            name,
                            "known-slot",
                            Wordings::new(
                                format!("{name} 前面已经问过了，这里不会再问"),
                                format!("{name} is known here already: it will not be asked again"),
                            ),
                            Wordings::new(
                                format!("删掉这一步；真要重新问，写 - again: {name}"),
                                format!("delete this step; to ask anew write - again: {name}"),
                            ),
                        );
                    }
                }
            }
            StepKind::Set(values) => slots.extend(values.iter().map(|(name, _)| name.clone())),
            _ => {}
        }
        for steps in paths::inner(step) {
            known(notes, steps, &mut slots.clone());
        }
    }
}

/// Values that are used before the step that brings them, in the only list that does.
fn too_early(notes: &mut Notes, steps: &[Step]) {
    let plan = notes.plan;
    let mut brought: BTreeMap<&str, (usize, Place)> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        for name in brings(step) {
            brought.entry(name).or_insert((at, step.place));
        }
    }
    brought.retain(|name, (_, place)| {
        let mut others = plan.slots.contains_key(*name);
        paths::every_step(plan, &mut |step| others |= step.place != *place && brings(step).contains(name));
        !others
    });
    for (at, step) in steps.iter().enumerate() {
        let mut used: Vec<(String, Place)> = Vec::new();
        paths::walk(std::slice::from_ref(step), &mut |step| used.extend(names_used(step).into_iter().map(|name| (name, step.place))));
        for (name, place) in used {
            let root = name.split('.').next().unwrap_or_default();
            if let Some((_, brings)) = brought.get(root).filter(|(later, _)| *later > at) {
                notes.add(
                    place,
                    root,
                    "too-early",
                    Wordings::new(
                        format!("这里还没有 {root}：第 {} 行才查到", brings.line),
                        format!("{root} is not there yet: line {} brings it", brings.line),
                    ),
                    Wordings::new("移到那一步后面", "move it behind that step"),
                );
                return;
            }
        }
    }
}

/// The variables that a step brings.
fn brings(step: &Step) -> Vec<&str> {
    match &step.kind {
        StepKind::Lookup(lookup) if !lookup.name.is_empty() => vec![&lookup.name],
        StepKind::Set(values) => values.iter().map(|(name, _)| name.as_str()).collect(),
        StepKind::Ticket(ticket) => vec![&ticket.name],
        StepKind::RecordMessage(message) => vec![&message.name],
        StepKind::Survey { slot, .. } => vec![slot],
        _ => Vec::new(),
    }
}

/// Returns every name that a dialplan's texts and conditions use, `order.state` as one.
#[must_use]
pub fn names_used_by(plan: &Dialplan) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    paths::every_step(plan, &mut |step| names.extend(names_used(step)));
    for text in plan
        .prompts
        .values()
        .flat_map(|prompt| &prompt.variants)
        .chain(plan.slots.values().flat_map(|slot| slot.ask.iter().chain(&slot.confirm)))
    {
        names.extend(text.by_language.values().flat_map(Template::names));
    }
    names.extend(plan.routes.iter().filter_map(|route| route.when.as_ref()).flat_map(Condition::names));
    names
}

/// The names that a step's own texts and conditions use.
fn names_used(step: &Step) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for template in templates(step) {
        names.extend(template.names());
    }
    if let StepKind::Choose(branches) = &step.kind {
        names.extend(branches.iter().filter_map(|branch| branch.when.as_ref()).flat_map(Condition::names));
    }
    names
}

/// The templates of a step itself, not of the steps within it.
pub(super) fn templates(step: &Step) -> Vec<&Template> {
    match &step.kind {
        StepKind::Say(text) | StepKind::Ask(text) | StepKind::Menu { ask: text, .. } | StepKind::Survey { ask: text, .. } => {
            text.by_language.values().collect()
        }
        StepKind::RecordMessage(message) => message.ask.by_language.values().collect(),
        StepKind::Send(send) => send.text.iter().flat_map(|text| text.by_language.values()).chain(&send.link).collect(),
        StepKind::Ticket(ticket) => ticket.text.iter().chain(ticket.fields.iter().map(|(_, template)| template)).collect(),
        StepKind::Remember { fields, .. } => fields.iter().map(|(_, template)| template).collect(),
        StepKind::Lookup(lookup) => {
            let mut all: Vec<&Template> = vec![&lookup.path];
            all.extend(lookup.send.iter().map(|(_, template)| template));
            all.extend(lookup.meanwhile.iter().flat_map(|text| text.by_language.values()));
            all
        }
        StepKind::Set(values) => values.iter().map(|(_, template)| template).collect(),
        _ => Vec::new(),
    }
}

/// Slots, sources and queues that nothing uses.
fn unused(notes: &mut Notes, plan: &Dialplan) {
    let (mut slots, mut sources, mut queues) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    paths::every_step(plan, &mut |step| match &step.kind {
        StepKind::Collect(names) => slots.extend(names.iter().cloned()),
        StepKind::Again(name) => drop(slots.insert(name.clone())),
        StepKind::Lookup(lookup) => drop(sources.insert(lookup.source.clone())),
        StepKind::Survey { slot, .. } => drop(slots.insert(slot.clone())),
        StepKind::Transfer { queue: Some(queue), .. } | StepKind::Callback(Callback { queue: Some(queue), .. }) => {
            queues.insert(queue.to_string());
        }
        _ => {}
    });
    paths::every_step(plan, &mut |step| {
        if let StepKind::Callback(Callback { at, number, .. }) = &step.kind {
            slots.extend(at.iter().chain(number).cloned());
        }
    });
    if let Some(Sender::Source { source, .. }) = plan.messages.as_ref().map(|messages| &messages.sender) {
        sources.insert(source.clone());
    }
    queues.extend(plan.routes.iter().map(|route| route.queue.to_string()));
    for intent in &plan.intents {
        slots.extend(plan.slots.keys().filter(|name| intent.examples.iter().any(|one| one.contains(&format!("{{{name}}}")))).cloned());
    }
    let known = &plan.source;
    for (name, slot) in plan.slots.iter().filter(|(name, _)| !slots.contains(*name)) {
        // A step that this version only reads may still name it.
        if known.matches(&format!("slot: {name}")).count() == 0 {
            idle(notes, slot.place, name, "slot", &format!("collect: {name}"));
        }
    }
    for (name, source) in plan.sources.iter().filter(|(name, _)| !sources.contains(*name)) {
        idle(notes, source.place, name, "source", &format!("lookup: {name}"));
    }
    for (name, queue) in plan.queues.iter().filter(|(name, _)| !queues.contains(name.as_str()) && plan.queues.len() > 1) {
        if !known.contains(&format!("queue: {name}")) {
            idle(notes, queue.place, name.as_str(), "queue", &format!("{{queue: {name}}}"));
        }
    }
}

fn idle(notes: &mut Notes, place: Place, name: &str, kind: &str, use_it: &str) {
    notes.add(
        place,
        name,
        "unused",
        Wordings::new(format!("{kind} {name} 没有地方用到"), format!("nothing uses the {kind} {name}")),
        Wordings::new(format!("在步骤里写 {use_it}，或者删掉它"), format!("write {use_it} in a step, or delete it")),
    );
}
