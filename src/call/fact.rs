//! The facts of a call, as the record keeps them and taps show them.

use std::time::Duration;

use crate::base::{Mood, QueueName, SeatId, Wall};
use crate::call::EndCause;
use crate::dialplan::Priority;
use crate::ivr::Doubt;

/// A fact, and when it became true since the call began.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamped {
    /// Since the INVITE.
    pub at: Duration,
    /// The fact.
    pub fact: Fact,
}

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The robot.
    Robot,
    /// The human agent.
    Seat,
}

impl Speaker {
    /// Returns the word used in records, packets and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Robot => "robot",
            Self::Seat => "seat",
        }
    }
}

/// Something true of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// It began.
    Began {
        /// The wall clock.
        at: Wall,
        /// The caller's number, masked.
        caller_masked: String,
        /// The called number.
        called: String,
        /// The dialplan's name.
        dialplan: String,
        /// The dialplan's content hash.
        dialplan_hash: String,
    },
    /// It was answered.
    Answered,
    /// Somebody said something: what was really heard of it, already masked.
    Said {
        /// Who.
        who: Speaker,
        /// The words, masked.
        text: String,
        /// 0.0 to 1.0; 1.0 for the robot.
        confidence: f32,
        /// True when it was cut before its end.
        cut: bool,
    },
    /// Words already told turned out to be part of a private number: wherever they were kept they are replaced. Itself never stored.
    Amended {
        /// Who.
        who: Speaker,
        /// The words as they were told.
        was: String,
        /// The words as they may be read.
        text: String,
    },
    /// Words still changing; for taps only, never stored.
    Hearing {
        /// Who.
        who: Speaker,
        /// The words so far, masked.
        text: String,
    },
    /// Keys were pressed, masked like words.
    Keys(String),
    /// An intent was accepted.
    Intent {
        /// Its name.
        name: String,
        /// 0.0 to 1.0.
        confidence: f32,
        /// Why: the example it is most like, the words that spoke for it, and what else it might have been.
        why: Vec<String>,
    },
    /// A slot was filled, masked like words.
    Slot {
        /// Its name.
        name: String,
        /// Its value, masked.
        value: String,
    },
    /// A business system was asked.
    LookedUp {
        /// The source's name.
        source: String,
        /// `found`, `not_found` or `failed`.
        outcome: String,
        /// How long it took.
        took: Duration,
    },
    /// The caller joined a queue.
    Queued {
        /// Which.
        queue: QueueName,
        /// The seats' tier to prefer.
        tier: Option<String>,
        /// Why.
        reason: String,
    },
    /// A seat rings.
    Offered(SeatId),
    /// A seat talks to the caller.
    Bridged(SeatId),
    /// A callback was promised.
    CallbackPromised {
        /// The queue that calls back.
        queue: QueueName,
        /// Within this much opening time.
        within: Duration,
        /// The latest moment.
        by: Wall,
        /// The time that the caller asked for.
        at: Option<String>,
    },
    /// The caller left a message, masked like words.
    Message(String),
    /// A message was sent to the caller, or could not be: `sent` or `failed`.
    Sent(String),
    /// A ticket was opened, or could not be.
    Ticket {
        /// Its kind.
        kind: String,
        /// How urgent it is.
        priority: Priority,
        /// Its number, if it was opened and got one.
        number: Option<String>,
    },
    /// The caller gave a score.
    Survey {
        /// The slot that took it.
        slot: String,
        /// The score.
        score: String,
    },
    /// The caller's record was written to: the names of the fields and tags.
    Remembered(Vec<String>),
    /// The caller's mood changed.
    Mood {
        /// How it is now.
        mood: Mood,
        /// The cues that led to it, the heaviest first, masked like words.
        why: Vec<String>,
    },
    /// The caller is not satisfied with what was said or done.
    LetDown {
        /// How often in this call.
        times: u32,
        /// The cues that led to it, masked like words.
        why: Vec<String>,
    },
    /// Words that the dialplan has no sure answer to, masked like words.
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
    /// Something for whoever reads the record: a step that failed, an utterance not understood.
    Note(String),
    /// It ended.
    Ended(EndCause),
}
