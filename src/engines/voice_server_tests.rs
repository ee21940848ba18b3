//! A small server of the OpenAI-style `/v1/audio/speech`, and the ways in which one can fail.

use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{PromptCache, RemoteVoice, SpeechFormat, Voice, VoiceCounters, Voices};
use crate::audio::{Frame, WavWriter, level_dbfs};
use crate::base::{Language, Pii};
use crate::speech::{Speech, Wording};

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Good,
    /// Says nothing of the length of its WAV.
    Streaming,
    /// Samples alone.
    Bare,
    Failing,
    /// Takes the text and never answers.
    Silent,
    /// Answers with a page.
    Babbling,
    /// Answers with a WAV of silence.
    Mute,
    /// Breaks off after the header.
    Cut,
    /// Fails from the second sentence on.
    Fading,
    /// Takes half a second for each sentence.
    Slow,
    /// Takes most of a second for each but the first.
    Slowing,
}

struct Server {
    url: String,
    /// Orders it was sent, and who asked.
    orders: Arc<Mutex<Vec<Ordered>>>,
}

/// A tone of a second: 16 bits, at 8 kHz.
fn tone() -> Vec<i16> {
    (0..8000).map(|n| (500.0 * (n as f32 * 0.3).sin()) as i16).collect()
}

fn wav(samples: &[i16]) -> Vec<u8> {
    let mut writer = WavWriter::mono(Cursor::new(Vec::new())).expect("a WAV");
    samples.as_chunks::<160>().0.iter().for_each(|chunk| writer.write(&Frame(*chunk)).expect("written"));
    writer.finish().expect("a WAV").into_inner()
}

async fn answer(manner: Manner, place: usize) -> Response {
    let whole = wav(&tone());
    match manner {
        Manner::Good => whole.into_response(),
        Manner::Fading if place == 0 => whole.into_response(),
        Manner::Streaming => {
            let mut streaming = whole;
            streaming[40..44].copy_from_slice(&0_u32.to_le_bytes());
            streaming.into_response()
        }
        Manner::Bare => tone().iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>().into_response(),
        Manner::Slowing if place == 0 => whole.into_response(),
        Manner::Slowing => {
            tokio::time::sleep(Duration::from_millis(800)).await;
            whole.into_response()
        }
        Manner::Slow => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            whole.into_response()
        }
        Manner::Failing | Manner::Fading => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Manner::Silent => std::future::pending().await,
        Manner::Babbling => "<html>sign in first</html>".into_response(),
        Manner::Mute => wav(&[0; 8000]).into_response(),
        Manner::Cut => whole[..30].to_vec().into_response(),
    }
}

/// An order, and who asked.
type Ordered = (Value, Option<String>);

impl Server {
    async fn start(manner: Manner) -> Self {
        let orders: Arc<Mutex<Vec<Ordered>>> = Arc::default();
        let noted = Arc::clone(&orders);
        let speak = move |headers: HeaderMap, body: Bytes| async move {
            let who = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
            let place = {
                let mut orders = noted.lock().expect("held");
                orders.push((serde_json::from_slice(&body).expect("an order"), who));
                orders.len() - 1
            };
            answer(manner, place).await
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v1/audio/speech", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/audio/speech", post(speak))).await });
        Self { url, orders }
    }

    fn described(&self) -> RemoteVoice {
        RemoteVoice { voices: [(Language::Zh, "zf_xiaobei".to_owned())].into(), ..RemoteVoice::at(&self.url) }
    }

    fn inputs(&self) -> Vec<String> {
        self.orders.lock().expect("held").iter().map(|(order, _)| order["input"].as_str().expect("a text").to_owned()).collect()
    }
}

async fn voices(remote: RemoteVoice) -> Voices {
    Voices::elsewhere(remote, Voice::find().await.expect("espeak-ng")).expect("a server")
}

fn wording(text: &str, language: Language) -> Wording {
    Wording { text: text.into(), language, speed: 120 }
}

