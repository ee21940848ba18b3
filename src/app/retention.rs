//! Once an hour: forgets recordings and words that are older than their dialplan's `privacy` wants them kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::base::{Clock, Wall};
use crate::dialplan::Privacy;
use crate::exchange::Plans;
use crate::store::Store;

/// How often it is looked.
const EVERY: Duration = Duration::from_hours(1);

/// Looks once an hour, from the start on.
pub(super) async fn keep_forgetting(store: Store, plans: Arc<Plans>, recordings: PathBuf, clock: Clock) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        for hotline in plans.all() {
            forget(&store, &hotline.plan.name, &hotline.plan.privacy, &recordings, clock.wall()).await;
        }
    }
}

/// Forgets what is too old of one hotline.
async fn forget(store: &Store, dialplan: &str, privacy: &Privacy, recordings: &Path, now: Wall) {
    if let Some(keep) = privacy.recordings {
        match store.forget_recordings(dialplan, before(now, keep)).await {
            Ok(paths) => {
                for path in &paths {
                    let path = recordings.join(path);
                    if let Err(error) = tokio::fs::remove_file(&path).await {
                        warn!(path = %path.display(), %error, "an old recording could not be deleted");
                    }
                }
                if !paths.is_empty() {
                    info!(dialplan, count = paths.len(), "old recordings deleted");
                }
            }
            Err(error) => warn!(dialplan, %error, "old recordings could not be looked up"),
        }
    }
    if let Some(keep) = privacy.transcripts {
        match store.forget_words(dialplan, before(now, keep)).await {
            Ok(0) => {}
            Ok(rows) => info!(dialplan, rows, "old words deleted"),
            Err(error) => warn!(dialplan, %error, "old words could not be deleted"),
        }
    }
}

fn before(now: Wall, keep: Duration) -> Wall {
    Wall::from_millis(now.millis().saturating_sub(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CallId;
    use crate::call::{Fact, Speaker, Stamped};

    #[tokio::test]
    async fn what_is_old_is_forgotten_and_what_is_new_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let day = 86_400_000_i64;
        for (id, began) in [("01old", 0), ("01new", 99 * day)] {
            let id = CallId::from(id);
            let fact = Fact::Began {
                at: Wall::from_millis(began),
                caller_masked: "138****0000".into(),
                called: "8001".into(),
                dialplan: "店".into(),
                dialplan_hash: "0".into(),
            };
            let said = Fact::Said { who: Speaker::Caller, text: "您好".into(), confidence: 0.9, cut: false };
            for fact in [fact, said] {
                store.writer().write(&id, &Stamped { at: Duration::ZERO, fact });
            }
            let path = folder.path().join(format!("{}.wav", id.as_str()));
            std::fs::write(&path, b"sound").unwrap();
            store.writer().recorded(&id, &path, 0);
        }
        store.writer().flush().await;
        let keep = Some(Duration::from_hours(24 * 30));
        let privacy = Privacy { recordings: keep, transcripts: keep, ..Privacy::default() };
        forget(&store, "另一家", &privacy, folder.path(), Wall::from_millis(100 * day)).await;
        assert_eq!(
            store.call(&CallId::from("01old")).await.unwrap().unwrap().transcript.len(),
            1,
            "another hotline's rules are not its own"
        );
        forget(&store, "店", &privacy, folder.path(), Wall::from_millis(100 * day)).await;
        let (old, new) =
            (store.call(&CallId::from("01old")).await.unwrap().unwrap(), store.call(&CallId::from("01new")).await.unwrap().unwrap());
        assert!(old.recording.is_none() && old.transcript.is_empty());
        assert!(new.recording.is_some() && new.transcript.len() == 1);
        assert!(!folder.path().join("01old.wav").exists() && folder.path().join("01new.wav").exists());
    }
}
