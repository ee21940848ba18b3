//! What a phone is asked to do and what it reports.

use std::path::PathBuf;
use std::time::Duration;

use crate::base::{Key, Language};
use crate::engines::ModelError;
use crate::net::{Account, Listen, NetError};
use crate::speech::SpeakError;

/// One thing that a caller does; steps are done in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Speaks a text.
    Say(String),
    /// Plays a WAV file of any rate.
    Play(PathBuf),
    /// Presses keys.
    Press(Vec<Key>),
    /// Does nothing for a while, but listens.
    Wait(Duration),
    /// Waits until the far end has been heard saying a text since the last step.
    Until(String),
}

/// A call, or several alike, to make.
#[derive(Clone, Debug)]
pub struct DialOptions {
    /// Whom: a SIP URI.
    pub to: String,
    /// The user part of From.
    pub from: String,
    /// What the caller does.
    pub steps: Vec<Step>,
    /// How long each [`Step::Until`] waits, and how long the far end may take to answer.
    pub timeout: Duration,
    /// How often, where that time is over, what was said before is said again and waited for again.
    pub again: u32,
    /// Where to write a stereo recording, caller left; with several calls `-N` goes before the extension.
    pub record: Option<PathBuf>,
    /// How many calls.
    pub calls: u32,
    /// How many calls are begun a second.
    pub rate: f64,
    /// The recogniser model's folder; without one nothing is heard, and [`Step::Until`] is an error.
    pub model: Option<PathBuf>,
    /// The language that is heard where no [`Step::Until`] says what to expect.
    pub language: Language,
}

impl DialOptions {
    /// Makes one call without steps; fill in the rest.
    #[must_use]
    pub fn to(uri: &str) -> Self {
        Self {
            to: uri.to_owned(),
            from: "bellhop".to_owned(),
            steps: Vec::new(),
            timeout: Duration::from_secs(15),
            again: 0,
            record: None,
            calls: 1,
            rate: 10.0,
            model: None,
            language: Language::Zh,
        }
    }
}

/// A seat's phone.
#[derive(Clone, Debug)]
pub struct AnswerOptions {
    /// Where it registers before it waits for calls, if anywhere.
    pub account: Option<Account>,
    /// Where it listens.
    pub listen: Listen,
    /// How long it rings before it answers.
    pub after: Duration,
    /// What is said, in turn, whenever the far end is silent.
    pub says: Vec<String>,
    /// Whether it stays for more than one call.
    pub stay: Stay,
    /// The recogniser model's folder; without one nothing is heard.
    pub model: Option<PathBuf>,
    /// The language that is heard.
    pub language: Language,
}

/// How many calls a seat's phone takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It ends after one call.
    Once,
    /// It takes one call after another.
    Always,
}

/// How the calls of [`dial`](super::dial) went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialReport {
    /// One outcome a call, in order.
    pub calls: Vec<CallOutcome>,
}

/// How one call went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOutcome {
    /// Whether the far end answered.
    pub answered: bool,
    /// How many steps were done.
    pub steps_done: usize,
    /// Why the rest was not done; `None` when every step was.
    pub failure: Option<String>,
}

impl DialReport {
    /// Returns true if every step of every call was done.
    #[must_use]
    pub fn all_done(&self) -> bool {
        self.calls.iter().all(|call| call.failure.is_none())
    }

    /// Writes one line of counts, for several calls.
    #[must_use]
    pub fn summary(&self) -> String {
        let done = self.calls.iter().filter(|call| call.failure.is_none()).count();
        let answered = self.calls.iter().filter(|call| call.answered).count();
        let mut line = format!("{} calls: {answered} answered, {done} done, {} failed", self.calls.len(), self.calls.len() - done);
        if let Some(first) = self.calls.iter().find_map(|call| call.failure.as_deref()) {
            line = format!("{line}; the first because: {first}");
        }
        line
    }
}

/// Why a phone could not be started.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// A text could not be spoken.
    #[error("cannot say {text:?}: {source}")]
    Voice {
        /// The text.
        text: String,
        /// Why.
        source: SpeakError,
    },
    /// A recording could not be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The recogniser's model is unusable.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The recogniser could not be started.
    #[error("the recogniser could not be started: {0}")]
    Recogniser(std::io::Error),
    /// A text is awaited, but there is no recogniser.
    #[error("--until {0:?} needs a recogniser: name a model")]
    NoModel(String),
    /// A text is awaited of which the recogniser knows nothing.
    #[error("--until {0:?} can never be heard: the model has no word for any of it")]
    CannotBeHeard(String),
    /// The network could not be used.
    #[error(transparent)]
    Net(#[from] NetError),
}
