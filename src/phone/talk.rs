//! What a caller's and a seat's phone do alike once they talk: hear, show, speak, record.

use std::sync::Arc;
use std::time::Duration;

use super::awaited::{Awaited, HeardSoFar, most_awaited};
use super::ear::{Ear, Words};
use super::line::{Line, Recording};
use super::mouth::Mouth;
use super::{Happening, PhoneEvent, Who};
use crate::audio::Frame8k;
use crate::base::{Clock, Key, Mono};
use crate::net::{LegEvent, SipLeg};

/// Where a call's events go.
pub(super) struct Emit<'a> {
    pub(super) events: &'a mut dyn FnMut(PhoneEvent),
    pub(super) call: u32,
    pub(super) began: Mono,
}

impl Emit<'_> {
    pub(super) fn tell(&mut self, now: Mono, who: Who, what: Happening) {
        (self.events)(PhoneEvent { call: self.call, at: now.since(self.began), who, what });
    }
}

/// Ear, mouth and recording on one line.
pub(super) struct Talk {
    pub(super) line: Line,
    pub(super) ear: Option<Ear>,
    pub(super) mouth: Mouth,
    pub(super) heard: HeardSoFar,
    pub(super) awaited: Arc<[Awaited]>,
    pub(super) recording: Option<Recording>,
    /// What came in this tick, for the recording.
    incoming: Frame8k,
    /// The open utterance's newest partial words.
    partial: String,
}

impl Talk {
    pub(super) fn new(line: Line, ear: Option<Ear>) -> Self {
        Self {
            line,
            ear,
            mouth: Mouth::default(),
            heard: HeardSoFar::default(),
            awaited: Arc::default(),
            recording: None,
            incoming: Frame8k::SILENCE,
            partial: String::new(),
        }
    }

    /// Takes this tick's sound, words and keys of the far end.
    pub(super) fn listen(&mut self, now: Mono, emit: &mut Emit<'_>) {
        self.line.hear(now, &mut self.incoming);
        if let Some(ear) = &mut self.ear {
            ear.hear(now, &self.incoming);
        }
        self.words(now, emit);
        while let Some(key) = self.line.key() {
            emit.tell(now, Who::Far, Happening::Key(key.to_string()));
        }
    }

    /// Takes the words that the recogniser has reported; also after the call, while it still thinks.
    pub(super) fn words(&mut self, now: Mono, emit: &mut Emit<'_>) {
        while let Some(words) = self.ear.as_mut().and_then(Ear::words) {
            match words {
                Words::Partial(text) => {
                    self.heard.partial(&text);
                    self.partial = text;
                }
                Words::Final(readings) => {
                    let text = most_awaited(&readings, &self.awaited);
                    self.heard.settle(text);
                    self.partial.clear();
                    self.tell_heard(now, text, emit);
                }
            }
        }
    }

    fn tell_heard(&self, now: Mono, text: &str, emit: &mut Emit<'_>) {
        if !text.is_empty() {
            let written = self.awaited.iter().fold(text.to_owned(), |text, awaited| awaited.as_written(&text));
            emit.tell(now, Who::Far, Happening::Heard(written));
        }
    }

    /// Sends this tick's sound.
    pub(super) fn speak(&mut self, clock: &Clock, now: Mono) {
        let mut frame = Frame8k::SILENCE;
        self.mouth.frame(&mut frame);
        self.line.say(clock, now, &frame);
        if let Some(recording) = &mut self.recording
            && let Err(error) = recording.write(&frame, &self.incoming)
        {
            tracing::error!(%error, "the recording stops here");
            self.recording = None;
        }
    }

    /// Ends what is still open: the utterance and the recording.
    pub(super) fn finish(&mut self) {
        if let Some(ear) = &mut self.ear {
            ear.finish();
        }
        if let Some(recording) = self.recording.take()
            && let Err(error) = recording.finish()
        {
            tracing::error!(%error, "the recording was not finished");
        }
    }

    /// Returns true while words of what was said are still to come.
    pub(super) fn is_thinking(&self) -> bool {
        self.ear.as_ref().is_some_and(Ear::is_thinking)
    }

    /// Returns how long the far end has been silent, at most since `since`.
    pub(super) fn silent_for(&self, now: Mono, since: Mono) -> Duration {
        let voice = self.ear.as_ref().and_then(Ear::last_voice).unwrap_or(since);
        now.since(voice.max(since))
    }

    /// Does what every phone does with an event; gives back those that only its caller can handle.
    pub(super) fn handle(&mut self, now: Mono, event: LegEvent, leg: &SipLeg, emit: &mut Emit<'_>) -> Option<LegEvent> {
        match event {
            LegEvent::Key(key) => emit.tell(now, Who::Far, Happening::Key(Key::to_string(&key))),
            LegEvent::Reoffered { sdp: Some(offer) } => {
                leg.answer_reoffer(self.line.answer(&offer).map_err(|error| error.status().0));
            }
            LegEvent::Reoffered { sdp: None } => leg.answer_reoffer(Ok(self.line.offer())),
            other => return Some(other),
        }
        None
    }
}
