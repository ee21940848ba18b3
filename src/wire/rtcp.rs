//! RTCP: sender and receiver reports, names and goodbyes ([RFC 3550 §6](https://www.rfc-editor.org/rfc/rfc3550#section-6)),
//! read and written without allocating. Knows no stream: what the numbers mean over time is not its job.

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: u8 = 1;
const BLOCK_OCTETS: usize = 24;

/// Whether a datagram that came to an RTP port is RTCP ([RFC 5761 §4](https://www.rfc-editor.org/rfc/rfc5761#section-4)).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [_, 192..=223, ..])
}

/// What a sender says of its own stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall time, in seconds since 1900, 32 bits either side of the point.
    pub ntp: u64,
    /// The same instant on the stream's clock.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Octets of payload sent.
    pub octets: u32,
}

/// What a receiver says of one stream it hears (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream spoken of.
    pub ssrc: u32,
    /// Lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost in all, 24 bits; negative when duplicates outnumber losses.
    pub lost: i32,
    /// Highest sequence number received, wraps counted above bit 16.
    pub highest_sequence: u32,
    /// Interarrival jitter, in timestamp units.
    pub jitter: u32,
    /// The middle 32 bits of `ntp` in the last sender report, 0 if none came.
    pub last_report: u32,
    /// Time since that report, in 65536ths of a second.
    pub delay: u32,
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcpPacket<'a> {
    /// A report by one who sends.
    SenderReport {
        /// Whose report.
        ssrc: u32,
        /// Of its own stream.
        info: SenderInfo,
        /// Of the streams it hears.
        blocks: ReportBlocks<'a>,
    },
    /// A report by one who only listens.
    ReceiverReport {
        /// Whose report.
        ssrc: u32,
        /// Of the streams it hears.
        blocks: ReportBlocks<'a>,
    },
    /// A stream ends (RFC 3550 §6.6).
    Goodbye {
        /// The first stream named, if any.
        ssrc: Option<u32>,
    },
    /// Any other packet, skipped.
    Other(u8),
}

/// The report blocks of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlocks<'a>(&'a [[u8; BLOCK_OCTETS]]);

/// Why a datagram is no RTCP compound (RFC 3550 §A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// Ends inside a packet.
    #[error("RTCP ends inside a packet")]
    Cut,
    /// Not version 2.
    #[error("RTCP version {0}")]
    Version(u8),
    /// The first packet is no report.
    #[error("RTCP begins with packet type {0} instead of a report")]
    NoReport(u8),
}

/// Reads a compound, packet by packet; after an error nothing follows.
#[derive(Clone, Debug)]
pub struct RtcpReader<'a> {
    rest: &'a [u8],
    first: bool,
}

impl<'a> RtcpReader<'a> {
    /// Begins to read a datagram.
    #[must_use]
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram, first: true }
    }

    fn packet(&mut self) -> Result<RtcpPacket<'a>, RtcpError> {
        let (&[first, kind, high, low], body) = self.rest.split_first_chunk::<4>().ok_or(RtcpError::Cut)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version(first >> 6));
        }
        if std::mem::take(&mut self.first) && !matches!(kind, SENDER_REPORT | RECEIVER_REPORT) {
            return Err(RtcpError::NoReport(kind));
        }
        let length = 4 * usize::from(u16::from_be_bytes([high, low]));
        let (body, rest) = body.split_at_checked(length).ok_or(RtcpError::Cut)?;
        self.rest = rest;
        let count = usize::from(first & 0x1f);
        match kind {
            SENDER_REPORT => {
                let (fixed, blocks) = body.split_first_chunk::<24>().ok_or(RtcpError::Cut)?;
                let info = SenderInfo {
                    ntp: u64::from(word(fixed, 4)) << 32 | u64::from(word(fixed, 8)),
                    timestamp: word(fixed, 12),
                    packets: word(fixed, 16),
                    octets: word(fixed, 20),
                };
                Ok(RtcpPacket::SenderReport { ssrc: word(fixed, 0), info, blocks: ReportBlocks::parse(blocks, count)? })
            }
            RECEIVER_REPORT => {
                let (fixed, blocks) = body.split_first_chunk::<4>().ok_or(RtcpError::Cut)?;
                Ok(RtcpPacket::ReceiverReport { ssrc: word(fixed, 0), blocks: ReportBlocks::parse(blocks, count)? })
            }
            GOODBYE => {
                Ok(RtcpPacket::Goodbye { ssrc: body.first_chunk::<4>().filter(|_| count > 0).map(|ssrc| u32::from_be_bytes(*ssrc)) })
            }
            other => Ok(RtcpPacket::Other(other)),
        }
    }
}

