//! The traps of YAML for people who write Chinese, line by line, each with the mended line to copy.
//! Guesses from the look of a line; the loader asks only about lines that went wrong.

use super::diagnostic::Wordings;
use super::keys::{self, Shape};

/// A line that looks like a well-known mistake.
#[derive(Clone, Debug)]
pub(super) struct Trap {
    /// From 0.
    pub line: usize,
    /// In characters, from 0.
    pub column: usize,
    /// In characters.
    pub length: usize,
    pub code: &'static str,
    pub message: Wordings,
    /// The whole line as it should be.
    pub mended: String,
    /// The file is read, but not as it was meant.
    pub silent: bool,
}

/// Looks at every line outside block texts and comments.
pub(super) fn scan(lines: &[String]) -> Vec<Trap> {
    let mut found = Vec::new();
    let mut block: Option<usize> = None;
    for (number, line) in lines.iter().enumerate() {
        let signs: Vec<char> = line.chars().collect();
        let indent = signs.iter().take_while(|sign| is_space(**sign)).count();
        if indent == signs.len() {
            continue;
        }
        if block.is_some_and(|outer| indent > outer) {
            continue;
        }
        block = None;
        if signs[indent] == '#' {
            continue;
        }
        if let Some((column, length, code, message, mended, silent)) = look(&signs, indent) {
            found.push(Trap { line: number, column, length, code, message, mended, silent });
        }
        if [": |", ": >", "- |", "- >"].iter().any(|mark| line.trim_end_matches(['-', '+', ' ']).ends_with(mark)) {
            block = Some(indent);
        }
    }
    found
}

