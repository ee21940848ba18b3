//! The matcher: examples in, ranked guesses out. What is an example word for word, or asks for a person, is decided by rule;
//! everything else by the model, whose confidence is calibrated when it is trained.

use std::collections::{BTreeMap, HashMap};

use super::background::like_background;
use super::calibration::{Calibration, FEWEST};
use super::human::asked_for;
use super::model::{Model, Verdict};
use super::text::{Unit, is_answer, is_courtesy, plain, sounds, units};
use super::{Example, Guess};

/// The built-in intent of a caller who asks for a person.
pub const HUMAN: &str = "human";

/// What an example said word for word is worth.
const SAID: f32 = 0.97;
/// What an example is worth that sounds the same.
const SOUNDED: f32 = 0.93;
/// What one of several intents is worth at most that have the same example.
const SHARED: f32 = 0.5;
/// With fewer examples than this nobody knows how else an intent is asked for: words that none of them has are asked about, not acted on.
pub const FEW_EXAMPLES: usize = 4;
const NOT_KNOWN: f32 = 0.8;
/// What the subject of the turn before adds to its intent's score.
const SAME_SUBJECT: f32 = 0.4;
/// Words taken for none of these are guessed with less than this.
const NONE: f32 = 0.45;
/// How probably a bare yes or no, or what is more like talk of other things than like any example, means one of the intents.
const OTHER: f32 = 0.2;
/// By so much it is more like that.
const CLEARLY: f32 = 0.1;
/// Less like talk of other things than this it is not taken for it.
const LEAST_LIKE: f32 = 0.4;
/// The most units of an utterance that are looked at: who says more has said it by then.
const MOST_UNITS: usize = 120;
/// Nor is anybody sure of what such a speech was about: it is asked about, not acted on.
const RAMBLING: f32 = 0.85;
/// The most examples learnt from, evenly from all intents; more would make a load endless and tell little new.
pub const MOST_EXAMPLES: usize = 20_000;

/// With fewer examples in all than this a dialplan cannot tell how sure its guesses are: they are as sure as most dialplans' are.
pub const TOO_FEW_TO_KNOW: usize = FEWEST;

/// What was said before, which can tip the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The intent of the turn before.
    pub last_intent: Option<&'a str>,
}

/// What an utterance was understood as.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understanding {
    /// The intents, likeliest first.
    pub guesses: Vec<Guess>,
    /// The probability that any of the intents was meant.
    pub in_scope: f32,
    /// Whether the words are taken for none of the intents.
    pub none_of_these: bool,
}

/// What training is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Learning from all examples.
    Learning {
        /// How many.
        examples: usize,
        /// Of how many intents.
        intents: usize,
    },
    /// Asking a model of some of the examples about the others.
    Asking {
        /// Which part of the examples, from 1.
        part: usize,
        /// Of how many parts.
        parts: usize,
    },
}

/// Scores words against a dialplan's intents.
#[derive(Debug)]
pub struct Matcher {
    pub(super) examples: Vec<Learnt>,
    pub(super) intents: Vec<String>,
    human: String,
    pub(super) model: Model,
    pub(super) calibration: Calibration,
    /// Whole examples by what is written and by how it sounds; `None` where several intents have it.
    whole: HashMap<String, Option<usize>>,
    whole_sound: HashMap<String, Option<usize>>,
}

/// One example.
#[derive(Debug)]
pub(super) struct Learnt {
    pub(super) intent: usize,
    pub(super) text: String,
}

/// What a model learns from: the texts, their intents, and which of them are kin.
pub(super) struct LearntFrom {
    pub(super) texts: Vec<Vec<Unit>>,
    pub(super) of: Vec<usize>,
    families: Vec<u32>,
}

impl Matcher {
    /// Learns from examples; intents without examples are never guessed, [`HUMAN`] always.
    /// Of more than 20,000 examples, so many are learnt from, evenly from all intents.
    #[must_use]
    pub fn train(examples: &[Example]) -> Self {
        Self::train_telling(examples, &mut |_| {})
    }

