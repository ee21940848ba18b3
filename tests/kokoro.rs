//! Kokoro spoken in this process, through the real libonnxruntime, with a network of a few kilobytes that says each symbol as a tone.
#![cfg(feature = "kokoro")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

mod support;
#[path = "support/kokoro.rs"]
mod tiny;

use std::fs;
use std::path::Path;
use std::time::Duration;

use bellhop::audio::level_dbfs;
use bellhop::base::Language;
use bellhop::engines::{KokoroVoice, PromptCache, Voice, VoiceCounters, Voices, check_voice};
use bellhop::speech::{Speech, Wording};
use bellhop::spoken::to_ipa;
use tiny::{Manner, SYMBOL};
use tokio::sync::mpsc;

fn wording(text: &str, language: Language) -> Wording {
    Wording { text: text.into(), language, speed: 100 }
}

/// Patient enough for a machine that is busy with other tests.
fn described(folder: &Path) -> KokoroVoice {
    KokoroVoice { patience: Duration::from_secs(20), ..KokoroVoice::at(folder) }
}

async fn voices(described: KokoroVoice) -> Voices {
    Voices::kokoro(described, Voice::find().await.expect("espeak-ng")).await.expect("Kokoro")
}

async fn cache(manner: Manner, patience: Duration) -> (tempfile::TempDir, PromptCache) {
    let folder = tempfile::tempdir().unwrap();
    tiny::folder(folder.path(), manner);
    // After a failure it is left alone until the test is over.
    let voices = voices(KokoroVoice { patience, pause: Duration::from_hours(1), ..KokoroVoice::at(folder.path()) }).await;
    (folder, PromptCache::new(voices, 1 << 24))
}

async fn good() -> (tempfile::TempDir, PromptCache) {
    cache(Manner::Good, Duration::from_secs(20)).await
}

/// The numbers of symbols, where they are known.
fn numbered(symbols: &str) -> Vec<i64> {
    const KNOWN: &[(i64, char)] = &[
        (3, ','),
        (4, '.'),
        (6, '?'),
        (16, ' '),
        (21, 'ʨ'),
        (23, 'ꭧ'),
        (31, 'O'),
        (43, 'a'),
        (46, 'd'),
        (50, 'h'),
        (51, 'i'),
        (54, 'l'),
        (56, 'n'),
        (58, 'p'),
        (63, 'u'),
        (65, 'w'),
        (66, 'x'),
        (72, 'æ'),
        (83, 'ə'),
        (87, 'ɜ'),
        (112, 'ŋ'),
        (123, 'ɹ'),
        (156, 'ˈ'),
        (162, 'ʰ'),
        (169, '↓'),
        (172, '↗'),
        (173, '↘'),
    ];
    symbols.chars().map(|symbol| KNOWN.iter().find(|(_, known)| *known == symbol).unwrap_or_else(|| panic!("{symbol}")).0).collect()
}

async fn said(cache: &PromptCache, text: &str, language: Language) -> Speech {
    cache.synthesise(wording(text, language)).await.expect(text)
}

#[tokio::test]
async fn a_sentence_is_said_symbol_by_symbol_level_and_without_silence_around_it() {
    let (_folder, cache) = good().await;
    for (text, language, symbols) in [
        ("你好", Language::Zh, "ni↗xau↓"),
        ("您好，请问？", Language::Zh, "ni↗nxau↓, ʨʰi↓ŋwə↘n?"),
        ("查APP", Language::Zh, "ꭧʰa↗ ˈæp"),
        ("Hello world.", Language::En, "həlˈO wˈɜɹld."),
    ] {
        let speech = said(&cache, text, language).await;
        let numbers = numbered(symbols);
        assert_eq!(tiny::heard(&speech, (numbers.len() - 1) as f64), numbers, "{text}");
        let expected = numbers.len() * SYMBOL;
        assert!((expected..expected + 700).contains(&speech.len()), "{text}: {} samples for {} symbols", speech.len(), numbers.len());
        let level = level_dbfs(&speech);
        assert!((-22.0..-18.0).contains(&level), "{text}: {level} dBFS");
    }
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 4, failures: 0 });
    assert_eq!(cache.voices().name(), "kokoro");
}

