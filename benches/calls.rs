//! Whole-process figures of calls, seen from a caller's side: real SIP and RTP to a running `bellhop serve` on loopback.
//!
//! `cargo bench --bench calls` prints every figure of docs/performance.md that concerns calls. Both processes share this machine's cores.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::type_complexity, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bellhop::audio::{Codec, Frame8k, level_dbfs};
use bellhop::base::Language;
use bellhop::engines::Voice;
use bellhop::speech::Wording;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use support::{Server, ServerOptions, http_get};

const DIALPLAN: &str = r#"
dialplan: 1
name: bench
language: zh
numbers: ["*"]
start: [{play: welcome}, listen]
silence: {after: 60s, times: 9, then: [hangup]}
prompts:
  welcome: 您好，这里是营业厅，请问有什么可以帮您，您可以说营业时间，也可以说查询余额，或者说转人工。
  hours: 我们的营业时间是每天上午九点到下午六点，周末和节假日照常营业，欢迎您随时来电咨询，再次感谢您的来电。
intents:
  hours: {examples: [营业时间, 营业时间是几点, 查询营业时间], play: hours}
  human: {examples: [转人工, 人工客服, 我要人工], transfer: {queue: general, reason: asked}}
queues:
  general: {skills: [general], max_wait: 60s, overflow: callback, wrap_up: 1s}
"#;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("bench.yaml"), DIALPLAN).unwrap();
    let config = format!("dialplans: {}\nlimits: {{calls: 400}}\n", folder.path().display());
    let server = Server::start(&ServerOptions { config, ..ServerOptions::default() });
    // `-- --memory 8000`, `-- --set-up 500`: only that part, with so many calls.
    let arguments: Vec<String> = std::env::args().collect();
    let only = |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].parse().unwrap());
    let (only_memory, only_set_up) = (only("--memory"), only("--set-up"));
    runtime.block_on(async {
        let client = Client::start(server.sip).await;
        if let Some(calls) = only_memory {
            return memory(&client, &server, calls).await;
        }
        if let Some(calls) = only_set_up {
            return set_up(&client, calls).await;
        }
        set_up(&client, if quick { 100 } else { 500 }).await;
        conversation(&client, if quick { 5 } else { 30 }).await;
        crowd(&client, &server, if quick { 20 } else { 100 }, Duration::from_secs(if quick { 5 } else { 20 })).await;
        memory(&client, &server, if quick { 200 } else { 2000 }).await;
    });
}

