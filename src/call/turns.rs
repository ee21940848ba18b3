//! The robot's side of a call: what the walk orders, what came of its plays, what the caller said and pressed.

use super::ear::For;
use super::ending::Closing;
use super::player::{Ended, Origin, Play};
use super::transcript::{Amendment, masked, masked_partial};
use super::{Call, CallOrder, CallState, EndCause, Fact, Speaker, Stamped};
use crate::base::{Key, LookupId, Mono, PlayId, UtteranceId};
use crate::dialplan::Priority;
use crate::ivr::{CallbackPromise, LookupOutcome, Order, PlayEnd, WalkInput};
use crate::speech::{Hearing, Hypothesis, Wording};

/// The prompt after which recording is allowed.
const NOTICE: &str = "notice";

/// A request that is out.
#[derive(Debug)]
pub(super) struct Asked {
    lookup: LookupId,
    what: Errand,
    at: Mono,
}

/// What was asked for.
#[derive(Debug)]
enum Errand {
    Source(String),
    Message,
    Ticket { kind: String, priority: Priority },
}

impl Call {
    /// Returns true while the robot acts on what the caller says and presses.
    pub(super) fn robot_listens(&self) -> bool {
        self.state == CallState::Robot && self.closing.is_none()
    }

    pub(super) fn caller_answered(&mut self, now: Mono) {
        if self.answered.is_some() {
            return;
        }
        self.answered = Some(now);
        self.caller_heard_at = now;
        self.fact(now, Fact::Answered);
        self.walk.handle(now, WalkInput::Start);
    }

    /// Carries out what the walk has ordered.
    pub(super) fn follow_walk(&mut self, now: Mono) {
        while let Some(order) = self.walk.poll() {
            if self.closing.is_some() {
                continue;
            }
            match order {
                Order::Play { play, wording, interruptible, prompt } => {
                    self.say(now, Play { id: play, wording, interruptible, origin: Origin::Walk { prompt } });
                }
                Order::StopPlaying => self.interrupt(now),
                Order::Listen { expected, pace, vocabulary } => {
                    if self.state == CallState::Robot {
                        self.caller_ear.pace(pace);
                        self.caller_ear.listen(expected, vocabulary);
                    }
                }
                Order::Lookup { lookup, request } => {
                    self.asked.push(Asked { lookup, what: Errand::Source(request.source.clone()), at: now });
                    self.orders.push_back(CallOrder::Lookup { lookup, request });
                }
                Order::Transfer { queue, tier, reason } => self.transfer(now, &queue, tier, reason),
                Order::Send { lookup, message } => {
                    self.asked.push(Asked { lookup, what: Errand::Message, at: now });
                    self.orders.push_back(CallOrder::Send { lookup, message });
                }
                Order::Ticket { lookup, ticket } => {
                    let what = Errand::Ticket { kind: ticket.kind.clone(), priority: ticket.priority };
                    self.asked.push(Asked { lookup, what, at: now });
                    self.orders.push_back(CallOrder::OpenTicket { lookup, ticket });
                }
                Order::Callback(promise) => {
                    let CallbackPromise { queue, within, by, at, .. } = promise.clone();
                    self.orders.push_back(CallOrder::KeepPromise(promise));
                    self.fact(now, Fact::CallbackPromised { queue, within, by, at });
                }
                Order::Message { text } => self.fact(now, Fact::Message(masked(&text))),
                Order::Survey { slot, score } => self.fact(now, Fact::Survey { slot, score: masked(&score) }),
                Order::Remember(change) => {
                    let names = change.fields.keys().chain(&change.tags).chain(&change.untag).cloned().collect();
                    self.orders.push_back(CallOrder::Remember(change));
                    self.fact(now, Fact::Remembered(names));
                }
                Order::Mood { mood, why } => self.fact(now, Fact::Mood { mood, why: all_masked(&why) }),
                Order::LetDown { times, why } => self.fact(now, Fact::LetDown { times, why: all_masked(&why) }),
                Order::Unknown { text, outcome, intent, confidence } => {
                    self.fact(now, Fact::Unknown { text: masked(&text), outcome, intent, confidence });
                }
                Order::Hangup => {
                    self.close(Closing::Said(if self.seat_left { EndCause::SeatHungUp } else { EndCause::RobotHungUp }));
                }
                Order::Intent { name, confidence, why } => {
                    self.keys_done(now);
                    self.fact(now, Fact::Intent { name, confidence, why });
                }
                Order::Slot { name, value } => {
                    self.keys_done(now);
                    self.transcript.number_ended();
                    self.fact(now, Fact::Slot { name, value: masked(&value) });
                }
                Order::Note { text } => self.fact(now, Fact::Note(masked(&text))),
            }
        }
    }

    pub(super) fn say(&mut self, now: Mono, play: Play) {
        self.orders.push_back(CallOrder::Speak { play: play.id, wording: play.wording.clone() });
        self.player.push(now, play);
    }

    /// Says something that the walk has not ordered.
    pub(super) fn say_own(&mut self, now: Mono, wording: Wording, origin: Origin) {
        let id = self.next_own_play;
        self.next_own_play = PlayId(id.0.wrapping_add(1) | (1 << 31));
        self.say(now, Play { id, wording, interruptible: false, origin });
    }

