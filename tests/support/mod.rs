//! What the tests with real peers share: a running Bellhop and programs started and ended by their pid.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program under test.
pub const BELLHOP: &str = env!("CARGO_BIN_EXE_bellhop");

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A child that is ended when it is dropped.
pub struct Running(pub Child);

impl Running {
    /// Asks it to end (SIGTERM) and waits; true if it ended by itself with success.
    pub fn terminate(&mut self) -> bool {
        // kill by pid of our own child
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let until = Instant::now() + Duration::from_secs(40);
        while Instant::now() < until {
            if let Ok(Some(status)) = self.0.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `bellhop serve` on free ports, with its own data folder.
pub struct Server {
    pub process: Running,
    pub sip: SocketAddr,
    pub http: SocketAddr,
    pub token: String,
    pub folder: TempDir,
}

/// What a server is started with.
#[derive(Default)]
pub struct ServerOptions {
    /// The seats' file.
    pub seats: Option<String>,
    /// The address of the shop.
    pub shop: Option<String>,
    /// The address of the demo's systems: shop, operator and bank.
    pub systems: Option<String>,
    /// More lines for the configuration file.
    pub config: String,
}

impl ServerOptions {
    /// The address of a business system: nobody listens where none is given.
    fn system(&self, name: &str) -> String {
        let own = self.shop.clone().filter(|_| name == "shop");
        let of_demo = self.systems.as_ref().map(|base| format!("{base}/{name}"));
        own.or(of_demo).unwrap_or_else(|| "http://127.0.0.1:9".to_owned())
    }
}

/// Starts the demo's business systems; returns them with their address.
pub fn start_systems() -> (Running, SocketAddr) {
    let mut child = Command::new(BELLHOP)
        .args(["demo-systems", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let address = ready.trim().rsplit('/').next().and_then(|address| address.parse().ok());
    (Running(child), address.unwrap_or_else(|| panic!("the systems are not ready: {ready}")))
}

impl Server {
    /// Starts a server and waits for its `ready` line.
    pub fn start(options: &ServerOptions) -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("seats.yaml"), options.seats.as_deref().unwrap_or("seats: []\n")).unwrap();
        std::fs::write(path("bellhop.yaml"), format!("sip: {{listen: [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]}}\n{}", options.config))
            .unwrap();
        let mut child = Command::new(BELLHOP)
            .current_dir(root())
            .args([
                "serve",
                "--config",
                &path("bellhop.yaml"),
                "--http",
                "127.0.0.1:0",
                "--seats",
                &path("seats.yaml"),
                "--data",
                &path("data"),
            ])
            .envs(
                [("SHOP_URL", "shop"), ("TELECOM_URL", "telecom"), ("BANK_URL", "bank")]
                    .map(|(name, system)| (name, options.system(system))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(path("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = Running(child);
        let ready = lines.find_map(|line| line.ok().filter(|line| line.starts_with("ready ")));
        let ready =
            ready.unwrap_or_else(|| panic!("the server did not get ready:\n{}", std::fs::read_to_string(path("log")).unwrap_or_default()));
        // Keeps the pipe open and empty for as long as the server writes to it.
        std::thread::spawn(move || lines.for_each(drop));
        let field = |name: &str| ready.split(' ').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
        let sip =
            field("sip=").split(',').find_map(|address| address.strip_prefix("udp:").map(|address| address.parse().unwrap())).unwrap();
        let http = field("http=http://").parse().unwrap();
        let token = field("console=").split("token=").nth(1).unwrap().to_owned();
        Self { process, sip, http, token, folder }
    }

    /// The folder of data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The records, newest first, whole.
    pub fn records(&self) -> Vec<serde_json::Value> {
        let data = self.data().display().to_string();
        let list = bellhop(&["calls", "list", "--data", &data, "--json", "--limit", "10000"]);
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
        String::from_utf8_lossy(&list.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One record with its transcript.
    pub fn record(&self, id: &str) -> serde_json::Value {
        let data = self.data().display().to_string();
        let show = bellhop(&["calls", "show", id, "--data", &data, "--json"]);
        serde_json::from_slice(&show.stdout).unwrap()
    }

    /// A value of `/metrics`.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let body = http_get(self.http, "/metrics", None).1;
        body.lines().find_map(|line| line.strip_prefix(name).and_then(|rest| rest.trim().parse().ok()))
    }
}

/// A plain GET over HTTP/1.1: status and body.
pub fn http_get(address: SocketAddr, path: &str, token: Option<&str>) -> (u16, String) {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// Runs the program to its end.
pub fn bellhop(arguments: &[&str]) -> Output {
    Command::new(BELLHOP).current_dir(root()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// A UDP port that was free a moment ago, even, with the next one free too.
pub fn free_port() -> u16 {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        if port.is_multiple_of(2) && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

/// Says what to run when a program that the tests need is missing.
pub fn require(program: &str) {
    let found = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    assert!(found, "{program} is not installed: run `make setup-test`");
}

/// Waits until `done` says so; panics with `what` after `patience`.
pub fn wait_until(what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + patience;
    while !done() {
        assert!(Instant::now() < until, "{what}: not within {patience:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
