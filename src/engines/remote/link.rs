//! One connection to a server of vosk's protocol, for one utterance. Knows no calls and no fallback.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::super::decoder::ALTERNATIVES;
use super::Remote;
use super::reply::{Reply, read};
use crate::audio::{Frame8k, Frame16k, Upsampler};
use crate::speech::Vocabulary;

/// Frames in one message: 100 ms, since the server answers each.
const PIECE: usize = 5;
/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

/// An open connection.
pub(super) struct Link {
    socket: WebSocketStream<TcpStream>,
    patience: Duration,
    upsampler: Option<Box<(Upsampler, Frame16k)>>,
    piece: Vec<u8>,
    frames: usize,
    /// Pieces sent and answers had: the server answers each piece once.
    sent: u64,
    had: u64,
}

impl Link {
    /// Connects and says what is coming.
    pub(super) async fn open(remote: &Remote, vocabulary: &Vocabulary) -> Result<Self, String> {
        let limits = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let connect = async {
            let stream =
                TcpStream::connect((remote.host.as_str(), remote.port)).await.map_err(|error| format!("not reachable: {error}"))?;
            // Small pieces must not wait for one another; a socket that refuses is only slower.
            let _ = stream.set_nodelay(true);
            let asked = client_async_with_config(remote.address.as_str(), stream, Some(limits)).await;
            asked.map(|(socket, _)| socket).map_err(|error| format!("it speaks no WebSocket: {error}"))
        };
        let socket = timeout(remote.patience, connect).await.map_err(|_| format!("no connection within {:?}", remote.patience))??;
        let upsampler = (remote.rate_hz == 16_000).then(|| Box::new((Upsampler::new(), Frame16k::SILENCE)));
        let (patience, piece) = (remote.patience, Vec::with_capacity(PIECE * 640));
        let mut link = Self { socket, patience, upsampler, piece, frames: 0, sent: 0, had: 0 };
        let mut config = json!({"sample_rate": remote.rate_hz, "words": true, "max_alternatives": ALTERNATIVES});
        if let Some(lexicon) =
            remote.lexicon.as_ref().filter(|lexicon| !vocabulary.phrases.is_empty() && !lexicon.prefers_open(&vocabulary.phrases))
        {
            let grammar = lexicon.grammar(&vocabulary.phrases);
            if !grammar.is_deaf {
                config["phrase_list"] = json!(grammar.phrases);
            }
        }
        link.send(Message::text(json!({ "config": config }).to_string())).await?;
        Ok(link)
    }

    /// Takes 20 ms; sends them with others.
    pub(super) async fn feed(&mut self, frame: &Frame8k) -> Result<(), String> {
        let samples: &[i16] = match &mut self.upsampler {
            Some(parts) => {
                let (upsampler, wide) = &mut **parts;
                upsampler.process(frame, wide);
                wide.samples()
            }
            None => frame.samples(),
        };
        self.piece.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.frames += 1;
        if self.frames >= PIECE { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), String> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.frames = 0;
        self.sent += 1;
        let piece = std::mem::take(&mut self.piece);
        self.send(Message::binary(piece)).await
    }

    /// Says that the utterance is over, in the very letters that the server compares with.
    pub(super) async fn end(&mut self) -> Result<(), String> {
        self.flush().await?;
        self.sent += 1;
        self.send(Message::text(r#"{"eof" : 1}"#)).await
    }

    /// Returns true when every piece, and the end, has its answer.
    pub(super) fn is_answered(&self) -> bool {
        self.had >= self.sent
    }

    /// Waits for the next answer; nothing when the server has closed. May be given up at any time.
    pub(super) async fn next(&mut self) -> Result<Option<Reply>, String> {
        loop {
            match self.socket.next().await {
                None | Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Text(text))) => {
                    self.had += 1;
                    return read(text.as_str()).map(Some);
                }
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(format!("the connection broke: {error}")),
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        match timeout(self.patience, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| format!("the connection broke: {error}")),
            Err(_) => Err(format!("it took nothing for {:?}", self.patience)),
        }
    }
}
