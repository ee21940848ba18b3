//! What is wrong with a dialplan, told to the person who wrote it: the place, the line, a caret, what was expected, one line of help.
//! Knows no key of the language.

use std::fmt::Write as _;

use serde_json::{Value, json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Place;
use crate::base::Language;

/// The widest piece of a line that is shown, in columns.
const WIDEST: usize = 110;

/// One finding, with its place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file's name as given.
    pub file: String,
    /// Where it begins.
    pub place: Place,
    /// How many characters the caret underlines, at least 1.
    pub length: u32,
    /// Whether the dialplan is refused.
    pub severity: Severity,
    /// A word to search for; never changes.
    pub code: &'static str,
    /// What is wrong and what was expected.
    pub message: Wordings,
    /// What to do, with the line to copy where there is one; may be empty.
    pub help: Wordings,
    /// The line as it stands in the file.
    pub line: String,
}

/// Whether a finding refuses a dialplan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Refused: a running hotline keeps its old dialplan.
    Error,
    /// Taken, but perhaps not what was meant.
    Warning,
}

/// The same words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wordings {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Severity {
    /// Returns the word used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Wordings {
    /// Takes the words in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Returns the words in a language.
    #[must_use]
    pub fn said_in(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

impl Diagnostic {
    /// Renders it for a person: four lines, the caret under the exact columns (a Chinese character is two wide).
    #[must_use]
    pub fn human(&self, language: Language) -> String {
        let mut out = String::new();
        let severity = match (self.severity, language) {
            (Severity::Error, Language::Zh) => "错误",
            (Severity::Warning, Language::Zh) => "提醒",
            (severity, Language::En) => severity.word(),
        };
        let Place { line, column } = self.place;
        let _ = writeln!(out, "{}:{line}:{column}: {severity}[{}]: {}", self.file, self.code, self.message.said_in(language));
        let (before, marked, after) = self.pieces();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let _ = writeln!(out, " {number} | {before}{marked}{after}");
        let carets = "^".repeat(marked.width().max(1));
        let _ = writeln!(out, " {margin} | {}{carets}", " ".repeat(before.width()));
        let help = self.help.said_in(language);
        if !help.is_empty() {
            let _ = writeln!(out, " {margin} = {}{help}", if language == Language::Zh { "怎么改：" } else { "help: " });
        }
        out
    }

    /// Renders it for programs: `{file,line,column,severity,code,message,help}`.
    #[must_use]
    pub fn json(&self, language: Language) -> Value {
        json!({
            "file": self.file,
            "line": self.place.line,
            "column": self.place.column,
            "severity": self.severity.word(),
            "code": self.code,
            "message": self.message.said_in(language),
            "help": self.help.said_in(language),
        })
    }

    /// Cuts the line before and after the caret, and to a width that a terminal shows.
    fn pieces(&self) -> (String, String, String) {
        let at = self.place.column.saturating_sub(1) as usize;
        let length = self.length.max(1) as usize;
        let mut signs = self.line.chars().map(seen);
        // No more than a screen's width of any part is looked at: a line may have megabytes.
        let far = at.saturating_sub(2 * WIDEST);
        signs.by_ref().take(far).for_each(drop);
        let mut before: Vec<char> = signs.by_ref().take(at - far).collect();
        let mut marked: Vec<char> = signs.by_ref().take(length.min(2 * WIDEST)).collect();
        let mut after: Vec<char> = if length > 2 * WIDEST { Vec::new() } else { signs.take(WIDEST).collect() };
        let width = |signs: &[char]| signs.iter().map(|sign| sign.width().unwrap_or(1)).sum::<usize>();
        if width(&before) > WIDEST / 2 && width(&before) + width(&marked) + width(&after) > WIDEST {
            let keep = before.len().saturating_sub(WIDEST / 4);
            before.splice(..keep, ['…']);
        }
        if width(&marked) > WIDEST / 2 {
            while width(&marked) > WIDEST / 2 {
                marked.pop();
            }
            marked.push('…');
            after.clear();
        }
        if width(&before) + width(&marked) + width(&after) > WIDEST {
            while !after.is_empty() && width(&before) + width(&marked) + width(&after) >= WIDEST {
                after.pop();
            }
            after.push('…');
        }
        (before.into_iter().collect(), marked.into_iter().collect(), after.into_iter().collect())
    }
}

/// Shows what cannot be seen: tabs, full-width spaces and control characters.
fn seen(sign: char) -> char {
    match sign {
        '\t' => '→',
        '\u{3000}' => '　',
        sign if sign.width().unwrap_or(0) == 0 => '·',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str, column: u32, length: u32) -> Diagnostic {
        Diagnostic {
            file: "a.yaml".to_owned(),
            place: Place { line: 7, column },
            length,
            severity: Severity::Error,
            code: "unknown-key",
            message: Wordings::new("不认识", "unknown"),
            help: Wordings::new("写对", "mend it"),
            line: line.to_owned(),
        }
    }

    #[test]
    fn the_caret_stands_under_chinese_characters() {
        let shown = at("名字: 优选母婴", 5, 2).human(Language::Zh);
        assert_eq!(shown, "a.yaml:7:5: 错误[unknown-key]: 不认识\n 7 | 名字: 优选母婴\n   |       ^^^^\n   = 怎么改：写对\n");
    }

    #[test]
    fn a_line_of_ten_megabytes_is_shown_in_part() {
        let long = "长".repeat(3_000_000);
        for (column, length) in [(1, 1), (1_500_000, 40), (1, 3_000_000), (3_000_000, 9), (9_000_000, 1)] {
            let shown = at(&long, column, length).human(Language::En);
            assert!(shown.lines().all(|line| line.width() < 240), "{column} {length}: {}", shown.lines().count());
        }
    }
}
