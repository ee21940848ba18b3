//! Where an utterance begins and where it ends. Knows voicing and what is expected, not sound.

use std::time::Duration;

use super::{Expected, Pace, Voicing};
use crate::base::{Mono, TICK};

/// What the endpointer found in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Somebody speaks: feed the recognizer the [`super::PreRoll`], then every frame.
    Began,
    /// The utterance is over: ask for its final hypotheses.
    Ended {
        /// The end of the last voiced frame.
        voice_ended: Mono,
    },
    /// It was too short for a word (a cough, a click): drop the utterance.
    Dismissed,
}

/// Cuts a stream of 20 ms voicings into utterances; its patience follows what is expected.
#[derive(Clone, Debug, Default)]
pub struct Endpointer {
    expected: Expected,
    pace: Pace,
    settled: bool,
    recent: u8,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    began: Mono,
    voice_ended: Mono,
    voiced: Duration,
}

/// Voiced frames among the last eight that begin an utterance: 80 ms within 160 ms.
const BEGIN_FRAMES: u32 = 4;
/// Less voice than this is no word.
const LEAST_VOICE: Duration = Duration::from_millis(120);
/// The longest utterance; a decoder's memory grows with its length.
const LONGEST: Duration = Duration::from_secs(20);
/// Patience once nothing more can follow.
const SETTLED: Duration = Duration::from_millis(240);

impl Endpointer {
    /// Makes an endpointer that expects anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what is expected from now on; an utterance still open goes on under the new patience.
    pub fn expect(&mut self, expected: Expected) {
        self.expected = expected;
        self.settled = false;
    }

    /// Says how fast the caller speaks from now on.
    pub fn pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Tells whether the words so far already have their greatest length, so that a short pause ends the utterance.
    pub fn settled(&mut self) {
        self.settled = self.open.is_some();
    }

    /// Takes back [`Self::settled`]: the newest partial hypothesis is shorter again.
    pub fn unsettled(&mut self) {
        self.settled = false;
    }

    /// Returns true while an utterance is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Forgets the open utterance, if any.
    pub fn reset(&mut self) {
        self.open = None;
        self.settled = false;
        self.recent = 0;
    }

    /// Takes the voicing of the 20 ms that end at `now`.
    pub fn frame(&mut self, now: Mono, voicing: Voicing) -> Option<Endpoint> {
        self.recent = (self.recent << 1) | u8::from(voicing.voiced);
        let Some(open) = &mut self.open else {
            if !voicing.voiced || self.recent.count_ones() < BEGIN_FRAMES {
                return None;
            }
            let voiced = TICK * self.recent.count_ones();
            self.open = Some(Open { began: now, voice_ended: now, voiced });
            self.settled = false;
            return Some(Endpoint::Began);
        };
        if voicing.voiced {
            open.voiced += TICK;
            open.voice_ended = now;
        }
        let over = now.since(open.voice_ended) >= patience(self.expected, self.pace, self.settled) || now.since(open.began) >= LONGEST;
        if !over {
            return None;
        }
        let Open { voice_ended, voiced, .. } = *open;
        self.reset();
        Some(if voiced < LEAST_VOICE { Endpoint::Dismissed } else { Endpoint::Ended { voice_ended } })
    }
}

