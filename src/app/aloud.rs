//! `bellhop test --aloud`: scripted calls whose callers are spoken and heard, one thing at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::audio::{Codec, Frame8k, level_dbfs};
use crate::base::{Language, Rng};
use crate::dialplan::{CallScript, Dialplan, Place};
use crate::engines::{Voice, VoskModel, hear_turn};
use crate::intent::Matcher;
use crate::rehearsal::{Heard, Listening, SpokenTurn, rehearse_script_heard};
use crate::speech::{Expected, Vocabulary, Wording};

/// How `bellhop test` speaks.
#[derive(Clone, Debug, Args)]
pub struct AloudArgs {
    /// Has each thing a caller says spoken and heard by the recogniser, one at a time, and says what is not understood.
    #[arg(long, conflicts_with_all = ["real", "coverage", "record"])]
    pub aloud: bool,
    /// With --aloud: noise so many decibels below the voice.
    #[arg(long, value_name = "DB", requires = "aloud", value_parser = clap::value_parser!(u8).range(0..=60))]
    pub noise: Option<u8>,
    /// With --aloud: hears the model's whole vocabulary, not what is expected at that point.
    #[arg(long, requires = "aloud")]
    pub open: bool,
    /// With --aloud: has everything said by so many voices in turn.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=6))]
    pub voices: u8,
    /// The speech model for --aloud.
    #[arg(long, value_name = "DIR", default_value = "models/bellhop-zh")]
    pub model: PathBuf,
}

/// Voice variants of espeak-ng that models/recipe trains no model on; of those that it keeps for judging, Andrea and pedro speak Mandarin
/// twice as fast as people do.
const SPEAKERS: [&str; 6] = ["f3", "m5", "Linda", "david", "klatt3", "Mario"];
/// Silence around what is said, in samples: the detector needs some before, the endpointer some after.
const AROUND: usize = 8000;
/// Below full scale; so much noise is on a quiet line.
const QUIET_DBFS: f32 = -70.0;

/// A voice, a line and an ear.
pub(super) struct Aloud {
    voice: Voice,
    model: Arc<VoskModel>,
    runtime: tokio::runtime::Runtime,
    noise_db: Option<u8>,
    is_open: bool,
    speakers: usize,
    /// By what was expected: how many things were said, and how many of them understood.
    pub(super) counts: BTreeMap<&'static str, (u32, u32)>,
}

/// Something that was not understood.
pub(super) struct Misheard {
    pub(super) place: Place,
    pub(super) said: String,
    pub(super) heard: String,
}

impl Aloud {
    pub(super) fn new(args: &AloudArgs) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
        let voice = runtime.block_on(Voice::find())?;
        let model = VoskModel::load(&args.model)?;
        Ok(Self { voice, model, runtime, noise_db: args.noise, is_open: args.open, speakers: args.voices.into(), counts: BTreeMap::new() })
    }

    /// Runs a script that passes in writing once for each thing its caller says, with only that one aloud.
    pub(super) fn call(&mut self, plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, script: &CallScript) -> Result<Vec<Misheard>> {
        let mut turns = Vec::new();
        let _ = rehearse_script_heard(plan, matcher, script, &mut |turn: &SpokenTurn<'_>| {
            turns.push((turn.place, kind(turn.listening.expected), turn.heard_as.first().is_none_or(|(heard, _)| heard == turn.text)));
            None
        });
        let mut misheard = Vec::new();
        // What a script has misheard on purpose is not ours to hear.
        let ours = turns.into_iter().enumerate().filter(|(_, (_, _, as_said))| *as_said);
        for (speaker, (number, (place, kind, _))) in ours.flat_map(|turn| (0..self.speakers).map(move |speaker| (speaker, turn))) {
            let (mut taken, mut failed) = (None, None);
            let outcome = rehearse_script_heard(plan, matcher, script, &mut |turn: &SpokenTurn<'_>| {
                if turn.number != number {
                    return None;
                }
                let heard = self.hear(turn.text, speaker, turn.listening).map_err(|error| failed = Some(error)).ok()?;
                taken = Some((turn.text.to_owned(), heard.first().map(|(text, _)| text.clone()).unwrap_or_default()));
                Some(heard)
            });
            if let Some(error) = failed {
                bail!("{}: {error}", script.name);
            }
            let Some((said, heard)) = taken else { continue };
            let count = self.counts.entry(kind).or_default();
            count.0 += 1;
            if outcome.failure.is_none() {
                count.1 += 1;
            } else {
                misheard.push(Misheard { place, said, heard });
            }
        }
        Ok(misheard)
    }

    /// Speaks a text down the line and hears it.
    fn hear(&self, text: &str, speaker: usize, listening: &Listening) -> Result<Heard, String> {
        let seed = text.chars().fold(7, |sum, c| sum * 31 % 1_000_003 + u64::from(u32::from(c)));
        let mut rng = Rng::seeded(seed + speaker as u64);
        let speaker = SPEAKERS[(seed as usize + speaker) % SPEAKERS.len()];
        let language = if text.is_ascii() { Language::En } else { listening.vocabulary.language };
        let wording = Wording { text: text.into(), language, speed: (90.0 + 30.0 * rng.unit()) as u16 };
        let voice = self.voice.clone().as_variant(speaker);
        let spoken = self.runtime.block_on(voice.speak(&wording)).map_err(|error| error.to_string())?;
        let samples = self.line(&spoken, &mut rng);
        let open = Vocabulary::new(listening.vocabulary.language, Vec::new());
        let vocabulary = if self.is_open { &open } else { &*listening.vocabulary };
        let utterances = hear_turn(&self.model, &samples, vocabulary, listening.expected, listening.pace)?;
        let mut utterances = utterances.into_iter().filter(|readings| !readings.is_empty());
        let readings: Heard = utterances.next().unwrap_or_default().into_iter().map(|one| (one.text, one.confidence)).collect();
        // A caller whose sentence falls apart goes on with the next part; it is judged by the whole.
        let rest: String = utterances.filter_map(|readings| readings.into_iter().next()).map(|best| best.text).collect();
        Ok(readings.into_iter().map(|(text, confidence)| (text + &rest, confidence)).collect())
    }

    /// What a telephone line makes of it.
    fn line(&self, spoken: &[i16], rng: &mut Rng) -> Vec<i16> {
        let level = self.noise_db.map_or(QUIET_DBFS, |below| level_dbfs(spoken) - f32::from(below));
        // A uniform random number's standard deviation is its range over the root of 12.
        let range = 32_768.0 * 10_f64.powf(f64::from(level) / 20.0) * 12_f64.sqrt();
        let mut samples = [&vec![0; AROUND][..], spoken, &vec![0; 3 * AROUND][..]].concat();
        for sample in &mut samples {
            *sample = sample.saturating_add(((rng.unit() - 0.5) * range) as i16);
        }
        for chunk in samples.as_chunks_mut::<160>().0 {
            let (mut octets, mut frame) = ([0; 160], Frame8k::SILENCE);
            Codec::Pcma.encode(&crate::audio::Frame(*chunk), &mut octets);
            Codec::Pcma.decode(&octets, &mut frame);
            *chunk = frame.0;
        }
        samples
    }
}

/// In words, for the table.
const fn kind(expected: Expected) -> &'static str {
    match expected {
        Expected::Anything => "anything",
        Expected::Digits { .. } => "digits",
        Expected::YesNo => "yes or no",
        Expected::Choice => "choice",
        Expected::Conversation => "message",
    }
}
