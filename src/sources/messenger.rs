//! Sends messages to callers: through a business system, or as lines of a file where none is named.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Sources;
use crate::base::{CallId, Pii, Wall};
use crate::dialplan::{Messages, Method, Sender};
use crate::ivr::{LookupOutcome, LookupRequest, Message};
use crate::spoken;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The number it goes to.
    pub to: Pii<String>,
    /// The words and the link.
    pub message: Message,
    /// The call that it comes from.
    pub call: CallId,
    /// When.
    pub at: Wall,
}

impl Sources {
    /// Sends a message as the dialplan says, or into `file` where it says nothing. Found when it was taken. In a file the number is masked.
    pub async fn send(&self, messages: Option<&Messages>, file: &Path, outgoing: Outgoing) -> LookupOutcome {
        let place = messages.map(|messages| messages.place).unwrap_or_default();
        match messages.map(|messages| &messages.sender) {
            Some(Sender::Source { source, path, body }) => {
                let values = values(&outgoing);
                let mut fields = Map::new();
                for (name, template) in body {
                    match template.evaluate(&values) {
                        Ok(value) => drop(fields.insert(name.clone(), value)),
                        Err(error) => return LookupOutcome::Failed(format!("the message's field {name}: {error}")),
                    }
                }
                let body = Value::Object(if body.is_empty() { values } else { fields });
                let request = LookupRequest { place, source: source.clone(), method: Method::Post, path: path.clone(), body: Some(body) };
                match self.ask(request).await {
                    LookupOutcome::NotFound => LookupOutcome::Failed("status 404".to_owned()),
                    other => other,
                }
            }
            Some(Sender::File(path)) => write(PathBuf::from(path), outgoing).await,
            None => write(file.to_owned(), outgoing).await,
        }
    }
}

fn values(outgoing: &Outgoing) -> Map<String, Value> {
    let Outgoing { to, message, call, .. } = outgoing;
    Map::from_iter([
        ("to".to_owned(), json!(to.reveal())),
        ("text".to_owned(), json!(message.text)),
        ("link".to_owned(), json!(message.link)),
        ("call".to_owned(), json!(call)),
    ])
}

async fn write(path: PathBuf, outgoing: Outgoing) -> LookupOutcome {
    let Outgoing { to, message, call, at } = outgoing;
    let line =
        json!({"at": at.to_string(), "to": spoken::mask_number(to.reveal()), "text": message.text, "link": message.link, "call": call});
    let written = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(format!("{line}\n").as_bytes())
    });
    match written.await {
        Ok(Ok(())) => LookupOutcome::Found(Value::Null),
        Ok(Err(error)) => LookupOutcome::Failed(format!("the file of messages cannot be written: {}", error.kind())),
        Err(_) => LookupOutcome::Failed("the file of messages cannot be written".to_owned()),
    }
}
