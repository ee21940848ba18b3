//! Wires the floors together and starts them in order: what can be wrong is looked at before the first door opens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{info, warn};

use super::check::beside;
use super::config::{Config, load_seats};
use super::learnt::LearntShelf;
use super::listeners;
use super::retention;
use super::sounds::{self, Sounds, complaint, sounds};
use super::versions;
use crate::base::{Clock, Language, Pii};
use crate::call::CallLimits;
use crate::dialplan::Dialplan;
use crate::engines::{Ears, PromptCache, RecognizerPool, VoskModel, give_way};
use crate::exchange::{DeskHandle, DeskMessage, Exchange, ExchangeParts, Hotline, MediaThreads, Plans, TapHub, deliver_events};
use crate::ivr;
use crate::net::{Draining, Listen, RtpPorts, Signal, SignalConfig};
use crate::recorder::Recorder;
use crate::sources::Courier;
use crate::speech::{SpeakError, Speech, Wording};
use crate::store::Store;
use crate::web::{self, WebState};

/// Audio of texts that are not known beforehand kept in memory: some twenty minutes.
const VOICE_CACHE: usize = 20 * 60 * 16_000;

/// How long a call may take to hang up and write its last facts.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A running Bellhop.
pub struct Gateway {
    /// The SIP addresses actually bound.
    pub sip: Vec<Listen>,
    /// The console's address actually bound.
    pub http: SocketAddr,
    /// The supervisors' token.
    pub token: String,
    /// What supervisors see.
    pub taps: Arc<TapHub>,
    /// The records.
    pub store: Store,
    config: Config,
    plans: Arc<Plans>,
    voices: PromptCache,
    desk: DeskHandle,
    exchange: Arc<Exchange>,
    signal: Signal,
    ready: Arc<AtomicBool>,
    courier: Arc<Courier>,
}

