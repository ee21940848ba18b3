//! Three small business systems as one real HTTP service: a shop, an operator and a bank, so that the first lookup is a true one.
//! All they hold is made up; what callers change is kept until the service ends.

mod bank;
mod shop;
mod telecom;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::base::Clock;

/// Changes that are remembered; older ones are forgotten.
const MOST_CHANGES: usize = 1_000;

/// Serves the systems until Ctrl-C or SIGTERM; prints one line with the address bound.
///
/// # Errors
/// Where the address is taken or is none.
pub async fn serve(listen: &str) -> Result<()> {
    let address: SocketAddr = listen.parse().with_context(|| format!("{listen:?} is no address; write 127.0.0.1:8090"))?;
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    super::print::line(&format!("demo systems ready http://{}", listener.local_addr()?));
    axum::serve(listener, router(Clock::start())).with_graceful_shutdown(super::signals::stop_asked()).await?;
    Ok(())
}

/// The routes: `/shop`, `/telecom`, `/bank`, each with its messages and what was changed; `/healthz`.
pub fn router(clock: Clock) -> Router {
    let system = |routes: Router<Shared>| {
        let common = Router::new().route("/messages", post(message)).route("/changes", get(changes));
        routes.merge(common).with_state(Shared { clock, changes: Arc::default() })
    };
    Router::new()
        .nest("/shop", system(shop::routes()))
        .nest("/telecom", system(telecom::routes()))
        .nest("/bank", system(bank::routes()))
        .route("/healthz", get(|| async { "ok" }))
}

/// What one system knows beside its fixed data.
#[derive(Clone)]
struct Shared {
    clock: Clock,
    /// Guards the list of changes; held to read or add one.
    changes: Arc<Mutex<Vec<Value>>>,
}

impl Shared {
    /// The day so many days from today, as `2026-11-21`.
    fn day(&self, from_today: i64) -> String {
        let now = Timestamp::from_millisecond(self.clock.wall().millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        let today: Date = now.to_zoned(TimeZone::UTC).date();
        today.checked_add(jiff::Span::new().days(from_today)).unwrap_or(today).to_string()
    }

    /// Remembers what was changed; returns which change it was, from 1.
    fn changed(&self, what: &str, body: &Value) -> usize {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.len() == MOST_CHANGES {
            changes.remove(0);
        }
        changes.push(json!({"what": what, "body": body}));
        changes.len()
    }

    /// The last body of a change, if there was one.
    fn last(&self, what: &str) -> Option<Value> {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.iter().rev().find(|change| change["what"] == what).map(|change| change["body"].clone())
    }
}

async fn message(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    shared.changed("message", &body);
    (StatusCode::CREATED, Json(json!({"sent": true}))).into_response()
}

async fn changes(State(shared): State<Shared>) -> Json<Value> {
    Json(Value::Array(shared.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()))
}

/// An answer with what was found, or 404.
fn found(value: Option<Value>) -> Response {
    match value {
        Some(value) => Json(value).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "there is no such thing"}))).into_response(),
    }
}

/// The fields of one value with those of another over them.
fn merged(under: &Value, over: &Value) -> Value {
    let mut fields: Map<String, Value> = under.as_object().cloned().unwrap_or_default();
    fields.extend(over.as_object().cloned().unwrap_or_default());
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(base: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let method: reqwest::Method = method.parse().unwrap();
        let asked = client.request(method, format!("{base}{path}")).json(&body);
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    #[tokio::test]
    async fn each_system_answers_what_its_hotline_asks() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router(Clock::start())).await });
        for (method, path, body, status, field, value) in [
            ("GET", "/shop/orders/12345678", json!({}), 200, "state", json!("shipped")),
            ("GET", "/shop/orders/1", json!({}), 404, "state", Value::Null),
            ("GET", "/shop/members/13800000000", json!({}), 200, "tier", json!("gold")),
            ("GET", "/shop/gifts?points=2680", json!({}), 200, "name", json!("玻璃奶瓶套装")),
            ("GET", "/shop/gifts?points=10", json!({}), 404, "name", Value::Null),
            ("GET", "/shop/stock/奶粉?stage=三段", json!({}), 200, "count", json!(0)),
            ("PATCH", "/shop/orders/20261111", json!({"state": "cancelled"}), 200, "state", json!("cancelled")),
            ("GET", "/shop/orders/20261111", json!({}), 200, "state_text", json!("已取消")),
            ("POST", "/shop/members/13800000000/gifts", json!({"gift": "G2", "points": 2000}), 201, "points", json!(680)),
            ("GET", "/telecom/accounts/13800000002", json!({}), 200, "owed", json!("18.50")),
            ("GET", "/telecom/outages/江北区?what=宽带", json!({}), 200, "area", json!("江北区")),
            ("GET", "/telecom/outages/江南区?what=宽带", json!({}), 404, "area", Value::Null),
            ("POST", "/telecom/accounts/13800000000/suspend", json!({"password": "111111"}), 404, "state", Value::Null),
            ("POST", "/telecom/accounts/13800000000/suspend", json!({"password": "123456"}), 200, "state", json!("suspended")),
            ("PATCH", "/telecom/accounts/13800000000", json!({"plan": "畅享"}), 200, "next_plan", json!("畅享")),
            ("POST", "/bank/sessions", json!({"account": "20002000", "passcode": "0000"}), 404, "name", Value::Null),
            ("POST", "/bank/sessions", json!({"account": "20002000", "passcode": "4321"}), 200, "name", json!("Ms Reed")),
            ("POST", "/bank/cards/4417/block", json!({}), 200, "state", json!("blocked")),
            ("GET", "/bank/appointments/central?day=2026-11-24&topic=mortgage", json!({}), 200, "at", json!("10:30")),
        ] {
            let (got, answer) = ask(&base, method, path, body).await;
            assert_eq!((got, &answer[field]), (status, &value), "{method} {path}: {answer}");
        }
        let (_, changes) = ask(&base, "GET", "/shop/changes", json!({})).await;
        assert_eq!(changes.as_array().map(Vec::len), Some(2), "{changes}");
    }
}
