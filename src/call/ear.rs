//! The listening side of one leg: voice activity, endpointing, barge-in, and what its recognizer is given.
//! Knows nothing of what the words mean.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::Frame8k;
use crate::base::{Mono, TICK, UtteranceId};
use crate::feelings::{OwnVoice, Strain, ToneMeter};
use crate::speech::{BargeIn, Endpoint, Endpointer, Expected, Hypothesis, Pace, PreRoll, Recognizer, Vocabulary, VoiceDetector, Voicing};
use crate::spoken::digits_from_speech;

/// Less voice than this may still turn out to be a cough.
const SURELY_SPEECH: Duration = Duration::from_millis(120);

/// For whom an utterance is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// For the robot, which is to act on it.
    Robot,
    /// For the transcript only.
    Transcript,
}

/// One stretch of speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Utterance {
    pub(super) id: UtteranceId,
    pub(super) whose: For,
    pub(super) began: Mono,
    /// How its voice is strained; none before the caller's own voice is known, nor for what is only written down.
    pub(super) strain: Option<Strain>,
    voiced: Duration,
    announced: bool,
}

/// What a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing new.
    Nothing,
    /// Somebody surely speaks.
    SpeechBegan(For),
    /// Speech that was announced came to nothing.
    SpeechLost(For),
}

/// Listens to one leg.
pub(super) struct Ear {
    detector: VoiceDetector,
    endpointer: Endpointer,
    barge_in: BargeIn,
    pre_roll: PreRoll,
    listening: Option<(Expected, Arc<Vocabulary>)>,
    open: Option<Utterance>,
    /// Ended, their words still to come; each with the time at which they are given up.
    awaited: Vec<(Utterance, Mono)>,
    next: UtteranceId,
    patience: Duration,
    tone: ToneMeter,
    own: OwnVoice,
}