#[tokio::test]
async fn voice_length_and_speed_reach_the_network() {
    let (folder, cache) = good().await;
    let one = said(&cache, "啊", Language::Zh).await;
    assert!((tiny::tone(&one[200..700]) - 730.0).abs() < 3.0, "{} Hz", tiny::tone(&one[200..700]));
    let fast = cache.synthesise(Wording { speed: 200, ..wording("啊啊啊啊", Language::Zh) }).await.unwrap();
    let slow = cache.synthesise(Wording { speed: 50, ..wording("啊啊啊啊", Language::Zh) }).await.unwrap();
    let times = (slow.len() as f64 - 500.0) / (fast.len() as f64 - 500.0);
    assert!((3.5..4.5).contains(&times), "{} and {} samples", slow.len(), fast.len());
    let other = KokoroVoice { voices: [(Language::Zh, "zm_yunxi".to_owned())].into(), ..described(folder.path()) };
    let cache = PromptCache::new(voices(other).await, 1 << 24);
    let one = said(&cache, "啊", Language::Zh).await;
    assert!((tiny::tone(&one[200..700]) - 770.0).abs() < 3.0, "{} Hz", tiny::tone(&one[200..700]));
    // A language without a voice is espeak-ng's.
    let english = said(&cache, "Hello", Language::En).await;
    assert_eq!((cache.voices().counters().sentences, english.len() > 2000), (1, true));
}

#[tokio::test]
async fn the_first_sentence_is_there_before_the_last_is_made() {
    let (_folder, cache) = good().await;
    let (tell, mut so_far) = mpsc::channel(8);
    let whole = cache.synthesise_telling(wording("您的订单已经发货。预计明天送到。还有别的吗？", Language::Zh), tell).await.unwrap();
    let mut parts = Vec::new();
    while let Some(part) = so_far.recv().await {
        parts.push(part);
    }
    assert_eq!(parts.len(), 2);
    assert!(parts[0].len() < parts[1].len() && parts[1].len() < whole.len());
    assert!(whole.starts_with(&parts[0]) && whole.starts_with(&parts[1]));
}

#[tokio::test]
async fn any_text_is_said_as_well_as_possible() {
    let (_folder, cache) = good().await;
    let long = "您的订单已经发货，请注意查收。".repeat(267);
    let spoken = cache.synthesise(Wording { speed: 200, ..wording(&long, Language::Zh) }).await.expect("spoken");
    assert!(spoken.len() > 267 * 40 * SYMBOL / 2, "{} samples", spoken.len());
    // One sentence without an end: cut where the network can take no more.
    let endless = said(&cache, &"一二三四五六七八九十".repeat(24), Language::Zh).await;
    assert!(endless.len() > 240 * 3 * SYMBOL, "{} samples", endless.len());
    for text in [
        "请打开😀APP，谢谢🙏",
        "привет",
        "こんにちは",
        "ñandú café",
        "[[h@'loU]]",
        "a\u{0}b\u{1b}[31m",
        "¥1,299.50 到 15:30",
        "第3个 No. 5",
    ] {
        for language in [Language::Zh, Language::En] {
            let spoken = said(&cache, text, language).await;
            assert!(spoken.len() > 800 && level_dbfs(&spoken) > -30.0, "{text} in {language:?}");
        }
    }
    for nothing in ["", "😀🙏", "……", "\u{0}"] {
        assert_eq!(said(&cache, nothing, Language::Zh).await.len(), 0, "{nothing:?}");
    }
    assert_eq!(cache.voices().counters().failures, 0);
}

