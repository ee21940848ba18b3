//! Conversations for tests: plays what the walk orders, brings it what the caller does, and keeps both as text.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::base::{Key, LookupId, Mono, PlayId};
use crate::dialplan::Dialplan;
use crate::intent::Matcher;
use crate::speech::{Expected, Hypothesis};

fn hypotheses(text: &str) -> Vec<Hypothesis> {
    text.split('|')
        .filter(|text| !text.is_empty())
        .map(|text| Hypothesis { text: text.trim().to_owned(), confidence: 0.8, words: Vec::new() })
        .collect()
}

/// Plays what the walk orders and brings it what the caller does.
pub(super) struct Driver {
    pub(super) walk: Walk,
    pub(super) now: Mono,
    pub(super) plays: VecDeque<(PlayId, bool)>,
    pub(super) lookup: Option<LookupId>,
    pub(super) log: Vec<String>,
    pub(super) listened: Vec<(Expected, Vec<String>)>,
    /// What was kept for whoever looks after the dialplan.
    pub(super) unknown: Vec<String>,
    pub(super) wrong: Option<String>,
    pub(super) ended: bool,
}

impl Driver {
    pub(super) fn new(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>) -> Self {
        Self::of(plan, matcher, CallerFacts { number_masked: "138****0000".into(), ..CallerFacts::default() })
    }

    pub(super) fn of(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, caller: CallerFacts) -> Self {
        Self {
            walk: Walk::new(Arc::clone(plan), Arc::clone(matcher), caller),
            now: Mono::ZERO,
            plays: VecDeque::new(),
            lookup: None,
            log: Vec::new(),
            listened: Vec::new(),
            unknown: Vec::new(),
            wrong: None,
            ended: false,
        }
    }

    pub(super) fn give(&mut self, input: WalkInput) {
        self.walk.handle(self.now, input);
        self.follow();
    }

    fn follow(&mut self) {
        while let Some(order) = self.walk.poll() {
            let line = match order {
                Order::Play { play, wording, interruptible, .. } => {
                    self.plays.push_back((play, interruptible));
                    format!("robot: {}", wording.text)
                }
                Order::StopPlaying => {
                    let before = self.plays.len();
                    self.plays.retain(|(_, interruptible)| !interruptible);
                    if self.plays.len() == before {
                        self.wrong = Some("only uninterruptible prompts were there to stop".into());
                    }
                    "stop".to_owned()
                }
                Order::Listen { expected, vocabulary, .. } => {
                    self.listened.push((expected, vocabulary.phrases.clone()));
                    continue;
                }
                Order::Lookup { lookup, request } => {
                    self.lookup = Some(lookup);
                    format!("lookup {} {}", request.source, request.path)
                }
                Order::Transfer { queue, tier, reason } => {
                    format!("transfer {queue}{} {reason}", tier.map(|tier| format!("/{tier}")).unwrap_or_default())
                }
                Order::Callback(promise) => {
                    let CallbackPromise { queue, at, number, .. } = promise;
                    let wish = at.map(|at| format!(" at {at}")).unwrap_or_default();
                    format!("callback {queue}{wish}{}", number.map(|number| format!(" to {}", number.reveal())).unwrap_or_default())
                }
                Order::Send { lookup, message } => {
                    self.lookup = Some(lookup);
                    format!("send {}", message.text)
                }
                Order::Ticket { lookup, ticket } => {
                    self.lookup = Some(lookup);
                    format!("ticket {} {} {}", ticket.kind, ticket.priority.as_str(), ticket.text)
                }
                Order::Message { text } => format!("message {text}"),
                Order::Survey { slot, score } => format!("survey {slot}={score}"),
                Order::Remember(change) => {
                    format!("remember {} +{} -{}", serde_json::Value::Object(change.fields), change.tags.join(","), change.untag.join(","))
                }
                Order::Mood { mood, .. } => format!("mood {mood}"),
                Order::LetDown { times, .. } => format!("let down {times}"),
                Order::Unknown { text, outcome, intent, .. } => {
                    self.unknown.push(format!("{text}: {} {}", outcome.as_str(), intent.as_deref().unwrap_or("-")));
                    continue;
                }
                Order::Hangup => {
                    self.ended = true;
                    "hangup".to_owned()
                }
                Order::Intent { name, .. } => format!("intent {name}"),
                Order::Slot { name, value } => format!("slot {name}={value}"),
                Order::Note { text } => format!("note {text}"),
            };
            self.log.push(line);
        }
    }

