//! From bytes to a checked dialplan, or to everything that is wrong with the file at once.
//! Mends known traps on the way, so that one slip does not hide the faults behind it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use md5::{Digest, Md5};

use super::diagnostic::{Diagnostic, Severity, Wordings};
use super::include::{Files, Pieces};
use super::model::Dialplan;
use super::traps::Trap;
use super::yaml::{Node, Problem};
use super::{Place, read, traps, yaml};

/// The largest file, in bytes: the script of a large hotline has some tens of thousands.
pub(super) const LARGEST: usize = 1 << 20;
/// How many findings are shown at once.
const SHOWN: usize = 100;
/// How often a mended file is read again.
const TRIES: usize = 50;

impl Dialplan {
    /// Reads a dialplan. Its warnings are in [`Dialplan::warnings`].
    ///
    /// `env` answers for environment variables: `${NAME}` and `${NAME:-default}` in `sources`.
    ///
    /// # Errors
    /// Everything that is wrong with the file, in its order, with the warnings among it.
    pub fn load(file_name: &str, text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Diagnostic>> {
        Self::load_including(file_name, text, env, &|_| None)
    }

    /// Reads a dialplan that may include others: `files` reads those beside it, by their names as written.
    ///
    /// # Errors
    /// As [`Dialplan::load`]; each finding names the file in which it stands.
    pub fn load_including(
        file_name: &str,
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
        files: &Files<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut pieces = Pieces::new(file_name, text, files);
        let read = load(file_name, text, &mut |tree, report| {
            let whole = pieces.complete(tree, report);
            read::read(&whole, report, env)
        });
        let (plan, found) = match read {
            Ok((plan, found)) => (Some(plan), found),
            Err(found) => (None, found),
        };
        let found = pieces.located(found);
        match plan.filter(|_| found.iter().all(|one| one.severity != Severity::Error)) {
            Some(plan) => {
                let source = pieces.source();
                let files: Vec<(u32, String)> = pieces.read.into_iter().map(|piece| (piece.first, piece.name)).collect();
                let hash = hash(if files.len() == 1 { text } else { &source });
                Ok(Self { hash, source: source.into(), files, warnings: found, ..plan })
            }
            None => Err(found),
        }
    }

    /// Reads a dialplan from a file's bytes: says so where they are no UTF-8.
    ///
    /// # Errors
    /// As [`Dialplan::load`].
    pub fn load_bytes(file_name: &str, bytes: &[u8], env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Diagnostic>> {
        Self::load_bytes_including(file_name, bytes, env, &|_| None)
    }

    /// Reads a dialplan from a file's bytes, and what it includes: `files` reads what lies beside it.
    ///
    /// # Errors
    /// As [`Dialplan::load_including`].
    pub fn load_bytes_including(
        file_name: &str,
        bytes: &[u8],
        env: &dyn Fn(&str) -> Option<String>,
        files: &Files<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let text = decoded(file_name, bytes).map_err(|wrong| vec![*wrong])?;
        Self::load_including(file_name, text, env, files)
    }
}

/// Returns a file's text, or says that it is none.
pub(super) fn decoded<'b>(file_name: &str, bytes: &'b [u8]) -> Result<&'b str, Box<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(file_name, bytes, error.valid_up_to())))
}

/// Reads a text, mends known traps on the way, and returns what `read` makes of it with the warnings, or all that is wrong.
pub(super) fn load<T>(
    file_name: &str,
    text: &str,
    read: &mut dyn FnMut(&Node, &mut Report) -> Option<T>,
) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LARGEST {
        let message = Wordings::new(
            format!("文件有 {} 字节，最多 {LARGEST} 字节", text.len()),
            format!("the file has {} bytes; {LARGEST} are the most", text.len()),
        );
        let help = Wordings::new("分成几条热线，或者删掉不用的内容", "split it into several hotlines, or delete what is not used");
        return Err(vec![whole_file(file_name, "too-big", message, help, text.lines().next().unwrap_or_default())]);
    }
    let original: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut lines = original.clone();
    let mut reported: BTreeMap<usize, Trap> = BTreeMap::new();
    let mut report = Report::new(file_name);
    let mut plan = None;
    for _ in 0..TRIES {
        report = Report::new(file_name);
        let (new, done): (Vec<Trap>, bool) = match yaml::parse(&joined(&lines)) {
            Err(problem) => {
                let near = usize::try_from(problem.place.line).unwrap_or(usize::MAX);
                let new =
                    traps::scan(&lines).into_iter().filter(|trap| !trap.silent && trap.line <= near && !reported.contains_key(&trap.line));
                let new: Vec<Trap> = new.collect();
                if new.is_empty() && !reported.contains_key(&near.saturating_sub(1)) {
                    report.problem(*problem);
                }
                let done = new.is_empty();
                (new, done)
            }
            Ok(tree) => {
                plan = read(&tree, &mut report);
                let bad =
                    |line: usize| report.found.iter().any(|one| one.severity == Severity::Error && one.place.line as usize == line + 1);
                let new: Vec<Trap> =
                    traps::scan(&lines).into_iter().filter(|trap| !reported.contains_key(&trap.line) && bad(trap.line)).collect();
                let done = new.is_empty();
                (new, done)
            }
        };
        for trap in new {
            lines[trap.line].clone_from(&trap.mended);
            reported.insert(trap.line, trap);
        }
        if done {
            break;
        }
    }
    let silent: Vec<Trap> = traps::scan(&lines).into_iter().filter(|trap| trap.silent && !reported.contains_key(&trap.line)).collect();
    report.found.retain(|one| !reported.contains_key(&(one.place.line as usize).saturating_sub(1)));
    for trap in &silent {
        report.found.push(of_trap(file_name, trap, Severity::Warning));
    }
    report.found.extend(reported.values().map(|trap| of_trap(file_name, trap, Severity::Error)));
    for one in &mut report.found {
        one.line = original.get((one.place.line as usize).saturating_sub(1)).cloned().unwrap_or_default();
    }
    report.found.sort_by_key(|one| (one.place, one.severity));
    report.found.dedup();
    let failed = report.found.iter().any(|one| one.severity == Severity::Error);
    report.found.truncate(SHOWN);
    match plan {
        Some(plan) if !failed => Ok((plan, report.found)),
        _ => Err(report.found),
    }
}

