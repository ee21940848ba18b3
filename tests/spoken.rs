//! Spoken forms against the written test set of `tests/spoken`: by class, at least 95 of 100 exactly; and what holds of any text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test may fail loudly and tell what it measured")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bellhop::base::{Language, Pii};
use bellhop::spoken::{Fit, SlotForm, SoFar, Surroundings, find_in_sentence, normalize, read_slot};
use jiff::civil::date;

/// Of a hundred cases of a class, so many are right at least.
const DEMANDED: usize = 95;

/// One line of a test file.
struct Case {
    place: String,
    language: Language,
    columns: Vec<String>,
}

fn cases(folder: &str) -> Vec<(String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spoken").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).expect("the test set").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .map(|path| {
            let class = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(path).expect("a readable test file");
            let cases: Vec<Case> = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(|(at, line)| {
                let mut columns = line.split('\t').map(str::to_owned);
                let language = columns.next().expect("a language").parse().expect("zh or en");
                Case { place: format!("{class}.tsv:{}", at + 1), language, columns: columns.collect() }
            }).collect();
            (class, cases)
        })
        .collect()
}

/// Runs a test set; tells each class's score, and fails with every wrong case of those below what is demanded.
fn score(folder: &str, run: impl Fn(&Case) -> Result<(), String>) {
    let (mut told, mut short, mut wrong) = (String::new(), Vec::new(), String::new());
    let (mut all, mut all_right) = (0, 0);
    for (class, cases) in cases(folder) {
        let mut right = 0;
        for case in &cases {
            match run(case) {
                Ok(()) => right += 1,
                Err(what) => writeln!(wrong, "{}: {what}", case.place).expect("a string"),
            }
        }
        writeln!(told, "{class:>12}  {right:>3} of {:>3}", cases.len()).expect("a string");
        (all, all_right) = (all + cases.len(), all_right + right);
        if right * 100 < cases.len() * DEMANDED {
            short.push(class);
        }
    }
    println!("{told}{:>12}  {all_right:>3} of {all:>3}\n{wrong}", "all");
    assert!(all > 250, "only {all} cases were found");
    assert!(short.is_empty(), "below {DEMANDED} of 100: {}\n{wrong}", short.join(", "));
}

#[test]
fn spoken_forms_are_written_as_the_test_set_says() {
    score("normalize", |case| {
        let [spoken, wanted] = case.columns.as_slice() else { return Err("two columns are wanted".to_owned()) };
        let written = normalize(spoken, case.language, None);
        if written == *wanted { Ok(()) } else { Err(format!("{spoken} → {written}, not {wanted}")) }
    });
}

#[test]
fn answers_are_read_as_the_test_set_says() {
    score("slots", |case| {
        let columns: Vec<&str> = case.columns.iter().map(String::as_str).collect();
        let [forms, known, heard, wanted] = columns[..] else { return Err("four columns are wanted".to_owned()) };
        let choices: Vec<Vec<(String, Vec<String>)>> = forms.split(" + ").map(choice).collect();
        let forms: Vec<SlotForm> = forms.split(" + ").zip(&choices).map(|(form, choices)| slot_form(form, choices)).collect();
        let (own, earlier);
        let mut surroundings =
            Surroundings { language: case.language, now: Some(date(2026, 11, 21).at(10, 0, 0, 0)), ..Surroundings::default() };
        match known.split_once(':') {
            Some(("part", part)) => surroundings.so_far = SoFar::Part(part),
            Some(("value", value)) => surroundings.so_far = SoFar::Value(value),
            Some(("own", number)) => {
                own = Pii::new(number.to_owned());
                surroundings.own_number = Some(&own);
            }
            Some(("earlier", values)) => {
                earlier = values.split(',').map(str::to_owned).collect::<Vec<_>>();
                surroundings.earlier = &earlier;
            }
            _ => {}
        }
        let heard: Vec<(&str, f32)> = heard.split(" | ").zip([0.8, 0.7, 0.6]).collect();
        let read = if forms.len() > 1 {
            let found = find_in_sentence(&forms, &heard, &surroundings);
            let value = |place: usize| found.iter().find(|one| one.form == place).map_or("-", |one| one.reading.value.as_str());
            (0..forms.len()).map(value).collect::<Vec<_>>().join(" ")
        } else {
            read_slot(&forms[0], &heard, &surroundings).first().map_or("-".to_owned(), |reading| match reading.fit {
                Fit::Whole => reading.value.clone(),
                Fit::Part => format!("part:{}", reading.value),
                Fit::Doubtful => format!("doubtful:{}", reading.value),
                Fit::Outside => format!("outside:{}", reading.value),
            })
        };
        if read == wanted { Ok(()) } else { Err(format!("{} ({known}) → {read}, not {wanted}", case.columns[2])) }
    });
}

/// `choice 奶粉=婴儿奶粉,配方奶;纸尿裤=尿不湿`
fn choice(form: &str) -> Vec<(String, Vec<String>)> {
    let Some(values) = form.strip_prefix("choice ") else { return Vec::new() };
    let words = |words: &str| words.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    values.split(';').filter_map(|value| value.split_once('=')).map(|(value, others)| (value.to_owned(), words(others))).collect()
}

fn slot_form<'a>(form: &str, choices: &'a [(String, Vec<String>)]) -> SlotForm<'a> {
    let (name, range) = form.split_once(' ').unwrap_or((form, ""));
    let (least, most) = range.split_once("..").unwrap_or(("0", "0"));
    let short = |text: &str| text.parse().unwrap_or_default();
    match name {
        "digits" => SlotForm::Digits { least: short(least), most: short(most) },
        "code" => SlotForm::Code { least: short(least), most: short(most) },
        "phone" => SlotForm::Phone,
        "id_card" => SlotForm::IdCard,
        "bank_card" => SlotForm::BankCard,
        "date" => SlotForm::Date,
        "time" => SlotForm::Time,
        "duration" => SlotForm::Duration,
        "money" => SlotForm::Money,
        "number" => SlotForm::Number { least: least.parse().expect("a number"), most: most.parse().expect("a number") },
        "yes_no" => SlotForm::YesNo,
        "choice" => SlotForm::Choice(choices),
        other => panic!("no such form: {other}"),
    }
}
