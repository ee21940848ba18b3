//! From 8 to 16 kHz for the voice detector: a half-band filter of sixteen taps, cheap enough for every tick of every caller and ready at once,
//! where [`super::Upsampler`] plans transforms and delays by ten times as much. Its images above 3.7 kHz are for no human ear.

use super::{Frame8k, Frame16k};

/// Half of the filter: sinc under a Kaiser window (β 4), for the samples between two given ones.
const TAPS: [f32; 8] = [0.634_387_6, -0.200_264_3, 0.107_531_9, -0.064_636_5, 0.039_432_3, -0.023_220_5, 0.012_595_0, -0.005_825_5];
/// Samples of the past that the filter needs.
const PAST: usize = 15;
const SAMPLES: usize = 160;

/// Doubles the rate of one stream; delays by 1 ms. Makes nothing on the heap.
#[derive(Clone, Debug)]
pub struct Doubler {
    line: [f32; PAST + SAMPLES],
    given: [i16; 8],
}

impl Default for Doubler {
    fn default() -> Self {
        Self::new()
    }
}

impl Doubler {
    /// Makes one that has heard silence.
    #[must_use]
    pub const fn new() -> Self {
        Self { line: [0.0; PAST + SAMPLES], given: [0; 8] }
    }

    /// Doubles one frame.
    pub fn process(&mut self, frame: &Frame8k, into: &mut Frame16k) {
        self.line.copy_within(SAMPLES.., 0);
        for (float, sample) in self.line[PAST..].iter_mut().zip(frame.samples()) {
            *float = f32::from(*sample);
        }
        let mut between = [0.0_f32; SAMPLES];
        for (tap, weight) in TAPS.iter().enumerate() {
            let (before, after) = (&self.line[7 - tap..7 - tap + SAMPLES], &self.line[8 + tap..8 + tap + SAMPLES]);
            for ((sum, before), after) in between.iter_mut().zip(before).zip(after) {
                *sum += weight * (before + after);
            }
        }
        let given = self.given.iter().chain(frame.samples());
        for ((pair, given), between) in into.0.chunks_exact_mut(2).zip(given).zip(&between) {
            pair[0] = *given;
            pair[1] = super::resample::to_sample(*between);
        }
        self.given.copy_from_slice(&frame.samples()[SAMPLES - 8..]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::level_dbfs;
    use super::*;

    /// The doubled tone and its level against the tone's own, from 100 ms on.
    fn doubled(hz: f64) -> (Vec<i16>, f32) {
        let mut doubler = Doubler::new();
        let (mut wide, mut heard, mut said) = (Frame16k::SILENCE, Vec::new(), Vec::new());
        for start in (0..50).map(|frame| frame * SAMPLES) {
            let mut frame = Frame8k::SILENCE;
            for (place, sample) in frame.0.iter_mut().enumerate() {
                *sample = (10_000.0 * (std::f64::consts::TAU * hz * (start + place) as f64 / 8000.0).sin()) as i16;
            }
            doubler.process(&frame, &mut wide);
            heard.extend_from_slice(wide.samples());
            said.extend_from_slice(frame.samples());
        }
        let difference = level_dbfs(&heard[1600..]) - level_dbfs(&said[800..]);
        (heard, difference)
    }

    #[test]
    fn speech_keeps_its_level_and_its_shape() {
        for hz in [100.0, 300.0, 1000.0, 2000.0, 3000.0] {
            let (heard, difference) = doubled(hz);
            assert!(difference.abs() < 0.15, "{hz} Hz: {difference} dB");
            let worst = (1600..heard.len())
                .map(|place| {
                    // Eight samples of the past at 8 kHz are sixteen here.
                    let wanted = 10_000.0 * (std::f64::consts::TAU * hz * (place as f64 - 16.0) / 16_000.0).sin();
                    (f64::from(heard[place]) - wanted).abs() as u32
                })
                .max();
            assert!(worst < Some(400), "{hz} Hz: {worst:?}");
        }
    }

    #[test]
    fn loudest_samples_saturate() {
        let mut doubler = Doubler::new();
        let mut wide = Frame16k::SILENCE;
        let mut square = Frame8k::SILENCE;
        square.0.iter_mut().enumerate().for_each(|(place, sample)| *sample = if place / 8 % 2 == 0 { i16::MAX } else { i16::MIN });
        doubler.process(&square, &mut wide);
        assert!(wide.0.contains(&i16::MAX) && wide.0.contains(&i16::MIN));
    }
}
