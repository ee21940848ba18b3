//! The HTTP side with a pretended exchange: who is let in, what is shown, and a real browser that listens.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellhop::audio::{Frame, Frame8k};
use bellhop::base::{CallId, Pii, Wall};
use bellhop::call::{AudioSink, EndCause, EventSink, Fact, Keep, LiveCalls, LiveState, RunningCall, Speaker, Stamped, TapEvent};
use bellhop::store::Store;
use bellhop::web::{WebState, router};
use reqwest::{Client, StatusCode, redirect};
use serde_json::Value;

const TOKEN: &str = "a-token-for-tests";
const CALL: &str = "01running";

/// One call that runs for ever: 440 Hz from the caller, 880 Hz from the robot.
#[derive(Default)]
struct OneCall {
    sinks: Mutex<Vec<Arc<dyn AudioSink>>>,
    watchers: Mutex<Vec<EventSink>>,
}

fn facts() -> Vec<Fact> {
    let said = |who, text: &str, confidence| Fact::Said { who, text: text.into(), confidence, cut: false };
    vec![
        Fact::Answered,
        said(Speaker::Robot, "您好，这里是订单热线，本次通话会被录音。请问有什么可以帮您？", 1.0),
        said(Speaker::Caller, "我要查订单", 0.93),
        Fact::Intent { name: "查订单".into(), confidence: 0.92, why: Vec::new() },
        said(Speaker::Robot, "请说您的订单号。", 1.0),
        said(Speaker::Caller, "二零二六一一", 0.71),
        Fact::Slot { name: "订单号".into(), value: "202611".into() },
        Fact::LookedUp { source: "crm".into(), outcome: "found".into(), took: Duration::from_millis(34) },
        Fact::Said { who: Speaker::Robot, text: "您的订单已经发货，预计明天".into(), confidence: 1.0, cut: true },
        said(Speaker::Caller, "转人工", 0.97),
        Fact::Queued { queue: "综合".into(), tier: None, reason: "asked".into() },
        Fact::Offered("1001".into()),
        Fact::Bridged("1001".into()),
        said(Speaker::Seat, "您好，我是一号坐席，看到您的订单在路上。", 0.88),
        Fact::Hearing { who: Speaker::Caller, text: "好的那我".into() },
    ]
}

fn events() -> Vec<TapEvent> {
    let stamp = |(place, fact)| TapEvent::from(&Stamped { at: Duration::from_millis(2_300 * place as u64), fact });
    facts().into_iter().enumerate().map(stamp).collect()
}

impl LiveCalls for OneCall {
    fn running(&self) -> Vec<RunningCall> {
        vec![RunningCall {
            id: CallId::from(CALL),
            began: Wall::from_millis(bellhop::base::Clock::start().wall().millis() - 42_000),
            caller: "138****1234".into(),
            called: "4000".into(),
            dialplan: "订单热线".into(),
            state: LiveState::Human,
            seat: Some("1001".into()),
        }]
    }

    fn watch(&self, call: &CallId, sink: EventSink) -> Option<Vec<TapEvent>> {
        (call.as_str() == CALL).then(|| {
            self.watchers.lock().unwrap().push(sink);
            events()
        })
    }

    fn listen(&self, call: &CallId, sink: Arc<dyn AudioSink>) -> Option<()> {
        (call.as_str() == CALL).then(|| self.sinks.lock().unwrap().push(sink))
    }
}

impl OneCall {
    /// Sends every listener both tones, every 20 ms, until the task is dropped.
    async fn sound(self: Arc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        for number in 0_u32.. {
            tick.tick().await;
            let (caller, far) = (tone(440.0, number), tone(880.0, number));
            self.sinks.lock().unwrap().retain(|sink| sink.frame(&caller, &far) == Keep::More);
        }
    }
}

fn tone(hertz: f64, number: u32) -> Frame8k {
    let sample = |place: usize| {
        let time = (f64::from(number) * 160.0 + place as f64) / 8000.0;
        ((time * hertz * std::f64::consts::TAU).sin() * 8000.0) as i16
    };
    Frame(std::array::from_fn(sample))
}

