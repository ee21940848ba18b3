//! Floor 5: the business systems a dialplan looks up and updates over HTTP.
//! Knows no call and no audio.