fn figure(name: &str, mut values: Vec<f64>, unit: &str) {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
    println!(
        "{name:<46} n={:<6} p50 {:8.2}  p95 {:8.2}  p99 {:8.2}  max {:8.2} {unit}",
        values.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

/// A SIP client of a few lines, so that the figures do not measure our own library on both sides.
#[derive(Clone)]
struct Client {
    socket: Arc<UdpSocket>,
    server: SocketAddr,
    waiting: Arc<Mutex<HashMap<String, mpsc::UnboundedSender<(Instant, String)>>>>,
}

struct Call {
    client: Client,
    id: String,
    tag: String,
    rtp: Arc<UdpSocket>,
    remote: SocketAddr,
    invite_to_ok: Duration,
    answered: Instant,
}

impl Client {
    async fn start(server: SocketAddr) -> Self {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let waiting: Arc<Mutex<HashMap<String, mpsc::UnboundedSender<(Instant, String)>>>> = Arc::default();
        let client = Self { socket: Arc::clone(&socket), server, waiting: Arc::clone(&waiting) };
        tokio::spawn(async move {
            let mut buffer = vec![0; 65_536];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let at = Instant::now();
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text.starts_with("BYE ") {
                    let _ = socket.send_to(ok_to(&text).as_bytes(), from).await;
                }
                let id = header(&text, "Call-ID").to_owned();
                if let Some(sender) = waiting.lock().unwrap().get(&id) {
                    let _ = sender.send((at, text));
                }
            }
        });
        client
    }

    fn request(&self, method: &str, id: &str, cseq: u32, to_tag: &str, body: &str) -> String {
        let local = self.socket.local_addr().unwrap();
        let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
        let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:8001@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{id}{cseq}{method}\r\nMax-Forwards: 70\r\n\
             From: <sip:13800000000@{local}>;tag=f{id}\r\nTo: <sip:8001@{server}>{to_tag}\r\nCall-ID: {id}\r\nCSeq: {cseq} {cseq_method}\r\n\
             Contact: <sip:13800000000@{local}>\r\n{content}Content-Length: {length}\r\n\r\n{body}",
            server = self.server,
            cseq_method = method,
            length = body.len(),
        )
    }

    async fn call(&self, id: &str) -> Call {
        let rtp = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let port = rtp.local_addr().unwrap().port();
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
        );
        let (sender, mut answers) = mpsc::unbounded_channel();
        self.waiting.lock().unwrap().insert(id.to_owned(), sender);
        let sent = Instant::now();
        self.socket.send_to(self.request("INVITE", id, 1, "", &sdp).as_bytes(), self.server).await.unwrap();
        loop {
            let (at, text) = tokio::time::timeout(Duration::from_secs(5), answers.recv()).await.expect("an answer within 5 s").unwrap();
            if text.starts_with("SIP/2.0 1") {
                continue;
            }
            assert!(text.starts_with("SIP/2.0 200"), "{text}");
            let tag = header(&text, "To").split("tag=").nth(1).unwrap().to_owned();
            let remote_port: u16 = text.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            self.socket.send_to(self.request("ACK", id, 1, &tag, "").as_bytes(), self.server).await.unwrap();
            let remote = SocketAddr::new(self.server.ip(), remote_port);
            return Call { client: self.clone(), id: id.to_owned(), tag, rtp, remote, invite_to_ok: at - sent, answered: at };
        }
    }
}

impl Call {
    async fn end(self) {
        let bye = self.client.request("BYE", &self.id, 2, &self.tag, "");
        let _ = self.client.socket.send_to(bye.as_bytes(), self.client.server).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.client.waiting.lock().unwrap().remove(&self.id);
    }
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let with = |line: &&str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
    message.lines().find(with).and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}

fn ok_to(request: &str) -> String {
    let kept: Vec<&str> = request
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|name| line.starts_with(&format!("{name}:"))))
        .collect();
    format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", kept.join("\r\n"))
}

/// Calls at 50 a second: how soon they are answered, and how soon the greeting begins.
async fn set_up(client: &Client, calls: u32) {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    let mut tasks = Vec::new();
    for index in 0..calls {
        every.tick().await;
        let client = client.clone();
        tasks.push(tokio::spawn(async move {
            let call = client.call(&format!("setup{index}")).await;
            let mut packet = [0; 512];
            tokio::time::timeout(Duration::from_secs(2), call.rtp.recv_from(&mut packet)).await.expect("a packet").unwrap();
            let figures = (call.invite_to_ok, call.answered.elapsed());
            tokio::time::sleep(Duration::from_secs(1)).await;
            call.end().await;
            figures
        }));
    }
    let (mut answered, mut first) = (Vec::new(), Vec::new());
    for task in tasks {
        let (invite_to_ok, ok_to_packet) = task.await.unwrap();
        answered.push(invite_to_ok.as_secs_f64() * 1e3);
        first.push(ok_to_packet.as_secs_f64() * 1e3);
    }
    figure("INVITE to 200, 50 calls/s", answered, "ms");
    figure("200 to the first packet of the greeting", first, "ms");
}

fn frames_of(samples: &[i16]) -> Vec<Frame8k> {
    samples
        .chunks(160)
        .map(|chunk| {
            let mut frame = Frame8k::SILENCE;
            frame.0[..chunk.len()].copy_from_slice(chunk);
            frame
        })
        .collect()
}

fn voiced(frame: &Frame8k) -> bool {
    level_dbfs(frame.samples()) > -45.0
}

fn packet(frame: &Frame8k, sequence: u16) -> [u8; 172] {
    let mut packet = [0; 172];
    packet[0] = 0x80;
    packet[1] = 8;
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&7_u32.to_be_bytes());
    let mut payload = [0; 160];
    Codec::Pcma.encode(frame, &mut payload);
    packet[12..].copy_from_slice(&payload);
    packet
}

