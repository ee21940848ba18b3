//! Music for one who waits: slow arpeggios over four chords, plucked softly. Knows only how many samples it has played.

use super::Frame8k;
use super::tones::{RATE_HZ, phase_step, sine};

/// Half a second between plucks.
const STEP_SAMPLES: u32 = RATE_HZ / 2;
/// C, A minor, F, G with an added sixth: up the chord and down again, in hertz.
const MELODY: [f32; 32] = [
    261.63, 329.63, 392.00, 523.25, 659.26, 523.25, 392.00, 329.63, // C
    220.00, 261.63, 329.63, 440.00, 523.25, 440.00, 329.63, 261.63, // Am
    349.23, 440.00, 523.25, 698.46, 523.25, 440.00, 349.23, 440.00, // F
    392.00, 493.88, 587.33, 659.26, 587.33, 493.88, 392.00, 293.66, // G6
];
/// A pluck falls to a fifth in a second, so it is gone when the fifth after it takes its voice.
const DECAY: f32 = 0.999_8;
const ATTACK_SAMPLES: f32 = 240.0;
const PEAK: f32 = 2600.0;

#[derive(Clone, Copy, Debug, Default)]
struct Pluck {
    phase: u32,
    step: u32,
    loudness: f32,
    attack: f32,
}

/// The music, where it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Music {
    plucks: [Pluck; 5],
    place: u32,
}

impl Music {
    pub(super) fn fill(&mut self, frame: &mut Frame8k) {
        for sample in &mut frame.0 {
            if self.place.is_multiple_of(STEP_SAMPLES) {
                let note = (self.place / STEP_SAMPLES) as usize;
                let pluck = &mut self.plucks[note % 5];
                *pluck = Pluck { phase: 0, step: phase_step(MELODY[note % MELODY.len()]), loudness: PEAK, attack: 0.0 };
            }
            // Whole rounds only, so that the five voices keep their turns.
            self.place = (self.place + 1) % (STEP_SAMPLES * MELODY.len() as u32 * 5);
            *sample = self.plucks.iter_mut().map(Pluck::next).sum::<f32>() as i16;
        }
    }
}

impl Pluck {
    fn next(&mut self) -> f32 {
        let wave = 0.8 * sine(self.phase) + 0.2 * sine(self.phase.wrapping_mul(2));
        self.phase = self.phase.wrapping_add(self.step);
        self.attack = (self.attack + 1.0 / ATTACK_SAMPLES).min(1.0);
        self.loudness *= DECAY;
        wave * self.loudness * self.attack
    }
}
