//! Floor 1: samples to samples: typed 20 ms frames, codecs, resampling, level, tones, mixing, WAV.
//! Knows nothing of packets, calls or time.

mod codec;
mod doubler;
mod frame;
mod gain;
mod level;
mod mix;
mod music;
mod resample;
mod tones;
mod wav;

pub use codec::Codec;
pub use doubler::Doubler;
pub use frame::{Frame, Frame8k, Frame16k};
pub use gain::Gain;
pub use level::{FLOOR_DBFS, level_dbfs};
pub use mix::{mix, sum};
pub use resample::{Downsampler, Resampler, Upsampler, resample};
pub use tones::{Sound, SoundSource};
pub use wav::{Clip, WavError, WavWriter, read_wav};
