//! Signatures of webhooks, out and in: `Bellhop-Signature: t=1700000000,v1=<hex>`, where `v1` is the HMAC-SHA256 of the time, a dot
//! and the body. Knows no HTTP; time comes in as an argument.

use std::fmt::Write as _;
use std::time::Duration;

use ring::hmac;

use crate::base::{Pii, Wall};

/// The header that holds a signature.
pub const SIGNATURE_HEADER: &str = "bellhop-signature";

/// The most signatures of one header that are looked at: a sender gives two while it changes its secret.
const MOST_SIGNATURES: usize = 4;

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none, or it is not of the form `t=…,v1=…`.
    #[error("sign the request: Bellhop-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of \"t.body\">")]
    Missing,
    /// It was made too long ago, or in the future.
    #[error("the signature's time is too far from now: is a clock wrong, or is this an old request again?")]
    OutsideWindow,
    /// It was made with another secret or for another body.
    #[error("the signature does not fit secret and body")]
    Wrong,
}

/// Signs a body: returns the header's value.
#[must_use]
pub fn sign(secret: &Pii<String>, at: Wall, body: &[u8]) -> String {
    let seconds = at.millis().div_euclid(1000);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let hex = context.sign().as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("t={seconds},v1={hex}")
}

/// Says whether a header's value was made for this body with this secret, at most `window` before or after `now`.
///
/// # Errors
/// Why it is not accepted.
pub fn verify(secret: &Pii<String>, header: &str, body: &[u8], now: Wall, window: Duration) -> Result<(), SignatureError> {
    let mut seconds = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", time)) => seconds = time.parse::<i64>().ok().filter(|seconds| (0..1 << 40).contains(seconds)),
            Some(("v1", hex)) if signatures.len() < MOST_SIGNATURES => signatures.extend(from_hex(hex)),
            _ => {}
        }
    }
    let (Some(seconds), false) = (seconds, signatures.is_empty()) else { return Err(SignatureError::Missing) };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let message = [format!("{seconds}.").as_bytes(), body].concat();
    // An empty secret opens nothing.
    if secret.reveal().is_empty() || !signatures.iter().any(|signature| hmac::verify(&key, &message, signature).is_ok()) {
        return Err(SignatureError::Wrong);
    }
    let away = (now.millis() - seconds * 1000).unsigned_abs();
    if u128::from(away) > window.as_millis() + 1000 { Err(SignatureError::OutsideWindow) } else { Ok(()) }
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.as_bytes();
    if hex.len() != 64 {
        return None;
    }
    hex.chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_mins(5);

    fn secret() -> Pii<String> {
        Pii::new("whsec_0123456789abcdef".to_owned())
    }

    /// The golden vector of docs/ref/webhooks.md, made with `openssl dgst -sha256 -hmac`.
    #[test]
    fn a_signature_is_the_one_that_openssl_makes() {
        let header = sign(&secret(), Wall::from_millis(1_700_000_000_999), r#"{"number":"13800001234","tier":"gold"}"#.as_bytes());
        assert_eq!(header, "t=1700000000,v1=29a127d6429fed2c98e43a2c57e204fb38f901091f2c702ae0910f6c09f17feb");
    }

    #[test]
    fn what_was_signed_is_accepted_within_the_window_only() {
        let at = Wall::from_millis(1_700_000_000_000);
        let header = sign(&secret(), at, b"{}");
        let check = |after: i64| verify(&secret(), &header, b"{}", Wall::from_millis(at.millis() + after), WINDOW);
        assert_eq!((check(0), check(299_000), check(-299_000)), (Ok(()), Ok(()), Ok(())));
        assert_eq!((check(302_000), check(-302_000)), (Err(SignatureError::OutsideWindow), Err(SignatureError::OutsideWindow)));
    }

    #[test]
    fn another_body_secret_or_time_is_refused() {
        let at = Wall::from_millis(1_700_000_000_000);
        let header = sign(&secret(), at, b"{}");
        assert_eq!(verify(&secret(), &header, b"{ }", at, WINDOW), Err(SignatureError::Wrong));
        assert_eq!(verify(&Pii::new("other".into()), &header, b"{}", at, WINDOW), Err(SignatureError::Wrong));
        assert_eq!(verify(&secret(), &header.replace("t=1700000000", "t=1700000001"), b"{}", at, WINDOW), Err(SignatureError::Wrong));
        let empty = Pii::new(String::new());
        assert_eq!(
            verify(&empty, &sign(&empty, at, b"{}"), b"{}", at, WINDOW),
            Err(SignatureError::Wrong),
            "an empty secret opens nothing"
        );
    }

    #[test]
    fn a_second_signature_serves_while_a_secret_changes() {
        let at = Wall::from_millis(1_700_000_000_000);
        let (old, new) = (sign(&Pii::new("old".into()), at, b"{}"), sign(&secret(), at, b"{}"));
        let both = format!("{old},{}", new.split_once(',').unwrap().1);
        assert_eq!(verify(&secret(), &both, b"{}", at, WINDOW), Ok(()));
    }

    #[test]
    fn any_header_is_judged() {
        for header in ["", "t=,v1=", "v1=00", "t=1", "t=99999999999999999999,v1=", &format!("t=1,v1={}", "zz".repeat(32))] {
            assert_eq!(verify(&secret(), header, b"", Wall::from_millis(0), WINDOW), Err(SignatureError::Missing), "{header}");
        }
        proptest::proptest!(|(header in ".{0,200}")| {
            assert!(verify(&secret(), &header, b"", Wall::from_millis(0), WINDOW).is_err());
        });
    }
}
