//! Floor 2: what listening and speaking mean: recognizer and synthesizer traits, hypotheses, voice activity, endpointing, barge-in.
//! Knows no engine, no call, no SIP.

mod barge_in;
mod detector;
mod endpoint;
mod gate;
mod hearing;
mod pre_roll;
mod voice;

pub use barge_in::BargeIn;
pub use detector::{VoiceDetector, Voicing};
pub use endpoint::{Endpoint, Endpointer};
pub use hearing::{Expected, Hearing, Hypothesis, Pace, Recognizer, Vocabulary, Word};
pub use pre_roll::PreRoll;
pub use voice::{SpeakError, Speech, Wording};
