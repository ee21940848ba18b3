//! Errors as JSON.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Answers `{"error": words}`.
pub(super) fn error(status: StatusCode, words: &str) -> Response {
    (status, Json(serde_json::json!({"error": words}))).into_response()
}

/// The most words of a foreign error that are passed on.
const MOST_WORDS: usize = 4 * 1024;

/// Puts the errors of the libraries below us (a query that cannot be read, a body too large) into our form.
pub(super) async fn in_json(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !(status.is_client_error() || status.is_server_error()) || kind.starts_with("application/json") || kind.starts_with("text/html") {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, MOST_WORDS).await.unwrap_or_default();
    let words = String::from_utf8_lossy(&bytes);
    let words = if words.trim().is_empty() { status.canonical_reason().unwrap_or("it failed") } else { words.trim() };
    let mut answer = error(status, words);
    for (name, value) in &parts.headers {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
