//! The running program and real peers: sipp, baresip, Chromium, and its own phones, all as separate processes on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod baresip;
mod browser;
mod demo;
mod giving_up;
mod hotlines;
mod sipp;
mod stopping;
