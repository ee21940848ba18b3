//! The jitter buffer: samples wait in a ring under their timestamps until the tick that plays them, so packets of any
//! length, order and overlap fit. How long they wait follows the smallest lead that packets had of late.

use std::time::Duration;

use super::conceal::{Concealer, is_quiet};
use super::{TICK_SAMPLES, samples};
use crate::audio::Frame8k;
use crate::base::Mono;

/// Slots of the ring; a power of two, so that timestamps wrap with it.
const RING: usize = 4096;
/// The longest packet: 120 ms.
pub(super) const MAX_PACKET: usize = 960;
/// More than 300 ms of waiting sound is cut.
const MAX_DEPTH: u32 = 2400;
/// The wait before jitter has been measured: 40 ms.
const FIRST_DEPTH: u32 = 320;
/// Packets after which measured jitter is believed.
const MEASURED: u32 = 50;
/// The bounds of the wait that a new spurt of talk begins with: 20 to 200 ms.
const DEPTHS: std::ops::RangeInclusive<u32> = TICK_SAMPLES..=1600;
/// A gap after which sound begins anew, with a fresh wait: 60 ms, when concealment has faded.
const SPURT: u32 = 480;
/// A timestamp this far off is another clock, not another delay: one second.
const ANOTHER_CLOCK: u32 = 8000;
/// The stretch over which the smallest lead is taken.
const WINDOW: Duration = Duration::from_millis(1500);
const WINDOW_PACKETS: u32 = 10;
/// The smallest lead is steered into 5 to 30 ms; wider than the 20 ms of one step, so that it comes to rest.
const TIGHT: i32 = 40;
const LOOSE: i32 = 240;
/// Ticks that a shortening waits for a quiet moment.
const PATIENCE: u32 = 50;

/// What a tick was filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Sound that came.
    Heard,
    /// Sound made up to cover a gap.
    Covered,
    /// Silence.
    Silent,
}

/// What became of a packet's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It waits to be played.
    Waits,
    /// It waits, and what waited before was thrown away: the sender's clock had jumped.
    Restarted,
    /// Its time has passed.
    Late,
}

/// Sound that waits to be played.
#[derive(Clone, Debug)]
pub(super) struct JitterBuffer {
    ring: Box<[i16; RING]>,
    present: Box<[bool; RING]>,
    /// The timestamp that the next tick plays first; none before the first packet.
    cursor: Option<u32>,
    /// One past the newest sample; at the cursor when nothing waits.
    end: u32,
    /// How many samples the cursor has stood still for want of sound.
    held: u32,
    last_tick: Mono,
    leads: Leads,
    /// Ticks to leave out (above zero) or put in (below).
    correction: i32,
    impatience: u32,
    jitter: Jitter,
    concealer: Concealer,
    /// Samples cut because too many waited.
    pub(super) skipped: u64,
}

impl JitterBuffer {
    pub(super) fn new() -> Self {
        Self {
            ring: Box::new([0; RING]),
            present: Box::new([false; RING]),
            cursor: None,
            end: 0,
            held: 0,
            last_tick: Mono::ZERO,
            leads: Leads::default(),
            correction: 0,
            impatience: 0,
            jitter: Jitter::default(),
            concealer: Concealer::new(),
            skipped: 0,
        }
    }

    /// Forgets the sender's clock; the next packet begins anew.
    pub(super) fn restart(&mut self) {
        self.present.fill(false);
        self.cursor = None;
        (self.held, self.correction, self.impatience) = (0, 0, 0);
        self.leads = Leads::default();
        self.jitter.last = None;
    }

    /// Interarrival jitter, in samples (RFC 3550 §A.8).
    pub(super) fn jitter(&self) -> u32 {
        self.jitter.sixteenths / 16
    }

    /// Samples between the one played next and the newest.
    pub(super) fn depth(&self) -> u32 {
        self.cursor.map_or(0, |cursor| self.end.wrapping_sub(cursor))
    }

