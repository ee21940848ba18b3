//! Writes a file: two spaces a level, double quotes where quotes are needed, short collections on one line.

use unicode_width::UnicodeWidthStr;

use super::tree::{Above, Entry, File, Kind, Value};

/// The widest line that a collection in brackets may take.
const WIDEST: usize = 140;

/// Writes a whole file.
pub(super) fn write(file: &File) -> String {
    let mut out = Writer { text: String::new() };
    out.above(&file.header, 0);
    if let Kind::Map { entries, .. } = &file.root.kind {
        out.top(entries);
    } else {
        out.value(&file.root, 0, After::Nothing, None);
        out.end();
    }
    out.above(&file.footer, 0);
    while out.text.ends_with("\n\n") {
        out.text.pop();
    }
    out.text.trim_start_matches('\n').to_owned()
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Nothing,
    Key,
    Dash,
}

/// Where a scalar stands.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Lines,
    Brackets,
}

struct Writer {
    text: String,
}

impl Writer {
    /// Sections: those with lines of their own are set apart by a blank line.
    fn top(&mut self, entries: &[Entry]) {
        let tall = |entry: &Entry| is_tall(&entry.value, 0);
        for (at, entry) in entries.iter().enumerate() {
            let apart = at > 0 && (tall(entry) || tall(&entries[at - 1]));
            if apart && !self.text.ends_with("\n\n") && entry.above.first() != Some(&Above::Blank) {
                self.blank();
            }
            self.entry(entry, 0, at == 0 && self.text.is_empty());
        }
    }

