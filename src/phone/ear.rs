//! What a phone hears of the far end: voice activity, utterances, words.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use crate::audio::Frame8k;
use crate::base::{Mono, UtteranceId};
use crate::engines::RecognizerPool;
use crate::speech::{Endpoint, Endpointer, Expected, Hearing, Hypothesis, PreRoll, Recognizer, Vocabulary, VoiceDetector};

/// Reports that may wait for the next tick; when full, newer ones are lost, of which only a final would be missed.
const REPORTS: usize = 256;
/// A reading counts if it is at least this likely against the best one.
const LIKELY: f32 = 0.2;

/// What the recogniser reported.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Words {
    /// An utterance so far.
    Partial(String),
    /// A whole utterance: its likely readings, best first; none if nothing was recognised.
    Final(Vec<String>),
}

/// One far end's ear.
pub(super) struct Ear {
    detector: VoiceDetector,
    endpointer: Endpointer,
    pre_roll: PreRoll,
    recognizer: Box<dyn Recognizer>,
    vocabulary: Arc<Vocabulary>,
    reports: Receiver<(UtteranceId, Hearing)>,
    utterance: UtteranceId,
    pending: u32,
    last_voice: Option<Mono>,
}

impl Ear {
    pub(super) fn new(pool: &RecognizerPool, vocabulary: &Arc<Vocabulary>) -> Self {
        let (sink, reports) = sync_channel(REPORTS);
        let mut endpointer = Endpointer::new();
        endpointer.expect(Expected::Conversation);
        Self {
            detector: VoiceDetector::new(),
            endpointer,
            pre_roll: PreRoll::new(),
            recognizer: pool.recognizer(Arc::new(move |utterance, hearing| {
                // A full queue loses the report: the phone's tick has stood still for seconds then.
                let _ = sink.try_send((utterance, hearing));
            })),
            vocabulary: Arc::clone(vocabulary),
            reports,
            utterance: UtteranceId::default(),
            pending: 0,
            last_voice: None,
        }
    }

    /// Takes 20 ms of the far end.
    pub(super) fn hear(&mut self, now: Mono, frame: &Frame8k) {
        let voicing = self.detector.frame(frame);
        if voicing.voiced {
            self.last_voice = Some(now);
        }
        let was_open = self.endpointer.is_open();
        self.pre_roll.push(frame, voicing);
        match self.endpointer.frame(now, voicing) {
            Some(Endpoint::Began) => {
                self.utterance = self.utterance.next();
                self.recognizer.begin(self.utterance, &self.vocabulary);
                for kept in self.pre_roll.frames() {
                    self.recognizer.feed(kept);
                }
            }
            Some(Endpoint::Ended { .. }) => self.end_utterance(),
            Some(Endpoint::Dismissed) => self.recognizer.cancel(),
            None if was_open => self.recognizer.feed(frame),
            None => {}
        }
    }

    /// Ends the open utterance, as at the call's end.
    pub(super) fn finish(&mut self) {
        if self.endpointer.is_open() {
            self.endpointer.reset();
            self.end_utterance();
        }
    }

    fn end_utterance(&mut self) {
        self.recognizer.end();
        self.pending += 1;
        self.pre_roll.clear();
    }

    /// Takes the next report that has arrived.
    pub(super) fn words(&mut self) -> Option<Words> {
        let (_, hearing) = self.reports.try_recv().ok()?;
        Some(match hearing {
            Hearing::Partial(hypothesis) => Words::Partial(hypothesis.text),
            Hearing::Final(hypotheses) => {
                self.pending = self.pending.saturating_sub(1);
                Words::Final(likely(hypotheses))
            }
            Hearing::Failed(reason) => {
                tracing::warn!(reason, "the recogniser failed on an utterance");
                self.pending = self.pending.saturating_sub(1);
                Words::Final(Vec::new())
            }
        })
    }

    /// Returns true while the words of an ended utterance are still to come.
    pub(super) fn is_thinking(&self) -> bool {
        self.pending > 0
    }

    /// Returns when a voice was last there.
    pub(super) fn last_voice(&self) -> Option<Mono> {
        self.last_voice
    }
}

/// The readings that are nearly as likely as the best one.
fn likely(hypotheses: Vec<Hypothesis>) -> Vec<String> {
    let least = hypotheses.first().map_or(0.0, |best| best.confidence * LIKELY);
    hypotheses.into_iter().filter(|hypothesis| hypothesis.confidence >= least).map(|hypothesis| hypothesis.text).collect()
}
