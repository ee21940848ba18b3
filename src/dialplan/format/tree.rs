//! The file as it is laid out: values with their style, entries with their comments and the blank lines before them.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

/// A file taken apart.
pub(super) struct File {
    /// Comments before everything else.
    pub header: Vec<Above>,
    pub root: Value,
    /// Comments after everything else.
    pub footer: Vec<Above>,
}

/// A line above an entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Above {
    Blank,
    Comment(String),
}

/// A value as it is laid out.
#[derive(Debug)]
pub(super) struct Value {
    pub kind: Kind,
    /// Its first and its last line, from 1.
    lines: (usize, usize),
    column: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar { text: String, plain: bool },
    List { entries: Vec<Entry>, flow: bool },
    Map { entries: Vec<Entry>, flow: bool },
}

/// An item of a list, or a key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key and whether it stands without quotes; none in lists.
    pub key: Option<(String, bool)>,
    pub value: Value,
    pub above: Vec<Above>,
    /// A comment on its line, and the column in which it begins, from 0.
    pub beside: Option<(String, usize)>,
    /// Comments after its value that stand further right than what follows.
    pub below: Vec<Above>,
    line: usize,
    column: usize,
    number: usize,
}

/// Takes a file apart; `None` where it is no plain YAML.
pub(super) fn build(text: &str) -> Option<File> {
    let mut builder = Builder { events: Parser::new_from_str(text), scalars: Vec::new(), entries: 0 };
    let mut root = None;
    while let Some((event, span)) = builder.next() {
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
            event => root = Some(builder.value(event, span)?),
        }
    }
    let mut root = root?;
    let lines: Vec<&str> = text.lines().collect();
    let comments = comments(&lines, &builder.scalars);
    let blanks = |line: usize| lines.get(line.wrapping_sub(1)).is_some_and(|line| line.trim().is_empty());
    let mut places = Vec::new();
    gather(&root, &mut places);
    places.sort_by_key(|place| place.number);
    let mut notes =
        Notes { above: vec![Vec::new(); builder.entries], beside: vec![None; builder.entries], below: vec![Vec::new(); builder.entries] };
    let (mut header, mut footer) = (Vec::new(), Vec::new());
    for comment in &comments {
        let owner =
            places.iter().filter(|place| place.line <= comment.line).max_by_key(|place| (place.line, std::cmp::Reverse(place.number)));
        let inside = owner.is_some_and(|owner| owner.flow && owner.last > comment.line);
        if comment.beside
            && let Some(owner) = owner.filter(|owner| owner.line == comment.line || owner.last == comment.line)
            && !inside
        {
            // The entry furthest in on that line.
            let on_line = places.iter().filter(|place| place.line == owner.line).max_by_key(|place| place.number).unwrap_or(owner);
            notes.beside[on_line.number] = Some((comment.text.clone(), comment.column));
            continue;
        }
        let mut above = Vec::new();
        if blanks(comment.line - 1) {
            above.push(Above::Blank);
        }
        above.push(Above::Comment(comment.text.clone()));
        if let Some(owner) = owner.filter(|_| inside) {
            notes.above[owner.number].extend(above);
            continue;
        }
        let next = places.iter().filter(|place| place.line > comment.line).min_by_key(|place| place.number);
        match (next, owner) {
            (Some(next), Some(_)) if comment.column <= next.column => notes.above[next.number].extend(above),
            (Some(next), None) if next.number == 0 => header.extend(above),
            (None, _) if comment.column == 0 => footer.extend(above),
            (_, Some(owner)) => {
                let before = places.iter().filter(|place| place.number <= last_number(&places, owner) && place.column <= comment.column);
                match before.max_by_key(|place| place.number) {
                    Some(place) => notes.below[place.number].extend(above),
                    None => footer.extend(above),
                }
            }
            (Some(next), None) => notes.above[next.number].extend(above),
            (None, None) => footer.extend(above),
        }
    }
    // A blank line before an entry, or between its comments and it.
    for place in &places {
        if place.number > 0 && blanks(place.line - 1) && !places.iter().any(|other| other.number < place.number && other.line == place.line)
        {
            notes.above[place.number].push(Above::Blank);
        }
    }
    if places.first().is_some_and(|first| blanks(first.line.saturating_sub(1))) && !header.is_empty() {
        header.push(Above::Blank);
    }
    give(&mut root, &mut notes);
    Some(File { header, root, footer })
}

/// The last entry that begins on the line of this one.
fn last_number(places: &[Spot], owner: &Spot) -> usize {
    places.iter().filter(|place| place.line == owner.line).map(|place| place.number).max().unwrap_or(owner.number)
}

struct Notes {
    above: Vec<Vec<Above>>,
    beside: Vec<Option<(String, usize)>>,
    below: Vec<Vec<Above>>,
}

struct Spot {
    number: usize,
    line: usize,
    column: usize,
    /// The last line of its value.
    last: usize,
    flow: bool,
}