impl Gateway {
    /// Starts everything; when it returns, calls are taken.
    ///
    /// # Errors
    /// Where a model, config, dialplan, port or folder is missing or broken: the message names it and says what to do.
    pub async fn start(config: Config, clock: Clock) -> Result<Self> {
        let (hotlines, recorded) = load_dialplans(&config, &[])?;
        let seats = load_seats(&config.seats)?;
        let model = VoskModel::load(&find_model(&config.models)?)?;
        let voices = voices(&config).await?;
        for (wording, speech) in recorded {
            voices.record(&wording, speech);
        }
        let first = hotlines.iter().flat_map(|hotline| ivr::prompts_of_the_beginning(&hotline.plan));
        tell_unspoken(voices.warm(first).await);
        tokio::spawn(warm_gently(voices.clone(), hotlines.clone()));
        let pool = RecognizerPool::start(model, config.limits.recognizer_threads).context("starting the recognizer threads")?;
        let ears = Arc::new(match config.recognition.remote() {
            None => Ears::here(pool),
            Some(remote) => Ears::elsewhere(&remote, pool, tokio::runtime::Handle::current())
                .map_err(|error| anyhow::anyhow!("recognition.server: {error}"))?,
        });
        let plans = Arc::new(Plans::default());
        plans.replace(hotlines);

        let (subscriptions, endpoints) = listeners::of(&plans.all());
        let store = Store::open_telling(&config.data, subscriptions).await?;
        versions::keep_all(&config.data, plans.all().iter().map(|hotline| &*hotline.plan));
        let recordings = config.data.join("recordings");
        let recorder = Recorder::start(&recordings)?;
        let metrics = metrics_handle();
        let signal_config = SignalConfig { max_calls: config.limits.calls, ..SignalConfig::listening(config.listens()?) };
        let (signal, incoming) = Signal::start(signal_config, clock).context("opening the SIP addresses")?;
        let listener = tokio::net::TcpListener::bind(config.http_address()?).await.with_context(|| {
            format!("cannot listen on {} for the console: another program has it, or the address is not ours", config.http.listen)
        })?;
        let http = listener.local_addr()?;

        let desk = DeskHandle::start(clock, seats);
        let taps = Arc::new(TapHub::default());
        let [first, last] = config.sip.rtp_ports;
        let exchange = Exchange::start(
            ExchangeParts {
                clock,
                signal: signal.clone(),
                ports: RtpPorts::new(first..=last),
                plans: Arc::clone(&plans),
                desk: desk.clone(),
                ears: Arc::clone(&ears),
                voices: voices.clone(),
                store: store.clone(),
                messages: config.data.join("messages.jsonl"),
                facts: store.writer(),
                recorder,
                taps: Arc::clone(&taps),
                threads: MediaThreads::start(config.limits.media_threads).context("starting the media threads")?,
                limits: CallLimits::default(),
                max_calls: config.limits.calls,
                runtime: tokio::runtime::Handle::current(),
            },
            incoming,
        );
        let token = config.http.token.clone().map_or_else(new_token, Ok)?;
        let ready = Arc::new(AtomicBool::new(true));
        let state = WebState {
            store: store.clone(),
            live: Arc::clone(&taps) as Arc<dyn crate::call::LiveCalls>,
            token: Pii::new(token.clone()),
            ready: Arc::clone(&ready),
            metrics,
            recordings,
            clock,
            hook_secret: std::env::var("BELLHOP_HOOK_SECRET").ok().filter(|secret| !secret.is_empty()).map(Pii::new),
            media: http.ip(),
        };
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, web::router(state).into_make_service_with_connect_info::<SocketAddr>()).await {
                tracing::error!(%error, "the console's server ended");
            }
        });
        let exchange = Arc::new(exchange);
        let courier = Arc::new(Courier::new(endpoints));
        tokio::spawn(report_metrics(Arc::clone(&exchange), Arc::clone(&taps), signal.clone(), ears, voices.clone()));
        let forgetting = retention::keep_forgetting(store.clone(), Arc::clone(&plans), config.data.join("recordings"), clock);
        tokio::spawn(forgetting);
        tokio::spawn(deliver_events(store.clone(), Arc::clone(&courier), clock));
        let sip = signal.bound().to_vec();
        Ok(Self { sip, http, token, taps, store, config, plans, voices, desk, exchange, signal, ready, courier })
    }

    /// Reads dialplans and seats again; what is broken is refused with its errors in the log, and the old one stays.
    pub async fn reload(&self) {
        match load_dialplans_aside(&self.config, self.plans.all()).await {
            Ok((hotlines, recorded)) => {
                for (wording, speech) in recorded {
                    self.voices.record(&wording, speech);
                }
                let known = hotlines.iter().flat_map(|hotline| ivr::prompts_known_beforehand(&hotline.plan));
                tell_unspoken(self.voices.warm(known).await);
                info!(hotlines = hotlines.len(), "the dialplans in force from the next call on");
                self.plans.replace(hotlines);
                versions::keep_all(&self.config.data, self.plans.all().iter().map(|hotline| &*hotline.plan));
                let (subscriptions, endpoints) = listeners::of(&self.plans.all());
                self.courier.replace(endpoints);
                self.store.subscribe(subscriptions);
            }
            Err(error) => warn!("the dialplans stay as they were: {error:#}"),
        }
        match load_seats(&self.config.seats) {
            Ok(seats) => self.desk.tell(DeskMessage::Seats(seats)).await,
            Err(error) => warn!("the seats stay as they were: {error:#}"),
        }
    }

    /// Returns every file that [`Gateway::reload`] would read, with the time and length of its latest edit.
    #[must_use]
    pub fn files_edited(&self) -> Vec<(PathBuf, std::time::SystemTime, u64)> {
        let mut files = dialplan_files(&self.config.dialplans).unwrap_or_default();
        for hotline in self.plans.all() {
            files.extend(hotline.plan.files.iter().skip(1).map(|(_, name)| PathBuf::from(name)));
            files.extend(sounds::files(&hotline.plan));
            files.extend(folders_of_knowledge(&hotline.plan));
        }
        files.push(self.config.seats.clone());
        files
            .into_iter()
            .filter_map(|file| {
                let metadata = std::fs::metadata(&file).ok()?;
                Some((file, metadata.modified().ok()?, metadata.len()))
            })
            .collect()
    }

    /// Sends new calls away and lets the open ones end within `patience`.
    pub async fn drain(&self, patience: Duration) {
        self.ready.store(false, Ordering::Release);
        let left = self.exchange.drain(patience).await;
        if left > 0 {
            warn!(left, "calls were still open at the end of the patience");
        }
    }

    /// Hangs up on whoever is left, and writes the last facts.
    pub async fn stop(self) {
        self.ready.store(false, Ordering::Release);
        self.signal.set_draining(Draining::Yes);
        let left = self.exchange.hang_up_all(LAST_WORDS).await;
        if left > 0 {
            warn!(left, "calls did not end when they were told to");
        }
        self.signal.stop().await;
        self.store.writer().flush().await;
    }

    /// Returns the number of the hotline in the file `stem.yaml`, or of any: for the line that tells how to call.
    #[must_use]
    pub fn number_of(&self, stem: &str) -> String {
        let hotlines = self.plans.all();
        let of_file = |hotline: &&Arc<Hotline>| Path::new(&hotline.plan.file).file_stem().is_some_and(|name| name == stem);
        let first = hotlines.iter().find(of_file).into_iter().chain(&hotlines);
        let number = first.flat_map(|hotline| &hotline.plan.numbers).find(|number| *number != "*");
        number.cloned().unwrap_or_else(|| "8001".to_owned())
    }

    /// Returns every hotline's name with the numbers it answers.
    #[must_use]
    pub fn numbers(&self) -> Vec<(String, String)> {
        let hotlines = self.plans.all();
        hotlines.iter().flat_map(|hotline| hotline.plan.numbers.iter().map(|number| (hotline.plan.name.clone(), number.clone()))).collect()
    }
}

