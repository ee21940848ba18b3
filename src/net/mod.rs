//! Floor 5: the only SIP and RTP sockets: the SIP library's adapter and RTP socket pairs.
//! Does not know what a call is.

mod agent;
mod guard;
mod leg;
mod leg_task;
mod listen;
mod priority;
mod registering;
mod rtp_socket;
mod shared;
mod signal;

pub use leg::{Incoming, IncomingCall, IncomingMessage, LegEnd, LegEvent, SipLeg};
pub use listen::{Listen, ListenError, Transport};
pub use priority::go_first;
pub use registering::Account;
pub use rtp_socket::{RtpPorts, RtpSocket};
pub use signal::{Draining, Invite, NetCounters, NetError, Signal, SignalConfig};

/// The directive that keeps the SIP library's log quiet: at INFO it prints whole messages, callers' numbers included.
///
/// Add it last to every `tracing` filter, so that no wider directive switches it on again.
pub const QUIET_LOGS: &str = "rsipstack=error";
