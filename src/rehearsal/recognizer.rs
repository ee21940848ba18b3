//! A recognizer that hears what the script says is heard, when and only when the call lets it listen.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::Frame8k;
use crate::base::{Mono, TICK, UtteranceId};
use crate::speech::{Hearing, Hypothesis, Recognizer, Vocabulary};

/// From the end of an utterance to its last word.
const LATENCY: Duration = Duration::from_millis(100);
/// Between partial hypotheses.
const PARTIALS: Duration = Duration::from_millis(200);
/// Frames that the call holds back before it begins.
const PRE_ROLL: Duration = Duration::from_millis(400);

/// Something said, and what is heard of it.
#[derive(Clone, Debug)]
pub(super) struct Speaking {
    pub(super) from: Mono,
    pub(super) until: Mono,
    pub(super) heard_as: Vec<Hypothesis>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    id: UtteranceId,
    began: Mono,
    next_partial: Mono,
}

/// One speaker's simulated recognizer. The stage sets `now` before each tick and takes what was heard after it.
#[derive(Debug, Default)]
pub(super) struct ScriptedRecognizer {
    pub(super) now: Mono,
    pub(super) spoken: Vec<Speaking>,
    /// What was heard and when it is to be told.
    pub(super) heard: Vec<(Mono, UtteranceId, Hearing)>,
    open: Option<Open>,
}

impl ScriptedRecognizer {
    /// Returns the readings of everything said while an utterance was open.
    fn readings(&self, began: Mono) -> Vec<Hypothesis> {
        let mut readings: Vec<Hypothesis> = Vec::new();
        for speaking in self.spoken.iter().filter(|speaking| speaking.until + PRE_ROLL > began && speaking.from < self.now) {
            let share = (self.now.since(speaking.from).as_secs_f64() / speaking.until.since(speaking.from).as_secs_f64()).min(1.0);
            if readings.is_empty() {
                readings = speaking.heard_as.iter().map(|reading| part(reading, share)).collect();
            } else if let (Some(first), Some(more)) = (readings.first_mut(), speaking.heard_as.first()) {
                first.text.push_str(&part(more, share).text);
            }
        }
        readings
    }
}

impl Recognizer for ScriptedRecognizer {
    fn begin(&mut self, utterance: UtteranceId, _vocabulary: &Arc<Vocabulary>) {
        self.open = Some(Open { id: utterance, began: self.now, next_partial: self.now + PARTIALS });
    }

    fn feed(&mut self, _frame: &Frame8k) {
        if let Some(open) = self.open.filter(|open| open.next_partial <= self.now) {
            self.open = Some(Open { next_partial: open.next_partial + PARTIALS, ..open });
            if let Some(best) = self.readings(open.began).into_iter().next() {
                self.heard.push((self.now + TICK, open.id, Hearing::Partial(best)));
            }
        }
    }

    fn end(&mut self) {
        if let Some(open) = self.open.take() {
            let readings = self.readings(open.began);
            self.spoken.retain(|speaking| speaking.until > self.now);
            self.heard.push((self.now + LATENCY, open.id, Hearing::Final(readings)));
        }
    }

    fn cancel(&mut self) {
        self.open = None;
    }
}

/// What has been heard of a reading by now.
fn part(reading: &Hypothesis, share: f64) -> Hypothesis {
    let characters = (reading.text.chars().count() as f64 * share).ceil() as usize;
    Hypothesis { text: reading.text.chars().take(characters).collect(), ..reading.clone() }
}
