//! What was heard before an utterance was noticed, so that its first syllables are not lost.

use super::Voicing;
use crate::audio::Frame8k;

/// Frames kept: 1 s.
const KEPT: usize = 50;
/// Frames given whatever they hold: 300 ms.
const ALWAYS: usize = 15;
/// Some detectors need long to be sure of some voices. So much above the line's noise is no silence...
const LOUD_DB: f32 = 9.0;
/// ...and so many quiet frames in a row are: 120 ms.
const SILENT: usize = 6;

/// A ring of the last second; allocates nothing.
#[derive(Clone, Debug)]
pub struct PreRoll {
    frames: [Frame8k; KEPT],
    loud: [bool; KEPT],
    next: usize,
    held: usize,
}

impl Default for PreRoll {
    fn default() -> Self {
        Self { frames: [Frame8k::SILENCE; KEPT], loud: [false; KEPT], next: 0, held: 0 }
    }
}

impl PreRoll {
    /// Makes an empty ring.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a frame in place of the oldest.
    pub fn push(&mut self, frame: &Frame8k, voicing: Voicing) {
        self.frames[self.next] = *frame;
        self.loud[self.next] = voicing.over_floor_db >= LOUD_DB;
        self.next = (self.next + 1) % KEPT;
        self.held = (self.held + 1).min(KEPT);
    }

    /// Iterates over the frames that belong to what has just begun, oldest first: the last 300 ms, and before them as long as it was loud.
    pub fn frames(&self) -> impl Iterator<Item = &Frame8k> {
        let wanted = self.wanted();
        (self.held - wanted..self.held).map(|place| &self.frames[self.place(place)])
    }

    /// Forgets every frame: what was kept belongs to an utterance already fed.
    pub fn clear(&mut self) {
        self.held = 0;
    }

    /// The ring's place of the frame of that age, the oldest being 0.
    const fn place(&self, age: usize) -> usize {
        (self.next + KEPT - self.held + age) % KEPT
    }

    fn wanted(&self) -> usize {
        let (mut quiet, mut first_loud) = (0, 0);
        for back in 1..=self.held {
            if self.loud[self.place(self.held - back)] {
                (quiet, first_loud) = (0, back);
            } else {
                quiet += 1;
            }
            if quiet >= SILENT {
                break;
            }
        }
        // The silence before it belongs to it, as far as it was looked at: a soft consonant may lie in it.
        (first_loud + SILENT).max(ALWAYS).min(self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(before: &mut PreRoll, marks: std::ops::RangeInclusive<i16>, over_floor_db: f32) {
        let voicing = Voicing { voiced: false, level_dbfs: -40.0, over_floor_db };
        marks.for_each(|mark| before.push(&crate::audio::Frame([mark; 160]), voicing));
    }

    fn marks(before: &PreRoll) -> Vec<i16> {
        before.frames().map(|frame| frame.0[0]).collect()
    }

    #[test]
    fn the_last_frames_come_oldest_first() {
        let mut before = PreRoll::new();
        assert_eq!(marks(&before), [0; 0]);
        push(&mut before, 1..=3, 0.0);
        assert_eq!(marks(&before), [1, 2, 3]);
        push(&mut before, 4..=140, 0.0);
        assert_eq!(marks(&before), (126..=140).collect::<Vec<_>>());
        before.clear();
        assert_eq!(marks(&before), [0; 0]);
    }

    #[test]
    fn what_was_loud_right_before_comes_with_it() {
        let mut before = PreRoll::new();
        push(&mut before, 1..=60, 0.0);
        push(&mut before, 61..=70, 20.0);
        push(&mut before, 71..=74, 3.0);
        push(&mut before, 75..=90, 20.0);
        assert_eq!(marks(&before), (55..=90).collect::<Vec<_>>(), "two syllables with a short gap, and the silence before them");
        push(&mut before, 91..=100, 0.0);
        push(&mut before, 101..=104, 20.0);
        assert_eq!(marks(&before), (90..=104).collect::<Vec<_>>(), "what came before a pause was something else");
        push(&mut before, 105..=300, 20.0);
        assert_eq!(marks(&before).len(), 50, "never more than a second");
    }
}
