//! The ways through a dialplan: flows that nothing reaches, circles without a way out, no way to a person, prompts never played.

use std::collections::{BTreeMap, BTreeSet};

use super::Notes;
use crate::dialplan::{Dialplan, Step, StepKind, Wordings};

/// Prompts that the robot plays by itself.
const BUILT_IN: &[&str] = &[
    "again",
    "not_heard",
    "go_ahead",
    "goodbye",
    "apology",
    "lookup_failed",
    "not_found",
    "transfer",
    "no_seat",
    "callback_question",
    "callback_promised",
    "slot_length",
    "slot_again",
    "slot_wrong",
    "yes_or_no",
    "menu_again",
    "confirm_doing",
    "confirm_asking",
    "next_in_queue",
    "queue_place",
    "welcome",
];

pub(super) fn check(notes: &mut Notes) {
    let plan = notes.plan;
    unreachable(notes, plan);
    circles(notes, plan);
    let mut played: BTreeSet<&str> = BTreeSet::new();
    let mut plays: Vec<String> = Vec::new();
    every_step(plan, &mut |step| {
        if let StepKind::Play(name) = &step.kind {
            plays.push(name.clone());
        }
    });
    played.extend(plays.iter().map(String::as_str));
    for (name, prompt) in plan.prompts.iter().filter(|(name, _)| !played.contains(name.as_str()) && !BUILT_IN.contains(&name.as_str())) {
        notes.add(
            prompt.place,
            name,
            "unplayed-prompt",
            Wordings::new(format!("话术 {name} 没有地方播放"), format!("nothing plays the prompt {name}")),
            Wordings::new(format!("加上一步 - play: {name}，或者删掉它"), format!("add a step - play: {name}, or delete it")),
        );
    }
}

fn unreachable(notes: &mut Notes, plan: &Dialplan) {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    let mut note = |step: &Step| {
        if let StepKind::Go(flow) = &step.kind {
            open.push(flow.clone());
        }
    };
    outside_flows(plan, &mut note);
    while let Some(flow) = open.pop() {
        if reached.insert(flow.clone())
            && let Some(steps) = plan.flows.get(&flow)
        {
            walk(steps, &mut |step| {
                if let StepKind::Go(next) = &step.kind {
                    open.push(next.clone());
                }
            });
        }
    }
    for name in plan.flows.keys().filter(|name| !reached.contains(*name)) {
        let place = plan.flow_places.get(name).copied().unwrap_or_default();
        notes.add(
            place,
            name,
            "unreachable",
            Wordings::new(format!("没有地方会走到 {name}"), format!("nothing leads to {name}")),
            Wordings::new(format!("在一个 intent 里写 go: {name}，或者删掉它"), format!("write go: {name} in an intent, or delete it")),
        );
    }
}

/// A flow that always goes on to the next until it comes back, with nobody listened to on the way.
fn circles(notes: &mut Notes, plan: &Dialplan) {
    let next: BTreeMap<&str, &str> = plan.flows.iter().filter_map(|(name, steps)| Some((name.as_str(), always_goes(steps)?))).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for start in next.keys().copied() {
        let mut ring = vec![start];
        let mut at = start;
        while let Some(to) = next.get(at).copied() {
            if to == start {
                if ring.iter().all(|name| told.insert(name)) {
                    let shown = ring.join(" → ");
                    let place = plan.flow_places.get(start).copied().unwrap_or_default();
                    notes.add(
                        place,
                        start,
                        "circle",
                        Wordings::new(
                            format!("{shown} → {start} 一直转圈，中间没有听客户说话"),
                            format!("{shown} → {start} goes round without listening to the caller"),
                        ),
                        Wordings::new("中间加一步 ask、listen、transfer 或 hangup", "put ask, listen, transfer or hangup on the way"),
                    );
                }
                break;
            }
            if ring.contains(&to) {
                break;
            }
            ring.push(to);
            at = to;
        }
    }
}

/// Returns the flow to which these steps always go without waiting for the caller.
fn always_goes(steps: &[Step]) -> Option<&str> {
    for step in steps {
        match &step.kind {
            StepKind::Go(flow) => return Some(flow),
            // A slot is asked once only, and a lookup that finds something goes on.
            StepKind::Play(_)
            | StepKind::Say(_)
            | StepKind::Set(_)
            | StepKind::Speak(_)
            | StepKind::Repeat
            | StepKind::Slower
            | StepKind::Send(_)
            | StepKind::Ticket(_)
            | StepKind::Remember { .. }
            | StepKind::Collect(_)
            | StepKind::Lookup(_)
            | StepKind::Callback(_) => {}
            StepKind::Choose(branches) => {
                let mut ways = branches.iter().map(|branch| always_goes(&branch.steps));
                let first = ways.next().flatten();
                if first.is_some() && branches.iter().any(|branch| branch.when.is_none()) && ways.all(|way| way == first) {
                    return first;
                }
                if branches.iter().any(|branch| waits(&branch.steps)) {
                    return None;
                }
            }
            StepKind::Listen
            | StepKind::Ask(_)
            | StepKind::Again(_)
            | StepKind::Transfer { .. }
            | StepKind::Menu { .. }
            | StepKind::RecordMessage(_)
            | StepKind::Survey { .. }
            | StepKind::Back
            | StepKind::Hangup => return None,
        }
    }
    None
}

fn waits(steps: &[Step]) -> bool {
    let mut waits = false;
    walk(steps, &mut |step| {
        waits |=
            matches!(step.kind, StepKind::Listen | StepKind::Ask(_) | StepKind::Menu { .. } | StepKind::Transfer { .. } | StepKind::Hangup);
    });
    waits
}

/// Visits every step of a dialplan, those within steps too.
pub fn every_step(plan: &Dialplan, note: &mut dyn FnMut(&Step)) {
    outside_flows(plan, note);
    plan.flows.values().for_each(|steps| walk(steps, note));
}

fn outside_flows(plan: &Dialplan, note: &mut dyn FnMut(&Step)) {
    walk(&plan.start, note);
    walk(&plan.silence.then, note);
    walk(&plan.after_hours, note);
    walk(&plan.after_seat, note);
    plan.keys.values().for_each(|steps| walk(steps, note));
    plan.intents.iter().for_each(|intent| walk(&intent.steps, note));
}

pub(super) fn walk(steps: &[Step], note: &mut dyn FnMut(&Step)) {
    for step in steps {
        note(step);
        for steps in inner(step) {
            walk(steps, note);
        }
    }
}

/// The lists of steps within a step.
pub(super) fn inner(step: &Step) -> Vec<&[Step]> {
    match &step.kind {
        StepKind::Lookup(lookup) => lookup.not_found.iter().chain(&lookup.failed).map(|steps| &**steps).collect(),
        StepKind::Choose(branches) => branches.iter().map(|branch| &*branch.steps).collect(),
        StepKind::Send(send) => send.failed.iter().map(|steps| &**steps).collect(),
        StepKind::Menu { keys, .. } => keys.values().map(|steps| &**steps).collect(),
        _ => Vec::new(),
    }
}
