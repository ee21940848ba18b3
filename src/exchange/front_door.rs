//! The front door: every INVITE is answered, refused with a reason, or sent away while the house is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tracing::{Instrument, info, info_span, warn};

use super::call_task::{CallJob, CallTask};
use super::{DeskHandle, Lateness, MediaThreads, Plans, TapHub};
use crate::base::{CallId, Clock, Rng};
use crate::call::CallLimits;
use crate::engines::{Ears, PromptCache};
use crate::net::{Draining, Incoming, IncomingCall, RtpPorts, Signal};
use crate::recorder::Recorder;
use crate::store::{FactWriter, Store};

/// Everything a call needs of its surroundings.
pub struct ExchangeParts {
    /// The clocks.
    pub clock: Clock,
    /// Signalling.
    pub signal: Signal,
    /// The RTP ports.
    pub ports: RtpPorts,
    /// The dialplans in force.
    pub plans: Arc<Plans>,
    /// The routing desk.
    pub desk: DeskHandle,
    /// Speech to text.
    pub ears: Arc<Ears>,
    /// Text to speech.
    pub voices: PromptCache,
    /// The records, for numbers to call back.
    pub store: Store,
    /// The file that takes messages to callers where a dialplan names no sender.
    pub messages: std::path::PathBuf,
    /// Where facts are written.
    pub facts: FactWriter,
    /// Where recordings are written.
    pub recorder: Recorder,
    /// What supervisors see.
    pub taps: Arc<TapHub>,
    /// The media threads.
    pub threads: MediaThreads,
    /// How long things may take in a call.
    pub limits: CallLimits,
    /// Calls at once; more get 503.
    pub max_calls: usize,
    /// The general runtime, for lookups and synthesis.
    pub runtime: Handle,
}

/// What the exchange has counted since it began.
#[derive(Debug, Default)]
pub struct ExchangeCounters {
    /// Calls taken.
    pub taken: AtomicU64,
    /// Calls for a number that nobody has: 404.
    pub unknown_number: AtomicU64,
    /// Calls without a common codec: 488.
    pub no_codec: AtomicU64,
    /// Calls sent away because the house was full: 503.
    pub full: AtomicU64,
    /// Calls sent away because recognition was behind, and every call would have suffered by one more: 503.
    pub ears_behind: AtomicU64,
    /// Calls whose task broke.
    pub broken: AtomicU64,
    /// Inputs a call did not take in time.
    pub inputs_lost: AtomicU64,
    /// How late media ticks came.
    pub lateness: Lateness,
}

/// How far the program's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stopping {
    No,
    Soon,
    Now,
}

/// The running exchange.
pub struct Exchange {
    parts: Arc<ExchangeParts>,
    counters: Arc<ExchangeCounters>,
    open: Arc<OpenCalls>,
    stopping: watch::Sender<Stopping>,
}

/// Counts the calls that are open and wakes whoever waits for the last one.
#[derive(Default)]
pub(super) struct OpenCalls {
    count: AtomicUsize,
    none_left: Notify,
}

pub(super) struct OpenGuard(Arc<OpenCalls>);

impl Drop for OpenGuard {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

impl Exchange {
    /// Starts taking calls from `incoming` on the current runtime.
    #[must_use]
    pub fn start(parts: ExchangeParts, mut incoming: mpsc::Receiver<Incoming>) -> Self {
        let (stopping, _) = watch::channel(Stopping::No);
        let exchange = Self { parts: Arc::new(parts), counters: Arc::default(), open: Arc::default(), stopping };
        let mut door = FrontDoor {
            parts: Arc::clone(&exchange.parts),
            counters: Arc::clone(&exchange.counters),
            open: Arc::clone(&exchange.open),
            stopping: exchange.stopping.subscribe(),
            rng: Rng::seeded(seed(exchange.parts.clock)),
        };
        // On a media thread: one wake-up fewer between an INVITE and its call.
        exchange.parts.threads.spawn(move || async move {
            while let Some(incoming) = incoming.recv().await {
                if let Incoming::Call(call) = incoming {
                    door.take(call);
                }
            }
        });
        exchange
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> &ExchangeCounters {
        &self.counters
    }

    /// Returns how many calls are open.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        self.open.count.load(Ordering::Acquire)
    }

