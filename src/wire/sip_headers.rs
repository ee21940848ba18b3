//! SIP header values and URIs that the SIP library does not read: user parts, User-to-User.
//! Knows no message as a whole.

use std::fmt;
use std::str::FromStr;

/// Returns the user part of a `sip:`, `sips:` or `tel:` URI: unescaped, without password and parameters (RFC 3261 §19.1.1).
#[must_use]
pub fn user_part(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.trim().split_once(':')?;
    let user = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => rest.split_once('@')?.0.split([':', ';']).next()?,
        "tel" => rest.split([';', '?']).next()?,
        _ => return None,
    };
    Some(unescaped(user)).filter(|user| !user.is_empty())
}

fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            plain.push(byte);
            at += 3;
        } else {
            plain.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Splits a From or To value into display name, without quotes, and URI (RFC 3261 §20.10).
#[must_use]
pub fn name_and_uri(value: &str) -> (String, &str) {
    let (name, rest) = match quoted(value.trim()) {
        Some((name, rest)) => (name, rest),
        None => match value.split_once('<') {
            Some((name, _)) => (name.trim().to_owned(), value),
            None => (String::new(), value),
        },
    };
    let uri = match rest.split_once('<') {
        Some((_, uri)) => uri.split('>').next(),
        // Without angle brackets parameters are the header's (RFC 3261 §20).
        None => rest.split(';').next(),
    };
    (name, uri.unwrap_or_default().trim())
}

fn quoted(value: &str) -> Option<(String, &str)> {
    let rest = value.strip_prefix('"')?;
    let mut name = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, &rest[at + 1..])),
            '\\' => name.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => name.push(letter),
        }
    }
    None
}

/// A User-to-User value (RFC 7433 §4): bytes for the far end's application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToUser {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The `purpose` parameter.
    pub purpose: Option<String>,
    /// The `content` parameter.
    pub content: Option<String>,
}

/// Why a User-to-User value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserToUserError {
    /// Its encoding is not `hex`, the only one there is.
    #[error("encoding {0:?}: only hex is defined")]
    Encoding(String),
    /// It is not pairs of hexadecimal digits.
    #[error("not pairs of hexadecimal digits")]
    NotHex,
}

impl UserToUser {
    /// Wraps a text for the application that `purpose` names.
    #[must_use]
    pub fn text(text: &str, purpose: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), purpose: Some(purpose.to_owned()), content: None }
    }

    /// Returns the bytes as text, if they are.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

impl fmt::Display for UserToUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(";encoding=hex")?;
        for (name, value) in [("purpose", &self.purpose), ("content", &self.content)] {
            if let Some(value) = value {
                write!(f, ";{name}={value}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for UserToUser {
    type Err = UserToUserError;

    fn from_str(value: &str) -> Result<Self, UserToUserError> {
        let mut parts = value.split(';').map(str::trim);
        let digits = parts.next().unwrap_or_default().trim_matches('"').as_bytes();
        let (mut purpose, mut content) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "encoding" if !value.eq_ignore_ascii_case("hex") => return Err(UserToUserError::Encoding(value.to_owned())),
                "purpose" => purpose = Some(value.to_owned()),
                "content" => content = Some(value.to_owned()),
                _ => {}
            }
        }
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        });
        let bytes = pairs.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty()).ok_or(UserToUserError::NotHex)?;
        Ok(Self { bytes, purpose, content })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_user_part_is_what_was_dialled() {
        let cases = [
            ("sip:1000@127.0.0.1:5060", Some("1000")),
            ("sip:+8675512345678;phone-context=x@host;user=phone", Some("+8675512345678")),
            ("SIPS:%E9%A6%96%E6%9F%9C:secret@host", Some("首柜")),
            ("tel:+86-755-1234;ext=1", Some("+86-755-1234")),
            ("sip:a%4@host", Some("a%4")),
            ("sip:127.0.0.1", None),
            ("sip:@host", None),
            ("mailto:a@b", None),
            ("", None),
        ];
        for (uri, user) in cases {
            assert_eq!(user_part(uri).as_deref(), user, "{uri}");
        }
    }

    #[test]
    fn a_display_name_loses_its_quotes_and_a_uri_its_brackets() {
        let cases = [
            ("\"张 \\\"三\\\"\" <sip:a@h;x=1>;tag=1", "张 \"三\"", "sip:a@h;x=1"),
            ("Bob <sip:b@h>", "Bob", "sip:b@h"),
            ("sip:b@h;tag=1", "", "sip:b@h"),
            ("<sip:b@h>;tag=1", "", "sip:b@h"),
            ("\"a<b\" <sip:c@h>", "a<b", "sip:c@h"),
            ("\"unended <sip:c@h>", "\"unended", "sip:c@h"),
            ("", "", ""),
        ];
        for (value, name, uri) in cases {
            assert_eq!(name_and_uri(value), (name.to_owned(), uri), "{value}");
        }
    }

    #[test]
    fn a_summary_comes_back_as_it_was_sent() {
        let sent = UserToUser::text("call=01; 查订单", "bellhop");
        let value = sent.to_string();
        assert!(value.is_ascii() && value.ends_with(";encoding=hex;purpose=bellhop"), "{value}");
        assert_eq!(value.parse(), Ok(sent.clone()));
        assert_eq!(sent.as_text(), Some("call=01; 查订单"));
        // RFC 7433 §4.1's own example.
        let example = "56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar".parse::<UserToUser>();
        assert_eq!(example.map(|value| (value.bytes.len(), value.content)), Ok((10, Some("bar".to_owned()))));
    }

    #[test]
    fn a_value_that_is_not_hex_is_refused() {
        assert_eq!("zz;encoding=hex".parse::<UserToUser>(), Err(UserToUserError::NotHex));
        assert_eq!("abc".parse::<UserToUser>(), Err(UserToUserError::NotHex));
        assert_eq!("".parse::<UserToUser>(), Err(UserToUserError::NotHex));
        assert_eq!("ab;encoding=base64".parse::<UserToUser>(), Err(UserToUserError::Encoding("base64".to_owned())));
    }

    proptest! {
        #[test]
        fn any_value_is_read_or_refused(value in "\\PC{0,60}") {
            let _ = (value.parse::<UserToUser>(), user_part(&value), user_part(&format!("sip:{value}@h")), name_and_uri(&value));
        }
    }
}
