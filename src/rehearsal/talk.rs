//! A conversation in writing: a walk in virtual time with a voice of steady pace, a caller who is heard as somebody says, and no sound at all.
//! What the business systems answer comes from whoever holds it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::sources::describe;
use crate::base::{Key, Language, LookupId, Mono, PlayId};
use crate::dialplan::{Dialplan, Failing};
use crate::intent::Matcher;
use crate::ivr::{CallbackPromise, CallerFacts, LookupOutcome, LookupRequest, Order, PlayEnd, Summary, Trodden, Walk, WalkInput, Why};
use crate::speech::{Expected, Hypothesis, Pace, Vocabulary};

/// How long the robot takes for a Chinese character, and for a letter.
const CHARACTER: Duration = Duration::from_millis(200);
const LETTER: Duration = Duration::from_millis(65);
/// How long a caller takes for a character.
const CALLERS_CHARACTER: Duration = Duration::from_millis(180);
/// The shortest utterance.
const SHORTEST: Duration = Duration::from_millis(400);
/// From a caller's last sound to the words being known.
const ENDPOINT: Duration = Duration::from_millis(600);
/// From the end of the robot's words to the caller's first.
const REACTION: Duration = Duration::from_millis(300);
/// Between two keys.
const BETWEEN_KEYS: Duration = Duration::from_millis(200);
/// Things that happen between two steps of a caller; more is a loop.
const MOST_EVENTS: u32 = 5_000;

/// Something of a conversation, in the order of its beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct TalkLine {
    /// When it began.
    pub at: Duration,
    /// What it was.
    pub what: TalkWhat,
}

/// Something of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkWhat {
    /// The robot says this.
    Robot {
        /// The words.
        text: String,
        /// The prompt's name in the library, if it has one.
        prompt: Option<String>,
        /// The characters heard before it was cut; `None` if it was not.
        cut: Option<usize>,
    },
    /// The caller said this.
    Caller {
        /// The words.
        text: String,
        /// What was heard, where it differs.
        heard: Option<String>,
    },
    /// The caller pressed these keys.
    Keys(String),
    /// The caller said nothing for so long.
    Silence(Duration),
    /// An intent was accepted.
    Intent {
        /// Its name.
        name: String,
        /// 0.0 to 1.0.
        confidence: f32,
        /// Why: the example it is most like, the words that spoke for it, and what else it might have been.
        why: Vec<String>,
    },
    /// A slot was filled.
    Slot {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A business system was asked.
    Lookup {
        /// The source's name.
        source: String,
        /// `GET /orders/1`.
        request: String,
        /// What came of it.
        outcome: String,
    },
    /// Something else was done: a callback promised, a ticket opened.
    Did(String),
    /// For whoever reads it.
    Note(String),
    /// Handed over to a person.
    HandedOver {
        /// The queue.
        queue: String,
        /// The tier of seats preferred.
        tier: Option<String>,
        /// Why.
        reason: String,
    },
    /// No seat took the call, or a seat hung up.
    Seat(String),
    /// The robot hung up.
    RobotHungUp,
    /// The caller hung up.
    CallerHungUp,
}

/// What the robot listens for at a moment.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// The words.
    pub vocabulary: Arc<Vocabulary>,
    /// What is expected, for endpointing.
    pub expected: Expected,
    /// How long the caller's pauses may be.
    pub pace: Pace,
}

/// What answers for the business systems: the time it takes and the outcome, or `None` for never.
pub type Answers<'a> = dyn FnMut(&LookupRequest) -> Option<(Duration, LookupOutcome)> + 'a;

/// How a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TalkState {
    /// The robot has the caller.
    Open,
    /// The caller waits for a person.
    HandedOver,
    /// It is over.
    Over,
}

/// A conversation in writing.
pub struct Talk {
    walk: Walk,
    now: Mono,
    lines: Vec<TalkLine>,
    plays: VecDeque<Play>,
    /// The lookup that is out, and when its answer comes.
    out: Option<(LookupId, Option<Mono>, LookupOutcome)>,
    fails: Vec<Failing>,
    state: TalkState,
    listening: Listening,
    /// When the caller last did something, and when the robot first spoke after it.
    acted: Mono,
    answered: Option<Mono>,
    endless: bool,
}

struct Play {
    id: PlayId,
    /// Its place among the lines.
    line: usize,
    interruptible: bool,
    lasting: Duration,
    ends: Option<Mono>,
}

