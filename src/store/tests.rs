//! Against a real SQLite file.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;
use crate::base::{Pii, QueueName, SeatId, Wall};
use crate::call::{EndCause, Fact, Speaker, Stamped};

/// A store in a folder of its own, which is gone when the folder's handle is.
pub(super) async fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    (folder, store)
}

fn at(millis: u64, fact: Fact) -> Stamped {
    Stamped { at: Duration::from_millis(millis), fact }
}

fn said(millis: u64, who: Speaker, text: &str) -> Stamped {
    at(millis, Fact::Said { who, text: text.into(), confidence: 0.5, cut: false })
}

fn began(millis: i64) -> Stamped {
    at(
        0,
        Fact::Began {
            at: Wall::from_millis(millis),
            caller_masked: "138****1234".into(),
            called: "4000".into(),
            dialplan: "orders".into(),
            dialplan_hash: "abc".into(),
        },
    )
}

/// The facts of a whole call.
fn whole_call() -> Vec<Stamped> {
    vec![
        began(1_000_000),
        at(40, Fact::Answered),
        said(100, Speaker::Robot, "您好"),
        at(900, Fact::Hearing { who: Speaker::Caller, text: "我要".into() }),
        said(2000, Speaker::Caller, "我要查订单"),
        at(2000, Fact::Intent { name: "order_state".into(), confidence: 0.9, why: vec!["like 查订单".into()] }),
        at(5000, Fact::Slot { name: "order".into(), value: "20261234".into() }),
        at(6000, Fact::Slot { name: "order".into(), value: "20261235".into() }),
        at(7000, Fact::Queued { queue: QueueName::from("general"), tier: None, reason: "asked".into() }),
        at(8000, Fact::Offered(SeatId::from("1001"))),
        at(9000, Fact::Bridged(SeatId::from("1001"))),
        said(9500, Speaker::Seat, "您好，我是一号"),
        at(12_540, Fact::Ended(EndCause::CallerHungUp)),
    ]
}

async fn write_all(store: &Store, call: &str, facts: &[Stamped]) {
    let writer = store.writer();
    for fact in facts {
        writer.write(&CallId::from(call), fact);
    }
    writer.flush().await;
}

