//! Sequence numbers: what is new, what is a duplicate, what is lost ([RFC 3550 §A.1, §A.3](https://www.rfc-editor.org/rfc/rfc3550#appendix-A.1)).

/// A larger step forward is a new start, not a loss (RFC 3550 §A.1).
const MAX_DROPOUT: u16 = 3000;
/// How many of the latest numbers are remembered.
const WINDOW: u32 = 64;

/// What a sequence number says of its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The first of this number.
    New,
    /// The second of two numbers that follow each other far from the rest: the sender has started anew.
    Restart,
    /// This number has come before.
    Duplicate,
    /// Far from the rest: late beyond memory, or a start anew that the next packet will confirm.
    Stray,
}

/// The numbers received from one synchronization source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sequence {
    /// First and highest number, wraps counted above bit 16; none before the first packet.
    range: Option<(u32, u32)>,
    /// Bit `n` is set if the number `highest - n` has come.
    seen: u64,
    received: u32,
    stray: Option<u16>,
    reported: (u32, u32),
}

impl Sequence {
    pub(super) const fn new() -> Self {
        Self { range: None, seen: 0, received: 0, stray: None, reported: (0, 0) }
    }

    pub(super) fn receive(&mut self, number: u16) -> Arrival {
        let Some((_, highest)) = &mut self.range else {
            self.start(number);
            return Arrival::New;
        };
        let ahead = number.wrapping_sub(*highest as u16);
        if (1..=MAX_DROPOUT).contains(&ahead) {
            *highest = highest.wrapping_add(u32::from(ahead));
            self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
        } else {
            let behind = u32::from(ahead.wrapping_neg());
            if behind >= WINDOW {
                if self.stray.replace(number.wrapping_add(1)) == Some(number) {
                    self.start(number);
                    return Arrival::Restart;
                }
                return Arrival::Stray;
            }
            if self.seen & 1 << behind != 0 {
                return Arrival::Duplicate;
            }
            self.seen |= 1 << behind;
        }
        self.received += 1;
        self.stray = None;
        Arrival::New
    }

    /// Packets that never came, so far (RFC 3550 §A.3).
    pub(super) fn lost(&self) -> u32 {
        self.expected().saturating_sub(self.received)
    }

    /// The highest number, wraps counted above bit 16.
    pub(super) fn highest(&self) -> u32 {
        self.range.map_or(0, |(_, highest)| highest)
    }

    /// The share lost since the last call, in 256ths (RFC 3550 §A.3).
    pub(super) fn take_fraction_lost(&mut self) -> u8 {
        let now = (self.expected(), self.received);
        let (expected, received) = (now.0.saturating_sub(self.reported.0), now.1.saturating_sub(self.reported.1));
        self.reported = now;
        let lost = expected.saturating_sub(received);
        u8::try_from((lost * 256).checked_div(expected).unwrap_or(0)).unwrap_or(u8::MAX)
    }

    fn start(&mut self, number: u16) {
        // A wrap above zero leaves room for packets sent before the first that came.
        let number = u32::from(number) + 0x1_0000;
        *self = Self { range: Some((number, number)), seen: 1, received: 1, ..Self::new() };
    }

    fn expected(&self) -> u32 {
        // Packets older than the first count as received but not as expected; never below what the range says.
        self.range.map_or(0, |(first, highest)| highest.wrapping_sub(first).wrapping_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_count_across_the_wrap_and_late_packets_heal_them() {
        let mut sequence = Sequence::new();
        assert!([65_533, 65_534, 1, 2].into_iter().all(|number| sequence.receive(number) == Arrival::New));
        assert_eq!((sequence.lost(), sequence.highest()), (2, 0x2_0002));
        assert_eq!(sequence.receive(65_535), Arrival::New);
        assert_eq!(sequence.receive(65_535), Arrival::Duplicate);
        assert_eq!(sequence.lost(), 1);
        assert_eq!((sequence.take_fraction_lost(), sequence.take_fraction_lost()), ((256 / 6) as u8, 0));
    }

    #[test]
    fn a_jump_is_believed_when_the_next_packet_confirms_it() {
        let mut sequence = Sequence::new();
        sequence.receive(100);
        assert_eq!(sequence.receive(30_000), Arrival::Stray);
        assert_eq!(sequence.receive(101), Arrival::New);
        assert_eq!(sequence.receive(30_001), Arrival::Stray);
        assert_eq!(sequence.receive(30_002), Arrival::Restart);
        assert_eq!((sequence.receive(30_003), sequence.lost()), (Arrival::New, 0));
    }
}
