//! Sums over many numbers at once, in the widest form that the machine has: a training run is nothing but these.

/// Adds `times · values` to `sums`.
#[inline]
pub(super) fn add(sums: &mut [f32], times: f32, values: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    if wide() {
        #[expect(unsafe_code, reason = "called only where the processor has what the function is compiled for")]
        // SAFETY: `wide` has just asked the processor.
        unsafe {
            return add_wide(sums, times, values);
        }
    }
    add_plain(sums, times, values);
}

/// The inner product.
#[inline]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if wide() {
        #[expect(unsafe_code, reason = "called only where the processor has what the function is compiled for")]
        // SAFETY: `wide` has just asked the processor.
        unsafe {
            return dot_wide(a, b);
        }
    }
    dot_plain(a, b)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn wide() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn add_wide(sums: &mut [f32], times: f32, values: &[f32]) {
    add_plain(sums, times, values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn dot_wide(a: &[f32], b: &[f32]) -> f32 {
    dot_plain(a, b)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew inside the wide forms")]
fn add_plain(sums: &mut [f32], times: f32, values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += times * value;
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew inside the wide forms")]
fn dot_plain(a: &[f32], b: &[f32]) -> f32 {
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
    fn every_width_gives_the_same() {
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
