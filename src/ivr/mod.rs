//! Floor 3: walks a dialplan: turns, prompts, slots, retries, hand-over reasons.
//! Knows no audio, SIP, seats or storage. Time comes in as an argument; outputs are polled.

mod orders;

pub use orders::{CallerFacts, LookupOutcome, LookupRequest, Order, PlayEnd, WalkInput, Why};
