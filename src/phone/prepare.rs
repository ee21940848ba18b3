//! What is made ready before a call begins, so that nothing is waited for in it: voices, recordings, the recogniser.

use std::fs::File;
use std::io::BufReader;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;

use super::awaited::{Awaited, WordList, language_of};
use super::script::Ready;
use super::{PhoneError, Step};
use crate::audio::read_wav;
use crate::base::Language;
use crate::engines::{RecognizerPool, Voice, VoskModel};
use crate::net::NetError;
use crate::speech::{SpeakError, Speech, Vocabulary, Wording};

/// A recogniser and what it is to expect.
pub(super) struct Hearing {
    pub(super) pool: RecognizerPool,
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) awaited: Arc<[Awaited]>,
}

/// Loads the model and starts the recogniser; `texts` are awaited, none means that everything is heard.
pub(super) fn hearing(model: &Path, language: Language, texts: &[&str], threads: usize) -> Result<Hearing, PhoneError> {
    let model = VoskModel::load(model)?;
    let words = WordList::new(model.words());
    let awaited = texts
        .iter()
        .map(|text| Awaited::new(text, &words).ok_or_else(|| PhoneError::CannotBeHeard((*text).to_owned())))
        .collect::<Result<Vec<_>, _>>()?;
    let mut phrases: Vec<String> = awaited.iter().flat_map(Awaited::phrases).map(str::to_owned).collect();
    phrases.sort_unstable();
    phrases.dedup();
    let vocabulary = Arc::new(Vocabulary::new(language, phrases));
    let pool = RecognizerPool::start(model, threads).map_err(PhoneError::Recogniser)?;
    Ok(Hearing { pool, vocabulary, awaited: awaited.into() })
}

/// Speaks texts, each in the language it is written in.
pub(super) async fn speeches(texts: &[&str]) -> Result<Vec<Speech>, PhoneError> {
    let failed = |text: &str| {
        let text = text.to_owned();
        move |source: SpeakError| PhoneError::Voice { text, source }
    };
    let Some(first) = texts.first() else { return Ok(Vec::new()) };
    let voice = Voice::find().await.map_err(failed(first))?;
    let mut speeches = Vec::new();
    for text in texts {
        let language = language_of(text);
        let wording = Wording { text: Arc::from(*text), language, speed: 100 };
        speeches.push(voice.speak(&wording).await.map_err(failed(text))?);
    }
    Ok(speeches)
}

/// Makes steps ready; `awaited` holds the awaited texts in their order.
pub(super) async fn steps(steps: &[Step], awaited: &[Awaited]) -> Result<Vec<Ready>, PhoneError> {
    let texts: Vec<&str> = steps.iter().filter_map(|step| if let Step::Say(text) = step { Some(text.as_str()) } else { None }).collect();
    let mut speeches = speeches(&texts).await?.into_iter();
    let mut awaited = awaited.iter();
    let ready = steps.iter().map(|step| {
        Ok(match step {
            Step::Say(text) => Ready::Say { shown: text.clone(), speech: speeches.next().unwrap_or_default() },
            Step::Play(file) => Ready::Say { shown: file.display().to_string(), speech: recording(file)? },
            Step::Press(keys) => Ready::Press(keys.clone()),
            Step::Wait(wait) => Ready::Wait(*wait),
            Step::Until(text) => Ready::Until(awaited.next().cloned().ok_or_else(|| PhoneError::NoModel(text.clone()))?),
        })
    });
    ready.collect()
}

fn recording(file: &Path) -> Result<Speech, PhoneError> {
    let failed = |reason: String| PhoneError::File { file: file.into(), reason };
    let reader = File::open(file).map_err(|error| failed(error.to_string()))?;
    let clip = read_wav(BufReader::new(reader)).map_err(|error| failed(error.to_string()))?;
    Ok(clip.at(8_000).into())
}

/// Finds the address that a SIP URI names, to know which of ours it will see.
pub(super) fn address_of(uri: &str) -> Result<SocketAddr, NetError> {
    let unusable = || NetError::Uri(uri.to_owned());
    let rest = uri.strip_prefix("sip:").ok_or_else(unusable)?;
    let host = rest.split([';', '?', '>']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let with_port = host.parse::<SocketAddr>().is_ok() || host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let named = if with_port { host.to_owned() } else { format!("{host}:5060") };
    named.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_uri_is_found_with_and_without_user_port_and_parameters() {
        for (uri, address) in [
            ("sip:8001@127.0.0.1:5070", "127.0.0.1:5070"),
            ("sip:127.0.0.1", "127.0.0.1:5060"),
            ("sip:8001@127.0.0.1;transport=tcp", "127.0.0.1:5060"),
            ("sip:8001@[::1]:5062", "[::1]:5062"),
        ] {
            assert_eq!(address_of(uri).map(|found| found.to_string()).ok().as_deref(), Some(address), "{uri}");
        }
        for uri in ["8001@127.0.0.1", "sip:", "tel:8001", "sip:8001@127.0.0.1:port"] {
            assert!(matches!(address_of(uri), Err(NetError::Uri(named)) if named == uri), "{uri}");
        }
    }
}
