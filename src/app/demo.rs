//! `bellhop demo`: the whole hotline on one machine: the business systems, a seat's phone and a caller as processes of their own,
//! two calls, the conversation on the terminal as it happens; then it goes on serving.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;

use super::cli::DemoArgs;
use super::config::{Config, Overrides};
use super::gateway::Gateway;
use super::print::line;
use crate::base::{CallId, Clock};
use crate::call::{Keep, LiveCalls, TapEvent, TapWhat};

/// The hotline that is called, by its file's name.
const HOTLINE: &str = "youxuan";
const PATIENCE: Duration = Duration::from_secs(5);
/// A demonstration call never takes this long; a hung one must not hang the demonstration.
const CALL_AT_MOST: Duration = Duration::from_mins(2);

/// Runs the demonstration.
///
/// # Errors
/// Where something does not start, or (with `--once`) a step of a call failed.
pub async fn demo(args: DemoArgs) -> Result<()> {
    let sip = free_address(&args.sip, "SIP")?;
    let http = free_address(&args.http, "console")?;
    let folder = args.data.join("demo");
    make_private(&args.data)?;
    make_private(&folder)?;

    line("bellhop demo · 演示：几个业务系统、一部坐席话机、两通来电，都是独立的进程，都走真实的 SIP 和 RTP");
    let (mut systems, systems_url) = start_systems().await?;
    line(&format!("  业务系统 systems {systems_url}  (shop, telecom, bank: HTTP, asked during the calls)"));
    let (mut seat, seat_lines, seat_address) = start_seat()?;
    line(&format!("  坐席 seat 1001 sip:1001@{seat_address}  (its only source is SIP)"));
    let seats = folder.join("seats.yaml");
    std::fs::write(
        &seats,
        format!(
            "seats:\n  - {{id: \"1001\", name: 一号席, contact: \"sip:1001@{seat_address}\", skills: {{general: 3, complaints: 2}}, packet: json}}\n"
        ),
    )?;
    let flags = Overrides {
        sip: vec![format!("udp:{sip}"), format!("tcp:{sip}")],
        http: Some(http.clone()),
        seats: Some(seats),
        data: Some(args.data.clone()),
        ..Overrides::default()
    };
    let mut config = Config::load(None, flags)?;
    for (name, system) in [("SHOP_URL", "shop"), ("TELECOM_URL", "telecom"), ("BANK_URL", "bank")] {
        config.variables.insert(name.to_owned(), format!("{systems_url}/{system}"));
    }
    let gateway = Gateway::start(config, Clock::start()).await?;
    let number = gateway.number_of(HOTLINE);
    line(&format!("  热线 hotline   sip:{number}@{sip}  (udp and tcp)"));
    for (name, number) in gateway.numbers().into_iter().filter(|(_, other)| *other != number) {
        line(&format!("                 sip:{number}@{sip}  {name}"));
    }
    line(&format!("  看和听 watch   http://{http}/?token={}", gateway.token));
    line("");

    let mut show = Show::start(&gateway, seat_lines);
    let target = format!("sip:{number}@{sip}");
    let spoken =
        call(&mut show, "第一通：说订单号，再转人工 · call 1: by voice, then a person", &target, &folder.join("caller-1.wav"), SPOKEN)
            .await;
    let pressed = call(&mut show, "第二通：按键输入订单号 · call 2: by keypad", &target, &folder.join("caller-2.wav"), PRESSED).await;
    show.sum_up(&gateway, &args.data).await;

    let outcome = spoken.and(pressed);
    if args.once {
        gateway.drain(PATIENCE).await;
        gateway.stop().await;
    } else {
        if let Err(error) = &outcome {
            line(&format!("  ✗ {error:#}"));
        }
        line("");
        line(&format!("Bellhop 继续接听。用任何软电话呼叫 sip:{number}@{sip} ，例如："));
        line(&format!("  baresip -e \"/dial sip:{number}@{sip}\""));
        line(&format!("  target/debug/bellhop dial {target} --until 请问 --say 营业时间 --wait 4"));
        line(&format!("浏览器里看通话、听通话： http://{http}/?token={}", gateway.token));
        line("Ctrl-C 结束。 (serving until Ctrl-C; the demo seat and systems go on too)");
        super::signals::stop_asked().await;
        gateway.drain(PATIENCE).await;
        gateway.stop().await;
    }
    end(&mut seat).await;
    end(&mut systems).await;
    if args.once { outcome } else { Ok(()) }
}

