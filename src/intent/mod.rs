//! Floor 2: scores words against intents: ranked guesses with confidence and reasons.
//! Knows no dialplan, no call, no engine.

mod background;
mod calibration;
mod features;
mod human;
mod kept;
mod lanes;
mod lexicon;
mod linear;
mod matcher;
mod model;
mod network;
mod noise;
mod reasons;
mod sayings;
mod text;
mod usual;
mod views;

pub use human::{HUMAN_WORDS, asks_for_person};
pub use matcher::{Context, FEW_EXAMPLES, HUMAN, MOST_EXAMPLES, Matcher, Stage, TOO_FEW_TO_KNOW, Understanding, sounds_within};
pub use noise::{Mistakes, misheard};
pub use reasons::Explanation;

/// One training example of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The intent's name.
    pub intent: String,
    /// Words a caller may use.
    pub text: String,
    /// Examples of one family are one sentence with its slots filled in differently: together they tell no more than one.
    pub family: Option<u32>,
}

impl Example {
    /// Makes an example that stands for itself.
    #[must_use]
    pub fn new(intent: impl Into<String>, text: impl Into<String>) -> Self {
        Self { intent: intent.into(), text: text.into(), family: None }
    }
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
