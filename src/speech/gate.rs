//! The C voice detector behind one type that may cross threads. Knows nothing of levels or utterances.

use webrtc_vad::{SampleRate, Vad, VadMode};

use crate::audio::Frame8k;

/// WebRTC's detector at 8 kHz: quick, easily fooled by noise, never late.
pub(super) struct Gate(Vad);

#[expect(
    unsafe_code,
    reason = "the C object is plain memory owned by this value alone and used through &mut self, so it may move between threads"
)]
// SAFETY: libfvad keeps no thread-local or global state that changes after `fvad_new`; the pointer is never shared.
unsafe impl Send for Gate {}

impl Gate {
    pub(super) fn new() -> Self {
        Self(Vad::new_with_rate_and_mode(SampleRate::Rate8kHz, VadMode::LowBitrate))
    }

    /// True when the frame may hold a voice.
    pub(super) fn opens(&mut self, frame: &Frame8k) -> bool {
        self.0.is_voice_segment(frame.samples()).unwrap_or(false)
    }
}
