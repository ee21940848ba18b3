//! The handle of the signal thread, on which everything SIP lives.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::agent::{self, Outgoing, stillborn};
use super::leg::{LegFar, leg};
use super::shared::{Counters, Shared};
use super::{Incoming, Listen, SipLeg, Transport};
use crate::base::Clock;

/// What the kernel is to hold of SIP while the thread is busy: a burst of some thousand messages.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Orders of the handles that may wait for the thread; calls too many fail at once.
const COMMANDS: usize = 256;
/// How long legs get to say goodbye when the thread is to end.
const GOODBYE: Duration = Duration::from_secs(2);

/// How the signal thread behaves.
#[derive(Clone, Debug)]
pub struct SignalConfig {
    /// Where to listen; at least one UDP address is needed to call out over UDP.
    pub listen: Vec<Listen>,
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Incoming calls at once; above it an INVITE gets 503 with Retry-After.
    pub max_calls: usize,
    /// What Retry-After says.
    pub retry_after: Duration,
    /// Requests a second that one source address may send, with twice as many at once; 0 for no limit.
    pub requests_per_second: u32,
    /// Media types of MESSAGE that are taken; none: 405.
    pub accept_messages: Vec<String>,
    /// How many incoming calls and messages may wait to be taken; above it an INVITE gets 503.
    pub backlog: usize,
    /// The first wait before a message is sent again (T1, RFC 3261 §17.1.1.1); an unacknowledged answer ends after 64 of it.
    pub t1: Duration,
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
            requests_per_second: 5_000,
            accept_messages: Vec::new(),
            backlog: 256,
            t1: Duration::from_millis(500),
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
    /// The registrar said no, with this status code.
    #[error("the registrar refused: {0}{why}", why = if matches!(.0, 401 | 403 | 407) { " (is the user or the password wrong?)" } else { "" })]
    NotRegistered(u16),
    /// The signal thread has stopped.
    #[error("the signal thread has stopped")]
    Stopped,
    /// The signal thread could not be started.
    #[error("cannot start the signal thread: {0}")]
    Thread(std::io::Error),
}

/// The signal thread's handle, to be cloned freely; when the last one is dropped, the thread ends as after [`Signal::stop`].
#[derive(Clone, Debug)]
pub struct Signal {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    stopping: CancellationToken,
    ended: CancellationToken,
}

/// What a handle asks of the thread.
pub(super) enum Command {
    Invite(Box<Invite>, LegFar),
    Message(Outgoing, oneshot::Sender<Result<u16, NetError>>),
    Register(super::Account, oneshot::Sender<Result<(), NetError>>),
}

/// A socket of the thread's.
pub(super) enum Bound {
    Udp(UdpSocket),
    Tcp(TcpListener),
}