/// A caller who speaks now and then; what is heard comes with its time.
struct Talker {
    say: mpsc::UnboundedSender<Vec<Frame8k>>,
    heard: mpsc::UnboundedReceiver<(Instant, bool)>,
    said: mpsc::UnboundedReceiver<(Instant, Instant)>,
}

impl Talker {
    fn start(call: &Call) -> Self {
        let (say, mut wanted) = mpsc::unbounded_channel::<Vec<Frame8k>>();
        let (hear, heard) = mpsc::unbounded_channel();
        let (tell, said) = mpsc::unbounded_channel();
        let (socket, remote) = (Arc::clone(&call.rtp), call.remote);
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_millis(20));
            let mut queue: std::collections::VecDeque<Frame8k> = std::collections::VecDeque::new();
            let (mut begin, mut last) = (None, None);
            let mut sequence = 0_u16;
            loop {
                every.tick().await;
                if queue.is_empty() {
                    match wanted.try_recv() {
                        Ok(frames) => queue.extend(frames),
                        Err(mpsc::error::TryRecvError::Disconnected) => return,
                        Err(mpsc::error::TryRecvError::Empty) => {}
                    }
                }
                let frame = queue.pop_front().unwrap_or(Frame8k::SILENCE);
                if voiced(&frame) {
                    begin = begin.or(Some(Instant::now()));
                    last = Some(Instant::now() + Duration::from_millis(20));
                }
                if queue.is_empty()
                    && let (Some(begin), Some(last)) = (begin.take(), last.take())
                {
                    let _ = tell.send((begin, last));
                }
                sequence = sequence.wrapping_add(1);
                let _ = socket.send_to(&packet(&frame, sequence), remote).await;
            }
        });
        let socket = Arc::clone(&call.rtp);
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((length, _)) = socket.recv_from(&mut buffer).await {
                let at = Instant::now();
                let mut frame = Frame8k::SILENCE;
                if length == 172 {
                    Codec::Pcma.decode(&buffer[12..172], &mut frame);
                    if hear.send((at, voiced(&frame))).is_err() {
                        return;
                    }
                }
            }
        });
        Self { say, heard, said }
    }

    /// Waits until `count` packets in a row are voiced (or not); returns when the first of them came.
    async fn wait_for(&mut self, wanted: bool, count: usize) -> Instant {
        let (mut run, mut began) = (0, Instant::now());
        loop {
            let (at, is_voiced) =
                tokio::time::timeout(Duration::from_secs(40), self.heard.recv()).await.expect("something within 40 s").unwrap();
            if is_voiced == wanted {
                if run == 0 {
                    began = at;
                }
                run += 1;
                if run == count {
                    return began;
                }
            } else {
                run = 0;
            }
        }
    }
}

async fn spoken(text: &str) -> Vec<Frame8k> {
    let voice = Voice::find().await.unwrap();
    let speech = voice.speak(&Wording { text: text.into(), language: Language::Zh, speed: 100 }).await.unwrap();
    frames_of(&speech)
}

/// One caller who asks again and again into the running answer: barge-in and reply.
async fn conversation(client: &Client, rounds: u32) {
    let call = client.call("conversation").await;
    let mut talker = Talker::start(&call);
    let question = spoken("营业时间").await;
    let (mut stops, mut replies) = (Vec::new(), Vec::new());
    talker.wait_for(true, 5).await;
    for _ in 0..rounds {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        while talker.heard.try_recv().is_ok() {}
        talker.say.send(question.clone()).unwrap();
        let silent = talker.wait_for(false, 6).await;
        let (began, ended) = tokio::time::timeout(Duration::from_secs(5), talker.said.recv()).await.unwrap().unwrap();
        let reply = talker.wait_for(true, 2).await;
        stops.push(silent.saturating_duration_since(began).as_secs_f64() * 1e3);
        replies.push(reply.saturating_duration_since(ended).as_secs_f64() * 1e3);
    }
    figure("caller speaks to prompt stops", stops, "ms");
    figure("last voiced sample to reply audio", replies, "ms");
    call.end().await;
}

