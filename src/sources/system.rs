//! One business system over HTTP: bounded in time, size, tries, requests at once and hosts; JSON only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::breaker::Breaker;
use super::door::{self, Door};
use crate::base::Clock;
use crate::dialplan::{Method, Source};
use crate::ivr::{LookupOutcome, LookupRequest};

/// The largest answer that is read.
const MOST_BYTES: usize = 256 * 1024;
/// The pause before another try.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct System {
    /// The way there, or why there is none.
    door: Result<Door, String>,
    timeout: Duration,
    retry: u8,
    clock: Clock,
    /// Requests that may still begin.
    places: Semaphore,
    /// Guards the count of failures; held for no longer than it takes to read or change it.
    breaker: Mutex<Breaker>,
}

/// What came of one try.
enum Tried {
    /// The system answered: this is final.
    Answered(LookupOutcome),
    /// The system is ill; another try may help.
    Ill(String),
    /// The system was not asked: it is neither ill nor well for that.
    Busy,
}

impl System {
    pub(super) fn new(source: &Source, clock: Clock) -> Self {
        Self {
            door: Door::open(&source.url, &source.auth, source.authority.as_deref()),
            timeout: source.timeout,
            retry: source.retry,
            clock,
            places: Semaphore::new(usize::from(source.at_once.max(1))),
            breaker: Mutex::default(),
        }
    }

    pub(super) async fn ask(&self, request: &LookupRequest) -> LookupOutcome {
        let client_for = |door: &Door| if request.method == Method::Get { door.reader.clone() } else { door.writer.clone() };
        let (client, url) =
            match self.door.as_ref().map_err(Clone::clone).and_then(|door| Ok((client_for(door), door.place(&request.path)?))) {
                Ok(found) => found,
                Err(words) => return LookupOutcome::Failed(words),
            };
        if !self.breaker().lets_through(self.clock.mono()) {
            return LookupOutcome::Failed("it failed several times in a row and is left alone for a few seconds".into());
        }
        let deadline = tokio::time::Instant::now() + self.timeout;
        let tried = match tokio::time::timeout_at(deadline, self.places.acquire()).await {
            Ok(Ok(_place)) => tokio::time::timeout_at(deadline, self.try_often(&client, &url, request))
                .await
                .unwrap_or_else(|_| Tried::Ill(format!("no answer within {:?}", self.timeout))),
            Ok(Err(_)) | Err(_) => Tried::Busy,
        };
        match tried {
            Tried::Answered(outcome) => {
                self.breaker().answered();
                outcome
            }
            Tried::Ill(words) => {
                let now = self.clock.mono();
                self.breaker().failed(now);
                LookupOutcome::Failed(words)
            }
            Tried::Busy => LookupOutcome::Failed("too many requests to it are under way".into()),
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
        Err(error) => Tried::Ill(door::words(error)),
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
    match door::read(response, MOST_BYTES).await {
        Ok(None) => answered(&format!("its answer is larger than {} KiB", MOST_BYTES / 1024)),
        Ok(Some(bytes)) if bytes.is_empty() => Tried::Answered(LookupOutcome::Found(Value::Null)),
        Ok(Some(_)) if kind != "application/json" && !kind.ends_with("+json") => {
            let kind = if kind.is_empty() { "something without a content type" } else { &kind };
            answered(&format!("it answered with {kind}, not JSON"))
        }
        Ok(Some(bytes)) => match serde_json::from_slice(&bytes) {
            Ok(value) => Tried::Answered(LookupOutcome::Found(value)),
            Err(error) => answered(&format!("its JSON breaks at line {} column {}", error.line(), error.column())),
        },
        Err(words) => Tried::Ill(words),
    }
}

fn answered(words: &str) -> Tried {
    Tried::Answered(LookupOutcome::Failed(words.to_owned()))
}
