//! What a call asks of the world beside its sound: its caller's record, lookups, messages, tickets, promises. Each runs on the general
//! runtime, off the call's thread, and reports back as an input.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tracing::{Instrument, error, warn};

use super::{ExchangeParts, Hotline};
use crate::base::{CallId, LookupId, Pii};
use crate::call::CallInput;
use crate::ivr::{CallbackPromise, CustomerChange, LookupOutcome, LookupRequest, Message, TicketDraft};
use crate::sources::Outgoing;
use crate::store::{Finding, NewTicket, Promise};

/// So long a call waits for its caller's record before it is answered; a later one joins the running call.
const KNOWN_WITHIN: Duration = Duration::from_millis(100);

/// Runs one call's errands.
pub(super) struct Errands {
    pub(super) id: CallId,
    pub(super) number: Pii<String>,
    pub(super) parts: Arc<ExchangeParts>,
    pub(super) hotline: Arc<Hotline>,
    pub(super) inputs: mpsc::Sender<CallInput>,
}

impl Errands {
    /// Returns what is known of the caller, and has the call noted as this customer's.
    pub(super) async fn caller(&self) -> Map<String, Value> {
        self.parts.facts.called_by(&self.id, &self.number);
        let (store, number) = (self.parts.store.clone(), self.number.clone());
        let mut asked = self.parts.runtime.spawn(async move { store.caller(&number).await }.in_current_span());
        let inputs = self.inputs.clone();
        match tokio::time::timeout(KNOWN_WITHIN, &mut asked).await {
            Ok(Ok(Ok(record))) => record,
            Ok(Ok(Err(error))) => {
                error!(%error, "the caller's record cannot be read: treated as a stranger");
                Map::new()
            }
            Ok(Err(_)) => Map::new(),
            Err(_) => {
                warn!("the caller's record takes long; the call begins without it");
                self.parts.runtime.spawn(async move {
                    if let Ok(Ok(record)) = asked.await {
                        let _ = inputs.send(CallInput::CallerKnown(record)).await;
                    }
                });
                Map::new()
            }
        }
    }

    /// Asks a business system.
    pub(super) fn look_up(&self, lookup: LookupId, request: LookupRequest) {
        let sources = Arc::clone(&self.hotline.sources);
        self.run(lookup, async move { sources.ask(request).await });
    }

    /// Sends a message to the caller's own number.
    pub(super) fn send(&self, lookup: LookupId, message: Message) {
        let (hotline, file, at) = (Arc::clone(&self.hotline), self.parts.messages.clone(), self.parts.clock.wall());
        let outgoing = Outgoing { to: self.number.clone(), message, call: self.id.clone(), at };
        self.run(lookup, async move {
            if !outgoing.to.reveal().contains(|sign: char| sign.is_ascii_digit()) {
                return LookupOutcome::Failed("the caller's number is withheld".to_owned());
            }
            hotline.sources.send(hotline.plan.messages.as_ref(), &file, outgoing).await
        });
    }

    /// Opens a ticket.
    pub(super) fn open_ticket(&self, lookup: LookupId, draft: TicketDraft) {
        let (store, id) = (self.parts.store.clone(), self.id.clone());
        let TicketDraft { kind, priority, text, fields } = draft;
        let priority = priority.as_str().to_owned();
        let ticket = NewTicket { kind, priority, text: Pii::new(text), fields: Pii::new(fields), number: self.number.clone() };
        self.run(lookup, async move {
            match store.open_ticket(&id, &ticket).await {
                Ok(number) => LookupOutcome::Found(json!({"number": number})),
                Err(error) => {
                    error!(call = %id, %error, "a ticket could not be opened");
                    LookupOutcome::Failed("the ticket could not be written down".to_owned())
                }
            }
        });
    }

    /// Keeps what a promise to call back needs.
    pub(super) fn keep_promise(&self, promise: CallbackPromise) {
        let (store, id) = (self.parts.store.clone(), self.id.clone());
        let number = promise.number.unwrap_or_else(|| self.number.clone());
        let promise = Promise { number, at: promise.at, about: Some(promise.about).filter(|about| !about.is_empty()) };
        self.parts.runtime.spawn(async move {
            if let Err(error) = store.keep_promise(&id, &promise).await {
                error!(call = %id, %error, "a callback was promised, but its number could not be kept");
            }
        });
    }

    /// Writes what was found out to the caller's record.
    pub(super) fn remember(&self, change: CustomerChange) {
        let (store, id, number) = (self.parts.store.clone(), self.id.clone(), self.number.clone());
        let CustomerChange { fields, tags, untag } = change;
        self.parts.runtime.spawn(async move {
            if let Err(error) = store.remember(&id, &number, Finding { fields, tags, untag }).await {
                warn!(call = %id, %error, "what the call found out could not be written to the caller's record");
            }
        });
    }

    fn run(&self, lookup: LookupId, errand: impl Future<Output = LookupOutcome> + Send + 'static) {
        let inputs = self.inputs.clone();
        let report = async move {
            let outcome = errand.await;
            // A call that is over needs no answer.
            let _ = inputs.send(CallInput::LookedUp { lookup, outcome }).await;
        };
        self.parts.runtime.spawn(report.in_current_span());
    }
}
