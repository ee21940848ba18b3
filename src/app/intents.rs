//! `bellhop intents eval`: how well a dialplan's intents are understood, measured on labelled utterances, and what would help.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::cli::{EvalArgs, IntentsArgs, IntentsCommand};
use super::print;
use crate::base::{Clock, Rng};
use crate::dialplan::Dialplan;
use crate::intent::{Context, Example, Matcher, Mistakes, Stage, misheard};
use crate::ivr;

/// The label of utterances that no intent is meant by.
const OUT_OF_SCOPE: &str = "-";
/// Bins of the reliability table.
const BINS: usize = 10;
/// Confusions and suggestions listed.
const LISTED: usize = 12;
/// So alike is an example that it is what was said, but for a word.
const SAME_WORDS: f32 = 0.75;

/// Runs `bellhop intents`.
///
/// # Errors
/// Where a file cannot be read or is no dialplan or labelled list.
pub fn intents(args: &IntentsArgs) -> Result<ExitCode> {
    match &args.command {
        IntentsCommand::Eval(args) => eval(args),
    }
}

/// One labelled utterance and what it was taken for.
struct Asked {
    text: String,
    meant: Option<String>,
    guess: String,
    confidence: f32,
    in_scope: f32,
    accepted: bool,
    nearest: String,
    alike: f32,
}

impl Asked {
    fn right(&self) -> bool {
        self.meant.as_deref() == Some(self.guess.as_str())
    }
}

fn eval(args: &EvalArgs) -> Result<ExitCode> {
    let (examples, threshold) = training(&args.dialplan)?;
    if examples.is_empty() {
        bail!("{} has no intent with examples: there is nothing to compare with", args.dialplan.display());
    }
    let mut labelled = read_tsv(&args.labelled)?;
    if labelled.is_empty() {
        bail!("{} holds no line `text<TAB>intent`", args.labelled.display());
    }
    if let Some(percent) = args.noise {
        let mistakes = if args.random { Mistakes::Random } else { Mistakes::Heard };
        let mut rng = Rng::seeded(args.seed);
        for (text, _) in &mut labelled {
            *text = misheard(text, f64::from(percent), mistakes, &mut rng);
        }
    }
    let clock = Clock::start();
    let long = std::io::stderr().is_terminal() || examples.len() + labelled.len() > 4_000;
    let tell = |what: &str| {
        if long {
            print::complain(what);
        }
    };
    let began = clock.mono();
    let matcher = Matcher::train_telling(&examples, &mut |stage| match stage {
        Stage::Learning { examples, intents } => tell(&format!("learning {examples} examples of {intents} intents …")),
        Stage::Asking { part, parts } => tell(&format!("asking a model about examples it has not seen ({part}/{parts}) …")),
    });
    let fit_seconds = clock.mono().since(began).as_secs_f64();
    let began = clock.mono();
    let mut asked = Vec::with_capacity(labelled.len());
    for (place, (text, intent)) in labelled.into_iter().enumerate() {
        if place > 0 && place % 2_000 == 0 {
            tell(&format!("{place} utterances asked …"));
        }
        let understood = matcher.understand(&[(&text, 1.0)], Context::default());
        let best = understood.guesses.into_iter().next();
        let (guess, confidence, nearest) = best.map_or_else(Default::default, |best| (best.intent, best.confidence, best.nearest));
        asked.push(Asked {
            text,
            meant: (intent != OUT_OF_SCOPE).then_some(intent),
            guess,
            confidence,
            in_scope: understood.in_scope,
            accepted: !understood.none_of_these,
            nearest,
            alike: 0.0,
        });
    }
    let us_per_utterance = clock.mono().since(began).as_secs_f64() * 1e6 / asked.len() as f64;
    for one in asked.iter_mut().filter(|one| !one.right()) {
        one.alike = matcher.alike(&one.text, &one.nearest);
    }
    if let Some(path) = &args.predictions {
        write_predictions(path, &asked)?;
    }
    let mut report = report(&asked, threshold);
    report["noise"] = json!(args.noise.unwrap_or(0));
    report["fit_seconds"] = json!(rounded(fit_seconds));
    report["us_per_utterance"] = json!(rounded(us_per_utterance));
    report["examples"] = json!(examples.len());
    report["held_out"] = json!(matcher.asked());
    report["confusions"] = confusions(&asked);
    report["suggestions"] = suggestions(&asked, &examples);
    if args.json {
        print::line(&serde_json::to_string(&report)?);
    } else {
        show(&report, &matcher);
    }
    Ok(ExitCode::SUCCESS)
}

