//! A small server of vosk's protocol on the real libvosk, and the ways in which one can fail.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use vosk::{CompleteResult, Recognizer as Engine};

use super::super::model::tests::embedded;
use super::super::{Ears, Voice, VoskModel};
use super::*;
use crate::audio::Frame8k;
use crate::base::{Language, UtteranceId};
use crate::speech::{Hearing, Hypothesis, Vocabulary, Wording};

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Good,
    /// Hangs up instead of shaking hands.
    Rude,
    /// Takes everything and never answers.
    Silent,
    /// Hangs up in the middle of the utterance.
    Dying,
    /// Hangs up when it should answer.
    Dumb,
    /// Answers with something else.
    Babbling,
}

struct Server {
    url: String,
    manner: Arc<Mutex<Manner>>,
    /// The configurations it was sent.
    configs: Arc<Mutex<Vec<Value>>>,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().expect("held")
}

impl Server {
    async fn start(model: &Arc<VoskModel>, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}", listener.local_addr().expect("an address"));
        let server = Self { url, manner: Arc::new(Mutex::new(manner)), configs: Arc::default() };
        let (model, manner, configs) = (Arc::clone(model), Arc::clone(&server.manner), Arc::clone(&server.configs));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let now = *held(&manner);
                tokio::spawn(converse(stream, Arc::clone(&model), now, Arc::clone(&configs)));
            }
        });
        server
    }

    fn behaves(&self, manner: Manner) {
        *held(&self.manner) = manner;
    }
}