/// Recorded prompts.
type Recorded = Vec<(Wording, Speech)>;

/// Loads on a thread of its own that gives way to running calls: learning the intents takes a while.
async fn load_dialplans_aside(config: &Config, known: Vec<Arc<Hotline>>) -> Result<(Vec<Arc<Hotline>>, Recorded)> {
    let (done, loaded) = tokio::sync::oneshot::channel();
    let config = config.clone();
    let load = move || {
        give_way();
        // Nobody waits any more only where the program ends.
        let _ = done.send(load_dialplans(&config, &known));
    };
    std::thread::Builder::new().name("dialplans".to_owned()).spawn(load).context("starting the thread that reads dialplans")?;
    loaded.await.context("reading the dialplans broke off")?
}

/// Reads every dialplan of a folder (or one file), and the prompts that were recorded for them.
fn load_dialplans(config: &Config, known: &[Arc<Hotline>]) -> Result<(Vec<Arc<Hotline>>, Recorded)> {
    let path = config.dialplans.as_path();
    let variable = |name: &str| std::env::var(name).ok().or_else(|| config.variables.get(name).cloned());
    let files = dialplan_files(path)?;
    if files.is_empty() {
        bail!("{} holds no dialplan: put a *.yaml there, or name another folder with --dialplans", path.display());
    }
    let learnt = LearntShelf::below(&config.data);
    let mut hotlines = Vec::with_capacity(files.len());
    let mut recorded = Vec::new();
    let mut complaints = String::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        match Dialplan::load_bytes_including(&file.display().to_string(), &bytes, &variable, &beside(&file)) {
            Ok(plan) => {
                for warning in &plan.warnings {
                    warn!(file = %file.display(), line = warning.place.line, code = warning.code, "{}", warning.message.said_in(Language::En));
                }
                let Sounds { prompts, music, missing } = sounds(&plan);
                for one in &missing {
                    warn!(file = %file.display(), line = one.place.line, "{}", complaint(one));
                }
                recorded.extend(prompts);
                hotlines.push(Arc::new(Hotline::renewed(plan, music, known, &|examples| learnt.matcher(examples))));
            }
            Err(found) => found.iter().for_each(|diagnostic| complaints.push_str(&diagnostic.human(Language::Zh))),
        }
    }
    if !complaints.is_empty() {
        bail!("the dialplans are not right:\n{complaints}");
    }
    Ok((hotlines, recorded))
}

/// Lists the dialplans of a folder in order of name; scripted calls are none.
pub(super) fn dialplan_files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read the folder of dialplans {}", path.display()))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| is_dialplan(path)).collect();
    files.sort();
    let parts = included(&files);
    files.retain(|file| !parts.contains(file));
    Ok(files)
}

/// Returns the folders of questions and answers, and every file in them: a new one, or one that was refused before, is an edit too.
fn folders_of_knowledge(plan: &Dialplan) -> Vec<PathBuf> {
    let beside = Path::new(&plan.file).parent().map(Path::to_path_buf).unwrap_or_default();
    let folders = plan.knowledge.iter().map(|name| beside.join(name)).filter(|path| path.is_dir());
    folders
        .flat_map(|folder| {
            let files = std::fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let mut all: Vec<PathBuf> = files.filter(|file| file.is_file()).collect();
            all.sort();
            all.insert(0, folder);
            all
        })
        .collect()
}

/// Returns the files that are no hotlines but parts which others include: they begin no `dialplan:` of their own.
fn included(files: &[PathBuf]) -> Vec<PathBuf> {
    let texts: Vec<String> =
        files.iter().map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned()).collect();
    let is_part = |at: &usize| {
        let name = files[*at].file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let own = texts[*at].lines().any(|line| line.trim_start_matches('\u{feff}').starts_with("dialplan"));
        let named = |text: &String| text.lines().any(|line| line.starts_with("include")) && text.contains(name);
        !own && texts.iter().enumerate().any(|(other, text)| other != *at && named(text))
    };
    (0..files.len()).filter(is_part).map(|at| files[at].clone()).collect()
}

fn is_dialplan(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| !stem.starts_with('.') && !stem.split('.').skip(1).any(|part| part == "calls"))
}

