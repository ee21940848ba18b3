//! What the robot says: plays in the order in which they were ordered, each spoken when its audio is there.
//! Knows no call state; what came of a play is returned as [`Ended`].

use std::sync::Arc;
use std::time::Duration;

use crate::audio::Frame8k;
use crate::base::{Mono, PlayId};
use crate::ivr::PlayEnd;
use crate::speech::{SpeakError, Speech, Wording};

/// Samples a second on the telephone.
const RATE_HZ: u64 = 8000;
/// 5 ms: a prompt that stops at once clicks.
const FADE_SAMPLES: usize = 40;
/// A character takes about so long, spoken in Chinese: 0.2 s.
const USUAL_SAMPLES: usize = 1600;

/// Who ordered a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The walk; the prompt's name if it has one.
    Walk { prompt: Option<String> },
    /// The call itself, while the caller waits for a seat.
    Announcement,
    /// The call itself, before it ends.
    Farewell,
}

/// One thing to say.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) id: PlayId,
    pub(super) wording: Wording,
    pub(super) interruptible: bool,
    pub(super) origin: Origin,
}

/// What came of a play.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) play: Play,
    pub(super) end: PlayEnd,
    /// When its first sample was said.
    pub(super) began: Option<Mono>,
    /// What was heard of it.
    pub(super) heard: Arc<str>,
}

#[derive(Debug)]
enum Voice {
    Awaited,
    /// Its beginning; the rest is on its way.
    Begun(Speech),
    Ready(Speech),
    Failed,
}

impl Voice {
    /// Returns what there is of it.
    fn speech(&self) -> Option<&Speech> {
        match self {
            Self::Begun(speech) | Self::Ready(speech) => Some(speech),
            Self::Awaited | Self::Failed => None,
        }
    }
}

#[derive(Debug)]
struct Queued {
    play: Play,
    voice: Voice,
}

#[derive(Debug)]
struct Fade {
    speech: Speech,
    position: usize,
}

/// Says one play after the other; allocates nothing while it does.
#[derive(Debug)]
pub(super) struct Player {
    queue: Vec<Queued>,
    patience: Duration,
    /// Samples of the first play already said.
    position: usize,
    began: Option<Mono>,
    /// Since when the first play is the first, or its rest is waited for.
    first_since: Mono,
    fade: Option<Fade>,
}

impl Player {
    /// Makes a player that leaves out what is not spoken within `patience` of its turn.
    pub(super) fn new(patience: Duration) -> Self {
        Self { queue: Vec::with_capacity(8), patience, position: 0, began: None, first_since: Mono::ZERO, fade: None }
    }

    pub(super) fn push(&mut self, now: Mono, play: Play) {
        if self.queue.is_empty() {
            self.first_since = now;
        }
        self.queue.push(Queued { play, voice: Voice::Awaited });
    }

    /// Takes the audio of a play; ignored when it is no longer wanted or already there. A play whose rest fails is given up after what there is of it.
    pub(super) fn spoken(&mut self, id: PlayId, speech: Result<Speech, SpeakError>) {
        if let Some(queued) = self.queue.iter_mut().find(|queued| queued.play.id == id) {
            match (&queued.voice, speech) {
                (Voice::Awaited | Voice::Begun(_), Ok(speech)) => queued.voice = Voice::Ready(speech),
                (Voice::Awaited, Err(_)) => queued.voice = Voice::Failed,
                (Voice::Begun(_), Err(_)) | (Voice::Ready(_) | Voice::Failed, _) => {}
            }
        }
    }

    /// Takes the beginning of a play's audio, which grows; ignored when it is no longer wanted or already there.
    pub(super) fn spoken_so_far(&mut self, id: PlayId, speech: Speech) {
        if let Some(queued) = self.queue.iter_mut().find(|queued| queued.play.id == id)
            && matches!(queued.voice, Voice::Awaited | Voice::Begun(_))
        {
            queued.voice = Voice::Begun(speech);
        }
    }

    /// Returns true when nothing is being said or to be said.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns true while voice or keys would cut what is being said.
    pub(super) fn is_interruptible(&self) -> bool {
        self.queue.first().is_some_and(|first| first.play.interruptible && first.voice.speech().is_some())
    }

    /// Returns what is being said: part of it has been heard.
    pub(super) fn saying(&self) -> Option<(PlayId, &Wording)> {
        self.began?;
        self.queue.first().map(|first| (first.play.id, &first.play.wording))
    }

    pub(super) fn has_announcement(&self) -> bool {
        self.queue.iter().any(|queued| queued.play.origin == Origin::Announcement)
    }

    /// Returns when the first play will have been waited for long enough.
    pub(super) fn due(&self) -> Option<Mono> {
        self.is_waiting().then(|| self.first_since + self.patience)
    }

    /// Returns true while the first play has nothing more to say and is not over.
    fn is_waiting(&self) -> bool {
        self.queue.first().is_some_and(|first| match &first.voice {
            Voice::Awaited => true,
            Voice::Begun(speech) => self.position >= speech.len(),
            Voice::Ready(_) | Voice::Failed => false,
        })
    }

