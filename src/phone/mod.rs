//! Floor 6: a caller's and a seat's phone on `net` and `engines`: `dial`, `answer`.
//! Does not know the exchange.
//!
//! Each call is polled once a tick of 20 ms: signalling events, media, the recogniser's reports, then the next step.

mod answer;
mod awaited;
mod dial;
mod ear;
mod event;
mod line;
mod mouth;
mod options;
mod prepare;
mod script;
mod talk;

pub use answer::answer;
pub use dial::dial;
pub use event::{Happening, PhoneEvent, Who};
pub use options::{AnswerOptions, CallOutcome, DialOptions, DialReport, PhoneError, Stay, Step};