impl<'a> Iterator for RtcpReader<'a> {
    type Item = Result<RtcpPacket<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() && !self.first {
            return None;
        }
        let packet = self.packet();
        if packet.is_err() {
            (self.rest, self.first) = (&[], false);
        }
        Some(packet)
    }
}

impl<'a> ReportBlocks<'a> {
    fn parse(octets: &'a [u8], count: usize) -> Result<Self, RtcpError> {
        octets.as_chunks().0.get(..count).map(Self).ok_or(RtcpError::Cut)
    }

    /// Finds the block that speaks of a stream.
    #[must_use]
    pub fn about(&self, ssrc: u32) -> Option<ReportBlock> {
        self.0.iter().map(ReportBlock::parse).find(|block| block.ssrc == ssrc)
    }
}

impl ReportBlock {
    fn parse(octets: &[u8; BLOCK_OCTETS]) -> Self {
        Self {
            ssrc: word(octets, 0),
            fraction_lost: octets[4],
            // The shift back spreads the sign of the 24 bits.
            lost: (word(octets, 4) << 8) as i32 >> 8,
            highest_sequence: word(octets, 8),
            jitter: word(octets, 12),
            last_report: word(octets, 16),
            delay: word(octets, 20),
        }
    }

    fn octets(&self) -> [u8; BLOCK_OCTETS] {
        let lost = self.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        let words =
            [self.ssrc, u32::from(self.fraction_lost) << 24 | lost, self.highest_sequence, self.jitter, self.last_report, self.delay];
        let mut octets = [0; BLOCK_OCTETS];
        for (chunk, word) in octets.as_chunks_mut().0.iter_mut().zip(words) {
            *chunk = word.to_be_bytes();
        }
        octets
    }
}

/// A compound to send: a report, our name, and at the end a goodbye (RFC 3550 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compound<'a> {
    /// Our stream.
    pub ssrc: u32,
    /// What we sent; `None` makes a receiver report.
    pub sent: Option<SenderInfo>,
    /// What we heard.
    pub heard: Option<ReportBlock>,
    /// Our canonical name (RFC 7022), at most 255 octets.
    pub cname: &'a str,
    /// Whether our stream ends.
    pub goodbye: bool,
}

impl Compound<'_> {
    /// Writes the compound and returns its length; `None` if it does not fit.
    #[must_use]
    pub fn write(&self, into: &mut [u8]) -> Option<usize> {
        let mut writer = Writer { into, length: 0 };
        let kind = if self.sent.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
        writer.packet(kind, u8::from(self.heard.is_some()), |writer| {
            writer.put(&self.ssrc.to_be_bytes())?;
            if let Some(sent) = &self.sent {
                writer.put(&sent.ntp.to_be_bytes())?;
                for word in [sent.timestamp, sent.packets, sent.octets] {
                    writer.put(&word.to_be_bytes())?;
                }
            }
            self.heard.map_or(Some(()), |heard| writer.put(&heard.octets()))
        })?;
        writer.packet(SOURCE_DESCRIPTION, 1, |writer| {
            writer.put(&self.ssrc.to_be_bytes())?;
            writer.put(&[CNAME, u8::try_from(self.cname.len()).ok()?])?;
            writer.put(self.cname.as_bytes())?;
            // The list of items ends with at least one zero octet (RFC 3550 §6.5).
            writer.put(&[0])
        })?;
        if self.goodbye {
            writer.packet(GOODBYE, 1, |writer| writer.put(&self.ssrc.to_be_bytes()))?;
        }
        Some(writer.length)
    }
}

