//! The gateway's configuration: a YAML file, overridden by flags, with embedded defaults.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::acd::SeatProfile;
use crate::base::{Language, Pii};
use crate::engines::{KokoroVoice, RemoteEars, RemoteVoice, SpeechFormat};
use crate::net::Listen;

/// What `sip-config/bellhop.yaml` holds; every key may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Signalling.
    pub sip: SipConfig,
    /// The console and the API.
    pub http: HttpConfig,
    /// The folder of dialplans.
    pub dialplans: PathBuf,
    /// The seats' file.
    pub seats: PathBuf,
    /// The folder of speech models.
    pub models: PathBuf,
    /// Where records and recordings are kept.
    pub data: PathBuf,
    /// Recognition elsewhere.
    pub recognition: Recognition,
    /// The voice.
    pub voice: VoiceConfig,
    /// Media and engine limits.
    pub limits: Limits,
    /// Values for `${NAME}` in dialplans that the environment does not have.
    #[serde(skip)]
    pub variables: BTreeMap<String, String>,
}

/// Signalling addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SipConfig {
    /// `[udp:|tcp:]HOST:PORT`, port 0 for any free one.
    pub listen: Vec<String>,
    /// The first and last RTP port.
    pub rtp_ports: [u16; 2],
}

/// The console's address and token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// `HOST:PORT`, port 0 for any free one.
    pub listen: String,
    /// The supervisors' token; a new one is made and printed at each start when absent.
    pub token: Option<String>,
}

/// A recognition server, with the threads of this process behind it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recognition {
    /// The address of a server of vosk's WebSocket protocol, `ws://HOST:PORT`; without it calls are heard here.
    pub server: Option<String>,
    /// Samples a second that it gets: 8000 or 16000.
    pub rate_hz: u32,
    /// The words of its model; with them it is told which phrases to expect.
    pub words: Option<PathBuf>,
    /// How long it may take to connect and to answer.
    pub patience_ms: u64,
}

impl Default for Recognition {
    fn default() -> Self {
        Self { server: None, rate_hz: 16_000, words: None, patience_ms: 2000 }
    }
}

impl Recognition {
    /// Returns the server, if one is named.
    #[must_use]
    pub fn remote(&self) -> Option<RemoteEars> {
        let url = self.server.as_ref()?;
        let patience = Duration::from_millis(self.patience_ms.max(1));
        Some(RemoteEars { rate_hz: self.rate_hz, words: self.words.clone(), patience, ..RemoteEars::at(url) })
    }
}

/// Who speaks, with espeak-ng behind, and what is kept of spoken prompts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceConfig {
    /// Who speaks; left out, it is the server where one is named, else espeak-ng.
    pub engine: Option<VoiceEngine>,
    /// The folder of Kokoro's network and voices.
    pub kokoro: PathBuf,
    /// Threads of Kokoro for a sentence.
    pub threads: usize,
    /// The address of an OpenAI-style `/v1/audio/speech`.
    pub server: Option<String>,
    /// The model it is asked for.
    pub model: String,
    /// The voice for each language; a language without one is spoken by espeak-ng.
    pub voices: BTreeMap<Language, String>,
    /// `wav`, or `pcm`: samples of 16 bits alone.
    pub format: VoiceFormat,
    /// Samples a second of `pcm`.
    pub rate_hz: u32,
    /// How long a caller waits in silence for a sentence before espeak-ng speaks it.
    pub patience_ms: u64,
    /// How much known prompts may take under `data`, in MB; 0 keeps none.
    pub disk_mb: u64,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoiceEngine {
    /// A process of its own.
    EspeakNg,
    /// A neural voice in this process.
    Kokoro,
    /// A speech server.
    Server,
}

