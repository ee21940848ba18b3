//! One leg on the signal thread: the SIP library's dialog on one side, orders and events on the other.

use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle};
use rsipstack::dialog::invitation::{InviteAsyncResult, InviteOption};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, Response, StatusCode};
use rsipstack::transaction::key::TransactionRole;
use rsipstack::transaction::transaction::{TransactionEvent, TransactionEventSender};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::agent::{Agent, allow, extra_headers, text_of};
use super::leg::{LegFar, LegOrder};
use super::shared::{LegCount, count};
use super::{LegEnd, LegEvent};
use crate::sip::key_of_info;

/// How long a new offer of the far end waits for our answer before it is refused.
const REOFFER_PATIENCE: Duration = Duration::from_secs(5);

/// What answering an INVITE needs beside its dialog.
pub(super) struct Answering {
    pub(super) respond: TransactionEventSender,
    pub(super) request: Request,
}

/// What calling needs.
pub(super) struct Calling(pub(super) InviteOption);

/// Runs an incoming leg to its end.
pub(super) async fn answer(
    agent: Arc<Agent>,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    far: LegFar,
    answering: Answering,
    counted: LegCount,
) {
    let mut task = LegTask::new(agent, dialog, far, counted);
    task.answering = Some(answering);
    task.run(states, None).await;
}

/// Calls out and runs the leg to its end.
pub(super) async fn call(agent: Arc<Agent>, calling: Calling, far: LegFar, counted: LegCount) {
    let (states, received) = agent.dialogs.new_dialog_state_channel();
    match agent.dialogs.do_invite_async(calling.0, states) {
        Ok((dialog, inviting)) => LegTask::new(agent, dialog, far, counted).run(received, Some(inviting)).await,
        Err(error) => far.finish(LegEnd::Failed(error.to_string())),
    }
}

struct LegTask {
    agent: Arc<Agent>,
    dialog: InviteDialog,
    /// The other end; `None` once the end was told, while the goodbyes are still under way.
    far: Option<LegFar>,
    answering: Option<Answering>,
    rang: bool,
    answered: bool,
    bye_sent: bool,
    /// The `CSeq` of the INVITE whose 200 of ours waits for its ACK.
    awaited_ack: Option<u32>,
    reoffer: Option<Reoffer>,
    refused: Option<LegEnd>,
    final_response: Option<Response>,
    _counted: LegCount,
}

/// An offer of the far end that waits for our answer.
struct Reoffer {
    handle: TransactionHandle,
    /// The `CSeq` whose ACK follows; none does after an UPDATE.
    acknowledged: Option<u32>,
    until: Instant,
}

/// What comes next on a leg.
enum Next {
    State(Option<DialogState>),
    Invited(Result<InviteAsyncResult, JoinError>),
    HungUp,
    Stopping,
    Order(LegOrder),
    ReofferLate,
}

impl LegTask {
    fn new(agent: Arc<Agent>, dialog: InviteDialog, far: LegFar, counted: LegCount) -> Self {
        Self {
            agent,
            dialog,
            far: Some(far),
            answering: None,
            rang: false,
            answered: false,
            bye_sent: false,
            awaited_ack: None,
            reoffer: None,
            refused: None,
            final_response: None,
            _counted: counted,
        }
    }

    async fn run(mut self, mut states: DialogStateReceiver, mut inviting: Option<JoinHandle<InviteAsyncResult>>) {
        let end = loop {
            match self.next(&mut states, &mut inviting).await {
                Next::State(None) => break LegEnd::Failed("the dialog was lost".to_owned()),
                Next::State(Some(DialogState::Terminated(_, reason))) => {
                    if let Some(inviting) = inviting.take() {
                        self.final_response = inviting.await.ok().and_then(Result::ok).and_then(|(_, response)| response);
                    }
                    break self.end_of(&reason);
                }
                Next::State(Some(state)) => self.on_state(state).await,
                Next::Invited(done) => {
                    inviting = None;
                    match done {
                        Ok(Ok((_, response))) => self.final_response = response,
                        Ok(Err(error)) => break LegEnd::Failed(error.to_string()),
                        Err(error) => break LegEnd::Failed(error.to_string()),
                    }
                }
                Next::HungUp => self.hang_up(),
                Next::Stopping => {
                    self.hang_up();
                    // No time to wait for an ACK.
                    if self.dialog.state().waiting_ack() {
                        self.bye();
                    }
                }
                Next::Order(order) => self.on_order(order).await,
                Next::ReofferLate => self.answer_reoffer(Err(500)).await,
            }
        };
        self.agent.dialogs.remove_dialog(&self.dialog.id());
        self.finish(end);
    }

