//! Floor 5: the webrtc crate: one browser peer as a tap listener; offer in, answer out, RTP out.
//! Knows no call and no HTTP.
