//! Other systems around Bellhop, over real HTTP: customers read and written, signed requests in, events out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode as Answer};
use axum::routing::post;
use bellhop::base::{CallId, Clock, Pii, Wall};
use bellhop::call::{AudioSink, EndCause, EventSink, Fact, LiveCalls, RunningCall, Stamped, TapEvent};
use bellhop::exchange::deliver_events;
use bellhop::sources::{Courier, Endpoint, SIGNATURE_HEADER, sign, verify};
use bellhop::store::{DeliveryState, Store, Subscription};
use bellhop::web::{WebState, router};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const TOKEN: &str = "a-token-for-tests";
const SECRET: &str = "a-secret-for-hooks";
const WINDOW: Duration = Duration::from_mins(5);

fn secret() -> Pii<String> {
    Pii::new(SECRET.to_owned())
}

struct NoCalls;

impl LiveCalls for NoCalls {
    fn running(&self) -> Vec<RunningCall> {
        Vec::new()
    }

    fn watch(&self, _: &CallId, _: EventSink) -> Option<Vec<TapEvent>> {
        None
    }

    fn listen(&self, _: &CallId, _: Arc<dyn AudioSink>) -> Option<()> {
        None
    }
}

struct Served {
    url: String,
    store: Store,
    client: Client,
    folder: tempfile::TempDir,
}

