//! What happens in a rehearsed call: who says what when, which seats there are, what the business systems answer.

use std::time::Duration;

use crate::acd::{DeskInput, SeatProfile};
use crate::base::{Key, Wall};
use crate::call::CallLimits;
use crate::ivr::LookupOutcome;
use crate::rehearsal::Network;
use crate::speech::Hypothesis;

/// A rehearsed call. The same script gives the same log.
#[derive(Clone, Debug)]
pub struct Script {
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// When the call begins by the wall clock.
    pub at: Wall,
    /// Makes the network's weather and the call's id.
    pub seed: u64,
    /// What the caller does, in order.
    pub caller: Vec<Step>,
    /// The caller hangs up then, wherever the steps are.
    pub hang_up_at: Option<Duration>,
    /// The seats.
    pub seats: Vec<SeatScript>,
    /// What the desk is told before the call: seats taken, callers before this one.
    pub desk_before: Vec<DeskInput>,
    /// What the business systems answer; the first that fits. What none fits fails.
    pub sources: Vec<Fake>,
    /// How the caller's packets travel.
    pub network: Network,
    /// The simulated voice.
    pub voice: Voice,
    /// How long the call may take things.
    pub limits: CallLimits,
    /// The rehearsal ends here at the latest, in virtual time.
    pub longest: Duration,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            from: "13800000000".to_owned(),
            to: "8001".to_owned(),
            at: Wall::from_millis(1_795_226_400_000),
            seed: 1,
            caller: Vec::new(),
            hang_up_at: None,
            seats: Vec::new(),
            desk_before: Vec::new(),
            sources: Vec::new(),
            network: Network::Perfect,
            voice: Voice::default(),
            limits: CallLimits::default(),
            longest: Duration::from_mins(10),
        }
    }
}

/// One thing that the caller or a seat does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits until the other side has said something that contains this, since the last step that waited.
    Hears(String),
    /// Waits until the robot begins to say something that contains this.
    Begins(String),
    /// Waits.
    Wait(Duration),
    /// Says something, which the recognizer hears as these readings, best first.
    Says {
        /// What is said.
        text: String,
        /// What is heard.
        heard_as: Vec<Hypothesis>,
        /// How long it takes to say.
        lasting: Duration,
    },
    /// Presses a key.
    Presses(Key),
    /// Sends no packets any more, but does not hang up.
    GoesDeaf,
    /// Hangs up.
    HangsUp,
}

/// How long one character takes to say.
const CHARACTER: Duration = Duration::from_millis(180);

impl Step {
    /// Says something that is understood as it is said.
    #[must_use]
    pub fn says(text: &str) -> Self {
        Self::heard_as(text, &[(text, 0.95)])
    }

    /// Says something that is heard differently.
    #[must_use]
    pub fn heard_as(text: &str, readings: &[(&str, f32)]) -> Self {
        let heard_as = readings
            .iter()
            .map(|(text, confidence)| Hypothesis { text: (*text).to_owned(), confidence: *confidence, words: Vec::new() })
            .collect();
        let lasting = (CHARACTER * text.chars().count() as u32).max(Duration::from_millis(400));
        Self::Says { text: text.to_owned(), heard_as, lasting }
    }

    /// Presses one key after the other; characters that are no keys are left out.
    pub fn presses(keys: &str) -> impl Iterator<Item = Self> {
        keys.chars().filter_map(Key::new).map(Self::Presses)
    }

    /// Waits until the other side has said this.
    #[must_use]
    pub fn hears(text: &str) -> Self {
        Self::Hears(text.to_owned())
    }

    /// Waits until the robot begins to say this.
    #[must_use]
    pub fn begins(text: &str) -> Self {
        Self::Begins(text.to_owned())
    }
}

/// A seat and what it does with its offers.
#[derive(Clone, Debug)]
pub struct SeatScript {
    /// The seat.
    pub profile: SeatProfile,
    /// What it does with its first offer, its second, …; the last goes on for all that follow.
    pub offers: Vec<Offered>,
}

/// What a seat does with an offer.
#[derive(Clone, Debug)]
pub enum Offered {
    /// Rings, and answers after this time.
    Answers {
        /// After this time.
        after: Duration,
        /// What it does then.
        then: Vec<Step>,
    },
    /// Rings, and refuses after this time.
    Refuses {
        /// After this time.
        after: Duration,
    },
    /// Rings for ever.
    NeverAnswers,
    /// Cannot be reached.
    IsUnreachable,
}

/// A faked answer of a business system.
#[derive(Clone, Debug)]
pub struct Fake {
    /// The source's name.
    pub source: String,
    /// `GET /orders/1`; a `*` at the end takes any rest.
    pub request: String,
    /// What it answers, or `None`: nothing, ever.
    pub outcome: Option<LookupOutcome>,
    /// How long it takes.
    pub after: Duration,
}

/// The simulated voice: it talks at a steady pace.
#[derive(Clone, Debug)]
pub struct Voice {
    /// How long a character takes.
    pub character: Duration,
    /// How long it takes to synthesise anything; zero as if everything were cached.
    pub after: Duration,
    /// Texts that contain one of these cannot be spoken.
    pub fails_on: Vec<String>,
    /// Texts that contain one of these are never answered.
    pub hangs_on: Vec<String>,
}

impl Default for Voice {
    fn default() -> Self {
        Self { character: Duration::from_millis(150), after: Duration::ZERO, fails_on: Vec::new(), hangs_on: Vec::new() }
    }
}
