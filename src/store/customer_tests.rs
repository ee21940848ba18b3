//! Customers and outbox, against a real SQLite file.

use std::time::Duration;

use serde_json::{Value, json};

use super::tests::opened;
use super::*;
use crate::base::{Pii, SeatId, Wall};
use crate::call::{EndCause, Fact, Stamped};

fn number() -> Pii<String> {
    Pii::new("13800001234".to_owned())
}

fn who() -> Who {
    Who::Number(number())
}

fn patch(fields: &Value) -> CustomerEdit {
    CustomerEdit::read(fields.as_object().unwrap(), Rest::Stays).unwrap()
}

fn to(endpoint: &str, events: &[&str]) -> Subscription {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    Subscription { endpoint: endpoint.to_owned(), hotline: None, events }
}

async fn a_call(store: &Store, id: &str, began: i64) {
    let call = CallId::from(id);
    let at = |millis, fact| Stamped { at: Duration::from_millis(millis), fact };
    let writer = store.writer();
    writer.called_by(&call, &number());
    let fact = Fact::Began {
        at: Wall::from_millis(began),
        caller_masked: "138****1234".into(),
        called: "8001".into(),
        dialplan: "优选".into(),
        dialplan_hash: "abc".into(),
    };
    writer.write(&call, &at(0, fact));
    writer.write(&call, &at(40, Fact::Answered));
    writer.write(&call, &at(900, Fact::Intent { name: "order_status".into(), confidence: 0.9, why: Vec::new() }));
    writer.write(&call, &at(1_000, Fact::Slot { name: "order".into(), value: "20261234".into() }));
    writer.write(&call, &at(5_000, Fact::Bridged(SeatId::from("1001"))));
    writer.write(&call, &at(12_540, Fact::Ended(EndCause::CallerHungUp)));
    writer.flush().await;
}

#[tokio::test]
async fn a_record_is_one_for_the_number_the_id_and_the_crms_own_name() {
    let (_folder, store) = opened().await;
    assert_eq!(store.customer(&who()).await.unwrap(), None);
    let fields =
        json!({"ref": "C-7", "name": "王芳", "tier": "gold", "tags": ["vip"], "crm": {"points": 320}, "note": "打13800001234找她"});
    let made = store.edit_customer(&who(), patch(&fields), "api", None).await.unwrap();
    assert_eq!((made.revision, made.number.as_str(), made.tier.as_deref()), (1, "138****1234", Some("gold")));
    for who in [who(), Who::Id(made.id.clone()), Who::Reference("C-7".into()), Who::Number(Pii::new("+86 138 0000 1234".into()))] {
        assert_eq!(store.customer(&who).await.unwrap().as_ref(), Some(&made), "{who:?}");
    }
    assert_eq!(made.notes[0].text, "打138****1234找她", "notes hold no number");

    let same = store.edit_customer(&Who::Id(made.id.clone()), patch(&json!({"tier": "gold"})), "api", None).await.unwrap();
    assert_eq!(same.revision, 1, "what changes nothing is no change");
    let stale = store.edit_customer(&who(), patch(&json!({"tier": "silver"})), "api", Some(7)).await.unwrap_err();
    assert!(matches!(stale, CustomerError::Conflict(1)), "{stale}");
    let changed = store.edit_customer(&who(), patch(&json!({"tier": null, "crm": {"city": "上海"}})), "api", Some(1)).await.unwrap();
    assert_eq!((changed.revision, changed.tier, Value::Object(changed.crm)), (2, None, json!({"points": 320, "city": "上海"})));

    for nobody in [Who::Id("0".repeat(32)), Who::Reference("C-8".into())] {
        assert!(matches!(store.edit_customer(&nobody, patch(&json!({})), "api", None).await, Err(CustomerError::Unknown)));
    }
    let withheld = Who::Number(Pii::new("anonymous".into()));
    assert!(matches!(store.edit_customer(&withheld, patch(&json!({})), "api", None).await, Err(CustomerError::NoNumber)));
    assert!(store.forget_customer(&Who::Reference("C-7".into())).await.unwrap());
    assert_eq!(store.customer(&who()).await.unwrap(), None);
    assert!(!store.forget_customer(&who()).await.unwrap());
}

