//! What is made of doubt: readings that disagree, a wish that is nearly understood twice, and what is said along with a no.

use super::lines::Line;
use super::walk::Walk;
use crate::dialplan::SlotType;
use crate::intent::{Context, Guess};
use crate::spoken::{Fit, Reading, SoFar};

/// From this share of the best value's confidence on, another value that was heard too is asked about.
const RIVAL: f32 = 0.5;
/// A guess is nearly one from this confidence on.
const NEARLY: f32 = 0.2;

impl Walk {
    /// Reads an n-best list as a slot's value: the value that most of what was heard says, and in doubt where another comes close.
    pub(super) fn read_weighed(&self, name: &str, heard: &[(&str, f32)], so_far: SoFar<'_>) -> Option<Reading> {
        let best = self.read(name, heard, so_far).into_iter().next()?;
        let kind = self.plan.slots.get(name).map(|slot| &slot.kind);
        if best.fit != Fit::Whole || heard.len() < 2 || matches!(kind, Some(SlotType::YesNo | SlotType::Text { .. }) | None) {
            return Some(best);
        }
        let mut values: Vec<(Reading, f32)> = Vec::new();
        for one in heard {
            let Some(reading) = self.read(name, &[*one], so_far).into_iter().next().filter(|reading| reading.fit == Fit::Whole) else {
                continue;
            };
            match values.iter_mut().find(|(known, _)| known.value == reading.value) {
                Some((_, sure)) => *sure += one.1,
                None => values.push((reading, one.1)),
            }
        }
        values.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let rival = values.get(1).map_or(0.0, |(_, sure)| *sure);
        let (first, sure) = values.into_iter().next()?;
        let fit = if rival >= RIVAL * sure { Fit::Doubtful } else { Fit::Whole };
        Some(Reading { fit, ..first })
    }

    /// The intent that words not understood, and those before them, both nearly mean: what is said twice in different words speaks twice.
    pub(super) fn nearly_twice(&mut self, text: &str, guesses: &[Guess]) -> Option<Guess> {
        let now: Vec<Guess> = guesses.iter().take(3).filter(|guess| guess.confidence >= NEARLY).cloned().collect();
        let (before, then) = self.nearly.replace((text.to_owned(), now.clone()))?;
        if before == text {
            return None;
        }
        let both = now.into_iter().filter_map(|guess| {
            let earlier = then.iter().find(|earlier| earlier.intent == guess.intent)?;
            let confidence = 1.0 - (1.0 - guess.confidence) * (1.0 - earlier.confidence);
            Some(Guess { confidence, ..guess })
        });
        let best = both.max_by(|one, other| one.confidence.total_cmp(&other.confidence))?;
        (best.confidence >= self.plan.handover.confirm).then_some(best)
    }

    /// What a caller surely wants who says no and goes on: 不是，我要退货.
    pub(super) fn instead_of(&self, refused: &str, heard: &[(&str, f32)]) -> Option<Guess> {
        let rest: Vec<(&str, f32)> = heard.iter().filter_map(|(text, sure)| Some((after_no(text)?, *sure))).collect();
        let guesses = self.matcher.guess(&rest, Context::default());
        guesses.into_iter().find(|guess| guess.intent != refused).filter(|guess| guess.confidence >= self.plan.handover.act)
    }

    /// Says that a number may be keyed in, once a call for each slot, where the question does not say so.
    pub(super) fn offer_keys(&mut self, name: &str) {
        let is_number = |kind: &SlotType| matches!(kind, SlotType::Digits { .. } | SlotType::Phone | SlotType::IdCard | SlotType::BankCard);
        let Some(slot) = self.plan.slots.get(name).filter(|slot| slot.keypad && is_number(&slot.kind) && self.spoke_last) else { return };
        let asked = slot.ask.as_ref().and_then(|ask| ask.template(self.language)).and_then(|ask| ask.fixed()).unwrap_or_default();
        if !asked.contains("按键") && !asked.contains("key") && self.keys_offered.insert(name.to_owned()) {
            self.say_line(Line::SlotKeys, &[]);
        }
    }
}

