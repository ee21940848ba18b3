//! Loudness that changes without a click.

use super::Frame;

/// A gain; a change is spread over one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    factor: f32,
    wanted: f32,
}

impl Gain {
    /// Leaves sound as it is.
    pub const UNITY: Self = Self { factor: 1.0, wanted: 1.0 };
    /// Lets nothing through.
    pub const MUTE: Self = Self { factor: 0.0, wanted: 0.0 };

    /// Makes a gain in dB that holds from the first sample.
    #[must_use]
    pub fn decibels(gain_db: f32) -> Self {
        let factor = factor(gain_db);
        Self { factor, wanted: factor }
    }

    /// Changes the gain over the next frame.
    pub fn change_to(&mut self, gain_db: f32) {
        self.wanted = factor(gain_db);
    }

    /// Fades to silence over the next frame.
    pub fn mute(&mut self) {
        self.wanted = 0.0;
    }

    /// Applies the gain to a frame; samples saturate.
    #[expect(clippy::float_cmp, reason = "unity is set, not computed")]
    pub fn apply<const N: usize>(&mut self, frame: &mut Frame<N>) {
        if self.factor == self.wanted && self.factor == 1.0 {
            return;
        }
        let step = (self.wanted - self.factor) / N as f32;
        for (place, sample) in (1_u16..).zip(frame.0.iter_mut()) {
            // The cast saturates.
            *sample = (f32::from(*sample) * (self.factor + step * f32::from(place))) as i16;
        }
        self.factor = self.wanted;
    }
}

fn factor(gain_db: f32) -> f32 {
    10.0_f32.powf(gain_db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_never_jumps_and_then_holds() {
        let mut gain = Gain::UNITY;
        gain.change_to(-20.0);
        let mut frame = Frame([10_000_i16; 160]);
        gain.apply(&mut frame);
        assert!(frame.0.windows(2).all(|pair| pair[0] > pair[1] && pair[0] - pair[1] < 60));
        let mut frame = Frame([10_000_i16; 160]);
        gain.apply(&mut frame);
        assert!(frame.0.iter().all(|sample| sample.abs_diff(1000) <= 1));
        gain.mute();
        gain.apply(&mut frame);
        assert_eq!(frame.0[159], 0);
    }

    #[test]
    fn too_much_gain_saturates() {
        let mut frame = Frame([i16::MAX, i16::MIN]);
        Gain::decibels(12.0).apply(&mut frame);
        assert_eq!(frame, Frame([i16::MAX, i16::MIN]));
    }
}
