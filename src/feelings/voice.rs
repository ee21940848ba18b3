//! How a voice sounds, against the same caller's own beginning: level, pitch, speaking rate. A plain calculation over the frames that a
//! turn has anyway; nothing is allocated. Knows no words.

use std::time::Duration;

use super::Kind;
use super::words::Cue;
use crate::audio::Frame8k;
use crate::base::TICK;

/// Voice of less than this says nothing of how it sounds.
const LEAST_VOICE: Duration = Duration::from_millis(400);
/// A caller's own voice is known after so much of it.
const OWN_VOICE: Duration = Duration::from_millis(1_200);
/// Samples in which pitch is looked for: 40 ms at 4 kHz.
const WINDOW: usize = 160;
/// The periods looked at, in samples at 4 kHz: 400 Hz to 70 Hz.
const SHORTEST: usize = 10;
const LONGEST: usize = 57;
/// How alike two periods of a voice are at least.
const PERIODIC: f32 = 0.55;
/// A shorter period wins when it is nearly as good as the best: the best may be two of them.
const NEARLY: f32 = 0.88;
/// Pitch is kept in quarters of a semitone above this.
const LOWEST_HZ: f32 = 68.0;
const BINS: usize = 128;
const BINS_PER_SEMITONE: f32 = 4.0;
/// A syllable rises and falls by so much at least.
const SWING_DB: f32 = 2.5;
/// Where each sign of strain begins, and where it is full.
const LOUDER_DB: (f32, f32) = (4.0, 9.0);
const HIGHER_SEMITONES: (f32, f32) = (2.0, 5.0);
const FASTER: (f32, f32) = (1.25, 1.6);
/// What each weighs when it has just begun, and when it is full.
const WEIGHS: (f32, f32) = (0.2, 0.5);

/// How a turn sounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// The level of its voice in dB below full scale.
    pub level_dbfs: f32,
    /// The median pitch, 70 to 400 Hz; none where no frame was periodic.
    pub pitch_hz: Option<f32>,
    /// Syllables a second of voice, by the swings of its level.
    pub syllables_per_second: f32,
    /// How much voice it was.
    pub voiced: Duration,
}

/// Measures the tone of a turn frame by frame. Allocates nothing.
#[derive(Clone, Debug)]
pub struct ToneMeter {
    window: [f32; WINDOW],
    voiced: u32,
    power: f64,
    pitches: [u16; BINS],
    pitched: u32,
    envelope: f32,
    valley: f32,
    top: f32,
    syllables: u32,
}

impl Default for ToneMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneMeter {
    /// Makes a meter for a turn that begins.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            window: [0.0; WINDOW],
            voiced: 0,
            power: 0.0,
            pitches: [0; BINS],
            pitched: 0,
            envelope: -100.0,
            valley: -100.0,
            top: -100.0,
            syllables: 0,
        }
    }

    /// Takes 20 ms, their level, and how much of a voice there was in them (`true` for one).
    pub fn frame(&mut self, frame: &Frame8k, level_dbfs: f32, voiced: bool) {
        self.window.copy_within(WINDOW / 2.., 0);
        for (into, pair) in self.window[WINDOW / 2..].iter_mut().zip(frame.samples().chunks_exact(2)) {
            *into = f32::midpoint(f32::from(pair[0]), f32::from(pair[1]));
        }
        self.swing(level_dbfs, voiced);
        if !voiced {
            return;
        }
        self.voiced += 1;
        self.power += 10_f64.powf(f64::from(level_dbfs) / 10.0);
        // Every second frame: each window holds two.
        if self.voiced.is_multiple_of(2)
            && let Some(hz) = pitch(&self.window)
        {
            let bin = (12.0 * (hz / LOWEST_HZ).log2() * BINS_PER_SEMITONE).round();
            let bin = (bin.max(0.0) as usize).min(BINS - 1);
            self.pitches[bin] = self.pitches[bin].saturating_add(1);
            self.pitched += 1;
        }
    }

    /// Ends the turn and begins the next; nothing where there was too little voice.
    pub fn finish(&mut self) -> Option<Tone> {
        let meter = std::mem::take(self);
        let voiced = TICK * meter.voiced;
        (voiced >= LEAST_VOICE).then(|| Tone {
            level_dbfs: (10.0 * (meter.power / f64::from(meter.voiced)).log10()) as f32,
            pitch_hz: meter.median(),
            syllables_per_second: meter.syllables as f32 / voiced.as_secs_f32(),
            voiced,
        })
    }

    /// Counts the swings of the level that a syllable makes.
    fn swing(&mut self, level_dbfs: f32, voiced: bool) {
        self.envelope = f32::midpoint(self.envelope.max(-70.0), level_dbfs.max(-70.0));
        self.top = self.top.max(self.envelope);
        if self.top - self.envelope >= SWING_DB {
            if self.top - self.valley >= SWING_DB && self.voiced > 0 {
                self.syllables += 1;
            }
            (self.valley, self.top) = (self.envelope, self.envelope);
        }
        if self.envelope < self.valley {
            (self.valley, self.top) = (self.envelope, self.envelope);
        }
        if !voiced && self.voiced == 0 {
            (self.valley, self.top) = (self.envelope, self.envelope);
        }
    }

    fn median(&self) -> Option<f32> {
        let half = self.pitched.div_ceil(2);
        let mut passed = 0;
        let bin = self.pitches.iter().position(|count| {
            passed += u32::from(*count);
            passed >= half && half > 0
        })?;
        Some(LOWEST_HZ * (bin as f32 / BINS_PER_SEMITONE / 12.0).exp2())
    }
}