/// In which form a speech server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VoiceFormat {
    /// A file that says its rate.
    #[default]
    Wav,
    /// Samples alone.
    Pcm,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            engine: None,
            kokoro: "models/kokoro-v1.0".into(),
            threads: std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4),
            server: None,
            model: "kokoro".to_owned(),
            voices: BTreeMap::new(),
            format: VoiceFormat::Wav,
            rate_hz: 24_000,
            patience_ms: 700,
            disk_mb: 200,
        }
    }
}

impl VoiceConfig {
    /// Returns Kokoro, if it is to speak in this process.
    #[must_use]
    pub fn kokoro(&self) -> Option<KokoroVoice> {
        let described = KokoroVoice::at(&self.kokoro);
        let voices = if self.voices.is_empty() { described.voices.clone() } else { self.voices.clone() };
        let patience = Duration::from_millis(self.patience_ms.max(1));
        (self.engine == Some(VoiceEngine::Kokoro)).then_some(KokoroVoice { voices, threads: self.threads, patience, ..described })
    }

    /// Returns the server, if it is to speak; `key` is what it wants to know us by.
    #[must_use]
    pub fn remote(&self, key: Option<Pii<String>>) -> Option<RemoteVoice> {
        let url = self.server.as_ref().filter(|_| self.engine.is_none_or(|engine| engine == VoiceEngine::Server))?;
        let format = match self.format {
            VoiceFormat::Wav => SpeechFormat::Wav,
            VoiceFormat::Pcm => SpeechFormat::Pcm(self.rate_hz),
        };
        let patience = Duration::from_millis(self.patience_ms.max(1));
        Some(RemoteVoice { model: self.model.clone(), voices: self.voices.clone(), format, key, patience, ..RemoteVoice::at(url) })
    }
}

/// Limits of one machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls at once; more get 503 with Retry-After.
    pub calls: usize,
    /// Threads that carry media.
    pub media_threads: usize,
    /// Threads that recognise speech.
    pub recognizer_threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sip: SipConfig::default(),
            http: HttpConfig::default(),
            dialplans: "dialplans".into(),
            seats: "sip-config/seats.yaml".into(),
            models: "models".into(),
            data: "data".into(),
            recognition: Recognition::default(),
            voice: VoiceConfig::default(),
            limits: Limits::default(),
            variables: BTreeMap::new(),
        }
    }
}

impl Default for SipConfig {
    fn default() -> Self {
        Self { listen: vec!["udp:127.0.0.1:5060".into(), "tcp:127.0.0.1:5060".into()], rtp_ports: [20_000, 29_999] }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), token: None }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { calls: 200, media_threads: cores.clamp(1, 4), recognizer_threads: cores.clamp(2, 16) }
    }
}

