//! Floor 6: a caller's and a seat's phone on `net` and `engines`: `dial`, `answer`.
//! Does not know the exchange.

mod awaited;
mod event;

pub use event::{Happening, PhoneEvent, Who};
