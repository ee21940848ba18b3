//! Spoken texts kept, so that a known prompt costs nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, mpsc};
use tokio::task::{JoinSet, spawn_blocking};

use super::shelf::Shelf;
use super::voices::{Voices, Waits};
use crate::speech::{SpeakError, Speech, Wording};

/// Spoken texts by wording: known prompts stay, and lie on disk where a folder is named; others make room for newer ones.
/// Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct PromptCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    voices: Voices,
    shelf: Option<Shelf>,
    most_bytes: usize,
    /// Guards the entries; held for a lookup or an eviction, never while something is spoken.
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_wording: HashMap<Wording, Entry>,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    speech: Arc<OnceCell<Speech>>,
    pinned: Pin,
    used: u64,
}

/// Whether an entry may make room for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    Stays,
    Goes,
}

/// Why a text is spoken without being kept.
enum Unkept {
    Failed(SpeakError),
    /// Another voice spoke than the one that was meant.
    Stead(Speech),
}

impl PromptCache {
    /// Makes an empty cache that keeps up to `bytes` of audio besides the pinned prompts.
    #[must_use]
    pub fn new(voices: impl Into<Voices>, bytes: usize) -> Self {
        Self::with_shelf(voices.into(), bytes, None)
    }

    /// Makes a cache that also keeps known prompts in a folder, up to `disk_bytes`, for the next start. What callers are told is never written.
    ///
    /// # Errors
    ///
    /// Those of making the folder.
    pub fn on_disk(voices: impl Into<Voices>, bytes: usize, folder: PathBuf, disk_bytes: u64) -> std::io::Result<Self> {
        let voices = voices.into();
        let shelf = Shelf::new(folder, disk_bytes, &voices.version())?;
        Ok(Self::with_shelf(voices, bytes, Some(shelf)))
    }

    fn with_shelf(voices: Voices, most_bytes: usize, shelf: Option<Shelf>) -> Self {
        Self { shared: Arc::new(Shared { voices, shelf, most_bytes, entries: Mutex::default() }) }
    }

    /// Returns the voices.
    #[must_use]
    pub fn voices(&self) -> &Voices {
        &self.shared.voices
    }

    /// Returns the audio if it is there already.
    #[must_use]
    pub fn get(&self, wording: &Wording) -> Option<Speech> {
        let mut entries = self.entries();
        entries.uses += 1;
        let uses = entries.uses;
        let entry = entries.by_wording.get_mut(wording)?;
        entry.used = uses;
        entry.speech.get().cloned()
    }

    /// Returns the audio, spoken now if need be; the same wording asked for twice at once is spoken once.
    ///
    /// # Errors
    ///
    /// The voice's failure; the next who asks tries again.
    pub async fn synthesise(&self, wording: Wording) -> Result<Speech, SpeakError> {
        self.spoken(wording, Pin::Goes, None).await
    }

    /// As [`PromptCache::synthesise`]; what is there of the audio before the whole goes to `so_far`, each time from the beginning, and is
    /// left out where that is full.
    ///
    /// # Errors
    ///
    /// The voice's failure; the next who asks tries again.
    pub async fn synthesise_telling(&self, wording: Wording, so_far: mpsc::Sender<Speech>) -> Result<Speech, SpeakError> {
        self.spoken(wording, Pin::Goes, Some(&so_far)).await
    }

    /// Speaks and pins every wording, a few at a time; returns those that failed.
    pub async fn warm(&self, wordings: impl IntoIterator<Item = Wording>) -> Vec<(Wording, SpeakError)> {
        let mut tasks = JoinSet::new();
        for wording in wordings {
            let cache = self.clone();
            tasks.spawn(async move { cache.spoken(wording.clone(), Pin::Stays, None).await.err().map(|error| (wording, error)) });
        }
        tasks.join_all().await.into_iter().flatten().collect()
    }

