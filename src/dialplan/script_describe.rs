//! The schema and the reference page of scripted calls, made from the table of keys.
//! Reads no script.

use serde_json::{Value, json};

use super::describe::{group_schema, table};
use super::script_keys;

/// Returns the JSON Schema (2020-12) of scripted calls, as `dialplans/calls-schema.json` holds it.
#[must_use]
pub fn calls_schema() -> String {
    let mut root = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Bellhop scripted calls"});
    if let (Some(root), Value::Object(mut top)) = (root.as_object_mut(), group_schema(&script_keys::FILE)) {
        top.values_mut().for_each(complete);
        root.extend(top);
        root.insert("$defs".to_owned(), json!({"duration": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d|y)$"}}));
    }
    let mut text = serde_json::to_string_pretty(&root).unwrap_or_default();
    text.push('\n');
    text
}

/// Puts in what the table of keys does not say: the steps of a call, and maps of anything.
fn complete(schema: &mut Value) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let is_call = properties.contains_key("from");
        let expects = properties.contains_key("slots");
        for (name, property) in properties.iter_mut() {
            let anything =
                (is_call && ["sources", "caller"].contains(&name.as_str())) || (expects && ["slots", "values"].contains(&name.as_str()));
            let new = if is_call && name == "steps" {
                let steps: Vec<Value> = script_keys::STEPS.iter().map(group_schema).chain([json!({"const": "hang_up"})]).collect();
                json!({"type": "array", "items": {"anyOf": steps}})
            } else if anything {
                json!({"type": "object"})
            } else {
                continue;
            };
            let known = property.get("description").cloned();
            *property = new;
            if let (Some(known), Some(property)) = (known, property.as_object_mut()) {
                property.insert("description".to_owned(), known);
            }
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(complete),
        Value::Array(items) => items.iter_mut().for_each(complete),
        _ => {}
    }
}

/// Returns the reference page of scripted calls, as `docs/ref/calls.md` holds it.
#[must_use]
pub fn calls_reference() -> String {
    let mut page = String::from(
        "# Scripted calls · 通话剧本\n\n\
         Made from the table of keys in the program; a test compares them. 由程序里的键表生成。\n\n\
         `x.calls.yaml` stands beside `x.yaml`; `bellhop test x.yaml` runs it. The caller waits until the robot has finished, unless a step says otherwise.\n\
         `robot` looks at everything the robot said since the caller last did something, in order. A lookup that no `sources` answers and a step that is not\n\
         reached fail. 客户总是等机器人说完；`robot` 看的是客户上一次动作以后机器人说的所有话。没有写回答的查询、没有用到的步骤都算失败。\n\n\
         ```yaml\n\
         # yaml-language-server: $schema=./calls-schema.json\n\
         version: 1\n\
         defaults: {from: \"13800000000\", at: \"2026-11-11 10:00\"}\n\
         calls:\n\
         \u{20} - name: 查订单，第一次号码报错\n\
         \u{20}   sources: {shop: {\"GET /orders/12345678\": {state: shipped, eta: \"2026-11-12\"}, \"GET /orders/*\": {status: 404}}}\n\
         \u{20}   steps:\n\
         \u{20}     - robot: 请问有什么可以帮您\n\
         \u{20}     - caller: 我的快递到哪了            # or {say: …, heard_as: [{text: …, confidence: 0.7}, …]}\n\
         \u{20}     - robot: 订单号\n\
         \u{20}     - press: \"87654321#\"\n\
         \u{20}     - robot: 没有查到\n\
         \u{20}     - caller: 一二三四五六七八\n\
         \u{20}     - expect: {intent: order_status, slots: {order_number: \"12345678\"}, within: 2s}\n\
         \u{20}   end: {handover: none}              # or {queue: …, reason: …, transcript_has: …}\n\
         ```\n\n\
         Answers in `sources` are the JSON body of a 200; `{status: 404}` is a code; `{status: 200, after: 2s, body: {…}}` takes its time; `timeout` never comes;\n\
         `{in_turn: [A, B]}` gives A the first time and B from then on. `*` in a request takes any characters; the first that fits answers, a call's own before the defaults'.\n\n",
    );
    table(&mut page, "## The file · 文件", &script_keys::FILE);
    table(&mut page, "## `defaults`", &script_keys::DEFAULTS);
    table(&mut page, "## `calls`", &script_keys::CALL);
    page.push_str("## Steps · 步骤\n\n");
    for step in script_keys::STEPS {
        table(&mut page, &format!("### `{}`", step.name), step);
    }
    page.push_str("## Maps within · 其中的各部分\n\n");
    for group in [&script_keys::SAYS, &script_keys::SPOKEN, &script_keys::HEARD, &script_keys::EXPECT, &script_keys::END] {
        table(&mut page, &format!("### `{}`", group.name), group);
    }
    while page.ends_with("\n\n") {
        page.pop();
    }
    page
}