    /// Returns the first play if it cannot be said.
    pub(super) fn give_up(&mut self, now: Mono) -> Option<Ended> {
        let has_failed = matches!(self.queue.first()?.voice, Voice::Failed);
        let is_late = self.is_waiting() && self.first_since + self.patience <= now;
        if !has_failed && !is_late {
            return None;
        }
        let Queued { play, voice } = self.queue.remove(0);
        let (began, position) = (self.began, self.position);
        self.next_turn(now);
        let heard = if began.is_some() { heard(&play.wording.text, position, &voice) } else { "".into() };
        Some(Ended { play, end: PlayEnd::Failed, began, heard })
    }

    /// Adds the next 20 ms of what is being said to the frame; returns the play of which this was the last.
    pub(super) fn fill(&mut self, now: Mono, frame: &mut Frame8k) -> Option<Ended> {
        if let Some(fade) = self.fade.take() {
            let rest = fade.speech.get(fade.position..).unwrap_or_default();
            for (place, (sample, said)) in frame.0.iter_mut().zip(rest).take(FADE_SAMPLES).enumerate() {
                let faded = i32::from(*said) * (FADE_SAMPLES - place) as i32 / FADE_SAMPLES as i32;
                *sample = sample.saturating_add(faded as i16);
            }
        }
        let voice = &self.queue.first()?.voice;
        let speech = voice.speech()?;
        let rest = speech.get(self.position..).unwrap_or_default();
        for (sample, said) in frame.0.iter_mut().zip(rest) {
            *sample = sample.saturating_add(*said);
        }
        self.began.get_or_insert(now);
        let before = self.position;
        self.position = (before + frame.0.len()).min(speech.len());
        if self.position < speech.len() {
            return None;
        }
        if matches!(voice, Voice::Begun(_)) {
            if self.position > before {
                self.first_since = now;
            }
            return None;
        }
        let began = self.began;
        let play = self.queue.remove(0).play;
        self.next_turn(now);
        Some(Ended { end: PlayEnd::Complete, began, heard: play.wording.text.clone(), play })
    }

    /// Stops every play for which `cut` holds, what is being said with a short fade; the others stay in their order.
    pub(super) fn cut(&mut self, now: Mono, cut: impl Fn(&Play) -> bool) -> Vec<Ended> {
        let mut ended = Vec::new();
        let cuts_first = self.queue.first().is_some_and(|first| cut(&first.play));
        let mut first = cuts_first.then_some((self.position, self.began));
        for queued in self.queue.extract_if(.., |queued| cut(&queued.play)) {
            let (position, began) = first.take().unwrap_or_default();
            let (after, heard) = match queued.voice.speech() {
                Some(speech) if position > 0 => {
                    self.fade = Some(Fade { speech: speech.clone(), position });
                    let after = Duration::from_micros(position as u64 * 1_000_000 / RATE_HZ);
                    (after, heard(&queued.play.wording.text, position, &queued.voice))
                }
                Some(_) | None => (Duration::ZERO, "".into()),
            };
            ended.push(Ended { play: queued.play, end: PlayEnd::Cut { after }, began, heard });
        }
        if cuts_first {
            self.next_turn(now);
        }
        ended
    }

    fn next_turn(&mut self, now: Mono) {
        self.position = 0;
        self.began = None;
        self.first_since = now;
    }
}

