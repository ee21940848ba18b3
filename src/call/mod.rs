//! Floor 4: one call: its legs, its walk, bridge, hold, taps, recording marks, the hand-off packet, the facts of its record.
//! Knows no socket, task, SQL, HTTP or engine: its surroundings implement [`MediaLeg`] and [`Recognizer`](crate::speech::Recognizer).

mod conversation;
mod ear;
mod ending;
mod fact;
mod handoff;
mod handoff_parts;
mod handover;
mod hold;
mod media;
mod orders;
mod player;
mod setup;
mod tap;
mod transcript;
mod turns;

pub use conversation::Call;
pub use fact::{Fact, Speaker, Stamped};
pub use handoff::{HandoffPacket, PacketTurn};
pub use handoff_parts::{HANDOFF_CONTENT_TYPE, Part, PartError, Reassembly, split};
pub use media::{Heard, Legs, MediaLeg, TickAudio};
pub use orders::{CallInput, CallOrder, EndCause, Leg, SeatFailure};
pub use setup::{CallLimits, CallSetup, CallState};
pub use tap::{AudioSink, EventSink, Keep, LiveCalls, LiveState, RunningCall, TapEvent, TapWhat};
