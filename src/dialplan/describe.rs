//! The schema for editors and the reference page, both made from the table of keys.
//! Reads no dialplan.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::keys::{self, Group, Key, Need, Shape};

/// Returns the JSON Schema (2020-12) of the language, as `dialplans/schema.json` holds it: editors complete and explain keys with it.
#[must_use]
pub fn schema() -> String {
    let mut defs = Map::new();
    defs.insert("words".to_owned(), words_schema());
    defs.insert("duration".to_owned(), json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d|y)$"}));
    for group in keys::GROUPS {
        defs.insert(group.name.to_owned(), group_schema(group));
    }
    defs.insert(
        "prompt".to_owned(),
        json!({"anyOf": [words_schema(), {"type": "array", "items": words_schema()}, group_schema(&keys::PROMPT)]}),
    );
    let mut steps = vec![json!({"enum": keys::WORDS})];
    for step in keys::STEPS {
        let name = format!("step_{}", step.name);
        defs.insert(name.clone(), group_schema(step));
        steps.push(json!({"$ref": format!("#/$defs/{name}")}));
    }
    defs.insert("step".to_owned(), json!({"anyOf": steps}));
    defs.insert("steps".to_owned(), json!({"anyOf": [{"$ref": "#/$defs/step"}, {"type": "array", "items": {"$ref": "#/$defs/step"}}]}));
    let mut root = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Bellhop dialplan"});
    if let (Some(root), Value::Object(top)) = (root.as_object_mut(), group_schema(&keys::TOP)) {
        root.extend(top);
        root.insert("$defs".to_owned(), Value::Object(defs));
    }
    let mut text = serde_json::to_string_pretty(&root).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the reference page of the language, as `docs/ref/dialplan.md` holds it.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Dialplan reference · 话术文件参考\n\n\
         Made from the table of keys in the program; a test compares them. 由程序里的键表生成。\n\n\
         Durations are `800ms`, `5s`, `3m`, `2h`, `90d`. Texts may hold `{{ values }}`; `{{ value | spell }}` reads digit by digit,\n\
         `{{ order.eta | date }}` says a date. Conditions are as `order.state == \"shipped\"`. YAML 1.2; `no` and `010123` stay text;\n\
         anchors and tags are refused. Environment variables stand only in `sources`: `${NAME}`, `${NAME:-default}`.\n\n",
    );
    section(&mut page, "The file · 文件", &keys::TOP);
    page.push_str(
        "## Steps · 步骤\n\nA list of steps, or one. `listen`, `repeat`, `back`, `slower`, `hangup` and `transfer` may stand alone.\n\n",
    );
    for step in keys::STEPS {
        table(&mut page, &format!("### `{}`", step.name), step);
    }
    page.push_str("## Maps within · 其中的各部分\n\n");
    for group in keys::GROUPS {
        table(&mut page, &format!("### `{}`", group.name), group);
    }
    while page.ends_with("\n\n") {
        page.pop();
    }
    page
}

fn section(page: &mut String, title: &str, group: &Group) {
    table(page, &format!("## {title}"), group);
}

pub(super) fn table(page: &mut String, title: &str, group: &Group) {
    let _ = writeln!(page, "{title}\n\n{} {}\n", group.en, group.zh);
    if group.keys.iter().all(|key| key.en.is_empty()) {
        return;
    }
    page.push_str("| key | value | | what it does |\n|---|---|---|---|\n");
    for key in group.keys {
        let need = match key.need {
            Need::Must => "must",
            Need::May => "",
        };
        let _ = writeln!(page, "| `{}` | {} | {need} | {} {} |", key.name, shape_words(&key.shape), key.en, key.zh);
    }
    page.push('\n');
}

fn shape_words(shape: &Shape) -> String {
    match shape {
        Shape::Words => "words, or `{zh: …, en: …}`".to_owned(),
        Shape::Prompt => "words, a list of variants, or a `prompt`".to_owned(),
        Shape::Plain => "text".to_owned(),
        Shape::Name(kind) => format!("name of a {kind}"),
        Shape::Condition => "condition".to_owned(),
        Shape::Duration => "duration".to_owned(),
        Shape::Range => "`8` or `8..12`".to_owned(),
        Shape::Count => "whole number".to_owned(),
        Shape::Decimal => "number".to_owned(),
        Shape::Switch => "`true` or `false`".to_owned(),
        Shape::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Shape::Steps => "steps".to_owned(),
        Shape::Many(one) => format!("list of {}", shape_words(one)),
        Shape::Each(one) => format!("`name:` {}", shape_words(one)),
        Shape::Group(group) => format!("a `{}`", group.name),
        Shape::Either(shapes) => shapes.iter().map(shape_words).collect::<Vec<_>>().join(", or "),
    }
}

pub(super) fn group_schema(group: &Group) -> Value {
    let mut properties = Map::new();
    for key in group.keys {
        let mut schema = shape_schema(&key.shape);
        if let Some(schema) = schema.as_object_mut().filter(|_| !key.en.is_empty()) {
            schema.insert("description".to_owned(), Value::String(described(key)));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> = group.keys.iter().filter(|key| key.need == Need::Must).map(|key| key.name).collect();
    json!({
        "type": "object",
        "description": format!("{} {}", group.zh, group.en),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn described(key: &Key) -> String {
    format!("{} {}", key.zh, key.en)
}

fn words_schema() -> Value {
    json!({"anyOf": [
        {"type": ["string", "number", "boolean"]},
        {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}, "minProperties": 1, "additionalProperties": false},
    ]})
}

fn shape_schema(shape: &Shape) -> Value {
    match shape {
        Shape::Words => json!({"$ref": "#/$defs/words"}),
        Shape::Prompt => json!({"$ref": "#/$defs/prompt"}),
        Shape::Plain => json!({"type": ["string", "number", "boolean"]}),
        Shape::Name(_) => json!({"type": "string", "minLength": 1}),
        Shape::Condition => json!({"type": ["string", "boolean"]}),
        Shape::Duration => json!({"$ref": "#/$defs/duration"}),
        Shape::Range => json!({"type": ["string", "integer"]}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Decimal => json!({"type": "number"}),
        Shape::Switch => json!({"type": "boolean"}),
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::Steps => json!({"$ref": "#/$defs/steps"}),
        Shape::Many(one) => json!({"anyOf": [{"type": "array", "items": shape_schema(one)}, shape_schema(one)]}),
        Shape::Each(one) => json!({"type": "object", "additionalProperties": shape_schema(one)}),
        Shape::Group(group) => match keys::GROUPS.iter().find(|known| known.name == group.name) {
            Some(group) => json!({"$ref": format!("#/$defs/{}", group.name)}),
            None => group_schema(group),
        },
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(shape_schema).collect::<Vec<_>>()}),
    }
}
