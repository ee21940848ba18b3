//! Listening to a running call in the browser: an offer in, an answer out (as WHEP does), gone by DELETE, by silence or with the call.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Shared, reply};
use crate::audio::Frame8k;
use crate::base::CallId;
use crate::browser::{BrowserError, Listener, TapSink};
use crate::call::{AudioSink, Keep};

/// Browsers that may listen at once.
const MOST_TAPS: usize = 32;

/// The browsers that listen now.
#[derive(Clone, Default)]
pub(super) struct Taps {
    /// Guards the map; held for no longer than a look-up.
    listeners: Arc<Mutex<HashMap<String, Listener>>>,
}

impl Taps {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's sound on its way to a browser; when the exchange drops it, the call is over.
struct CallSound {
    sink: TapSink,
    _call_over: DropGuard,
}

impl AudioSink for CallSound {
    fn frame(&self, caller: &Frame8k, far: &Frame8k) -> Keep {
        if self.sink.push(caller, far) { Keep::More } else { Keep::Enough }
    }
}

/// Begins to listen to a running call.
#[utoipa::path(post, path = "/api/v1/taps/{id}", security(("token" = [])), params(("id" = String, Path, description = "The call's id")), request_body(content = String, content_type = "application/sdp", description = "The browser's offer of two receiving audio lines"), responses((status = 201, description = "The answer; Location is the tap. Stream `left` is the caller, `right` the robot or seat", content_type = "application/sdp"), (status = 400, description = "The offer cannot be answered"), (status = 404, description = "No such call runs"), (status = 415, description = "Not application/sdp"), (status = 503, description = "Too many listen")))]
pub(super) async fn listen(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap, offer: String) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/sdp") {
        return reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an offer is application/sdp");
    }
    if shared.taps.lock().len() >= MOST_TAPS {
        return reply::error(StatusCode::SERVICE_UNAVAILABLE, "too many listen already");
    }
    let call = CallId::from(id.as_str());
    if !shared.state.live.running().iter().any(|running| running.id == call) {
        return reply::error(StatusCode::NOT_FOUND, "no such call runs");
    }
    let (answer, listener) = match Listener::answer(&offer, shared.state.media).await {
        Ok(answered) => answered,
        Err(error @ BrowserError::Offer(_)) => return reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(error @ BrowserError::Connection(_)) => return reply::error(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let call_over = CancellationToken::new();
    let sound = CallSound { sink: listener.sink(), _call_over: call_over.clone().drop_guard() };
    if shared.state.live.listen(&call, Arc::new(sound)).is_none() {
        return reply::error(StatusCode::NOT_FOUND, "no such call runs");
    }
    let tap = format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1));
    let listener_over = listener.over();
    shared.taps.lock().insert(tap.clone(), listener);
    tracing::info!(%call, "a supervisor listens");
    tokio::spawn({
        let (taps, tap) = (shared.taps.clone(), tap.clone());
        async move {
            tokio::select! {
                () = listener_over.cancelled() => {}
                () = call_over.cancelled() => {}
            }
            drop(taps.lock().remove(&tap));
            tracing::info!(%call, "a supervisor listens no more");
        }
    });
    let headers = [(header::CONTENT_TYPE, "application/sdp".to_owned()), (header::LOCATION, format!("/api/v1/taps/{tap}"))];
    (StatusCode::CREATED, headers, answer).into_response()
}

/// Ends listening.
#[utoipa::path(delete, path = "/api/v1/taps/{id}", security(("token" = [])), params(("id" = String, Path, description = "The tap, as Location named it")), responses((status = 204, description = "It is over"), (status = 404, description = "No such tap")))]
pub(super) async fn stop(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let removed = shared.taps.lock().remove(&id);
    match removed {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => reply::error(StatusCode::NOT_FOUND, "no such tap"),
    }
}