/// The pitch of 40 ms at 4 kHz, by how alike the sound is to itself a little later; none where it is not.
fn pitch(window: &[f32; WINDOW]) -> Option<f32> {
    const LENGTH: usize = WINDOW - LONGEST - 1;
    let mut alike = [0.0_f32; LONGEST + 2];
    let first = &window[..LENGTH];
    let energy: f32 = first.iter().map(|sample| sample * sample).sum();
    let mut later: f32 = window[SHORTEST - 1..SHORTEST - 1 + LENGTH].iter().map(|sample| sample * sample).sum();
    for lag in SHORTEST - 1..=LONGEST + 1 {
        let shifted = &window[lag..lag + LENGTH];
        let product: f32 = first.iter().zip(shifted).map(|(one, other)| one * other).sum();
        alike[lag] = product / (energy * later).max(1.0).sqrt();
        let (gone, come) = (window[lag], window.get(lag + LENGTH).copied().unwrap_or(0.0));
        later = come.mul_add(come, gone.mul_add(-gone, later)).max(0.0);
    }
    let best = alike[SHORTEST..=LONGEST].iter().copied().fold(0.0, f32::max);
    if best < PERIODIC {
        return None;
    }
    let is_peak = |lag: &usize| {
        let here = alike[*lag];
        here >= NEARLY * best && here >= alike[*lag - 1] && here >= alike[*lag + 1]
    };
    let lag = (SHORTEST..=LONGEST).find(is_peak)?;
    let (before, here, after) = (alike[lag - 1], alike[lag], alike[lag + 1]);
    let bend = before - 2.0 * here + after;
    let shift = if bend.abs() > 1e-6 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Some(4_000.0 / (lag as f32 + shift))
}

/// A caller's own voice, as it was in its first turns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnVoice {
    voiced: f32,
    level: f32,
    pitched: f32,
    /// In semitones above [`LOWEST_HZ`].
    pitch: f32,
    rate: f32,
}

impl OwnVoice {
    /// Makes the voice of a caller who has said nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a turn: learns from it while the voice is not known yet, else says how it differs.
    pub fn compare(&mut self, tone: &Tone) -> Option<Strain> {
        let weight = tone.voiced.as_secs_f32();
        if self.voiced < OWN_VOICE.as_secs_f32() {
            self.voiced += weight;
            self.level += weight * tone.level_dbfs;
            self.rate += weight * tone.syllables_per_second;
            if let Some(hz) = tone.pitch_hz {
                self.pitched += weight;
                self.pitch += weight * semitones(hz);
            }
            return None;
        }
        let higher_semitones = match tone.pitch_hz {
            Some(hz) if self.pitched > 0.0 => semitones(hz) - self.pitch / self.pitched,
            _ => 0.0,
        };
        let rate = self.rate / self.voiced;
        Some(Strain {
            louder_db: tone.level_dbfs - self.level / self.voiced,
            higher_semitones,
            faster: if rate > 0.5 { tone.syllables_per_second / rate } else { 1.0 },
        })
    }
}

fn semitones(hz: f32) -> f32 {
    12.0 * (hz / LOWEST_HZ).log2()
}

/// How a turn sounded against the caller's own voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strain {
    /// Louder by so many dB; below 0 quieter.
    pub louder_db: f32,
    /// Higher by so many semitones.
    pub higher_semitones: f32,
    /// So many times as fast.
    pub faster: f32,
}

impl Strain {
    /// What of it counts, the heaviest first.
    #[must_use]
    pub fn cues(&self) -> Vec<Cue> {
        let signs = [
            (self.louder_db, LOUDER_DB, format!("{:.0} dB louder", self.louder_db)),
            (self.higher_semitones, HIGHER_SEMITONES, format!("{:.0} semitones higher", self.higher_semitones)),
            (self.faster, FASTER, format!("{:.1} times as fast", self.faster)),
        ];
        let mut cues: Vec<Cue> = signs
            .into_iter()
            .filter(|(value, (from, _), _)| value >= from)
            .map(|(value, (from, full), words)| {
                let share = ((value - from) / (full - from)).clamp(0.0, 1.0);
                Cue { kind: Kind::Voice, words, weight: share.mul_add(WEIGHS.1 - WEIGHS.0, WEIGHS.0) }
            })
            .collect();
        cues.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        cues
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Frame, level_dbfs};

