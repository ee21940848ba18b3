//! `bellhop dial` and `bellhop answer`: the phones on the terminal.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ArgMatches;
use tokio_util::sync::CancellationToken;

use super::cli::{AnswerArgs, DialArgs};
use super::gateway::find_model;
use super::print;
use crate::base::{Clock, Key, Language};
use crate::net::Account;
use crate::phone::{self, AnswerOptions, DialOptions, PhoneEvent, Stay, Step};

/// Makes the calls; the exit code is 0 only when every step of every call was done.
///
/// # Errors
/// Where a step cannot be understood, or the phone not be started.
pub async fn dial(args: DialArgs, steps: Vec<Step>) -> Result<ExitCode> {
    let mut options = DialOptions::to(&args.uri);
    let waits = steps.iter().any(|step| matches!(step, Step::Until(_)));
    options.from = args.from;
    options.steps = steps;
    options.timeout = seconds("--timeout", args.timeout)?;
    options.again = args.again;
    options.record = args.record;
    options.calls = args.calls;
    options.rate = args.rate;
    options.model = model_for(&args.models, waits)?;
    if options.calls == 0 {
        bail!("--calls 0: at least one call");
    }
    if !(options.rate.is_finite() && options.rate > 0.0) {
        bail!("--rate {}: must be more than 0 calls a second", options.rate);
    }
    let (json, many) = (args.json, options.calls > 1);
    let stop = stop_on_signal();
    let report = phone::dial(options, Clock::start(), stop, |event| show(&event, json)).await?;
    if many && !json {
        print::line(&report.summary());
    }
    if report.all_done() {
        return Ok(ExitCode::SUCCESS);
    }
    if !json {
        for failure in report.calls.iter().filter_map(|call| call.failure.as_deref()).take(3) {
            print::complain(&format!("bellhop: {failure}"));
        }
    }
    Ok(ExitCode::FAILURE)
}

/// Answers calls until it is told to stop.
///
/// # Errors
/// Where the address or the model cannot be used.
pub async fn answer(args: AnswerArgs) -> Result<ExitCode> {
    let account = match (args.register, args.user, args.password) {
        (Some(registrar), Some(user), Some(password)) => Some(Account { registrar, user, password: password.into() }),
        _ => None,
    };
    let options = AnswerOptions {
        account,
        listen: args.listen.parse().map_err(|error| anyhow::anyhow!("--listen {:?}: {error}", args.listen))?,
        after: seconds("--after", args.after)?,
        says: args.say,
        stay: if args.once { Stay::Once } else { Stay::Always },
        model: model_for(&args.models, false)?,
        language: Language::Zh,
    };
    let json = args.json;
    let ready = |listen: crate::net::Listen| print::complain(&format!("ready {listen}"));
    phone::answer(options, Clock::start(), stop_on_signal(), ready, |event| show(&event, json)).await?;
    Ok(ExitCode::SUCCESS)
}

fn show(event: &PhoneEvent, json: bool) {
    print::line(&if json { event.json() } else { event.human() });
}

fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        super::signals::stop_asked().await;
        token.cancel();
    });
    stop
}

/// A phone hears better with a model, but only waiting for words needs one.
fn model_for(models: &Path, needed: bool) -> Result<Option<PathBuf>> {
    if models.is_dir() || needed { find_model(models).map(Some) } else { Ok(None) }
}

fn seconds(flag: &str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value).with_context(|| format!("{flag} {value}: not a number of seconds"))
}

/// Puts the steps of `dial` in the order in which they stand on the command line.
///
/// # Errors
/// Where a step cannot be understood.
pub fn steps(matches: &ArgMatches) -> Result<Vec<Step>> {
    let mut steps: Vec<(usize, Step)> = Vec::new();
    let texts = |name: &str, make: fn(String) -> Step, steps: &mut Vec<(usize, Step)>| {
        let values = matches.get_many::<String>(name).into_iter().flatten().cloned();
        steps.extend(indices(matches, name).zip(values.map(make)));
    };
    texts("say", Step::Say, &mut steps);
    texts("until", Step::Until, &mut steps);
    let files = matches.get_many::<PathBuf>("play").into_iter().flatten().cloned();
    steps.extend(indices(matches, "play").zip(files.map(Step::Play)));
    for (at, keys) in indices(matches, "press").zip(matches.get_many::<String>("press").into_iter().flatten()) {
        let parsed: Option<Vec<Key>> = keys.chars().map(Key::new).collect();
        steps.push((at, Step::Press(parsed.with_context(|| format!("--press {keys:?}: keys are 0-9 * # A-D"))?)));
    }
    for (at, value) in indices(matches, "wait").zip(matches.get_many::<f64>("wait").into_iter().flatten()) {
        steps.push((at, Step::Wait(seconds("--wait", *value)?)));
    }
    steps.sort_by_key(|(at, _)| *at);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn indices<'a>(matches: &'a ArgMatches, name: &str) -> impl Iterator<Item = usize> + 'a {
    matches.indices_of(name).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Vec<Step>> {
        let matches =
            super::super::cli::Cli::command().try_get_matches_from([&["bellhop", "dial", "sip:8001@127.0.0.1"], arguments].concat())?;
        steps(matches.subcommand_matches("dial").unwrap())
    }

    #[test]
    fn steps_keep_the_order_of_the_command_line() {
        let done = parsed(&["--until", "请问", "--press", "1#", "--say", "转人工", "--wait", "1.5", "--until", "您好", "--play", "a.wav"])
            .unwrap();
        let expected = [
            Step::Until("请问".into()),
            Step::Press(vec![Key::new('1').unwrap(), Key::HASH]),
            Step::Say("转人工".into()),
            Step::Wait(Duration::from_millis(1500)),
            Step::Until("您好".into()),
            Step::Play("a.wav".into()),
        ];
        assert_eq!(done, expected);
    }

    #[test]
    fn keys_that_no_telephone_has_are_refused() {
        assert!(parsed(&["--press", "12x"]).unwrap_err().to_string().contains("12x"));
        assert!(parsed(&["--wait=-1"]).unwrap_err().to_string().contains("-1"));
    }
}
