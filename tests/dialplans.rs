//! The dialplan language from outside: each fault's message, the shipped hotlines, and files that nobody meant to write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bellhop::base::Language;
use bellhop::dialplan::{CallScripts, Diagnostic, Dialplan, Severity};
use bellhop::lint::{lint, lint_on};
use bellhop::rehearsal::rehearse_script;
use proptest::prelude::*;

#[path = "dialplans/guide.rs"]
mod guide;

fn no_environment(_: &str) -> Option<String> {
    None
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads what lies beside a dialplan, as the program does: a name that ends in `/` is a folder.
fn beside(file: &Path) -> impl Fn(&str) -> Option<Vec<u8>> {
    let folder = file.parent().unwrap().to_path_buf();
    move |name| {
        if !name.ends_with('/') {
            return std::fs::read(folder.join(name)).ok();
        }
        let entries = std::fs::read_dir(folder.join(name)).ok()?;
        Some(entries.map(|entry| format!("{}\n", entry.unwrap().file_name().to_string_lossy())).collect::<String>().into_bytes())
    }
}

fn yaml_files(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml") && !path.to_string_lossy().ends_with(".calls.yaml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// All that is said about a file, warnings of meaning included.
fn findings(path: &Path) -> Vec<Diagnostic> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).unwrap();
    let beside = |name: &str| {
        let beside = path.with_file_name(name);
        match name.strip_suffix('/') {
            // Parts are there in any number.
            None if name.starts_with("part-") => Some(b"flows: {}".to_vec()),
            None => std::fs::read(beside).ok(),
            Some(_) => {
                let names = std::fs::read_dir(beside).ok()?.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
                Some(names.collect::<Vec<_>>().join("\n").into_bytes())
            }
        }
    };
    match Dialplan::load_bytes_including(&name, &bytes, &no_environment, &beside) {
        Ok(plan) if name == "lint-dates.yaml" => lint_on(&plan, None, Some(jiff::civil::date(2026, 11, 21))),
        Ok(plan) if name.starts_with("lint-") => lint(&plan, Some(&|word| !word.contains('鹩'))),
        Ok(plan) => plan.warnings,
        Err(found) => found,
    }
}

/// Compares with the file beside it; `UPDATE_GOLDEN=1` writes it anew.
fn check_golden(path: &Path, shown: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(golden, shown, "{} differs; look at it, then UPDATE_GOLDEN=1", path.display());
}

#[test]
fn every_fault_is_explained_in_both_languages() {
    let files = folder("tests/golden/files");
    for path in yaml_files("tests/golden")
        .into_iter()
        .chain(["includes", "many", "knowledge", "knowledge-warnings"].map(|name| files.join(name).with_extension("yaml")))
    {
        let found = findings(&path);
        let mut shown = String::new();
        for language in [Language::Zh, Language::En] {
            for one in &found {
                shown.push_str(&one.human(language));
            }
            shown.push('\n');
        }
        let json: Vec<_> = found.iter().map(|one| one.json(Language::En)).collect();
        let _ = writeln!(shown, "{} findings; first: {}", json.len(), json.first().map(ToString::to_string).unwrap_or_default());
        check_golden(&path.with_extension("txt"), &shown);
    }
}

#[test]
fn every_fault_of_a_script_is_explained_too() {
    for entry in std::fs::read_dir(folder("tests/golden/calls")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".calls.yaml") {
            continue;
        }
        let found = CallScripts::load_bytes(&name, &std::fs::read(&path).unwrap()).err().unwrap_or_default();
        assert!(!found.is_empty(), "{name}");
        let shown = |language| found.iter().map(|one| one.human(language)).collect::<String>();
        check_golden(&path.with_extension("txt"), &format!("{}\n{}", shown(Language::Zh), shown(Language::En)));
    }
}