/// The part of a text that was heard, in proportion to its characters; of a voice that is not whole, as much as is usual.
fn heard(text: &str, position: usize, voice: &Voice) -> Arc<str> {
    let characters = match voice {
        Voice::Ready(speech) => text.chars().count() * position / speech.len().max(1),
        Voice::Begun(_) | Voice::Awaited | Voice::Failed => position / USUAL_SAMPLES,
    };
    text.chars().take(characters).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Language, TICK};

    fn play(id: u32, text: &str, interruptible: bool) -> Play {
        let wording = Wording { text: text.into(), language: Language::Zh, speed: 100 };
        Play { id: PlayId(id), wording, interruptible, origin: Origin::Walk { prompt: None } }
    }

    fn at(ticks: u32) -> Mono {
        Mono::ZERO + TICK * ticks
    }

    fn loud(samples: usize) -> Speech {
        vec![10_000_i16; samples].into()
    }

    #[test]
    fn plays_keep_their_order_when_a_later_one_is_spoken_first() {
        let mut player = Player::new(Duration::from_secs(1));
        player.push(at(0), play(1, "一", true));
        player.push(at(0), play(2, "二", true));
        player.spoken(PlayId(2), Ok(loud(160)));
        let mut frame = Frame8k::SILENCE;
        assert!(player.fill(at(1), &mut frame).is_none());
        assert_eq!(frame, Frame8k::SILENCE);
        player.spoken(PlayId(1), Ok(loud(200)));
        assert!(player.fill(at(2), &mut frame).is_none());
        assert_eq!(player.fill(at(3), &mut frame).map(|ended| ended.play.id), Some(PlayId(1)));
        assert_eq!(player.fill(at(4), &mut frame).map(|ended| ended.play.id), Some(PlayId(2)));
        assert!(player.is_idle());
    }

    #[test]
    fn a_cut_fades_within_five_ms_and_tells_what_was_heard() {
        let mut player = Player::new(Duration::from_secs(1));
        player.push(at(0), play(1, "一二三四", true));
        player.push(at(0), play(2, "不能打断", false));
        player.spoken(PlayId(1), Ok(loud(640)));
        let mut frame = Frame8k::SILENCE;
        player.fill(at(1), &mut frame);
        player.fill(at(2), &mut frame);
        let ended = player.cut(at(3), |play| play.interruptible);
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].end, PlayEnd::Cut { after: TICK * 2 });
        assert_eq!(&*ended[0].heard, "一二");
        let mut frame = Frame8k::SILENCE;
        player.fill(at(3), &mut frame);
        assert!(frame.0[..FADE_SAMPLES].windows(2).all(|pair| pair[0] >= pair[1] && pair[0] - pair[1] <= 260), "no jump");
        assert!(frame.0[0] > 9_000 && frame.0[FADE_SAMPLES..].iter().all(|sample| *sample == 0));
        assert!(!player.is_idle(), "the uninterruptible one stays");
    }

    #[test]
    fn a_play_that_is_not_spoken_in_time_is_left_out() {
        let mut player = Player::new(Duration::from_secs(1));
        player.push(at(0), play(1, "慢", true));
        player.push(at(0), play(2, "坏", true));
        player.spoken(PlayId(2), Err(SpeakError::Engine("x".into())));
        assert_eq!(player.due(), Some(at(50)));
        assert!(player.give_up(at(49)).is_none());
        assert_eq!(player.give_up(at(50)).map(|ended| (ended.play.id, ended.end)), Some((PlayId(1), PlayEnd::Failed)));
        assert_eq!(player.give_up(at(50)).map(|ended| ended.play.id), Some(PlayId(2)));
        player.spoken(PlayId(1), Ok(loud(160)));
        assert!(player.is_idle());
    }

    #[test]
    fn what_is_there_of_a_voice_is_said_while_the_rest_is_awaited() {
        let mut player = Player::new(Duration::from_secs(1));
        player.push(at(0), play(1, "一二三四五六七八", true));
        assert!(!player.is_interruptible());
        player.spoken_so_far(PlayId(1), loud(320));
        assert!(player.is_interruptible() && player.due().is_none());
        let mut frames = [Frame8k::SILENCE; 5];
        for (place, frame) in frames.iter_mut().enumerate().take(3) {
            assert!(player.fill(at(1 + place as u32), frame).is_none());
        }
        assert_eq!(player.due(), Some(at(2 + 50)), "the rest is waited for since the last sound");
        player.spoken_so_far(PlayId(1), loud(480));
        assert!(player.due().is_none());
        assert!(player.fill(at(4), &mut frames[3]).is_none());
        player.spoken(PlayId(1), Ok(loud(640)));
        let ended = player.fill(at(5), &mut frames[4]).expect("over");
        assert_eq!((ended.end, &*ended.heard, ended.began), (PlayEnd::Complete, "一二三四五六七八", Some(at(1))));
        let said = frames.map(|frame| frame.0[0] == 10_000);
        assert_eq!(said, [true, true, false, true, true]);
    }

    #[test]
    fn a_voice_whose_rest_never_comes_is_given_up_after_what_there_was() {
        for rest in [None, Some(Err(SpeakError::Late(1)))] {
            let mut player = Player::new(Duration::from_secs(1));
            player.push(at(0), play(1, "一二三四", true));
            player.spoken_so_far(PlayId(1), loud(1600));
            if let Some(rest) = rest {
                player.spoken(PlayId(1), rest);
            }
            let mut frame = Frame8k::SILENCE;
            for tick in 1..=10 {
                assert!(player.fill(at(tick), &mut frame).is_none() && player.give_up(at(tick)).is_none());
            }
            assert!(player.give_up(at(59)).is_none());
            let ended = player.give_up(at(60)).expect("given up");
            assert_eq!((ended.end, &*ended.heard), (PlayEnd::Failed, "一"));
            assert!(player.is_idle());
        }
    }

    #[test]
    fn a_cut_of_a_voice_that_is_not_whole_fades_too() {
        let mut player = Player::new(Duration::from_secs(1));
        player.push(at(0), play(1, "一二三四", true));
        player.spoken_so_far(PlayId(1), loud(640));
        let mut frame = Frame8k::SILENCE;
        player.fill(at(1), &mut frame);
        assert_eq!(player.cut(at(2), |_| true)[0].end, PlayEnd::Cut { after: TICK });
        let mut frame = Frame8k::SILENCE;
        player.fill(at(2), &mut frame);
        assert!(frame.0[0] > 9_000 && frame.0[FADE_SAMPLES] == 0);
        player.spoken(PlayId(1), Ok(loud(1600)));
        assert!(player.is_idle());
    }
}