/// The tone has one loudness throughout; espeak-ng's words have not.
fn is_tone(speech: &Speech) -> bool {
    let levels: Vec<f32> = speech[800..7200].chunks(400).map(level_dbfs).collect();
    levels.iter().all(|level| (level - levels[0]).abs() < 1.0)
}

#[tokio::test]
async fn a_server_speaks_what_is_read_aloud_in_its_voice_at_the_house_level() {
    for (manner, format) in
        [(Manner::Good, SpeechFormat::Wav), (Manner::Streaming, SpeechFormat::Wav), (Manner::Bare, SpeechFormat::Pcm(8000))]
    {
        let server = Server::start(manner).await;
        let remote = RemoteVoice { format, key: Some(Pii::new("secret".to_owned())), ..server.described() };
        let cache = PromptCache::new(voices(remote).await, 1 << 20);
        let speech = cache.synthesise(wording("共12元", Language::Zh)).await.expect("spoken");
        assert!(is_tone(&speech), "{manner:?}");
        assert!((level_dbfs(&speech[800..7200]) + 20.0).abs() < 1.5, "{manner:?}");
        let (order, who) = server.orders.lock().expect("held")[0].clone();
        assert_eq!((order["voice"].as_str(), order["speed"].as_f64()), (Some("zf_xiaobei"), Some(1.2)));
        assert_eq!(order["response_format"], if format == SpeechFormat::Wav { "wav" } else { "pcm" });
        assert_eq!(order["input"], "共十二元");
        assert_eq!(who.as_deref(), Some("Bearer secret"));
        assert!(cache.get(&wording("共12元", Language::Zh)).is_some());
    }
}

#[tokio::test]
async fn a_server_that_fails_is_stood_in_for_at_once_and_nothing_of_that_is_kept() {
    for manner in [Manner::Failing, Manner::Silent, Manner::Babbling, Manner::Mute, Manner::Cut] {
        let server = Server::start(manner).await;
        let remote = RemoteVoice { patience: Duration::from_millis(300), pause: Duration::from_hours(1), ..server.described() };
        let cache = PromptCache::new(voices(remote).await, 1 << 20);
        for _ in 0..2 {
            let speech = cache.synthesise(wording("请稍等，正在为您查询", Language::Zh)).await.expect("spoken");
            assert!(speech.len() > 8000 && !is_tone(&speech), "{manner:?}");
        }
        assert!(cache.get(&wording("请稍等，正在为您查询", Language::Zh)).is_none(), "{manner:?}");
        assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 0, failures: 1 }, "{manner:?} is spared after its first failure");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_no_silence() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let remote =
        RemoteVoice { voices: [(Language::Zh, "x".to_owned())].into(), ..RemoteVoice::at(format!("http://{closed}/v1/audio/speech")) };
    let speech = PromptCache::new(voices(remote).await, 1 << 20).synthesise(wording("请稍等", Language::Zh)).await.expect("spoken");
    assert!(speech.len() > 3000);
}

#[tokio::test]
async fn a_long_text_is_there_sentence_by_sentence_and_the_whole_begins_with_each_part() {
    let server = Server::start(Manner::Good).await;
    let cache = PromptCache::new(voices(server.described()).await, 1 << 20);
    let (tell, mut parts) = mpsc::channel(8);
    let whole = cache.synthesise_telling(wording("订单已经发货。预计明天到！还要别的吗？", Language::Zh), tell).await.expect("spoken");
    assert_eq!(server.inputs(), ["订单已经发货。", "预计明天到！", "还要别的吗？"]);
    let mut lengths = Vec::new();
    while let Some(part) = parts.recv().await {
        assert_eq!(part[..], whole[..part.len()]);
        lengths.push(part.len());
    }
    assert!(lengths.len() == 2 && lengths[0] < lengths[1] && lengths[1] < whole.len(), "{lengths:?} of {}", whole.len());
}

