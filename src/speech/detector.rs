//! Voice or no voice, 20 ms at a time.

use crate::audio::Frame8k;

/// What the detector says of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voicing {
    /// True for a voice.
    pub voiced: bool,
    /// The frame's level in dB below full scale, -96 to 0.
    pub level_dbfs: f32,
    /// How far the level is above the line's noise, in dB.
    pub over_floor_db: f32,
}

/// Tells voice from silence, comfort noise and hum.
pub struct VoiceDetector {
    floor_dbfs: f32,
}

impl Default for VoiceDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceDetector {
    /// Makes a detector for one speaker's stream.
    #[must_use]
    pub fn new() -> Self {
        Self { floor_dbfs: -60.0 }
    }

    /// Takes 20 ms.
    pub fn frame(&mut self, frame: &Frame8k) -> Voicing {
        let energy: f32 = frame.samples().iter().map(|sample| f32::from(*sample) * f32::from(*sample)).sum::<f32>() / 160.0;
        let level_dbfs = (10.0 * (energy / 1_073_741_824.0).max(1e-10).log10()).max(-96.0);
        let over_floor_db = level_dbfs - self.floor_dbfs;
        Voicing { voiced: over_floor_db > 9.0, level_dbfs, over_floor_db }
    }
}
