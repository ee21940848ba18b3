//! The command line: names and shapes that scripts rely on.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::base::Language;

/// Answers the phone.
#[derive(Debug, Parser)]
#[command(
    name = "bellhop",
    version,
    about = "A hotline robot: answers the phone, understands, looks things up, hands over warm to a person."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the hotline: SIP, console, everything, until it is told to stop.
    Serve(ServeArgs),
    /// Starts the hotline with a demo shop and a demo seat, makes two calls, and goes on serving.
    Demo(DemoArgs),
    /// Calls a number as a caller would; steps are done in the order they are given.
    Dial(DialArgs),
    /// Answers calls as a seat's phone would, and shows the hand-off packet that SIP brings.
    Answer(AnswerArgs),
    /// Speaks a text into a WAV file with the voice that callers would hear, and says how long that took.
    Say(SayArgs),
    /// Writes down what is said in WAV files, one JSON line a file.
    Transcribe(TranscribeArgs),
    /// Writes lines in spoken form (standard input) in written form: digits, dates, times, sums.
    Normalize(NormalizeArgs),
    /// Reads finished calls from the record.
    Calls(CallsArgs),
    /// Finds what is wrong with dialplans, with the place and what to write instead.
    Check(CheckArgs),
    /// Runs the scripted calls (`x.calls.yaml` beside `x.yaml`) in virtual time, milliseconds each.
    Test(TestArgs),
    /// Talks with a dialplan by keyboard, guesses and reasons shown.
    Chat(ChatArgs),
    /// Puts dialplans and scripted calls into canonical order, indentation and quotes; comments and meaning stay.
    Fmt(FmtArgs),
    /// Draws a dialplan as a picture (SVG).
    Graph(GraphArgs),
    /// Does recorded calls again with a changed dialplan, and shows which would go another way.
    Replay(ReplayArgs),
    /// What callers asked that a dialplan had no sure answer to, grouped, and a patch that would teach it; changes nothing itself.
    Learn(LearnArgs),
    /// The versions of dialplans that were in force, and the way back to one.
    Dialplans(DialplansArgs),
    /// Measures how well a dialplan's intents are understood.
    Intents(IntentsArgs),
    /// Looks at speech models, and fetches public ones.
    Models(ModelsArgs),
    /// Small business systems over HTTP (shop, operator, bank), for trying lookups.
    #[command(hide = true, alias = "demo-shop")]
    DemoSystems(DemoSystemsArgs),
}

/// `bellhop serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// The configuration file; embedded defaults without one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// A SIP address, `[udp:|tcp:]HOST:PORT`; may be given more than once.
    #[arg(long, value_name = "ADDR")]
    pub sip: Vec<String>,
    /// The console's address, HOST:PORT.
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// The folder of dialplans.
    #[arg(long, value_name = "DIR")]
    pub dialplans: Option<PathBuf>,
    /// The seats' file.
    #[arg(long, value_name = "FILE")]
    pub seats: Option<PathBuf>,
    /// The folder of speech models.
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Where records and recordings are kept.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The supervisors' token for the console; otherwise a new one is made and printed.
    #[arg(long, env = "BELLHOP_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// `bellhop demo`.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArgs {
    /// Ends after the two calls; the exit code says whether every step was done.
    #[arg(long)]
    pub once: bool,
    /// The SIP address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5060")]
    pub sip: String,
    /// The console's address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub http: String,
    /// Where records and recordings are kept.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
}

