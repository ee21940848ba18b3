//! Spoken forms against the written test set of `tests/spoken`: by class, at least 95 of 100 exactly; and what holds of any text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test may fail loudly and tell what it measured")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bellhop::base::{Language, Pii};
use bellhop::spoken::{
    Fit, SlotForm, SoFar, Surroundings, find_in_sentence, normalize, read_date, read_digits, read_integer, read_money, read_slot,
    read_time, spell,
};
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
            let cases: Vec<Case> = text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
                .map(|(at, line)| {
                    let mut columns = line.split('\t').map(str::to_owned);
                    let language = columns.next().expect("a language").parse().expect("zh or en");
                    Case { place: format!("{class}.tsv:{}", at + 1), language, columns: columns.collect() }
                })
                .collect();
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

/// Texts of what callers say and what they do not: numerals, units, marks, letters, other scripts.
fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    const PIECES: &[&str] = &[
        "一",
        "二",
        "两",
        "三",
        "四",
        "五",
        "六",
        "七",
        "八",
        "九",
        "零",
        "幺",
        "十",
        "百",
        "千",
        "万",
        "亿",
        "点",
        "半",
        "刻",
        "分",
        "分之",
        "百分之",
        "第",
        "负",
        "差",
        "块",
        "元",
        "毛",
        "角",
        "钱",
        "年",
        "月",
        "日",
        "号",
        "天",
        "个",
        "个半",
        "小时",
        "分钟",
        "秒",
        "下午",
        "晚上",
        "中午",
        "凌晨",
        "明天",
        "下周",
        "周三",
        "到",
        "比",
        "多",
        "几",
        "米",
        "斤",
        "不对",
        "不是",
        "是",
        "嗯",
        "那个",
        "X",
        "叉",
        "A",
        "B",
        "SF",
        "订单",
        "尾号",
        "1",
        "2",
        "30",
        "138",
        "2026",
        "：",
        ":",
        "-",
        "，",
        ",",
        ".",
        "。",
        " ",
        "%",
        "$",
        "一点",
        "十分",
        "万一",
        "一下",
        "杠",
        "美元",
        "整",
        "过",
        "又",
        "one",
        "two",
        "three",
        "twelve",
        "twenty",
        "thirty",
        "fifty",
        "hundred",
        "thousand",
        "million",
        "and",
        "a",
        "half",
        "past",
        "to",
        "quarter",
        "point",
        "oh",
        "double",
        "triple",
        "first",
        "second",
        "third",
        "dollars",
        "cents",
        "percent",
        "per",
        "pm",
        "a.m.",
        "o'clock",
        "at",
        "in",
        "the",
        "of",
        "November",
        "May",
        "hours",
        "minutes",
        "minus",
        "no",
        "wait",
        "um",
        "thirds",
        "tomorrow",
        "next",
        "Friday",
        "-",
        "😀",
        "é",
        "ホ",
        "ب",
        "\u{200b}",
        "１",
        "①",
        "½",
        "\n",
        "\t",
    ];
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..14);
    (pieces, any::<bool>()).prop_map(|(pieces, spaced)| pieces.join(if spaced { " " } else { "" }))
}

