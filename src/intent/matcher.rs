//! The matcher: examples in, ranked guesses out. Two models, what is written and how it sounds, whose probabilities are averaged;
//! each weighs the n-grams that an utterance shares with an intent's examples.

use std::collections::{BTreeMap, BTreeSet};

use super::human::asked_for;
use super::text::{Unit, is_chinese, plain, sounds, units};
use super::{Example, Guess};

/// The built-in intent of a caller who asks for a person.
pub const HUMAN: &str = "human";

/// What an n-gram of units that tell little is worth.
const FILLER_WEIGHT: f32 = 0.15;
/// The similarity at which a guess is as likely right as wrong, and how fast that changes around it.
const MIDDLE: f32 = 0.52;
const STEEPNESS: f32 = 8.8;
/// From this lead over the next intent on, the next one does not matter.
const CLEAR_LEAD: f32 = 0.15;
/// What an example said word for word is worth.
const SAID: f32 = 0.97;
/// What an example is worth that sounds the same.
const SOUNDED: f32 = 0.93;

/// What was said before, which can tip the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The intent of the turn before.
    pub last_intent: Option<&'a str>,
}

/// Scores words against a dialplan's intents.
#[derive(Debug)]
pub struct Matcher {
    examples: Vec<Learnt>,
    intents: Vec<String>,
    human: String,
    written: Model,
    sounded: Model,
}

#[derive(Debug)]
struct Learnt {
    intent: usize,
    text: String,
    plain: String,
    sounds: String,
    content: usize,
    written: BTreeSet<String>,
    sounded: BTreeSet<String>,
}

/// In how many intents each n-gram occurs, and which intents have it.
#[derive(Debug, Default)]
struct Model {
    intents: BTreeMap<String, BTreeSet<usize>>,
    of: usize,
}

impl Matcher {
    /// Learns from examples; intents without examples are never guessed, [`HUMAN`] always.
    #[must_use]
    pub fn train(examples: &[Example]) -> Self {
        let mut matcher = Self {
            examples: Vec::new(),
            intents: Vec::new(),
            human: HUMAN.to_owned(),
            written: Model::default(),
            sounded: Model::default(),
        };
        for example in examples {
            let said = units(&example.text);
            if said.is_empty() {
                continue;
            }
            if asked_for(&said).is_some() && matcher.human == HUMAN && !examples.iter().any(|other| other.intent == HUMAN) {
                matcher.human.clone_from(&example.intent);
            }
            let intent = matcher.intent(&example.intent);
            let learnt = Learnt {
                intent,
                text: example.text.clone(),
                plain: plain(&said),
                sounds: sounds(&said),
                content: said.iter().filter(|unit| !unit.filler).count(),
                written: written_grams(&said).into_keys().collect(),
                sounded: sounded_grams(&said).into_keys().collect(),
            };
            matcher.written.learn(intent, &learnt.written);
            matcher.sounded.learn(intent, &learnt.sounded);
            matcher.examples.push(learnt);
        }
        matcher.written.of = matcher.intents.len();
        matcher.sounded.of = matcher.intents.len();
        matcher
    }

    /// Returns the intent that asks for a person: the dialplan's where one of its examples does, else [`HUMAN`].
    #[must_use]
    pub fn human_intent(&self) -> &str {
        &self.human
    }

