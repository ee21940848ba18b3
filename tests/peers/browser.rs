//! A supervisor's browser listens to a running call: sound on both channels.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{BELLHOP, Running, Server, ServerOptions, require, root, wait_until};

#[test]
fn a_supervisor_hears_caller_and_robot_in_the_browser() {
    require("chromium");
    require("node");
    let server = Server::start(&ServerOptions::default());
    // A caller who keeps talking, to a robot who keeps answering.
    let mut arguments = vec!["dial".to_owned(), format!("sip:8001@{}", server.sip)];
    for _ in 0..8 {
        arguments.extend(["--say", "营业时间", "--wait", "4"].map(str::to_owned));
    }
    let caller = Command::new(BELLHOP).current_dir(root()).args(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _caller = Running(caller);
    wait_until("the call runs", Duration::from_secs(10), || server.metric("bellhop_calls_open") == Some(1.0));
    let output = Command::new("node")
        .current_dir(root().join("tests/browser"))
        .arg("listen.mjs")
        .arg(format!("http://{}/", server.http))
        .arg(&server.token)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        server.log()
    );
}
