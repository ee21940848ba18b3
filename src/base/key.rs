//! A telephone key.

use std::fmt;

/// A key of a telephone's keypad: `0`-`9`, `*`, `#`, `A`-`D` (RFC 4733 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

impl Key {
    /// The hash key, which ends an entry.
    pub const HASH: Self = Self(b'#');
    /// The star key.
    pub const STAR: Self = Self(b'*');

    /// Makes a key from its label; letters of either case.
    #[must_use]
    pub fn new(label: char) -> Option<Self> {
        let label = u8::try_from(label).ok()?.to_ascii_uppercase();
        KEYS.contains(&label).then_some(Self(label))
    }

    /// Makes a key from a telephone-event code, 0 to 15 (RFC 4733 §3.2).
    #[must_use]
    pub fn from_event(code: u8) -> Option<Self> {
        KEYS.get(usize::from(code)).map(|label| Self(*label))
    }

    /// Returns the telephone-event code, 0 to 15.
    #[must_use]
    pub fn event(self) -> u8 {
        KEYS.iter().position(|label| *label == self.0).and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
    }

    /// Returns the key's label.
    #[must_use]
    pub const fn label(self) -> char {
        self.0 as char
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_code_is_a_key_and_back() {
        for code in 0..16 {
            assert_eq!(Key::from_event(code).map(Key::event), Some(code));
        }
        assert_eq!(Key::from_event(16), None);
        assert_eq!(Key::new('a').map(Key::label), Some('A'));
        assert_eq!(Key::new('一'), None);
    }
}
