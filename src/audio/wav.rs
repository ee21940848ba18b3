//! WAV: reads what people bring (any rate, common encodings) and writes 16-bit recordings a piece at a time.
//! Knows readers and writers, not paths.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{Codec, Frame8k, resample};

/// Mono sound of any rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Samples a second.
    pub rate_hz: u32,
    /// The samples, mono.
    pub samples: Vec<i16>,
}

impl Clip {
    /// Returns the samples at another rate.
    #[must_use]
    pub fn at(&self, rate_hz: u32) -> Vec<i16> {
        resample(&self.samples, self.rate_hz, rate_hz)
    }
}

/// What is wrong with a WAV file.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The reader failed.
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// The first bytes are not those of a WAV file.
    #[error("not a WAV file: it does not begin with RIFF and WAVE")]
    NotWav,
    /// A part is missing or cut short.
    #[error("a WAV file without a whole `{0}` part")]
    Missing(&'static str),
    /// The samples are coded in a way we do not read.
    #[error("WAV encoding {tag} with {bits} bits a sample is not supported: use PCM of 8, 16, 24 or 32 bits, float, A-law or µ-law")]
    Encoding {
        /// The format tag.
        tag: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// Neither mono nor stereo.
    #[error("{0} channels: only mono and stereo are read")]
    Channels(u16),
    /// A rate outside 4 to 192 kHz.
    #[error("a rate of {0} samples a second: 4000 to 192000 are read")]
    Rate(u32),
    /// More than 256 MiB.
    #[error("larger than 256 MiB")]
    TooLarge,
}

/// The largest file that is read.
pub const MAX_BYTES: u64 = 256 << 20;

/// Reads a WAV file; two channels are averaged to one. A length of the data that says more than there is, as programs
/// write that stream to a pipe, means all there is.
///
/// # Errors
/// See [`WavError`].
pub fn read_wav(reader: impl Read) -> Result<Clip, WavError> {
    let mut bytes = Vec::new();
    if reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)? as u64 > MAX_BYTES {
        return Err(WavError::TooLarge);
    }
    let Some((head, mut rest)) = bytes.split_first_chunk::<12>() else { return Err(WavError::NotWav) };
    if &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
        return Err(WavError::NotWav);
    }
    let mut format = None;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let chunk = &body[..length.min(body.len())];
        match &head[..4] {
            b"fmt " => format = Some(Format::parse(chunk)?),
            b"data" => return Ok(format.ok_or(WavError::Missing("fmt"))?.decode(chunk)),
            _ => {}
        }
        // Chunks begin at even places.
        rest = &body[(length + length % 2).min(body.len())..];
    }
    Err(WavError::Missing(if format.is_some() { "data" } else { "fmt" }))
}

#[derive(Clone, Copy)]
enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
    G711(Codec),
}

struct Format {
    encoding: Encoding,
    channels: usize,
    rate_hz: u32,
}

impl Format {
    fn parse(chunk: &[u8]) -> Result<Self, WavError> {
        let Some(fixed) = chunk.first_chunk::<16>() else { return Err(WavError::Missing("fmt")) };
        let word = |place: usize| u16::from_le_bytes([fixed[place], fixed[place + 1]]);
        let (mut tag, channels, bits) = (word(0), word(2), word(14));
        let rate_hz = u32::from_le_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
        // WAVE_FORMAT_EXTENSIBLE: the true tag begins the sub-format's GUID.
        if let (0xfffe, Some(sub)) = (tag, chunk.get(24..26)) {
            tag = u16::from_le_bytes([sub[0], sub[1]]);
        }
        let encoding = match (tag, bits) {
            (1, 8) => Encoding::Unsigned8,
            (1, 16) => Encoding::Signed16,
            (1, 24) => Encoding::Signed24,
            (1, 32) => Encoding::Signed32,
            (3, 32) => Encoding::Float32,
            (3, 64) => Encoding::Float64,
            (6, 8) => Encoding::G711(Codec::Pcma),
            (7, 8) => Encoding::G711(Codec::Pcmu),
            _ => return Err(WavError::Encoding { tag, bits }),
        };
        if !(1..=2).contains(&channels) {
            return Err(WavError::Channels(channels));
        }
        if !(4000..=192_000).contains(&rate_hz) {
            return Err(WavError::Rate(rate_hz));
        }
        Ok(Self { encoding, channels: usize::from(channels), rate_hz })
    }

