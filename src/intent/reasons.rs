//! Why a guess was made, in words that people understand.

use super::matcher::{Context, Matcher};
use super::text::units;

/// Words and phrases named at most.
const MOST: usize = 6;

/// Why words were understood as they were.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The likeliest intents with their confidence, at most three.
    pub guesses: Vec<(String, f32)>,
    /// For each of them the example most like the words and how alike it is, 0 to 1.
    pub nearest: Vec<(String, String, f32)>,
    /// What in the words spoke most for the first guess, strongest first.
    pub features: Vec<String>,
    /// How much the turns before added to the first guess's confidence.
    pub by_context: f32,
    /// The probability that any intent was meant.
    pub in_scope: f32,
}

impl Matcher {
    /// Lists what in the words spoke most for an intent, strongest first.
    #[must_use]
    pub fn spoke_for(&self, text: &str, intent: &str) -> Vec<String> {
        let Some(intent) = self.intents.iter().position(|name| name == intent) else { return Vec::new() };
        self.model.reasons(&units(text), intent, MOST).into_iter().map(|(name, _)| name).collect()
    }

    /// Says why a text is understood as it is.
    #[must_use]
    pub fn explain(&self, text: &str, context: Context<'_>) -> Explanation {
        let said = units(text);
        if said.is_empty() || self.intents.is_empty() {
            return Explanation::default();
        }
        let with = self.understand(&[(text, 1.0)], context);
        let without = self.understand(&[(text, 1.0)], Context::default());
        let Some(first) = with.guesses.first() else { return Explanation::default() };
        let before = without.guesses.iter().find(|guess| guess.intent == first.intent).map_or(0.0, |guess| guess.confidence);
        let verdict = self.judge(&said, context);
        Explanation {
            guesses: with.guesses.iter().take(3).map(|guess| (guess.intent.clone(), guess.confidence)).collect(),
            nearest: verdict
                .nearest
                .iter()
                .map(|(intent, place, alike)| (self.intents[*intent].clone(), self.examples[*place].text.clone(), *alike))
                .collect(),
            features: self.spoke_for(text, &first.intent),
            by_context: first.confidence - before,
            in_scope: with.in_scope,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Example;
    use super::*;

    #[test]
    fn a_guess_says_why() {
        let examples = [
            ("order_status", "查一下我的订单"),
            ("order_status", "我的快递到哪了"),
            ("return_goods", "我要退货"),
            ("return_goods", "申请退货退款"),
        ]
        .map(|(intent, text)| Example::new(intent, text));
        let matcher = Matcher::train(&examples);
        let why = matcher.explain("想申请退款", Context { last_intent: Some("return_goods") });
        assert_eq!(why.guesses[0].0, "return_goods");
        assert_eq!(why.nearest[0].1, "申请退货退款");
        assert!(why.features.iter().any(|feature| feature.contains("退款")), "{why:?}");
        assert!(why.by_context >= 0.0);
        assert_eq!(matcher.explain("", Context::default()), Explanation::default());
    }
}
