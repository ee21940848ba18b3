//! A voice without words: glottal pulses through two formants, swelling with each syllable. Deterministic.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Frame, Frame8k};

const RATE_HZ: usize = 8000;
/// One second, repeated: pitch and syllables fit into it a whole number of times.
const LOOP: usize = RATE_HZ;
/// Four syllables a second, with no gap long enough to end an utterance.
const SYLLABLE: usize = RATE_HZ / 4;
/// Peak, about −12 dBFS: a caller who speaks plainly.
const PEAK: f32 = 9000.0;

/// An endless voice.
#[derive(Clone, Debug)]
pub(super) struct Buzz {
    samples: Arc<[i16]>,
    place: usize,
}

impl Buzz {
    /// Makes a voice of this pitch, in hertz; one that divides 8000 sounds even.
    pub(super) fn new(pitch_hz: usize) -> Self {
        let period = RATE_HZ / pitch_hz.max(1);
        let mut formants = [Formant::new(700.0, 90.0), Formant::new(1200.0, 110.0)];
        let mut wave = vec![0.0_f32; LOOP];
        // The first round lets the resonances settle, so that the loop closes without a click.
        for round in 0..2 {
            for (place, sample) in wave.iter_mut().enumerate() {
                let pulse = if (place + round * LOOP).is_multiple_of(period) { 1.0 } else { 0.0 };
                *sample = formants.iter_mut().map(|formant| formant.next(pulse)).sum();
            }
        }
        let peak = wave.iter().fold(f32::MIN_POSITIVE, |peak, sample| peak.max(sample.abs()));
        let swell = |place: usize| {
            let phase = (place % SYLLABLE) as f32 / SYLLABLE as f32;
            0.35 + 0.65 * (std::f32::consts::PI * phase).sin()
        };
        let samples = wave.iter().enumerate().map(|(place, sample)| (sample / peak * PEAK * swell(place)) as i16).collect();
        Self { samples, place: 0 }
    }

    /// Returns the next 20 ms.
    pub(super) fn next(&mut self) -> Frame8k {
        let frame = Frame(std::array::from_fn(|n| self.samples[(self.place + n) % LOOP]));
        self.place = (self.place + frame.0.len()) % LOOP;
        frame
    }

    /// Returns this much of it.
    pub(super) fn lasting(&self, time: Duration) -> Arc<[i16]> {
        let length = usize::try_from(time.as_micros() * 8 / 1000).unwrap_or(0);
        self.samples.iter().copied().cycle().take(length).collect()
    }
}

/// A resonance of the mouth: a two-pole filter.
struct Formant {
    first: f32,
    second: f32,
    last: [f32; 2],
}

impl Formant {
    fn new(hz: f32, width_hz: f32) -> Self {
        let radius = (-std::f32::consts::PI * width_hz / RATE_HZ as f32).exp();
        let angle = std::f32::consts::TAU * hz / RATE_HZ as f32;
        Self { first: 2.0 * radius * angle.cos(), second: -radius * radius, last: [0.0; 2] }
    }

    fn next(&mut self, pulse: f32) -> f32 {
        let [before, earlier] = self.last;
        let sample = pulse + self.first * before + self.second * earlier;
        self.last = [sample, before];
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::VoiceDetector;

    #[test]
    fn the_voice_detector_takes_it_for_a_voice_and_silence_not() {
        for pitch in [100, 125, 200] {
            let mut detector = VoiceDetector::new();
            let mut voice = Buzz::new(pitch);
            assert!((0..50).all(|_| !detector.frame(&Frame8k::SILENCE).voiced));
            let voiced = (0..50).filter(|_| detector.frame(&voice.next()).voiced).count();
            assert!(voiced >= 40, "pitch {pitch}: {voiced} of 50");
        }
    }
}