    fn decode(&self, bytes: &[u8]) -> Clip {
        let mut samples = self.encoding.decode(bytes);
        if self.channels == 2 {
            samples = samples.chunks_exact(2).map(|pair| i16::midpoint(pair[0], pair[1])).collect();
        }
        Clip { rate_hz: self.rate_hz, samples }
    }
}

impl Encoding {
    fn decode(self, bytes: &[u8]) -> Vec<i16> {
        fn each<const N: usize>(bytes: &[u8], sample: impl Fn([u8; N]) -> i16) -> Vec<i16> {
            bytes.as_chunks::<N>().0.iter().map(|octets| sample(*octets)).collect()
        }
        // Casts from float saturate and turn what is not a number into silence.
        match self {
            Self::Unsigned8 => each(bytes, |[octet]| (i16::from(octet) - 128) << 8),
            Self::Signed16 => each(bytes, i16::from_le_bytes),
            Self::Signed24 => each(bytes, |[_, low, high]| i16::from_le_bytes([low, high])),
            Self::Signed32 => each(bytes, |[_, _, low, high]| i16::from_le_bytes([low, high])),
            Self::Float32 => each(bytes, |octets| (f32::from_le_bytes(octets) * 32_768.0) as i16),
            Self::Float64 => each(bytes, |octets| (f64::from_le_bytes(octets) * 32_768.0) as i16),
            Self::G711(codec) => {
                let mut samples = vec![0; bytes.len()];
                codec.decode_into(bytes, &mut samples);
                samples
            }
        }
    }
}

const HEADER_BYTES: u64 = 44;

/// Writes 16-bit 8 kHz sound as it comes; after each [`flush`](Self::flush) the file is whole, so a crash costs only what came after.
#[derive(Debug)]
pub struct WavWriter<W: Write + Seek> {
    writer: W,
    channels: u16,
    data_bytes: u64,
}

impl<W: Write + Seek> WavWriter<W> {
    /// Begins a mono file.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn mono(writer: W) -> io::Result<Self> {
        Self::begin(writer, 1)
    }

    /// Begins a stereo file.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn stereo(writer: W) -> io::Result<Self> {
        Self::begin(writer, 2)
    }

    fn begin(mut writer: W, channels: u16) -> io::Result<Self> {
        writer.write_all(&header(channels, 0))?;
        Ok(Self { writer, channels, data_bytes: 0 })
    }

    /// Appends 20 ms to a mono file, or the same sound to both channels of a stereo one.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&mut self, frame: &Frame8k) -> io::Result<()> {
        self.write_pair(frame, frame)
    }

    /// Appends 20 ms of two channels; a mono file gets their average.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_pair(&mut self, left: &Frame8k, right: &Frame8k) -> io::Result<()> {
        let mut bytes = [0; 640];
        let (chunks, _) = bytes.as_chunks_mut::<2>();
        let used = 160 * usize::from(self.channels);
        for (chunk, (left, right)) in chunks.chunks_exact_mut(usize::from(self.channels)).zip(left.0.iter().zip(&right.0)) {
            match chunk {
                [one] => *one = i16::midpoint(*left, *right).to_le_bytes(),
                [first, second, ..] => (*first, *second) = (left.to_le_bytes(), right.to_le_bytes()),
                [] => {}
            }
        }
        self.writer.write_all(&bytes[..2 * used])?;
        self.data_bytes += 2 * used as u64;
        Ok(())
    }

    /// Makes the file whole: the header says what has been written.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.seek(SeekFrom::Start(0))?;
        self.writer.write_all(&header(self.channels, self.data_bytes))?;
        self.writer.seek(SeekFrom::Start(HEADER_BYTES + self.data_bytes))?;
        self.writer.flush()
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.writer)
    }
}

