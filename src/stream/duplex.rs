//! Both ways of one leg's RTP, and the reports on them.

use std::net::SocketAddr;
use std::time::Duration;

use super::counters::{Dropped, StreamCounters};
use super::receiver::{Pulled, RtpReceiver};
use super::report::{Reports, ntp};
use super::sender::{CannotSendKey, PACKET_OCTETS, RtpSender};
use crate::audio::{Codec, Frame8k};
use crate::base::{Key, Mono, Wall};
use crate::wire::rtcp::{Compound, RtcpPacket, RtcpReader, is_rtcp};

/// What offer and answer agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// The codec, both ways.
    pub codec: Codec,
    /// The codec's payload type in the SDP.
    pub payload_type: u8,
    /// The payload type of telephone-events, if agreed.
    pub event_payload_type: Option<u8>,
    /// Where the far end's SDP says it listens.
    pub remote: SocketAddr,
    /// Makes the stream's random numbers; another for each stream.
    pub seed: u64,
}

/// One leg's RTP, both ways.
#[derive(Clone, Debug)]
pub struct RtpStream {
    receiver: RtpReceiver,
    sender: RtpSender,
    reports: Reports,
}

impl RtpStream {
    /// Makes a stream that has heard and said nothing yet; allocates here and not in its ticks.
    #[must_use]
    pub fn new(config: &StreamConfig) -> Self {
        Self { receiver: RtpReceiver::new(config), sender: RtpSender::new(config), reports: Reports::new(config.seed) }
    }

    /// Takes a datagram from the RTP port, be it RTP or RTCP multiplexed onto it.
    ///
    /// # Errors
    /// [`Dropped`] says why the datagram was not used; it has been counted.
    pub fn receive(&mut self, now: Mono, source: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        if is_rtcp(datagram) { self.receive_rtcp(now, source, datagram) } else { self.receiver.receive(now, source, datagram) }
    }

    /// Takes a datagram from the RTCP port; any port of the far end's host may send it.
    ///
    /// # Errors
    /// [`Dropped`] says why the datagram was not used; it has been counted.
    pub fn receive_rtcp(&mut self, now: Mono, source: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        self.accept_rtcp(now, source, datagram).inspect_err(|dropped| self.receiver.count(*dropped))
    }

    /// Fills the frame that is due; called once each 20 ms.
    pub fn pull(&mut self, now: Mono, frame: &mut Frame8k) -> Pulled {
        self.receiver.pull(now, frame)
    }

    /// Takes a key pressed since the last call, each press once.
    pub fn key(&mut self) -> Option<Key> {
        self.receiver.key()
    }

    /// Writes the packet of this tick and returns its length; see [`RtpSender::packet`].
    pub fn packet(&mut self, now: Mono, frame: &Frame8k, into: &mut [u8; PACKET_OCTETS]) -> usize {
        self.sender.packet(now, frame, into)
    }

    /// Sends a key in place of sound; see [`RtpSender::send_key`].
    ///
    /// # Errors
    /// See [`CannotSendKey`].
    pub fn send_key(&mut self, key: Key, duration: Duration) -> Result<(), CannotSendKey> {
        self.sender.send_key(key, duration)
    }

    /// Returns where packets go: where the far end's come from, or what SDP said while none came.
    #[must_use]
    pub fn destination(&self) -> SocketAddr {
        self.receiver.destination()
    }

    /// Expects the far end elsewhere, as its new SDP says.
    pub fn retarget(&mut self, remote: SocketAddr) {
        self.receiver.retarget(remote);
    }

    /// Goes on with what a new offer and answer agreed on (a re-INVITE): numbering and what waits to be played stay, the seed is not used.
    pub fn reconfigure(&mut self, config: &StreamConfig) {
        self.receiver.reconfigure(config);
        self.sender.reconfigure(config);
    }

    /// Returns how much sound of the far end waits to be played.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.receiver.delay()
    }

    /// Writes a report if one is due, every 5 s (RFC 3550 §6.2), and returns its length; 128 octets are room enough.
    pub fn rtcp_due(&mut self, now: Mono, wall: Wall, into: &mut [u8]) -> Option<usize> {
        if !self.reports.is_due(now) {
            return None;
        }
        self.report(now, wall, into, false)
    }

    /// Writes the last report, which says goodbye (RFC 3550 §6.6); `None` if it does not fit.
    pub fn goodbye(&mut self, now: Mono, wall: Wall, into: &mut [u8]) -> Option<usize> {
        self.report(now, wall, into, true)
    }

    /// Returns what has been counted.
    #[must_use]
    pub fn counters(&self) -> StreamCounters {
        StreamCounters {
            sent: u64::from(self.sender.packets()),
            round_trip: self.reports.round_trip,
            far_loss: self.reports.far_loss,
            ..self.receiver.counters()
        }
    }

    fn report(&mut self, now: Mono, wall: Wall, into: &mut [u8], goodbye: bool) -> Option<usize> {
        let ntp = ntp(wall);
        let sent = self.sender.report(now, ntp);
        if sent.is_some() {
            self.reports.sent(now, ntp);
        }
        let heard = self.receiver.report().map(|block| self.reports.stamp(now, block));
        Compound { ssrc: self.sender.ssrc(), sent, heard, cname: &self.reports.cname, goodbye }.write(into)
    }

    fn accept_rtcp(&mut self, now: Mono, source: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        if source.ip() != self.receiver.destination().ip() {
            return Err(Dropped::Stranger);
        }
        // All or nothing: a compound broken at its end is not believed at its beginning.
        if RtcpReader::new(datagram).any(|packet| packet.is_err()) {
            return Err(Dropped::Malformed);
        }
        for packet in RtcpReader::new(datagram).flatten() {
            match packet {
                RtcpPacket::SenderReport { info, blocks, .. } => {
                    self.reports.received(now, info.ntp);
                    self.reports.learn(now, self.sender.ssrc(), &blocks);
                }
                RtcpPacket::ReceiverReport { blocks, .. } => self.reports.learn(now, self.sender.ssrc(), &blocks),
                // Signalling ends calls; a goodbye in the media proves nothing.
                RtcpPacket::Goodbye { .. } | RtcpPacket::Other(_) => {}
            }
        }
        Ok(())
    }
}
