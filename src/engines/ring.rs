//! The bounded way from a media thread to a recognizer's worker: one puts, one takes, nobody waits. Knows no engine.

use std::sync::Arc;

use crossbeam_queue::ArrayQueue;

use crate::audio::Frame8k;
use crate::base::UtteranceId;
use crate::speech::Vocabulary;

/// What a leg tells its worker.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most items are frames, and a box each would allocate in the tick")]
pub(super) enum Item {
    /// An utterance begins; one still open is forgotten.
    Begin(UtteranceId, Arc<Vocabulary>),
    /// 20 ms of it.
    Frame(Frame8k),
    /// A stretch of it that was said before.
    Past(Box<[Frame8k]>),
    /// Report what was heard.
    End,
    /// Forget it.
    Cancel,
    /// The leg is gone.
    Close,
    /// Do this as if it were decoding.
    #[cfg(test)]
    Do(Hook),
}

/// What a test has a worker do in place of decoding.
#[cfg(test)]
pub(super) struct Hook(pub(super) Box<dyn FnOnce() + Send>);

#[cfg(test)]
impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// Frames that may wait: 4 s. When full the oldest is dropped and counted.
const FRAMES: usize = 200;
/// Orders that may wait, in a ring of their own so that no flood of frames can push one out. When full the newest is dropped and counted.
const ORDERS: usize = 64;

/// The ring of one leg. Numbers keep frames and orders in the order they were given.
#[derive(Debug)]
pub(super) struct Ring {
    frames: ArrayQueue<(u64, Frame8k)>,
    orders: ArrayQueue<(u64, Item)>,
    /// The frame and the order taken but not yet due; only the taking side uses them.
    next_frame: ArrayQueue<(u64, Frame8k)>,
    next_order: ArrayQueue<(u64, Item)>,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            frames: ArrayQueue::new(FRAMES),
            orders: ArrayQueue::new(ORDERS),
            next_frame: ArrayQueue::new(1),
            next_order: ArrayQueue::new(1),
        }
    }

    /// Puts an item; returns how many were dropped for it. `number` grows with every item.
    pub(super) fn put(&self, number: u64, item: Item) -> u64 {
        match item {
            Item::Frame(frame) => u64::from(self.frames.force_push((number, frame)).is_some()),
            order => u64::from(self.orders.push((number, order)).is_err()),
        }
    }

    /// Takes the item that was put first. Called by one thread at a time.
    pub(super) fn take(&self) -> Option<Item> {
        // Frame, order, frame again: whatever was put before an order that is seen here is seen too.
        let mut frame = self.next_frame.pop().or_else(|| self.frames.pop());
        let order = self.next_order.pop().or_else(|| self.orders.pop());
        if frame.is_none() && order.is_some() {
            frame = self.frames.pop();
        }
        match (frame, order) {
            (Some(frame), Some(order)) if order.0 < frame.0 => {
                let _ = self.next_frame.push(frame);
                Some(order.1)
            }
            (Some(frame), order) => {
                if let Some(order) = order {
                    let _ = self.next_order.push(order);
                }
                Some(Item::Frame(frame.1))
            }
            (None, Some(order)) => Some(order.1),
            (None, None) => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.orders.is_empty() && self.next_frame.is_empty() && self.next_order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(mark: i16) -> Item {
        Item::Frame(crate::audio::Frame([mark; 160]))
    }

    fn taken(ring: &Ring) -> String {
        let mut seen = String::new();
        while let Some(item) = ring.take() {
            match item {
                Item::Begin(utterance, _) => seen.push_str(&format!("[{utterance}")),
                Item::Frame(frame) => seen.push_str(&format!(" {}", frame.0[0])),
                Item::Past(frames) => seen.push_str(&format!(" <{}>", frames.len())),
                Item::Do(_) => seen.push('!'),
                Item::End => seen.push(']'),
                Item::Cancel => seen.push('x'),
                Item::Close => seen.push('.'),
            }
        }
        seen
    }

    #[test]
    fn items_come_out_in_the_order_they_went_in() {
        let ring = Ring::new();
        let begin = |id| Item::Begin(UtteranceId(id), Arc::default());
        let items = [begin(1), frame(1), frame(2), Item::End, begin(2), Item::Cancel, begin(3), frame(3), Item::End, Item::Close];
        for (number, item) in items.into_iter().enumerate() {
            assert_eq!(ring.put(number as u64, item), 0);
        }
        assert_eq!(taken(&ring), "[1 1 2][2x[3 3].");
        assert!(ring.is_empty());
    }

    #[test]
    fn a_full_ring_drops_its_oldest_frames_and_no_order() {
        let ring = Ring::new();
        let mut dropped = ring.put(0, Item::Begin(UtteranceId(1), Arc::default()));
        for number in 1..=300 {
            dropped += ring.put(number, frame(i16::try_from(number).expect("small")));
        }
        dropped += ring.put(301, Item::End);
        assert_eq!(dropped, 100);
        let seen = taken(&ring);
        assert!(seen.starts_with("[1 101 102 ") && seen.ends_with(" 299 300]"), "{seen}");
    }

    #[test]
    fn one_thread_puts_while_another_takes() {
        let ring = Arc::new(Ring::new());
        let taker = {
            let ring = Arc::clone(&ring);
            std::thread::spawn(move || {
                let mut open = false;
                let mut ended = 0;
                while ended < 2000 {
                    match ring.take() {
                        Some(Item::Begin(..)) => assert!(!std::mem::replace(&mut open, true), "begun within an utterance"),
                        Some(Item::Frame(_)) => assert!(open, "a frame outside an utterance"),
                        Some(Item::End) => {
                            assert!(std::mem::take(&mut open), "ended twice");
                            ended += 1;
                        }
                        _ => std::thread::yield_now(),
                    }
                }
            })
        };
        let mut number = 0;
        for utterance in 0..2000 {
            let items = [Item::Begin(UtteranceId(utterance), Arc::default()), frame(1), frame(2), Item::End];
            for item in items {
                // An order that finds no room is put again: here none may be lost.
                while matches!(item, Item::Begin(..) | Item::End) && ring.orders.is_full() {
                    std::thread::yield_now();
                }
                ring.put(number, item);
                number += 1;
            }
        }
        taker.join().expect("in order throughout");
    }
}
