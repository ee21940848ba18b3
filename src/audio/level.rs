//! How loud sound is.

/// The level given to silence.
pub const FLOOR_DBFS: f32 = -100.0;

/// Returns the root mean square level in dB relative to full scale: 0 for a full-scale square wave, −3 for a full-scale sine,
/// [`FLOOR_DBFS`] for silence or no samples.
#[must_use]
pub fn level_dbfs(samples: &[i16]) -> f32 {
    let energy: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
    if energy == 0 {
        return FLOOR_DBFS;
    }
    let mean_square = energy as f64 / samples.len() as f64;
    (10.0 * (mean_square / (32_768.0 * 32_768.0)).log10()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_textbook() {
        let sine: Vec<i16> = (0..160).map(|n| (32_767.0 * (std::f64::consts::TAU * f64::from(n) / 16.0).sin()) as i16).collect();
        for (samples, expected) in [
            (vec![i16::MIN; 160], 0.0),
            (sine, -3.01),
            (vec![3277; 160], -20.0),
            (vec![1; 160], -90.3),
            (vec![0; 160], -100.0),
            (vec![], -100.0),
        ] {
            assert!((level_dbfs(&samples) - expected).abs() < 0.05, "{expected}");
        }
    }
}
