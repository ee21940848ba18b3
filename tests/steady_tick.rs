//! A steady tick allocates nothing: datagram in, 20 ms heard, resampled, measured, encoded, and sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

use bellhop::audio::{Codec, Downsampler, Frame8k, Frame16k, Sound, SoundSource, Upsampler, level_dbfs, mix};
use bellhop::base::{Mono, TICK, Wall};
use bellhop::stream::{PACKET_OCTETS, Pulled, RtpStream, StreamConfig};

#[path = "support/allocations.rs"]
mod allocations;

/// Two ends of a line that talk to each other, a packet in five lost.
struct Line {
    here: RtpStream,
    there: RtpStream,
    up: Upsampler,
    down: Downsampler,
    music: SoundSource,
    decoded: u32,
    concealed: u32,
}

impl Line {
    fn new() -> Self {
        let config = |seed, port| StreamConfig {
            codec: Codec::Pcma,
            payload_type: 8,
            event_payload_type: Some(101),
            remote: ([127, 0, 0, 1], port).into(),
            seed,
        };
        Self {
            here: RtpStream::new(&config(1, 4002)),
            there: RtpStream::new(&config(2, 4000)),
            up: Upsampler::new(),
            down: Downsampler::new(),
            music: SoundSource::new(Sound::HoldMusic),
            decoded: 0,
            concealed: 0,
        }
    }

    fn tick(&mut self, number: u32) {
        let now = Mono::ZERO + TICK * number;
        let wall = Wall::from_millis(0) + TICK * number;
        let mut octets = [0; PACKET_OCTETS];
        let (mut frame, mut wide) = (Frame8k::SILENCE, Frame16k::SILENCE);
        self.music.fill(&mut frame);
        let length = self.there.packet(now, &frame, &mut octets);
        if number % 5 != 4 {
            self.here.receive(now, ([127, 0, 0, 1], 4002).into(), &octets[..length]).expect("a good packet");
        }
        match self.here.pull(now, &mut frame) {
            Pulled::Decoded => self.decoded += 1,
            Pulled::Concealed => self.concealed += 1,
            Pulled::Nothing => {}
        }
        self.up.process(&frame, &mut wide);
        self.down.process(&wide, &mut frame);
        assert!(level_dbfs(&frame.0) < 0.0);
        let heard = frame;
        mix(&mut frame, &heard);
        let length = self.here.packet(now, &frame, &mut octets);
        self.there.receive(now, ([127, 0, 0, 1], 4000).into(), &octets[..length]).expect("a good packet");
        self.there.pull(now, &mut frame);
        if let Some(length) = self.here.rtcp_due(now, wall, &mut octets) {
            self.there.receive(now, ([127, 0, 0, 1], 4000).into(), &octets[..length]).expect("a good report");
        }
        if let Some(length) = self.there.rtcp_due(now, wall, &mut octets) {
            self.here.receive(now, ([127, 0, 0, 1], 4002).into(), &octets[..length]).expect("a good report");
        }
    }
}

#[test]
fn five_thousand_ticks_allocate_nothing() {
    let mut line = Line::new();
    (0..100).for_each(|number| line.tick(number));
    let before = allocations::so_far();
    (100..5100).for_each(|number| line.tick(number));
    assert_eq!(allocations::so_far() - before, 0);
    assert!(line.decoded > 3900 && line.concealed > 900, "{} decoded, {} concealed", line.decoded, line.concealed);
    assert!(line.here.counters().round_trip.is_some());
}

#[test]
fn the_counter_counts() {
    let before = allocations::so_far();
    drop(std::hint::black_box(vec![1_u8; 64]));
    assert_eq!(allocations::so_far() - before, 1);
}
