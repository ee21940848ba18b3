//! `bellhop replay`: recorded calls against a changed dialplan: which would have gone another way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::calls::{by_beginning, local};
use super::check::{or_complain, read_plan};
use super::cli::{Format, ReplayArgs};
use super::conversation::worded;
use super::print::line;
use super::recorded::{Event, Remembered, events, placeholders, unmasked};
use super::versions::Versions;
use crate::base::Language;
use crate::call::TapWhat;
use crate::dialplan::{CallScripts, Dialplan, FakedAnswer};
use crate::intent::Matcher;
use crate::ivr::{self, CallerFacts};
use crate::rehearsal::{Talk, TalkLine, TalkState, TalkWhat};
use crate::store::{CallRecord, Store};

/// Replays recorded calls; the exit code is 1 when one goes another way and `--fail` was given.
///
/// # Errors
/// Where the dialplan or the records cannot be read.
pub async fn replay(args: ReplayArgs) -> Result<ExitCode> {
    let Some(new) = plan(&args.dialplan, args.lang)? else { return Ok(ExitCode::FAILURE) };
    let versions = Versions::below(&args.data);
    let store = Store::open_read_only(&args.data).await?;
    let calls = recorded(&store, &args, &new.plan.name).await?;
    if calls.is_empty() {
        bail!("no recorded calls of {} in {}", new.plan.name, args.data.display());
    }
    let scripted = scripted(&args.dialplan);
    let mut olds: BTreeMap<String, Option<Ready>> = BTreeMap::new();
    if let Some(against) = &args.against {
        let Some(old) = plan(against, args.lang)? else { return Ok(ExitCode::FAILURE) };
        olds.insert(String::new(), Some(old));
    }
    let (mut same, mut other, mut results) = (0, 0, Vec::new());
    for call in &calls {
        let key = if args.against.is_some() { String::new() } else { call.hash.clone() };
        let old = olds.entry(key).or_insert_with(|| {
            let (name, version) = versions.anywhere(&call.hash)?;
            plan(&versions.copy(&name, &version), args.lang).ok().flatten()
        });
        let outcome = compare(call, old.as_ref(), &new, &scripted);
        let differs = outcome.before != outcome.after;
        if differs {
            other += 1;
        } else {
            same += 1;
        }
        if args.format == Format::Json {
            results.push(
                json!({"call": call.id, "differs": differs, "before": outcome.before, "after": outcome.after, "against": outcome.against}),
            );
        } else if differs {
            line(&format!("≠ {}  {}  {}  ({})", call.id, local(call.began), call.caller, outcome.against));
            line(&format!("    {}", arrows(&outcome.before)));
            line(&format!("  → {}", arrows(&outcome.after)));
            for text in diff(&outcome.lines.0, &outcome.lines.1) {
                line(&format!("      {text}"));
            }
            line("");
        }
    }
    match args.format {
        Format::Json => line(&serde_json::to_string(&results)?),
        Format::Human => line(&format!("{} call(s): {other} would go another way, {same} the same", calls.len())),
    }
    Ok(if other > 0 && args.fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A dialplan with its intents trained.
struct Ready {
    plan: Arc<Dialplan>,
    matcher: Arc<Matcher>,
}

fn plan(file: &Path, lang: Language) -> Result<Option<Ready>> {
    Ok(or_complain(read_plan(file)?, lang).map(|plan| {
        let matcher = Arc::new(ivr::matcher_for(&plan));
        Ready { plan: Arc::new(plan), matcher }
    }))
}

async fn recorded(store: &Store, args: &ReplayArgs, hotline: &str) -> Result<Vec<CallRecord>> {
    if let Some(id) = &args.call {
        let call = match store.call(&id.as_str().into()).await? {
            Some(call) => call,
            None => by_beginning(store, id).await?,
        };
        return Ok(vec![call]);
    }
    let since = match &args.since {
        Some(day) => {
            let day = day.parse::<jiff::civil::Date>().with_context(|| format!("--since {day} is no date as 2026-11-21"))?;
            day.to_zoned(jiff::tz::TimeZone::system()).context("a day of this time zone")?.timestamp().as_millisecond()
        }
        None => i64::MIN,
    };
    let mut calls = Vec::new();
    for call in store.calls(args.limit).await? {
        if call.dialplan == hotline && call.began.millis() >= since && call.disposition.is_some() {
            calls.extend(store.call(&call.id).await?);
        }
    }
    Ok(calls)
}

/// The faked answers of the scripted calls beside a dialplan, where there are any.
fn scripted(dialplan: &Path) -> Vec<FakedAnswer> {
    let file = dialplan.with_extension("calls.yaml");
    let scripts = std::fs::read(&file).ok().and_then(|bytes| CallScripts::load_bytes(&file.display().to_string(), &bytes).ok());
    scripts.map(|scripts| scripts.calls.into_iter().flat_map(|call| call.answers).collect()).unwrap_or_default()
}

struct Compared {
    before: Vec<String>,
    after: Vec<String>,
    against: String,
    lines: (Vec<String>, Vec<String>),
}

fn compare(call: &CallRecord, old: Option<&Ready>, new: &Ready, scripted: &[FakedAnswer]) -> Compared {
    let plans: Vec<&Dialplan> = old.iter().map(|old| &*old.plan).chain([&*new.plan]).collect();
    let bodies = placeholders(&plans);
    let events = events(call, old.map(|old| &*old.plan));
    let again = |ready: &Ready| walk(call, ready, &events, Remembered::new(scripted, &events, bodies.clone()));
    let after = again(new);
    match old {
        Some(old) => {
            let before = again(old);
            Compared {
                before: path(&before),
                after: path(&after),
                against: format!("version {}", call.hash.get(..8).unwrap_or(&call.hash)),
                lines: (texts(before.lines()), texts(after.lines())),
            }
        }
        None => Compared {
            before: path_of_record(call),
            after: path_without_flows(&after),
            against: "the record: its dialplan was not kept".to_owned(),
            lines: (
                texts_of_record(&events),
                texts(after.lines()).into_iter().filter(|text| !text.trim_start().starts_with('→')).collect(),
            ),
        },
    }
}

/// Does again what the caller did.
fn walk(call: &CallRecord, ready: &Ready, events: &[Event], mut answers: Remembered<'_>) -> Talk {
    let number = unmasked(&call.caller);
    let facts =
        CallerFacts { number_masked: call.caller.clone(), number: Some(number.into()), record: serde_json::Map::new(), began: call.began };
    let mut talk = Talk::new(&ready.plan, &ready.matcher, facts);
    let mut answer = |request: &ivr::LookupRequest| answers.answer(request);
    talk.begin(&mut answer);
    for event in events {
        if talk.state() != TalkState::Open {
            break;
        }
        match event {
            Event::Caller(text, confidence) => {
                let text = unmasked(text);
                talk.say(&text, &[(text.clone(), *confidence)], &mut answer);
            }
            Event::Keys(keys) => talk.press(&unmasked(keys), None, &mut answer),
            Event::Silence => talk.silence(ready.plan.silence.after + Duration::from_millis(100), &mut answer),
            Event::Robot(..) | Event::Lookup(..) | Event::HandedOver => {}
        }
        talk.until_quiet(&mut answer);
    }
    if talk.state() == TalkState::Open {
        talk.hang_up(None, &mut answer);
    }
    talk
}

/// What a call's way was: intents, flows, hand-over, end.
fn path(talk: &Talk) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut flows = talk.path().iter().filter_map(|step| step.flow.as_ref()).map(|flow| format!("[{flow}]")).peekable();
    for line in talk.lines() {
        if let Some(step) = way(&line.what) {
            path.push(step);
        }
    }
    let flows: Vec<String> = std::iter::from_fn(|| flows.next()).collect();
    path.extend(flows);
    path
}

fn path_without_flows(talk: &Talk) -> Vec<String> {
    talk.lines().iter().filter_map(|line| way(&line.what)).collect()
}

fn way(what: &TalkWhat) -> Option<String> {
    match what {
        TalkWhat::Intent { name, .. } => Some(name.clone()),
        TalkWhat::HandedOver { queue, reason, .. } => Some(format!("⇒ {queue} ({reason})")),
        TalkWhat::RobotHungUp => Some("robot hangs up".to_owned()),
        TalkWhat::CallerHungUp => Some("caller hangs up".to_owned()),
        _ => None,
    }
}

fn path_of_record(call: &CallRecord) -> Vec<String> {
    let mut path = Vec::new();
    for event in &call.events {
        match &event.what {
            TapWhat::Intent { name, .. } => path.push(name.clone()),
            TapWhat::Queued { queue, reason, .. } => {
                path.push(format!("⇒ {queue} ({reason})"));
                return path;
            }
            _ => {}
        }
    }
    path.push(if call.disposition.as_deref() == Some("robot_hung_up") {
        "robot hangs up".to_owned()
    } else {
        "caller hangs up".to_owned()
    });
    path
}

fn arrows(path: &[String]) -> String {
    path.join(" · ")
}

fn texts(lines: &[TalkLine]) -> Vec<String> {
    let kept = lines.iter().filter(|line| !matches!(line.what, TalkWhat::Note(_)));
    kept.map(|line| {
        let (who, text) = worded(&line.what, Language::En);
        format!("{who}  {text}")
    })
    .collect()
}

fn texts_of_record(events: &[Event]) -> Vec<String> {
    let worded = events.iter().filter_map(|event| match event {
        Event::Robot(text, _) => Some(format!("robot   {text}")),
        Event::Caller(text, _) => Some(format!("caller  {}", unmasked(text))),
        Event::Keys(keys) => Some(format!("caller  [keys] {}", unmasked(keys))),
        _ => None,
    });
    worded.collect()
}

/// The lines that went (`-`) and came (`+`), each with the line before it.
fn diff(before: &[String], after: &[String]) -> Vec<String> {
    // The longest common part, line by line: calls have some tens of lines.
    let (rows, columns) = (before.len().min(400), after.len().min(400));
    let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = if before[row] == after[column] {
                longest[row + 1][column + 1] + 1
            } else {
                longest[row + 1][column].max(longest[row][column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut out: Vec<String> = Vec::new();
    let mut last_same: Option<&str> = None;
    let mut put = |mark: char, text: &str, last_same: &mut Option<&str>| {
        if let Some(same) = last_same.take() {
            out.push(format!("  {same}"));
        }
        out.push(format!("{mark} {text}"));
    };
    while row < rows || column < columns {
        if row < rows && column < columns && before[row] == after[column] {
            last_same = Some(&before[row]);
            row += 1;
            column += 1;
        } else if row < rows && (column == columns || longest[row + 1][column] >= longest[row][column + 1]) {
            put('-', &before[row], &mut last_same);
            row += 1;
        } else {
            put('+', &after[column], &mut last_same);
            column += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Wall;
    use crate::call::TapEvent;
    use crate::store::RecordedTurn;

    const BEFORE: &str = "dialplan: 1\nname: 小店\nnumbers: [\"1\"]\nslots: {order: {type: digits, length: 8, keypad: true, ask: 订单号是多少？}}\nsources: {shop: {url: \"http://127.0.0.1:9\"}}\nintents:\n  status: {examples: [我要查订单, 快递到哪了, 物流不动了], go: status}\n  hours: {examples: [几点开门, 营业时间, 周末开不开], say: 九点开门。}\nflows:\n  status:\n    - collect: order\n    - {lookup: shop, get: \"/orders/{{ order }}\", as: found}\n    - say: \"订单{{ found.state }}。\"\n    - ask: 还有什么可以帮您？\nqueues: {general: {}}\n";

    fn ready(text: &str) -> Ready {
        let plan = Dialplan::load("shop.yaml", text, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
        Ready { matcher: Arc::new(ivr::matcher_for(&plan)), plan: Arc::new(plan) }
    }

    fn call() -> CallRecord {
        let turn = |t, who: &str, text: &str| RecordedTurn { t, who: who.to_owned(), text: text.to_owned(), confidence: 0.9, cut: false };
        let event = |t, what| TapEvent { t, what };
        CallRecord {
            id: "c".into(),
            began: Wall::from_millis(1_794_362_400_000),
            caller: "138****0000".to_owned(),
            called: "1".to_owned(),
            dialplan: "小店".to_owned(),
            hash: "h".to_owned(),
            disposition: Some("caller_hung_up".to_owned()),
            talked_s: None,
            seat: None,
            queue: None,
            reason: None,
            intent: Some("status".to_owned()),
            slots: BTreeMap::new(),
            recording: None,
            survey: BTreeMap::new(),
            messages: Vec::new(),
            transcript: vec![
                turn(0, "robot", "请问有什么可以帮您？"),
                turn(2000, "caller", "我要查订单"),
                turn(4000, "robot", "订单号是多少？"),
                turn(14_000, "robot", "订单已发货。"),
                turn(20_000, "caller", "没有了"),
            ],
            events: vec![
                event(3000, TapWhat::Intent { name: "status".to_owned(), confidence: 0.97, why: Vec::new() }),
                event(9000, TapWhat::Keys { text: "1234****".to_owned() }),
                event(10_000, TapWhat::LookedUp { source: "shop".to_owned(), outcome: "found".to_owned(), took_ms: 80 }),
            ],
        }
    }

    #[test]
    fn an_unchanged_plan_takes_the_same_way_and_a_changed_one_is_told_with_its_lines() {
        let (call, old) = (call(), ready(BEFORE));
        let same = compare(&call, Some(&old), &ready(BEFORE), &[]);
        assert_eq!(same.before, same.after);
        assert_eq!(same.before, ["status", "robot hangs up", "[status]"]);
        let changed = BEFORE.replace("    - collect: order\n", "    - transfer: {queue: general, reason: order}\n    - collect: order\n");
        let other = compare(&call, Some(&old), &ready(&changed), &[]);
        assert_eq!(other.after, ["status", "⇒ general (order)", "[status]"]);
        let diff = diff(&other.lines.0, &other.lines.1);
        assert!(diff.iter().any(|line| line.starts_with("- robot   订单号是多少")), "{diff:#?}");
        assert!(diff.iter().any(|line| line.starts_with("+ ") && line.contains("general")), "{diff:#?}");
    }

    #[test]
    fn without_the_old_plan_the_record_is_compared() {
        let mut call = call();
        call.disposition = Some("robot_hung_up".to_owned());
        let same = compare(&call, None, &ready(BEFORE), &[]);
        assert_eq!(same.before, same.after, "{:#?}", same.lines);
        let changed = BEFORE.replace("我要查订单, ", "查一下, ").replace("几点开门", "我要查订单");
        let other = compare(&call, None, &ready(&changed), &[]);
        assert_ne!(other.before, other.after);
    }

    #[test]
    fn a_diff_shows_what_went_and_what_came() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(diff(&lines("a b c d"), &lines("a x c d e")), ["  a", "- b", "+ x", "  d", "+ e"]);
        assert!(diff(&lines("a b"), &lines("a b")).is_empty());
    }
}
