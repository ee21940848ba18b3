//! Floor 2: one RTP stream each way: jitter buffer, concealment, sequencing, DTMF, reports, symmetric-source lock.
//! Knows no SIP, no call, no speech.
