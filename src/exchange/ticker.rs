//! The 20 ms tick of a call, from a timer of the system's own: the runtime's timers know whole milliseconds only and would come late by up to two.

use std::future::pending;
use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use crate::base::TICK;

/// Comes every 20 ms. A tick that is missed is made up for at once: the far end's jitter buffer wants every frame.
pub(super) struct Ticker {
    timer: AsyncFd<OwnedFd>,
    due: Instant,
    owed: u64,
}

impl Ticker {
    /// Starts on the current runtime; the first tick is due now.
    ///
    /// # Errors
    /// When the system has no file descriptor left.
    pub(super) fn start() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let every = Timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as _ };
        #[expect(unsafe_code, reason = "the runtime has no safe door for a timer's descriptor")]
        // SAFETY: an `OwnedFd` owns its descriptor, always gives the same one, and closes it only after the `AsyncFd` has let go of it.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &Itimerspec { it_interval: every, it_value: every })?;
        Ok(Self { timer, due: Instant::now(), owed: 1 })
    }

    /// Waits for the next tick and returns when it was due. Nothing is lost when the wait is given up.
    pub(super) async fn tick(&mut self) -> Instant {
        while self.owed == 0 {
            let Ok(mut ready) = self.timer.readable().await else { return pending().await };
            let mut count = [0; 8];
            // A timer that has not run out yet says so, and the wait goes on.
            if let Ok(Ok(_)) = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut count)?)) {
                self.owed = u64::from_ne_bytes(count);
            }
        }
        self.owed -= 1;
        let due = self.due;
        self.due += TICK;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ticks_are_due_every_20_ms_and_none_is_lost_while_nobody_waits() {
        let mut ticker = Ticker::start().unwrap();
        let first = ticker.tick().await;
        // The loop is busy for three ticks, and a wait is given up.
        tokio::time::sleep(3 * TICK).await;
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, std::future::pending::<()>());
        assert!(given_up.await.is_err());
        for count in 1..=5_u32 {
            let due = ticker.tick().await;
            assert_eq!(due, first + count * TICK);
            assert!(Instant::now() + std::time::Duration::from_micros(200) >= due, "not before it is due");
        }
    }
}
