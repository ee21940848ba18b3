//! `bellhop learn` on a real record: groups, a patch that applies, and nothing changed by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use bellhop::base::{CallId, Clock};
use bellhop::call::{Fact, Stamped};
use bellhop::ivr::Doubt;
use bellhop::store::Store;

const PLAN: &str = "dialplan: 1\nname: 小店\nnumbers: [\"1\"]\nintents:\n  order: {examples: [我要查订单, 我的快递到哪了], say: 好的。}\n";

async fn record(data: &Path) {
    let store = Store::open(data).await.unwrap();
    let now = Clock::start().wall();
    let words = [
        ("你们招代理吗", Doubt::NotUnderstood, None),
        ("你们招不招代理", Doubt::NotUnderstood, None),
        ("包裹走到哪里了呀", Doubt::Confirmed, Some("order")),
        ("我要查订单", Doubt::NotUnderstood, None),
    ];
    for (at, (text, outcome, intent)) in words.into_iter().enumerate() {
        let call = CallId::from(format!("c{at}").as_str());
        let began = Fact::Began {
            at: now,
            caller_masked: "138****1234".into(),
            called: "1".into(),
            dialplan: "小店".into(),
            dialplan_hash: "h".into(),
        };
        let unknown = Fact::Unknown { text: text.into(), outcome, intent: intent.map(str::to_owned), confidence: 0.6 };
        for fact in [began, unknown] {
            store.writer().write(&call, &Stamped { at: Duration::ZERO, fact });
        }
    }
    store.close().await;
}

#[test]
fn what_callers_asked_becomes_a_patch_and_changes_nothing_itself() {
    let folder = tempfile::TempDir::new().unwrap();
    let (plan, data) = (folder.path().join("shop.yaml"), folder.path().join("data"));
    std::fs::write(&plan, PLAN).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(record(&data));
    let learn = |more: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
        command.current_dir(folder.path()).args(["learn", "shop.yaml", "--data", "data", "--lang", "en"]).args(more);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done
    };

    let shown = String::from_utf8(learn(&[]).stdout).unwrap();
    assert!(shown.starts_with("小店: 4 utterances were not surely understood; 1 of them would be by now"), "{shown}");
    let places: Vec<Option<usize>> = ["1. 2 times in 2 calls: a new question", "你们招代理吗", "2. 1 times", "+++ b/shop.yaml"]
        .into_iter()
        .map(|words| shown.find(words))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{shown}");
    let json: serde_json::Value = serde_json::from_slice(&learn(&["--json"]).stdout).unwrap();
    assert_eq!((json["asked"].as_u64(), json["groups"].as_array().map(Vec::len)), (Some(4), Some(2)), "{json}");
    assert_eq!(json["groups"][1]["intent"], "order");
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), PLAN, "it changes nothing itself");

    std::fs::write(folder.path().join("more.patch"), learn(&["--patch"]).stdout).unwrap();
    let applied = Command::new("git").args(["apply", "more.patch"]).current_dir(folder.path()).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert!(std::fs::read_to_string(&plan).unwrap().contains("我的快递到哪了, 包裹走到哪里了呀]"));
    let questions = std::fs::read_to_string(folder.path().join("shop-questions.md")).unwrap();
    assert!(questions.starts_with("## 你们") && questions.contains("\n- 你们"), "{questions}");
    // The example is known now; the question waits for its answer and is still listed.
    let json: serde_json::Value = serde_json::from_slice(&learn(&["--json"]).stdout).unwrap();
    assert_eq!((json["known_by_now"].as_u64(), json["groups"].as_array().map(Vec::len)), (Some(2), Some(1)), "{json}");
    assert_eq!(json["patch"], "", "what was proposed already is not proposed again");
}
