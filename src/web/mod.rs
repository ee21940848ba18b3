//! Floor 7: the HTTP and WebSocket API and the tap page; carries offers and answers to `browser` through the exchange.
//! Knows no SIP, RTP or SQL text.

mod access;
mod calls;
mod customers;
mod describe;
mod hooks;
mod outbox;
mod page;
mod promises;
mod records;
mod reply;
mod taps;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::base::{Clock, Pii};
use crate::call::LiveCalls;
use crate::store::Store;

/// The largest request body: an offer of a browser has 2 to 6 KB.
const MOST_BODY: usize = 64 * 1024;

/// What the web side shows and whom it lets in.
#[derive(Clone)]
pub struct WebState {
    /// The records.
    pub store: Store,
    /// The running calls.
    pub live: Arc<dyn LiveCalls>,
    /// Who knows this may see and hear everything.
    pub token: Pii<String>,
    /// True while new calls are taken; `/readyz` says so.
    pub ready: Arc<AtomicBool>,
    /// The counters.
    pub metrics: PrometheusHandle,
    /// The folder of recordings, for `/api/v1/records/{id}/recording`.
    pub recordings: PathBuf,
    /// The clock, for the time of signatures.
    pub clock: Clock,
    /// What other systems sign their requests to `/hooks/` with; without one they are not taken.
    pub hook_secret: Option<Pii<String>>,
    /// The address on which listening browsers' UDP ports are opened.
    pub media: IpAddr,
}

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    state: WebState,
    taps: taps::Taps,
}

/// Makes the whole HTTP side: the page, the API behind the token, and the doors for watchers of the program's health.
pub fn router(state: WebState) -> Router {
    let shared = Shared { state, taps: taps::Taps::default() };
    let behind_the_token = Router::new()
        .route("/api/v1/calls", get(calls::running))
        .route("/api/v1/calls/{id}/live", get(calls::live))
        .route("/api/v1/records", get(records::list))
        .route("/api/v1/records/{id}", get(records::show))
        .route("/api/v1/records/{id}/recording", get(records::recording))
        .route("/api/v1/customers/{who}", get(customers::show).put(customers::put).patch(customers::patch).delete(customers::forget))
        .route("/api/v1/tickets", get(promises::tickets))
        .route("/api/v1/tickets/{number}", get(promises::ticket).patch(promises::change))
        .route("/api/v1/callbacks", get(promises::callbacks))
        .route("/api/v1/callbacks/{call}/made", post(promises::made))
        .route("/api/v1/outbox", get(outbox::list))
        .route("/api/v1/outbox/retry", post(outbox::retry_all))
        .route("/api/v1/outbox/{event}/retry", post(outbox::retry))
        .route("/api/v1/taps/{id}", post(taps::listen).delete(taps::stop))
        .route_layer(middleware::from_fn_with_state(shared.clone(), access::guard));
    Router::new()
        .merge(behind_the_token)
        .route("/", get(page::page))
        .route("/console.js", get(page::script))
        .route("/console.css", get(page::style))
        .route("/icon.svg", get(page::icon))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(describe::openapi))
        .route("/hooks/customers", post(hooks::customer))
        .fallback(|| async { reply::error(StatusCode::NOT_FOUND, "there is nothing at this address") })
        .method_not_allowed_fallback(|| async { reply::error(StatusCode::METHOD_NOT_ALLOWED, "this address does not take such a request") })
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(middleware::map_response(reply::in_json))
        .layer(middleware::map_response(access::security_headers))
        .with_state(shared)
}

/// The program lives.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "The program lives")))]
async fn healthz() -> Response {
    Json(serde_json::json!({"alive": true})).into_response()
}

/// New calls are taken.
#[utoipa::path(get, path = "/readyz", responses((status = 200, description = "New calls are taken"), (status = 503, description = "Starting or draining")))]
async fn readyz(State(shared): State<Shared>) -> Response {
    let ready = shared.state.ready.load(Ordering::Acquire);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({"ready": ready}))).into_response()
}

/// The counters in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Prometheus text", content_type = "text/plain")))]
async fn metrics(State(shared): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.state.metrics.render()).into_response()
}