struct Served {
    url: String,
    exchange: Arc<OneCall>,
    ready: Arc<AtomicBool>,
    store: Store,
    folder: tempfile::TempDir,
    client: Client,
}

async fn serve() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let exchange = Arc::new(OneCall::default());
    let ready = Arc::new(AtomicBool::new(true));
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let state = WebState {
        store: store.clone(),
        live: Arc::clone(&exchange) as Arc<dyn LiveCalls>,
        token: Pii::new(TOKEN.into()),
        ready: Arc::clone(&ready),
        metrics: recorder.handle(),
        recordings: folder.path().join("recordings"),
        clock: bellhop::base::Clock::start(),
        hook_secret: None,
        media: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(state)).await });
    tokio::spawn(Arc::clone(&exchange).sound());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
    Served { url, exchange, ready, store, folder, client }
}

impl Served {
    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(TOKEN).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_shown() {
    let served = serve().await;
    for path in ["/api/v1/calls", "/api/v1/calls/01running/live", "/api/v1/records", "/api/v1/records/x", "/api/v1/records/x/recording"] {
        for request in
            [served.client.get(format!("{}{path}", served.url)), served.client.get(format!("{}{path}", served.url)).bearer_auth("guess")]
        {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(answer.json::<Value>().await.unwrap()["error"].is_string(), "{path}");
        }
    }
    let post =
        served.client.post(format!("{}/api/v1/taps/{CALL}", served.url)).header("content-type", "application/sdp").send().await.unwrap();
    assert_eq!(post.status(), StatusCode::UNAUTHORIZED);
    let page = served.client.get(&served.url).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
    let page = page.text().await.unwrap();
    assert!(page.contains("name=\"token\"") && !page.contains("138"), "the door asks for the token");
}

#[tokio::test]
async fn the_address_with_the_token_sets_a_cookie_and_forgets_the_token() {
    let served = serve().await;
    let answer = served.client.get(format!("{}/?token={TOKEN}", served.url)).send().await.unwrap();
    assert!(answer.status().is_redirection());
    assert_eq!(answer.headers()["location"], "/");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let page = served.client.get(&served.url).header("cookie", pair).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    for (header, part) in
        [("content-security-policy", "script-src 'self'"), ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY")]
    {
        assert!(page.headers()[header].to_str().unwrap().contains(part), "{header}");
    }
    let page = page.text().await.unwrap();
    assert!(!page.contains("<script>") && !page.contains(" style="), "nothing inline");
    let wrong = served.client.get(format!("{}/?token=guess", served.url)).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_sites_page_may_open_nothing() {
    let served = serve().await;
    let foreign = "https://evil.example";
    let tap = served.client.post(format!("{}/api/v1/taps/{CALL}", served.url)).bearer_auth(TOKEN).header("origin", foreign);
    assert_eq!(tap.header("content-type", "application/sdp").body("v=0").send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let live = served.client.get(format!("{}/api/v1/calls/{CALL}/live", served.url)).bearer_auth(TOKEN).header("origin", foreign);
    let live = live.header("connection", "upgrade").header("upgrade", "websocket");
    assert_eq!(live.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_api_shows_running_calls_and_records() {
    let served = serve().await;
    let calls = served.json("/api/v1/calls").await;
    assert_eq!((&calls[0]["id"], &calls[0]["state"], &calls[0]["caller"]), (&CALL.into(), &"human".into(), &"138****1234".into()));

    let writer = served.store.writer();
    let call = CallId::from("01over");
    writer.write(&call, &Stamped { at: Duration::ZERO, fact: Fact::Answered });
    writer.write(&call, &Stamped { at: Duration::from_secs(3), fact: Fact::Ended(EndCause::CallerHungUp) });
    writer.recorded(&call, Path::new("2026-11-21/01over.wav"), 0);
    writer.flush().await;
    assert_eq!(served.json("/api/v1/records?limit=5").await[0]["disposition"], "caller_hung_up");
    assert_eq!(served.json("/api/v1/records/01over").await["talked_s"], 3.0);
    assert_eq!(served.get("/api/v1/records/none").await.status(), StatusCode::NOT_FOUND);

    assert_eq!(served.get("/api/v1/records/01over/recording").await.status(), StatusCode::NOT_FOUND, "its file is gone");
    let day = served.folder.path().join("recordings/2026-11-21");
    std::fs::create_dir_all(&day).unwrap();
    std::fs::write(day.join("01over.wav"), b"RIFF").unwrap();
    assert_eq!(served.get("/api/v1/records/01over/recording").await.bytes().await.unwrap(), b"RIFF"[..]);

    writer.recorded(&call, Path::new("../bellhop.db"), 0);
    writer.flush().await;
    assert_eq!(served.get("/api/v1/records/01over/recording").await.status(), StatusCode::NOT_FOUND, "nothing outside the recordings");
}

#[tokio::test]
async fn health_readiness_counters_and_description_need_no_token() {
    let served = serve().await;
    let status = async |path: &str| served.client.get(format!("{}{path}", served.url)).send().await.unwrap().status();
    assert_eq!(
        (status("/healthz").await, status("/readyz").await, status("/metrics").await),
        (StatusCode::OK, StatusCode::OK, StatusCode::OK)
    );
    served.ready.store(false, Ordering::Release);
    assert_eq!(status("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status("/nowhere").await, StatusCode::NOT_FOUND);
    let described = served.json("/openapi.json").await;
    for path in ["/api/v1/calls", "/api/v1/calls/{id}/live", "/api/v1/records/{id}", "/api/v1/taps/{id}", "/healthz"] {
        assert!(described["paths"][path].is_object(), "{path} is described");
    }
}

#[tokio::test]
async fn an_offer_that_cannot_be_answered_is_refused_in_words() {
    let served = serve().await;
    let post = async |call: &str, kind: &str, offer: String| {
        let request = served.client.post(format!("{}/api/v1/taps/{call}", served.url)).bearer_auth(TOKEN);
        request.header("content-type", kind).body(offer).send().await.unwrap().status()
    };
    assert_eq!(post(CALL, "application/sdp", "v=0".into()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(CALL, "application/json", "{}".into()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(post("nobody", "application/sdp", "v=0".into()).await, StatusCode::NOT_FOUND);
    assert_eq!(post(CALL, "application/sdp", "x".repeat(100_000)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let gone = served.client.delete(format!("{}/api/v1/taps/none", served.url)).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert!(served.exchange.sinks.lock().unwrap().is_empty(), "nothing listens");
}

/// A real browser hears the caller left and the robot right, each alone, and reads the conversation.
/// `BELLHOP_SCREENSHOTS=folder` keeps pictures of the page.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_hears_the_caller_left_and_the_robot_right() {
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    assert!(
        scripts.join("node_modules/playwright-core").is_dir() && Path::new("/usr/bin/chromium").exists(),
        "the browser test needs Chromium and playwright-core: run `make setup` once (apt install chromium; npm ci --prefix tests/browser)"
    );
    let served = serve().await;
    let mut command = tokio::process::Command::new("node");
    command.arg(scripts.join("listen.mjs")).args([&served.url, TOKEN, "--says", "转人工", "--floor", "0.05"]);
    if let Some(folder) = std::env::var_os("BELLHOP_SCREENSHOTS") {
        command.arg("--screenshots").arg(folder);
    }
    let done = tokio::time::timeout(Duration::from_mins(1), command.stderr(Stdio::inherit()).output()).await;
    let output = done.expect("the browser took longer than a minute").expect("node runs");
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{line}");
    let heard: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    for (side, hertz) in [("left", 440.0), ("right", 880.0)] {
        // 8000 of 32768 at its peak is a root mean square of 0.17.
        let (level, pitch) = (heard[side]["rms"].as_f64().unwrap(), heard[side]["hz"].as_f64().unwrap());
        assert!((0.1..0.3).contains(&level), "{side}: {heard}");
        assert!((pitch - hertz).abs() < 40.0, "{side}: {heard}");
    }
    // Stop reached the server: the next frame finds nobody, and the exchange forgets the sink.
    let forgotten = async {
        while !served.exchange.sinks.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), forgotten).await.expect("the tap ended with Stop");
}
