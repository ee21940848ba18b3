//! YAML to a tree in which every node knows its place and every scalar stays as written: `no` and `010123` are text.
//! Knows no key of the language. Anchors and tags are refused, depth and size bounded.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, StructureStyle};

use super::Place;
use super::diagnostic::Wordings;

/// How deep maps and lists may stand in each other.
const DEEPEST: usize = 40;
/// How many values a file may hold.
const MOST: usize = 100_000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub place: Place,
    pub length: u32,
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Text as written.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map, in the file's order; the keys are scalars.
    Map(Vec<(Node, Node)>),
}

/// Why a text is no YAML that Bellhop takes.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub place: Place,
    pub length: u32,
    pub code: &'static str,
    pub message: Wordings,
    pub help: Wordings,
}

impl Node {
    /// Returns the text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Moves everything down by so many lines.
    pub fn shift(&mut self, lines: u32) {
        self.place.line += lines;
        match &mut self.kind {
            Kind::Scalar { .. } => {}
            Kind::List(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    key.shift(lines);
                    value.shift(lines);
                }
            }
        }
    }

    /// Says whether nothing is written there.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if text.is_empty() || text == "~")
    }
}

/// Parses one document.
pub(super) fn parse(text: &str) -> Result<Node, Box<Problem>> {
    parse_document(text).map_err(|mut problem| {
        if problem.message.en == NOT_CLOSED
            && let Some(place) = opening_quote(text, problem.place)
        {
            problem.place = place;
        }
        problem
    })
}

/// What is said of quotes that do not end.
const NOT_CLOSED: &str = "the quotes are not closed";

/// Finds the quote that was left open: the parser notices only where the next one, or the file, ends it.
fn opening_quote(text: &str, noticed: Place) -> Option<Place> {
    let lines: Vec<&str> = text.lines().take(noticed.line as usize).collect();
    lines.iter().enumerate().rev().find_map(|(number, line)| {
        let opens = [": \"", "- \"", "[\"", ", \"", ": '", "- '"].iter().filter_map(|mark| Some((line.rfind(mark)?, mark))).max()?;
        let at = opens.0 + opens.1.len() - 1;
        let quote = &line[at..=at];
        let closed = line[at + 1..].contains(quote);
        let column = line[..at].chars().count();
        let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        (!closed).then(|| Place { line: count(number + 1), column: count(column + 1) })
    })
}

fn parse_document(text: &str) -> Result<Node, Box<Problem>> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder { events: Parser::new_from_str_with_options(text, options), count: 0 };
    let mut root = None;
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::DocumentStart(..) if root.is_some() => {
                return Err(Box::new(problem(
                    span,
                    "several-documents",
                    Wordings::new("一个文件只能有一条热线，这里用 --- 又开始了一个", "one file holds one hotline; --- begins another here"),
                    Wordings::new("删掉这一行，或者另存一个文件", "delete this line, or put the rest into a file of its own"),
                )));
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
            event => root = Some(builder.node(event, span, 0)?),
        }
    }
    root.filter(|node| !node.is_nothing()).ok_or_else(|| {
        Box::new(Problem {
            place: Place { line: 1, column: 1 },
            length: 1,
            code: "empty",
            message: Wordings::new("文件是空的", "the file is empty"),
            help: Wordings::new("第一行写：dialplan: 1", "write as its first line: dialplan: 1"),
        })
    })
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    count: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Box<Problem>> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => {
                let (message, help) = explain(error.kind(), &error.info());
                let code = if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) { "too-deep" } else { "syntax" };
                Err(Box::new(Problem { place: place(*error.marker()), length: 1, code, message, help }))
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Box<Problem>> {
        self.count += 1;
        if self.count > MOST || depth > DEEPEST {
            return Err(Box::new(problem(
                span,
                "too-deep",
                Wordings::new("文件里的内容太多或者套得太深", "too many values, or too deep"),
                Wordings::new("分成几个文件", "split it into several files"),
            )));
        }
        if event.anchor_id().is_some_and(|id| id != 0) || matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_)) {
            return Err(Box::new(problem(
                span,
                "anchor",
                Wordings::new("这里不用 YAML 的锚点（& 和 *）", "YAML anchors (& and *) are not used here"),
                Wordings::new(
                    "如果是文字或按键，放进引号里，例如 \"*\"；重复的内容写成 flow 或 prompt",
                    "text and keys go into quotes, as \"*\"; what repeats becomes a flow or a prompt",
                ),
            )));
        }
        if event.tag().is_some() {
            return Err(Box::new(problem(
                span,
                "tag",
                Wordings::new("这里不用 YAML 的标签（!）", "YAML tags (!) are not used here"),
                Wordings::new("如果是文字，放进引号里", "if it is text, put it in quotes"),
            )));
        }
        let at = place(span.start);
        match event {
            Event::Scalar(text, style, ..) => {
                let length = if span.end.line() == span.start.line() { span.end.col().saturating_sub(span.start.col()) } else { 1 };
                let plain = matches!(style, ScalarStyle::Plain);
                let text = if plain && length == 0 { String::new() } else { text.into_owned() };
                Ok(Node { place: at, length: u32::try_from(length.max(1)).unwrap_or(1), kind: Kind::Scalar { text, plain } })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                while let Some((event, span)) = self.next()? {
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.node(event, span, depth + 1)?);
                }
                Ok(Node { place: at, length: 1, kind: Kind::List(items) })
            }
            Event::MappingStart(style, ..) => {
                let mut entries = Vec::new();
                while let Some((event, span)) = self.next()? {
                    if matches!(event, Event::MappingEnd) {
                        break;
                    }
                    let key = self.node(event, span, depth + 1)?;
                    let Some((event, value_span)) = self.next()? else { break };
                    let value = self.node(event, value_span, depth + 1)?;
                    if key.text().is_none() {
                        return Err(Box::new(Problem {
                            place: key.place,
                            length: key.length,
                            code: "syntax",
                            message: Wordings::new("这里应该是一个名字，后面跟冒号", "a name and a colon were expected here"),
                            help: Wordings::new("以 {{ 开头的文字要放进引号里", "text that begins with {{ goes into quotes"),
                        }));
                    }
                    entries.push((key, value));
                }
                let length = match (style, entries.first()) {
                    (StructureStyle::Block, Some((key, _))) => key.length,
                    _ => 1,
                };
                Ok(Node { place: at, length, kind: Kind::Map(entries) })
            }
            _ => Err(Box::new(problem(span, "syntax", Wordings::new("这里的写法读不懂", "this cannot be read"), Wordings::default()))),
        }
    }
}

