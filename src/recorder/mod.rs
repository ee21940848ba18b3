//! Floor 5: recordings on a writer thread, bounded; a full disk is a counter and a fact.
//! Knows no SIP.
