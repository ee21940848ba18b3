//! The desk's task: the one owner of the routing state. Calls send it facts; it sends each call its orders.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::acd::{Desk, DeskInput, DeskOrder, DeskRules, DeskSnapshot, SeatProfile};
use crate::base::{CallId, Clock, Mono};
use crate::call::CallInput;

/// What reaches the desk's task. The channel holds 4,096; calls wait for room in it, since a fact must not be lost.
pub enum DeskMessage {
    /// A call from now on reached by this sender.
    Opened(CallId, mpsc::Sender<CallInput>),
    /// A call that is over: it leaves every queue.
    Closed(CallId),
    /// A fact for the routing.
    Fact(DeskInput),
    /// The seats have changed: those not named are gone.
    Seats(Vec<SeatProfile>),
}

/// A handle to the desk's task.
#[derive(Clone)]
pub struct DeskHandle {
    sender: mpsc::Sender<DeskMessage>,
    snapshot: Arc<RwLock<DeskSnapshot>>,
}

impl DeskHandle {
    /// Starts the desk's task on the current runtime.
    #[must_use]
    pub fn start(clock: Clock, seats: Vec<SeatProfile>) -> Self {
        let (sender, receiver) = mpsc::channel(4096);
        let mut desk = Desk::new(DeskRules::default());
        let known = seats.iter().map(|seat| seat.id.clone()).collect();
        for seat in seats {
            desk.handle(clock.mono(), DeskInput::SeatUp(seat));
        }
        let snapshot = Arc::new(RwLock::new(desk.snapshot(clock.mono())));
        let task = DeskTask { desk, clock, calls: HashMap::new(), known, snapshot: Arc::clone(&snapshot) };
        tokio::spawn(task.run(receiver));
        Self { sender, snapshot }
    }

    /// Tells the desk something; waits while its channel is full.
    pub async fn tell(&self, message: DeskMessage) {
        if self.sender.send(message).await.is_err() {
            warn!("the desk is gone");
        }
    }

    /// Tells the desk something from a place that cannot wait; the channel's 4,096 places make a loss an error worth a log line.
    pub fn tell_now(&self, message: DeskMessage) {
        if let Err(mpsc::error::TrySendError::Full(message)) = self.sender.try_send(message) {
            let sender = self.sender.clone();
            tokio::spawn(async move { sender.send(message).await });
        }
    }

    /// Returns the queues and seats as they were after the latest event.
    #[must_use]
    pub fn snapshot(&self) -> DeskSnapshot {
        self.snapshot.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

struct DeskTask {
    desk: Desk,
    clock: Clock,
    calls: HashMap<CallId, mpsc::Sender<CallInput>>,
    known: Vec<crate::base::SeatId>,
    snapshot: Arc<RwLock<DeskSnapshot>>,
}

impl DeskTask {
    async fn run(mut self, mut receiver: mpsc::Receiver<DeskMessage>) {
        loop {
            self.carry_out_orders();
            let due = self.desk.poll_timeout().map(|(at, _)| at);
            tokio::select! {
                message = receiver.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
                () = wait(self.clock, due) => self.desk.handle_timeout(self.clock.mono()),
            }
        }
    }

    fn handle(&mut self, message: DeskMessage) {
        let now = self.clock.mono();
        match message {
            DeskMessage::Opened(call, sender) => {
                self.calls.insert(call, sender);
            }
            DeskMessage::Closed(call) => {
                self.calls.remove(&call);
                self.desk.handle(now, DeskInput::Leave(call));
            }
            DeskMessage::Fact(fact) => self.desk.handle(now, fact),
            DeskMessage::Seats(seats) => {
                for gone in self.known.iter().filter(|id| !seats.iter().any(|seat| seat.id == **id)) {
                    self.desk.handle(now, DeskInput::SeatDown(gone.clone()));
                }
                self.known = seats.iter().map(|seat| seat.id.clone()).collect();
                for seat in seats {
                    self.desk.handle(now, DeskInput::SeatUp(seat));
                }
            }
        }
    }

    fn carry_out_orders(&mut self) {
        while let Some(order) = self.desk.poll() {
            debug!(?order, "desk");
            match order {
                DeskOrder::Offer { call, seat } => self.send(&call, CallInput::OfferSeat(seat)),
                DeskOrder::Withdraw { call, seat } => self.send(&call, CallInput::WithdrawSeat(seat)),
                DeskOrder::Position { call, place } => self.send(&call, CallInput::QueuePosition(place)),
                DeskOrder::NoSeat { call } => self.send(&call, CallInput::NoSeat),
            }
        }
        *self.snapshot.write().unwrap_or_else(std::sync::PoisonError::into_inner) = self.desk.snapshot(self.clock.mono());
    }

    fn send(&mut self, call: &CallId, input: CallInput) {
        let Some(sender) = self.calls.get(call) else { return };
        if let Err(error) = sender.try_send(input) {
            // A call that has not taken 1,024 inputs is stuck or gone; its own end tells the desk.
            warn!(%call, %error, "a call does not take the desk's order");
        }
    }
}

/// Waits until an instant of the clock, for ever without one.
pub async fn wait(clock: Clock, due: Option<Mono>) {
    match due {
        Some(at) => tokio::time::sleep_until(clock.instant(at).into()).await,
        None => tokio::time::sleep(Duration::from_hours(24 * 365)).await,
    }
}
