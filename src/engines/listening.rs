//! Spoken sound through detector, endpointer and barge-in: what callers feel. Tests only.

use super::Voice;
use crate::audio::{Frame8k, level_dbfs};
use crate::base::{Language, Mono, Rng, TICK};
use crate::speech::{BargeIn, Endpoint, Endpointer, Expected, VoiceDetector, Wording};

async fn spoken(text: &str, speed: u16) -> Vec<i16> {
    let voice = Voice::find().await.expect("espeak-ng");
    voice.speak(&Wording { text: text.into(), language: Language::Zh, speed }).await.expect("spoken").to_vec()
}

/// A second of line noise, the speech, two seconds of line noise.
fn on_a_line(speech: &[i16], noise_dbfs: f32) -> Vec<Frame8k> {
    let mut rng = Rng::seeded(5);
    let size = 32_768.0 * 10_f64.powf(f64::from(noise_dbfs) / 20.0) * 12_f64.sqrt();
    let mut samples = [&vec![0; 8000][..], speech, &vec![0; 16_000][..]].concat();
    for sample in &mut samples {
        *sample = sample.saturating_add(((rng.unit() - 0.5) * size) as i16);
    }
    samples.as_chunks::<160>().0.iter().map(|chunk| crate::audio::Frame(*chunk)).collect()
}

/// When the speech's first and last loud frames end, in milliseconds on the line.
fn bounds(speech: &[i16]) -> (i64, i64) {
    let levels: Vec<f32> = speech.chunks(160).map(level_dbfs).collect();
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let loud = |level: &f32| *level > loudest - 25.0;
    let (first, last) = (levels.iter().position(loud).expect("loud"), levels.iter().rposition(loud).expect("loud"));
    (1000 + 20 * first as i64, 1000 + 20 * (last as i64 + 1))
}

struct Felt {
    began: i64,
    ended: i64,
    interrupted: i64,
}

/// Runs the line through the ears: times relative to speech's true beginning and end.
fn feel(frames: &[Frame8k], bounds: (i64, i64), expected: Expected) -> Vec<Felt> {
    let (mut detector, mut endpointer, mut barge_in) = (VoiceDetector::new(), Endpointer::new(), BargeIn::new());
    endpointer.expect(expected);
    let mut felt = Vec::new();
    let (mut began, mut interrupted) = (0, None);
    for (place, frame) in frames.iter().enumerate() {
        let now = 20 * (place as i64 + 1);
        let voicing = detector.frame(frame);
        if barge_in.frame(voicing) && interrupted.is_none() {
            interrupted = Some(now - bounds.0);
        }
        match endpointer.frame(Mono::from_elapsed(TICK * (place as u32 + 1)), voicing) {
            Some(Endpoint::Began) => began = now - bounds.0,
            Some(Endpoint::Ended { .. }) => {
                felt.push(Felt { began, ended: now - bounds.1, interrupted: interrupted.take().unwrap_or(i64::MAX) });
            }
            Some(Endpoint::Dismissed) | None => {}
        }
    }
    felt
}

const TEXTS: [&str; 8] = ["我要查订单", "转人工", "退货", "是", "不是", "好的", "没有了", "请帮我查一下物流"];

#[tokio::test]
async fn callers_are_heard_from_their_first_syllable_to_their_last_and_answered_soon() {
    for text in TEXTS {
        for noise in [-90.0, -60.0, -50.0] {
            let speech = spoken(text, 100).await;
            let felt = feel(&on_a_line(&speech, noise), bounds(&speech), Expected::Anything);
            assert_eq!(felt.len(), 1, "{text} at {noise} dBFS is one utterance");
            let Felt { began, ended, interrupted } = felt[0];
            println!("{text} at {noise}: began +{began} ended +{ended} interrupted +{interrupted}");
            assert!((0..=220).contains(&began), "{text} at {noise} dBFS begins {began} ms late: more than the pre-roll holds");
            assert!((200..=460).contains(&ended), "{text} at {noise} dBFS ends {ended} ms after its last sound");
            if speech.len() > 3200 {
                assert!(interrupted <= 220, "{text} at {noise} dBFS interrupts after {interrupted} ms");
            }
        }
    }
}

#[tokio::test]
async fn digits_said_with_pauses_are_one_utterance() {
    let mut said = spoken("一二三四", 90).await;
    for part in ["五六", "七八"] {
        said.extend([0; 4800]);
        said.extend(spoken(part, 90).await);
    }
    for noise in [-90.0, -55.0] {
        let frames = on_a_line(&said, noise);
        assert_eq!(feel(&frames, bounds(&said), Expected::Digits { least: 8, most: 12 }).len(), 1);
        assert!(feel(&frames, bounds(&said), Expected::Anything).len() > 1, "the pauses are long enough to cut anything else");
    }
}
