//! The callers who wait, in the order in which they are served. Knows no seat but the one that rings for a caller.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{QueueView, Ticket, WaitingView, Why};
use crate::base::{CallId, Mono, QueueName, SeatId};

/// One caller who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// What it waits for.
    pub(super) ticket: Ticket,
    /// The seat that rings for it.
    pub(super) ringing: Option<SeatId>,
    since: Mono,
    announce_at: Option<Mono>,
}

impl Waiter {
    fn give_up_at(&self) -> Mono {
        self.since + self.ticket.max_wait
    }
}

/// Everybody who waits, whichever the queue: the highest priority first, then who came first.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: Vec<Waiter>,
}

impl Line {
    pub(super) fn join(&mut self, now: Mono, ticket: Ticket) {
        if self.waiters.iter().any(|waiter| waiter.ticket.call == ticket.call) {
            return;
        }
        let place = self.waiters.partition_point(|waiter| waiter.ticket.priority >= ticket.priority);
        self.waiters.insert(place, Waiter { ticket, ringing: None, since: now, announce_at: Some(now) });
    }

    pub(super) fn leave(&mut self, call: &CallId) -> Option<Waiter> {
        let place = self.waiters.iter().position(|waiter| waiter.ticket.call == *call)?;
        Some(self.waiters.remove(place))
    }

    /// The caller keeps its place.
    pub(super) fn stop_ringing(&mut self, call: &CallId) {
        if let Some(waiter) = self.waiters.iter_mut().find(|waiter| waiter.ticket.call == *call) {
            waiter.ringing = None;
        }
    }

    /// Returns those for whom a seat may ring now, next to be served first. Whose wait is over gets no new offer: with three seats that never
    /// answer it would go round for ever; who has just come gets one, however short the wait.
    pub(super) fn unserved(&mut self, now: Mono) -> impl Iterator<Item = &mut Waiter> {
        self.waiters.iter_mut().filter(move |waiter| waiter.ringing.is_none() && (waiter.give_up_at() > now || waiter.since == now))
    }

    /// Removes who has waited long enough or for whom it is hopeless; nobody is sent away while a seat rings for them.
    pub(super) fn give_up(&mut self, now: Mono, hopeless: impl Fn(&Ticket) -> bool) -> Vec<CallId> {
        self.waiters
            .extract_if(.., |waiter| waiter.ringing.is_none() && (waiter.give_up_at() <= now || hopeless(&waiter.ticket)))
            .map(|waiter| waiter.ticket.call)
            .collect()
    }

    /// Returns who is to hear its place now.
    pub(super) fn announce(&mut self, now: Mono) -> Vec<(CallId, u32)> {
        let mut places: BTreeMap<QueueName, u32> = BTreeMap::new();
        let mut told = Vec::new();
        for waiter in &mut self.waiters {
            let place = places.entry(waiter.ticket.queue.clone()).and_modify(|place| *place += 1).or_insert(1);
            if waiter.announce_at.is_some_and(|at| at <= now) {
                told.push((waiter.ticket.call.clone(), *place));
                waiter.announce_at = (waiter.ticket.announce > Duration::ZERO).then(|| now + waiter.ticket.announce);
            }
        }
        told
    }

    pub(super) fn due(&self) -> Option<(Mono, Why)> {
        let gives_up = self.waiters.iter().filter(|waiter| waiter.ringing.is_none()).map(|waiter| (waiter.give_up_at(), Why::MaxWait));
        let announced = self.waiters.iter().filter_map(|waiter| Some((waiter.announce_at?, Why::Announce)));
        gives_up.chain(announced).min()
    }

    pub(super) fn views(&self, now: Mono) -> Vec<QueueView> {
        let mut queues: BTreeMap<QueueName, Vec<WaitingView>> = BTreeMap::new();
        for waiter in &self.waiters {
            let waiting = queues.entry(waiter.ticket.queue.clone()).or_default();
            waiting.push(WaitingView {
                call: waiter.ticket.call.clone(),
                place: u32::try_from(waiting.len() + 1).unwrap_or(u32::MAX),
                waited: now.since(waiter.since),
                ringing: waiter.ringing.clone(),
            });
        }
        queues.into_iter().map(|(queue, waiting)| QueueView { queue, waiting }).collect()
    }

    #[cfg(test)]
    pub(super) fn waiters(&self) -> &[Waiter] {
        &self.waiters
    }
}
