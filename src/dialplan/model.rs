//! A dialplan that cannot dangle: every name in it has been looked up when it was loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::{Condition, Diagnostic, Hours, Listener, Messages, Steps, Template};
use crate::base::{Key, Language, Mood, QueueName};

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
    /// When people are there.
    pub hours: Hours,
    /// What a call begins with, and a hand-over becomes, outside these hours; nothing else happens then when empty.
    pub after_hours: Steps,
    /// What follows when the seat has hung up and the caller has not; goodbye when empty.
    pub after_seat: Steps,
    /// What is hidden and how long things stay.
    pub privacy: Privacy,
    /// Who takes messages to callers.
    pub messages: Option<Messages>,
    /// Who is told of events.
    pub events: Vec<Listener>,
    /// The files of questions and answers, whose intents stand among [`Dialplan::intents`].
    pub knowledge: Vec<String>,
    /// The text of the file and of what it includes, one after the other, for messages: [`Dialplan::locate`] tells them apart.
    pub source: Arc<str>,
    /// Where in `source` each file begins (its first line, from 1), in order.
    pub files: Vec<(u32, String)>,
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

/// Where something stands in a file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
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

impl Dialplan {
    /// Returns the file in which a place stands, and the place in it.
    #[must_use]
    pub fn locate(&self, place: Place) -> (&str, Place) {
        match self.files.iter().rev().find(|(first, _)| *first <= place.line) {
            Some((first, name)) => (name, Place { line: place.line + 1 - first, ..place }),
            None => (&self.file, place),
        }
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
    /// Recorded files by language, relative to the dialplan's folder: played for the words of the first variant.
    pub wavs: BTreeMap<Language, String>,
    /// The first and the last day on which it is said; on others it is left out.
    pub valid: Option<(Date, Date)>,
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
    /// Letters and digits (`SF1234567890`).
    Code {
        /// The fewest characters.
        least: u8,
        /// The most characters.
        most: u8,
    },
    /// A telephone number.
    Phone,
    /// An identity card's number, with its checksum.
    IdCard,
    /// A bank card's number, with its checksum.
    BankCard,
    /// A date, kept as `2026-11-21`.
    Date,
    /// A time of day, kept as `15:30`.
    Time,
    /// A length of time, kept as `PT1H30M`.
    Duration,
    /// A sum of money, kept as `30元`.
    Money,
    /// A whole number.
    Number {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// Yes or no.
    YesNo,
    /// Any words, as heard.
    Text {
        /// The longest that is listened to.
        limit: Duration,
    },
}

/// How long a caller may speak where nothing else is said.
pub const LONGEST_TEXT: Duration = Duration::from_secs(25);

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
    /// After so many signs that the caller is not satisfied.
    pub dissatisfied: Option<u32>,
    /// From this mood on.
    pub mood: Option<Mood>,
    /// The lane for the elderly.
    pub elderly: Option<Elderly>,
}

/// The lane for the elderly: a slower voice, more patience, one key or one word to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elderly {
    /// Callers known to be at least so old are in it from the start.
    pub age: u32,
    /// The key to a person.
    pub key: Option<Key>,
    /// Words to a person, beside the built-in ones.
    pub words: Vec<String>,
}

/// What is hidden, and how long recordings and transcripts stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// The kinds of numbers that the plan names; all kinds are masked whether named or not.
    pub mask: BTreeSet<Personal>,
    /// How long recordings stay; for ever when absent.
    pub recordings: Option<Duration>,
    /// How long transcripts stay; for ever when absent.
    pub transcripts: Option<Duration>,
}

/// A kind of number that tells who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Personal {
    /// Telephone numbers.
    Phone,
    /// Identity cards.
    IdCard,
    /// Bank cards.
    BankCard,
}

impl Default for Handover {
    fn default() -> Self {
        Self { act: 0.9, confirm: 0.5, misunderstood: 2, keywords: Vec::new(), dissatisfied: None, mood: None, elderly: None }
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
    /// The music of the wait, relative to the dialplan's folder; the built-in when absent.
    pub music: Option<String>,
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
