//! The running calls: a list, and one call's events as they happen.

use axum::Json;
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::{Shared, reply};
use crate::base::CallId;
use crate::call::{Keep, TapEvent};

/// Events that wait for a slow watcher; when they are more, it is cut off and may come back to all of them.
const WAITING: usize = 256;

/// The running calls, oldest first.
#[utoipa::path(get, path = "/api/v1/calls", security(("token" = [])), responses((status = 200, description = "The running calls: id, began, caller (masked), called, dialplan, state, seat", body = Vec<Object>), (status = 401, description = "No token")))]
pub(super) async fn running(State(shared): State<Shared>) -> Response {
    Json(shared.state.live.running()).into_response()
}

/// A WebSocket of a running call's events: first those so far, then each as it happens; closed when the call is over.
#[utoipa::path(get, path = "/api/v1/calls/{id}/live", security(("token" = [])), params(("id" = String, Path)), responses((status = 101, description = "JSON objects: t (milliseconds since the call began), event, and what belongs to it"), (status = 404, description = "No such call runs")))]
pub(super) async fn live(State(shared): State<Shared>, Path(id): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    let (sender, events) = mpsc::channel(WAITING);
    let sink = Box::new(move |event: &TapEvent| match sender.try_send(event.clone()) {
        Ok(()) => Keep::More,
        Err(_) => Keep::Enough,
    });
    match shared.state.live.watch(&CallId::from(id.as_str()), sink) {
        Some(past) => upgrade.on_upgrade(|socket| show(socket, past, events)),
        None => reply::error(StatusCode::NOT_FOUND, "no such call runs"),
    }
}

async fn show(mut socket: WebSocket, past: Vec<TapEvent>, mut events: mpsc::Receiver<TapEvent>) {
    for event in past {
        if !send(&mut socket, &event).await {
            return;
        }
    }
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    if !send(&mut socket, &event).await {
                        return;
                    }
                }
                None => break,
            },
            // The page says nothing; pings are answered by the library, and an end or an error is an end.
            said = socket.recv() => {
                if !matches!(said, Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Binary(_)))) {
                    return;
                }
            }
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

async fn send(socket: &mut WebSocket, event: &TapEvent) -> bool {
    match serde_json::to_string(event) {
        Ok(text) => socket.send(Message::Text(text.into())).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "an event has no JSON form");
            false
        }
    }
}
