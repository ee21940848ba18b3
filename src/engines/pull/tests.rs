//! Pulls from a server on this machine that does what servers and networks do.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::model::tests::{FILES, embedded};
use super::*;

/// What a server has under one name.
#[derive(Clone, Default)]
struct Answer {
    body: Vec<u8>,
    status: Option<u16>,
    stamp: &'static str,
    /// Breaks off after so many bytes, as often as it says.
    breaks: Vec<usize>,
}

struct Server {
    base: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    /// Every request: its path, and what it asked for of it.
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request's path, and where it begins.
type Asked = (String, Option<usize>);

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { base, answers: Arc::default(), asked: Arc::default() };
        let (answers, asked) = (Arc::clone(&server.answers), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.expect("a request"));
                }
                let head = String::from_utf8(head).expect("a head");
                let path = head.split(' ').nth(1).expect("a path").trim_start_matches('/').to_owned();
                let header = |name: &str| {
                    head.lines()
                        .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
                };
                let from = header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
                asked.lock().expect("held").push((path.clone(), from));
                let answer = answers.lock().expect("held").get_mut(&path).map(|answer| {
                    let now = answer.clone();
                    if !answer.breaks.is_empty() {
                        answer.breaks.remove(0);
                    }
                    now
                });
                let Some(answer) = answer else {
                    let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
                    continue;
                };
                let from = from.filter(|_| header("if-range") == Some(answer.stamp));
                let (status, start, range) = match from {
                    Some(from) if from < answer.body.len() => {
                        let length = answer.body.len();
                        (206, from, format!("Content-Range: bytes {from}-{}/{length}\r\n", length - 1))
                    }
                    Some(_) => (416, answer.body.len(), format!("Content-Range: bytes */{}\r\n", answer.body.len())),
                    None => (answer.status.unwrap_or(200), 0, String::new()),
                };
                let rest = &answer.body[start..];
                let stamp = if answer.stamp.is_empty() { String::new() } else { format!("ETag: {}\r\n", answer.stamp) };
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{stamp}{range}\r\n", rest.len());
                let _ = stream.write_all(head.as_bytes()).await;
                let until = answer.breaks.first().copied().unwrap_or(rest.len()).min(rest.len());
                let _ = stream.write_all(&rest[..until]).await;
            }
        });
        server
    }

    fn has(&self, name: &str, answer: Answer) {
        self.answers.lock().expect("held").insert(name.to_owned(), answer);
    }

    fn requests(&self, of: &str) -> Vec<Option<usize>> {
        self.asked.lock().expect("held").iter().filter(|(path, _)| path == of).map(|(_, from)| *from).collect()
    }

    fn model(&self) -> PublicModel {
        PublicModel {
            name: "vosk-model-tiny".to_owned(),
            kind: ModelKind::Recogniser,
            files: vec![PublicFile { url: format!("{}/vosk-model-tiny.zip", self.base), sha256: None }],
            list: Some(format!("{}/model-list.json", self.base)),
        }
    }
}

/// Zips named contents.
fn zipped(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("an archive").into_inner()
}

/// A voice of one row.
fn array() -> Vec<u8> {
    let described = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 256), }";
    [&b"\x93NUMPY\x01\x00"[..], &(described.len() as u16).to_le_bytes(), described, &[0; 1024]].concat()
}

/// The embedded model as its vendor would send it: in a folder of its own.
fn archive() -> Vec<u8> {
    let entries: Vec<(String, Vec<u8>)> =
        FILES.iter().map(|file| (format!("vosk-model-tiny/{file}"), fs::read(embedded().join(file)).expect("read"))).collect();
    zipped(&entries.iter().map(|(name, content)| (name.as_str(), content.clone())).collect::<Vec<_>>())
}

fn vendor_list(body: &[u8]) -> Vec<u8> {
    let md5 = <md5::Md5 as md5::Digest>::digest(body);
    let md5: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!([{"lang": "x"}, {"name": "vosk-model-tiny", "size": body.len(), "md5": md5, "obsolete": "false"}])
        .to_string()
        .into_bytes()
}

async fn run(model: &PublicModel, from: &PullSource, models: &Path) -> Result<Pulled, PullError> {
    pull(model, from, models, Present::Keep, &mut |_| {}).await
}

