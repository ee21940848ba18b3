//! The house rules of ARCHITECTURE.md, read from the source text: who may import whom, which package lives where, how long a file may be.
//! All that is wrong is listed at once as `file:line: what`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test may fail loudly, and real peers keep real time"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up; ARCHITECTURE.md shows the same table and a test below compares them.
const FLOORS: [&[&str]; 9] = [
    &["base"],
    &["audio", "wire", "spoken"],
    &["stream", "sip", "speech", "intent", "feelings", "dialplan"],
    &["lint", "ivr", "acd"],
    &["call"],
    &["net", "browser", "engines", "recorder", "store", "sources"],
    &["exchange", "rehearsal", "phone"],
    &["web"],
    &["app"],
];

/// The lowest floor that may do I/O; the cores below take time as an argument.
const SHELLS: usize = 5;

/// The most lines of a file before its tests.
const LONGEST: usize = 600;

/// Where a package may be named.
enum Wall {
    Rooms(&'static [&'static str]),
    FromFloor(usize),
    /// Only in these rooms, but in anybody's tests.
    RoomsAndTests(&'static [&'static str]),
}

const WALLS: &[(&str, Wall)] = &[
    ("tokio", Wall::FromFloor(SHELLS)),
    ("tokio_util", Wall::FromFloor(SHELLS)),
    ("metrics", Wall::FromFloor(SHELLS)),
    ("metrics_exporter_prometheus", Wall::FromFloor(7)),
    ("tracing", Wall::FromFloor(2)),
    ("tracing_subscriber", Wall::FromFloor(8)),
    ("rsipstack", Wall::Rooms(&["net"])),
    ("webrtc", Wall::Rooms(&["browser"])),
    ("sqlx", Wall::Rooms(&["store"])),
    ("vosk", Wall::Rooms(&["engines"])),
    ("ort", Wall::Rooms(&["engines"])),
    ("zip", Wall::Rooms(&["engines"])),
    ("tokio_tungstenite", Wall::Rooms(&["engines"])),
    ("rubato", Wall::Rooms(&["audio"])),
    ("minijinja", Wall::Rooms(&["dialplan"])),
    ("serde_saphyr", Wall::Rooms(&["dialplan", "app"])),
    ("anyhow", Wall::RoomsAndTests(&["app"])),
    ("clap", Wall::Rooms(&["app"])),
];

/// What reads a clock, starts a thread, blocks or opens a socket; not in the cores, except that `base::Clock` reads the clock.
const NOT_IN_CORES: &[(&[&str], &str)] = &[
    (&["Instant", "::", "now"], "reads the clock"),
    (&["SystemTime"], "reads the clock"),
    (&["Zoned", "::", "now"], "reads the clock"),
    (&["Timestamp", "::", "now"], "reads the clock"),
    (&["Clock"], "holds the clock"),
    (&["thread", "::", "spawn"], "starts a thread"),
    (&["thread", "::", "sleep"], "sleeps"),
    (&["Mutex"], "blocks"),
    (&["RwLock"], "blocks"),
    (&["Condvar"], "blocks"),
    (&["UdpSocket"], "opens a socket"),
    (&["TcpStream"], "opens a socket"),
    (&["TcpListener"], "opens a socket"),
    (&["async"], "is asynchronous"),
];

#[test]
fn the_house_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 40, "only {} source files were found", files.len());
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let shown = file.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            (shown, fs::read_to_string(file).expect("a readable source file"))
        })
        .collect();
    let tests: BTreeSet<String> = texts.iter().flat_map(|(file, text)| test_modules(file, text)).collect();
    let faults: Vec<String> = texts.iter().flat_map(|(file, text)| check(file, text, &tests)).collect();
    assert!(faults.is_empty(), "{} faults against the floors of ARCHITECTURE.md:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_table_in_architecture_is_the_one_checked() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut shown: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, floor, room, ..] = cells[..]
            && let (Ok(floor), Some(room)) = (floor.parse::<usize>(), room.strip_prefix('`').and_then(|room| room.strip_suffix('`')))
        {
            shown.entry(floor).or_default().push(room.to_owned());
        }
    }
    for (floor, rooms) in FLOORS.iter().enumerate() {
        let mut shown = shown.remove(&floor).unwrap_or_default();
        let mut rooms = rooms.to_vec();
        shown.sort_unstable();
        rooms.sort_unstable();
        assert_eq!(shown, rooms, "floor {floor}");
    }
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The names of a file's module and those it is in, from the room down.
fn module_path(file: &str) -> Vec<&str> {
    let inside = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
    let mut modules: Vec<&str> = inside.split('/').collect();
    if modules.last() == Some(&"mod") {
        modules.pop();
    }
    modules
}

