//! Scripted calls: what a caller does, what the robot must answer, what the business systems are made to say.
//! Knows nothing of how a call is walked.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::load::{load, not_utf8};
use super::{Diagnostic, Place, read};
use crate::base::Language;

/// The scripted calls of one hotline.
#[derive(Debug, Default)]
pub struct CallScripts {
    /// The file's name as given.
    pub file: String,
    /// The calls, in the file's order.
    pub calls: Vec<CallScript>,
    /// The file's text.
    pub source: Arc<str>,
    /// What was taken, but perhaps not what was meant.
    pub warnings: Vec<Diagnostic>,
}

/// One scripted call.
#[derive(Debug)]
pub struct CallScript {
    /// Where it stands.
    pub place: Place,
    /// What it tries.
    pub name: String,
    /// The caller's number.
    pub from: String,
    /// When it comes, in the dialplan's time zone.
    pub at: Option<DateTime>,
    /// What is known of the caller.
    pub caller: Map<String, Value>,
    /// What the business systems answer; the first that fits.
    pub answers: Vec<FakedAnswer>,
    /// What does not work in this call.
    pub fails: Vec<Failing>,
    /// What happens.
    pub steps: Vec<ScriptStep>,
    /// How it must end.
    pub end: Option<ScriptEnd>,
}

/// A step that a script makes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// No message goes out.
    Send,
    /// No ticket can be opened.
    Ticket,
}

/// A faked answer of a business system.
#[derive(Clone, Debug)]
pub struct FakedAnswer {
    /// Where it stands.
    pub place: Place,
    /// The source's name.
    pub source: String,
    /// `GET /orders/1`; each `*` takes any characters.
    pub request: String,
    /// What is answered, in turn; the last stays.
    pub outcomes: Vec<FakedOutcome>,
}

/// What a faked business system answers.
#[derive(Clone, Debug, PartialEq)]
pub struct FakedOutcome {
    /// The HTTP status; `None` is no answer at all.
    pub status: Option<u16>,
    /// The body.
    pub body: Value,
    /// How long it takes.
    pub after: Duration,
}

/// One step of a scripted call.
#[derive(Debug)]
pub struct ScriptStep {
    /// Where it stands.
    pub place: Place,
    /// What happens, or must.
    pub does: ScriptDoes,
}

/// What happens in a step of a scripted call, or must.
#[derive(Debug)]
pub enum ScriptDoes {
    /// The robot must say this.
    Robot(RobotSays),
    /// The caller speaks when the robot has finished.
    Caller(SpokenWords),
    /// The caller presses keys; `after` the robot began to speak, or when it has finished.
    Press {
        /// The keys.
        keys: String,
        /// When.
        after: Option<Duration>,
    },
    /// The caller says nothing for so long.
    Silence(Duration),
    /// The caller speaks so long after the robot began to.
    BargeIn {
        /// The words.
        said: SpokenWords,
        /// When.
        after: Duration,
    },
    /// The caller hangs up.
    HangUp {
        /// So long after the robot began to speak, or when it has finished.
        after: Option<Duration>,
    },
    /// What seats do after a hand-over.
    Seat(SeatDoes),
    /// What must be at this point.
    Expect(Box<ScriptExpects>),
}

/// Words that the robot must say.
#[derive(Debug)]
pub enum RobotSays {
    /// All of these, in order, within what it says.
    Words(Vec<String>),
    /// This prompt, in any variant.
    Prompt(String),
}

/// Words of a caller and what the recogniser makes of them.
#[derive(Clone, Debug)]
pub struct SpokenWords {
    /// The words.
    pub text: String,
    /// The readings with their confidence, the likeliest first; never empty.
    pub heard_as: Vec<(String, f32)>,
}

/// What seats do after a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatDoes {
    /// No seat takes the call.
    Nothing,
    /// A seat took it, talked, and hung up.
    HangsUp,
}

/// What must be at a point of a call.
#[derive(Debug, Default)]
pub struct ScriptExpects {
    /// The last intent; `Some(None)` is none yet.
    pub intent: Option<Option<String>>,
    /// What was collected.
    pub slots: Vec<(String, String)>,
    /// How soon the robot spoke after the caller.
    pub within: Option<Duration>,
    /// The flows gone through, in this order.
    pub path: Vec<String>,
    /// The language spoken.
    pub language: Option<Language>,
    /// What the business systems were asked.
    pub lookups: Vec<String>,
    /// What variables must be.
    pub values: Vec<(String, Value)>,
    /// What was done: each is contained in one line of it.
    pub notes: Vec<String>,
}

/// How a call must end.
#[derive(Debug, Default)]
pub struct ScriptEnd {
    /// Where it stands.
    pub place: Place,
    /// Whether it was handed over; `None` does not matter.
    pub handed_over: Option<bool>,
    /// The queue.
    pub queue: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The tier.
    pub tier: Option<String>,
    /// Who hung up.
    pub hung_up: Option<HangsUp>,
    /// What the transcript holds.
    pub transcript_has: Vec<String>,
    /// What else must be.
    pub expects: ScriptExpects,
}

/// Who ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangsUp {
    /// The robot.
    Robot,
    /// The caller.
    Caller,
}

impl CallScripts {
    /// Reads scripted calls.
    ///
    /// # Errors
    /// Everything that is wrong with the file, in its order.
    pub fn load(file_name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (calls, warnings) = load(file_name, text, &mut |tree, report| read::read_script(tree, report))?;
        Ok(Self { file: file_name.to_owned(), calls, source: text.into(), warnings })
    }

    /// Reads scripted calls from a file's bytes.
    ///
    /// # Errors
    /// As [`CallScripts::load`].
    pub fn load_bytes(file_name: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::load(file_name, text),
            Err(error) => Err(vec![not_utf8(file_name, bytes, error.valid_up_to())]),
        }
    }
}

impl FakedAnswer {
    /// Says whether it answers a request, written as `GET /orders/1`.
    #[must_use]
    pub fn fits(&self, source: &str, request: &str) -> bool {
        self.source == source && wildcard(&self.request, request)
    }
}

/// Matches with `*` for any characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_characters() {
        for (pattern, text, fits) in [
            ("GET /orders/1", "GET /orders/1", true),
            ("GET /orders/1", "GET /orders/12", false),
            ("GET /orders/*", "GET /orders/12", true),
            ("GET /orders/*/logistics", "GET /orders/12/logistics", true),
            ("GET /orders/*/logistics", "GET /orders/12", false),
            ("* /orders/*", "POST /orders/12?x=1", true),
            ("*", "", true),
            ("GET /a*b*c", "GET /a_c_b", false),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} {text}");
        }
    }
}
