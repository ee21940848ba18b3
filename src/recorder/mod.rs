//! Floor 5: stereo recordings, written by a thread fed over a bounded ring. A full ring or disk is a counter and a fact, never a wait.
//! Knows no SIP and not what a call is.

mod file;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crate::audio::Frame8k;
use crate::base::{CallId, Wall};

use writer::{Order, Writer};

/// How many 20 ms pairs of all recordings together may wait for the disk: 1.6 s of a hundred calls, 5 MB. What comes on top is lost and counted.
const RING: usize = 8192;

/// Recordings cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The folder cannot be made.
    #[error("cannot record to {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The writer thread cannot be started.
    #[error("cannot start the thread that writes recordings: {0}")]
    Thread(std::io::Error),
}

/// Writes recordings: stereo WAV, 8 kHz, the caller left, robot or seat right, readable by their owner only, a folder a day (UTC).
#[derive(Debug)]
pub struct Recorder {
    ring: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Starts the writer thread for recordings below `folder`.
    ///
    /// # Errors
    /// When the folder cannot be made or the thread not started.
    pub fn start(folder: &Path) -> Result<Self, RecorderError> {
        Self::with_ring(folder, RING)
    }

    fn with_ring(folder: &Path, ring: usize) -> Result<Self, RecorderError> {
        file::make_private_folder(folder).map_err(|source| RecorderError::Folder { path: folder.to_owned(), source })?;
        let (sender, receiver) = sync_channel(ring);
        let writer = Writer::new(folder.to_owned(), receiver);
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || writer.run()).map_err(RecorderError::Thread)?;
        Ok(Self { ring: sender, thread: Some(thread) })
    }

    /// Begins a call's recording; never waits. The file is there once its first sound is written.
    #[must_use]
    pub fn record(&self, call: &CallId, began: Wall) -> RecordingHandle {
        let path = file::relative_path(call, began);
        RecordingHandle { recording: Arc::new(Recording::new(path)), ring: self.ring.clone() }
    }

    /// Ends the thread after what waits in the ring is written. Recordings still running lose what comes later.
    pub fn stop(mut self) {
        // A full ring empties: the writer lives until it sees this order.
        let _ = self.ring.send(Order::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes recordings panicked");
        }
    }
}

/// What a recording's two ends share.
#[derive(Debug)]
struct Recording {
    path: PathBuf,
    /// Frames in the ring.
    waiting: AtomicU64,
    /// Frames the ring had no place for, or that came after the disk failed.
    lost: AtomicU64,
    /// Set when the handle is dropped: the writer finishes the file. A flag, since an order could find the ring full.
    finished: AtomicBool,
    failed: OnceLock<String>,
}

impl Recording {
    fn new(path: PathBuf) -> Self {
        Self { path, waiting: AtomicU64::new(0), lost: AtomicU64::new(0), finished: AtomicBool::new(false), failed: OnceLock::new() }
    }
}

/// A running recording; dropping it finishes the file.
#[derive(Debug)]
pub struct RecordingHandle {
    recording: Arc<Recording>,
    ring: SyncSender<Order>,
}

impl RecordingHandle {
    /// Takes 20 ms: neither waits nor allocates; when the ring is full they are lost and counted, and written as silence.
    pub fn push(&self, caller: &Frame8k, far: &Frame8k) {
        let lost_before = self.lost_frames();
        let order = Order::Frames { recording: Arc::clone(&self.recording), lost_before, caller: *caller, far: *far };
        self.recording.waiting.fetch_add(1, Ordering::AcqRel);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.ring.try_send(order) {
            self.recording.waiting.fetch_sub(1, Ordering::AcqRel);
            self.recording.lost.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("bellhop_recording_frames_lost_total").increment(1);
        }
    }

    /// Returns the file's path below the recordings' folder: `2026-11-21/<call>.wav`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.recording.path
    }

    /// Returns how many frames were lost so far.
    #[must_use]
    pub fn lost_frames(&self) -> u64 {
        self.recording.lost.load(Ordering::Relaxed)
    }

    /// Returns why nothing more is written (a full disk, …), if so.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.recording.failed.get().cloned()
    }
}

