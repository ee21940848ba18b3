//! What was really said and heard in a call, masked before it is kept. Knows no engine and no store.

use std::time::Duration;

use super::{PacketTurn, Speaker};
use crate::spoken;

/// More digits in a row than this may be the beginning of a number that is masked once it is whole.
const SHORT_DIGITS: usize = 6;
/// Digits of a long run that stay.
const SHOWN_DIGITS: usize = 3;

/// The conversation so far.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    turns: Vec<PacketTurn>,
}

impl Transcript {
    /// Keeps a turn; `text` is masked already.
    pub(super) fn add(&mut self, who: Speaker, text: &str, at: Duration) {
        let t = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        // A turn is known at its end, and keys may have come while it was said.
        let place = self.turns.partition_point(|turn| turn.t <= t);
        self.turns.insert(place, PacketTurn { who: who.as_str().to_owned(), text: text.to_owned(), t });
    }

    /// Returns the turns in the order in which they began.
    pub(super) fn turns(&self) -> &[PacketTurn] {
        &self.turns
    }
}

/// Masks words that are whole.
pub(super) fn masked(text: &str) -> String {
    spoken::mask(text)
}

/// Masks words that still change: what may become a number that has to be masked is hidden from its fourth digit on.
pub(super) fn masked_partial(text: &str) -> String {
    let text = spoken::mask(text);
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<char> = Vec::new();
    let end = |run: &mut Vec<char>, out: &mut String| {
        let hidden = run.len() > SHORT_DIGITS;
        out.extend(run.drain(..).enumerate().map(|(place, c)| if hidden && place >= SHOWN_DIGITS { '*' } else { c }));
    };
    for c in text.chars() {
        if is_digit(c) {
            run.push(c);
        } else {
            end(&mut run, &mut out);
            out.push(c);
        }
    }
    end(&mut run, &mut out);
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || "零〇一二三四五六七八九幺两".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_not_yet_whole_is_hidden_too() {
        for (text, expected) in [
            ("我的号码是1380000", "我的号码是138****"),
            ("幺三八零零零零零", "幺三八*****"),
            ("二十三号", "二十三号"),
            ("查123456", "查123456"),
        ] {
            assert_eq!(masked_partial(text), expected);
        }
    }
}