    /// Stops what may be interrupted.
    pub(super) fn interrupt(&mut self, now: Mono) {
        for ended in self.player.cut(now, |play| play.interruptible) {
            self.play_ended(now, ended);
        }
        self.caller_ear.forget_interruption();
    }

    pub(super) fn play_ended(&mut self, now: Mono, ended: Ended) {
        let Ended { play, end, began, heard } = ended;
        if !heard.is_empty() {
            let cut = matches!(end, PlayEnd::Cut { .. });
            self.said(now, began.unwrap_or(now), Speaker::Robot, &heard, 1.0, cut);
        }
        let Origin::Walk { prompt } = play.origin else { return };
        if end == PlayEnd::Complete && prompt.as_deref() == Some(NOTICE) && !self.recorded {
            self.recorded = true;
            self.orders.push_back(CallOrder::Record);
        }
        self.walk.handle(now, WalkInput::Played { play: play.id, end });
    }

    pub(super) fn said(&mut self, now: Mono, began: Mono, who: Speaker, text: &str, confidence: f32, cut: bool) {
        let text = match who {
            Speaker::Caller => self.caller_gave(now, text, began),
            Speaker::Robot | Speaker::Seat => self.transcript.add(who, text, began.since(self.began)),
        };
        // Records and packets agree: a turn stands where it began.
        let at = began.min(now).since(self.began);
        self.orders.push_back(CallOrder::Fact(Stamped { at, fact: Fact::Said { who, text, confidence, cut } }));
    }

    /// Keeps the caller's words or keys and returns them as they may be read; earlier ones that they complete to a private number are masked.
    pub(super) fn caller_gave(&mut self, now: Mono, given: &str, began: Mono) -> String {
        let (text, amendments) = self.transcript.add_caller(given, began.since(self.began));
        for Amendment { was, text } in amendments {
            self.fact(now, Fact::Amended { who: Speaker::Caller, was, text });
        }
        text
    }

    pub(super) fn key(&mut self, now: Mono, key: Key) {
        self.keys.push(key.label());
        self.keys_at = now;
        if key == Key::HASH {
            self.keys_done(now);
        }
        if self.robot_listens() {
            // A key that means something here stops the prompt: the walk knows which.
            self.walk.handle(now, WalkInput::Key(key));
        }
    }

    pub(super) fn caller_heard(&mut self, now: Mono, utterance: UtteranceId, hearing: Hearing) {
        let hypotheses = match hearing {
            Hearing::Partial(hypothesis) => {
                if self.caller_ear.partial(utterance, &hypothesis).is_some() {
                    self.hearing(now, Speaker::Caller, &hypothesis);
                }
                return;
            }
            Hearing::Final(hypotheses) => hypotheses,
            Hearing::Failed(why) => {
                self.fact(now, Fact::Note(why));
                Vec::new()
            }
        };
        let Some(utterance) = self.caller_ear.last_word(utterance) else { return };
        if let Some(best) = hypotheses.first().filter(|best| !best.text.is_empty()) {
            self.said(now, utterance.began, Speaker::Caller, &best.text, best.confidence, false);
        }
        if utterance.whose == For::Robot && self.robot_listens() {
            if let Some(strain) = utterance.strain {
                self.walk.handle(now, WalkInput::Voice(strain));
            }
            self.walk.handle(now, WalkInput::Heard(hypotheses));
        }
    }

    pub(super) fn hearing(&mut self, now: Mono, who: Speaker, hypothesis: &Hypothesis) {
        if !hypothesis.text.is_empty() {
            self.fact(now, Fact::Hearing { who, text: masked_partial(&hypothesis.text) });
        }
    }

    /// A recognizer that is stuck must not leave the caller in silence.
    pub(super) fn words_that_never_came(&mut self, now: Mono) {
        while let Some(utterance) = self.caller_ear.give_up(now) {
            self.fact(now, Fact::Note("the recognizer did not answer".to_owned()));
            if utterance.whose == For::Robot && self.robot_listens() {
                self.walk.handle(now, WalkInput::Heard(Vec::new()));
            }
        }
        while self.seat_ear.give_up(now).is_some() {}
    }

    pub(super) fn looked_up(&mut self, now: Mono, lookup: LookupId, outcome: LookupOutcome) {
        let Some(place) = self.asked.iter().position(|asked| asked.lookup == lookup) else { return };
        let asked = self.asked.swap_remove(place);
        let fact = match asked.what {
            Errand::Source(source) => {
                let word = match &outcome {
                    LookupOutcome::Found(_) => "found",
                    LookupOutcome::NotFound => "not_found",
                    LookupOutcome::Failed(_) => "failed",
                };
                Fact::LookedUp { source, outcome: word.to_owned(), took: now.since(asked.at) }
            }
            Errand::Message => Fact::Sent(if matches!(outcome, LookupOutcome::Found(_)) { "sent" } else { "failed" }.to_owned()),
            Errand::Ticket { kind, priority } => {
                let number = match &outcome {
                    LookupOutcome::Found(value) => value.get("number").map(|number| match number.as_str() {
                        Some(number) => number.to_owned(),
                        None => number.to_string(),
                    }),
                    LookupOutcome::NotFound | LookupOutcome::Failed(_) => None,
                };
                Fact::Ticket { kind, priority, number }
            }
        };
        self.fact(now, fact);
        self.walk.handle(now, WalkInput::LookedUp { lookup, outcome });
    }
}

fn all_masked(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| masked(text)).collect()
}
