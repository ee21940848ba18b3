//! Who may come in: whoever brings the token, as a header or in the cookie that the page's address with the token sets.
//! And from where: requests that change or open something only from our own pages.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use super::{Shared, reply};

/// The cookie that holds the token.
const COOKIE: &str = "bellhop";

/// Lets a request through that brings the token and, where it comes from a page, comes from ours.
pub(super) async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !may_enter(headers, shared.state.token.reveal()) {
        return reply::error(
            StatusCode::UNAUTHORIZED,
            "bring the token: Authorization: Bearer …, or open the address that Bellhop printed",
        );
    }
    let opens = headers.contains_key(header::UPGRADE) || !matches!(*request.method(), Method::GET | Method::HEAD);
    if opens && !is_ours(headers) {
        return reply::error(StatusCode::FORBIDDEN, "this request comes from another site's page");
    }
    next.run(request).await
}

/// Returns whether a request brings the token.
pub(super) fn may_enter(headers: &HeaderMap, token: &str) -> bool {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let cookie = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    bearer.into_iter().chain(cookie).any(|brought| is_token(brought, token))
}

/// Compares in a time that does not tell how much is right. An empty token opens nothing.
pub(super) fn is_token(brought: &str, token: &str) -> bool {
    !token.is_empty() && bool::from(brought.as_bytes().ct_eq(token.as_bytes()))
}

/// Makes the cookie: not for scripts, not for other sites' requests.
pub(super) fn cookie(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A browser says where the page came from that asks; programs say nothing.
fn is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    origin.is_some() && origin == host
}

/// Says what a page of ours may do: nothing from elsewhere, nothing inline, in no frame.
pub(super) async fn security_headers(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self' blob:; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_the_whole_token_opens_the_door() {
        let check = |name, value, expected| assert_eq!(may_enter(&with(name, value), "s3cret"), expected, "{value}");
        check(header::AUTHORIZATION, "Bearer s3cret", true);
        check(header::AUTHORIZATION, "Bearer s3cre", false);
        check(header::AUTHORIZATION, "Bearer s3crets", false);
        check(header::AUTHORIZATION, "Basic s3cret", false);
        check(header::COOKIE, "other=1; bellhop=s3cret", true);
        check(header::COOKIE, "bellhop=", false);
        check(header::ACCEPT, "s3cret", false);
        assert!(!may_enter(&with(header::AUTHORIZATION, "Bearer "), ""), "an empty token is no token");
    }

    #[test]
    fn another_sites_page_is_told_from_ours() {
        let check = |origin: &'static str, expected| {
            let mut headers = with(header::HOST, "127.0.0.1:8080");
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            assert_eq!(is_ours(&headers), expected, "{origin}");
        };
        check("http://127.0.0.1:8080", true);
        check("http://127.0.0.1:8081", false);
        check("https://evil.example", false);
        check("null", false);
        assert!(is_ours(&with(header::HOST, "127.0.0.1:8080")), "a program, not a page");
    }
}
