//! The guide's examples are whole dialplans and calls: each is read, checked and run, so that what it teaches works.

use std::path::Path;
use std::sync::Arc;

use bellhop::base::Language;
use bellhop::dialplan::{CallScripts, Dialplan};
use bellhop::lint::lint;
use bellhop::rehearsal::rehearse_script;

/// The guides for operations staff, the same in both languages.
const GUIDES: [&str; 2] = ["docs/guide/ops.md", "docs/guide/ops.en.md"];

/// A fenced block, and the line of the guide in which it begins.
struct Block {
    line: usize,
    text: String,
}

/// What the guide tells to export.
fn secrets(name: &str) -> Option<String> {
    (name.ends_with("_TOKEN") || name.ends_with("_SECRET")).then(|| "demo".to_owned())
}

fn read(guide: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(guide)).unwrap()
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in read(guide).lines().enumerate() {
        match line {
            "```yaml" | "```markdown" => {
                open = true;
                blocks.push(Block { line: number + 2, text: String::new() });
            }
            "```" => open = false,
            _ if open => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

fn beside(files: &[(String, String)], name: &str) -> Option<Vec<u8>> {
    // A dialplan of the guide is named by the guide's file and line, so what lies beside it is asked for by its own name.
    if name.ends_with('/') {
        let names = files.iter().filter_map(|(known, _)| known.strip_prefix(name));
        return Some(names.map(|name| format!("{name}\n")).collect::<String>().into_bytes());
    }
    files.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone().into_bytes())
}

#[test]
fn every_example_of_the_guide_is_whole_and_right_and_its_calls_pass() {
    for guide in GUIDES {
        let mut latest: Option<Arc<Dialplan>> = None;
        let mut files: Vec<(String, String)> = Vec::new();
        for Block { line, text } in blocks(guide) {
            let place = format!("{guide}:{line}");
            // A file that the next dialplan takes says its name in its first line.
            if let Some(name) = text.lines().next().and_then(|first| first.strip_prefix("# ")).filter(|name| name.contains('/')) {
                files.push((name.to_owned(), text));
                continue;
            }
            if text.starts_with("version: 1") {
                let plan = latest.as_ref().expect("calls stand below their dialplan");
                let matcher = Arc::new(bellhop::ivr::matcher_for(plan));
                let scripts = CallScripts::load_bytes(&place, text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}"));
                for call in &scripts.calls {
                    let outcome = rehearse_script(plan, &matcher, call);
                    assert_eq!(outcome.failure, None, "{place}: {}\n{:#?}", call.name, outcome.lines);
                }
                continue;
            }
            assert!(text.starts_with("dialplan: 1"), "{place} is neither a whole dialplan nor calls");
            let plan = Dialplan::load_including(&place, &text, &secrets, &|name| beside(&files, name))
                .unwrap_or_else(|found| panic!("{}", found.iter().map(|one| one.human(Language::En)).collect::<String>()));
            let found: String = plan.warnings.iter().chain(&lint(&plan, None)).map(|one| one.human(Language::En)).collect();
            assert_eq!(found, "", "{place}");
            latest = Some(Arc::new(plan));
        }
    }
}

#[test]
fn the_guide_teaches_the_same_in_both_languages() {
    let shape = |guide: &str| -> Vec<bool> { blocks(guide).iter().map(|block| block.text.starts_with("version")).collect() };
    assert_eq!(shape(GUIDES[0]), shape(GUIDES[1]));
    assert!(shape(GUIDES[0]).len() >= 9);
    let chapters = |guide: &str| read(guide).lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(chapters(GUIDES[0]), chapters(GUIDES[1]));
}

#[test]
fn every_command_in_the_guide_exists() {
    use clap::CommandFactory;
    let program = bellhop::app::cli::Cli::command();
    let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    for guide in GUIDES {
        for (number, line) in read(guide).lines().enumerate() {
            for rest in line.split("bellhop ").skip(1).filter(|_| line.contains("`bellhop ") || line.starts_with("bellhop ")) {
                let name: String = rest.chars().take_while(|sign| sign.is_ascii_lowercase() || *sign == '-').collect();
                assert!(name.is_empty() || known.contains(&name.as_str()), "{guide}:{}: there is no bellhop {name}", number + 1);
            }
        }
    }
}
