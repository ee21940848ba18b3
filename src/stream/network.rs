//! A seeded network between a sender and a receiver, and what must hold whatever it does.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::sender::PACKET_OCTETS;
use super::*;
use crate::audio::{Codec, Frame, Frame8k, level_dbfs};
use crate::base::{Key, Mono, Rng, TICK, Wall};
use crate::wire::rtp::{RtpHeader, RtpPacket};
use crate::wire::telephone_event::TelephoneEvent;

const EVENTS: u8 = 101;
/// No more than this may ever wait to be played.
const LONGEST_DELAY: Duration = Duration::from_millis(300);

fn far_end() -> SocketAddr {
    ([10, 0, 0, 1], 4000).into()
}

fn config(seed: u64) -> StreamConfig {
    StreamConfig { codec: Codec::Pcma, payload_type: 8, event_payload_type: Some(EVENTS), remote: far_end(), seed }
}

fn tick(number: u32) -> Mono {
    Mono::from_elapsed(Duration::from_secs(1)) + TICK * number
}

/// A voice that talks for 700 ms and rests for 300.
fn speech(number: u32) -> Frame8k {
    if number % 50 >= 35 {
        return Frame8k::SILENCE;
    }
    Frame(std::array::from_fn(|n| {
        let phase = std::f64::consts::TAU * (f64::from(number) * 160.0 + n as f64) / 57.0;
        (5000.0 * phase.sin() + 2000.0 * (3.0 * phase).sin()) as i16
    }))
}

/// What a network does to packets.
#[derive(Clone, Copy, Debug)]
struct Weather {
    loss_percent: u64,
    doubled_percent: u64,
    jitter_ms: u64,
}

const CALM: Weather = Weather { loss_percent: 0, doubled_percent: 0, jitter_ms: 0 };

struct Network {
    rng: Rng,
    flying: Vec<(Mono, Vec<u8>)>,
}

impl Network {
    fn new(seed: u64) -> Self {
        Self { rng: Rng::seeded(seed), flying: Vec::new() }
    }

    /// Returns whether the packet will arrive.
    fn send(&mut self, now: Mono, weather: Weather, datagram: &[u8]) -> bool {
        if self.rng.below(100) < weather.loss_percent {
            return false;
        }
        let copies = 1 + u32::from(self.rng.below(100) < weather.doubled_percent);
        for _ in 0..copies {
            let delay = Duration::from_micros(30_000 + self.rng.below(weather.jitter_ms * 1000 + 1));
            self.flying.push((now + delay, datagram.to_vec()));
        }
        true
    }

    fn arrived(&mut self, now: Mono) -> Vec<(Mono, Vec<u8>)> {
        let (mut here, flying): (Vec<_>, Vec<_>) = std::mem::take(&mut self.flying).into_iter().partition(|(at, _)| *at <= now);
        self.flying = flying;
        here.sort_by_key(|(at, _)| *at);
        here
    }
}

/// A far end that sends through a network to a receiver, one tick at a time.
struct Line {
    network: Network,
    sender: RtpSender,
    receiver: RtpReceiver,
    delivered: u64,
    longest_delay: Duration,
}

impl Line {
    fn new(seed: u64) -> Self {
        Self {
            network: Network::new(seed),
            sender: RtpSender::new(&config(seed)),
            receiver: RtpReceiver::new(&config(0)),
            delivered: 0,
            longest_delay: Duration::ZERO,
        }
    }

    fn send(&mut self, now: Mono, weather: Weather, frame: &Frame8k) -> bool {
        let mut octets = [0; PACKET_OCTETS];
        let length = self.sender.packet(now, frame, &mut octets);
        self.network.send(now, weather, &octets[..length])
    }

    fn hear(&mut self, now: Mono) -> (Pulled, Frame8k) {
        for (at, datagram) in self.network.arrived(now) {
            self.delivered += 1;
            let _ = self.receiver.receive(at, far_end(), &datagram);
            self.longest_delay = self.longest_delay.max(self.receiver.delay());
        }
        let mut frame = Frame8k::SILENCE;
        (self.receiver.pull(now, &mut frame), frame)
    }

