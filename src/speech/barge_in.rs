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
const ENOUGH: Duration = Duration::from_millis(100);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `voice`: `V` near and voiced, `v` voiced but faint, `.` no voice; returns the frames at which it interrupts.
    fn interrupts(barge_in: &mut BargeIn, voice: &str) -> Vec<usize> {
        let voicing = |c| Voicing { voiced: c != '.', level_dbfs: -30.0, over_floor_db: if c == 'V' { 30.0 } else { 8.0 } };
        voice.chars().enumerate().filter(|(_, c)| barge_in.frame(voicing(*c))).map(|(place, _)| place).collect()
    }

    #[test]
    fn enough_voice_interrupts_and_echo_and_clicks_do_not() {
        for (voice, at) in [
            ("VVVVVVVVVV", Some(4)),
            ("..V.VVV.VVVV", Some(8)),
            ("VVVV......VVVV......", None),
            ("vvvvvvvvvvvvvvvvvvvv", None),
            ("....................", None),
        ] {
            assert_eq!(interrupts(&mut BargeIn::new(), voice).first().copied(), at, "{voice}");
        }
    }

    #[test]
    fn a_new_prompt_starts_afresh() {
        let mut barge_in = BargeIn::new();
        assert!(interrupts(&mut barge_in, "VVVV").is_empty());
        barge_in.reset();
        assert!(interrupts(&mut barge_in, "VVVV").is_empty());
    }
}
