//! Voice or no voice, 20 ms at a time. Knows no utterances.

use earshot::{DefaultPredictor, Detector};

use super::gate::Gate;
use crate::audio::{Doubler, Frame8k, Frame16k, level_dbfs};

/// What the detector says of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voicing {
    /// True for a voice.
    pub voiced: bool,
    /// The frame's level in dB below full scale, -100 to 0.
    pub level_dbfs: f32,
    /// How far the level is above the line's noise, in dB.
    pub over_floor_db: f32,
}

/// Tells a voice from silence, comfort noise and hum: a quick gate, a small network behind it, and the line's own noise level.
/// Allocates when made and never again.
pub struct VoiceDetector {
    gate: Gate,
    network: Box<Detector<DefaultPredictor>>,
    doubler: Doubler,
    wide: Frame16k,
    queue: [i16; QUEUE],
    queued: usize,
    score: f32,
    /// Frames too quiet for a voice, in a row.
    quiet: u32,
    /// Frames in a row that were a voice, or, once that is sure, that were none.
    run: u32,
    /// Where the network stands in its round of looking and dozing; `None` while it is not sure of a voice.
    round: Option<u32>,
    floor: NoiseFloor,
}

/// Samples the network takes at a time: 16 ms at 16 kHz.
const WINDOW: usize = 256;
/// Room for one frame behind an unfinished window.
const QUEUE: usize = WINDOW + 320;
/// The network's score from which a frame is voiced.
const VOICED_SCORE: f32 = 0.5;
/// No voice is quieter than this on a telephone.
const QUIETEST_DBFS: f32 = -55.0;
/// After so many frames too quiet for a voice the network rests.
const REST_AFTER: u32 = 10;
/// After so many frames of a voice in a row the network is sure of it and dozes between looks.
const SURE_AFTER: u32 = 10;
/// After so many frames in a row that are none it is not sure any more.
const UNSURE_AFTER: u32 = 6;
/// How far a voice must be above the line's noise for that: nearer to it the gate and the level cannot tell them apart.
const CLEAR_DB: f32 = 20.0;
/// And how quiet the line must be.
const QUIET_LINE_DBFS: f32 = -50.0;
/// Frames of one look and the doze after it.
const ROUND: u32 = 24;
/// Frames of a look.
const LOOK: u32 = 8;
/// The frames of a look in which the network still hears what was before its doze.
const WAKING: u32 = 5;
/// Nor nearer to the line's noise.
const OVER_FLOOR_DB: f32 = 6.0;

impl Default for VoiceDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceDetector {
    /// Makes a detector for one speaker's stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            gate: Gate::new(),
            network: Box::new(Detector::new(DefaultPredictor::new())),
            doubler: Doubler::new(),
            wide: Frame16k::SILENCE,
            queue: [0; QUEUE],
            queued: 0,
            score: 0.0,
            quiet: 0,
            run: 0,
            round: None,
            floor: NoiseFloor::default(),
        }
    }

    /// Takes 20 ms.
    pub fn frame(&mut self, frame: &Frame8k) -> Voicing {
        let level_dbfs = level_dbfs(frame.samples());
        let gate = self.gate.opens(frame);
        self.quiet = if gate || level_dbfs >= QUIETEST_DBFS { 0 } else { self.quiet.saturating_add(1) };
        if self.quiet >= REST_AFTER {
            self.rest();
        } else if let Some(round) = &mut self.round {
            let place = *round;
            *round = (place + 1) % ROUND;
            if place < LOOK {
                let before = self.score;
                self.listen(frame);
                if place < WAKING {
                    self.score = before;
                }
            }
        } else {
            self.listen(frame);
        }
        let over_floor_db = self.floor.over(level_dbfs);
        let loud = level_dbfs >= QUIETEST_DBFS && over_floor_db >= OVER_FLOOR_DB;
        let voiced = gate && loud && self.score >= VOICED_SCORE;
        self.floor.learn(level_dbfs, voiced);
        self.grow_sure(voiced, over_floor_db);
        Voicing { voiced, level_dbfs, over_floor_db }
    }

    /// Spares the network a silent line, which it could not call a voice anyway: most of a hotline's frames.
    const fn rest(&mut self) {
        self.queued = 0;
        self.score = 0.0;
        self.round = None;
        self.run = 0;
    }

    /// A voice that is sure needs the network only now and then, to find out that noise has taken its place: the gate and the level
    /// see its pauses. That is two thirds of the network's work for everyone who speaks.
    fn grow_sure(&mut self, voiced: bool, over_floor_db: f32) {
        let clear = over_floor_db >= CLEAR_DB && self.floor.0 <= QUIET_LINE_DBFS;
        let counts = if self.round.is_none() { voiced && clear } else { !voiced };
        self.run = if counts { self.run + 1 } else { 0 };
        let doubted = self.round.is_some() && self.score < VOICED_SCORE;
        match self.round {
            None if self.run >= SURE_AFTER => (self.round, self.run) = (Some(LOOK), 0),
            Some(_) if doubted || self.run >= UNSURE_AFTER => (self.round, self.run) = (None, 0),
            None | Some(_) => {}
        }
    }

    /// Lets the network hear the frame; the frame's score is the best of the windows that end in it.
    fn listen(&mut self, frame: &Frame8k) {
        self.doubler.process(frame, &mut self.wide);
        let samples = self.wide.samples();
        self.queue[self.queued..self.queued + samples.len()].copy_from_slice(samples);
        self.queued += samples.len();
        let mut best: f32 = 0.0;
        let mut taken = 0;
        while self.queued - taken >= WINDOW {
            best = best.max(self.network.predict_i16(&self.queue[taken..taken + WINDOW]));
            taken += WINDOW;
        }
        self.queue.copy_within(taken..self.queued, 0);
        self.queued -= taken;
        self.score = best;
    }
}

