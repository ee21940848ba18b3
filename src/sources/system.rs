//! One business system over HTTP: bounded in time, size, tries and hosts; JSON only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde_json::Value;

use super::breaker::Breaker;
use crate::base::Clock;
use crate::dialplan::{Method, Source};
use crate::ivr::{LookupOutcome, LookupRequest};

/// The largest answer that is read.
const MOST_BYTES: usize = 256 * 1024;
/// How often an answer may send us to another path of the same host.
const MOST_REDIRECTS: usize = 3;
/// The pause before another try.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct System {
    /// The client and base address, or why there is none.
    door: Result<(Client, Url), String>,
    timeout: Duration,
    retry: u8,
    clock: Clock,
    /// Guards the count of failures; held for no longer than it takes to read or change it.
    breaker: Mutex<Breaker>,
}

/// What came of one try.
enum Tried {
    /// The system answered: this is final.
    Answered(LookupOutcome),
    /// The system is ill; another try may help.
    Ill(String),
}

impl System {
    pub(super) fn new(source: &Source, clock: Clock) -> Self {
        let (timeout, retry) = (source.timeout, source.retry);
        Self { door: open(source), timeout, retry, clock, breaker: Mutex::default() }
    }

    pub(super) async fn ask(&self, request: &LookupRequest) -> LookupOutcome {
        let (client, url) =
            match self.door.as_ref().map_err(Clone::clone).and_then(|(client, base)| Ok((client, place(base, &request.path)?))) {
                Ok(found) => found,
                Err(words) => return LookupOutcome::Failed(words),
            };
        if self.breaker().is_down(self.clock.mono()) {
            return LookupOutcome::Failed("it failed several times in a row and is left alone for a few seconds".into());
        }
        let tried = tokio::time::timeout(self.timeout, self.try_often(client, &url, request)).await;
        match tried.unwrap_or_else(|_| Tried::Ill(format!("no answer within {:?}", self.timeout))) {
            Tried::Answered(outcome) => {
                self.breaker().answered();
                outcome
            }
            Tried::Ill(words) => {
                let now = self.clock.mono();
                self.breaker().failed(now);
                LookupOutcome::Failed(words)
            }
        }
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_often(&self, client: &Client, url: &Url, request: &LookupRequest) -> Tried {
        let again = match request.method {
            Method::Get | Method::Put => self.retry,
            Method::Post | Method::Patch => 0,
        };
        let mut tried = try_once(client, url, request).await;
        for _ in 0..again {
            if matches!(tried, Tried::Answered(_)) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            tried = try_once(client, url, request).await;
        }
        tried
    }
}

fn open(source: &Source) -> Result<(Client, Url), String> {
    let base: Url = source.url.parse().map_err(|_| format!("its url is no address: {}", source.url))?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(format!("its url is no http or https address: {}", source.url));
    }
    let mut headers = HeaderMap::new();
    if let Some(secret) = &source.authorization {
        let mut value = HeaderValue::from_str(secret.reveal())
            .map_err(|_| "its authorization holds characters that a header may not hold".to_owned())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let client = Client::builder()
        .default_headers(headers)
        .redirect(redirect::Policy::custom(stay))
        .no_proxy()
        .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("no HTTP client: {error}"))?;
    Ok((client, base))
}

/// Follows only within scheme, host and port, so that neither data nor authorization goes elsewhere.
fn stay(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// Puts a path behind the base address. Refuses `..`, by which a caller's words could reach another resource.
fn place(base: &Url, path: &str) -> Result<Url, String> {
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let climbs = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if before_query.split(['/', '\\']).any(climbs) {
        return Err("its path holds . or .. as a part".into());
    }
    let text = format!("{}/{}", base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
    let url: Url = text.parse().map_err(|_| "its path makes no address".to_owned())?;
    if url.origin() == base.origin() { Ok(url) } else { Err("its path leads to another host".into()) }
}

async fn try_once(client: &Client, url: &Url, request: &LookupRequest) -> Tried {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
    };
    let mut asked = client.request(method, url.clone());
    if let Some(body) = &request.body {
        asked = asked.json(body);
    }
    match asked.send().await {
        Ok(response) => understand(response).await,
        Err(error) => Tried::Ill(words(error)),
    }
}

async fn understand(response: Response) -> Tried {
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return Tried::Answered(LookupOutcome::NotFound);
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Tried::Ill(format!("status {}", status.as_u16()));
    }
    if status.is_redirection() {
        return answered("it redirects elsewhere, which is not followed");
    }
    if !status.is_success() {
        return answered(&format!("status {}", status.as_u16()));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match body(response).await {
        Ok(bytes) if bytes.is_empty() => Tried::Answered(LookupOutcome::Found(Value::Null)),
        Ok(_) if kind != "application/json" && !kind.ends_with("+json") => {
            let kind = if kind.is_empty() { "something without a content type" } else { &kind };
            answered(&format!("it answered with {kind}, not JSON"))
        }
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Tried::Answered(LookupOutcome::Found(value)),
            Err(error) => answered(&format!("its JSON breaks at line {} column {}", error.line(), error.column())),
        },
        Err(tried) => tried,
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, Tried> {
    let too_large = || answered(&format!("its answer is larger than {} KiB", MOST_BYTES / 1024));
    if response.content_length().is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Tried::Ill(words(error)))? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn answered(words: &str) -> Tried {
    Tried::Answered(LookupOutcome::Failed(words.to_owned()))
}

/// Says what went wrong in transport, without the address.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() { "not reachable" } else { "the connection broke" };
    format!("{what}: {cause}")
}
