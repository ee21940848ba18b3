//! Floor 6: the thin tokio shell: accepts INVITEs, a task per call, the desk task, the tap hub; routes outputs to adapters.
//! Knows no HTTP and no YAML files.

mod call_task;
mod desk;
mod errands;
mod front_door;
mod lateness;
mod outbox;
mod plans;
mod rtp_leg;
mod seat_side;
mod stream_metrics;
mod taps;
mod threads;
mod ticker;

pub use desk::{DeskHandle, DeskMessage};
pub use front_door::{Exchange, ExchangeCounters, ExchangeParts};
pub use lateness::Lateness;
pub use outbox::deliver_events;
pub use plans::{Hotline, Plans};
pub use rtp_leg::RtpLeg;
pub use taps::{TapGuard, TapHub, Watched};
pub use threads::MediaThreads;
