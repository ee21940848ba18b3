//! Sounds a telephone system makes by itself: ringback, busy, music while waiting, comfort noise.
//! Each follows from its phase alone: the same start gives the same sound.

use super::Frame8k;
use super::music::Music;
use crate::base::Rng;

/// A sound without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sound {
    /// Ringing at the far end: 450 Hz, 1 s on, 4 s off, as in China.
    Ringback,
    /// Busy: 450 Hz, 350 ms on, 350 ms off, as in China.
    Busy,
    /// Soft arpeggios for one who waits.
    HoldMusic,
    /// Faint noise that says the line is alive.
    ComfortNoise,
}

/// Plays a [`Sound`], 20 ms at a time; allocates nothing.
#[derive(Clone, Debug)]
pub struct SoundSource(Playing);

#[derive(Clone, Debug)]
enum Playing {
    Cadence { phase: u32, on: u32, period: u32, place: u32 },
    Music(Music),
    Noise(Rng),
}

/// The telephone's sample rate.
pub(super) const RATE_HZ: u32 = 8000;
const CADENCE_HZ: f32 = 450.0;
/// −17 dBFS, in the range that ITU-T E.180 gives for supervisory tones.
const CADENCE_PEAK: f32 = 6500.0;
/// 5 ms: a tone that begins or ends at once clicks.
const RAMP_SAMPLES: u32 = 40;
/// Peak of the comfort noise: about −66 dBFS.
const NOISE_PEAK: i64 = 28;

impl SoundSource {
    /// Begins a sound.
    #[must_use]
    pub fn new(sound: Sound) -> Self {
        Self(match sound {
            Sound::Ringback => Playing::Cadence { phase: 0, on: RATE_HZ, period: 5 * RATE_HZ, place: 0 },
            Sound::Busy => Playing::Cadence { phase: 0, on: 2800, period: 5600, place: 0 },
            Sound::HoldMusic => Playing::Music(Music::default()),
            Sound::ComfortNoise => Playing::Noise(Rng::seeded(1)),
        })
    }

    /// Plays the next 20 ms.
    pub fn fill(&mut self, frame: &mut Frame8k) {
        match &mut self.0 {
            Playing::Cadence { phase, on, period, place } => {
                for sample in &mut frame.0 {
                    let edge = (*place).min(on.saturating_sub(*place)).min(RAMP_SAMPLES);
                    *sample = (sine(*phase) * CADENCE_PEAK * edge as f32 / RAMP_SAMPLES as f32) as i16;
                    *phase = phase.wrapping_add(phase_step(CADENCE_HZ));
                    *place = (*place + 1) % *period;
                }
            }
            Playing::Music(music) => music.fill(frame),
            Playing::Noise(rng) => {
                for sample in &mut frame.0 {
                    *sample = (rng.below(2 * NOISE_PEAK as u64 + 1) as i64 - NOISE_PEAK) as i16;
                }
            }
        }
    }
}

const TABLE: usize = 1024;

/// One cycle of a sine, made when compiling by turning a vector.
static SINE: [f32; TABLE] = {
    let angle = std::f64::consts::TAU / TABLE as f64;
    // Taylor's series, exact to the double's last digit at so small an angle.
    let square = angle * angle;
    let (turn_sine, turn_cosine) = (angle * (1.0 - square / 6.0 * (1.0 - square / 20.0)), 1.0 - square / 2.0 * (1.0 - square / 12.0));
    let mut table = [0.0; TABLE];
    let (mut cosine, mut sine) = (1.0, 0.0);
    let mut place = 0;
    while place < TABLE {
        table[place] = sine as f32;
        (cosine, sine) = (cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine);
        place += 1;
    }
    table
};

/// Returns the sine of a phase; the whole range of `u32` is one cycle.
pub(super) fn sine(phase: u32) -> f32 {
    SINE[(phase >> 22) as usize]
}

/// Returns how far a tone's phase moves a sample.
pub(super) fn phase_step(hz: f32) -> u32 {
    (f64::from(hz) / f64::from(RATE_HZ) * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::super::level_dbfs;
    use super::*;

    fn play(sound: Sound, frames: usize) -> Vec<i16> {
        let mut source = SoundSource::new(sound);
        let mut frame = Frame8k::SILENCE;
        (0..frames)
            .flat_map(|_| {
                source.fill(&mut frame);
                frame.0
            })
            .collect()
    }

    #[test]
    fn the_table_is_a_sine() {
        for place in 0..1024_u32 {
            let exact = (std::f64::consts::TAU * f64::from(place) / 1024.0).sin() as f32;
            assert!((sine(place << 22) - exact).abs() < 1e-6);
        }
    }

    #[test]
    fn ringback_rings_a_second_in_five() {
        let sound = play(Sound::Ringback, 500);
        for (second, expect_tone) in (0..10).map(|second| (second, second % 5 == 0)) {
            let level = level_dbfs(&sound[second * 8000..(second + 1) * 8000]);
            assert_eq!(level > -30.0, expect_tone, "second {second}: {level}");
            assert_eq!(level < -90.0, !expect_tone, "second {second}: {level}");
        }
        let crossings = sound[..8000].windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((445..=455).contains(&crossings), "{crossings}");
    }

    #[test]
    fn busy_is_on_and_off_for_350_ms() {
        let sound = play(Sound::Busy, 70);
        assert!(level_dbfs(&sound[..2800]) > -30.0 && level_dbfs(&sound[2801..5600]) < -90.0 && level_dbfs(&sound[5600..8400]) > -30.0);
    }

    #[test]
    fn music_is_soft_never_silent_never_clips_and_never_jumps() {
        let sound = play(Sound::HoldMusic, 50 * 40);
        assert!(sound.chunks(8000).skip(1).all(|second| (-40.0..-15.0).contains(&level_dbfs(second))));
        assert!(sound.iter().all(|sample| sample.unsigned_abs() < 16_000));
        assert!(sound.windows(2).all(|pair| pair[0].abs_diff(pair[1]) < 4000));
        assert_eq!(sound, play(Sound::HoldMusic, 50 * 40));
    }

    #[test]
    fn comfort_noise_is_there_but_faint() {
        let level = level_dbfs(&play(Sound::ComfortNoise, 50));
        assert!((-72.0..-62.0).contains(&level), "{level}");
    }
}
