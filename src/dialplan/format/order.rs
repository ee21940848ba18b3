//! Puts the keys of each map into the order of the tables.

use super::super::keys::{self, Group, Shape};
use super::super::script_keys;
use super::tree::{Entry, Kind, Value};

/// Sorts a value of this shape, and all within it. What has names of its own (flows, intents, prompts) keeps its order.
pub(super) fn sort(value: &mut Value, shape: &Shape) {
    match shape {
        Shape::Group(group) => sort_group(value, group),
        Shape::Prompt => match &mut value.kind {
            Kind::List { entries, .. } => entries.iter_mut().for_each(|entry| sort(&mut entry.value, &Shape::Words)),
            _ => sort_group(value, &keys::PROMPT),
        },
        Shape::Words => {
            if let Kind::Map { entries, .. } = &mut value.kind {
                by(entries, keys::LANGUAGES);
            }
        }
        Shape::Many(one) => match &mut value.kind {
            Kind::List { entries, .. } => entries.iter_mut().for_each(|entry| sort(&mut entry.value, one)),
            _ => sort(value, one),
        },
        Shape::Each(one) => {
            if let Kind::Map { entries, .. } = &mut value.kind {
                for entry in entries {
                    sort(&mut entry.value, one);
                }
            }
        }
        Shape::Steps => match &mut value.kind {
            Kind::List { entries, .. } => entries.iter_mut().for_each(|entry| sort_step(&mut entry.value, keys::STEPS)),
            _ => sort_step(value, keys::STEPS),
        },
        Shape::Either(shapes) => {
            let is_list = matches!(value.kind, Kind::List { .. });
            let is_map = matches!(value.kind, Kind::Map { .. });
            let fits = shapes.iter().find(|shape| match shape {
                Shape::Group(_) | Shape::Each(_) => is_map,
                Shape::Many(_) | Shape::Steps => is_list,
                _ => false,
            });
            if let Some(shape) = fits {
                sort(value, shape);
            }
        }
        _ => {}
    }
}

fn sort_group(value: &mut Value, group: &Group) {
    let Kind::Map { entries, .. } = &mut value.kind else { return };
    by(entries, &group.keys.iter().map(|key| key.name).collect::<Vec<_>>());
    for entry in entries {
        let name = entry.key.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
        if group.name == script_keys::CALL.name && name == "steps" {
            if let Kind::List { entries, .. } = &mut entry.value.kind {
                for step in entries {
                    sort_step(&mut step.value, script_keys::STEPS);
                }
            }
        } else if let Some(key) = group.keys.iter().find(|key| key.name == name) {
            sort(&mut entry.value, &key.shape);
        }
    }
}

fn sort_step(value: &mut Value, steps: &[Group]) {
    let Kind::Map { entries, .. } = &mut value.kind else { return };
    let names: Vec<String> = entries.iter().filter_map(|entry| Some(entry.key.as_ref()?.0.clone())).collect();
    // `send` is a step and also the body of an update.
    let group = steps.iter().filter(|step| names.iter().any(|name| name == step.name)).min_by_key(|step| step.name == "send");
    if let Some(group) = group {
        let mut order: Vec<&str> = vec![group.name];
        order.extend(group.keys.iter().map(|key| key.name).filter(|name| *name != group.name));
        by(entries, &order);
        for entry in entries {
            let name = entry.key.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
            if let Some(key) = group.keys.iter().find(|key| key.name == name) {
                sort(&mut entry.value, &key.shape);
            }
        }
    }
}

fn by(entries: &mut [Entry], order: &[&str]) {
    let place = |entry: &Entry| {
        let name = entry.key.as_ref().map(|(name, _)| name.as_str()).unwrap_or_default();
        order.iter().position(|known| *known == name).unwrap_or(order.len())
    };
    entries.sort_by_key(place);
}
