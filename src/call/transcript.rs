//! What was really said and heard in a call, masked before it is kept. Knows no engine and no store.

use std::collections::VecDeque;
use std::time::Duration;

use super::{PacketTurn, Speaker};
use crate::base::Pii;
use crate::spoken;

/// More digits in a row than this may be the beginning of a number that is masked once it is whole.
const SHORT_DIGITS: usize = 6;
/// Digits of a long run that stay.
const SHOWN_DIGITS: usize = 3;
/// A number is given in no more turns than this.
const MOST_PARTS: usize = 6;

/// The conversation so far.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    turns: Vec<PacketTurn>,
    /// The caller's last turns, of which a private number may be put together.
    parts: VecDeque<Part>,
}

/// A turn of the caller as it was given, and as it was kept.
#[derive(Debug)]
struct Part {
    given: Pii<String>,
    kept: String,
}

/// Words already kept that turned out to be part of a private number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Amendment {
    /// The words as they were kept.
    pub was: String,
    /// The words as they are to be kept.
    pub text: String,
}

impl Transcript {
    /// Keeps a turn of the robot or a seat; returns its words as they may be read.
    pub(super) fn add(&mut self, who: Speaker, text: &str, at: Duration) -> String {
        let text = masked(text);
        self.insert(who, &text, at);
        text
    }

    /// Keeps what the caller said or pressed; returns it as it may be read, and what must be masked of earlier turns now.
    pub(super) fn add_caller(&mut self, given: &str, at: Duration) -> (String, Vec<Amendment>) {
        if self.parts.len() == MOST_PARTS {
            self.parts.pop_front();
        }
        let mut texts: Vec<&str> = self.parts.iter().map(|part| part.given.reveal().as_str()).collect();
        texts.push(given);
        let mut shown = spoken::mask_turns(&texts);
        let kept = shown.pop().unwrap_or_else(|| masked(given));
        let mut amendments = Vec::new();
        for (part, text) in self.parts.iter_mut().zip(shown) {
            if part.kept != text {
                self.turns.iter_mut().filter(|turn| turn.who == Speaker::Caller.as_str() && turn.text == part.kept).for_each(|turn| {
                    turn.text.clone_from(&text);
                });
                amendments.push(Amendment { was: std::mem::replace(&mut part.kept, text.clone()), text });
            }
        }
        self.insert(Speaker::Caller, &kept, at);
        self.parts.push_back(Part { given: Pii::new(given.to_owned()), kept: kept.clone() });
        (kept, amendments)
    }

    /// What was given so far is complete: what follows is no part of it.
    pub(super) fn number_ended(&mut self) {
        self.parts.clear();
    }

    /// Returns the turns in the order in which they began.
    pub(super) fn turns(&self) -> &[PacketTurn] {
        &self.turns
    }

    fn insert(&mut self, who: Speaker, text: &str, at: Duration) {
        let t = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        // A turn is known at its end, and keys may have come while it was said.
        let place = self.turns.partition_point(|turn| turn.t <= t);
        self.turns.insert(place, PacketTurn { who: who.as_str().to_owned(), text: text.to_owned(), t });
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

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_number_given_in_parts_is_masked_in_the_turns_already_kept() {
        let mut transcript = Transcript::default();
        assert_eq!(transcript.add_caller("我的电话是13800", at(1)), ("我的电话是13800".to_owned(), vec![]));
        transcript.add(Speaker::Robot, "请继续说。", at(2));
        let (kept, amendments) = transcript.add_caller("123456", at(3));
        assert_eq!(kept, "**3456");
        assert_eq!(amendments, [Amendment { was: "我的电话是13800".into(), text: "我的电话是138**".into() }]);
        let texts: Vec<&str> = transcript.turns().iter().map(|turn| turn.text.as_str()).collect();
        assert_eq!(texts, ["我的电话是138**", "请继续说。", "**3456"]);
    }

    #[test]
    fn numbers_that_are_complete_are_not_put_together() {
        let mut transcript = Transcript::default();
        transcript.add_caller("12345678", at(1));
        transcript.number_ended();
        assert_eq!(transcript.add_caller("87654321", at(2)), ("87654321".to_owned(), vec![]));
    }

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
