//! `bellhop test --record CALL`: a script from a call of the record.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::calls::{by_beginning, local};
use super::cli::TestArgs;
use super::print::{complain, line};
use super::recorded::{Event, events, unmasked};
use crate::store::{CallRecord, Store};

/// Prints the script.
///
/// # Errors
/// Where there is no such call.
pub async fn record(args: TestArgs) -> Result<ExitCode> {
    let id = args.record.context("a call's id")?;
    let store = Store::open_read_only(&args.data).await?;
    let call = match store.call(&id.as_str().into()).await? {
        Some(call) => call,
        None => by_beginning(&store, &id).await?,
    };
    line(script(&call).trim_end());
    complain("add it to the calls of x.calls.yaml; what business systems answered and masked digits are not kept: fill them in");
    Ok(ExitCode::SUCCESS)
}

/// Writes a call as a script: what the robot said is shortened to its first sentence.
fn script(call: &CallRecord) -> String {
    let when = local(call.began);
    let mut out = format!("  - name: {}\n    from: {}\n", quoted(&format!("来电 {when}")), quoted(&unmasked(&call.caller)));
    let _ = writeln!(out, "    at: {}", quoted(when.get(..16).unwrap_or(&when)));
    let events = events(call, None);
    let mut sources: Vec<(&str, &str)> = Vec::new();
    for event in &events {
        if let Event::Lookup(source, outcome) = event
            && !sources.iter().any(|(known, _)| known == source)
        {
            sources.push((source, outcome));
        }
    }
    if !sources.is_empty() {
        let each = sources.iter().map(|(source, outcome)| {
            let answer = match *outcome {
                "not_found" => "{status: 404}",
                "failed" => "{status: 500}",
                _ => "{}",
            };
            format!("{source}: {{\"* /*\": {answer}}}")
        });
        let _ = writeln!(out, "    sources: {{{}}}    # what it answered", each.collect::<Vec<_>>().join(", "));
    }
    out.push_str("    steps:\n");
    let mut cut: Option<&str> = None;
    for event in &events {
        match event {
            Event::Robot(text, was_cut) => {
                let _ = writeln!(out, "      - robot: {}", quoted(first_sentence(text)));
                cut = was_cut.then_some(text);
            }
            Event::Caller(text, confidence) => {
                let text = unmasked(text);
                if cut.take().is_some() {
                    let _ = writeln!(out, "      - {{barge_in: {}, after: 800ms}}", quoted(&text));
                } else if *confidence < 0.6 {
                    let _ = writeln!(
                        out,
                        "      - caller: {{say: {0}, heard_as: [{{text: {0}, confidence: {confidence:.2}}}]}}",
                        quoted(&text)
                    );
                } else {
                    let _ = writeln!(out, "      - caller: {}", quoted(&text));
                }
            }
            Event::Keys(keys) => {
                let _ = writeln!(out, "      - press: {}", quoted(&unmasked(keys)));
                cut = None;
            }
            Event::Silence => out.push_str("      - silence: 6s\n"),
            Event::Lookup(..) | Event::HandedOver => {}
        }
    }
    match (&call.queue, &call.reason) {
        (Some(queue), Some(reason)) => {
            let _ = writeln!(out, "    end: {{queue: {}, reason: {}}}", quoted(queue), quoted(reason));
        }
        _ => out.push_str("    end: {handover: none}\n"),
    }
    out
}

/// The first sentence: enough to know it by, and short enough to outlive small changes.
fn first_sentence(text: &str) -> &str {
    let end = text.char_indices().find(|(_, sign)| "。？！?!".contains(*sign)).map_or(text.len(), |(at, _)| at);
    if end == 0 { text } else { &text[..end] }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::Wall;
    use crate::call::{TapEvent, TapWhat};
    use crate::dialplan::CallScripts;
    use crate::store::RecordedTurn;

    #[test]
    fn a_recorded_call_becomes_a_script_that_can_be_read() {
        let turn = |t, who: &str, text: &str, cut| RecordedTurn { t, who: who.to_owned(), text: text.to_owned(), confidence: 0.9, cut };
        let call = CallRecord {
            id: "c".into(),
            began: Wall::from_millis(1_794_362_400_000),
            caller: "138****0000".to_owned(),
            called: "1".to_owned(),
            dialplan: "小店".to_owned(),
            hash: "h".to_owned(),
            disposition: None,
            talked_s: None,
            seat: None,
            queue: Some("general".to_owned()),
            reason: Some("asked".to_owned()),
            intent: None,
            slots: BTreeMap::new(),
            recording: None,
            survey: BTreeMap::new(),
            messages: Vec::new(),
            transcript: vec![
                turn(0, "robot", "您好，这里是\"小店\"。请问有什么可以帮您？", true),
                turn(2000, "caller", "我要查订单", false),
                turn(9000, "robot", "您好，我没有听到您的声音。", false),
                turn(12_000, "caller", "转人工", false),
                turn(20_000, "seat", "您好", false),
                turn(22_000, "caller", "我的订单呢", false),
            ],
            events: vec![
                TapEvent { t: 3000, what: TapWhat::LookedUp { source: "shop".to_owned(), outcome: "not_found".to_owned(), took_ms: 8 } },
                TapEvent { t: 13_000, what: TapWhat::Queued { queue: "general".into(), tier: None, reason: "asked".to_owned() } },
            ],
        };
        let script = script(&call);
        let file = format!("version: 1\ncalls:\n{script}");
        let scripts = CallScripts::load("a.calls.yaml", &file).unwrap_or_else(|found| panic!("{found:#?}\n{file}"));
        assert_eq!(scripts.calls[0].steps.len(), 5, "{script}");
        assert!(
            script.contains("- {barge_in: \"我要查订单\", after: 800ms}")
                && script.contains("silence: 6s")
                && script.contains("{status: 404}"),
            "{script}"
        );
        assert!(script.contains("end: {queue: \"general\", reason: \"asked\"}") && !script.contains("我的订单呢"), "{script}");
    }
}
