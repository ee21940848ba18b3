//! Offer and answer (RFC 3264) for one audio stream of one leg.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::wire::sdp::{Codec, Description, Direction, SdpError, Stream};

/// The payload type that our own offers give telephone-event.
const OUR_KEYS: u8 = 101;

/// One leg's offers and answers; our side speaks PCMA, PCMU and telephone-event, 20 ms a packet.
#[derive(Clone, Debug)]
pub struct Negotiation {
    local: SocketAddr,
    session_id: u64,
    /// Counts our descriptions that differ from the one before (RFC 3264 §8).
    version: u64,
    described: String,
    /// The streams of the session, in order: a refused one keeps its place for ever (RFC 3264 §8).
    streams: Vec<Line>,
    keys: u8,
    offered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Audio,
    Refused(String),
}

/// What was agreed: where audio goes, in which codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioPath {
    /// Where the far end wants RTP; `None` while it wants none (held with 0.0.0.0, RFC 3264 §8.4).
    pub remote: Option<SocketAddr>,
    /// The codec, both ways.
    pub codec: Codec,
    /// The codec's payload type, both ways.
    pub payload_type: u8,
    /// The payload type of telephone-event, if the far end knows it.
    pub key_payload_type: Option<u8>,
    /// Which way media flows, as we see it: `SendOnly` means that we hear nothing, `RecvOnly` that we are to be silent.
    pub direction: Direction,
}

/// Why an offer or answer cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// It is no session description.
    #[error("unreadable session description: {0}")]
    Unreadable(#[from] SdpError),
    /// It has no audio, or does not say where to send it.
    #[error("no audio stream over RTP/AVP to an IP address")]
    NoAudio,
    /// None of its codecs is ours.
    #[error("no common codec: PCMA and PCMU are spoken here")]
    NoCommonCodec,
    /// An answer came to no offer.
    #[error("an answer without an offer")]
    NoOffer,
}

impl OfferError {
    /// Returns the status code and reason phrase for a request with such an offer (RFC 3261 §13.3.1.3).
    #[must_use]
    pub const fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Unreadable(_) | Self::NoOffer => (400, "Bad Session Description"),
            Self::NoAudio | Self::NoCommonCodec => (488, "Not Acceptable Here"),
        }
    }
}

impl Negotiation {
    /// Begins with our RTP address and a session id (any number, not repeated soon).
    #[must_use]
    pub fn new(local: SocketAddr, session_id: u64) -> Self {
        // Ids beyond 63 bits are too long for some peers (RFC 3264 §5).
        let session_id = session_id >> 1;
        Self { local, session_id, version: 0, described: String::new(), streams: vec![Line::Audio], keys: OUR_KEYS, offered: false }
    }

    /// Writes our offer: every codec of ours.
    pub fn offer(&mut self) -> String {
        self.offered = true;
        let codecs = [Codec::Pcma, Codec::Pcmu].map(|codec| (codec.payload_type(), codec));
        self.describe(&codecs, Some(self.keys), Direction::SendRecv)
    }

    /// Answers an offer, or a new one in the same session: the first codec of theirs that is ours.
    ///
    /// # Errors
    /// When there is nothing to agree on; what was agreed before stays (RFC 3264 §8).
    pub fn answer(&mut self, offer: &str) -> Result<(String, AudioPath), OfferError> {
        let offer = Description::parse(offer)?;
        let chosen = offer.streams.iter().position(is_audio).ok_or(OfferError::NoAudio)?;
        let stream = &offer.streams[chosen];
        let path = agreed(stream)?;
        let refuse = |stream: &Stream| Line::Refused(format!("m={} 0 {} {}", stream.kind, stream.protocol, stream.formats));
        self.streams =
            offer.streams.iter().enumerate().map(|(at, stream)| if at == chosen { Line::Audio } else { refuse(stream) }).collect();
        self.keys = path.key_payload_type.unwrap_or(self.keys);
        self.offered = false;
        let direction = stream.direction.mirrored();
        let text = self.describe(&[(path.payload_type, path.codec)], path.key_payload_type, direction);
        Ok((text, AudioPath { direction, ..path }))
    }

