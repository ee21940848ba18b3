//! Cuts a hand-off packet into bodies small enough for SIP MESSAGE over UDP, and puts them together again.
//! Knows nothing of sockets: who sends and who receives the bodies is not its matter.
//!
//! A request that is not known to fit the path's MTU must stay under 1,300 bytes (RFC 3261 §18.1.1, RFC 3428 §8);
//! Bellhop promises 1,200 with headers, of which a body takes at most 880.

use serde::{Deserialize, Serialize};

use super::HandoffPacket;

/// The content type of a part.
pub const HANDOFF_CONTENT_TYPE: &str = "application/vnd.bellhop.handoff+json";
/// The largest body of a part, in bytes; what is left of 1,200 is for the headers.
pub const MAX_BODY: usize = 880;
/// The most parts one packet is cut into; a longer conversation loses its oldest turns.
pub const MAX_PARTS: u16 = 64;

/// How many packets may be in the making at once in one [`Reassembly`]; the oldest gives way.
const MAX_OPEN: usize = 8;

/// One part of a packet, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 1.
    pub part: u16,
    /// How many there are.
    pub of: u16,
    /// The body: JSON of `call`, `part`, `of` and `data`, at most 880 bytes.
    pub body: String,
}

/// Why a body is not a part.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The body is not the JSON of a part.
    #[error("not a part of a hand-off packet: {0}")]
    NotAPart(#[source] serde_json::Error),
    /// Its numbers contradict themselves.
    #[error("part {part} of {of} cannot be")]
    BadNumbers {
        /// Which part it says it is.
        part: u16,
        /// Of how many.
        of: u16,
    },
    /// All parts are there but do not make a packet.
    #[error("the parts of call {call} do not make a hand-off packet: {source}")]
    BadPacket {
        /// The call's id.
        call: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    call: String,
    part: u16,
    of: u16,
    data: String,
}

/// Cuts a packet into parts, in order; never none. The oldest turns are left out of a packet too long for 64 parts.
#[must_use]
pub fn split(packet: &HandoffPacket) -> Vec<Part> {
    let mut packet = packet.clone();
    let room = MAX_BODY.saturating_sub(envelope_bytes(&packet.call)).max(8);
    loop {
        let whole = serde_json::to_string(&packet).unwrap_or_default();
        let pieces = cut(&whole, room);
        if pieces.len() > usize::from(MAX_PARTS) && !packet.transcript.is_empty() {
            let drop = (packet.transcript.len() / 8).max(1);
            packet.transcript.drain(..drop);
            continue;
        }
        let of = u16::try_from(pieces.len()).unwrap_or(u16::MAX);
        return (1..)
            .zip(pieces)
            .map(|(part, data)| {
                let envelope = Envelope { call: packet.call.clone(), part, of, data: data.to_owned() };
                Part { part, of, body: serde_json::to_string(&envelope).unwrap_or_default() }
            })
            .collect();
    }
}

/// The bytes an envelope takes without its data, with the widest numbers.
fn envelope_bytes(call: &str) -> usize {
    let empty = Envelope { call: call.to_owned(), part: MAX_PARTS, of: MAX_PARTS, data: String::new() };
    serde_json::to_string(&empty).map_or(0, |text| text.len())
}

/// Cuts text into pieces of at most `room` bytes once escaped as a JSON string, between characters.
fn cut(text: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut used) = (0, 0);
    for (at, character) in text.char_indices() {
        let size = match character {
            '"' | '\\' => 2,
            other if other.is_control() => 6,
            other => other.len_utf8(),
        };
        if used + size > room {
            pieces.push(&text[from..at]);
            (from, used) = (at, 0);
        }
        used += size;
    }
    pieces.push(&text[from..]);
    pieces
}

/// Puts packets together from parts that come in any order, some twice, of several calls at once.
#[derive(Debug, Default)]
pub struct Reassembly {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    call: String,
    parts: Vec<Option<String>>,
}

impl Reassembly {
    /// Takes one body; returns the packet when it was the last one missing.
    ///
    /// # Errors
    /// The body is no part, or the parts together are no packet; earlier parts of other calls stay.
    pub fn take(&mut self, body: &str) -> Result<Option<HandoffPacket>, PartError> {
        let Envelope { call, part, of, data } = serde_json::from_str(body).map_err(PartError::NotAPart)?;
        if part == 0 || part > of || of > MAX_PARTS {
            return Err(PartError::BadNumbers { part, of });
        }
        let place = self.place(call, usize::from(of));
        let open = &mut self.open[place];
        open.parts[usize::from(part) - 1] = Some(data);
        if open.parts.iter().any(Option::is_none) {
            return Ok(None);
        }
        let Open { call, parts } = self.open.remove(place);
        let whole: String = parts.into_iter().flatten().collect();
        serde_json::from_str(&whole).map(Some).map_err(|source| PartError::BadPacket { call, source })
    }

