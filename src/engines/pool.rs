//! Recognizers on plain threads of lower priority than media. Knows who listens only as a sink.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use super::VoskModel;
use super::ring::{Item, Ring};
use super::worker::{Utterance, Worker};
use crate::audio::Frame8k;
use crate::base::{Clock, Mono, TICK, UtteranceId};
use crate::speech::{Hearing, Recognizer, Vocabulary};

/// Where a recognizer's reports go; called from a worker thread, so it only hands them on.
pub type HearingSink = Arc<dyn Fn(UtteranceId, Hearing) + Send + Sync>;

/// What a pool has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounters {
    /// Frames dropped because a recognizer's ring was full.
    pub frames_dropped: u64,
    /// Phrases that a grammar holds only in part or not at all because the model lacks a word of them.
    pub phrases_lacking: u64,
    /// Utterances finished.
    pub utterances: u64,
    /// Utterances on which the engine failed.
    pub failures: u64,
    /// Those of them on which it hung, so that its thread was given up and replaced.
    pub hung: u64,
}

/// The counters, as threads share them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) frames_dropped: AtomicU64,
    pub(super) phrases_lacking: AtomicU64,
    pub(super) utterances: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) hung: AtomicU64,
}

/// A few threads that decode for every call of the process. A leg stays with the desk it was given at first: the least busy one.
/// An utterance on which the engine panics or hangs is lost alone; the desk goes on, after a hang with a new thread.
pub struct RecognizerPool {
    model: Arc<VoskModel>,
    counters: Arc<Counters>,
    desks: Vec<Arc<Desk>>,
    /// Ends the watch, and with it the pool.
    closed: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
}

/// One leg as its two sides share it.
pub(super) struct Leg {
    id: u64,
    ring: Ring,
    sink: HearingSink,
    waits: AtomicBool,
    /// Guards the open utterance; held to take it or put it back, never while it decodes, and never by a media thread.
    slot: Mutex<Slot>,
}

/// A leg's open utterance.
#[derive(Default)]
struct Slot {
    /// Grows when a thread is given up with the leg's utterance in hand: what that thread brings back is no longer wanted.
    epoch: u64,
    id: Option<UtteranceId>,
    open: Option<Utterance>,
}

/// Where a worker finds the legs that have work for it. Holds at most [`LEGS`]; a leg is in it once.
struct Desk {
    number: usize,
    waiting: ArrayQueue<Arc<Leg>>,
    legs: AtomicUsize,
    /// Frames in the rings of its legs.
    frames: AtomicUsize,
    /// Its threads, one after the other; the last one set works, those before it were given up.
    threads: [OnceLock<Thread>; THREADS],
    /// Which thread works.
    current: AtomicUsize,
    /// Guards what the thread has in hand; held for a moment before and after each item.
    hand: Mutex<Option<(Mono, Arc<Leg>)>>,
    closed: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

/// Legs that may wait for one worker at once; more wait for their next frame.
const LEGS: usize = 1024;
/// Items a leg may have worked off before another leg has its turn: 200 ms.
const TURN: usize = 10;
/// An engine that takes longer for one item hangs; usual are milliseconds.
const HANG: Duration = Duration::from_secs(10);
/// Threads a desk may have in turn. A thread that hangs keeps its core busy, so this is no number to be generous with.
const THREADS: usize = 4;
/// A desk that is further behind than this takes no new calls.
const BEHIND: Duration = Duration::from_secs(1);

impl RecognizerPool {
    /// Starts `threads` workers (at least one).
    ///
    /// # Errors
    ///
    /// The system's refusal to start a thread.
    pub fn start(model: Arc<VoskModel>, threads: usize) -> std::io::Result<Self> {
        Self::start_watching(model, threads, HANG)
    }