/// One connection, as the public server holds it: a recognizer a connection, an answer to each piece, closed after the end.
async fn converse(stream: TcpStream, model: Arc<VoskModel>, manner: Manner, configs: Arc<Mutex<Vec<Value>>>) {
    if manner == Manner::Rude {
        return;
    }
    let Ok(mut socket) = accept_async(stream).await else { return };
    let (mut engine, mut config, mut pieces) = (None, Value::Null, 0);
    while let Some(Ok(message)) = socket.next().await {
        let (answer, stop) = match message {
            Message::Text(text) if text.as_str().contains("config") => {
                let said: Value = serde_json::from_str(text.as_str()).expect("a configuration");
                config = said["config"].clone();
                held(&configs).push(config.clone());
                continue;
            }
            Message::Text(text) => {
                assert_eq!(text.as_str(), r#"{"eof" : 1}"#);
                (engine.as_mut().map_or(json!({"text": ""}), |engine: &mut Engine| complete(engine.final_result())), true)
            }
            Message::Binary(piece) => {
                pieces += 1;
                let engine = engine.get_or_insert_with(|| recognizer(&model, &config));
                let samples: Vec<i16> = piece.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
                let state = engine.accept_waveform(&samples).expect("taken");
                let over = matches!(state, vosk::DecodingState::Finalized);
                (if over { complete(engine.result()) } else { json!({"partial": engine.partial_result().partial}) }, false)
            }
            _ => continue,
        };
        match manner {
            Manner::Silent => continue,
            Manner::Dying if pieces > 3 => return,
            Manner::Dumb if stop => return,
            Manner::Babbling => drop(socket.send(Message::text("<html>")).await),
            _ => drop(socket.send(Message::text(answer.to_string())).await),
        }
        if stop {
            let _ = socket.close(None).await;
            return;
        }
    }
}

fn recognizer(model: &VoskModel, config: &Value) -> Engine {
    let rate = config["sample_rate"].as_f64().expect("a rate") as f32;
    let phrases: Vec<String> = serde_json::from_value(config["phrase_list"].clone()).unwrap_or_default();
    let engine =
        if phrases.is_empty() { Engine::new(model.engine(), rate) } else { Engine::new_with_grammar(model.engine(), rate, &phrases) };
    let mut engine = engine.expect("a recognizer");
    engine.set_words(config["words"] == true);
    engine.set_max_alternatives(config["max_alternatives"].as_u64().unwrap_or(0) as u16);
    engine
}

fn complete(result: CompleteResult<'_>) -> Value {
    match result {
        CompleteResult::Single(single) => json!({"text": single.text}),
        CompleteResult::Multiple(multiple) => {
            let alternatives: Vec<Value> = multiple
                .alternatives
                .iter()
                .map(|one| {
                    let words: Vec<Value> =
                        one.result.iter().map(|word| json!({"word": word.word, "start": word.start, "end": word.end})).collect();
                    json!({"confidence": one.confidence, "text": one.text, "result": words})
                })
                .collect();
            json!({ "alternatives": alternatives })
        }
    }
}

struct House {
    server: Server,
    ears: Ears,
    frames: Vec<Frame8k>,
}

const SERVICE: [&str; 4] = ["转人工", "我要查订单", "退货", "投诉"];

/// Ears at a server; little patience, so that failing ones take no time.
async fn house(manner: Manner, text: &str, change: impl FnOnce(&mut RemoteEars)) -> House {
    let model = VoskModel::load(&embedded()).expect("a model");
    let server = Server::start(&model, manner).await;
    let pool = RecognizerPool::start(model, 1).expect("threads");
    let mut there = RemoteEars::at(&server.url);
    there.words = Some(embedded().join("graph/words.txt"));
    change(&mut there);
    let ears = Ears::elsewhere(&there, pool, Handle::current()).expect("an address");
    let voice = Voice::find().await.expect("espeak-ng");
    let spoken = voice.speak(&Wording { text: text.into(), language: Language::Zh, speed: 100 }).await.expect("spoken");
    let padded: Vec<i16> = [&[0; 1600], &*spoken, &[0; 1600]].concat();
    let frames = padded.as_chunks::<160>().0.iter().map(|chunk| crate::audio::Frame(*chunk)).collect();
    House { server, ears, frames }
}

type Reports = Receiver<(UtteranceId, Hearing)>;

fn ear(ears: &Ears) -> (Box<dyn Recognizer>, Reports) {
    let (told, heard) = channel();
    (ears.recognizer(Arc::new(move |utterance, hearing| drop(told.send((utterance, hearing))))), heard)
}

fn vocabulary() -> Arc<Vocabulary> {
    Arc::new(Vocabulary::new(Language::Zh, SERVICE.map(str::to_owned).to_vec()))
}

fn say(recognizer: &mut dyn Recognizer, id: u32, frames: &[Frame8k]) {
    recognizer.begin(UtteranceId(id), &vocabulary());
    for frame in frames {
        recognizer.feed(frame);
    }
    recognizer.end();
}

/// Waits for the end of an utterance without holding up the runtime on which the server answers.
async fn last(heard: Reports, utterance: u32) -> (Reports, Vec<Hypothesis>) {
    let waited = tokio::task::spawn_blocking(move || {
        loop {
            match heard.recv_timeout(Duration::from_secs(30)).expect("a report") {
                (id, Hearing::Partial(_)) if id == UtteranceId(utterance) => {}
                (id, Hearing::Final(readings)) if id == UtteranceId(utterance) => return (heard, readings),
                other => panic!("{other:?}"),
            }
        }
    });
    waited.await.expect("waited")
}

#[tokio::test]
async fn what_callers_say_is_heard_by_the_server_with_words_and_readings() {
    for rate_hz in [8000, 16_000] {
        let House { server, ears, frames } = house(Manner::Good, "我要查订单", |there| there.rate_hz = rate_hz).await;
        let (mut recognizer, mut heard) = ear(&ears);
        for id in [1, 2] {
            recognizer.begin(UtteranceId(id), &vocabulary());
            for frame in &frames {
                recognizer.feed(frame);
            }
            // While the caller speaks.
            let (reports, first) = tokio::task::spawn_blocking(move || {
                let first = heard.recv_timeout(Duration::from_secs(30)).expect("a report");
                (heard, first)
            })
            .await
            .expect("waited");
            assert!(matches!(&first, (of, Hearing::Partial(partial)) if *of == UtteranceId(id) && !partial.text.is_empty()), "{first:?}");
            recognizer.end();
            let (reports, readings) = last(reports, id).await;
            heard = reports;
            assert_eq!(readings[0].text, "我要查订单", "at {rate_hz} Hz");
            assert!(readings[0].confidence > 0.5, "{readings:?}");
            assert!(readings[0].words.iter().all(|word| word.start < word.end), "{readings:?}");
        }
        let config = held(&server.configs)[0].clone();
        assert_eq!(config["sample_rate"], rate_hz);
        assert_eq!(config["phrase_list"].as_array().expect("phrases").last(), Some(&json!("[unk]")));
        assert_eq!(ears.counters().remote, RemoteCounters { utterances: 2, failures: 0, heard_here: 0 });
        assert_eq!(ears.counters().pool.utterances, 0);
    }
}

#[tokio::test]
async fn a_server_whose_words_are_not_known_hears_its_whole_vocabulary() {
    let House { server, ears, frames } = house(Manner::Good, "转人工", |there| there.words = None).await;
    let (mut recognizer, heard) = ear(&ears);
    say(&mut *recognizer, 1, &frames);
    assert_eq!(last(heard, 1).await.1[0].text, "转人工");
    assert_eq!(held(&server.configs)[0]["phrase_list"], Value::Null);
}

#[tokio::test]
async fn an_utterance_that_the_server_fails_on_is_heard_here_from_its_first_frame() {
    for manner in [Manner::Rude, Manner::Silent, Manner::Dying, Manner::Dumb, Manner::Babbling] {
        let House { ears, frames, .. } = house(manner, "我要查订单", |there| there.patience = Duration::from_millis(500)).await;
        let (mut recognizer, heard) = ear(&ears);
        say(&mut *recognizer, 1, &frames);
        let (_, readings) = last(heard, 1).await;
        assert_eq!(readings.first().map(|best| best.text.as_str()), Some("我要查订单"), "{manner:?}");
        assert_eq!(ears.counters().remote, RemoteCounters { utterances: 0, failures: 1, heard_here: 1 }, "{manner:?}");
    }
}

#[tokio::test]
async fn a_server_that_failed_is_spared_and_then_asked_again() {
    let House { server, ears, frames } = house(Manner::Rude, "转人工", |there| there.pause = Duration::from_hours(1)).await;
    let (mut recognizer, mut heard) = ear(&ears);
    for id in [1, 2, 3] {
        say(&mut *recognizer, id, &frames);
        heard = last(heard, id).await.0;
    }
    assert_eq!(ears.counters().remote, RemoteCounters { utterances: 0, failures: 1, heard_here: 3 });
    drop((server, ears));

    let House { server, ears, frames } = house(Manner::Rude, "转人工", |there| there.pause = Duration::ZERO).await;
    let (mut recognizer, heard) = ear(&ears);
    say(&mut *recognizer, 1, &frames);
    let (heard, ..) = last(heard, 1).await;
    server.behaves(Manner::Good);
    say(&mut *recognizer, 2, &frames);
    assert_eq!(last(heard, 2).await.1[0].text, "转人工");
    assert_eq!(ears.counters().remote, RemoteCounters { utterances: 1, failures: 1, heard_here: 1 });
}

#[tokio::test]
async fn nobody_at_the_address_is_no_silence() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let House { ears, frames, .. } = house(Manner::Good, "转人工", |there| there.url = format!("ws://{closed}")).await;
    let (mut recognizer, heard) = ear(&ears);
    say(&mut *recognizer, 1, &frames);
    assert_eq!(last(heard, 1).await.1[0].text, "转人工");
}

