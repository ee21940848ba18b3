//! Floor 5: vosk, text-to-speech (espeak-ng, Kokoro), the prompt cache and the worker pools behind the speech traits.
//! Knows no call, no SIP, no store.

mod decoder;
mod ears;
mod fst;
mod grammar;
mod health;
mod kept_files;
mod kokoro;
mod leveller;
#[cfg(test)]
mod listening;
mod loudness;
mod model;
mod pool;
mod priority;
mod prompts;
mod pull;
mod readings;
mod remote;
mod ring;
mod sentences;
mod shelf;
mod transcribe;
mod voice;
mod voice_server;
#[cfg(test)]
mod voice_server_tests;
mod voices;
mod worker;

pub use ears::{EarCounters, Ears};
pub use kept_files::KeptFiles;
pub use kokoro::{KokoroVoice, VoiceSummary, check_voice};
pub use loudness::level_recording;
pub use model::{ModelError, ModelSummary, VoskModel, check_model};
pub use pool::{HearingSink, PoolCounters, RecognizerPool};
pub use priority::give_way;
pub use prompts::PromptCache;
pub use pull::{Checked, ModelKind, Present, PublicFile, PublicModel, PullError, PullProgress, PullSource, Pulled, pull, verify};
pub use remote::{RemoteCounters, RemoteEars};
pub use transcribe::{Transcript, hear_turn, transcribe};
pub use voice::Voice;
pub use voice_server::{RemoteVoice, SpeechFormat};
pub use voices::{VoiceCounters, Voices};
