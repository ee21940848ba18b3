//! What one recognizer thread keeps: open utterances, and decoders to use again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::VoskModel;
use super::decoder::Decoder;
use super::pool::{Counters, Leg};
use super::ring::Item;
use crate::base::UtteranceId;
use crate::speech::{Hearing, Vocabulary};

/// Decoders kept for their vocabularies; one takes about 1.4 MB with the embedded model.
const KEPT: usize = 16;
/// Frames between two partial results: 100 ms.
const PARTIAL_EVERY: u32 = 5;

pub(super) struct Worker {
    model: Arc<VoskModel>,
    counters: Arc<Counters>,
    open: HashMap<u64, Utterance>,
    /// Idle decoders, the longest idle first.
    idle: Vec<(Arc<Vocabulary>, Decoder)>,
}

struct Utterance {
    id: UtteranceId,
    vocabulary: Arc<Vocabulary>,
    decoder: Decoder,
    frames: u32,
}

impl Worker {
    pub(super) fn new(model: Arc<VoskModel>, counters: Arc<Counters>) -> Self {
        Self { model, counters, open: HashMap::new(), idle: Vec::new() }
    }

    /// Does what a leg told.
    pub(super) fn handle(&mut self, leg: &Leg, item: Item) {
        match item {
            Item::Begin(utterance, vocabulary) => {
                self.close(leg.id);
                match self.decoder(&vocabulary) {
                    Ok(decoder) => {
                        self.open.insert(leg.id, Utterance { id: utterance, vocabulary, decoder, frames: 0 });
                    }
                    Err(reason) => self.fail(leg, utterance, reason),
                }
            }
            Item::Frame(frame) => {
                let Some(utterance) = self.open.get_mut(&leg.id) else { return };
                if let Err(reason) = utterance.decoder.feed(&frame) {
                    let id = utterance.id;
                    self.open.remove(&leg.id);
                    self.fail(leg, id, reason);
                    return;
                }
                utterance.frames += 1;
                if utterance.frames.is_multiple_of(PARTIAL_EVERY)
                    && let Some(partial) = utterance.decoder.partial()
                {
                    (leg.sink)(utterance.id, Hearing::Partial(partial));
                }
            }
            Item::End => {
                let Some(mut utterance) = self.open.remove(&leg.id) else { return };
                let heard = utterance.decoder.finish();
                self.counters.utterances.fetch_add(1, Ordering::Relaxed);
                (leg.sink)(utterance.id, Hearing::Final(heard));
                self.keep(utterance);
            }
            Item::Cancel | Item::Close => self.close(leg.id),
        }
    }

    /// Gives up what a panic left of a leg's utterance.
    pub(super) fn lost(&mut self, leg: &Leg) {
        let id = self.open.remove(&leg.id).map(|utterance| utterance.id);
        if let Some(id) = id {
            self.fail(leg, id, "the engine broke off".to_owned());
        }
    }

    fn fail(&self, leg: &Leg, utterance: UtteranceId, reason: String) {
        self.counters.failures.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(leg = leg.id, %utterance, reason, "an utterance is lost");
        (leg.sink)(utterance, Hearing::Failed(reason));
    }

    fn close(&mut self, leg: u64) {
        if let Some(utterance) = self.open.remove(&leg) {
            self.keep(utterance);
        }
    }

    fn keep(&mut self, utterance: Utterance) {
        if self.idle.len() >= KEPT {
            self.idle.remove(0);
        }
        self.idle.push((utterance.vocabulary, utterance.decoder));
    }

    /// Takes an idle decoder of the same vocabulary, or makes one.
    fn decoder(&mut self, vocabulary: &Arc<Vocabulary>) -> Result<Decoder, String> {
        let same = |kept: &Arc<Vocabulary>| Arc::ptr_eq(kept, vocabulary) || kept == vocabulary;
        let mut decoder = if let Some(place) = self.idle.iter().rposition(|(kept, _)| same(kept)) {
            self.idle.remove(place).1
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