/// The files that a file declares as tests: `#[cfg(test)] mod conversations;`, as paths of modules.
fn test_modules(file: &str, text: &str) -> Vec<String> {
    let words = words(text);
    let declared = test_modules_begin(&words).filter(|(_, name)| is(&words, name + 1, ";"));
    declared.map(|(_, name)| format!("{}/{}", module_path(file).join("/"), words[name].text)).collect()
}

/// Lists the faults of one file; `file` is its path from the project's root, with slashes, `tests` the modules that are tests.
fn check(file: &str, text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let modules = module_path(file);
    let mut say = |line: usize, what: String| faults.push(format!("{file}:{line}: {what}"));
    if modules == ["main"] {
        if text.lines().count() >= 30 {
            say(30, "main.rs stays under 30 lines; the program begins in `app`".into());
        }
        return faults;
    }
    if modules == ["lib"] {
        return faults;
    }
    let room = modules[0];
    let Some(floor) = floor_of(room) else {
        say(1, format!("`{room}` is a room on no floor: give it one in ARCHITECTURE.md and tests/floors.rs"));
        return faults;
    };

    let words = words(text);
    let only_tests = (1..=modules.len()).any(|length| tests.contains(&modules[..length].join("/")));
    let tests_from = if only_tests { 0 } else { first_line_of_tests(&words) };
    let before_tests = text.lines().count().min(tests_from.saturating_sub(1));
    if before_tests > LONGEST {
        say(LONGEST + 1, format!("{before_tests} lines before the tests: over {LONGEST}, split it by reason to change"));
    }
    for (line, other) in imports(&words, modules.len()) {
        match floor_of(&other) {
            _ if other == room => {}
            None => say(line, format!("`crate::{other}` is no room")),
            Some(theirs) if theirs >= floor => {
                say(line, format!("`{room}` (floor {floor}) imports `{other}` (floor {theirs}); only strictly lower floors"));
            }
            Some(_) => {}
        }
    }
    let own_modules: Vec<&str> = words.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.as_str()).collect();
    for (line, package, wall) in packages(&words, &own_modules) {
        let fault = match wall {
            Wall::Rooms(rooms) => (!rooms.contains(&room)).then(|| format!("only in {}", rooms.join(", "))),
            Wall::RoomsAndTests(rooms) => {
                (!rooms.contains(&room) && line < tests_from).then(|| format!("only in {} and tests", rooms.join(", ")))
            }
            Wall::FromFloor(least) => (floor < *least).then(|| format!("only from floor {least} up")),
        };
        if let Some(fault) = fault {
            say(line, format!("`{room}` (floor {floor}) names the package `{package}`; {fault}"));
        }
    }
    if floor < SHELLS && modules != ["base", "clock"] {
        for (place, word) in words.iter().enumerate().filter(|(_, word)| word.line < tests_from) {
            for (pattern, what) in NOT_IN_CORES {
                let found = pattern.iter().enumerate().all(|(ahead, part)| words.get(place + ahead).is_some_and(|word| word.text == *part));
                if found && (room, *pattern) != ("base", &["Clock"]) {
                    say(
                        word.line,
                        format!("`{}` {what}; `{room}` is a core (floor {floor}): time and I/O are arguments", pattern.concat()),
                    );
                }
            }
        }
    }
    faults
}

/// One identifier or mark of the code, comments and literals left out.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    line: usize,
}

fn words(text: &str) -> Vec<Word> {
    let characters: Vec<char> = text.chars().collect();
    let at = |place: usize| characters.get(place).copied().unwrap_or('\0');
    let mut words = Vec::new();
    let (mut place, mut line) = (0, 1);
    while place < characters.len() {
        let begin = place;
        match at(place) {
            '/' if at(place + 1) == '/' => place = find(&characters, place, &['\n']),
            '/' if at(place + 1) == '*' => place = end_of_comment(&characters, place),
            '"' => place = end_of_string(&characters, place + 1),
            'r' if raw_hashes(&characters, place + 1).is_some() => place = end_of_raw(&characters, place + 1),
            'b' if at(place + 1) == 'r' && raw_hashes(&characters, place + 2).is_some() => place = end_of_raw(&characters, place + 2),
            // A character, or a lifetime: only a character has its closing quote after one (escaped) character.
            '\'' if at(place + 1) == '\\' => place = find(&characters, place + 3, &['\'']) + 1,
            '\'' if at(place + 2) == '\'' => place += 3,
            ':' if at(place + 1) == ':' => {
                words.push(Word { text: "::".into(), line });
                place += 2;
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                while at(place).is_alphanumeric() || at(place) == '_' {
                    place += 1;
                }
                words.push(Word { text: characters[begin..place].iter().collect(), line });
            }
            space if space.is_whitespace() => place += 1,
            mark => {
                words.push(Word { text: mark.to_string(), line });
                place += 1;
            }
        }
        place = place.min(characters.len());
        line += characters[begin..place].iter().filter(|character| **character == '\n').count();
    }
    words
}

