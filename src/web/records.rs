//! The records of calls that are over.

use std::path::{Component, Path as FilePath};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Shared, reply};
use crate::base::CallId;
use crate::store::{CallRecord, StoreError};

#[derive(Deserialize)]
pub(super) struct Wanted {
    limit: Option<u32>,
}

/// The newest records, newest first.
#[utoipa::path(get, path = "/api/v1/records", security(("token" = [])), params(("limit" = Option<u32>, Query, description = "1 to 500, else 50")), responses((status = 200, description = "The newest records, newest first, without transcripts", body = Vec<Object>)))]
pub(super) async fn list(State(shared): State<Shared>, Query(wanted): Query<Wanted>) -> Response {
    match shared.state.store.calls(wanted.limit.unwrap_or(50).clamp(1, 500)).await {
        Ok(records) => Json(records).into_response(),
        Err(error) => unreadable(&error),
    }
}

/// One record with its transcript and events.
#[utoipa::path(get, path = "/api/v1/records/{id}", security(("token" = [])), params(("id" = String, Path)), responses((status = 200, description = "The record with transcript and events", body = Object), (status = 404, description = "No such record")))]
pub(super) async fn show(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    match find(&shared, &id).await {
        Ok(record) => Json(record).into_response(),
        Err(answer) => *answer,
    }
}

/// The recording of a call: stereo WAV, the caller left.
#[utoipa::path(get, path = "/api/v1/records/{id}/recording", security(("token" = [])), params(("id" = String, Path)), responses((status = 200, description = "Stereo WAV", content_type = "audio/wav"), (status = 404, description = "No such record, or it has no recording")))]
pub(super) async fn recording(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let record = match find(&shared, &id).await {
        Ok(record) => record,
        Err(answer) => return *answer,
    };
    let relative = record.recording.unwrap_or_default();
    let stays_below = FilePath::new(&relative).components().all(|part| matches!(part, Component::Normal(_)));
    let read = if relative.is_empty() || !stays_below { None } else { tokio::fs::read(shared.state.recordings.join(&relative)).await.ok() };
    match read {
        Some(bytes) => ([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response(),
        None => reply::error(StatusCode::NOT_FOUND, "this call has no recording"),
    }
}

async fn find(shared: &Shared, id: &str) -> Result<CallRecord, Box<Response>> {
    match shared.state.store.call(&CallId::from(id)).await {
        Ok(Some(record)) => Ok(record),
        Ok(None) => Err(Box::new(reply::error(StatusCode::NOT_FOUND, "there is no record of this call"))),
        Err(error) => Err(Box::new(unreadable(&error))),
    }
}

pub(super) fn unreadable(error: &StoreError) -> Response {
    tracing::error!(%error, "the records cannot be read");
    reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the records cannot be read; the log says why")
}
