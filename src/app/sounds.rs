//! The recorded files that a dialplan names: prompts and music. What cannot be read is spoken, or the built-in music played, and said so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::audio::read_wav;
use crate::base::{Language, QueueName};
use crate::dialplan::{Diagnostic, Dialplan, Place, Severity, Wordings};
use crate::engines::level_recording;
use crate::ivr;
use crate::speech::{Speech, Wording};

/// Samples a second on the telephone.
const RATE_HZ: u32 = 8_000;
/// The largest file that is read.
const LARGEST: u64 = 64 << 20;

/// What a dialplan's recorded files hold.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    /// Prompts, by the words for which they are played.
    pub(super) prompts: Vec<(Wording, Speech)>,
    /// Music, by queue.
    pub(super) music: BTreeMap<QueueName, Speech>,
    /// The files that could not be read.
    pub(super) missing: Vec<Diagnostic>,
}

/// Reads the recorded files of a dialplan, which lie beside it.
pub(super) fn sounds(plan: &Dialplan) -> Sounds {
    let mut sounds = Sounds::default();
    for (wording, path) in ivr::recorded_prompts(plan) {
        let place = plan.prompts.values().find(|prompt| prompt.wavs.values().any(|wav| *wav == path)).map(|prompt| prompt.place);
        match read(plan, &path) {
            Ok(speech) => sounds.prompts.push((wording, level_recording(speech).into())),
            Err(why) => sounds.missing.push(missing(plan, place.unwrap_or_default(), &path, &why)),
        }
    }
    for (name, queue) in &plan.queues {
        let Some(path) = &queue.music else { continue };
        match read(plan, path) {
            Ok(music) => drop(sounds.music.insert(name.clone(), music.into())),
            Err(why) => sounds.missing.push(missing(plan, queue.place, path, &why)),
        }
    }
    sounds
}

/// Lists the recorded files of a dialplan.
pub(super) fn files(plan: &Dialplan) -> Vec<PathBuf> {
    let wavs = plan.prompts.values().flat_map(|prompt| prompt.wavs.values());
    wavs.chain(plan.queues.values().filter_map(|queue| queue.music.as_ref())).map(|path| beside(plan, path)).collect()
}

fn beside(plan: &Dialplan, path: &str) -> PathBuf {
    Path::new(&plan.file).parent().unwrap_or(Path::new("")).join(path)
}

fn read(plan: &Dialplan, path: &str) -> Result<Vec<i16>, String> {
    let path = beside(plan, path);
    let file = std::fs::File::open(&path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.len() > LARGEST) {
        return Err(format!("larger than {} MB", LARGEST >> 20));
    }
    let clip = read_wav(std::io::BufReader::new(file)).map_err(|error| error.to_string())?;
    Ok(clip.at(RATE_HZ))
}

fn missing(plan: &Dialplan, place: Place, path: &str, why: &str) -> Diagnostic {
    let line = plan.source.lines().nth((place.line as usize).saturating_sub(1)).unwrap_or_default().to_owned();
    let (file, place) = plan.locate(place);
    Diagnostic {
        file: file.to_owned(),
        place,
        length: 1,
        severity: Severity::Warning,
        code: "no-sound",
        message: Wordings::new(format!("声音文件 {path} 读不了：{why}"), format!("the recorded file {path} cannot be read: {why}")),
        help: Wordings::new(
            "放一个 WAV 文件在话术文件旁边；没有它就用合成的声音和内置的音乐",
            "put a WAV file beside the dialplan; without it the voice speaks and the built-in music plays",
        ),
        line,
    }
}

/// Says what is missing, for a log.
pub(super) fn complaint(missing: &Diagnostic) -> &str {
    missing.message.said_in(Language::En)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Frame, WavWriter};

    #[test]
    fn recorded_prompts_and_music_are_read_at_any_rate_and_missing_ones_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = WavWriter::mono(std::fs::File::create(folder.path().join("notice.wav")).unwrap()).unwrap();
        for _ in 0..50 {
            writer.write(&Frame([700; 160])).unwrap();
        }
        writer.finish().unwrap();
        let mut slow = std::fs::read(folder.path().join("notice.wav")).unwrap();
        // The same bytes said to be of 16 kHz last half as long.
        slow[24..28].copy_from_slice(&16_000_u32.to_le_bytes());
        std::fs::write(folder.path().join("hold.wav"), slow).unwrap();
        let text = "dialplan: 1\nnumbers: [\"1\"]\nprompts:\n  notice: {wav: notice.wav, say: 您好}\n  other: {wav: none.wav, say: 再见}\n\
                    queues: {general: {music: hold.wav}}\n";
        let plan = Dialplan::load(&folder.path().join("x.yaml").display().to_string(), text, &|_| None).unwrap();
        let sounds = sounds(&plan);
        assert_eq!(sounds.prompts.iter().map(|(wording, speech)| (&*wording.text, speech.len())).collect::<Vec<_>>(), [("您好", 8_000)]);
        let music = sounds.music[&QueueName::from("general")].len();
        assert!((3_900..=4_100).contains(&music), "{music}");
        assert_eq!(sounds.missing.iter().map(|one| (one.code, one.place.line)).collect::<Vec<_>>(), [("no-sound", 5)]);
        assert_eq!(files(&plan).len(), 3);
    }
}