/// What has been found in one file.
pub(super) struct Report {
    file: String,
    pub found: Vec<Diagnostic>,
}

impl Report {
    fn new(file: &str) -> Self {
        Self { file: file.to_owned(), found: Vec::new() }
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Adds an error at a node.
    pub fn error(&mut self, node: &Node, code: &'static str, message: Wordings, help: Wordings) {
        self.add(Severity::Error, node.place, node.length, code, message, help);
    }

    /// Adds a warning at a node.
    pub fn warning(&mut self, node: &Node, code: &'static str, message: Wordings, help: Wordings) {
        self.add(Severity::Warning, node.place, node.length, code, message, help);
    }

    fn problem(&mut self, problem: Problem) {
        self.add(Severity::Error, problem.place, problem.length, problem.code, problem.message, problem.help);
    }

    fn add(&mut self, severity: Severity, place: Place, length: u32, code: &'static str, message: Wordings, help: Wordings) {
        if self.found.len() < 10 * SHOWN {
            self.found.push(Diagnostic { file: self.file.clone(), place, length, severity, code, message, help, line: String::new() });
        }
    }
}

fn joined(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

pub(super) fn of_trap(file: &str, trap: &Trap, severity: Severity) -> Diagnostic {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mended = trap.mended.trim();
    Diagnostic {
        file: file.to_owned(),
        place: Place { line: number(trap.line + 1), column: number(trap.column + 1) },
        length: number(trap.length),
        severity,
        code: trap.code,
        message: trap.message.clone(),
        help: Wordings::new(format!("改成 {mended}"), format!("write {mended}")),
        line: String::new(),
    }
}

fn whole_file(file: &str, code: &'static str, message: Wordings, help: Wordings, line: &str) -> Diagnostic {
    let place = Place { line: 1, column: 1 };
    Diagnostic {
        file: file.to_owned(),
        place,
        length: 1,
        severity: Severity::Error,
        code,
        message,
        help,
        line: line.chars().take(200).collect(),
    }
}

pub(super) fn not_utf8(file: &str, bytes: &[u8], good: usize) -> Diagnostic {
    let before = &bytes[..good];
    let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = bytes[good..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| good + at);
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let line_bytes = &bytes[begin..end.min(begin + 600)];
    let (line, _, broken) = encoding_rs::GBK.decode(line_bytes);
    let (zh, en) = match (wide, broken && line_bytes.len() < 600) {
        (true, _) => ("文件是 UTF-16 编码，要用 UTF-8", "the file is UTF-16; UTF-8 is needed"),
        (false, false) => ("文件是 GBK（ANSI）编码，要用 UTF-8", "the file looks like GBK (ANSI); UTF-8 is needed"),
        (false, true) => ("文件不是 UTF-8 编码的文字", "the file is not text in UTF-8"),
    };
    let mut found = whole_file(
        file,
        "not-utf8",
        Wordings::new(zh, en),
        Wordings::new("在编辑器里另存为，编码选 UTF-8", "save it again in your editor with the encoding UTF-8"),
        if wide { "" } else { &line },
    );
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let column = std::str::from_utf8(&bytes[begin..good]).map_or(0, |text| text.chars().count());
    found.place = Place { line: number(before.split(|byte| *byte == b'\n').count()), column: number(column + 1) };
    found
}

fn hash(text: &str) -> String {
    let mut shown = String::new();
    for byte in Md5::digest(text.as_bytes()).iter().take(8) {
        let _ = write!(shown, "{byte:02x}");
    }
    shown
}