/// The level of the line when nobody speaks: follows falls at once, rises slowly, hardly at all under a voice.
#[derive(Clone, Copy, Debug)]
struct NoiseFloor(f32);

impl Default for NoiseFloor {
    fn default() -> Self {
        Self(-60.0)
    }
}

impl NoiseFloor {
    /// Digital silence teaches nothing below this, or the first breath of comfort noise would stand out.
    const LOWEST_DBFS: f32 = -70.0;

    fn over(self, level_dbfs: f32) -> f32 {
        (level_dbfs - self.0).max(0.0)
    }

    fn learn(&mut self, level_dbfs: f32, voiced: bool) {
        let level = level_dbfs.max(Self::LOWEST_DBFS);
        let share = match (level < self.0, voiced) {
            (true, _) => 0.3,
            (false, false) => 0.02,
            (false, true) => 0.0005,
        };
        self.0 += share * (level - self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    /// Counts the voiced frames of ten seconds of a signal, made sample by sample.
    fn voiced(mut sample: impl FnMut(usize) -> f64) -> usize {
        let mut detector = VoiceDetector::new();
        (0..500)
            .filter(|place| {
                let mut frame = Frame8k::SILENCE;
                for (offset, into) in frame.0.iter_mut().enumerate() {
                    *into = sample(place * 160 + offset) as i16;
                }
                detector.frame(&frame).voiced
            })
            .count()
    }

    /// White noise of a level.
    fn noise(dbfs: f64) -> impl FnMut(usize) -> f64 {
        let mut rng = Rng::seeded(11);
        let size = 32_768.0 * 10_f64.powf(dbfs / 20.0) * 12_f64.sqrt();
        move |_| (rng.unit() - 0.5) * size
    }

    #[test]
    fn a_line_without_a_voice_is_never_voiced() {
        assert_eq!(voiced(|_| 0.0), 0, "silence");
        for dbfs in [-65.0, -55.0, -45.0, -35.0] {
            assert!(voiced(noise(dbfs)) <= 2, "noise at {dbfs} dBFS: {}", voiced(noise(dbfs)));
        }
        let tone = |hz: f64, dbfs: f64| {
            let size = 32_768.0 * 10_f64.powf(dbfs / 20.0);
            move |place: usize| size * (std::f64::consts::TAU * hz * place as f64 / 8000.0).sin()
        };
        for (hz, dbfs) in [(50.0, -25.0), (100.0, -35.0), (425.0, -20.0), (1000.0, -20.0)] {
            assert!(voiced(tone(hz, dbfs)) <= 10, "{hz} Hz at {dbfs} dBFS: {}", voiced(tone(hz, dbfs)));
        }
        // Comfort noise that comes and goes every second, as discontinuous transmission makes it.
        let mut on = noise(-50.0);
        let bursts = voiced(|place| if place / 8000 % 2 == 0 { 0.0 } else { on(place) });
        assert!(bursts <= 5, "comfort noise: {bursts}");
    }

    #[test]
    fn the_detector_may_move_between_threads() {
        fn send<T: Send>(_: &T) {}
        send(&VoiceDetector::new());
    }
}