impl Talk {
    /// Makes a conversation; nothing is said before [`Talk::begin`].
    #[must_use]
    pub fn new(plan: &Arc<Dialplan>, matcher: &Arc<Matcher>, caller: CallerFacts) -> Self {
        let mut walk = Walk::new(Arc::clone(plan), Arc::clone(matcher), caller);
        walk.keep_path();
        Self {
            walk,
            now: Mono::ZERO,
            lines: Vec::new(),
            plays: VecDeque::new(),
            out: None,
            fails: Vec::new(),
            state: TalkState::Open,
            listening: Listening::default(),
            acted: Mono::ZERO,
            answered: None,
            endless: false,
        }
    }

    fn outcome(&self, of: Failing, well: serde_json::Value) -> LookupOutcome {
        if self.fails.contains(&of) { LookupOutcome::Failed("made to fail by the script".to_owned()) } else { LookupOutcome::Found(well) }
    }

    /// Makes these steps fail.
    pub fn make_fail(&mut self, fails: &[Failing]) {
        self.fails = fails.to_vec();
    }

    /// The caller has been answered.
    pub fn begin(&mut self, answers: &mut Answers<'_>) {
        self.tell(WalkInput::Start, answers);
    }

    /// Lets time pass until the robot waits for the caller, or the conversation is over.
    pub fn until_quiet(&mut self, answers: &mut Answers<'_>) {
        self.pass(None, answers, &mut |talk| talk.is_quiet());
    }

    /// Lets this much time pass, whatever happens.
    pub fn wait(&mut self, lasting: Duration, answers: &mut Answers<'_>) {
        let until = self.now + lasting;
        self.pass(Some(until), answers, &mut |_| false);
    }

    /// Lets time pass until what stands at `from` or later among the lines, and fits, has begun to be said; or until the robot waits.
    /// Returns where it stands.
    pub fn until_begins(&mut self, from: usize, fits: impl Fn(&str, Option<&str>) -> bool, answers: &mut Answers<'_>) -> Option<usize> {
        let found = |talk: &Self| {
            let begun = talk.begun();
            talk.lines.iter().enumerate().take(begun).skip(from).find_map(|(at, line)| match &line.what {
                TalkWhat::Robot { text, prompt, .. } if fits(text, prompt.as_deref()) => Some(at),
                _ => None,
            })
        };
        self.pass(None, answers, &mut |talk| found(talk).is_some() || talk.is_quiet());
        found(self)
    }

    /// The caller says nothing for so long, from when the robot has finished.
    pub fn silence(&mut self, lasting: Duration, answers: &mut Answers<'_>) {
        self.until_quiet(answers);
        self.line(TalkWhat::Silence(lasting));
        self.acts();
        self.wait(lasting, answers);
    }

    /// The caller speaks when the robot has finished.
    pub fn say(&mut self, text: &str, heard_as: &[(String, f32)], answers: &mut Answers<'_>) {
        self.until_quiet(answers);
        if self.lines.iter().any(|line| matches!(line.what, TalkWhat::Robot { .. })) {
            self.now += REACTION;
        }
        self.speak(text, heard_as, answers);
    }

    /// The caller speaks so long after what stands at `line` began to be said, and stops the robot where it may be stopped.
    pub fn barge_in(&mut self, line: Option<usize>, after: Duration, text: &str, heard_as: &[(String, f32)], answers: &mut Answers<'_>) {
        self.wait_after(line, after, answers);
        if self.plays.iter().all(|play| play.interruptible)
            && let Some(play) = self.cut_first()
        {
            let after = self.heard_of(&play);
            self.tell(WalkInput::Played { play: play.id, end: PlayEnd::Cut { after } }, answers);
        }
        self.speak(text, heard_as, answers);
    }

    /// The caller presses keys when the robot has finished, or so long after what stands at `line` began to be said.
    pub fn press(&mut self, keys: &str, after: Option<(Option<usize>, Duration)>, answers: &mut Answers<'_>) {
        match after {
            Some((line, after)) => self.wait_after(line, after, answers),
            None => self.until_quiet(answers),
        }
        self.line(TalkWhat::Keys(keys.to_owned()));
        for (number, key) in keys.chars().filter_map(Key::new).enumerate() {
            if number > 0 {
                self.wait(BETWEEN_KEYS, answers);
            }
            self.acts();
            if self.state == TalkState::Open {
                self.tell(WalkInput::Key(key), answers);
            }
        }
    }

