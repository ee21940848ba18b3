//! What a caller did in a call of the record, to do it again: words, keys, silences, and how the business systems answered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::call::TapWhat;
use crate::dialplan::{Dialplan, FakedAnswer, StepKind};
use crate::ivr::{Line, LookupOutcome, LookupRequest};
use crate::lint;
use crate::rehearsal::Fakes;
use crate::store::CallRecord;

/// One thing of a recorded call.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The robot said this; true where it was cut.
    Robot(String, bool),
    /// The caller said this, as it was heard, so surely.
    Caller(String, f32),
    /// Keys.
    Keys(String),
    /// The caller said nothing.
    Silence,
    /// A business system was asked: its name and `found`, `not_found` or `failed`.
    Lookup(String, String),
    /// Handed over; what follows is between people.
    HandedOver,
}

/// Reads a recorded call, up to the first hand-over.
#[must_use]
pub fn events(call: &CallRecord, plan: Option<&Dialplan>) -> Vec<Event> {
    let mut all: Vec<(i64, u8, Event)> = Vec::new();
    for turn in &call.transcript {
        match turn.who.as_str() {
            "robot" => {
                if is_not_heard(&turn.text, plan) {
                    all.push((turn.t, 0, Event::Silence));
                }
                all.push((turn.t, 1, Event::Robot(turn.text.clone(), turn.cut)));
            }
            "caller" => all.push((turn.t, 1, Event::Caller(turn.text.clone(), turn.confidence))),
            _ => {}
        }
    }
    let mut over = i64::MAX;
    for event in &call.events {
        match &event.what {
            TapWhat::Keys { text } => all.push((event.t, 1, Event::Keys(text.clone()))),
            TapWhat::LookedUp { source, outcome, .. } => all.push((event.t, 2, Event::Lookup(source.clone(), outcome.clone()))),
            TapWhat::Queued { .. } => {
                over = over.min(event.t);
                all.push((event.t, 3, Event::HandedOver));
            }
            _ => {}
        }
    }
    all.retain(|(t, _, event)| *t < over || *event == Event::HandedOver && *t == over);
    all.sort_by_key(|(t, order, _)| (*t, *order));
    all.into_iter().map(|(_, _, event)| event).collect()
}

/// Whether a text is what the robot says into a silence.
fn is_not_heard(text: &str, plan: Option<&Dialplan>) -> bool {
    let own = plan.and_then(|plan| plan.prompts.get(Line::NotHeard.name()));
    let own = own.into_iter().flat_map(|prompt| &prompt.variants).flat_map(|text| text.by_language.values());
    own.into_iter().any(|template| template.source() == text)
        || [crate::base::Language::Zh, crate::base::Language::En]
            .into_iter()
            .any(|language| Line::NotHeard.variants(language).contains(&text))
}

/// Words and keys whose digits were masked, with digits in their place: the same ones each time.
#[must_use]
pub fn unmasked(text: &str) -> String {
    text.replace('*', "1")
}

/// Answers for the business systems of a recorded call: as scripts fake them where one fits, else as they answered then, with
/// placeholders for what the record does not keep.
pub struct Remembered<'s> {
    fakes: Fakes<'s>,
    scripted: &'s [FakedAnswer],
    outcomes: BTreeMap<String, VecDeque<String>>,
    bodies: BTreeMap<String, Value>,
}

impl<'s> Remembered<'s> {
    /// Takes the answers of scripts, and what a call's record says of each system.
    #[must_use]
    pub fn new(scripted: &'s [FakedAnswer], events: &[Event], bodies: BTreeMap<String, Value>) -> Self {
        let mut outcomes: BTreeMap<String, VecDeque<String>> = BTreeMap::new();
        for event in events {
            if let Event::Lookup(source, outcome) = event {
                outcomes.entry(source.clone()).or_default().push_back(outcome.clone());
            }
        }
        Self { fakes: Fakes::new(scripted), scripted, outcomes, bodies }
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &LookupRequest) -> Option<(Duration, LookupOutcome)> {
        let then = self.outcomes.get_mut(&request.source).and_then(VecDeque::pop_front);
        let outcome = match then.as_deref() {
            Some("not_found") => LookupOutcome::NotFound,
            Some("failed") => LookupOutcome::Failed("it failed then".to_owned()),
            _ => {
                let line = format!("{} {}", request.method.as_str(), request.path);
                if self.scripted.iter().any(|fake| fake.fits(&request.source, &line)) {
                    return self.fakes.answer(request);
                }
                LookupOutcome::Found(self.bodies.get(&request.source).cloned().unwrap_or_else(|| Value::Object(Map::new())))
            }
        };
        Some((Duration::from_millis(100), outcome))
    }
}

/// For each business system an answer that has every field the plans ask for, with the field's name as its value.
#[must_use]
pub fn placeholders(plans: &[&Dialplan]) -> BTreeMap<String, Value> {
    let mut bodies: BTreeMap<String, Value> = BTreeMap::new();
    for plan in plans {
        let names = lint::names_used(plan);
        lint::every_step(plan, &mut |step| {
            let StepKind::Lookup(lookup) = &step.kind else { return };
            let body = bodies.entry(lookup.source.clone()).or_insert_with(|| Value::Object(Map::new()));
            let prefix = format!("{}.", lookup.name);
            let fields: BTreeSet<&str> = names.iter().filter_map(|name| name.strip_prefix(&prefix)).collect();
            for field in fields {
                put(body, field);
            }
        });
    }
    bodies
}

fn put(body: &mut Value, path: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(members) = body.as_object_mut() else { return };
    match rest {
        None => drop(members.entry(first).or_insert_with(|| Value::String(first.to_owned()))),
        Some(rest) => {
            let inner = members.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            put(inner, rest);
        }
    }
}