/// Nothing but what was there before: neither a half model nor a `.pull` that a person would wonder about.
fn names(models: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(models).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_model_is_fetched_checked_by_the_vendors_list_and_installed() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let body = archive();
    server.has("vosk-model-tiny.zip", Answer { body: body.clone(), ..Answer::default() });
    server.has("model-list.json", Answer { body: vendor_list(&body), ..Answer::default() });
    let mut seen = Vec::new();
    let pulled = pull(&server.model(), &PullSource::Vendor, models.path(), Present::Keep, &mut |at| {
        if let PullProgress::Fetching { done, whole, .. } = at {
            seen.push((done, whole));
        }
    })
    .await
    .expect("pulled");
    assert_eq!(pulled.files[0].2, Checked::Vendor);
    assert!(check_model(&models.path().join("vosk-model-tiny")).is_ok());
    assert_eq!(names(models.path()), ["checksums.txt", "vosk-model-tiny"]);
    let size = body.len() as u64;
    assert!(seen.is_sorted() && seen.first() == Some(&(0, Some(size))) && seen.last() == Some(&(size, Some(size))));
    assert_eq!(run(&server.model(), &PullSource::Vendor, models.path()).await.expect("there").files, []);
    assert_eq!(server.requests("vosk-model-tiny.zip").len(), 1, "a whole model is fetched once");
}

#[tokio::test]
async fn a_broken_connection_is_taken_up_again_where_it_broke() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let body = archive();
    server.has("vosk-model-tiny.zip", Answer { body, stamp: "\"one\"", breaks: vec![100_000, 200_000], ..Answer::default() });
    let pulled = run(&server.model(), &PullSource::Vendor, models.path()).await.expect("pulled");
    assert_eq!(pulled.files[0].2, Checked::FirstSeen);
    assert_eq!(server.requests("vosk-model-tiny.zip"), [None, Some(100_000), Some(300_000)]);
}

#[tokio::test]
async fn what_came_is_kept_when_the_server_goes_and_gone_on_with_the_next_time() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let body = archive();
    server.has("vosk-model-tiny.zip", Answer { body: body.clone(), stamp: "\"one\"", breaks: vec![100_000, 0], ..Answer::default() });
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("broken");
    assert!(matches!(&error, PullError::Broke { got: 100_000, .. }), "{error}");
    assert!(error.to_string().contains("0.1 MB of") && error.to_string().contains("goes on from there"), "{error}");
    assert_eq!(names(models.path()), [".pull"]);
    run(&server.model(), &PullSource::Vendor, models.path()).await.expect("pulled");
    assert_eq!(server.requests("vosk-model-tiny.zip"), [None, Some(100_000), Some(100_000)]);
    assert_eq!(names(models.path()), ["checksums.txt", "vosk-model-tiny"]);
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_or_has_no_mark_begins_anew() {
    for (first, then) in [("\"one\"", "\"two\""), ("", ""), ("W/\"weak\"", "W/\"weak\"")] {
        let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
        let body = archive();
        let mut old = body.clone();
        old[50_000] ^= 1;
        server.has("vosk-model-tiny.zip", Answer { body: old, stamp: first, breaks: vec![100_000, 0], ..Answer::default() });
        run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("broken");
        server.has("vosk-model-tiny.zip", Answer { body, stamp: then, ..Answer::default() });
        run(&server.model(), &PullSource::Vendor, models.path()).await.expect(first);
    }
}

#[tokio::test]
async fn a_file_that_was_all_there_is_installed_without_being_sent_again() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let body = archive();
    server.has("vosk-model-tiny.zip", Answer { body: body.clone(), stamp: "\"one\"", ..Answer::default() });
    let staging = models.path().join(STAGING);
    fs::create_dir_all(&staging).expect("made");
    fs::write(staging.join("vosk-model-tiny.zip.part"), &body).expect("written");
    fs::write(staging.join("vosk-model-tiny.zip.stamp"), "\"one\"").expect("written");
    run(&server.model(), &PullSource::Vendor, models.path()).await.expect("pulled");
    assert_eq!(server.requests("vosk-model-tiny.zip"), [Some(body.len())]);
}

