//! The way to a business system: a client that logs in, trusts whom it should, and never leaves its host.
//! Its words about what went wrong hold neither address nor secret.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Identity, Response, Url, redirect};

use crate::dialplan::{Secret, SourceAuth};

/// How often an answer may send us to another path of the same host.
const MOST_REDIRECTS: usize = 3;

/// Clients and the address that their requests begin with.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Follows within the host.
    pub(super) reader: Client,
    /// Follows nowhere: a redirected POST may become a GET, and then nothing was written.
    pub(super) writer: Client,
    pub(super) base: Url,
}

impl Door {
    /// Makes the client; reads certificates, asks for nothing yet.
    pub(super) fn open(url: &str, auth: &SourceAuth, authority: Option<&str>) -> Result<Self, String> {
        // The HTTP client wants a provider even for plain http; an earlier one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base: Url = url.parse().map_err(|_| format!("its url is no address: {url}"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(format!("its url is no http or https address: {url}"));
        }
        let headers = headers(auth)?;
        let client = |policy| {
            let builder = Client::builder()
                .default_headers(headers.clone())
                .redirect(policy)
                .no_proxy()
                .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")));
            let builder = certificates(builder, auth, authority)?;
            builder.build().map_err(|_| "no HTTP client: its certificate or key cannot be used".to_owned())
        };
        Ok(Self { reader: client(redirect::Policy::custom(stay))?, writer: client(redirect::Policy::none())?, base })
    }

    /// Puts a path behind the base address. Refuses `..`, by which a caller's words could reach another resource.
    pub(super) fn place(&self, path: &str) -> Result<Url, String> {
        let before_query = path.split(['?', '#']).next().unwrap_or_default();
        let climbs = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if before_query.split(['/', '\\']).any(climbs) {
            return Err("its path holds . or .. as a part".into());
        }
        if path.is_empty() {
            return Ok(self.base.clone());
        }
        let text = format!("{}/{}", self.base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
        let url: Url = text.parse().map_err(|_| "its path makes no address".to_owned())?;
        if url.origin() == self.base.origin() { Ok(url) } else { Err("its path leads to another host".into()) }
    }
}

fn headers(auth: &SourceAuth) -> Result<HeaderMap, String> {
    use base64::Engine as _;
    let mut headers = HeaderMap::new();
    let basic = auth.basic.iter().map(|pair| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair.reveal());
        ("Authorization".to_owned(), Secret::new(format!("Basic {encoded}")))
    });
    for (name, secret) in auth.headers.iter().cloned().chain(basic) {
        let header = if name.eq_ignore_ascii_case("authorization") { Ok(AUTHORIZATION) } else { HeaderName::from_bytes(name.as_bytes()) };
        let header = header.map_err(|_| "its auth names a header that no header can be called".to_owned())?;
        let mut value =
            HeaderValue::from_str(secret.reveal()).map_err(|_| "its auth holds characters that a header may not hold".to_owned())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

fn certificates(mut builder: ClientBuilder, auth: &SourceAuth, authority: Option<&str>) -> Result<ClientBuilder, String> {
    if let Some(authority) = authority {
        let found = Certificate::from_pem_bundle(pem(authority, "ca")?.as_bytes()).unwrap_or_default();
        if found.is_empty() {
            return Err("its ca holds no certificate in PEM form".into());
        }
        // Only this authority: who names one does not want any other to vouch for the system.
        builder = builder.tls_certs_only(found);
    }
    if let Some((certificate, key)) = &auth.certificate {
        let both = format!("{}\n{}", pem(certificate, "auth.certificate")?, pem(key.reveal(), "auth.key")?);
        let identity = Identity::from_pem(both.as_bytes())
            .map_err(|_| "its auth.certificate and auth.key are no certificate and key in PEM form".to_owned())?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

/// Reads a PEM file, unless the text is PEM itself.
fn pem(text: &str, what: &str) -> Result<String, String> {
    if text.contains("-----BEGIN ") {
        return Ok(text.to_owned());
    }
    std::fs::read_to_string(text).map_err(|error| format!("its {what} cannot be read: {}", error.kind()))
}

/// Follows only within scheme, host and port, so that neither data nor authorization goes elsewhere.
fn stay(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// Reads an answer of at most so many bytes; nothing where it is larger.
pub(super) async fn read(mut response: Response, most: usize) -> Result<Option<Vec<u8>>, String> {
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Says what went wrong in transport, without the address.
pub(super) fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() { "not reachable" } else { "the connection broke" };
    format!("{what}: {cause}")
}
