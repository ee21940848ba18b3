//! What a recognizer is asked and what it answers.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::Frame8k;
use crate::base::{Language, UtteranceId};

/// One recognised word; times from the utterance's first fed sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word as the model writes it.
    pub text: String,
    /// Where it begins.
    pub start: Duration,
    /// Where it ends.
    pub end: Duration,
    /// 0.0 to 1.0.
    pub confidence: f32,
}

/// One reading of an utterance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesis {
    /// The words, joined as the language writes them (no spaces between Chinese words); `[unk]` removed.
    pub text: String,
    /// 0.0 to 1.0: how sure the recognizer is of this reading.
    pub confidence: f32,
    /// The words with their times; may be empty where the engine gives none.
    pub words: Vec<Word>,
}

/// What a recognizer reports of one utterance.
#[derive(Clone, Debug, PartialEq)]
pub enum Hearing {
    /// What has been heard so far; may change.
    Partial(Hypothesis),
    /// The n-best list, best first; empty when nothing was recognised.
    Final(Vec<Hypothesis>),
    /// The engine failed on this utterance; the call goes on without it.
    Failed(String),
}

/// How fast a caller is expected to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// As most people do.
    #[default]
    Usual,
    /// With longer pauses, as in the lane for the elderly.
    Unhurried,
}

/// What a caller is expected to say, which decides how long a pause may be and what the recognizer listens for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expected {
    /// Anything the dialplan has an intent for.
    #[default]
    Anything,
    /// A digit string, said with pauses; its longest length ends it at once.
    Digits {
        /// The fewest digits it may have.
        least: u8,
        /// The most digits it may have.
        most: u8,
    },
    /// Yes or no.
    YesNo,
    /// One of a few choices.
    Choice,
    /// Two people talking to each other: only transcribed.
    Conversation,
}

/// The words a recognizer listens for; cheap to clone and compared by address where engines cache by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vocabulary {
    /// The language of the utterance.
    pub language: Language,
    /// The phrases to expect, as written in the dialplan; empty means open vocabulary.
    pub phrases: Vec<String>,
    /// What to listen for instead where what was said turns out to be mostly none of the phrases: callers do not always answer what
    /// they are asked.
    pub otherwise: Option<Arc<Vocabulary>>,
}

impl Vocabulary {
    /// Makes a vocabulary of these phrases; none means open vocabulary.
    #[must_use]
    pub const fn new(language: Language, phrases: Vec<String>) -> Self {
        Self { language, phrases, otherwise: None }
    }
}

/// One speaker's recognizer. Never blocks: frames go to a bounded ring (the oldest are dropped and counted when it is full),
/// and what is heard comes back to the call as [`Hearing`] with the utterance's id.
pub trait Recognizer: Send {
    /// Begins an utterance; an utterance still open is cancelled.
    fn begin(&mut self, utterance: UtteranceId, vocabulary: &Arc<Vocabulary>);
    /// Feeds 20 ms of the open utterance.
    fn feed(&mut self, frame: &Frame8k);
    /// Ends the open utterance and asks for its [`Hearing::Final`].
    fn end(&mut self);
    /// Drops the open utterance; nothing more is reported of it.
    fn cancel(&mut self);
}