    /// Sends new calls away, lets open ones end politely, and returns when none is left or `patience` is over: how many were.
    pub async fn drain(&self, patience: Duration) -> usize {
        self.parts.signal.set_draining(Draining::Yes);
        self.stopping.send_replace(Stopping::Soon);
        self.wait_for_none(patience).await
    }

    /// Hangs up on every call that is still open and returns when none is left or `patience` is over: how many were.
    pub async fn hang_up_all(&self, patience: Duration) -> usize {
        self.stopping.send_replace(Stopping::Now);
        self.wait_for_none(patience).await
    }

    async fn wait_for_none(&self, patience: Duration) -> usize {
        let all_gone = async {
            loop {
                let none_left = self.open.none_left.notified();
                if self.open_calls() == 0 {
                    return;
                }
                none_left.await;
            }
        };
        // The count is read after the wait, whichever way that ended.
        let _ = tokio::time::timeout(patience, all_gone).await;
        self.open_calls()
    }
}

/// A seed that differs from start to start: ids and SSRCs must not repeat after a restart.
fn seed(clock: Clock) -> u64 {
    // The time will do where the system has no randomness: nothing here is a secret.
    getrandom::u64().unwrap_or_else(|_| clock.wall().millis().cast_unsigned())
}

struct FrontDoor {
    parts: Arc<ExchangeParts>,
    counters: Arc<ExchangeCounters>,
    open: Arc<OpenCalls>,
    stopping: watch::Receiver<Stopping>,
    rng: Rng,
}

impl FrontDoor {
    fn take(&mut self, incoming: Box<IncomingCall>) {
        if self.open.count.load(Ordering::Acquire) >= self.parts.max_calls {
            self.counters.full.fetch_add(1, Ordering::Relaxed);
            incoming.leg.reject(503, "Service Unavailable", Some(Duration::from_secs(5)));
            return;
        }
        if !self.parts.ears.has_room() {
            self.counters.ears_behind.fetch_add(1, Ordering::Relaxed);
            warn!("recognition is behind: 503 to a new call, so that the running ones are heard");
            incoming.leg.reject(503, "Service Unavailable", Some(Duration::from_secs(5)));
            return;
        }
        let Some(hotline) = self.parts.plans.for_number(&incoming.to_user) else {
            self.counters.unknown_number.fetch_add(1, Ordering::Relaxed);
            info!(called = incoming.to_user, "no hotline has this number: 404");
            incoming.leg.reject(404, "Not Found", None);
            return;
        };
        self.open.count.fetch_add(1, Ordering::AcqRel);
        self.counters.taken.fetch_add(1, Ordering::Relaxed);
        let guard = OpenGuard(Arc::clone(&self.open));
        let id = CallId::new(self.parts.clock.wall(), &mut self.rng);
        let span = info_span!("call", id = %id);
        let job = CallJob {
            id: id.clone(),
            incoming,
            hotline,
            parts: Arc::clone(&self.parts),
            counters: Arc::clone(&self.counters),
            stopping: self.stopping.clone(),
            seed: self.rng.next_u64(),
            began: self.parts.clock.mono(),
        };
        let counters = Arc::clone(&self.counters);
        self.parts.threads.spawn(move || {
            async move {
                let _guard = guard;
                let aftermath = job.aftermath();
                let task = tokio::task::spawn_local(CallTask::run(job).in_current_span());
                if task.await.is_err() {
                    counters.broken.fetch_add(1, Ordering::Relaxed);
                    warn!("the call's task broke; its legs are hung up");
                    aftermath.settle().await;
                }
            }
            .instrument(span)
        });
    }
}
