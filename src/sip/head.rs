//! The head of a SIP message, split into lines and no further.

use std::borrow::Cow;

use super::precheck::Verdict;

/// Header lines read; a message with more is refused.
const MOST_HEADERS: usize = 128;

/// A message's start line and header lines, as text.
pub(super) struct Head<'a> {
    pub(super) kind: Kind<'a>,
    /// Whether the blank line after the headers is there.
    pub(super) complete: bool,
    pub(super) too_many: bool,
    /// The length of the whole datagram.
    pub(super) whole: usize,
    pub(super) body: &'a [u8],
    start: Cow<'a, str>,
    headers: Vec<Line<'a>>,
    datagram: &'a [u8],
    body_at: usize,
    /// Whether something had to be decoded, unfolded or given its line end.
    changed: bool,
}

pub(super) enum Kind<'a> {
    Request { method: &'a str, uri: &'a str, version: &'a str },
    Response,
}

struct Line<'a> {
    name: String,
    text: Cow<'a, str>,
    value_at: usize,
}

impl<'a> Head<'a> {
    /// Splits a message; `None` if its first line is that of no SIP message.
    pub(super) fn read(datagram: &'a [u8]) -> Option<Self> {
        let mut rest = datagram;
        while let Some(more) = rest.strip_prefix(b"\r\n") {
            rest = more;
        }
        let mut changed = rest.len() != datagram.len();
        let datagram = rest;
        let (first, mut rest) = line(datagram, &mut changed)?;
        let first = std::str::from_utf8(first).ok()?;
        let kind = Kind::read(first)?;
        let (mut headers, mut complete, mut too_many): (Vec<Line<'a>>, _, _) = (Vec::new(), false, false);
        while let Some((bytes, after)) = line(rest, &mut changed) {
            rest = after;
            if bytes.is_empty() {
                complete = true;
                break;
            }
            let text = decoded(bytes, &mut changed);
            if let (Some(last), true) = (headers.last_mut(), bytes[0] == b' ' || bytes[0] == b'\t') {
                changed = true;
                last.text = Cow::Owned(format!("{} {}", last.text.trim_end(), text.trim_start()));
            } else if headers.len() == MOST_HEADERS {
                too_many = true;
            } else if let Some(colon) = text.find(':') {
                headers.push(Line { name: full_name(&text[..colon]), value_at: colon + 1, text });
            } else {
                // A line without a colon is no header; the library would stop at it.
                changed = true;
            }
        }
        let body_at = datagram.len() - rest.len();
        let body = if complete { rest } else { &[] };
        Some(Self {
            kind,
            complete,
            too_many,
            whole: datagram.len(),
            body,
            start: Cow::Borrowed(first),
            headers,
            datagram,
            body_at,
            changed,
        })
    }

    /// Returns the values of all headers of a name, given in full and in small letters.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |line| line.name == name).map(|line| line.text[line.value_at..].trim())
    }

    /// Returns the value of the first header of a name.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns the message as it is to be passed on: CRLF line ends, UTF-8, with Content-Length, without surplus bytes.
    pub(super) fn repaired(&self) -> Verdict<'a> {
        let length = self.first("content-length").and_then(|length| length.parse().ok());
        let body = &self.body[..length.unwrap_or(self.body.len()).min(self.body.len())];
        if !self.changed && length.is_some() {
            return Verdict::Pass(Cow::Borrowed(&self.datagram[..self.body_at + body.len()]));
        }
        let mut bytes = Vec::with_capacity(self.datagram.len() + 32);
        let mut push = |text: &str| {
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        };
        push(&self.start);
        for header in &self.headers {
            push(&header.text);
        }
        if length.is_none() {
            push(&format!("Content-Length: {}", body.len()));
        }
        push("");
        bytes.extend_from_slice(body);
        Verdict::Pass(Cow::Owned(bytes))
    }
}

impl<'a> Kind<'a> {
    fn read(line: &'a str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
            let code = rest.get(..3)?.parse::<u16>().ok()?;
            return (100..700).contains(&code).then_some(Self::Response);
        }
        let (method, rest) = line.split_once(' ')?;
        let (uri, version) = rest.rsplit_once(' ')?;
        let token =
            !method.is_empty() && method.len() <= 32 && method.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b));
        let is_sip = version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("SIP/"));
        (token && is_sip && !uri.is_empty()).then_some(Self::Request { method, uri, version })
    }
}

/// Takes one line, ended by CRLF or LF alone; `None` if no line end is left.
fn line<'a>(bytes: &'a [u8], changed: &mut bool) -> Option<(&'a [u8], &'a [u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = &bytes[..end];
    let bare = line.strip_suffix(b"\r");
    *changed |= bare.is_none();
    Some((bare.unwrap_or(line), &bytes[end + 1..]))
}

/// Reads UTF-8, else GBK as Chinese phones send it, else Latin-1, which cannot fail.
fn decoded<'a>(bytes: &'a [u8], changed: &mut bool) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    *changed = true;
    let gbk = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes);
    gbk.unwrap_or_else(|| encoding_rs::mem::decode_latin1(bytes))
}

/// Writes a name in small letters, a compact one in full (RFC 3261 §7.3.3).
fn full_name(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let full = match name.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "l" => "content-length",
        "m" => "contact",
        "c" => "content-type",
        _ => return name,
    };
    full.to_owned()
}
