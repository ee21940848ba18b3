//! Floor 3: walks a dialplan: turns, prompts, slots, retries, hand-over reasons.
//! Knows no audio, SIP, seats or storage. Time comes in as an argument; outputs are polled.

mod answers;
mod asking;
#[cfg(test)]
mod conversation_tests;
mod hearing;
mod keying;
mod lines;
mod orders;
mod prepare;
mod saying;
mod stepping;
mod walk;

pub use lines::{Line, line, queue_announcement};
pub use orders::{CallerFacts, LookupOutcome, LookupRequest, Order, PlayEnd, Summary, WalkInput, Why};
pub use prepare::{matcher_for, prompts_known_beforehand, vocabulary_for_intents};
pub use walk::{Trodden, Walk};
