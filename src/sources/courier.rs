//! Carries events to other systems: signed, bounded in time, never to another host. Knows no outbox: who has events hands them over.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;

use super::door::{self, Door};
use super::signature::{SIGNATURE_HEADER, sign};
use crate::base::{Pii, Wall};
use crate::dialplan::SourceAuth;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where events go.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its name, in logs and in the API.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What its events are signed with.
    pub secret: Pii<String>,
}

/// Why an event was not delivered; the words hold neither address nor secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Another try may help.
    #[error("{0}")]
    Later(String),
    /// The endpoint wants no more of it (410), or there is no such endpoint.
    #[error("{0}")]
    Never(String),
}

/// By name: the client or what is wrong with the endpoint, and the secret that signs.
type Doors = BTreeMap<String, (Result<Door, String>, Pii<String>)>;

/// The endpoints, each with its client.
#[derive(Debug, Default)]
pub struct Courier {
    /// Guards the endpoints; held only to read or replace them.
    endpoints: RwLock<Arc<Doors>>,
}

impl Courier {
    /// Makes the clients. Asks for nothing yet; what is wrong with an endpoint is what its deliveries fail with.
    #[must_use]
    pub fn new(endpoints: Vec<Endpoint>) -> Self {
        let courier = Self::default();
        courier.replace(endpoints);
        courier
    }

    /// Puts these endpoints in the place of the earlier ones.
    pub fn replace(&self, endpoints: Vec<Endpoint>) {
        let open = |endpoint: Endpoint| {
            let door = Door::open(&endpoint.url, &SourceAuth::default(), None);
            (endpoint.name, (door, endpoint.secret))
        };
        let endpoints = endpoints.into_iter().map(open).collect();
        *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(endpoints);
    }

    /// Delivers an event, a CloudEvent as JSON text: done with a 2xx. The answer's body is not read.
    ///
    /// # Errors
    /// Why it was not delivered, and whether another try may help.
    pub async fn deliver(&self, endpoint: &str, body: String, now: Wall) -> Result<(), DeliveryError> {
        let endpoints = Arc::clone(&self.endpoints.read().unwrap_or_else(PoisonError::into_inner));
        let Some((door, secret)) = endpoints.get(endpoint) else {
            return Err(DeliveryError::Never("there is no endpoint of this name any more".to_owned()));
        };
        let door = door.as_ref().map_err(|words| DeliveryError::Later(words.clone()))?;
        let asked = door
            .writer
            .post(door.base.clone())
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header(SIGNATURE_HEADER, sign(secret, now, body.as_bytes()))
            .timeout(PATIENCE)
            .body(body);
        match asked.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) if response.status() == StatusCode::GONE => Err(DeliveryError::Never("status 410: it wants no more".to_owned())),
            Ok(response) => Err(DeliveryError::Later(format!("status {}", response.status().as_u16()))),
            Err(error) if error.is_timeout() => Err(DeliveryError::Later(format!("no answer within {PATIENCE:?}"))),
            Err(error) => Err(DeliveryError::Later(door::words(error))),
        }
    }
}