    /// Ranks the intents for an n-best list of texts with their weights, best first.
    #[must_use]
    pub fn guess(&self, hypotheses: &[(&str, f32)], context: Context<'_>) -> Vec<Guess> {
        let total: f32 = hypotheses.iter().map(|(_, weight)| weight.max(0.0)).sum();
        let mut sums: BTreeMap<String, (f32, f32, String)> = BTreeMap::new();
        for (text, weight) in hypotheses {
            let share = if total > 0.0 { weight.max(0.0) / total } else { 1.0 / hypotheses.len() as f32 };
            for guess in self.guess_one(text, context) {
                let sum = sums.entry(guess.intent).or_insert_with(|| (0.0, -1.0, String::new()));
                sum.0 += share * guess.confidence;
                if share * guess.confidence > sum.1 {
                    (sum.1, sum.2) = (share * guess.confidence, guess.nearest);
                }
            }
        }
        let mut guesses: Vec<Guess> =
            sums.into_iter().map(|(intent, (confidence, _, nearest))| Guess { intent, confidence, nearest }).collect();
        guesses.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.intent.cmp(&b.intent)));
        guesses
    }

    fn intent(&mut self, name: &str) -> usize {
        self.intents.iter().position(|known| known == name).unwrap_or_else(|| {
            self.intents.push(name.to_owned());
            self.intents.len() - 1
        })
    }

    fn guess_one(&self, text: &str, context: Context<'_>) -> Vec<Guess> {
        let said = units(text);
        if said.is_empty() {
            return Vec::new();
        }
        let written = self.similarities(&self.written, &written_grams(&said), |learnt| &learnt.written);
        let sounded = self.similarities(&self.sounded, &sounded_grams(&said), |learnt| &learnt.sounded);
        let mut scores = Vec::with_capacity(self.intents.len());
        for (intent, (by_writing, by_sound)) in written.iter().zip(&sounded).enumerate() {
            let nearest = if by_writing.0 >= by_sound.0 { by_writing.1 } else { by_sound.1 };
            let of_last = context.last_intent == self.intents.get(intent).map(String::as_str);
            let lean = if of_last { 0.02 } else { 0.0 };
            let confidence = f32::midpoint(likelihood(by_writing.0 + lean), likelihood(by_sound.0 + lean));
            scores.push((intent, f32::midpoint(by_writing.0, by_sound.0), confidence, nearest));
        }
        let whole = self.said_whole(&said);
        let mut guesses = Vec::new();
        for (intent, score, confidence, nearest) in &scores {
            let rival = scores.iter().filter(|other| other.0 != *intent).map(|other| other.1).fold(0.0, f32::max);
            let lead = ((score - rival) / CLEAR_LEAD).clamp(-1.0, 1.0);
            let mut guess = Guess {
                intent: self.intents[*intent].clone(),
                confidence: confidence * f32::midpoint(1.0, lead),
                nearest: nearest.map(|place| self.examples[place].text.clone()).unwrap_or_default(),
            };
            match &whole {
                Some((of, sure, example)) if of == intent => {
                    guess.confidence = guess.confidence.max(*sure);
                    guess.nearest.clone_from(&self.examples[*example].text);
                }
                Some((_, sure, _)) => guess.confidence = guess.confidence.min(1.0 - sure),
                None => {}
            }
            guesses.push(guess);
        }
        if let Some((sure, words)) = asked_for(&said) {
            for guess in &mut guesses {
                guess.confidence *= if guess.intent == self.human { 1.0 } else { 1.0 - sure };
            }
            match guesses.iter_mut().find(|guess| guess.intent == self.human) {
                Some(guess) => guess.confidence = guess.confidence.max(sure),
                None => guesses.push(Guess { intent: self.human.clone(), confidence: sure, nearest: words.to_owned() }),
            }
        }
        guesses.retain(|guess| guess.confidence > 0.01);
        guesses
    }

    /// The longest example that is said within the utterance, if only one intent has it.
    fn said_whole(&self, said: &[Unit]) -> Option<(usize, f32, usize)> {
        let (text, sound) = (plain(said), sounds(said));
        let mut found: Option<(usize, f32, usize)> = None;
        let mut rivals = false;
        for (place, learnt) in self.examples.iter().enumerate() {
            let syllables = learnt.sounds.split_whitespace().count();
            let exact = learnt.plain == text;
            let sure = if exact || (learnt.content >= 2 && text.contains(&learnt.plain)) {
                SAID
            } else if learnt.content >= 2 && syllables >= 3 && sound.contains(&learnt.sounds) {
                SOUNDED
            } else {
                continue;
            };
            let length = |place: usize, sure: f32| (sure > SOUNDED, self.examples[place].plain.len());
            match found {
                Some((_, known_sure, known)) if length(place, sure) < length(known, known_sure) => {}
                Some((intent, known_sure, known)) if length(place, sure) == length(known, known_sure) => rivals |= intent != learnt.intent,
                _ => {
                    rivals = false;
                    found = Some((learnt.intent, sure, place));
                }
            }
        }
        found.filter(|_| !rivals)
    }

    /// For each intent how much the utterance is like it, and its nearest example.
    fn similarities(
        &self,
        model: &Model,
        said: &BTreeMap<String, f32>,
        grams: impl Fn(&Learnt) -> &BTreeSet<String>,
    ) -> Vec<(f32, Option<usize>)> {
        let weight = |gram: &String, own: f32| own * model.telling(gram);
        let all: f32 = said.iter().map(|(gram, own)| weight(gram, *own)).sum();
        let mut best = vec![(0.0, None); self.intents.len()];
        for (place, learnt) in self.examples.iter().enumerate() {
            let shared: f32 = said.iter().filter(|(gram, _)| grams(learnt).contains(*gram)).map(|(gram, own)| weight(gram, *own)).sum();
            let example: f32 = grams(learnt).iter().map(|gram| weight(gram, own_weight(gram))).sum();
            let alike = if all + example > 0.0 { 2.0 * shared / (all + example) } else { 0.0 };
            if alike > best[learnt.intent].0 {
                best[learnt.intent] = (alike, Some(place));
            }
        }
        best.into_iter()
            .enumerate()
            .map(|(intent, (alike, place))| {
                let known: f32 = said.iter().filter(|(gram, _)| model.has(intent, gram)).map(|(gram, own)| weight(gram, *own)).sum();
                let covered = if all > 0.0 { known / all } else { 0.0 };
                (0.55 * alike + 0.45 * covered, place)
            })
            .collect()
    }
}

