//! One vosk recognizer: 8 kHz sound in, hypotheses out. The only file that runs vosk's recognizer.

use std::collections::HashSet;
use std::sync::Arc;

use vosk::{CompleteResult, DecodingState, Recognizer};

use super::VoskModel;
use super::grammar::{UNKNOWN, join};
use super::leveller::Leveller;
use super::readings::{Heard, Reading, Segments, ranked, single};
use crate::audio::{Frame8k, Frame16k, Upsampler};
use crate::base::Language;
use crate::speech::{Hypothesis, Vocabulary};
use crate::spoken::digit_words;

/// Readings asked of the engine; their scores make the confidences.
pub(super) const ALTERNATIVES: u16 = 10;

/// Where less than this share of an utterance, weighed by the readings' probabilities, is words of the vocabulary, it is something else.
const MOSTLY: f32 = 0.5;

/// Where more than this share is, nothing of it was missed.
const WHOLLY: f32 = 0.97;

/// What a reading that had to make words of everything counts against one that did not.
const FORCED: f32 = 0.5;

/// What a reading that is put together of several phrases has against it, as a logarithm: people say one of the phrases, or digits in a
/// row, and clicks and breaths are taken for one phrase more. On recordings of people 4 to 8 served alike.
const PUT_TOGETHER: f32 = 4.0;

/// Decodes one utterance after another with the same vocabulary. The answer to a narrow question is heard again where it is mostly none of
/// its phrases, with the other vocabulary, and where it is one but for a part, with no way out for that part: a digit said indistinctly
/// is some digit, and of readings with and without it the dialogue knows which has the right length.
pub(super) struct Decoder {
    first: Pass,
    leveller: Leveller,
    otherwise: Option<Arc<Vocabulary>>,
    vocabulary: Vocabulary,
    /// The utterance, kept where there is another vocabulary to hear it with.
    frames: Vec<Frame8k>,
}

impl Decoder {
    /// Makes a decoder; a model without runtime grammars, or a large one that may expect anything, hears its whole vocabulary.
    pub(super) fn new(model: &VoskModel, vocabulary: &Vocabulary) -> Result<(Self, usize), String> {
        let (first, lacking) = Pass::new(model, vocabulary, Rest::Unknown)?;
        let (leveller, otherwise, vocabulary) = (Leveller::default(), vocabulary.otherwise.clone(), vocabulary.clone());
        Ok((Self { first, leveller, otherwise, vocabulary, frames: Vec::new() }, lacking))
    }

    /// Begins an utterance; what was fed before is forgotten.
    pub(super) fn begin(&mut self) {
        self.first.begin();
        self.leveller.begin();
        self.frames.clear();
    }

    /// Feeds 20 ms.
    pub(super) fn feed(&mut self, frame: &Frame8k) -> Result<(), String> {
        let Self { first, leveller, otherwise, frames, .. } = self;
        leveller.push(frame, |frame| hear(first, otherwise.is_some().then_some(&mut *frames), frame))
    }

    /// Returns the words so far if they changed; vosk gives no confidence for them, so it is zero.
    pub(super) fn partial(&mut self) -> Option<Hypothesis> {
        self.first.partial()
    }

    /// Ends the utterance: the readings, best first; none when no word was heard.
    pub(super) fn finish(&mut self, model: &VoskModel) -> Result<Vec<Hypothesis>, String> {
        let Self { first, leveller, otherwise, frames, .. } = &mut *self;
        leveller.flush(|frame| hear(first, otherwise.is_some().then_some(&mut *frames), frame))?;
        let heard = self.first.finish();
        let Some(other) = &self.otherwise else { return Ok(heard) };
        let sure = sureness(&heard);
        if sure < MOSTLY {
            let again = self.again(model, other, Rest::Unknown)?;
            return Ok(if sureness(&again) > sure { again } else { heard });
        }
        Ok(if sure < WHOLLY { with_forced(heard, self.again(model, &self.vocabulary, Rest::Forced)?) } else { heard })
    }

    /// Hears the utterance once more. Made anew each time: it is seldom needed, and a recognizer takes megabytes.
    fn again(&self, model: &VoskModel, vocabulary: &Vocabulary, rest: Rest) -> Result<Vec<Hypothesis>, String> {
        let (mut pass, _) = Pass::new(model, vocabulary, rest)?;
        pass.begin();
        for frame in &self.frames {
            pass.feed(frame)?;
        }
        Ok(pass.finish())
    }
}

