//! What a phone tells of its call, as a line for people and as a line of JSON.
//! The JSON is a promise to whoever scripts `dial` and `answer`; see docs/ref/commands.md.

use std::time::Duration;

use serde::Serialize;

use crate::call::HandoffPacket;

/// Whose doing an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// This phone.
    Me,
    /// The other end.
    Far,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A phone rings; with the `User-to-User` header that came along, if one did.
    Ringing(Option<String>),
    /// A phone was answered.
    Answered,
    /// Something was said, or a recording played: its words or its file.
    Said(String),
    /// An utterance was recognised.
    Heard(String),
    /// Keys were pressed.
    Key(String),
    /// The hand-off packet came.
    Handoff(Box<HandoffPacket>),
    /// The hand-off came as text for people.
    HandoffText(String),
    /// The call is over.
    Ended(String),
}

/// One event of a phone's call.
#[derive(Clone, Debug, PartialEq)]
pub struct PhoneEvent {
    /// Which call, from 1; above 1 only where several are made.
    pub call: u32,
    /// Time since the call began.
    pub at: Duration,
    /// Whose doing it is.
    pub who: Who,
    /// What.
    pub what: Happening,
}

#[derive(Serialize)]
struct Line<'a> {
    t: u64,
    who: Who,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<&'a HandoffPacket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "is_first")]
    call: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_first(call: &u32) -> bool {
    *call <= 1
}

impl PhoneEvent {
    /// Writes the event as one line of JSON, without the line's end.
    #[must_use]
    pub fn json(&self) -> String {
        let t = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        let mut line = Line { t, who: self.who, event: self.name(), text: None, packet: None, reason: None, call: self.call };
        match &self.what {
            Happening::Ringing(text) => line.text = text.as_deref(),
            Happening::Answered => {}
            Happening::Said(text) | Happening::Heard(text) | Happening::Key(text) | Happening::HandoffText(text) => line.text = Some(text),
            Happening::Handoff(packet) => line.packet = Some(packet),
            Happening::Ended(reason) => line.reason = Some(reason),
        }
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Returns the event's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.what {
            Happening::Ringing(_) => "ringing",
            Happening::Answered => "answered",
            Happening::Said(_) => "said",
            Happening::Heard(_) => "heard",
            Happening::Key(_) => "key",
            Happening::Handoff(_) | Happening::HandoffText(_) => "handoff",
            Happening::Ended(_) => "ended",
        }
    }

    /// Writes the event for people: one line, more for a hand-off packet; without the last line's end.
    #[must_use]
    pub fn human(&self) -> String {
        let (minutes, seconds) = (self.at.as_secs() / 60, self.at.as_secs() % 60);
        let time = format!("{minutes:02}:{seconds:02}.{}", self.at.subsec_millis() / 100);
        let call = if self.call > 1 { format!(" #{}", self.call) } else { String::new() };
        let arrow = match self.who {
            Who::Me => "▶",
            Who::Far => "◀",
        };
        let what = match &self.what {
            Happening::Ringing(None) => "ringing".to_owned(),
            Happening::Ringing(Some(text)) => format!("ringing ({text})"),
            Happening::Answered => "answered".to_owned(),
            Happening::Said(text) | Happening::Heard(text) => text.clone(),
            Happening::Key(keys) => format!("keys {keys}"),
            Happening::Handoff(packet) => packet_for_people(packet),
            Happening::HandoffText(text) => format!("hand-off\n{}", indented(text.lines())),
            Happening::Ended(reason) => format!("ended: {reason}"),
        };
        format!("{time}{call} {arrow} {what}")
    }
}

fn packet_for_people(packet: &HandoffPacket) -> String {
    let slots = packet.slots.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name} = {text}"),
        None => format!("{name} = {value}"),
    });
    let slots = slots.collect::<Vec<_>>().join(", ");
    let mut lines = vec![
        format!("hotline  {}", packet.hotline),
        format!("caller   {}   mood {}   waited {} s", packet.caller, packet.mood, packet.waited_s),
        format!("reason   {}   queue {}", packet.reason, packet.queue),
        format!("wants    {}   {slots}", packet.intent.as_deref().unwrap_or("-")),
    ];
    lines.extend(packet.transcript.iter().map(|turn| format!("{:>6.1} s  {}: {}", turn.t as f64 / 1_000.0, turn.who, turn.text)));
    format!("hand-off\n{}", indented(lines.iter().map(String::as_str)))
}

fn indented<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| format!("          {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::PacketTurn;

    fn event(who: Who, what: Happening) -> PhoneEvent {
        PhoneEvent { call: 1, at: Duration::from_millis(61_234), who, what }
    }

    fn packet() -> HandoffPacket {
        HandoffPacket {
            tier: None,
            call: "x".into(),
            hotline: "优选母婴".into(),
            reason: "asked".into(),
            queue: "general".into(),
            intent: Some("order_status".into()),
            slots: [("order_number".to_owned(), "12345678".into())].into_iter().collect(),
            mood: "calm".into(),
            caller: "138****0000".into(),
            waited_s: 2,
            transcript: vec![PacketTurn { who: "caller".into(), text: "转人工".into(), t: 5_400 }],
        }
    }

    #[test]
    fn the_json_lines_keep_their_promised_shape() {
        for (event, line) in [
            (event(Who::Far, Happening::Ringing(None)), r#"{"t":61234,"who":"far","event":"ringing"}"#),
            (event(Who::Me, Happening::Said("转人工".into())), r#"{"t":61234,"who":"me","event":"said","text":"转人工"}"#),
            (event(Who::Far, Happening::Heard("您好".into())), r#"{"t":61234,"who":"far","event":"heard","text":"您好"}"#),
            (event(Who::Me, Happening::Key("1#".into())), r#"{"t":61234,"who":"me","event":"key","text":"1#"}"#),
            (event(Who::Far, Happening::Ended("bye".into())), r#"{"t":61234,"who":"far","event":"ended","reason":"bye"}"#),
        ] {
            assert_eq!(event.json(), line);
        }
        let third = PhoneEvent { call: 3, ..event(Who::Me, Happening::Answered) };
        assert_eq!(third.json(), r#"{"t":61234,"who":"me","event":"answered","call":3}"#);
    }

    #[test]
    fn the_packet_is_whole_in_json_and_readable_for_people() {
        let event = event(Who::Far, Happening::Handoff(Box::new(packet())));
        let json: serde_json::Value = serde_json::from_str(&event.json()).expect("json");
        assert_eq!(json["event"], "handoff");
        assert_eq!(json["packet"]["slots"]["order_number"], "12345678");
        assert_eq!(json["packet"]["transcript"][0]["text"], "转人工");
        let human = event.human();
        assert!(human.starts_with("01:01.2 ◀ hand-off\n"), "{human}");
        for shown in ["138****0000", "order_number = 12345678", "5.4 s  caller: 转人工", "asked"] {
            assert!(human.contains(shown), "{human}");
        }
    }
}
