//! Bellhop's two phones call each other over real SIP and RTP on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

use std::path::Path;
use std::time::Duration;

use bellhop::base::{Clock, Key};
use bellhop::call::{HANDOFF_CONTENT_TYPE, HandoffPacket, PacketTurn, split};
use bellhop::net::{Listen, Signal, SignalConfig};
use bellhop::phone::{self, AnswerOptions, DialOptions, DialReport, Happening, PhoneEvent, Stay, Step, Who};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/bellhop-zh");
/// Far longer than any of these calls; only so that a fault fails instead of hanging.
const PATIENCE: Duration = Duration::from_mins(1);

struct Both {
    report: DialReport,
    caller: Vec<PhoneEvent>,
    seat: Vec<PhoneEvent>,
}

fn seat(says: &[&str]) -> AnswerOptions {
    AnswerOptions {
        account: None,
        listen: "udp:127.0.0.1:0".parse().expect("an address"),
        after: Duration::ZERO,
        says: says.iter().map(|text| (*text).to_owned()).collect(),
        stay: Stay::Once,
        model: None,
        language: bellhop::base::Language::Zh,
    }
}

/// Lets the caller call the seat, after `before` had its time with the seat's address.
async fn talk<B: Future<Output = ()>>(caller: DialOptions, seat: AnswerOptions, before: impl FnOnce(Listen) -> B) -> Both {
    let clock = Clock::start();
    let stop = CancellationToken::new();
    let (tell, told) = oneshot::channel();
    let (mut caller_events, mut seat_events) = (Vec::new(), Vec::new());
    let answering = phone::answer(seat, clock, stop.clone(), |at| tell.send(at).expect("somebody waits"), |event| seat_events.push(event));
    let calling = async {
        let at = told.await.expect("the seat listens");
        before(at).await;
        let caller = DialOptions { to: format!("sip:1001@{}", at.address), ..caller };
        phone::dial(caller, clock, stop.clone(), |event| caller_events.push(event)).await
    };
    let both = async { tokio::join!(answering, calling) };
    let (answered, report) = tokio::time::timeout(PATIENCE, both).await.expect("the phones come to an end");
    answered.expect("the seat answers");
    Both { report: report.expect("the caller calls"), caller: caller_events, seat: seat_events }
}

async fn nothing_before(_: Listen) {}

fn names(events: &[PhoneEvent]) -> Vec<(Who, &'static str)> {
    events.iter().map(|event| (event.who, event.name())).collect()
}

fn keys(labels: &str) -> Vec<Key> {
    labels.chars().map(|label| Key::new(label).expect("a key")).collect()
}

#[tokio::test]
async fn keys_arrive_in_order_and_both_ends_hang_up() {
    let steps = vec![Step::Press(keys("8001*#")), Step::Wait(Duration::from_millis(300))];
    let both = talk(DialOptions { steps, ..DialOptions::to("") }, seat(&[]), nothing_before).await;
    assert!(both.report.all_done(), "{:?}", both.report);
    assert_eq!(
        names(&both.caller),
        [(Who::Far, "ringing"), (Who::Far, "answered"), (Who::Me, "key"), (Who::Me, "ended")],
        "{:?}",
        both.caller
    );
    let heard: String =
        both.seat.iter().filter_map(|event| if let Happening::Key(key) = &event.what { Some(key.as_str()) } else { None }).collect();
    assert_eq!(heard, "8001*#");
    assert_eq!(both.seat.last().map(|event| (event.who, event.what.clone())), Some((Who::Far, Happening::Ended("bye".into()))));
}

#[tokio::test]
async fn what_the_caller_says_the_seat_hears_and_the_other_way_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("call.wav");
    let steps = vec![Step::Until("您好".into()), Step::Say("转人工".into()), Step::Wait(Duration::from_secs(2))];
    let caller = DialOptions { steps, model: Some(MODEL.into()), record: Some(record.clone()), ..DialOptions::to("") };
    let both = talk(caller, AnswerOptions { model: Some(MODEL.into()), ..seat(&["您好"]) }, nothing_before).await;
    assert!(both.report.all_done(), "{:?} {:?}", both.report, both.caller);
    let heard: String =
        both.seat.iter().filter_map(|event| if let Happening::Heard(text) = &event.what { Some(text.as_str()) } else { None }).collect();
    assert!(heard.contains("人工"), "the seat heard {heard:?}");
    check_recording(&record);
}