    /// As [`RecognizerPool::start`], with how long an engine may take for 20 ms of sound or for an answer.
    ///
    /// # Errors
    ///
    /// The system's refusal to start a thread.
    pub(super) fn start_watching(model: Arc<VoskModel>, threads: usize, hang: Duration) -> std::io::Result<Self> {
        let (counters, closed) = (Arc::new(Counters::default()), Arc::new(AtomicBool::new(false)));
        let worker = Arc::new(Worker::new(Arc::clone(&model), Arc::clone(&counters)));
        let mut desks = Vec::new();
        let clock = Clock::start();
        let mut pool = Self { model, counters, desks: Vec::new(), closed, watch: None };
        let mut running = Vec::new();
        for number in 0..threads.max(1) {
            let desk = Arc::new(Desk {
                number,
                waiting: ArrayQueue::new(LEGS),
                legs: AtomicUsize::new(0),
                frames: AtomicUsize::new(0),
                threads: Default::default(),
                current: AtomicUsize::new(0),
                hand: Mutex::default(),
                closed: Arc::clone(&pool.closed),
                counters: Arc::clone(&pool.counters),
            });
            // A refusal drops the pool, which ends the threads that have begun.
            running.push(desk.staff(0, &worker, clock)?);
            pool.desks.push(Arc::clone(&desk));
            desks.push(desk);
        }
        let closed = Arc::clone(&pool.closed);
        let watch = thread::Builder::new().name("ear-watch".to_owned()).spawn(move || {
            super::priority::give_way();
            while !closed.load(Ordering::Acquire) {
                thread::park_timeout(hang / 4);
                for (desk, thread) in desks.iter().zip(&mut running) {
                    if let Some(fresh) = desk.look(hang, &worker, clock) {
                        *thread = fresh;
                    }
                }
            }
            // What hangs at the end is left behind, the others catch their panics: there is nothing to learn from a join.
            let last = clock.mono() + hang;
            for (desk, thread) in desks.iter().zip(running) {
                desk.wake();
                while !desk.is_given_up() && !thread.is_finished() && clock.mono() < last {
                    thread::park_timeout(TICK / 4);
                }
            }
        })?;
        pool.watch = Some(watch);
        Ok(pool)
    }

    /// Makes a recognizer for one leg; which leg it is, the sink knows.
    #[must_use]
    pub fn recognizer(&self, sink: HearingSink) -> Box<dyn Recognizer> {
        Box::new(self.ear(sink))
    }

    pub(super) fn ear(&self, sink: HearingSink) -> Ear {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let leg = Leg { id, ring: Ring::new(), sink, waits: AtomicBool::new(false), slot: Mutex::default() };
        let desk = self.best_desk().map(Arc::clone);
        if let Some(desk) = &desk {
            desk.legs.fetch_add(1, Ordering::Relaxed);
        }
        Ear { leg: Arc::new(leg), desk, open: None, next: 0, counters: Arc::clone(&self.counters) }
    }

    /// Returns true while a further call would be heard in time; otherwise the running ones would suffer by it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.best_desk().is_some_and(|desk| desk.lag() < BEHIND)
    }

    /// Returns how far the desk that is furthest behind is: the sound that waits for each leg with something to decode.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.desks.iter().filter(|desk| !desk.is_given_up()).map(|desk| desk.lag()).max().unwrap_or_default()
    }

    fn best_desk(&self) -> Option<&Arc<Desk>> {
        self.desks.iter().min_by_key(|desk| (desk.is_given_up(), desk.lag() >= BEHIND, desk.legs.load(Ordering::Relaxed)))
    }

    /// Returns the model.
    #[must_use]
    pub fn model(&self) -> &Arc<VoskModel> {
        &self.model
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> PoolCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolCounters {
            frames_dropped: read(&self.counters.frames_dropped),
            phrases_lacking: read(&self.counters.phrases_lacking),
            utterances: read(&self.counters.utterances),
            failures: read(&self.counters.failures),
            hung: read(&self.counters.hung),
        }
    }
}

impl Drop for RecognizerPool {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        for desk in &self.desks {
            desk.wake();
        }
        if let Some(watch) = self.watch.take() {
            watch.thread().unpark();
            // It joins the workers, which catch their panics: there is nothing to learn from it.
            let _ = watch.join();
        }
    }
}

impl std::fmt::Debug for RecognizerPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecognizerPool").field("threads", &self.desks.len()).field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl Leg {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.slot().epoch
    }

    pub(super) fn take(&self) -> Option<Utterance> {
        self.slot().open.take()
    }

    /// Puts the utterance back, unless the thread was given up meanwhile.
    pub(super) fn put_back(&self, epoch: u64, utterance: Utterance) {
        let mut slot = self.slot();
        if slot.epoch == epoch {
            slot.open = Some(utterance);
        }
    }
}

