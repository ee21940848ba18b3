//! What an engine answers to ranked readings: scores become confidences, segments become one utterance. Knows no engine's types.

use std::time::Duration;

use super::grammar::{UNKNOWN, join};
use crate::speech::{Hypothesis, Word};

/// Readings reported.
const REPORTED: usize = 5;

/// A word as an engine reports it, in seconds.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) start: f32,
    pub(super) end: f32,
    /// Where the engine gives it a confidence of its own.
    pub(super) confidence: Option<f32>,
}

/// One reading of several, with a score that is a logarithm.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) score: f32,
    pub(super) words: Vec<Heard>,
}

/// The stretches of one utterance that an engine ended by itself, each with its readings.
#[derive(Debug, Default)]
pub(super) struct Segments(Vec<Vec<Hypothesis>>);

impl Segments {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn push(&mut self, readings: Vec<Hypothesis>) {
        if !readings.is_empty() {
            self.0.push(readings);
        }
    }

    /// Returns the best words of all segments with those of the running one.
    pub(super) fn so_far(&self, running: &str) -> String {
        let segments = self.0.iter().filter_map(|segment| segment.first()).map(|best| best.text.as_str());
        join(segments.chain(running.split(' ').filter(|word| is_word(word))))
    }

    /// Makes one list of readings: those of the last segment, each after the best of the others.
    pub(super) fn finish(&mut self) -> Vec<Hypothesis> {
        let Some(last) = self.0.pop() else { return Vec::new() };
        let before = std::mem::take(&mut self.0);
        last.into_iter().map(|reading| before.iter().rev().fold(reading, |after, before| chained(&before[0], after))).collect()
    }
}

fn chained(before: &Hypothesis, after: Hypothesis) -> Hypothesis {
    Hypothesis {
        text: join([before.text.as_str(), after.text.as_str()].into_iter()),
        confidence: before.confidence * after.confidence,
        words: before.words.iter().cloned().chain(after.words).collect(),
    }
}

/// Returns true for a word that was said, false for a symbol.
pub(super) fn is_word(word: &str) -> bool {
    !word.is_empty() && word != UNKNOWN && !word.starts_with('<')
}

/// Reads an answer of one reading whose words have confidences.
pub(super) fn single(heard: &[Heard], began: f64) -> Vec<Hypothesis> {
    let words: Vec<Word> = heard
        .iter()
        .filter(|word| is_word(&word.text))
        .map(|word| Word {
            text: word.text.clone(),
            start: since(word.start, began),
            end: since(word.end, began),
            confidence: word.confidence.unwrap_or(0.0).clamp(0.0, 1.0),
        })
        .collect();
    if words.is_empty() {
        return Vec::new();
    }
    let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32;
    vec![Hypothesis { text: join(words.iter().map(|word| word.text.as_str())), confidence, words }]
}

/// Ranks readings: scores become probabilities among them, and a word is as sure as the readings that hold it.
pub(super) fn ranked(alternatives: &[Reading], began: f64) -> Vec<Hypothesis> {
    let best = alternatives.iter().map(|alternative| alternative.score).fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f32> = alternatives.iter().map(|alternative| (alternative.score - best).exp()).collect();
    let total: f32 = shares.iter().sum();
    let mut readings: Vec<Hypothesis> = Vec::new();
    for (alternative, share) in alternatives.iter().zip(&shares) {
        let probability = share / total;
        let words = || alternative.words.iter().filter(|word| is_word(&word.text));
        let text = join(words().map(|word| word.text.as_str()));
        if text.is_empty() || !probability.is_finite() {
            continue;
        }
        // What was heard as no word at all counts against the reading; words without times count alike.
        let length = |known: bool| -> f32 {
            let of = alternative.words.iter().filter(|word| is_word(&word.text) == known);
            of.map(|word| (word.end - word.start).max(0.001)).sum()
        };
        let known = (length(true) / (length(true) + length(false))).clamp(0.0, 1.0);
        let confidence = (probability * known).clamp(0.0, 1.0);
        if let Some(same) = readings.iter_mut().find(|reading| reading.text == text) {
            same.confidence = (same.confidence + confidence).min(1.0);
            continue;
        }
        let words = words()
            .map(|word| {
                let middle = f32::midpoint(word.start, word.end);
                let holds =
                    |other: &Reading| other.words.iter().any(|same| same.text == word.text && same.start <= middle && middle <= same.end);
                let sure: f32 = alternatives.iter().zip(&shares).filter(|(other, _)| holds(other)).map(|(_, share)| share / total).sum();
                Word {
                    text: word.text.clone(),
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
    use super::*;

    fn reading(score: f32, words: &[(&str, f32, f32)]) -> Reading {
        let heard = |(text, start, end): &(&str, f32, f32)| Heard { text: (*text).to_owned(), start: *start, end: *end, confidence: None };
        Reading { score, words: words.iter().map(heard).collect() }
    }

    #[test]
    fn scores_become_probabilities_and_words_are_as_sure_as_their_readings() {
        let heard = ranked(
            &[reading(203.459, &[("一", 0.0, 0.24), ("二", 0.24, 0.5)]), reading(200.367, &[("[unk]", 0.0, 0.24), ("二", 0.24, 0.5)])],
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
        assert_eq!(ranked(&[reading(9.0, &[("[unk]", 0.0, 1.0)]), reading(3.0, &[])], 0.0), []);
        assert_eq!(ranked(&[], 0.0), []);
    }

    #[test]
    fn word_times_count_from_the_utterance() {
        let heard = ranked(&[reading(9.0, &[("人工", 3.5, 4.0)])], 3.2);
        assert_eq!(heard[0].words[0].start, Duration::from_millis(300));
        assert_eq!(heard[0].words[0].end, Duration::from_millis(800));
    }

    #[test]
    fn segments_are_one_utterance_whose_last_part_has_the_readings() {
        let mut segments = Segments::default();
        segments.push(ranked(&[reading(9.0, &[("查", 0.0, 0.3)])], 0.0));
        segments.push(Vec::new());
        assert_eq!(segments.so_far("订单 [unk]"), "查订单");
        segments.push(ranked(&[reading(9.0, &[("订单", 1.0, 1.3)]), reading(8.0, &[("定单", 1.0, 1.3)])], 0.0));
        let readings = segments.finish();
        assert_eq!(readings.iter().map(|reading| reading.text.as_str()).collect::<Vec<_>>(), ["查订单", "查定单"]);
        assert_eq!(readings[0].words.len(), 2);
        assert_eq!(segments.finish(), []);
    }
}
