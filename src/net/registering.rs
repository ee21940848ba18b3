//! Tells a registrar where this phone is, again and again for as long as the thread lives (RFC 3261 §10.2), with digest authentication (§22).

use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::registration::{Registration, refresh_interval};
use rsipstack::sip::typed::Contact;
use rsipstack::sip::{StatusCode, Uri};
use tokio::sync::oneshot;

use super::NetError;
use super::agent::{Agent, Target};
use crate::base::Pii;

/// How long a registration is asked to hold, in seconds.
const HOLDS: u32 = 300;
/// How long a registrar may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a refused or lost registration is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where to register, and as whom.
#[derive(Clone, Debug)]
pub struct Account {
    /// The registrar: a SIP URI, `sip:127.0.0.1:5060`.
    pub registrar: String,
    /// The user part of the address of record, and the name for the registrar's challenge.
    pub user: String,
    /// The password for it.
    pub password: Pii<String>,
}

/// Registers, says how the first try went, and goes on until the thread ends; then takes the registration back.
pub(super) async fn keep_registered(agent: Arc<Agent>, account: Account, first: oneshot::Sender<Result<(), NetError>>) {
    let target = match Target::find(&account.registrar).await {
        Ok(target) => target,
        // Whoever asked may have gone.
        Err(error) => return drop(first.send(Err(error))),
    };
    let Account { user, password, .. } = account;
    let local_ip = agent.shared.address_towards(target.address);
    let contact = Contact { display_name: None, uri: agent.contact(&user, target.transport, local_ip), params: Vec::new() };
    let credential = Credential { username: user, password: password.reveal().clone(), realm: None, auth_username: None };
    let mut registration = Registration::new(Arc::clone(&agent.endpoint), Some(credential));
    registration.contact = Some(contact);
    let registrar = Uri { auth: None, ..target.uri };
    let mut first = Some(first);
    loop {
        let outcome = once(&mut registration, &registrar, HOLDS, PATIENCE).await;
        if let Err(error) = &outcome
            && first.is_none()
        {
            tracing::warn!(%error, "the registration was not renewed; trying again");
        }
        let wait = match (&outcome, first.is_some()) {
            (Ok(()), _) => refresh_interval(registration.expires()),
            (Err(_), false) => AGAIN,
            (Err(_), true) => Duration::ZERO,
        };
        if let Some(first) = first.take() {
            let failed = outcome.is_err();
            let _ = first.send(outcome);
            if failed {
                return;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = agent.stopping.cancelled() => break,
        }
    }
    let _ = once(&mut registration, &registrar, 0, GOODBYE).await;
}

async fn once(registration: &mut Registration, registrar: &Uri, holds: u32, patience: Duration) -> Result<(), NetError> {
    match tokio::time::timeout(patience, registration.register(registrar.clone(), Some(holds))).await {
        Err(_) => Err(NetError::Timeout),
        Ok(Err(error)) => Err(NetError::NotSent(error.to_string())),
        Ok(Ok(response)) if response.status_code == StatusCode::OK => Ok(()),
        Ok(Ok(response)) => Err(NetError::NotRegistered(response.status_code.into())),
    }
}