/// Lists the entries that have lines of their own.
fn gather(value: &Value, places: &mut Vec<Spot>) {
    if let Kind::List { entries, flow: false } | Kind::Map { entries, flow: false } = &value.kind {
        for entry in entries {
            let flow = matches!(entry.value.kind, Kind::List { flow: true, .. } | Kind::Map { flow: true, .. });
            places.push(Spot { number: entry.number, line: entry.line, column: entry.column, last: entry.value.lines.1, flow });
            gather(&entry.value, places);
        }
    }
}

fn give(value: &mut Value, notes: &mut Notes) {
    if let Kind::List { entries, flow: false } | Kind::Map { entries, flow: false } = &mut value.kind {
        for entry in entries {
            entry.above = std::mem::take(&mut notes.above[entry.number]);
            entry.beside = notes.beside[entry.number].take();
            entry.below = std::mem::take(&mut notes.below[entry.number]);
            give(&mut entry.value, notes);
        }
    }
}

struct Comment {
    line: usize,
    column: usize,
    text: String,
    /// Whether something stands before it on its line.
    beside: bool,
}

/// A scalar's first and last place: lines from 1, columns from 0.
type Range = ((usize, usize), (usize, usize));

fn comments(lines: &[&str], scalars: &[Range]) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut scalars = scalars.iter().peekable();
    for (number, line) in lines.iter().enumerate().map(|(number, line)| (number + 1, *line)) {
        let mut before = ' ';
        for (column, sign) in line.chars().enumerate() {
            while scalars.peek().is_some_and(|(_, end)| *end <= (number, column)) {
                scalars.next();
            }
            let inside = scalars.peek().is_some_and(|(start, end)| *start <= (number, column) && (number, column) < *end);
            if sign == '#' && !inside && before.is_whitespace() {
                let text: String = line.chars().skip(column).collect();
                let beside = line.chars().take(column).any(|sign| !sign.is_whitespace());
                found.push(Comment { line: number, column, text: text.trim_end().to_owned(), beside });
                break;
            }
            before = sign;
        }
    }
    found
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    scalars: Vec<Range>,
    /// How many entries with lines of their own there are.
    entries: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        loop {
            let (event, span) = self.events.next_event()?.ok()?;
            // Comments are found in the text itself: the parser may or may not tell of them.
            if !format!("{event:?}").starts_with("Comment") {
                return Some((event, span));
            }
        }
    }

    fn number(&mut self, flow: bool) -> usize {
        if flow {
            return 0;
        }
        self.entries += 1;
        self.entries - 1
    }

    fn value(&mut self, event: Event<'a>, span: Span) -> Option<Value> {
        let (line, column) = (span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, ..) => {
                let end = (span.end.line(), span.end.col());
                let plain = matches!(style, ScalarStyle::Plain);
                let nothing = plain && end == (line, column);
                if !nothing {
                    self.scalars.push(((line, column), end));
                }
                let text = if nothing { String::new() } else { text.into_owned() };
                let last = if end.1 == 0 { end.0.saturating_sub(1) } else { end.0 };
                Some(Value { kind: Kind::Scalar { text, plain }, lines: (line, last.max(line)), column })
            }
            Event::SequenceStart(style, ..) => {
                let flow = matches!(style, StructureStyle::Flow);
                let mut entries: Vec<Entry> = Vec::new();
                let mut last = line;
                while let Some((event, span)) = self.next() {
                    if matches!(event, Event::SequenceEnd) {
                        last = if flow { span.end.line() } else { last };
                        break;
                    }
                    let number = self.number(flow);
                    let value = self.value(event, span)?;
                    last = value.lines.1.max(last);
                    let (line, column) = (value.lines.0, column);
                    entries.push(Entry { key: None, value, above: Vec::new(), beside: None, below: Vec::new(), line, column, number });
                }
                Some(Value { kind: Kind::List { entries, flow }, lines: (line, last), column })
            }
            Event::MappingStart(style, ..) => {
                let flow = matches!(style, StructureStyle::Flow);
                let mut entries = Vec::new();
                let mut last = line;
                while let Some((event, span)) = self.next() {
                    if matches!(event, Event::MappingEnd) {
                        last = if flow { span.end.line() } else { last };
                        break;
                    }
                    let number = self.number(flow);
                    let key = self.value(event, span)?;
                    let (line, column) = (key.lines.0, key.column);
                    let Kind::Scalar { text, plain } = key.kind else { return None };
                    let (event, span) = self.next()?;
                    let value = self.value(event, span)?;
                    last = value.lines.1.max(last).max(line);
                    let key = Some((text, plain));
                    entries.push(Entry { key, value, above: Vec::new(), beside: None, below: Vec::new(), line, column, number });
                }
                Some(Value { kind: Kind::Map { entries, flow }, lines: (line, last), column })
            }
            _ => None,
        }
    }
}
