//! A dialplan that cannot dangle: every name in it has been looked up when it was loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Condition, Diagnostic, Template};
use crate::base::{Key, Language, QueueName};

/// One hotline, checked.
#[derive(Debug, Default)]
pub struct Dialplan {
    /// The file's name as given, for messages.
    pub file: String,
    /// Content hash of the file and what it includes, 16 hex digits: in every record.
    pub hash: String,
    /// The hotline's name.
    pub name: String,
    /// The language a call starts in.
    pub language: Language,
    /// The called user parts it answers; `*` takes any.
    pub numbers: Vec<String>,
    /// Speed of the voice in percent.
    pub speed: u16,
    /// What a call begins with.
    pub start: Steps,
    /// What a key does at any moment.
    pub keys: BTreeMap<Key, Steps>,
    /// What happens when the caller says nothing.
    pub silence: Silence,
    /// The script library. `again` and other built-in prompts have a default when absent.
    pub prompts: BTreeMap<String, Prompt>,
    /// What can be asked for.
    pub slots: BTreeMap<String, Slot>,
    /// The business systems.
    pub sources: BTreeMap<String, Source>,
    /// What callers want, in the file's order.
    pub intents: Vec<Intent>,
    /// Named steps.
    pub flows: BTreeMap<String, Steps>,
    /// When the robot hands over by itself.
    pub handover: Handover,
    /// Which queue takes whom; first match; the last one always matches.
    pub routes: Vec<Route>,
    /// Where callers wait.
    pub queues: BTreeMap<QueueName, Queue>,
    /// Words that no text may hold, also none that a lookup brings in.
    pub never_say: Vec<String>,
    /// How the robot should sound; `check` warns where a text does not.
    pub tone: Tone,
    /// Where each flow stands.
    pub flow_places: BTreeMap<String, Place>,
    /// Flows that settings lead to which have no effect in this version yet (`after_hours`).
    pub later_flows: BTreeSet<String>,
    /// The file's text, for messages.
    pub source: Arc<str>,
    /// What was taken, but perhaps not what was meant.
    pub warnings: Vec<Diagnostic>,
}

/// How the robot should sound.
#[derive(Clone, Debug, Default)]
pub struct Tone {
    /// How callers are addressed (`您`).
    pub address: Option<String>,
    /// The most characters of a sentence.
    pub max_sentence: Option<u32>,
}

/// Steps, shared so that a walk can stand inside them.
pub type Steps = Arc<[Step]>;

/// Where something stands in a file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// One step and where it stands.
#[derive(Debug)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug)]
pub enum StepKind {
    /// Plays a prompt of the library.
    Play(String),
    /// Says words.
    Say(Text),
    /// Listens for any intent.
    Listen,
    /// Says words, then listens for any intent; silence or "nothing else" ends politely.
    Ask(Text),
    /// Asks for slots that are not known yet, in order.
    Collect(Vec<String>),
    /// Forgets a slot and collects it again, then repeats the step that failed.
    Again(String),
    /// Asks a business system (`lookup`) or tells it something (`update`).
    Lookup(Lookup),
    /// Takes the first branch whose condition holds.
    Choose(Vec<Branch>),
    /// Continues with a flow.
    Go(String),
    /// Hands over to a person.
    Transfer {
        /// The queue, or what `routes` says.
        queue: Option<QueueName>,
        /// Why, in one word (`asked`, `key`, `complaint`).
        reason: String,
    },
    /// Sets variables.
    Set(Vec<(String, Template)>),
    /// Says words and waits for one of a few keys.
    Menu {
        /// The words.
        ask: Text,
        /// What each key does.
        keys: BTreeMap<Key, Steps>,
    },
    /// Promises a call back.
    Callback {
        /// The queue that calls back, or what `routes` says.
        queue: Option<QueueName>,
        /// Within this time.
        within: Duration,
    },
    /// Continues in another language.
    Speak(Language),
    /// Says the last words again.
    Repeat,
    /// Ends the call.
    Hangup,
    /// A step that this version does not perform: it is skipped, and a warning said so when the dialplan was loaded.
    Unavailable(&'static str),
}

/// A text in one or both languages.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// By language; at least one.
    pub by_language: BTreeMap<Language, Template>,
}

impl Text {
    /// Returns the template for a language, or the one there is.
    #[must_use]
    pub fn template(&self, language: Language) -> Option<&Template> {
        self.by_language.get(&language).or_else(|| self.by_language.values().next())
    }
}

/// One prompt of the script library.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Where it stands.
    pub place: Place,
    /// Variants in turn; at least one.
    pub variants: Vec<Text>,
    /// False for `interrupt: never`: neither voice nor key cuts it.
    pub interruptible: bool,
}

/// What happens when the caller says nothing.
#[derive(Clone, Debug)]
pub struct Silence {
    /// How long the robot waits.
    pub after: Duration,
    /// How many times it asks again before `then`.
    pub times: u32,
    /// What follows.
    pub then: Steps,
}