    /// Learns as [`Matcher::train`] does and tells what it is at.
    #[must_use]
    pub fn train_telling(examples: &[Example], tell: &mut dyn FnMut(Stage)) -> Self {
        let (mut matcher, LearntFrom { texts, of, families }) = Self::with_examples(examples, tell);
        matcher.model = Model::learn(&texts, &of, matcher.intents.len());
        matcher.calibration = Calibration::learn(&texts, &of, &families, matcher.intents.len(), tell);
        matcher
    }

    /// Takes examples that nothing is learnt from yet.
    pub(super) fn with_examples(examples: &[Example], tell: &mut dyn FnMut(Stage)) -> (Self, LearntFrom) {
        let mut matcher = Self {
            examples: Vec::new(),
            intents: Vec::new(),
            human: HUMAN.to_owned(),
            model: Model::learn(&[], &[], 0),
            calibration: Calibration::default(),
            whole: HashMap::new(),
            whole_sound: HashMap::new(),
        };
        let own_human = examples.iter().any(|example| example.intent == HUMAN);
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut taken: Vec<usize> = Vec::new();
        let most = evenly(examples);
        let (mut texts, mut of, mut families) = (Vec::new(), Vec::new(), Vec::new());
        for example in examples {
            let mut said = units(&example.text);
            if said.is_empty() {
                continue;
            }
            said.truncate(MOST_UNITS);
            if matcher.human == HUMAN && !own_human && asked_for(&said).is_some() {
                matcher.human.clone_from(&example.intent);
            }
            let intent = *places.entry(&example.intent).or_insert_with(|| {
                matcher.intents.push(example.intent.clone());
                taken.push(0);
                matcher.intents.len() - 1
            });
            if taken[intent] >= most {
                continue;
            }
            taken[intent] += 1;
            let place = matcher.examples.len();
            for (whole, words) in [(&mut matcher.whole, plain(&said)), (&mut matcher.whole_sound, sounds(&said))] {
                let other = |known: &Option<usize>| known.is_none_or(|known| of[known] != intent);
                whole.entry(words).and_modify(|known| *known = known.filter(|_| !other(known))).or_insert(Some(place));
            }
            matcher.examples.push(Learnt { intent, text: example.text.clone() });
            texts.push(said);
            of.push(intent);
            // A number of its own for who has no family.
            families.push(example.family.unwrap_or(u32::MAX - place as u32));
        }
        tell(Stage::Learning { examples: texts.len(), intents: matcher.intents.len() });
        (matcher, LearntFrom { texts, of, families })
    }

    /// Returns the intent that asks for a person: the dialplan's where one of its examples does, else [`HUMAN`].
    #[must_use]
    pub fn human_intent(&self) -> &str {
        &self.human
    }

    /// How many of its examples were asked of a model that had not seen them, to learn how sure a guess is.
    #[must_use]
    pub const fn asked(&self) -> usize {
        self.calibration.asked
    }

    /// How alike two texts are to the model, 0 to 1.
    #[must_use]
    pub fn alike(&self, a: &str, b: &str) -> f32 {
        self.model.alike(&units(a), &units(b))
    }

    /// Ranks the intents for an n-best list of texts with their weights, best first.
    #[must_use]
    pub fn guess(&self, hypotheses: &[(&str, f32)], context: Context<'_>) -> Vec<Guess> {
        self.understand(hypotheses, context).guesses
    }

