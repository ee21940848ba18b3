//! espeak-ng as a process of its own.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::loudness::finish;
use crate::audio::resample;
use crate::base::Language;
use crate::speech::{SpeakError, Speech, Wording};
use crate::spoken::{by_voice, read_aloud, to_pinyin};

/// The default voice: espeak-ng, run anew for every text, never linked (it is GPL-3).
#[derive(Clone, Debug)]
pub struct Voice {
    program: Arc<std::path::Path>,
    version: Arc<str>,
    /// One of the engine's voice variants, with its `+`; empty for the usual one.
    variant: Arc<str>,
}

/// A text that takes longer is not spoken; usual is a few hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// The engine's own rate of words a minute, at 100 percent.
const WORDS_A_MINUTE: u32 = 160;
/// Silence between stretches of two languages: 60 ms at 8 kHz.
const GAP: usize = 480;

impl Voice {
    /// Finds espeak-ng.
    ///
    /// # Errors
    ///
    /// [`SpeakError::Engine`] with what to install when it is not there.
    pub async fn find() -> Result<Self, SpeakError> {
        Self::at("espeak-ng").await
    }

    /// Takes the espeak-ng at a path of its own.
    ///
    /// # Errors
    ///
    /// [`SpeakError::Engine`] with what to install when it is not there.
    pub async fn at(program: impl Into<std::path::PathBuf>) -> Result<Self, SpeakError> {
        let program: Arc<std::path::Path> = program.into().into();
        let tried = Command::new(&*program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().await;
        match tried {
            Ok(output) if output.status.success() => {
                // `eSpeak NG text-to-speech: 1.51  Data at: …`: where its data lie changes no sound.
                let said = String::from_utf8_lossy(&output.stdout);
                let version = said.split("Data at").next().unwrap_or_default().trim().into();
                Ok(Self { program, version, variant: "".into() })
            }
            Ok(output) => {
                Err(SpeakError::Engine(format!("{} does not start ({}): install espeak-ng again", program.display(), output.status)))
            }
            Err(error) => Err(SpeakError::Engine(format!(
                "{} cannot be run ({error}): install it with `apt-get install espeak-ng`, or run `make setup`",
                program.display()
            ))),
        }
    }

    /// Speaks as somebody else: one of the engine's voice variants (`espeak-ng --voices=variant` lists them).
    #[must_use]
    pub fn as_variant(self, variant: &str) -> Self {
        Self { variant: format!("+{variant}").into(), ..self }
    }

    /// Says which engine it is.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Speaks a text: mono samples at 8 kHz, level evened out, silence trimmed from both ends. A text without a word is silence.
    ///
    /// # Errors
    ///
    /// The engine's failure, or [`SpeakError::Late`] after five seconds.
    pub async fn speak(&self, wording: &Wording) -> Result<Speech, SpeakError> {
        let speak = async {
            let mut spoken = Vec::new();
            let text = harmless(&wording.text);
            for (language, stretch) in by_voice(&text, wording.language) {
                let (voice, text) = match language {
                    Language::Zh => ("cmn-latn-pinyin", to_pinyin(&stretch)),
                    Language::En => ("en-us", read_aloud(&stretch, Language::En)),
                };
                let (rate, samples) = self.say(voice, &text, wording.speed).await?;
                if !spoken.is_empty() {
                    spoken.extend([0; GAP]);
                }
                spoken.extend(finish(resample(&samples, rate, 8000)));
            }
            if spoken.is_empty() && text.chars().any(char::is_alphanumeric) {
                return Err(SpeakError::Engine(format!("{} has no sound for this text", self.program.display())));
            }
            Ok(spoken.into())
        };
        timeout(PATIENCE, speak).await.map_err(|_| late())?
    }

    /// Says the sounds of an English text, in the phonetic symbols of its own kind with `^` within one sound: a line for each clause.
    pub(super) async fn sounds(&self, text: &str) -> Result<Vec<String>, SpeakError> {
        let text = harmless_lines(text);
        let output = timeout(PATIENCE, self.run(&["-q", "--ipa", "--tie=^", "-v", "en-us", "--stdin"], &text));
        let output = output.await.map_err(|_| late())??;
        Ok(String::from_utf8_lossy(&output).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    async fn say(&self, voice: &str, text: &str, speed: u16) -> Result<(u32, Vec<i16>), SpeakError> {
        let words_a_minute = (WORDS_A_MINUTE * u32::from(speed.clamp(50, 200)) / 100).to_string();
        let output =
            self.run(&["-v", &format!("{voice}{}", self.variant), "-s", &words_a_minute, "-b", "1", "--stdin", "--stdout"], text).await?;
        samples(&output).ok_or_else(|| SpeakError::Engine(format!("{} gave something that is no WAV", self.program.display())))
    }

    /// Runs the engine on one text; the text goes by stdin, where no list of processes shows it.
    async fn run(&self, arguments: &[&str], text: &str) -> Result<Vec<u8>, SpeakError> {
        let failed = |what: &str, error: std::io::Error| SpeakError::Engine(format!("{}: {what}: {error}", self.program.display()));
        let mut process = Command::new(&*self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed("cannot be run", error))?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(text.as_bytes()).await.map_err(|error| failed("took no text", error))?;
            stdin.write_all(b"\n").await.map_err(|error| failed("took no text", error))?;
        }
        let output = process.wait_with_output().await.map_err(|error| failed("gave no sound", error))?;
        if !output.status.success() {
            let voice = arguments.iter().skip_while(|argument| **argument != "-v").nth(1).unwrap_or(&"");
            return Err(SpeakError::Engine(format!(
                "{} ended with {}: is its voice {voice} installed?",
                self.program.display(),
                output.status
            )));
        }
        Ok(output.stdout)
    }
}

fn late() -> SpeakError {
    SpeakError::Late(u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX))
}

/// As [`harmless`], line by line.
fn harmless_lines(text: &str) -> String {
    text.lines().map(harmless).collect::<Vec<_>>().join("\n")
}

/// Takes out what the engine would not read but obey: control characters, and the brackets of its own phonemes.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '[' | ']') { ' ' } else { c }).collect()
}