    /// Puts a packet's samples under their timestamps; at most [`MAX_PACKET`] of them.
    pub(super) fn insert(&mut self, now: Mono, timestamp: u32, sound: &[i16]) -> Kept {
        let sound = &sound[..sound.len().min(MAX_PACKET)];
        let end = timestamp.wrapping_add(sound.len() as u32);
        self.jitter.measure(now, timestamp);
        let mut kept = Kept::Waits;
        let mut cursor = match self.cursor {
            None => self.begin(timestamp),
            Some(cursor) => {
                let gap = distance(cursor, timestamp);
                if gap < -(ANOTHER_CLOCK as i32) || self.held == 0 && gap > ANOTHER_CLOCK as i32 {
                    self.restart();
                    kept = Kept::Restarted;
                    self.begin(timestamp)
                } else if distance(cursor, end) <= 0 {
                    self.leads.note(gap);
                    return Kept::Late;
                } else if self.held > 0 {
                    self.resume(cursor, timestamp)
                } else {
                    let waited = samples(now - self.last_tick).min(u64::from(MAX_DEPTH)) as i32;
                    self.leads.note(gap.saturating_add(TICK_SAMPLES as i32 - waited));
                    cursor
                }
            }
        };
        self.held = 0;
        let depth = end.wrapping_sub(cursor);
        if depth > MAX_DEPTH {
            let kept = (self.depth_wanted() + sound.len() as u32).min(MAX_DEPTH);
            let skipped = depth - kept;
            for step in 0..skipped.min(RING as u32) {
                self.present[slot(cursor.wrapping_add(step))] = false;
            }
            self.skipped += u64::from(skipped);
            cursor = cursor.wrapping_add(skipped);
        }
        if self.cursor.is_none() || distance(self.end, end) > 0 || distance(cursor, self.end) < 0 {
            self.end = end;
        }
        self.cursor = Some(cursor);
        let passed = distance(timestamp, cursor).max(0) as usize;
        for (step, sample) in sound.iter().enumerate().skip(passed) {
            let slot = slot(timestamp.wrapping_add(step as u32));
            (self.ring[slot], self.present[slot]) = (*sample, true);
        }
        kept
    }

    /// Fills the 20 ms that are due.
    pub(super) fn tick(&mut self, now: Mono, frame: &mut Frame8k) -> Filled {
        self.last_tick = now;
        let Some(cursor) = self.cursor else {
            *frame = Frame8k::SILENCE;
            return Filled::Silent;
        };
        if let Some(correction) = self.leads.correction(now) {
            (self.correction, self.impatience) = (correction, 0);
        }
        let waiting = self.depth().min(TICK_SAMPLES);
        let (heard, audible) = self.take(cursor, waiting as usize, frame);
        let mut moved = waiting;
        if heard == TICK_SAMPLES as usize && self.correction != 0 {
            moved = self.correct(cursor, frame);
        }
        if waiting < TICK_SAMPLES {
            self.held = self.held.saturating_add(TICK_SAMPLES - waiting);
        }
        self.cursor = Some(cursor.wrapping_add(moved));
        match (heard * 2 >= frame.0.len(), audible) {
            (true, _) => Filled::Heard,
            (false, true) => Filled::Covered,
            (false, false) => Filled::Silent,
        }
    }

    /// Takes what is there from the cursor on and covers what is not; returns how many samples were there, and whether a cover is audible.
    fn take(&mut self, cursor: u32, waiting: usize, frame: &mut Frame8k) -> (usize, bool) {
        let (mut heard, mut audible, mut from) = (0, false, 0);
        while from < frame.0.len() {
            let here = |step: usize| step < waiting && self.present[slot(cursor.wrapping_add(step as u32))];
            let is_here = here(from);
            let to = (from + 1..frame.0.len()).find(|step| here(*step) != is_here).unwrap_or(frame.0.len());
            let run = &mut frame.0[from..to];
            if is_here {
                for (step, sample) in (from..to).zip(run.iter_mut()) {
                    let slot = slot(cursor.wrapping_add(step as u32));
                    *sample = self.ring[slot];
                    self.present[slot] = false;
                }
                self.concealer.hear(run);
                heard += run.len();
            } else {
                audible |= self.concealer.cover(run);
            }
            from = to;
        }
        (heard, audible)
    }

