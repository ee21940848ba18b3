//! Floor 6: a caller's and a seat's phone on `net` and `engines`: `dial`, `answer`.
//! Does not know the exchange.

mod answer;
mod awaited;
mod dial;
mod event;
mod options;

pub use answer::answer;
pub use dial::dial;
pub use event::{Happening, PhoneEvent, Who};
pub use options::{AnswerOptions, CallOutcome, DialOptions, DialReport, PhoneError, Stay, Step};
