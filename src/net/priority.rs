//! Lets the threads that callers hear wait for nobody: signalling and media go before everything else on the machine.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// Among the real-time threads of the machine the lowest: audio servers and the kernel's own come first.
const LEVEL: u8 = 5;

/// Puts the calling thread before all ordinary ones where the system lets it (root, `CAP_SYS_NICE` or a limit on `rtprio`): a real-time
/// turn in rotation (`SCHED_RR`), else ten steps of niceness, else nothing. What it does must be short and must wait for events.
pub fn go_first() {
    let level = ThreadPriorityValue::try_from(LEVEL).map(ThreadPriority::Crossplatform);
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    let turned = level.is_ok_and(|level| set_thread_priority_and_policy(thread_native_id(), level, policy).is_ok());
    if !turned {
        // On Linux niceness belongs to the calling thread.
        let _ = rustix::process::nice(-10);
    }
}
