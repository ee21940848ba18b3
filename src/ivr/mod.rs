//! Floor 3: walks a dialplan: turns, prompts, slots, retries, hand-over reasons.
//! Knows no audio, SIP, seats or storage. Time comes in as an argument; outputs are polled.

mod answers;
mod asking;
mod caller;
#[cfg(test)]
mod conversation_tests;
mod doubting;
#[cfg(test)]
mod driver;
mod going_back;
mod hearing;
mod keying;
#[cfg(test)]
mod language_tests;
mod leaving;
mod lines;
mod orders;
mod prepare;
mod reading;
mod recording;
mod requests;
#[cfg(test)]
mod rules_tests;
mod saying;
mod stepping;
mod walk;

pub use lines::{Line, line, queue_announcement};
pub use orders::{
    CallbackPromise, CallerFacts, CustomerChange, Doubt, LookupOutcome, LookupRequest, Message, Order, PlayEnd, Summary, TicketDraft,
    WalkInput, Why,
};
pub use prepare::{
    matcher_for, prompts_known_beforehand, prompts_of_the_beginning, recorded_prompts, training_examples, vocabulary_for_intents,
};
pub use walk::{Trodden, Walk};
