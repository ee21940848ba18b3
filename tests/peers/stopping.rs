//! The program's end: whoever is on the line hears it, and the record says how it ended.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{BELLHOP, Running, Server, ServerOptions, bellhop, http_get, root, wait_until};

fn signal(process: &Running, name: &str) {
    // Our own child, by its pid.
    Command::new("kill").args([name, &process.0.id().to_string()]).status().unwrap();
}

#[test]
fn asked_twice_to_stop_it_hangs_up_at_once_and_the_record_is_complete() {
    let mut server = Server::start(&ServerOptions::default());
    let caller = Command::new(BELLHOP)
        .current_dir(root())
        .args(["dial", &format!("sip:8001@{}", server.sip), "--wait", "60"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut caller = Running(caller);
    wait_until("the call runs", Duration::from_secs(10), || server.metric("bellhop_calls_open") == Some(1.0));

    signal(&server.process, "-TERM");
    wait_until("it takes no more calls", Duration::from_secs(5), || http_get(server.http, "/readyz", None).0 == 503);
    let refused = bellhop(&["dial", &format!("sip:8001@{}", server.sip), "--json"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("503"), "{}", String::from_utf8_lossy(&refused.stdout));

    signal(&server.process, "-TERM");
    wait_until("it ends", Duration::from_secs(10), || server.process.0.try_wait().unwrap().is_some());
    assert!(server.process.0.wait().unwrap().success(), "{}", server.log());
    wait_until("the caller is hung up on", Duration::from_secs(5), || caller.0.try_wait().unwrap().is_some());
    let records = server.records();
    assert_eq!((records.len(), records[0]["disposition"].as_str()), (1, Some("drained")), "{records:?}");
}

#[test]
fn a_saved_dialplan_is_in_force_for_the_next_call_and_a_broken_one_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("hotline.yaml");
    let plan = |number: &str| {
        format!(
            "dialplan: 1\nname: t\nlanguage: zh\nnumbers: [\"{number}\"]\nstart: [{{say: 您好。}}, hangup]\nintents:\n  human: {{examples: [转人工, 人工客服, 我要人工], \
             transfer: {{queue: general, reason: asked}}}}\nqueues:\n  general: {{skills: [general]}}\n"
        )
    };
    std::fs::write(&path, plan("7001")).unwrap();
    let server = Server::start(&ServerOptions { config: format!("dialplans: {}\n", folder.path().display()), ..ServerOptions::default() });
    let answered = |number: &str| bellhop(&["dial", &format!("sip:{number}@{}", server.sip), "--wait", "0.2", "--json"]).status.success();
    assert!(answered("7001") && !answered("7002"));
    std::fs::write(&path, plan("7002")).unwrap();
    wait_until("the new number is answered", Duration::from_secs(10), || answered("7002"));
    std::fs::write(&path, "dialplan: 1\nname: [\n").unwrap();
    wait_until("the fault is logged", Duration::from_secs(10), || server.log().contains("stay as they were"));
    assert!(answered("7002"), "{}", server.log());
}