/// Finds the model to listen with: the folder itself if it is one, or the first model in it.
pub(super) fn find_model(models: &Path) -> Result<PathBuf> {
    if models.join("am").is_dir() {
        return Ok(models.to_owned());
    }
    let entries = std::fs::read_dir(models)
        .with_context(|| format!("cannot read the folder of speech models {}: name it with --models", models.display()))?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.join("conf").is_dir()).collect();
    folders.sort();
    folders.into_iter().next().with_context(|| {
        format!("no speech model in {}: it should hold a folder such as bellhop-zh with am/, conf/ and graph/", models.display())
    })
}

/// Speaks every known text one after the other, so that a caller's own text waits for one of them at most.
async fn warm_gently(voices: PromptCache, hotlines: Vec<Arc<Hotline>>) {
    for wording in hotlines.iter().flat_map(|hotline| ivr::prompts_known_beforehand(&hotline.plan)) {
        tell_unspoken(voices.warm([wording]).await);
    }
    info!("every known prompt is spoken beforehand");
}

fn tell_unspoken(failed: Vec<(Wording, SpeakError)>) {
    for (wording, error) in failed {
        warn!(text = %wording.text, %error, "a prompt could not be spoken beforehand");
    }
}

/// 128 bits from the system, as hex.
fn new_token() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| anyhow::anyhow!("the system gives no random numbers for the console's token: {error}"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

fn metrics_handle() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // A second gateway in one process (tests) counts into the first one's recorder.
    let _ = metrics::set_global_recorder(recorder);
    handle
}

/// Finds the voices, and what was spoken at earlier starts.
async fn voices(config: &Config) -> Result<PromptCache> {
    let voices = super::voices::voices(&config.voice).await?;
    if config.voice.disk_mb == 0 {
        return Ok(PromptCache::new(voices, VOICE_CACHE));
    }
    let folder = config.data.join("voices");
    let shown = folder.display().to_string();
    PromptCache::on_disk(voices, VOICE_CACHE, folder, config.voice.disk_mb << 20).with_context(|| format!("cannot keep prompts in {shown}"))
}

async fn report_metrics(exchange: Arc<Exchange>, taps: Arc<TapHub>, signal: Signal, ears: Arc<Ears>, voices: PromptCache) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let counters = exchange.counters();
        let count =
            |name: &'static str, value: &std::sync::atomic::AtomicU64| metrics::counter!(name).absolute(value.load(Ordering::Relaxed));
        count("bellhop_calls_taken_total", &counters.taken);
        count("bellhop_calls_unknown_number_total", &counters.unknown_number);
        count("bellhop_calls_no_codec_total", &counters.no_codec);
        count("bellhop_calls_full_total", &counters.full);
        count("bellhop_calls_ears_behind_total", &counters.ears_behind);
        count("bellhop_calls_broken_total", &counters.broken);
        count("bellhop_inputs_lost_total", &counters.inputs_lost);
        let net = signal.counters();
        for (name, value) in [
            ("bellhop_sip_received_total", net.received),
            ("bellhop_sip_refused_total", net.refused),
            ("bellhop_sip_dropped_total", net.dropped),
            ("bellhop_sip_limited_total", net.limited),
            ("bellhop_sip_repaired_total", net.repaired),
            ("bellhop_sip_overloaded_total", net.overloaded),
        ] {
            metrics::counter!(name).absolute(value);
        }
        let heard = ears.counters();
        for (name, value) in [
            ("bellhop_ear_frames_dropped_total", heard.pool.frames_dropped),
            ("bellhop_ear_utterances_total", heard.pool.utterances),
            ("bellhop_ear_failures_total", heard.pool.failures),
            ("bellhop_ear_hangs_total", heard.pool.hung),
            ("bellhop_ear_phrases_lacking_total", heard.pool.phrases_lacking),
            ("bellhop_ear_server_utterances_total", heard.remote.utterances),
            ("bellhop_ear_server_failures_total", heard.remote.failures),
            ("bellhop_ear_server_heard_here_total", heard.remote.heard_here),
        ] {
            metrics::counter!(name).absolute(value);
        }
        let spoken = voices.voices().counters();
        let voice = if voices.voices().name() == "kokoro" { "kokoro" } else { "server" };
        metrics::counter!(format!("bellhop_voice_{voice}_sentences_total")).absolute(spoken.sentences);
        metrics::counter!(format!("bellhop_voice_{voice}_failures_total")).absolute(spoken.failures);
        metrics::gauge!("bellhop_ear_lag_seconds").set(heard.lag.as_secs_f64());
        for (bound, ticks) in counters.lateness.cumulative() {
            let bound = if bound.is_finite() { bound.to_string() } else { "+Inf".to_owned() };
            metrics::counter!("bellhop_tick_lateness_seconds_bucket", "le" => bound).absolute(ticks);
        }
        metrics::gauge!("bellhop_calls_open").set(taps.count() as f64);
    }
}
