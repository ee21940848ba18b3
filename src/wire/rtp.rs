//! RTP packets, read without a copy ([RFC 3550 §5.1](https://www.rfc-editor.org/rfc/rfc3550#section-5.1)).
//! Knows no stream: each packet stands alone.

/// Octets of a header without contributing sources and extension.
pub const RTP_HEADER_OCTETS: usize = 12;

/// The fixed header of RFC 3550 §5.1, less what follows from the packet's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RtpHeader {
    /// For sound: the first packet after silence (RFC 3551 §4.1).
    pub marker: bool,
    /// What the payload is, 0 to 127.
    pub payload_type: u8,
    /// One more each packet, wrapping.
    pub sequence: u16,
    /// When the first sample was taken, in samples, wrapping.
    pub timestamp: u32,
    /// Which stream this is.
    pub ssrc: u32,
}

/// A packet; its payload lies in the datagram it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    /// The header.
    pub header: RtpHeader,
    /// The payload, without padding.
    pub payload: &'a [u8],
}

/// Why a datagram is no RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// Ends inside the header.
    #[error("{0} octets end inside an RTP header")]
    Cut(usize),
    /// Not version 2.
    #[error("RTP version {0}")]
    Version(u8),
    /// The padding is empty or longer than what it pads.
    #[error("{0} octets of RTP padding")]
    Padding(u8),
}

impl RtpHeader {
    /// Returns the header's octets, to be followed by the payload.
    #[must_use]
    pub fn octets(&self) -> [u8; RTP_HEADER_OCTETS] {
        let mut octets = [0; RTP_HEADER_OCTETS];
        octets[0] = 2 << 6;
        octets[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        octets[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        octets[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        octets[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        octets
    }
}

impl<'a> RtpPacket<'a> {
    /// Reads a packet; contributing sources and an extension are checked and skipped.
    ///
    /// # Errors
    /// See [`RtpError`].
    pub fn parse(datagram: &'a [u8]) -> Result<Self, RtpError> {
        let cut = RtpError::Cut(datagram.len());
        let (fixed, rest) = datagram.split_first_chunk::<RTP_HEADER_OCTETS>().ok_or(cut)?;
        let [first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version(first >> 6));
        }
        let mut payload = rest.get(4 * usize::from(first & 0x0f)..).ok_or(cut)?;
        if first & 0x10 != 0 {
            let (&[_, _, high, low], words) = payload.split_first_chunk::<4>().ok_or(cut)?;
            payload = words.get(4 * usize::from(u16::from_be_bytes([high, low]))..).ok_or(cut)?;
        }
        if first & 0x20 != 0 {
            let padding = payload.last().copied().unwrap_or(0);
            let kept = payload.len().checked_sub(usize::from(padding)).filter(|_| padding > 0);
            payload = &payload[..kept.ok_or(RtpError::Padding(padding))?];
        }
        let header = RtpHeader {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        };
        Ok(Self { header, payload })
    }

    /// Writes the packet and returns its length; `None` if it does not fit.
    #[must_use]
    pub fn write(&self, into: &mut [u8]) -> Option<usize> {
        let length = RTP_HEADER_OCTETS + self.payload.len();
        let (header, payload) = into.get_mut(..length)?.split_at_mut(RTP_HEADER_OCTETS);
        header.copy_from_slice(&self.header.octets());
        payload.copy_from_slice(self.payload);
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0x88, 0, 7, 0, 0, 1, 0, 0xde, 0xad, 0xbe, 0xef, 0xaa, 0xbb];

    #[test]
    fn a_packet_reads_as_the_rfc_draws_it() {
        let packet = RtpPacket::parse(&PLAIN).expect("a good packet");
        assert_eq!(packet.header, RtpHeader { marker: true, payload_type: 8, sequence: 7, timestamp: 256, ssrc: 0xdead_beef });
        assert_eq!(packet.payload, [0xaa, 0xbb]);
    }

    #[test]
    fn sources_extension_and_padding_are_not_payload() {
        let mut octets = PLAIN[..12].to_vec();
        octets[0] = 0x80 | 0x20 | 0x10 | 2;
        octets.extend([1; 8]); // two contributing sources
        octets.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // an extension of one word
        octets.extend([0x42, 0, 0, 3]); // one octet, three of padding
        assert_eq!(RtpPacket::parse(&octets).expect("a good packet").payload, [0x42]);
    }

    #[test]
    fn what_is_no_packet_is_refused_with_the_reason() {
        let with = |first: u8| {
            let mut octets = PLAIN;
            octets[0] = first;
            RtpPacket::parse(&octets).expect_err("no packet")
        };
        assert_eq!(RtpPacket::parse(&PLAIN[..11]), Err(RtpError::Cut(11)));
        assert_eq!(with(0x40), RtpError::Version(1));
        assert_eq!(with(0x81), RtpError::Cut(14));
        assert_eq!(with(0x90), RtpError::Cut(14));
        assert_eq!(with(0xa0), RtpError::Padding(0xbb));
    }

    proptest! {
        #[test]
        fn no_datagram_panics_and_a_payload_lies_inside_it(datagram in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(packet) = RtpPacket::parse(&datagram) {
                prop_assert!(packet.payload.len() + RTP_HEADER_OCTETS <= datagram.len());
            }
        }

        #[test]
        fn what_is_written_reads_back(marker: bool, payload_type in 0..128_u8, sequence: u16, timestamp: u32, ssrc: u32, payload: Vec<u8>) {
            let packet = RtpPacket { header: RtpHeader { marker, payload_type, sequence, timestamp, ssrc }, payload: &payload };
            let mut octets = vec![0; RTP_HEADER_OCTETS + payload.len()];
            prop_assert_eq!(packet.write(&mut octets), Some(octets.len()));
            prop_assert_eq!(RtpPacket::parse(&octets), Ok(packet));
            octets.pop();
            prop_assert_eq!(packet.write(&mut octets), None);
        }
    }
}
