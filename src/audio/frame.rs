//! Twenty milliseconds of mono sound, its rate in its type.

/// 20 ms of mono 16-bit samples; `N` is 20 ms at the rate, so the rate is part of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<const N: usize>(pub [i16; N]);

/// 160 samples, mono, 8 kHz: what the telephone carries.
pub type Frame8k = Frame<160>;
/// 320 samples, mono, 16 kHz.
pub type Frame16k = Frame<320>;

impl<const N: usize> Frame<N> {
    /// 20 ms of true silence.
    pub const SILENCE: Self = Self([0; N]);

    /// Returns the samples.
    #[must_use]
    pub const fn samples(&self) -> &[i16; N] {
        &self.0
    }
}

impl<const N: usize> Default for Frame<N> {
    fn default() -> Self {
        Self::SILENCE
    }
}