fn find(characters: &[char], from: usize, wanted: &[char]) -> usize {
    (from..characters.len()).find(|place| wanted.contains(&characters[*place])).unwrap_or(characters.len())
}

fn end_of_comment(characters: &[char], begin: usize) -> usize {
    let mut depth = 0;
    let mut place = begin;
    while place + 1 < characters.len() {
        match (characters[place], characters[place + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                place += 1;
                continue;
            }
        }
        place += 2;
        if depth == 0 {
            return place;
        }
    }
    characters.len()
}

fn end_of_string(characters: &[char], from: usize) -> usize {
    let mut place = from;
    while place < characters.len() && characters[place] != '"' {
        place += if characters[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

/// The hashes of a raw string that begins here (after its `r`), if one does.
fn raw_hashes(characters: &[char], from: usize) -> Option<usize> {
    let hashes = characters[from.min(characters.len())..].iter().take_while(|character| **character == '#').count();
    (characters.get(from + hashes) == Some(&'"')).then_some(hashes)
}

fn end_of_raw(characters: &[char], from: usize) -> usize {
    let hashes = raw_hashes(characters, from).unwrap_or(0);
    let mut place = from + hashes + 1;
    while place < characters.len() {
        if characters[place] == '"' && characters[place + 1..].iter().take(hashes).filter(|character| **character == '#').count() == hashes
        {
            return place + 1 + hashes;
        }
        place += 1;
    }
    characters.len()
}

/// Where `#[cfg(test)] mod …` begins, and where the module's name stands.
fn test_modules_begin(words: &[Word]) -> impl Iterator<Item = (usize, usize)> {
    let begin = ["#", "[", "cfg", "(", "test", ")", "]"];
    words.windows(begin.len()).enumerate().filter_map(move |(place, window)| {
        if !window.iter().zip(begin).all(|(word, part)| word.text == part) {
            return None;
        }
        // Other attributes and a visibility may stand between.
        let mut after = place + begin.len();
        while is(words, after, "#") {
            after += words[after..].iter().position(|word| word.text == "]").map_or(1, |end| end + 1);
        }
        if is(words, after, "pub") {
            after += if is(words, after + 1, "(") { words[after..].iter().position(|word| word.text == ")")? + 1 } else { 1 };
        }
        is(words, after, "mod").then_some((place, after + 1))
    })
}

/// The line where the tests inside a file begin, or one past everything.
fn first_line_of_tests(words: &[Word]) -> usize {
    test_modules_begin(words).find(|(_, name)| is(words, name + 1, "{")).map_or(usize::MAX, |(place, _)| words[place].line)
}

/// The rooms a file names: by `crate::`, or by climbing out of its own room with `super::`.
fn imports(words: &[Word], depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // The braces' depths at which modules inside the file began.
    let (mut braces, mut inner) = (0_usize, Vec::new());
    let mut place = 0;
    while place < words.len() {
        match words[place].text.as_str() {
            "{" => {
                braces += 1;
                if place >= 2 && words[place - 2].text == "mod" {
                    inner.push(braces);
                }
            }
            "}" => {
                if inner.last() == Some(&braces) {
                    inner.pop();
                }
                braces = braces.saturating_sub(1);
            }
            "crate" if is(words, place + 1, "::") => heads(words, place + 2, &mut found),
            "super" if is(words, place + 1, "::") && !(place > 0 && is(words, place - 1, "::")) => {
                let mut climbed = 1;
                let mut next = place + 2;
                while is(words, next, "super") && is(words, next + 1, "::") {
                    climbed += 1;
                    next += 2;
                }
                if climbed >= depth + inner.len() {
                    heads(words, next, &mut found);
                }
            }
            _ => {}
        }
        place += 1;
    }
    found
}

fn is(words: &[Word], place: usize, text: &str) -> bool {
    words.get(place).is_some_and(|word| word.text == text)
}

/// The first names of a use-tree: `a::b` has `a`; `{a::b, c::{d}}` has `a` and `c`.
fn heads(words: &[Word], place: usize, into: &mut Vec<(usize, String)>) {
    let Some(word) = words.get(place) else { return };
    if word.text != "{" {
        if word.text != "self" {
            into.push((word.line, word.text.clone()));
        }
        return;
    }
    let mut depth = 0;
    for inside in place..words.len() {
        match words[inside].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
        if depth == 1 && matches!(words[inside].text.as_str(), "{" | ",") && !is(words, inside + 1, "}") {
            heads(words, inside + 1, into);
        }
    }
}

/// The walled packages a file names. A module of the file's own by that name is not the package.
fn packages<'a>(words: &'a [Word], own_modules: &[&str]) -> Vec<(usize, &'a str, &'static Wall)> {
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some((name, wall)) = WALLS.iter().find(|(name, _)| *name == word.text) else { continue };
        let within_a_path = place > 0 && is(words, place - 1, "::") && place > 1 && {
            let before = words[place - 2].text.as_str();
            before.chars().all(|character| character.is_alphanumeric() || character == '_') && before != "use"
        };
        let used = is(words, place + 1, "::") || (place > 0 && is(words, place - 1, "use"));
        if used && !within_a_path && !own_modules.contains(name) {
            found.push((word.line, word.text.as_str(), wall));
        }
    }
    found
}

#[track_caller]
fn faults(file: &str, text: &str, expected: &[&str]) {
    let found = check(file, text, &BTreeSet::from(["call/tests".to_owned(), "ivr/conversations".to_owned()]));
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(&format!("{file}:")) && found.contains(expected), "{found}\ndoes not say: {expected}");
    }
}