    /// Waits for what comes next; every wait of it may be given up and begun again.
    async fn next(&mut self, states: &mut DialogStateReceiver, inviting: &mut Option<JoinHandle<InviteAsyncResult>>) -> Next {
        let Self { agent, far, reoffer, .. } = self;
        let late = reoffer.as_ref().map(|reoffer| reoffer.until);
        let held = far.is_some();
        let (orders, over) = match far {
            Some(far) => (Some(&mut far.orders), Some(far.over.clone())),
            None => (None, None),
        };
        tokio::select! {
            biased;
            state = states.recv() => Next::State(state),
            done = or_never(inviting.as_mut()) => Next::Invited(done),
            // Before the hang-up: a refusal whose leg is dropped at once keeps its status.
            Some(order) = or_never(orders.map(|orders| Box::pin(orders.recv()))) => Next::Order(order),
            () = or_never(over.map(|over| Box::pin(over.cancelled_owned()))) => Next::HungUp,
            () = agent.stopping.cancelled(), if held => Next::Stopping,
            () = or_never(late.map(|until| Box::pin(tokio::time::sleep_until(until)))) => Next::ReofferLate,
        }
    }

    async fn on_state(&mut self, state: DialogState) {
        match state {
            DialogState::Early(_, response) => {
                let calling = self.dialog.role() == TransactionRole::Client;
                if calling && !self.rang && (180..190).contains(&response.status_code.code()) {
                    self.rang = true;
                    self.tell(LegEvent::Ringing);
                }
            }
            DialogState::Confirmed(_, response) => self.confirmed(&response),
            DialogState::Updated(_, request, handle) => self.reoffered(&request, handle).await,
            DialogState::Info(_, request, handle) => {
                let content_type = request.header_value("Content-Type").unwrap_or_default();
                let key = key_of_info(&content_type, &request.body);
                let understood = key.is_some() || request.body.is_empty();
                respond(&handle, if understood { StatusCode::OK } else { StatusCode::UnsupportedMediaType }).await;
                if let Some(key) = key {
                    self.tell(LegEvent::Key(key));
                }
            }
            DialogState::Message(_, request, handle) => {
                let (status, headers) = self.agent.take_message(&request);
                let _ = handle.respond(status, Some(headers), None).await;
            }
            DialogState::Options(_, _, handle) => respond(&handle, StatusCode::OK).await,
            DialogState::Notify(_, _, handle) | DialogState::Refer(_, _, handle) | DialogState::Publish(_, _, handle) => {
                respond(&handle, StatusCode::MethodNotAllowed).await;
            }
            DialogState::Calling(_) | DialogState::Trying(_) | DialogState::WaitAck(..) | DialogState::Terminated(..) => {}
        }
    }

    /// The library tells this after every ACK, and after other requests too.
    fn confirmed(&mut self, response: &Response) {
        if self.far.is_none() {
            // Hung up while the answer, or its ACK, was on its way.
            return self.bye();
        }
        if self.dialog.role() == TransactionRole::Client && !self.answered {
            self.answered = true;
            return self.tell(LegEvent::Answered { sdp: text_of(&response.body), headers: extra_headers(response.headers.iter()) });
        }
        let ack = self.dialog.last_remote_ack().filter(|ack| sequence(ack) == self.awaited_ack);
        if let (Some(ack), true) = (ack, self.awaited_ack.is_some()) {
            self.awaited_ack = None;
            self.tell(LegEvent::Confirmed { sdp: text_of(&ack.body) });
        }
    }

    async fn reoffered(&mut self, request: &Request, handle: TransactionHandle) {
        let sdp = text_of(&request.body);
        if self.far.is_none() {
            respond(&handle, StatusCode::CallTransactionDoesNotExist).await;
        } else if self.reoffer.is_some() {
            // RFC 3261 §14.2, RFC 3311 §5.2: one at a time.
            respond(&handle, StatusCode::RequestPending).await;
        } else if request.method == Method::Update && sdp.is_none() {
            respond(&handle, StatusCode::OK).await;
        } else {
            let acknowledged = if request.method == Method::Invite { sequence(request) } else { None };
            self.reoffer = Some(Reoffer { handle, acknowledged, until: Instant::now() + REOFFER_PATIENCE });
            self.tell(LegEvent::Reoffered { sdp });
        }
    }

    async fn on_order(&mut self, order: LegOrder) {
        match order {
            LegOrder::Ring => drop(self.dialog.ringing(None, None)),
            LegOrder::Answer(sdp) => {
                if let Some(answering) = self.answering.as_ref().filter(|_| self.dialog.state().can_cancel()) {
                    self.answered = true;
                    self.awaited_ack = sequence(&answering.request);
                    let headers = vec![Header::ContentType("application/sdp".into()), allow()];
                    if let Err(error) = self.dialog.accept(Some(headers), Some(sdp.into_bytes())) {
                        tracing::debug!(%error, "an answer was not sent");
                    }
                }
            }
            LegOrder::Reject { code, reason, retry_after } => self.refuse(code, reason, retry_after),
            LegOrder::AnswerReoffer(answer) => self.answer_reoffer(answer).await,
        }
    }

