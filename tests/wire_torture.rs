//! Real sockets: sipp and raw datagrams against `net`, with an answering harness in the place of the exchange.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]
#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "real sockets need real time, and a test without them is no test")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bellhop::base::Clock;
use bellhop::net::{
    Draining, Incoming, IncomingCall, IncomingMessage, Invite, LegEnd, LegEvent, Listen, NetCounters, Signal, SignalConfig, SipLeg,
};
use bellhop::sip::Negotiation;
use bellhop::wire::sip_headers::UserToUser;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
const RTP: u16 = 30_000;

/// What the harness saw, in order.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Called { display: String, to: String, offered: bool },
    Event(LegEvent),
    Message(String, Vec<u8>),
}

struct Harness {
    signal: Signal,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Harness {
    fn start(config: impl FnOnce(&mut SignalConfig)) -> Self {
        let listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"].map(|text| text.parse::<Listen>().expect("an address"));
        let mut settings = SignalConfig::listening(listen.to_vec());
        config(&mut settings);
        let (signal, incoming) = Signal::start(settings, Clock::start()).expect("the sockets are free");
        let seen = Arc::default();
        tokio::spawn(answer_all(incoming, Arc::clone(&seen)));
        let address = signal.bound()[0].address;
        Self { signal, address, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic while it was held").clone()
    }

    /// Waits until so many legs have ended and says how.
    async fn ends(&self, count: usize) -> Vec<LegEnd> {
        let end = |seen: &Seen| if let Seen::Event(LegEvent::Ended(end)) = seen { Some(end.clone()) } else { None };
        let ends = || self.seen().iter().filter_map(end).collect::<Vec<_>>();
        self.counters(|_| ends().len() >= count).await;
        ends()
    }

    /// Waits until the counters are as they are to be, and says what they were if they never are.
    async fn counters(&self, wanted: impl Fn(&NetCounters) -> bool) -> NetCounters {
        let until = Instant::now() + PATIENCE;
        loop {
            let counters = self.signal.counters();
            if wanted(&counters) {
                return counters;
            }
            assert!(Instant::now() < until, "{counters:?} and {:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn no_leg_is_left(&self) {
        self.counters(|counters| counters.legs == 0).await;
    }
}

async fn answer_all(mut incoming: mpsc::Receiver<Incoming>, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Some(event) = incoming.recv().await {
        match event {
            Incoming::Call(call) => drop(tokio::spawn(answer(*call, Arc::clone(&seen)))),
            Incoming::Message(IncomingMessage { content_type, body, .. }) => note(&seen, Seen::Message(content_type, body.into_inner())),
        }
    }
}

fn note(seen: &Mutex<Vec<Seen>>, what: Seen) {
    seen.lock().expect("no panic while it was held").push(what);
}

/// Dialled `ring`: rings for ever. `late`: rejects. Anything else: answers.
async fn answer(call: IncomingCall, seen: Arc<Mutex<Vec<Seen>>>) {
    let IncomingCall { mut leg, from_display, to_user, offer, .. } = call;
    note(&seen, Seen::Called { display: from_display.into_inner(), to: to_user.clone(), offered: offer.is_some() });
    let mut negotiation = Negotiation::new(SocketAddr::new(leg.local_ip(), RTP), 1);
    leg.ring();
    match (to_user.as_str(), offer) {
        ("ring", _) => {}
        ("full", _) => leg.reject(503, "Service Unavailable", Some(Duration::from_secs(7))),
        (_, None) => leg.answer(negotiation.offer()),
        (_, Some(offer)) => match negotiation.answer(&offer) {
            Ok((answer, _)) => leg.answer(answer),
            Err(error) => leg.reject(error.status().0, error.status().1, None),
        },
    }
    while let Some(event) = leg.event().await {
        match &event {
            LegEvent::Reoffered { sdp: Some(offer) } => {
                leg.answer_reoffer(negotiation.answer(offer).map(|(answer, _)| answer).map_err(|error| error.status().0));
            }
            LegEvent::Reoffered { sdp: None } => leg.answer_reoffer(Ok(negotiation.offer())),
            LegEvent::Confirmed { .. } if to_user == "short" => leg.hang_up(),
            _ => {}
        }
        note(&seen, Seen::Event(event));
    }
}

/// Runs one of our sipp scenarios; fails with what sipp said.
async fn sipp(scenario: &str, target: Option<SocketAddr>, arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder for sipp's files");
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp").join(scenario);
    let mut command = tokio::process::Command::new("sipp");
    command.args(target.map(|target| target.to_string())).arg("-sf").arg(file);
    command.args(["-i", "127.0.0.1", "-nostdin", "-trace_err", "-error_file", "errors.log", "-timeout", "30", "-timeout_error"]);
    command.args(arguments).current_dir(folder.path()).env("TERM", "xterm").stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().expect("sipp is missing: install the package sip-tester");
    let done = timeout(Duration::from_mins(1), child.wait_with_output()).await.expect("sipp ends in time").expect("sipp runs");
    let errors = std::fs::read_to_string(folder.path().join("errors.log")).unwrap_or_default();
    assert!(done.status.success(), "{scenario}: {}\n{}\n{errors}", done.status, String::from_utf8_lossy(&done.stderr));
}

/// Runs one of our sipp scenarios as a phone on a free port, while `caller` calls it.
async fn sipp_phone<F: Future>(scenario: &str, caller: impl FnOnce(SocketAddr) -> F) -> F::Output {
    let free = UdpSocket::bind("127.0.0.1:0").await.and_then(|socket| socket.local_addr()).expect("a free port");
    let port = free.port().to_string();
    let arguments = ["-p", &port, "-m", "1"];
    let phone = sipp(scenario, None, &arguments);
    let calling = async {
        // The INVITE is repeated until the phone is there.
        timeout(PATIENCE, caller(free)).await.expect("the call ends in time")
    };
    tokio::join!(phone, calling).1
}

fn invite(harness: &Harness, to: SocketAddr) -> SipLeg {
    let to = format!("sip:1001@{to}");
    let local = SocketAddr::new(harness.signal.local_ip_towards(&to), RTP);
    harness.signal.invite(Invite {
        to,
        from_user: "hotline".to_owned(),
        from_display: "热线".to_owned(),
        offer: Some(Negotiation::new(local, 9).offer()),
        headers: vec![("User-to-User".to_owned(), UserToUser::text("call=1", "bellhop").to_string())],
    })
}

fn request(method: &str, to: SocketAddr, id: &str, more: &str) -> String {
    format!(
        "{method} sip:1000@{to} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{id};rport\r\nFrom: <sip:a@127.0.0.1>;tag=f{id}\r\n\
         To: <sip:1000@{to}>\r\nCall-ID: {id}@torture\r\nCSeq: 1 {method}\r\nContact: <sip:a@127.0.0.1:9>\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// Sends a datagram and returns the first final response, if one is to come.
async fn exchange(to: SocketAddr, datagram: &[u8]) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.send_to(datagram, to).await.expect("sent");
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, _) = timeout(PATIENCE, socket.recv_from(&mut buffer)).await.expect("an answer in time").expect("received");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("SIP/2.0 1") {
            return text;
        }
    }
}

#[tokio::test]
async fn a_call_is_answered_and_ends_by_the_callers_bye() {
    let harness = Harness::start(|_| {});
    sipp("uac_basic.xml", Some(harness.address), &["-m", "1"]).await;
    harness.no_leg_is_left().await;
    harness.ends(1).await;
    let seen = harness.seen();
    assert_eq!(seen[0], Seen::Called { display: "caller".to_owned(), to: "service".to_owned(), offered: true });
    assert_eq!(seen[1..], [Seen::Event(LegEvent::Confirmed { sdp: None }), Seen::Event(LegEvent::Ended(LegEnd::Bye))]);
}

#[tokio::test]
async fn a_call_over_tcp_is_answered_too() {
    let harness = Harness::start(|_| {});
    assert_eq!(harness.signal.bound()[1].address.port(), harness.address.port(), "one port for both, if it is free");
    sipp("uac_basic.xml", Some(harness.signal.bound()[1].address), &["-m", "3", "-t", "t1"]).await;
    harness.no_leg_is_left().await;
    assert_eq!(harness.ends(3).await, vec![LegEnd::Bye; 3]);
}

#[tokio::test]
async fn an_invite_without_an_offer_gets_ours_and_the_ack_answers_it() {
    let harness = Harness::start(|_| {});
    sipp("uac_late_offer.xml", Some(harness.address), &["-m", "1"]).await;
    harness.ends(1).await;
    let seen = harness.seen();
    assert!(matches!(&seen[1], Seen::Event(LegEvent::Confirmed { sdp: Some(sdp) }) if sdp.contains("m=audio 40000 RTP/AVP 0")), "{seen:?}");
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_nothing_behind() {
    let harness = Harness::start(|_| {});
    sipp("uac_cancel.xml", Some(harness.address), &["-m", "5", "-s", "ring"]).await;
    harness.no_leg_is_left().await;
    assert_eq!(harness.ends(5).await, vec![LegEnd::Cancelled; 5]);
}

#[tokio::test]
async fn a_call_is_held_and_taken_back_and_a_key_comes_as_info() {
    let harness = Harness::start(|_| {});
    sipp("uac_reinvite.xml", Some(harness.address), &["-m", "1"]).await;
    harness.no_leg_is_left().await;
    harness.ends(1).await;
    let told: Vec<&str> = harness.seen()[1..]
        .iter()
        .map(|seen| match seen {
            Seen::Event(LegEvent::Confirmed { sdp }) => {
                if sdp.is_some() {
                    "acknowledged with an answer"
                } else {
                    "acknowledged"
                }
            }
            Seen::Event(LegEvent::Reoffered { sdp }) => {
                if sdp.is_some() {
                    "new offer"
                } else {
                    "asked for an offer"
                }
            }
            Seen::Event(LegEvent::Key(_)) => "key",
            Seen::Event(LegEvent::Ended(LegEnd::Bye)) => "bye",
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = ["acknowledged", "new offer", "acknowledged", "key", "asked for an offer", "acknowledged with an answer", "bye"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_hundred_calls_at_fifty_a_second_all_work() {
    let harness = Harness::start(|_| {});
    sipp("uac_basic.xml", Some(harness.address), &["-m", "100", "-r", "50", "-l", "100"]).await;
    harness.no_leg_is_left().await;
    assert_eq!(harness.ends(100).await, vec![LegEnd::Bye; 100]);
    assert_eq!(harness.signal.counters().dropped + harness.signal.counters().refused + harness.signal.counters().limited, 0);
}

#[tokio::test]
async fn we_hang_up_as_soon_as_the_answer_is_acknowledged() {
    let harness = Harness::start(|_| {});
    let caller = Harness::start(|_| {});
    let to = format!("sip:short@{}", harness.address);
    let offer = Some(Negotiation::new(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), RTP), 9).offer());
    let mut leg = caller.signal.invite(Invite { to, offer, ..Invite::default() });
    let mut events = Vec::new();
    while let Some(event) = timeout(PATIENCE, leg.event()).await.expect("the call ends") {
        events.push(event);
    }
    assert!(
        matches!(events.as_slice(), [LegEvent::Ringing, LegEvent::Answered { sdp: Some(_), .. }, LegEvent::Ended(LegEnd::Bye)]),
        "{events:?}"
    );
    harness.no_leg_is_left().await;
    caller.no_leg_is_left().await;
}

#[tokio::test]
async fn a_phone_answers_our_call_and_hears_our_bye() {
    let harness = Harness::start(|_| {});
    let calling = &harness;
    let end = sipp_phone("uas_answers.xml", |phone| async move {
        let mut leg = invite(calling, phone);
        assert_eq!(leg.event().await, Some(LegEvent::Ringing));
        let Some(LegEvent::Answered { sdp: Some(sdp), .. }) = leg.event().await else { panic!("no answer") };
        assert!(sdp.contains("m=audio 40002 RTP/AVP 8 101"), "{sdp}");
        leg.hang_up();
        (leg.event().await, leg.event().await)
    })
    .await;
    assert_eq!(end, (Some(LegEvent::Ended(LegEnd::Bye)), None));
    harness.no_leg_is_left().await;
}

#[tokio::test]
async fn a_busy_phone_is_told_as_busy() {
    let harness = Harness::start(|_| {});
    let calling = &harness;
    let end = sipp_phone("uas_busy.xml", |phone| async move {
        let mut leg = invite(calling, phone);
        leg.event().await
    })
    .await;
    assert_eq!(end, Some(LegEvent::Ended(LegEnd::Rejected { code: 486, reason: "Busy Here".to_owned() })));
    harness.no_leg_is_left().await;
}

#[tokio::test]
async fn a_phone_that_only_rings_is_cancelled_by_dropping_the_leg() {
    let harness = Harness::start(|_| {});
    let calling = &harness;
    sipp_phone("uas_rings.xml", |phone| async move {
        let mut leg = invite(calling, phone);
        assert_eq!(leg.event().await, Some(LegEvent::Ringing));
    })
    .await;
    harness.no_leg_is_left().await;
}

#[tokio::test]
async fn a_phone_that_is_not_there_is_a_timeout() {
    let harness = Harness::start(|config| config.t1 = Duration::from_millis(10));
    let nobody = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let mut leg = invite(&harness, nobody.local_addr().expect("bound"));
    assert_eq!(timeout(PATIENCE, leg.event()).await, Ok(Some(LegEvent::Ended(LegEnd::Timeout))));
    for wrong in ["", "1001", "sip:", "sips:1001@127.0.0.1", "sip:a@127.0.0.1;transport=tls", "sip:a@no.such.host.invalid"] {
        let mut leg = harness.signal.invite(Invite { to: wrong.to_owned(), ..Invite::default() });
        let end = timeout(PATIENCE, leg.event()).await;
        assert!(matches!(end, Ok(Some(LegEvent::Ended(LegEnd::Failed(_))))), "{wrong}: {end:?}");
    }
    harness.no_leg_is_left().await;
}

#[tokio::test]
async fn an_answer_that_nobody_acknowledges_ends_with_a_bye() {
    let harness = Harness::start(|config| config.t1 = Duration::from_millis(20));
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let here = socket.local_addr().expect("bound");
    let datagram = request("INVITE", harness.address, "noack", "Max-Forwards: 70\r\n").replace("127.0.0.1:9", &here.to_string());
    socket.send_to(datagram.as_bytes(), harness.address).await.expect("sent");
    let mut answers = 0;
    let mut buffer = vec![0; 8_192];
    loop {
        let (length, _) = timeout(PATIENCE, socket.recv_from(&mut buffer)).await.expect("a BYE in time").expect("received");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        answers += u32::from(text.starts_with("SIP/2.0 200"));
        if text.starts_with("BYE ") {
            let head = text.lines().filter(|line| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name)));
            let ok = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", head.collect::<Vec<_>>().join("\r\n"));
            socket.send_to(ok.as_bytes(), harness.address).await.expect("sent");
            break;
        }
    }
    assert!(answers > 1, "the 200 was sent once");
    harness.no_leg_is_left().await;
    assert_eq!(harness.ends(1).await, [LegEnd::Timeout]);
}

#[tokio::test]
async fn malformed_datagrams_are_answered_or_dropped_and_leave_no_leg() {
    let harness = Harness::start(|_| {});
    let to = harness.address;
    let good = |id: &str| request("INVITE", to, id, "Max-Forwards: 70\r\n");
    let answered = [
        (good("m1").replace("SIP/2.0\r\nVia", "SIP/3.0\r\nVia"), "505"),
        (good("m2").replace("Max-Forwards: 70", "Max-Forwards: 0"), "483"),
        (good("m3").replace("Max-Forwards: 70", "Require: chess"), "420"),
        (good("m4").replace("INVITE sip:", "INVITE http:"), "416"),
        (good("m5").replace("CSeq: 1 INVITE", "CSeq: x"), "400"),
        (good("m6").replace("Contact: <sip:a@127.0.0.1:9>\r\n", ""), "400"),
        (good("m7").replace(";tag=fm7", ""), "400"),
        (good("m8").replace("INVITE", "JUGGLE"), "405"),
        (good("m9").replace("INVITE", "REGISTER"), "405"),
        (good("m10").replace("Content-Length: 0\r\n\r\n", "Content-Len"), "400"),
    ];
    for (datagram, status) in &answered {
        let answer = exchange(to, datagram.as_bytes()).await;
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{datagram}{answer}");
    }
    let endless = vec![0xfe; 60_000];
    let garbage: [&[u8]; 5] = [b"garbage\r\n\r\n", b"\x00\xff\x80", b"SIP/2.0 200 OK\r\n\r\n", b"INVITE", &endless];
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for datagram in garbage {
        socket.send_to(datagram, to).await.expect("sent");
    }
    let counters = harness.counters(|counters| counters.dropped == 5).await;
    assert_eq!((counters.refused, counters.legs), (10, 0));
    assert_eq!(harness.seen(), []);
}

#[tokio::test]
async fn an_invite_that_comes_thrice_is_one_call() {
    let harness = Harness::start(|_| {});
    let datagram = request("INVITE", harness.address, "thrice", "Max-Forwards: 70\r\n").replace("sip:1000@", "sip:full@");
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for _ in 0..3 {
        socket.send_to(datagram.as_bytes(), harness.address).await.expect("sent");
    }
    harness.ends(1).await;
    harness.counters(|counters| counters.received == 3 && counters.legs == 0).await;
    assert_eq!(harness.seen().iter().filter(|seen| matches!(seen, Seen::Called { .. })).count(), 1);
}

#[tokio::test]
async fn a_caller_whose_name_is_gbk_and_whose_length_is_missing_is_answered() {
    let harness = Harness::start(|_| {});
    let text = request("INVITE", harness.address, "gbk", "Max-Forwards: 70\r\n").replace("Content-Length: 0\r\n", "");
    let (before, after) = text.split_once("<sip:a@").expect("a From");
    let sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n";
    let datagram = [before.as_bytes(), b"\"\xd5\xc5\xc8\xfd\" <sip:a@", after.as_bytes(), sdp].concat();
    let answer = exchange(harness.address, &datagram).await;
    assert!(answer.starts_with("SIP/2.0 200 OK") && answer.contains("m=audio 30000 RTP/AVP 8\r\n"), "{answer}");
    assert_eq!(harness.seen()[0], Seen::Called { display: "张三".to_owned(), to: "1000".to_owned(), offered: true });
    assert_eq!(harness.signal.counters().repaired, 1);
}

#[tokio::test]
async fn a_draining_or_full_house_says_so_and_when_to_come_back() {
    let harness = Harness::start(|config| config.max_calls = 1);
    let options = |id: &str| request("OPTIONS", harness.address, id, "Max-Forwards: 70\r\n");
    assert!(exchange(harness.address, options("o1").as_bytes()).await.starts_with("SIP/2.0 200 OK"));
    let first = request("INVITE", harness.address, "first", "Max-Forwards: 70\r\n");
    assert!(exchange(harness.address, first.as_bytes()).await.starts_with("SIP/2.0 200 OK"));
    let second = request("INVITE", harness.address, "second", "Max-Forwards: 70\r\n");
    let refused = exchange(harness.address, second.as_bytes()).await;
    assert!(refused.starts_with("SIP/2.0 503 ") && refused.contains("Retry-After: 5\r\n"), "{refused}");
    harness.signal.set_draining(Draining::Yes);
    let refused = exchange(harness.address, options("o2").as_bytes()).await;
    assert!(refused.starts_with("SIP/2.0 503 "), "{refused}");
    assert_eq!(harness.signal.counters().overloaded, 1);
}

#[tokio::test]
async fn a_refusal_of_ours_says_when_to_come_back() {
    let harness = Harness::start(|_| {});
    let full = request("INVITE", harness.address, "full", "Max-Forwards: 70\r\n").replace("sip:1000@", "sip:full@");
    let refused = exchange(harness.address, full.as_bytes()).await;
    assert!(refused.starts_with("SIP/2.0 503 ") && refused.contains("Retry-After: 7\r\n"), "{refused}");
    let codecs = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 9\r\n";
    let other = request("INVITE", harness.address, "g722", "Max-Forwards: 70\r\n").replace("Content-Length: 0\r\n", "") + codecs;
    let refused = exchange(harness.address, other.as_bytes()).await;
    assert!(refused.starts_with("SIP/2.0 488 "), "{refused}");
    harness.no_leg_is_left().await;
}

#[tokio::test]
async fn a_message_reaches_a_phone_that_takes_its_type() {
    let seat = Harness::start(|config| config.accept_messages = vec!["application/vnd.bellhop.handoff+json".to_owned()]);
    let deaf = Harness::start(|_| {});
    let to = |harness: &Harness| format!("sip:1001@{}", harness.address);
    let handoff = "application/vnd.bellhop.handoff+json";
    let body = r#"{"part":1,"of":1}"#.as_bytes().to_vec();
    let signal = &deaf.signal;
    assert!(matches!(signal.message(&to(&seat), "hotline", handoff, body.clone()).await, Ok(200)));
    assert!(matches!(signal.message(&to(&seat), "hotline", "text/plain", b"hello".to_vec()).await, Ok(415)));
    assert!(matches!(signal.message(&to(&deaf), "hotline", handoff, body.clone()).await, Ok(405)));
    let over_tcp = format!("{};transport=tcp", to(&seat));
    assert!(matches!(signal.message(&over_tcp, "hotline", handoff, body.clone()).await, Ok(200)));
    assert!(signal.message("sip:nobody", "hotline", handoff, body.clone()).await.is_err());
    seat.counters(|_| seat.seen().len() == 2).await;
    assert_eq!(seat.seen(), vec![Seen::Message(handoff.to_owned(), body); 2]);
}

#[tokio::test]
async fn stopping_hangs_up_and_ends_the_thread() {
    let (phone, caller) = (Harness::start(|_| {}), Harness::start(|_| {}));
    let mut leg = invite(&caller, phone.address);
    while !matches!(timeout(PATIENCE, leg.event()).await.expect("an event"), Some(LegEvent::Answered { .. })) {}
    let Harness { signal, .. } = caller;
    timeout(PATIENCE, signal.stop()).await.expect("the thread ends");
    assert_eq!(leg.event().await, Some(LegEvent::Ended(LegEnd::Bye)));
    phone.no_leg_is_left().await;
    assert_eq!(phone.ends(1).await, [LegEnd::Bye]);
}
