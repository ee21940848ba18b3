//! Floor 5: sqlx: calls, turns, transcripts; masking before storage, retention.
//! Knows no SIP, no audio, no HTTP.
