//! Floor 7: the HTTP and WebSocket API and the tap page; carries offers and answers to `browser` through the exchange.
//! Knows no SIP, RTP or SQL text.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::base::Pii;
use crate::call::LiveCalls;
use crate::store::Store;

/// What the web side shows and whom it lets in.
#[derive(Clone)]
pub struct WebState {
    /// The records.
    pub store: Store,
    /// The running calls.
    pub live: Arc<dyn LiveCalls>,
    /// Who knows this may see and hear everything.
    pub token: Pii<String>,
    /// True while new calls are taken; `/readyz` says so.
    pub ready: Arc<AtomicBool>,
    /// The counters.
    pub metrics: PrometheusHandle,
    /// The folder of recordings, for `/api/v1/records/{id}/recording`.
    pub recordings: PathBuf,
    /// The address on which listening browsers' UDP ports are opened.
    pub media: IpAddr,
}

/// Makes the whole HTTP side.
pub fn router(_state: WebState) -> axum::Router {
    unimplemented!()
}
