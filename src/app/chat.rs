//! `bellhop chat`: a hotline by keyboard, with guesses and reasons shown. Time is virtual: only the business systems take real time.

use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::check::{or_complain, read_plan_with};
use super::cli::ChatArgs;
use super::conversation::shown;
use super::print::{line, prompt};
use super::systems::Systems;
use crate::base::{Clock, Language};
use crate::dialplan::{CallScripts, Dialplan, FakedAnswer};
use crate::intent::{Context as GuessContext, Matcher};
use crate::ivr::{self, CallerFacts, LookupOutcome, LookupRequest};
use crate::rehearsal::{Fakes, Talk, TalkState};
use crate::spoken;

/// Guesses shown for each utterance.
const GUESSES: usize = 3;
/// A typed text is heard as surely as a good line lets it be.
const SURE: f32 = 0.95;

/// Talks with a dialplan until it hangs up or there are no more lines.
///
/// # Errors
/// Where the dialplan cannot be read; its faults are printed.
pub fn chat(args: &ChatArgs) -> Result<ExitCode> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(plan) = or_complain(read_plan_with(&args.dialplan, &variable)?, args.lang) else { return Ok(ExitCode::FAILURE) };
    let plan = Arc::new(plan);
    let faked = if args.faked { faked_answers(&args.dialplan, args)? } else { Vec::new() };
    let mut fakes = Fakes::new(&faked);
    let clock = Clock::start();
    let systems = Systems::of(&plan)?;
    let mut answer = |request: &LookupRequest| {
        if args.faked {
            return fakes.answer(request);
        }
        Some(systems.ask(request))
    };
    let matcher = Arc::new(ivr::matcher_for(&plan));
    let facts = CallerFacts {
        number_masked: spoken::mask_number(&args.from),
        number: Some(args.from.clone().into()),
        record: serde_json::Map::new(),
        began: clock.wall(),
    };
    let talk = Talk::new(&plan, &matcher, facts);
    converse(talk, &plan, &matcher, args.lang, &mut answer)
}

type Answer<'a> = dyn FnMut(&LookupRequest) -> Option<(Duration, LookupOutcome)> + 'a;

fn converse(mut talk: Talk, plan: &Dialplan, matcher: &Matcher, lang: Language, answer: &mut Answer<'_>) -> Result<ExitCode> {
    line(match lang {
        Language::Zh => "说话：直接打字 · 按键：#12345 · 不说话：空行 · 没有坐席接：/noseat · 现在的状态：/state · 挂机：/bye",
        Language::En => "speak: type · keys: #12345 · silence: an empty line · no seat: /noseat · what is known: /state · hang up: /bye",
    });
    let mut printed = 0;
    talk.begin(answer);
    talk.until_quiet(answer);
    tell(&talk, &mut printed, lang);
    let mut lines = std::io::stdin().lock().lines();
    while talk.state() != TalkState::Over {
        prompt("> ");
        let Some(typed) = lines.next().transpose().context("reading the keyboard")? else { break };
        let typed = typed.trim();
        match typed {
            "" => {
                talk.silence(plan.silence.after + Duration::from_millis(100), answer);
                talk.until_quiet(answer);
            }
            "/bye" | "/quit" | "/exit" => break,
            "/noseat" => {
                talk.no_seat(answer);
                talk.until_quiet(answer);
            }
            "/state" => {
                state(&talk);
                continue;
            }
            keys if keys.starts_with('#') => {
                let keys = keys.strip_prefix('#').filter(|keys| !keys.is_empty()).unwrap_or("#");
                talk.press(keys, None, answer);
                talk.until_quiet(answer);
            }
            text => {
                guesses(matcher, &talk, text);
                talk.say(text, &[(text.to_owned(), SURE)], answer);
                talk.until_quiet(answer);
            }
        }
        tell(&talk, &mut printed, lang);
    }
    talk.hang_up(None, answer);
    tell(&talk, &mut printed, lang);
    Ok(ExitCode::SUCCESS)
}

/// Prints what happened since the last time.
fn tell(talk: &Talk, printed: &mut usize, lang: Language) {
    let lines = talk.lines();
    for text in shown(&lines[(*printed).min(lines.len())..], None, lang) {
        line(text.trim_end());
    }
    *printed = lines.len();
}

fn guesses(matcher: &Matcher, talk: &Talk, text: &str) {
    let summary = talk.summary();
    let guesses = matcher.guess(&[(text, SURE)], GuessContext { last_intent: summary.intent.as_deref() });
    if guesses.is_empty() {
        line("    ? nothing like it is known");
    }
    for guess in guesses.iter().take(GUESSES) {
        line(&format!("    ? {} {:.2}  ~ {}", guess.intent, guess.confidence, guess.nearest));
    }
    let why = matcher.explain(text, GuessContext { last_intent: summary.intent.as_deref() });
    if !why.guesses.is_empty() {
        let context = if why.by_context.abs() < 0.005 { String::new() } else { format!(", {:+.2} by the subject before", why.by_context) };
        line(&format!("      by {} ({:.2} that it is any of these{context})", why.features.join(" "), why.in_scope));
    }
}

fn state(talk: &Talk) {
    let summary = talk.summary();
    line(&format!("    intent {}  language {}", summary.intent.as_deref().unwrap_or("-"), summary.language.code()));
    for (name, value) in &summary.slots {
        line(&format!("    {name} = {value}"));
    }
    for (name, value) in &summary.values {
        line(&format!("    {{{{ {name} }}}} {value}"));
    }
}

/// Every faked answer of the scripted calls beside a dialplan: of the call named, or of all.
fn faked_answers(dialplan: &Path, args: &ChatArgs) -> Result<Vec<FakedAnswer>> {
    let file = dialplan.with_extension("calls.yaml");
    let name = file.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| format!("--faked takes the answers of {name}, which cannot be read"))?;
    let scripts = CallScripts::load_bytes(&name, &bytes)
        .map_err(|found| anyhow::anyhow!("{name} is not right: bellhop test {name} says why ({} findings)", found.len()))?;
    let wanted = |call: &str| args.call.as_ref().is_none_or(|part| call.contains(part.as_str()));
    Ok(scripts.calls.into_iter().filter(|call| wanted(&call.name)).flat_map(|call| call.answers).collect())
}
