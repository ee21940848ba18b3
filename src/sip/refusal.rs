//! An answer written from nothing but a request's head, remembered nowhere (RFC 3261 §8.2.7).

use std::fmt::Write;
use std::net::SocketAddr;

use super::head::{Head, Kind};

/// A refusal: status, reason, one header more.
pub(super) struct Refusal {
    code: u16,
    reason: &'static str,
    header: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason, header: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Writes the answer; `None` for what must not be answered or says not where from.
    pub(super) fn answer(&self, head: &Head<'_>, source: SocketAddr, server: &str) -> Option<Vec<u8>> {
        let Kind::Request { method, .. } = head.kind else { return None };
        if method == "ACK" {
            return None;
        }
        let mut vias = head.all("via");
        let top = vias.next().filter(|via| via.starts_with("SIP/"))?;
        let mut text = format!("SIP/2.0 {} {}\r\nVia: {}\r\n", self.code, self.reason, received(top, source));
        let mut line = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        };
        vias.for_each(|via| line("Via", via));
        head.all("from").take(1).for_each(|from| line("From", from));
        if let Some(to) = head.first("to") {
            line("To", &tagged(to, top, head.first("call-id")));
        }
        head.all("call-id").take(1).for_each(|id| line("Call-ID", id));
        head.all("cseq").take(1).for_each(|cseq| line("CSeq", cseq));
        if let Some((name, value)) = &self.header {
            line(name, value);
        }
        line("Server", server);
        line("Content-Length", "0");
        text.push_str("\r\n");
        Some(text.into_bytes())
    }
}

/// Adds where the request came from to its topmost Via (RFC 3261 §18.2.1, RFC 3581 §4).
fn received(via: &str, source: SocketAddr) -> String {
    let (top, others) = via.split_once(',').map_or((via, None), |(top, others)| (top, Some(others)));
    let mut parts = top.split(';');
    let mut text = parts.next().unwrap_or_default().trim_end().to_owned();
    for part in parts.map(str::trim) {
        let name = part.split('=').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("rport") {
            let _ = write!(text, ";rport={}", source.port());
        } else if !name.eq_ignore_ascii_case("received") {
            let _ = write!(text, ";{part}");
        }
    }
    let _ = write!(text, ";received={}", source.ip());
    if let Some(others) = others {
        let _ = write!(text, ",{others}");
    }
    text
}

/// Adds a tag that a repeated request gets again (RFC 3261 §8.2.6.2, §8.2.7).
fn tagged(to: &str, via: &str, call_id: Option<&str>) -> String {
    let parameters = to.rsplit('>').next().unwrap_or_default();
    if parameters.split(';').any(|part| part.trim_start().get(..4).is_some_and(|name| name.eq_ignore_ascii_case("tag="))) {
        return to.to_owned();
    }
    let bytes = via.bytes().chain(call_id.unwrap_or_default().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{to};tag={hash:016x}")
}
