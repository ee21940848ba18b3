//! The UDP socket as the SIP library sees it: only messages that passed the pre-check, one at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rsipstack::platform::net::UdpSocket as LibrarySocket;
use rsipstack::sip::prelude::{HeadersExt, ToTypedHeader};
use rsipstack::sip::{Method, SipMessage};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use tokio::net::UdpSocket;
use tokio::sync::Mutex;

use super::shared::{Shared, count};
use crate::sip::{DropReason, RateLimit, Verdict, precheck, refuse_unreadable};

/// The longest datagram there is.
const LONGEST_DATAGRAM: usize = 65_535;
/// How long to wait after the socket failed, so that a lasting failure is no busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// A socket whose reader sees only what passed.
pub(super) struct GuardedSocket {
    socket: UdpSocket,
    reader: Mutex<Reader>,
    shared: Arc<Shared>,
}

struct Reader {
    buffer: Box<[u8]>,
    limit: RateLimit,
}

/// What became of one datagram.
enum Passed {
    Message(usize),
    Answer(Vec<u8>),
    Nothing,
}

impl GuardedSocket {
    pub(super) fn new(socket: UdpSocket, shared: Arc<Shared>) -> Self {
        let limit = RateLimit::new(shared.config.requests_per_second);
        Self { socket, reader: Mutex::new(Reader { buffer: vec![0; LONGEST_DATAGRAM].into(), limit }), shared }
    }
}

#[async_trait]
impl LibrarySocket for GuardedSocket {
    async fn recv_from(&self, into: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        let mut reader = self.reader.lock().await;
        loop {
            // The library's queues are unbounded: whatever a message sets off comes first, then the next message.
            // So a flood waits, and is lost, in the kernel's buffer.
            tokio::task::yield_now().await;
            let (length, from) = match self.socket.recv_from(&mut reader.buffer).await {
                Ok(received) => received,
                Err(error) => {
                    tracing::warn!(%error, "a SIP socket failed to receive");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            count(&self.shared.counters.received);
            match reader.look(length, from, into, &self.shared) {
                Passed::Message(length) => return Ok((length, from)),
                Passed::Answer(bytes) => drop(self.socket.send_to(&bytes, from).await),
                Passed::Nothing => {}
            }
        }
    }

    async fn send_to(&self, bytes: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(bytes, to).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

impl Reader {
    fn look(&mut self, length: usize, from: SocketAddr, into: &mut [u8], shared: &Shared) -> Passed {
        let counters = &shared.counters;
        let datagram = &self.buffer[..length];
        let is_request = !datagram.starts_with(b"SIP/2.0 ");
        if is_request && !self.limit.admit(shared.clock.mono(), from.ip()) {
            count(&counters.limited);
            return Passed::Nothing;
        }
        let server = &shared.config.user_agent;
        match precheck(datagram, from, server) {
            Verdict::Pass(message) if message.len() <= into.len() && is_readable(&message) => {
                if matches!(message, std::borrow::Cow::Owned(_)) {
                    count(&counters.repaired);
                }
                into[..message.len()].copy_from_slice(&message);
                Passed::Message(message.len())
            }
            Verdict::Pass(message) => {
                let answer = refuse_unreadable(&message, from, server);
                count(if answer.is_some() { &counters.refused } else { &counters.dropped });
                answer.map_or(Passed::Nothing, Passed::Answer)
            }
            Verdict::Answer(answer) => {
                count(&counters.refused);
                Passed::Answer(answer)
            }
            Verdict::Pong => Passed::Answer(b"\r\n".to_vec()),
            Verdict::Drop(DropReason::Empty) => Passed::Nothing,
            Verdict::Drop(reason @ (DropReason::NotSip | DropReason::Unanswerable)) => {
                tracing::debug!(?reason, "a datagram was dropped");
                count(&counters.dropped);
                Passed::Nothing
            }
        }
    }
}

/// Whether the library can read it as far as it will need to: what it cannot read it drops without a word.
fn is_readable(message: &[u8]) -> bool {
    match SipMessage::try_from(message) {
        Ok(SipMessage::Request(request)) => {
            let contact = || request.typed_contact_headers().is_ok_and(|contacts| !contacts.is_empty());
            TransactionKey::from_request(&request, TransactionRole::Server).is_ok()
                && request.via_header().and_then(rsipstack::sip::headers::untyped::Via::first_value).is_ok()
                && request.from_header().is_ok_and(|from| from.clone().typed().is_ok())
                && request.to_header().is_ok_and(|to| to.clone().typed().is_ok())
                && (request.method != Method::Invite || contact())
        }
        Ok(SipMessage::Response(response)) => TransactionKey::from_response(&response, TransactionRole::Client).is_ok(),
        Err(_) => false,
    }
}
