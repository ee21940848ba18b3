//! What a stream has counted, as values for logs and metrics.

use std::time::Duration;

/// Why a datagram was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Dropped {
    /// No RTP or RTCP packet, or a payload of an impossible size.
    #[error("malformed")]
    Malformed,
    /// Not from the source that the stream is locked to.
    #[error("from a stranger")]
    Stranger,
    /// Of a payload type that was not agreed.
    #[error("of a payload type that was not agreed")]
    WrongPayload,
    /// The first packet of a new synchronization source, or after a jump of the sequence: a second must confirm it (RFC 3550 §A.1).
    #[error("of a stream not yet confirmed")]
    Unproven,
    /// Received before.
    #[error("a duplicate")]
    Duplicate,
    /// Its time to be heard has passed.
    #[error("too late")]
    Late,
}

/// Counts since the stream began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounters {
    /// RTP packets accepted from the far end, late ones included.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Packets that the sequence says were sent and never came.
    pub lost: u64,
    /// Packets that came after their time.
    pub late: u64,
    /// Packets that came more than once.
    pub duplicate: u64,
    /// Frames made up to cover a loss.
    pub concealed: u64,
    /// Datagrams from other sources.
    pub strangers: u64,
    /// Packets of payload types not agreed.
    pub wrong_payload: u64,
    /// Datagrams that are no RTP or RTCP.
    pub malformed: u64,
    /// Packets of streams not confirmed by a second packet.
    pub unproven: u64,
    /// Key presses received.
    pub keys: u64,
    /// Key presses that came faster than they were taken.
    pub keys_dropped: u64,
    /// Times the far end changed its stream or its clock.
    pub restarts: u64,
    /// Samples left out to keep the delay short.
    pub skipped_samples: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// Time to the far end and back, once reports have told.
    pub round_trip: Option<Duration>,
    /// The share of our packets that the far end's last report says it lost, in 256ths.
    pub far_loss: Option<u8>,
}

impl StreamCounters {
    pub(super) fn count(&mut self, dropped: Dropped) {
        let counter = match dropped {
            Dropped::Malformed => &mut self.malformed,
            Dropped::Stranger => &mut self.strangers,
            Dropped::WrongPayload => &mut self.wrong_payload,
            Dropped::Unproven => &mut self.unproven,
            Dropped::Duplicate => &mut self.duplicate,
            Dropped::Late => &mut self.late,
        };
        *counter += 1;
    }
}
