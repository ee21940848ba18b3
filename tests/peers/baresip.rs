//! A foreign softphone: baresip plays a recorded utterance, is understood, and its dump holds the robot's reply.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use bellhop::audio::{Frame, WavWriter};
use bellhop::base::Language;
use bellhop::engines::Voice;
use bellhop::speech::Wording;
use tempfile::TempDir;

use crate::support::{Running, Server, ServerOptions, bellhop, files_below, free_port, require, wait_until};

/// Silence while the robot greets, then the question, then silence for the answer.
fn utterance(path: &std::path::Path, text: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let speech = runtime.block_on(async {
        let voice = Voice::find().await.unwrap();
        voice.speak(&Wording { text: text.into(), language: Language::Zh, speed: 100 }).await.unwrap()
    });
    let mut writer = WavWriter::mono(fs::File::create(path).unwrap()).unwrap();
    let pause = |seconds: usize| vec![0_i16; seconds * 8000];
    let samples = [&pause(9)[..], &speech[..], &pause(30)[..]].concat();
    for chunk in samples.chunks_exact(160) {
        writer.write(&Frame(chunk.try_into().unwrap())).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn baresip_is_understood_and_hears_the_reply() {
    require("baresip");
    let server = Server::start(&ServerOptions::default());
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    utterance(&folder.path().join("question.wav"), "营业时间");
    let dumps = folder.path().join("dumps");
    fs::create_dir(&dumps).unwrap();
    let modules = ["/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules"]
        .into_iter()
        .find(|path| std::path::Path::new(path).is_dir())
        .expect("baresip's modules");
    fs::write(
        path("config"),
        format!(
            "sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nsip_transports udp\naudio_source aufile,{question}\naudio_player aubridge,null\n\
             audio_alert aubridge,null\nausrc_srate 8000\nauplay_srate 8000\naudio_channels 1-1\nrtp_ports {rtp}-{rtp_end}\nsnd_path {dumps}\n\
             module_path {modules}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n",
            port = free_port(),
            question = path("question.wav"),
            rtp = free_port(),
            rtp_end = 65_000,
            dumps = dumps.display(),
        ),
    )
    .unwrap();
    fs::write(path("accounts"), "<sip:caller@127.0.0.1>;regint=0;audio_codecs=pcma\n").unwrap();
    fs::File::create(path("contacts")).unwrap().write_all(b"\n").unwrap();
    let phone = Command::new("baresip")
        .args(["-f", &folder.path().display().to_string(), "-t", "24", "-e", &format!("/dial sip:8001@{}", server.sip)])
        .stdin(Stdio::null())
        .stdout(fs::File::create(path("screen")).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut phone = Running(phone);
    wait_until("baresip ends by itself", Duration::from_secs(40), || phone.0.try_wait().unwrap().is_some());
    let screen = fs::read_to_string(path("screen")).unwrap_or_default();

    wait_until("the record is complete", Duration::from_secs(10), || {
        server.records().iter().any(|record| record["disposition"].is_string())
    });
    let id = server.records()[0]["id"].as_str().unwrap().to_owned();
    let record = server.record(&id);
    let said = record["transcript"].to_string();
    assert!(said.contains("营业时间"), "{record:#}\n{screen}\n{}", server.log());

    let heard = files_below(&dumps).into_iter().find(|path| path.to_string_lossy().contains("-dec")).expect("what baresip heard");
    fs::write(path("phrases"), "请问\n营业时间\n上午\n您好\n").unwrap();
    let transcript = bellhop(&["transcribe", &heard.display().to_string(), "--phrases", &path("phrases")]);
    let text = String::from_utf8_lossy(&transcript.stdout);
    assert!(text.contains("请问") && text.contains("营业时间"), "{text}");
}