/// Reads the streamed WAV of the engine, whose header claims a length it does not have.
fn samples(wav: &[u8]) -> Option<(u32, Vec<i16>)> {
    if wav.get(..4)? != b"RIFF" || wav.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut place = 12;
    let mut rate = None;
    loop {
        let (kind, length) = (wav.get(place..place + 4)?, u32::from_le_bytes(wav.get(place + 4..place + 8)?.try_into().ok()?));
        let body = wav.get(place + 8..)?;
        if kind == b"fmt " {
            rate = Some(u32::from_le_bytes(body.get(4..8)?.try_into().ok()?)).filter(|rate| (4000..=192_000).contains(rate));
        }
        if kind == b"data" {
            let samples = body.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            return Some((rate?, samples));
        }
        place = place.checked_add(8)?.checked_add(usize::try_from(length).ok()?)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level_dbfs;

    pub fn wording(text: &str, language: Language, speed: u16) -> Wording {
        Wording { text: text.into(), language, speed }
    }

    #[tokio::test]
    async fn a_text_is_spoken_trimmed_and_level() {
        let voice = Voice::find().await.expect("espeak-ng");
        let spoken = voice.speak(&wording("您好，优选母婴，请问有什么可以帮您？", Language::Zh, 100)).await.expect("spoken");
        let seconds = spoken.len() as f64 / 8000.0;
        assert!((2.0..6.0).contains(&seconds), "{seconds} s");
        let level = level_dbfs(&spoken);
        assert!((-26.0..=-17.0).contains(&level), "{level} dBFS");
        assert!(level_dbfs(&spoken[160..800]) > -50.0, "it begins with silence");
        assert!(spoken.iter().all(|sample| sample.unsigned_abs() < 27_000));
    }

    #[tokio::test]
    async fn a_faster_voice_is_shorter_and_both_languages_speak() {
        let voice = Voice::find().await.expect("espeak-ng");
        let length = async |text, language, speed| voice.speak(&wording(text, language, speed)).await.expect("spoken").len();
        assert!(length("请稍等，正在为您查询", Language::Zh, 150).await < length("请稍等，正在为您查询", Language::Zh, 75).await);
        assert!(length("Please wait a moment", Language::En, 100).await > 4000);
        assert!(length("请打开APP查看", Language::Zh, 100).await > length("请打开查看", Language::Zh, 100).await);
        assert_eq!(length("……", Language::Zh, 100).await, 0);
    }

    #[tokio::test]
    async fn text_that_nobody_can_say_is_said_as_well_as_possible() {
        let voice = Voice::find().await.expect("espeak-ng");
        for text in [
            "привет",
            "こんにちは",
            "مرحبا",
            "ñandú café",
            "Ω≈ç√",
            "xyzzyqwrtp",
            "请打开😀APP，谢谢🙏",
            "[[h@'loU]]",
            "a\u{0}b\u{1b}[31m",
            "<speak>hi</speak>",
        ] {
            for language in [Language::Zh, Language::En] {
                let spoken = voice.speak(&wording(text, language, 100)).await.expect(text);
                assert!(spoken.len() > 800 && level_dbfs(&spoken) > -40.0, "{text} in {language:?}: {} samples", spoken.len());
            }
        }
        for nothing in ["", "😀🙏", "……", "\u{0}"] {
            assert_eq!(voice.speak(&wording(nothing, Language::Zh, 100)).await.expect(nothing).len(), 0, "{nothing:?}");
        }
    }

    #[tokio::test]
    async fn four_thousand_characters_are_spoken() {
        let voice = Voice::find().await.expect("espeak-ng");
        let text = "您的订单已经发货，请注意查收。".repeat(267);
        assert!(text.chars().count() >= 4000);
        let spoken = voice.speak(&wording(&text, Language::Zh, 200)).await.expect("spoken");
        assert!(spoken.len() > 4000 * 400, "{} samples", spoken.len());
    }

    #[tokio::test]
    async fn a_missing_engine_says_what_to_install() {
        let error = Voice::at("/nowhere/espeak-ng").await.expect_err("none there");
        assert!(error.to_string().contains("apt-get install espeak-ng"), "{error}");
    }

    #[tokio::test]
    async fn an_engine_that_fails_or_babbles_is_an_error() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        for (script, told) in [("cat >/dev/null; case $1 in -v) exit 3;; esac", "ended with"), ("cat >/dev/null; echo hello", "no WAV")] {
            let program = folder.path().join("engine");
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made runnable");
            let voice = Voice::at(program).await.expect("starts");
            let error = voice.speak(&wording("你好", Language::Zh, 100)).await.expect_err("no speech");
            assert!(error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn only_a_wav_is_read() {
        assert_eq!(samples(b""), None);
        assert_eq!(samples(b"RIFF\0\0\0\0WAVEdata\0\0\0\0"), None);
        let mut wav = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend(22_050_u32.to_le_bytes());
        wav.extend([0; 8]);
        wav.extend(b"data\xff\xff\xff\x7f\x01\0\x02\0\x03");
        assert_eq!(samples(&wav), Some((22_050, vec![1, 2])));
        wav.truncate(30);
        assert_eq!(samples(&wav), None);
    }
}
