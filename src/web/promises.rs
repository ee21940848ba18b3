//! What calls left for people to do: tickets and promised callbacks.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, customers, records, reply};
use crate::base::CallId;
use crate::store::{OpenCallback, TicketState};

#[derive(Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
    limit: Option<u32>,
}

/// Tickets, the most urgent and among them the oldest first.
#[utoipa::path(get, path = "/api/v1/tickets", security(("token" = [])), params(("state" = Option<String>, Query, description = "open (default) or closed"), ("limit" = Option<u32>, Query, description = "1 to 500, else 50")), responses((status = 200, description = "number, call, kind, priority, caller (masked), text and fields (masked), opened, closed", body = Vec<Object>), (status = 400, description = "No such state")))]
pub(super) async fn tickets(State(shared): State<Shared>, Query(wanted): Query<Wanted>) -> Response {
    let Some(state) = TicketState::named(wanted.state.as_deref().unwrap_or("open")) else {
        return reply::error(StatusCode::BAD_REQUEST, "state is open or closed");
    };
    match shared.state.store.tickets(state, wanted.limit.unwrap_or(50).clamp(1, 500)).await {
        Ok(tickets) => Json(tickets).into_response(),
        Err(error) => records::unreadable(&error),
    }
}

/// One ticket.
#[utoipa::path(get, path = "/api/v1/tickets/{number}", security(("token" = [])), params(("number" = String, Path)), responses((status = 200, description = "The ticket", body = Object), (status = 404, description = "No such ticket")))]
pub(super) async fn ticket(State(shared): State<Shared>, Path(number): Path<String>) -> Response {
    let Ok(number) = number.parse() else { return no_ticket() };
    match shared.state.store.ticket(number).await {
        Ok(Some(ticket)) => Json(ticket).into_response(),
        Ok(None) => no_ticket(),
        Err(error) => records::unreadable(&error),
    }
}

/// Closes a ticket, or opens it again.
#[utoipa::path(patch, path = "/api/v1/tickets/{number}", security(("token" = [])), params(("number" = String, Path)), request_body(content = Object, description = "state: open or closed"), responses((status = 200, description = "The ticket", body = Object), (status = 400, description = "No such state"), (status = 404, description = "No such ticket")))]
pub(super) async fn change(State(shared): State<Shared>, Path(number): Path<String>, body: Bytes) -> Response {
    let state = match customers::object(&body) {
        Ok(fields) => fields.get("state").and_then(Value::as_str).and_then(TicketState::named),
        Err(words) => return reply::error(StatusCode::BAD_REQUEST, &words),
    };
    let Some(state) = state else { return reply::error(StatusCode::BAD_REQUEST, "write {\"state\": \"closed\"} or \"open\"") };
    let Ok(known) = number.parse() else { return no_ticket() };
    match shared.state.store.set_ticket(known, state).await {
        Ok(true) => ticket(State(shared), Path(number)).await,
        Ok(false) => no_ticket(),
        Err(error) => records::unreadable(&error),
    }
}

/// Callbacks that were promised and not made yet, the most urgent first.
#[utoipa::path(get, path = "/api/v1/callbacks", security(("token" = [])), responses((status = 200, description = "call, queue, promised, due, number (in full: it is to be called), at (when the caller wants it), about", body = Vec<Object>)))]
pub(super) async fn callbacks(State(shared): State<Shared>) -> Response {
    match shared.state.store.open_callbacks().await {
        Ok(open) => Json(open.iter().map(shown).collect::<Vec<_>>()).into_response(),
        Err(error) => records::unreadable(&error),
    }
}

/// Notes that somebody called back; the number is forgotten.
#[utoipa::path(post, path = "/api/v1/callbacks/{call}/made", security(("token" = [])), params(("call" = String, Path)), responses((status = 204, description = "Noted"), (status = 404, description = "No callback of this call is open")))]
pub(super) async fn made(State(shared): State<Shared>, Path(call): Path<String>) -> Response {
    match shared.state.store.callback_made(&CallId::from(call.as_str())).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => reply::error(StatusCode::NOT_FOUND, "no callback of this call is open"),
        Err(error) => records::unreadable(&error),
    }
}

fn shown(callback: &OpenCallback) -> Value {
    json!({
        "call": callback.call, "queue": callback.queue, "promised": callback.promised, "due": callback.due,
        "number": callback.number.as_ref().map(crate::base::Pii::reveal), "at": callback.at, "about": callback.about,
    })
}

fn no_ticket() -> Response {
    reply::error(StatusCode::NOT_FOUND, "no ticket has this number")
}
