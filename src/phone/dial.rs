//! A caller's phone.

use tokio_util::sync::CancellationToken;

use super::{DialOptions, DialReport, PhoneError, PhoneEvent};
use crate::base::Clock;

/// Makes the calls and does their steps, then hangs up; `stop` hangs up before.
///
/// Needs a runtime with time and I/O enabled; a current-thread one will do.
///
/// # Errors
/// When a text cannot be spoken or heard, a file not be read, or the network not be used; a call that fails is no error
/// but an outcome in the report.
pub async fn dial(
    options: DialOptions,
    clock: Clock,
    stop: CancellationToken,
    mut events: impl FnMut(PhoneEvent),
) -> Result<DialReport, PhoneError> {
    let _ = (options, clock, stop, &mut events);
    Err(PhoneError::Net(crate::net::NetError::Stopped))
}
