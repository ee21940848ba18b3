//! How sound and keys travel between a telephone and the call: perfectly, or as RTP through weather.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::audio::{Codec, Frame8k};
use crate::base::{Key, Mono, Rng};
use crate::call::{Heard, MediaLeg};
use crate::stream::{PACKET_OCTETS, Pulled, RtpStream, StreamConfig};

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Network {
    /// Frames arrive at once and whole; no RTP.
    Perfect,
    /// Real RTP streams at both ends, and between them a network.
    Rtp {
        /// Every packet takes this long.
        delay: Duration,
        /// And up to this much longer; more than 20 ms reorders.
        jitter: Duration,
        /// The share that is lost, 0.0 to 1.0.
        loss: f64,
    },
}

/// The payload type of telephone-events.
const EVENTS: u8 = 101;
const KEY_LASTS: Duration = Duration::from_millis(80);

/// A line: the call's end is its [`MediaLeg`], the telephone's end is [`Line::telephone`].
#[expect(clippy::large_enum_variant, reason = "one a leg of a rehearsed call")]
pub(super) enum Line {
    Perfect { inward: VecDeque<Frame8k>, keys: VecDeque<Key>, outward: Frame8k },
    Rtp(Box<RtpLine>),
}

pub(super) struct RtpLine {
    inside: RtpStream,
    outside: RtpStream,
    inward: Weather,
    outward: Weather,
}

impl Line {
    pub(super) fn new(network: Network, seed: u64) -> Self {
        let Network::Rtp { delay, jitter, loss } = network else {
            return Self::Perfect { inward: VecDeque::with_capacity(2), keys: VecDeque::new(), outward: Frame8k::SILENCE };
        };
        let stream = |remote, seed| {
            let codec = Codec::Pcma;
            let payload_type = codec.payload_type();
            RtpStream::new(&StreamConfig { codec, payload_type, event_payload_type: Some(EVENTS), remote, seed })
        };
        let weather = |seed| Weather { delay, jitter, loss, rng: Rng::seeded(seed), flying: BinaryHeap::new(), count: 0 };
        Self::Rtp(Box::new(RtpLine {
            inside: stream(outside_address(), seed ^ 1),
            outside: stream(inside_address(), seed ^ 2),
            inward: weather(seed ^ 3),
            outward: weather(seed ^ 4),
        }))
    }

    /// The telephone's tick: sends what its microphone takes and returns what its earpiece plays.
    pub(super) fn telephone(&mut self, now: Mono, microphone: Option<&Frame8k>) -> Frame8k {
        match self {
            Self::Perfect { inward, outward, .. } => {
                if let Some(frame) = microphone {
                    inward.push_back(*frame);
                }
                *outward
            }
            Self::Rtp(line) => {
                if let Some(frame) = microphone {
                    let mut octets = [0; PACKET_OCTETS];
                    let length = line.outside.packet(now, frame, &mut octets);
                    line.inward.send(now, &octets, length);
                }
                while let Some(packet) = line.outward.arrived(now) {
                    // A packet that is dropped is counted by the stream.
                    let _ = line.outside.receive(packet.at, inside_address(), &packet.octets[..packet.length]);
                }
                let mut frame = Frame8k::SILENCE;
                line.outside.pull(now, &mut frame);
                frame
            }
        }
    }

    /// The telephone's key.
    pub(super) fn press(&mut self, key: Key) {
        match self {
            Self::Perfect { keys, .. } => keys.push_back(key),
            // With more than thirty keys waiting the last is lost, as on a telephone.
            Self::Rtp(line) => drop(line.outside.send_key(key, KEY_LASTS)),
        }
    }
}

impl MediaLeg for Line {
    fn hear(&mut self, now: Mono, into: &mut Frame8k) -> Heard {
        match self {
            Self::Perfect { inward, .. } => match inward.pop_front() {
                Some(frame) => {
                    *into = frame;
                    Heard::Decoded
                }
                None => Heard::Nothing,
            },
            Self::Rtp(line) => {
                while let Some(packet) = line.inward.arrived(now) {
                    // A packet that is dropped is counted by the stream.
                    let _ = line.inside.receive(packet.at, outside_address(), &packet.octets[..packet.length]);
                }
                match line.inside.pull(now, into) {
                    Pulled::Decoded => Heard::Decoded,
                    Pulled::Concealed => Heard::Concealed,
                    Pulled::Nothing => Heard::Nothing,
                }
            }
        }
    }

    fn key(&mut self) -> Option<Key> {
        match self {
            Self::Perfect { keys, .. } => keys.pop_front(),
            Self::Rtp(line) => line.inside.key(),
        }
    }

    fn say(&mut self, now: Mono, frame: &Frame8k) {
        match self {
            Self::Perfect { outward, .. } => *outward = *frame,
            Self::Rtp(line) => {
                let mut octets = [0; PACKET_OCTETS];
                let length = line.inside.packet(now, frame, &mut octets);
                line.outward.send(now, &octets, length);
            }
        }
    }
}

/// One direction of a network.
struct Weather {
    delay: Duration,
    jitter: Duration,
    loss: f64,
    rng: Rng,
    flying: BinaryHeap<Reverse<Packet>>,
    count: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    at: Mono,
    count: u64,
    length: usize,
    octets: [u8; PACKET_OCTETS],
}

impl Weather {
    fn send(&mut self, now: Mono, octets: &[u8; PACKET_OCTETS], length: usize) {
        self.count += 1;
        let jitter = Duration::from_nanos(self.rng.below(u64::try_from(self.jitter.as_nanos()).unwrap_or(0).saturating_add(1)));
        if self.rng.unit() >= self.loss {
            self.flying.push(Reverse(Packet { at: now + self.delay + jitter, count: self.count, length, octets: *octets }));
        }
    }

    fn arrived(&mut self, now: Mono) -> Option<Packet> {
        self.flying.peek().filter(|Reverse(packet)| packet.at <= now)?;
        self.flying.pop().map(|Reverse(packet)| packet)
    }
}

fn inside_address() -> SocketAddr {
    ([127, 0, 0, 1], 20_000).into()
}

fn outside_address() -> SocketAddr {
    ([127, 0, 0, 2], 30_000).into()
}
