//! How a caller feels, as far as words and voice show it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A caller's mood, from the mildest to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// Nothing to be heard.
    #[default]
    Calm,
    /// Impatient or let down.
    Annoyed,
    /// Angry.
    Angry,
}

impl Mood {
    /// Returns the word used in dialplans, packets and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Annoyed => "annoyed",
            Self::Angry => "angry",
        }
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mood {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "calm" => Ok(Self::Calm),
            "annoyed" => Ok(Self::Annoyed),
            "angry" => Ok(Self::Angry),
            other => Err(format!("unknown mood {other:?}: calm, annoyed or angry")),
        }
    }
}
