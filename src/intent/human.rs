//! How callers ask for a person, in words that need no example in the dialplan.

use super::text::{Unit, plain, sounds, units};

/// Asking for a person when said anywhere.
const ANYWHERE: &[&str] = &[
    "人工",
    "真人",
    "活人",
    "找客服",
    "转客服",
    "叫客服",
    "接客服",
    "找个客服",
    "客服人员",
    "human",
    "agent",
    "operator",
    "representative",
    "real person",
    "speak to someone",
    "talk to someone",
    "speak to a person",
    "talk to a person",
];
/// Asking for a person when nothing else is said.
const ALONE: &[&str] = &["客服", "人", "找人", "找个人", "person", "someone"];
/// What makes a request of it the opposite, right before it.
const NOT: &[&str] = &[" 不 要 ", " 不 用 ", " 不 想 ", " 不 需 要 ", " 别 ", " 不 转 ", " 不 找 ", " dont want a ", " no "];
/// Where the words mean something else.
const ELSEWHERE: &[&str] = &[" 人 工 智 能 ", " 人 工 费 ", " 人 工 成 本 "];

/// Words to listen for so that asking for a person is heard: Chinese, then English.
pub const HUMAN_WORDS: &[&str] = &["转人工", "人工", "人工客服", "找客服", "operator", "agent", "human"];

/// Whether words ask for a person: they are known without examples.
#[must_use]
pub fn asks_for_person(text: &str) -> bool {
    asked_for(&units(text)).is_some()
}

/// Returns how sure it is that a person is asked for, and the words that say so.
pub(super) fn asked_for(said: &[Unit]) -> Option<(f32, &'static str)> {
    let text = plain(said);
    if ELSEWHERE.iter().any(|other| text.contains(other)) {
        return None;
    }
    let bare: Vec<Unit> = said.iter().filter(|unit| !unit.filler).cloned().collect();
    for words in ALONE {
        if plain(&units(words)) == text || plain(&units(words)) == plain(&bare) && said.len() <= 5 {
            return Some((0.95, words));
        }
    }
    for words in ANYWHERE {
        let wanted = plain(&units(words));
        if let Some(place) = text.find(&wanted) {
            let before = &text[..=place];
            let denied = NOT.iter().any(|not| before.ends_with(not) || before.ends_with(&format!("{not}转 ")));
            return (!denied).then_some((0.97, words));
        }
    }
    let sounded = sounds(said);
    for words in ["转人工", "人工客服", "找人工"] {
        if sounded.contains(&sounds(&units(words))) {
            return Some((0.93, words));
        }
    }
    (sounded == sounds(&units("人工"))).then_some((0.92, "人工"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_a_person_is_told_from_speaking_of_one() {
        for (text, wanted) in [
            ("转人工", true),
            ("人工客服", true),
            ("我要找人工", true),
            ("专人公", true),
            ("客服", true),
            ("operator", true),
            ("I want to speak to a human please", true),
            ("不用转人工", false),
            ("人工智能是什么", false),
            ("我要查订单", false),
            ("", false),
        ] {
            assert_eq!(asks_for_person(text), wanted, "{text}");
        }
    }
}
