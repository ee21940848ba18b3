//! What comes into a call and what it asks for.

use std::time::Duration;

use crate::acd::{OfferEnd, SeatProfile, Ticket};
use crate::base::{LookupId, Mood, PlayId, SeatId, UtteranceId};
use crate::call::{HandoffPacket, Stamped};
use crate::ivr::{CallbackPromise, CustomerChange, LookupOutcome, LookupRequest, Message, TicketDraft};
use crate::speech::{Hearing, SpeakError, Speech, Wording};

/// Which party of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leg {
    /// Who dialled in.
    Caller,
    /// The human agent's workplace.
    Seat,
}

/// A fact that comes into a call. A late one, for a state already left, is no error.
#[derive(Clone, Debug)]
pub enum CallInput {
    /// The 200 to the caller's INVITE has been sent: speak.
    CallerAnswered,
    /// The caller hung up (BYE) or gave up (CANCEL).
    CallerHungUp,
    /// The caller's signalling or media is lost.
    CallerLost(String),
    /// A text was spoken, or could not be.
    Spoken {
        /// Which play.
        play: PlayId,
        /// The audio.
        speech: Result<Speech, SpeakError>,
    },
    /// The beginning of a text was spoken; more of it comes, at last as [`CallInput::Spoken`].
    SpokenSoFar {
        /// Which play.
        play: PlayId,
        /// The audio from its beginning.
        speech: Speech,
    },
    /// A recognizer heard something.
    Hearing {
        /// Whose recognizer.
        leg: Leg,
        /// Which utterance.
        utterance: UtteranceId,
        /// What.
        hearing: Hearing,
    },
    /// A business system answered; or what came of [`CallOrder::Send`] and [`CallOrder::OpenTicket`].
    LookedUp {
        /// Which request.
        lookup: LookupId,
        /// What came of it.
        outcome: LookupOutcome,
    },
    /// More is known of the caller (its record was found): joins `caller` in templates.
    CallerKnown(serde_json::Map<String, serde_json::Value>),
    /// How the caller's voice sounds.
    CallerSounds(Mood),
    /// The desk: where the caller stands, from 1.
    QueuePosition(u32),
    /// The desk: ring this seat.
    OfferSeat(Box<SeatProfile>),
    /// The desk: stop ringing this seat.
    WithdrawSeat(SeatId),
    /// The desk: nobody will take the caller.
    NoSeat,
    /// The seat's phone rings.
    SeatRinging(SeatId),
    /// The seat answered; its media is there from the next tick.
    SeatAnswered(SeatId),
    /// The seat did not take the call.
    SeatFailed(SeatId, SeatFailure),
    /// The seat hung up.
    SeatHungUp(SeatId),
    /// The program is stopping: end soon, politely; said a second time, end now.
    Drain,
}

/// Why a seat did not take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatFailure {
    /// It refused.
    Refused,
    /// It could not be reached.
    Unreachable,
    /// It was withdrawn before it answered.
    Cancelled,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub enum CallOrder {
    /// Speak this; [`CallInput::Spoken`] brings the audio.
    Speak {
        /// Which play.
        play: PlayId,
        /// The words.
        wording: Wording,
    },
    /// Ask a business system.
    Lookup {
        /// Which request.
        lookup: LookupId,
        /// The request.
        request: LookupRequest,
    },
    /// Send a message to the caller's own number; [`CallInput::LookedUp`] says what came of it.
    Send {
        /// Which errand.
        lookup: LookupId,
        /// The message.
        message: Message,
    },
    /// Open a ticket; [`CallInput::LookedUp`] brings its `number`.
    OpenTicket {
        /// Which errand.
        lookup: LookupId,
        /// The ticket; not masked.
        ticket: TicketDraft,
    },
    /// Keep a promise to call back: number, time and reason in full. The fact of it is told as well.
    KeepPromise(CallbackPromise),
    /// Write to the caller's record.
    Remember(CustomerChange),
    /// Join a queue of the desk.
    Enqueue(Ticket),
    /// Leave the desk's queue.
    LeaveQueue,
    /// Tell the desk how its offer ended.
    OfferEnded(SeatId, OfferEnd),
    /// Tell the desk that seat and caller no longer talk.
    ReleaseSeat(SeatId),
    /// Send the hand-off packet, then ring the seat.
    RingSeat {
        /// The seat.
        seat: Box<SeatProfile>,
        /// What it is to know before it answers.
        packet: Box<HandoffPacket>,
    },
    /// Stop ringing, or hang up on, the seat.
    HangUpSeat(SeatId),
    /// Hang up on the caller.
    HangUpCaller,
    /// Begin (a notice was played) the stereo recording.
    Record,
    /// Write this to the record and show it to taps.
    Fact(Stamped),
    /// The call is over: nothing more is asked, its task may end.
    Over {
        /// Why it ended.
        cause: EndCause,
        /// How long it lasted from its answer.
        talked: Duration,
    },
}

/// Why a call ended: the disposition of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// The caller hung up.
    CallerHungUp,
    /// The caller gave up before the answer, or while waiting for a seat.
    Abandoned,
    /// The robot finished.
    RobotHungUp,
    /// The seat hung up.
    SeatHungUp,
    /// No packet came from the caller for [`super::CallLimits::deaf`]: its line is dead.
    CallerLost,
    /// None came from the seat that talked.
    SeatLost,
    /// Something broke.
    Failed,
    /// The program stopped.
    Drained,
}

impl EndCause {
    /// Returns the word used in records, API and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallerHungUp => "caller_hung_up",
            Self::Abandoned => "abandoned",
            Self::RobotHungUp => "robot_hung_up",
            Self::SeatHungUp => "seat_hung_up",
            Self::CallerLost => "caller_lost",
            Self::SeatLost => "seat_lost",
            Self::Failed => "failed",
            Self::Drained => "drained",
        }
    }
}
