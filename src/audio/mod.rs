//! Floor 1: samples to samples: typed 20 ms frames, codecs, resampling, level, tones, mixing, WAV.
//! Knows nothing of packets, calls or time.

mod frame;

pub use frame::{Frame, Frame8k, Frame16k};
