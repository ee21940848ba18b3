//! A phone's session and media: offer and answer, the RTP stream, the recording. Knows nothing of steps or words.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::PhoneError;
use super::script::KEY_HELD;
use crate::audio::{Codec, Frame8k, WavWriter};
use crate::base::{Clock, Key, Mono, Rng};
use crate::net::{NetError, RtpPorts, RtpSocket};
use crate::sip::{AudioPath, Negotiation, OfferError};
use crate::stream::{PACKET_OCTETS, RtpStream, StreamConfig};
use crate::wire::sdp::{self, Direction};

/// The largest datagram that is read; G.711 needs 172 octets for 20 ms.
const DATAGRAM: usize = 2_048;
/// Datagrams read a tick; a flood waits in the kernel and is lost there.
const DATAGRAMS_A_TICK: usize = 64;

/// One leg's session and media.
pub(super) struct Line {
    socket: RtpSocket,
    negotiation: Negotiation,
    agreed: Option<(AudioPath, RtpStream)>,
    rng: Rng,
}

impl Line {
    /// Binds the RTP sockets.
    pub(super) fn open(ports: &RtpPorts, local: IpAddr, mut rng: Rng) -> Result<Self, NetError> {
        let socket = ports.bind(local)?;
        // Session ids are decimal numbers that some peers read as 32 bits (RFC 8866 §5.2).
        let negotiation = Negotiation::new(socket.local(), u64::from(rng.next_u32()));
        Ok(Self { socket, negotiation, agreed: None, rng })
    }

    /// Writes our offer.
    pub(super) fn offer(&mut self) -> String {
        self.negotiation.offer()
    }

    /// Takes the answer to our offer.
    pub(super) fn accept(&mut self, answer: &str) -> Result<(), OfferError> {
        let path = self.negotiation.accept(answer)?;
        self.agree(path);
        Ok(())
    }

    /// Answers an offer, the first or a later one.
    pub(super) fn answer(&mut self, offer: &str) -> Result<String, OfferError> {
        let (answer, path) = self.negotiation.answer(offer)?;
        self.agree(path);
        Ok(answer)
    }

    fn agree(&mut self, path: AudioPath) {
        let same_stream = |before: &AudioPath| {
            (before.codec, before.payload_type, before.key_payload_type) == (path.codec, path.payload_type, path.key_payload_type)
        };
        match &mut self.agreed {
            Some((before, stream)) if same_stream(before) => {
                if let Some(remote) = path.remote.filter(|_| path.remote != before.remote) {
                    stream.retarget(remote);
                }
                *before = path;
            }
            _ => {
                let config = StreamConfig {
                    codec: codec(path.codec),
                    payload_type: path.payload_type,
                    event_payload_type: path.key_payload_type,
                    // A far end on hold names no address yet; what is not sent needs none.
                    remote: path.remote.unwrap_or(self.socket.local()),
                    seed: self.rng.next_u64(),
                };
                self.agreed = Some((path, RtpStream::new(&config)));
            }
        }
    }

    /// Reads what has arrived and takes the 20 ms that are due; silence before anything was agreed.
    pub(super) fn hear(&mut self, now: Mono, into: &mut Frame8k) {
        *into = Frame8k::SILENCE;
        let Some((_, stream)) = &mut self.agreed else { return };
        let mut datagram = [0; DATAGRAM];
        for _ in 0..DATAGRAMS_A_TICK {
            let Ok((length, source)) = self.socket.try_recv_from(&mut datagram) else { break };
            // What is not used the stream has counted.
            let _ = stream.receive(now, source, &datagram[..length]);
        }
        for _ in 0..DATAGRAMS_A_TICK {
            let Ok((length, source)) = self.socket.try_recv_rtcp_from(&mut datagram) else { break };
            let _ = stream.receive_rtcp(now, source, &datagram[..length]);
        }
        stream.pull(now, into);
    }

    /// Takes a key that the far end pressed.
    pub(super) fn key(&mut self) -> Option<Key> {
        self.agreed.as_mut().and_then(|(_, stream)| stream.key())
    }

    /// Sends 20 ms, or a key in their place, and reports when due.
    pub(super) fn say(&mut self, clock: &Clock, now: Mono, frame: &Frame8k) {
        let Some((path, stream)) = &mut self.agreed else { return };
        if path.remote.is_none() || matches!(path.direction, Direction::RecvOnly | Direction::Inactive) {
            return;
        }
        let mut packet = [0; PACKET_OCTETS];
        let length = stream.packet(now, frame, &mut packet);
        let to = stream.destination();
        // A full buffer of the kernel costs these 20 ms.
        let _ = self.socket.try_send_to(&packet[..length], to);
        let mut report = [0; 128];
        if let Some(length) = stream.rtcp_due(now, clock.wall(), &mut report) {
            let mut to = to;
            to.set_port(to.port().saturating_add(1));
            let _ = self.socket.try_send_rtcp_to(&report[..length], to);
        }
    }

    /// Sends a key.
    pub(super) fn press(&mut self, key: Key) -> Result<(), String> {
        let (_, stream) = self.agreed.as_mut().ok_or("no audio is agreed yet")?;
        stream.send_key(key, KEY_HELD).map_err(|error| error.to_string())
    }
}

/// `wire` and `audio` stand on one floor and do not know each other's codecs.
fn codec(agreed: sdp::Codec) -> Codec {
    match agreed {
        sdp::Codec::Pcma => Codec::Pcma,
        sdp::Codec::Pcmu => Codec::Pcmu,
    }
}

/// A stereo recording, the caller left; readable by its owner only.
pub(super) struct Recording(WavWriter<BufWriter<File>>);

impl Recording {
    pub(super) fn create(path: &Path) -> Result<Self, PhoneError> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let writer = file.and_then(|file| WavWriter::stereo(BufWriter::new(file)));
        writer.map(Self).map_err(|error| PhoneError::File { file: path.into(), reason: error.to_string() })
    }

    /// Appends 20 ms.
    pub(super) fn write(&mut self, left: &Frame8k, right: &Frame8k) -> std::io::Result<()> {
        self.0.write_pair(left, right)
    }

    pub(super) fn finish(self) -> std::io::Result<()> {
        self.0.finish().map(drop)
    }
}
