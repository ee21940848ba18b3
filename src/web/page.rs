//! The page, compiled in.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Shared, access};

#[derive(Deserialize)]
pub(super) struct Entry {
    token: Option<String>,
}

/// The page; with the token in its address a cookie is set and the token leaves the address; without it, the door asks for it.
pub(super) async fn page(State(shared): State<Shared>, Query(entry): Query<Entry>, headers: HeaderMap) -> Response {
    let token = shared.state.token.reveal();
    if entry.token.is_some_and(|brought| access::is_token(brought.trim(), token))
        && let Some(cookie) = access::cookie(token)
    {
        return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
    }
    if access::may_enter(&headers, token) {
        Html(include_str!("../../console/index.html")).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, Html(include_str!("../../console/door.html"))).into_response()
    }
}

pub(super) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../console/console.js")).into_response()
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../console/console.css")).into_response()
}

pub(super) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../console/icon.svg")).into_response()
}
