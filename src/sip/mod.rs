//! Floor 2: the signalling rules that the SIP library lacks, pure: offer/answer, limits, request checks.
//! Knows no socket and no SIP library.

mod negotiation;

pub use negotiation::{AudioPath, Negotiation, OfferError};
