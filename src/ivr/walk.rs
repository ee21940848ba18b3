//! The walk of one call: its state, the facts that come in, its timers. What it does with them stands in the files beside:
//! `stepping` runs steps, `saying` plays, `asking` asks and fills slots, `hearing` understands, `keying` takes keys.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::going_back::Checkpoint;
use super::lines::Line;
use super::{CallerFacts, LookupOutcome, Order, PlayEnd, Summary, WalkInput, Why};
use crate::base::{Key, Language, LookupId, Mono, Mood, Pii, PlayId, QueueName, Wall};
use crate::dialplan::{Dialplan, Place, SlotType, Steps};
use crate::feelings::{Course, Strain};
use crate::intent::{Guess, Matcher};
use crate::speech::{Pace, Vocabulary, Wording};

use super::recording::END_OF_MESSAGE;

/// Speech that began ends within this time; if its words never come, the caller counts as silent.
const LONGEST_SPEECH: Duration = Duration::from_secs(25);
/// A silence shorter than this is no silence, whatever the plan says.
const SHORTEST_SILENCE: Duration = Duration::from_millis(500);
/// Silence before something is said while a business system is asked.
const MEANWHILE: Duration = Duration::from_millis(700);
/// The longest patience in the lane for the elderly.
const LONGEST_PATIENCE: Duration = Duration::from_secs(8);
/// A sound without words is asked about when nothing follows it within this time.
const AFTER_A_NOISE: Duration = Duration::from_secs(1);
/// Keys kept while a business system is asked.
const MOST_KEYS_AHEAD: usize = 32;

/// One caller's walk through a dialplan. Never silent for ever: a play, a timer, a hand-over or the end is always pending.
///
/// Every play must come back as [`WalkInput::Played`], unless [`Order::StopPlaying`] was given after it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a walk, none of them a parameter")]
pub struct Walk {
    pub(super) plan: Arc<Dialplan>,
    pub(super) matcher: Arc<Matcher>,
    pub(super) now: Mono,
    pub(super) orders: VecDeque<Order>,
    pub(super) state: State,
    /// What is being walked, the interrupted below the interrupting.
    pub(super) contexts: Vec<Context>,
    pub(super) language: Language,
    pub(super) values: Map<String, Value>,
    pub(super) slots: Vec<(String, String)>,
    /// Every value that a slot was given in this call, oldest first: what 最后一个 points at.
    pub(super) given: Vec<(String, String)>,
    /// Slot values heard before the slot was asked for.
    pub(super) candidates: BTreeMap<String, String>,
    /// How often a slot had to be collected again because nothing was found.
    pub(super) agains: BTreeMap<String, u32>,
    pub(super) intent: Option<(String, f32)>,
    pub(super) reason: Option<String>,
    /// The wall clock when the walk started, and when that was.
    pub(super) began: Wall,
    pub(super) started: Mono,
    pub(super) own_number: Option<Pii<String>>,
    pub(super) mood: Mood,
    pub(super) feelings: Course,
    /// How the caller's voice is strained in the words that come next.
    pub(super) strain: Option<Strain>,
    /// The words whose meaning the caller is being asked about.
    pub(super) doubtful: Option<String>,
    /// The words that were not understood last, and what they nearly meant.
    pub(super) nearly: Option<(String, Vec<Guess>)>,
    /// What the caller did last was to say something.
    pub(super) spoke_last: bool,
    /// Slots whose caller knows that they may be keyed in.
    pub(super) keys_offered: BTreeSet<String>,
    /// Signs that the caller is not satisfied.
    pub(super) dissatisfied: u32,
    /// In the lane for the elderly: a slower voice, more patience.
    pub(super) elderly: bool,
    /// Speed of the voice in percent.
    pub(super) speed: u16,
    pub(super) after_hours_walked: bool,
    /// The caller's last message in its own words.
    pub(super) last_message: Option<String>,
    /// What is being said is longer than it may be.
    pub(super) overran: bool,
    /// The next words belong to what is over.
    pub(super) words_are_late: bool,
    /// Sounds without words since the caller last said something.
    pub(super) noises: u32,
    /// Turns in a row in which nothing but sounds without words came.
    pub(super) wordless: u32,
    pub(super) checkpoints: Vec<Checkpoint>,
    /// A text was left out because of what it held.
    pub(super) dropped: bool,
    /// Turns not understood in a row.
    pub(super) misunderstood: u32,
    /// Silences in a row, and how often they led to what the plan says follows.
    pub(super) silences: u32,
    pub(super) silence_rounds: u32,
    pub(super) plays: VecDeque<Pending>,
    pub(super) last_play: PlayId,
    last_lookup: LookupId,
    /// What was said since the caller last did something: what `repeat` says again.
    pub(super) turn: Vec<Said>,
    pub(super) turn_over: bool,
    pub(super) repeated: bool,
    /// How often each prompt was said, for its variants.
    pub(super) said: BTreeMap<String, usize>,
    pub(super) keys_ahead: VecDeque<Key>,
    /// Until then a `#` belongs to an entry that was complete without it.
    pub(super) hash_is_late: Option<Mono>,
    pub(super) vocabularies: BTreeMap<(WordsFor, Language, String), Arc<Vocabulary>>,
    listening: bool,
    pub(super) speaking: bool,
    pub(super) timers: Timers,
    /// The steps taken, where somebody wants to know them.
    pub(super) path: Option<Vec<Trodden>>,
}

