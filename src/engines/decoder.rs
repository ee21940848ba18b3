//! One vosk recognizer: 8 kHz sound in, hypotheses out. The only file that runs vosk's recognizer.

use std::time::Duration;

use vosk::{Alternative, CompleteResult, DecodingState, Recognizer};

use super::VoskModel;
use super::grammar::{UNKNOWN, join};
use crate::audio::{Frame8k, Frame16k, Upsampler};
use crate::speech::{Hypothesis, Vocabulary, Word};

/// Readings asked of the engine; their scores make the confidences.
const ALTERNATIVES: u16 = 10;
/// Readings reported.
const REPORTED: usize = 5;

/// Decodes one utterance after another with the same vocabulary.
pub(super) struct Decoder {
    recognizer: Recognizer,
    upsampler: Option<Box<(Upsampler, Frame16k)>>,
    rate: f64,
    /// Samples since the recognizer was made: its word times count from there.
    fed: u64,
    began: u64,
    segments: Vec<Vec<Hypothesis>>,
    partial: String,
}

impl Decoder {
    /// Makes a decoder; a model without runtime grammars hears its whole vocabulary.
    pub(super) fn new(model: &VoskModel, vocabulary: &Vocabulary) -> Result<(Self, usize), String> {
        let rate = model.summary().sample_rate;
        let grammar = model.lexicon().grammar(&vocabulary.phrases);
        let open = vocabulary.phrases.is_empty() || grammar.is_deaf || !model.summary().takes_grammar;
        let recognizer = if open {
            Recognizer::new(model.engine(), rate as f32)
        } else {
            Recognizer::new_with_grammar(model.engine(), rate as f32, &grammar.phrases)
        };
        let mut recognizer = recognizer.ok_or("vosk made no recognizer")?;
        recognizer.set_words(true);
        recognizer.set_max_alternatives(ALTERNATIVES);
        let upsampler = (rate == 16_000).then(|| Box::new((Upsampler::new(), Frame16k::SILENCE)));
        let decoder = Self { recognizer, upsampler, rate: f64::from(rate), fed: 0, began: 0, segments: Vec::new(), partial: String::new() };
        Ok((decoder, grammar.lacking))
    }

    /// Begins an utterance; what was fed before is forgotten.
    pub(super) fn begin(&mut self) {
        if self.fed > self.began {
            self.recognizer.reset();
        }
        if let Some(parts) = &mut self.upsampler {
            parts.0.reset();
        }
        self.began = self.fed;
        self.segments.clear();
        self.partial.clear();
    }

    /// Feeds 20 ms.
    pub(super) fn feed(&mut self, frame: &Frame8k) -> Result<(), String> {
        let samples: &[i16] = match &mut self.upsampler {
            Some(parts) => {
                let (upsampler, wide) = &mut **parts;
                upsampler.process(frame, wide);
                wide.samples()
            }
            None => frame.samples(),
        };
        self.fed += samples.len() as u64;
        match self.recognizer.accept_waveform(samples).map_err(|error| error.to_string())? {
            DecodingState::Running => Ok(()),
            DecodingState::Finalized => {
                let heard = read(self.recognizer.result(), self.began as f64 / self.rate);
                self.segments.push(heard);
                Ok(())
            }
            DecodingState::Failed => Err("vosk failed on the audio".to_owned()),
        }
    }

    /// Returns the words so far if they changed; vosk gives no confidence for them, so it is zero.
    pub(super) fn partial(&mut self) -> Option<Hypothesis> {
        let segments = self.segments.iter().filter_map(|segment| segment.first()).map(|best| best.text.as_str());
        let newest = self.recognizer.partial_result().partial;
        let words = newest.split(' ').filter(|word| is_word(word));
        let text = join(segments.chain(words));
        if text.is_empty() || text == self.partial {
            return None;
        }
        text.clone_into(&mut self.partial);
        Some(Hypothesis { text, confidence: 0.0, words: Vec::new() })
    }

    /// Ends the utterance: the readings, best first; none when no word was heard.
    pub(super) fn finish(&mut self) -> Vec<Hypothesis> {
        let last = read(self.recognizer.final_result(), self.began as f64 / self.rate);
        let mut segments = std::mem::take(&mut self.segments);
        segments.retain(|segment| !segment.is_empty());
        if !last.is_empty() {
            segments.push(last);
        }
        let Some(last) = segments.pop() else { return Vec::new() };
        last.into_iter().map(|reading| segments.iter().rev().fold(reading, |after, before| chained(&before[0], after))).collect()
    }
}

