//! Keys as named events in RTP ([RFC 4733 §2.3](https://www.rfc-editor.org/rfc/rfc4733#section-2.3)).
//! Knows no stream: which packets are one press is not its job.

use crate::base::Key;

/// The payload of a telephone-event packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// The event code; 0 to 15 are keys (RFC 4733 §3.2).
    pub event: u8,
    /// Whether the event is over.
    pub end: bool,
    /// Power in −dBm0, 0 to 63.
    pub volume: u8,
    /// How long the event has lasted, in timestamp units.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads a payload; `None` if it is shorter than four octets. What follows them is ignored.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, high, low] = payload.first_chunk::<4>()?;
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3f, duration: u16::from_be_bytes([high, low]) })
    }

    /// Returns the payload's octets.
    #[must_use]
    pub fn octets(&self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3f, high, low]
    }

    /// Returns the key, if the event is one.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::from_event(self.event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_rfc_reads() {
        // RFC 4733 §5: the digit 9, over after 200 ms, 7 dB below.
        let event = TelephoneEvent::parse(&[9, 0x87, 0x06, 0x40]).expect("four octets");
        assert_eq!(event, TelephoneEvent { event: 9, end: true, volume: 7, duration: 1600 });
        assert_eq!(event.key(), Key::new('9'));
        assert_eq!(TelephoneEvent { event: 16, ..event }.key(), None);
    }

    proptest! {
        #[test]
        fn any_payload_reads_and_writes_back(payload: Vec<u8>) {
            match TelephoneEvent::parse(&payload) {
                Some(event) => {
                    let octets = event.octets();
                    prop_assert_eq!([octets[0], octets[1], octets[2], octets[3]], [payload[0], payload[1] & 0xbf, payload[2], payload[3]]);
                }
                None => prop_assert!(payload.len() < 4),
            }
        }
    }
}