impl Desk {
    /// Starts its thread of this number.
    fn staff(self: &Arc<Self>, mine: usize, worker: &Arc<Worker>, clock: Clock) -> std::io::Result<JoinHandle<()>> {
        let (own, worker) = (Arc::clone(self), Arc::clone(worker));
        let thread = thread::Builder::new().name(format!("ear-{}", self.number)).spawn(move || {
            super::priority::give_way();
            own.work(mine, &worker, clock);
        })?;
        // Set before any leg can know it, or unparked by whoever replaces the one before: no wake-up is lost.
        let _ = self.threads[mine].set(thread.thread().clone());
        Ok(thread)
    }

    fn wake(&self) {
        if let Some(thread) = self.threads.get(self.current.load(Ordering::Acquire)).and_then(OnceLock::get) {
            thread.unpark();
        }
    }

    fn hand(&self) -> MutexGuard<'_, Option<(Mono, Arc<Leg>)>> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_given_up(&self) -> bool {
        self.current.load(Ordering::Acquire) >= THREADS
    }

    /// Returns how much sound waits for each leg that has something to decode; for ever where no thread is left.
    fn lag(&self) -> Duration {
        if self.is_given_up() {
            return Duration::MAX;
        }
        // One leg is in hand while others wait.
        let legs = self.waiting.len() + 1;
        TICK * u32::try_from(self.frames.load(Ordering::Relaxed) / legs).unwrap_or(u32::MAX)
    }

    /// Puts a leg on the desk unless it is there already.
    fn call(&self, leg: &Arc<Leg>) {
        if leg.waits.swap(true, Ordering::AcqRel) {
            return;
        }
        if self.waiting.push(Arc::clone(leg)).is_err() {
            leg.waits.store(false, Ordering::Release);
        }
        self.wake();
    }

    fn work(&self, mine: usize, worker: &Worker, clock: Clock) {
        while !self.closed.load(Ordering::Acquire) {
            let Some(leg) = self.waiting.pop() else {
                thread::park();
                continue;
            };
            leg.waits.store(false, Ordering::Release);
            for _ in 0..TURN {
                let Some(item) = leg.ring.take() else { break };
                match &item {
                    Item::Frame(_) => drop(self.frames.fetch_sub(1, Ordering::Relaxed)),
                    Item::Begin(id, _) => leg.slot().id = Some(*id),
                    _ => {}
                }
                *self.hand() = Some((clock.mono(), Arc::clone(&leg)));
                // An engine that panics costs its utterance, not the thread.
                let done = catch_unwind(AssertUnwindSafe(|| worker.handle(&leg, item)));
                {
                    let mut hand = self.hand();
                    if self.current.load(Ordering::Acquire) != mine {
                        // Given up: the utterance was reported lost, and another thread works on.
                        return;
                    }
                    *hand = None;
                }
                let report = match done {
                    Ok(report) => report,
                    Err(_) => leg.slot().id.map(|id| (id, Hearing::Failed("the engine broke off".to_owned()))),
                };
                if let Some((id, hearing)) = report {
                    self.report(&leg, id, hearing);
                }
            }
            if !leg.ring.is_empty() {
                self.call(&leg);
            }
        }
    }

    fn report(&self, leg: &Leg, id: UtteranceId, hearing: Hearing) {
        if !matches!(hearing, Hearing::Partial(_)) {
            leg.slot().id = None;
        }
        if let Hearing::Failed(reason) = &hearing {
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(leg = leg.id, utterance = %id, reason, "an utterance is lost");
        }
        // Whoever listens may break; that is not the thread's end.
        let _ = catch_unwind(AssertUnwindSafe(|| (leg.sink)(id, hearing)));
    }

    /// Gives the thread up if it hangs, and returns the one that replaces it.
    fn look(self: &Arc<Self>, hang: Duration, worker: &Arc<Worker>, clock: Clock) -> Option<JoinHandle<()>> {
        let (leg, next) = {
            let mut hand = self.hand();
            hand.as_ref().filter(|(since, _)| clock.mono() - *since > hang)?;
            let next = self.current.load(Ordering::Acquire) + 1;
            self.current.store(next, Ordering::Release);
            (hand.take()?.1, next)
        };
        self.counters.hung.fetch_add(1, Ordering::Relaxed);
        let lost = {
            let mut slot = leg.slot();
            slot.epoch += 1;
            slot.open = None;
            slot.id
        };
        if let Some(id) = lost {
            self.report(&leg, id, Hearing::Failed(format!("the engine hung for {hang:?}")));
        }
        if next >= THREADS {
            tracing::error!(desk = self.number, "a recognizer thread hung once too often; this desk is closed until a restart");
            return None;
        }
        let fresh = match self.staff(next, worker, clock) {
            Ok(fresh) => fresh,
            Err(error) => {
                tracing::error!(desk = self.number, %error, "no thread can be started in place of one that hangs");
                self.current.store(THREADS, Ordering::Release);
                return None;
            }
        };
        // What the lost thread had not finished of the leg, and whoever called meanwhile.
        self.call(&leg);
        self.wake();
        Some(fresh)
    }
}

