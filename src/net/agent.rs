//! The user agent on the signal thread: takes requests, starts legs, sends messages.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog::Dialog;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::typed::{From as FromHeader, To as ToHeader};
use rsipstack::sip::uri::Tag;
use rsipstack::sip::{Header, HostWithPort, Method, Param, Request, Scheme, SipMessage, StatusCode, StatusCodeKind, Transport as Via, Uri};
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transaction::{TransactionReceiver, make_tag};
use rsipstack::transport::tcp::TcpConnection;
use rsipstack::transport::tcp_listener::TcpListenerConnection;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipAddr, SipConnection, TransportLayer};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::guard::GuardedSocket;
use super::leg::{LegFar, leg};
use super::leg_task::{self, Answering, Calling};
use super::registering::keep_registered;
use super::shared::{LegCount, Shared, count};
use super::signal::{Bound, Command};
use super::{Incoming, IncomingCall, IncomingMessage, Invite, LegEnd, NetError, SipLeg, Transport};
use crate::base::Pii;
use crate::sip::METHODS;
use crate::wire::sip_headers::{name_and_uri, user_part};

/// How long an outgoing MESSAGE waits for its answer.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(2);
/// How often every task gets a turn after the last leg has ended, so that what was still to be sent is.
const LAST_TURNS: usize = 16;
/// TCP connections at once.
const MOST_CONNECTIONS: usize = 1_024;
/// A TCP connection without a word for so long is closed.
const IDLE: Duration = Duration::from_mins(10);

/// What every task of the signal thread works with.
pub(super) struct Agent {
    pub(super) shared: Arc<Shared>,
    pub(super) endpoint: EndpointInnerRef,
    pub(super) dialogs: Arc<DialogLayer>,
    pub(super) tasks: TaskTracker,
    /// Cancelled when the thread is to end: every leg hangs up.
    pub(super) stopping: CancellationToken,
    incoming: mpsc::Sender<Incoming>,
}

/// Runs the signal thread until `stopping` is cancelled and the legs have ended, or were given their time.
pub(super) async fn run(
    shared: Arc<Shared>,
    sockets: Vec<Bound>,
    mut commands: mpsc::Receiver<Command>,
    incoming: mpsc::Sender<Incoming>,
    stopping: CancellationToken,
    patience: Duration,
) {
    // The library's own token is cancelled last, when the goodbyes are out.
    let network = CancellationToken::new();
    let layer = TransportLayer::new(network.clone());
    layer.set_stream_idle_timeout(IDLE);
    let mut listeners = Vec::new();
    for socket in sockets {
        if let Err(error) = register(&layer, &network, socket, &shared, &mut listeners).await {
            tracing::error!(%error, "a SIP socket could not be handed to the SIP library");
        }
    }
    let t1 = shared.config.t1;
    let option = EndpointOption { t1, t1x64: t1 * 64, callid_suffix: Some("bellhop".to_owned()), ..EndpointOption::default() };
    let endpoint = EndpointBuilder::new()
        .with_user_agent(&shared.config.user_agent)
        .with_transport_layer(layer)
        .with_cancel_token(network.clone())
        .with_option(option)
        .build();
    let Ok(transactions) = endpoint.incoming_transactions() else { return };
    let inner = Arc::clone(&endpoint.inner);
    let dialogs = Arc::new(DialogLayer::new(Arc::clone(&inner)));
    let agent = Arc::new(Agent { shared, endpoint: inner, dialogs, tasks: TaskTracker::new(), stopping, incoming });
    let serving = tokio::spawn(async move { endpoint.serve().await });
    tokio::task::yield_now().await;
    for (listener, address) in listeners {
        tokio::spawn(accept(Arc::clone(&agent), listener, address));
    }
    let taking = tokio::spawn(take_all(Arc::clone(&agent), transactions));
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Invite(invite, far)) => agent.invite(*invite, far),
                Some(Command::Message(message, answer)) => agent.send_message(message, answer),
                Some(Command::Register(account, answer)) => {
                    agent.tasks.spawn(keep_registered(Arc::clone(&agent), account, answer));
                }
                // Every handle is gone.
                None => agent.stopping.cancel(),
            },
            () = agent.stopping.cancelled() => break,
        }
    }
    agent.tasks.close();
    let _ = tokio::time::timeout(patience, agent.tasks.wait()).await;
    for _ in 0..LAST_TURNS {
        tokio::task::yield_now().await;
    }
    taking.abort();
    network.cancel();
    let _ = serving.await;
}

