//! The tap hub: what supervisors see and hear of running calls. A slow listener loses frames, never the caller.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::{CallId, Wall};
use crate::call::{AudioSink, EventSink, Fact, Keep, LiveCalls, LiveState, RunningCall, Stamped, TapEvent, TapWhat, TickAudio};

/// The running calls by id. The lock guards the map alone.
#[derive(Default)]
pub struct TapHub {
    calls: Mutex<BTreeMap<CallId, Arc<Watched>>>,
}

/// One running call as others see it.
pub struct Watched {
    // Held while an event is added, so that a new watcher misses none and gets none twice.
    story: Mutex<Story>,
    listeners: Mutex<Vec<Arc<dyn AudioSink>>>,
    // Spares the tick the lock above while nobody listens.
    listened: AtomicBool,
}

struct Story {
    call: RunningCall,
    events: Vec<TapEvent>,
    watchers: Vec<EventSink>,
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TapHub {
    /// Adds a call; it is forgotten when the guard is dropped.
    pub fn open(self: &Arc<Self>, id: CallId, began: Wall, caller_masked: String, called: String, dialplan: String) -> TapGuard {
        let call = RunningCall { id: id.clone(), began, caller: caller_masked, called, dialplan, state: LiveState::Robot, seat: None };
        let story = Story { call, events: Vec::new(), watchers: Vec::new() };
        let watched = Arc::new(Watched { story: Mutex::new(story), listeners: Mutex::default(), listened: AtomicBool::new(false) });
        lock(&self.calls).insert(id.clone(), Arc::clone(&watched));
        TapGuard { hub: Arc::clone(self), id, watched }
    }

    /// Returns how many calls run.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.calls).len()
    }

    fn find(&self, id: &CallId) -> Option<Arc<Watched>> {
        lock(&self.calls).get(id).cloned()
    }
}

impl LiveCalls for TapHub {
    fn running(&self) -> Vec<RunningCall> {
        let calls: Vec<_> = lock(&self.calls).values().cloned().collect();
        calls.iter().map(|watched| lock(&watched.story).call.clone()).collect()
    }

    fn watch(&self, call: &CallId, sink: EventSink) -> Option<Vec<TapEvent>> {
        let watched = self.find(call)?;
        let mut story = lock(&watched.story);
        story.watchers.push(sink);
        Some(story.events.clone())
    }

    fn listen(&self, call: &CallId, sink: Arc<dyn AudioSink>) -> Option<()> {
        let watched = self.find(call)?;
        lock(&watched.listeners).push(sink);
        watched.listened.store(true, Ordering::Release);
        Some(())
    }
}

/// A running call's place in the hub.
pub struct TapGuard {
    hub: Arc<TapHub>,
    id: CallId,
    watched: Arc<Watched>,
}

impl TapGuard {
    /// Shows a fact to the watchers.
    pub fn fact(&self, stamped: &Stamped) {
        let event = TapEvent::from(stamped);
        let mut story = lock(&self.watched.story);
        story.take(&stamped.fact);
        story.watchers.retain_mut(|sink| sink(&event) == Keep::More);
        match &event.what {
            TapWhat::Hearing { .. } => {}
            TapWhat::Amended { who, was, text } => story.events.iter_mut().for_each(|told| {
                told.what.amend(who, was, text);
            }),
            _ => story.events.push(event),
        }
    }

    /// Hands 20 ms to the listeners. Takes no lock while nobody listens.
    pub fn audio(&self, audio: &TickAudio) {
        if !self.watched.listened.load(Ordering::Acquire) {
            return;
        }
        let mut listeners = lock(&self.watched.listeners);
        listeners.retain(|sink| sink.frame(&audio.caller, &audio.far) == Keep::More);
        if listeners.is_empty() {
            self.watched.listened.store(false, Ordering::Release);
        }
    }
}

impl Drop for TapGuard {
    fn drop(&mut self) {
        lock(&self.hub.calls).remove(&self.id);
    }
}

impl Story {
    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Queued { .. } => self.stand(LiveState::Queue),
            Fact::Offered(seat) => {
                self.call.seat = Some(seat.clone());
                self.stand(LiveState::Ringing);
            }
            Fact::Bridged(seat) => {
                self.call.seat = Some(seat.clone());
                self.stand(LiveState::Human);
            }
            Fact::Ended(_) => self.stand(LiveState::Over),
            _ => {}
        }
    }

    fn stand(&mut self, state: LiveState) {
        self.call.state = state;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::audio::Frame8k;
    use crate::base::SeatId;

    fn stamped(fact: Fact) -> Stamped {
        Stamped { at: Duration::ZERO, fact }
    }

    fn open(hub: &Arc<TapHub>) -> TapGuard {
        hub.open("c1".into(), Wall::default(), "138****0000".into(), "8001".into(), "优选母婴".into())
    }

    #[test]
    fn a_late_watcher_gets_what_was_and_what_comes_once_each() {
        let hub = Arc::new(TapHub::default());
        let guard = open(&hub);
        guard.fact(&stamped(Fact::Answered));
        let seen = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&seen);
        let so_far = hub.watch(
            &"c1".into(),
            Box::new(move |_| {
                *lock(&counter) += 1;
                Keep::More
            }),
        );
        assert_eq!(so_far.unwrap().len(), 1);
        guard.fact(&stamped(Fact::Bridged(SeatId::from("1001"))));
        assert_eq!(*lock(&seen), 1);
        assert_eq!(hub.running()[0].state, LiveState::Human);
        drop(guard);
        assert_eq!((hub.count(), Arc::strong_count(&seen)), (0, 1));
    }

    struct Ear(Mutex<u32>);

    impl AudioSink for Ear {
        fn frame(&self, _: &Frame8k, _: &Frame8k) -> Keep {
            let mut left = lock(&self.0);
            *left -= 1;
            if *left == 0 { Keep::Enough } else { Keep::More }
        }
    }

    #[test]
    fn a_listener_that_has_enough_is_forgotten() {
        let hub = Arc::new(TapHub::default());
        let guard = open(&hub);
        let ear = Arc::new(Ear(Mutex::new(2)));
        assert!(hub.listen(&"c1".into(), Arc::clone(&ear) as Arc<dyn AudioSink>).is_some());
        assert!(hub.listen(&"other".into(), Arc::clone(&ear) as Arc<dyn AudioSink>).is_none());
        for _ in 0..5 {
            guard.audio(&TickAudio::default());
        }
        assert_eq!(*lock(&ear.0), 0);
        assert!(!guard.watched.listened.load(Ordering::Relaxed));
    }
}
