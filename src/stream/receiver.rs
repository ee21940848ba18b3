//! The way in: from datagrams to one frame a tick, and the keys pressed meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use super::counters::{Dropped, StreamCounters};
use super::duplex::StreamConfig;
use super::jitter::{Filled, JitterBuffer, Kept, MAX_PACKET};
use super::keys::{Press, Presses};
use super::sequence::{Arrival, Sequence};
use super::source::SourceLock;
use crate::audio::{Codec, Frame8k};
use crate::base::{Key, Mono};
use crate::wire::rtcp::ReportBlock;
use crate::wire::rtp::{RtpHeader, RtpPacket};
use crate::wire::telephone_event::TelephoneEvent;

/// Comfort noise (RFC 3389): a peer that falls silent may send it unasked.
const COMFORT_NOISE: u8 = 13;
/// An event whose packets stop without an end is over after this.
const EVENT_PATIENCE: Duration = Duration::from_millis(60);

/// Where the frame of a tick came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// Decoded from packets.
    Decoded,
    /// Made up to cover a loss.
    Concealed,
    /// Nothing was due: silence.
    Nothing,
}

/// One RTP stream coming in.
#[derive(Clone, Debug)]
pub struct RtpReceiver {
    /// The codec agreed on, and the one before it, of which packets may still be on their way (RFC 3264 §8.3.1).
    codecs: [(u8, Codec); 2],
    event_payload_type: Option<u8>,
    source: SourceLock,
    ssrc: Option<u32>,
    new_ssrc: Option<u32>,
    sequence: Sequence,
    lost_before: u64,
    buffer: JitterBuffer,
    presses: Presses,
    muted_until: Mono,
    counters: StreamCounters,
}

impl RtpReceiver {
    /// Makes a receiver that has heard nothing yet.
    #[must_use]
    pub fn new(config: &StreamConfig) -> Self {
        Self {
            codecs: [(config.payload_type, config.codec); 2],
            event_payload_type: config.event_payload_type,
            source: SourceLock::new(config.remote),
            ssrc: None,
            new_ssrc: None,
            sequence: Sequence::new(),
            lost_before: 0,
            buffer: JitterBuffer::new(),
            presses: Presses::new(),
            muted_until: Mono::ZERO,
            counters: StreamCounters::default(),
        }
    }

    /// Takes a datagram from the RTP port.
    ///
    /// # Errors
    /// [`Dropped`] says why the datagram was not used; it has been counted.
    pub fn receive(&mut self, now: Mono, source: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        self.accept(now, source, datagram).inspect_err(|dropped| self.counters.count(*dropped))
    }

    /// Fills the frame that is due; called once each 20 ms.
    pub fn pull(&mut self, now: Mono, frame: &mut Frame8k) -> Pulled {
        let filled = self.buffer.tick(now, frame);
        if now < self.muted_until {
            *frame = Frame8k::SILENCE;
            return Pulled::Nothing;
        }
        match filled {
            Filled::Heard => Pulled::Decoded,
            Filled::Silent => Pulled::Nothing,
            Filled::Covered => {
                self.counters.concealed += 1;
                Pulled::Concealed
            }
        }
    }

    /// Takes a key pressed since the last call, each press once.
    pub fn key(&mut self) -> Option<Key> {
        self.presses.take()
    }

    /// Returns where packets to the far end go: where its own come from, or what SDP said while none came.
    #[must_use]
    pub fn destination(&self) -> SocketAddr {
        self.source.destination()
    }

    /// Expects the far end elsewhere, as its new SDP says.
    pub fn retarget(&mut self, remote: SocketAddr) {
        self.source.expect(remote);
    }

    /// Goes on with what a new offer and answer agreed on; what waits to be played stays.
    pub fn reconfigure(&mut self, config: &StreamConfig) {
        self.codecs = [(config.payload_type, config.codec), self.codecs[0]];
        self.event_payload_type = config.event_payload_type;
        self.retarget(config.remote);
    }

    /// Returns what has been counted.
    #[must_use]
    pub fn counters(&self) -> StreamCounters {
        StreamCounters {
            lost: self.lost_before + u64::from(self.sequence.lost()),
            skipped_samples: self.buffer.skipped,
            jitter: Duration::from_micros(125) * self.buffer.jitter(),
            ..self.counters
        }
    }

