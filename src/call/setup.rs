//! What a call begins with, how long it may take, and where it stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{CallId, Mono, Pii, QueueName, SeatId, Wall};
use crate::dialplan::Dialplan;
use crate::intent::Matcher;
use crate::speech::Speech;

/// What a call begins with.
pub struct CallSetup {
    /// Its id.
    pub id: CallId,
    /// The dialplan it walks.
    pub plan: Arc<Dialplan>,
    /// What understands the caller's words, trained on the plan.
    pub matcher: Arc<Matcher>,
    /// The caller's number.
    pub caller_number: Pii<String>,
    /// What is known of the caller from earlier calls and from business systems: `caller.tier`, `caller.tags` and so on in templates.
    pub caller_record: serde_json::Map<String, serde_json::Value>,
    /// The music of each queue that has its own.
    pub music: Arc<BTreeMap<QueueName, Speech>>,
    /// The called number.
    pub called: String,
    /// When the INVITE came, by the wall clock.
    pub began: Wall,
    /// When the INVITE came.
    pub now: Mono,
    /// How long things may take.
    pub limits: CallLimits,
}

/// How long things may take in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// The longest call; it is ended then.
    pub longest: Duration,
    /// So long without a packet from the caller, and the call is taken for lost.
    pub deaf: Duration,
    /// A text not synthesised within this time is left out: never dead air.
    pub speak_within: Duration,
    /// Words not recognised within this time after their end count as not understood.
    pub hear_within: Duration,
    /// So long after [`CallInput::Drain`](crate::call::CallInput::Drain) the call says goodbye and ends.
    pub drain_within: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            longest: Duration::from_hours(1),
            deaf: Duration::from_secs(30),
            speak_within: Duration::from_secs(1),
            hear_within: Duration::from_secs(3),
            drain_within: Duration::from_secs(30),
        }
    }
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallState {
    /// The robot has the caller.
    Robot,
    /// The caller waits for a seat.
    Queued,
    /// A seat rings for the caller.
    Ringing(SeatId),
    /// A seat talks to the caller.
    Human(SeatId),
    /// It is over.
    Over,
}