/// The media thread's end of a leg.
pub(super) struct Ear {
    leg: Arc<Leg>,
    desk: Option<Arc<Desk>>,
    open: Option<UtteranceId>,
    next: u64,
    counters: Arc<Counters>,
}

impl Ear {
    fn tell(&mut self, item: Item) {
        let is_frame = matches!(item, Item::Frame(_));
        if is_frame && let Some(desk) = &self.desk {
            desk.frames.fetch_add(1, Ordering::Relaxed);
        }
        let dropped = self.leg.ring.put(self.next, item);
        self.next += 1;
        if dropped > 0 {
            self.counters.frames_dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        if let Some(desk) = &self.desk {
            if is_frame && dropped > 0 {
                desk.frames.fetch_sub(dropped as usize, Ordering::Relaxed);
            }
            desk.call(&self.leg);
        }
    }

    /// Feeds a stretch that was said before, faster than it was said.
    pub(super) fn feed_past(&mut self, frames: &[Frame8k]) {
        // Pieces of a second, so that other legs have their turns; fewer than the orders that may wait.
        const PIECES: usize = 40;
        if self.open.is_some() {
            for piece in frames.chunks(50.max(frames.len().div_ceil(PIECES))) {
                self.tell(Item::Past(piece.into()));
            }
        }
    }
}

impl Recognizer for Ear {
    fn begin(&mut self, utterance: UtteranceId, vocabulary: &Arc<Vocabulary>) {
        self.open = Some(utterance);
        self.tell(Item::Begin(utterance, Arc::clone(vocabulary)));
    }

    fn feed(&mut self, frame: &Frame8k) {
        if self.open.is_some() {
            self.tell(Item::Frame(*frame));
        }
    }

    fn end(&mut self) {
        if self.open.take().is_some() {
            self.tell(Item::End);
        }
    }