const SPOKEN: &[&str] = &[
    "--until",
    "可以帮您",
    "--wait",
    "0.6",
    "--say",
    "我要查订单",
    "--until",
    "帮您查",
    "--wait",
    "0.6",
    "--say",
    "一二三四五六七八",
    "--until",
    "可以帮您",
    "--wait",
    "0.6",
    "--say",
    "转人工",
    "--until",
    "人工",
    "--until",
    "我是客服",
    "--wait",
    "2.5",
    "--say",
    "我要退货",
    "--wait",
    "4",
];
const PRESSED: &[&str] = &[
    "--until",
    "可以帮您",
    "--wait",
    "0.6",
    "--say",
    "我要查订单",
    "--until",
    "帮您查",
    "--wait",
    "0.6",
    "--press",
    "12345678#",
    "--until",
    "可以帮您",
    "--wait",
    "0.6",
    "--say",
    "没有了",
    "--until",
    "再见",
];

/// Uses the address if it is free, else the next free port after it, and says so.
fn free_address(wanted: &str, what: &str) -> Result<String> {
    let address: std::net::SocketAddr = wanted.parse().with_context(|| format!("{wanted:?} is no address; write 127.0.0.1:5060"))?;
    for port in address.port()..=address.port().saturating_add(100) {
        let candidate = std::net::SocketAddr::new(address.ip(), port);
        // Both are bound again by who serves there; between the two nobody else is expected.
        if std::net::TcpListener::bind(candidate).is_ok() && std::net::UdpSocket::bind(candidate).is_ok() {
            if port != address.port() {
                line(&format!("  ({what}: {wanted} is taken, using {candidate})"));
            }
            return Ok(candidate.to_string());
        }
    }
    bail!("no free port for {what} from {wanted} on")
}

/// Makes a folder that only its owner reads.
fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

fn own_program() -> Result<PathBuf> {
    std::env::current_exe().context("finding the own program")
}

fn child(arguments: &[&str]) -> Result<Child> {
    Command::new(own_program()?)
        .args(arguments)
        .env_remove("BELLHOP_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting bellhop {}", arguments.first().unwrap_or(&"")))
}

fn lines_of(child: &mut Child) -> Result<Lines<BufReader<ChildStdout>>> {
    Ok(BufReader::new(child.stdout.take().context("a child without output")?).lines())
}

async fn start_systems() -> Result<(Child, String)> {
    let mut child = child(&["demo-systems", "--listen", "127.0.0.1:0"])?;
    let mut lines = lines_of(&mut child)?;
    let first = lines.next_line().await?.context("the demo systems ended before it was ready")?;
    let url = first.rsplit(' ').next().unwrap_or_default().to_owned();
    Ok((child, url))
}

fn start_seat() -> Result<(Child, Lines<BufReader<ChildStdout>>, String)> {
    let address = free_address("127.0.0.1:5070", "seat")?;
    let mut child = child(&["answer", "--listen", &address, "--after", "4", "--say", "您好，我是客服，请问您需要什么？", "--json"])?;
    let lines = lines_of(&mut child)?;
    Ok((child, lines, address))
}