#[tokio::test]
async fn a_network_that_never_ends_is_ended_and_stood_in_for() {
    let (_folder, cache) = cache(Manner::Endless, Duration::from_millis(300)).await;
    let heard =
        tokio::time::timeout(Duration::from_mins(1), cache.synthesise(wording("您好", Language::Zh))).await.expect("no hang").unwrap();
    assert!(heard.len() > 2000, "espeak-ng says it: {} samples", heard.len());
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 0, failures: 1 });
    assert_eq!(cache.get(&wording("您好", Language::Zh)), None, "what was spoken in its stead is not kept");
    let next = cache.synthesise(wording("再见", Language::Zh)).await.unwrap();
    assert!(next.len() > 2000);
    assert_eq!(cache.voices().counters().failures, 1, "it is left alone for a while");
    // Ends with its run stopped: otherwise a thread would burn a core for ever.
    drop(cache);
}

#[tokio::test]
async fn a_network_that_hangs_costs_neither_the_caller_nor_the_start_a_word() {
    let folder = tempfile::tempdir().unwrap();
    tiny::folder(folder.path(), Manner::Endless);
    let limits =
        KokoroVoice { patience: Duration::from_millis(300), patience_beforehand: Duration::from_secs(2), ..KokoroVoice::at(folder.path()) };
    let cache = PromptCache::new(voices(limits).await, 1 << 24);
    let both = async { tokio::join!(cache.warm([wording("再见", Language::Zh)]), cache.synthesise(wording("您好", Language::Zh))) };
    let (failed, heard) = tokio::time::timeout(Duration::from_mins(1), both).await.expect("no hang");
    assert!(failed.is_empty() && heard.unwrap().len() > 2000);
    assert_eq!(cache.voices().counters().sentences, 0);
}

#[tokio::test]
async fn a_network_that_gives_silence_is_stood_in_for() {
    let (_folder, cache) = cache(Manner::Mute, Duration::from_secs(20)).await;
    assert!(said(&cache, "您好", Language::Zh).await.len() > 2000);
    assert_eq!(cache.voices().counters(), VoiceCounters { sentences: 0, failures: 1 });
}

#[tokio::test]
async fn what_is_wrong_with_a_folder_is_said_with_what_to_do() {
    let whole = tempfile::tempdir().unwrap();
    tiny::folder(whole.path(), Manner::Good);
    let (network, archive) =
        (fs::read(whole.path().join("kokoro-v1.0.onnx")).unwrap(), fs::read(whole.path().join("voices-v1.0.bin")).unwrap());
    assert!(network.len() < 4096, "{} bytes of network", network.len());
    assert_eq!(check_voice(whole.path()).unwrap().voices, ["af_heart", "zf_xiaobei", "zm_yunxi"]);
    let espeak = Voice::find().await.unwrap();
    let refusal = async |described: KokoroVoice| Voices::kokoro(described, espeak.clone()).await.err().unwrap_or_default();
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    // A graph that is whole on the outside and nonsense within.
    let nonsense = [&[8, 8, 0x3a, 200, 1][..], &[0x0a; 200]].concat();
    for (network, archive, told) in [
        (None, Some(archive.clone()), "*.onnx"),
        (Some(network.clone()), None, "voices*.bin"),
        (Some(cut(&network)), Some(archive.clone()), "cut off"),
        (Some(b"<html>sign in</html>".to_vec()), Some(archive.clone()), "no ONNX network"),
        (Some(nonsense), Some(archive.clone()), "fetch it again"),
        (Some(tiny::network(Manner::Other)), Some(archive.clone()), "tokens, style, speed"),
        (Some(network.clone()), Some(cut(&archive)), "no whole archive"),
        (Some(network.clone()), Some(b"PK nothing".to_vec()), "no whole archive"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("kokoro-v1.0.onnx", network), ("voices-v1.0.bin", archive)] {
            if let Some(content) = content {
                fs::write(folder.path().join(name), content).unwrap();
            }
        }
        let error = refusal(described(folder.path())).await;
        assert!(error.contains(told) && error.contains(folder.path().to_str().unwrap()) && !error.contains('\n'), "{told}: {error}");
    }
    let named = |name: &str| KokoroVoice { voices: [(Language::Zh, name.to_owned())].into(), ..described(whole.path()) };
    let error = refusal(named("zf_nobody")).await;
    assert!(error.contains("\"zf_nobody\"; it has af_heart, zf_xiaobei, zm_yunxi"), "{error}");
    let error = refusal(described(Path::new("/nowhere/kokoro"))).await;
    assert!(error.contains("/nowhere/kokoro") && error.contains("models pull kokoro-v1.0"), "{error}");
    let error = refusal(KokoroVoice { voices: [].into(), ..described(whole.path()) }).await;
    assert!(error.contains("name one for each language"), "{error}");
}

