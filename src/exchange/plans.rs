//! The dialplans in force: which hotline a called number belongs to. A running call keeps the plan it began with.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use crate::base::QueueName;
use crate::dialplan::Dialplan;
use crate::intent::{Example, Matcher};
use crate::ivr;
use crate::sources::Sources;
use crate::speech::Speech;

/// A dialplan with what was made ready from it.
pub struct Hotline {
    /// The dialplan.
    pub plan: Arc<Dialplan>,
    /// Its intents, trained.
    pub matcher: Arc<Matcher>,
    /// Its business systems.
    pub sources: Arc<Sources>,
    /// The music of its queues that have their own.
    pub music: Arc<BTreeMap<QueueName, Speech>>,
}

impl Hotline {
    /// Trains the intents and prepares the business systems of a dialplan; its queues have this music.
    #[must_use]
    pub fn new(plan: Dialplan, music: BTreeMap<QueueName, Speech>) -> Self {
        let matcher = Arc::new(ivr::matcher_for(&plan));
        Self::with(plan, music, matcher)
    }

    /// Makes the hotline anew; one of `known` with the same examples lends what it has learnt, so that a changed answer is in force at once.
    /// Else `learn` learns from the examples, or knows what was learnt from them before.
    #[must_use]
    pub fn renewed(plan: Dialplan, music: BTreeMap<QueueName, Speech>, known: &[Arc<Self>], learn: &dyn Fn(&[Example]) -> Matcher) -> Self {
        let examples = ivr::training_examples(&plan);
        match known.iter().find(|hotline| ivr::training_examples(&hotline.plan) == examples) {
            Some(like) => Self::with(plan, music, Arc::clone(&like.matcher)),
            None => Self::with(plan, music, Arc::new(learn(&examples))),
        }
    }

    fn with(plan: Dialplan, music: BTreeMap<QueueName, Speech>, matcher: Arc<Matcher>) -> Self {
        let sources = Arc::new(Sources::new(plan.sources.clone()));
        Self { plan: Arc::new(plan), matcher, sources, music: Arc::new(music) }
    }
}

/// The hotlines by number. The lock guards the list alone and is held only to read or replace it.
#[derive(Default)]
pub struct Plans {
    hotlines: RwLock<Vec<Arc<Hotline>>>,
}

impl Plans {
    /// Puts these hotlines in force for calls from now on.
    pub fn replace(&self, hotlines: Vec<Arc<Hotline>>) {
        *self.hotlines.write().unwrap_or_else(std::sync::PoisonError::into_inner) = hotlines;
    }

    /// Finds the hotline of a called number: an exact number before `*`.
    #[must_use]
    pub fn for_number(&self, called: &str) -> Option<Arc<Hotline>> {
        let hotlines = self.hotlines.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let with = |wanted: &str| hotlines.iter().find(|hotline| hotline.plan.numbers.iter().any(|number| number == wanted)).cloned();
        with(called).or_else(|| with("*"))
    }

    /// Returns every hotline in force.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Hotline>> {
        self.hotlines.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(answer: &str, example: &str) -> Dialplan {
        let text = format!(
            "dialplan: 1\nnumbers: [\"1\"]\nintents:\n  hours: {{examples: [几点开门, 营业时间, {example}], say: {answer}}}\nqueues: {{general: {{}}}}\n"
        );
        Dialplan::load("a.yaml", &text, &|_| None).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    #[test]
    fn a_hotline_learns_anew_only_what_its_examples_changed() {
        let first = Arc::new(Hotline::new(plan("九点。", "几点上班"), BTreeMap::new()));
        let known = [Arc::clone(&first)];
        let answered = Hotline::renewed(plan("十点。", "几点上班"), BTreeMap::new(), &known, &Matcher::train);
        assert!(Arc::ptr_eq(&answered.matcher, &first.matcher));
        let taught = Hotline::renewed(plan("九点。", "什么时候上班"), BTreeMap::new(), &known, &Matcher::train);
        assert!(!Arc::ptr_eq(&taught.matcher, &first.matcher));
    }
}
