//! One file over HTTP or from a folder, gone on with where it broke off.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use super::{PullError, PullProgress, PullSource};

/// How long a server may take to say anything, or anything more.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest list of checksums that is read.
const LIST: usize = 4 << 20;
/// How often a transfer that had brought something is taken up again before the person is told.
const RESUMPTIONS: usize = 5;

/// Where one file is.
#[derive(Debug)]
pub(super) enum Place {
    Http(String),
    Disk(PathBuf),
}

/// Returns the name of the file that an address ends in.
pub(super) fn file_name(url: &str) -> Result<&str, PullError> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain =
        !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if plain { Ok(name) } else { Err(PullError::Address(url.to_owned())) }
}

pub(super) fn place(url: &str, name: &str, from: &PullSource) -> Place {
    match from {
        PullSource::Vendor => Place::Http(url.to_owned()),
        PullSource::Elsewhere(base) if base.starts_with("http://") || base.starts_with("https://") => {
            Place::Http(format!("{}/{name}", base.trim_end_matches('/')))
        }
        PullSource::Elsewhere(folder) => Place::Disk(Path::new(folder).join(name)),
    }
}

/// Brings a file to `part`, from where an earlier attempt stopped if the server still has the same file.
pub(super) async fn fetch(
    place: &Place,
    name: &str,
    part: &Path,
    progress: &mut (dyn FnMut(PullProgress<'_>) + Send),
) -> Result<(), PullError> {
    let url = match place {
        Place::Disk(path) => return copy(path, name, part, progress),
        Place::Http(url) => url,
    };
    let (client, parsed) = client(url)?;
    for attempt in 0.. {
        let before = length(part);
        match once(&client, &parsed, name, part, progress).await {
            Ok(Outcome::Whole) => return Ok(()),
            Ok(Outcome::StartOver) if attempt < RESUMPTIONS => forget(part),
            Ok(Outcome::StartOver) => {
                let reason = "the server sends other parts than those asked for".to_owned();
                return Err(PullError::Broke { file: name.to_owned(), got: 0, whole: None, reason });
            }
            Err(PullError::Broke { got, .. }) if got > before && attempt < RESUMPTIONS => progress(PullProgress::Resuming),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Throws away what came of a file.
pub(super) fn forget(part: &Path) {
    // Either may never have been written.
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(stamp_file(part));
}

/// Reads a small file; nothing where it cannot be had.
pub(super) async fn small(place: &Place) -> Option<Vec<u8>> {
    match place {
        Place::Disk(path) => {
            let mut list = Vec::new();
            File::open(path).ok()?.take(LIST as u64).read_to_end(&mut list).ok()?;
            Some(list)
        }
        Place::Http(url) => {
            let (client, parsed) = client(url).ok()?;
            let mut response = client.get(parsed).send().await.ok()?.error_for_status().ok()?;
            let mut list = Vec::new();
            while let Some(chunk) = response.chunk().await.ok()? {
                list.extend_from_slice(&chunk);
                if list.len() > LIST {
                    return None;
                }
            }
            Some(list)
        }
    }
}

fn client(url: &str) -> Result<(Client, Url), PullError> {
    let no_address = || PullError::Address(url.to_owned());
    let parsed: Url = url.parse().map_err(|_| no_address())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(no_address());
    }
    // The HTTP client wants a provider even for plain http; an earlier one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(PATIENCE)
        .read_timeout(PATIENCE)
        .redirect(redirect::Policy::custom(keep_secrecy))
        .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")));
    if matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|error| unreachable(&parsed, &error))?;
    Ok((client, parsed))
}

/// Follows a vendor to where its files lie, but not from https to http.
fn keep_secrecy(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let was_secret = attempt.previous().iter().any(|url| url.scheme() == "https");
    if attempt.previous().len() > 10 {
        attempt.error("it redirects for ever")
    } else if was_secret && attempt.url().scheme() != "https" {
        attempt.error("it redirects from https to http")
    } else {
        attempt.follow()
    }
}

enum Outcome {
    Whole,
    /// What is here is no beginning of what the server has.
    StartOver,
}

/// Asks once, for what is still missing.
async fn once(
    client: &Client,
    url: &Url,
    name: &str,
    part: &Path,
    progress: &mut (dyn FnMut(PullProgress<'_>) + Send),
) -> Result<Outcome, PullError> {
    let have = length(part);
    let stamp = fs::read_to_string(stamp_file(part)).ok().filter(|_| have > 0);
    let mut asked = client.get(url.clone());
    if let Some(stamp) = &stamp {
        asked = asked.header(RANGE, format!("bytes={have}-")).header(IF_RANGE, stamp);
    }
    let response = asked.send().await.map_err(|error| unreachable(url, &error))?;
    let disk = |error| PullError::disk(part, error);
    let continues = match response.status() {
        StatusCode::PARTIAL_CONTENT => begins_at(&response) == Some(have) && stamp.is_some(),
        StatusCode::OK => false,
        StatusCode::RANGE_NOT_SATISFIABLE => {
            // All of it was here, and only the installing was interrupted: the length stands after the slash.
            let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
            let same = range.rsplit('/').next().and_then(|length| length.parse().ok()) == Some(have);
            return Ok(if same && stamp.is_some() { Outcome::Whole } else { Outcome::StartOver });
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(PullError::NotFound(url.to_string())),
        other => return Err(PullError::Status { url: url.to_string(), status: other.as_u16() }),
    };
    if response.status() == StatusCode::PARTIAL_CONTENT && !continues {
        return Ok(Outcome::StartOver);
    }
    let mut done = if continues { have } else { 0 };
    let whole = response.content_length().map(|rest| done + rest);
    write_stamp(part, &response).map_err(disk)?;
    let mut file = OpenOptions::new().create(true).append(continues).write(true).truncate(!continues).open(part).map_err(disk)?;
    progress(PullProgress::Fetching { file: name, done, whole });
    let received = receive(response, &mut file, &mut done, &mut |done| progress(PullProgress::Fetching { file: name, done, whole })).await;
    let broke = |reason: String| PullError::Broke { file: name.to_owned(), got: done, whole, reason };
    match received {
        Ok(()) => {}
        Err(Trouble::Disk(error)) => return Err(disk(error)),
        Err(Trouble::Network(error)) => return Err(broke(deepest(&error))),
    }
    if whole.is_some_and(|whole| whole != done) {
        return Err(broke("it ended early".to_owned()));
    }
    file.sync_all().or_else(|error| if error.kind() == io::ErrorKind::InvalidInput { Ok(()) } else { Err(error) }).map_err(disk)?;
    Ok(Outcome::Whole)
}

enum Trouble {
    Network(reqwest::Error),
    Disk(io::Error),
}

async fn receive(mut response: Response, file: &mut File, done: &mut u64, told: &mut (dyn FnMut(u64) + Send)) -> Result<(), Trouble> {
    while let Some(chunk) = response.chunk().await.map_err(Trouble::Network)? {
        file.write_all(&chunk).map_err(Trouble::Disk)?;
        *done += chunk.len() as u64;
        told(*done);
    }
    Ok(())
}

fn copy(from: &Path, name: &str, part: &Path, progress: &mut (dyn FnMut(PullProgress<'_>) + Send)) -> Result<(), PullError> {
    forget(part);
    let mut source = File::open(from).map_err(|error| PullError::disk(from, error))?;
    let whole = source.metadata().ok().map(|metadata| metadata.len());
    let mut target = File::create(part).map_err(|error| PullError::disk(part, error))?;
    let (mut buffer, mut done) = (vec![0; 1 << 20], 0);
    loop {
        let count = source.read(&mut buffer).map_err(|error| PullError::disk(from, error))?;
        if count == 0 {
            return Ok(());
        }
        target.write_all(&buffer[..count]).map_err(|error| PullError::disk(part, error))?;
        done += count as u64;
        progress(PullProgress::Fetching { file: name, done, whole });
    }
}

fn length(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |metadata| metadata.len())
}

/// Beside the part: the server's mark of the file it is of, which must be the same for going on.
fn stamp_file(part: &Path) -> PathBuf {
    part.with_extension("stamp")
}

fn write_stamp(part: &Path, response: &Response) -> io::Result<()> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    // A weak mark does not promise the same bytes.
    if let Some(stamp) = header(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| header(LAST_MODIFIED)) {
        return fs::write(stamp_file(part), stamp);
    }
    let _ = fs::remove_file(stamp_file(part));
    Ok(())
}

/// The first byte of a part: `bytes 100-199/200`.
fn begins_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

fn unreachable(url: &Url, error: &reqwest::Error) -> PullError {
    let reason = if error.is_timeout() { format!("no answer within {} s", PATIENCE.as_secs()) } else { deepest(error) };
    PullError::Unreachable { host: url.host_str().unwrap_or("the server").to_owned(), reason }
}

fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
