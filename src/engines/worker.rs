//! What recognizer threads do with what a leg tells: open utterances lie with their legs, decoders to use again lie here.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::VoskModel;
use super::decoder::Decoder;
use super::pool::{Counters, Leg};
use super::ring::Item;
use crate::audio::Frame8k;
use crate::base::UtteranceId;
use crate::speech::{Hearing, Vocabulary};

/// Decoders kept for their vocabularies; one takes about 1.4 MB with the embedded model.
const KEPT: usize = 16;
/// Frames between two partial results: 100 ms.
const PARTIAL_EVERY: u32 = 5;

/// What a thread reports of one item.
pub(super) type Report = Option<(UtteranceId, Hearing)>;

pub(super) struct Worker {
    model: Arc<VoskModel>,
    counters: Arc<Counters>,
    /// Guards the idle decoders, the longest idle first; held while one is taken or put back, never while it decodes.
    idle: Mutex<Vec<(Arc<Vocabulary>, Decoder)>>,
}

/// An utterance that is being heard.
pub(super) struct Utterance {
    pub(super) id: UtteranceId,
    vocabulary: Arc<Vocabulary>,
    decoder: Decoder,
    frames: u32,
}

impl Worker {
    pub(super) fn new(model: Arc<VoskModel>, counters: Arc<Counters>) -> Self {
        Self { model, counters, idle: Mutex::default() }
    }

    /// Does what a leg told. While it does, the leg's utterance is in hand here: a panic or a hang costs that one alone.
    pub(super) fn handle(&self, leg: &Leg, item: Item) -> Report {
        let epoch = leg.epoch();
        match item {
            Item::Begin(id, vocabulary) => {
                self.close(leg);
                match self.decoder(&vocabulary) {
                    Ok(decoder) => {
                        leg.put_back(epoch, Utterance { id, vocabulary, decoder, frames: 0 });
                        None
                    }
                    Err(reason) => Some((id, Hearing::Failed(reason))),
                }
            }
            Item::Frame(frame) => Self::feed(leg, epoch, &[frame]),
            Item::Past(frames) => Self::feed(leg, epoch, &frames),
            Item::End => {
                let mut utterance = leg.take()?;
                let heard = utterance.decoder.finish(&self.model);
                self.counters.utterances.fetch_add(1, Ordering::Relaxed);
                let id = utterance.id;
                self.keep(utterance);
                Some((id, heard.map_or_else(Hearing::Failed, Hearing::Final)))
            }
            Item::Cancel | Item::Close => {
                self.close(leg);
                None
            }
            #[cfg(test)]
            Item::Do(what) => {
                let utterance = leg.take()?;
                (what.0)();
                leg.put_back(epoch, utterance);
                None
            }
        }
    }

    fn feed(leg: &Leg, epoch: u64, frames: &[Frame8k]) -> Report {
        let mut utterance = leg.take()?;
        let before = utterance.frames / PARTIAL_EVERY;
        for frame in frames {
            if let Err(reason) = utterance.decoder.feed(frame) {
                return Some((utterance.id, Hearing::Failed(reason)));
            }
            utterance.frames += 1;
        }
        let partial = if utterance.frames / PARTIAL_EVERY > before { utterance.decoder.partial() } else { None };
        let report = partial.map(|partial| (utterance.id, Hearing::Partial(partial)));
        leg.put_back(epoch, utterance);
        report
    }

    fn close(&self, leg: &Leg) {
        if let Some(utterance) = leg.take() {
            self.keep(utterance);
        }
    }

    fn keep(&self, utterance: Utterance) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (idle.len() >= KEPT).then(|| idle.remove(0));
        idle.push((utterance.vocabulary, utterance.decoder));
        drop(idle);
        // Freed outside the lock.
        drop(oldest);
    }

    /// Takes an idle decoder of the same vocabulary, or makes one.
    fn decoder(&self, vocabulary: &Arc<Vocabulary>) -> Result<Decoder, String> {
        let same = |kept: &Arc<Vocabulary>| Arc::ptr_eq(kept, vocabulary) || kept == vocabulary;
        let kept = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.iter().rposition(|(kept, _)| same(kept)).map(|place| idle.remove(place).1)
        };
        let mut decoder = if let Some(decoder) = kept {
            decoder
        } else {
            let (decoder, lacking) = Decoder::new(&self.model, vocabulary)?;
            if lacking > 0 {
                self.counters.phrases_lacking.fetch_add(lacking as u64, Ordering::Relaxed);
                tracing::warn!(lacking, of = vocabulary.phrases.len(), "phrases hold words that the model lacks");
            }
            decoder
        };
        decoder.begin();
        Ok(decoder)
    }
}
