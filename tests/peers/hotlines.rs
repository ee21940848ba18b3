//! One real call, and more, through the operator's and the bank's hotline; the shop's is called in `demo.rs`.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{BELLHOP, Running, Server, ServerOptions, bellhop, free_port, http_get, require, root, start_systems, wait_until};

fn sound(name: &str) -> String {
    root().join("tests/peers/sounds").join(name).display().to_string()
}

/// The record of the only call, once it has ended.
fn the_record(server: &Server) -> Value {
    let ended = || server.records().iter().find(|record| record["disposition"].is_string()).map(|record| record["id"].clone());
    wait_until("the record is complete", Duration::from_secs(10), || ended().is_some());
    server.record(ended().unwrap().as_str().unwrap())
}

fn said(record: &Value, who: &str) -> String {
    let turns = record["transcript"].as_array().unwrap();
    turns.iter().filter(|turn| turn["who"] == who).map(|turn| turn["text"].as_str().unwrap()).collect::<Vec<_>>().join("|")
}

#[test]
fn an_operators_caller_hears_the_balance_of_the_number_keyed_in() {
    require("espeak-ng");
    let (_systems, address) = start_systems();
    let server = Server::start(&ServerOptions { systems: Some(format!("http://{address}")), ..ServerOptions::default() });
    let steps = ["--until", "业务", "--wait", "0.6", "--say", "查话费", "--until", "办理", "--wait", "0.6", "--press", "13800000000#"];
    let rest = ["--until", "余额", "--until", "业务", "--wait", "0.6", "--say", "没有了", "--until", "再见"];
    let call = bellhop(&[&["dial", &format!("sip:8002@{}", server.sip)], &steps[..], &rest[..]].concat());
    assert!(call.status.success(), "{}\n{}", String::from_utf8_lossy(&call.stdout), server.log());
    let record = the_record(&server);
    assert!(said(&record, "robot").contains("86.4元"), "{record:#}");
    assert!(!record.to_string().contains("13800000000"), "{record:#}");
}

#[test]
fn whoever_is_old_reaches_a_person_with_one_key() {
    require("espeak-ng");
    let phone = free_port();
    let mut seat = Running(
        Command::new(BELLHOP)
            .current_dir(root())
            .args(["answer", "--listen", &format!("127.0.0.1:{phone}"), "--after", "1", "--say", "您好，我是客服", "--once", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let seats = format!(
        "seats:\n  - {{id: \"1001\", name: 一号席, contact: \"sip:1001@127.0.0.1:{phone}\", skills: {{elderly: 3}}, packet: json}}\n"
    );
    let server = Server::start(&ServerOptions { seats: Some(seats), ..ServerOptions::default() });
    let steps = ["--wait", "7", "--press", "1", "--until", "我是客服", "--wait", "1"];
    let call = bellhop(&[&["dial", &format!("sip:8002@{}", server.sip)], &steps[..]].concat());
    assert!(call.status.success(), "{}\n{}", String::from_utf8_lossy(&call.stdout), server.log());
    let record = the_record(&server);
    assert_eq!((&record["reason"], &record["seat"]), (&Value::from("elderly"), &Value::from("1001")), "{record:#}");
    wait_until("the seat's phone ends", Duration::from_secs(10), || seat.0.try_wait().unwrap().is_some());
    let mut events = String::new();
    std::io::Read::read_to_string(&mut seat.0.stdout.take().unwrap(), &mut events).unwrap();
    let packet = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|event| event["event"] == "handoff");
    assert_eq!(packet.unwrap()["packet"]["queue"], "elderly");
}

#[test]
fn a_banks_caller_blocks_a_card_by_voice_and_keys() {
    require("espeak-ng");
    let (_systems, address) = start_systems();
    let server = Server::start(&ServerOptions { systems: Some(format!("http://{address}")), ..ServerOptions::default() });
    let lost = sound("my-card-is-lost.wav");
    // Waits are longer than what is said there; by night the bank says something else, and does the same. The bank ends the call
    // when the caller wants nothing more, which is why the last wait is cut short and the caller's success not asked for.
    let steps = ["--wait", "14", "--play", &lost, "--wait", "13", "--press", "4417", "--wait", "60"];
    let call = bellhop(&[&["dial", &format!("sip:8003@{}", server.sip)], &steps[..]].concat());
    let record = the_record(&server);
    assert_eq!(record["disposition"], "robot_hung_up", "{}\n{}", String::from_utf8_lossy(&call.stdout), server.log());
    assert!(said(&record, "caller").contains("card"), "{record:#}");
    assert!(said(&record, "robot").contains("Your card is blocked"), "{record:#}");
    assert!(said(&record, "robot").contains("Thank you for"), "{record:#}");
    let (_, changes) = http_get(address, "/bank/changes", None);
    assert!(changes.contains("blocked 4417"), "{changes}");
}
