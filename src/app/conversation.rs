//! A conversation in writing as people read it: who, what, and what the robot made of it.

use crate::base::Language;
use crate::rehearsal::{TalkLine, TalkWhat};

/// Renders the lines of a conversation; `differs` is the line from which on it is not what was expected.
#[must_use]
pub fn shown(lines: &[TalkLine], differs: Option<usize>, lang: Language) -> Vec<String> {
    let mut out = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let mark = if differs == Some(number) { "≠" } else { " " };
        let (who, text) = worded(&line.what, lang);
        let at = if who.is_empty() { "      ".to_owned() } else { format!("{:>5.1}s", line.at.as_secs_f64()) };
        out.push(format!("{mark} {at}  {who}  {text}"));
    }
    out
}

/// Says who did what; things that nobody hears have no who.
#[must_use]
pub fn worded(what: &TalkWhat, lang: Language) -> (String, String) {
    let pick = |zh: &str, en: &str| if lang == Language::Zh { zh.to_owned() } else { en.to_owned() };
    let robot = || pick("机器人", "robot ");
    let caller = || pick("客户  ", "caller");
    let quiet = || pick("      ", "      ");
    match what {
        TalkWhat::Robot { text, cut: None, .. } => (robot(), text.clone()),
        TalkWhat::Robot { text, cut: Some(heard), .. } => {
            let said: String = text.chars().take(*heard).collect();
            let rest: String = text.chars().skip(*heard).collect();
            (robot(), format!("{said}▏{}", if rest.is_empty() { String::new() } else { format!("({rest})") }))
        }
        TalkWhat::Caller { text, heard: None } => (caller(), text.clone()),
        TalkWhat::Caller { text, heard: Some(heard) } => (caller(), format!("{text}  ({} {heard})", pick("听成", "heard as"))),
        TalkWhat::Keys(keys) => (caller(), format!("[{}] {keys}", pick("按键", "keys"))),
        TalkWhat::Silence(lasting) => (caller(), format!("[{} {} s]", pick("不说话", "silence"), lasting.as_secs_f64())),
        TalkWhat::Intent { name, confidence, .. } => (quiet(), format!("→ {name} {confidence:.2}")),
        TalkWhat::Slot { name, value } => (quiet(), format!("→ {name} = {value}")),
        TalkWhat::Lookup { source, request, outcome } => {
            let short: String = outcome.chars().take(100).collect();
            (quiet(), format!("→ {source}: {request} → {short}{}", if short.len() < outcome.len() { "…" } else { "" }))
        }
        TalkWhat::Did(what) => (quiet(), format!("→ {what}")),
        TalkWhat::Note(text) => (quiet(), format!("· {text}")),
        TalkWhat::HandedOver { queue, tier, reason } => {
            let tier = tier.as_ref().map(|tier| format!(", tier {tier}")).unwrap_or_default();
            (quiet(), format!("⇒ {} queue {queue}{tier}, reason {reason}", pick("转人工", "handed over:")))
        }
        TalkWhat::Seat(what) => (quiet(), format!("· {what}")),
        TalkWhat::RobotHungUp => (robot(), pick("[挂机]", "[hangs up]")),
        TalkWhat::CallerHungUp => (caller(), pick("[挂机]", "[hangs up]")),
    }
}
