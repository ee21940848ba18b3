//! The seats and what each of them does. A seat holds at most one call. Knows of callers only which call a seat has.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::{SeatProfile, SeatState, SeatView, Ticket, Why};
use crate::base::{CallId, Mono, SeatId};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Doing {
    Idle,
    Ringing { call: CallId, until: Mono },
    Talking { call: CallId },
    WrapUp { until: Mono },
    Paused { until: Mono },
}

#[derive(Debug)]
struct Workplace {
    profile: SeatProfile,
    doing: Doing,
    idle_since: Mono,
    /// Gone, but a call goes on.
    leaving: bool,
    /// The latest offer, and the notes' time after it: its answer may come after it was withdrawn.
    offered: Option<(CallId, Duration)>,
}

impl Workplace {
    fn rings_for(&self, call: &CallId) -> bool {
        matches!(&self.doing, Doing::Ringing { call: ringing, .. } if ringing == call)
    }

    fn can(&self, ticket: &Ticket) -> bool {
        !self.leaving && ticket.skills.iter().all(|skill| self.profile.skills.contains_key(skill))
    }

    fn become_idle(&mut self, since: Mono) {
        self.doing = Doing::Idle;
        self.idle_since = since;
    }
}

/// Every seat that is there.
#[derive(Debug, Default)]
pub(super) struct Workplaces {
    seats: BTreeMap<SeatId, Workplace>,
}

impl Workplaces {
    /// A seat already there keeps its call and takes the new profile.
    pub(super) fn up(&mut self, now: Mono, profile: SeatProfile) {
        if let Some(seat) = self.seats.get_mut(&profile.id) {
            seat.profile = profile;
            seat.leaving = false;
            return;
        }
        let seat = Workplace { profile, doing: Doing::Idle, idle_since: now, leaving: false, offered: None };
        self.seats.insert(seat.profile.id.clone(), seat);
    }

    /// Returns the call for which the seat rang.
    pub(super) fn down(&mut self, id: &SeatId) -> Option<CallId> {
        let seat = self.seats.get_mut(id)?;
        if let Doing::Talking { .. } = seat.doing {
            seat.leaving = true;
            return None;
        }
        match self.seats.remove(id)?.doing {
            Doing::Ringing { call, .. } => Some(call),
            Doing::Idle | Doing::Talking { .. } | Doing::WrapUp { .. } | Doing::Paused { .. } => None,
        }
    }

    pub(super) fn has_call(&self, call: &CallId) -> bool {
        self.seats.values().any(|seat| matches!(&seat.doing, Doing::Talking { call: talking } if talking == call))
    }

    pub(super) fn anybody_for(&self, ticket: &Ticket) -> bool {
        self.seats.values().any(|seat| seat.can(ticket))
    }

    /// Rings the best idle seat, if there is one.
    pub(super) fn ring(&mut self, ticket: &Ticket, until: Mono) -> Option<SeatProfile> {
        let preferred = |seat: &Workplace| ticket.tier.is_some() && seat.profile.tier == ticket.tier;
        let seat = self
            .seats
            .values_mut()
            .filter(|seat| seat.doing == Doing::Idle && seat.can(ticket))
            .min_by_key(|seat| (Reverse(preferred(seat)), seat.idle_since))?;
        seat.doing = Doing::Ringing { call: ticket.call.clone(), until };
        seat.offered = Some((ticket.call.clone(), ticket.wrap_up));
        Some(seat.profile.clone())
    }

    /// The offer was taken back for no fault of the seat: it keeps its turn.
    pub(super) fn stop_ringing(&mut self, id: &SeatId, call: &CallId) {
        if let Some(seat) = self.seats.get_mut(id).filter(|seat| seat.rings_for(call)) {
            seat.doing = Doing::Idle;
        }
    }

    /// Returns false where the seat no longer rang for the call.
    pub(super) fn pause_ringing(&mut self, until: Mono, id: &SeatId, call: &CallId) -> bool {
        match self.seats.get_mut(id).filter(|seat| seat.rings_for(call)) {
            Some(seat) => {
                seat.doing = Doing::Paused { until };
                true
            }
            None => false,
        }
    }