impl Model {
    fn learn(&mut self, intent: usize, grams: &BTreeSet<String>) {
        for gram in grams {
            self.intents.entry(gram.clone()).or_default().insert(intent);
        }
    }

    fn has(&self, intent: usize, gram: &String) -> bool {
        self.intents.get(gram).is_some_and(|of| of.contains(&intent))
    }

    /// 1.0 for what one intent alone has or none; less, the more intents share it.
    fn telling(&self, gram: &String) -> f32 {
        let shared = self.intents.get(gram).map_or(1, BTreeSet::len).max(1) as f32;
        let of = self.of.max(1) as f32;
        (1.0 + of / shared).ln() / (1.0 + of).ln()
    }
}

/// Whether words are said within an utterance, as written or by sound (at least two syllables).
#[must_use]
pub fn sounds_within(words: &str, utterance: &str) -> bool {
    let (wanted, said) = (units(words), units(utterance));
    !wanted.is_empty() && (plain(&said).contains(&plain(&wanted)) || (wanted.len() >= 2 && sounds(&said).contains(&sounds(&wanted))))
}

fn likelihood(similarity: f32) -> f32 {
    1.0 / (1.0 + (-STEEPNESS * (similarity - MIDDLE)).exp())
}

/// Single units and pairs; a gram carries its own weight in its first character, so that examples need no second table.
fn written_grams(said: &[Unit]) -> BTreeMap<String, f32> {
    grams(said, |unit| unit.text.clone())
}

/// Syllables and their pairs; for other words their letters in threes, which forgives endings.
fn sounded_grams(said: &[Unit]) -> BTreeMap<String, f32> {
    let mut all = BTreeMap::new();
    if said.iter().any(|unit| unit.text.chars().all(is_chinese)) {
        return grams(said, |unit| unit.sound.clone());
    }
    for unit in said {
        let letters: Vec<char> = format!("^{}$", unit.text).chars().collect();
        for three in letters.windows(3.min(letters.len())) {
            insert(&mut all, &three.iter().collect::<String>(), if unit.filler { 'f' } else { 'm' });
        }
    }
    all
}

fn grams(said: &[Unit], part: impl Fn(&Unit) -> String) -> BTreeMap<String, f32> {
    let mut all = BTreeMap::new();
    for unit in said {
        insert(&mut all, &part(unit), if unit.filler { 'f' } else { 'c' });
    }
    for pair in said.windows(2) {
        let kind = match (pair[0].filler, pair[1].filler) {
            (true, true) => 'f',
            (false, false) => 'c',
            _ => 'm',
        };
        insert(&mut all, &format!("{} {}", part(&pair[0]), part(&pair[1])), kind);
    }
    all
}

fn insert(all: &mut BTreeMap<String, f32>, gram: &str, kind: char) {
    let gram = format!("{kind}{gram}");
    let own = own_weight(&gram);
    all.insert(gram, own);
}

