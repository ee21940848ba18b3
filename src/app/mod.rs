//! Floor 8: config, wiring, start order, drain and shutdown, the command line.
//! Knows only the front doors of the floors below.

mod aloud;
mod calls;
mod chat;
mod check;
pub mod cli;
pub mod config;
mod conversation;
mod demo;
mod demo_systems;
mod dialplans;
mod fmt;
pub mod gateway;
mod graph;
mod intents;
mod learn;
mod learnt;
mod listeners;
mod manifest;
mod models;
mod normalize;
mod phones;
mod print;
mod record;
mod recorded;
mod replay;
mod retention;
mod serve;
mod signals;
mod sounds;
mod systems;
mod test;
mod transcribe;
mod versions;
mod voices;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches};

use cli::{Cli, Command};

/// Runs the program; errors go to standard error in one place, and the exit code says whether all went well.
#[must_use]
pub fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let outcome = Cli::from_arg_matches(&matches).map_err(anyhow::Error::from).and_then(|cli| dispatch(cli, &matches));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            print::complain(&format!("bellhop: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli, matches: &clap::ArgMatches) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(args) => {
            log("info");
            run_async(serve::serve(args))
        }
        Command::Demo(args) => {
            log("error");
            run_async(demo::demo(args))
        }
        Command::DemoSystems(args) => run_async(async move { demo_systems::serve(&args.listen).await }),
        Command::Dial(args) => {
            log("error");
            let steps = matches.subcommand_matches("dial").map(phones::steps).transpose()?.unwrap_or_default();
            run_phone(phones::dial(args, steps))
        }
        Command::Answer(args) => {
            log("error");
            run_phone(phones::answer(args))
        }
        Command::Say(args) => run_phone(voices::say(args)),
        Command::Transcribe(args) => transcribe::transcribe(&args),
        Command::Normalize(args) => normalize::normalize(&args),
        Command::Calls(args) => run_async(calls::calls(args)),
        Command::Check(args) => check::check(&args),
        Command::Fmt(args) => fmt::fmt(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Chat(args) => chat::chat(&args),
        Command::Test(args) if args.record.is_some() => run_phone(record::record(args)),
        Command::Test(args) => test::test(&args),
        Command::Replay(args) => run_phone(replay::replay(args)),
        Command::Dialplans(args) => dialplans::dialplans(&args),
        Command::Intents(args) => intents::intents(&args),
        Command::Learn(args) => run_phone(learn::learn(args)),
        Command::Models(args) => run_phone(models::models(args)),
    }
}

fn run_async(future: impl Future<Output = Result<()>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("general")
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let outcome = runtime.block_on(future).map(|()| ExitCode::SUCCESS);
    // Engines and sockets may still be at work; the program does not wait for them.
    runtime.shutdown_background();
    outcome
}

fn run_phone(future: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_background();
    outcome
}

/// Logs go to standard error; `RUST_LOG` chooses, and the SIP library's own messages stay out, since they hold whole messages.
fn log(default: &str) {
    use tracing_subscriber::EnvFilter;
    let chosen = std::env::var("RUST_LOG").unwrap_or_else(|_| default.to_owned());
    let filter = EnvFilter::try_new(format!("{chosen},{}", crate::net::QUIET_LOGS)).unwrap_or_else(|_| EnvFilter::new(default));
    // A second start in one process keeps the first one's log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
