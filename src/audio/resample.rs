//! Sample rates: exactly 20 ms in and 20 ms out for frames, and whole clips at any rate. The only file that knows rubato.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::Frame;

/// From the telephone's 8 kHz to 16 kHz.
pub type Upsampler = Resampler<160, 320>;
/// From 16 kHz to the telephone's 8 kHz.
pub type Downsampler = Resampler<320, 160>;

/// Turns frames of `IN` samples into frames of `OUT` samples, 20 ms each; delays by 10 ms.
pub struct Resampler<const IN: usize, const OUT: usize> {
    fft: Fft<f32>,
    input: [f32; IN],
    output: [f32; OUT],
}

impl<const IN: usize, const OUT: usize> Resampler<IN, OUT> {
    /// Plans the transforms; allocates here and never again.
    #[must_use]
    #[expect(clippy::expect_used, reason = "refuses only a rate of zero, which the assertion excludes when compiling")]
    pub fn new() -> Self {
        const { assert!(IN > 0 && OUT > 0) };
        // One transform a frame: rubato's own choice of smaller ones would change the frame's length at some rates.
        let fft = Fft::new_custom(IN * 50, OUT * 50, IN, 1, 1, WindowFunction::BlackmanHarris2, FixedSync::Both);
        Self { fft: fft.expect("rates above zero"), input: [0.0; IN], output: [0.0; OUT] }
    }

    /// Resamples one frame.
    pub fn process(&mut self, frame: &Frame<IN>, into: &mut Frame<OUT>) {
        for (float, sample) in self.input.iter_mut().zip(frame.samples()) {
            *float = f32::from(*sample);
        }
        let input = InterleavedSlice::new(&self.input[..], 1, IN);
        let output = InterleavedSlice::new_mut(&mut self.output[..], 1, OUT);
        let done = match (input, output) {
            (Ok(input), Ok(mut output)) => self.fft.process_into_buffer(&input, &mut output, None).is_ok(),
            _ => false,
        };
        debug_assert!(done, "the frame has the resampler's own size");
        for (sample, float) in into.0.iter_mut().zip(&self.output) {
            *sample = to_sample(*float);
        }
    }

    /// Forgets what was heard, as before a new stream.
    pub fn reset(&mut self) {
        self.fft.reset();
    }
}

impl<const IN: usize, const OUT: usize> Default for Resampler<IN, OUT> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const IN: usize, const OUT: usize> std::fmt::Debug for Resampler<IN, OUT> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resampler<{IN}, {OUT}>")
    }
}

/// Resamples a whole mono clip, its delay removed; a rate of zero gives an empty clip.
#[must_use]
pub fn resample(clip: &[i16], from_hz: u32, to_hz: u32) -> Vec<i16> {
    if from_hz == to_hz {
        return clip.to_vec();
    }
    if clip.is_empty() {
        return Vec::new();
    }
    let floats: Vec<f32> = clip.iter().map(|sample| f32::from(*sample)).collect();
    let (from, to) = (from_hz as usize, to_hz as usize);
    let Ok(mut fft) = Fft::<f32>::new(from, to, 1024, 1, FixedSync::Both) else { return Vec::new() };
    let Ok(input) = InterleavedSlice::new(&floats[..], 1, floats.len()) else { return Vec::new() };
    let Ok(output) = fft.process_all(&input, floats.len(), None) else { return Vec::new() };
    output.take_data().into_iter().map(to_sample).collect()
}

/// Rounds to the nearest sample and saturates.
pub(super) fn to_sample(float: f32) -> i16 {
    // Adding 1.5 · 2²³ leaves no room for a fraction; the machine's own rounding is a call a sample on older processors.
    const NO_FRACTION: f32 = 12_582_912.0;
    let whole = (float.clamp(f32::from(i16::MIN), f32::from(i16::MAX)) + NO_FRACTION) - NO_FRACTION;
    whole as i16
}

#[cfg(test)]
mod tests {
    use super::super::{Frame8k, Frame16k, level_dbfs};
    use super::*;

    fn sine(hz: f64, rate: u32, count: usize) -> Vec<i16> {
        (0..count).map(|n| (10_000.0 * (std::f64::consts::TAU * hz * n as f64 / f64::from(rate)).sin()) as i16).collect()
    }

    #[test]
    fn frames_up_and_down_again_keep_a_tone_and_its_level() {
        let (mut up, mut down) = (Upsampler::new(), Downsampler::new());
        let tone = sine(1000.0, 8000, 160 * 20);
        let (mut wide, mut back) = (Frame16k::SILENCE, Frame8k::SILENCE);
        for chunk in tone.chunks_exact(160) {
            let mut frame = Frame8k::SILENCE;
            frame.0.copy_from_slice(chunk);
            up.process(&frame, &mut wide);
            down.process(&wide, &mut back);
        }
        assert!((level_dbfs(&wide.0) - level_dbfs(&tone)).abs() < 0.1);
        // 10 ms of delay each way is one whole frame, so a tone of whole cycles a frame comes back in phase.
        assert!(back.0.iter().zip(&tone).all(|(heard, said)| heard.abs_diff(*said) < 100));
    }

    #[test]
    fn loudest_samples_saturate() {
        let mut up = Upsampler::new();
        let mut wide = Frame16k::SILENCE;
        for turn in 0..8 {
            let square = Frame(std::array::from_fn(|n| if (n + turn) / 16 % 2 == 0 { i16::MAX } else { i16::MIN }));
            up.process(&square, &mut wide);
        }
        assert!(wide.0.contains(&i16::MAX) && wide.0.contains(&i16::MIN));
    }

    #[test]
    fn a_clip_keeps_its_length_in_time_and_its_tone() {
        for (from, to) in [(22_050, 8000), (24_000, 8000), (44_100, 8000), (11_025, 16_000), (8000, 48_000), (7919, 8000)] {
            let clip = resample(&sine(440.0, from, from as usize), from, to);
            assert!(clip.len().abs_diff(to as usize) <= 1, "{from} to {to}: {}", clip.len());
            let expected = sine(440.0, to, to as usize);
            let middle = to as usize / 4..to as usize * 3 / 4;
            let worst = clip[middle.clone()].iter().zip(&expected[middle]).map(|(a, b)| a.abs_diff(*b)).max();
            // Half a sample of delay may stay where the filter's middle falls between two samples.
            assert!(worst < Some(1750), "{from} to {to}: {worst:?}");
        }
    }

    #[test]
    fn what_eight_kilohertz_cannot_carry_is_removed_and_not_folded() {
        let clip = resample(&sine(6000.0, 24_000, 24_000), 24_000, 8000);
        assert!(level_dbfs(&clip[1000..7000]) < -60.0);
    }

    #[test]
    fn no_clip_and_no_rate_give_nothing() {
        assert!(resample(&[], 22_050, 8000).is_empty());
        assert!(resample(&[1, 2, 3], 0, 8000).is_empty());
        assert!(resample(&[1, 2, 3], 8000, 0).is_empty());
    }
}
