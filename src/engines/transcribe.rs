//! A whole recording to words, for the command line.

use std::time::Duration;

use super::VoskModel;
use super::decoder::Decoder;
use super::grammar::join;
use crate::audio::{Frame8k, resample};
use crate::base::{Clock, Language, Mono, TICK};
use crate::speech::{Endpoint, Endpointer, Expected, Hypothesis, Pace, PreRoll, Vocabulary, VoiceDetector, Word};

/// What was heard in a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The words, joined as the language writes them.
    pub text: String,
    /// The words with their times and confidences.
    pub words: Vec<Word>,
    /// Time taken divided by the recording's length.
    pub rtf: f64,
}

/// Recognises a mono recording of any rate, cut into utterances where nobody speaks; no phrases means the model's whole vocabulary.
///
/// # Errors
///
/// The engine's refusal, in words.
pub fn transcribe(model: &VoskModel, samples: &[i16], rate_hz: u32, phrases: &[String]) -> Result<Transcript, String> {
    let clock = Clock::start();
    let vocabulary = Vocabulary::new(Language::Zh, phrases.to_vec());
    let (mut decoder, _) = Decoder::new(model, &vocabulary)?;
    let mut transcript = Transcript::default();
    for (start, frames) in utterances(&resample(samples, rate_hz, 8000), Expected::Conversation, Pace::Usual) {
        let Some(best) = decoded(model, &mut decoder, &frames)?.into_iter().next() else { continue };
        transcript.text = join([transcript.text.as_str(), best.text.as_str()].into_iter());
        let shifted = |word: Word| Word { start: start + word.start, end: start + word.end, ..word };
        transcript.words.extend(best.words.into_iter().map(shifted));
    }
    let length = samples.len() as f64 / f64::from(rate_hz.max(1));
    transcript.rtf = if length > 0.0 { clock.mono().elapsed().as_secs_f64() / length } else { 0.0 };
    Ok(transcript)
}

/// Hears what a caller says in one turn, at 8 kHz, as a call would: cut into utterances by what is expected, only they are decoded.
/// Returns the readings of each utterance, best first.
///
/// # Errors
///
/// The engine's refusal, in words.
pub fn hear_turn(
    model: &VoskModel,
    samples: &[i16],
    vocabulary: &Vocabulary,
    expected: Expected,
    pace: Pace,
) -> Result<Vec<Vec<Hypothesis>>, String> {
    let (mut decoder, _) = Decoder::new(model, vocabulary)?;
    utterances(samples, expected, pace).iter().map(|(_, frames)| decoded(model, &mut decoder, frames)).collect()
}

fn decoded(model: &VoskModel, decoder: &mut Decoder, frames: &[Frame8k]) -> Result<Vec<Hypothesis>, String> {
    decoder.begin();
    for frame in frames {
        decoder.feed(frame)?;
    }
    decoder.finish(model)
}

/// Cuts 8 kHz samples where nobody speaks: each stretch and when it starts. A quiet recording in which no voice is found is one stretch.
fn utterances(samples: &[i16], expected: Expected, pace: Pace) -> Vec<(Duration, Vec<Frame8k>)> {
    let frames: Vec<Frame8k> = samples
        .chunks(160)
        .map(|chunk| {
            let mut frame = Frame8k::SILENCE;
            frame.0[..chunk.len()].copy_from_slice(chunk);
            frame
        })
        .collect();
    let (mut detector, mut endpointer, mut before) = (VoiceDetector::new(), Endpointer::new(), PreRoll::new());
    endpointer.expect(expected);
    endpointer.pace(pace);
    let mut found = Vec::new();
    let mut open: Option<(Duration, Vec<Frame8k>)> = None;
    for (place, frame) in frames.iter().enumerate() {
        let now = TICK * (place as u32 + 1);
        let voicing = detector.frame(frame);
        before.push(frame, voicing);
        if let Some((_, stretch)) = &mut open {
            stretch.push(*frame);
        }
        match endpointer.frame(Mono::from_elapsed(now), voicing) {
            Some(Endpoint::Began) => {
                let stretch: Vec<Frame8k> = before.frames().copied().collect();
                open = Some((now.saturating_sub(TICK * stretch.len() as u32), stretch));
            }
            Some(Endpoint::Ended { .. }) => {
                found.extend(open.take());
                before.clear();
            }
            Some(Endpoint::Dismissed) => open = None,
            None => {}
        }
    }
    found.extend(open);
    if found.is_empty() && !frames.is_empty() && frames.len() < 1000 {
        found.push((Duration::ZERO, frames));
    }
    found
}
