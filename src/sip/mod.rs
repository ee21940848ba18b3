//! Floor 2: the signalling rules that the SIP library lacks, pure: offer/answer, limits, request checks.
//! Knows no socket and no SIP library.

mod head;
mod info;
mod negotiation;
mod precheck;
mod rate;
mod refusal;

pub use info::key_of_info;
pub use negotiation::{AudioPath, Negotiation, OfferError};
pub use precheck::{DropReason, LONGEST_MESSAGE, METHODS, Verdict, precheck, refuse_unreadable};
pub use rate::RateLimit;
