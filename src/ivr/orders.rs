//! What comes into a walk and what it asks for.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::{Key, Language, LookupId, Mood, Pii, PlayId, QueueName, Wall};
use crate::dialplan::{Method, Place, Priority};
use crate::feelings::Strain;
use crate::speech::{Expected, Hypothesis, Pace, Vocabulary, Wording};

/// What is known of the caller when the walk begins.
#[derive(Clone, Debug, Default)]
pub struct CallerFacts {
    /// The number, masked (`138****0000`): what templates may see as `caller.number`.
    pub number_masked: String,
    /// The number in full: for a slot that takes 「这个号码」, never for templates.
    pub number: Option<Pii<String>>,
    /// Everything else templates may see under `caller`: tier, tags, age, last calls, whatever a business system wrote.
    pub record: Map<String, Value>,
    /// The wall clock when the walk starts: for opening hours, dates and `today`.
    pub began: Wall,
}

/// A fact that comes into the walk.
#[derive(Clone, Debug)]
pub enum WalkInput {
    /// The caller has been answered.
    Start,
    /// A play ended.
    Played {
        /// Which.
        play: PlayId,
        /// How.
        end: PlayEnd,
    },
    /// The caller began to speak (the silence timer stops).
    SpeechBegan,
    /// An utterance of the caller: the n-best list, best first; empty means words that nobody could recognise.
    Heard(Vec<Hypothesis>),
    /// A key.
    Key(Key),
    /// How the caller feels, as the voice shows it.
    Mood(Mood),
    /// How the caller's voice is strained in the words that [`WalkInput::Heard`] brings next.
    Voice(Strain),
    /// More is known of the caller: joins what templates see under `caller`.
    Caller(Map<String, Value>),
    /// The answer of a business system; also what came of a message ([`Order::Send`]) and of a ticket ([`Order::Ticket`]), whose
    /// answer may hold its `number`.
    LookedUp {
        /// Which request.
        lookup: LookupId,
        /// What came of it.
        outcome: LookupOutcome,
    },
    /// The desk could not give the caller to a seat (`max_wait`, no seat there): go on with the queue's overflow.
    NoSeat,
    /// The seat hung up and the caller did not: go on with `after_seat`.
    SeatLeft,
}

/// How a play ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayEnd {
    /// Heard to its end.
    Complete,
    /// Cut by voice or key after this much of it was heard.
    Cut {
        /// The time heard.
        after: Duration,
    },
    /// Could not be spoken.
    Failed,
}

/// What came of a request to a business system.
#[derive(Clone, Debug, PartialEq)]
pub enum LookupOutcome {
    /// A JSON answer with a 2xx status.
    Found(Value),
    /// A 404.
    NotFound,
    /// Anything else, in words for the log.
    Failed(String),
}

/// A request to a business system, ready to send.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupRequest {
    /// Where the step stands in the dialplan, for the log.
    pub place: Place,
    /// The source's name in the dialplan.
    pub source: String,
    /// The HTTP method.
    pub method: Method,
    /// The path with its values put in and percent-encoded.
    pub path: String,
    /// The body.
    pub body: Option<Value>,
}

/// A message to the caller's own number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The words, with the link in them.
    pub text: String,
    /// The link alone.
    pub link: Option<String>,
}

/// A ticket to open, with everything that was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketDraft {
    /// Its kind, in one word.
    pub kind: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What it says: the caller's message, or what the plan words; not masked.
    pub text: String,
    /// The slots and the plan's own fields; not masked.
    pub fields: Map<String, Value>,
}

/// A promise to call back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackPromise {
    /// The queue that calls back.
    pub queue: QueueName,
    /// Within this much opening time.
    pub within: Duration,
    /// The latest moment.
    pub by: Wall,
    /// The time that the caller asked for, as `15:30` or in words.
    pub at: Option<String>,
    /// Another number to call than the caller's own.
    pub number: Option<Pii<String>>,
    /// Why: what the caller wanted, or the reason of the hand-over.
    pub about: String,
}

/// A change of the caller's record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomerChange {
    /// Fields to set.
    pub fields: Map<String, Value>,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub untag: Vec<String>,
}