impl Default for Silence {
    fn default() -> Self {
        Self { after: Duration::from_secs(5), times: 2, then: Arc::new([]) }
    }
}

/// Something to ask for.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Where it stands.
    pub place: Place,
    /// What it holds.
    pub kind: SlotType,
    /// The question.
    pub ask: Option<Text>,
    /// The question whether it was heard right, with `value`.
    pub confirm: Option<Text>,
    /// Keys count too; `#` ends the entry.
    pub keypad: bool,
}

/// What a slot holds.
#[derive(Clone, Debug)]
pub enum SlotType {
    /// A digit string.
    Digits {
        /// The fewest digits.
        least: u8,
        /// The most digits.
        most: u8,
    },
    /// One of a few values, each with other words for it.
    Choice(Vec<(String, Vec<String>)>),
    /// Yes or no.
    YesNo,
    /// Any words, as heard; the kinds that this version does not read yet are taken so, and a warning said so.
    Text,
}

/// A business system.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it stands.
    pub place: Place,
    /// The base address, environment variables already put in.
    pub url: String,
    /// How we log in.
    pub auth: SourceAuth,
    /// The certificate authority to trust beside the system's: a PEM file's path, or its text.
    pub authority: Option<String>,
    /// How long an answer may take, all tries together.
    pub timeout: Duration,
    /// How often an idempotent request is tried again.
    pub retry: u8,
    /// The most requests at once; more wait within the timeout.
    pub at_once: u16,
}

/// How Bellhop logs in to a business system. A header and a certificate may be asked for together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceAuth {
    /// Headers that go along with each request, `Authorization` among them.
    pub headers: Vec<(String, Secret)>,
    /// `user:password` for HTTP Basic.
    pub basic: Option<Secret>,
    /// The client's certificate (TLS on both sides) and its key: a PEM file's path, or its text.
    pub certificate: Option<(String, Secret)>,
}

/// A value from the environment that no log line shows.
pub type Secret = crate::base::Pii<String>;

/// One intent.
#[derive(Debug)]
pub struct Intent {
    /// Where it stands.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// What callers say; `{slot}` stands for a slot's value.
    pub examples: Vec<String>,
    /// Where each example stands.
    pub example_places: Vec<Place>,
    /// What the robot does.
    pub steps: Steps,
}

/// A request to a business system.
#[derive(Debug)]
pub struct Lookup {
    /// The source's name.
    pub source: String,
    /// The HTTP method.
    pub method: Method,
    /// The path; values put in are percent-encoded.
    pub path: Template,
    /// The JSON fields of the body.
    pub send: Vec<(String, Template)>,
    /// The variable that takes the answer.
    pub name: String,
    /// What of the answer the variable gets, by field; all of it when empty.
    pub pick: Vec<(String, super::JsonPath)>,
    /// What to say while it takes long.
    pub meanwhile: Option<Text>,
    /// What follows a 404.
    pub not_found: Option<Steps>,
    /// What follows any other failure; a hand-over when absent.
    pub failed: Option<Steps>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
}

/// One branch of a `choose`.
#[derive(Debug)]
pub struct Branch {
    /// The condition; `None` is `otherwise`.
    pub when: Option<Condition>,
    /// The steps.
    pub steps: Steps,
}

/// When the robot hands over by itself.
#[derive(Clone, Debug)]
pub struct Handover {
    /// From this confidence on it acts.
    pub act: f32,
    /// From this confidence on it asks whether it understood.
    pub confirm: f32,
    /// After so many turns not understood in a row.
    pub misunderstood: u32,
    /// Words that hand over wherever they are said.
    pub keywords: Vec<String>,
}

impl Default for Handover {
    fn default() -> Self {
        Self { act: 0.9, confirm: 0.5, misunderstood: 2, keywords: Vec::new() }
    }
}

/// A routing rule; all that is given must hold.
#[derive(Debug)]
pub struct Route {
    /// One of these reasons; empty is any.
    pub reasons: Vec<String>,
    /// A condition on what is known.
    pub when: Option<Condition>,
    /// The queue.
    pub queue: QueueName,
    /// The seats' tier to prefer.
    pub tier: Option<String>,
}

/// Where callers wait.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Where it stands.
    pub place: Place,
    /// The skills a seat must have.
    pub skills: Vec<String>,
    /// How often the caller hears where it stands.
    pub announce: Duration,
    /// The longest wait.
    pub max_wait: Duration,
    /// What happens then, or when no seat is there.
    pub overflow: NowWhat,
    /// A seat's time for notes after a call.
    pub wrap_up: Duration,
}

/// What happens to a caller whom no seat can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NowWhat {
    /// Offered a callback.
    Callback,
    /// Told, and the call ends.
    Hangup,
}
