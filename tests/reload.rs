//! A dialplan edited under fifty running calls, on the real server: those keep theirs, the next has the new one, a broken one changes nothing,
//! and the way back is one command.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and real processes need real time"
)]

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{BELLHOP, Server, ServerOptions, bellhop, root};

const CALLS: usize = 50;

fn plan(words: &str) -> String {
    format!(
        "dialplan: 1\nname: 小店\nnumbers: [\"8001\"]\nstart: [{{play: welcome}}, listen]\nkeys: {{\"1\": {{play: hours}}}}\n\
         silence: {{after: 60s}}\nprompts:\n  welcome: 您好。\n  hours: {words}\n"
    )
}

fn dial(server: &Server, steps: &[&str]) -> Child {
    let uri = format!("sip:8001@{}", server.sip);
    let mut command = Command::new(BELLHOP);
    command.current_dir(root()).args(["dial", &uri, "--json"]).args(steps);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for something that the server does by itself within a few seconds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < limit, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn versions(server: &Server) -> Vec<String> {
    let data = server.data().display().to_string();
    let list = bellhop(&["dialplans", "history", "shop", "--json", "--data", &data]);
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.map(|line| line["version"]["hash"].as_str().unwrap().to_owned()).collect()
}

fn said_by_robot(server: &Server, call: &serde_json::Value) -> Vec<String> {
    let whole = server.record(call["id"].as_str().unwrap());
    let turns = whole["transcript"].as_array().cloned().unwrap_or_default();
    turns.iter().filter(|turn| turn["who"] == "robot").map(|turn| turn["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn fifty_running_calls_keep_their_dialplan_and_the_next_has_the_new_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("shop.yaml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(&plan("我们九点开门。"));
    let options =
        ServerOptions { config: format!("dialplans: {}\nlimits: {{calls: 200}}\n", folder.path().display()), ..ServerOptions::default() };
    let server = Server::start(&options);
    let live = || server.metric("bellhop_calls_open").unwrap_or_default() as usize;

    let count = CALLS.to_string();
    let mut running = dial(&server, &["--wait", "25", "--press", "1", "--wait", "4", "--calls", &count, "--rate", "10"]);
    until("fifty calls at once", || live() >= CALLS);

    // A broken file is refused; the old one stays.
    write(&plan("我们九点开门。").replace("welcome: 您好。", "welcome:您好。"));
    until("the broken file is refused", || server.log().contains("stay as they were"));
    assert_eq!(versions(&server).len(), 1);

    write(&plan("我们十点开门。"));
    until("the new version comes into force", || versions(&server).len() == 2);
    assert!(live() >= CALLS, "the calls are still open");
    let mut next = dial(&server, &["--wait", "2", "--press", "1", "--wait", "4"]);
    assert!(running.wait().unwrap().success() && next.wait().unwrap().success());

    let [new, old] = versions(&server).try_into().unwrap();
    until("all records are written", || server.records().iter().filter(|call| !call["disposition"].is_null()).count() == CALLS + 1);
    let records = server.records();
    let (old_calls, new_calls): (Vec<_>, Vec<_>) = records.iter().partition(|call| call["hash"] == old.as_str());
    assert_eq!((old_calls.len(), new_calls.len()), (CALLS, 1));
    assert!(new_calls[0]["hash"] == new.as_str());
    for call in &records {
        let words = if call["hash"] == old.as_str() { "九点" } else { "十点" };
        let said = said_by_robot(&server, call);
        assert!(said.iter().any(|text| text.contains(words)), "{call}: {said:?}");
    }

    // And back.
    let data = server.data().display().to_string();
    let back = bellhop(&["dialplans", "rollback", "shop", &old[..8], "--data", &data]);
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), plan("我们九点开门。"));
    until("the old version is in force again", || versions(&server).first() == Some(&old));
    assert!(dial(&server, &["--wait", "2", "--press", "1", "--wait", "4"]).wait().unwrap().success());
    until("its record is written", || server.records().len() == CALLS + 2);
    assert_eq!(server.records()[0]["hash"].as_str(), Some(old.as_str()));
    assert!(Path::new(&data).join("dialplans/shop").join(&new).join("shop.yaml").is_file());
}

#[test]
fn a_question_put_into_the_folder_is_answered_a_broken_one_refused_and_the_way_back_is_whole() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("faq")).unwrap();
    write("shop.yaml", &format!("{}knowledge: faq\n", plan("九点。")));
    write("faq/a.md", "## 奶粉怎么冲\n\n先放水。\n");
    let options = ServerOptions { config: format!("dialplans: {}\n", folder.path().display()), ..ServerOptions::default() };
    let server = Server::start(&options);
    until("the first version is kept", || versions(&server).len() == 1);
    let refused = || server.log().matches("stay as they were").count();

    write("faq/b.yaml", "- ask: 招代理吗\n  anwser: 暂时不招。\n");
    until("the broken file is refused", || refused() == 1);
    write("faq/b.yaml", "- ask: 招代理吗\n  answer: 暂时不招。\n");
    until("the mended file comes into force", || versions(&server).len() == 2);
    write("faq/a.md", "## 奶粉怎么冲\n\n先放温水。\n");
    until("the changed answer comes into force", || versions(&server).len() == 3);

    let data = server.data().display().to_string();
    let second = versions(&server)[1].clone();
    let back = bellhop(&["dialplans", "rollback", "shop", &second, "--data", &data]);
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert_eq!(std::fs::read_to_string(folder.path().join("faq/a.md")).unwrap(), "## 奶粉怎么冲\n\n先放水。\n");
    until("the second version is in force again", || versions(&server).first() == Some(&second));
    assert!(Path::new(&data).join("dialplans/shop").join(&second).join("faq/b.yaml").is_file());
}
