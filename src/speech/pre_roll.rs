//! The last frames before an utterance was noticed, so that its first syllable is not lost.

use crate::audio::Frame8k;

/// Frames kept: 300 ms.
const KEPT: usize = 15;

/// A ring of the last 300 ms; allocates nothing.
#[derive(Clone, Debug)]
pub struct PreRoll {
    frames: [Frame8k; KEPT],
    next: usize,
    held: usize,
}

impl Default for PreRoll {
    fn default() -> Self {
        Self { frames: [Frame8k::SILENCE; KEPT], next: 0, held: 0 }
    }
}

impl PreRoll {
    /// Makes an empty ring.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a frame in place of the oldest.
    pub fn push(&mut self, frame: &Frame8k) {
        self.frames[self.next] = *frame;
        self.next = (self.next + 1) % KEPT;
        self.held = (self.held + 1).min(KEPT);
    }

    /// Iterates over the frames kept, oldest first.
    pub fn frames(&self) -> impl Iterator<Item = &Frame8k> {
        (0..self.held).map(|place| &self.frames[(self.next + KEPT - self.held + place) % KEPT])
    }

    /// Forgets every frame: what was kept belongs to an utterance already fed.
    pub fn clear(&mut self) {
        self.held = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_frames_come_oldest_first() {
        let mut before = PreRoll::new();
        assert_eq!(before.frames().count(), 0);
        let marks = |before: &PreRoll| before.frames().map(|frame| frame.0[0]).collect::<Vec<_>>();
        (1..=3).for_each(|mark| before.push(&crate::audio::Frame([mark; 160])));
        assert_eq!(marks(&before), [1, 2, 3]);
        (4..=40).for_each(|mark| before.push(&crate::audio::Frame([mark; 160])));
        assert_eq!(marks(&before), (26..=40).collect::<Vec<_>>());
        before.clear();
        assert_eq!(marks(&before), [0; 0]);
    }
}
