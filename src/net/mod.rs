//! Floor 5: the only SIP and RTP sockets.
//! Does not know what a call is.
