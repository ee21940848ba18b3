//! Symmetric RTP: whose packets are heard, and where ours go.
//! A peer behind a NAT sends from another address than its SDP says; a stranger's packets must never be heard.

use std::net::SocketAddr;
use std::time::Duration;

use crate::base::Mono;

/// After this silence of the locked source another port of the same host may take its place.
const RELOCK_SILENCE: Duration = Duration::from_secs(2);
/// Packets in a row by which a source not named in SDP proves itself.
const PROOF: u8 = 3;

/// The source that is heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceLock {
    expected: SocketAddr,
    locked: Option<(SocketAddr, Mono)>,
    candidate: Option<(SocketAddr, u8)>,
}

impl SourceLock {
    pub(super) fn new(expected: SocketAddr) -> Self {
        Self { expected, locked: None, candidate: None }
    }

    /// Whether a valid packet of this source is to be heard.
    pub(super) fn admits(&mut self, now: Mono, source: SocketAddr) -> bool {
        if let Some((locked, heard)) = &mut self.locked {
            if *locked == source {
                *heard = now;
                self.candidate = None;
                return true;
            }
            if now - *heard < RELOCK_SILENCE || source.ip() != locked.ip() && source != self.expected {
                return false;
            }
        }
        let admitted = source == self.expected || self.proves(source);
        if admitted {
            (self.locked, self.candidate) = (Some((source, now)), None);
        }
        admitted
    }

    /// Expects the far end elsewhere; the same address again, as a session refresh repeats it, changes nothing.
    pub(super) fn expect(&mut self, expected: SocketAddr) {
        if expected != self.expected {
            *self = Self::new(expected);
        }
    }

    /// Where packets to the far end go: back to where its own come from, as soon as any do.
    pub(super) fn destination(&self) -> SocketAddr {
        self.locked.map_or(self.expected, |(source, _)| source)
    }

    fn proves(&mut self, source: SocketAddr) -> bool {
        let seen = match self.candidate {
            Some((candidate, seen)) if candidate == source => seen + 1,
            _ => 1,
        };
        self.candidate = Some((source, seen));
        seen >= PROOF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Mono {
        Mono::from_elapsed(Duration::from_millis(millis))
    }

    fn source(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_address_of_the_sdp_is_locked_at_once_and_strangers_never_after() {
        let mut lock = SourceLock::new(source("10.0.0.1:4000"));
        assert!(lock.admits(at(0), source("10.0.0.1:4000")));
        assert!(
            (1..200)
                .all(|tick| !lock.admits(at(20 * tick), source("10.0.0.9:4000")) && lock.admits(at(20 * tick), source("10.0.0.1:4000")))
        );
    }

    #[test]
    fn behind_a_nat_the_first_consistent_source_is_locked_and_answered() {
        let mut lock = SourceLock::new(source("192.168.1.5:4000"));
        assert_eq!(lock.destination(), source("192.168.1.5:4000"));
        let nat = source("203.0.113.7:61000");
        assert!(!lock.admits(at(0), nat) && !lock.admits(at(20), nat) && lock.admits(at(40), nat));
        assert_eq!(lock.destination(), nat);
        assert!(!lock.admits(at(60), source("192.168.1.5:4000")));
    }

    #[test]
    fn a_session_refresh_keeps_the_source_and_a_new_address_replaces_it() {
        let mut lock = SourceLock::new(source("192.168.1.5:4000"));
        let nat = source("203.0.113.7:61000");
        assert!((0..3).any(|tick| lock.admits(at(20 * tick), nat)));
        lock.expect(source("192.168.1.5:4000"));
        assert!(lock.admits(at(60), nat));
        lock.expect(source("10.0.0.2:7000"));
        assert!(!lock.admits(at(80), nat) && lock.admits(at(80), source("10.0.0.2:7000")));
    }

    #[test]
    fn one_packet_of_a_stranger_does_not_take_the_stream() {
        let mut lock = SourceLock::new(source("10.0.0.1:4000"));
        assert!(!lock.admits(at(0), source("10.0.0.9:1")));
        assert!(!lock.admits(at(1), source("10.0.0.9:1")));
        assert!(lock.admits(at(2), source("10.0.0.1:4000")));
    }

    #[test]
    fn after_two_seconds_of_silence_the_same_host_may_move_and_others_may_not() {
        let mut lock = SourceLock::new(source("10.0.0.1:4000"));
        assert!(lock.admits(at(0), source("10.0.0.1:4000")));
        let moved = source("10.0.0.1:5000");
        assert!((0..90).all(|tick| !lock.admits(at(20 * tick), moved)));
        assert!((100..110).all(|tick| !lock.admits(at(20 * tick), source("10.0.0.9:5000"))));
        assert!(!lock.admits(at(2200), moved) && !lock.admits(at(2220), moved) && lock.admits(at(2240), moved));
        assert_eq!(lock.destination(), moved);
    }
}