/// Column, length, code, message, the mended line, and whether the file is read all the same.
pub(super) type Finding = (usize, usize, &'static str, Wordings, String, bool);

fn look(signs: &[char], indent: usize) -> Option<Finding> {
    if let Some(at) = signs[..indent].iter().position(|sign| *sign != ' ') {
        let tab = signs[at] == '\t';
        let mended = signs[..indent].iter().map(|sign| if *sign == ' ' { " " } else { "  " }).collect::<String>() + &text(&signs[indent..]);
        return Some(if tab {
            (
                at,
                1,
                "tab",
                Wordings::new("缩进里有 Tab，只能用空格", "a tab in the indentation: only spaces may stand there"),
                mended,
                false,
            )
        } else {
            (
                at,
                1,
                "fullwidth-space",
                Wordings::new(
                    "缩进里有全角空格，只能用半角空格",
                    "a full-width space in the indentation: only plain spaces may stand there",
                ),
                mended,
                false,
            )
        });
    }
    let mut start = indent;
    while signs.get(start) == Some(&'-') && signs.get(start + 1).is_some_and(|next| is_space(*next)) {
        start += 1;
        while signs.get(start).is_some_and(|sign| is_space(*sign)) {
            start += 1;
        }
    }
    if let Some(dash) = missing_space_after_dash(signs, start) {
        return Some(dash);
    }
    key_with_wrong_colon(signs, start)
        .or_else(|| inside_braces(signs, start))
        .or_else(|| wrong_value(signs, start))
        .or_else(|| one_long_item(signs))
        .or_else(|| super::traps_flow::look(signs, start))
}

/// `examples: [查订单，订单在哪]`
fn one_long_item(signs: &[char]) -> Option<Finding> {
    let line = text(signs);
    for name in ["examples", "keywords", "never_say", "numbers", "skills", "reason", "collect", "mask"] {
        let Some(open) = line.find(&format!("{name}: [")) else { continue };
        let open = line[..open].chars().count() + name.len() + 3;
        let Some(length) = signs[open..].iter().position(|sign| *sign == ']') else { continue };
        let inner = &signs[open..open + length];
        let comma = inner.iter().position(|sign| matches!(sign, '，' | '、'));
        if let Some(comma) = comma.filter(|_| !inner.iter().any(|sign| matches!(sign, ',' | '"' | '\''))) {
            let mended = text(&signs[..open]) + &text(inner).replace(['，', '、'], ", ") + &text(&signs[open + length..]);
            let message = Wordings::new("这里的逗号是全角的，整个括号里成了一句话", "the comma is full-width: all of this became one text");
            return Some((open + comma, 1, "fullwidth-comma", message, mended, true));
        }
    }
    None
}

/// `-say: 您好`
fn missing_space_after_dash(signs: &[char], start: usize) -> Option<Finding> {
    let at = start + 1;
    if signs.get(start) != Some(&'-') {
        return None;
    }
    let name = word(signs, at);
    let colon = matches!(signs.get(at + name.chars().count()), Some(':' | '：') | None);
    (colon && keys::find(&name).is_some()).then(|| {
        let mended = text(&signs[..at]) + " " + &text(&signs[at..]);
        (
            start,
            1 + name.chars().count(),
            "missing-space",
            Wordings::new("横线后面少了一个空格", "a space is missing after the dash"),
            mended,
            false,
        )
    })
}

/// `say:您好`, `say：您好`, `“say”: 您好`
fn key_with_wrong_colon(signs: &[char], start: usize) -> Option<Finding> {
    if let Some(open @ ('“' | '”' | '‘' | '’')) = signs.get(start) {
        let close = signs[start + 1..].iter().position(|sign| matches!(sign, '“' | '”' | '‘' | '’'))? + start + 1;
        if !matches!(signs.get(close + 1), Some(':' | '：')) {
            return None;
        }
        let rest = text(&signs[close + 2..]);
        let mended = format!("{}\"{}\": {}", text(&signs[..start]), text(&signs[start + 1..close]), rest.trim_start());
        let message = Wordings::new(format!("名字用了全角引号 {open}"), format!("full-width quotes {open} around a name"));
        return Some((start, close + 1 - start, "fullwidth-quote", message, mended, false));
    }
    let name = word(signs, start);
    let colon = start + name.chars().count();
    if name.is_empty() {
        return None;
    }
    let rest = signs.get(colon + 1..).unwrap_or_default();
    let mend = || format!("{}: {}", text(&signs[..colon]), text(rest).trim_start_matches(is_space)).trim_end().to_owned();
    match signs.get(colon) {
        Some('：') => Some((
            colon,
            1,
            "fullwidth-colon",
            Wordings::new("冒号是全角的 ：，要用英文冒号加空格", "a full-width colon ：: a plain colon and a space belong here"),
            mend(),
            false,
        )),
        Some(':') if rest.first().is_some_and(|next| *next != ' ' && (keys::find(&name).is_some() || *next > '\u{2e80}')) => {
            let message = if rest.first().is_some_and(|next| is_space(*next)) {
                Wordings::new("冒号后面要用半角空格", "a plain space belongs after the colon")
            } else {
                Wordings::new("冒号后面少了一个空格", "a space is missing after the colon")
            };
            Some((start, colon + 2 - start, "missing-space", message, mend(), false))
        }
        _ => None,
    }
}

/// `{say:您好}`, `{say：您好}`, `{ask: 您好，keys: …}`
fn inside_braces(signs: &[char], start: usize) -> Option<Finding> {
    for (at, inside) in outside_quotes(signs, start) {
        if !inside || at + 1 >= signs.len() || !matches!(signs[at], '{' | ',' | ' ' | '，') {
            continue;
        }
        let name = word(signs, at + 1);
        let colon = at + 1 + name.chars().count();
        if name.is_empty() || keys::find(&name).is_none() {
            continue;
        }
        let wrong = match signs.get(colon) {
            Some('：') => true,
            Some(':') => signs.get(colon + 1).is_some_and(|next| *next != ' '),
            _ => false,
        };
        if signs[at] == '，' && (wrong || signs.get(colon) == Some(&':')) {
            let mended = text(&signs[..at]) + ", " + &text(&signs[at + 1..]);
            return Some((
                at,
                1,
                "fullwidth-comma",
                Wordings::new("逗号是全角的 ，，这里要用英文逗号", "a full-width comma ，: a plain comma belongs here"),
                mended,
                false,
            ));
        }
        if wrong {
            let mended = text(&signs[..colon]) + ": " + text(&signs[colon + 1..]).trim_start_matches(is_space);
            let full = signs[colon] == '：';
            let (code, message) = if full {
                (
                    "fullwidth-colon",
                    Wordings::new("冒号是全角的 ：，要用英文冒号加空格", "a full-width colon ：: a plain colon and a space belong here"),
                )
            } else {
                ("missing-space", Wordings::new("冒号后面少了一个空格", "a space is missing after the colon"))
            };
            return Some((colon, 1, code, message, mended, false));
        }
    }
    None
}

/// What stands after `key: ` or `- `.
fn wrong_value(signs: &[char], start: usize) -> Option<Finding> {
    let key = (start..signs.len()).find(|at| signs[*at] == ':' && signs.get(at + 1).is_none_or(|next| *next == ' '));
    let in_list = start > 0 && signs[..start].contains(&'-');
    let starts_open = matches!(signs.get(start), Some('"' | '\'' | '[' | '{'));
    let (name, value) = match key {
        Some(colon) if !starts_open => (text(&signs[start..colon]), (colon + 1..signs.len()).find(|at| signs[*at] != ' ')?),
        _ if in_list || starts_open => (String::new(), start),
        _ => return None,
    };
    let rest = &signs[value..];
    let line_end = text(rest).trim_end().to_owned();
    if let Some(braces) = bare_template(signs, value) {
        return Some(braces);
    }
    if let (Some(open @ ('【' | '［' | '｛')), true) = (rest.first(), wants_brackets(&name)) {
        let mended = text(&signs[..value])
            + &line_end
                .chars()
                .map(|sign| match sign {
                    '【' | '［' => "[".to_owned(),
                    '】' | '］' => "]".to_owned(),
                    '｛' => "{".to_owned(),
                    '｝' => "}".to_owned(),
                    '，' | '、' => ", ".to_owned(),
                    '“' | '”' => "\"".to_owned(),
                    '：' => ": ".to_owned(),
                    other => other.to_string(),
                })
                .collect::<String>();
        let message =
            Wordings::new(format!("括号是全角的 {open}，要用英文括号"), format!("a full-width bracket {open}: plain brackets belong here"));
        return Some((value, 1, "fullwidth-bracket", message, mended, true));
    }
    if let Some(quotes) = fullwidth_quotes(signs, value, &name) {
        return Some(quotes);
    }
    if matches!(rest.first(), Some('"' | '\'' | '{' | '[' | '|' | '>' | '&' | '*' | '#' | '!')) || name.contains('#') {
        return None;
    }
    colon_or_hash(signs, value)
}

/// `say: 注意: 今天休息`, `say: 请按 #号键`
fn colon_or_hash(signs: &[char], value: usize) -> Option<Finding> {
    let comment = (value + 1..signs.len()).find(|at| signs[*at] == '#' && signs[at - 1] == ' ');
    let end = comment.unwrap_or(signs.len());
    if let Some(colon) = (value..end).find(|at| signs[*at] == ':' && signs.get(at + 1).is_none_or(|next| *next == ' ')) {
        let mended = text(&signs[..value]) + &quoted(text(&signs[value..end]).trim_end());
        let message = Wordings::new("文字里有冒号加空格，要放进引号里", "text that holds a colon and a space goes into quotes");
        return Some((colon, 1, "colon-in-text", message, mended, false));
    }
    let end = (comment? + 1..signs.len()).find(|at| signs[*at] == '#' && signs[at - 1] == ' ').unwrap_or(signs.len());
    let hash = comment.filter(|at| {
        signs.get(at + 1).is_some_and(|next| *next != ' ' && *next != '#') && signs[value..].iter().any(|sign| *sign > '\u{2e80}')
    })?;
    let mended = text(&signs[..value]) + &quoted(text(&signs[value..end]).trim_end());
    let message = Wordings::new("空格加 # 以后的字都成了注释，不会说出来", "all after a space and # is a comment: it will not be said");
    Some((hash, end - hash, "text-cut", message, mended, true))
}

/// `say: {{ name }}您好`
fn bare_template(signs: &[char], value: usize) -> Option<Finding> {
    let at = outside_quotes(signs, value).into_iter().map(|(at, _)| at).find(|at| {
        signs[*at] == '{' && signs.get(at + 1) == Some(&'{') && {
            let before = signs[..*at].iter().rev().find(|sign| **sign != ' ');
            matches!(before, Some(':' | '-' | '[' | ',') | None)
        }
    })?;
    let flow = outside_quotes(signs, 0).into_iter().any(|(place, inside)| place == at && inside);
    let mut end = signs.len();
    if flow {
        let mut depth = 0_usize;
        for (place, sign) in signs.iter().enumerate().skip(at) {
            match sign {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                '}' | ']' | ',' if depth == 0 => {
                    end = place;
                    break;
                }
                _ => {}
            }
        }
    }
    let mended = text(&signs[..at]) + &quoted(text(&signs[at..end]).trim_end()) + &text(&signs[end..]);
    let message = Wordings::new("以 {{ 开头的文字要放进引号里", "text that begins with {{ goes into quotes");
    Some((at, 2, "unquoted-braces", message, mended, false))
}

/// `numbers: [“8001”]`
fn fullwidth_quotes(signs: &[char], value: usize, name: &str) -> Option<Finding> {
    let rest = &signs[value..];
    let at = rest.iter().position(|sign| matches!(sign, '“' | '”'))?;
    let heard = matches!(keys::find(name).map(|key| key.shape), Some(Shape::Words | Shape::Prompt | Shape::Either(_)) | None);
    if heard || !(at == 0 || rest[0] == '[') {
        return None;
    }
    let mended = text(&signs[..value]) + &text(rest).replace(['“', '”'], "\"").replace("\"，", "\", ").replace("\"、", "\", ");
    Some((
        value + at,
        1,
        "fullwidth-quote",
        Wordings::new("引号是全角的 “”，要用英文引号", "full-width quotes “”: plain quotes belong here"),
        mended,
        false,
    ))
}

fn wants_brackets(name: &str) -> bool {
    keys::find(name.trim()).is_some_and(|key| matches!(key.shape, Shape::Many(_) | Shape::Each(_) | Shape::Group(_) | Shape::Steps))
}

/// The characters outside quotes, each with whether it stands inside `{` or `[`.
pub(super) fn outside_quotes(signs: &[char], start: usize) -> Vec<(usize, bool)> {
    let mut open: Option<char> = None;
    let mut depth = 0_usize;
    let mut out = Vec::new();
    let mut at = start;
    while at < signs.len() {
        let sign = signs[at];
        match open {
            Some('"') if sign == '\\' => at += 1,
            Some(quote) if sign == quote => open = None,
            Some(_) => {}
            None if matches!(sign, '"' | '\'') && (at == 0 || !signs[at - 1].is_alphanumeric()) => open = Some(sign),
            None if sign == '#' && at > 0 && signs[at - 1] == ' ' => break,
            None => {
                let inside = depth > 0;
                match sign {
                    '{' | '[' => depth += 1,
                    '}' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                out.push((at, inside || depth > 0));
            }
        }
        at += 1;
    }
    out
}

pub(super) fn word(signs: &[char], start: usize) -> String {
    signs.iter().skip(start).take_while(|sign| sign.is_ascii_alphanumeric() || **sign == '_').collect()
}

pub(super) fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains('\'') {
        format!("'{text}'")
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

pub(super) fn text(signs: &[char]) -> String {
    signs.iter().collect()
}

fn is_space(sign: char) -> bool {
    matches!(sign, ' ' | '\t' | '\u{3000}' | '\u{a0}' | '\u{feff}')
}
