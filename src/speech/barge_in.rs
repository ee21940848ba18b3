//! When a voice over a prompt is an interruption. Knows voicing only; what may be interrupted is the call's affair.

use std::time::Duration;

use super::Voicing;
use crate::base::TICK;

/// Decides that somebody speaks over a prompt: enough voice above the line's noise within a short window.
#[derive(Clone, Debug, Default)]
pub struct BargeIn {
    recent: u16,
}

/// Frames looked at: 200 ms.
const WINDOW: u16 = (1 << 10) - 1;
/// Voice within them that interrupts.
const ENOUGH: Duration = Duration::from_millis(120);
/// How far above the noise floor an interruption is, in dB: the prompt's own echo is weaker.
const OVER_FLOOR_DB: f32 = 12.0;

impl BargeIn {
    /// Makes the policy, having heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the voicing of 20 ms heard while an interruptible prompt plays; true in the frame in which it is to stop.
    pub fn frame(&mut self, voicing: Voicing) -> bool {
        let counts = voicing.voiced && voicing.over_floor_db >= OVER_FLOOR_DB;
        self.recent = ((self.recent << 1) | u16::from(counts)) & WINDOW;
        let interrupts = counts && TICK * self.recent.count_ones() >= ENOUGH;
        if interrupts {
            self.reset();
        }
        interrupts
    }

    /// Forgets what was heard: a new prompt begins.
    pub fn reset(&mut self) {
        self.recent = 0;
    }
}