    /// The caller hangs up, at once or so long after what stands at `line` began to be said.
    pub fn hang_up(&mut self, after: Option<(Option<usize>, Duration)>, answers: &mut Answers<'_>) {
        match after {
            Some((line, after)) => self.wait_after(line, after, answers),
            None => self.until_quiet(answers),
        }
        if self.state != TalkState::Over {
            self.cut_first();
            self.drop_unsaid();
            self.line(TalkWhat::CallerHungUp);
            self.state = TalkState::Over;
        }
    }

    /// No seat takes a caller who was handed over.
    pub fn no_seat(&mut self, answers: &mut Answers<'_>) {
        self.until_quiet(answers);
        if self.state == TalkState::HandedOver {
            self.line(TalkWhat::Seat("no seat takes the call".to_owned()));
            self.acts();
            self.state = TalkState::Open;
            self.tell(WalkInput::NoSeat, answers);
        }
    }

    /// A seat took the caller who was handed over, talked, and hung up.
    pub fn seat_hangs_up(&mut self, answers: &mut Answers<'_>) {
        self.until_quiet(answers);
        if self.state == TalkState::HandedOver {
            self.line(TalkWhat::Seat("a seat has talked and hung up".to_owned()));
            self.acts();
            self.state = TalkState::Open;
            self.tell(WalkInput::SeatLeft, answers);
        }
    }

    /// Returns what happened so far; what has not begun to be said stands at the end.
    #[must_use]
    pub fn lines(&self) -> &[TalkLine] {
        &self.lines
    }

    /// Returns what the robot listens for.
    #[must_use]
    pub const fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Returns how the conversation stands.
    #[must_use]
    pub const fn state(&self) -> TalkState {
        self.state
    }

    /// Returns how long it has lasted.
    #[must_use]
    pub const fn lasted(&self) -> Duration {
        self.now.elapsed()
    }

    /// Returns how long after the caller's last doing the robot spoke, if it did.
    #[must_use]
    pub fn answered_after(&self) -> Option<Duration> {
        self.answered.map(|at| at.since(self.acted))
    }

