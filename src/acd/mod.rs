//! Floor 3: which seat gets which caller: queue, skill, tier, offer, no-answer, wrap-up.
//! Knows no audio, no SIP, not the caller's words. Time comes in as an argument; outputs are polled.

mod desk;
mod orders;
mod snapshot;
mod waiting;
mod workplaces;

pub use desk::{Desk, DeskRules, Why};
pub use orders::{DeskInput, DeskOrder, OfferEnd, SeatProfile, Ticket};
pub use snapshot::{DeskSnapshot, QueueView, SeatState, SeatView, WaitingView};