#[test]
fn the_scripted_calls_of_the_shipped_hotlines_pass() {
    for path in yaml_files("dialplans") {
        let Ok(bytes) = std::fs::read(path.with_extension("calls.yaml")) else { continue };
        let name = path.with_extension("calls.yaml").display().to_string();
        let scripts = CallScripts::load_bytes(&name, &bytes).unwrap_or_else(|found| panic!("{found:#?}"));
        let text = std::fs::read_to_string(&path).unwrap();
        let plan = Dialplan::load_including(&path.to_string_lossy(), &text, &no_environment, &beside(&path));
        let plan = Arc::new(plan.unwrap_or_else(|found| panic!("{found:#?}")));
        let matcher = Arc::new(bellhop::ivr::matcher_for(&plan));
        for call in &scripts.calls {
            let outcome = rehearse_script(&plan, &matcher, call);
            assert_eq!(outcome.failure, None, "{name}:{}: {}\n{:#?}", call.place.line, call.name, outcome.lines);
        }
    }
}

#[test]
fn the_shipped_hotlines_stand_as_fmt_writes_them() {
    for path in yaml_files("dialplans") {
        for path in [path.with_extension("calls.yaml"), path] {
            let (name, text) = (path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap());
            assert!(bellhop::dialplan::format(&name, &text).as_deref() == Ok(text.as_str()), "bellhop fmt {name}");
        }
    }
}

#[test]
fn every_dialplan_is_formatted_once_and_means_the_same() {
    let mut files = yaml_files("dialplans");
    files.extend(yaml_files("tests/golden"));
    for path in files {
        let (name, Ok(text)) = (path.to_string_lossy().into_owned(), std::fs::read_to_string(&path)) else { continue };
        let Ok(once) = bellhop::dialplan::format(&name, &text) else { continue };
        assert_eq!(bellhop::dialplan::format(&name, &once).as_deref(), Ok(once.as_str()), "{name}");
        let comments = |text: &str| text.matches('#').count();
        assert_eq!(comments(&text), comments(&once), "{name}");
        let codes = |text: &str| -> Option<Vec<&str>> {
            let plan = Dialplan::load_including("a.yaml", text, &no_environment, &beside(&path)).ok()?;
            let mut codes: Vec<&str> = plan.warnings.iter().map(|one| one.code).collect();
            codes.sort_unstable();
            Some(codes)
        };
        if codes(&text).is_none() {
            continue;
        }
        assert_eq!(codes(&text), codes(&once), "{name}");
    }
}

#[test]
fn every_finding_has_words_in_both_languages() {
    for path in yaml_files("tests/golden") {
        for one in findings(&path) {
            let shown = path.display();
            assert!(!one.message.zh.is_empty() && !one.message.en.is_empty(), "{shown}: {}", one.code);
            assert_eq!(one.help.zh.is_empty(), one.help.en.is_empty(), "{shown}: {}", one.code);
            assert!(one.place.line >= 1 && one.place.column >= 1, "{shown}: {}", one.code);
        }
    }
}

#[test]
fn the_line_to_copy_mends_the_trap() {
    for path in yaml_files("tests/golden") {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let found = findings(&path);
        let to_copy: Vec<&Diagnostic> =
            found.iter().filter(|one| one.help.en.starts_with("write ") && path.to_string_lossy().contains("trap-")).collect();
        let all = to_copy.len() == found.len() && !found.is_empty();
        for one in to_copy {
            let line = &mut lines[one.place.line as usize - 1];
            let plain: String =
                line.chars().take_while(|sign| sign.is_whitespace()).map(|sign| if sign == ' ' { " " } else { "  " }).collect();
            *line = plain + one.help.en.trim_start_matches("write ");
        }
        if all {
            let again = Dialplan::load("mended.yaml", &lines.join("\n"), &no_environment);
            assert!(again.is_ok(), "{}: {:#?}\n{}", path.display(), again.err(), lines.join("\n"));
        }
    }
}

#[test]
fn the_example_of_the_language_passes() {
    let text = std::fs::read_to_string(folder("tests/golden/example.yaml")).unwrap();
    let plan = Dialplan::load("example.yaml", &text, &no_environment).unwrap_or_else(|found| panic!("{found:#?}"));
    assert!(plan.warnings.iter().all(|one| one.severity == Severity::Warning));
    let codes: BTreeSet<&str> = plan.warnings.iter().map(|one| one.code).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["env-unset"]);
    assert_eq!((plan.intents.len(), plan.flows.len(), plan.queues.len()), (5, 5, 2));
}