/// The examples of a dialplan, or of a labelled list, and from which confidence on a guess is acted on.
fn training(path: &Path) -> Result<(Vec<Example>, f32)> {
    let default_threshold = 0.9;
    if path.extension().is_some_and(|extension| extension == "tsv") {
        let lines = read_tsv(path)?;
        let examples = lines.into_iter().filter(|(_, intent)| intent != OUT_OF_SCOPE).map(|(text, intent)| Example::new(intent, text));
        return Ok((examples.collect(), default_threshold));
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let variable = |name: &str| Some(std::env::var(name).unwrap_or_else(|_| format!("http://{}.invalid", name.to_lowercase())));
    match Dialplan::load_bytes(&path.display().to_string(), &bytes, &variable) {
        Ok(plan) => Ok((ivr::training_examples(&plan), plan.handover.act)),
        Err(diagnostics) => {
            let all: Vec<String> = diagnostics.iter().map(|one| one.human(crate::base::Language::Zh)).collect();
            bail!("{} is no correct dialplan:\n{}", path.display(), all.join("\n"))
        }
    }
}

/// Reads `text<TAB>intent` lines; empty ones and those that begin with `#` are left out.
fn read_tsv(path: &Path) -> Result<Vec<(String, String)>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let mut lines = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((said, intent)) = line.rsplit_once('\t') else {
            bail!("{}:{}: expected `text<TAB>intent`, found no tab", path.display(), number + 1);
        };
        if intent.trim().is_empty() {
            bail!("{}:{}: the intent after the tab is empty; `-` means out of scope", path.display(), number + 1);
        }
        lines.push((said.trim().to_owned(), intent.trim().to_owned()));
    }
    Ok(lines)
}

fn write_predictions(path: &Path, asked: &[Asked]) -> Result<()> {
    let mut out = String::from("text\tgold\tguess\tconfidence\taccepted\n");
    for one in asked {
        let gold = one.meant.as_deref().unwrap_or(OUT_OF_SCOPE);
        let guess = if one.guess.is_empty() { OUT_OF_SCOPE } else { &one.guess };
        out.push_str(&format!("{}\t{gold}\t{guess}\t{:.4}\t{}\n", one.text.replace('\t', " "), one.confidence, u8::from(one.accepted)));
    }
    std::fs::write(path, out).with_context(|| format!("cannot write {}", path.display()))
}

fn report(asked: &[Asked], threshold: f32) -> Value {
    let inside = asked.iter().filter(|one| one.meant.is_some()).count();
    let outside = asked.len() - inside;
    let share = |count: usize, of: usize| if of == 0 { Value::Null } else { json!(rounded(count as f64 / of as f64)) };
    let count = |wanted: &dyn Fn(&&Asked) -> bool| asked.iter().filter(wanted).count();
    let sure = |one: &Asked| one.confidence >= threshold && one.accepted;
    let acted = count(&|one| sure(one));
    let mut table = Vec::new();
    let mut error = 0.0;
    for bin in 0..BINS {
        let within: Vec<&Asked> = asked.iter().filter(|one| ((one.confidence * BINS as f32) as usize).min(BINS - 1) == bin).collect();
        if within.is_empty() {
            continue;
        }
        let said: f64 = within.iter().map(|one| f64::from(one.confidence)).sum::<f64>() / within.len() as f64;
        let was = within.iter().filter(|one| one.right()).count() as f64 / within.len() as f64;
        error += (said - was).abs() * within.len() as f64 / asked.len() as f64;
        table.push(json!({
            "from": rounded(bin as f64 / BINS as f64), "to": rounded((bin + 1) as f64 / BINS as f64), "utterances": within.len(),
            "confidence": rounded(said), "right": rounded(was),
        }));
    }
    json!({
        "utterances": asked.len(),
        "in_scope": inside,
        "out_of_scope": outside,
        "accuracy_forced": share(count(&|one| one.right()), inside),
        "accuracy_in_scope": share(count(&|one| one.right() && one.accepted), inside),
        "oos_recall": share(count(&|one| one.meant.is_none() && !one.accepted), outside),
        "oos_auroc": auroc(asked).map(rounded),
        "macro_f1": rounded(macro_f1(asked)),
        "ece": rounded(error),
        "at_threshold": {
            "threshold": rounded(f64::from(threshold)),
            "kept": share(count(&|one| one.meant.is_some() && sure(one)), inside),
            "precision": share(count(&|one| one.right() && sure(one)), acted),
            "oos_accepted": share(count(&|one| one.meant.is_none() && sure(one)), outside),
        },
        "reliability": table,
    })
}

