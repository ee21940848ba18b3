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
use crate::base::Pii;
use crate::dialplan::{Method, Place};

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
        .route("/huge", get(|| async { axum::Json("x".repeat(5 << 20)) }))
        .route("/html", get(|| async { axum::response::Html("<h1>Log in</h1>") }))
        .route("/broken", get(|| async { ([(header::CONTENT_TYPE, "application/json")], "{\"a\":") }))
        .route("/near", get(|| async { Redirect::temporary("/orders/1") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/away", get(|| async { Redirect::temporary("http://127.0.0.1:1/orders/1") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

fn sources(url: &str, retry: u8) -> Sources {
    let source = Source {
        place: Place::default(),
        url: url.to_owned(),
        authorization: Some(Pii::new("Bearer s3cret".into())),
        timeout: Duration::from_millis(400),
        retry,
    };
    Sources::new(BTreeMap::from([("crm".to_owned(), source)]))
}

fn request(method: Method, path: &str) -> LookupRequest {
    LookupRequest { source: "crm".into(), method, path: path.into(), body: None }
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
        ("/slow", "no answer within 400ms"),
        ("/huge", "larger than 256 KiB"),
        ("/html", "text/html, not JSON"),
        ("/broken", "breaks at line 1"),
        ("/away", "redirects elsewhere"),
        ("/round", "redirects elsewhere"),
        ("/orders/../secret", "holds . or .."),
        ("/orders/%2e%2E/secret", "holds . or .."),
    ] {
        fails(&url, path, part).await;
    }
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
