//! What a leg's stream has counted joins the program's counters when the leg is over. Never per packet.

use crate::stream::StreamCounters;

/// Adds the counts of a leg, `caller` or `seat`.
pub(super) fn count(leg: &'static str, counters: &StreamCounters) {
    for (what, value) in [
        ("received", counters.received),
        ("sent", counters.sent),
        ("lost", counters.lost),
        ("late", counters.late),
        ("duplicate", counters.duplicate),
        ("concealed", counters.concealed),
        ("stranger", counters.strangers),
        ("wrong_payload", counters.wrong_payload),
        ("malformed", counters.malformed),
        ("unproven", counters.unproven),
        ("key", counters.keys),
        ("key_dropped", counters.keys_dropped),
        ("restart", counters.restarts),
    ] {
        metrics::counter!("bellhop_rtp_total", "leg" => leg, "what" => what).increment(value);
    }
}
