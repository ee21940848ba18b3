//! Carries events from the records' outbox to the systems that want them: soon, each until it is taken or given up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::base::Clock;
use crate::sources::{Courier, DeliveryError};
use crate::store::{Delivery, DeliveryState, Store};

/// Events that are carried at once to an endpoint.
const AT_ONCE: u32 = 16;
/// The longest wait before the outbox is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// The wait after the records could not be read.
const TROUBLE: Duration = Duration::from_secs(2);

/// Delivers what is due, for ever: a task an endpoint, so that a slow one holds up nobody else.
pub async fn deliver_events(store: Store, courier: Arc<Courier>, clock: Clock) {
    let mut changes = store.event_changes();
    let (mut known, mut tasks) = (BTreeSet::new(), JoinSet::new());
    loop {
        changes.mark_unchanged();
        match store.waiting_endpoints().await {
            Ok(endpoints) => {
                for endpoint in endpoints {
                    if known.insert(endpoint.clone()) {
                        tasks.spawn(serve(endpoint, store.clone(), Arc::clone(&courier), clock));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read"),
        }
        let _ = tokio::time::timeout(LOOK_AGAIN, changes.changed()).await;
    }
}

async fn serve(endpoint: String, store: Store, courier: Arc<Courier>, clock: Clock) {
    let mut changes = store.event_changes();
    loop {
        changes.mark_unchanged();
        let (due, next) = match store.due_events(&endpoint, AT_ONCE).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                tokio::time::sleep(TROUBLE).await;
                continue;
            }
        };
        if due.is_empty() {
            let wait = next.map_or(LOOK_AGAIN, |at| {
                let millis = u64::try_from(at.millis() - clock.wall().millis()).unwrap_or(0);
                Duration::from_millis(millis).min(LOOK_AGAIN)
            });
            let _ = tokio::time::timeout(wait, changes.changed()).await;
            continue;
        }
        let mut carried = JoinSet::new();
        for (delivery, body) in due {
            let (store, courier) = (store.clone(), Arc::clone(&courier));
            carried.spawn(async move { carry(&store, &courier, &delivery, body, clock).await });
        }
        while carried.join_next().await.is_some() {}
    }
}

async fn carry(store: &Store, courier: &Courier, delivery: &Delivery, body: String, clock: Clock) {
    let outcome = courier.deliver(&delivery.endpoint, body, clock.wall()).await;
    let (word, noted) = match &outcome {
        Ok(()) => ("delivered", store.event_delivered(delivery).await.map(|()| DeliveryState::Delivered)),
        Err(DeliveryError::Later(words)) => ("failed", store.event_failed(delivery, words).await),
        Err(DeliveryError::Never(words)) => ("failed", store.event_dead(delivery, words).await.map(|()| DeliveryState::Dead)),
    };
    metrics::counter!("bellhop_events_total", "outcome" => word).increment(1);
    match (noted, outcome) {
        (Ok(DeliveryState::Dead), Err(error)) => {
            metrics::counter!("bellhop_events_total", "outcome" => "dead").increment(1);
            tracing::error!(event = delivery.event, kind = delivery.kind, %error, "an event was given up; GET /api/v1/outbox?state=dead lists it");
        }
        (Ok(_), Err(error)) => {
            tracing::warn!(event = delivery.event, kind = delivery.kind, attempts = delivery.attempts + 1, %error, "an event was not delivered");
        }
        (Ok(_), Ok(())) => tracing::debug!(event = delivery.event, kind = delivery.kind, "an event was delivered"),
        (Err(error), _) => tracing::error!(%error, "what came of an event could not be noted; it will be delivered again"),
    }
}
