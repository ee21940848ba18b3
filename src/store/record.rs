//! A call as its record shows it: the JSON of the API and of `bellhop calls show`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{CallId, Wall};
use crate::call::TapEvent;

/// A call as it is kept. Words and numbers are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
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
    /// The dialplan's content hash.
    pub hash: String,
    /// How it ended; none while it runs.
    pub disposition: Option<String>,
    /// Seconds from the answer to the end; none while it runs or if it was never answered.
    pub talked_s: Option<f64>,
    /// The seat that talked.
    pub seat: Option<String>,
    /// The queue it waited in last.
    pub queue: Option<String>,
    /// Why it was handed over.
    pub reason: Option<String>,
    /// The last intent accepted.
    pub intent: Option<String>,
    /// What was collected, masked.
    pub slots: BTreeMap<String, String>,
    /// The recording, below the folder of recordings.
    pub recording: Option<String>,
    /// Messages that the caller left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<RecordedMessage>,
    /// The scores that the caller gave, by slot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub survey: BTreeMap<String, String>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<RecordedTurn>,
    /// Everything else that happened, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<TapEvent>,
}

/// Words that a caller left to be heard later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedMessage {
    /// The words, masked.
    pub text: String,
    /// Where they begin in the recording, in milliseconds since the call began.
    pub from_t: i64,
    /// Where they end.
    pub to_t: i64,
}

/// Words that a dialplan had no sure answer to.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownWords {
    /// The call in which they were said.
    pub call: CallId,
    /// The words, masked.
    pub text: String,
    /// `not_understood`, `confirmed` or `refused`.
    pub outcome: String,
    /// The nearest intent then.
    pub intent: Option<String>,
    /// How sure it was, 0.0 to 1.0.
    pub confidence: f32,
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedTurn {
    /// Milliseconds since the call began.
    pub t: i64,
    /// caller, robot or seat.
    pub who: String,
    /// The words, masked.
    pub text: String,
    /// 0.0 to 1.0.
    pub confidence: f32,
    /// True when it was cut before its end.
    pub cut: bool,
}
