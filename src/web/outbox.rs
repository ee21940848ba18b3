//! Events on their way to other systems: what waits, what was given up, and another try.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, records, reply};
use crate::store::DeliveryState;

#[derive(Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
    limit: Option<u32>,
}

/// Events on their way, newest first.
#[utoipa::path(get, path = "/api/v1/outbox", security(("token" = [])), params(("state" = Option<String>, Query, description = "pending (default), delivered (of the last week) or dead"), ("limit" = Option<u32>, Query, description = "1 to 500, else 50")), responses((status = 200, description = "event, endpoint, kind, state, attempts, created, due, error", body = Vec<Object>), (status = 400, description = "No such state")))]
pub(super) async fn list(State(shared): State<Shared>, Query(wanted): Query<Wanted>) -> Response {
    let Some(state) = DeliveryState::named(wanted.state.as_deref().unwrap_or("pending")) else {
        return reply::error(StatusCode::BAD_REQUEST, "state is pending, delivered or dead");
    };
    match shared.state.store.events(state, wanted.limit.unwrap_or(50).clamp(1, 500)).await {
        Ok(events) => Json(events).into_response(),
        Err(error) => records::unreadable(&error),
    }
}

/// Has all dead events tried again.
#[utoipa::path(post, path = "/api/v1/outbox/retry", security(("token" = [])), responses((status = 200, description = "revived: how many")))]
pub(super) async fn retry_all(State(shared): State<Shared>) -> Response {
    revive(&shared, None).await
}

/// Has a dead event tried again at every endpoint that did not take it.
#[utoipa::path(post, path = "/api/v1/outbox/{event}/retry", security(("token" = [])), params(("event" = String, Path)), responses((status = 200, description = "revived: how many"), (status = 404, description = "No such dead event")))]
pub(super) async fn retry(State(shared): State<Shared>, Path(event): Path<String>) -> Response {
    revive(&shared, Some(&event)).await
}

async fn revive(shared: &Shared, event: Option<&str>) -> Response {
    match shared.state.store.revive_events(event).await {
        Ok(0) if event.is_some() => reply::error(StatusCode::NOT_FOUND, "no dead event has this id"),
        Ok(revived) => Json(json!({"revived": revived})).into_response(),
        Err(error) => records::unreadable(&error),
    }
}
