//! Lets worker threads give way to media.

/// Lowers the calling thread's priority by ten steps; where the system refuses, it stays as it is.
pub fn give_way() {
    // On Linux niceness belongs to the calling thread.
    let _ = rustix::process::nice(10);
}