impl Signal {
    /// Binds the sockets and starts the thread named `signal`.
    ///
    /// Calls and messages come from the receiver, at most [`SignalConfig::backlog`] waiting. TCP on port 0 gets the port
    /// of UDP on port 0 where that is free.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn start(config: SignalConfig, clock: Clock) -> Result<(Self, mpsc::Receiver<Incoming>), NetError> {
        let (sockets, bound) = bind_all(&config.listen)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(NetError::Thread)?;
        let (give_incoming, incoming) = mpsc::channel(config.backlog.max(1));
        let (commands, orders) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared { config, clock, bound, draining: AtomicBool::new(false), counters: Counters::default() });
        let (stopping, ended) = (CancellationToken::new(), CancellationToken::new());
        let signal = Self { shared: Arc::clone(&shared), commands, stopping: stopping.clone(), ended: ended.clone() };
        let body = move || {
            let _ended = ended.drop_guard();
            super::go_first();
            runtime.block_on(agent::run(shared, sockets, orders, give_incoming, stopping, GOODBYE));
        };
        std::thread::Builder::new().name("signal".to_owned()).spawn(body).map_err(NetError::Thread)?;
        Ok((signal, incoming))
    }

    /// Returns the addresses actually bound, in the order of the configuration.
    #[must_use]
    pub fn bound(&self) -> &[Listen] {
        &self.shared.bound
    }

    /// Says whether new calls are taken.
    pub fn set_draining(&self, draining: Draining) {
        self.shared.draining.store(draining == Draining::Yes, Ordering::Relaxed);
    }

    /// Returns the address to write in an offer to the SIP URI `to`; resolves no names: for those, what the default route uses.
    #[must_use]
    pub fn local_ip_towards(&self, to: &str) -> IpAddr {
        let host = to.rsplit_once('@').or_else(|| to.split_once(':')).map_or(to, |(_, host)| host);
        let host = host.split([';', '?', '>']).next().unwrap_or_default();
        let peer = host.parse::<SocketAddr>().ok().or_else(|| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 5060))
        });
        let peer = peer.or_else(|| host.starts_with("localhost").then(|| SocketAddr::from(([127, 0, 0, 1], 5060))));
        // A documentation address (RFC 5737) is routed like any other far away.
        self.shared.address_towards(peer.unwrap_or_else(|| SocketAddr::from(([192, 0, 2, 1], 5060))))
    }

    /// Calls out; whatever happens, also a wrong URI, comes as an event of the leg.
    #[must_use]
    pub fn invite(&self, invite: Invite) -> SipLeg {
        let local_ip = self.local_ip_towards(&invite.to);
        let (near, far) = leg(local_ip);
        match self.commands.try_send(Command::Invite(Box::new(invite), far)) {
            Ok(()) => near,
            Err(mpsc::error::TrySendError::Full(_)) => stillborn(local_ip, "the signal thread is overloaded"),
            Err(mpsc::error::TrySendError::Closed(_)) => stillborn(local_ip, "the signal thread has stopped"),
        }
    }

    /// Registers with a registrar and stays registered until the thread ends; returns when the first try has succeeded.
    ///
    /// # Errors
    /// When the registrar cannot be reached, refuses, or does not answer within 10 s; nothing is tried again then.
    pub async fn register(&self, account: super::Account) -> Result<(), NetError> {
        let (give, answer) = oneshot::channel();
        self.commands.send(Command::Register(account, give)).await.map_err(|_| NetError::Stopped)?;
        answer.await.unwrap_or(Err(NetError::Stopped))
    }

    /// Sends a MESSAGE (RFC 3428) and returns the status it was answered with.
    ///
    /// # Errors
    /// When it could not be sent, or was not answered within two seconds.
    pub async fn message(&self, to: &str, from_user: &str, content_type: &str, body: Vec<u8>) -> Result<u16, NetError> {
        let message = Outgoing { to: to.to_owned(), from_user: from_user.to_owned(), content_type: content_type.to_owned(), body };
        let (give, answer) = oneshot::channel();
        self.commands.send(Command::Message(message, give)).await.map_err(|_| NetError::Stopped)?;
        answer.await.unwrap_or(Err(NetError::Stopped))
    }

    /// Reads the counters.
    #[must_use]
    pub fn counters(&self) -> NetCounters {
        self.shared.counters.read()
    }

    /// Ends all legs (BYE, CANCEL, refusals are sent) and the thread; returns when it has ended, after some two seconds at most.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.ended.cancelled().await;
    }
}

fn bind_all(listens: &[Listen]) -> Result<(Vec<Bound>, Vec<Listen>), NetError> {
    let mut sockets = Vec::new();
    let mut bound = listens.to_vec();
    let udp_first = [Transport::Udp, Transport::Tcp];
    let mut chosen = None;
    for transport in udp_first {
        for listen in bound.iter_mut().filter(|listen| listen.transport == transport) {
            let wanted = listen.address;
            let failed = |error| NetError::Listen { listen: Listen { transport, address: wanted }, error };
            let (socket, address) = match (transport, chosen) {
                (Transport::Udp, _) => bind_udp(wanted),
                (Transport::Tcp, Some(port)) if wanted.port() == 0 => {
                    bind_tcp(SocketAddr::new(wanted.ip(), port)).or_else(|_| bind_tcp(wanted))
                }
                (Transport::Tcp, _) => bind_tcp(wanted),
            }
            .map_err(failed)?;
            if transport == Transport::Udp && wanted.port() == 0 {
                chosen = Some(address.port());
            }
            listen.address = address;
            sockets.push(socket);
        }
    }
    Ok((sockets, bound))
}

fn bind_udp(at: SocketAddr) -> io::Result<(Bound, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // The kernel grants what its limit allows; less is no reason not to start.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&at.into())?;
    let socket: UdpSocket = socket.into();
    let address = socket.local_addr()?;
    Ok((Bound::Udp(socket), address))
}

fn bind_tcp(at: SocketAddr) -> io::Result<(Bound, SocketAddr)> {
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((Bound::Tcp(listener), address))
}