    /// Finds or makes the place for a call's parts; a packet begun with another count of parts is begun anew.
    fn place(&mut self, call: String, of: usize) -> usize {
        self.open.retain(|open| open.call != call || open.parts.len() == of);
        if let Some(place) = self.open.iter().position(|open| open.call == call) {
            return place;
        }
        if self.open.len() >= MAX_OPEN {
            self.open.remove(0);
        }
        self.open.push(Open { call, parts: vec![None; of] });
        self.open.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::call::PacketTurn;

    fn packet(texts: &[String]) -> HandoffPacket {
        HandoffPacket {
            call: "01hzzzzzzzzzzzzzzzzzzzzzzz".into(),
            hotline: "优选母婴".into(),
            reason: "asked".into(),
            queue: "general".into(),
            transcript: texts.iter().map(|text| PacketTurn { who: "caller".into(), text: text.clone(), t: 1 }).collect(),
            ..HandoffPacket::default()
        }
    }

    fn put_together(parts: &[Part]) -> Option<HandoffPacket> {
        let mut reassembly = Reassembly::default();
        parts.iter().find_map(|part| reassembly.take(&part.body).expect("a part"))
    }

    proptest! {
        #[test]
        fn any_packet_survives_cutting_in_any_order(texts in prop::collection::vec(".{0,200}", 0..12), seed in any::<u64>()) {
            let packet = packet(&texts);
            let mut parts = split(&packet);
            prop_assert!(parts.iter().all(|part| part.body.len() <= MAX_BODY && part.of as usize == parts.len()));
            let turn = usize::try_from(seed % parts.len() as u64).unwrap_or(0);
            parts.rotate_left(turn);
            prop_assert_eq!(put_together(&parts), Some(packet));
        }

        #[test]
        fn no_body_makes_it_panic(body in ".{0,100}", part in any::<u16>(), of in any::<u16>()) {
            let mut reassembly = Reassembly::default();
            prop_assert!(reassembly.take(&body).is_err());
            let envelope = format!(r#"{{"call":"x","part":{part},"of":{of},"data":"{{"}}"#);
            prop_assert_ne!(reassembly.take(&envelope).ok().flatten().is_some(), true);
        }
    }

    #[test]
    fn a_part_that_comes_twice_counts_once() {
        let long = packet(&vec!["我要查订单".repeat(20); 8]);
        let parts = split(&long);
        assert!(parts.len() > 2);
        let mut doubled: Vec<Part> = parts.iter().flat_map(|part| [part.clone(), part.clone()]).collect();
        doubled.pop();
        assert_eq!(put_together(&doubled), Some(long));
    }

    #[test]
    fn a_conversation_too_long_loses_its_oldest_turns() {
        let turns: Vec<String> = (0..3_000).map(|turn| format!("第{turn}句：请问我的订单现在到哪里了")).collect();
        let parts = split(&packet(&turns));
        assert!(parts.len() <= usize::from(MAX_PARTS));
        let back = put_together(&parts).expect("whole");
        assert!(back.transcript.len() < turns.len());
        assert_eq!(back.transcript.last().map(|turn| turn.text.as_str()), turns.last().map(String::as_str));
    }

    #[test]
    fn parts_of_two_calls_do_not_mix() {
        let one = packet(&vec!["一".repeat(300); 3]);
        let two = HandoffPacket { call: "another".into(), ..packet(&vec!["二".repeat(300); 3]) };
        let mut reassembly = Reassembly::default();
        let mut whole = Vec::new();
        for (first, second) in split(&one).iter().zip(&split(&two)) {
            whole.extend(reassembly.take(&first.body).expect("a part"));
            whole.extend(reassembly.take(&second.body).expect("a part"));
        }
        assert_eq!(whole, [one, two]);
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        for (part, of) in [(0, 1), (2, 1), (1, 0), (1, MAX_PARTS + 1)] {
            let body = format!(r#"{{"call":"x","part":{part},"of":{of},"data":""}}"#);
            assert!(matches!(Reassembly::default().take(&body), Err(PartError::BadNumbers { .. })), "{body}");
        }
    }
}