/// `bellhop dial`.
#[derive(Clone, Debug, Args)]
pub struct DialArgs {
    /// The SIP URI to call.
    pub uri: String,
    /// Says a text.
    #[arg(long, value_name = "TEXT")]
    pub say: Vec<String>,
    /// Plays a WAV file.
    #[arg(long, value_name = "WAV")]
    pub play: Vec<PathBuf>,
    /// Presses keys.
    #[arg(long, value_name = "KEYS")]
    pub press: Vec<String>,
    /// Waits so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Vec<f64>,
    /// Waits until the far end is heard saying a text.
    #[arg(long, value_name = "TEXT")]
    pub until: Vec<String>,
    /// The caller's number.
    #[arg(long, value_name = "USER", default_value = "13800000000")]
    pub from: String,
    /// Keeps what was heard and said: a stereo WAV.
    #[arg(long, value_name = "OUT.wav")]
    pub record: Option<PathBuf>,
    /// How long an `--until` waits, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    pub timeout: f64,
    /// Where that time is over, says so often again what was said before, and waits again.
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    pub again: u32,
    /// Makes so many calls.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub calls: u32,
    /// Starts so many calls a second.
    #[arg(long, value_name = "R", default_value_t = 1.0)]
    pub rate: f64,
    /// Prints JSON lines.
    #[arg(long)]
    pub json: bool,
    /// The folder of speech models.
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
}

/// `bellhop answer`.
#[derive(Clone, Debug, Args)]
pub struct AnswerArgs {
    /// The SIP address to listen on.
    #[arg(long, value_name = "ADDR")]
    pub listen: String,
    /// Registers with this SIP URI, `sip:127.0.0.1:5060`, before it waits for calls.
    #[arg(long, value_name = "URI", requires_all = ["user", "password"])]
    pub register: Option<String>,
    /// As whom to register.
    #[arg(long, value_name = "USER", requires = "register")]
    pub user: Option<String>,
    /// The password for it.
    #[arg(long, value_name = "PASSWORD", env = "BELLHOP_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Answers after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub after: f64,
    /// Says a text once answered; may be given more than once, said in turn.
    #[arg(long, value_name = "TEXT")]
    pub say: Vec<String>,
    /// Ends after the first call.
    #[arg(long)]
    pub once: bool,
    /// Prints JSON lines.
    #[arg(long)]
    pub json: bool,
    /// The folder of speech models.
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
}

/// `bellhop say`.
#[derive(Clone, Debug, Args)]
pub struct SayArgs {
    /// What to say.
    pub text: String,
    /// The configuration file, whose `voice` speaks; espeak-ng without one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The language of the text: `zh` or `en`.
    #[arg(long, default_value = "zh")]
    pub lang: Language,
    /// The speed in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(50..=200))]
    pub speed: u16,
    /// Where the sound goes: a WAV file of 8 kHz.
    #[arg(long, value_name = "OUT.wav", default_value = "say.wav")]
    pub out: PathBuf,
}

/// `bellhop transcribe`.
#[derive(Clone, Debug, Args)]
pub struct TranscribeArgs {
    /// The files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// A model's folder.
    #[arg(long, value_name = "DIR", default_value = "models/bellhop-zh")]
    pub model: PathBuf,
    /// Phrases to listen for, one a line.
    #[arg(long, value_name = "FILE")]
    pub phrases: Option<PathBuf>,
    /// JSON lines, which is also the default.
    #[arg(long)]
    pub json: bool,
}

/// `bellhop normalize`.
#[derive(Clone, Debug, Args)]
pub struct NormalizeArgs {
    /// The language of the lines: `zh` or `en`.
    #[arg(long, value_name = "LANG", default_value = "zh")]
    pub lang: Language,
    /// Today, as `2026-11-21`: tomorrow, next Wednesday and days without a year become dates.
    #[arg(long, value_name = "DATE")]
    pub at: Option<jiff::civil::Date>,
}

/// `bellhop calls`.
#[derive(Clone, Debug, Args)]
pub struct CallsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CallsCommand,
}