    fn talk(&mut self, ticks: std::ops::Range<u32>, weather: Weather) -> Vec<(Pulled, Frame8k)> {
        ticks
            .map(|number| {
                self.send(tick(number), weather, &speech(number));
                self.hear(tick(number))
            })
            .collect()
    }
}

#[test]
fn a_calm_network_delivers_every_sample_in_order() {
    let mut line = Line::new(1);
    let heard = line.talk(0..40, CALM);
    let first = heard.iter().position(|(pulled, _)| *pulled == Pulled::Decoded).expect("sound");
    assert!((2..=4).contains(&first), "the first sound was heard in tick {first}");
    for (number, (pulled, frame)) in heard[first..].iter().enumerate() {
        let (mut octets, mut expected) = ([0; 160], Frame8k::SILENCE);
        Codec::Pcma.encode(&speech(number as u32), &mut octets);
        Codec::Pcma.decode(&octets, &mut expected);
        // The first five milliseconds fade in.
        let from = if number == 0 { 40 } else { 0 };
        assert_eq!((*pulled, &frame.0[from..]), (Pulled::Decoded, &expected.0[from..]), "frame {number}");
    }
    let counters = line.receiver.counters();
    assert_eq!((counters.lost, counters.late, counters.concealed), (0, 0, 0));
}

#[test]
fn packets_of_any_usual_length_play_the_same_sound() {
    let whole: Vec<u8> = (0..240)
        .flat_map(|number| {
            let mut octets = [0; 160];
            Codec::Pcma.encode(&speech(number), &mut octets);
            octets
        })
        .collect();
    for millis in [10, 20, 30, 40, 60_usize] {
        let mut receiver = RtpReceiver::new(&config(0));
        let length = 8 * millis;
        let mut packets = whole.chunks(length).enumerate().peekable();
        let mut heard = Vec::new();
        for number in 0..240_u32 {
            while let Some((place, payload)) = packets.next_if(|(place, _)| Duration::from_millis((place * millis) as u64) <= TICK * number)
            {
                let header =
                    RtpHeader { payload_type: 8, sequence: place as u16, timestamp: (place * length) as u32, ..RtpHeader::default() };
                let mut octets = [0; 1000];
                let size = RtpPacket { header, payload }.write(&mut octets).expect("room");
                assert_eq!(receiver.receive(tick(number), far_end(), &octets[..size]), Ok(()));
            }
            let mut frame = Frame8k::SILENCE;
            heard.push(receiver.pull(tick(number), &mut frame));
        }
        let first = heard.iter().position(|pulled| *pulled == Pulled::Decoded).expect("sound");
        let unheard = heard[first..].iter().filter(|pulled| **pulled != Pulled::Decoded).count();
        assert!(unheard <= 1, "{millis} ms: {unheard} of {heard:?}");
    }
}

#[test]
fn a_lost_packet_is_covered_and_counted_once() {
    let mut line = Line::new(2);
    line.talk(0..20, CALM);
    line.send(tick(20), Weather { loss_percent: 100, ..CALM }, &speech(20));
    line.hear(tick(20));
    let after = line.talk(21..35, CALM);
    let concealed: Vec<_> = after.iter().filter(|(pulled, _)| *pulled == Pulled::Concealed).collect();
    assert_eq!(concealed.len(), 1);
    assert!(level_dbfs(&concealed[0].1.0) > -25.0);
    let counters = line.receiver.counters();
    assert_eq!((counters.lost, counters.concealed), (1, 1));
}

#[test]
fn a_silence_that_is_not_sent_is_no_loss() {
    let mut line = Line::new(3);
    line.talk(0..49, CALM);
    let gap: Vec<_> = (49..200).map(|number| line.hear(tick(number)).0).collect();
    assert!(gap[5..].iter().all(|pulled| *pulled == Pulled::Nothing));
    let after = line.talk(200..235, CALM);
    assert!(after[6..].iter().all(|(pulled, _)| *pulled == Pulled::Decoded));
    let counters = line.receiver.counters();
    assert_eq!((counters.lost, counters.late, counters.concealed), (0, 0, 0));
}