    /// Takes the answer to our offer.
    ///
    /// # Errors
    /// When it refuses the audio or does not fit the offer.
    pub fn accept(&mut self, answer: &str) -> Result<AudioPath, OfferError> {
        if !self.offered {
            return Err(OfferError::NoOffer);
        }
        let answer = Description::parse(answer)?;
        let ours = self.streams.iter().position(|line| *line == Line::Audio).unwrap_or(0);
        let stream = answer.streams.get(ours).filter(|stream| is_audio(stream)).ok_or(OfferError::NoAudio)?;
        let path = agreed(stream)?;
        self.offered = false;
        Ok(AudioPath { direction: stream.direction.mirrored(), ..path })
    }

    fn describe(&mut self, codecs: &[(u8, Codec)], keys: Option<u8>, direction: Direction) -> String {
        let mut body = String::with_capacity(320);
        let (ip, family) = (self.local.ip(), if self.local.is_ipv4() { "IP4" } else { "IP6" });
        let mut line = |text: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = write!(body, "{text}\r\n");
        };
        line(format_args!("s=-"));
        line(format_args!("c=IN {family} {ip}"));
        line(format_args!("t=0 0"));
        for stream in &self.streams {
            match stream {
                Line::Refused(refused) => line(format_args!("{refused}")),
                Line::Audio => {
                    let formats = codecs.iter().map(|(format, _)| *format).chain(keys).map(|format| format.to_string());
                    let formats = formats.collect::<Vec<_>>().join(" ");
                    line(format_args!("m=audio {} RTP/AVP {formats}", self.local.port()));
                    for (format, codec) in codecs {
                        line(format_args!("a=rtpmap:{format} {}/8000", codec.name()));
                    }
                    if let Some(keys) = keys {
                        line(format_args!("a=rtpmap:{keys} telephone-event/8000"));
                        line(format_args!("a=fmtp:{keys} 0-15"));
                    }
                    line(format_args!("a=ptime:20"));
                    line(format_args!("a={direction}"));
                }
            }
        }
        if body != self.described {
            self.version += 1;
            self.described.clone_from(&body);
        }
        format!("v=0\r\no=bellhop {} {} IN {family} {ip}\r\n{body}", self.session_id, self.version)
    }
}

fn is_audio(stream: &Stream) -> bool {
    stream.kind == "audio" && stream.port != 0 && stream.protocol == "RTP/AVP"
}

