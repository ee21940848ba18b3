//! The thread that writes: opens a recording at its first frame, brings its header up to date every second, finishes it when its handle is gone.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::Recording;
use super::file::StereoFile;
use crate::audio::Frame8k;

/// What comes over the ring.
#[expect(clippy::large_enum_variant, reason = "nearly all are frames, and a box would allocate every 20 ms")]
pub(super) enum Order {
    /// 20 ms of a recording.
    Frames {
        recording: Arc<Recording>,
        /// Frames lost when it was sent.
        lost_before: u64,
        caller: Frame8k,
        far: Frame8k,
    },
    /// A recording was finished.
    Look,
    /// The program ends.
    Stop,
}

/// A recording as the writer has it.
struct Running {
    recording: Arc<Recording>,
    /// None after the disk failed.
    file: Option<StereoFile>,
    /// Lost frames already written as silence.
    filled: u64,
}

pub(super) struct Writer {
    folder: PathBuf,
    orders: Receiver<Order>,
    running: HashMap<PathBuf, Running>,
}

impl Writer {
    pub(super) fn new(folder: PathBuf, orders: Receiver<Order>) -> Self {
        Self { folder, orders, running: HashMap::new() }
    }

    /// Writes until told to stop.
    pub(super) fn run(mut self) {
        loop {
            match self.orders.recv_timeout(Duration::from_millis(500)) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => self.finish_finished(),
            }
        }
        for (_, running) in self.running.drain() {
            running.finish();
        }
    }

    /// Handles what waits in the ring without waiting for more.
    #[cfg(test)]
    pub(super) fn take_what_waits(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.take(order);
        }
        self.finish_finished();
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Frames { recording, lost_before, caller, far } => {
                self.write(&recording, lost_before, &caller, &far);
                recording.waiting.fetch_sub(1, Ordering::AcqRel);
                if recording.finished.load(Ordering::Acquire) {
                    self.finish_finished();
                }
            }
            Order::Look => self.finish_finished(),
            Order::Stop => {}
        }
    }

    fn write(&mut self, recording: &Arc<Recording>, lost: u64, caller: &Frame8k, far: &Frame8k) {
        if !self.running.contains_key(&recording.path) {
            let file = StereoFile::create(&self.folder, &recording.path).map_err(|error| recording.fail(&error)).ok();
            self.running.insert(recording.path.clone(), Running { recording: Arc::clone(recording), file, filled: 0 });
        }
        let Some(running) = self.running.get_mut(&recording.path) else { return };
        let Some(file) = &mut running.file else {
            recording.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        // Sound after a gap stays where it belongs in time.
        let gap = (running.filled..lost).map(|_| file.write(&Frame8k::SILENCE, &Frame8k::SILENCE));
        let written = gap.collect::<Result<(), _>>().and_then(|()| file.write(caller, far));
        running.filled = lost;
        if let Err(error) = written {
            recording.fail(&error);
            recording.lost.fetch_add(1, Ordering::Relaxed);
            running.file = None;
        }
    }

    fn finish_finished(&mut self) {
        self.running.retain(|_, running| {
            let goes_on = !running.recording.finished.load(Ordering::Acquire) || running.recording.waiting.load(Ordering::Acquire) > 0;
            if !goes_on && let Some(file) = running.file.take() {
                finish(&running.recording, file);
            }
            goes_on
        });
    }
}

impl Running {
    fn finish(self) {
        if let Some(file) = self.file {
            finish(&self.recording, file);
        }
    }
}

fn finish(recording: &Recording, file: StereoFile) {
    if let Err(error) = file.finish() {
        recording.fail(&error);
    }
}

impl Recording {
    fn fail(&self, error: &std::io::Error) {
        let words = format!("{}: {error}", self.path.display());
        if self.failed.set(words).is_ok() {
            tracing::error!(path = %self.path.display(), %error, "a recording cannot be written: is the disk full?");
            metrics::counter!("bellhop_recordings_failed_total").increment(1);
        }
    }
}