impl Drop for RecordingHandle {
    fn drop(&mut self) {
        self.recording.finished.store(true, Ordering::Release);
        // Only to be quick: where the ring is full the writer sees the flag.
        let _ = self.ring.try_send(Order::Look);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const BEGAN: Wall = Wall::from_millis(1_795_259_779_000);

    fn tone(level: i16) -> Frame8k {
        crate::audio::Frame([level; 160])
    }

    /// Left and right samples of a finished 16-bit stereo file, its header taken at its word.
    fn sides(path: &Path) -> (Vec<i16>, Vec<i16>) {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!((&bytes[..4], &bytes[8..12], &bytes[36..40]), (&b"RIFF"[..], &b"WAVE"[..], &b"data"[..]));
        let length = u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
        let samples: Vec<i16> = bytes[44..44 + length].chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        (samples.iter().step_by(2).copied().collect(), samples.iter().skip(1).step_by(2).copied().collect())
    }

    #[test]
    fn the_caller_is_left_the_far_end_right_and_only_the_owner_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(&folder.path().join("recordings")).unwrap();
        let handle = recorder.record(&CallId::from("01call"), BEGAN);
        for _ in 0..3 {
            handle.push(&tone(1000), &tone(-2000));
        }
        let path = folder.path().join("recordings").join(handle.path());
        assert_eq!(handle.path(), Path::new("2026-11-21/01call.wav"));
        drop(handle);
        recorder.stop();
        assert_eq!(sides(&path), (vec![1000; 480], vec![-2000; 480]));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_full_ring_costs_frames_but_keeps_time() {
        let (ring, orders) = sync_channel(2);
        let folder = tempfile::tempdir().unwrap();
        let handle = RecordingHandle { recording: Arc::new(Recording::new("2026-11-21/02call.wav".into())), ring };
        for level in 1..=5 {
            handle.push(&tone(level), &tone(level));
        }
        assert_eq!(handle.lost_frames(), 3);
        let mut writer = Writer::new(folder.path().to_owned(), orders);
        writer.take_what_waits();
        handle.push(&tone(6), &tone(6));
        let path = folder.path().join(handle.path());
        drop(handle);
        writer.take_what_waits();
        let (left, _) = sides(&path);
        let heard: Vec<i16> = left.chunks_exact(160).map(|frame| frame[0]).collect();
        assert_eq!(heard, [1, 2, 0, 0, 0, 6]);
    }

    #[test]
    fn a_recording_cut_by_a_crash_is_readable_up_to_its_last_second() {
        let (ring, orders) = sync_channel(256);
        let folder = tempfile::tempdir().unwrap();
        let handle = RecordingHandle { recording: Arc::new(Recording::new("2026-11-21/03call.wav".into())), ring };
        let mut writer = Writer::new(folder.path().to_owned(), orders);
        for _ in 0..120 {
            handle.push(&tone(7), &tone(8));
        }
        writer.take_what_waits();
        let (left, right) = sides(&folder.path().join(handle.path()));
        assert!(left.len() >= 100 * 160 && left.len() == right.len(), "{} samples", left.len());
        std::mem::forget(writer);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_to_the_call_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let (ring, orders) = sync_channel(8);
        std::fs::write(folder.path().join("2026-11-21"), "a file where a folder should be").unwrap();
        let handle = RecordingHandle { recording: Arc::new(Recording::new("2026-11-21/04call.wav".into())), ring };
        let mut writer = Writer::new(folder.path().to_owned(), orders);
        handle.push(&tone(1), &tone(1));
        handle.push(&tone(1), &tone(1));
        writer.take_what_waits();
        assert!(handle.trouble().unwrap().contains("2026-11-21"), "{:?}", handle.trouble());
        assert_eq!(handle.lost_frames(), 2);

        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = Recorder::start(&folder.path().join("file")).unwrap_err().to_string();
        assert!(error.contains("/file"), "{error}");
    }
}
