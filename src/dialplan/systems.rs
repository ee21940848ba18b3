//! What a dialplan says of whom it tells: messages to callers, events to others.

use std::collections::BTreeSet;

use super::{Place, Secret, Template};

/// Who takes messages to callers (`send`).
#[derive(Clone, Debug)]
pub struct Messages {
    /// Where it stands.
    pub place: Place,
    /// Where messages go.
    pub sender: Sender,
}

/// Where messages to callers go.
#[derive(Clone, Debug)]
pub enum Sender {
    /// A request to a business system.
    Source {
        /// The source's name.
        source: String,
        /// The path.
        path: String,
        /// The JSON fields of the body, of `to`, `text`, `link` and `call`; these four themselves when empty.
        body: Vec<(String, Template)>,
    },
    /// A file that takes a JSON line for each: for tests and trials.
    File(String),
}

/// Someone who is told of events (a webhook).
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where it stands.
    pub place: Place,
    /// The address.
    pub url: String,
    /// The secret that signs what is sent.
    pub secret: Option<Secret>,
    /// Which events; all when empty.
    pub only: BTreeSet<Event>,
}

/// An event that others can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A call began.
    Began,
    /// It was answered.
    Answered,
    /// An intent was understood.
    Intent,
    /// The caller was handed over to a queue.
    HandedOver,
    /// A seat talks to the caller.
    Bridged,
    /// A callback was promised.
    Callback,
    /// A ticket was opened.
    Ticket,
    /// The caller left a message.
    Message,
    /// The caller gave a score.
    Survey,
    /// The caller's record changed.
    Customer,
    /// A call ended.
    Ended,
}

impl Event {
    /// All of them, in the order of a call.
    pub const ALL: &[Self] = &[
        Self::Began,
        Self::Answered,
        Self::Intent,
        Self::HandedOver,
        Self::Bridged,
        Self::Callback,
        Self::Ticket,
        Self::Message,
        Self::Survey,
        Self::Customer,
        Self::Ended,
    ];

    /// Returns the word used in dialplans and in the events themselves.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "call.started",
            Self::Answered => "call.answered",
            Self::Intent => "call.intent",
            Self::HandedOver => "call.handed_over",
            Self::Bridged => "call.bridged",
            Self::Callback => "callback.promised",
            Self::Ticket => "ticket.created",
            Self::Message => "message.left",
            Self::Survey => "survey.answered",
            Self::Customer => "customer.updated",
            Self::Ended => "call.ended",
        }
    }
}
