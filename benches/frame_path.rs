//! What one 20 ms tick of one leg costs: datagram in, frame heard, level, encode, packet out; with and without resampling.
#![expect(clippy::expect_used, reason = "a measurement that cannot be taken fails")]

use bellhop::audio::{Codec, Frame8k, Frame16k, Sound, SoundSource, Upsampler, level_dbfs, read_wav};
use bellhop::base::{Mono, TICK};
use bellhop::speech::VoiceDetector;
use bellhop::stream::{PACKET_OCTETS, RtpStream, StreamConfig};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// A stream and ten seconds of packets for it, sent again and again with later sequence numbers and timestamps.
struct Leg {
    stream: RtpStream,
    source: std::net::SocketAddr,
    packets: Vec<[u8; PACKET_OCTETS]>,
    ticks: u32,
}

impl Leg {
    fn new() -> Self {
        let source = ([127, 0, 0, 1], 4000).into();
        let config = StreamConfig { codec: Codec::Pcma, payload_type: 8, event_payload_type: Some(101), remote: source, seed: 1 };
        let (mut far_end, mut music, mut frame) = (RtpStream::new(&config), SoundSource::new(Sound::HoldMusic), Frame8k::SILENCE);
        let packet = |number| {
            let mut octets = [0; PACKET_OCTETS];
            music.fill(&mut frame);
            far_end.packet(Mono::ZERO + TICK * number, &frame, &mut octets);
            octets
        };
        Self { stream: RtpStream::new(&StreamConfig { seed: 2, ..config }), source, packets: (0..500).map(packet).collect(), ticks: 0 }
    }

    fn tick(&mut self, between: impl FnOnce(&Frame8k)) -> usize {
        let now = Mono::ZERO + TICK * self.ticks;
        let packet = &mut self.packets[self.ticks as usize % 500];
        packet[2..4].copy_from_slice(&(self.ticks as u16).to_be_bytes());
        packet[4..8].copy_from_slice(&self.ticks.wrapping_mul(160).to_be_bytes());
        self.ticks += 1;
        let mut frame = Frame8k::SILENCE;
        let received = self.stream.receive(now, self.source, black_box(&packet[..]));
        debug_assert_eq!(received, Ok(()));
        self.stream.pull(now, &mut frame);
        black_box(level_dbfs(&frame.0));
        between(&frame);
        let mut octets = [0; PACKET_OCTETS];
        let length = self.stream.packet(now, &frame, &mut octets);
        black_box(octets);
        length
    }
}

#[divan::bench]
fn tick(bencher: Bencher) {
    let mut leg = Leg::new();
    bencher.bench_local(|| leg.tick(|_| ()));
}

#[divan::bench]
fn tick_with_resampling_to_16_khz(bencher: Bencher) {
    let (mut leg, mut up, mut wide) = (Leg::new(), Upsampler::new(), Frame16k::SILENCE);
    bencher.bench_local(|| {
        leg.tick(|frame| {
            up.process(frame, &mut wide);
            black_box(&wide);
        })
    });
}

#[divan::bench]
fn music(bencher: Bencher) {
    let (mut music, mut frame) = (SoundSource::new(Sound::HoldMusic), Frame8k::SILENCE);
    bencher.bench_local(|| music.fill(black_box(&mut frame)));
}

/// The worst case: a sound loud enough and lively as a voice that is none, so that the network behind the gate hears every frame.
#[divan::bench(sample_count = 500)]
fn tick_with_voice_detection_of_music(bencher: Bencher) {
    let mut leg = Leg::new();
    let mut detector = VoiceDetector::new();
    bencher.bench_local(|| {
        leg.tick(|frame| {
            black_box(detector.frame(frame));
        })
    });
}

/// Ten seconds of somebody who speaks on a quiet line.
#[divan::bench(sample_count = 500)]
fn tick_with_voice_detection_of_a_voice(bencher: Bencher) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/sounds/my-card-is-lost.wav");
    let clip = read_wav(std::fs::File::open(path).expect("the sound of the tests")).expect("a WAV");
    let said: Vec<Frame8k> = clip
        .samples
        .chunks_exact(160)
        .map(|samples| {
            let mut frame = Frame8k::SILENCE;
            frame.0.copy_from_slice(samples);
            frame
        })
        .collect();
    let mut leg = Leg::new();
    let mut detector = VoiceDetector::new();
    let mut frames = said.iter().cycle();
    bencher.bench_local(|| {
        leg.tick(|_| {
            black_box(detector.frame(frames.next().expect("it goes on for ever")));
        })
    });
}

#[divan::bench]
fn tick_with_voice_detection_of_a_silent_line(bencher: Bencher) {
    let mut leg = Leg::new();
    let mut detector = VoiceDetector::new();
    bencher.bench_local(|| {
        leg.tick(|_| {
            black_box(detector.frame(&Frame8k::SILENCE));
        })
    });
}
