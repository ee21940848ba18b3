//! Lets worker threads give way to media.
#![expect(unsafe_code, reason = "the system call has no safe wrapper here")]

/// Lowers the calling thread's priority by ten steps; where the system refuses, it stays as it is.
pub(super) fn give_way() {
    // SAFETY: takes a number, touches no memory; on Linux niceness belongs to the calling thread.
    let _ = unsafe { libc::nice(10) };
}
