//! One leg as the rest of the house sees it: orders go in without waiting, events come out in order.
//! Does not know the SIP library.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::base::{Key, Pii};

/// What comes in from the network.
#[derive(Debug)]
pub enum Incoming {
    /// Somebody calls.
    Call(Box<IncomingCall>),
    /// Somebody sent a MESSAGE of an accepted type; it is answered already.
    Message(IncomingMessage),
}

/// An INVITE that waits for its answer.
#[derive(Debug)]
pub struct IncomingCall {
    /// The leg; dropping it rejects or ends the call.
    pub leg: SipLeg,
    /// The SIP Call-ID.
    pub call_id: String,
    /// The user part of From.
    pub from_user: Pii<String>,
    /// The display name of From, empty if there is none.
    pub from_display: Pii<String>,
    /// The user part of the request's URI: who was dialled.
    pub to_user: String,
    /// The session description; `None` asks us for the offer (RFC 3261 §13.2.1).
    pub offer: Option<String>,
    /// Where the INVITE came from.
    pub source: SocketAddr,
    /// Headers beyond those SIP itself needs, such as `User-to-User`.
    pub headers: Vec<(String, String)>,
}

/// A MESSAGE (RFC 3428) of a type we take.
#[derive(Debug)]
pub struct IncomingMessage {
    /// The user part of From.
    pub from_user: Pii<String>,
    /// The media type, without parameters.
    pub content_type: String,
    /// The body.
    pub body: Pii<Vec<u8>>,
}

/// What happened on a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEvent {
    /// The far end rings.
    Ringing,
    /// The far end answered our INVITE; it is acknowledged.
    Answered {
        /// Its answer.
        sdp: Option<String>,
        /// Headers beyond those SIP itself needs.
        headers: Vec<(String, String)>,
    },
    /// The far end acknowledged our 200.
    Confirmed {
        /// Its answer, if our 200 carried the offer.
        sdp: Option<String>,
    },
    /// The far end wants to change the session: [`SipLeg::answer_reoffer`] within some seconds.
    Reoffered {
        /// Its new offer; `None` asks us for one.
        sdp: Option<String>,
    },
    /// A key came as SIP INFO.
    Key(Key),
    /// It is over; the last event.
    Ended(LegEnd),
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEnd {
    /// By a BYE of either side.
    Bye,
    /// Before it was answered, by whoever had called.
    Cancelled,
    /// The far end, or we, refused.
    Rejected {
        /// The status code.
        code: u16,
        /// The reason phrase.
        reason: String,
    },
    /// Nobody answered, or nobody acknowledged our answer.
    Timeout,
    /// The network or the far end broke the rules.
    Failed(String),
}

/// What a leg is asked to do.
#[derive(Debug)]
pub(super) enum LegOrder {
    Ring,
    Answer(String),
    Reject { code: u16, reason: String, retry_after: Option<Duration> },
    AnswerReoffer(Result<String, u16>),
}

/// The handle of one leg; dropping it hangs up.
///
/// Orders go into a queue of 16 and never wait; an order too many hangs up. Events come from a queue of 64; if it is full,
/// keys are lost and counted, and any other event ends the leg. The end is always told.
#[derive(Debug)]
pub struct SipLeg {
    orders: mpsc::Sender<LegOrder>,
    events: mpsc::Receiver<LegEvent>,
    end: Arc<OnceLock<LegEnd>>,
    over: CancellationToken,
    local_ip: IpAddr,
    end_told: bool,
}

/// How many orders may wait.
const ORDERS: usize = 16;
/// How many events may wait.
const EVENTS: usize = 64;

/// The signal thread's end of a leg.
#[derive(Debug)]
pub(super) struct LegFar {
    pub(super) orders: mpsc::Receiver<LegOrder>,
    pub(super) over: CancellationToken,
    events: mpsc::Sender<LegEvent>,
    end: Arc<OnceLock<LegEnd>>,
}

/// Makes both ends of a leg.
pub(super) fn leg(local_ip: IpAddr) -> (SipLeg, LegFar) {
    let (give_order, orders) = mpsc::channel(ORDERS);
    let (give_event, events) = mpsc::channel(EVENTS);
    let (end, over) = (Arc::default(), CancellationToken::new());
    let far = LegFar { orders, over: over.clone(), events: give_event, end: Arc::clone(&end) };
    (SipLeg { orders: give_order, events, end, over, local_ip, end_told: false }, far)
}

impl LegFar {
    /// Tells an event; `false` if there is no room for it, or nobody to hear it.
    pub(super) fn tell(&self, event: LegEvent) -> bool {
        self.events.try_send(event).is_ok()
    }

    /// Tells the end, which always finds its way.
    pub(super) fn finish(self, end: LegEnd) {
        // Set before the queue closes, which is what the reader takes for the end.
        let _ = self.end.set(end);
    }
}

impl SipLeg {
    /// Tells the caller that it rings (180).
    pub fn ring(&self) {
        self.order(LegOrder::Ring);
    }

    /// Answers the call (200) with our answer or, to an INVITE without one, our offer.
    pub fn answer(&self, sdp: String) {
        self.order(LegOrder::Answer(sdp));
    }

    /// Refuses the call.
    pub fn reject(&self, code: u16, reason: &str, retry_after: Option<Duration>) {
        self.order(LegOrder::Reject { code, reason: reason.to_owned(), retry_after });
    }

    /// Answers the last [`LegEvent::Reoffered`] with a session description or a status code such as 488.
    pub fn answer_reoffer(&self, answer: Result<String, u16>) {
        self.order(LegOrder::AnswerReoffer(answer));
    }

    /// Ends the leg in whatever state it is: BYE, CANCEL or a refusal. Harmless when it is over.
    pub fn hang_up(&self) {
        self.over.cancel();
    }

    /// Returns the address to write in session descriptions for this peer.
    #[must_use]
    pub fn local_ip(&self) -> IpAddr {
        self.local_ip
    }

    /// Waits for the next event; `None` after [`LegEvent::Ended`]. Safe to cancel.
    pub async fn event(&mut self) -> Option<LegEvent> {
        match self.events.recv().await {
            Some(event) => Some(event),
            None => self.tell_end(),
        }
    }

    /// Takes the next event if one is there.
    pub fn try_event(&mut self) -> Option<LegEvent> {
        match self.events.try_recv() {
            Ok(event) => Some(event),
            Err(mpsc::error::TryRecvError::Empty) => None,
            Err(mpsc::error::TryRecvError::Disconnected) => self.tell_end(),
        }
    }

    fn order(&self, order: LegOrder) {
        if matches!(self.orders.try_send(order), Err(mpsc::error::TrySendError::Full(_))) {
            self.over.cancel();
        }
    }

    fn tell_end(&mut self) -> Option<LegEvent> {
        if self.end_told {
            return None;
        }
        self.end_told = true;
        let stopped = || LegEnd::Failed("the signal thread stopped".to_owned());
        Some(LegEvent::Ended(self.end.get().cloned().unwrap_or_else(stopped)))
    }
}

impl Drop for SipLeg {
    fn drop(&mut self) {
        self.over.cancel();
    }
}