#[tokio::test]
async fn a_cancelled_utterance_reports_nothing_and_the_next_is_heard() {
    let House { ears, frames, .. } = house(Manner::Good, "转人工", |_| {}).await;
    let (mut recognizer, heard) = ear(&ears);
    recognizer.begin(UtteranceId(1), &vocabulary());
    recognizer.feed(&Frame8k::SILENCE);
    recognizer.cancel();
    recognizer.begin(UtteranceId(2), &vocabulary());
    recognizer.feed(&Frame8k::SILENCE);
    say(&mut *recognizer, 3, &frames);
    assert_eq!(last(heard, 3).await.1[0].text, "转人工");
    assert_eq!(ears.counters().remote.failures, 0);
}

#[tokio::test]
async fn an_address_that_is_none_and_words_that_are_not_there_are_named() {
    let model = VoskModel::load(&embedded()).expect("a model");
    let told = |change: &dyn Fn(&mut RemoteEars)| {
        let mut there = RemoteEars::at("ws://127.0.0.1:2700");
        change(&mut there);
        let pool = RecognizerPool::start(Arc::clone(&model), 1).expect("threads");
        Ears::elsewhere(&there, pool, Handle::current()).expect_err("refused")
    };
    for url in ["127.0.0.1:2700", "http://127.0.0.1:2700", "wss://127.0.0.1", "ws://"] {
        let error = told(&|there| there.url = url.to_owned());
        assert!(error.contains("ws://127.0.0.1:2700") && error.contains(url), "{error}");
    }
    assert!(told(&|there| there.rate_hz = 44_100).contains("44100"));
    assert!(told(&|there| there.words = Some("/nowhere/words.txt".into())).contains("/nowhere/words.txt"));
}