#[test]
fn importing_a_higher_or_equal_floor_is_a_fault() {
    faults("src/ivr/walk.rs", "//! Doc\nuse crate::call::Call;", &["walk.rs:2: `ivr` (floor 3) imports `call` (floor 4)"]);
    faults("src/ivr/mod.rs", "use crate::acd::Desk;", &["`ivr` (floor 3) imports `acd` (floor 3)"]);
    faults("src/speech/a.rs", "fn a(x: &crate::ivr::Walk) {}", &["imports `ivr`"]);
    faults("src/speech/a.rs", "use crate::{base::Mono, ivr::{Walk, self}, audio::{Frame8k}, net};", &["imports `ivr`", "imports `net`"]);
    faults("src/speech/a.rs", "use crate::{\n  base::{Mono},\n  call::Call,\n};", &["a.rs:3: `speech`"]);
    faults("src/speech/a.rs", "pub(crate) use crate::call;", &["imports `call`"]);
}

#[test]
fn climbing_out_of_a_room_is_an_import() {
    faults("src/ivr/walk.rs", "use super::super::call::Call;", &["imports `call`"]);
    faults("src/ivr/mod.rs", "use super::call::Call;", &["imports `call`"]);
    faults("src/ivr/walk.rs", "use super::call::Call;", &[]);
    faults("src/ivr/walk.rs", "mod tests { use super::super::call::Call; }", &[]);
    faults("src/ivr/walk.rs", "mod tests { use super::super::super::call::Call; }", &["imports `call`"]);
    faults("src/ivr/walk.rs", "mod a { fn b() { if c {} } }\nuse super::super::{base, call};", &["imports `call`"]);
}

#[test]
fn lower_floors_and_the_own_room_are_free() {
    faults("src/call/a.rs", "use crate::{base::Mono, ivr::Walk, call::Leg};\nfn f() -> crate::acd::Ticket {}", &[]);
    faults("src/app/mod.rs", "use crate::web::Page; use clap::Parser; use anyhow::Context;", &[]);
}

#[test]
fn comments_and_literals_are_not_code() {
    faults("src/base/a.rs", "/// [`crate::call::Call`]\n//! tokio::spawn\n/* crate::net /* nested */ tokio:: */", &[]);
    faults(
        "src/base/a.rs",
        r##"const A: &str = "crate::net"; const B: &str = r#"tokio::"spawn"#; const C: char = '"'; // crate::net"##,
        &[],
    );
    faults("src/base/a.rs", "const A: char = '\\''; use crate::net::B;", &["imports `net`"]);
    faults("src/base/a.rs", "fn a<'a>(b: &'a str) -> &'a str { crate::net::c(b, 'x', b'\\\\') }", &["imports `net`"]);
}

