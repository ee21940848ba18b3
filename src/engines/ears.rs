//! What listens for the calls of the house, wherever it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::pool::{HearingSink, PoolCounters, RecognizerPool};
use super::remote::{Remote, RemoteCounters, RemoteEars};
use crate::speech::Recognizer;

/// The recognisers of all calls: threads of this process, or a server elsewhere with those threads behind it.
#[derive(Debug)]
pub struct Ears {
    pool: Arc<RecognizerPool>,
    remote: Option<Arc<Remote>>,
}

/// What ears have counted since they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarCounters {
    /// Of the threads of this process.
    pub pool: PoolCounters,
    /// How far the thread that is furthest behind is.
    pub lag: Duration,
    /// Of the server elsewhere.
    pub remote: RemoteCounters,
}

impl Ears {
    /// Listens with threads of this process.
    #[must_use]
    pub fn here(pool: RecognizerPool) -> Self {
        Self { pool: Arc::new(pool), remote: None }
    }

    /// Listens with a server of vosk's protocol, and with threads of this process where it fails. Connections run on `runtime`.
    ///
    /// # Errors
    ///
    /// What is wrong with the description, in words. A server that does not answer is no error: it may come later.
    pub fn elsewhere(remote: &RemoteEars, pool: RecognizerPool, runtime: Handle) -> Result<Self, String> {
        let pool = Arc::new(pool);
        let remote = Remote::new(remote, Arc::clone(&pool), runtime)?;
        Ok(Self { pool, remote: Some(Arc::new(remote)) })
    }

    /// Makes a recognizer for one leg; which leg it is, the sink knows.
    #[must_use]
    pub fn recognizer(&self, sink: HearingSink) -> Box<dyn Recognizer> {
        match &self.remote {
            Some(remote) => remote.recognizer(sink),
            None => self.pool.recognizer(sink),
        }
    }

    /// Returns true while a further call would be heard in time; otherwise the running ones would suffer by it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.pool.has_room()
    }

    /// Returns what was counted.
    #[must_use]
    pub fn counters(&self) -> EarCounters {
        let remote = self.remote.as_ref().map(|remote| remote.counters()).unwrap_or_default();
        EarCounters { pool: self.pool.counters(), lag: self.pool.lag(), remote }
    }
}
