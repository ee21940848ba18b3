//! What a call needs of the world to hear and be heard.

use crate::audio::Frame8k;
use crate::base::{Key, Mono};
use crate::speech::Recognizer;

/// One leg's media: a SIP phone's RTP stream, a browser, a simulated phone. One call a tick each, on the call's own thread.
pub trait MediaLeg: Send {
    /// Takes the 20 ms that are due from the far end.
    fn hear(&mut self, now: Mono, into: &mut Frame8k) -> Heard;
    /// Takes a key pressed since the last call, once each.
    fn key(&mut self) -> Option<Key>;
    /// Sends 20 ms to the far end.
    fn say(&mut self, now: Mono, frame: &Frame8k);
}

/// Where 20 ms of sound came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Decoded from a packet.
    Decoded,
    /// Made up to cover a loss.
    Concealed,
    /// Nothing was due, but the far end is known to be there: it put us on hold, or an RTCP report of it came.
    Quiet,
    /// Nothing was due: silence.
    Nothing,
}

/// What a call's tick works on; the seat's parts are there once a seat has answered.
pub struct Legs<'a> {
    /// The caller's media.
    pub caller: &'a mut dyn MediaLeg,
    /// The caller's recognizer.
    pub caller_ear: &'a mut dyn Recognizer,
    /// The seat's media and recognizer.
    pub seat: Option<(&'a mut dyn MediaLeg, &'a mut dyn Recognizer)>,
}

/// The tick's two sides, for taps and recordings: caller left, robot or seat right.
#[derive(Clone, Copy, Debug, Default)]
pub struct TickAudio {
    /// What came from the caller.
    pub caller: Frame8k,
    /// What was said to the caller: the robot's voice, the seat's, or music.
    pub far: Frame8k,
}
