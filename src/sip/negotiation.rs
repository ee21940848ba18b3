//! Offer and answer (RFC 3264) for one audio stream of one leg.

use std::net::SocketAddr;

use crate::wire::sdp::{Codec, Direction};

/// One leg's offers and answers; our side speaks PCMA, PCMU and telephone-event, 20 ms a packet.
#[derive(Clone, Debug)]
pub struct Negotiation {
    local: SocketAddr,
}

/// What was agreed: where audio goes, in which codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioPath {
    /// Where the far end wants RTP; `None` while it wants none (held with 0.0.0.0, or port 0).
    pub remote: Option<SocketAddr>,
    /// The codec, both ways.
    pub codec: Codec,
    /// The codec's payload type, both ways.
    pub payload_type: u8,
    /// The payload type of telephone-event, if the far end knows it.
    pub key_payload_type: Option<u8>,
    /// Which way media flows, as we see it: `SendOnly` means that we hear nothing, `RecvOnly` that we are to be silent.
    pub direction: Direction,
}

/// Why an offer or answer cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// It is no session description.
    #[error("unreadable session description: {0}")]
    Unreadable(String),
    /// It has no audio.
    #[error("no audio stream over RTP/AVP is offered")]
    NoAudio,
    /// None of its codecs is ours.
    #[error("no common codec: PCMA and PCMU are spoken here")]
    NoCommonCodec,
    /// An answer came to no offer.
    #[error("an answer without an offer")]
    NoOffer,
}

impl OfferError {
    /// Returns the status code and reason phrase for a request with such an offer.
    #[must_use]
    pub const fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Unreadable(_) | Self::NoOffer => (400, "Bad Request"),
            Self::NoAudio | Self::NoCommonCodec => (488, "Not Acceptable Here"),
        }
    }
}

impl Negotiation {
    /// Begins with our RTP address and a session id (any number, not repeated soon).
    #[must_use]
    pub fn new(local: SocketAddr, session_id: u64) -> Self {
        let _ = session_id;
        Self { local }
    }

    /// Writes our offer.
    pub fn offer(&mut self) -> String {
        String::new()
    }

    /// Answers an offer, or a new one in the same session; the first codec of theirs that is ours.
    ///
    /// # Errors
    /// When there is nothing to agree on; what was agreed before stays.
    pub fn answer(&mut self, offer: &str) -> Result<(String, AudioPath), OfferError> {
        let _ = offer;
        Err(OfferError::NoAudio)
    }

    /// Takes the answer to our offer.
    ///
    /// # Errors
    /// When it does not fit the offer.
    pub fn accept(&mut self, answer: &str) -> Result<AudioPath, OfferError> {
        let _ = (answer, self.local);
        Err(OfferError::NoOffer)
    }
}
