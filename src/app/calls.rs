//! `bellhop calls`: finished calls from the record.

use anyhow::{Result, bail};

use super::cli::{CallsArgs, CallsCommand};
use super::print::line;
use crate::base::Wall;
use crate::call::TapWhat;
use crate::store::{CallRecord, Store, Ticket, TicketState};

/// Lists calls or shows one.
///
/// # Errors
/// Where there are no records, or none of that id.
pub async fn calls(args: CallsArgs) -> Result<()> {
    match args.command {
        CallsCommand::List { data, json, limit } => {
            let calls = Store::open_read_only(&data).await?.calls(limit).await?;
            if calls.is_empty() && !json {
                line("no calls yet");
            }
            for call in calls {
                line(&if json { serde_json::to_string(&call)? } else { row(&call) });
            }
        }
        CallsCommand::Callbacks { data } => {
            let callbacks = Store::open_read_only(&data).await?.open_callbacks().await?;
            if callbacks.is_empty() {
                line("no callbacks are open");
            }
            for callback in callbacks {
                let number = callback.number.as_ref().map_or("(withheld)", |number| number.reveal().as_str());
                let at = callback.at.as_ref().map_or_else(String::new, |at| format!("  wanted at {at}"));
                let about = callback.about.as_ref().map_or_else(String::new, |about| format!("  about {about}"));
                line(&format!("until {}  {number}  queue {}{at}{about}  call {}", local(callback.due), callback.queue, callback.call));
            }
        }
        CallsCommand::Tickets { data, json, closed } => {
            let state = if closed { TicketState::Closed } else { TicketState::Open };
            let tickets = Store::open_read_only(&data).await?.tickets(state, 10_000).await?;
            if tickets.is_empty() && !json {
                line(&format!("no tickets are {}", state.as_str()));
            }
            for ticket in tickets {
                line(&if json { serde_json::to_string(&ticket)? } else { ticket_row(&ticket) });
            }
        }
        CallsCommand::Show { id, data, json } => {
            let store = Store::open_read_only(&data).await?;
            let whole = match store.call(&id.as_str().into()).await? {
                Some(call) => call,
                None => by_beginning(&store, &id).await?,
            };
            if json {
                line(&serde_json::to_string_pretty(&whole)?);
            } else {
                show(&whole);
            }
        }
    }
    Ok(())
}

pub(super) async fn by_beginning(store: &Store, id: &str) -> Result<CallRecord> {
    let calls = store.calls(10_000).await?;
    let mut with = calls.iter().filter(|call| call.id.as_str().starts_with(id));
    match (with.next(), with.next()) {
        (Some(call), None) => match store.call(&call.id).await? {
            Some(call) => Ok(call),
            None => bail!("no call {id}"),
        },
        (Some(_), Some(_)) => bail!("more than one call begins with {id}"),
        (None, _) => bail!("no call {id}: `bellhop calls list` shows what there is"),
    }
}

/// Writes a moment as people read it, in the system's time zone.
pub(super) fn local(at: Wall) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or_else(|_| at.to_string(), |stamp| stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn ticket_row(ticket: &Ticket) -> String {
    let fields: String = ticket
        .fields
        .iter()
        .map(|(name, value)| format!("  {name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    format!(
        "{}  {:<6}  {}  {}  {}  {}{fields}  call {}",
        ticket.number,
        ticket.priority,
        local(ticket.opened),
        ticket.kind,
        ticket.caller,
        ticket.text,
        ticket.call
    )
}

fn row(call: &CallRecord) -> String {
    format!(
        "{}  {}  {} → {}  {:>4.0}s  {:<16} {}",
        call.id,
        local(call.began),
        call.caller,
        call.called,
        call.talked_s.unwrap_or_default(),
        call.disposition.as_deref().unwrap_or("running"),
        call.intent.as_deref().unwrap_or("-"),
    )
}

fn show(call: &CallRecord) {
    line(&row(call));
    line(&format!("  hotline {}  dialplan {}", call.dialplan, call.hash));
    for (name, value) in &call.slots {
        line(&format!("  {name} = {value}"));
    }
    if let (Some(queue), reason) = (&call.queue, call.reason.as_deref().unwrap_or("-")) {
        let seat = call.seat.as_ref().map_or_else(|| "not reached".to_owned(), |seat| format!("talked to seat {seat}"));
        line(&format!("  asked for a person: queue {queue}, reason {reason}, {seat}"));
    }
    if let Some(recording) = &call.recording {
        line(&format!("  recording {recording}"));
    }
    for event in &call.events {
        match &event.what {
            TapWhat::CallbackPromised { queue, within_s, .. } => {
                line(&format!("  a call back was promised: queue {queue}, within {} min", within_s / 60));
            }
            TapWhat::LookedUp { source, outcome, took_ms } => line(&format!("  asked {source}: {outcome} after {took_ms} ms")),
            TapWhat::Mood { mood, why } => line(&format!("  {:6.1}s  the caller is {mood}: {}", event.t as f64 / 1000.0, why.join("; "))),
            TapWhat::LetDown { times, why } => {
                line(&format!("  {:6.1}s  the caller is not satisfied, time {times}: {}", event.t as f64 / 1000.0, why.join("; ")));
            }
            TapWhat::Unknown { text, outcome, intent, confidence } => {
                let nearest = intent.as_ref().map(|intent| format!(", nearest {intent} {confidence:.2}")).unwrap_or_default();
                line(&format!("  {:6.1}s  {}: {text}{nearest}", event.t as f64 / 1000.0, outcome.replace('_', " ")));
            }
            TapWhat::Intent { name, confidence, why } if !why.is_empty() => {
                line(&format!("  {:6.1}s  understood {name} {confidence:.2}: {}", event.t as f64 / 1000.0, why.join("; ")));
            }
            TapWhat::Note { text } => line(&format!("  note: {text}")),
            _ => {}
        }
    }
    for turn in &call.transcript {
        let cut = if turn.cut { "  (cut)" } else { "" };
        line(&format!("  {:6.1}s  {:<7} {}{cut}", turn.t as f64 / 1000.0, turn.who, turn.text));
    }
}