/// Flags of `bellhop serve` that override the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--sip`, may repeat.
    pub sip: Vec<String>,
    /// `--http`.
    pub http: Option<String>,
    /// `--dialplans`.
    pub dialplans: Option<PathBuf>,
    /// `--seats`.
    pub seats: Option<PathBuf>,
    /// `--models`.
    pub models: Option<PathBuf>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--token`.
    pub token: Option<String>,
}

impl Config {
    /// Reads the file (or the defaults without one) and lays the flags over it.
    ///
    /// # Errors
    /// Where the file cannot be read or is not a configuration; the message names the file and the place.
    pub fn load(file: Option<&Path>, flags: Overrides) -> Result<Self> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => read_yaml(path)?,
        };
        if !flags.sip.is_empty() {
            config.sip.listen = flags.sip;
        }
        let set = |place: &mut PathBuf, flag: Option<PathBuf>| {
            if let Some(path) = flag {
                *place = path;
            }
        };
        set(&mut config.dialplans, flags.dialplans);
        set(&mut config.seats, flags.seats);
        set(&mut config.models, flags.models);
        set(&mut config.data, flags.data);
        if let Some(http) = flags.http {
            config.http.listen = http;
        }
        config.http.token = flags.token.or(config.http.token);
        config.check().with_context(|| file.map_or_else(|| "in the flags".to_owned(), |path| format!("in {}", path.display())))?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.listens()?;
        self.http_address()?;
        let [first, last] = self.sip.rtp_ports;
        if first < 1024 || last < first.saturating_add(20) {
            bail!("sip.rtp_ports: [{first}, {last}] is no range of at least 20 ports above 1023, such as [20000, 29999]");
        }
        if self.voice.engine == Some(VoiceEngine::Server) && self.voice.server.is_none() {
            bail!("voice.server: voice.engine is `server` and no server is named; write http://127.0.0.1:8880/v1/audio/speech");
        }
        if self.voice.threads == 0 {
            bail!("voice.threads must be at least 1");
        }
        if self.limits.calls == 0 || self.limits.media_threads == 0 || self.limits.recognizer_threads == 0 {
            bail!("limits: calls, media_threads and recognizer_threads must be at least 1");
        }
        Ok(())
    }

    /// Returns the SIP addresses.
    ///
    /// # Errors
    /// Where one is no address.
    pub fn listens(&self) -> Result<Vec<Listen>> {
        if self.sip.listen.is_empty() {
            bail!("sip.listen is empty: give at least one address such as udp:127.0.0.1:5060");
        }
        self.sip
            .listen
            .iter()
            .map(|text| {
                text.parse().map_err(|error| anyhow::anyhow!("sip.listen: {text:?} is no address ({error}); write udp:127.0.0.1:5060"))
            })
            .collect()
    }

    /// Returns the console's address.
    ///
    /// # Errors
    /// Where it is no address.
    pub fn http_address(&self) -> Result<SocketAddr> {
        let text = self.http.listen.strip_prefix("tcp:").unwrap_or(&self.http.listen);
        text.parse().with_context(|| format!("http.listen: {text:?} is no address; write 127.0.0.1:8080"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatsFile {
    seats: Vec<SeatEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatEntry {
    id: String,
    name: Option<String>,
    contact: String,
    skills: BTreeMap<String, u8>,
    tier: Option<String>,
    packet: Option<PacketKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PacketKind {
    Json,
    Text,
}

/// Reads `seats.yaml`.
///
/// # Errors
/// Where the file cannot be read, is no seats file, or describes a seat that cannot be called; the message names the file.
pub fn load_seats(path: &Path) -> Result<Vec<SeatProfile>> {
    let file: SeatsFile = read_yaml(path)?;
    let mut seats: Vec<SeatProfile> = Vec::with_capacity(file.seats.len());
    for seat in file.seats {
        let place = || format!("{}: seat {:?}", path.display(), seat.id);
        if !(seat.contact.starts_with("sip:") && seat.contact.len() > 4) {
            bail!("{}: contact {:?} is no SIP URI; write sip:1001@127.0.0.1:5070", place(), seat.contact);
        }
        if let Some((skill, level)) = seat.skills.iter().find(|(_, level)| !(1..=5).contains(*level)) {
            bail!("{}: level {level} of skill {skill:?} is not 1 to 5", place());
        }
        if seats.iter().any(|other| other.id.as_str() == seat.id) {
            bail!("{}: the id is given twice", place());
        }
        seats.push(SeatProfile {
            name: seat.name.unwrap_or_else(|| seat.id.clone()),
            id: seat.id.into(),
            contact: seat.contact,
            skills: seat.skills,
            tier: seat.tier,
            json_packet: seat.packet == Some(PacketKind::Json),
        });
    }
    Ok(seats)
}

fn read_yaml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn flags_override_the_file_and_the_file_the_defaults() {
        let yaml = file("sip: {listen: [\"udp:127.0.0.1:6060\"]}\ndata: elsewhere\n");
        let flags = Overrides { data: Some("flagged".into()), ..Overrides::default() };
        let config = Config::load(Some(yaml.path()), flags).unwrap();
        assert_eq!(config.sip.listen, ["udp:127.0.0.1:6060"]);
        assert_eq!(config.data, Path::new("flagged"));
        assert_eq!(config.http.listen, "127.0.0.1:8080");
    }

    #[test]
    fn a_broken_configuration_names_the_file_and_the_key() {
        for (yaml, expected) in [
            ("sip: {listen: [\"nonsense\"]}", "sip.listen"),
            ("sipp: {}", "sipp"),
            ("sip: {rtp_ports: [30000, 20000]}", "rtp_ports"),
            ("http: {listen: here}", "http.listen"),
            ("limits: {calls: 0}", "limits"),
            ("recognition: {servre: \"ws://h\"}", "servre"),
            ("voice: {voices: {fr: x}}", "fr"),
            ("voice: {format: mp3}", "mp3"),
            ("voice: {engine: festival}", "festival"),
            ("voice: {engine: server}", "voice.server"),
            ("voice: {threads: 0}", "voice.threads"),
        ] {
            let yaml = file(yaml);
            let message = format!("{:#}", Config::load(Some(yaml.path()), Overrides::default()).unwrap_err());
            assert!(message.contains(expected) && message.contains(yaml.path().to_str().unwrap()), "{message}");
        }
    }

    #[test]
    fn engines_elsewhere_are_described_by_the_file_and_the_usual_limits() {
        let yaml = file(
            "recognition: {server: \"ws://h:2700\", rate_hz: 8000}\n\
             voice: {server: \"http://h/v1/audio/speech\", voices: {zh: zf_xiaobei}, format: pcm}\n",
        );
        let config = Config::load(Some(yaml.path()), Overrides::default()).unwrap();
        let ears = config.recognition.remote().unwrap();
        assert_eq!((ears.url.as_str(), ears.rate_hz, ears.patience), ("ws://h:2700", 8000, Duration::from_secs(2)));
        let voice = config.voice.remote(None).unwrap();
        assert_eq!((voice.format, voice.patience), (SpeechFormat::Pcm(24_000), Duration::from_millis(700)));
        assert_eq!(voice.voices[&Language::Zh], "zf_xiaobei");
        assert!(config.voice.kokoro().is_none());
        let plain = Config::default();
        assert!(plain.recognition.remote().is_none() && plain.voice.remote(None).is_none() && plain.voice.kokoro().is_none());
        let yaml = file("voice: {engine: kokoro, kokoro: /k, threads: 3, voices: {zh: zm_yunxi}, server: \"http://h/v1/audio/speech\"}\n");
        let config = Config::load(Some(yaml.path()), Overrides::default()).unwrap();
        let kokoro = config.voice.kokoro().unwrap();
        assert_eq!((kokoro.folder.to_str(), kokoro.threads, kokoro.voices[&Language::Zh].as_str()), (Some("/k"), 3, "zm_yunxi"));
        assert_eq!((kokoro.voices.len(), config.voice.remote(None).is_none()), (1, true));
    }

    #[test]
    fn a_seat_that_cannot_be_called_is_refused_with_its_id() {
        for (yaml, expected) in [
            ("seats: [{id: \"1001\", contact: \"1001\", skills: {general: 3}}]", "no SIP URI"),
            ("seats: [{id: \"1001\", contact: \"sip:1@h\", skills: {general: 9}}]", "not 1 to 5"),
            ("seats: [{id: a, contact: \"sip:1@h\", skills: {}}, {id: a, contact: \"sip:1@h\", skills: {}}]", "twice"),
        ] {
            let yaml = file(yaml);
            let message = format!("{:#}", load_seats(yaml.path()).unwrap_err());
            assert!(message.contains(expected), "{message}");
        }
        let yaml = file(
            "seats: [{id: \"1001\", name: 一号席, contact: \"sip:1001@127.0.0.1:5070\", skills: {general: 3}, tier: senior, packet: json}]",
        );
        let seats = load_seats(yaml.path()).unwrap();
        assert!(seats[0].json_packet && seats[0].name == "一号席");
    }
}
