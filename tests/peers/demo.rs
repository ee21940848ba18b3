//! The main job, as `make run ONCE=1` does it: everything as processes, two calls, and what stays of them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{BELLHOP, bellhop, files_below, free_port, require, root};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn said(record: &Value, who: &str) -> String {
    let turns = record["transcript"].as_array().unwrap();
    turns.iter().filter(|turn| turn["who"] == who).map(|turn| turn["text"].as_str().unwrap()).collect::<Vec<_>>().join("|")
}

#[test]
fn two_calls_are_served_recorded_and_handed_over_with_what_was_said() {
    require("espeak-ng");
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let output = Command::new(BELLHOP)
        .current_dir(root())
        .args(["demo", "--once", "--sip", &format!("127.0.0.1:{}", free_port()), "--http", &format!("127.0.0.1:{}", free_port())])
        .arg("--data")
        .arg(&data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{screen}\n{}", String::from_utf8_lossy(&output.stderr));

    let data_argument = data.display().to_string();
    let list = bellhop(&["calls", "list", "--data", &data_argument, "--json"]);
    let listed = String::from_utf8_lossy(&list.stdout).into_owned();
    let ids: Vec<String> =
        listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "{listed}");
    let record = |id: &str| -> Value {
        serde_json::from_slice(&bellhop(&["calls", "show", id, "--data", &data_argument, "--json"]).stdout).unwrap()
    };
    let (pressed, spoken) = (record(&ids[0]), record(&ids[1]));

    for call in [&spoken, &pressed] {
        assert_eq!(call["slots"]["order_number"], "12345678", "{call:#}");
        assert!(said(call, "robot").contains("请问有什么可以帮您"), "{call:#}");
        assert!(said(call, "robot").contains("已发货"), "{call:#}");
        assert!(said(call, "caller").contains("我要查订单"), "{call:#}");
        assert!(call["disposition"].is_string());
        assert!(!call.to_string().contains("13800000000"));
    }
    assert_eq!(spoken["reason"], "asked");
    assert_eq!(spoken["seat"], "1001");
    assert!(said(&spoken, "seat").len() > 3, "the seat's words are transcribed too: {spoken:#}");

    // What the seat's phone had before it answered.
    let packet_at = screen.find("经 SIP 收到").expect("the packet is shown");
    let answered_at = screen.find("坐席话机  接听").expect("the seat answered");
    assert!(packet_at < answered_at, "{screen}");
    let packet = &screen[packet_at..answered_at];
    assert!(packet.contains("138****0000") && packet.contains("12345678"), "{packet}");

    // What stays: stereo recordings that only their owner reads.
    let recordings: Vec<_> = files_below(&data.join("recordings"));
    assert_eq!(recordings.len(), 2, "{recordings:?}");
    for path in &recordings {
        assert_eq!(mode(path), 0o600);
        let wav = std::fs::read(path).unwrap();
        assert_eq!((&wav[..4], wav[22], wav.len() > 100_000), (&b"RIFF"[..], 2, true), "{}", path.display());
    }
    for path in files_below(&data) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"13800000000"), "{} holds the caller's number", path.display());
    }
}