fn both(run: impl Fn(Language) -> Result<(), proptest::test_runner::TestCaseError>) -> Result<(), proptest::test_runner::TestCaseError> {
    run(Language::Zh)?;
    run(Language::En)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    #[test]
    fn normalising_twice_changes_nothing(text in any_text(), wild in "\\PC{0,40}", dated in proptest::bool::ANY) {
        let today = dated.then(|| date(2026, 11, 21));
        both(|language| {
            for text in [&text, &wild] {
                let once = normalize(text, language, today);
                proptest::prop_assert_eq!(&normalize(&once, language, today), &once, "{}", text);
            }
            Ok(())
        })?;
    }

    #[test]
    fn any_answer_gets_readings_that_say_whether_they_fit(text in any_text(), wild in "\\PC{0,40}", part in "[0-9]{0,6}") {
        let choices = [("奶粉".to_owned(), vec!["配方奶".to_owned()]), ("large".to_owned(), vec![])];
        let forms = [
            SlotForm::Digits { least: 4, most: 8 }, SlotForm::Code { least: 3, most: 10 }, SlotForm::Phone, SlotForm::IdCard, SlotForm::BankCard, SlotForm::Date,
            SlotForm::Time, SlotForm::Duration, SlotForm::Money, SlotForm::Number { least: 1, most: 5 }, SlotForm::YesNo, SlotForm::Choice(&choices),
        ];
        let earlier = ["87654321".to_owned()];
        both(|language| {
            for so_far in [SoFar::Nothing, SoFar::Part(&part), SoFar::Value(&part)] {
                let known = Surroundings { language, now: Some(date(2026, 11, 21).at(10, 0, 0, 0)), own_number: None, so_far, earlier: &earlier };
                for form in &forms {
                    for reading in read_slot(form, &[(&text, 0.9), (&wild, 0.5)], &known) {
                        proptest::prop_assert!((0.0..=0.9).contains(&reading.confidence), "{:?}", reading);
                        proptest::prop_assert!(!reading.value.is_empty(), "{:?} of {}", form, text);
                        if let (SlotForm::Digits { least, most }, Fit::Whole) = (form, reading.fit) {
                            proptest::prop_assert!((usize::from(*least)..=usize::from(*most)).contains(&reading.value.len()));
                        }
                    }
                }
                let found = find_in_sentence(&forms, &[(&text, 0.9)], &known);
                proptest::prop_assert!(found.iter().all(|one| one.reading.fit == Fit::Whole));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_number_read_aloud_comes_back(number in proptest::prop_oneof![1_i64..100, 1_i64..100_000, 1_i64..1_000_000_000_000]) {
        both(|language| {
            let read = read_integer(number, language);
            let said = if language == Language::Zh { format!("共{read}件") } else { format!("all {read} items") };
            let wanted = if language == Language::Zh { format!("共{number}件") } else { format!("all {number} items") };
            proptest::prop_assert_eq!(normalize(&said, language, None), wanted, "{}", read);
            let known = Surroundings { language, ..Surroundings::default() };
            let form = SlotForm::Number { least: 0, most: i64::MAX };
            let value = read_slot(&form, &[(&read, 1.0)], &known).first().map(|reading| reading.value.clone());
            proptest::prop_assert_eq!(value, Some(number.to_string()), "{}", read);
            Ok(())
        })?;
    }

    #[test]
    fn digits_spelled_aloud_come_back(number in "[0-9]{4,19}") {
        both(|language| {
            for read in [spell(&number, language), read_digits(&number, language)] {
                let known = Surroundings { language, ..Surroundings::default() };
                let form = SlotForm::Digits { least: u8::try_from(number.len()).unwrap(), most: 19 };
                let value = read_slot(&form, &[(&read, 1.0)], &known).first().map(|reading| reading.value.clone());
                proptest::prop_assert_eq!(value.as_deref(), Some(number.as_str()), "{}", read);
            }
            Ok(())
        })?;
    }

    #[test]
    fn dates_times_and_sums_read_aloud_come_back(days in 0_i64..360, hour in 0_u8..24, minute in 0_u8..60, cents in 1_u32..10_000_000) {
        let today = date(2026, 11, 21);
        let day = today.checked_add(jiff::Span::new().days(days - 180)).unwrap().to_string();
        let time = format!("{hour:02}:{minute:02}");
        let sum = if cents % 100 == 0 { format!("{}", cents / 100) } else { format!("{}.{:02}", cents / 100, cents % 100) };
        both(|language| {
            let known = Surroundings { language, now: Some(today.at(10, 0, 0, 0)), ..Surroundings::default() };
            let first = |form: SlotForm, said: &str| read_slot(&form, &[(said, 1.0)], &known).first().map(|reading| reading.value.clone());
            let said = read_date(&day, language).unwrap();
            proptest::prop_assert_eq!(first(SlotForm::Date, &said), Some(day.clone()), "{}", said);
            let said = read_time(&time, language).unwrap();
            proptest::prop_assert_eq!(first(SlotForm::Time, &said), Some(time.clone()), "{}", said);
            let (written, wanted) = match language {
                Language::Zh => (sum.clone(), format!("{}元", if sum.contains('.') { sum.trim_end_matches('0') } else { &sum })),
                Language::En => (format!("${sum}"), format!("${sum}")),
            };
            let said = read_money(&written, language).unwrap();
            proptest::prop_assert_eq!(first(SlotForm::Money, &said), Some(wanted), "{}", said);
            Ok(())
        })?;
    }
}

#[test]
fn long_texts_of_any_kind_are_read() {
    let all_numerals = "一二三四五六七八九十百千万亿点半".repeat(125);
    let letters = "A b C one two ".repeat(143);
    let corrections = "不对一二三四五，不是六七八九，".repeat(133);
    let english = "no wait one two three four sorry five six ".repeat(48);
    let emoji = "😀一".repeat(1000);
    let digits = "9".repeat(2000);
    let groups = "一二三 ".repeat(500);
    let forms = [
        SlotForm::Digits { least: 8, most: 12 },
        SlotForm::Phone,
        SlotForm::Date,
        SlotForm::Time,
        SlotForm::Money,
        SlotForm::Number { least: 1, most: 9 },
    ];
    for text in [all_numerals, letters, corrections, english, emoji, digits, groups] {
        for language in [Language::Zh, Language::En] {
            let once = normalize(&text, language, None);
            assert_eq!(normalize(&once, language, None), once);
            let known = Surroundings { language, now: Some(date(2026, 11, 21).at(10, 0, 0, 0)), ..Surroundings::default() };
            assert!(find_in_sentence(&forms, &[(&text, 0.9)], &known).iter().all(|one| one.reading.fit == Fit::Whole));
        }
    }
}