    /// Returns what the walk knows.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.walk.summary()
    }

    /// Returns the steps taken.
    #[must_use]
    pub fn path(&self) -> &[Trodden] {
        self.walk.path()
    }

    /// Says whether it was stopped because it would never have waited for anybody.
    #[must_use]
    pub const fn is_endless(&self) -> bool {
        self.endless
    }

    fn speak(&mut self, text: &str, heard_as: &[(String, f32)], answers: &mut Answers<'_>) {
        let heard = heard_as.first().map(|(heard, _)| heard.as_str()).filter(|heard| *heard != text).map(str::to_owned);
        self.line(TalkWhat::Caller { text: text.to_owned(), heard });
        if self.state == TalkState::Open {
            self.tell(WalkInput::SpeechBegan, answers);
        }
        let lasting =
            (CALLERS_CHARACTER * u32::try_from(text.chars().count()).unwrap_or(u32::MAX)).clamp(SHORTEST, Duration::from_secs(20));
        self.wait(lasting, answers);
        self.acts();
        self.wait(ENDPOINT, answers);
        if self.state == TalkState::Open {
            let hypotheses = heard_as.iter().filter(|(text, _)| !text.is_empty()).map(|(text, confidence)| Hypothesis {
                text: text.clone(),
                confidence: *confidence,
                words: Vec::new(),
            });
            self.tell(WalkInput::Heard(hypotheses.collect()), answers);
        }
    }

    fn acts(&mut self) {
        self.acted = self.now;
        self.answered = None;
    }

    fn wait_after(&mut self, line: Option<usize>, after: Duration, answers: &mut Answers<'_>) {
        let began = line.and_then(|line| self.lines.get(line)).map_or(self.now.elapsed(), |line| line.at);
        let until = Mono::from_elapsed(began + after);
        self.pass(Some(until), answers, &mut |_| false);
    }

    fn is_quiet(&self) -> bool {
        let waits = matches!(self.walk.poll_timeout(), None | Some((_, Why::Silence)));
        self.state != TalkState::Open || (self.plays.is_empty() && self.out.is_none() && waits)
    }

    /// Does what is due next until `until`, or until `enough`.
    fn pass(&mut self, until: Option<Mono>, answers: &mut Answers<'_>, enough: &mut dyn FnMut(&Self) -> bool) {
        for _ in 0..MOST_EVENTS {
            if enough(self) {
                return;
            }
            let timer = self.walk.poll_timeout().filter(|_| self.state == TalkState::Open).map(|(at, _)| at);
            let played = self.plays.front().and_then(|play| play.ends);
            let answer = self.out.as_ref().and_then(|(_, at, _)| *at);
            let next = [played, answer, timer].into_iter().flatten().min();
            let Some(at) = next.filter(|at| until.is_none_or(|until| *at <= until)) else {
                if let Some(until) = until {
                    self.now = self.now.max(until);
                }
                return;
            };
            self.now = self.now.max(at);
            if played == Some(at) {
                if let Some(play) = self.plays.pop_front() {
                    self.next_play();
                    self.tell(WalkInput::Played { play: play.id, end: PlayEnd::Complete }, answers);
                }
            } else if answer == Some(at) {
                if let Some((lookup, _, outcome)) = self.out.take() {
                    self.tell(WalkInput::LookedUp { lookup, outcome }, answers);
                }
            } else {
                self.walk.handle_timeout(self.now);
                self.follow(answers);
            }
        }
        self.endless = true;
        self.state = TalkState::Over;
    }

    fn tell(&mut self, input: WalkInput, answers: &mut Answers<'_>) {
        self.walk.handle(self.now, input);
        self.follow(answers);
    }

    fn follow(&mut self, answers: &mut Answers<'_>) {
        while let Some(order) = self.walk.poll() {
            match order {
                Order::Play { play, wording, interruptible, prompt } => {
                    let lasting = lasting(&wording.text, wording.language).mul_f64(100.0 / f64::from(wording.speed.max(1)));
                    self.line(TalkWhat::Robot { text: wording.text.to_string(), prompt, cut: None });
                    self.plays.push_back(Play { id: play, line: self.lines.len() - 1, interruptible, lasting, ends: None });
                    self.next_play();
                }
                Order::StopPlaying => {
                    if self.plays.front().is_some_and(|play| play.interruptible) {
                        self.cut_first();
                    }
                    self.drop_interruptible();
                    self.next_play();
                }
                Order::Listen { expected, pace, vocabulary } => self.listening = Listening { vocabulary, expected, pace },
                Order::Lookup { lookup, request } => {
                    let answer = answers(&request);
                    let outcome = match &answer {
                        None => "no answer".to_owned(),
                        Some((_, LookupOutcome::Found(value))) => value.to_string(),
                        Some((_, LookupOutcome::NotFound)) => "404".to_owned(),
                        Some((_, LookupOutcome::Failed(why))) => why.clone(),
                    };
                    self.line(TalkWhat::Lookup { source: request.source.clone(), request: describe(&request), outcome });
                    let (at, outcome) = match answer {
                        Some((after, outcome)) => (Some(self.now + after), outcome),
                        None => (None, LookupOutcome::Failed("no answer".to_owned())),
                    };
                    self.out = Some((lookup, at, outcome));
                }
                Order::Transfer { queue, tier, reason } => {
                    self.line(TalkWhat::HandedOver { queue: queue.to_string(), tier, reason });
                    self.state = TalkState::HandedOver;
                }
                Order::Hangup => {
                    self.line(TalkWhat::RobotHungUp);
                    self.state = TalkState::Over;
                }
                Order::Intent { name, confidence, why } => self.line(TalkWhat::Intent { name, confidence, why }),
                Order::Slot { name, value } => self.line(TalkWhat::Slot { name, value }),
                Order::Callback(CallbackPromise { queue, within, .. }) => {
                    self.line(TalkWhat::Did(format!("callback {queue} within {} min", within.as_secs() / 60)));
                }
                Order::Send { lookup, message } => {
                    let outcome = self.outcome(Failing::Send, serde_json::Value::Null);
                    let failed = if matches!(outcome, LookupOutcome::Found(_)) { "" } else { " (fails)" };
                    self.line(TalkWhat::Did(format!("message{failed}: {}", message.text)));
                    self.out = Some((lookup, Some(self.now), outcome));
                }
                Order::Ticket { lookup, ticket } => {
                    let outcome = self.outcome(Failing::Ticket, serde_json::json!({"number": "T-1"}));
                    let failed = if matches!(outcome, LookupOutcome::Found(_)) { "" } else { " (fails)" };
                    self.line(TalkWhat::Did(format!("ticket{failed} {} ({}): {}", ticket.kind, ticket.priority.as_str(), ticket.text)));
                    self.out = Some((lookup, Some(self.now), outcome));
                }
                Order::Message { text } => self.line(TalkWhat::Did(format!("left a message: {text}"))),
                Order::Survey { slot, score } => self.line(TalkWhat::Did(format!("survey {slot} = {score}"))),
                Order::Remember(change) => {
                    let names: Vec<String> = change.fields.keys().chain(&change.tags).chain(&change.untag).cloned().collect();
                    self.line(TalkWhat::Did(format!("remember {}", names.join(", "))));
                }
                Order::Mood { mood, why } => self.line(TalkWhat::Did(because(format!("mood {mood}"), &why))),
                Order::LetDown { times, why } => self.line(TalkWhat::Did(because(format!("let down {times}"), &why))),
                Order::Unknown { .. } => {}
                Order::Note { text } => self.line(TalkWhat::Note(text)),
            }
        }
        // A lookup that the walk gave up no longer holds anything up.
        if self.out.as_ref().is_some_and(|(_, at, _)| at.is_none()) && self.walk.poll_timeout().is_none_or(|(_, why)| why == Why::Silence) {
            self.out = None;
        }
    }

    fn line(&mut self, what: TalkWhat) {
        self.lines.push(TalkLine { at: self.now.elapsed(), what });
    }

    /// How many lines have begun: what waits to be said does not count.
    fn begun(&self) -> usize {
        self.plays.iter().filter(|play| play.ends.is_none()).map(|play| play.line).min().unwrap_or(self.lines.len())
    }

    /// Begins to say what is first.
    fn next_play(&mut self) {
        if let Some(play) = self.plays.front_mut()
            && play.ends.is_none()
        {
            play.ends = Some(self.now + play.lasting);
            if let Some(line) = self.lines.get_mut(play.line) {
                line.at = self.now.elapsed();
            }
            self.answered.get_or_insert(self.now);
        }
    }

    /// Stops what is being said, and writes down how much of it was heard.
    fn cut_first(&mut self) -> Option<Play> {
        let play = self.plays.pop_front()?;
        let heard = self.heard_of(&play);
        if let Some(TalkLine { what: TalkWhat::Robot { text, cut, .. }, .. }) = self.lines.get_mut(play.line) {
            let share = heard.as_secs_f64() / play.lasting.as_secs_f64().max(0.001);
            let count = text.chars().count();
            // What was begun at all counts as begun: nothing heard is what never began.
            *cut = Some(((count as f64 * share) as usize).clamp(1, count.max(1)));
        }
        Some(play)
    }

    fn heard_of(&self, play: &Play) -> Duration {
        play.ends.map_or(Duration::ZERO, |ends| play.lasting.saturating_sub(ends.since(self.now)))
    }

    fn drop_interruptible(&mut self) {
        for play in std::mem::take(&mut self.plays) {
            if play.interruptible {
                self.unsaid(&play);
            } else {
                self.plays.push_back(play);
            }
        }
    }

    fn drop_unsaid(&mut self) {
        for play in std::mem::take(&mut self.plays) {
            self.unsaid(&play);
        }
    }

    fn unsaid(&mut self, play: &Play) {
        if let Some(TalkLine { what: TalkWhat::Robot { cut, .. }, .. }) = self.lines.get_mut(play.line) {
            *cut = Some(0);
        }
    }
}

/// How long the robot takes to say a text.
fn lasting(text: &str, language: Language) -> Duration {
    let each = |sign: char| match (sign.is_alphanumeric(), sign.is_ascii_digit(), language) {
        (false, ..) => Duration::ZERO,
        (true, true, _) => CHARACTER,
        (true, false, Language::Zh) if !sign.is_ascii() => CHARACTER,
        (true, false, _) => LETTER,
    };
    text.chars().map(each).sum::<Duration>().max(SHORTEST)
}

/// What was done, and why where that is known.
fn because(what: String, why: &[String]) -> String {
    if why.is_empty() { what } else { format!("{what} ({})", why.join("; ")) }
}
