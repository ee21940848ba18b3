//! Hands over to people, promises calls back, and takes leave.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::lines::{Line, moment};
use super::walk::{Asked, Context, Frame, Leave, State, Walk};
use super::{CallbackPromise, Order};
use crate::base::QueueName;
use crate::dialplan::{Callback, NowWhat, Place, StepKind};

/// How soon a caller whom no seat could take is called back.
const CALLBACK_WITHIN: Duration = Duration::from_hours(2);

impl Walk {
    /// Says goodbye and hangs up.
    pub(super) fn say_goodbye(&mut self) {
        self.put_line(Line::Goodbye, &[], false);
        self.state = State::Leaving(Leave::Hangup);
    }

    /// Hands over to a person, by the plan's routes where no queue is named. Outside opening hours `after_hours` comes first.
    pub(super) fn transfer(&mut self, queue: Option<QueueName>, reason: &str) {
        if self.becomes_after_hours(reason) {
            return;
        }
        let plan = Arc::clone(&self.plan);
        let mut found = None;
        for route in &plan.routes {
            let by_reason = route.reasons.is_empty() || route.reasons.iter().any(|known| known == reason);
            let by_queue = queue.as_ref().is_none_or(|queue| *queue == route.queue);
            let holds = |walk: &mut Self| match route.when.as_ref().map(|when| when.holds(&walk.values)) {
                None => true,
                Some(Ok(holds)) => holds,
                Some(Err(error)) => {
                    walk.note(format!("a route's condition: {error}"));
                    false
                }
            };
            if by_reason && by_queue && holds(self) {
                found = Some((route.queue.clone(), route.tier.clone()));
                break;
            }
        }
        let (route, tier) = found.unzip();
        self.reason = Some(reason.to_owned());
        if let Some(queue) = queue.or(route).or_else(|| plan.queues.keys().next().cloned()) {
            self.state = State::Leaving(Leave::Transfer { queue, tier: tier.flatten(), reason: reason.to_owned() });
        } else {
            self.note(format!("no queue for reason {reason}"));
            self.say_line(Line::NoSeat, &[]);
            self.say_goodbye();
        }
    }

    /// Tells the caller, then hands over.
    pub(super) fn announce_transfer(&mut self, queue: Option<QueueName>, reason: &str) {
        if self.becomes_after_hours(reason) {
            return;
        }
        if !self.plan.queues.is_empty() || !self.plan.routes.is_empty() {
            self.put_line(Line::Transfer, &[], false);
        }
        self.transfer(queue, reason);
    }

    /// Apologises and hands over, because the plan could not be walked.
    pub(super) fn script_error(&mut self, place: Place, message: &str) {
        let (file, Place { line, column }) = self.plan.locate(place);
        let text = format!("script error at {file}:{line}:{column}: {message}");
        self.note(text);
        self.put_line(Line::Apology, &[], true);
        self.announce_transfer(None, "script_error");
    }

    /// Nobody is there at this hour: walks `after_hours` instead of handing over, once a call.
    fn becomes_after_hours(&mut self, reason: &str) -> bool {
        if self.after_hours_walked || self.plan.after_hours.is_empty() || self.is_open() {
            return false;
        }
        self.reason = Some(reason.to_owned());
        self.note(format!("after hours instead of a hand-over ({reason})"));
        let steps = self.after_hours();
        self.contexts = vec![Context { frames: vec![Frame::of(&steps)], back_to: None }];
        self.walk_on();
        true
    }

    /// Returns the steps of `after_hours`, which are walked now.
    pub(super) fn after_hours(&mut self) -> crate::dialplan::Steps {
        self.after_hours_walked = true;
        Arc::clone(&self.plan.after_hours)
    }

    /// The desk has no seat for the caller.
    pub(super) fn no_seat(&mut self) {
        let State::Transferred(queue) = &self.state else { return };
        let queue = queue.clone();
        self.contexts.clear();
        self.silences = 0;
        self.turn_begins();
        self.say_line(Line::NoSeat, &[]);
        match self.plan.queues.get(&queue).map(|queue| queue.overflow) {
            Some(NowWhat::Callback) => self.ask(Asked::Callback { queue, wrong: 0 }),
            Some(NowWhat::Hangup) | None => self.say_goodbye(),
        }
    }

    /// The seat hung up, the caller did not.
    pub(super) fn seat_left(&mut self) {
        if !matches!(self.state, State::Transferred(_)) {
            return;
        }
        self.silences = 0;
        self.misunderstood = 0;
        self.turn_begins();
        let steps = Arc::clone(&self.plan.after_seat);
        if steps.is_empty() {
            return self.say_goodbye();
        }
        let hangup: crate::dialplan::Steps = Arc::new([crate::dialplan::Step { place: Place::default(), kind: StepKind::Hangup }]);
        self.contexts = vec![Context { frames: vec![Frame::of(&hangup), Frame::of(&steps)], back_to: None }];
        self.walk_on();
    }

    /// Promises a call back to a caller whom no seat could take.
    pub(super) fn promise_after_no_seat(&mut self, queue: QueueName) {
        let by = self.promise(queue, CALLBACK_WITHIN, None, None);
        self.say_line(Line::CallbackPromised, &[("by", by)]);
    }

    /// Promises a call back; asks first for what the step wants to know.
    pub(super) fn call_back(&mut self, callback: &Callback, place: Place) {
        if let Some(slot) = callback.at.iter().chain(&callback.number).find(|slot| !self.values.contains_key(*slot)) {
            self.step_back();
            return self.collect(slot);
        }
        let queue = callback.queue.clone().or_else(|| self.plan.routes.last().map(|route| route.queue.clone()));
        let Some(queue) = queue.or_else(|| self.plan.queues.keys().next().cloned()) else {
            return self.script_error(place, "there is no queue that could call back");
        };
        let known = |name: &Option<String>| {
            name.as_ref().and_then(|name| self.slots.iter().find(|(slot, _)| slot == name)).map(|(_, value)| value.clone())
        };
        let (at, number) = (known(&callback.at), known(&callback.number));
        self.promise(queue, callback.within, at, number);
    }

    fn promise(&mut self, queue: QueueName, within: Duration, at: Option<String>, number: Option<String>) -> Value {
        let by = self.plan.hours.after(self.wall(), within);
        let about = self.intent.as_ref().map(|(name, _)| name.clone()).or_else(|| self.reason.clone()).unwrap_or_default();
        let local = self.plan.hours.local(by);
        let words = Value::String(moment(local, self.local(), self.language));
        self.values.insert("callback".to_owned(), json!({"by": local.strftime("%Y-%m-%d %H:%M").to_string(), "words": words}));
        let number = number.map(crate::base::Pii::new);
        self.orders.push_back(Order::Callback(CallbackPromise { queue, within, by, at, number, about }));
        words
    }
}