fn check_recording(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let bytes = std::fs::read(file).expect("a recording");
    assert_eq!((&bytes[..4], bytes[22]), (&b"RIFF"[..], 2));
    let loudest = |channel: usize| {
        bytes[44..].as_chunks::<2>().0.iter().skip(channel).step_by(2).map(|sample| i16::from_le_bytes(*sample).unsigned_abs()).max()
    };
    assert!(loudest(0) > Some(1_000) && loudest(1) > Some(1_000), "caller {:?}, seat {:?}", loudest(0), loudest(1));
    assert_eq!(std::fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_packet_is_with_the_seat_before_it_answers() {
    let packet = HandoffPacket {
        call: "01call".into(),
        reason: "asked".into(),
        caller: "138****0000".into(),
        transcript: vec![PacketTurn { who: "caller".into(), text: "转人工".repeat(200), t: 900 }],
        ..HandoffPacket::default()
    };
    let sent = packet.clone();
    let send = |at: Listen| async move {
        let listen = vec!["udp:127.0.0.1:0".parse().expect("an address")];
        let (signal, _incoming) = Signal::start(SignalConfig::listening(listen), Clock::start()).expect("a signal thread");
        let to = format!("sip:1001@{}", at.address);
        for part in split(&sent).into_iter().rev() {
            let status = signal.message(&to, "bellhop", HANDOFF_CONTENT_TYPE, part.body.into_bytes()).await;
            assert_eq!(status.expect("an answer"), 200);
        }
        assert_eq!(signal.message(&to, "bellhop", "text/plain", "转人工".into()).await.expect("an answer"), 200);
        assert_eq!(signal.message(&to, "bellhop", "image/png", vec![0]).await.expect("an answer"), 415);
        signal.stop().await;
    };
    let both = talk(DialOptions { steps: vec![Step::Wait(Duration::from_millis(100))], ..DialOptions::to("") }, seat(&[]), send).await;
    assert_eq!(
        names(&both.seat),
        [(Who::Far, "handoff"), (Who::Far, "handoff"), (Who::Me, "ringing"), (Who::Me, "answered"), (Who::Far, "ended")]
    );
    assert_eq!(both.seat[0].what, Happening::Handoff(Box::new(packet)));
    assert_eq!(both.seat[1].what, Happening::HandoffText("转人工".into()));
}

#[tokio::test]
async fn a_call_that_nobody_takes_is_a_failure_with_its_reason() {
    let options = DialOptions { steps: vec![Step::Wait(Duration::ZERO)], ..DialOptions::to("sip:1001@127.0.0.1:1") };
    let stop = CancellationToken::new();
    let mut events = Vec::new();
    let report = phone::dial(options, Clock::start(), stop.clone(), |event| {
        events.push(event);
    });
    // Nobody listens there: without a refusal the phone is stopped by its user.
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.cancel();
    };
    let (report, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(report, stopping) }).await.expect("an end");
    let report = report.expect("a report");
    assert!(!report.all_done() && !report.calls[0].answered, "{report:?}");
    assert!(matches!(events.last().map(|event| &event.what), Some(Happening::Ended(_))), "{events:?}");
}

#[tokio::test]
async fn a_busy_seat_refuses_the_second_call() {
    let caller = DialOptions { steps: vec![Step::Wait(Duration::from_secs(1))], calls: 2, rate: 5.0, ..DialOptions::to("") };
    let both = talk(caller, seat(&[]), nothing_before).await;
    assert_eq!(both.report.calls[0].failure, None);
    assert_eq!(both.report.calls[1].failure.as_deref(), Some("486 Busy Here"));
    assert!(both.report.summary().starts_with("2 calls: 1 answered, 1 done, 1 failed"), "{}", both.report.summary());
}