fn chained(before: &Hypothesis, after: Hypothesis) -> Hypothesis {
    Hypothesis {
        text: join([before.text.as_str(), after.text.as_str()].into_iter()),
        confidence: before.confidence * after.confidence,
        words: before.words.iter().cloned().chain(after.words).collect(),
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word != UNKNOWN && !word.starts_with('<')
}

/// Reads an engine's answer: scores become probabilities among the alternatives, and a word is as sure as the readings that hold it.
fn read(result: CompleteResult<'_>, began: f64) -> Vec<Hypothesis> {
    match result {
        CompleteResult::Multiple(result) => readings(&result.alternatives, began),
        CompleteResult::Single(result) => {
            let words: Vec<Word> = result
                .result
                .iter()
                .filter(|word| is_word(word.word))
                .map(|word| Word {
                    text: word.word.to_owned(),
                    start: since(word.start, began),
                    end: since(word.end, began),
                    confidence: word.conf.clamp(0.0, 1.0),
                })
                .collect();
            if words.is_empty() {
                return Vec::new();
            }
            let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32;
            vec![Hypothesis { text: join(words.iter().map(|word| word.text.as_str())), confidence, words }]
        }
    }
}

fn readings(alternatives: &[Alternative<'_>], began: f64) -> Vec<Hypothesis> {
    let best = alternatives.iter().map(|alternative| alternative.confidence).fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f32> = alternatives.iter().map(|alternative| (alternative.confidence - best).exp()).collect();
    let total: f32 = shares.iter().sum();
    let mut readings: Vec<Hypothesis> = Vec::new();
    for (alternative, share) in alternatives.iter().zip(&shares) {
        let probability = share / total;
        let words = || alternative.result.iter().filter(|word| is_word(word.word));
        let text = join(words().map(|word| word.word));
        if text.is_empty() || !probability.is_finite() {
            continue;
        }
        // What was heard as no word at all counts against the reading.
        let length = |known: bool| -> f32 {
            alternative.result.iter().filter(|word| is_word(word.word) == known).map(|word| word.end - word.start).sum()
        };
        let known = (length(true) / (length(true) + length(false)).max(0.01)).clamp(0.0, 1.0);
        let confidence = (probability * known).clamp(0.0, 1.0);
        if let Some(same) = readings.iter_mut().find(|reading| reading.text == text) {
            same.confidence = (same.confidence + confidence).min(1.0);
            continue;
        }
        let words = words()
            .map(|word| {
                let middle = f32::midpoint(word.start, word.end);
                let holds = |other: &Alternative<'_>| {
                    other.result.iter().any(|same| same.word == word.word && same.start <= middle && middle <= same.end)
                };
                let sure: f32 = alternatives.iter().zip(&shares).filter(|(other, _)| holds(other)).map(|(_, share)| share / total).sum();
                Word {
                    text: word.word.to_owned(),
                    start: since(word.start, began),
                    end: since(word.end, began),
                    confidence: sure.clamp(0.0, 1.0),
                }
            })
            .collect();
        readings.push(Hypothesis { text, confidence, words });
    }
    readings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    readings.truncate(REPORTED);
    readings
}

fn since(seconds: f32, began: f64) -> Duration {
    // The engine's times have hundredths; the rest is the float's.
    let millis = ((f64::from(seconds) - began) * 1000.0).round().clamp(0.0, 1e9);
    Duration::from_millis(millis as u64)
}

#[cfg(test)]
mod tests {
    use vosk::WordInAlternative;

    use super::*;

    fn alternative(confidence: f32, words: &[(&'static str, f32, f32)]) -> Alternative<'static> {
        let result = words.iter().map(|(word, start, end)| WordInAlternative { word, start: *start, end: *end }).collect();
        Alternative { confidence, result, text: "" }
    }

    #[test]
    fn scores_become_probabilities_and_words_are_as_sure_as_their_readings() {
        let heard = readings(
            &[
                alternative(203.459, &[("一", 0.0, 0.24), ("二", 0.24, 0.5)]),
                alternative(200.367, &[("[unk]", 0.0, 0.24), ("二", 0.24, 0.5)]),
            ],
            0.0,
        );
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0].text, "一二");
        assert!((heard[0].confidence - 0.9566).abs() < 0.001);
        assert!((heard[0].words[0].confidence - 0.9566).abs() < 0.001);
        assert!((heard[0].words[1].confidence - 1.0).abs() < 0.001);
        assert_eq!(heard[1].text, "二");
        assert!(heard[1].confidence < 0.03);
    }

    #[test]
    fn what_was_heard_as_no_word_is_no_reading() {
        assert_eq!(readings(&[alternative(9.0, &[("[unk]", 0.0, 1.0)]), alternative(3.0, &[])], 0.0), []);
        assert_eq!(readings(&[], 0.0), []);
    }

    #[test]
    fn word_times_count_from_the_utterance() {
        let heard = readings(&[alternative(9.0, &[("人工", 3.5, 4.0)])], 3.2);
        assert_eq!(heard[0].words[0].start, Duration::from_millis(300));
        assert_eq!(heard[0].words[0].end, Duration::from_millis(800));
    }
}
