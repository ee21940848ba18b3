//! Session descriptions (RFC 8866), as far as one audio stream needs them: read leniently from any text, written strictly.
//! Knows no offer/answer: that is `sip`'s.

use std::fmt;
use std::net::IpAddr;

/// Media streams that are read; a description with more is refused.
const MOST_STREAMS: usize = 16;
/// Payload types of a stream that are read; the others are as if they were not there.
const MOST_FORMATS: usize = 64;

/// A codec we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 A-law, payload type 8.
    Pcma,
    /// G.711 µ-law, payload type 0.
    Pcmu,
}

impl Codec {
    /// Returns the payload type it has without being mapped (RFC 3551 §6).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// Returns the encoding name (RFC 3551 §4.5.14).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}

/// Which way media flows, as its describer sees it (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// From the describer only.
    SendOnly,
    /// To the describer only.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    /// Returns the same flow as the other side sees it (RFC 3264 §6.1).
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }

    fn parse(attribute: &str) -> Option<Self> {
        match attribute {
            "sendrecv" => Some(Self::SendRecv),
            "sendonly" => Some(Self::SendOnly),
            "recvonly" => Some(Self::RecvOnly),
            "inactive" => Some(Self::Inactive),
            _ => None,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        })
    }
}

/// What a description says of its streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The streams, in order.
    pub streams: Vec<Stream>,
}

/// One `m=` line with its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// `audio`, `video`, `image`, …
    pub kind: String,
    /// The port; 0 refuses the stream or has it ended.
    pub port: u16,
    /// The transport: `RTP/AVP`, …
    pub protocol: String,
    /// The formats as written: payload types, for RTP.
    pub formats: String,
    /// Where to send: the stream's own connection address, else the session's; `None` if it is a name or missing.
    pub address: Option<IpAddr>,
    /// Which way media flows.
    pub direction: Direction,
    /// Milliseconds of sound a packet.
    pub ptime: Option<u16>,
    /// The `rtpmap` lines: payload type and `NAME/RATE`, the name in capitals.
    pub maps: Vec<(u8, String)>,
}

/// Why a description cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It does not begin with `v=0`.
    #[error("it does not begin with v=0")]
    NoVersion,
    /// An `m=` line lacks a part, or its port is no port.
    #[error("line {0}: not `m=KIND PORT PROTOCOL FORMATS`")]
    Media(usize),
    /// It has more streams than anybody needs.
    #[error("more than {MOST_STREAMS} streams")]
    TooManyStreams,
}

impl Description {
    /// Reads a description; lines and attributes that it does not know are passed over.
    ///
    /// # Errors
    /// When it is no session description.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        let mut lines = text.lines().map(str::trim_end).enumerate();
        if lines.next().is_none_or(|(_, first)| first != "v=0") {
            return Err(SdpError::NoVersion);
        }
        let mut address = None;
        let mut direction = Direction::default();
        let mut streams: Vec<Stream> = Vec::new();
        for (at, line) in lines {
            let Some((kind, value)) = line.split_once('=') else { continue };
            match (kind, streams.last_mut()) {
                ("m", _) => {
                    if streams.len() == MOST_STREAMS {
                        return Err(SdpError::TooManyStreams);
                    }
                    streams.push(Stream::parse(value, address, direction).ok_or(SdpError::Media(at + 1))?);
                }
                ("c", None) => address = connection(value),
                ("c", Some(stream)) => stream.address = connection(value),
                ("a", None) => direction = Direction::parse(value).unwrap_or(direction),
                ("a", Some(stream)) => stream.attribute(value),
                _ => {}
            }
        }
        Ok(Self { streams })
    }
}