    /// Takes recorded audio for a wording, in place of whatever was spoken for it; it stays.
    pub fn record(&self, wording: &Wording, speech: Speech) {
        let mut entries = self.entries();
        entries.by_wording.remove(wording);
        let entry = entries.entry(wording, Pin::Stays);
        // A fresh entry is empty, so the audio always finds its place.
        let _ = entry.set(speech);
    }

    async fn spoken(&self, wording: Wording, pin: Pin, so_far: Option<&mpsc::Sender<Speech>>) -> Result<Speech, SpeakError> {
        let cell = self.entries().entry(&wording, pin);
        let spoken = cell.get_or_try_init(|| self.speak(&wording, pin, so_far)).await.cloned();
        let mut entries = self.entries();
        if spoken.is_err() {
            // Held by the map and by nobody else who waits: it would only take room.
            if Arc::strong_count(&cell) <= 2 && !cell.initialized() {
                entries.by_wording.remove(&wording);
            }
        }
        entries.make_room(self.shared.most_bytes);
        match spoken {
            Ok(speech) | Err(Unkept::Stead(speech)) => Ok(speech),
            Err(Unkept::Failed(error)) => Err(error),
        }
    }

    async fn speak(&self, wording: &Wording, pin: Pin, so_far: Option<&mpsc::Sender<Speech>>) -> Result<Speech, Unkept> {
        let shelf = self.shared.shelf.clone().filter(|_| pin == Pin::Stays);
        if let Some(shelf) = shelf.clone() {
            let wording = wording.clone();
            // A task that broke found nothing.
            if let Ok(Some(speech)) = spawn_blocking(move || shelf.take(&wording)).await {
                return Ok(speech);
            }
        }
        let waits = match pin {
            Pin::Goes => Waits::Caller,
            Pin::Stays => Waits::Nobody,
        };
        let spoken = self.shared.voices.speak(wording, waits, so_far).await.map_err(Unkept::Failed)?;
        if !spoken.as_meant {
            return Err(Unkept::Stead(spoken.speech));
        }
        if let Some(shelf) = shelf {
            let (wording, speech) = (wording.clone(), spoken.speech.clone());
            let put = spawn_blocking(move || shelf.put(&wording, &speech)).await;
            if let Ok(Err(error)) = put {
                tracing::warn!(%error, "a spoken prompt cannot be kept on disk");
            }
        }
        Ok(spoken.speech)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn entry(&mut self, wording: &Wording, pin: Pin) -> Arc<OnceCell<Speech>> {
        self.uses += 1;
        let uses = self.uses;
        let fresh = || Entry { speech: Arc::default(), pinned: pin, used: uses };
        let entry = self.by_wording.entry(wording.clone()).or_insert_with(fresh);
        entry.used = uses;
        if pin == Pin::Stays {
            entry.pinned = pin;
        }
        Arc::clone(&entry.speech)
    }

    /// Drops what was not used for longest until the rest fits. What is still being spoken stays.
    fn make_room(&mut self, most_bytes: usize) {
        let size = |entry: &Entry| match (entry.pinned, entry.speech.get()) {
            (Pin::Goes, Some(speech)) => Some(speech.len() * 2),
            _ => None,
        };
        let mut bytes: usize = self.by_wording.values().filter_map(size).sum();
        while bytes > most_bytes {
            let oldest = self.by_wording.iter().filter(|(_, entry)| size(entry).is_some()).min_by_key(|(_, entry)| entry.used);
            let Some(wording) = oldest.map(|(wording, _)| wording.clone()) else { return };
            bytes -= self.by_wording.remove(&wording).and_then(|entry| size(&entry)).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::super::Voice;
    use super::*;
    use crate::base::Language;

    fn wording(text: &str) -> Wording {
        Wording { text: text.into(), language: Language::Zh, speed: 100 }
    }

    /// An engine that notes every run and then really speaks.
    fn counting(folder: &Path) -> std::path::PathBuf {
        let program = folder.join("engine");
        let script = format!("#!/bin/sh\n[ \"$1\" = --version ] || echo run >>{}/runs\nexec espeak-ng \"$@\"\n", folder.display());
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made runnable");
        program
    }

    fn runs(folder: &Path) -> usize {
        std::fs::read_to_string(folder.join("runs")).unwrap_or_default().lines().count()
    }

    #[tokio::test]
    async fn a_wording_asked_for_twice_at_once_is_spoken_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = PromptCache::new(Voice::at(counting(folder.path())).await.expect("an engine"), 1 << 20);
        assert_eq!(cache.get(&wording("你好")), None);
        let (first, second) = tokio::join!(cache.synthesise(wording("你好")), cache.synthesise(wording("你好")));
        assert_eq!(first, second);
        assert_eq!(cache.get(&wording("你好")), first.ok());
        assert_eq!(runs(folder.path()), 1);
    }

    #[tokio::test]
    async fn known_prompts_stay_while_others_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = PromptCache::new(Voice::at(counting(folder.path())).await.expect("an engine"), 30_000);
        let known: Vec<Wording> = ["您好", "再见", "请稍等"].map(wording).into();
        assert!(cache.warm(known.clone()).await.is_empty());
        for number in ["一", "二", "三", "四", "五", "六"] {
            cache.synthesise(wording(&format!("您排在第{number}位"))).await.expect("spoken");
        }
        assert!(known.iter().all(|wording| cache.get(wording).is_some()));
        assert_eq!(cache.get(&wording("您排在第一位")), None);
        assert!(cache.get(&wording("您排在第六位")).is_some());
        assert_eq!(runs(folder.path()), 9);
    }

    #[tokio::test]
    async fn a_recording_takes_the_place_of_the_voice_and_a_newer_one_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = PromptCache::new(Voice::at(counting(folder.path())).await.expect("an engine"), 1 << 20);
        for sample in [1_i16, 2] {
            cache.record(&wording("您好"), vec![sample; 80].into());
            assert!(cache.warm([wording("您好")]).await.is_empty());
            assert_eq!(cache.get(&wording("您好")).expect("recorded")[0], sample);
        }
        assert_eq!(runs(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_failure_is_reported_and_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = counting(folder.path());
        let voice = Voice::at(&program).await.expect("an engine");
        let good = std::fs::read(&program).expect("read");
        std::fs::write(&program, "#!/bin/sh\nexit 1\n").expect("written");
        let cache = PromptCache::new(voice, 1 << 20);
        let failed = cache.warm([wording("您好")]).await;
        assert_eq!(failed.len(), 1);
        std::fs::write(&program, good).expect("written");
        assert!(cache.synthesise(wording("您好")).await.is_ok());
    }

    #[tokio::test]
    async fn known_prompts_are_spoken_once_for_all_starts_and_what_callers_are_told_is_never_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = folder.path().join("voices");
        let mut heard = Vec::new();
        for start in 1..=2 {
            let voice = Voice::at(counting(folder.path())).await.expect("an engine");
            let cache = PromptCache::on_disk(voice, 1 << 20, shelf.clone(), 1 << 20).expect("a shelf");
            assert!(cache.warm([wording("您好"), wording("再见")]).await.is_empty());
            cache.synthesise(wording("您的订单尾号是一二三四")).await.expect("spoken");
            heard.push(cache.get(&wording("您好")).expect("known"));
            assert_eq!(std::fs::read_dir(&shelf).expect("a shelf").count(), 2, "start {start}");
        }
        assert_eq!(runs(folder.path()), 4, "two known prompts, and what was told twice");
        let longest = heard[0].len().max(heard[1].len());
        assert!(heard[1][..heard[0].len()] == *heard[0] && longest - heard[0].len() < 160, "the same sound, to the end of its last 20 ms");
    }
}