#[tokio::test]
async fn prompts_on_disk_are_kept_by_voice_and_network() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tiny::folder(folder.path(), Manner::Good);
    let mut spoken = Vec::new();
    for name in ["zf_xiaobei", "zf_xiaobei", "zm_yunxi"] {
        let described = KokoroVoice { voices: [(Language::Zh, name.to_owned())].into(), ..described(folder.path()) };
        let cache = PromptCache::on_disk(voices(described).await, 1 << 20, shelf.path().into(), 1 << 20).unwrap();
        assert!(cache.warm([wording("啊", Language::Zh)]).await.is_empty());
        spoken.push(cache.voices().counters().sentences);
    }
    assert_eq!(spoken, [1, 0, 1], "spoken, taken from the disk, spoken by another");
    assert_eq!(fs::read_dir(shelf.path()).unwrap().count(), 2);
}

#[test]
fn numbers_polyphones_tones_and_mixed_texts_are_written_as_they_are_said() {
    for (text, ipa) in [
        ("13800001111", "jau→sa→npa→, li↗ŋli↗ŋli↗ŋli↗ŋ, jau→jau→jau→jau→"),
        ("您的订单共3件，合计¥199.50。", "ni↗ntɤ ti↘ŋta→n kʊ↘ŋ sa→n ʨjɛ↘n, xɤ↗ʨi↘ i→pai↗ʨjou↓ʂɨ↗ʨjou↓ ɥɛ↗n u↗ ʨjau↓."),
        ("11月12日15:30送到", "ʂɨ↗i→ ɥe↘ ʂɨ↗ɚ↘ ɻɨ↘ ʂɨ↗u↗tjɛ↓n pa↘nsʊ↘ŋ tau↘"),
        ("零下5度，30%", "li↗ŋ ɕja↘ u↓ tu↘, pai↓fə→nꭧɨ→ sa→nʂɨ↗"),
        ("银行行长重新还款，还有吗？", "i↗nxa↗ŋ xa↗ŋꭧa↓ŋ ꭧʰʊ↗ŋɕi→n xwa↗nkʰwa↓n, xai↗jou↓ ma?"),
        ("不要，不行，一个，一天，第一次", "pu↗jau↘, pu↘ɕi↗ŋ, i↗kɤ↘, i↘ tʰjɛ→n, ti↘i→ ʦʰɨ↘"),
        ("我想买点水果，九九九", "wo↗ ɕja↓ŋ mai↗ tjɛ↓n ʂwei↗kwo↓, ʨjou↗ʨjou↓ʨjou↓"),
        ("这儿一点儿都不远，女儿", "ꭧɤ↘ɚ i↘tjɛ↓nɚ tou→ pu↘ɥɛ↓n, ny↓ɚ↗"),
        ("您好！欢迎致电优选母婴：请说", "ni↗nxau↓! xwa→ni↗ŋ ꭧɨ↘tjɛ↘n jou→ɕɥɛ↗nmu↓i→ŋ: ʨʰi↓ŋ ʂwo→"),
        ("请打开微信VIP查看", "ʨʰi↗ŋ ta↓kʰai→ wei→ɕi↘n ꭧʰa↗kʰa↘n"),
    ] {
        assert_eq!(to_ipa(text), ipa, "{text}");
    }
}