#[tokio::test]
async fn many_who_write_at_once_all_write() {
    let (_folder, store) = opened().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let store = store.clone();
        writers.spawn(async move {
            let finding = Finding { tags: vec![format!("t{writer}")], ..Finding::default() };
            store.remember(&CallId::from("01a"), &number(), finding).await.unwrap();
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let record = store.customer(&who()).await.unwrap().unwrap();
    assert_eq!((record.tags.len(), record.revision), (16, 16));
}

#[tokio::test]
async fn a_caller_brings_what_is_known_and_a_stranger_nothing() {
    let (_folder, store) = opened().await;
    let stranger = Value::Object(store.caller(&number()).await.unwrap());
    assert_eq!((&stranger["known"], &stranger["tier"], &stranger["tags"]), (&json!(false), &Value::Null, &json!([])));

    a_call(&store, "01a", 1_800_000_000_000).await;
    a_call(&store, "01b", 1_800_000_100_000).await;
    let again = Value::Object(store.caller(&number()).await.unwrap());
    assert_eq!(again["last_calls"][0]["id"], "01b", "the newest first, also of a caller without a record");
    assert_eq!(
        (&again["last_calls"][1]["intent"], &again["last_calls"][1]["disposition"]),
        (&json!("order_status"), &json!("caller_hung_up"))
    );

    let finding = Finding {
        fields: json!({"baby_months": 7, "tier": "gold", "points": 1}).as_object().unwrap().clone(),
        tags: vec!["milk".into(), "vip".into()],
        untag: Vec::new(),
    };
    store.remember(&CallId::from("01b"), &number(), finding).await.unwrap();
    store
        .edit_customer(&who(), patch(&json!({"ref": "C-7", "crm": {"points": 320, "tier": "bronze", "age": 67}})), "hook", None)
        .await
        .unwrap();
    let finding = Finding { untag: vec!["vip".into()], ..Finding::default() };
    store.remember(&CallId::from("01b"), &number(), finding).await.unwrap();
    let known = Value::Object(store.caller(&number()).await.unwrap());
    assert_eq!((&known["known"], &known["tier"], &known["tags"]), (&json!(true), &json!("gold"), &json!(["milk"])));
    assert_eq!((&known["crm"]["points"], &known["points"], &known["age"]), (&json!(320), &json!(320), &json!(67)));
    assert_eq!((&known["learned"]["baby_months"], &known["baby_months"]), (&json!(7), &json!(7)));
}

#[tokio::test]
async fn neither_number_nor_name_nor_crm_data_lie_readable_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_telling(folder.path(), vec![to("crm", &[])]).await.unwrap();
    let fields = json!({"name": "Wang Fang", "crm": {"address": "Nanjing Road"}, "tier": "gold"});
    store.edit_customer(&who(), patch(&fields), "api", None).await.unwrap();
    store.close().await;
    let mut seen = false;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        seen |= holds("138****1234");
        assert!(!holds("13800001234") && !holds("Wang Fang") && !holds("Nanjing Road"));
    }
    assert!(seen, "the record is in the files at all");
}

#[tokio::test]
async fn a_record_sealed_with_another_key_is_an_error_and_no_panic() {
    let (folder, store) = opened().await;
    let made = store.edit_customer(&who(), patch(&json!({"tier": "gold"})), "api", None).await.unwrap();
    store.close().await;
    std::fs::write(folder.path().join("secret.key"), [7; 32]).unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert!(matches!(store.customer(&Who::Id(made.id)).await, Err(CustomerError::Sealed)));
}

async fn events(store: &Store) -> Vec<Value> {
    let (due, _) = store.due_events("crm", 99).await.unwrap();
    due.into_iter().map(|(_, body)| serde_json::from_str(&body).unwrap()).collect()
}

#[tokio::test]
async fn the_facts_of_a_call_are_events_for_whoever_wants_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_telling(folder.path(), vec![to("crm", &["call.*", "customer.updated"])]).await.unwrap();
    store.edit_customer(&who(), patch(&json!({"ref": "C-7"})), "api", None).await.unwrap();
    a_call(&store, "01a", 1_800_000_000_000).await;
    let mut told = events(&store).await;
    told.sort_by_key(|event| event["time"].as_str().unwrap_or_default().to_owned());
    let kinds: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["customer.updated", "call.started", "call.answered", "call.intent", "call.bridged", "call.ended"]);
    let ended = told.last().unwrap();
    assert_eq!(
        (&ended["specversion"], &ended["subject"], &ended["datacontenttype"]),
        (&json!("1.0"), &json!("01a"), &json!("application/json"))
    );
    assert_eq!(ended["time"], "2027-01-15T08:00:12.540Z");
    assert_eq!(ended["data"]["customer"]["ref"], "C-7");
    assert_eq!(
        (&ended["data"]["slots"], &ended["data"]["disposition"], &ended["data"]["talked_s"], &ended["data"]["caller"]),
        (&json!({"order": "20261234"}), &json!("caller_hung_up"), &json!(12.5), &json!("138****1234"))
    );
    assert!(!told.iter().any(|event| event.to_string().contains("13800001234")), "no event holds the number");
}

