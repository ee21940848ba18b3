//! Floor 6: a call in virtual time: scripted caller and seat, simulated network, faked sources.
//! Knows no socket and not the exchange.