/// What follows a no.
fn after_no(text: &str) -> Option<&str> {
    const NO: &[&str] = &["不是的", "不是这个", "不是", "不对", "不", "no no", "no", "not that"];
    const MARKS: &[char] = &[' ', ',', '，', '。', '.', '、'];
    let text = text.trim_start_matches(MARKS);
    let rest = NO.iter().find_map(|no| {
        let head = text.get(..no.len()).filter(|head| head.eq_ignore_ascii_case(no))?;
        let rest = &text[head.len()..];
        let ends = !no.is_ascii() || rest.starts_with(MARKS);
        ends.then(|| rest.trim_start_matches(MARKS))
    })?;
    (rest.chars().count() >= 2).then_some(rest)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Wall;
    use crate::dialplan::Dialplan;
    use crate::ivr::{CallerFacts, matcher_for};

    const PLAN: &str = "dialplan: 1\nnumbers: [\"1\"]\nslots:\n  order: {type: digits, length: 8, ask: 订单号？}\n  fine: {type: yes_no, ask: 好吗？}\n\
        intents:\n  status: {examples: [我要查订单], say: 好。}\n  refund: {examples: [我要退货, 我想退款], say: 好。}\n";

    fn walk() -> Walk {
        let plan = Dialplan::load("a.yaml", PLAN, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"));
        let caller =
            CallerFacts { number_masked: String::new(), number: None, record: serde_json::Map::new(), began: Wall::from_millis(0) };
        let matcher = Arc::new(matcher_for(&plan));
        Walk::new(Arc::new(plan), matcher, caller)
    }

    fn guess(intent: &str, confidence: f32) -> Guess {
        Guess { intent: intent.to_owned(), confidence, nearest: String::new() }
    }

    #[test]
    fn a_number_is_what_most_of_what_was_heard_says_and_in_doubt_beside_a_close_rival() {
        let walk = walk();
        let read = |heard: &[(&str, f32)]| walk.read_weighed("order", heard, SoFar::Nothing).map(|reading| (reading.value, reading.fit));
        for (heard, value, fit) in [
            (&[("一二三四五六七八", 0.9)][..], "12345678", Fit::Whole),
            (&[("一二三四五六七八", 0.5), ("一二三四五六七七", 0.4)], "12345678", Fit::Doubtful),
            (&[("一二三四五六七八", 0.7), ("一二三四五六七七", 0.2)], "12345678", Fit::Whole),
            (&[("一二三四五六七七", 0.4), ("一二三四五六七八", 0.35), ("嗯一二三四五六七八", 0.25)], "12345678", Fit::Doubtful),
            (&[("一二三四五六七", 0.6), ("一二三四五六七八", 0.3)], "12345678", Fit::Whole),
        ] {
            assert_eq!(read(heard), Some((value.to_owned(), fit)), "{heard:?}");
        }
        assert_eq!(
            walk.read_weighed("fine", &[("好", 0.5), ("不好", 0.45)], SoFar::Nothing).map(|reading| reading.value),
            Some("yes".into())
        );
    }

    #[test]
    fn what_is_nearly_understood_twice_in_other_words_is_asked_about() {
        let mut walk = walk();
        assert_eq!(walk.nearly_twice("我想查那个", &[guess("status", 0.35), guess("refund", 0.2)]), None);
        let both = walk.nearly_twice("那个到哪了", &[guess("status", 0.3)]).map(|guess| (guess.intent, guess.confidence > 0.5));
        assert_eq!(both, Some(("status".to_owned(), true)));
        assert_eq!(walk.nearly_twice("那个到哪了", &[guess("status", 0.3)]), None, "the same words again say nothing new");
        assert_eq!(walk.nearly_twice("天气", &[guess("refund", 0.4)]), None, "another guess is no second one");
    }

    #[test]
    fn whoever_says_no_and_what_is_wanted_gets_it() {
        let walk = walk();
        let wanted = |text: &str| walk.instead_of("status", &[(text, 1.0)]).map(|guess| guess.intent);
        assert_eq!(wanted("不是，我要退货"), Some("refund".to_owned()));
        assert_eq!(wanted("不是，我要查订单"), None, "what was refused is not meant");
        assert_eq!(wanted("不是的"), None);
        assert_eq!(wanted("今天天气真好"), None);
    }

    #[test]
    fn what_follows_a_no_is_found() {
        for (text, wanted) in [
            ("不是，我要退货", Some("我要退货")),
            ("不对我要退货", Some("我要退货")),
            ("No, I want a refund", Some("I want a refund")),
            ("nothing", None),
            ("不是", None),
            ("我要退货", None),
            ("", None),
        ] {
            assert_eq!(after_no(text), wanted, "{text}");
        }
    }
}
