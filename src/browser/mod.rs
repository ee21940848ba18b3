//! Floor 5: the webrtc crate: a browser that listens. Offer in, answer out, sound to it.
//! Knows no calls and no HTTP.

mod peer;
mod queue;

use std::net::IpAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::audio::Frame8k;

use queue::Queue;

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
pub struct Listener {
    queue: Arc<Queue>,
    stop: CancellationToken,
    over: CancellationToken,
}

impl Listener {
    /// Answers a browser's offer of two receiving audio lines with two mono PCMU tracks, streams `left` and `right`
    /// (PCMU has no stereo; the page brings them together), on one UDP port of `address`. A browser that does not connect
    /// within ten seconds, or falls silent for fifteen, is given up.
    ///
    /// # Errors
    /// When the offer is not understood or no port can be had.
    pub async fn answer(offer: &str, address: IpAddr) -> Result<(String, Self), BrowserError> {
        let queue = Arc::new(Queue::default());
        let (answer, peer) = peer::Peer::answer(offer, address).await?;
        let (stop, over) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn({
            let (queue, stop, over) = (Arc::clone(&queue), stop.clone(), over.clone().drop_guard());
            async move {
                peer.run(&queue, &stop).await;
                queue.close();
                drop(over);
            }
        });
        Ok((answer, Self { queue, stop, over }))
    }

    /// Returns where its sound goes in; may outlive it.
    #[must_use]
    pub fn sink(&self) -> TapSink {
        TapSink { queue: Arc::clone(&self.queue) }
    }

    /// Waits until the connection is over, for whatever reason.
    pub async fn ended(&self) {
        self.over.cancelled().await;
    }

    /// Returns what [`Listener::ended`] waits for, to be waited for without the listener.
    #[must_use]
    pub fn over(&self) -> CancellationToken {
        self.over.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Takes sound for a listening browser.
#[derive(Clone, Debug)]
pub struct TapSink {
    queue: Arc<Queue>,
}

impl TapSink {
    /// Takes 20 ms: neither waits nor allocates; a slow listener loses its oldest frames. Returns false once nobody listens.
    #[must_use]
    pub fn push(&self, left: &Frame8k, right: &Frame8k) -> bool {
        self.queue.push(left, right)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[tokio::test]
    async fn what_is_no_offer_is_refused_in_words() {
        let empty = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
        let telephone = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        for offer in ["", "你好", "v=0", empty, telephone, &"m=audio\r\n".repeat(500)] {
            let answered = Listener::answer(offer, Ipv4Addr::LOCALHOST.into()).await;
            assert!(answered.is_err(), "{offer:?} was answered with {:?}", answered.map(|(answer, _)| answer));
        }
    }
}