#[tokio::test]
async fn what_a_call_learned_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_telling(folder.path(), vec![to("crm", &["customer.*"])]).await.unwrap();
    let finding = || Finding { fields: json!({"baby_months": 7}).as_object().unwrap().clone(), ..Finding::default() };
    store.remember(&CallId::from("01a"), &number(), finding()).await.unwrap();
    store.remember(&CallId::from("01b"), &number(), finding()).await.unwrap();
    let told = events(&store).await;
    assert_eq!(told.len(), 1, "learned again is no news");
    assert_eq!(
        (&told[0]["data"]["learned"]["baby_months"]["value"], &told[0]["data"]["by"], &told[0]["data"]["changed"]),
        (&json!(7), &json!("robot"), &json!(["learned"]))
    );
}

#[tokio::test]
async fn the_outbox_survives_a_restart_and_gives_up_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_telling(folder.path(), vec![to("crm", &["call.ended"]), to("bi", &["call.ended"])]).await.unwrap();
    a_call(&store, "01a", 1_700_000_000_000).await;
    store.close().await;

    let store = Store::open(folder.path()).await.unwrap();
    let mut waiting = store.waiting_endpoints().await.unwrap();
    waiting.sort();
    assert_eq!(waiting, ["bi", "crm"]);
    let (bi, crm) = (store.due_events("bi", 99).await.unwrap().0, store.due_events("crm", 99).await.unwrap().0);
    assert_eq!((bi.len(), crm.len()), (1, 1), "one for each endpoint");
    store.event_delivered(&bi[0].0).await.unwrap();
    assert_eq!(store.events(DeliveryState::Delivered, 9).await.unwrap()[0].endpoint, "bi");

    let (mut delivery, mut tries) = (crm[0].0.clone(), 0);
    while store.event_failed(&delivery, "status 500").await.unwrap() == DeliveryState::Pending {
        let waiting = store.events(DeliveryState::Pending, 9).await.unwrap().remove(0);
        // The longest pauses are alike, so that two tries in one millisecond are due at the same time.
        assert!(waiting.due >= delivery.due && waiting.attempts == delivery.attempts + 1, "{waiting:?}");
        assert!(store.due_events("crm", 9).await.unwrap().0.is_empty(), "not before its time");
        (delivery, tries) = (waiting, tries + 1);
    }
    assert_eq!(tries, 13);
    let dead = store.events(DeliveryState::Dead, 9).await.unwrap();
    assert_eq!((dead.len(), dead[0].error.as_deref()), (1, Some("status 500")));
    assert_eq!(store.revive_events(Some("another")).await.unwrap(), 0);
    assert_eq!(store.revive_events(Some(&dead[0].event)).await.unwrap(), 1);
    assert_eq!(store.due_events("crm", 9).await.unwrap().0.len(), 1, "and it is tried again");
}

#[tokio::test]
async fn facts_written_again_after_a_crash_are_no_new_events() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"call":"01a","seq":5,"event":{"t":10,"event":"ended","cause":"caller_hung_up"}}"#;
    for _ in 0..2 {
        std::fs::write(folder.path().join("spill.jsonl"), format!("{line}\n")).unwrap();
        let store = Store::open_telling(folder.path(), vec![to("crm", &[])]).await.unwrap();
        assert_eq!(events(&store).await.len(), 1);
        store.close().await;
    }
}

#[tokio::test]
async fn a_signed_request_is_taken_once() {
    let (_folder, store) = opened().await;
    let hour = Duration::from_hours(1);
    assert!(store.take_once("a", hour).await.unwrap());
    assert!(!store.take_once("a", hour).await.unwrap());
    assert!(store.take_once("b", hour).await.unwrap());
    store.untake("a").await.unwrap();
    assert!(store.take_once("a", hour).await.unwrap());
}

