//! Floor 2: scores words against intents: ranked guesses with confidence and reasons.
//! Knows no dialplan, no call, no engine.

mod human;
mod matcher;
mod text;

pub use human::HUMAN_WORDS;
pub use matcher::{Context, HUMAN, Matcher, sounds_within};

/// One training example of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The intent's name.
    pub intent: String,
    /// Words a caller may use.
    pub text: String,
}

/// One guess at what the caller means.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The intent's name.
    pub intent: String,
    /// 0.0 to 1.0.
    pub confidence: f32,
    /// The example nearest to what was said.
    pub nearest: String,
}
