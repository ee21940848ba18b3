//! `bellhop test`: the scripted calls beside the dialplans, in virtual time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::aloud::{Aloud, Misheard};
use super::check::{read_plan, read_plan_with};
use super::cli::{Format, TestArgs};
use super::conversation::shown;
use super::gateway::dialplan_files;
use super::print::line;
use super::systems::Systems;
use crate::base::{Clock, Language};
use crate::dialplan::{CallScript, CallScripts, Diagnostic, Dialplan, Place, Severity, Wordings};
use crate::ivr;
use crate::lint;
use crate::rehearsal::{Rehearsed, rehearse_script, rehearse_script_with};

/// Runs the scripted calls of files and folders; the exit code is 1 when one fails.
///
/// # Errors
/// Where a path cannot be read or holds no scripted calls.
pub fn test(args: &TestArgs) -> Result<ExitCode> {
    let clock = Clock::start();
    let aloud = args.aloud.aloud.then(|| Aloud::new(&args.aloud)).transpose()?;
    let mut run = Run { args, aloud, passed: 0, failed: 0, broken: 0, results: Vec::new() };
    let mut found = 0;
    for path in &args.paths {
        for plan in plans_of(path)? {
            let calls = calls_file(&plan);
            if calls.is_file() {
                found += 1;
                run.file(&plan, &calls)?;
            } else if args.coverage || path.is_file() {
                bail!("{} has no scripted calls: they belong into {}", plan.display(), calls.display());
            }
        }
    }
    if found == 0 {
        bail!("no scripted calls: they belong into x.calls.yaml beside x.yaml");
    }
    let Run { aloud, passed, failed, broken, results, .. } = run;
    let took = clock.mono().elapsed();
    match args.format {
        Format::Json => line(&serde_json::to_string(&results)?),
        Format::Human => {
            let tail = if broken > 0 { format!(", {broken} file(s) that cannot be read") } else { String::new() };
            line(&format!("{passed} call(s) passed, {failed} failed{tail}, in {}", seconds(took)));
            if let Some(aloud) = aloud {
                summary(&aloud);
            }
        }
    }
    Ok(if failed + broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints how much of what was said aloud was understood.
fn summary(aloud: &Aloud) {
    let (said, understood) = aloud.counts.values().fold((0, 0), |sum, (said, understood)| (sum.0 + said, sum.1 + understood));
    let parts: Vec<String> = aloud.counts.iter().map(|(kind, (said, understood))| format!("{kind} {understood} of {said}")).collect();
    line(&format!("aloud, {understood} of {said} understood at once: {}", parts.join(", ")));
}

struct Run<'a> {
    args: &'a TestArgs,
    aloud: Option<Aloud>,
    passed: u32,
    failed: u32,
    broken: u32,
    results: Vec<serde_json::Value>,
}

impl Run<'_> {
    fn file(&mut self, plan_file: &Path, calls_file: &Path) -> Result<()> {
        let lang = self.args.lang;
        let name = calls_file.display().to_string();
        let bytes = std::fs::read(calls_file).with_context(|| format!("cannot read {name}"))?;
        let variable = |name: &str| std::env::var(name).ok();
        let read = if self.args.real { read_plan_with(plan_file, &variable)? } else { read_plan(plan_file)? };
        let (plan, scripts) = match (read, CallScripts::load_bytes(&name, &bytes)) {
            (Ok(plan), Ok(scripts)) => (Arc::new(plan), scripts),
            (plan, scripts) => {
                self.broken += 1;
                for one in plan.err().into_iter().chain(scripts.err()).flatten() {
                    self.say(&one, None);
                }
                return Ok(());
            }
        };
        for warning in &scripts.warnings {
            self.say(warning, None);
        }
        let matcher = Arc::new(ivr::matcher_for(&plan));
        let systems = self.args.real.then(|| Systems::of(&plan)).transpose()?;
        let mut walked: BTreeSet<Place> = BTreeSet::new();
        for script in scripts.calls.iter().filter(|script| self.args.only.as_ref().is_none_or(|only| script.name.contains(only.as_str()))) {
            let outcome = match &systems {
                Some(systems) => rehearse_script_with(&plan, &matcher, script, Box::new(|request| Some(systems.ask(request)))),
                None => rehearse_script(&plan, &matcher, script),
            };
            walked.extend(outcome.path.iter().map(|step| step.place));
            self.outcome(&scripts, script, &outcome, lang);
            if let Some(aloud) = self.aloud.as_mut().filter(|_| outcome.failure.is_none()) {
                let misheard = aloud.call(&plan, &matcher, script)?;
                for one in &misheard {
                    self.misheard(&scripts, script, one);
                }
            }
        }
        if self.args.coverage {
            self.coverage(&plan, &walked);
        }
        Ok(())
    }

    fn outcome(&mut self, scripts: &CallScripts, script: &CallScript, outcome: &Rehearsed, lang: Language) {
        let failure = outcome.failure.as_ref().map(|failure| (failure, diagnostic(scripts, failure.place, &failure.words)));
        if failure.is_some() {
            self.failed += 1;
        } else {
            self.passed += 1;
        }
        if self.args.format == Format::Json {
            self.results.push(json!({
                "file": scripts.file,
                "line": script.place.line,
                "name": script.name,
                "passed": failure.is_none(),
                "lasted_s": outcome.lasted.as_secs_f64(),
                "failure": failure.map(|(_, one)| one.json(lang)),
            }));
            return;
        }
        let Some((failure, one)) = failure else {
            if self.args.verbose {
                line(&format!("✓ {}", script.name));
                for text in shown(&outcome.lines, None, lang) {
                    line(&text);
                }
                line("");
            }
            return;
        };
        line(&format!("✗ {}    {}:{}", script.name, scripts.file, script.place.line));
        for text in shown(&outcome.lines, Some(failure.line), lang) {
            line(&text);
        }
        line(one.human(lang).trim_end());
        line("");
    }

    /// Tells of something that was spoken and not understood; that is a measure of the ear, and no fault of the script.
    fn misheard(&mut self, scripts: &CallScripts, script: &CallScript, one: &Misheard) {
        let Misheard { place, said, heard } = one;
        match self.args.format {
            Format::Json => self.results.push(json!({
                "file": scripts.file, "line": place.line, "name": script.name, "said": said, "heard": heard,
            })),
            Format::Human => {
                let words = match self.args.lang {
                    Language::Zh => format!("没听懂：说“{said}”，听成“{heard}”"),
                    Language::En => format!("not understood: \"{said}\" was heard as \"{heard}\""),
                };
                line(&format!("~ {}    {}:{}  {words}", script.name, scripts.file, place.line));
            }
        }
    }

    fn say(&mut self, one: &Diagnostic, name: Option<&str>) {
        match self.args.format {
            Format::Json => self.results.push(json!({"name": name, "passed": false, "failure": one.json(self.args.lang)})),
            Format::Human => {
                line(one.human(self.args.lang).trim_end());
                line("");
            }
        }
    }

    /// Lists the steps that no call took.
    fn coverage(&mut self, plan: &Dialplan, walked: &BTreeSet<Place>) {
        let mut all: BTreeSet<Place> = BTreeSet::new();
        lint::every_step(plan, &mut |step| {
            if step.place.line > 0 {
                all.insert(step.place);
            }
        });
        let missing: Vec<&Place> = all.difference(walked).collect();
        if self.args.format == Format::Json {
            let places: Vec<_> = missing.iter().map(|place| json!({"line": place.line, "column": place.column})).collect();
            self.results.push(json!({"file": plan.file, "steps": all.len(), "never_walked": places}));
            return;
        }
        let share = if all.is_empty() { 100 } else { 100 * (all.len() - missing.len()) / all.len() };
        line(&format!("{}: {} of {} steps walked ({share} %)", plan.file, all.len() - missing.len(), all.len()));
        for place in missing {
            let text = plan.source.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
            let step: String = text.chars().skip(place.column.saturating_sub(1) as usize).take(60).collect();
            line(&format!("  {}:{}:{}: {step}", plan.file, place.line, place.column));
        }
    }
}

fn diagnostic(scripts: &CallScripts, place: Place, words: &Wordings) -> Diagnostic {
    let text = scripts.source.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
    let rest: String = text.chars().skip(place.column.saturating_sub(1) as usize).collect();
    Diagnostic {
        file: scripts.file.clone(),
        place,
        length: u32::try_from(rest.trim_end().chars().count()).unwrap_or(1).max(1),
        severity: Severity::Error,
        code: "differs",
        message: words.clone(),
        help: Wordings::default(),
        line: text.to_owned(),
    }
}

/// The dialplans that a path means: a `.calls.yaml` means the dialplan beside it.
fn plans_of(path: &Path) -> Result<Vec<PathBuf>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.strip_suffix(".calls.yaml").or_else(|| name.strip_suffix(".calls.yml")) {
        Some(stem) => Ok(vec![path.with_file_name(format!("{stem}.yaml"))]),
        None => dialplan_files(path),
    }
}

/// Where the scripted calls of a dialplan stand.
fn calls_file(plan: &Path) -> PathBuf {
    plan.with_extension("calls.yaml")
}

fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(1) { format!("{} ms", took.as_millis()) } else { format!("{:.1} s", took.as_secs_f64()) }
}
