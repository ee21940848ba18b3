//! Floor 5: vosk, text-to-speech, the prompt cache and the worker pools behind the speech traits.
//! Knows no call, no SIP, no store.
