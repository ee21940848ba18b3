//! Callers who give up in the very moment in which they are answered: CANCEL races the 200 (RFC 3261 §9.1), both on the wire at once.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::support::{Server, ServerOptions, wait_until};

/// How long after its INVITE a call is cancelled, in turn: before, while and after it is answered.
const AFTER_US: [u64; 10] = [0, 100, 300, 600, 900, 1_200, 1_600, 2_000, 3_000, 5_000];
const CALLS: usize = 200;

/// A caller's telephone of a few lines: one socket, one call at a time.
struct Telephone {
    socket: UdpSocket,
    rtp: UdpSocket,
}

impl Telephone {
    fn request(&self, method: &str, call: usize, branch: &str, cseq: u32, to_tag: &str, body: &str) -> String {
        let local = self.socket.local_addr().unwrap();
        let remote = self.socket.peer_addr().unwrap();
        let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
        let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:8001@{remote} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{branch}{call}\r\nMax-Forwards: 70\r\n\
             From: <sip:13800000000@{local}>;tag=f{call}\r\nTo: <sip:8001@{remote}>{to_tag}\r\nCall-ID: race{call}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:13800000000@{local}>\r\n{content}Content-Length: {length}\r\n\r\n{body}",
            length = body.len(),
        )
    }

    fn send(&self, message: &str) {
        self.socket.send(message.as_bytes()).unwrap();
    }

    /// Places a call, cancels it, and sees both to their end; returns the INVITE's final answer and the CANCEL's.
    fn race(&self, call: usize, after: Duration) -> (u16, u16) {
        let port = self.rtp.local_addr().unwrap().port();
        let offer =
            format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=ptime:20\r\n");
        let sent = Instant::now();
        self.send(&self.request("INVITE", call, "i", 1, "", &offer));
        while sent.elapsed() < after {
            std::hint::spin_loop();
        }
        self.send(&self.request("CANCEL", call, "i", 1, "", ""));
        let mut answers: BTreeMap<String, (u16, String)> = BTreeMap::new();
        while !(answers.contains_key("INVITE") && answers.contains_key("CANCEL")) {
            let (method, code, to_tag) = self.answer(call);
            answers.entry(method).or_insert((code, to_tag));
        }
        let (invite, to_tag) = answers["INVITE"].clone();
        if invite == 200 {
            self.send(&self.request("ACK", call, "a", 1, &to_tag, ""));
            self.send(&self.request("BYE", call, "b", 2, &to_tag, ""));
            loop {
                let (method, code, _) = self.answer(call);
                if method == "BYE" {
                    assert_eq!(code, 200, "the BYE of an answered call");
                    break;
                }
            }
        } else {
            self.send(&self.request("ACK", call, "i", 1, &to_tag, ""));
        }
        (invite, answers["CANCEL"].0)
    }

    /// Waits for the next final answer of a call: its request's method, the code and the tag of To.
    fn answer(&self, call: usize) -> (String, u16, String) {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("no final answer in call {call}: {error}"));
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let header = |name: &str| {
                let line = text.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name)));
                line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
            };
            let code: u16 = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            if text.starts_with("SIP/2.0 ") && code >= 200 && header("Call-ID") == format!("race{call}") {
                let method = header("CSeq").split(' ').nth(1).unwrap_or_default().to_owned();
                let tag = header("To").split("tag=").nth(1).unwrap_or_default().to_owned();
                return (method, code, tag);
            }
        }
    }
}

#[test]
fn a_cancel_that_races_the_answer_ends_the_call_once_and_leaves_nothing_behind() {
    let server = Server::start(&ServerOptions::default());
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.sip).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let telephone = Telephone { socket, rtp: UdpSocket::bind("127.0.0.1:0").unwrap() };
    let mut ends: BTreeMap<(u16, u16), usize> = BTreeMap::new();
    for call in 0..CALLS {
        let after = Duration::from_micros(AFTER_US[call % AFTER_US.len()]);
        *ends.entry(telephone.race(call, after)).or_default() += 1;
    }
    // Cancelled in time, answered before the CANCEL came, or over before it came.
    let allowed = [(487, 200), (200, 200), (200, 481)];
    assert!(ends.keys().all(|end| allowed.contains(end)), "{ends:?}\n{}", server.log());
    assert!(ends.keys().any(|(invite, _)| *invite == 200) && ends.keys().any(|(invite, _)| *invite == 487), "no race was run: {ends:?}");
    wait_until("all calls are over", Duration::from_secs(10), || server.metric("bellhop_calls_open") == Some(0.0));
    wait_until("every call has one complete record", Duration::from_secs(10), || {
        server.records().iter().all(|record| record["disposition"] == "caller_hung_up" || record["disposition"] == "abandoned")
    });
    assert!(server.records().len() <= CALLS);
}