/// Adds the forced readings that were not heard anyway, less sure than they say.
fn with_forced(mut heard: Vec<Hypothesis>, forced: Vec<Hypothesis>) -> Vec<Hypothesis> {
    for reading in forced {
        if heard.iter().all(|other| other.text != reading.text) {
            heard.push(Hypothesis { confidence: reading.confidence * FORCED, ..reading });
        }
    }
    heard.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    heard
}

/// Feeds a frame, and keeps it where it may be heard again.
fn hear(pass: &mut Pass, kept: Option<&mut Vec<Frame8k>>, frame: &Frame8k) -> Result<(), String> {
    if let Some(kept) = kept {
        kept.push(*frame);
    }
    pass.feed(frame)
}

/// How much of what was said is words, weighed by the readings' probabilities.
fn sureness(heard: &[Hypothesis]) -> f32 {
    heard.iter().map(|reading| reading.confidence).sum()
}

/// What becomes of that which is no phrase of the vocabulary.
#[derive(Clone, Copy, PartialEq)]
enum Rest {
    /// It is known to be something else.
    Unknown,
    /// It is taken for whatever phrase is nearest.
    Forced,
}

/// One hearing of utterances with one vocabulary.
struct Pass {
    recognizer: Recognizer,
    upsampler: Option<Box<(Upsampler, Frame16k)>>,
    rate: f64,
    /// Samples since the recognizer was made: its word times count from there.
    fed: u64,
    began: u64,
    segments: Segments,
    partial: String,
    /// The phrases of the grammar, as they are written when heard; none where everything may come.
    phrases: HashSet<String>,
}

impl Pass {
    fn new(model: &VoskModel, vocabulary: &Vocabulary, rest: Rest) -> Result<(Self, usize), String> {
        let rate = model.summary().sample_rate;
        let mut grammar = model.lexicon().grammar(&vocabulary.phrases);
        if rest == Rest::Forced && !grammar.is_deaf {
            grammar.phrases.retain(|phrase| phrase != UNKNOWN);
        }
        let prefers_open = model.lexicon().prefers_open(&vocabulary.phrases);
        let open = vocabulary.phrases.is_empty() || grammar.is_deaf || prefers_open || !model.summary().takes_grammar;
        let (recognizer, phrases) = if open {
            (Recognizer::new(model.engine(), rate as f32), HashSet::new())
        } else {
            let written = grammar.phrases.iter().map(|phrase| join(phrase.split(' '))).collect();
            (Recognizer::new_with_grammar(model.engine(), rate as f32, &grammar.phrases), written)
        };
        let mut recognizer = recognizer.ok_or("vosk made no recognizer")?;
        recognizer.set_words(true);
        recognizer.set_max_alternatives(ALTERNATIVES);
        let upsampler = (rate == 16_000).then(|| Box::new((Upsampler::new(), Frame16k::SILENCE)));
        let (segments, partial) = (Segments::default(), String::new());
        let pass = Self { recognizer, upsampler, rate: f64::from(rate), fed: 0, began: 0, segments, partial, phrases };
        Ok((pass, grammar.lacking))
    }

    fn begin(&mut self) {
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

    fn feed(&mut self, frame: &Frame8k) -> Result<(), String> {
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
                let heard = read(self.recognizer.result(), self.began as f64 / self.rate, &self.phrases);
                self.segments.push(heard);
                Ok(())
            }
            DecodingState::Failed => Err("vosk failed on the audio".to_owned()),
        }
    }

    fn partial(&mut self) -> Option<Hypothesis> {
        let text = self.segments.so_far(self.recognizer.partial_result().partial);
        if text.is_empty() || text == self.partial {
            return None;
        }
        text.clone_into(&mut self.partial);
        Some(Hypothesis { text, confidence: 0.0, words: Vec::new() })
    }

    fn finish(&mut self) -> Vec<Hypothesis> {
        let last = read(self.recognizer.final_result(), self.began as f64 / self.rate, &self.phrases);
        self.segments.push(last);
        self.segments.finish()
    }
}

/// Returns true for one of the phrases, or nothing but digits.
fn is_in_one_piece(words: &[Heard], phrases: &HashSet<String>) -> bool {
    let is_digit = |word: &Heard| [Language::Zh, Language::En].iter().any(|language| digit_words(*language).contains(&word.text.as_str()));
    phrases.contains(&join(words.iter().map(|word| word.text.as_str()))) || words.iter().all(is_digit)
}