/// A step that a walk has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trodden {
    /// Where it stands.
    pub place: Place,
    /// The flow that it led into.
    pub flow: Option<String>,
}

/// The kinds of vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WordsFor {
    Intents,
    Slot,
    YesNo,
    Message,
}

/// A play that has not ended.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: PlayId,
    pub(super) interruptible: bool,
}

/// Something said, to say it again.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) wording: Wording,
    pub(super) interruptible: bool,
    pub(super) prompt: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) silence: Option<Mono>,
    pub(super) keys: Option<Mono>,
    pub(super) meanwhile: Option<Mono>,
    pub(super) answer: Option<Mono>,
}

/// Steps being walked, and what was asked when they interrupted.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) frames: Vec<Frame>,
    pub(super) back_to: Option<Asked>,
}

/// A place in a list of steps.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) steps: Steps,
    pub(super) next: usize,
    /// True for what follows a lookup that brought nothing.
    pub(super) instead: bool,
}

impl Frame {
    pub(super) fn of(steps: &Steps) -> Self {
        Self { steps: Arc::clone(steps), next: 0, instead: false }
    }
}

#[derive(Debug)]
pub(super) enum State {
    Idle,
    Walking,
    Asking(Asked),
    LookingUp { lookup: LookupId, steps: Steps, index: usize, meanwhile: Meanwhile },
    Leaving(Leave),
    Transferred(QueueName),
    Over,
}

/// Whether something is still to be said while a business system is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    Due,
    Done,
}

/// What happens when the last play has ended.
#[derive(Debug)]
pub(super) enum Leave {
    Hangup,
    Transfer { queue: QueueName, tier: Option<String>, reason: String },
}

/// What the caller is being asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Any intent; with the `ask` step whose question it was, if it was one.
    Anything { ask: Option<(Steps, usize)> },
    /// A slot's value.
    Slot { name: String, wrong: u8, entry: String, part: String },
    /// Whether a slot's value was heard right.
    SlotConfirm { name: String, value: String, wrong: u8 },
    /// Whether an intent was meant.
    Intent { name: String, confidence: f32, nearest: String },
    /// A key of a menu.
    Menu { steps: Steps, index: usize, wrong: u8 },
    /// Whether to be called back.
    Callback { queue: QueueName, wrong: u8 },
    /// A message: what was said of it, and until when it may last.
    Message { steps: Steps, index: usize, text: String, until: Option<Mono> },
    /// A score.
    Survey { steps: Steps, index: usize, wrong: u8 },
}