/// A MESSAGE to send.
pub(super) struct Outgoing {
    pub(super) to: String,
    pub(super) from_user: String,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

async fn register(
    layer: &TransportLayer,
    network: &CancellationToken,
    socket: Bound,
    shared: &Arc<Shared>,
    listeners: &mut Vec<(TcpListener, SocketAddr)>,
) -> Result<(), rsipstack::Error> {
    match socket {
        Bound::Udp(socket) => {
            let guarded = GuardedSocket::new(UdpSocket::from_std(socket)?, Arc::clone(shared));
            layer.add_transport(UdpConnection::from_socket(Arc::new(guarded), None, Some(network.clone())).await?.into());
        }
        Bound::Tcp(listener) => {
            let listener = TcpListener::from_std(listener)?;
            let address = SipConnection::resolve_bind_address(listener.local_addr()?);
            listeners.push((listener, address));
        }
    }
    Ok(())
}

/// Accepts TCP connections; the library would bind an address by itself, but ours is bound already.
async fn accept(agent: Arc<Agent>, listener: TcpListener, address: SocketAddr) {
    let layer = &agent.endpoint.transport_layer;
    if let Ok(named) = TcpListenerConnection::new(address, None).await {
        layer.add_transport(named.into());
    }
    let local = SipAddr { r#type: Some(Via::Tcp), addr: address.into() };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = agent.stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) if layer.connections_count() < MOST_CONNECTIONS => {
                if let Ok(connection) = TcpConnection::from_stream(stream, local.clone(), Some(CancellationToken::new())) {
                    layer.add_connection(connection.into());
                }
            }
            Ok(_) => count(&agent.shared.counters.dropped),
            Err(error) => {
                tracing::warn!(%error, "a TCP connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn take_all(agent: Arc<Agent>, mut transactions: TransactionReceiver) {
    while let Some(transaction) = transactions.recv().await {
        agent.take(transaction);
    }
}

impl Agent {
    fn take(self: &Arc<Self>, transaction: Transaction) {
        let request = &transaction.original;
        let within = request.to_header().is_ok_and(|to| to.tag().is_ok_and(|tag| tag.is_some()));
        match (request.method, within) {
            (Method::Ack, _) => {}
            (_, true) => match self.dialogs.match_dialog(&transaction) {
                Some(dialog) => handle_within(dialog, transaction),
                None => reply(transaction, StatusCode::CallTransactionDoesNotExist, Vec::new()),
            },
            (Method::Invite, false) => self.invited(transaction),
            (Method::Options, false) if self.shared.is_draining() => self.overloaded(transaction),
            (Method::Options, false) => reply(transaction, StatusCode::OK, capabilities()),
            (Method::Message, false) => {
                let (status, headers) = self.take_message(&transaction.original);
                reply(transaction, status, headers);
            }
            (Method::Bye | Method::Cancel | Method::Info | Method::Update | Method::PRack, false) => {
                reply(transaction, StatusCode::CallTransactionDoesNotExist, Vec::new());
            }
            (Method::Notify | Method::Publish | Method::Refer | Method::Register | Method::Subscribe, false) => {
                reply(transaction, StatusCode::MethodNotAllowed, vec![allow()]);
            }
        }
    }

    fn overloaded(&self, transaction: Transaction) {
        if transaction.original.method == Method::Invite {
            count(&self.shared.counters.overloaded);
        }
        let seconds = self.shared.config.retry_after.as_secs().max(1);
        reply(transaction, StatusCode::ServiceUnavailable, vec![Header::RetryAfter(seconds.to_string().into())]);
    }

    fn invited(self: &Arc<Self>, transaction: Transaction) {
        let place = if self.shared.has_room() { self.incoming.clone().try_reserve_owned().ok() } else { None };
        let Some(place) = place else { return self.overloaded(transaction) };
        let request = transaction.original.clone();
        let Some(source) = source_of(&transaction) else {
            return reply(transaction, StatusCode::BadRequest, Vec::new());
        };
        let transport = transaction.connection.as_ref().map_or(Via::Udp, SipConnection::transport);
        let local_ip = self.shared.address_towards(source);
        let to_user = user_part(&request.uri.to_string()).unwrap_or_default();
        let contact = self.contact(&to_user, transport, local_ip);
        let (states, received) = self.dialogs.new_dialog_state_channel();
        let dialog = match self.dialogs.get_or_create_server_invite(&transaction, states, None, Some(contact)) {
            Ok(dialog) => dialog,
            Err(error) => {
                tracing::debug!(%error, "an INVITE made no dialog");
                return reply(transaction, StatusCode::BadRequest, Vec::new());
            }
        };
        let (near, far) = leg(local_ip);
        let (from_display, from_uri) = request.from_header().map(|from| name_and_uri(from.value())).unwrap_or_default();
        let call = IncomingCall {
            leg: near,
            call_id: dialog.id().call_id,
            from_user: user_part(from_uri).unwrap_or_default().into(),
            from_display: from_display.into(),
            to_user,
            offer: text_of(&request.body),
            source,
            headers: extra_headers(request.headers.iter()),
        };
        let counted = LegCount::incoming(&self.shared);
        let answering = Answering { respond: transaction.tu_sender.clone(), request };
        let mut driven = dialog.clone();
        tokio::spawn(async move {
            let mut transaction = transaction;
            if let Err(error) = driven.handle(&mut transaction).await {
                tracing::debug!(%error, "an INVITE transaction ended in error");
            }
            drained(transaction).await;
        });
        self.tasks.spawn(leg_task::answer(Arc::clone(self), dialog, received, far, answering, counted));
        place.send(Incoming::Call(Box::new(call)));
    }

    /// Takes a MESSAGE and says what to answer.
    pub(super) fn take_message(&self, request: &Request) -> (StatusCode, Vec<Header>) {
        let accepted = &self.shared.config.accept_messages;
        if accepted.is_empty() {
            return (StatusCode::MethodNotAllowed, vec![allow()]);
        }
        let content_type = request.header_value("Content-Type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(&media_type)) {
            return (StatusCode::UnsupportedMediaType, vec![Header::Accept(accepted.join(", ").into())]);
        }
        let from = request.from_header().ok().and_then(|from| user_part(name_and_uri(from.value()).1));
        let message =
            IncomingMessage { from_user: from.unwrap_or_default().into(), content_type: media_type, body: Pii::new(request.body.clone()) };
        match self.incoming.try_send(Incoming::Message(message)) {
            Ok(()) => (StatusCode::OK, Vec::new()),
            Err(_) => (StatusCode::ServiceUnavailable, Vec::new()),
        }
    }

    fn invite(self: &Arc<Self>, invite: Invite, far: LegFar) {
        let agent = Arc::clone(self);
        let counted = LegCount::outgoing(&self.shared);
        self.tasks.spawn(async move {
            match agent.calling(invite).await {
                Ok(calling) => leg_task::call(agent, calling, far, counted).await,
                Err(error) => far.finish(LegEnd::Failed(error.to_string())),
            }
        });
    }

    async fn calling(&self, invite: Invite) -> Result<Calling, NetError> {
        let target = Target::find(&invite.to).await?;
        let local_ip = self.shared.address_towards(target.address);
        let contact = self.contact(&invite.from_user, target.transport, local_ip);
        let caller = uri(&invite.from_user, contact.host_with_port.clone(), Vec::new());
        let display = invite.from_display.replace(['"', '\\', '\r', '\n'], "");
        let headers = invite.headers.into_iter().map(|(name, value)| Header::Other(name, value.replace(['\r', '\n'], " "))).collect();
        Ok(Calling(rsipstack::dialog::invitation::InviteOption {
            caller_display_name: Some(display).filter(|name| !name.is_empty()),
            caller,
            callee: target.uri,
            destination: Some(SipAddr { r#type: Some(target.transport), addr: target.address.into() }),
            offer: invite.offer.map(String::into_bytes),
            contact,
            headers: Some(headers),
            ..Default::default()
        }))
    }

    fn send_message(self: &Arc<Self>, message: Outgoing, answer: oneshot::Sender<Result<u16, NetError>>) {
        let agent = Arc::clone(self);
        self.tasks.spawn(async move {
            let sent = tokio::time::timeout(MESSAGE_PATIENCE, agent.message(message)).await;
            // Whoever asked may have gone.
            let _ = answer.send(sent.unwrap_or(Err(NetError::Timeout)));
        });
    }

    async fn message(&self, message: Outgoing) -> Result<u16, NetError> {
        let not_sent = |error: rsipstack::Error| NetError::NotSent(error.to_string());
        let target = Target::find(&message.to).await?;
        let local_ip = self.shared.address_towards(target.address);
        let here = self.contact(&message.from_user, target.transport, local_ip).host_with_port;
        let via_address = SipAddr { r#type: Some(target.transport), addr: here.clone() };
        let via = self.endpoint.get_via(Some(via_address), None).map_err(not_sent)?;
        let from = FromHeader {
            display_name: None,
            uri: uri(&message.from_user, here, Vec::new()),
            params: vec![Param::Tag(Tag::new(make_tag().value()))],
        };
        let to = ToHeader { display_name: None, uri: target.uri.clone(), params: Vec::new() };
        let sequence = self.dialogs.increment_last_seq();
        let mut request = self.endpoint.make_request(Method::Message, target.uri, via, from, to, sequence, None);
        request.headers.push(Header::ContentType(message.content_type.into()));
        request.body = message.body;
        let key = TransactionKey::from_request(&request, TransactionRole::Client).map_err(not_sent)?;
        let mut transaction = Transaction::new_client(key, request, Arc::clone(&self.endpoint), None);
        transaction.destination = Some(SipAddr { r#type: Some(target.transport), addr: target.address.into() });
        transaction.send().await.map_err(not_sent)?;
        while let Some(received) = transaction.receive().await {
            if let SipMessage::Response(response) = received
                && response.status_code.kind() != StatusCodeKind::Provisional
            {
                return Ok(response.status_code.into());
            }
        }
        Err(NetError::Timeout)
    }

    /// Writes our Contact for a peer: the listener's port for the transport, so that requests within the dialog find us.
    pub(super) fn contact(&self, user: &str, transport: Via, local_ip: std::net::IpAddr) -> Uri {
        let ours = if transport == Via::Tcp { Transport::Tcp } else { Transport::Udp };
        let listener = self.shared.listener(ours).or_else(|| self.shared.bound.first().map(|listen| listen.address));
        let at = SocketAddr::new(local_ip, listener.map_or(5060, |address| address.port()));
        let parameters = if transport == Via::Tcp { vec![Param::Transport(Via::Tcp)] } else { Vec::new() };
        uri(user, at.into(), parameters)
    }
}

/// Where a request goes.
pub(super) struct Target {
    pub(super) uri: Uri,
    pub(super) transport: Via,
    pub(super) address: SocketAddr,
}

impl Target {
    pub(super) async fn find(text: &str) -> Result<Self, NetError> {
        let wrong = || NetError::Uri(text.to_owned());
        let uri = Uri::try_from(text).map_err(|_| wrong())?;
        if uri.scheme.as_ref().is_none_or(|scheme| *scheme != Scheme::Sip) {
            return Err(wrong());
        }
        let named = uri.params.iter().find_map(|param| if let Param::Transport(transport) = param { Some(*transport) } else { None });
        let transport = named.unwrap_or(Via::Udp);
        if !matches!(transport, Via::Udp | Via::Tcp) {
            return Err(wrong());
        }
        let port = uri.host_with_port.port.map_or(5060, u16::from);
        let host = uri.host_with_port.host.to_string();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = tokio::net::lookup_host((host, port)).await.ok().and_then(|mut found| found.next()).ok_or_else(wrong)?;
        Ok(Self { uri, transport, address })
    }
}

/// Answers a request and keeps its transaction until it has ended: a refused INVITE waits for its ACK.
fn reply(mut transaction: Transaction, status: StatusCode, headers: Vec<Header>) {
    tokio::spawn(async move {
        if transaction.reply_with(status, headers, None).await.is_ok() {
            drained(transaction).await;
        }
    });
}

/// Hands a request within a dialog to it.
fn handle_within(mut dialog: Dialog, mut transaction: Transaction) {
    tokio::spawn(async move {
        let handled = dialog.handle(&mut transaction).await;
        let is_ack = transaction.original.method == Method::Ack;
        if transaction.last_response.is_none() && !is_ack {
            // Out of order, or of no use in this state: the library says nothing (RFC 3261 §12.2.2).
            tracing::debug!(?handled, "a request within a dialog got no answer of its own");
            let _ = transaction.reply(StatusCode::ServerInternalError).await;
        }
        drained(transaction).await;
    });
}

/// Receives until the transaction has ended, so that it repeats its answer as long as it must.
async fn drained(mut transaction: Transaction) {
    while !transaction.is_terminated() && transaction.receive().await.is_some() {}
}

fn source_of(transaction: &Transaction) -> Option<SocketAddr> {
    transaction.connection.as_ref()?.get_remote_addr()?.get_socketaddr().ok()
}

fn uri(user: &str, host_with_port: HostWithPort, params: Vec<Param>) -> Uri {
    let auth = Some(escaped(user)).filter(|user| !user.is_empty()).map(|user| rsipstack::sip::Auth { user, password: None });
    Uri { scheme: Some(Scheme::Sip), auth, host_with_port, params, headers: Vec::new() }
}

/// Escapes what may not stand in a user part (RFC 3261 §25.1).
fn escaped(user: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,?/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

pub(super) fn allow() -> Header {
    Header::Allow(METHODS.join(", ").into())
}

fn capabilities() -> Vec<Header> {
    vec![allow(), Header::Accept("application/sdp".into())]
}

/// Returns a body as text; `None` if it is empty.
pub(super) fn text_of(body: &[u8]) -> Option<String> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}

/// Returns the headers that SIP itself has no need of.
pub(super) fn extra_headers<'a>(headers: impl Iterator<Item = &'a Header>) -> Vec<(String, String)> {
    let named = |header: &Header| match header {
        Header::Other(name, value) => Some((name.clone(), value.clone())),
        Header::UserToUser(value) => Some(("User-to-User".to_owned(), value.value().to_owned())),
        Header::Subject(value) => Some(("Subject".to_owned(), value.value().to_owned())),
        Header::UserAgent(value) => Some(("User-Agent".to_owned(), value.value().to_owned())),
        _ => None,
    };
    headers.filter_map(named).collect()
}

/// Makes a leg that is over before it began.
pub(super) fn stillborn(local_ip: std::net::IpAddr, why: &str) -> SipLeg {
    let (near, far) = leg(local_ip);
    far.finish(LegEnd::Failed(why.to_owned()));
    near
}