fn read(result: CompleteResult<'_>, began: f64, phrases: &HashSet<String>) -> Vec<Hypothesis> {
    match result {
        CompleteResult::Multiple(result) => {
            let readings: Vec<Reading> = result
                .alternatives
                .iter()
                .map(|alternative| {
                    let heard = |word: &vosk::WordInAlternative<'_>| Heard {
                        text: word.word.to_owned(),
                        start: word.start,
                        end: word.end,
                        confidence: None,
                    };
                    let words: Vec<Heard> = alternative.result.iter().map(heard).collect();
                    let against = if phrases.is_empty() || is_in_one_piece(&words, phrases) { 0.0 } else { PUT_TOGETHER };
                    Reading { score: alternative.confidence - against, words }
                })
                .collect();
            ranked(&readings, began)
        }
        CompleteResult::Single(result) => {
            let heard =
                |word: &vosk::Word<'_>| Heard { text: word.word.to_owned(), start: word.start, end: word.end, confidence: Some(word.conf) };
            single(&result.result.iter().map(heard).collect::<Vec<_>>(), began)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::embedded;
    use super::*;

    /// The embedded model, said to listen at 16 kHz: what it hears is worthless, but how it is fed is not.
    #[test]
    fn a_model_of_16_khz_is_fed_twice_the_samples_and_one_of_8_khz_as_they_come() {
        for (rate, samples) in [(8000, 160), (16_000, 320)] {
            let folder = tempfile::tempdir().expect("a folder");
            let copied = std::process::Command::new("cp").arg("-r").arg(embedded()).arg(folder.path().join("model")).status();
            assert!(copied.expect("cp").success());
            let conf = folder.path().join("model/conf/mfcc.conf");
            let text = std::fs::read_to_string(&conf).expect("read");
            std::fs::write(&conf, text.replace("--sample-frequency=8000", &format!("--sample-frequency={rate}"))).expect("written");
            let model = VoskModel::load(&folder.path().join("model")).expect("a model");
            assert_eq!(model.summary().sample_rate, rate);
            let vocabulary = Vocabulary::new(Language::Zh, vec!["转人工".to_owned()]);
            let (mut decoder, lacking) = Decoder::new(&model, &vocabulary).expect("a decoder");
            assert_eq!(lacking, 0);
            decoder.begin();
            for _ in 0..50 {
                decoder.feed(&Frame8k::SILENCE).expect("taken");
            }
            assert_eq!(decoder.first.fed, 50 * samples);
            assert_eq!(decoder.finish(&model), Ok(Vec::new()));
        }
    }

    #[test]
    fn one_phrase_or_digits_are_one_piece_and_a_phrase_with_something_beside_it_is_not() {
        let phrases = HashSet::from(["我要退货".to_owned(), "speech".to_owned()]);
        let heard = |words: &str| -> Vec<Heard> {
            let word = |text: &str| Heard { text: text.to_owned(), start: 0.0, end: 0.1, confidence: None };
            words.split(' ').map(word).collect()
        };
        for (words, is) in [
            ("我要 退货", true),
            ("一 二 三", true),
            ("one two", true),
            ("我要 退货 speech", false),
            ("[unk] speech", false),
            ("一 speech", false),
        ] {
            assert_eq!(is_in_one_piece(&heard(words), &phrases), is, "{words}");
        }
    }

    #[test]
    fn readings_that_were_forced_come_after_what_was_heard_anyway_and_are_less_sure() {
        let reading = |text: &str, confidence| Hypothesis { text: text.into(), confidence, words: Vec::new() };
        let heard = vec![reading("一二三五", 0.6), reading("一三五", 0.2)];
        let all = with_forced(heard, vec![reading("一二三四五", 0.7), reading("一二三五", 0.3)]);
        let told: Vec<_> = all.iter().map(|reading| (reading.text.as_str(), reading.confidence)).collect();
        assert_eq!(told, [("一二三五", 0.6), ("一二三四五", 0.35), ("一三五", 0.2)]);
    }

    #[tokio::test]
    async fn a_digit_said_indistinctly_is_still_in_a_reading() {
        let model = VoskModel::load(&embedded()).expect("a model");
        let digits: Vec<String> = crate::spoken::digit_words(Language::Zh).iter().map(|word| (*word).to_owned()).collect();
        let narrow = Vocabulary::new(Language::Zh, digits);
        let again =
            Vocabulary { otherwise: Some(Arc::new(Vocabulary::new(Language::Zh, vec!["我要退货".to_owned()]))), ..narrow.clone() };
        let voice = super::super::Voice::find().await.expect("espeak-ng");
        // In the middle of the number a word that is no digit, so that the narrow vocabulary calls it something else.
        let wording = crate::speech::Wording { text: "一二三狗六七八".into(), language: Language::Zh, speed: 100 };
        let spoken = voice.speak(&wording).await.expect("spoken");
        for (vocabulary, has_whole_length) in [(&narrow, false), (&again, true)] {
            let (mut decoder, _) = Decoder::new(&model, vocabulary).expect("a decoder");
            decoder.begin();
            for chunk in [&[0; 1600], &*spoken, &[0; 1600]].concat().as_chunks::<160>().0 {
                decoder.feed(&crate::audio::Frame(*chunk)).expect("taken");
            }
            let heard = decoder.finish(&model).expect("heard");
            assert_eq!(heard.iter().any(|reading| reading.text.chars().count() == 7), has_whole_length, "{heard:?}");
        }
    }

    #[tokio::test]
    async fn a_large_model_hears_open_speech_unless_a_question_has_few_answers() {
        let voice = super::super::Voice::find().await.expect("espeak-ng");
        let wording = crate::speech::Wording { text: "转人工".into(), language: Language::Zh, speed: 100 };
        let spoken = voice.speak(&wording).await.expect("spoken");
        let folder = tempfile::tempdir().expect("a folder");
        let copied = std::process::Command::new("cp").arg("-r").arg(embedded()).arg(folder.path().join("large")).status();
        assert!(copied.expect("cp").success());
        let words = folder.path().join("large/graph/words.txt");
        let mut text = std::fs::read_to_string(&words).expect("read");
        let ids = text.lines().count();
        for more in 0..20_000 {
            text.push_str(&format!("more{more} {}\n", ids + more));
        }
        std::fs::write(&words, text).expect("written");
        for (folder, count, hears) in
            [(embedded(), 150, false), (folder.path().join("large"), 150, true), (folder.path().join("large"), 50, false)]
        {
            let model = VoskModel::load(&folder).expect("a model");
            let phrases = (0..count).map(|number| crate::spoken::read_digits(&format!("{number:03}"), Language::Zh)).collect();
            let (mut decoder, _) = Decoder::new(&model, &Vocabulary::new(Language::Zh, phrases)).expect("a decoder");
            decoder.begin();
            for chunk in [&[0; 1600], &*spoken, &[0; 1600]].concat().as_chunks::<160>().0 {
                decoder.feed(&crate::audio::Frame(*chunk)).expect("taken");
            }
            let heard = decoder.finish(&model).expect("heard");
            let is_heard = heard.first().is_some_and(|best| best.text == "转人工");
            assert_eq!(is_heard, hears, "{count} phrases, {} words: {heard:?}", model.words().len());
        }
    }

    #[tokio::test]
    async fn who_answers_something_else_is_heard_with_the_other_words() {
        let model = VoskModel::load(&embedded()).expect("a model");
        let digits = crate::spoken::digit_words(Language::Zh).iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let others = digits.iter().cloned().chain(["我要退货", "查一下物流", "营业时间"].map(str::to_owned)).collect();
        let narrow = Vocabulary::new(Language::Zh, digits);
        let wide = Vocabulary { otherwise: Some(Arc::new(Vocabulary::new(Language::Zh, others))), ..narrow.clone() };
        let voice = super::super::Voice::find().await.expect("espeak-ng");
        for (said, alone, together) in [("我要退货", false, true), ("一二三四五六七八", true, true)] {
            let wording = crate::speech::Wording { text: said.into(), language: Language::Zh, speed: 100 };
            let spoken = voice.speak(&wording).await.expect("spoken");
            for (vocabulary, expected) in [(&narrow, alone), (&wide, together)] {
                let (mut decoder, _) = Decoder::new(&model, vocabulary).expect("a decoder");
                // Twice, as a kept decoder is used: nothing of the first utterance is in the second.
                for _ in 0..2 {
                    decoder.begin();
                    for chunk in [&[0; 1600], &*spoken, &[0; 1600]].concat().as_chunks::<160>().0 {
                        decoder.feed(&crate::audio::Frame(*chunk)).expect("taken");
                    }
                    let heard = decoder.finish(&model).expect("heard");
                    assert_eq!(heard.first().is_some_and(|best| best.text == said), expected, "{said}: {heard:?}");
                }
            }
        }
    }
}
