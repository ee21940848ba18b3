//! What is missing or broken at start is named, with what to do, and the exit code says so.

use std::fs;

use tempfile::TempDir;

use crate::support::{bellhop, root};

fn refused(arguments: &[&str], expected: &[&str]) {
    let output = bellhop(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?} should have failed");
    for part in expected {
        assert!(message.contains(part), "{arguments:?}: {part:?} is not in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn a_missing_or_broken_file_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let data = folder.path().join("data").display().to_string();
    let nowhere = folder.path().join("nowhere").display().to_string();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.display().to_string();
    let free = ["--sip", "udp:127.0.0.1:0", "--http", "127.0.0.1:0", "--data", &data];
    let with = |more: &[&'static str]| -> Vec<String> {
        ["serve"].iter().chain(&free).map(ToString::to_string).chain(more.iter().map(ToString::to_string)).collect()
    };
    let check = |more: Vec<String>, expected: &[&str]| refused(&more.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let and = |flag: &str, value: &str| {
        let mut all = with(&[]);
        all.extend([flag.to_owned(), value.to_owned()]);
        all
    };

    check(and("--config", &nowhere), &["nowhere"]);
    check(and("--config", &path("broken.yaml", "sip: [")), &["broken.yaml"]);
    check(and("--config", &path("unknown.yaml", "sipp: {}\n")), &["unknown.yaml", "sipp"]);
    check(and("--dialplans", &nowhere), &["nowhere"]);
    check(and("--dialplans", &empty), &["empty", "no dialplan"]);
    check(
        and("--dialplans", &path("bad.yaml", "dialplan: 1\nname: x\nnumbers: [\"1\"]\nstart: [{play: nothing}]\n")),
        &["bad.yaml:4", "nothing"],
    );
    check(and("--seats", &nowhere), &["nowhere"]);
    check(and("--models", &nowhere), &["nowhere", "--models"]);
    check(and("--models", &empty), &["empty", "speech model"]);
    let model = folder.path().join("models/broken");
    fs::create_dir_all(model.join("am")).unwrap();
    fs::create_dir_all(model.join("conf")).unwrap();
    fs::write(model.join("conf/mfcc.conf"), "--sample-frequency=8000\n").unwrap();
    check(and("--models", &folder.path().join("models").display().to_string()), &["broken"]);
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    refused(&["serve", "--sip", "udp:127.0.0.1:0", "--http", &address, "--data", &data], &[&address]);
}

#[test]
fn records_that_are_not_there_are_said_to_be_missing() {
    refused(&["calls", "list", "--data", "no-such-folder"], &["no-such-folder"]);
    refused(&["transcribe", "no-such.wav"], &["no-such.wav"]);
    refused(&["transcribe", &root().join("Cargo.toml").display().to_string()], &["Cargo.toml"]);
}
