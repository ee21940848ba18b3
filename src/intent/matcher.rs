//! The matcher: examples in, ranked guesses out.

use super::{Example, Guess};

/// The built-in intent of a caller who asks for a person.
pub const HUMAN: &str = "human";

/// What was said before, which can tip the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The intent of the turn before.
    pub last_intent: Option<&'a str>,
}

/// Scores words against a dialplan's intents.
#[derive(Debug)]
pub struct Matcher {
    examples: Vec<Example>,
}

impl Matcher {
    /// Learns from examples; intents without examples are never guessed.
    #[must_use]
    pub fn train(examples: &[Example]) -> Self {
        Self { examples: examples.to_vec() }
    }

    /// Ranks the intents for an n-best list of texts with their weights, best first.
    #[must_use]
    pub fn guess(&self, hypotheses: &[(&str, f32)], context: Context<'_>) -> Vec<Guess> {
        let _ = (&self.examples, hypotheses, context);
        Vec::new()
    }
}
