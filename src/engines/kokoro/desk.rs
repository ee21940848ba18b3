//! The thread on which the network runs, and who is next: callers before texts that nobody waits for yet.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use super::network::{Network, Stop};
use crate::base::{Clock, TICK};
use crate::engines::voices::Waits;

/// Runs that may wait for their turn; more are refused, and spoken otherwise.
const MOST_WAITING: usize = 64;
/// How often a text that nobody waits for makes way for a caller's before it is done all the same.
const MAKES_WAY: u32 = 2;
/// How long the thread may take to end with the last who holds it; one that hangs is left behind.
const END: Duration = Duration::from_secs(1);

/// What is to be spoken in one run.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) symbols: Vec<i64>,
    pub(super) style: Vec<f32>,
    pub(super) speed: f32,
}

/// The thread and its queue.
pub(super) struct Desk {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// Guards who waits and what runs; held for a moment, never while the network runs.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    callers: VecDeque<Job>,
    beforehand: VecDeque<Job>,
    running: Option<Running>,
    next: u64,
    closed: bool,
}

struct Job {
    id: u64,
    order: Order,
    waits: Waits,
    made_way: u32,
    reply: oneshot::Sender<Result<Vec<f32>, String>>,
}

struct Running {
    id: u64,
    stop: Stop,
    /// Whether a caller's text may take its place.
    makes_way: bool,
}

/// Ends what was ordered when nobody wants it any more.
struct Ordered<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Desk {
    /// Starts the thread, which loads the network.
    pub(super) async fn open(file: PathBuf, threads: usize) -> Result<Self, String> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let (ready, loaded) = oneshot::channel();
        let at_work = Arc::clone(&shared);
        let thread = thread::Builder::new().name("voice-0".to_owned()).spawn(move || {
            // First, so that the threads which the network starts give way, too.
            crate::engines::give_way();
            match Network::load(&file, threads) {
                Ok(mut network) => {
                    let _ = ready.send(Ok(()));
                    at_work.work(&mut network);
                }
                Err(why) => {
                    let _ = ready.send(Err(why));
                }
            }
        });
        let thread = thread.map_err(|error| format!("the voice's thread cannot be started: {error}"))?;
        let desk = Self { shared, thread: Some(thread) };
        loaded.await.map_err(|_| "the voice's thread ended while it loaded the network".to_owned())??;
        Ok(desk)
    }

    /// Speaks one run; who drops the future ends the run.
    pub(super) async fn speak(&self, order: Order, waits: Waits) -> Result<Vec<f32>, String> {
        let (reply, spoken) = oneshot::channel();
        let id = {
            let mut state = self.shared.state();
            let id = state.next;
            state.next += 1;
            let job = Job { id, order, waits, made_way: 0, reply };
            let queue = match waits {
                Waits::Caller => &mut state.callers,
                Waits::Nobody => &mut state.beforehand,
            };
            queue.retain(|job| !job.reply.is_closed());
            if queue.len() >= MOST_WAITING {
                return Err("too many texts wait for the voice".to_owned());
            }
            queue.push_back(job);
            if waits == Waits::Caller
                && let Some(running) = state.running.as_ref().filter(|running| running.makes_way)
            {
                running.stop.stop();
            }
            id
        };
        self.shared.changed.notify_one();
        let _ordered = Ordered { shared: &self.shared, id };
        spoken.await.map_err(|_| "the voice's thread has ended".to_owned())?
    }
}

