//! The way out: one packet a tick, sound or a key.

use std::collections::VecDeque;
use std::time::Duration;

use super::duplex::StreamConfig;
use super::{TICK_SAMPLES, samples};
use crate::audio::{Codec, Frame8k};
use crate::base::{Key, Mono, Rng, TICK};
use crate::wire::rtcp::SenderInfo;
use crate::wire::rtp::{RTP_HEADER_OCTETS, RtpHeader};
use crate::wire::telephone_event::TelephoneEvent;

/// Octets of a packet with 20 ms of sound, the longest that is sent.
pub const PACKET_OCTETS: usize = RTP_HEADER_OCTETS + 160;

/// Ticks behind time at which the ticks between count as skipped, not late.
const SKIPPED_TICKS: u32 = 3;
/// How often the end of an event is sent (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;
/// −10 dBm0, the usual power of a key.
const KEY_VOLUME: u8 = 10;
const KEYS_WAITING: usize = 32;
const KEY_DURATIONS: (Duration, Duration) = (Duration::from_millis(40), Duration::from_secs(5));

/// Why a key cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSendKey {
    /// The far end does not take telephone-events.
    #[error("the far end does not take telephone-events")]
    NotAgreed,
    /// Too many keys wait to be sent.
    #[error("{KEYS_WAITING} keys wait to be sent already")]
    TooMany,
}

/// One RTP stream going out.
#[derive(Clone, Debug)]
pub struct RtpSender {
    codec: Codec,
    payload_type: u8,
    event_payload_type: Option<u8>,
    ssrc: u32,
    sequence: u16,
    /// The timestamp of the next tick, and when that tick is due.
    timestamp: u32,
    due: Option<Mono>,
    marker: bool,
    keys: VecDeque<(Key, u16)>,
    event: Option<SentEvent>,
    packets: u32,
    octets: u32,
}

#[derive(Clone, Copy, Debug)]
struct SentEvent {
    key: Key,
    began: u32,
    duration: u16,
    ends_sent: u8,
}

impl RtpSender {
    /// Makes a sender; its stream, first sequence number and timestamp come from the seed (RFC 3550 §5.1 wants them random).
    #[must_use]
    pub fn new(config: &StreamConfig) -> Self {
        let mut rng = Rng::seeded(config.seed);
        Self {
            codec: config.codec,
            payload_type: config.payload_type,
            event_payload_type: config.event_payload_type,
            ssrc: rng.next_u32(),
            sequence: rng.next_u32() as u16,
            timestamp: rng.next_u32(),
            due: None,
            marker: true,
            keys: VecDeque::with_capacity(KEYS_WAITING),
            event: None,
            packets: 0,
            octets: 0,
        }
    }

