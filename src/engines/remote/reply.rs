//! The server's answers as values.

use serde::Deserialize;

use super::super::readings::{Heard, Reading, ranked, single};
use crate::speech::Hypothesis;

/// How sure a reading is whose server says nothing of it.
const UNSAID: f32 = 0.8;

/// What the server says of the sound so far.
#[derive(Debug, PartialEq)]
pub(super) enum Reply {
    /// The words of the running stretch.
    Partial(String),
    /// A stretch that is over, with its readings; none when nothing was heard in it.
    Result(Vec<Hypothesis>),
}

#[derive(Deserialize)]
struct Answer {
    partial: Option<String>,
    text: Option<String>,
    #[serde(default)]
    result: Vec<AnswerWord>,
    alternatives: Option<Vec<Alternative>>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default)]
    confidence: f32,
    text: String,
    #[serde(default)]
    result: Vec<AnswerWord>,
}

#[derive(Deserialize)]
struct AnswerWord {
    word: String,
    #[serde(default)]
    start: f32,
    #[serde(default)]
    end: f32,
    conf: Option<f32>,
}

/// Reads an answer.
pub(super) fn read(text: &str) -> Result<Reply, String> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| format!("its answer is none: {error}"))?;
    if let Some(alternatives) = answer.alternatives {
        let timed = alternatives.iter().any(|alternative| !alternative.result.is_empty());
        let readings: Vec<Reading> =
            alternatives.into_iter().map(|one| Reading { score: one.confidence, words: words(one.result, &one.text) }).collect();
        let mut heard = ranked(&readings, 0.0);
        if !timed {
            for reading in &mut heard {
                reading.words.clear();
            }
        }
        return Ok(Reply::Result(heard));
    }
    if let Some(text) = answer.text {
        let timed = !answer.result.is_empty();
        let mut heard = single(&words(answer.result, &text), 0.0);
        if !timed {
            for reading in &mut heard {
                reading.confidence = UNSAID;
                reading.words.clear();
            }
        }
        return Ok(Reply::Result(heard));
    }
    answer.partial.map(Reply::Partial).ok_or_else(|| "its answer holds neither words nor part of them".to_owned())
}

/// Returns the words with their times, or those of the text where the server gives no times.
fn words(result: Vec<AnswerWord>, text: &str) -> Vec<Heard> {
    if result.is_empty() {
        let untimed = |word: &str| Heard { text: word.to_owned(), start: 0.0, end: 0.0, confidence: None };
        return text.split_whitespace().map(untimed).collect();
    }
    result.into_iter().map(|word| Heard { text: word.word, start: word.start, end: word.end, confidence: word.conf }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &str) -> Vec<(String, usize)> {
        match read(answer).expect("an answer") {
            Reply::Result(readings) => readings.into_iter().map(|reading| (reading.text, reading.words.len())).collect(),
            Reply::Partial(partial) => panic!("only {partial}"),
        }
    }

    #[test]
    fn answers_of_every_kind_of_server_are_read() {
        assert_eq!(read(r#"{"partial" : "转 人工"}"#), Ok(Reply::Partial("转 人工".to_owned())));
        assert_eq!(texts(r#"{"text" : ""}"#), []);
        assert_eq!(texts(r#"{"text" : "转 人工"}"#), [("转人工".to_owned(), 0)]);
        assert_eq!(
            texts(
                r#"{"result":[{"conf":0.9,"start":0.1,"end":0.3,"word":"转"},{"conf":0.8,"start":0.3,"end":0.9,"word":"人工"}],"text":"转 人工"}"#
            ),
            [("转人工".to_owned(), 2)]
        );
        let alternatives = r#"{"alternatives":[{"confidence":210.5,"result":[{"start":0.1,"end":0.3,"word":"退货"}],"text":"退货"},
            {"confidence":209.0,"text":"退 或"},{"confidence":201.0,"text":"[unk]"}]}"#;
        assert_eq!(texts(alternatives), [("退货".to_owned(), 1), ("退或".to_owned(), 2)]);
        assert_eq!(texts(r#"{"alternatives":[{"text":"退货"}]}"#), [("退货".to_owned(), 0)]);
    }

    #[test]
    fn what_is_no_answer_is_told_and_never_a_panic() {
        for text in
            ["", "null", "[]", "{}", "<html>", r#"{"text": 7}"#, r#"{"alternatives": {}}"#, r#"{"partial": null}"#, "\u{0}", "{\"text\":\""]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
        for text in [r#"{"alternatives":[]}"#, r#"{"alternatives":[{"confidence":1e39,"text":"一"},{"confidence":-1e39,"text":"二"}]}"#] {
            assert!(matches!(read(text), Ok(Reply::Result(_)) | Err(_)), "{text:?}");
        }
    }
}
