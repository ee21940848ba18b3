//! The dialplans in force: which hotline a called number belongs to. A running call keeps the plan it began with.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use crate::base::QueueName;
use crate::dialplan::Dialplan;
use crate::intent::Matcher;
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
