//! Floor 2: what listening and speaking mean: recognizer and synthesizer traits, hypotheses, voice activity, endpointing, barge-in.
//! Knows no engine, no call, no SIP.

mod hearing;
mod voice;

pub use hearing::{Expected, Hearing, Hypothesis, Recognizer, Vocabulary, Word};
pub use voice::{SpeakError, Speech, Wording};
