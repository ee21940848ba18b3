//! Sound on its way to a slow listener: bounded, the oldest goes first.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

use crate::audio::Frame8k;

/// What waits at most: 200 ms.
const ROOM: usize = 10;

/// 20 ms of both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Its place since the first, so that lost ones leave a gap in time.
    pub(super) number: u32,
    pub(super) left: Frame8k,
    pub(super) right: Frame8k,
}

#[derive(Debug)]
pub(super) struct Queue {
    pairs: ArrayQueue<Pair>,
    pushed: AtomicU32,
    closed: AtomicBool,
    came: Notify,
}

impl Default for Queue {
    fn default() -> Self {
        Self { pairs: ArrayQueue::new(ROOM), pushed: AtomicU32::new(0), closed: AtomicBool::new(false), came: Notify::new() }
    }
}

impl Queue {
    /// Takes 20 ms and returns whether anybody listens.
    pub(super) fn push(&self, left: &Frame8k, right: &Frame8k) -> bool {
        if self.closed.load(Ordering::Acquire) {
            return false;
        }
        let number = self.pushed.fetch_add(1, Ordering::Relaxed);
        if self.pairs.force_push(Pair { number, left: *left, right: *right }).is_some() {
            metrics::counter!("bellhop_tap_frames_lost_total").increment(1);
        }
        self.came.notify_one();
        true
    }

    /// Waits for the oldest pair.
    pub(super) async fn next(&self) -> Pair {
        loop {
            if let Some(pair) = self.pairs.pop() {
                return pair;
            }
            self.came.notified().await;
        }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_loses_the_oldest_and_hears_the_newest() {
        let queue = Queue::default();
        for level in 0..25 {
            assert!(queue.push(&crate::audio::Frame([level; 160]), &Frame8k::SILENCE));
        }
        for expected in 15..25_i16 {
            let pair = queue.next().await;
            assert_eq!((pair.number, pair.left.0[0]), (expected as u32, expected));
        }
        queue.close();
        assert!(!queue.push(&Frame8k::SILENCE, &Frame8k::SILENCE), "nobody listens any more");
    }
}