#[tokio::test]
async fn a_server_has_as_long_as_the_caller_still_hears_what_was_said_before() {
    let server = Server::start(Manner::Slowing).await;
    let remote = RemoteVoice { patience: Duration::from_millis(400), ..server.described() };
    let cache = PromptCache::new(voices(remote).await, 1 << 20);
    let (tell, _parts) = mpsc::channel(8);
    let speech = cache.synthesise_telling(wording("订单已经发货。预计明天到！", Language::Zh), tell).await.expect("spoken");
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 2, failures: 0 });
    assert!(speech.len() > 16_000);
}

#[tokio::test]
async fn a_slow_server_is_too_slow_for_a_caller_and_good_enough_beforehand() {
    let server = Server::start(Manner::Slow).await;
    let hurried = RemoteVoice { patience: Duration::from_millis(100), ..server.described() };
    let text = wording("订单已经发货", Language::Zh);
    let cache = PromptCache::new(voices(hurried.clone()).await, 1 << 20);
    cache.synthesise(text.clone()).await.expect("spoken");
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 0, failures: 1 });
    let cache = PromptCache::new(voices(hurried).await, 1 << 20);
    assert!(cache.warm([text.clone()]).await.is_empty());
    assert!(is_tone(&cache.get(&text).expect("spoken beforehand")));
}

#[tokio::test]
async fn many_callers_are_spoken_to_at_once() {
    let server = Server::start(Manner::Slow).await;
    let remote = RemoteVoice { patience: Duration::from_secs(20), ..server.described() };
    let cache = PromptCache::new(voices(remote).await, 1 << 20);
    let mut tasks = tokio::task::JoinSet::new();
    for number in ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"] {
        let cache = cache.clone();
        tasks.spawn(async move { cache.synthesise(wording(&format!("您排在第{number}位"), Language::Zh)).await });
    }
    assert!(tasks.join_all().await.iter().all(|spoken| spoken.as_ref().is_ok_and(is_tone)));
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 10, failures: 0 });
}

#[tokio::test]
async fn after_a_failure_the_rest_of_a_text_is_spoken_by_one_voice() {
    let server = Server::start(Manner::Fading).await;
    let remote = RemoteVoice { pause: Duration::ZERO, ..server.described() };
    let cache = PromptCache::new(voices(remote).await, 1 << 20);
    let text = wording("订单已经发货。预计明天到！还要别的吗？", Language::Zh);
    let speech = cache.synthesise(text.clone()).await.expect("spoken");
    assert!(is_tone(&speech) && speech.len() > 20_000);
    assert_eq!(server.inputs().len(), 2);
    assert!(cache.get(&text).is_none());
}

#[tokio::test]
async fn a_language_without_a_voice_is_spoken_here() {
    let server = Server::start(Manner::Good).await;
    let cache = PromptCache::new(voices(server.described()).await, 1 << 20);
    let speech = cache.synthesise(wording("Please wait a moment", Language::En)).await.expect("spoken");
    assert!(!is_tone(&speech));
    assert_eq!(server.inputs(), Vec::<String>::new());
    assert!(cache.get(&wording("Please wait a moment", Language::En)).is_some());
}

#[tokio::test]
async fn a_server_that_cannot_be_one_is_named() {
    let here = Voice::find().await.expect("espeak-ng");
    let good = RemoteVoice { voices: [(Language::Zh, "x".to_owned())].into(), ..RemoteVoice::at("http://127.0.0.1:1/v1/audio/speech") };
    for (remote, told) in [
        (RemoteVoice { url: "127.0.0.1:1".into(), ..good.clone() }, "/v1/audio/speech"),
        (RemoteVoice { url: "ftp://h/x".into(), ..good.clone() }, "/v1/audio/speech"),
        (RemoteVoice { voices: [].into(), ..good.clone() }, "no voices"),
        (RemoteVoice { format: SpeechFormat::Pcm(0), ..good.clone() }, "rate is 0"),
    ] {
        let error = Voices::elsewhere(remote, here.clone()).expect_err(told);
        assert!(error.contains(told), "{error}");
    }
}