#[tokio::test]
async fn a_ticket_gets_a_number_that_can_be_said_and_is_worked_on_by_urgency() {
    let (_folder, store) = opened().await;
    let ticket = |priority: &str, text: &str| NewTicket {
        kind: "complaint".into(),
        priority: priority.into(),
        text: Pii::new(text.into()),
        fields: Pii::new(json!({"order": "20261234", "phone": "13900005678", "n": 2}).as_object().unwrap().clone()),
        number: number(),
    };
    let call = CallId::from("01a");
    assert_eq!(store.open_ticket(&call, &ticket("normal", "打13800001234找我")).await.unwrap(), "100001");
    assert_eq!(store.open_ticket(&call, &ticket("urgent", "漏奶")).await.unwrap(), "100002");
    let open = store.tickets(TicketState::Open, 9).await.unwrap();
    assert_eq!(open.iter().map(|ticket| ticket.number.as_str()).collect::<Vec<_>>(), ["100002", "100001"]);
    let shown = serde_json::to_value(&open[1]).unwrap();
    assert_eq!((&shown["text"], &shown["caller"]), (&json!("打138****1234找我"), &json!("138****1234")));
    assert_eq!(shown["fields"], json!({"order": "20261234", "phone": "139****5678", "n": 2}));
    assert!(store.set_ticket(100_002, TicketState::Closed).await.unwrap());
    assert!(!store.set_ticket(7, TicketState::Closed).await.unwrap());
    assert_eq!(
        (store.tickets(TicketState::Open, 9).await.unwrap().len(), store.tickets(TicketState::Closed, 9).await.unwrap().len()),
        (1, 1)
    );
    assert!(store.ticket(100_002).await.unwrap().unwrap().closed.is_some());
}

#[tokio::test]
async fn tickets_promises_messages_and_scores_are_events_too() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Store::open_telling(folder.path(), vec![to("crm", &["ticket.created", "callback.promised", "message.left", "survey.answered"])])
            .await
            .unwrap();
    let call = CallId::from("01a");
    let ticket = NewTicket {
        kind: "complaint".into(),
        priority: "high".into(),
        text: Pii::new("漏奶，打13800001234".into()),
        fields: Pii::default(),
        number: number(),
    };
    let opened = store.open_ticket(&call, &ticket).await.unwrap();
    for fact in [
        Fact::Ticket { kind: "complaint".into(), priority: crate::dialplan::Priority::High, number: Some(opened) },
        Fact::Ticket { kind: "complaint".into(), priority: crate::dialplan::Priority::High, number: None },
        Fact::CallbackPromised {
            queue: "general".into(),
            within: Duration::from_mins(1),
            by: Wall::from_millis(1_700_000_000_000),
            at: Some("15:30".into()),
        },
        Fact::Message("漏奶".into()),
        Fact::Survey { slot: "score".into(), score: "4".into() },
    ] {
        store.writer().write(&call, &Stamped { at: Duration::from_secs(1), fact });
    }
    store.writer().flush().await;
    let mut told = events(&store).await;
    told.sort_by_key(|event| event["type"].to_string());
    let shown: Vec<(&str, &Value)> = told
        .iter()
        .zip(["callback", "message", "survey", "ticket"])
        .map(|(event, field)| (event["type"].as_str().unwrap(), &event["data"][field]))
        .collect();
    assert_eq!(shown.len(), 4, "a ticket that was not opened is none");
    assert_eq!(
        shown[0],
        ("callback.promised", &json!({"queue": "general", "within_s": 60, "by": "2023-11-14T22:13:20.000Z", "at": "15:30"}))
    );
    assert_eq!(shown[1], ("message.left", &json!({"text": "漏奶"})));
    assert_eq!(shown[2], ("survey.answered", &json!({"slot": "score", "score": "4"})));
    assert_eq!(
        (shown[3].0, &shown[3].1["number"], &shown[3].1["text"]),
        ("ticket.created", &json!("100001"), &json!("漏奶，打138****1234"))
    );
}

#[tokio::test]
async fn a_call_cut_by_a_crash_is_told_to_have_ended() {
    let (folder, store) = opened().await;
    let fact = Fact::Began {
        at: Wall::from_millis(1_700_000_000_000),
        caller_masked: "138****1234".into(),
        called: "8001".into(),
        dialplan: "优选".into(),
        dialplan_hash: "abc".into(),
    };
    store.writer().write(&CallId::from("01a"), &Stamped { at: Duration::ZERO, fact });
    store.close().await;
    for _ in 0..2 {
        let store = Store::open_telling(folder.path(), vec![to("crm", &["call.ended"])]).await.unwrap();
        let told = events(&store).await;
        assert_eq!((told.len(), &told[0]["data"]["disposition"]), (1, &json!("failed")));
        store.close().await;
    }
}
