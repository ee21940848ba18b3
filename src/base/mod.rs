//! Floor 0: the small values every room shares: ids, time, the 20 ms tick, personal data, randomness.
//! Knows nothing of telephony.

mod clock;
mod ids;
mod key;
mod language;
mod mood;
mod pii;
mod rng;
mod time;

pub use clock::Clock;
pub use ids::{CallId, LookupId, PlayId, QueueName, SeatId, UtteranceId};
pub use key::Key;
pub use language::Language;
pub use mood::Mood;
pub use pii::Pii;
pub use rng::Rng;
pub use time::{Mono, TICK, Wall};
