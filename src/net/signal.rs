//! The handle of the signal thread, on which everything SIP lives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Incoming, Listen, SipLeg};
use crate::base::Clock;

/// How the signal thread behaves.
#[derive(Clone, Debug)]
pub struct SignalConfig {
    /// Where to listen; at least one UDP address is needed to call out over UDP.
    pub listen: Vec<Listen>,
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Calls at once, both directions; above it an INVITE gets 503 with Retry-After.
    pub max_calls: usize,
    /// What Retry-After says.
    pub retry_after: Duration,
    /// Requests a second that one source address may send, with twice as many at once; 0 for no limit.
    pub requests_per_second: u32,
    /// Media types of MESSAGE that are taken; none: 405.
    pub accept_messages: Vec<String>,
    /// How many incoming calls and messages may wait to be taken; above it an INVITE gets 503.
    pub backlog: usize,
}

impl SignalConfig {
    /// Makes a configuration with everything but the addresses at its default.
    #[must_use]
    pub fn listening(listen: Vec<Listen>) -> Self {
        Self {
            listen,
            user_agent: concat!("bellhop/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_calls: 400,
            retry_after: Duration::from_secs(5),
            requests_per_second: 2_000,
            accept_messages: Vec::new(),
            backlog: 256,
        }
    }
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draining {
    /// INVITE and OPTIONS get 503; calls go on.
    Yes,
    /// They are taken.
    No,
}

/// A call to make.
#[derive(Clone, Default)]
pub struct Invite {
    /// Whom: a SIP URI, `sip:1001@127.0.0.1:5070` (`;transport=tcp` for TCP).
    pub to: String,
    /// The user part of From.
    pub from_user: String,
    /// The display name of From, empty for none.
    pub from_display: String,
    /// Our offer; `None` asks the far end for one.
    pub offer: Option<String>,
    /// More headers, such as `User-to-User`.
    pub headers: Vec<(String, String)>,
}

/// What the network did wrong, and how much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounters {
    /// SIP messages received.
    pub received: u64,
    /// Requests refused before the SIP library saw them: 400, 416, 420, 483, 505, 513.
    pub refused: u64,
    /// Datagrams dropped as unreadable or not answerable.
    pub dropped: u64,
    /// Requests dropped because their source sent too many.
    pub limited: u64,
    /// Messages whose headers were not UTF-8, repaired.
    pub repaired: u64,
    /// INVITEs refused with 503.
    pub overloaded: u64,
    /// Keys lost because nobody took them.
    pub keys_lost: u64,
    /// Legs that exist now.
    pub legs: u64,
}

/// Why the network could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The address could not be listened on.
    #[error("cannot listen on {listen}: {error}")]
    Listen {
        /// The address.
        listen: Listen,
        /// Why.
        error: std::io::Error,
    },
    /// No port of the range is free for a pair of RTP sockets.
    #[error("no free pair of RTP ports on {0}: {1}")]
    NoRtpPorts(std::net::IpAddr, String),
    /// It is not a SIP URI that we can call.
    #[error("{0:?} is not a SIP URI with an address we can reach")]
    Uri(String),
    /// Nobody answered in time.
    #[error("no answer in time")]
    Timeout,
    /// The SIP library could not send it.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The signal thread has stopped.
    #[error("the signal thread has stopped")]
    Stopped,
    /// The signal thread could not be started.
    #[error("cannot start the signal thread: {0}")]
    Thread(std::io::Error),
}

/// The signal thread's handle, to be cloned freely.
#[derive(Clone, Debug)]
pub struct Signal {
    bound: Arc<[Listen]>,
}

impl Signal {
    /// Binds the sockets and starts the thread named `signal`.
    ///
    /// Calls and messages come from the receiver, at most [`SignalConfig::backlog`] waiting.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn start(config: SignalConfig, clock: Clock) -> Result<(Self, mpsc::Receiver<Incoming>), NetError> {
        let _ = (config, clock);
        Err(NetError::Stopped)
    }

    /// Returns the addresses actually bound, in the order of the configuration.
    #[must_use]
    pub fn bound(&self) -> &[Listen] {
        &self.bound
    }

    /// Says whether new calls are taken.
    pub fn set_draining(&self, draining: Draining) {
        let _ = draining;
    }

    /// Calls out; whatever happens, also a wrong URI, comes as an event of the leg.
    #[must_use]
    pub fn invite(&self, invite: Invite) -> SipLeg {
        let _ = invite;
        let (orders, _) = mpsc::channel(1);
        let (_, events) = mpsc::channel(1);
        let local_ip = SocketAddr::from(([127, 0, 0, 1], 0)).ip();
        SipLeg { orders, events, end: Arc::default(), over: tokio_util::sync::CancellationToken::new(), local_ip, end_told: false }
    }

    /// Sends a MESSAGE (RFC 3428) and returns the status it was answered with.
    ///
    /// # Errors
    /// When it could not be sent, or was not answered within two seconds.
    pub async fn message(&self, to: &str, from_user: &str, content_type: &str, body: Vec<u8>) -> Result<u16, NetError> {
        let _ = (to, from_user, content_type, body);
        Err(NetError::Stopped)
    }

    /// Reads the counters.
    #[must_use]
    pub fn counters(&self) -> NetCounters {
        NetCounters::default()
    }

    /// Ends all legs (BYE, CANCEL, refusals are sent) and the thread; returns when it has ended, within two seconds.
    pub async fn stop(self) {}
}