/// How long a pause may be.
fn patience(expected: Expected, pace: Pace, settled: bool) -> Duration {
    if settled {
        return SETTLED;
    }
    let usual = Duration::from_millis(match expected {
        Expected::Anything => 360,
        Expected::YesNo | Expected::Choice => 300,
        Expected::Digits { .. } => 900,
        Expected::Conversation => 700,
    });
    match pace {
        Pace::Usual => usual,
        Pace::Unhurried => usual * 8 / 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `voice` (`v` voiced, `.` not, a frame each); returns the endpoints with the millisecond at which they came.
    fn endpoints(endpointer: &mut Endpointer, voice: &str) -> Vec<(u64, Endpoint)> {
        endpoints_after(endpointer, 0, voice)
    }

    /// The same, after so many frames.
    fn endpoints_after(endpointer: &mut Endpointer, before: u32, voice: &str) -> Vec<(u64, Endpoint)> {
        let voicing = |c| Voicing { voiced: c == 'v', level_dbfs: -20.0, over_floor_db: 40.0 };
        let at = |place: usize| Mono::from_elapsed(TICK * (before + place as u32 + 1));
        voice
            .chars()
            .enumerate()
            .filter_map(|(place, c)| Some((at(place).elapsed().as_millis() as u64, endpointer.frame(at(place), voicing(c))?)))
            .collect()
    }

    fn voice(parts: &[(char, u64)]) -> String {
        parts.iter().flat_map(|(c, millis)| std::iter::repeat_n(*c, usize::try_from(*millis / 20).expect("small"))).collect()
    }

    fn ended(at: u64, voice_ended: u64) -> (u64, Endpoint) {
        (at, Endpoint::Ended { voice_ended: Mono::from_elapsed(Duration::from_millis(voice_ended)) })
    }

    #[test]
    fn who_speaks_unhurried_may_pause_longer() {
        let mut endpointer = Endpointer::new();
        endpointer.pace(Pace::Unhurried);
        let said = voice(&[('v', 500), ('.', 500), ('v', 500), ('.', 600)]);
        assert_eq!(endpoints(&mut endpointer, &said)[1..], [ended(2080, 1500)]);
    }

    #[test]
    fn patience_follows_what_is_expected() {
        for (expected, patience) in [
            (Expected::Anything, 360),
            (Expected::YesNo, 300),
            (Expected::Choice, 300),
            (Expected::Digits { least: 8, most: 12 }, 900),
            (Expected::Conversation, 700),
        ] {
            let mut endpointer = Endpointer::new();
            endpointer.expect(expected);
            let found = endpoints(&mut endpointer, &voice(&[('.', 100), ('v', 500), ('.', 1200)]));
            assert_eq!(found, [(180, Endpoint::Began), ended(600 + patience, 600)], "{expected:?}");
        }
    }

    #[test]
    fn digits_with_pauses_are_one_utterance() {
        let mut endpointer = Endpointer::new();
        endpointer.expect(Expected::Digits { least: 8, most: 8 });
        let found = endpoints(&mut endpointer, &voice(&[('v', 300), ('.', 600), ('v', 300), ('.', 600), ('v', 300), ('.', 1000)]));
        assert_eq!(found, [(80, Endpoint::Began), ended(3000, 2100)]);
    }

    #[test]
    fn words_of_the_greatest_length_end_at_a_short_pause() {
        let mut endpointer = Endpointer::new();
        endpointer.expect(Expected::Digits { least: 8, most: 8 });
        endpoints(&mut endpointer, &voice(&[('v', 1000)]));
        endpointer.settled();
        assert_eq!(endpoints_after(&mut endpointer, 50, &voice(&[('.', 600)])), [ended(1240, 1000)]);
        endpoints_after(&mut endpointer, 80, &voice(&[('v', 1000)]));
        endpointer.settled();
        endpointer.unsettled();
        assert_eq!(endpoints_after(&mut endpointer, 130, &voice(&[('.', 600)])), []);
    }

    #[test]
    fn a_click_is_no_utterance_and_a_cough_is_dismissed() {
        let mut endpointer = Endpointer::new();
        assert_eq!(endpoints(&mut endpointer, &voice(&[('v', 60), ('.', 600)])), []);
        let found = endpoints(&mut endpointer, &voice(&[('v', 100), ('.', 600)]));
        assert_eq!(found, [(80, Endpoint::Began), (460, Endpoint::Dismissed)]);
        assert!(!endpointer.is_open());
    }

    #[test]
    fn endless_speech_is_cut() {
        let mut endpointer = Endpointer::new();
        let found = endpoints(&mut endpointer, &voice(&[('v', 20_200)]));
        assert_eq!(found[..2], [(80, Endpoint::Began), ended(20_080, 20_080)]);
    }

    proptest::proptest! {
        #[test]
        fn endpoints_come_in_pairs_and_in_order(voice in "[v.]{0,2000}", expected in 0..3) {
            let mut endpointer = Endpointer::new();
            endpointer.expect([Expected::Anything, Expected::Conversation, Expected::Digits { least: 1, most: 9 }][expected as usize]);
            let mut open = false;
            for (at, endpoint) in endpoints(&mut endpointer, &voice) {
                proptest::prop_assert_eq!(open, endpoint != Endpoint::Began);
                open = endpoint == Endpoint::Began;
                if let Endpoint::Ended { voice_ended } = endpoint {
                    proptest::prop_assert!(voice_ended.elapsed() <= Duration::from_millis(at));
                }
            }
            proptest::prop_assert_eq!(open, endpointer.is_open());
        }
    }
}
