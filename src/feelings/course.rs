//! How a caller feels in the course of a call: the words of each utterance, the voice they were said in, and the same request once more.
//! Knows no dialplan: who asks decides what follows.

use super::words::{Cue, Signs, signs};
use super::{Kind, Strain};
use crate::base::Mood;

/// From these weights on.
const ANNOYED: f32 = 1.0;
const ANGRY: f32 = 2.0;
/// A voice alone never shows more than annoyance: no words, no anger.
const VOICE_ALONE: f32 = 1.9;
/// Utterances kept to notice a repetition.
const KEPT: usize = 6;
/// The fewest letters or Chinese signs of a request that can be repeated.
const SHORTEST: usize = 3;
/// From this likeness on two utterances are the same request.
const SAME: f32 = 0.74;
/// A cue that weighs less lets nobody down: it is quoted or asked about.
const LEAST_LET_DOWN: f32 = 0.6;
/// The cues kept for the record.
const MOST_TOLD: usize = 5;

/// What an utterance shows, in the light of those before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Felt {
    /// The mood.
    pub mood: Mood,
    /// The caller is not satisfied with what was said or done.
    pub let_down: bool,
    /// What led to it, in the record's words: `insult: 骗子`, `voice: 7 dB louder`. The heaviest first, at most five.
    pub why: Vec<String>,
}

/// One caller's feelings.
#[derive(Clone, Debug, Default)]
pub struct Course {
    said: Vec<Vec<char>>,
}

impl Course {
    /// Makes the course of a call that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an utterance, and how the voice was strained in it where that is known.
    pub fn hear(&mut self, text: &str, voice: Option<&Strain>) -> Felt {
        let Signs { weight: mut words, mut cues } = signs(text);
        // Who asks the same again may have been answered: that alone lets nobody down.
        let not_content = cues.iter().any(|cue| of_the_answer(cue.kind) && cue.weight >= LEAST_LET_DOWN);
        if let Some(cue) = self.again(text) {
            words += cue.weight;
            cues.push(cue);
        }
        let voice = voice.map(Strain::cues).unwrap_or_default();
        let strained: f32 = voice.iter().map(|cue| cue.weight).sum();
        let weight = if words < ANNOYED { (words + strained).min(VOICE_ALONE) } else { words + strained };
        cues.extend(voice);
        let mood = match weight {
            _ if weight >= ANGRY => Mood::Angry,
            _ if weight >= ANNOYED => Mood::Annoyed,
            _ => Mood::Calm,
        };
        let let_down = mood == Mood::Angry || not_content;
        cues.retain(|cue| cue.weight > 0.0);
        cues.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let shows = mood > Mood::Calm || let_down;
        let why = cues.into_iter().take(if shows { MOST_TOLD } else { 0 });
        Felt { mood, let_down, why: why.map(|cue| format!("{}: {}", cue.kind.as_str(), cue.words)).collect() }
    }

    /// The same request a third time is a reproach, a second time the half of one.
    fn again(&mut self, text: &str) -> Option<Cue> {
        let words = text.to_lowercase();
        let words = words.split_whitespace().filter(|word| !NUMBERS.contains(word));
        let plain: Vec<char> = words.flat_map(str::chars).filter(|sign| sign.is_alphanumeric() && !PARTICLES.contains(*sign)).collect();
        let telling = plain.iter().filter(|sign| !is_number(**sign)).count();
        if telling < SHORTEST {
            return None;
        }
        let before = self.said.iter().filter(|said| likeness(said, &plain) >= SAME).count();
        if self.said.len() == KEPT {
            self.said.remove(0);
        }
        self.said.push(plain);
        let weight = match before {
            0 => return None,
            1 => 0.5,
            _ => ANNOYED,
        };
        let times = before + 1;
        Some(Cue { kind: Kind::Repetition, words: format!("{times} × {}", text.trim()), weight })
    }
}

/// What may end the same words differently.
const PARTICLES: &str = "啊呀吧呢嘛啦哦哎唉嗯";

const NUMBERS: &[&str] = &[
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "double", "triple", "hundred", "thousand",
];

/// What is said of how the hotline does, not of what happened before the call.
const fn of_the_answer(kind: Kind) -> bool {
    matches!(kind, Kind::LetDown | Kind::Disappointment | Kind::Repetition | Kind::Impatience | Kind::Irony | Kind::Contempt)
}

fn is_number(sign: char) -> bool {
    sign.is_ascii_digit() || "零一二三四五六七八九幺两十百千".contains(sign)
}

/// How alike two texts are, 0 to 1: the pairs of signs of the shorter that the other has. What is said around a request does not matter.
fn likeness(one: &[char], other: &[char]) -> f32 {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() * 3 < long.len() {
        return 0.0;
    }
    let pairs: Vec<&[char]> = long.windows(2).collect();
    let shared = short.windows(2).filter(|pair| pairs.contains(pair)).count();
    shared as f32 / short.windows(2).count().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moods_come_with_their_reasons() {
        let mut course = Course::new();
        assert_eq!(course.hear("我要查订单", None), Felt::default());
        let felt = course.hear("我都说了三遍了你还听不懂", None);
        assert_eq!((felt.mood, felt.let_down), (Mood::Annoyed, true), "{felt:?}");
        let felt = course.hear("你们这些骗子", None);
        assert_eq!((felt.mood, felt.why.join("；")), (Mood::Angry, "insult: 骗子".to_owned()));
        let felt = course.hear("你说的不是我要的", None);
        assert!(felt.let_down, "{felt:?}");
    }

    #[test]
    fn the_third_time_is_a_reproach_and_a_number_is_none() {
        let mut course = Course::new();
        let moods: Vec<Mood> = ["查订单", "我要查订单", "查订单啊"].iter().map(|text| course.hear(text, None).mood).collect();
        assert_eq!(moods, [Mood::Calm, Mood::Calm, Mood::Annoyed]);
        for text in ["一二三四", "一二三四", "一二三四", "对", "对", "对", "12345", "12345", "12345"] {
            assert_eq!(course.hear(text, None).mood, Mood::Calm, "{text}");
        }
    }

    #[test]
    fn a_voice_adds_to_words_and_alone_shows_annoyance_at_most() {
        let strain = Strain { louder_db: 12.0, higher_semitones: 6.0, faster: 1.6 };
        let felt = Course::new().hear("我要查订单", Some(&strain));
        assert_eq!(felt.mood, Mood::Annoyed, "{felt:?}");
        assert!(felt.why.iter().any(|why| why.starts_with("voice: ") && why.contains("louder")), "{felt:?}");
        let felt = Course::new().hear("等了半天都没人理我", Some(&strain));
        assert_eq!(felt.mood, Mood::Angry, "{felt:?}");
        let calm = Strain { louder_db: 2.0, higher_semitones: 0.5, faster: 1.1 };
        assert_eq!(Course::new().hear("我要查订单", Some(&calm)), Felt::default());
    }
}
