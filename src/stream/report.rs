//! Reports: when ours are due and what the far end's tell ([RFC 3550 §6](https://www.rfc-editor.org/rfc/rfc3550#section-6)).

use std::fmt::Write as _;
use std::time::Duration;

use crate::base::{Mono, Rng, Wall};
use crate::wire::rtcp::{ReportBlock, ReportBlocks};

/// Between reports (RFC 3550 §6.2); the first comes after half of it.
const INTERVAL: Duration = Duration::from_secs(5);
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_EPOCH: i64 = 2_208_988_800;

/// The state of reporting.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    /// Random and short-lived (RFC 7022 §4.2).
    pub(super) cname: String,
    next: Option<Mono>,
    /// The middle of the `ntp` in our last sender report, and when it went out.
    sent: Option<(u32, Mono)>,
    /// The same of the far end's last, and when it came in.
    received: Option<(u32, Mono)>,
    pub(super) round_trip: Option<Duration>,
    pub(super) far_loss: Option<u8>,
}

impl Reports {
    pub(super) fn new(seed: u64) -> Self {
        // Other numbers than the sender draws from the same seed.
        let mut rng = Rng::seeded(!seed);
        let mut cname = String::with_capacity(32);
        // Writing to a string cannot fail.
        let _ = write!(cname, "{:016x}{:08x}", rng.next_u64(), rng.next_u32());
        Self { cname, next: None, sent: None, received: None, round_trip: None, far_loss: None }
    }

    pub(super) fn is_due(&mut self, now: Mono) -> bool {
        let due = *self.next.get_or_insert(now + INTERVAL / 2) <= now;
        if due {
            self.next = Some(now + INTERVAL);
        }
        due
    }

    /// Notes a sender report of ours.
    pub(super) fn sent(&mut self, now: Mono, ntp: u64) {
        self.sent = Some((middle(ntp), now));
    }

    /// Notes a sender report of the far end.
    pub(super) fn received(&mut self, now: Mono, ntp: u64) {
        self.received = Some((middle(ntp), now));
    }

    /// Puts the times into a block that is about to be sent.
    pub(super) fn stamp(&self, now: Mono, block: ReportBlock) -> ReportBlock {
        let Some((last_report, at)) = self.received else { return block };
        ReportBlock { last_report, delay: u32::try_from((now - at).as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX), ..block }
    }

    /// Learns from what the far end says of our stream (RFC 3550 §6.4.1).
    pub(super) fn learn(&mut self, now: Mono, ssrc: u32, blocks: &ReportBlocks<'_>) {
        let Some(block) = blocks.about(ssrc) else { return };
        self.far_loss = Some(block.fraction_lost);
        if let Some((_, at)) = self.sent.filter(|(sent, _)| *sent == block.last_report) {
            let held = Duration::from_micros(u64::from(block.delay) * 1_000_000 / 65_536);
            self.round_trip = Some((now - at).saturating_sub(held));
        }
    }
}

/// Returns wall time as NTP counts it: seconds since 1900, 32 bits either side of the point (RFC 3550 §4).
pub(super) fn ntp(wall: Wall) -> u64 {
    let seconds = wall.millis().div_euclid(1000) + NTP_EPOCH;
    let fraction = (wall.millis().rem_euclid(1000) as u64 * (1 << 32)) / 1000;
    (seconds as u64) << 32 | fraction
}

fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}