    pub(super) fn hear_out(&mut self) {
        while let Some((play, _)) = self.plays.pop_front() {
            self.now += Duration::from_secs(1);
            self.give(WalkInput::Played { play, end: PlayEnd::Complete });
        }
    }

    /// Lets time pass until the next timer.
    pub(super) fn wait(&mut self) {
        if let Some((at, _)) = self.walk.poll_timeout() {
            self.now = self.now.max(at);
            self.walk.handle_timeout(self.now);
            if self.walk.poll_timeout().is_some_and(|(next, _)| next <= self.now) {
                self.wrong = Some("a timer is due after it was handled".into());
            }
            self.follow();
        }
    }

    /// Walks a script from the beginning: lines that begin with `- ` are the caller's, all others what must be ordered.
    pub(super) fn keeps_to(mut self, script: &str) {
        self.give(WalkInput::Start);
        let wanted: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for line in &wanted {
            if let Some(act) = line.strip_prefix("- ") {
                self.log.push((*line).to_owned());
                let (what, rest) = act.split_once(": ").unwrap_or((act, ""));
                self.act(what, rest);
            }
        }
        self.hear_out();
        assert_eq!(self.wrong, None);
        assert_eq!(self.log.join("\n"), wanted.join("\n"), "\nordered:\n{}\n", self.log.join("\n"));
    }

    pub(super) fn act(&mut self, what: &str, rest: &str) {
        match what {
            "caller" | "noise" => {
                self.hear_out();
                self.give(WalkInput::SpeechBegan);
                self.give(WalkInput::Heard(hypotheses(rest)));
            }
            "mumble" => self.give(WalkInput::Heard(hypotheses(rest))),
            "barge" => {
                if let Some((play, true)) = self.plays.front().copied() {
                    self.plays.pop_front();
                    self.give(WalkInput::Played { play, end: PlayEnd::Cut { after: Duration::from_millis(300) } });
                }
                self.give(WalkInput::Heard(hypotheses(rest)));
            }
            "press" => rest.chars().filter_map(Key::new).for_each(|key| self.give(WalkInput::Key(key))),
            "listen" => self.hear_out(),
            "wait" => {
                self.hear_out();
                self.wait();
            }
            "found" | "not_found" | "failed" => {
                let outcome = match what {
                    "found" => LookupOutcome::Found(given(rest, serde_json::from_str(rest))),
                    "not_found" => LookupOutcome::NotFound,
                    _ => LookupOutcome::Failed(rest.to_owned()),
                };
                if let Some(lookup) = self.lookup {
                    self.give(WalkInput::LookedUp { lookup, outcome });
                }
            }
            "no_seat" => self.give(WalkInput::NoSeat),
            "seat_left" => {
                self.hear_out();
                self.give(WalkInput::SeatLeft);
            }
            "mood" => {
                self.hear_out();
                self.give(WalkInput::Mood(given(rest, rest.parse())));
            }
            "known" => self.give(WalkInput::Caller(given(rest, serde_json::from_str(rest)))),
            "later" => {
                self.hear_out();
                self.now += Duration::from_secs(given(rest, rest.parse()));
            }
            other => panic!("no such act: {other}"),
        }
    }
}

/// What an act of a script says, once read; one that cannot be read is named.
fn given<T, E: std::fmt::Display>(act: &str, read: Result<T, E>) -> T {
    read.unwrap_or_else(|error| panic!("{act}: {error}"))
}
