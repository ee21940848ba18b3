//! One loudness for every voice and recording, with room for the telephone's codec and without clicks at the ends. Knows no engine.

use crate::audio::level_dbfs;

/// The level of the spoken parts, and how high a sample may go.
const TARGET_DBFS: f32 = -20.0;
const PEAK: f32 = 26_000.0;
/// A recording that is quieter than this holds nobody's voice: it is left as it is, not its noise made loud.
const NOBODY_DBFS: f32 = -55.0;
/// 5 ms at 8 kHz.
const FADE: usize = 40;
/// 20 ms at 8 kHz.
const FRAME: usize = 160;

/// Makes 8 kHz speech of an engine fit for a telephone: no rumble, no silence at its ends, an even level.
pub(super) fn finish(mut samples: Vec<i16>) -> Vec<i16> {
    high_pass(&mut samples);
    let frames: Vec<f32> = samples.chunks(FRAME).map(level_dbfs).collect();
    let loudest = frames.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let heard = |level: &f32| *level > (loudest - 40.0).max(-60.0);
    let (Some(first), Some(last)) = (frames.iter().position(heard), frames.iter().rposition(heard)) else { return Vec::new() };
    let (start, end) = (first.saturating_sub(1) * FRAME, ((last + 3) * FRAME).min(samples.len()));
    samples.truncate(end);
    samples.drain(..start);
    even_out(&mut samples, loudest);
    fade(&mut samples);
    samples
}

/// Brings a recorded prompt at 8 kHz to the level of the voices; nothing is cut from it.
#[must_use]
pub fn level_recording(mut samples: Vec<i16>) -> Vec<i16> {
    let loudest = samples.chunks(FRAME).map(level_dbfs).fold(f32::NEG_INFINITY, f32::max);
    if loudest > NOBODY_DBFS {
        even_out(&mut samples, loudest);
    }
    fade(&mut samples);
    samples
}

/// Brings the loud parts to the target, as far as the highest sample allows.
fn even_out(samples: &mut [i16], loudest: f32) {
    let voiced: Vec<i16> =
        samples.chunks(FRAME).filter(|chunk| level_dbfs(chunk) > loudest - 20.0).flat_map(|chunk| chunk.iter().copied()).collect();
    let peak = samples.iter().map(|sample| f32::from(sample.unsigned_abs().min(32_767) as i16)).fold(1.0, f32::max);
    let gain = 10_f32.powf((TARGET_DBFS - level_dbfs(&voiced)) / 20.0).min(PEAK / peak);
    for sample in samples {
        *sample = (f32::from(*sample) * gain) as i16;
    }
}

/// Lets sound begin and end at nothing.
fn fade(samples: &mut [i16]) {
    let length = FADE.min(samples.len() / 2);
    let soften = |sample: &mut i16, place: usize| *sample = (i32::from(*sample) * place as i32 / FADE as i32) as i16;
    samples.iter_mut().take(length).enumerate().for_each(|(place, sample)| soften(sample, place));
    samples.iter_mut().rev().take(length).enumerate().for_each(|(place, sample)| soften(sample, place));
}

/// Takes out what a telephone does not carry: below about 100 Hz, 6 dB an octave.
fn high_pass(samples: &mut [i16]) {
    const KEEP: f32 = 0.92;
    let (mut before, mut after) = (0.0, 0.0);
    for sample in samples {
        let now = f32::from(*sample);
        after = KEEP * (after + now - before);
        before = now;
        *sample = after as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone of 400 Hz, as loud as said.
    fn tone(amplitude: f32, samples: usize) -> Vec<i16> {
        (0..samples).map(|n| (amplitude * (n as f32 * std::f32::consts::TAU * 0.05).sin()) as i16).collect()
    }

    #[test]
    fn soft_and_loud_voices_come_out_alike_without_clipping_or_clicks() {
        for amplitude in [300.0, 3000.0, 32_767.0] {
            for level in [finish, level_recording] {
                let said = level([vec![0; 800], tone(amplitude, 16_000), vec![0; 800]].concat());
                let loudness = level_dbfs(&said[1600..14_400]);
                assert!((loudness - TARGET_DBFS).abs() < 1.0, "{amplitude}: {loudness} dBFS");
                assert!(said.iter().all(|sample| f32::from(sample.unsigned_abs() as i16) <= PEAK));
                assert_eq!((said[0], said.last()), (0, Some(&0)));
            }
        }
    }

    #[test]
    fn a_voice_of_high_peaks_is_softer_rather_than_clipped() {
        let mut sparse = tone(2000.0, 16_000);
        sparse.iter_mut().step_by(400).for_each(|sample| *sample = 32_000);
        let said = level_recording(sparse);
        assert!(said.iter().all(|sample| f32::from(sample.unsigned_abs() as i16) <= PEAK));
    }

    #[test]
    fn an_abrupt_recording_begins_and_ends_softly_and_keeps_its_length() {
        let said = level_recording(vec![20_000; 800]);
        assert_eq!(said.len(), 800);
        let steps = said.windows(2).map(|pair| i32::from(pair[0]).abs_diff(i32::from(pair[1]))).max().unwrap();
        assert!(steps < 700, "a step of {steps}");
        assert_eq!((said[0], said[799]), (0, 0));
    }

    #[test]
    fn silence_noise_and_nothing_stay_what_they_are() {
        assert!(finish(vec![0; 8000]).is_empty() && finish(Vec::new()).is_empty() && level_recording(Vec::new()).is_empty());
        assert_eq!(level_recording(vec![0; 500]), vec![0; 500]);
        let noise: Vec<i16> = (0..8000).map(|n| (n % 7 - 3) as i16).collect();
        assert_eq!(level_recording(noise.clone())[100..7900], noise[100..7900]);
        assert_eq!(level_recording(vec![i16::MIN; 3]).len(), 3);
    }
}