/// What `bellhop calls` does.
#[derive(Clone, Debug, Subcommand)]
pub enum CallsCommand {
    /// Lists the latest calls.
    List {
        /// Where records are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// JSON lines.
        #[arg(long)]
        json: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Lists the callbacks that were promised and not made yet, with the numbers to call.
    Callbacks {
        /// Where records are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Lists the tickets that calls opened, the most urgent first; numbers are masked.
    Tickets {
        /// Where records are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// Prints a JSON line for each.
        #[arg(long)]
        json: bool,
        /// Lists those that are closed instead.
        #[arg(long)]
        closed: bool,
    },
    /// Shows one call with its transcript.
    Show {
        /// The call's id, or its first characters.
        id: String,
        /// Where records are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `bellhop check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Dialplan files or folders.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
    /// The day on which prompts and holidays are looked at, as 2026-11-21; today without it.
    #[arg(long, value_name = "DATE")]
    pub on: Option<String>,
    /// The model whose words are compared with the dialplan's; none is asked when its folder is missing.
    #[arg(long, value_name = "DIR", default_value = "models/bellhop-zh")]
    pub model: PathBuf,
}

/// `bellhop test`.
#[derive(Clone, Debug, Args)]
pub struct TestArgs {
    /// Dialplans, their scripted calls, or folders of them.
    #[arg(required_unless_present = "record")]
    pub paths: Vec<PathBuf>,
    /// Writes a script from a call of the record to standard output instead.
    #[arg(long, value_name = "CALL")]
    pub record: Option<String>,
    /// Where records are kept.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Runs only the calls whose name contains this.
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Asks the business systems themselves where a script fakes no answer; what the hotline writes, they keep.
    #[arg(long)]
    pub real: bool,
    /// Whether and how callers are spoken and heard.
    #[command(flatten)]
    pub aloud: super::aloud::AloudArgs,
    /// Lists the steps of each dialplan that no call takes.
    #[arg(long)]
    pub coverage: bool,
    /// Prints the conversations of calls that pass, too.
    #[arg(long, short)]
    pub verbose: bool,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop learn`.
#[derive(Clone, Debug, Args)]
pub struct LearnArgs {
    /// The dialplan.
    pub dialplan: PathBuf,
    /// Where records are kept.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Looks at the calls of so many days.
    #[arg(long, default_value_t = 30)]
    pub days: u32,
    /// Shows only what was asked at least so often.
    #[arg(long, default_value_t = 1)]
    pub least: u32,
    /// Shows at most so many groups.
    #[arg(long, default_value_t = 20)]
    pub groups: usize,
    /// Prints the patch alone, for `patch -p1` or `git apply`.
    #[arg(long, conflicts_with = "json")]
    pub patch: bool,
    /// JSON.
    #[arg(long)]
    pub json: bool,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop chat`.
#[derive(Clone, Debug, Args)]
pub struct ChatArgs {
    /// The dialplan.
    pub dialplan: PathBuf,
    /// Takes the answers of business systems from the scripted calls beside the dialplan; without it they are really asked.
    #[arg(long)]
    pub faked: bool,
    /// With --faked: only those of the calls whose name contains this.
    #[arg(long, value_name = "NAME", requires = "faked")]
    pub call: Option<String>,
    /// The caller's number.
    #[arg(long, value_name = "USER", default_value = "13800000000")]
    pub from: String,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop fmt`.
#[derive(Clone, Debug, Args)]
pub struct FmtArgs {
    /// Dialplans, scripted calls, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Writes nothing; names the files that would change, and the exit code is 1 when there is one.
    #[arg(long)]
    pub check: bool,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop graph`.
#[derive(Clone, Debug, Args)]
pub struct GraphArgs {
    /// The dialplan.
    pub dialplan: PathBuf,
    /// The picture's file; standard output without it.
    #[arg(long, short, value_name = "FILE.svg")]
    pub out: Option<PathBuf>,
    /// The language of the picture's own words, and of texts that have both.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The changed dialplan.
    pub dialplan: PathBuf,
    /// Where records and versions are kept.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// The dialplan to compare with; without it the version that each call had, where it was kept, else its record.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Only this call: its id, or its first characters.
    #[arg(long, value_name = "ID")]
    pub call: Option<String>,
    /// Only calls from this day on, as 2026-11-14.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// At most so many of the latest calls.
    #[arg(long, default_value_t = 1000)]
    pub limit: u32,
    /// The exit code is 1 when a call goes another way.
    #[arg(long)]
    pub fail: bool,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The language of the messages.
    #[arg(long, default_value = "zh")]
    pub lang: crate::base::Language,
}

/// `bellhop dialplans`.
#[derive(Clone, Debug, Args)]
pub struct DialplansArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DialplansCommand,
}

/// What `bellhop dialplans` does.
#[derive(Clone, Debug, Subcommand)]
pub enum DialplansCommand {
    /// Lists the versions that were in force, the latest first.
    History {
        /// Only of this dialplan: its file's name without .yaml.
        name: Option<String>,
        /// Where versions are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Prints a version.
    Show {
        /// The dialplan: its file's name without .yaml.
        name: String,
        /// The version's hash, or its first characters.
        hash: String,
        /// Where versions are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Writes a version back to where it stood: a running bellhop takes it for the next call.
    Rollback {
        /// The dialplan: its file's name without .yaml.
        name: String,
        /// The version's hash, or its first characters.
        hash: String,
        /// Where versions are kept.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
}

/// How diagnostics are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With the line and a caret.
    Human,
    /// A JSON array.
    Json,
}

/// `bellhop intents`.
#[derive(Clone, Debug, Args)]
pub struct IntentsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: IntentsCommand,
}

/// What `bellhop intents` does.
#[derive(Clone, Debug, Subcommand)]
pub enum IntentsCommand {
    /// Asks a dialplan's intents about labelled utterances: accuracy, calibration, confusions, what would help.
    Eval(EvalArgs),
}

/// `bellhop intents eval`.
#[derive(Clone, Debug, Args)]
pub struct EvalArgs {
    /// The dialplan, or its examples as a list of `text<TAB>intent` (`*.tsv`).
    pub dialplan: PathBuf,
    /// The labelled utterances, a line each: `text<TAB>intent`, `-` for out of scope.
    pub labelled: PathBuf,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
    /// Of a hundred Chinese characters of the utterances so many are made wrong first, as a recogniser does it.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub noise: Option<u8>,
    /// With `--noise`: any common character stands for any, not one that sounds alike.
    #[arg(long, requires = "noise")]
    pub random: bool,
    /// With `--noise`: another number makes other mistakes.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "noise")]
    pub seed: u64,
    /// Writes each utterance with its guess: `text gold guess confidence accepted`, separated by tabs.
    #[arg(long, value_name = "OUT.tsv")]
    pub predictions: Option<PathBuf>,
}

/// `bellhop models`.
#[derive(Clone, Debug, Args)]
pub struct ModelsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What `bellhop models` does.
#[derive(Clone, Debug, Subcommand)]
pub enum ModelsCommand {
    /// Lists the models that are here, and those that can be pulled.
    List {
        /// The folder of speech models.
        #[arg(long, value_name = "DIR", default_value = "models")]
        models: PathBuf,
        /// What can be pulled; built in without it.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// Fetches a public model, checks it, and puts it in its folder; an interrupted one goes on where it stopped.
    Pull {
        /// Its name, as `list` shows it.
        name: String,
        /// The folder of speech models.
        #[arg(long, value_name = "DIR", default_value = "models")]
        models: PathBuf,
        /// Another place that has the vendor's files: a base URL, or a folder of this machine.
        #[arg(long, value_name = "URL|DIR", env = "BELLHOP_MODELS_FROM")]
        from: Option<String>,
        /// What can be pulled; built in without it.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
        /// Fetches it even if it is here and whole.
        #[arg(long)]
        again: bool,
    },
    /// Says whether a model's folder is whole.
    Check {
        /// The model's folder.
        dir: PathBuf,
    },
}

/// `bellhop demo-systems`.
#[derive(Clone, Debug, Args)]
pub struct DemoSystemsArgs {
    /// HOST:PORT, port 0 for any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: String,
}
