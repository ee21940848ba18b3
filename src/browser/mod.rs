//! Floor 5: the webrtc crate: a browser that listens. Offer in, answer out, sound to it.
//! Knows no calls and no HTTP.

use std::net::IpAddr;

use crate::audio::Frame8k;

/// A browser cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The offer is not one that can be answered.
    #[error("the browser's offer cannot be answered: {0}")]
    Offer(String),
    /// No connection could be made for it.
    #[error("no connection for the browser: {0}")]
    Connection(String),
}

/// A browser that listens; dropping it ends the connection.
#[derive(Debug)]
pub struct Listener {}

impl Listener {
    /// Answers a browser's offer with one UDP port on `address`; two mono PCMU tracks, left and right.
    ///
    /// # Errors
    /// When the offer is not understood or no port can be had.
    pub async fn answer(_offer: &str, _address: IpAddr) -> Result<(String, Self), BrowserError> {
        unimplemented!()
    }

    /// Sends 20 ms: neither waits nor allocates; a slow listener loses its oldest frames.
    pub fn send(&self, _left: &Frame8k, _right: &Frame8k) {}
}
