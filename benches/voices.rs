//! Time from asking for a text to its first sound, for each way in which one can come.
//!
//! `cargo bench --profile dev --bench voices`. The server and Kokoro's network are stand-ins that cost next to nothing: what is measured is our
//! way to them and back.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

#[cfg(feature = "kokoro")]
#[path = "../tests/support/kokoro.rs"]
mod tiny;

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use bellhop::audio::{Frame8k, WavWriter};
use bellhop::base::Language;
use bellhop::engines::{PromptCache, RemoteVoice, Voice, Voices};
use bellhop::speech::Wording;
use tokio::sync::mpsc;

const TEXT: &str = "您的订单已经发货，预计明天送到。请问还有什么可以帮您？";

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--quick") { 5 } else { 30 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let here = Voice::find().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        known(&here, folder.path(), rounds).await;
        fresh("espeak-ng", Voices::from(here.clone()), rounds).await;
        let remote = RemoteVoice {
            voices: [(Language::Zh, "any".to_owned())].into(),
            patience: Duration::from_secs(5),
            ..RemoteVoice::at(server().await)
        };
        fresh("speech server on this machine", Voices::elsewhere(remote, here.clone()).unwrap(), rounds).await;
        #[cfg(feature = "kokoro")]
        {
            let model = folder.path().join("kokoro");
            tiny::folder(&model, tiny::Manner::Good);
            let described = bellhop::engines::KokoroVoice { patience: Duration::from_secs(5), ..bellhop::engines::KokoroVoice::at(model) };
            fresh("Kokoro, network of a few kilobytes", Voices::kokoro(described, here).await.unwrap(), rounds).await;
        }
    });
}

fn figure(name: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
    println!("{name:<46} n={:<6} p50 {:8.3}  p95 {:8.3}  max {:8.3} ms", values.len(), at(0.5), at(0.95), at(1.0));
}

fn wording(text: &str) -> Wording {
    Wording { text: text.into(), language: Language::Zh, speed: 100 }
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// A text known beforehand: from memory, and from the disk after a start.
async fn known(here: &Voice, folder: &Path, rounds: usize) {
    let cache = || PromptCache::on_disk(here.clone(), 1 << 24, folder.join("voices"), 1 << 24).unwrap();
    let warm = cache();
    assert!(warm.warm([wording(TEXT)]).await.is_empty());
    let (mut memory, mut disk) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begin = Instant::now();
        assert!(warm.get(&wording(TEXT)).is_some());
        memory.push(millis(begin));
        let started = cache();
        let begin = Instant::now();
        assert!(started.warm([wording(TEXT)]).await.is_empty());
        disk.push(millis(begin));
    }
    figure("known text, from memory", memory);
    figure("known text, from the disk", disk);
}

/// Texts never said before, by their first sentence.
async fn fresh(name: &str, voices: Voices, rounds: usize) {
    let cache = PromptCache::new(voices, 1 << 24);
    let (mut firsts, mut wholes) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let text = format!("您好，第{round}位。{TEXT}");
        let (tell, mut so_far) = mpsc::channel(8);
        let begin = Instant::now();
        let first = async {
            let first = so_far.recv().await.map(|_| millis(begin));
            while so_far.recv().await.is_some() {}
            first
        };
        let (whole, first) = tokio::join!(cache.synthesise_telling(wording(&text), tell), first);
        assert!(whole.unwrap().len() > 8000);
        let end = millis(begin);
        firsts.push(first.unwrap_or(end));
        wholes.push(end);
    }
    assert_eq!(cache.voices().counters().failures, 0, "{name}");
    figure(&format!("{name}: first sound"), firsts);
    figure(&format!("{name}: the whole, three sentences"), wholes);
}

/// Answers every order at once with two seconds of a tone.
async fn server() -> String {
    let mut writer = WavWriter::mono(Cursor::new(Vec::new())).unwrap();
    for frame in 0..100 {
        let mut samples = Frame8k::SILENCE;
        for (n, sample) in samples.0.iter_mut().enumerate() {
            *sample = (4000.0 * ((frame * 160 + n) as f32 * 0.3).sin()) as i16;
        }
        writer.write(&samples).unwrap();
    }
    let wav = writer.finish().unwrap().into_inner();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/audio/speech", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/audio/speech", post(move || async move { wav.clone() }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
