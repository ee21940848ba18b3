//! Floor 6: a call in virtual time: scripted caller and seat, simulated network, faked sources.
//! Knows no socket and not the exchange.

mod buzz;
mod network;
mod outcome;
mod party;
mod phones;
mod recognizer;
mod script;
mod scripted;
#[cfg(test)]
mod scripted_tests;
mod sources;
mod stage;
mod talk;

pub use network::Network;
pub use outcome::Outcome;
pub use script::{Fake, Offered, Script, SeatScript, Step, Voice};
pub use scripted::{Difference, Ear, Fakes, Heard, Rehearsed, SpokenTurn, rehearse_script, rehearse_script_heard, rehearse_script_with};
pub use stage::rehearse;
pub use talk::{Answers, Listening, Talk, TalkLine, TalkState, TalkWhat};
