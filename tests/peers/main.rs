//! The running program and real peers: sipp, baresip, Chromium, and its own phones, all as separate processes on loopback.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod baresip;
mod browser;
mod demo;
mod sipp;