#[tokio::test]
async fn a_wrong_checksum_or_size_is_named_and_nothing_is_installed() {
    let body = archive();
    let mut forged = body.clone();
    forged[1000] ^= 1;
    for (list, told) in [(vendor_list(&forged), "its checksum is"), (vendor_list(&body[1..]), "the vendor's list says")] {
        let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
        server.has("vosk-model-tiny.zip", Answer { body: body.clone(), ..Answer::default() });
        server.has("model-list.json", Answer { body: list, ..Answer::default() });
        let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("refused").to_string();
        assert!(error.contains(told) && error.contains("vosk-model-tiny.zip"), "{error}");
        assert!(!models.path().join("vosk-model-tiny").exists());
        assert!(!models.path().join(".pull/vosk-model-tiny.zip.part").exists(), "a wrong file is not gone on with");
    }
}

#[tokio::test]
async fn the_sum_of_the_first_pull_and_the_manifests_must_be_met() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    server.has("vosk-model-tiny.zip", Answer { body: archive(), ..Answer::default() });
    let first = run(&server.model(), &PullSource::Vendor, models.path()).await.expect("pulled");
    let again = pull(&server.model(), &PullSource::Vendor, models.path(), Present::Replace, &mut |_| {}).await.expect("pulled");
    assert_eq!((&first.files[0].2, &again.files[0].2), (&Checked::FirstSeen, &Checked::Record));

    let mut other = archive();
    other.extend(b"trailing");
    server.has("vosk-model-tiny.zip", Answer { body: other, ..Answer::default() });
    let error = pull(&server.model(), &PullSource::Vendor, models.path(), Present::Replace, &mut |_| {}).await.expect_err("other");
    assert!(error.to_string().contains("checksums.txt"), "{error}");
    assert!(check_model(&first.folder).is_ok(), "what was there stays");

    let mut model = server.model();
    model.files[0].sha256 = Some("00".repeat(32));
    let error = pull(&model, &PullSource::Vendor, models.path(), Present::Replace, &mut |_| {}).await.expect_err("other");
    assert!(error.to_string().contains("the manifest says 0000"), "{error}");
}

#[tokio::test]
async fn an_archive_that_is_none_or_reaches_out_of_its_folder_installs_nothing() {
    let whole = archive();
    let cut = whole[..whole.len() / 2].to_vec();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0xff;
    let bomb = zipped(&[("vosk-model-tiny/am/final.mdl", vec![0; 80 << 20])]);
    for (body, told) in [
        (b"<html>sign in first</html>".to_vec(), "a page for people"),
        (cut, "is no whole ZIP archive"),
        (flipped, "is broken"),
        (zipped(&[("../evil.txt", b"x".to_vec())]), "leads out of its folder"),
        (zipped(&[("am/../../evil.txt", b"x".to_vec())]), "leads out of its folder"),
        (zipped(&[("/tmp/evil.txt", b"x".to_vec())]), "leads out of its folder"),
        (bomb, "far more than a model"),
        (zipped(&[("readme.txt", b"x".to_vec())]), "no model that Bellhop can use"),
    ] {
        let (server, outer) = (Server::start().await, tempfile::tempdir().expect("a folder"));
        let models = outer.path().join("models");
        fs::create_dir(&models).expect("made");
        server.has("vosk-model-tiny.zip", Answer { body, ..Answer::default() });
        let error = run(&server.model(), &PullSource::Vendor, &models).await.expect_err(told).to_string();
        assert!(error.contains(told), "{told}: {error}");
        assert_eq!(names(outer.path()), ["models"], "{told}");
        assert!(!models.join("vosk-model-tiny").exists() && !models.join("checksums.txt").exists(), "{told}");
        assert!(!models.join(".pull/vosk-model-tiny.zip.part").exists(), "{told}");
    }
}

#[tokio::test]
async fn a_link_in_an_archive_is_refused() {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.add_symlink("am", "/etc", SimpleFileOptions::default()).expect("a link");
    let body = writer.finish().expect("an archive").into_inner();
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    server.has("vosk-model-tiny.zip", Answer { body, ..Answer::default() });
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("refused").to_string();
    assert!(error.contains("holds a link"), "{error}");
}

