//! Bellhop answers the phone. See ARCHITECTURE.md for the floors these rooms stand on.

pub mod base;

pub mod audio;
pub mod spoken;
pub mod wire;

pub mod dialplan;
pub mod feelings;
pub mod intent;
pub mod sip;
pub mod speech;
pub mod stream;

pub mod acd;
pub mod ivr;
pub mod lint;

pub mod call;

pub mod browser;
pub mod engines;
pub mod net;
pub mod recorder;
pub mod sources;
pub mod store;

pub mod exchange;
pub mod phone;
pub mod rehearsal;

pub mod web;

pub mod app;