    /// Understands an n-best list of texts with their weights: what each says is summed up.
    #[must_use]
    pub fn understand(&self, hypotheses: &[(&str, f32)], context: Context<'_>) -> Understanding {
        let total: f32 = hypotheses.iter().map(|(_, weight)| weight.max(0.0)).sum();
        let mut sums: BTreeMap<String, (f32, f32, String)> = BTreeMap::new();
        let mut in_scope = 0.0;
        for (text, weight) in hypotheses {
            let share = if total > 0.0 { weight.max(0.0) / total } else { 1.0 / hypotheses.len() as f32 };
            let one = self.understand_one(text, context);
            in_scope += share * one.in_scope;
            for guess in one.guesses {
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
        let none_of_these = guesses.first().is_none_or(|best| Calibration::none_of_these(in_scope, best.confidence));
        Understanding { guesses, in_scope, none_of_these }
    }

    fn understand_one(&self, text: &str, context: Context<'_>) -> Understanding {
        let mut said = units(text);
        let rambles = said.len() > MOST_UNITS;
        said.truncate(MOST_UNITS);
        if said.is_empty() {
            return Understanding::default();
        }
        let mut result = self.by_model(&said, context);
        match self.said_whole(&said) {
            Some((Some(place), sure)) => {
                let example = &self.examples[place];
                let intent = &self.intents[example.intent];
                for guess in &mut result.guesses {
                    guess.confidence = guess.confidence.min(1.0 - sure);
                }
                result.raise(intent, sure, &example.text);
            }
            Some((None, _)) => result.guesses.iter_mut().for_each(|guess| guess.confidence = guess.confidence.min(SHARED)),
            None => {}
        }
        if rambles {
            result.guesses.iter_mut().for_each(|guess| guess.confidence = guess.confidence.min(RAMBLING));
        }
        if let Some((sure, words)) = asked_for(&said) {
            for guess in &mut result.guesses {
                guess.confidence *= if guess.intent == self.human { 1.0 } else { 1.0 - sure };
            }
            result.raise(&self.human, sure, words);
        }
        result
    }

    fn by_model(&self, said: &[Unit], context: Context<'_>) -> Understanding {
        if self.intents.is_empty() {
            return Understanding::default();
        }
        let verdict = self.judge(said, context);
        if verdict.like_own <= 0.0 {
            return Understanding::default();
        }
        let mut in_scope = self.calibration.in_scope(&verdict.evidence, said);
        if is_answer(said) || like_background(said) > (verdict.like_own + CLEARLY).max(LEAST_LIKE) {
            in_scope = in_scope.min(OTHER);
        }
        let mut confidence = self.calibration.confidence(&verdict.evidence, said);
        let none_of_these = Calibration::none_of_these(in_scope, confidence);
        if none_of_these {
            confidence = confidence.min(NONE);
        }
        let Some((best, ..)) = verdict.nearest.first() else { return Understanding::default() };
        if self.model.examples_of(*best) < FEW_EXAMPLES && verdict.untold > 0 && !self.holds_example(said, *best) {
            confidence = confidence.min(NOT_KNOWN);
        }
        confidence = confidence.min(SAID);
        let rest = (1.0 - verdict.chances[*best]).max(1e-6);
        let mut guesses = Vec::new();
        for (intent, chance) in verdict.chances.iter().enumerate() {
            // What the best guess leaves is shared by the others as they deserve, never more than it has itself.
            let own = if intent == *best { confidence } else { ((1.0 - confidence) * in_scope * chance / rest).min(confidence) };
            if own > 0.01 || intent == *best {
                let nearest = verdict.nearest.iter().find(|(of, ..)| *of == intent);
                let nearest = nearest.map(|(_, place, _)| self.examples[*place].text.clone()).unwrap_or_default();
                guesses.push(Guess { intent: self.intents[intent].clone(), confidence: own, nearest });
            }
        }
        guesses.sort_by(|a, b| {
            b.confidence.total_cmp(&a.confidence).then_with(|| (b.intent == self.intents[*best]).cmp(&(a.intent == self.intents[*best])))
        });
        Understanding { guesses, in_scope, none_of_these }
    }

    pub(super) fn judge(&self, said: &[Unit], context: Context<'_>) -> Verdict {
        let last = context.last_intent.and_then(|name| self.intents.iter().position(|known| known == name));
        self.model.judge(said, last.map(|intent| (intent, SAME_SUBJECT)))
    }

    /// Whether an example of an intent is said within what else is said.
    fn holds_example(&self, said: &[Unit], intent: usize) -> bool {
        let all = plain(said);
        let mut own = self.examples.iter().filter(|example| example.intent == intent).map(|example| units(&example.text));
        own.any(|example| example.len() >= 3 && all.contains(&plain(&example)))
    }

    /// An example that is all of what was said but for courtesies, and what that is worth; no place where several intents have it.
    fn said_whole(&self, said: &[Unit]) -> Option<(Option<usize>, f32)> {
        let bare: Vec<Unit> = without_courtesies(said);
        for said in [said, &bare] {
            if let Some(place) = self.whole.get(&plain(said)) {
                return Some((*place, SAID));
            }
        }
        let long = [said, &bare].into_iter().filter(|said| said.len() >= 3);
        long.filter_map(|said| self.whole_sound.get(&sounds(said))).find(|place| place.is_some()).map(|place| (*place, SOUNDED))
    }
}

impl Understanding {
    /// Makes an intent the one that was meant.
    fn raise(&mut self, intent: &str, sure: f32, nearest: &str) {
        match self.guesses.iter_mut().find(|guess| guess.intent == intent) {
            Some(guess) => {
                guess.confidence = guess.confidence.max(sure);
                nearest.clone_into(&mut guess.nearest);
            }
            None => self.guesses.push(Guess { intent: intent.to_owned(), confidence: sure, nearest: nearest.to_owned() }),
        }
        self.guesses.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        self.in_scope = self.in_scope.max(sure);
        self.none_of_these = false;
    }
}

/// Leaves out greetings, thanks and the like at both ends.
fn without_courtesies(said: &[Unit]) -> Vec<Unit> {
    let (mut from, mut to) = (0, said.len());
    while let Some(length) = is_courtesy(&said[from..to], true) {
        from += length;
    }
    while let Some(length) = is_courtesy(&said[from..to], false) {
        to -= length;
    }
    said[from..to].to_vec()
}

/// How many examples of each intent may be learnt from so that all together stay within bounds.
fn evenly(examples: &[Example]) -> usize {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for example in examples {
        *count.entry(&example.intent).or_default() += 1;
    }
    let all = |most: usize| count.values().map(|own| (*own).min(most)).sum::<usize>();
    let mut most = examples.len();
    while most > 1 && all(most) > MOST_EXAMPLES {
        most = most * 9 / 10;
    }
    most.max(1)
}

/// Whether words are said within an utterance, as written or by sound (at least two syllables).
#[must_use]
pub fn sounds_within(words: &str, utterance: &str) -> bool {
    let (wanted, said) = (units(words), units(utterance));
    !wanted.is_empty() && (plain(&said).contains(&plain(&wanted)) || (wanted.len() >= 2 && sounds(&said).contains(&sounds(&wanted))))
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
        let examples: Vec<Example> =
            intents.iter().flat_map(|(intent, texts)| texts.iter().map(|text| Example::new(*intent, *text))).collect();
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
    fn quite_other_words_for_an_intent_are_understood() {
        for text in ["我不喜欢", "用不着了", "不想留了"] {
            let (intent, confidence) = best(text);
            assert!(intent == "return_milk" && confidence >= 0.5, "{text}: {intent} {confidence}");
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
        let examples = ["a", "b"].map(|intent| Example::new(intent, "我要查订单"));
        let guesses = Matcher::train(&examples).guess(&[("我要查订单", 1.0)], Context::default());
        assert!(guesses.iter().all(|guess| guess.confidence < 0.9), "{guesses:?}");
    }

    #[test]
    fn a_guess_names_its_nearest_example_and_a_plans_own_way_to_a_person_is_used() {
        let guesses = matcher().guess(&[("我的快递到哪里啦", 1.0)], Context::default());
        assert_eq!(guesses[0].nearest, "我的快递到哪了");
        let own = Matcher::train(&[Example::new("desk", "转人工")]);
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