impl Stream {
    /// Returns the payload types, in the describer's order of preference.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats.split_ascii_whitespace().filter_map(|format| format.parse().ok()).take(MOST_FORMATS)
    }

    /// Returns the codec of ours that a payload type stands for.
    #[must_use]
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        [Codec::Pcma, Codec::Pcmu].into_iter().find(|codec| match self.map(payload_type) {
            Some(map) => map.strip_prefix(codec.name()).is_some_and(|rate| matches!(rate, "/8000" | "/8000/1")),
            None => payload_type == codec.payload_type(),
        })
    }

    /// Returns the payload type of telephone-event at 8 kHz (RFC 4733 §7).
    #[must_use]
    pub fn key_payload_type(&self) -> Option<u8> {
        self.payload_types().find(|format| self.map(*format) == Some("TELEPHONE-EVENT/8000"))
    }

    fn map(&self, payload_type: u8) -> Option<&str> {
        self.maps.iter().find(|(format, _)| *format == payload_type).map(|(_, map)| map.as_str())
    }

    fn parse(value: &str, address: Option<IpAddr>, direction: Direction) -> Option<Self> {
        let mut parts = value.splitn(4, ' ');
        let kind = parts.next().filter(|kind| !kind.is_empty())?.to_owned();
        // `PORT/COUNT` asks for several ports; one is what anybody gets.
        let port = parts.next()?.split('/').next()?.parse().ok()?;
        let protocol = parts.next()?.to_owned();
        let formats = parts.next().filter(|formats| !formats.trim().is_empty())?.to_owned();
        Some(Self { kind, port, protocol, formats, address, direction, ptime: None, maps: Vec::new() })
    }

    fn attribute(&mut self, value: &str) {
        match value.split_once(':') {
            None => self.direction = Direction::parse(value).unwrap_or(self.direction),
            Some(("ptime", millis)) => self.ptime = millis.trim().parse().ok(),
            Some(("rtpmap", map)) if self.maps.len() < MOST_FORMATS => {
                let Some((format, map)) = map.trim().split_once(' ') else { return };
                if let Ok(format) = format.parse() {
                    self.maps.push((format, map.trim().to_ascii_uppercase()));
                }
            }
            Some(_) => {}
        }
    }
}

fn connection(value: &str) -> Option<IpAddr> {
    let mut parts = value.split_ascii_whitespace();
    let (net, version, address) = (parts.next()?, parts.next()?, parts.next()?);
    let address: IpAddr = address.split('/').next()?.parse().ok()?;
    (net == "IN" && version == if address.is_ipv4() { "IP4" } else { "IP6" }).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n\
        m=video 51372 RTP/AVP 31\r\nm=audio 49170/2 RTP/AVP 96 0 97 8\r\nc=IN IP4 192.0.2.2/127\r\n\
        a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:30\r\na=recvonly\r\n";

    #[test]
    fn what_a_stream_says_wins_over_what_the_session_says() -> Result<(), SdpError> {
        let described = Description::parse(OFFER)?;
        let [video, audio] = described.streams.as_slice() else { panic!("{described:?}") };
        assert_eq!((video.kind.as_str(), video.address, video.direction), ("video", "192.0.2.1".parse().ok(), Direction::SendOnly));
        assert_eq!((audio.port, audio.address, audio.direction), (49170, "192.0.2.2".parse().ok(), Direction::RecvOnly));
        assert_eq!((audio.ptime, audio.key_payload_type()), (Some(30), Some(97)));
        assert_eq!(
            audio.payload_types().map(|format| audio.codec(format)).collect::<Vec<_>>(),
            [None, Some(Codec::Pcmu), None, Some(Codec::Pcma)]
        );
        Ok(())
    }

    #[test]
    fn a_mapped_payload_type_is_what_it_is_mapped_to() -> Result<(), SdpError> {
        let described = Description::parse("v=0\nm=audio 4000 RTP/AVP 8 100\na=rtpmap:8 speex/8000\na=rtpmap:100 pcma/8000/1\n")?;
        let codecs: Vec<_> = described.streams[0].payload_types().map(|format| described.streams[0].codec(format)).collect();
        assert_eq!(codecs, [None, Some(Codec::Pcma)]);
        Ok(())
    }

    #[test]
    fn what_is_no_description_says_where() {
        let many = format!("v=0\n{}", "m=audio 1 RTP/AVP 0\n".repeat(17));
        let cases = [
            ("", SdpError::NoVersion),
            ("v=1\r\n", SdpError::NoVersion),
            ("v=0\r\nm=audio\r\n", SdpError::Media(2)),
            ("v=0\r\ns=-\r\nm=audio 99999 RTP/AVP 0\r\n", SdpError::Media(3)),
            ("v=0\r\nm=audio 9 RTP/AVP \r\n", SdpError::Media(2)),
            (&many, SdpError::TooManyStreams),
        ];
        for (text, error) in cases {
            assert_eq!(Description::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(v=0\r\n)?([mac]=[ -~]{0,40}\r?\n|\\PC{0,40}\n){0,20}") {
            if let Ok(described) = Description::parse(&text) {
                for stream in &described.streams {
                    let _ = stream.payload_types().filter_map(|format| stream.codec(format)).count() + usize::from(stream.key_payload_type().is_some());
                }
            }
        }

        #[test]
        fn any_mutation_of_an_offer_is_read_or_refused(at in 0..OFFER.len(), with in any::<u8>()) {
            let mut bytes = OFFER.as_bytes().to_vec();
            bytes[at] = with;
            let _ = Description::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