    /// Returns how much sound waits to be played.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_micros(125) * self.buffer.depth()
    }

    /// What the next report says of this stream, but for its times; none before the first packet.
    pub(super) fn report(&mut self) -> Option<ReportBlock> {
        let ssrc = self.ssrc?;
        Some(ReportBlock {
            ssrc,
            fraction_lost: self.sequence.take_fraction_lost(),
            lost: i32::try_from(self.sequence.lost()).unwrap_or(i32::MAX),
            highest_sequence: self.sequence.highest(),
            jitter: self.buffer.jitter(),
            last_report: 0,
            delay: 0,
        })
    }

    /// Drops and counts what another part of the stream refused.
    pub(super) fn count(&mut self, dropped: Dropped) {
        self.counters.count(dropped);
    }

    fn accept(&mut self, now: Mono, source: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        let RtpPacket { header, payload } = RtpPacket::parse(datagram).map_err(|_| Dropped::Malformed)?;
        let content = self.content(header.payload_type, payload)?;
        if !self.source.admits(now, source) {
            return Err(Dropped::Stranger);
        }
        self.place(&header)?;
        self.counters.received += 1;
        match content {
            Content::Sound(codec) => self.hear(now, header.timestamp, codec, payload),
            Content::Event(event) => {
                self.press(now, header.timestamp, event);
                Ok(())
            }
            Content::Silence => Ok(()),
        }
    }

    fn content(&self, payload_type: u8, payload: &[u8]) -> Result<Content, Dropped> {
        if let Some((_, codec)) = self.codecs.iter().find(|(known, _)| *known == payload_type) {
            if (1..=MAX_PACKET).contains(&payload.len()) { Ok(Content::Sound(*codec)) } else { Err(Dropped::Malformed) }
        } else if Some(payload_type) == self.event_payload_type {
            TelephoneEvent::parse(payload).map(Content::Event).ok_or(Dropped::Malformed)
        } else if payload_type == COMFORT_NOISE {
            Ok(Content::Silence)
        } else {
            Err(Dropped::WrongPayload)
        }
    }

    /// Finds the packet's place in its stream.
    fn place(&mut self, header: &RtpHeader) -> Result<(), Dropped> {
        if self.ssrc.is_some_and(|ssrc| ssrc != header.ssrc) {
            if self.new_ssrc.replace(header.ssrc) != Some(header.ssrc) {
                return Err(Dropped::Unproven);
            }
            self.restart();
            self.sequence = Sequence::new();
        }
        (self.ssrc, self.new_ssrc) = (Some(header.ssrc), None);
        let lost = self.sequence.lost();
        match self.sequence.receive(header.sequence) {
            Arrival::New => Ok(()),
            Arrival::Restart => {
                self.lost_before += u64::from(lost);
                self.restart();
                Ok(())
            }
            Arrival::Duplicate => Err(Dropped::Duplicate),
            Arrival::Stray => Err(Dropped::Unproven),
        }
    }

    fn restart(&mut self) {
        self.lost_before += u64::from(self.sequence.lost());
        self.buffer.restart();
        self.presses.restart();
        self.counters.restarts += 1;
    }

    fn hear(&mut self, now: Mono, timestamp: u32, codec: Codec, payload: &[u8]) -> Result<(), Dropped> {
        let mut sound = [0; MAX_PACKET];
        let count = codec.decode_into(payload, &mut sound);
        match self.buffer.insert(now, timestamp, &sound[..count]) {
            Kept::Waits => Ok(()),
            Kept::Restarted => {
                self.presses.restart();
                self.counters.restarts += 1;
                Ok(())
            }
            Kept::Late => Err(Dropped::Late),
        }
    }

    fn press(&mut self, now: Mono, timestamp: u32, event: TelephoneEvent) {
        match self.presses.receive(timestamp, event) {
            Press::New => self.counters.keys += 1,
            Press::TooMany => self.counters.keys_dropped += 1,
            Press::Known => {}
        }
        // A peer may send the tone as sound too; what it sent with the event is played after the buffer's wait.
        let rest = if event.end { Duration::ZERO } else { EVENT_PATIENCE };
        self.muted_until = self.muted_until.max(now + rest + self.delay());
    }
}

enum Content {
    Sound(Codec),
    Event(TelephoneEvent),
    Silence,
}
