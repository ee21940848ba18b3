//! What a seat knows before it answers. The same shape in SIP, API and page; phone, ID and card numbers are masked in all of it.

use serde::{Deserialize, Serialize};

/// The hand-off packet, as `application/vnd.bellhop.handoff+json` carries it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HandoffPacket {
    /// The call's id.
    pub call: String,
    /// The hotline's name.
    pub hotline: String,
    /// Why the caller is handed over.
    pub reason: String,
    /// The queue.
    pub queue: String,
    /// The seats' tier that was preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// What the caller wanted, if known.
    pub intent: Option<String>,
    /// What was collected, by slot, masked.
    pub slots: serde_json::Map<String, serde_json::Value>,
    /// calm, annoyed or angry.
    pub mood: String,
    /// The caller's number, masked.
    pub caller: String,
    /// Seconds the caller has waited in the queue.
    pub waited_s: u32,
    /// The conversation so far.
    pub transcript: Vec<PacketTurn>,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacketTurn {
    /// caller, robot or seat.
    pub who: String,
    /// The words, masked.
    pub text: String,
    /// Milliseconds since the call began.
    pub t: u64,
}