    /// A voice: harmonics of a gliding pitch, opened and closed a few times a second, with a breath of noise.
    struct Voice {
        hz: f64,
        level: f64,
        syllables: f64,
        seconds: f64,
    }

    const CALM: Voice = Voice { hz: 180.0, level: 0.05, syllables: 4.0, seconds: 2.0 };

    fn tone(voice: &Voice) -> Option<Tone> {
        let mut meter = ToneMeter::new();
        let mut rng = crate::base::Rng::seeded(7);
        let mut phase = 0.0;
        for place in 0..(voice.seconds * 50.0) as usize {
            let mut frame = Frame8k::SILENCE;
            for (offset, into) in frame.0.iter_mut().enumerate() {
                let at = (place * 160 + offset) as f64 / 8_000.0;
                let glide = 1.0 + 0.06 * (std::f64::consts::TAU * 0.7 * at).sin();
                phase += std::f64::consts::TAU * voice.hz * glide / 8_000.0;
                let opening = 0.12 + 0.88 * (std::f64::consts::PI * voice.syllables * at).sin().powi(2);
                let sound: f64 = (1..=6).map(|harmonic| (f64::from(harmonic) * phase).sin() / f64::from(harmonic)).sum();
                *into = (32_767.0 * voice.level * opening * (sound + 0.05 * (rng.unit() - 0.5))) as i16;
            }
            let level = level_dbfs(frame.samples());
            meter.frame(&frame, level, level > -55.0);
        }
        meter.finish()
    }

    #[test]
    fn pitch_level_and_rate_are_those_of_the_voice() {
        for hz in [85.0, 120.0, 180.0, 240.0, 330.0] {
            let tone = tone(&Voice { hz, ..CALM }).unwrap();
            let found = f64::from(tone.pitch_hz.unwrap());
            assert!((found / hz - 1.0).abs() < 0.06, "{hz}: {found}");
        }
        for syllables in [3.0, 4.0, 5.0, 6.5] {
            let tone = tone(&Voice { syllables, ..CALM }).unwrap();
            let found = f64::from(tone.syllables_per_second);
            assert!((found / syllables - 1.0).abs() < 0.15, "{syllables}: {found}");
        }
        let (quiet, loud) = (tone(&CALM).unwrap(), tone(&Voice { level: 0.1, ..CALM }).unwrap());
        assert!((loud.level_dbfs - quiet.level_dbfs - 6.0).abs() < 0.3, "{quiet:?} {loud:?}");
    }

    #[test]
    fn the_same_speech_louder_higher_and_faster_is_strain_and_each_alone_is_its_own_cue() {
        let heard = |voice: &Voice| {
            let mut own = OwnVoice::new();
            assert_eq!(own.compare(&tone(&CALM).unwrap()), None);
            own.compare(&tone(voice).unwrap()).unwrap()
        };
        let words = |voice: &Voice| heard(voice).cues().into_iter().map(|cue| cue.words).collect::<Vec<_>>().join(", ");
        assert_eq!(words(&CALM), "");
        assert_eq!(words(&Voice { seconds: 3.0, level: 0.06, hz: 190.0, ..CALM }), "");
        assert!(words(&Voice { level: 0.2, ..CALM }).ends_with("dB louder"), "{:?}", heard(&Voice { level: 0.2, ..CALM }));
        assert!(words(&Voice { hz: 240.0, ..CALM }).ends_with("semitones higher"), "{:?}", heard(&Voice { hz: 240.0, ..CALM }));
        assert!(words(&Voice { syllables: 6.4, ..CALM }).ends_with("times as fast"), "{:?}", heard(&Voice { syllables: 6.4, ..CALM }));
        let all = heard(&Voice { level: 0.2, hz: 250.0, syllables: 6.4, ..CALM });
        assert!(all.cues().iter().map(|cue| cue.weight).sum::<f32>() >= 1.0, "{all:?}");
        assert!(heard(&Voice { level: 0.02, hz: 150.0, syllables: 3.0, ..CALM }).cues().is_empty());
    }

    #[test]
    fn too_little_voice_silence_and_noise_say_nothing() {
        assert_eq!(tone(&Voice { seconds: 0.3, ..CALM }), None);
        assert_eq!(tone(&Voice { level: 0.0, ..CALM }), None);
        let mut meter = ToneMeter::new();
        let mut rng = crate::base::Rng::seeded(3);
        for _ in 0..100 {
            let mut frame = Frame8k::SILENCE;
            frame.0.iter_mut().for_each(|sample| *sample = ((rng.unit() - 0.5) * 8_000.0) as i16);
            meter.frame(&frame, -25.0, true);
        }
        assert_eq!(meter.finish().unwrap().pitch_hz, None);
        let mut extremes = ToneMeter::new();
        for _ in 0..100 {
            extremes.frame(&Frame([i16::MIN; 160]), 0.0, true);
        }
        assert!(extremes.finish().unwrap().level_dbfs.abs() < 0.1);
    }
}
