//! `bellhop serve`: runs until it is told to stop, drains, and ends.

use std::time::Duration;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::cli::ServeArgs;
use super::config::{Config, Overrides};
use super::gateway::Gateway;
use super::signals::StopSignals;
use crate::base::Clock;

/// How long open calls may go on after the first SIGTERM: as long as a call takes to end politely, and its goodbye.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often the dialplans and seats are looked at for edits: one that is saved is in force for the next call.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs the hotline until SIGTERM or Ctrl-C; a second one ends at once.
///
/// # Errors
/// As [`Gateway::start`].
pub async fn serve(args: ServeArgs) -> Result<()> {
    // Before anything else: a signal that comes while prompts are spoken must not be lost.
    let mut stop = StopSignals::listen()?;
    let starting = Gateway::start(config(&args)?, Clock::start());
    let gateway = tokio::select! {
        gateway = starting => gateway?,
        () = stop.next() => return Ok(()),
    };
    let sip: Vec<String> = gateway.sip.iter().map(ToString::to_string).collect();
    info!(sip = sip.join(","), http = %gateway.http, "ready");
    super::print::line(&format!(
        "ready sip={} http=http://{} console=http://{}/?token={}",
        sip.join(","),
        gateway.http,
        gateway.http,
        gateway.token
    ));
    let mut reload = signal(SignalKind::hangup())?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut edited = gateway.files_edited();
    loop {
        tokio::select! {
            _ = reload.recv() => {}
            _ = look.tick() => {
                let now = gateway.files_edited();
                if now == edited {
                    continue;
                }
                edited = now;
            }
            () = stop.next() => break,
        }
        tokio::select! {
            () = gateway.reload() => {}
            () = stop.next() => break,
        }
    }
    info!("draining: new calls are sent away, open ones may end");
    tokio::select! {
        () = gateway.drain(PATIENCE) => {}
        () = stop.next() => info!("asked twice: ending at once"),
    }
    gateway.stop().await;
    Ok(())
}

fn config(args: &ServeArgs) -> Result<Config> {
    let flags = Overrides {
        sip: args.sip.clone(),
        http: args.http.clone(),
        dialplans: args.dialplans.clone(),
        seats: args.seats.clone(),
        models: args.models.clone(),
        data: args.data.clone(),
        token: args.token.clone(),
    };
    Config::load(args.config.as_deref(), flags)
}