fn header(channels: u16, data_bytes: u64) -> [u8; HEADER_BYTES as usize] {
    // Past 4 GiB, 37 hours of stereo, readers go by the end of the file.
    let data = u32::try_from(data_bytes).unwrap_or(u32::MAX);
    let mut header = *b"RIFF----WAVEfmt \x10\0\0\0\x01\0CC\x40\x1f\0\0bbbbaa\x10\0data----";
    header[4..8].copy_from_slice(&data.saturating_add(36).to_le_bytes());
    header[22..24].copy_from_slice(&channels.to_le_bytes());
    header[28..32].copy_from_slice(&(16_000 * u32::from(channels)).to_le_bytes());
    header[32..34].copy_from_slice(&(2 * channels).to_le_bytes());
    header[40..44].copy_from_slice(&data.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::super::Frame;
    use super::*;

    fn file(tag: u16, bits: u16, channels: u16, rate: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        for word in [tag, channels] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(rate.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data\xff\xff\xff\xff");
        bytes.extend(body);
        bytes
    }

    #[test]
    fn every_encoding_reads_to_the_same_samples() {
        let check = |tag, bits, body: &[u8]| {
            let clip = read_wav(&file(tag, bits, 1, 11_025, body)[..]).expect("a good file");
            assert_eq!((clip.rate_hz, clip.samples), (11_025, vec![0x4000, -0x4000]), "tag {tag}, {bits} bits");
        };
        check(1, 8, &[0xc0, 0x40]);
        check(1, 16, &[0, 0x40, 0, 0xc0]);
        check(1, 24, &[9, 0, 0x40, 9, 0, 0xc0]);
        check(1, 32, &[9, 9, 0, 0x40, 9, 9, 0, 0xc0]);
        check(3, 32, &[0.5_f32.to_le_bytes(), (-0.5_f32).to_le_bytes()].concat());
        check(3, 64, &[0.5_f64.to_le_bytes(), (-0.5_f64).to_le_bytes()].concat());
        let law = |tag, octet| read_wav(&file(tag, 8, 1, 8000, &[octet])[..]).expect("a good file").samples[0];
        assert_eq!((law(6, 0xaa), law(7, 0x80)), (32_256, 32_124));
    }

    #[test]
    fn stereo_is_averaged() {
        let clip = read_wav(&file(1, 16, 2, 8000, &[100, 0, 200, 0, 0xff, 0x7f, 0xff, 0x7f])[..]).expect("a good file");
        assert_eq!(clip.samples, [150, i16::MAX]);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let check = |bytes: Vec<u8>, expected: &str| {
            let error = read_wav(&bytes[..]).expect_err("a bad file").to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(b"ID3\x03 some song".to_vec(), "not a WAV file");
        check(b"RIFF\0\0\0\0WAVE".to_vec(), "`fmt`");
        check(b"RIFF\0\0\0\0WAVEdata\0\0\0\0".to_vec(), "`fmt`");
        let whole = file(1, 16, 1, 8000, &[]);
        check(whole[..whole.len() - 8].to_vec(), "`data`");
        check(file(85, 0, 2, 44_100, &[]), "encoding 85");
        check(file(1, 16, 6, 48_000, &[]), "6 channels");
        check(file(1, 16, 1, 0, &[]), "rate of 0");
    }

    #[test]
    fn a_file_is_whole_after_every_flush() {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::stereo(&mut bytes).expect("memory");
        writer.write_pair(&Frame([1000; 160]), &Frame([3000; 160])).expect("memory");
        writer.flush().expect("memory");
        writer.write(&Frame([7; 160])).expect("memory");
        // A crash here: the writer is not finished.
        let bytes = bytes.into_inner();
        assert_eq!(bytes[40..44], 640_u32.to_le_bytes());
        let clip = read_wav(&bytes[..]).expect("a whole file");
        assert_eq!(clip, Clip { rate_hz: 8000, samples: vec![2000; 160] });
    }

    #[test]
    fn what_is_written_mono_reads_back() {
        let mut writer = WavWriter::mono(Cursor::new(Vec::new())).expect("memory");
        let frame = Frame(std::array::from_fn(|n| n as i16 * 100 - 8000));
        for _ in 0..3 {
            writer.write(&frame).expect("memory");
            writer.flush().expect("memory");
        }
        let bytes = writer.finish().expect("memory").into_inner();
        assert_eq!(read_wav(&bytes[..]).expect("a whole file").samples, [frame.0; 3].concat());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body: Vec<u8>, tag in 0..9_u16, bits in prop::sample::select(vec![8_u16, 16, 24, 32, 64]), cut in 0..60_usize) {
            let whole = file(tag, bits, 2, 8000, &body);
            let _ = read_wav(&whole[..whole.len() - cut.min(whole.len())]);
            let _ = read_wav(&body[..]);
        }
    }
}