#[tokio::test]
async fn no_network_no_file_and_a_server_in_trouble_are_told_apart() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("404").to_string();
    assert!(error.contains("404") && error.contains("--from"), "{error}");
    assert!(names(models.path()).is_empty(), "nothing is left behind");
    server.has("vosk-model-tiny.zip", Answer { status: Some(503), ..Answer::default() });
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("503").to_string();
    assert!(error.contains("status 503"), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let from = PullSource::Elsewhere(format!("http://{closed}/mirror"));
    let error = run(&server.model(), &from, models.path()).await.expect_err("closed").to_string();
    assert!(error.contains("127.0.0.1 cannot be reached") && error.contains("--from FOLDER"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_told() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    server.has("vosk-model-tiny.zip", Answer { body: archive(), ..Answer::default() });
    fs::create_dir_all(models.path().join(STAGING)).expect("made");
    // Whatever is written there finds no room.
    std::os::unix::fs::symlink("/dev/full", models.path().join(".pull/vosk-model-tiny.zip.part")).expect("linked");
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("full");
    assert!(matches!(&error, PullError::DiskFull(_)) && error.to_string().contains("make room"), "{error}");
}

#[tokio::test]
async fn another_place_by_address_or_folder_serves_the_same_files() {
    let (server, models, shelf) = (Server::start().await, tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let body = archive();
    server.has("mirror/vosk-model-tiny.zip", Answer { body: body.clone(), ..Answer::default() });
    server.has("mirror/model-list.json", Answer { body: vendor_list(&body), ..Answer::default() });
    let mirror = PullSource::Elsewhere(format!("{}/mirror/", server.base));
    assert_eq!(run(&server.model(), &mirror, models.path()).await.expect("pulled").files[0].2, Checked::Vendor);

    fs::write(shelf.path().join("vosk-model-tiny.zip"), &body).expect("written");
    let folder = PullSource::Elsewhere(shelf.path().display().to_string());
    let pulled = pull(&server.model(), &folder, models.path(), Present::Replace, &mut |_| {}).await.expect("pulled");
    assert_eq!(pulled.files[0].2, Checked::Record);
    assert_eq!(server.requests("vosk-model-tiny.zip"), [], "the vendor is not asked");
}

#[tokio::test]
async fn only_one_pull_of_a_model_runs() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    fs::create_dir_all(models.path().join(STAGING)).expect("made");
    let lock = File::create(models.path().join(".pull/vosk-model-tiny.lock")).expect("made");
    lock.lock().expect("locked");
    let error = run(&server.model(), &PullSource::Vendor, models.path()).await.expect_err("busy");
    assert!(matches!(error, PullError::Busy(_)));
}

#[tokio::test]
async fn a_voice_is_two_files_and_checked_as_one() {
    let (server, models) = (Server::start().await, tempfile::tempdir().expect("a folder"));
    let file = |name: &str| PublicFile { url: format!("{}/{name}", server.base), sha256: None };
    let model = PublicModel {
        name: "kokoro".into(),
        kind: ModelKind::Voice,
        files: vec![file("kokoro.onnx"), file("voices-v1.0.bin")],
        list: None,
    };
    server.has("voices-v1.0.bin", Answer { body: zipped(&[("zf_xiaobei.npy", array())]), ..Answer::default() });
    for (network, whole) in [(&b"<html>"[..], false), (&[8, 9, 0x3a, 0][..], true)] {
        server.has("kokoro.onnx", Answer { body: network.to_vec(), ..Answer::default() });
        assert_eq!(run(&model, &PullSource::Vendor, models.path()).await.is_ok(), whole);
    }
    assert_eq!(check_voice(&models.path().join("kokoro")).expect("a voice").voices, ["zf_xiaobei"]);
    fs::write(models.path().join("kokoro/voices-v1.0.bin"), b"PK nothing").expect("written");
    assert!(verify(ModelKind::Voice, &models.path().join("kokoro")).is_err());
}

#[test]
fn an_address_that_ends_in_no_file_is_refused() {
    for url in ["http://h/", "http://h/..", "http://h/a%2fb.zip", "http://h/.hidden"] {
        assert!(matches!(fetch::file_name(url), Err(PullError::Address(_))), "{url}");
    }
    assert_eq!(fetch::file_name("https://h/a/b-1.0_x.zip?raw=1").expect("a file"), "b-1.0_x.zip");
}