    fn cancel(&mut self) {
        if self.open.take().is_some() {
            self.tell(Item::Cancel);
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.open = None;
        self.tell(Item::Close);
        if let Some(desk) = &self.desk {
            desk.legs.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::super::model::tests::embedded;
    use super::super::{Voice, transcribe};
    use super::*;
    use crate::audio::Codec;
    use crate::base::Language;
    use crate::speech::{Hypothesis, Wording};
    use crate::spoken::digit_words;

    const SERVICE: [&str; 8] = ["我要查订单", "查订单", "转人工", "退货", "投诉", "物流", "是", "不是"];

    async fn spoken(text: &str) -> Vec<i16> {
        let voice = Voice::find().await.expect("espeak-ng");
        voice.speak(&Wording { text: text.into(), language: Language::Zh, speed: 100 }).await.expect("spoken").to_vec()
    }

    /// Speech over a telephone line with 200 ms of silence on both sides.
    fn over_the_line(samples: &[i16]) -> Vec<Frame8k> {
        let padded: Vec<i16> = [&[0; 1600], samples, &[0; 1600]].concat();
        let codec = Codec::Pcma;
        padded
            .chunks(160)
            .map(|chunk| {
                let (mut frame, mut octets) = (Frame8k::SILENCE, [0; 160]);
                frame.0[..chunk.len()].copy_from_slice(chunk);
                codec.encode(&frame, &mut octets);
                codec.decode(&octets, &mut frame);
                frame
            })
            .collect()
    }

    fn ear(pool: &RecognizerPool) -> (Box<dyn Recognizer>, Receiver<(UtteranceId, Hearing)>) {
        let (told, heard) = channel();
        (pool.recognizer(Arc::new(move |utterance, hearing| drop(told.send((utterance, hearing))))), heard)
    }

    fn vocabulary(phrases: &[&str]) -> Arc<Vocabulary> {
        Arc::new(Vocabulary::new(Language::Zh, phrases.iter().map(|phrase| (*phrase).to_owned()).collect()))
    }

    fn last(heard: &Receiver<(UtteranceId, Hearing)>, utterance: UtteranceId) -> (Vec<String>, Vec<Hypothesis>) {
        let mut partials = Vec::new();
        loop {
            match heard.recv_timeout(Duration::from_secs(30)).expect("a report") {
                (id, Hearing::Partial(partial)) if id == utterance => partials.push(partial.text),
                (id, Hearing::Final(readings)) if id == utterance => return (partials, readings),
                (id, Hearing::Failed(reason)) => panic!("{id}: {reason}"),
                (id, _) => panic!("a report of utterance {id}"),
            }
        }
    }

    fn hear(recognizer: &mut dyn Recognizer, id: u32, words: &Arc<Vocabulary>, frames: &[Frame8k]) {
        recognizer.begin(UtteranceId(id), words);
        for frame in frames {
            recognizer.feed(frame);
        }
        recognizer.end();
    }

    #[tokio::test]
    async fn what_callers_say_is_heard_with_words_times_and_confidence() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 2).expect("threads");
        let (mut recognizer, heard) = ear(&pool);
        let service = vocabulary(&SERVICE);
        for (id, text) in ["我要查订单", "转人工"].into_iter().enumerate() {
            let frames = over_the_line(&spoken(text).await);
            hear(&mut *recognizer, id as u32, &service, &frames);
            let (partials, readings) = last(&heard, UtteranceId(id as u32));
            assert_eq!(readings[0].text, text);
            assert!(readings[0].confidence > 0.8, "{readings:?}");
            assert!(!partials.is_empty(), "nothing was told of {text} while it was said");
            let length = Duration::from_millis(20 * frames.len() as u64);
            for word in &readings[0].words {
                assert!(word.start < word.end && word.end <= length && word.confidence > 0.5, "{word:?}");
            }
        }
        assert_eq!(pool.counters(), PoolCounters { utterances: 2, ..PoolCounters::default() });
    }

    #[tokio::test]
    async fn a_digit_string_is_heard_whole() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 1).expect("threads");
        let (mut recognizer, heard) = ear(&pool);
        let digits = vocabulary(digit_words(Language::Zh));
        for number in ["一二三四五六七八", "一二三四，五六七八"] {
            hear(&mut *recognizer, 7, &digits, &over_the_line(&spoken(number).await));
            assert_eq!(last(&heard, UtteranceId(7)).1[0].text, "一二三四五六七八");
        }
    }

