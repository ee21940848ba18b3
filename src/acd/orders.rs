//! What comes into the desk and what it asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{CallId, QueueName, SeatId};

/// A seat as `seats.yaml` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatProfile {
    /// Its id.
    pub id: SeatId,
    /// The name agents know it by.
    pub name: String,
    /// Where it is called, a SIP URI.
    pub contact: String,
    /// Skill and level, 1 to 5.
    pub skills: BTreeMap<String, u8>,
    /// Its tier, such as `senior`.
    #[serde(default)]
    pub tier: Option<String>,
    /// True when the contact understands the JSON hand-off packet (`packet: json`).
    #[serde(default)]
    pub json_packet: bool,
}

/// A caller's place in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The call.
    pub call: CallId,
    /// The queue.
    pub queue: QueueName,
    /// The skills a seat must have.
    pub skills: Vec<String>,
    /// The tier to prefer.
    pub tier: Option<String>,
    /// Higher is served first.
    pub priority: i32,
    /// The longest wait.
    pub max_wait: Duration,
    /// How often the caller hears where it stands.
    pub announce: Duration,
    /// The seat's time for notes afterwards.
    pub wrap_up: Duration,
}

/// How an offer to a seat ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    /// The seat answered.
    Answered,
    /// The seat refused (486, 603).
    Refused,
    /// The seat cannot be reached (no answer to the INVITE, 5xx).
    Unreachable,
}

/// A fact that comes into the desk.
#[derive(Clone, Debug)]
pub enum DeskInput {
    /// A seat is there.
    SeatUp(SeatProfile),
    /// A seat is gone; its current call goes on.
    SeatDown(SeatId),
    /// A caller joins a queue.
    Enqueue(Ticket),
    /// A caller hung up or left the queue.
    Leave(CallId),
    /// An offer ended.
    Offered {
        /// The call.
        call: CallId,
        /// The seat.
        seat: SeatId,
        /// How.
        end: OfferEnd,
    },
    /// Seat and caller no longer talk: wrap-up begins.
    Released {
        /// The call.
        call: CallId,
        /// The seat.
        seat: SeatId,
    },
}

/// What the desk asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskOrder {
    /// Ring this seat for this caller.
    Offer {
        /// The call.
        call: CallId,
        /// The seat.
        seat: Box<SeatProfile>,
    },
    /// Stop ringing this seat (no answer, or the caller left).
    Withdraw {
        /// The call.
        call: CallId,
        /// The seat.
        seat: SeatId,
    },
    /// Tell the caller where it stands.
    Position {
        /// The call.
        call: CallId,
        /// From 1.
        place: u32,
    },
    /// No seat took the call: it has left the queue.
    NoSeat {
        /// The call.
        call: CallId,
    },
}
