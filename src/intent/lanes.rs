//! Sums over many numbers at once: a training run is nothing but these. Plain loops, which the compiler widens as far as every processor
//! of the kind allows; wider forms chosen at run time made the whole fit a third faster at most, which is not worth unsafe code.

/// Adds `times · values` to `sums`.
#[inline]
pub(super) fn add(sums: &mut [f32], times: f32, values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += times * value;
    }
}

/// The inner product.
#[inline]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums side by side, since the order of additions may not be changed by the compiler.
    let mut sums = [0.0_f32; 8];
    let (mut of_a, mut of_b) = (a.chunks_exact(8), b.chunks_exact(8));
    for (a, b) in (&mut of_a).zip(&mut of_b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = of_a.remainder().iter().zip(of_b.remainder()).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_fill_no_lane_are_summed_too() {
        for length in [0, 1, 7, 8, 9, 31, 256] {
            let a: Vec<f32> = (0..length).map(|n| n as f32 * 0.5 - 3.0).collect();
            let b: Vec<f32> = (0..length).map(|n| 2.0 - n as f32 * 0.25).collect();
            let plain: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert!((dot(&a, &b) - plain).abs() <= plain.abs() * 1e-4 + 1e-3, "{length}");
            let mut sums = a.clone();
            add(&mut sums, 2.0, &b);
            assert!(sums.iter().zip(a.iter().zip(&b)).all(|(sum, (a, b))| (sum - (a + 2.0 * b)).abs() < 1e-3), "{length}");
        }
    }
}
