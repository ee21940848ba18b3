//! Against a small real server on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use serde_json::json;

use super::*;
use crate::dialplan::{Method, Place, Secret, SourceAuth};

/// Serves a CRM with every way to go wrong; returns its address and how often `/flaky`, `/ill` and `POST /orders` were asked.
async fn crm() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = |asked: &Arc<AtomicUsize>| {
        let asked = Arc::clone(asked);
        move || asked.fetch_add(1, Ordering::SeqCst)
    };
    let (flaky, ill, posted) = (count(&asked), count(&asked), count(&asked));
    let router = Router::new()
        .route("/orders/{id}", get(|| async { axum::Json(json!({"state": "已发货"})) }))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/bad", get(|| async { StatusCode::BAD_REQUEST }))
        .route(
            "/secret",
            get(|headers: HeaderMap| async move {
                let allowed = headers.get("authorization").is_some_and(|value| value == "Bearer s3cret");
                if allowed { axum::Json(json!(1)).into_response() } else { StatusCode::UNAUTHORIZED.into_response() }
            }),
        )
        .route(
            "/flaky",
            get(move || async move {
                if flaky() == 0 { StatusCode::BAD_GATEWAY.into_response() } else { axum::Json(json!("up")).into_response() }
            }),
        )
        .route(
            "/ill",
            get(move || async move {
                ill();
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/orders",
            post(move || async move {
                posted();
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route("/slow", get(std::future::pending::<&'static str>))
        .route("/huge", get(|| async { ([(header::CONTENT_TYPE, "application/json")], vec![b'x'; 5 << 20]) }))
        .route("/garbled", get(|| async { ([(header::CONTENT_TYPE, "application/json")], &[0xff, 0xfe, b'{'][..]) }))
        .route("/deep", get(|| async { ([(header::CONTENT_TYPE, "application/json")], "[".repeat(100_000)) }))
        .route("/key", get(|headers: HeaderMap| async move { said(&headers, "x-api-key") }))
        .route("/login", get(|headers: HeaderMap| async move { said(&headers, "authorization") }))
        .route("/html", get(|| async { axum::response::Html("<h1>Log in</h1>") }))
        .route("/broken", get(|| async { ([(header::CONTENT_TYPE, "application/json")], "{\"a\":") }))
        .route("/near", get(|| async { Redirect::temporary("/orders/1") }))
        .route("/see-other", post(|| async { Redirect::to("/orders/1") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/away", get(|| async { Redirect::temporary("http://127.0.0.1:1/orders/1") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

/// A server that says nothing of its answer's length: five megabytes of it for `/endless`, half a one and then nothing otherwise.
async fn raw() -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let read = socket.read(&mut asked).await.unwrap_or(0);
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"a\":").await;
                if asked[..read].starts_with(b"GET /endless ") {
                    let _ = socket.write_all(&vec![b'x'; 5 << 20]).await;
                } else {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

/// Answers with what a header said.
fn said(headers: &HeaderMap, name: &str) -> axum::Json<String> {
    axum::Json(headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned())
}

fn source(url: &str) -> Source {
    Source {
        place: Place::default(),
        url: url.to_owned(),
        auth: SourceAuth { headers: vec![("Authorization".into(), Secret::new("Bearer s3cret".into()))], ..SourceAuth::default() },
        authority: None,
        timeout: Duration::from_secs(20),
        retry: 0,
        at_once: 16,
    }
}

fn only(source: Source) -> Sources {
    Sources::new(BTreeMap::from([("crm".to_owned(), source)]))
}

fn sources(url: &str, retry: u8) -> Sources {
    only(Source { retry, ..source(url) })
}

fn request(method: Method, path: &str) -> LookupRequest {
    LookupRequest { place: Place::default(), source: "crm".into(), method, path: path.into(), body: None }
}

async fn ask(url: &str, path: &str) -> LookupOutcome {
    sources(url, 0).ask(request(Method::Get, path)).await
}

/// Checks that a lookup fails with words that hold `part`, and neither the address nor the secret.
async fn fails(url: &str, path: &str, part: &str) {
    match ask(url, path).await {
        LookupOutcome::Failed(words) => {
            assert!(words.contains(part), "{path}: {words}");
            assert!(!words.contains("s3cret") && !words.contains("127.0.0.1"), "{path}: {words}");
        }
        other => panic!("{path}: {other:?}"),
    }
}

#[tokio::test]
async fn json_is_found_a_404_is_not_found_and_an_empty_answer_is_null() {
    let (url, _) = crm().await;
    assert_eq!(ask(&url, "/orders/1").await, LookupOutcome::Found(json!({"state": "已发货"})));
    assert_eq!(ask(&format!("{url}/orders/"), "7").await, LookupOutcome::Found(json!({"state": "已发货"})));
    assert_eq!(ask(&url, "/missing").await, LookupOutcome::NotFound);
    assert_eq!(ask(&url, "/empty").await, LookupOutcome::Found(serde_json::Value::Null));
    assert_eq!(ask(&url, "/secret").await, LookupOutcome::Found(json!(1)));
}

#[tokio::test]
async fn whatever_else_a_system_answers_is_a_failure_in_words() {
    let (url, _) = crm().await;
    for (path, part) in [
        ("/bad", "status 400"),
        ("/ill", "status 500"),
        ("/huge", "larger than 256 KiB"),
        ("/garbled", "breaks at line 1"),
        ("/deep", "breaks at line 1"),
        ("/html", "text/html, not JSON"),
        ("/broken", "breaks at line 1"),
        ("/away", "redirects elsewhere"),
        ("/round", "redirects elsewhere"),
        ("/orders/../secret", "holds . or .."),
        ("/orders/%2e%2E/secret", "holds . or .."),
    ] {
        fails(&url, path, part).await;
    }
    fails(&raw().await, "/endless", "larger than 256 KiB").await;
    assert_eq!(ask(&url, "/near").await, LookupOutcome::Found(json!({"state": "已发货"})));
}

#[tokio::test]
async fn a_dead_port_a_bad_address_and_an_unknown_source_fail_at_once() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    fails(&format!("http://{free}"), "/orders/1", "not reachable").await;
    fails("orders and such", "/", "no address").await;
    fails("file:///etc", "/passwd", "no http").await;
    let unknown = sources("http://x", 0).ask(LookupRequest { source: "erp".into(), ..request(Method::Get, "/") }).await;
    assert_eq!(unknown, LookupOutcome::Failed("no source named erp".into()));
}

#[tokio::test]
async fn reading_is_tried_again_and_creating_is_not() {
    let (url, asked) = crm().await;
    assert_eq!(sources(&url, 1).ask(request(Method::Get, "/flaky")).await, LookupOutcome::Found(json!("up")));
    assert_eq!(asked.swap(0, Ordering::SeqCst), 2);
    let posted = sources(&url, 1).ask(request(Method::Post, "/orders")).await;
    assert_eq!((posted, asked.load(Ordering::SeqCst)), (LookupOutcome::Failed("status 500".into()), 1));
    let moved = sources(&url, 1).ask(request(Method::Post, "/see-other")).await;
    assert_eq!(moved, LookupOutcome::Failed("it redirects elsewhere, which is not followed".into()), "a GET would have written nothing");
}

#[tokio::test]
async fn a_system_that_failed_five_times_is_left_alone() {
    let (url, asked) = crm().await;
    let sources = sources(&url, 0);
    for _ in 0..8 {
        assert!(matches!(sources.ask(request(Method::Get, "/ill")).await, LookupOutcome::Failed(_)));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_slow_system_is_left_within_its_time() {
    for url in [format!("{}/slow", crm().await.0), raw().await] {
        let hasty = only(Source { timeout: Duration::from_millis(150), retry: 3, ..source(&url) });
        assert_eq!(hasty.ask(request(Method::Get, "")).await, LookupOutcome::Failed("no answer within 150ms".into()), "{url}");
    }
}

#[tokio::test]
async fn requests_beyond_those_at_once_wait_and_then_fail() {
    let (url, _) = crm().await;
    let narrow = only(Source { timeout: Duration::from_millis(400), at_once: 1, ..source(&url) });
    let (first, second) = tokio::join!(narrow.ask(request(Method::Get, "/slow")), async {
        tokio::task::yield_now().await;
        narrow.ask(request(Method::Get, "/orders/1")).await
    });
    assert_eq!(first, LookupOutcome::Failed("no answer within 400ms".into()));
    // The place became free when the first gave up, which may be just in time.
    let words = ["too many requests to it are under way", "no answer within 400ms"];
    let waited = match &second {
        LookupOutcome::Failed(said) => words.contains(&said.as_str()),
        LookupOutcome::Found(_) => true,
        LookupOutcome::NotFound => false,
    };
    assert!(waited, "{second:?}");
    assert_eq!(narrow.ask(request(Method::Get, "/orders/1")).await, LookupOutcome::Found(json!({"state": "已发货"})), "free again");
}

#[tokio::test]
async fn bellhop_logs_in_as_the_plan_says() {
    let (url, _) = crm().await;
    let with = |auth: SourceAuth| only(Source { auth, ..source(&url) });
    let secret = |text: &str| Secret::new(text.to_owned());
    let key = with(SourceAuth { headers: vec![("X-Api-Key".into(), secret("k3y"))], ..SourceAuth::default() });
    assert_eq!(key.ask(request(Method::Get, "/key")).await, LookupOutcome::Found(json!("k3y")));
    let basic = with(SourceAuth { basic: Some(secret("Aladdin:open sesame")), ..SourceAuth::default() });
    // RFC 7617 §2.
    assert_eq!(basic.ask(request(Method::Get, "/login")).await, LookupOutcome::Found(json!("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")));
    let broken = with(SourceAuth { headers: vec![("X Api Key".into(), secret("k3y"))], ..SourceAuth::default() });
    assert!(matches!(broken.ask(request(Method::Get, "/key")).await, LookupOutcome::Failed(words) if words.contains("header")));
}

/// A certificate authority, a server that asks for certificates of it, and a client with one.
struct Authority {
    certificate: String,
    client: (String, String),
    server: std::sync::Arc<tokio_rustls::rustls::ServerConfig>,
}

fn authority() -> Authority {
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};

    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let issue = |purpose: ExtendedKeyUsagePurpose| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let (server, client) = (issue(ExtendedKeyUsagePurpose::ServerAuth), issue(ExtendedKeyUsagePurpose::ClientAuth));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.pem().as_bytes()).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(std::sync::Arc::new(roots)).build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(server.0.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(server.1.as_bytes()).unwrap();
    let server = ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    Authority { certificate: root.pem(), client, server: std::sync::Arc::new(server) }
}

/// Answers `1` to whoever has a certificate.
async fn locked(config: std::sync::Arc<tokio_rustls::rustls::ServerConfig>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let acceptor = tokio_rustls::TlsAcceptor::from(config);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut asked = [0; 4096];
                if stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1";
                    let _ = stream.write_all(answer).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn certificates_are_shown_and_asked_for_on_both_sides() {
    let authority = authority();
    let url = locked(std::sync::Arc::clone(&authority.server)).await;
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("key.pem");
    std::fs::write(&key_file, &authority.client.1).unwrap();
    let shown = SourceAuth {
        certificate: Some((authority.client.0.clone(), Secret::new(key_file.to_string_lossy().into_owned()))),
        ..SourceAuth::default()
    };
    let trusted = Some(authority.certificate.clone());
    let ask = async |auth: SourceAuth, authority: Option<String>| {
        only(Source { auth, authority, ..source(&url) }).ask(request(Method::Get, "/")).await
    };
    assert_eq!(ask(shown.clone(), trusted.clone()).await, LookupOutcome::Found(json!(1)));
    for (auth, authority, why) in [
        (SourceAuth::default(), trusted.clone(), "no certificate of ours"),
        (shown.clone(), Some(self::authority().certificate), "another authority than the server's"),
        (shown, None, "an authority that nobody named"),
    ] {
        assert!(matches!(ask(auth, authority).await, LookupOutcome::Failed(_)), "{why}");
    }
    let missing = SourceAuth { certificate: Some(("/nowhere.pem".into(), Secret::new("/nowhere.pem".into()))), ..SourceAuth::default() };
    assert_eq!(ask(missing, trusted).await, LookupOutcome::Failed("its auth.certificate cannot be read: entity not found".into()));
}

/// A gateway for messages that refuses the number 13900000000 and counts what it is asked.
async fn gateway() -> (String, Arc<std::sync::Mutex<Vec<serde_json::Value>>>) {
    let asked: Arc<std::sync::Mutex<Vec<serde_json::Value>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let take = move |axum::Json(body): axum::Json<serde_json::Value>| async move {
        let refused = body["to"] == "13900000000";
        kept.lock().unwrap().push(body);
        if refused { StatusCode::BAD_GATEWAY } else { StatusCode::ACCEPTED }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/messages", post(take))).await });
    (url, asked)
}

fn outgoing(to: &str) -> Outgoing {
    let message = crate::ivr::Message { text: "照片传这里 https://s.example/1".into(), link: Some("https://s.example/1".into()) };
    Outgoing { to: Secret::new(to.to_owned()), message, call: "01a".into(), at: crate::base::Wall::from_millis(0) }
}

fn through(path: &str, body: &[(&str, &str)]) -> crate::dialplan::Messages {
    let body = body.iter().map(|(name, text)| ((*name).to_owned(), crate::dialplan::Template::new(text).unwrap())).collect();
    let sender = crate::dialplan::Sender::Source { source: "crm".into(), path: path.to_owned(), body };
    crate::dialplan::Messages { place: Place::default(), sender }
}

#[tokio::test]
async fn a_message_goes_out_as_the_plan_says_and_never_twice() {
    let (url, asked) = gateway().await;
    let nowhere = std::path::Path::new("/nowhere");
    let sources = sources(&url, 3);
    let plain = through("/messages", &[]);
    assert_eq!(sources.send(Some(&plain), nowhere, outgoing("13800001234")).await, LookupOutcome::Found(serde_json::Value::Null));
    let own = through("/messages", &[("mobile", "{{ to }}"), ("content", "【优选】{{ text }}")]);
    assert_eq!(sources.send(Some(&own), nowhere, outgoing("13800001234")).await, LookupOutcome::Found(serde_json::Value::Null));
    assert_eq!(sources.send(Some(&plain), nowhere, outgoing("13900000000")).await, LookupOutcome::Failed("status 502".into()));
    let wrong = sources.send(Some(&through("/sms", &[])), nowhere, outgoing("13800001234")).await;
    assert_eq!(wrong, LookupOutcome::Failed("status 404".into()));
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3, "the one that failed was not tried again");
    assert_eq!(
        asked[0],
        json!({"to": "13800001234", "text": "照片传这里 https://s.example/1", "link": "https://s.example/1", "call": "01a"})
    );
    assert_eq!(asked[1], json!({"mobile": "13800001234", "content": "【优选】照片传这里 https://s.example/1"}));
}

#[tokio::test]
async fn without_a_gateway_messages_are_lines_of_a_file_with_the_number_masked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("messages.jsonl");
    let sources = Sources::new(BTreeMap::new());
    for _ in 0..2 {
        assert_eq!(sources.send(None, &file, outgoing("13800001234")).await, LookupOutcome::Found(serde_json::Value::Null));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((text.lines().count(), &line["to"], &line["link"]), (2, &json!("138****1234"), &json!("https://s.example/1")));
    let nowhere = sources.send(None, std::path::Path::new("/nowhere/at/all"), outgoing("13800001234")).await;
    assert_eq!(nowhere, LookupOutcome::Failed("the file of messages cannot be written: entity not found".into()));
}