async fn serve(hook_secret: Option<Pii<String>>) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let state = WebState {
        store: store.clone(),
        live: Arc::new(NoCalls),
        token: Pii::new(TOKEN.into()),
        ready: Arc::new(AtomicBool::new(true)),
        metrics: recorder.handle(),
        recordings: folder.path().join("recordings"),
        clock: Clock::start(),
        hook_secret,
        media: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let url = listen(router(state)).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    Served { url, store, client: Client::builder().no_proxy().build().unwrap(), folder }
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

impl Served {
    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN)
    }

    /// Pushes a body with a signature made `ago` seconds ago.
    async fn push(&self, body: &Value, ago: i64) -> (StatusCode, Value) {
        let body = body.to_string();
        let at = Wall::from_millis(Clock::start().wall().millis() - ago * 1000);
        self.push_signed(&body, &sign(&secret(), at, body.as_bytes())).await
    }

    async fn push_signed(&self, body: &str, signature: &str) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}/hooks/customers", self.url)).header(SIGNATURE_HEADER, signature);
        answer(request.body(body.to_owned())).await
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_customers_record_is_made_changed_read_and_forgotten() {
    let served = serve(None).await;
    let at = "/api/v1/customers/13800001234";
    assert_eq!(answer(served.ask(Method::GET, at)).await.0, StatusCode::NOT_FOUND);
    let (status, made) = answer(served.ask(Method::PUT, at).json(&json!({"ref": "C-7", "tier": "gold", "crm": {"points": 5}}))).await;
    assert_eq!((status, &made["number"], &made["revision"]), (StatusCode::OK, &json!("138****1234"), &json!(1)));
    let (_, patched) =
        answer(served.ask(Method::PATCH, "/api/v1/customers/ref:C-7").json(&json!({"crm": {"city": "上海"}, "note": "回电"}))).await;
    assert_eq!((&patched["crm"], &patched["notes"][0]["author"]), (&json!({"points": 5, "city": "上海"}), &json!("api")));
    let by_id = served.ask(Method::GET, &format!("/api/v1/customers/{}", made["id"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(by_id.headers()["etag"], "\"2\"");

    let stale = served.ask(Method::PATCH, at).header("if-match", "\"1\"").json(&json!({"tier": null}));
    assert_eq!(
        answer(stale).await,
        (StatusCode::PRECONDITION_FAILED, json!({"error": "the record has changed: it is at revision 2 now", "revision": 2}))
    );
    let (_, replaced) = answer(served.ask(Method::PUT, at).header("if-match", "\"2\"").json(&json!({"ref": "C-7"}))).await;
    assert_eq!((&replaced["tier"], &replaced["crm"], &replaced["notes"][0]["text"]), (&Value::Null, &json!({}), &json!("回电")));

    assert_eq!(served.ask(Method::DELETE, at).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(answer(served.ask(Method::GET, at)).await.0, StatusCode::NOT_FOUND);
    let foreign = served.client.get(format!("{}{at}", served.url));
    assert_eq!(answer(foreign).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_error_is_json_with_words() {
    let served = serve(Some(secret())).await;
    let customer = "/api/v1/customers/13800001234";
    for (request, expected) in [
        (served.ask(Method::GET, "/nowhere"), StatusCode::NOT_FOUND),
        (served.ask(Method::DELETE, "/api/v1/records"), StatusCode::METHOD_NOT_ALLOWED),
        (served.ask(Method::POST, customer), StatusCode::METHOD_NOT_ALLOWED),
        (served.ask(Method::GET, "/api/v1/records?limit=many"), StatusCode::BAD_REQUEST),
        (served.ask(Method::GET, "/api/v1/outbox?state=lost"), StatusCode::BAD_REQUEST),
        (served.ask(Method::GET, "/api/v1/calls/x/live"), StatusCode::BAD_REQUEST),
        (served.ask(Method::GET, "/api/v1/records/%ff"), StatusCode::BAD_REQUEST),
        (served.ask(Method::GET, "/api/v1/customers/nobody"), StatusCode::BAD_REQUEST),
        (served.ask(Method::PUT, customer).body("{"), StatusCode::BAD_REQUEST),
        (served.ask(Method::PUT, customer).body("[]"), StatusCode::BAD_REQUEST),
        (served.ask(Method::PUT, customer).body(vec![0xff; 9]), StatusCode::BAD_REQUEST),
        (served.ask(Method::PUT, customer).body(vec![b' '; 100_000]), StatusCode::PAYLOAD_TOO_LARGE),
        (served.ask(Method::PATCH, customer).json(&json!({"points": 5})), StatusCode::BAD_REQUEST),
        (served.ask(Method::PATCH, customer).header("if-match", "*").json(&json!({})), StatusCode::BAD_REQUEST),
        (served.ask(Method::PATCH, "/api/v1/customers/ref:C-7").json(&json!({})), StatusCode::NOT_FOUND),
        (served.ask(Method::POST, "/api/v1/outbox/none/retry"), StatusCode::NOT_FOUND),
        (served.ask(Method::POST, "/api/v1/taps/x").body("v=0"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (served.ask(Method::POST, "/hooks/customers"), StatusCode::UNAUTHORIZED),
        (served.ask(Method::GET, "/hooks/customers"), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = request.send().await.unwrap();
        let place = format!("{} {expected}", answer.url().path());
        assert_eq!(answer.status(), expected, "{place}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{place}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"].as_str().is_some_and(|words| !words.is_empty()), "{place}: {body}");
    }
}

#[tokio::test]
async fn what_is_described_is_there_and_asks_for_the_token() {
    let served = serve(Some(secret())).await;
    let (_, described) = answer(served.ask(Method::GET, "/openapi.json")).await;
    let mut seen = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        let filled = path.replace("{id}", "x").replace("{who}", "13800001234").replace("{event}", "x");
        for (method, what) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let without = served.client.request(method.clone(), format!("{}{filled}", served.url)).send().await.unwrap().status();
            assert!(![StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&without), "{method} {path} is not there");
            let asks = without == StatusCode::UNAUTHORIZED;
            assert_eq!(asks, what["security"].is_array() || path.starts_with("/hooks/"), "{method} {path}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen} doors are described");
}

#[tokio::test]
async fn a_signed_push_changes_a_customer_once() {
    let served = serve(Some(secret())).await;
    let body = json!({"number": "13800001234", "ref": "C-7", "tier": "gold", "crm": {"points": 320}});
    let text = body.to_string();
    let signature = sign(&secret(), Clock::start().wall(), text.as_bytes());
    let (status, taken) = served.push_signed(&text, &signature).await;
    assert_eq!((status, &taken["again"], &taken["revision"]), (StatusCode::OK, &json!(false), &json!(1)));
    assert_eq!(served.push_signed(&text, &signature).await, (StatusCode::OK, json!({"again": true})), "the same request again");

    let event =
        json!({"specversion": "1.0", "id": "e-1", "source": "/crm", "type": "customer.updated", "data": {"ref": "C-7", "tier": "silver"}});
    assert_eq!(served.push(&event, 0).await.1["again"], json!(false));
    assert_eq!(served.push(&event, 7).await.1["again"], json!(true), "the same event, signed anew");
    let (_, record) = answer(served.ask(Method::GET, "/api/v1/customers/13800001234")).await;
    assert_eq!((&record["tier"], &record["crm"]["points"], &record["revision"]), (&json!("silver"), &json!(320), &json!(2)));
}

#[tokio::test]
async fn a_push_with_a_bad_signature_or_an_old_one_is_refused() {
    let served = serve(Some(secret())).await;
    let body = json!({"number": "13800001234", "tier": "gold"});
    for ago in [400, -400, 1_000_000_000] {
        assert_eq!(served.push(&body, ago).await.0, StatusCode::UNAUTHORIZED, "{ago} s ago");
    }
    let now = Clock::start().wall();
    let other = sign(&Pii::new("another".into()), now, body.to_string().as_bytes());
    let elsewhere = sign(&secret(), now, b"{}");
    for signature in [other.as_str(), &elsewhere, "", "t=1,v1=00", "nonsense"] {
        let (status, words) = served.push_signed(&body.to_string(), signature).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{signature}");
        assert!(!words.to_string().contains(SECRET), "{words}");
    }
    assert_eq!(answer(served.ask(Method::GET, "/api/v1/customers/13800001234")).await.0, StatusCode::NOT_FOUND, "nothing was written");

    // A request that could not be done is not held to be taken.
    let unknown = json!({"ref": "C-9", "tier": "gold"}).to_string();
    let signature = sign(&secret(), now, unknown.as_bytes());
    assert_eq!(served.push_signed(&unknown, &signature).await.0, StatusCode::NOT_FOUND);
    assert_eq!(served.push_signed(&unknown, &signature).await.0, StatusCode::NOT_FOUND);
    assert_eq!(serve(None).await.push(&body, 0).await.0, StatusCode::NOT_FOUND, "without a secret the door is shut");
}

/// A system that is told of events: keeps what it was sent, refuses the first `ill` requests, and wants no `call.answered`.
#[derive(Clone, Default)]
struct Listener {
    told: Arc<Mutex<Vec<Value>>>,
    ill: Arc<Mutex<u32>>,
}

impl Listener {
    async fn open(&self) -> String {
        let listener = self.clone();
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if verify(&secret(), signature, &body, Clock::start().wall(), WINDOW).is_err() {
                return Answer::UNAUTHORIZED;
            }
            let mut ill = listener.ill.lock().unwrap();
            if *ill > 0 {
                *ill -= 1;
                return Answer::INTERNAL_SERVER_ERROR;
            }
            let event: Value = serde_json::from_slice(&body).unwrap();
            if event["type"] == "call.answered" {
                return Answer::GONE;
            }
            assert_eq!(headers["content-type"], "application/cloudevents+json; charset=utf-8");
            listener.told.lock().unwrap().push(event);
            Answer::NO_CONTENT
        };
        format!("{}/hook", listen(Router::new().route("/hook", post(take))).await)
    }

    fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.told.lock().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    }
}

async fn a_call(store: &Store, id: &str) {
    let at = |millis, fact| Stamped { at: Duration::from_millis(millis), fact };
    let (writer, call) = (store.writer(), CallId::from(id));
    writer.called_by(&call, &Pii::new("13800001234".to_owned()));
    let fact = Fact::Began {
        at: Clock::start().wall(),
        caller_masked: "138****1234".into(),
        called: "8001".into(),
        dialplan: "优选".into(),
        dialplan_hash: "abc".into(),
    };
    writer.write(&call, &at(0, fact));
    writer.write(&call, &at(10, Fact::Answered));
    writer.write(&call, &at(20, Fact::Ended(EndCause::CallerHungUp)));
    writer.flush().await;
}

async fn open(folder: &Path) -> Store {
    let subscription = Subscription { endpoint: "crm".into(), hotline: Some("优选".into()), events: vec!["call.*".into()] };
    Store::open_telling(folder, vec![subscription]).await.unwrap()
}

fn courier(url: String) -> Arc<Courier> {
    Arc::new(Courier::new(vec![Endpoint { name: "crm".into(), url, secret: secret() }]))
}

/// Waits until something holds; at most 20 s of real time.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within 20 s: {what}");
}

#[tokio::test]
async fn events_reach_their_endpoint_signed_after_failures_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let listener = Listener::default();
    *listener.ill.lock().unwrap() = 1;
    let url = listener.open().await;
    // The program ends before anything was delivered.
    let store = open(folder.path()).await;
    a_call(&store, "01a").await;
    store.close().await;

    let store = open(folder.path()).await;
    let pump = tokio::spawn(deliver_events(store.clone(), courier(url), Clock::start()));
    until("both are delivered, one at its second try", async || listener.kinds() == ["call.ended", "call.started"]).await;
    until("what is not wanted is dead", async || store.events(DeliveryState::Dead, 9).await.unwrap().len() == 1).await;
    a_call(&store, "01b").await;
    until("the next call's follow at once", async || listener.kinds().len() == 4).await;
    pump.abort();
    let delivered = store.events(DeliveryState::Delivered, 9).await.unwrap();
    assert_eq!((delivered.len(), delivered.iter().map(|event| event.attempts).sum::<u32>()), (4, 5), "{delivered:?}");
    let ids: std::collections::BTreeSet<String> = listener.told.lock().unwrap().iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), 4, "no event came twice");
}

#[tokio::test]
async fn a_dead_event_is_seen_and_tried_again_by_the_api() {
    let served = serve(None).await;
    let subscription = Subscription { endpoint: "gone".into(), hotline: None, events: vec!["call.ended".into()] };
    served.store.subscribe(vec![subscription]);
    a_call(&served.store, "01a").await;
    // Nobody is called `gone`: such an event dies at its first try.
    let pump = tokio::spawn(deliver_events(served.store.clone(), courier("http://127.0.0.1:9/".into()), Clock::start()));
    let dead = async || answer(served.ask(Method::GET, "/api/v1/outbox?state=dead")).await.1;
    until("it is dead", async || dead().await.as_array().is_some_and(|events| events.len() == 1)).await;
    pump.abort();
    let event = dead().await[0].clone();
    assert_eq!((&event["kind"], &event["endpoint"], &event["attempts"]), (&json!("call.ended"), &json!("gone"), &json!(1)));
    assert!(event["error"].as_str().is_some_and(|words| words.contains("no endpoint")), "{event}");
    let retry = format!("/api/v1/outbox/{}/retry", event["event"].as_str().unwrap());
    assert_eq!(answer(served.ask(Method::POST, &retry)).await, (StatusCode::OK, json!({"revived": 1})));
    assert_eq!(answer(served.ask(Method::GET, "/api/v1/outbox")).await.1[0]["attempts"], 0);
    assert_eq!(answer(served.ask(Method::POST, "/api/v1/outbox/retry")).await, (StatusCode::OK, json!({"revived": 0})));
    assert!(served.folder.path().join("secret.key").is_file());
}

#[tokio::test]
async fn an_endpoint_that_never_answers_holds_up_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let to = |endpoint: &str| Subscription { endpoint: endpoint.to_owned(), hotline: None, events: vec!["call.ended".into()] };
    let store = Store::open_telling(folder.path(), vec![to("asleep"), to("crm")]).await.unwrap();
    let listener = Listener::default();
    let asleep = listen(Router::new().route("/", post(std::future::pending::<Answer>))).await;
    let endpoint = |name: &str, url| Endpoint { name: name.to_owned(), url, secret: secret() };
    let courier = Arc::new(Courier::new(vec![endpoint("asleep", asleep), endpoint("crm", listener.open().await)]));
    let pump = tokio::spawn(deliver_events(store.clone(), courier, Clock::start()));
    for call in 0..40 {
        a_call(&store, &format!("01{call:02}")).await;
    }
    // A try takes ten seconds at the one that sleeps; forty calls would take it half a minute.
    until("all forty are told", async || listener.kinds().len() == 40).await;
    // The listener hears an event a moment before it is marked as delivered.
    until("the sleeper's forty are left", async || store.events(DeliveryState::Pending, 99).await.unwrap().len() == 40).await;
    pump.abort();
}

#[tokio::test]
async fn events_do_not_follow_a_redirect() {
    let elsewhere = Listener::default();
    let away = elsewhere.open().await;
    let moved = listen(Router::new().route("/", post(move || async move { axum::response::Redirect::temporary(&away) }))).await;
    let error = courier(moved).deliver("crm", "{}".to_owned(), Clock::start().wall()).await.unwrap_err();
    assert_eq!(error.to_string(), "status 307");
    assert!(elsewhere.told.lock().unwrap().is_empty());
}