#[test]
fn a_stall_is_caught_up_and_the_delay_shrinks_again() {
    let mut line = Line::new(4);
    line.talk(0..100, CALM);
    let before = line.receiver.delay();
    for number in 100..110 {
        line.send(tick(number), Weather { jitter_ms: 0, ..CALM }, &speech(number));
        let held: Vec<_> = line.network.flying.drain(..).map(|(_, datagram)| (tick(110), datagram)).collect();
        line.network.flying = held;
        line.hear(tick(number));
    }
    line.talk(110..120, CALM);
    assert!(line.receiver.delay() > before);
    line.talk(120..1500, CALM);
    assert!(line.receiver.delay() <= before + TICK, "{:?} after {before:?}", line.receiver.delay());
    assert_eq!(line.receiver.counters().lost, 0);
}

#[test]
fn clocks_that_differ_by_half_a_thousandth_are_followed_without_a_gap_in_speech() {
    for drift_ppm in [-500_i64, 500] {
        let mut line = Line::new(5);
        // Half an hour, in which the far end's clock gains or loses 900 ms.
        let (mut sent, mut concealed) = (0_u32, 0);
        for number in 0..90_000_u32 {
            let now = tick(number);
            // The far end's own clock is even; only ours sees it drift.
            let far_tick = |sent: u32| tick(0) + Duration::from_nanos((i64::from(sent) * (20_000_000 - 20 * drift_ppm)) as u64);
            while far_tick(sent) <= now {
                let mut octets = [0; PACKET_OCTETS];
                let length = line.sender.packet(tick(sent), &speech(sent), &mut octets);
                line.network.send(far_tick(sent), CALM, &octets[..length]);
                sent += 1;
            }
            let (pulled, _) = line.hear(now);
            concealed += u32::from(pulled == Pulled::Concealed);
        }
        assert!(line.longest_delay <= Duration::from_millis(120), "{drift_ppm} ppm: {:?}", line.longest_delay);
        assert!(concealed <= 12, "{drift_ppm} ppm: {concealed} frames made up");
        assert_eq!(line.receiver.counters().lost, 0);
    }
}

#[test]
fn a_far_end_that_changes_its_stream_is_heard_again() {
    let mut line = Line::new(6);
    line.talk(0..20, CALM);
    line.sender = RtpSender::new(&config(99));
    let after = line.talk(20..34, CALM);
    assert!(
        after[8..].iter().all(|(pulled, _)| *pulled == Pulled::Decoded),
        "{:?}",
        after.iter().map(|(pulled, _)| pulled).collect::<Vec<_>>()
    );
    let counters = line.receiver.counters();
    assert_eq!((counters.restarts, counters.unproven), (1, 1));
}

#[test]
fn another_codec_is_heard_and_sent_without_a_break() {
    let mut line = Line::new(9);
    line.talk(0..20, CALM);
    let pcmu = StreamConfig { codec: Codec::Pcmu, payload_type: 0, ..config(9) };
    line.sender.reconfigure(&pcmu);
    // Those on their way in the old codec arrive after the answer.
    line.hear(tick(20));
    line.receiver.reconfigure(&pcmu);
    let heard = line.talk(21..34, CALM);
    assert!(heard[4..].iter().all(|(pulled, frame)| *pulled == Pulled::Decoded && level_dbfs(&frame.0) > -25.0));
    let counters = line.receiver.counters();
    assert_eq!((counters.lost, counters.restarts, counters.unproven), (0, 0, 0));
}

#[test]
fn strangers_and_unagreed_payloads_are_dropped_and_counted() {
    let mut line = Line::new(7);
    line.talk(0..10, CALM);
    let mut octets = [0; PACKET_OCTETS];
    let length = line.sender.packet(tick(10), &speech(10), &mut octets);
    let receive = |line: &mut Line, source, octets: &[u8]| line.receiver.receive(tick(10), source, octets);
    assert_eq!(receive(&mut line, ([6, 6, 6, 6], 6).into(), &octets[..length]), Err(Dropped::Stranger));
    assert_eq!(receive(&mut line, far_end(), &octets[..length]), Ok(()));
    assert_eq!(receive(&mut line, far_end(), &octets[..length]), Err(Dropped::Duplicate));
    octets[1] = 18;
    assert_eq!(receive(&mut line, far_end(), &octets[..length]), Err(Dropped::WrongPayload));
    assert_eq!(receive(&mut line, far_end(), b"hello"), Err(Dropped::Malformed));
    let counters = line.receiver.counters();
    assert_eq!((counters.strangers, counters.duplicate, counters.wrong_payload, counters.malformed), (1, 1, 1, 1));
}