#[test]
fn a_package_beyond_its_wall_is_a_fault() {
    for (file, text, says) in [
        ("src/call/a.rs", "use tokio::time;", "only from floor 5 up"),
        ("src/call/a.rs", "async_trait! { tokio::spawn(a) }", "only from floor 5 up"),
        ("src/exchange/a.rs", "use rsipstack::dialog;", "only in net"),
        ("src/exchange/a.rs", "use {std::fmt, webrtc::peer};", "only in browser"),
        ("src/exchange/a.rs", "use ::sqlx::Any;", "only in store"),
        ("src/speech/a.rs", "use vosk;", "only in engines"),
        ("src/stream/a.rs", "use rubato::Fft;", "only in audio"),
        ("src/ivr/a.rs", "use minijinja::Value;", "only in dialplan"),
        ("src/acd/a.rs", "use serde_saphyr as yaml;", "only in dialplan, app"),
        ("src/net/a.rs", "use anyhow::Result;", "only in app and tests"),
        ("src/audio/a.rs", "tracing::info!(1);", "only from floor 2 up"),
        ("src/stream/a.rs", "metrics::counter!(1);", "only from floor 5 up"),
        ("src/phone/a.rs", "#[derive(clap::Args)] struct A;", "only in app"),
    ] {
        faults(file, text, &[says]);
    }
}

#[test]
fn a_package_in_its_place_is_no_fault() {
    faults("src/net/a.rs", "use rsipstack::dialog; use tokio::net; use tracing::info; use metrics::counter;", &[]);
    faults("src/engines/a.rs", "use vosk::Model; mod vosk_pool;", &[]);
    faults("src/net/a.rs", "#[cfg(test)]\nmod tests { use anyhow::Result; }", &[]);
    faults("src/stream/a.rs", "mod metrics; pub use metrics::Counters; use super::tokio::x; let tokio = 1;", &[]);
}

#[test]
fn a_core_reads_no_clock_and_starts_nothing() {
    faults("src/call/a.rs", "let a = std::time::Instant::now();", &["reads the clock"]);
    faults("src/ivr/a.rs", "use crate::base::Clock;", &["holds the clock"]);
    faults("src/acd/a.rs", "use std::sync::Mutex;\nasync fn a() {}", &["blocks", "is asynchronous"]);
    faults("src/stream/a.rs", "std::thread::spawn(a)", &["starts a thread"]);
    faults("src/wire/a.rs", "use std::net::UdpSocket;", &["opens a socket"]);
    faults("src/base/clock.rs", "Instant::now()", &[]);
    faults("src/net/a.rs", "use std::sync::Mutex; Instant::now()", &[]);
    faults("src/stream/a.rs", "use std::time::{Duration, Instant};\n#[cfg(test)]\nmod tests { fn a() { std::thread::spawn(b); } }", &[]);
}

#[test]
fn a_long_file_is_a_fault_but_its_tests_may_be_long() {
    let long = "//\n".repeat(LONGEST + 1);
    faults("src/call/a.rs", &long, &["601 lines before the tests"]);
    faults("src/call/a.rs", &format!("//\n#[cfg(test)]\n#[expect(a)]\nmod tests {{\n{long}}}"), &[]);
    faults("src/call/tests.rs", &long, &[]);
    faults("src/ivr/conversations/first.rs", &long, &[]);
    faults("src/ivr/tests.rs", &long, &["601 lines before the tests"]);
    let declared =
        "mod walk;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[expect(a)]\npub(super) mod conversations;\n#[cfg(test)] mod inside {}";
    assert_eq!(test_modules("src/ivr/mod.rs", declared), ["ivr/tests", "ivr/conversations"]);
    assert_eq!(test_modules("src/ivr/walk.rs", "#[cfg(test)]\nmod tests;"), ["ivr/walk/tests"]);
    faults("src/main.rs", &"//\n".repeat(29), &[]);
    faults("src/main.rs", &"//\n".repeat(30), &["under 30 lines"]);
}

#[test]
fn a_room_on_no_floor_is_a_fault() {
    faults("src/utils/mod.rs", "", &["`utils` is a room on no floor"]);
    faults("src/utils.rs", "", &["`utils` is a room on no floor"]);
    faults("src/call/a.rs", "use crate::helpers::a;", &["`crate::helpers` is no room"]);
}