fn place(marker: granit_parser::Marker) -> Place {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Place { line: number(marker.line()).max(1), column: number(marker.col()).saturating_add(1) }
}

fn problem(span: Span, code: &'static str, message: Wordings, help: Wordings) -> Problem {
    let length = if span.end.line() == span.start.line() { span.end.col().saturating_sub(span.start.col()) } else { 1 };
    Problem { place: place(span.start), length: u32::try_from(length.max(1)).unwrap_or(1), code, message, help }
}

/// Says a syntax error in the words of someone who does not know YAML.
fn explain(kind: &ErrorKind, info: &str) -> (Wordings, Wordings) {
    let (zh, en, help_zh, help_en) = match kind {
        ErrorKind::RecursionLimitExceeded => ("套得太深", "too deep".to_owned(), "把里面的步骤写成 flow", "make the inner steps a flow"),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            ("引号没有结束", NOT_CLOSED.to_owned(), "在这段文字后面补上引号", "close the quotes after the text")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => (
            "括号没有配对，或者少了英文逗号",
            "a bracket is not closed, or a comma is missing".to_owned(),
            "检查这一行前后的 [ ] { } 和逗号；文字里有这些符号时放进引号里",
            "check [ ] { } and the commas near this line; text that holds them goes into quotes",
        ),
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => (
            "缩进不对：同一层的行要从同一列开始",
            "the indentation is wrong: lines of one level begin in one column".to_owned(),
            "和上面同一层的行对齐，用空格，不用 Tab",
            "align it with the line above of the same level, with spaces, not tabs",
        ),
        ErrorKind::SimpleKeyExpected => (
            "这里少了一个冒号和空格",
            "a colon and a space are missing here".to_owned(),
            "写成 名字: 内容，冒号是英文的，后面有一个空格",
            "write name: value, with a space after the colon",
        ),
        ErrorKind::MappingValueNotAllowed => (
            "这一行没有和同一层的行对齐，或者上面一行少了冒号",
            "this line is not aligned with its level, or the line above lacks a colon".to_owned(),
            "和上面同一层的行从同一列开始；上面一行写成 名字: 内容",
            "begin in the column of the lines of this level; write the line above as name: value",
        ),
        _ => (
            "这里的写法读不懂",
            format!("this cannot be read: {info}"),
            "文字里有符号时放进英文双引号里",
            "text that holds signs goes into double quotes",
        ),
    };
    (Wordings::new(zh, en), Wordings::new(help_zh, help_en))
}