#[test]
fn while_a_key_is_pressed_its_tone_is_not_heard() {
    let mut line = Line::new(8);
    line.talk(0..30, CALM);
    line.sender.send_key(Key::HASH, Duration::from_millis(200)).expect("agreed");
    let heard = line.talk(30..60, CALM);
    assert_eq!((line.receiver.key(), line.receiver.key()), (Some(Key::HASH), None));
    assert!(heard[4..12].iter().all(|(pulled, frame)| *pulled == Pulled::Nothing && *frame == Frame8k::SILENCE));
    assert!(heard.last().is_some_and(|(pulled, _)| *pulled == Pulled::Decoded));
}

#[test]
fn reports_tell_both_ends_their_losses_and_the_way_there_and_back() {
    let mut ends = [RtpStream::new(&config(1)), RtpStream::new(&config(2))];
    let way = Duration::from_millis(40);
    let mut octets = [0; PACKET_OCTETS];
    let mut reports = 0;
    for number in 0..1500 {
        let (now, wall) = (tick(number), Wall::from_millis(1_700_000_000_000 + i64::from(number) * 20));
        for side in 0..2 {
            let [from, to] = &mut ends;
            let length = from.packet(now, &speech(number), &mut octets);
            if number % 4 != 3 {
                assert_eq!(to.receive(now + way, far_end(), &octets[..length]), Ok(()));
            }
            // The second end begins half a second later, so that its reports answer the first one's.
            let due = if number >= side * 25 { from.rtcp_due(now, wall, &mut octets) } else { None };
            if let Some(length) = due {
                assert_eq!(to.receive(now + way, far_end(), &octets[..length]), Ok(()));
                reports += 1;
            }
            ends.reverse();
        }
    }
    assert_eq!(reports, 12);
    for counters in ends.each_ref().map(RtpStream::counters) {
        let round_trip = counters.round_trip.expect("reports came");
        assert!(round_trip.abs_diff(2 * way) < Duration::from_millis(1), "{round_trip:?}");
        assert!(counters.far_loss.is_some_and(|loss| (60..=68).contains(&loss)), "{:?}", counters.far_loss);
        assert_eq!(counters.sent, 1500);
    }
    let [here, there] = &mut ends;
    let length = here.goodbye(tick(1500), Wall::from_millis(0), &mut octets).expect("room");
    assert_eq!(there.receive_rtcp(tick(1500), far_end(), &octets[..length]), Ok(()));
    assert_eq!(there.receive_rtcp(tick(1500), far_end(), &octets[..length - 1]), Err(Dropped::Malformed));
    assert_eq!(there.receive_rtcp(tick(1500), ([6, 6, 6, 6], 6).into(), &octets[..length]), Err(Dropped::Stranger));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_datagrams_panic_and_the_delay_stays_bounded(
        packets in prop::collection::vec((any::<RandomPacket>(), 0..60_u64), 0..200),
    ) {
        let mut stream = RtpStream::new(&config(0));
        let (mut now, mut frame) = (tick(0), Frame8k::SILENCE);
        let mut given = 0;
        for (packet, wait) in packets {
            let dropped = stream.receive(now, far_end(), &packet.datagram());
            given += u64::from(dropped.is_ok() || dropped == Err(Dropped::Late));
            prop_assert!(stream.delay() <= LONGEST_DELAY);
            now += Duration::from_millis(wait);
            stream.pull(now, &mut frame);
        }
        // Those of RTCP count nowhere.
        prop_assert!(stream.counters().received <= given);
    }

    #[test]
    fn whatever_the_network_does_the_sound_returns_when_it_calms_down(
        seed: u64, loss_percent in 0..60_u64, doubled_percent in 0..30_u64, jitter_ms in 0..250_u64,
    ) {
        let mut line = Line::new(seed);
        line.talk(0..500, Weather { loss_percent, doubled_percent, jitter_ms });
        prop_assert!(line.longest_delay <= LONGEST_DELAY);
        let after = line.talk(500..1500, CALM);
        prop_assert!(after[800..].iter().all(|(pulled, _)| *pulled == Pulled::Decoded));
        prop_assert!(line.receiver.delay() <= Duration::from_millis(60), "{:?}", line.receiver.delay());
        let counters = line.receiver.counters();
        prop_assert_eq!(counters.received + counters.duplicate + counters.unproven, line.delivered);
        prop_assert_eq!(counters.malformed + counters.strangers + counters.wrong_payload, 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_call(seed: u64) {
        let weather = Weather { loss_percent: 10, doubled_percent: 5, jitter_ms: 80 };
        prop_assert!(Line::new(seed).talk(0..200, weather) == Line::new(seed).talk(0..200, weather));
    }

    #[test]
    fn every_key_of_which_a_packet_arrives_is_heard_once(
        seed: u64, keys in prop::collection::vec(0..16_u8, 1..12), loss_percent in 0..90_u64, jitter_ms in 0..60_u64,
    ) {
        let mut line = Line::new(seed);
        for key in &keys {
            line.sender.send_key(Key::from_event(*key).expect("a key"), Duration::from_millis(60)).expect("room");
        }
        let weather = Weather { loss_percent, doubled_percent: 10, jitter_ms };
        let (mut expected, mut heard) = (Vec::new(), Vec::new());
        for number in 0..300 {
            let mut octets = [0; PACKET_OCTETS];
            let length = line.sender.packet(tick(number), &Frame8k::SILENCE, &mut octets);
            let arrives = line.network.send(tick(number), weather, &octets[..length]);
            let packet = RtpPacket::parse(&octets[..length]).expect("ours");
            if arrives && packet.header.payload_type == EVENTS {
                let press = (packet.header.timestamp, TelephoneEvent::parse(packet.payload).expect("ours").event);
                if expected.last() != Some(&press) {
                    expected.push(press);
                }
            }
            line.hear(tick(number));
            heard.extend(std::iter::from_fn(|| line.receiver.key()));
        }
        let mut expected: Vec<_> = expected.iter().filter_map(|(_, code)| Key::from_event(*code)).collect();
        if jitter_ms > 0 {
            // The one packet left of a press may overtake the one left of another.
            expected.sort();
            heard.sort();
        }
        prop_assert_eq!(heard, expected);
    }
}

/// A packet that is often nearly right.
#[derive(Clone, Debug)]
struct RandomPacket {
    header: RtpHeader,
    payload: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl RandomPacket {
    fn datagram(&self) -> Vec<u8> {
        let mut octets = vec![0; 12 + self.payload.len()];
        let length = RtpPacket { header: self.header, payload: &self.payload }.write(&mut octets);
        self.raw.clone().filter(|_| length.is_some()).unwrap_or(octets)
    }
}

impl Arbitrary for RandomPacket {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let payload_type = prop_oneof![8 => Just(8_u8), 2 => Just(EVENTS), 1 => 0..128_u8];
        let sequence = prop_oneof![8 => 0..40_u16, 1 => any::<u16>()];
        let timestamp = prop_oneof![8 => 0..8000_u32, 2 => any::<u32>(), 2 => u32::MAX - 4000..];
        let payload = prop::collection::vec(any::<u8>(), 0..1000);
        let raw = prop::option::weighted(0.1, prop::collection::vec(any::<u8>(), 0..100));
        (any::<bool>(), payload_type, sequence, timestamp, 0..2_u32, payload, raw)
            .prop_map(|(marker, payload_type, sequence, timestamp, ssrc, payload, raw)| Self {
                header: RtpHeader { marker, payload_type, sequence, timestamp, ssrc },
                payload,
                raw,
            })
            .boxed()
    }
}