/// Many calls at once, a tenth of them speaking, beside an empty timer loop.
async fn crowd(client: &Client, server: &Server, calls: usize, lasting: Duration) {
    let question = spoken("营业时间").await;
    let mut open = Vec::new();
    for index in 0..calls {
        let call = client.call(&format!("crowd{index}")).await;
        let talker = Talker::start(&call);
        open.push((call, talker));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = lateness(server);
    let empty = std::thread::spawn(move || empty_timer_loop(lasting));
    let until = Instant::now() + lasting;
    while Instant::now() < until {
        for (_, talker) in open.iter_mut().step_by(10) {
            let _ = talker.say.send(question.clone());
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    let after = lateness(server);
    let ticks: Vec<(f64, f64)> = after.iter().zip(&before).map(|(after, before)| (after.0, after.1 - before.1)).collect();
    let total = ticks.last().unwrap().1;
    let at = |part: f64| ticks.iter().find(|(_, count)| *count >= total * part).unwrap().0 * 1e3;
    println!(
        "send lateness, {calls} calls, {} speaking: {total} ticks, p99 <= {} ms, p99.9 <= {} ms, share within 10 ms {:.5}",
        calls.div_ceil(10),
        at(0.99),
        at(0.999),
        ticks.iter().find(|(bound, _)| *bound >= 0.01).unwrap().1 / total
    );
    figure("empty timer loop lateness, same time", empty.join().unwrap(), "ms");
    for (call, _) in open {
        call.end().await;
    }
}

fn lateness(server: &Server) -> Vec<(f64, f64)> {
    let (_, body) = http_get(server.http, "/metrics", None);
    let mut classes: Vec<(f64, f64)> = body
        .lines()
        .filter_map(|line| line.strip_prefix("bellhop_tick_lateness_seconds_bucket{le=\""))
        .filter_map(|rest| rest.split_once("\"} "))
        .map(|(bound, count)| (bound.parse().unwrap_or(f64::INFINITY), count.parse().unwrap()))
        .collect();
    classes.sort_by(|one, other| one.0.total_cmp(&other.0));
    classes
}

fn empty_timer_loop(lasting: Duration) -> Vec<f64> {
    let begin = Instant::now();
    let mut late = Vec::new();
    let mut due = begin;
    while begin.elapsed() < lasting {
        due += Duration::from_millis(20);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        late.push(due.elapsed().as_secs_f64() * 1e3);
    }
    late
}

/// The process's own memory in MiB, without the pages of its program file, of which every first use adds some.
fn resident_mib(server: &Server) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.0.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Many short calls one after another: what they leave in memory.
async fn memory(client: &Client, server: &Server, calls: u32) {
    println!("resident memory before the short calls: {:.1} MiB", resident_mib(server));
    // What is made at the first calls and kept for all others is no growth: the start is what a first load leaves.
    short_calls(client, "first", calls.min(250)).await;
    settle().await;
    println!("resident memory at the start: {:.1} MiB", resident_mib(server));
    for round in 1..=4 {
        short_calls(client, &format!("short{round}"), calls / 4).await;
        println!("resident memory after {:>5} calls: {:.1} MiB", round * calls / 4, resident_mib(server));
    }
    settle().await;
    println!("resident memory 45 s later: {:.1} MiB", resident_mib(server));
}

/// Finished SIP transactions are kept for 32 s (RFC 3261 section 17.2.2, timer J), so that repeated requests get the same answer.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(45)).await;
}

/// So many calls, a hundred a second, each for 0.2 s.
async fn short_calls(client: &Client, name: &str, calls: u32) {
    let mut every = tokio::time::interval(Duration::from_millis(10));
    let mut tasks = Vec::new();
    for index in 0..calls {
        every.tick().await;
        let (client, name) = (client.clone(), format!("{name}x{index}"));
        tasks.push(tokio::spawn(async move {
            let call = client.call(&name).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            call.end().await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}
