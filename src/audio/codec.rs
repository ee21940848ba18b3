//! G.711, the telephone's codec: one octet a sample, 8 kHz. Knows no packets.

use audio_codec::pcma::{PcmaDecoder, PcmaEncoder};
use audio_codec::pcmu::{PcmuDecoder, PcmuEncoder};
use audio_codec::{Decoder, Encoder};

use super::Frame8k;

/// A G.711 companding law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// µ-law, of North America and Japan.
    Pcmu,
    /// A-law, of Europe, China and most of the world.
    Pcma,
}

impl Codec {
    /// Every codec we speak, in the order in which we offer them.
    pub const ALL: [Self; 2] = [Self::Pcma, Self::Pcmu];

    /// Returns the codec of a static payload type ([RFC 3551 §6](https://www.rfc-editor.org/rfc/rfc3551#section-6)).
    #[must_use]
    pub const fn from_payload_type(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            _ => None,
        }
    }

    /// Returns the codec's static payload type (RFC 3551 §6).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// Returns the encoding name that SDP's `rtpmap` carries (RFC 3551 §6).
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Encodes a frame.
    pub fn encode(self, frame: &Frame8k, octets: &mut [u8; 160]) {
        let done = match self {
            Self::Pcmu => PcmuEncoder::new().encode_into(frame.samples(), octets),
            Self::Pcma => PcmaEncoder::new().encode_into(frame.samples(), octets),
        };
        debug_assert_eq!(done.ok(), Some(160));
    }

    /// Decodes up to a frame's worth of octets; what they do not fill is silence.
    pub fn decode(self, octets: &[u8], frame: &mut Frame8k) {
        let count = self.decode_into(octets, &mut frame.0);
        frame.0[count..].fill(0);
    }

    /// Decodes as many octets as both sides hold and returns their count.
    pub fn decode_into(self, octets: &[u8], samples: &mut [i16]) -> usize {
        let count = octets.len().min(samples.len());
        let (octets, samples) = (&octets[..count], &mut samples[..count]);
        let done = match self {
            Self::Pcmu => PcmuDecoder::new().decode_into(octets, samples),
            Self::Pcma => PcmaDecoder::new().decode_into(octets, samples),
        };
        debug_assert_eq!(done.ok(), Some(count));
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_of_either_law_survives_decoding_and_encoding() {
        for codec in Codec::ALL {
            let octets: [u8; 160] = std::array::from_fn(|place| (place as u8).wrapping_mul(3));
            let (mut frame, mut again) = (Frame8k::SILENCE, [0; 160]);
            codec.decode(&octets, &mut frame);
            codec.encode(&frame, &mut again);
            // µ-law has two zeros; 0x7f (minus zero) comes back as 0xff.
            let canonical = octets.map(|octet| if codec == Codec::Pcmu && octet == 0x7f { 0xff } else { octet });
            assert_eq!(again, canonical, "{codec:?}");
        }
    }

    #[test]
    fn loud_and_quiet_samples_stay_within_a_sixteenth_of_themselves() {
        for codec in Codec::ALL {
            for sample in (-32_000..32_000_i16).step_by(37) {
                let (mut octets, mut back) = ([0; 160], Frame8k::SILENCE);
                codec.encode(&super::super::Frame([sample; 160]), &mut octets);
                codec.decode(&octets, &mut back);
                let error = i32::from(back.0[0]) - i32::from(sample);
                assert!(error.abs() <= 16 + i32::from(sample).abs() / 16, "{codec:?}: {sample} became {}", back.0[0]);
            }
        }
    }

    #[test]
    fn a_short_payload_ends_in_silence_and_a_long_one_is_cut() {
        let mut frame = super::super::Frame([7; 160]);
        Codec::Pcma.decode(&[0x12; 10], &mut frame);
        assert_ne!(frame.0[9], 0);
        assert!(frame.0[10..].iter().all(|sample| *sample == 0));
        assert_eq!(Codec::Pcmu.decode_into(&[0; 400], &mut frame.0), 160);
    }
}