#[tokio::test]
async fn a_whole_call_reads_back_as_it_happened() {
    let (_folder, store) = opened().await;
    write_all(&store, "01a", &whole_call()).await;
    store.writer().recorded(&CallId::from("01a"), Path::new("2026-11-21/01a.wav"), 0);
    store.writer().flush().await;

    let call = store.call(&CallId::from("01a")).await.unwrap().unwrap();
    let shown = serde_json::to_value(&call).unwrap();
    for (field, value) in [
        ("began", serde_json::json!(1_000_000)),
        ("caller", "138****1234".into()),
        ("called", "4000".into()),
        ("dialplan", "orders".into()),
        ("hash", "abc".into()),
        ("disposition", "caller_hung_up".into()),
        ("talked_s", serde_json::json!(12.5)),
        ("seat", "1001".into()),
        ("queue", "general".into()),
        ("reason", "asked".into()),
        ("intent", "order_state".into()),
        ("slots", serde_json::json!({"order": "20261235"})),
        ("recording", "2026-11-21/01a.wav".into()),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    assert_eq!(
        shown["transcript"][1],
        serde_json::json!({"t": 2000, "who": "caller", "text": "我要查订单", "confidence": 0.5, "cut": false})
    );
    assert_eq!(call.transcript.len(), 3);
    let kinds: Vec<&str> = shown["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["answered", "intent", "slot", "slot", "queued", "offered", "bridged", "ended", "recorded"]);
    assert_eq!(store.call(&CallId::from("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn the_newest_call_is_listed_first() {
    let (_folder, store) = opened().await;
    for (id, time) in [("01a", 1), ("01c", 3), ("01b", 2)] {
        write_all(&store, id, &[began(time), at(5, Fact::Ended(EndCause::Abandoned))]).await;
    }
    let listed = store.calls(2).await.unwrap();
    assert_eq!(listed.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["01c", "01b"]);
    assert_eq!((listed[0].disposition.as_deref(), listed[0].talked_s), (Some("abandoned"), None));
}

#[tokio::test]
async fn a_phone_number_never_lands_in_the_files_and_only_the_owner_may_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data with 空格 %");
    let store = Store::open(&data).await.unwrap();
    let facts = [
        began(5),
        said(1, Speaker::Caller, "我的电话是13800001234"),
        said(2, Speaker::Caller, "138 0000 1234"),
        at(3, Fact::Keys("13800001234".into())),
        at(4, Fact::Slot { name: "phone".into(), value: "13800001234".into() }),
        at(5, Fact::Note("not understood: 13800001234".into())),
    ];
    write_all(&store, "01a", &facts).await;
    assert_eq!(store.call(&CallId::from("01a")).await.unwrap().unwrap().slots["phone"], "138****1234");

    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let mut seen = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        seen += bytes.windows(5).filter(|window| window == b"138**").count();
        for number in ["13800001234", "138 0000 1234"] {
            let there = bytes.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(!there, "{number} in {:?}", entry.file_name());
        }
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert!(seen > 0, "the facts are in the files at all");
}

#[tokio::test]
async fn words_that_turn_out_to_be_part_of_a_private_number_are_masked_where_they_were_kept() {
    let (_folder, store) = opened().await;
    let amended = |was: &str, text: &str| Fact::Amended { who: Speaker::Caller, was: was.into(), text: text.into() };
    let facts = [
        began(5),
        said(1, Speaker::Caller, "我的电话是13800"),
        at(2, Fact::Note("not understood: 我的电话是13800".into())),
        at(3, amended("我的电话是13800", "我的电话是138**")),
        said(3, Speaker::Caller, "**1234"),
        at(4, Fact::Keys("13800".into())),
        at(5, amended("13800", "138**")),
    ];
    write_all(&store, "01a", &facts).await;
    let record = store.call(&CallId::from("01a")).await.unwrap().unwrap();
    assert_eq!(record.transcript.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>(), ["我的电话是138**", "**1234"]);
    let kept = serde_json::to_string(&record).unwrap();
    assert!(!kept.contains("13800") && kept.contains(r#""event":"keys","text":"138**""#), "{kept}");
    assert!(kept.contains("not understood: 我的电话是138**"), "{kept}");
}

#[tokio::test]
async fn words_without_a_sure_answer_are_found_by_hotline_and_time_masked() {
    let (_folder, store) = opened().await;
    let unknown = |text: &str| {
        let (outcome, intent) = (crate::ivr::Doubt::Refused, Some("order".to_owned()));
        at(9, Fact::Unknown { text: text.into(), outcome, intent, confidence: 0.6 })
    };
    let amended = Fact::Amended { who: Speaker::Caller, was: "打13800".into(), text: "打138**".into() };
    let mood = at(10, Fact::Mood { mood: crate::base::Mood::Angry, why: vec!["repetition: 打13800".into()] });
    write_all(&store, "01a", &[began(1_000), unknown("招代理吗"), unknown("打13800"), mood, at(11, amended)]).await;
    write_all(&store, "01b", &[began(9_000), unknown("\"event\":\"unknown\""), unknown("13800001234")]).await;
    let found = |since| {
        let store = store.clone();
        async move {
            let all = store.unknown_words("orders", Wall::from_millis(since), 10).await.unwrap();
            all.into_iter().map(|one| format!("{} {} {}", one.call, one.text, one.outcome)).collect::<Vec<_>>()
        }
    };
    let late = ["01b 138****1234 refused", "01b \"event\":\"unknown\" refused"];
    assert_eq!(found(5_000).await, late);
    assert_eq!(found(0).await[2..], ["01a 打138** refused", "01a 招代理吗 refused"]);
    assert_eq!(store.unknown_words("other", Wall::from_millis(0), 10).await.unwrap(), []);
    let kept = serde_json::to_string(&store.call(&CallId::from("01a")).await.unwrap().unwrap()).unwrap();
    assert!(!kept.contains("13800") && kept.contains("repetition: 打138**"), "{kept}");
}

#[tokio::test]
async fn facts_that_find_no_room_are_spilled_and_stored_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = open::prepare(folder.path()).unwrap();
    let pool = open::connect(&file, open::Access::Write).await.unwrap();
    open::migrate(&pool, &file).await.unwrap();
    let outbox = Outbox::new(Vault::open(folder.path()).unwrap(), Vec::new());
    let writer = FactWriter::with_room(pool.clone(), &file, outbox.clone(), 2).await.unwrap();
    let store = Store { pool, file, writer, outbox, clock: Clock::start() };

    let writer = store.writer();
    let call = CallId::from("01a");
    writer.write(&call, &began(1));
    // The test has not yielded since, so the writing task has taken nothing: all but two facts are spilled.
    for turn in 0..500 {
        writer.write(&call, &said(turn, Speaker::Caller, "喂"));
    }
    assert!(folder.path().join("spill.jsonl").is_file());
    writer.flush().await;
    let turns = store.call(&call).await.unwrap().unwrap().transcript;
    assert_eq!(turns.iter().map(|turn| turn.t).collect::<Vec<_>>(), (0..500).collect::<Vec<i64>>());
    assert!(!folder.path().join("spill.jsonl").exists());
}

#[tokio::test]
async fn facts_survive_a_database_that_cannot_be_written_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let call = CallId::from("01a");
    {
        let store = Store::open(folder.path()).await.unwrap();
        store.writer().write(&call, &began(7));
        store.writer().flush().await;
        store.pool.close().await;
        store.writer().write(&call, &said(10, Speaker::Caller, "喂"));
        store.writer().write(&call, &at(20, Fact::Ended(EndCause::CallerHungUp)));
        store.writer().flush().await;
    }
    let spilled =
        std::fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension() == Some("jsonl".as_ref()));
    assert_eq!(spilled.count(), 1);

    let store = Store::open(folder.path()).await.unwrap();
    let found = store.call(&call).await.unwrap().unwrap();
    assert_eq!((found.transcript.len(), found.disposition.as_deref()), (1, Some("caller_hung_up")));
}

#[tokio::test]
async fn a_spill_file_read_twice_or_torn_by_a_crash_does_no_harm() {
    let (folder, store) = opened().await;
    write_all(&store, "01a", &[began(7)]).await;
    store.close().await;
    let line = r#"{"call":"01a","seq":5,"event":{"t":10,"event":"said","who":"caller","text":"喂","confidence":1.0,"cut":false}}"#;
    std::fs::write(folder.path().join("spill.jsonl"), format!("{line}\n{line}\n{}", &line[..40])).unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.call(&CallId::from("01a")).await.unwrap().unwrap().transcript.len(), 1);
}

#[tokio::test]
async fn a_call_left_open_by_a_crash_is_failed_after_the_next_start() {
    let (folder, store) = opened().await;
    write_all(&store, "01a", &[began(7)]).await;
    assert_eq!(store.calls(9).await.unwrap()[0].disposition, None);
    store.close().await;
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.calls(9).await.unwrap()[0].disposition.as_deref(), Some("failed"));
}

#[tokio::test]
async fn records_are_read_while_they_are_written_and_after() {
    let (folder, store) = opened().await;
    write_all(&store, "01a", &[began(7)]).await;
    let reader = Store::open_read_only(folder.path()).await.unwrap();
    assert_eq!(reader.calls(9).await.unwrap().len(), 1);
    write_all(&store, "01b", &[began(8)]).await;
    assert_eq!(reader.calls(9).await.unwrap().len(), 2);
    reader.close().await;
    store.close().await;
    let reader = Store::open_read_only(folder.path()).await.unwrap();
    assert_eq!(reader.calls(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |error: StoreError, part: &str| assert!(error.to_string().contains(part), "{error}");
    check(Store::open_read_only(folder.path()).await.unwrap_err(), "no records in ");
    std::fs::write(folder.path().join("file"), "").unwrap();
    check(Store::open(&folder.path().join("file")).await.unwrap_err(), "cannot open ");
    std::fs::write(folder.path().join("bellhop.db"), "this is no database, whatever its name says ".repeat(40)).unwrap();
    let error = Store::open(folder.path()).await.unwrap_err();
    check(error, "bellhop.db");
}

#[tokio::test]
async fn a_promised_callback_can_be_kept() {
    let (_folder, store) = opened().await;
    let call = CallId::from("01b");
    let fact = |by| Fact::CallbackPromised { queue: QueueName::from("general"), within: Duration::from_hours(2), by, at: None };
    let promised = at(3000, fact(Wall::default()));
    write_all(&store, "01b", &[began(1_000_000), promised]).await;
    let promise = Promise { number: Pii::new("13800001234".to_owned()), at: Some("15:30".into()), about: Some("退货".into()) };
    store.keep_promise(&call, &promise).await.unwrap();
    let open = store.open_callbacks().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].number.as_ref().map(|number| number.reveal().as_str()), open[0].due),
        (Some("13800001234"), Wall::from_millis(8_203_000))
    );
    assert_eq!((open[0].at.as_deref(), open[0].about.as_deref()), (Some("15:30"), Some("退货")));
    assert!(!format!("{open:?}").contains("13800001234"), "a log line would not show it");
    let by = Wall::from_millis(90_000_000);
    write_all(&store, "01c", &[began(1_000_000), at(3000, fact(by))]).await;
    let hours = store.open_callbacks().await.unwrap();
    assert_eq!((hours[1].due, &hours[1].number), (by, &None), "in opening time, which the plan counted");
    assert!(store.callback_made(&CallId::from("01c")).await.unwrap());
    assert!(store.callback_made(&call).await.unwrap());
    assert!(store.open_callbacks().await.unwrap().is_empty() && !store.callback_made(&call).await.unwrap());
}

#[tokio::test]
async fn a_message_is_kept_with_its_place_in_the_recording_and_a_score_with_its_slot() {
    let (_folder, store) = opened().await;
    let facts = [
        began(1_000_000),
        said(3_000, Speaker::Robot, "请说一下遇到的问题。"),
        said(9_000, Speaker::Caller, "奶粉罐漏了"),
        said(12_000, Speaker::Caller, "快打13800001234"),
        at(12_500, Fact::Message("奶粉罐漏了快打13800001234".into())),
        at(20_000, Fact::Survey { slot: "score".into(), score: "4".into() }),
    ];
    write_all(&store, "01a", &facts).await;
    let call = store.call(&CallId::from("01a")).await.unwrap().unwrap();
    let message = RecordedMessage { text: "奶粉罐漏了快打138****1234".into(), from_t: 3_000, to_t: 12_500 };
    assert_eq!((call.messages, call.survey.get("score").map(String::as_str)), (vec![message], Some("4")));
}