struct Writer<'a> {
    into: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn put(&mut self, octets: &[u8]) -> Option<()> {
        self.into.get_mut(self.length..self.length + octets.len())?.copy_from_slice(octets);
        self.length += octets.len();
        Some(())
    }

    /// Writes a packet: its header, what `body` puts, zeros up to whole words, and then its length.
    fn packet(&mut self, kind: u8, count: u8, body: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let start = self.length;
        self.put(&[2 << 6 | count, kind, 0, 0])?;
        body(self)?;
        self.put(&[0; 3][..self.length.wrapping_neg() % 4])?;
        let words = u16::try_from((self.length - start) / 4 - 1).ok()?;
        self.into[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
        Some(())
    }
}

fn word(octets: &[u8], place: usize) -> u32 {
    octets[place..].first_chunk::<4>().map_or(0, |word| u32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INFO: SenderInfo = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 160, packets: 3, octets: 480 };
    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 9,
        fraction_lost: 64,
        lost: -2,
        highest_sequence: 0x1_0005,
        jitter: 17,
        last_report: 0x0304_0506,
        delay: 65_536,
    };

    fn write(compound: &Compound<'_>) -> Vec<u8> {
        let mut octets = [0xff; 256];
        let length = compound.write(&mut octets).expect("room");
        octets[..length].to_vec()
    }

    #[test]
    fn a_compound_of_a_sender_reads_back() {
        for cname in ["", "a", "ab", "abc", "abcd"] {
            let octets = write(&Compound { ssrc: 7, sent: Some(INFO), heard: Some(BLOCK), cname, goodbye: true });
            let packets: Vec<_> = RtcpReader::new(&octets).collect::<Result<_, _>>().expect("a good compound");
            let [RtcpPacket::SenderReport { ssrc: 7, info: INFO, blocks }, RtcpPacket::Other(202), RtcpPacket::Goodbye { ssrc: Some(7) }] =
                packets[..]
            else {
                panic!("{packets:?}")
            };
            assert_eq!((blocks.about(9), blocks.about(8)), (Some(BLOCK), None));
        }
    }

    #[test]
    fn one_who_has_sent_nothing_reports_as_receiver() {
        let octets = write(&Compound { ssrc: 7, sent: None, heard: None, cname: "x", goodbye: false });
        assert_eq!(octets, [0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 202, 0, 2, 0, 0, 0, 7, 1, 1, b'x', 0]);
        assert!(is_rtcp(&octets));
    }

    #[test]
    fn what_is_no_compound_is_refused_with_the_reason() {
        let first = |octets: &[u8]| RtcpReader::new(octets).next().expect("an answer").expect_err("no compound");
        assert_eq!(first(&[]), RtcpError::Cut);
        assert_eq!(first(&[0x80, 203, 0, 0]), RtcpError::NoReport(203));
        assert_eq!(first(&[0x40, 201, 0, 0]), RtcpError::Version(1));
        assert_eq!(first(&[0x81, 201, 0, 1, 0, 0, 0, 1]), RtcpError::Cut);
    }

    proptest! {
        #[test]
        fn no_datagram_panics_and_reading_ends(mut datagram in prop::collection::vec(any::<u8>(), 0..120), kind in 198..206_u8, words in 0..8_u8) {
            prop_assert!(RtcpReader::new(&datagram).count() <= datagram.len() / 4 + 1);
            if let [first, second, high, low, ..] = &mut datagram[..] {
                (*first, *second, *high, *low) = (0x81, kind, 0, words);
            }
            prop_assert!(RtcpReader::new(&datagram).count() <= datagram.len() / 4 + 1);
        }

        #[test]
        fn a_compound_never_overruns_its_room(room in 0..120_usize, cname in "[a-z]{0,30}", goodbye: bool) {
            let mut octets = vec![0; room];
            let length = Compound { ssrc: 1, sent: Some(INFO), heard: Some(BLOCK), cname: &cname, goodbye }.write(&mut octets);
            prop_assert!(length.is_none_or(|length| length <= room && length % 4 == 0));
        }
    }
}