#[test]
fn the_shipped_hotlines_have_neither_fault_nor_warning() {
    // Callers say more than the smallest model hears, so words that it lacks are left to `bellhop check`.
    for path in yaml_files("dialplans") {
        let text = std::fs::read_to_string(&path).unwrap();
        let plan = Dialplan::load_including(&path.to_string_lossy(), &text, &no_environment, &beside(&path))
            .unwrap_or_else(|found| panic!("{}", found.iter().map(|one| one.human(Language::En)).collect::<String>()));
        let found: String = plan.warnings.iter().chain(&lint(&plan, None)).map(|one| one.human(Language::En)).collect();
        assert_eq!(found, "");
    }
}

#[test]
fn ten_megabytes_are_refused_at_once() {
    let text = "# 注释\n".repeat(1_000_000);
    let found = Dialplan::load("big.yaml", &text, &no_environment).unwrap_err();
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["too-big"]);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, inner) in ('b'..='z').zip('a'..='y') {
        let _ = writeln!(text, "{name}: &{name} [*{inner}, *{inner}, *{inner}, *{inner}, *{inner}, *{inner}]");
    }
    let found = Dialplan::load("bomb.yaml", &text, &no_environment).unwrap_err();
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["anchor"]);
}

#[test]
fn the_same_text_has_the_same_hash() {
    let hash = |text: &str| Dialplan::load("a.yaml", text, &no_environment).map(|plan| plan.hash).unwrap();
    let text = "dialplan: 1\nnumbers: [\"1\"]\n";
    assert_eq!(hash(text), hash(text));
    assert_ne!(hash(text), hash(&text.replace("\"1\"", "\"2\"")));
    assert_eq!(hash(text).len(), 16);
}

#[test]
fn the_schema_and_the_reference_are_those_of_this_version() {
    check_golden(&folder("dialplans/schema.json"), &bellhop::dialplan::schema());
    check_golden(&folder("docs/ref/dialplan.md"), &bellhop::dialplan::reference());
    check_golden(&folder("dialplans/calls-schema.json"), &bellhop::dialplan::calls_schema());
    check_golden(&folder("docs/ref/calls.md"), &bellhop::dialplan::calls_reference());
}

fn shown(found: &[Diagnostic]) -> usize {
    found.iter().map(|one| one.human(Language::Zh).len() + one.human(Language::En).len() + one.json(Language::Zh).to_string().len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Err(found) = Dialplan::load_bytes("any.yaml", &bytes, &no_environment) {
            prop_assert!(shown(&found) > 0);
        }
    }

    #[test]
    fn any_lines_that_look_like_yaml_are_answered(text in "([ \t　-]{0,6}(say|flows|keys|“a”)?[:：]? ?[\\[{【\"“]{0,2}[a-z您，, #&*!|>{}%]{0,8}[\\]}】\"”]{0,2}\n){0,12}") {
        if let Err(found) = Dialplan::load("any.yaml", &text, &no_environment) {
            prop_assert!(shown(&found) > 0);
        }
    }

    #[test]
    fn a_slip_anywhere_in_the_example_is_answered(at in 0.0..1.0_f64, cut in 0_usize..40, put in "[ \t\n:：,，{}\\[\\]\"'“”#&*!%|>a0您-]{0,4}") {
        let text = std::fs::read_to_string(folder("tests/golden/example.yaml")).expect("the example");
        let mut signs: Vec<char> = text.chars().collect();
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a small file")]
        let from = (at * signs.len() as f64) as usize;
        let to = (from + cut).min(signs.len());
        signs.splice(from..to, put.chars());
        let text: String = signs.into_iter().collect();
        match Dialplan::load("slip.yaml", &text, &no_environment) {
            Ok(plan) => prop_assert!(lint(&plan, None).len() < 1_000),
            Err(found) => prop_assert!(found.iter().any(|one| one.severity == Severity::Error) && shown(&found) > 0),
        }
    }
}