/// Runs the program with a configuration of Kokoro and a library of its own choice.
fn say(folder: &Path, voice: &str, library: Option<&Path>) -> std::process::Output {
    let (config, out) = (folder.join("bellhop.yaml"), folder.join("out.wav"));
    fs::write(&config, format!("voice: {{engine: kokoro, patience_ms: 20000, {voice}}}\n")).unwrap();
    let mut command = std::process::Command::new(support::BELLHOP);
    command.current_dir(support::root()).args(["say", "你好", "--config"]).arg(&config).arg("--out").arg(&out);
    if let Some(library) = library {
        command.env("ORT_DYLIB_PATH", library);
    }
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

#[test]
fn say_speaks_into_a_file_with_the_configured_voice() {
    let folder = tempfile::tempdir().unwrap();
    tiny::folder(folder.path(), Manner::Good);
    let output = say(folder.path(), &format!("kokoro: {}", folder.path().display()), None);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["voice"], "kokoro", "{told}");
    let clip = bellhop::audio::read_wav(std::io::BufReader::new(fs::File::open(folder.path().join("out.wav")).unwrap())).unwrap();
    assert_eq!(tiny::heard(&clip.samples, 6.0), numbered("ni↗xau↓"));
    assert!((told["seconds"].as_f64().unwrap() - 0.75).abs() < 0.08, "{told}");
}

#[test]
fn a_missing_or_wrong_library_is_one_line_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    tiny::folder(folder.path(), Manner::Good);
    let voice = format!("kokoro: {}", folder.path().display());
    let text = folder.path().join("library.txt");
    fs::write(&text, "no library").unwrap();
    let vosk = support::root().join(".tools/vosk/libvosk.so");
    let vosk = std::env::var_os("BELLHOP_VOSK").map_or(vosk, |named| Path::new(&named).join("libvosk.so"));
    for (library, told) in [(Path::new("/nowhere/libonnxruntime.so"), "which is no file"), (&text, "make setup"), (&vosk, "make setup")] {
        let output = say(folder.path(), &voice, Some(library));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(told) && error.contains(library.to_str().unwrap()), "{error}");
        assert_eq!((error.trim().lines().count(), error.contains("panicked")), (1, false), "{error}");
    }
}

const DIALPLAN: &str = r#"
dialplan: 1
name: tones
language: zh
numbers: ["*"]
start: [{play: welcome}, hangup]
prompts: {welcome: 你好}
"#;

#[test]
fn a_caller_hears_kokoro_and_the_page_of_figures_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    tiny::folder(&folder.path().join("kokoro"), Manner::Good);
    fs::write(folder.path().join("tones.yaml"), DIALPLAN).unwrap();
    let (kokoro, plan, record) = (folder.path().join("kokoro"), folder.path().join("tones.yaml"), folder.path().join("call.wav"));
    let config = format!("dialplans: {}\nvoice: {{engine: kokoro, kokoro: {}}}\n", plan.display(), kokoro.display());
    let server = support::Server::start(&support::ServerOptions { config, ..support::ServerOptions::default() });
    let (to, file) = (format!("sip:8001@{}", server.sip), record.display().to_string());
    let dialled = support::bellhop(&["dial", &to, "--wait", "5", "--record", &file]);
    let clip = fs::read(&record).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&dialled.stderr)));
    // What the far end said is the left channel of the recording.
    let far: Vec<i16> = clip[44..].as_chunks::<4>().0.iter().map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect();
    let other: Vec<i16> = clip[44..].as_chunks::<4>().0.iter().map(|frame| i16::from_le_bytes([frame[2], frame[3]])).collect();
    let louder = if level_dbfs(&far) > level_dbfs(&other) { far } else { other };
    // Frames may be lost on a busy machine, and with them where a symbol begins: each is looked for anywhere.
    let anywhere: Vec<i64> =
        louder.windows(400).step_by(100).filter(|part| level_dbfs(part) > -30.0).map(|part| tiny::symbol(part, 6.0)).collect();
    let symbols = numbered("ni↗xau↓");
    let found = symbols.iter().filter(|symbol| anywhere.contains(symbol)).count();
    assert!(found + 1 >= symbols.len(), "{found} of {symbols:?} in {anywhere:?}");
    // Its own sentence, and those that every hotline may need, known beforehand.
    assert!(server.metric("bellhop_voice_kokoro_sentences_total") >= Some(1.0));
    assert_eq!(server.metric("bellhop_voice_kokoro_failures_total"), Some(0.0));
}