    /// Returns `None` where the seat cannot have answered this call, else the other call it rang for by now.
    pub(super) fn answered(&mut self, id: &SeatId, call: &CallId) -> Option<Option<CallId>> {
        let seat = self.seats.get_mut(id)?;
        if matches!(seat.doing, Doing::Talking { .. }) || seat.offered.as_ref().is_none_or(|(offered, _)| offered != call) {
            return None;
        }
        match std::mem::replace(&mut seat.doing, Doing::Talking { call: call.clone() }) {
            Doing::Ringing { call: other, .. } if other != *call => Some(Some(other)),
            Doing::Ringing { .. } | Doing::Idle | Doing::Talking { .. } | Doing::WrapUp { .. } | Doing::Paused { .. } => Some(None),
        }
    }

    pub(super) fn released(&mut self, now: Mono, id: &SeatId, call: &CallId) {
        let Some(seat) = self.seats.get_mut(id) else { return };
        if !matches!(&seat.doing, Doing::Talking { call: talking } if talking == call) {
            return;
        }
        let notes = seat.offered.take().map_or(Duration::ZERO, |(_, wrap_up)| wrap_up);
        if seat.leaving {
            self.seats.remove(id);
        } else if notes.is_zero() {
            seat.become_idle(now);
        } else {
            seat.doing = Doing::WrapUp { until: now + notes };
        }
    }

    /// The call is gone for good: whoever had it is released, and a late answer to it is ignored.
    pub(super) fn forget(&mut self, now: Mono, call: &CallId) {
        let holder = self.seats.iter().find(|(_, seat)| matches!(&seat.doing, Doing::Talking { call: talking } if talking == call));
        if let Some(id) = holder.map(|(id, _)| id.clone()) {
            self.released(now, &id, call);
        }
        for seat in self.seats.values_mut() {
            seat.offered.take_if(|(offered, _)| offered == call);
        }
    }

    /// Ends what is due, and returns who did not answer whom.
    pub(super) fn expire(&mut self, now: Mono, pause: Duration) -> Vec<(SeatId, CallId)> {
        let mut unanswered = Vec::new();
        for (id, seat) in &mut self.seats {
            match &seat.doing {
                Doing::Ringing { call, until } if *until <= now => {
                    unanswered.push((id.clone(), call.clone()));
                    seat.doing = Doing::Paused { until: now + pause };
                }
                Doing::WrapUp { .. } | Doing::Paused { .. } | Doing::Ringing { .. } | Doing::Idle | Doing::Talking { .. } => {}
            }
            if let Doing::WrapUp { until } | Doing::Paused { until } = seat.doing
                && until <= now
            {
                seat.become_idle(now);
            }
        }
        unanswered
    }

    pub(super) fn due(&self) -> Option<(Mono, Why)> {
        self.seats
            .values()
            .filter_map(|seat| match seat.doing {
                Doing::Ringing { until, .. } => Some((until, Why::NoAnswer)),
                Doing::WrapUp { until } => Some((until, Why::WrapUp)),
                Doing::Paused { until } => Some((until, Why::Pause)),
                Doing::Idle | Doing::Talking { .. } => None,
            })
            .min()
    }

    pub(super) fn views(&self) -> Vec<SeatView> {
        self.seats
            .iter()
            .map(|(id, seat)| SeatView {
                seat: id.clone(),
                name: seat.profile.name.clone(),
                state: match &seat.doing {
                    Doing::Idle => SeatState::Idle,
                    Doing::Ringing { call, .. } => SeatState::Ringing { call: call.clone() },
                    Doing::Talking { call } => SeatState::Talking { call: call.clone() },
                    Doing::WrapUp { .. } => SeatState::WrapUp,
                    Doing::Paused { .. } => SeatState::Paused,
                },
            })
            .collect()
    }

    #[cfg(test)]
    pub(super) fn an_idle_seat_for(&self, ticket: &Ticket) -> bool {
        self.seats.values().any(|seat| seat.doing == Doing::Idle && seat.can(ticket))
    }
}