impl Ear {
    /// Makes an ear that waits this long for a recognizer's last word.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            detector: VoiceDetector::new(),
            endpointer: Endpointer::new(),
            barge_in: BargeIn::new(),
            pre_roll: PreRoll::new(),
            listening: None,
            open: None,
            awaited: Vec::with_capacity(4),
            next: UtteranceId::default(),
            patience,
            tone: ToneMeter::new(),
            own: OwnVoice::new(),
        }
    }

    /// Says what to listen for from now on.
    pub(super) fn listen(&mut self, expected: Expected, vocabulary: Arc<Vocabulary>) {
        self.endpointer.expect(expected);
        self.listening = Some((expected, vocabulary));
    }

    /// Says how fast the speaker is expected to speak.
    pub(super) fn pace(&mut self, pace: Pace) {
        self.endpointer.pace(pace);
    }

    /// Drops everything heard so far: somebody else speaks now.
    pub(super) fn forget(&mut self) {
        self.endpointer.reset();
        self.barge_in.reset();
        self.pre_roll.clear();
        self.detector = VoiceDetector::new();
        self.open = None;
        self.awaited.clear();
    }

    /// Takes the voicing of 20 ms; for [`Self::interrupts`] and [`Self::frame`].
    pub(super) fn voicing(&mut self, frame: &Frame8k) -> Voicing {
        self.detector.frame(frame)
    }

    /// Takes 20 ms during which a prompt played that may be interrupted; true when it is.
    pub(super) fn interrupts(&mut self, voicing: Voicing) -> bool {
        self.barge_in.frame(voicing)
    }

    /// What was heard over the last prompt does not count for the next.
    pub(super) fn forget_interruption(&mut self) {
        self.barge_in.reset();
    }

    /// Takes 20 ms and feeds the recognizer.
    pub(super) fn frame(&mut self, now: Mono, frame: &Frame8k, voicing: Voicing, whose: For, recognizer: &mut dyn Recognizer) -> News {
        let Some((_, vocabulary)) = &self.listening else {
            self.pre_roll.push(frame, voicing);
            return News::Nothing;
        };
        let endpoint = self.endpointer.frame(now, voicing);
        if let Some(Endpoint::Began) = endpoint {
            let id = self.next;
            self.next = id.next();
            recognizer.begin(id, vocabulary);
            self.pre_roll.frames().for_each(|frame| recognizer.feed(frame));
            self.pre_roll.clear();
            self.tone.finish();
            self.open = Some(Utterance { id, whose, began: now, strain: None, voiced: TICK * 3, announced: false });
        }
        let Some(open) = &mut self.open else {
            self.pre_roll.push(frame, voicing);
            return News::Nothing;
        };
        recognizer.feed(frame);
        if voicing.voiced {
            open.voiced += TICK;
        }
        if open.whose == For::Robot {
            self.tone.frame(frame, voicing.level_dbfs, voicing.voiced);
            if matches!(endpoint, Some(Endpoint::Ended { .. })) {
                open.strain = self.tone.finish().and_then(|tone| self.own.compare(&tone));
            }
        }
        let mut news = News::Nothing;
        if !open.announced && open.voiced >= SURELY_SPEECH {
            open.announced = true;
            news = News::SpeechBegan(open.whose);
        }
        let utterance = *open;
        match endpoint {
            None | Some(Endpoint::Began) => {}
            Some(Endpoint::Ended { .. }) => {
                recognizer.end();
                self.open = None;
                self.awaited.push((utterance, now + self.patience));
                if !utterance.announced {
                    news = News::SpeechBegan(utterance.whose);
                }
            }
            Some(Endpoint::Dismissed) => {
                recognizer.cancel();
                self.open = None;
                if utterance.announced {
                    news = News::SpeechLost(utterance.whose);
                }
            }
        }
        news
    }

    /// Takes words that may still change; returns their utterance, or `None` when they are late.
    pub(super) fn partial(&mut self, id: UtteranceId, hypothesis: &Hypothesis) -> Option<Utterance> {
        if let Some(open) = self.open.filter(|open| open.id == id) {
            if let Some((Expected::Digits { most, .. }, vocabulary)) = &self.listening {
                let digits = digits_from_speech(&hypothesis.text, vocabulary.language).len();
                if digits >= usize::from(*most) { self.endpointer.settled() } else { self.endpointer.unsettled() }
            }
            return Some(open);
        }
        self.awaited.iter().map(|(utterance, _)| *utterance).find(|utterance| utterance.id == id)
    }

    /// Takes the last word on an utterance; returns it once, or `None` when the word is late or repeated.
    pub(super) fn last_word(&mut self, id: UtteranceId) -> Option<Utterance> {
        if let Some(open) = self.open.take_if(|open| open.id == id) {
            // The engine closed it by itself (a failure): listen anew.
            self.endpointer.reset();
            return Some(open);
        }
        let place = self.awaited.iter().position(|(utterance, _)| utterance.id == id)?;
        Some(self.awaited.remove(place).0)
    }

    /// Returns when the oldest awaited words are given up.
    pub(super) fn due(&self) -> Option<Mono> {
        self.awaited.first().map(|(_, until)| *until)
    }

    /// Returns an utterance whose words never came.
    pub(super) fn give_up(&mut self, now: Mono) -> Option<Utterance> {
        self.awaited.first().filter(|(_, until)| *until <= now)?;
        Some(self.awaited.remove(0).0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::audio::Frame;
    use crate::base::Language;

    /// Hears nothing.
    pub struct Deaf;

    impl Recognizer for Deaf {
        fn begin(&mut self, _utterance: UtteranceId, _vocabulary: &Arc<Vocabulary>) {}
        fn feed(&mut self, _frame: &Frame8k) {}
        fn end(&mut self) {}
        fn cancel(&mut self) {}
    }

    /// Pulses through two resonances, four syllables a second: what the detector takes for a voice.
    fn voice(period: usize, size: f32) -> Vec<Frame8k> {
        let mut last = [[0.0_f32; 2]; 2];
        let mut wave = |place: usize| {
            let pulse = if place.is_multiple_of(period) { 1.0 } else { 0.0 };
            let mut sum = 0.0;
            for (memory, (hz, width)) in last.iter_mut().zip([(700.0_f32, 90.0_f32), (1200.0, 110.0)]) {
                let radius = (-std::f32::consts::PI * width / 8_000.0).exp();
                let turn = 2.0 * radius * (std::f32::consts::TAU * hz / 8_000.0).cos();
                let sample = pulse + turn * memory[0] - radius * radius * memory[1];
                *memory = [sample, memory[0]];
                sum += sample;
            }
            let swell = 0.3 + 0.7 * (std::f32::consts::PI * (place % 2_000) as f32 / 2_000.0).sin();
            (sum * size * swell) as i16
        };
        (0..100).map(|frame| Frame(std::array::from_fn(|place| wave(frame * 160 + place)))).collect()
    }

    #[test]
    fn the_same_speech_louder_and_higher_than_at_first_is_strained() {
        let mut ear = Ear::new(Duration::from_secs(2));
        ear.listen(Expected::Anything, Arc::new(Vocabulary::new(Language::Zh, Vec::new())));
        let mut now = Mono::ZERO;
        let mut turn = |ear: &mut Ear, frames: &[Frame8k], whose: For| {
            let silence = vec![Frame8k::SILENCE; 75];
            for frame in frames.iter().chain(&silence) {
                now += TICK;
                let voicing = ear.voicing(frame);
                ear.frame(now, frame, voicing, whose, &mut Deaf);
            }
            let (utterance, _) = ear.awaited.pop().expect("an utterance");
            ear.awaited.clear();
            utterance.strain
        };
        let calm = voice(64, 2_000.0);
        assert_eq!(turn(&mut ear, &calm, For::Robot), None, "the first turn is the measure");
        let same = turn(&mut ear, &calm, For::Robot).expect("measured");
        assert!(same.cues().is_empty(), "{same:?}");
        let strained = turn(&mut ear, &voice(44, 7_000.0), For::Robot).expect("measured");
        let cues: Vec<String> = strained.cues().into_iter().map(|cue| cue.words).collect();
        assert!(strained.louder_db > 6.0 && strained.higher_semitones > 4.0 && cues.len() >= 2, "{strained:?} {cues:?}");
        assert_eq!(turn(&mut ear, &calm, For::Transcript), None, "what a seat is told is not measured");
    }
}