/// How well the probability of being in scope tells what is from what is not: the area under the curve.
fn auroc(asked: &[Asked]) -> Option<f64> {
    let mut ranked: Vec<(f32, bool)> = asked.iter().map(|one| (one.in_scope, one.meant.is_some())).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let inside = ranked.iter().filter(|(_, inside)| *inside).count() as f64;
    let outside = ranked.len() as f64 - inside;
    if inside == 0.0 || outside == 0.0 {
        return None;
    }
    let mut below = 0.0;
    let mut sum = 0.0;
    for same in ranked.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let out = same.iter().filter(|(_, inside)| !inside).count() as f64;
        sum += (same.len() as f64 - out) * (below + out / 2.0);
        below += out;
    }
    Some(sum / (inside * outside))
}

/// The mean over intents of F1, where a rejected utterance was taken for none.
fn macro_f1(asked: &[Asked]) -> f64 {
    let mut counts: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for one in asked {
        if let Some(meant) = &one.meant {
            counts.entry(meant).or_default().1 += 1.0;
        }
    }
    for one in asked.iter().filter(|one| one.accepted) {
        if let Some(count) = counts.get_mut(one.guess.as_str()) {
            count.2 += 1.0;
            count.0 += f64::from(u8::from(one.right()));
        }
    }
    let all: f64 = counts.values().map(|(right, meant, guessed)| 2.0 * right / (meant + guessed)).sum();
    if counts.is_empty() { 0.0 } else { all / counts.len() as f64 }
}

