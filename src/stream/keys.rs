//! Which telephone-event packets are one press of a key ([RFC 4733 §2.5](https://www.rfc-editor.org/rfc/rfc4733#section-2.5)).

use std::collections::VecDeque;

use crate::base::Key;
use crate::wire::telephone_event::TelephoneEvent;

/// The length at which a sender begins a new segment of a long press (RFC 4733 §2.5.1.3).
const SEGMENT: u32 = 0xffff;
/// Presses that wait to be taken.
const CAPACITY: usize = 16;
/// Presses whose late packets are still recognised.
const REMEMBERED: usize = 8;

/// What an event packet brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// A key pressed anew.
    New,
    /// More of a press already known, or no key.
    Known,
    /// A new press, but too many wait to be taken.
    TooMany,
}

/// Tells presses apart by their timestamps, so that any one packet of a press makes it heard, and only once.
#[derive(Clone, Debug)]
pub(super) struct Presses {
    recent: [Option<(u32, u8)>; REMEMBERED],
    next: usize,
    waiting: VecDeque<Key>,
}

impl Presses {
    pub(super) fn new() -> Self {
        Self { recent: [None; REMEMBERED], next: 0, waiting: VecDeque::with_capacity(CAPACITY) }
    }

    pub(super) fn receive(&mut self, timestamp: u32, event: TelephoneEvent) -> Press {
        let Some(key) = event.key() else { return Press::Known };
        if self.recent.iter().flatten().any(|(seen, _)| *seen == timestamp) {
            return Press::Known;
        }
        let continued = (timestamp.wrapping_sub(SEGMENT), event.event);
        let press = match self.recent.iter().flatten().any(|seen| *seen == continued) {
            true => Press::Known,
            false if self.waiting.len() == CAPACITY => Press::TooMany,
            false => {
                self.waiting.push_back(key);
                Press::New
            }
        };
        self.recent[self.next] = Some((timestamp, event.event));
        self.next = (self.next + 1) % REMEMBERED;
        press
    }

    pub(super) fn take(&mut self) -> Option<Key> {
        self.waiting.pop_front()
    }

    /// Forgets timestamps, as when the sender starts anew; presses that wait stay.
    pub(super) fn restart(&mut self) {
        self.recent = [None; REMEMBERED];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: u8, duration: u16) -> TelephoneEvent {
        TelephoneEvent { event: code, end: false, volume: 10, duration }
    }

    #[test]
    fn any_one_packet_makes_a_press_and_the_others_do_not() {
        let mut presses = Presses::new();
        assert_eq!(presses.receive(1000, event(5, 160)), Press::New);
        assert_eq!(presses.receive(1000, event(5, 800)), Press::Known);
        assert_eq!(presses.receive(3000, event(5, 800)), Press::New);
        // Reordered: an end of the first press after the second began.
        assert_eq!(presses.receive(1000, event(5, 960)), Press::Known);
        assert_eq!((presses.take(), presses.take(), presses.take()), (Key::new('5'), Key::new('5'), None));
    }

    #[test]
    fn a_press_of_ten_seconds_is_one_press() {
        let mut presses = Presses::new();
        assert_eq!(presses.receive(0, event(11, SEGMENT as u16)), Press::New);
        assert_eq!(presses.receive(SEGMENT, event(11, 160)), Press::Known);
        assert_eq!(presses.receive(2 * SEGMENT, event(11, 160)), Press::Known);
    }

    #[test]
    fn what_is_no_key_is_no_press_and_a_flood_is_bounded() {
        let mut presses = Presses::new();
        assert_eq!(presses.receive(0, event(16, 160)), Press::Known);
        let news = (1..100).filter(|turn| presses.receive(turn * 1000, event(1, 160)) == Press::New).count();
        assert_eq!(news, CAPACITY);
    }
}
