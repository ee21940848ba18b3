//! Recognizers on plain threads of lower priority than media. Knows who listens only as a sink.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};

use crossbeam_queue::ArrayQueue;

use super::VoskModel;
use super::ring::{Item, Ring};
use super::worker::Worker;
use crate::audio::Frame8k;
use crate::base::UtteranceId;
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
}

/// The counters, as threads share them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) frames_dropped: AtomicU64,
    pub(super) phrases_lacking: AtomicU64,
    pub(super) utterances: AtomicU64,
    pub(super) failures: AtomicU64,
}

/// A few threads that decode for every call of the process. A leg stays with the worker it was given at first: the least busy one.
pub struct RecognizerPool {
    model: Arc<VoskModel>,
    counters: Arc<Counters>,
    desks: Vec<Arc<Desk>>,
    threads: Vec<JoinHandle<()>>,
}

/// One leg as its two sides share it.
pub(super) struct Leg {
    pub(super) id: u64,
    pub(super) ring: Ring,
    pub(super) sink: HearingSink,
    waits: AtomicBool,
}

/// Where a worker finds the legs that have work for it. Holds at most [`LEGS`]; a leg is in it once.
struct Desk {
    waiting: ArrayQueue<Arc<Leg>>,
    legs: AtomicUsize,
    thread: OnceLock<Thread>,
    closed: AtomicBool,
}

/// Legs that may wait for one worker at once; more wait for their next frame.
const LEGS: usize = 1024;
/// Items a leg may have worked off before another leg has its turn: 200 ms.
const TURN: usize = 10;

impl RecognizerPool {
    /// Starts `threads` workers (at least one).
    ///
    /// # Errors
    ///
    /// The system's refusal to start a thread.
    pub fn start(model: Arc<VoskModel>, threads: usize) -> std::io::Result<Self> {
        let counters = Arc::new(Counters::default());
        let mut pool = Self { model, counters, desks: Vec::new(), threads: Vec::new() };
        for number in 0..threads.max(1) {
            let desk = Arc::new(Desk {
                waiting: ArrayQueue::new(LEGS),
                legs: AtomicUsize::new(0),
                thread: OnceLock::new(),
                closed: AtomicBool::new(false),
            });
            let (own, model, counters) = (Arc::clone(&desk), Arc::clone(&pool.model), Arc::clone(&pool.counters));
            let thread = thread::Builder::new().name(format!("ear-{number}")).spawn(move || {
                super::priority::give_way();
                own.work(&mut Worker::new(model, counters));
            })?;
            // Set before any leg can know the desk, so no wake-up is lost.
            let _ = desk.thread.set(thread.thread().clone());
            pool.desks.push(desk);
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Makes a recognizer for one leg; which leg it is, the sink knows.
    #[must_use]
    pub fn recognizer(&self, sink: HearingSink) -> Box<dyn Recognizer> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let leg = Leg { id: NEXT.fetch_add(1, Ordering::Relaxed), ring: Ring::new(), sink, waits: AtomicBool::new(false) };
        let desk = self.desks.iter().min_by_key(|desk| desk.legs.load(Ordering::Relaxed)).map(Arc::clone);
        if let Some(desk) = &desk {
            desk.legs.fetch_add(1, Ordering::Relaxed);
        }
        Box::new(Ear { leg: Arc::new(leg), desk, open: None, next: 0, counters: Arc::clone(&self.counters) })
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
        }
    }
}

impl Drop for RecognizerPool {
    fn drop(&mut self) {
        for desk in &self.desks {
            desk.closed.store(true, Ordering::Release);
            desk.wake();
        }
        for thread in self.threads.drain(..) {
            // A worker catches its panics, so there is nothing to learn from the join.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for RecognizerPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecognizerPool").field("threads", &self.threads.len()).field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl Desk {
    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
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

    fn work(&self, worker: &mut Worker) {
        while !self.closed.load(Ordering::Acquire) {
            let Some(leg) = self.waiting.pop() else {
                thread::park();
                continue;
            };
            leg.waits.store(false, Ordering::Release);
            for _ in 0..TURN {
                let Some(item) = leg.ring.take() else { break };
                // An engine that panics costs its utterance, not the thread.
                if catch_unwind(AssertUnwindSafe(|| worker.handle(&leg, item))).is_err() {
                    worker.lost(&leg);
                }
            }
            if !leg.ring.is_empty() {
                self.call(&leg);
            }
        }
    }
}

/// The media thread's end of a leg.
struct Ear {
    leg: Arc<Leg>,
    desk: Option<Arc<Desk>>,
    open: Option<UtteranceId>,
    next: u64,
    counters: Arc<Counters>,
}

impl Ear {
    fn tell(&mut self, item: Item) {
        let dropped = self.leg.ring.put(self.next, item);
        self.next += 1;
        if dropped > 0 {
            self.counters.frames_dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        if let Some(desk) = &self.desk {
            desk.call(&self.leg);
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
        Arc::new(Vocabulary { language: Language::Zh, phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect() })
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
        let words = Arc::new(Vocabulary { language: Language::Zh, phrases: phrases.clone() });
        let voice = Voice::find().await.expect("espeak-ng");
        for text in &phrases {
            let wording = Wording { text: text.as_str().into(), language: Language::Zh, speed: 100 };
            let frames = over_the_line(&voice.speak(&wording).await.expect("spoken"));
            hear(&mut *recognizer, 1, &words, &frames);
            let (_, readings) = last(&heard, UtteranceId(1));
            assert_eq!(readings.first().map(|best| best.text.as_str()), Some(text.as_str()), "{readings:?}");
        }
    }
}
