//! A small shop's business system as a real HTTP service of its own, so that the first lookup is a true one.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Serves the shop's orders until Ctrl-C or SIGTERM; prints one line with the address bound.
///
/// # Errors
/// Where the address is taken or is none.
pub async fn serve(listen: &str) -> Result<()> {
    let address: SocketAddr = listen.parse().with_context(|| format!("{listen:?} is no address; write 127.0.0.1:8090"))?;
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    super::print::line(&format!("demo shop ready http://{}", listener.local_addr()?));
    axum::serve(listener, router()).with_graceful_shutdown(super::signals::stop_asked()).await?;
    Ok(())
}

/// The shop's routes.
pub fn router() -> Router {
    Router::new().route("/orders/{number}", get(order)).route("/healthz", get(|| async { "ok" }))
}

async fn order(Path(number): Path<String>) -> Response {
    match find(&number) {
        Some(order) => Json(order).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "no such order"}))).into_response(),
    }
}

fn find(number: &str) -> Option<Value> {
    let (state, text, eta) = match number {
        "12345678" => ("shipped", "已发货", "2026-11-24"),
        "20261111" => ("packed", "正在打包", "2026-11-26"),
        "87654320" => ("delivered", "已签收", "2026-11-18"),
        _ => return None,
    };
    Some(json!({"number": number, "state": state, "state_text": text, "eta": eta, "item": "婴儿奶粉"}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_orders_have_a_state_and_others_are_not_found() {
        assert_eq!(find("12345678").unwrap()["state"], "shipped");
        assert!(find("1").is_none());
    }
}
