//! Adding sounds; the sum saturates instead of wrapping.

use super::Frame;

/// Adds a frame to another.
pub fn mix<const N: usize>(into: &mut Frame<N>, other: &Frame<N>) {
    for (sample, added) in into.0.iter_mut().zip(other.samples()) {
        *sample = sample.saturating_add(*added);
    }
}

/// Returns the sum of frames; silence for none. Saturates once, at the end, so the order of frames does not matter.
#[must_use]
pub fn sum<const N: usize>(frames: &[&Frame<N>]) -> Frame<N> {
    Frame(std::array::from_fn(|place| {
        let total: i32 = frames.iter().map(|frame| i32::from(frame.0[place])).sum();
        total.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_voices_together_saturate() {
        let mut frame = Frame([30_000, -30_000, 5]);
        mix(&mut frame, &Frame([10_000, -10_000, -7]));
        assert_eq!(frame, Frame([i16::MAX, i16::MIN, -2]));
    }

    #[test]
    fn a_sum_does_not_depend_on_order() {
        let (a, b, c) = (Frame([30_000]), Frame([10_000]), Frame([-20_000]));
        assert_eq!(sum(&[&a, &b, &c]), Frame([20_000]));
        assert_eq!(sum(&[&c, &a, &b]), Frame([20_000]));
        assert_eq!(sum::<1>(&[]), Frame([0]));
    }
}