impl Asked {
    /// The same question as if it had not been answered yet.
    pub(super) fn afresh(&self) -> Self {
        match self.clone() {
            Self::Slot { name, .. } => Self::Slot { name, wrong: 0, entry: String::new(), part: String::new() },
            Self::Menu { steps, index, .. } => Self::Menu { steps, index, wrong: 0 },
            Self::Message { steps, index, .. } => Self::Message { steps, index, text: String::new(), until: None },
            Self::Survey { steps, index, .. } => Self::Survey { steps, index, wrong: 0 },
            other => other,
        }
    }
}

impl Walk {
    /// Begins a walk; nothing happens before [`WalkInput::Start`].
    #[must_use]
    pub fn new(plan: Arc<Dialplan>, matcher: Arc<Matcher>, caller: CallerFacts) -> Self {
        let mut record = caller.record;
        // Texts may ask for the tier of a caller of whom nothing is known.
        record.entry("tier").or_insert_with(|| Value::String(String::new()));
        record.insert("number".to_owned(), Value::String(caller.number_masked));
        Self {
            language: plan.language,
            speed: plan.speed,
            matcher,
            now: Mono::ZERO,
            orders: VecDeque::new(),
            state: State::Idle,
            contexts: Vec::new(),
            values: Map::from_iter([
                ("caller".to_owned(), Value::Object(record)),
                ("call".to_owned(), Value::Object(Map::from_iter([("hotline".to_owned(), Value::String(plan.name.clone()))]))),
            ]),
            plan,
            slots: Vec::new(),
            given: Vec::new(),
            candidates: BTreeMap::new(),
            agains: BTreeMap::new(),
            intent: None,
            reason: None,
            began: caller.began,
            started: Mono::ZERO,
            own_number: caller.number,
            mood: Mood::Calm,
            feelings: Course::new(),
            strain: None,
            doubtful: None,
            nearly: None,
            spoke_last: false,
            keys_offered: BTreeSet::new(),
            dissatisfied: 0,
            elderly: false,
            after_hours_walked: false,
            last_message: None,
            overran: false,
            words_are_late: false,
            noises: 0,
            wordless: 0,
            checkpoints: Vec::new(),
            dropped: false,
            misunderstood: 0,
            silences: 0,
            silence_rounds: 0,
            plays: VecDeque::new(),
            last_play: PlayId(0),
            last_lookup: LookupId(0),
            turn: Vec::new(),
            turn_over: true,
            repeated: false,
            said: BTreeMap::new(),
            keys_ahead: VecDeque::new(),
            hash_is_late: None,
            vocabularies: BTreeMap::new(),
            listening: false,
            speaking: false,
            timers: Timers::default(),
            path: None,
        }
    }

    /// Writes down every step taken from now on; without this, none are.
    pub fn keep_path(&mut self) {
        self.path.get_or_insert_default();
    }

    /// Returns the steps taken since [`Walk::keep_path`].
    #[must_use]
    pub fn path(&self) -> &[Trodden] {
        self.path.as_deref().unwrap_or_default()
    }

    /// Takes a fact; a late one, for something already left, is no error.
    pub fn handle(&mut self, now: Mono, input: WalkInput) {
        self.now = self.now.max(now);
        match input {
            WalkInput::Start if matches!(self.state, State::Idle) => {
                self.started = self.now;
                self.tell_time();
                self.choose_lane();
                let closed = !self.plan.after_hours.is_empty() && !self.is_open();
                let start = if closed { self.after_hours() } else { Arc::clone(&self.plan.start) };
                self.walk_anew(&start);
            }
            WalkInput::Start => {}
            WalkInput::Played { play, end } => self.played(play, &end),
            WalkInput::SpeechBegan => {
                if matches!(self.state, State::Asking(_)) {
                    self.speaking = true;
                    let longest = self.message_begins().unwrap_or(self.now + self.longest_speech());
                    self.timers.silence = Some(longest);
                }
            }
            WalkInput::Heard(hypotheses) => {
                self.speaking = false;
                self.spoke_last = true;
                self.timers.silence = None;
                self.heard(&hypotheses);
            }
            WalkInput::Key(key) => {
                self.spoke_last = false;
                self.pressed(key);
            }
            WalkInput::Mood(mood) => drop(self.feels(mood, Vec::new())),
            WalkInput::Voice(strain) => self.strain = Some(strain),
            WalkInput::Caller(record) => self.know_caller(record),
            WalkInput::LookedUp { lookup, outcome } => self.looked_up(lookup, outcome),
            WalkInput::NoSeat => self.no_seat(),
            WalkInput::SeatLeft => self.seat_left(),
        }
        self.settle();
    }

