//! Stands for the network where Bellhop was built without the feature `kokoro`: there is none to load.

use std::convert::Infallible;
use std::path::Path;

/// A network that cannot be.
pub(super) struct Network(Infallible);

/// A run that cannot be.
#[derive(Clone)]
pub(super) struct Stop(Infallible);

const ABSENT: &str = "this bellhop was built without its feature `kokoro`: build it with that, or set voice.engine to espeak-ng";

impl Stop {
    pub(super) fn new() -> Result<Self, String> {
        Err(ABSENT.to_owned())
    }

    pub(super) fn stop(&self) {
        match self.0 {}
    }
}

impl Network {
    pub(super) fn load(_: &Path, _: usize) -> Result<Self, String> {
        Err(ABSENT.to_owned())
    }

    pub(super) fn speak(&mut self, _: &[i64], _: &[f32], _: f32, _: &Stop) -> Result<Vec<f32>, String> {
        match self.0 {}
    }
}
