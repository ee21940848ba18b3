//! Covers lost sound by repeating the voice's last pitch cycle, fading out, after the manner of G.711 Appendix I.

/// The last 60 ms heard.
const HISTORY: usize = 480;
/// After this long, made-up sound has faded to silence.
const FADE: usize = 480;
/// Pitch between 50 and 200 Hz.
const LAGS: std::ops::RangeInclusive<usize> = 40..=160;
/// The stretch compared with earlier ones to find the pitch: two cycles of a low voice.
const COMPARED: usize = 320;
/// 5 ms over which true sound takes over again.
const BLEND: usize = 40;
/// Mean magnitude below which sound counts as silence: about −48 dBFS.
const QUIET: u32 = 128;

/// Whether sound is as good as silence, so that its loss or repetition is not heard.
pub(super) fn is_quiet(samples: &[i16]) -> bool {
    samples.iter().map(|sample| u32::from(sample.unsigned_abs())).sum::<u32>() < QUIET * samples.len() as u32
}

/// Remembers what was heard, to make up what was not.
#[derive(Clone, Debug)]
pub(super) struct Concealer {
    history: [i16; HISTORY],
    cycle: [i16; *LAGS.end()],
    lag: usize,
    covered: usize,
}

impl Concealer {
    pub(super) const fn new() -> Self {
        Self { history: [0; HISTORY], cycle: [0; *LAGS.end()], lag: *LAGS.end(), covered: 0 }
    }

    /// Takes true sound; its beginning is blended with what covered the gap before it.
    pub(super) fn hear(&mut self, samples: &mut [i16]) {
        if self.covered > 0 {
            let blended = BLEND.min(samples.len());
            for (place, sample) in samples[..blended].iter_mut().enumerate() {
                let share = (place + 1) as f32 / (blended + 1) as f32;
                *sample = (f32::from(*sample) * share + self.made_up(place) * (1.0 - share)) as i16;
            }
            self.covered = 0;
        }
        self.remember(samples);
    }

    /// Covers a gap; returns whether anything but silence was put there.
    pub(super) fn cover(&mut self, samples: &mut [i16]) -> bool {
        if self.covered == 0 {
            self.lag = pitch(&self.history);
            self.cycle[..self.lag].copy_from_slice(&self.history[HISTORY - self.lag..]);
        }
        let audible = self.covered < FADE && !is_quiet(&self.cycle[..self.lag]);
        for (place, sample) in samples.iter_mut().enumerate() {
            *sample = self.made_up(place) as i16;
        }
        self.covered = (self.covered + samples.len()).min(2 * FADE);
        self.remember(samples);
        audible
    }

    fn made_up(&self, place: usize) -> f32 {
        let place = self.covered + place;
        let loudness = 1.0 - place.min(FADE) as f32 / FADE as f32;
        f32::from(self.cycle[place % self.lag]) * loudness
    }

    fn remember(&mut self, samples: &[i16]) {
        let kept = samples.len().min(HISTORY);
        self.history.copy_within(kept.., 0);
        self.history[HISTORY - kept..].copy_from_slice(&samples[samples.len() - kept..]);
    }
}

/// Finds the lag at which the end of the history looks most like what came before it.
fn pitch(history: &[i16; HISTORY]) -> usize {
    let end = &history[HISTORY - COMPARED..];
    let likeness = |lag: usize| {
        let earlier = &history[HISTORY - COMPARED - lag..HISTORY - lag];
        // Every second sample: the pitch of a voice lies far below.
        let (mut product, mut energy) = (0.0_f32, 1.0_f32);
        for (now, then) in end.iter().zip(earlier).step_by(2) {
            let (now, then) = (f32::from(*now), f32::from(*then));
            product += now * then;
            energy += then * then;
        }
        product / energy.sqrt()
    };
    LAGS.map(|lag| (lag, likeness(lag))).fold((*LAGS.end(), 0.0), |best, next| if next.1 > best.1 { next } else { best }).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(from: usize, count: usize) -> Vec<i16> {
        let wave = |n: usize| {
            let cycle = std::f64::consts::TAU * n as f64 / 64.0;
            6000.0 * cycle.sin() + 3000.0 * (2.0 * cycle).sin()
        };
        (from..from + count).map(|n| wave(n) as i16).collect()
    }

    #[test]
    fn a_voiced_gap_goes_on_at_its_pitch_fading_without_a_click() {
        let mut concealer = Concealer::new();
        concealer.hear(&mut voice(0, 640));
        let mut covered = [0; 160];
        assert!(concealer.cover(&mut covered));
        let expected = voice(640, 160);
        for (place, (made_up, meant)) in covered.iter().zip(&expected).enumerate() {
            let faded = f64::from(*meant) * (1.0 - place as f64 / 480.0);
            assert!((f64::from(*made_up) - faded).abs() < 60.0, "{place}: {made_up} for {faded}");
        }
        let mut back = voice(800, 160);
        concealer.hear(&mut back);
        assert!(back[0].abs_diff(covered[159]) < 1500);
        assert_eq!(back[BLEND..], voice(800, 160)[BLEND..]);
    }

    #[test]
    fn after_sixty_milliseconds_there_is_silence() {
        let mut concealer = Concealer::new();
        concealer.hear(&mut voice(0, 640));
        let mut frame = [0; 160];
        let heard: Vec<bool> = (0..6).map(|_| concealer.cover(&mut frame)).collect();
        assert_eq!(heard, [true, true, true, false, false, false]);
        assert_eq!(frame, [0; 160]);
    }

    #[test]
    fn nothing_heard_or_silence_heard_needs_no_cover() {
        let mut concealer = Concealer::new();
        assert!(!concealer.cover(&mut [0; 160]));
        concealer.hear(&mut [8; 480]);
        assert!(!concealer.cover(&mut [0; 160]));
    }
}
