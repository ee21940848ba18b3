//! The media threads: a few OS threads, each with its own current-thread runtime, so that a call never moves between cores.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::task::LocalSet;

type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

thread_local! {
    /// Which of the media threads this is.
    static HERE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Hands call tasks to the thread that carries the fewest.
pub struct MediaThreads {
    threads: Vec<MediaThread>,
}

struct MediaThread {
    jobs: mpsc::UnboundedSender<Job>,
    load: Arc<AtomicUsize>,
}

impl MediaThreads {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// Where the system gives no thread or no runtime.
    pub fn start(count: usize) -> std::io::Result<Self> {
        let threads = (0..count.max(1)).map(MediaThread::start).collect::<std::io::Result<_>>()?;
        Ok(Self { threads })
    }

    /// Runs a task, made on the thread itself, on the least loaded thread. The number of tasks is bounded by the limit on calls.
    pub fn spawn<F, Fut>(&self, make: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        // Of equals the thread that asks: a job that stays where it is need not be woken for.
        let here = HERE.get();
        let load = |(place, thread): &(usize, &MediaThread)| (thread.load.load(Ordering::Relaxed), Some(*place) != here);
        let Some((place, thread)) = self.threads.iter().enumerate().min_by_key(load) else { return };
        thread.load.fetch_add(1, Ordering::Relaxed);
        let load = LoadGuard(Arc::clone(&thread.load));
        if Some(place) == here {
            tokio::task::spawn_local(async move {
                let _load = load;
                make().await;
            });
            return;
        }
        let job: Job = Box::new(move || {
            Box::pin(async move {
                let _load = load;
                make().await;
            })
        });
        // The thread ends only with its sender.
        let _ = thread.jobs.send(job);
    }
}

struct LoadGuard(Arc<AtomicUsize>);

impl Drop for LoadGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl MediaThread {
    fn start(index: usize) -> std::io::Result<Self> {
        let (jobs, mut receiver) = mpsc::unbounded_channel::<Job>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(format!("media-{index}")).spawn(move || {
            crate::net::go_first();
            HERE.set(Some(index));
            let set = LocalSet::new();
            set.block_on(&runtime, async move {
                while let Some(job) = receiver.recv().await {
                    tokio::task::spawn_local(job());
                }
            });
        })?;
        Ok(Self { jobs, load: Arc::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_spread_over_the_threads_and_a_panic_ends_only_its_own() {
        let threads = MediaThreads::start(2).unwrap();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        threads.spawn(|| async { panic!("one call breaks") });
        let (all_there, _) = tokio::sync::watch::channel(false);
        for _ in 0..4 {
            let (sender, mut wait) = (sender.clone(), all_there.subscribe());
            threads.spawn(move || async move {
                wait.wait_for(|there| *there).await.unwrap();
                sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
            });
        }
        all_there.send_replace(true);
        let mut names = Vec::new();
        for _ in 0..4 {
            names.push(receiver.recv().await.unwrap().unwrap());
        }
        names.sort();
        names.dedup();
        assert_eq!(names, ["media-0", "media-1"]);
    }
}
