//! Floor 2: one RTP stream each way: jitter buffer, concealment, sequencing, DTMF, reports, symmetric-source lock.
//! Knows no SIP, no call, no speech.

mod conceal;
mod counters;
mod duplex;
mod jitter;
mod keys;
mod receiver;
mod report;
mod sender;
mod sequence;
mod source;

pub use counters::{Dropped, StreamCounters};
pub use duplex::{RtpStream, StreamConfig};
pub use receiver::{Pulled, RtpReceiver};
pub use sender::{CannotSendKey, PACKET_OCTETS, RtpSender};

#[cfg(test)]
mod network;

/// Samples in a tick of 20 ms at 8 kHz, by which a stream's timestamp moves.
const TICK_SAMPLES: u32 = 160;

/// Returns a length of time in samples at 8 kHz.
fn samples(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos() / 125_000).unwrap_or(u64::MAX)
}
