//! What a caller hears who waits for a seat: soft music, softer under an announcement. Knows no queue.

use crate::audio::{Frame8k, Gain, Sound, SoundSource};
use crate::speech::Speech;

/// How far the music is turned down under a voice, in dB.
const DUCKED_DB: f32 = -15.0;

/// What is played.
#[derive(Clone, Debug)]
enum Music {
    BuiltIn(SoundSource),
    /// The queue's own, round and round, from this sample on.
    Own(Speech, usize),
}

/// The music of one wait.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    music: Music,
    gain: Gain,
    under: Under,
    over: bool,
}

/// What the music plays under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Under {
    /// Nothing.
    Nothing,
    /// An announcement.
    Voice,
    /// What comes after the wait: it fades away.
    End,
}

impl Hold {
    /// Begins from silence, with the queue's own music if it has any.
    pub(super) fn new(own: Option<&Speech>) -> Self {
        let music = match own {
            Some(own) if !own.is_empty() => Music::Own(own.clone(), 0),
            _ => Music::BuiltIn(SoundSource::new(Sound::HoldMusic)),
        };
        let mut gain = Gain::MUTE;
        gain.change_to(DUCKED_DB);
        Self { music, gain, under: Under::Voice, over: false }
    }

    /// Fades away within the next 20 ms.
    pub(super) fn end(&mut self) {
        self.under = Under::End;
        self.gain.mute();
    }

    /// Returns true once it has faded away.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Plays the next 20 ms.
    pub(super) fn fill(&mut self, frame: &mut Frame8k, under: Under) {
        if self.under != under && self.under != Under::End {
            self.under = under;
            match under {
                Under::Nothing => self.gain.change_to(0.0),
                Under::Voice => self.gain.change_to(DUCKED_DB),
                Under::End => self.gain.mute(),
            }
        }
        self.over = self.under == Under::End;
        match &mut self.music {
            Music::BuiltIn(music) => music.fill(frame),
            Music::Own(samples, at) => {
                for place in &mut frame.0 {
                    *place = samples[*at];
                    *at = (*at + 1) % samples.len();
                }
            }
        }
        self.gain.apply(frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level_dbfs;

    #[test]
    fn music_is_softer_under_a_voice() {
        let level = |under| {
            let mut hold = Hold::new(None);
            let mut samples = Vec::new();
            for _ in 0..200 {
                let mut frame = Frame8k::SILENCE;
                hold.fill(&mut frame, under);
                samples.extend_from_slice(frame.samples());
            }
            level_dbfs(&samples[16_000..])
        };
        let difference = level(Under::Nothing) - level(Under::Voice);
        assert!((14.0..16.0).contains(&difference), "{difference}");
    }
}
