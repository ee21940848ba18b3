//! Ids as newtypes, so that a play is never taken for a lookup.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Rng, Wall};

/// A call, from INVITE to CDR: 26 characters that sort by time of birth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(Arc<str>);

impl CallId {
    /// Makes the id of a call that begins at `at`: ten characters of time, sixteen of chance (Crockford base 32).
    #[must_use]
    pub fn new(at: Wall, rng: &mut Rng) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let digit = |value: u64, place: u32| char::from(DIGITS[usize::try_from((value >> (5 * place)) & 31).unwrap_or(0)]);
        let time = u64::try_from(at.millis()).unwrap_or(0);
        let (high, low) = (rng.next_u64(), rng.next_u64());
        let text: String = (0..10)
            .rev()
            .map(|place| digit(time, place))
            .chain((0..8).map(|place| digit(high, place)))
            .chain((0..8).map(|place| digit(low, place)))
            .collect();
        Self(text.into())
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CallId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A seat: a workplace where an agent takes calls.
    SeatId
);
name!(
    /// A queue in which callers wait for a seat.
    QueueName
);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the id after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.wrapping_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number!(
    /// One thing said by the robot, within its call.
    PlayId
);
number!(
    /// One stretch of a person's speech, within its call.
    UtteranceId
);
number!(
    /// One request to a business system, within its call.
    LookupId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_sort_by_time_and_do_not_repeat() {
        let mut rng = Rng::seeded(7);
        let first = CallId::new(Wall::from_millis(1_700_000_000_000), &mut rng);
        let twin = CallId::new(Wall::from_millis(1_700_000_000_000), &mut rng);
        let later = CallId::new(Wall::from_millis(1_700_000_000_001), &mut rng);
        assert_eq!(first.as_str().len(), 26);
        assert_ne!(first, twin);
        assert!(later > first && later > twin);
    }
}