fn own_weight(gram: &str) -> f32 {
    match gram.chars().next() {
        Some('f') => FILLER_WEIGHT,
        Some('m') => 0.5,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher() -> Matcher {
        let intents: &[(&str, &[&str])] = &[
            (
                "order_status",
                &["我要查订单", "查一下我的订单", "我的快递到哪了", "物流怎么还没更新", "check my order", "where is my package"],
            ),
            ("return_milk", &["我想退货", "奶粉能退吗", "怎么退款", "I want a refund", "return my order"]),
            ("promotion", &["现在有什么活动", "双十一优惠", "any discounts"]),
            ("complaint", &["我要投诉", "你们太不负责了", "make a complaint"]),
            ("opening_hours", &["你们几点上班", "营业时间是几点", "opening hours"]),
        ];
        let examples: Vec<Example> = intents
            .iter()
            .flat_map(|(intent, texts)| texts.iter().map(|text| Example { intent: (*intent).to_owned(), text: (*text).to_owned() }))
            .collect();
        Matcher::train(&examples)
    }

    fn best(text: &str) -> (String, f32) {
        matcher()
            .guess(&[(text, 1.0)], Context::default())
            .into_iter()
            .next()
            .map_or_else(|| ("-".to_owned(), 0.0), |guess| (guess.intent, guess.confidence))
    }

    #[test]
    fn what_is_an_example_or_contains_one_is_acted_on() {
        for (text, wanted) in [
            ("我要查订单", "order_status"),
            ("你好，我要查订单，谢谢", "order_status"),
            ("查一下我的订单12345678", "order_status"),
            ("我想退货", "return_milk"),
            ("Check my order, please.", "order_status"),
            ("我要投诉你们", "complaint"),
            ("转人工", HUMAN),
            ("operator", HUMAN),
        ] {
            let (intent, confidence) = best(text);
            assert!(intent == wanted && confidence >= 0.95, "{text}: {intent} {confidence}");
        }
    }

    #[test]
    fn words_near_an_example_are_at_least_asked_about() {
        for (text, wanted) in [
            ("帮我查查订单", "order_status"),
            ("订单查一下", "order_status"),
            ("快递到哪里了", "order_status"),
            ("我要茶订单", "order_status"),
            ("想退货怎么弄", "return_milk"),
            ("有没有什么优惠活动", "promotion"),
            ("我要头诉", "complaint"),
            ("几点开始上班", "opening_hours"),
            ("where is the package", "order_status"),
            ("can I get a refund", "return_milk"),
            ("complaints", "complaint"),
        ] {
            let (intent, confidence) = best(text);
            assert!(intent == wanted && confidence >= 0.5, "{text}: {intent} {confidence}");
        }
    }

    #[test]
    fn foreign_words_are_not_understood() {
        for text in ["今天天气怎么样", "[unk]", "", "给我讲个笑话", "你喜欢什么颜色", "what is the weather today", "嗯", "……"]
        {
            let (intent, confidence) = best(text);
            assert!(confidence < 0.5, "{text}: {intent} {confidence}");
        }
    }

    #[test]
    fn the_n_best_list_votes() {
        let guesses = matcher().guess(&[("我要插单", 0.4), ("我要查订单", 0.35), ("查一下我的订单", 0.25)], Context::default());
        assert_eq!(guesses[0].intent, "order_status");
        assert!(guesses[0].confidence >= 0.6, "{guesses:?}");
    }

    #[test]
    fn an_example_of_two_intents_decides_for_neither() {
        let examples = ["a", "b"].map(|intent| Example { intent: intent.into(), text: "我要查订单".into() });
        let guesses = Matcher::train(&examples).guess(&[("我要查订单", 1.0)], Context::default());
        assert!(guesses.iter().all(|guess| guess.confidence < 0.9), "{guesses:?}");
    }

    #[test]
    fn a_guess_names_its_nearest_example_and_a_plans_own_way_to_a_person_is_used() {
        let guesses = matcher().guess(&[("我的快递到哪里啦", 1.0)], Context::default());
        assert_eq!(guesses[0].nearest, "我的快递到哪了");
        let own = Matcher::train(&[Example { intent: "desk".into(), text: "转人工".into() }]);
        assert_eq!(own.guess(&[("operator", 1.0)], Context::default())[0].intent, "desk");
    }

    #[test]
    fn confidence_is_a_probability_and_ranks() {
        for text in ["我要查订单", "订单", "退", "查订单退货", "a b c", "我"] {
            let guesses = matcher().guess(&[(text, 0.7), ("退货", 0.0)], Context::default());
            assert!(guesses.iter().all(|guess| (0.0..=1.0).contains(&guess.confidence)), "{guesses:?}");
            assert!(guesses.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence));
        }
    }
}
