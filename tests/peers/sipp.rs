//! Calls by sipp: many of them, cancelled ones, changed ones, refused ones.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Server, ServerOptions, free_port, require, root, wait_until};

/// Runs a scenario against the server; the number of calls that failed, or its output when sipp itself did.
fn sipp(server: &Server, scenario: &Path, number: &str, more: &[&str]) -> Result<(), String> {
    require("sipp");
    let folder = tempfile::TempDir::new().unwrap();
    let output = Command::new("sipp")
        .current_dir(folder.path())
        .arg(server.sip.to_string())
        .args(["-sf", &scenario.display().to_string(), "-s", number, "-i", "127.0.0.1", "-p", &free_port().to_string()])
        .args(["-nostdin", "-timeout", "60s", "-timeout_error", "-trace_err", "-mp", &free_port().to_string()])
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    let errors = crate::support::files_below(folder.path()).into_iter().map(|path| std::fs::read_to_string(path).unwrap_or_default());
    Err(format!("{}\n{}", String::from_utf8_lossy(&output.stdout), errors.collect::<String>()))
}

fn scenario(name: &str) -> PathBuf {
    root().join("tests/sipp").join(name)
}

fn nothing_left(server: &Server) {
    wait_until("all calls are over", Duration::from_secs(10), || server.metric("bellhop_calls_open") == Some(0.0));
}

#[test]
fn four_hundred_calls_at_fifty_a_second_are_all_served_and_recorded() {
    let server = Server::start(&ServerOptions::default());
    sipp(&server, &scenario("hotline_call.xml"), "8001", &["-m", "400", "-r", "50", "-l", "300"])
        .unwrap_or_else(|error| panic!("{error}\n{}", server.log()));
    nothing_left(&server);
    wait_until("400 complete records", Duration::from_secs(10), || {
        let records = server.records();
        records.len() == 400 && records.iter().all(|record| record["disposition"] == "caller_hung_up")
    });
}

#[test]
fn a_caller_who_changes_the_session_leaves_nothing_behind() {
    let server = Server::start(&ServerOptions::default());
    for name in ["hotline_reinvite.xml", "hotline_late_offer.xml"] {
        sipp(&server, &scenario(name), "8001", &["-m", "5", "-r", "5"]).unwrap_or_else(|error| panic!("{name}: {error}\n{}", server.log()));
    }
    nothing_left(&server);
}

#[test]
fn unknown_numbers_foreign_codecs_and_a_full_house_are_refused_with_their_codes() {
    let server = Server::start(&ServerOptions { config: "limits: {calls: 1}\n".to_owned(), ..ServerOptions::default() });
    sipp(&server, &scenario("hotline_404.xml"), "9999", &["-m", "1"]).unwrap_or_else(|error| panic!("404: {error}"));
    sipp(&server, &scenario("hotline_488.xml"), "8001", &["-m", "1"]).unwrap_or_else(|error| panic!("488: {error}"));
    nothing_left(&server);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| sipp(&server, &scenario("hotline_long.xml"), "8001", &["-m", "1"]));
        wait_until("the only line is taken", Duration::from_secs(4), || server.metric("bellhop_calls_open") == Some(1.0));
        sipp(&server, &scenario("hotline_503.xml"), "8001", &["-m", "1"]).unwrap_or_else(|error| panic!("503: {error}\n{}", server.log()));
        first.join().unwrap().unwrap_or_else(|error| panic!("{error}"));
    });
    nothing_left(&server);
}

#[test]
fn a_seats_phone_registers_by_its_password_and_says_when_that_is_wrong() {
    require("sipp");
    for (password, line) in [("secret", "ready"), ("wrong", "403")] {
        let port = free_port();
        let folder = tempfile::TempDir::new().unwrap();
        let mut registrar = Command::new("sipp")
            .current_dir(folder.path())
            .args(["-sf", &scenario("registrar.xml").display().to_string(), "-i", "127.0.0.1", "-p", &port.to_string()])
            .args(["-nostdin", "-m", "1", "-timeout", "30s"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let register = format!("sip:127.0.0.1:{port}");
        // sipp listens a moment after it starts; the phone repeats what is not answered.
        let mut phone = Command::new(env!("CARGO_BIN_EXE_bellhop"))
            .current_dir(root())
            .args(["answer", "--listen", "127.0.0.1:0", "--register", &register, "--user", "1001", "--password", password])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(phone.stderr.take().unwrap()));
        let said = lines.find_map(|said| said.ok().filter(|said| said.contains("ready") || said.contains("refused")));
        assert!(said.as_deref().unwrap_or_default().contains(line), "{password}: {said:?}");
        // Only what was started here: a phone that is ready goes on waiting for calls.
        let _ = phone.kill();
        let _ = phone.wait();
        let _ = registrar.kill();
        let _ = registrar.wait();
    }
}