fn confusions(asked: &[Asked]) -> Value {
    let mut pairs: HashMap<(&str, &str), Vec<&Asked>> = HashMap::new();
    for one in asked.iter().filter(|one| !one.right() && (one.meant.is_some() || one.accepted)) {
        let guess = if one.accepted && !one.guess.is_empty() { one.guess.as_str() } else { OUT_OF_SCOPE };
        pairs.entry((one.meant.as_deref().unwrap_or(OUT_OF_SCOPE), guess)).or_default().push(one);
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let list = pairs
        .iter()
        .take(LISTED)
        .map(|((meant, guess), of)| json!({"meant": meant, "taken_for": guess, "times": of.len(), "for_example": of[0].text}));
    Value::Array(list.collect())
}

/// Which utterances would help most as examples, and which examples stand with the wrong intent.
fn suggestions(asked: &[Asked], examples: &[Example]) -> Value {
    let mut by_intent: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for one in asked.iter().filter(|one| !one.right()) {
        if let Some(meant) = &one.meant {
            by_intent.entry(meant).or_default().push(one);
        }
    }
    let mut worst: Vec<_> = by_intent.into_iter().collect();
    worst.sort_by_key(|(_, missed)| std::cmp::Reverse(missed.len()));
    let mut all = Vec::new();
    for (intent, missed) in worst.iter().take(LISTED) {
        // The least like anything known teaches most.
        let mut missed = missed.clone();
        missed.sort_by(|a, b| a.alike.total_cmp(&b.alike));
        let texts: Vec<&str> = missed.iter().take(3).map(|one| one.text.as_str()).collect();
        all.push(json!({"do": "add", "intent": intent, "missed": missed.len(), "examples": texts}));
    }
    let mut moved: Vec<&Asked> = asked.iter().filter(|one| !one.right() && one.meant.is_some() && one.alike >= SAME_WORDS).collect();
    moved.sort_by(|a, b| b.alike.total_cmp(&a.alike));
    for one in moved.into_iter().take(LISTED) {
        let from = examples.iter().find(|example| example.text == one.nearest).map_or("", |example| example.intent.as_str());
        all.push(json!({"do": "move", "example": one.nearest, "from": from, "to": one.meant, "because": one.text}));
    }
    Value::Array(all)
}

fn show(report: &Value, matcher: &Matcher) {
    let percent = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", 100.0 * value));
    print::line(&format!(
        "{} utterances: {} in scope, {} out of scope; {} examples",
        report["utterances"], report["in_scope"], report["out_of_scope"], report["examples"]
    ));
    for (name, key) in [
        ("best guess always taken", "accuracy_forced"),
        ("accepted and right", "accuracy_in_scope"),
        ("out of scope seen as such", "oos_recall"),
        ("macro F1", "macro_f1"),
    ] {
        print::line(&format!("  {name:<28}{:>8}", percent(&report[key])));
    }
    print::line(&format!("  {:<28}{:>8}", "calibration error (ECE)", report["ece"].to_string()));
    let at = &report["at_threshold"];
    print::line(&format!(
        "  at {}: keeps {}, of which right {}, out of scope accepted {}",
        at["threshold"],
        percent(&at["kept"]),
        percent(&at["precision"]),
        percent(&at["oos_accepted"])
    ));
    print::line(&format!("  fit {} s, {} µs an utterance", report["fit_seconds"], report["us_per_utterance"]));
    print::line("reliability: said, was right, utterances");
    for row in report["reliability"].as_array().into_iter().flatten() {
        print::line(&format!("  {:>8} {:>8} {:>7}", percent(&row["confidence"]), percent(&row["right"]), row["utterances"].to_string()));
    }
    print::line("confused most: meant → taken for (- is none of these)");
    for row in report["confusions"].as_array().into_iter().flatten() {
        print::line(&format!(
            "  {:>3}× {} → {}: {}",
            row["times"],
            text(&row["meant"]),
            text(&row["taken_for"]),
            text(&row["for_example"])
        ));
    }
    print::line("what would help:");
    for row in report["suggestions"].as_array().into_iter().flatten() {
        if row["do"] == "add" {
            let examples: Vec<&str> = row["examples"].as_array().into_iter().flatten().map(text).collect();
            print::line(&format!("  add to {} ({} missed): {}", text(&row["intent"]), row["missed"], examples.join(" | ")));
        } else {
            let (example, from, to, because) = (text(&row["example"]), text(&row["from"]), text(&row["to"]), text(&row["because"]));
            print::line(&format!("  move \"{example}\" from {from} to {to}, or tell them apart: callers say \"{because}\""));
        }
    }
    if matcher.asked() == 0 {
        print::line("  the examples are too few to know how sure a guess is: confidence follows what holds for most dialplans");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(meant: Option<&str>, guess: &str, confidence: f32, accepted: bool) -> Asked {
        Asked {
            text: "x".to_owned(),
            meant: meant.map(str::to_owned),
            guess: guess.to_owned(),
            confidence,
            in_scope: confidence,
            accepted,
            nearest: String::new(),
            alike: 0.0,
        }
    }

    #[test]
    fn the_report_counts_as_promised() {
        let all = [
            asked(Some("a"), "a", 0.95, true),
            asked(Some("a"), "a", 0.3, false),
            asked(Some("b"), "a", 0.92, true),
            asked(Some("b"), "b", 0.7, true),
            asked(None, "b", 0.2, false),
            asked(None, "a", 0.91, true),
        ];
        let report = report(&all, 0.9);
        assert_eq!(report["accuracy_forced"], 0.75);
        assert_eq!(report["accuracy_in_scope"], 0.5);
        assert_eq!(report["oos_recall"], 0.5);
        assert_eq!(report["at_threshold"], json!({"threshold": 0.9, "kept": 0.5, "precision": 0.3333, "oos_accepted": 0.5}));
        assert_eq!(report["oos_auroc"], 0.75);
        // 0.95, 0.92 and 0.91 are said of one right in three.
        assert_eq!(report["reliability"][3]["right"], 0.3333);
        assert_eq!(confusions(&all)[0]["times"], 1);
    }

    #[test]
    fn a_labelled_list_without_tabs_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tsv");
        std::fs::write(&path, "查订单\torder\n\n# a note\n坏行\n").unwrap();
        let error = read_tsv(&path).unwrap_err().to_string();
        assert!(error.contains("x.tsv:4"), "{error}");
        std::fs::write(&path, "\u{feff}查订单\torder\r\n天气\t-\n").unwrap();
        let lines = read_tsv(&path).unwrap();
        assert_eq!(lines, [("查订单".to_owned(), "order".to_owned()), ("天气".to_owned(), "-".to_owned())]);
    }
}
