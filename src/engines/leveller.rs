//! Brings the voice of one utterance down to the level that speech models know best. Knows samples only.

use crate::audio::{Frame8k, level_dbfs};

/// What the loudest 20 ms of an utterance are brought down to. Measured with the embedded model on people it does not know: of single words
/// recorded near full scale a tenth more are heard right; softer ones are left alone, which changed nothing.
const LOUDEST_DBFS: f32 = -22.0;
/// Frames held back at the beginning, so that the first ones have the gain of those that follow: 300 ms, which come at once anyway.
const HELD: usize = 15;

/// Levels one utterance: frames in, frames out in the same order, some later.
#[derive(Debug, Default)]
pub(super) struct Leveller {
    held: Vec<Frame8k>,
    begun: bool,
    loudest_dbfs: f32,
    gain: f32,
}

impl Leveller {
    /// Begins an utterance.
    pub(super) fn begin(&mut self) {
        self.held.clear();
        (self.begun, self.loudest_dbfs, self.gain) = (false, f32::NEG_INFINITY, 1.0);
    }

    /// Takes 20 ms; gives what is due to `out`.
    pub(super) fn push<E>(&mut self, frame: &Frame8k, out: impl FnMut(&Frame8k) -> Result<(), E>) -> Result<(), E> {
        self.loudest_dbfs = self.loudest_dbfs.max(level_dbfs(frame.samples()));
        self.held.push(*frame);
        if self.begun || self.held.len() >= HELD { self.flush(out) } else { Ok(()) }
    }

    /// Gives what was held back: the utterance is over, or its beginning.
    pub(super) fn flush<E>(&mut self, mut out: impl FnMut(&Frame8k) -> Result<(), E>) -> Result<(), E> {
        let wanted = 10_f32.powf((LOUDEST_DBFS - self.loudest_dbfs).min(0.0) / 20.0);
        if !self.begun {
            (self.begun, self.gain) = (true, wanted);
        }
        for mut frame in self.held.drain(..) {
            let step = (wanted - self.gain) / frame.0.len() as f32;
            for sample in &mut frame.0 {
                // Over the frame, or a step would be heard as a click.
                self.gain += step;
                *sample = (f32::from(*sample) * self.gain).round() as i16;
            }
            self.gain = wanted;
            out(&frame)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels frames of a tone of these peaks; returns the levels that come out.
    fn levelled(peaks: &[f32]) -> Vec<f32> {
        let mut leveller = Leveller::default();
        leveller.begin();
        let mut levels = Vec::new();
        let mut out = |frame: &Frame8k| -> Result<(), std::convert::Infallible> {
            levels.push(level_dbfs(frame.samples()));
            Ok(())
        };
        for peak in peaks {
            let frame = crate::audio::Frame(std::array::from_fn(|at| (peak * (at as f32 * 0.7).sin()) as i16));
            leveller.push(&frame, &mut out).expect("never fails");
        }
        leveller.flush(&mut out).expect("never fails");
        levels
    }

    #[test]
    fn a_loud_voice_is_brought_down_as_a_whole_and_a_soft_one_left_alone() {
        let loud = levelled(&[&[300.0; 5][..], &[20_000.0; 30]].concat());
        assert_eq!(loud.len(), 35);
        assert!((loud[20] - LOUDEST_DBFS).abs() < 0.2, "{loud:?}");
        assert!((loud[20] - loud[0] - 36.5).abs() < 1.0, "what is soft stays as much softer: {loud:?}");
        let soft = levelled(&[1000.0; 10]);
        assert_eq!(soft.len(), 10, "an utterance shorter than what is held back is not lost");
        // A tone's level lies 3 dB below its peak.
        assert!((soft[5] - 20.0 * (1000.0_f32 / 32_768.0).log10() + 3.0).abs() < 0.3, "{soft:?}");
    }

    #[test]
    fn a_voice_that_grows_louder_is_never_above() {
        let levels = levelled(&[&[2000.0; 20][..], &[8000.0; 20], &[30_000.0; 20]].concat());
        // The frame in which the gain falls is above for a moment.
        assert!(levels[21..40].iter().chain(&levels[41..]).all(|level| *level <= LOUDEST_DBFS + 0.2), "{levels:?}");
    }
}