async fn end(child: &mut Child) {
    if let Some(pid) = child.id() {
        // Our own child, by its pid: it ends as Ctrl-C would end it, and is killed when it does not.
        let _ = Command::new("kill").arg(pid.to_string()).status().await;
        if tokio::time::timeout(Duration::from_secs(2), child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

async fn call(show: &mut Show, title: &str, target: &str, record: &Path, steps: &[&str]) -> Result<()> {
    line(&format!("── {title}"));
    let record = record.display().to_string();
    // A caller who is asked back, or not heard, says it again, as people do.
    let mut arguments = vec!["dial", target, "--from", "13800000000", "--again", "2", "--record", &record, "--json"];
    arguments.extend(steps);
    let mut child = child(&arguments)?;
    let mut events = lines_of(&mut child)?;
    let mut failure = None;
    let ended = tokio::time::timeout(CALL_AT_MOST, async {
        loop {
            tokio::select! {
                event = events.next_line() => match event? {
                    Some(event) => failure = failed_step(&event).or(failure.take()),
                    None => break,
                },
                Some(text) = show.lines.recv() => line(&text),
            }
        }
        child.wait().await.context("waiting for the caller")
    })
    .await;
    show.catch_up().await;
    line("");
    match ended {
        Err(_) => bail!("{title}: the call took longer than {} s", CALL_AT_MOST.as_secs()),
        Ok(status) if !status.as_ref().is_ok_and(std::process::ExitStatus::success) => {
            bail!("{title}: {}", failure.unwrap_or_else(|| "a step of the caller's was not done".to_owned()))
        }
        Ok(_) => Ok(()),
    }
}

fn failed_step(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    (event["event"] == "ended" && event["reason"] != "done").then(|| format!("the caller's phone ended: {}", event["reason"]))
}

/// Everything that is shown while calls run: what the gateway's calls do, and what the seat's phone has.
struct Show {
    lines: mpsc::UnboundedReceiver<String>,
    calls: Arc<std::sync::Mutex<Vec<CallId>>>,
}

impl Show {
    fn start(gateway: &Gateway, mut seat: Lines<BufReader<ChildStdout>>) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        let calls = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (taps, seen, to_screen) = (Arc::clone(&gateway.taps), Arc::clone(&calls), sender.clone());
        tokio::spawn(async move {
            loop {
                for call in taps.running() {
                    let mut seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if !seen.contains(&call.id) {
                        seen.push(call.id.clone());
                        let later = to_screen.clone();
                        let tell = move |event: &TapEvent| {
                            if let Some(text) = event_line(event) {
                                // Nobody reads on once the demonstration has ended.
                                let _ = later.send(text);
                            }
                            Keep::More
                        };
                        let so_far = taps.watch(&call.id, Box::new(tell)).unwrap_or_default();
                        so_far.iter().filter_map(event_line).for_each(|text| drop(to_screen.send(text)));
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        tokio::spawn(async move {
            while let Ok(Some(event)) = seat.next_line().await {
                for text in seat_lines(&event) {
                    // Nobody reads on once the demonstration has ended.
                    let _ = sender.send(text);
                }
            }
        });
        Self { lines, calls }
    }

    /// Shows what is still on its way after a call.
    async fn catch_up(&mut self) {
        while let Ok(Some(text)) = tokio::time::timeout(Duration::from_millis(700), self.lines.recv()).await {
            line(&text);
        }
    }

    async fn sum_up(&mut self, gateway: &Gateway, data: &Path) {
        gateway.store.writer().flush().await;
        let calls = self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        line("── 留下的记录 · what stays on disk");
        for id in calls {
            let Ok(Some(record)) = gateway.store.call(&id).await else { continue };
            let recording =
                record.recording.map_or_else(|| "-".to_owned(), |path| data.join("recordings").join(path).display().to_string());
            line(&format!("  {id}  {}  {}", record.disposition.unwrap_or_default(), recording));
        }
        line(&format!("  target/debug/bellhop calls list --data {}    bellhop calls show ID --data {}", data.display(), data.display()));
    }
}

fn clock_time(millis: i64) -> String {
    format!("{:5.1}s", millis as f64 / 1000.0)
}

fn event_line(event: &TapEvent) -> Option<String> {
    let at = clock_time(event.t);
    let text = match &event.what {
        TapWhat::Began { caller, called, .. } => format!("来电 {caller} → {called}"),
        TapWhat::Said { who, text, confidence, cut } => {
            let name = match who.as_str() {
                "caller" => "来电者",
                "robot" => "机器人",
                _ => "坐  席",
            };
            let tail = if *cut { " ⏹" } else { "" };
            let sure = if who == "robot" { String::new() } else { format!("  ({confidence:.2})") };
            format!("{name}  {text}{tail}{sure}")
        }
        TapWhat::Keys { text } => format!("来电者  [按键 {text}]"),
        TapWhat::Intent { name, confidence, .. } => format!("        → 意图 {name} {confidence:.2}"),
        TapWhat::Slot { name, value } => format!("        → {name} = {value}"),
        TapWhat::LookedUp { source, outcome, took_ms } => format!("        → 查询 {source}: {outcome} ({took_ms} ms)"),
        TapWhat::Queued { queue, reason, .. } => format!("        → 排队 {queue}，原因 {reason}"),
        TapWhat::Offered { seat } => format!("        → 振铃 坐席 {seat}"),
        TapWhat::Bridged { seat } => format!("        → 接通 坐席 {seat}"),
        TapWhat::Ended { cause } => format!("结束：{cause}"),
        TapWhat::Note { text } => format!("        · {text}"),
        TapWhat::CallbackPromised { queue, .. } => format!("        → 答应回电 ({queue})"),
        TapWhat::Message { text } => format!("来电者  [留言] {text}"),
        TapWhat::Sent { outcome } => format!("        → 短信: {outcome}"),
        TapWhat::Ticket { kind, priority, number } => {
            format!("        → 工单 {kind} ({priority}) {}", number.as_deref().unwrap_or("没有登记上"))
        }
        TapWhat::Survey { slot, score } => format!("        → 打分 {slot} = {score}"),
        TapWhat::Remembered { names } => format!("        → 记住 {}", names.join("、")),
        TapWhat::Mood { mood, why } => format!("        → 情绪 {mood}  {}", why.join("；")),
        TapWhat::LetDown { times, why } => format!("        → 不满意，第 {times} 次  {}", why.join("；")),
        TapWhat::Answered
        | TapWhat::Amended { .. }
        | TapWhat::Unknown { .. }
        | TapWhat::Hearing { .. }
        | TapWhat::Caller { .. }
        | TapWhat::Recorded { .. } => {
            return None;
        }
    };
    Some(format!("  {at}  {text}"))
}

fn seat_lines(event: &str) -> Vec<String> {
    let Ok(event) = serde_json::from_str::<Value>(event) else { return Vec::new() };
    let text = event["text"].as_str().unwrap_or_default();
    match event["event"].as_str() {
        Some("handoff") => packet_lines(&event["packet"]),
        Some("answered") => vec!["      坐席话机  接听".to_owned()],
        Some("heard") => vec![format!("      坐席话机  听到：{text}")],
        _ => Vec::new(),
    }
}

fn packet_lines(packet: &Value) -> Vec<String> {
    let field = |name: &str| packet[name].as_str().unwrap_or("-").to_owned();
    let mut lines = vec![
        "      ┌ 坐席话机在接听之前经 SIP 收到 · on the seat's phone before it answers".to_owned(),
        format!(
            "      │ 来电 {}   原因 {}   队列 {}   意图 {}   情绪 {}",
            field("caller"),
            field("reason"),
            field("queue"),
            field("intent"),
            field("mood")
        ),
        format!("      │ 已知 {}", packet["slots"]),
    ];
    for turn in packet["transcript"].as_array().into_iter().flatten() {
        let at = clock_time(turn["t"].as_i64().unwrap_or_default());
        lines.push(format!("      │ {at} {}: {}", turn["who"].as_str().unwrap_or_default(), turn["text"].as_str().unwrap_or_default()));
    }
    lines.push("      └".to_owned());
    lines
}