    #[tokio::test]
    async fn a_cancelled_utterance_reports_nothing_and_the_next_is_heard() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 1).expect("threads");
        let (mut recognizer, heard) = ear(&pool);
        let service = vocabulary(&SERVICE);
        let frames = over_the_line(&spoken("转人工").await);
        recognizer.begin(UtteranceId(1), &service);
        recognizer.feed(&frames[0]);
        recognizer.cancel();
        recognizer.end();
        recognizer.feed(&frames[0]);
        hear(&mut *recognizer, 2, &service, &frames);
        assert_eq!(last(&heard, UtteranceId(2)).1[0].text, "转人工");
    }

    #[tokio::test]
    async fn many_legs_are_heard_at_once() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 2).expect("threads");
        let service = vocabulary(&SERVICE);
        let frames = over_the_line(&spoken("我要查订单").await);
        let mut ears: Vec<_> = (0..8).map(|_| ear(&pool)).collect();
        for (recognizer, _) in &mut ears {
            hear(&mut **recognizer, 3, &service, &frames);
        }
        for (_, heard) in &ears {
            assert_eq!(last(heard, UtteranceId(3)).1[0].text, "我要查订单");
        }
    }

    #[test]
    fn a_panic_in_a_sink_costs_its_utterance_and_not_the_pool() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 1).expect("threads");
        let service = vocabulary(&SERVICE);
        let mut broken = pool.recognizer(Arc::new(|_, _| panic!("a sink that breaks")));
        hear(&mut *broken, 1, &service, &[Frame8k::SILENCE; 20]);
        let (mut recognizer, heard) = ear(&pool);
        hear(&mut *recognizer, 2, &service, &[Frame8k::SILENCE; 20]);
        assert_eq!(last(&heard, UtteranceId(2)).1, []);
    }

    /// What a worker is made to do in place of decoding the open utterance.
    fn make(recognizer: &mut Ear, what: impl FnOnce() + Send + 'static) {
        recognizer.tell(Item::Do(super::super::ring::Hook(Box::new(what))));
    }

    fn pool_that_watches(threads: usize) -> RecognizerPool {
        RecognizerPool::start_watching(VoskModel::load(&embedded()).expect("a model"), threads, Duration::from_secs(1)).expect("threads")
    }

    fn own_ear(pool: &RecognizerPool) -> (Ear, Receiver<(UtteranceId, Hearing)>) {
        let (told, heard) = channel();
        (pool.ear(Arc::new(move |utterance, hearing| drop(told.send((utterance, hearing))))), heard)
    }

    fn failed(heard: &Receiver<(UtteranceId, Hearing)>) -> (UtteranceId, String) {
        loop {
            match heard.recv_timeout(Duration::from_secs(30)).expect("a report") {
                (id, Hearing::Failed(reason)) => return (id, reason),
                (_, Hearing::Partial(_)) => {}
                (id, other) => panic!("{id}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_panic_of_the_engine_costs_that_utterance_and_no_other() {
        let pool = pool_that_watches(1);
        let service = vocabulary(&SERVICE);
        let frames = over_the_line(&spoken("转人工").await);
        let ((mut broken, broken_heard), (mut other, other_heard)) = (own_ear(&pool), own_ear(&pool));
        other.begin(UtteranceId(5), &service);
        other.feed_past(&frames[..10]);
        broken.begin(UtteranceId(1), &service);
        make(&mut broken, || panic!("an engine that breaks"));
        assert_eq!(failed(&broken_heard), (UtteranceId(1), "the engine broke off".to_owned()));
        broken.end();
        other.feed_past(&frames[10..]);
        other.end();
        assert_eq!(last(&other_heard, UtteranceId(5)).1[0].text, "转人工");
        hear(&mut broken, 2, &service, &frames);
        assert_eq!(last(&broken_heard, UtteranceId(2)).1[0].text, "转人工");
        assert_eq!(pool.counters(), PoolCounters { utterances: 2, failures: 1, ..PoolCounters::default() });
    }

    #[tokio::test]
    async fn an_engine_that_hangs_costs_that_utterance_and_the_calls_beside_it_are_heard() {
        let pool = pool_that_watches(1);
        let service = vocabulary(&SERVICE);
        let frames = over_the_line(&spoken("转人工").await);
        let ((mut hung, hung_heard), (mut other, other_heard)) = (own_ear(&pool), own_ear(&pool));
        other.begin(UtteranceId(5), &service);
        other.feed_past(&frames[..10]);
        hung.begin(UtteranceId(1), &service);
        let (release, wait) = channel::<()>();
        make(&mut hung, move || {
            let _ = wait.recv();
        });
        other.feed_past(&frames[10..]);
        other.end();
        let (id, reason) = failed(&hung_heard);
        assert!(id == UtteranceId(1) && reason.contains("hung"), "{id}: {reason}");
        assert_eq!(last(&other_heard, UtteranceId(5)).1[0].text, "转人工");
        hear(&mut hung, 2, &service, &frames);
        assert_eq!(last(&hung_heard, UtteranceId(2)).1[0].text, "转人工");
        // What the lost thread comes back with is wanted by nobody.
        drop(release);
        hear(&mut hung, 3, &service, &frames);
        assert_eq!(last(&hung_heard, UtteranceId(3)).1[0].text, "转人工");
        assert_eq!(pool.counters(), PoolCounters { utterances: 3, failures: 1, hung: 1, ..PoolCounters::default() });
    }

    #[test]
    fn a_pool_that_falls_behind_drops_the_oldest_sound_and_has_no_room_for_new_calls() {
        // However busy the machine is, this is no hang.
        let pool =
            RecognizerPool::start_watching(VoskModel::load(&embedded()).expect("a model"), 1, Duration::from_mins(5)).expect("threads");
        let service = vocabulary(&SERVICE);
        let (mut slow, heard) = own_ear(&pool);
        slow.begin(UtteranceId(1), &service);
        let ((release, wait), (began, begun)) = (channel::<()>(), channel());
        make(&mut slow, move || {
            let _ = began.send(());
            let _ = wait.recv();
        });
        begun.recv_timeout(Duration::from_secs(30)).expect("the engine is busy");
        assert!(pool.has_room() && pool.lag() < Duration::from_millis(100));
        for _ in 0..300 {
            slow.feed(&Frame8k::SILENCE);
        }
        assert!(!pool.has_room() && pool.lag() >= BEHIND, "{:?}", pool.lag());
        assert_eq!(pool.counters().frames_dropped, 100);
        slow.end();
        drop(release);
        assert_eq!(last(&heard, UtteranceId(1)).1, []);
        assert!(pool.has_room());
        assert_eq!(pool.lag(), Duration::ZERO);
    }

    #[test]
    fn a_desk_whose_threads_all_hang_is_closed_and_calls_go_elsewhere() {
        let pool = pool_that_watches(2);
        let service = vocabulary(&SERVICE);
        let (mut hung, heard) = own_ear(&pool);
        let mut held = Vec::new();
        for id in 0..THREADS as u32 {
            hung.begin(UtteranceId(id), &service);
            let (release, wait) = channel::<()>();
            held.push(release);
            make(&mut hung, move || {
                let _ = wait.recv();
            });
            assert_eq!(failed(&heard).0, UtteranceId(id));
        }
        assert!(pool.has_room());
        for id in 10..14 {
            let (mut recognizer, heard) = own_ear(&pool);
            hear(&mut recognizer, id, &service, &[Frame8k::SILENCE; 10]);
            assert_eq!(last(&heard, UtteranceId(id)).1, []);
        }
    }

    #[test]
    fn phrases_the_model_lacks_are_counted() {
        let pool = RecognizerPool::start(VoskModel::load(&embedded()).expect("a model"), 1).expect("threads");
        let (mut recognizer, heard) = ear(&pool);
        hear(&mut *recognizer, 1, &vocabulary(&["转人工", "龘龘"]), &[Frame8k::SILENCE; 10]);
        assert_eq!(last(&heard, UtteranceId(1)).1, []);
        assert_eq!(pool.counters().phrases_lacking, 1);
    }

    #[tokio::test]
    async fn a_recording_is_transcribed_at_any_rate() {
        let model = VoskModel::load(&embedded()).expect("a model");
        let silence = vec![0; 8000];
        let said = [silence.as_slice(), &spoken("我要查订单").await, &silence, &spoken("转人工").await, &silence].concat();
        let phrases = SERVICE.map(str::to_owned);
        for rate in [8000, 16_000, 44_100] {
            let transcript = transcribe(&model, &crate::audio::resample(&said, 8000, rate), rate, &phrases).expect("heard");
            assert_eq!(transcript.text, "我要查订单转人工", "at {rate} Hz");
            assert!(transcript.words.is_sorted_by_key(|word| word.start) && transcript.words[0].start > Duration::from_millis(800));
            assert!(transcript.rtf > 0.0);
        }
        assert_eq!(transcribe(&model, &[], 8000, &phrases).expect("heard").text, "");
    }

    #[tokio::test]
    async fn every_phrase_that_a_hotline_relies_on_is_heard() {
        let model = VoskModel::load(&embedded()).expect("a model");
        let intents = include_str!("heard.txt");
        let mut phrases: Vec<String> = intents.split_whitespace().map(str::to_owned).collect();
        phrases.extend(digit_words(Language::Zh).iter().map(|word| (*word).to_owned()));
        let pool = RecognizerPool::start(model, 1).expect("threads");
        let (mut recognizer, heard) = ear(&pool);
        let words = Arc::new(Vocabulary::new(Language::Zh, phrases.clone()));
        let voice = Voice::find().await.expect("espeak-ng");
        for text in &phrases {
            let wording = Wording { text: text.as_str().into(), language: Language::Zh, speed: 100 };
            let frames = over_the_line(&voice.speak(&wording).await.expect("spoken"));
            hear(&mut *recognizer, 1, &words, &frames);
            let (_, readings) = last(&heard, UtteranceId(1));
            // 物流 and 五六 differ in tones alone, which a machine's voice makes little of.
            let sounds = |text: &str| crate::spoken::to_pinyin(text).replace(|c: char| c.is_ascii_digit(), "");
            assert_eq!(readings.first().map(|best| sounds(&best.text)), Some(sounds(text)), "{text}: {readings:?}");
        }
    }
}
