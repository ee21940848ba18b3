//! The seats' phones: they ring, answer, refuse or stay silent, as their script says.

use std::time::Duration;

use super::network::Network;
use super::party::Party;
use super::{Offered, SeatScript, Step};
use crate::base::SeatId;

/// The seats' voices are lower than the caller's.
const PITCH_HZ: usize = 100;

/// What a phone will do by itself, once it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Will {
    Answer(Duration),
    Refuse(Duration),
    Nothing,
    BeUnreachable,
}

/// One ringing of one phone; an action of an earlier ringing is void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ringing {
    pub(super) seat: SeatId,
    count: usize,
}

enum Doing {
    Nothing,
    Rings(Vec<Step>),
    Talks(Box<Party>),
}

struct Phone {
    script: SeatScript,
    doing: Doing,
    rung: usize,
}

/// The phones of all seats.
pub(super) struct Phones {
    phones: Vec<Phone>,
    seed: u64,
}

impl Phones {
    pub(super) fn new(seats: &[SeatScript], seed: u64) -> Self {
        let phones = seats.iter().map(|script| Phone { script: script.clone(), doing: Doing::Nothing, rung: 0 }).collect();
        Self { phones, seed }
    }

    /// Rings a phone.
    pub(super) fn ring(&mut self, seat: &SeatId) -> (Ringing, Will) {
        let Some(phone) = self.phone(seat) else { return (Ringing { seat: seat.clone(), count: 0 }, Will::BeUnreachable) };
        let offers = &phone.script.offers;
        let offer = offers.get(phone.rung).or(offers.last()).cloned().unwrap_or(Offered::NeverAnswers);
        phone.rung += 1;
        let ringing = Ringing { seat: seat.clone(), count: phone.rung };
        let (will, steps) = match offer {
            Offered::Answers { after, then } => (Will::Answer(after), then),
            Offered::Refuses { after } => (Will::Refuse(after), Vec::new()),
            Offered::NeverAnswers => (Will::Nothing, Vec::new()),
            Offered::IsUnreachable => return (ringing, Will::BeUnreachable),
        };
        phone.doing = Doing::Rings(steps);
        (ringing, will)
    }

    /// Answers, unless it no longer rings.
    pub(super) fn answer(&mut self, ringing: &Ringing) -> bool {
        let seed = self.seed.wrapping_add(ringing.count as u64);
        let Some(phone) = self.phone(&ringing.seat).filter(|phone| phone.rung == ringing.count) else { return false };
        match std::mem::replace(&mut phone.doing, Doing::Nothing) {
            Doing::Rings(steps) => {
                phone.doing = Doing::Talks(Box::new(Party::new(Network::Perfect, seed, PITCH_HZ, steps)));
                true
            }
            doing @ (Doing::Nothing | Doing::Talks(_)) => {
                phone.doing = doing;
                false
            }
        }
    }

    /// Refuses, unless it no longer rings.
    pub(super) fn refuse(&mut self, ringing: &Ringing) -> bool {
        let Some(phone) = self.phone(&ringing.seat).filter(|phone| phone.rung == ringing.count) else { return false };
        let rings = matches!(phone.doing, Doing::Rings(_));
        if rings {
            phone.doing = Doing::Nothing;
        }
        rings
    }

    /// Ends whatever the phone does; returns false if it did nothing.
    pub(super) fn hang_up(&mut self, seat: &SeatId) -> bool {
        self.phone(seat).is_some_and(|phone| !matches!(std::mem::replace(&mut phone.doing, Doing::Nothing), Doing::Nothing))
    }

    /// Returns who talks at a seat.
    pub(super) fn party(&mut self, seat: &SeatId) -> Option<&mut Party> {
        match &mut self.phone(seat)?.doing {
            Doing::Talks(party) => Some(party),
            Doing::Nothing | Doing::Rings(_) => None,
        }
    }

    pub(super) fn busy(&self) -> Vec<SeatId> {
        let busy = self.phones.iter().filter(|phone| !matches!(phone.doing, Doing::Nothing));
        busy.map(|phone| phone.script.profile.id.clone()).collect()
    }

    fn phone(&mut self, seat: &SeatId) -> Option<&mut Phone> {
        self.phones.iter_mut().find(|phone| phone.script.profile.id == *seat)
    }
}
