//! What a phone says, 20 ms at a time: a pause, then a speech, then silence. Knows no time but its ticks.

use std::time::Duration;

use crate::audio::Frame8k;
use crate::base::TICK;
use crate::speech::Speech;

/// What is being said.
#[derive(Debug, Default)]
pub(super) struct Mouth {
    pause: u32,
    speech: Option<(Speech, usize)>,
}

impl Mouth {
    /// Says this after a pause, in place of what was being said.
    pub(super) fn say(&mut self, speech: Speech, pause: Duration) {
        self.pause = u32::try_from(pause.as_millis() / TICK.as_millis()).unwrap_or(0);
        self.speech = Some((speech, 0));
    }

    /// Returns true while nothing is left to say.
    pub(super) fn is_silent(&self) -> bool {
        self.speech.is_none()
    }

    /// Fills the next 20 ms.
    pub(super) fn frame(&mut self, into: &mut Frame8k) {
        *into = Frame8k::SILENCE;
        let Some((speech, place)) = &mut self.speech else { return };
        if self.pause > 0 {
            self.pause -= 1;
            return;
        }
        let rest = &speech[(*place).min(speech.len())..];
        for (sample, said) in into.0.iter_mut().zip(rest) {
            *sample = *said;
        }
        *place += into.0.len();
        if *place >= speech.len() {
            self.speech = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speech_comes_whole_after_its_pause_and_then_silence() {
        let mut mouth = Mouth::default();
        assert!(mouth.is_silent());
        mouth.say(vec![7_i16; 200].into(), Duration::from_millis(40));
        let mut frames = Vec::new();
        while !mouth.is_silent() {
            let mut frame = Frame8k::default();
            mouth.frame(&mut frame);
            frames.push(frame.0.iter().filter(|sample| **sample == 7).count());
        }
        assert_eq!(frames, [0, 0, 160, 40]);
    }
}