    /// Leaves a tick out or puts one in, where it is not heard; returns how far the cursor moves.
    fn correct(&mut self, cursor: u32, frame: &mut Frame8k) -> u32 {
        let quiet = is_quiet(&frame.0);
        self.impatience += 1;
        if self.correction < 0 && quiet {
            self.correction += 1;
            for (step, sample) in frame.0.iter().enumerate() {
                let slot = slot(cursor.wrapping_add(step as u32));
                (self.ring[slot], self.present[slot]) = (*sample, true);
            }
            return 0;
        }
        let next = cursor.wrapping_add(TICK_SAMPLES);
        let whole = (0..TICK_SAMPLES).all(|step| self.present[slot(next.wrapping_add(step))]);
        if self.correction > 0 && whole && (quiet || self.impatience > PATIENCE) && self.depth() >= 2 * TICK_SAMPLES {
            self.correction -= 1;
            self.impatience = 0;
            let mut following = Frame8k::SILENCE;
            self.take(next, TICK_SAMPLES as usize, &mut following);
            for (place, (sample, later)) in (1_i32..).zip(frame.0.iter_mut().zip(&following.0)) {
                *sample = ((i32::from(*sample) * (160 - place) + i32::from(*later) * place) / 160) as i16;
            }
            return 2 * TICK_SAMPLES;
        }
        TICK_SAMPLES
    }

    fn begin(&self, timestamp: u32) -> u32 {
        timestamp.wrapping_sub(self.depth_wanted())
    }

    /// Where to go on when sound comes after the cursor stood still. A short gap in the timestamps is sound lost while it stood;
    /// a long one is a silence that was not sent, after which the wait is fresh; none means that all was only delayed.
    fn resume(&self, cursor: u32, timestamp: u32) -> u32 {
        let gap = distance(cursor, timestamp);
        if gap <= 0 {
            cursor
        } else if self.held <= SPURT {
            cursor.wrapping_add(self.held.min(gap as u32))
        } else {
            self.begin(timestamp)
        }
    }

    fn depth_wanted(&self) -> u32 {
        let wanted = TICK_SAMPLES + 3 * self.jitter();
        let least = if self.jitter.count < MEASURED { FIRST_DEPTH } else { *DEPTHS.start() };
        wanted.clamp(least, *DEPTHS.end())
    }
}

fn slot(timestamp: u32) -> usize {
    timestamp as usize % RING
}

/// Samples from one timestamp to another, across the wrap.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

/// Interarrival jitter (RFC 3550 §A.8).
#[derive(Clone, Copy, Debug, Default)]
struct Jitter {
    last: Option<u32>,
    sixteenths: u32,
    count: u32,
}

impl Jitter {
    fn measure(&mut self, now: Mono, timestamp: u32) {
        let transit = (samples(now.elapsed()) as u32).wrapping_sub(timestamp);
        if let Some(last) = self.last.replace(transit) {
            // A jump of the sender's clock is no jitter.
            let change = distance(last, transit).unsigned_abs().min(ANOTHER_CLOCK);
            self.sixteenths = (self.sixteenths + change) - (self.sixteenths + 8) / 16;
            self.count = self.count.saturating_add(1);
        }
    }
}

/// The smallest time that packets came before they were due, over a window.
#[derive(Clone, Copy, Debug, Default)]
struct Leads {
    least: i32,
    packets: u32,
    since: Option<Mono>,
}

impl Leads {
    fn note(&mut self, lead: i32) {
        self.least = if self.packets == 0 { lead } else { self.least.min(lead) };
        self.packets += 1;
    }

    /// At the end of a window: how many ticks to leave out (above zero) or put in (below).
    fn correction(&mut self, now: Mono) -> Option<i32> {
        let since = *self.since.get_or_insert(now);
        if now - since < WINDOW || self.packets < WINDOW_PACKETS {
            return None;
        }
        let least = self.least;
        *self = Self { since: Some(now), ..Self::default() };
        Some(match least {
            ..TIGHT => -1,
            TIGHT..=LOOSE => 0,
            _ => (least - TIGHT) / TICK_SAMPLES as i32,
        })
    }
}
