//! The steps of a dialplan, every name in them looked up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Condition, JsonPath, Place, Template, Text};
use crate::base::{Key, Language, QueueName};

/// Steps, shared so that a walk can stand inside them.
pub type Steps = Arc<[Step]>;

/// One step and where it stands.
#[derive(Debug)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug)]
pub enum StepKind {
    /// Plays a prompt of the library.
    Play(String),
    /// Says words.
    Say(Text),
    /// Listens for any intent.
    Listen,
    /// Says words, then listens for any intent; silence or "nothing else" ends politely.
    Ask(Text),
    /// Asks for slots that are not known yet, in order.
    Collect(Vec<String>),
    /// Forgets a slot and collects it again, then repeats the step that failed.
    Again(String),
    /// Asks a business system (`lookup`) or tells it something (`update`).
    Lookup(Lookup),
    /// Takes the first branch whose condition holds.
    Choose(Vec<Branch>),
    /// Continues with a flow.
    Go(String),
    /// Hands over to a person.
    Transfer {
        /// The queue, or what `routes` says.
        queue: Option<QueueName>,
        /// Why, in one word (`asked`, `key`, `complaint`).
        reason: String,
    },
    /// Sets variables.
    Set(Vec<(String, Template)>),
    /// Says words and waits for one of a few keys.
    Menu {
        /// The words.
        ask: Text,
        /// What each key does.
        keys: BTreeMap<Key, Steps>,
    },
    /// Promises a call back.
    Callback(Callback),
    /// Sends a message to the caller's number.
    Send(Send),
    /// Takes a message in the caller's own words.
    RecordMessage(RecordMessage),
    /// Opens a ticket.
    Ticket(TicketStep),
    /// Asks for a score and keeps it.
    Survey {
        /// The question.
        ask: Text,
        /// The slot that takes it.
        slot: String,
    },
    /// Writes to the caller's record.
    Remember {
        /// Fields of the record.
        fields: Vec<(String, Template)>,
        /// Tags to add.
        tags: Vec<String>,
        /// Tags to take away.
        untag: Vec<String>,
    },
    /// Continues in another language.
    Speak(Language),
    /// Says the last words again.
    Repeat,
    /// Goes back to the question before.
    Back,
    /// Speaks more slowly from now on.
    Slower,
    /// Ends the call.
    Hangup,
}

/// A request to a business system.
#[derive(Debug)]
pub struct Lookup {
    /// The source's name.
    pub source: String,
    /// The HTTP method.
    pub method: Method,
    /// The path; values put in are percent-encoded.
    pub path: Template,
    /// The JSON fields of the body.
    pub send: Vec<(String, Template)>,
    /// The variable that takes the answer.
    pub name: String,
    /// What of the answer the variable gets, by field; all of it when empty.
    pub pick: Vec<(String, JsonPath)>,
    /// What to say while it takes long.
    pub meanwhile: Option<Text>,
    /// What follows a 404.
    pub not_found: Option<Steps>,
    /// What follows any other failure; a hand-over when absent.
    pub failed: Option<Steps>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
}

impl Method {
    /// Returns the verb of the request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// One branch of a `choose`.
#[derive(Debug)]
pub struct Branch {
    /// The condition; `None` is `otherwise`.
    pub when: Option<Condition>,
    /// The steps.
    pub steps: Steps,
}

/// A promise to call back.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The queue that calls back, or what `routes` says.
    pub queue: Option<QueueName>,
    /// Within this much opening time.
    pub within: Duration,
    /// The slot that holds the time which the caller wants.
    pub at: Option<String>,
    /// The slot that holds another number to call.
    pub number: Option<String>,
}

/// A message to the caller's number.
#[derive(Debug)]
pub struct Send {
    /// The words; the built-in ones around the link when absent.
    pub text: Option<Text>,
    /// The link.
    pub link: Option<Template>,
    /// What follows when it could not be sent; a note in the record when absent.
    pub failed: Option<Steps>,
}

/// A message of the caller.
#[derive(Debug)]
pub struct RecordMessage {
    /// The question.
    pub ask: Text,
    /// The longest message.
    pub limit: Duration,
    /// The variable that takes the words.
    pub name: String,
}

/// A ticket to open.
#[derive(Debug)]
pub struct TicketStep {
    /// Its kind, in one word.
    pub kind: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What it says; the caller's last message when absent.
    pub text: Option<Template>,
    /// Fields of it beside the slots.
    pub fields: Vec<(String, Template)>,
    /// The variable that takes what was opened: `ticket.number`.
    pub name: String,
}

/// How urgent something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Whenever there is time.
    Low,
    /// As they come.
    #[default]
    Normal,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Returns the word used in dialplans and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}
