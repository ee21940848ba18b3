//! Floor 1: bytes to values and back: SDP, RTP, RTCP, telephone-event, SIP header values.
//! Knows no state over time and no socket.

pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod sip_headers;
pub mod telephone_event;