    /// Takes the next order; call it until there is none.
    pub fn poll(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// Returns when [`Walk::handle_timeout`] is due, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Mono, Why)> {
        let Timers { silence, keys, meanwhile, answer } = self.timers;
        [(silence, Why::Silence), (keys, Why::Keys), (meanwhile, Why::Meanwhile), (answer, Why::Answer)]
            .into_iter()
            .filter_map(|(at, why)| Some((at?, why)))
            .min_by_key(|(at, _)| *at)
    }

    /// Does what is due at `now`; nothing when nothing is.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.now = self.now.max(now);
        while let Some((at, why)) = self.poll_timeout()
            && at <= self.now
        {
            match why {
                Why::Silence => {
                    self.timers.silence = None;
                    let spoke = std::mem::take(&mut self.speaking);
                    if spoke && matches!(self.state, State::Asking(Asked::Message { .. })) {
                        // Longer than its limit: its words are still to come.
                        self.overran = true;
                    } else {
                        self.silent();
                    }
                }
                Why::Keys => {
                    self.timers.keys = None;
                    self.entry_ended();
                }
                Why::Meanwhile => {
                    self.timers.meanwhile = None;
                    self.say_meanwhile();
                }
                Why::Answer => {
                    self.timers.answer = None;
                    if let State::LookingUp { lookup, .. } = self.state {
                        self.looked_up(lookup, LookupOutcome::Failed("no answer in time".to_owned()));
                    }
                }
            }
            self.settle();
        }
    }

    /// Returns what a seat is to know.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            intent: self.intent.as_ref().map(|(name, _)| name.clone()),
            confidence: self.intent.as_ref().map_or(0.0, |(_, confidence)| *confidence),
            slots: self.slots.clone(),
            language: self.language,
            reason: self.reason.clone(),
            mood: self.mood,
            values: self.values.clone(),
        }
    }

    pub(super) fn note(&mut self, text: String) {
        self.orders.push_back(Order::Note { text });
    }

    pub(super) fn next_lookup(&mut self) -> LookupId {
        self.last_lookup = self.last_lookup.next();
        self.last_lookup
    }

    /// Forgets where it stood and walks these steps.
    pub(super) fn walk_anew(&mut self, steps: &Steps) {
        self.contexts = vec![Context { frames: vec![Frame::of(steps)], back_to: None }];
        self.walk_on();
    }

    /// Waits for the answer to a question that has been put.
    pub(super) fn wait(&mut self, asked: Asked) {
        self.state = State::Asking(asked);
        self.listening = false;
        self.timers.silence = None;
    }

    /// Waits for the answer to a question that the caller is still being put; what is listened for stays.
    pub(super) fn go_on_waiting(&mut self, asked: Asked) {
        self.state = State::Asking(asked);
    }

    fn played(&mut self, play: PlayId, end: &PlayEnd) {
        let before = self.plays.len();
        self.plays.retain(|pending| pending.id != play);
        if self.plays.len() == before {
            return;
        }
        match end {
            PlayEnd::Complete => {}
            PlayEnd::Cut { .. } => self.stop_playing(),
            PlayEnd::Failed => self.note(format!("play {play} could not be spoken")),
        }
    }

    /// Brings timers and orders in line with the state: the last thing done for every input.
    fn settle(&mut self) {
        let quiet = self.plays.is_empty();
        if !matches!(self.state, State::Asking(_)) {
            self.speaking = false;
            self.timers.silence = None;
            self.timers.keys = None;
        }
        if !matches!(self.state, State::LookingUp { .. }) {
            self.timers.meanwhile = None;
            self.timers.answer = None;
        }
        match &self.state {
            State::Asking(asked) => {
                let typing = matches!(asked, Asked::Slot { entry, .. } if !entry.is_empty());
                if !typing {
                    self.timers.keys = None;
                }
                if !self.speaking {
                    let began = self.timers.silence.take().filter(|_| quiet && !typing);
                    let after = match asked {
                        Asked::Message { text, .. } if !text.is_empty() => END_OF_MESSAGE,
                        _ if self.noises > 0 => AFTER_A_NOISE.min(self.patience()),
                        _ => self.patience(),
                    };
                    self.timers.silence = began.or_else(|| (quiet && !typing).then(|| self.now + after));
                }
                if !self.listening && self.plays.iter().all(|play| play.interruptible) {
                    self.listening = true;
                    let (expected, vocabulary) = self.expectation();
                    let pace = if self.elderly { Pace::Unhurried } else { Pace::Usual };
                    self.orders.push_back(Order::Listen { expected, pace, vocabulary });
                }
            }
            State::LookingUp { meanwhile: Meanwhile::Due, .. } => {
                let began = self.timers.meanwhile.take().filter(|_| quiet);
                self.timers.meanwhile = began.or_else(|| quiet.then(|| self.now + MEANWHILE));
            }
            State::Leaving(_) if quiet => {
                if let State::Leaving(leave) = std::mem::replace(&mut self.state, State::Over) {
                    self.orders.push_back(match leave {
                        Leave::Hangup => Order::Hangup,
                        Leave::Transfer { queue, tier, reason } => {
                            self.state = State::Transferred(queue.clone());
                            Order::Transfer { queue, tier, reason }
                        }
                    });
                }
            }
            State::Idle | State::Walking | State::LookingUp { .. } | State::Leaving(_) | State::Transferred(_) | State::Over => {}
        }
    }

    /// How long the caller may think before it is asked again.
    fn patience(&self) -> Duration {
        let usual = self.plan.silence.after.max(SHORTEST_SILENCE);
        if self.elderly { (usual * 8 / 5).min(LONGEST_PATIENCE.max(usual)) } else { usual }
    }

    fn longest_speech(&self) -> Duration {
        match &self.state {
            State::Asking(Asked::Slot { name, .. }) => match self.plan.slots.get(name).map(|slot| &slot.kind) {
                Some(SlotType::Text { limit }) => (*limit).max(LONGEST_SPEECH),
                _ => LONGEST_SPEECH,
            },
            _ => LONGEST_SPEECH,
        }
    }

    /// The caller said nothing.
    fn silent(&mut self) {
        let State::Asking(asked) = &self.state else { return };
        let asked = asked.clone();
        if self.message_ends() {
            return;
        }
        if matches!(asked, Asked::Survey { .. }) {
            return self.no_score();
        }
        self.turn_begins();
        let noise = std::mem::take(&mut self.noises) > 0;
        if noise {
            self.wordless += 1;
            // Once may be a cough; who goes on without a word that anybody knows is not understood, and was not the first time.
            if self.wordless > 1 {
                self.misunderstood = self.misunderstood.max(1);
                return self.not_understood(asked);
            }
        }
        self.silences += 1;
        let gives_up = match &asked {
            _ if noise => false,
            Asked::Anything { ask: Some(_) } => true,
            Asked::Callback { .. } => self.silences > 1,
            _ => false,
        };
        if gives_up {
            self.say_goodbye();
        } else if self.silences <= self.plan.silence.times {
            if noise {
                self.say_line(Line::Again, &[]);
                self.wait(asked);
            } else {
                self.say_line(Line::NotHeard, &[]);
                self.ask(asked);
            }
        } else {
            self.silences = 0;
            self.silence_rounds += 1;
            let then = Arc::clone(&self.plan.silence.then);
            if then.is_empty() || self.silence_rounds > 1 {
                self.say_goodbye();
            } else {
                self.walk_anew(&then);
            }
        }
    }

    pub(super) fn keep_key(&mut self, key: Key) {
        if self.keys_ahead.len() < MOST_KEYS_AHEAD {
            self.keys_ahead.push_back(key);
        }
    }
}
