//! Errors as JSON.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Answers `{"error": words}`.
pub(super) fn error(status: StatusCode, words: &str) -> Response {
    (status, Json(serde_json::json!({"error": words}))).into_response()
}