    /// Returns the stream's synchronization source.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Writes the packet of this tick and returns its length: the frame, or a key that is being sent instead.
    /// Ticks for which this was not called count as silence: the timestamp moves on with time.
    pub fn packet(&mut self, now: Mono, frame: &Frame8k, into: &mut [u8; PACKET_OCTETS]) -> usize {
        self.catch_up(now);
        let (header, payload) = into.split_at_mut(RTP_HEADER_OCTETS);
        let (marker, payload_type, timestamp, length) = if let Some((event, began, payload_type)) = self.next_event() {
            payload[..4].copy_from_slice(&event.octets());
            let first = u32::from(event.duration) == TICK_SAMPLES && !event.end;
            // The first sound after the key begins a new spurt.
            self.marker = true;
            (first, payload_type, began, 4)
        } else {
            if let Some(octets) = payload.first_chunk_mut() {
                self.codec.encode(frame, octets);
            }
            (std::mem::take(&mut self.marker), self.payload_type, self.timestamp, 160)
        };
        header.copy_from_slice(&RtpHeader { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc }.octets());
        self.sequence = self.sequence.wrapping_add(1);
        self.step(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(length);
        RTP_HEADER_OCTETS + length as usize
    }

    /// Sends a key in place of sound from the next tick on, after those that wait; 40 ms to 5 s long.
    ///
    /// # Errors
    /// See [`CannotSendKey`].
    pub fn send_key(&mut self, key: Key, duration: Duration) -> Result<(), CannotSendKey> {
        if self.event_payload_type.is_none() {
            return Err(CannotSendKey::NotAgreed);
        }
        if self.keys.len() == KEYS_WAITING {
            return Err(CannotSendKey::TooMany);
        }
        let ticks = samples(duration.clamp(KEY_DURATIONS.0, KEY_DURATIONS.1)).div_ceil(u64::from(TICK_SAMPLES));
        self.keys.push_back((key, ticks as u16 * TICK_SAMPLES as u16));
        Ok(())
    }

    /// Goes on with what a new offer and answer agreed on: sequence, timestamp and source stay.
    pub fn reconfigure(&mut self, config: &StreamConfig) {
        self.codec = config.codec;
        self.payload_type = config.payload_type;
        self.event_payload_type = config.event_payload_type;
    }

    /// What a report at `now` says of this stream; none before the first packet.
    pub(super) fn report(&self, now: Mono, ntp: u64) -> Option<SenderInfo> {
        let due = self.due?;
        let timestamp = self.timestamp.wrapping_add(samples(now - due) as u32).wrapping_sub(samples(due - now) as u32);
        Some(SenderInfo { ntp, timestamp, packets: self.packets, octets: self.octets })
    }

    pub(super) const fn packets(&self) -> u32 {
        self.packets
    }

    fn catch_up(&mut self, now: Mono) {
        let behind = now - *self.due.get_or_insert(now);
        let ticks = u32::try_from(behind.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX);
        if ticks >= SKIPPED_TICKS {
            self.step(ticks);
            self.marker = true;
        }
    }

    fn step(&mut self, ticks: u32) {
        self.timestamp = self.timestamp.wrapping_add(TICK_SAMPLES.wrapping_mul(ticks));
        self.due = self.due.map(|due| due + TICK * ticks);
    }

    /// What this tick sends of a key: the event, when it began, and its payload type.
    fn next_event(&mut self) -> Option<(TelephoneEvent, u32, u8)> {
        let payload_type = self.event_payload_type?;
        if self.event.is_none_or(|event| event.ends_sent == ENDS) {
            self.event = self.keys.pop_front().map(|(key, duration)| SentEvent { key, began: self.timestamp, duration, ends_sent: 0 });
        }
        let event = self.event.as_mut()?;
        let lasted = self.timestamp.wrapping_sub(event.began).saturating_add(TICK_SAMPLES);
        let end = lasted >= u32::from(event.duration);
        event.ends_sent += u8::from(end);
        let duration = u16::try_from(lasted).unwrap_or(u16::MAX).min(event.duration);
        Some((TelephoneEvent { event: event.key.event(), end, volume: KEY_VOLUME, duration }, event.began, payload_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtp::RtpPacket;

    fn config() -> StreamConfig {
        StreamConfig { codec: Codec::Pcma, payload_type: 8, event_payload_type: Some(101), remote: ([127, 0, 0, 1], 4000).into(), seed: 7 }
    }

    fn send(sender: &mut RtpSender, tick: u32) -> (RtpHeader, Vec<u8>) {
        let mut octets = [0; PACKET_OCTETS];
        let length = sender.packet(Mono::ZERO + TICK * tick, &Frame8k::SILENCE, &mut octets);
        let packet = RtpPacket::parse(&octets[..length]).expect("a good packet");
        (packet.header, packet.payload.to_vec())
    }

    #[test]
    fn sequence_and_timestamp_are_continuous_and_the_first_packet_is_marked() {
        let mut sender = RtpSender::new(&config());
        let headers: Vec<_> = (0..70_000).map(|tick| send(&mut sender, tick).0).collect();
        assert!(headers[0].marker && headers[1..].iter().all(|header| !header.marker));
        assert!(headers.windows(2).all(|pair| {
            pair[1].sequence == pair[0].sequence.wrapping_add(1) && pair[1].timestamp == pair[0].timestamp.wrapping_add(160)
        }));
    }

    #[test]
    fn skipped_ticks_move_the_timestamp_and_mark_the_next_packet() {
        let mut sender = RtpSender::new(&config());
        let (before, after) = (send(&mut sender, 0).0, send(&mut sender, 50).0);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(50 * 160));
        assert!(after.marker);
    }

    #[test]
    fn a_tick_that_runs_late_skips_nothing() {
        let mut sender = RtpSender::new(&config());
        let first = send(&mut sender, 0).0;
        let late: Vec<_> = [3, 3, 3, 4].map(|tick| send(&mut sender, tick).0).to_vec();
        assert!(late.iter().zip(1..).all(|(header, tick)| header.timestamp == first.timestamp.wrapping_add(160 * tick) && !header.marker));
    }

    #[test]
    fn a_key_goes_out_as_one_event_with_three_ends_and_sound_follows() {
        let mut sender = RtpSender::new(&config());
        sender.send_key(Key::HASH, Duration::from_millis(80)).expect("agreed");
        sender.send_key(Key::STAR, Duration::from_millis(40)).expect("agreed");
        let sent: Vec<_> = (0..11).map(|tick| send(&mut sender, tick)).collect();
        let start = sent[0].0.timestamp;
        let events: Vec<_> = sent.iter().filter(|(header, _)| header.payload_type == 101).collect();
        let read: Vec<_> = events
            .iter()
            .map(|(header, payload)| {
                let event = TelephoneEvent::parse(payload).expect("an event");
                (header.timestamp.wrapping_sub(start), header.marker, event.key().map(Key::label), event.duration, event.end)
            })
            .collect();
        let hash = |marker, duration, end| (0, marker, Some('#'), duration, end);
        let star = |marker, duration, end| (960, marker, Some('*'), duration, end);
        assert_eq!(
            read,
            [
                hash(true, 160, false),
                hash(false, 320, false),
                hash(false, 480, false),
                hash(false, 640, true),
                hash(false, 640, true),
                hash(false, 640, true),
                star(true, 160, false),
                star(false, 320, true),
                star(false, 320, true),
                star(false, 320, true),
            ]
        );
        assert_eq!((sent[10].0.timestamp.wrapping_sub(start), sent[10].0.marker, sent[10].1.len()), (1600, true, 160));
    }

    #[test]
    fn a_key_is_refused_where_it_could_not_arrive() {
        let mut sender = RtpSender::new(&StreamConfig { event_payload_type: None, ..config() });
        assert_eq!(sender.send_key(Key::HASH, TICK), Err(CannotSendKey::NotAgreed));
        let mut sender = RtpSender::new(&config());
        assert_eq!((0..40).filter(|_| sender.send_key(Key::HASH, TICK).is_ok()).count(), KEYS_WAITING);
    }
}