fn agreed(stream: &Stream) -> Result<AudioPath, OfferError> {
    let (payload_type, codec) =
        stream.payload_types().find_map(|format| stream.codec(format).map(|codec| (format, codec))).ok_or(OfferError::NoCommonCodec)?;
    let address = stream.address.ok_or(OfferError::NoAudio)?;
    Ok(AudioPath {
        remote: (!address.is_unspecified()).then(|| SocketAddr::new(address, stream.port)),
        codec,
        payload_type,
        key_payload_type: stream.key_payload_type(),
        direction: Direction::SendRecv,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";

    fn ours() -> Negotiation {
        Negotiation::new(SocketAddr::from(([192, 0, 2, 1], 16_384)), 42)
    }

    fn their(media: &str) -> String {
        format!("{HEAD}{media}")
    }

    #[test]
    fn our_offer_names_our_codecs_and_keys() {
        assert_eq!(
            ours().offer(),
            "v=0\r\no=bellhop 21 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 16384 RTP/AVP 8 0 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn the_first_codec_of_theirs_that_is_ours_is_taken_with_their_numbers() -> Result<(), OfferError> {
        let offer = their("m=audio 4000 RTP/AVP 9 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n");
        let (answer, path) = ours().answer(&offer)?;
        assert!(answer.contains("m=audio 16384 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000"), "{answer}");
        let remote = Some(SocketAddr::from(([192, 0, 2, 9], 4000)));
        let expected =
            AudioPath { remote, codec: Codec::Pcmu, payload_type: 0, key_payload_type: Some(96), direction: Direction::SendRecv };
        assert_eq!(path, expected);
        Ok(())
    }

    #[test]
    fn every_other_stream_is_refused_in_its_place() -> Result<(), OfferError> {
        let offer = their("m=video 5000 RTP/AVP 31 32\r\nm=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0\r\n");
        let mut leg = ours();
        let (answer, _) = leg.answer(&offer)?;
        let streams = |text: &str| text.lines().filter(|line| line.starts_with("m=")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(streams(&answer), ["m=video 0 RTP/AVP 31 32", "m=audio 16384 RTP/AVP 8", "m=audio 0 RTP/AVP 0"]);
        // A later offer of ours keeps every place.
        assert_eq!(streams(&leg.offer())[0], "m=video 0 RTP/AVP 31 32");
        assert_eq!(streams(&leg.offer()).len(), 3);
        Ok(())
    }

    #[test]
    fn a_hold_is_answered_from_our_side() -> Result<(), OfferError> {
        let cases = [("sendonly", Direction::RecvOnly), ("recvonly", Direction::SendOnly), ("inactive", Direction::Inactive)];
        for (theirs, expected) in cases {
            let (answer, path) = ours().answer(&their(&format!("m=audio 4000 RTP/AVP 8\r\na={theirs}\r\n")))?;
            assert_eq!(path.direction, expected);
            assert!(answer.ends_with(&format!("a={expected}\r\n")), "{answer}");
        }
        let (_, path) = ours().answer(&their("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n"))?;
        assert_eq!(path.remote, None);
        Ok(())
    }

    #[test]
    fn the_version_counts_changes_only() {
        let mut leg = ours();
        let version = |text: &str| text.split(' ').nth(2).map(str::to_owned);
        let offers = ["a=sendrecv", "a=sendrecv", "a=sendonly"].map(|way| their(&format!("m=audio 4000 RTP/AVP 8\r\n{way}\r\n")));
        let versions = offers.map(|offer| leg.answer(&offer).ok().and_then(|(answer, _)| version(&answer)));
        assert_eq!(versions, ["1", "1", "2"].map(|text| Some(text.to_owned())));
    }

    #[test]
    fn what_cannot_be_agreed_on_has_its_status() {
        let cases = [
            ("m=audio 4000 RTP/AVP 9 3\r\n", OfferError::NoCommonCodec, 488),
            ("m=audio 0 RTP/AVP 8\r\n", OfferError::NoAudio, 488),
            ("m=audio 4000 RTP/SAVP 8\r\n", OfferError::NoAudio, 488),
            ("m=image 4000 udptl t38\r\n", OfferError::NoAudio, 488),
            ("", OfferError::NoAudio, 488),
            ("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 phone.example\r\n", OfferError::NoAudio, 488),
            ("m=audio x RTP/AVP 8\r\n", OfferError::Unreadable(SdpError::Media(6)), 400),
        ];
        for (media, error, status) in cases {
            assert_eq!(ours().answer(&their(media)), Err(error.clone()), "{media}");
            assert_eq!(error.status().0, status);
        }
    }

    #[test]
    fn our_offer_and_their_answer_agree() -> Result<(), OfferError> {
        let (mut caller, mut called) = (ours(), Negotiation::new(SocketAddr::from(([192, 0, 2, 2], 20_000)), 7));
        let (answer, heard) = called.answer(&caller.offer())?;
        let said = caller.accept(&answer)?;
        assert_eq!((said.codec, said.payload_type, said.key_payload_type), (heard.codec, heard.payload_type, heard.key_payload_type));
        assert_eq!((said.remote, heard.remote), (Some(called.local), Some(caller.local)));
        assert_eq!(caller.accept(&answer), Err(OfferError::NoOffer), "an answer counts once");
        Ok(())
    }

    proptest! {
        #[test]
        fn any_offer_is_answered_or_refused(media in "([mac]=(audio|video|rtpmap:|IN IP4 )?[ -~]{0,40}\r\n){0,12}") {
            if let Ok((answer, _)) = ours().answer(&their(&media)) {
                prop_assert!(Description::parse(&answer).is_ok(), "{answer}");
            }
        }
    }
}
