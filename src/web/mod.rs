//! Floor 7: the HTTP and WebSocket API and the tap page; carries offers and answers to `browser` through the exchange.
//! Knows no SIP, RTP or SQL text.
