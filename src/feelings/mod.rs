//! Floor 2: what a caller's words and voice show of its mood, and what led to that.
//! Knows no dialplan, no call and no recogniser.

mod course;
mod en;
mod listen;
mod pattern;
mod voice;
mod words;
mod zh;

pub use course::{Course, Felt};
pub use listen::upset_phrases;
pub use voice::{OwnVoice, Strain, Tone, ToneMeter};
pub use words::{Cue, Signs, signs};

/// What a cue is, with the words for it in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Swearing.
    Curse,
    /// A name that nobody wants to be called.
    Insult,
    /// Court, police, the press, revenge.
    Threat,
    /// Anger said aloud: "I am furious".
    Rage,
    /// Fraud, robbery, harm done.
    Accusation,
    /// Contempt for what is offered.
    Contempt,
    /// Telling the other to be silent, or to stop it.
    Hostility,
    /// Something at once, or else.
    Demand,
    /// A complaint.
    Complaint,
    /// It takes too long.
    Impatience,
    /// It has been said before.
    Repetition,
    /// Praise that is none.
    Irony,
    /// Let down by the company.
    Disappointment,
    /// Let down by the answer.
    LetDown,
    /// The same words again and again.
    Emphasis,
    /// How the voice sounds.
    Voice,
}

impl Kind {
    /// Returns the word used in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Curse => "curse",
            Self::Insult => "insult",
            Self::Threat => "threat",
            Self::Rage => "rage",
            Self::Accusation => "accusation",
            Self::Contempt => "contempt",
            Self::Hostility => "hostility",
            Self::Demand => "demand",
            Self::Complaint => "complaint",
            Self::Impatience => "impatience",
            Self::Repetition => "repetition",
            Self::Irony => "irony",
            Self::Disappointment => "disappointment",
            Self::LetDown => "let down",
            Self::Emphasis => "emphasis",
            Self::Voice => "voice",
        }
    }

    /// What one cue of the kind weighs: from 1 on the caller is annoyed, from 2 on angry.
    const fn weight(self) -> f32 {
        match self {
            Self::Curse | Self::Insult | Self::Rage => 2.2,
            Self::Threat | Self::Accusation | Self::Contempt | Self::Hostility => 2.0,
            Self::Repetition => 1.2,
            Self::Complaint | Self::Impatience | Self::Irony | Self::Disappointment | Self::Demand => 1.1,
            Self::LetDown => 1.0,
            Self::Emphasis | Self::Voice => 0.5,
        }
    }
}