impl Drop for Ordered<'_> {
    fn drop(&mut self) {
        if let Some(running) = self.shared.state().running.as_ref().filter(|running| running.id == self.id) {
            running.stop.stop();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.closed = true;
            if let Some(running) = &state.running {
                running.stop.stop();
            }
        }
        self.shared.changed.notify_one();
        let clock = Clock::start();
        let last = clock.mono() + END;
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && clock.mono() < last {
                thread::park_timeout(TICK / 4);
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, network: &mut Network) {
        while let Some((job, stop)) = self.take() {
            let speak = AssertUnwindSafe(|| network.speak(&job.order.symbols, &job.order.style, job.order.speed, &stop));
            let spoken = catch_unwind(speak).unwrap_or_else(|_| Err("the network broke in the middle of a run".to_owned()));
            let mut state = self.state();
            let made_way = state.running.take().is_some_and(|running| running.makes_way) && !state.callers.is_empty();
            if spoken.is_err() && made_way && !job.reply.is_closed() && !state.closed {
                state.beforehand.push_front(Job { made_way: job.made_way + 1, ..job });
            } else {
                // Whoever has gone does not want it.
                let _ = job.reply.send(spoken);
            }
        }
    }

    /// Waits for the next run; nothing when the desk is closed.
    fn take(&self) -> Option<(Job, Stop)> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            let Some(job) = state.callers.pop_front().or_else(|| state.beforehand.pop_front()) else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if job.reply.is_closed() {
                continue;
            }
            match Stop::new() {
                Ok(stop) => {
                    let makes_way = job.waits == Waits::Nobody && job.made_way < MAKES_WAY;
                    state.running = Some(Running { id: job.id, stop: stop.clone(), makes_way });
                    return Some((job, stop));
                }
                Err(why) => {
                    let _ = job.reply.send(Err(why));
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/support/kokoro.rs"]
mod tiny;

#[cfg(test)]
#[cfg(feature = "kokoro")]
mod tests {
    use super::tiny::{Manner, SYMBOL, network};
    use super::*;

    async fn desk(manner: Manner) -> (tempfile::TempDir, Desk) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kokoro.onnx");
        std::fs::write(&file, network(manner)).expect("written");
        (folder, Desk::open(file, 1).await.expect("a desk"))
    }

    fn order(symbols: usize) -> Order {
        Order { symbols: vec![43; symbols], style: vec![0.0; 256], speed: 1.0 }
    }

    /// Waits until the run of that number is under way.
    async fn runs(desk: &Desk, id: u64) {
        while desk.shared.state().running.as_ref().is_none_or(|running| running.id != id) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_callers_text_goes_before_one_that_nobody_waits_for_and_that_is_done_after_all() {
        let (_folder, desk) = desk(Manner::Slow).await;
        let mut beforehand = Box::pin(desk.speak(order(400), Waits::Nobody));
        tokio::select! {
            biased;
            spoken = &mut beforehand => panic!("so soon: {:?}", spoken.map(|samples| samples.len())),
            () = runs(&desk, 0) => {}
        }
        let caller = desk.speak(order(1), Waits::Caller);
        tokio::select! {
            biased;
            _ = &mut beforehand => panic!("the caller waited for what nobody waits for"),
            spoken = caller => assert_eq!(spoken.expect("spoken").len(), 3 * 3 * SYMBOL),
        }
        assert_eq!(beforehand.await.expect("spoken").len(), 402 * 3 * SYMBOL);
    }

    #[tokio::test]
    async fn what_nobody_wants_any_more_is_ended_and_the_next_is_spoken() {
        let (_folder, desk) = desk(Manner::Endless).await;
        let mut unwanted = Box::pin(desk.speak(order(1), Waits::Caller));
        tokio::select! {
            biased;
            _ = &mut unwanted => panic!("it never ends"),
            () = runs(&desk, 0) => {}
        }
        drop(unwanted);
        let mut next = Box::pin(desk.speak(order(1), Waits::Caller));
        tokio::select! {
            biased;
            _ = &mut next => panic!("it never ends"),
            () = runs(&desk, 1) => {}
        }
    }

    #[tokio::test]
    async fn more_than_can_wait_are_refused_at_once() {
        let (_folder, desk) = desk(Manner::Endless).await;
        let mut waiting: Vec<_> = (0..=MOST_WAITING).map(|_| Box::pin(desk.speak(order(1), Waits::Nobody))).collect();
        for (id, one) in waiting.iter_mut().enumerate() {
            tokio::select! {
                biased;
                _ = one => panic!("it never ends"),
                () = async { if id == 0 { runs(&desk, 0).await } } => {}
            }
        }
        let refused = desk.speak(order(1), Waits::Nobody).await.expect_err("too many");
        assert!(refused.contains("too many"), "{refused}");
        drop(waiting);
        let mut next = Box::pin(desk.speak(order(1), Waits::Nobody));
        tokio::select! {
            biased;
            refused = &mut next => panic!("{refused:?}"),
            () = runs(&desk, 66) => {}
        }
    }
}
