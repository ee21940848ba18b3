//! Keys that come as SIP INFO instead of telephone-event: `application/dtmf-relay` and `application/dtmf`.

use crate::base::Key;

/// Reads the key of an INFO body; `None` if the type is no such type or the body names no key.
#[must_use]
pub fn key_of_info(content_type: &str, body: &[u8]) -> Option<Key> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let body = std::str::from_utf8(body).ok()?;
    let label = if media_type.eq_ignore_ascii_case("application/dtmf-relay") {
        body.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?
    } else if media_type.eq_ignore_ascii_case("application/dtmf") {
        body.trim()
    } else {
        return None;
    };
    match label {
        "10" => Some(Key::STAR),
        "11" => Some(Key::HASH),
        label => {
            let mut labels = label.chars();
            Key::new(labels.next()?).filter(|_| labels.next().is_none())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_either_form() {
        let relay = "application/dtmf-relay";
        let cases: [(&str, &str, Option<char>); 9] = [
            (relay, "Signal=5\r\nDuration=160\r\n", Some('5')),
            ("Application/DTMF-Relay; charset=utf-8", "signal= # \nDuration=100", Some('#')),
            (relay, "Signal=11", Some('#')),
            ("application/dtmf", "*\r\n", Some('*')),
            ("application/dtmf", "12", None),
            (relay, "Duration=160", None),
            (relay, "Signal=", None),
            ("application/dtmf", "", None),
            ("text/plain", "5", None),
        ];
        for (content_type, body, key) in cases {
            assert_eq!(key_of_info(content_type, body.as_bytes()).map(Key::label), key, "{content_type} {body:?}");
        }
        assert_eq!(key_of_info(relay, b"Signal=\xff"), None);
    }
}
