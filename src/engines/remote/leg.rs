//! One leg's way to the server: a ring that the media thread fills, and a task that empties it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::super::pool::HearingSink;
use super::super::readings::Segments;
use super::super::ring::{Item, Ring};
use super::Remote;
use super::link::Link;
use super::reply::Reply;
use crate::audio::Frame8k;
use crate::base::UtteranceId;
use crate::speech::{Hearing, Hypothesis, Recognizer, Vocabulary};

/// Frames of an utterance kept for hearing it here: 60 s.
const KEPT: usize = 3000;

/// A leg as its two sides share it.
pub(super) struct Leg {
    ring: Ring,
    put: Notify,
    sink: HearingSink,
}

impl Leg {
    pub(super) fn new(sink: HearingSink) -> Self {
        Self { ring: Ring::new(), put: Notify::new(), sink }
    }

    /// Waits for the next item; may be given up at any time.
    async fn next(&self) -> Item {
        loop {
            if let Some(item) = self.ring.take() {
                return item;
            }
            self.put.notified().await;
        }
    }
}

/// The media thread's end of a leg.
pub(super) struct RemoteEar {
    leg: Arc<Leg>,
    open: bool,
    next: u64,
}

impl RemoteEar {
    pub(super) fn new(leg: Arc<Leg>) -> Self {
        Self { leg, open: false, next: 0 }
    }

    fn tell(&mut self, item: Item) {
        // A server that stands still loses the oldest sound; its utterance is heard from what is left.
        self.leg.ring.put(self.next, item);
        self.next += 1;
        self.leg.put.notify_one();
    }
}

impl Recognizer for RemoteEar {
    fn begin(&mut self, utterance: UtteranceId, vocabulary: &Arc<Vocabulary>) {
        self.open = true;
        self.tell(Item::Begin(utterance, Arc::clone(vocabulary)));
    }

    fn feed(&mut self, frame: &Frame8k) {
        if self.open {
            self.tell(Item::Frame(*frame));
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            self.tell(Item::End);
        }
    }

    fn cancel(&mut self) {
        if std::mem::take(&mut self.open) {
            self.tell(Item::Cancel);
        }
    }
}

impl Drop for RemoteEar {
    fn drop(&mut self) {
        self.tell(Item::Close);
    }
}

/// Serves a leg until it is gone.
pub(super) async fn serve(remote: Arc<Remote>, leg: Arc<Leg>) {
    let mut ahead = None;
    loop {
        let item = match ahead.take() {
            Some(item) => item,
            None => leg.next().await,
        };
        match item {
            Item::Begin(id, vocabulary) => {
                let utterance = Utterance { remote: &remote, leg: &leg, id, past: Vec::new(), ended: false };
                ahead = utterance.run(&vocabulary).await;
            }
            Item::Close => return,
            _ => {}
        }
    }
}

/// An utterance under way.
struct Utterance<'a> {
    remote: &'a Remote,
    leg: &'a Leg,
    id: UtteranceId,
    /// What was said of it.
    past: Vec<Frame8k>,
    ended: bool,
}

impl Utterance<'_> {
    /// Hears it, there or here; returns the item that came in its place when it was given up.
    async fn run(mut self, vocabulary: &Arc<Vocabulary>) -> Option<Item> {
        if self.remote.health.may_ask() {
            match self.there(vocabulary).await {
                Ok(ahead) => return ahead,
                Err(why) => self.remote.failed(&why),
            }
        }
        self.here(vocabulary).await
    }

    async fn there(&mut self, vocabulary: &Vocabulary) -> Result<Option<Item>, String> {
        let mut link = Link::open(self.remote, vocabulary).await?;
        let (mut segments, mut shown) = (Segments::default(), String::new());
        loop {
            tokio::select! {
                item = self.leg.next() => match item {
                    Item::Frame(frame) => {
                        if self.past.len() < KEPT {
                            self.past.push(frame);
                        }
                        link.feed(&frame).await?;
                    }
                    Item::End => {
                        self.ended = true;
                        let last = self.last(&mut link, &mut segments);
                        let heard = timeout(self.remote.patience, last).await;
                        let readings = heard.map_err(|_| format!("no answer within {:?}", self.remote.patience))??;
                        self.remote.worked();
                        (self.leg.sink)(self.id, Hearing::Final(readings));
                        return Ok(None);
                    }
                    Item::Cancel => return Ok(None),
                    other => return Ok(Some(other)),
                },
                reply = link.next() => match reply? {
                    Some(Reply::Partial(partial)) => self.show(&segments, &partial, &mut shown),
                    Some(Reply::Result(readings)) => segments.push(readings),
                    None => return Err("it closed the connection".to_owned()),
                },
            }
        }
    }

    fn show(&self, segments: &Segments, partial: &str, shown: &mut String) {
        let text = segments.so_far(partial);
        if !text.is_empty() && text != *shown {
            text.clone_into(shown);
            (self.leg.sink)(self.id, Hearing::Partial(Hypothesis { text, confidence: 0.0, words: Vec::new() }));
        }
    }

    /// Ends the utterance and waits for the answer to its end: the last of as many as pieces were sent, or the last before the server closes.
    async fn last(&self, link: &mut Link, segments: &mut Segments) -> Result<Vec<Hypothesis>, String> {
        link.end().await?;
        let mut answered = false;
        loop {
            match link.next().await {
                Ok(Some(Reply::Partial(_))) => {}
                Ok(Some(Reply::Result(readings))) => {
                    segments.push(readings);
                    answered = true;
                }
                Ok(None) | Err(_) if answered => return Ok(segments.finish()),
                Ok(None) => return Err("it closed the connection without an answer".to_owned()),
                Err(why) => return Err(why),
            }
            if answered && link.is_answered() {
                return Ok(segments.finish());
            }
        }
    }

    /// Hears it with the threads of this process, from its first frame on.
    async fn here(self, vocabulary: &Arc<Vocabulary>) -> Option<Item> {
        self.remote.heard_here.fetch_add(1, Ordering::Relaxed);
        let mut ear = self.remote.pool.ear(Arc::clone(&self.leg.sink));
        ear.begin(self.id, vocabulary);
        ear.feed_past(&self.past);
        if self.ended {
            ear.end();
            return None;
        }
        loop {
            match self.leg.next().await {
                Item::Frame(frame) => ear.feed(&frame),
                Item::End => {
                    ear.end();
                    return None;
                }
                Item::Cancel => {
                    ear.cancel();
                    return None;
                }
                other => return Some(other),
            }
        }
    }
}