    async fn answer_reoffer(&mut self, answer: Result<String, u16>) {
        let Some(reoffer) = self.reoffer.take() else { return };
        match answer {
            Ok(sdp) => {
                self.awaited_ack = reoffer.acknowledged;
                let headers = vec![Header::ContentType("application/sdp".into())];
                let _ = reoffer.handle.respond(StatusCode::OK, Some(headers), Some(sdp.into_bytes())).await;
            }
            Err(code) => respond(&reoffer.handle, StatusCode::from(code)).await,
        }
    }

    /// Refuses an INVITE that is not answered yet.
    fn refuse(&mut self, code: u16, reason: String, retry_after: Option<Duration>) {
        let Some(answering) = self.answering.as_ref().filter(|_| self.dialog.state().can_cancel()) else { return };
        let code = if (300..700).contains(&code) { code } else { 500 };
        let status = StatusCode::try_from((code, reason.as_str())).unwrap_or(StatusCode::ServerInternalError);
        let mut response = self.agent.endpoint.make_response(&answering.request, status.clone(), None);
        let tag = self.dialog.id().local_tag;
        for header in response.headers.iter_mut() {
            if let Header::To(to) = header {
                *to = to.clone().with_tag(tag.as_str().into());
            }
        }
        if let Some(after) = retry_after {
            response.headers.push(Header::RetryAfter(after.as_secs().max(1).to_string().into()));
        }
        self.refused = Some(LegEnd::Rejected { code, reason });
        let _ = answering.respond.send(TransactionEvent::Respond(response));
        // The library's own refusal knows no Retry-After; after ours it only ends the dialog.
        let _ = self.dialog.reject(Some(status), None);
    }

    fn hang_up(&mut self) {
        let state = self.dialog.state();
        let end = if state.is_terminated() {
            // Its end is the next state to come.
            return;
        } else if !state.can_cancel() {
            if state.is_confirmed() {
                self.bye();
            }
            // Else it waits for an ACK: no BYE before that (RFC 3261 §15).
            LegEnd::Bye
        } else if self.dialog.role() == TransactionRole::Client {
            let dialog = self.dialog.clone();
            self.agent.tasks.spawn(async move {
                if let Err(error) = dialog.cancel().await {
                    tracing::debug!(%error, "a CANCEL failed");
                }
            });
            LegEnd::Cancelled
        } else if let Some(refused) = self.refused.clone() {
            refused
        } else {
            self.refuse(603, "Decline".to_owned(), None);
            LegEnd::Rejected { code: 603, reason: "Decline".to_owned() }
        };
        self.finish(end);
    }

    fn bye(&mut self) {
        if std::mem::replace(&mut self.bye_sent, true) {
            return;
        }
        let dialog = self.dialog.clone();
        self.agent.tasks.spawn(async move {
            if let Err(error) = dialog.bye().await {
                tracing::debug!(%error, "a BYE failed");
            }
        });
    }

    fn end_of(&mut self, reason: &TerminatedReason) -> LegEnd {
        if let Some(refused) = self.refused.take() {
            return refused;
        }
        let rejected = |status: &StatusCode| match status.code() {
            408 => LegEnd::Timeout,
            code => LegEnd::Rejected { code, reason: status.text().to_owned() },
        };
        match (reason, &self.final_response) {
            (TerminatedReason::UacBye | TerminatedReason::UasBye, _) => LegEnd::Bye,
            (TerminatedReason::UacCancel, _) => LegEnd::Cancelled,
            (TerminatedReason::Timeout, _) => LegEnd::Timeout,
            (_, Some(response)) => rejected(&response.status_code),
            (TerminatedReason::UacOther(status) | TerminatedReason::UasOther(status) | TerminatedReason::ProxyError(status), None) => {
                rejected(status)
            }
            (TerminatedReason::UacBusy | TerminatedReason::UasBusy, None) => rejected(&StatusCode::BusyHere),
            (TerminatedReason::UasDecline, None) => rejected(&StatusCode::Decline),
            (TerminatedReason::ProxyAuthRequired, None) => rejected(&StatusCode::ProxyAuthenticationRequired),
        }
    }

    fn tell(&self, event: LegEvent) {
        let Some(far) = &self.far else { return };
        let is_key = matches!(event, LegEvent::Key(_));
        if !far.tell(event) {
            if is_key {
                count(&self.agent.shared.counters.keys_lost);
            } else {
                far.over.cancel();
            }
        }
    }

    fn finish(&mut self, end: LegEnd) {
        if let Some(far) = self.far.take() {
            far.finish(end);
        }
    }
}

async fn respond(handle: &TransactionHandle, status: StatusCode) {
    // The request's transaction may have timed out meanwhile.
    let _ = handle.reply(status).await;
}

fn sequence(request: &Request) -> Option<u32> {
    request.cseq_header().and_then(rsipstack::sip::CSeq::seq).ok()
}

/// Waits for what is there to be waited for, else for ever.
async fn or_never<F: Future + Unpin>(wait: Option<F>) -> F::Output {
    match wait {
        Some(wait) => wait.await,
        None => std::future::pending().await,
    }
}