/// What the walk asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Say this, after what is still being said.
    Play {
        /// The id that [`WalkInput::Played`] brings back.
        play: PlayId,
        /// The words.
        wording: Wording,
        /// Whether voice and keys cut it.
        interruptible: bool,
        /// The prompt's name in the library, if it has one.
        prompt: Option<String>,
    },
    /// Stop saying anything, now (a key was pressed).
    StopPlaying,
    /// Listen for this from now on, also while a prompt plays.
    Listen {
        /// What is expected, for endpointing.
        expected: Expected,
        /// How long the caller's pauses may be.
        pace: Pace,
        /// The words to listen for.
        vocabulary: Arc<Vocabulary>,
    },
    /// Ask a business system.
    Lookup {
        /// The id that [`WalkInput::LookedUp`] brings back.
        lookup: LookupId,
        /// The request.
        request: LookupRequest,
    },
    /// Hand over to a person.
    Transfer {
        /// The queue.
        queue: QueueName,
        /// The seats' tier to prefer.
        tier: Option<String>,
        /// Why.
        reason: String,
    },
    /// The caller is promised a call back.
    Callback(CallbackPromise),
    /// Send a message to the caller.
    Send {
        /// The id that [`WalkInput::LookedUp`] brings back.
        lookup: LookupId,
        /// The message.
        message: Message,
    },
    /// Open a ticket.
    Ticket {
        /// The id that [`WalkInput::LookedUp`] brings back, with the ticket's `number`.
        lookup: LookupId,
        /// The ticket.
        ticket: TicketDraft,
    },
    /// The caller left a message in its own words.
    Message {
        /// The words, as recognised.
        text: String,
    },
    /// The caller gave a score.
    Survey {
        /// The slot that took it.
        slot: String,
        /// The score.
        score: String,
    },
    /// Write to the caller's record.
    Remember(CustomerChange),
    /// The caller's mood changed.
    Mood {
        /// How it is now.
        mood: Mood,
        /// The cues that led to it, the heaviest first.
        why: Vec<String>,
    },
    /// The caller is not satisfied with what was said or done.
    LetDown {
        /// How often in this call.
        times: u32,
        /// The cues that led to it.
        why: Vec<String>,
    },
    /// Words that the dialplan has no sure answer to.
    Unknown {
        /// The words.
        text: String,
        /// What came of them.
        outcome: Doubt,
        /// The nearest intent, if any.
        intent: Option<String>,
        /// How sure that was, 0.0 to 1.0.
        confidence: f32,
    },
    /// End the call.
    Hangup,
    /// An intent was accepted.
    Intent {
        /// Its name.
        name: String,
        /// 0.0 to 1.0.
        confidence: f32,
        /// Why: the example it is most like, the words that spoke for it, and what else it might have been.
        why: Vec<String>,
    },
    /// A slot was filled.
    Slot {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// For the record and the log: a step that went wrong, an utterance not understood.
    Note {
        /// In the log's words.
        text: String,
    },
}

/// What came of words that were not surely understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// They were not understood.
    NotUnderstood,
    /// The caller said yes to the intent that was guessed.
    Confirmed,
    /// The caller said no to it, or nothing clear.
    Refused,
}

impl Doubt {
    /// Returns the word used in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUnderstood => "not_understood",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
        }
    }
}

/// Why a walk waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// For the caller to say something.
    Silence,
    /// For more keys of an entry.
    Keys,
    /// For a business system before something is said in the meantime.
    Meanwhile,
    /// For a business system that has not answered at all.
    Answer,
}

/// What a seat is to know of the walk before it answers; not masked yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The last intent that was accepted.
    pub intent: Option<String>,
    /// How sure the robot was of it.
    pub confidence: f32,
    /// What was collected, by slot, in the order in which it was learnt.
    pub slots: Vec<(String, String)>,
    /// The language the call is held in now.
    pub language: Language,
    /// Why the caller was handed over, if it was.
    pub reason: Option<String>,
    /// How the caller feels.
    pub mood: Mood,
    /// Everything templates see: slots, answers of lookups, `caller`.
    pub values: serde_json::Map<String, Value>,
}
