//! What a supervisor sees and hears of running calls, as plain values, and the trait by which the exchange shows it.
//! Knows no channel and no task: a watcher brings the functions that are called with each event and each 20 ms.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::audio::Frame8k;
use crate::base::{CallId, Mood, QueueName, SeatId, Wall};
use crate::call::{Fact, Stamped};

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningCall {
    /// Its id.
    pub id: CallId,
    /// When its INVITE came, in milliseconds since 1970.
    pub began: Wall,
    /// The caller's number, masked.
    pub caller: String,
    /// The called number.
    pub called: String,
    /// The dialplan's name.
    pub dialplan: String,
    /// Who has the caller now.
    pub state: LiveState,
    /// The seat that rings or talks.
    pub seat: Option<SeatId>,
}

/// Who has the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveState {
    /// The robot.
    #[default]
    Robot,
    /// Nobody: the caller waits in a queue.
    Queue,
    /// A seat rings.
    Ringing,
    /// A seat talks.
    Human,
    /// It is over.
    Over,
}

/// A fact in the form that goes to pages, records and files; `t` is milliseconds since the call began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TapEvent {
    /// Milliseconds since the INVITE.
    pub t: i64,
    /// What became true.
    #[serde(flatten)]
    pub what: TapWhat,
}

/// What became true of a call. Words and numbers are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields mean what they mean in `Fact`")]
pub enum TapWhat {
    /// It began.
    Began { at: Wall, caller: String, called: String, dialplan: String, hash: String },
    /// It was answered.
    Answered,
    /// Somebody said something.
    Said { who: String, text: String, confidence: f32, cut: bool },
    /// Words told before are to be replaced: they turned out to be part of a private number. Never stored.
    Amended { who: String, was: String, text: String },
    /// Words still changing; never stored.
    Hearing { who: String, text: String },
    /// Keys were pressed.
    Keys { text: String },
    /// An intent was accepted; why is there since it is kept.
    Intent {
        name: String,
        confidence: f32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        why: Vec<String>,
    },
    /// A slot was filled.
    Slot { name: String, value: String },
    /// A business system was asked.
    LookedUp { source: String, outcome: String, took_ms: i64 },
    /// The caller joined a queue.
    Queued {
        queue: QueueName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tier: Option<String>,
        reason: String,
    },
    /// A seat rings.
    Offered { seat: SeatId },
    /// A seat talks to the caller.
    Bridged { seat: SeatId },
    /// A callback was promised.
    CallbackPromised {
        queue: QueueName,
        within_s: i64,
        #[serde(default)]
        by: Wall,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// The caller left a message.
    Message { text: String },
    /// A message was sent to the caller, or could not be.
    Sent { outcome: String },
    /// A ticket was opened.
    Ticket { kind: String, priority: String, number: Option<String> },
    /// The caller gave a score.
    Survey { slot: String, score: String },
    /// The caller's record was written to.
    Remembered { names: Vec<String> },
    /// The caller's mood changed.
    Mood {
        mood: Mood,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        why: Vec<String>,
    },
    /// The caller is not satisfied with what was said or done.
    LetDown {
        times: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        why: Vec<String>,
    },
    /// Words that the dialplan has no sure answer to.
    Unknown {
        text: String,
        outcome: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intent: Option<String>,
        confidence: f32,
    },
    /// Something for whoever reads the record.
    Note { text: String },
    /// The caller's record has this id; for the records only.
    Caller { customer: String },
    /// A recording of it lies on disk, below the folder of recordings.
    Recorded { path: String, lost_frames: i64 },
    /// It ended.
    Ended { cause: String },
}

/// Fewer characters than this are too common to be looked for inside a note.
const LEAST_IN_NOTE: usize = 3;

impl TapWhat {
    /// Replaces words that [`TapWhat::Amended`] says must not stay; true if it held them.
    pub fn amend(&mut self, by: &str, was: &str, now: &str) -> bool {
        let text = match self {
            Self::Said { who, text, .. } if *who == by && text == was => text,
            Self::Keys { text } if text == was => text,
            Self::Unknown { text, .. } if text == was => text,
            Self::Mood { why, .. } | Self::LetDown { why, .. } if was.chars().count() >= LEAST_IN_NOTE => {
                let held = why.iter().any(|one| one.contains(was));
                for one in why {
                    *one = one.replace(was, now);
                }
                return held;
            }
            Self::Note { text } | Self::Unknown { text, .. } if was.chars().count() >= LEAST_IN_NOTE && text.contains(was) => {
                *text = text.replace(was, now);
                return true;
            }
            _ => return false,
        };
        now.clone_into(text);
        true
    }
}

impl From<&Stamped> for TapEvent {
    fn from(stamped: &Stamped) -> Self {
        let what = match &stamped.fact {
            Fact::Began { at, caller_masked, called, dialplan, dialplan_hash } => TapWhat::Began {
                at: *at,
                caller: caller_masked.clone(),
                called: called.clone(),
                dialplan: dialplan.clone(),
                hash: dialplan_hash.clone(),
            },
            Fact::Answered => TapWhat::Answered,
            Fact::Said { who, text, confidence, cut } => {
                TapWhat::Said { who: who.as_str().to_owned(), text: text.clone(), confidence: *confidence, cut: *cut }
            }
            Fact::Amended { who, was, text } => TapWhat::Amended { who: who.as_str().to_owned(), was: was.clone(), text: text.clone() },
            Fact::Hearing { who, text } => TapWhat::Hearing { who: who.as_str().to_owned(), text: text.clone() },
            Fact::Keys(text) => TapWhat::Keys { text: text.clone() },
            Fact::Intent { name, confidence, why } => TapWhat::Intent { name: name.clone(), confidence: *confidence, why: why.clone() },
            Fact::Slot { name, value } => TapWhat::Slot { name: name.clone(), value: value.clone() },
            Fact::LookedUp { source, outcome, took } => {
                TapWhat::LookedUp { source: source.clone(), outcome: outcome.clone(), took_ms: whole(took.as_millis()) }
            }
            Fact::Queued { queue, tier, reason } => TapWhat::Queued { queue: queue.clone(), tier: tier.clone(), reason: reason.clone() },
            Fact::Offered(seat) => TapWhat::Offered { seat: seat.clone() },
            Fact::Bridged(seat) => TapWhat::Bridged { seat: seat.clone() },
            Fact::CallbackPromised { queue, within, by, at } => {
                TapWhat::CallbackPromised { queue: queue.clone(), within_s: whole(within.as_secs().into()), by: *by, at: at.clone() }
            }
            Fact::Message(text) => TapWhat::Message { text: text.clone() },
            Fact::Sent(outcome) => TapWhat::Sent { outcome: outcome.clone() },
            Fact::Ticket { kind, priority, number } => {
                TapWhat::Ticket { kind: kind.clone(), priority: priority.as_str().to_owned(), number: number.clone() }
            }
            Fact::Survey { slot, score } => TapWhat::Survey { slot: slot.clone(), score: score.clone() },
            Fact::Remembered(names) => TapWhat::Remembered { names: names.clone() },
            Fact::Mood { mood, why } => TapWhat::Mood { mood: *mood, why: why.clone() },
            Fact::LetDown { times, why } => TapWhat::LetDown { times: *times, why: why.clone() },
            Fact::Unknown { text, outcome, intent, confidence } => TapWhat::Unknown {
                text: text.clone(),
                outcome: outcome.as_str().to_owned(),
                intent: intent.clone(),
                confidence: *confidence,
            },
            Fact::Note(text) => TapWhat::Note { text: text.clone() },
            Fact::Ended(cause) => TapWhat::Ended { cause: cause.as_str().to_owned() },
        };
        Self { t: whole(stamped.at.as_millis()), what }
    }
}

fn whole(value: u128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Whether a watcher wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Yes.
    More,
    /// No: forget the watcher.
    Enough,
}

/// Takes a call's events, in order; called on the call's own thread, so it must not block.
pub type EventSink = Box<dyn FnMut(&TapEvent) -> Keep + Send>;

/// Takes a call's sound; called on the call's own thread every 20 ms, so it neither blocks nor allocates.
pub trait AudioSink: Send + Sync {
    /// Takes 20 ms: the caller, and what the caller hears (robot, seat or music).
    fn frame(&self, caller: &Frame8k, far: &Frame8k) -> Keep;
}

/// The calls that run now, as the exchange shows them.
pub trait LiveCalls: Send + Sync {
    /// Lists the running calls, oldest first.
    fn running(&self) -> Vec<RunningCall>;
    /// Returns the call's events so far and hands every later one to `sink`, none missing and none twice; `None` if it does not run.
    /// After the call's `Ended` the sink is dropped.
    fn watch(&self, call: &CallId, sink: EventSink) -> Option<Vec<TapEvent>>;
    /// Hands the call's sound to `sink` from the next tick until it has had enough or the call ends, when the sink is dropped;
    /// `None` if the call does not run.
    fn listen(&self, call: &CallId, sink: Arc<dyn AudioSink>) -> Option<()>;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Speaker;

    #[test]
    fn an_event_is_one_flat_json_object_and_reads_back() {
        let fact = Fact::Said { who: Speaker::Caller, text: "我要查订单".into(), confidence: 0.5, cut: false };
        let event = TapEvent::from(&Stamped { at: Duration::from_millis(1_250), fact });
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"t":1250,"event":"said","who":"caller","text":"我要查订单","confidence":0.5,"cut":false}"#);
        assert_eq!(serde_json::from_str::<TapEvent>(&json).unwrap(), event);
    }
}