    fn above(&mut self, lines: &[Above], indent: usize) {
        for line in lines {
            match line {
                Above::Blank => self.blank(),
                Above::Comment(text) => {
                    self.indent(indent);
                    self.text.push_str(text);
                    self.text.push('\n');
                }
            }
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn end(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn entries(&mut self, entries: &[Entry], indent: usize, first_is_begun: bool) {
        for (at, entry) in entries.iter().enumerate() {
            let begun = first_is_begun && at == 0;
            // The first of several never begins with a blank line.
            if at == 0 && !begun {
                let comments = entry.above.iter().position(|line| *line != Above::Blank).unwrap_or(entry.above.len());
                self.above(&entry.above[comments..], indent);
                self.indent(indent);
                self.body(entry, indent);
                continue;
            }
            if begun {
                self.body(entry, indent);
            } else {
                self.entry(entry, indent, false);
            }
        }
    }

    fn entry(&mut self, entry: &Entry, indent: usize, first: bool) {
        if !first || entry.above.first() != Some(&Above::Blank) {
            self.above(&entry.above, indent);
        }
        self.indent(indent);
        self.body(entry, indent);
    }

    /// Writes an entry whose line is indented already.
    fn body(&mut self, entry: &Entry, indent: usize) {
        let beside = entry.beside.as_ref();
        if let Some((key, plain)) = &entry.key {
            self.text.push_str(&scalar(key, *plain, Within::Lines));
            self.text.push(':');
            self.value(&entry.value, indent, After::Key, beside);
        } else {
            self.text.push('-');
            self.value(&entry.value, indent, After::Dash, beside);
        }
        self.end();
        let comments: Vec<Above> = entry.below.clone();
        self.above(&comments, indent);
    }

    fn value(&mut self, value: &Value, indent: usize, after: After, beside: Option<&(String, usize)>) {
        match &value.kind {
            Kind::Scalar { text, plain } if !plain && text.contains('\n') && block(text).is_some() => {
                let (mark, lines) = block(text).unwrap_or_default();
                self.space(after);
                self.text.push_str(mark);
                self.beside(beside);
                for line in lines {
                    self.text.push('\n');
                    if !line.is_empty() {
                        self.indent(indent + 2);
                        self.text.push_str(line);
                    }
                }
                self.end();
            }
            Kind::Scalar { text, plain } => {
                if !(text.is_empty() && *plain) {
                    self.space(after);
                    self.text.push_str(&scalar(text, *plain, Within::Lines));
                }
                self.beside(beside);
            }
            Kind::List { entries, .. } | Kind::Map { entries, .. } if !is_tall(value, self.column()) || entries.is_empty() => {
                self.space(after);
                self.text.push_str(&in_brackets(value));
                self.beside(beside);
            }
            Kind::List { entries, .. } | Kind::Map { entries, .. } if after == After::Dash => {
                // The first entry stands on the dash's line.
                self.text.push(' ');
                if let (Some(beside), Some(first)) = (beside, entries.first())
                    && first.beside.is_none()
                {
                    let line = self.text.len();
                    self.entries(entries, indent + 2, true);
                    let end = self.text[line..].find('\n').map_or(self.text.len(), |at| line + at);
                    self.text.insert_str(end, &format!("  {}", beside.0));
                } else {
                    self.entries(entries, indent + 2, true);
                }
            }
            Kind::List { entries, .. } | Kind::Map { entries, .. } => {
                self.beside(beside);
                let inner = if after == After::Nothing {
                    indent
                } else {
                    self.text.push('\n');
                    indent + 2
                };
                self.entries(entries, inner, false);
            }
        }
    }

    fn space(&mut self, after: After) {
        if after != After::Nothing {
            self.text.push(' ');
        }
    }

    /// Writes a comment on the line, in its old column where there is room.
    fn beside(&mut self, beside: Option<&(String, usize)>) {
        if let Some((comment, column)) = beside {
            let at = self.text.rfind('\n').map_or(0, |at| at + 1);
            let length = self.text[at..].chars().count();
            self.indent(column.saturating_sub(length).max(2));
            self.text.push_str(comment);
        }
    }

    fn column(&self) -> usize {
        let at = self.text.rfind('\n').map_or(0, |at| at + 1);
        self.text[at..].width() + 1
    }
}

/// Whether a value takes lines of its own when it begins in this column.
fn is_tall(value: &Value, column: usize) -> bool {
    match &value.kind {
        Kind::Scalar { text, plain } => !plain && text.contains('\n') && block(text).is_some(),
        Kind::List { entries, flow } | Kind::Map { entries, flow } => {
            !entries.is_empty() && (!flow || column + in_brackets(value).width() > WIDEST)
        }
    }
}

fn in_brackets(value: &Value) -> String {
    match &value.kind {
        Kind::Scalar { text, plain } => scalar(text, *plain, Within::Brackets),
        Kind::List { entries, .. } => {
            format!("[{}]", entries.iter().map(|entry| in_brackets(&entry.value)).collect::<Vec<_>>().join(", "))
        }
        Kind::Map { entries, .. } => {
            let each = entries.iter().map(|entry| {
                let (key, plain) = entry.key.clone().unwrap_or_default();
                format!("{}: {}", scalar(&key, plain, Within::Brackets), in_brackets(&entry.value)).trim_end().to_owned()
            });
            format!("{{{}}}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text of several lines: the mark that begins it, and its lines.
fn block(text: &str) -> Option<(&'static str, Vec<&str>)> {
    let odd = |sign: char| sign.is_control() && sign != '\n' && sign != '\t';
    if text.starts_with([' ', '\n', '\t']) || text.chars().any(odd) || text.trim().is_empty() {
        return None;
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    let mark = if !text.ends_with('\n') {
        "|-"
    } else if text.ends_with("\n\n") {
        "|+"
    } else {
        "|"
    };
    if text.ends_with('\n') {
        lines.pop();
    }
    Some((mark, lines))
}

fn scalar(text: &str, plain: bool, within: Within) -> String {
    if text.is_empty() && plain {
        return String::new();
    }
    if stands_alone(text, within) && (plain || !is_taken_for_something_else(text)) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for sign in text.chars() {
        match sign {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            sign if sign.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(sign))),
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text needs no quotes.
fn stands_alone(text: &str, within: Within) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let mut rest = text.chars().skip(1);
    let begins = match first {
        '-' | '?' | ':' => rest.next().is_some_and(|next| !next.is_whitespace() && !",[]{}".contains(next)),
        first => !"#&*!|>'\"%@`,[]{}".contains(first),
    };
    begins
        && !text.is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.contains('\u{feff}')
        && (within == Within::Lines || !text.contains([',', '[', ']', '{', '}']))
        && !(within == Within::Brackets && text.contains(':'))
        && text != "---"
        && text != "..."
}

/// What YAML, or an editor, would take for a number, a date, a switch or nothing if it stood without quotes; and what holds values.
fn is_taken_for_something_else(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    text.starts_with(|sign: char| sign.is_ascii_digit() || "+-.~".contains(sign))
        || ["yes", "no", "on", "off", "y", "n", "true", "false", "null", "=", "<<"].contains(&word.as_str())
        || text.contains("{{")
        || text.contains("${")
}
