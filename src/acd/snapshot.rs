//! How the desk stands at one moment, for people who look at it.

use std::time::Duration;

use serde::Serialize;

use crate::base::{CallId, QueueName, SeatId};

/// The desk at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeskSnapshot {
    /// Queues with callers in them, by name.
    pub queues: Vec<QueueView>,
    /// The seats that are there, by id.
    pub seats: Vec<SeatView>,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub queue: QueueName,
    /// Its callers, next to be served first.
    pub waiting: Vec<WaitingView>,
}

/// One caller who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    /// The call.
    pub call: CallId,
    /// Where it stands, from 1.
    pub place: u32,
    /// How long it has waited.
    pub waited: Duration,
    /// The seat that rings for it.
    pub ringing: Option<SeatId>,
}

/// One seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatView {
    /// The seat.
    pub seat: SeatId,
    /// The name agents know it by.
    pub name: String,
    /// What it does.
    pub state: SeatState,
}

/// What a seat does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SeatState {
    /// Ready for a call.
    Idle,
    /// Rings for a call.
    Ringing {
        /// The call.
        call: CallId,
    },
    /// Talks to a caller.
    Talking {
        /// The call.
        call: CallId,
    },
    /// Writes its notes.
    WrapUp,
    /// Did not answer, refused or could not be reached: left alone for a while.
    Paused,
}
