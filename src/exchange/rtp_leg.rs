//! A SIP phone's media: the RTP stream of one leg on its own sockets, read and written once a tick by the call that owns it.

use std::collections::VecDeque;
use std::net::SocketAddr;

use tracing::debug;

use crate::audio::{Codec, Frame8k};
use crate::base::{Clock, Key, Mono};
use crate::call::{Heard, MediaLeg};
use crate::net::RtpSocket;
use crate::sip::AudioPath;
use crate::stream::{PACKET_OCTETS, Pulled, RtpStream, StreamConfig, StreamCounters};
use crate::wire::sdp::Direction;

/// Datagrams taken in one tick at most: a flood waits in the kernel, where it is dropped, not here.
const MOST_A_TICK: usize = 64;

/// One leg's media over RTP.
pub struct RtpLeg {
    socket: RtpSocket,
    clock: Clock,
    seed: u64,
    stream: Option<RtpStream>,
    path: Option<AudioPath>,
    signalled_keys: VecDeque<Key>,
    datagram: Box<[u8; 2048]>,
}

impl RtpLeg {
    /// Makes a leg that is silent until [`RtpLeg::agree`].
    #[must_use]
    pub fn new(socket: RtpSocket, clock: Clock, seed: u64) -> Self {
        Self { socket, clock, seed, stream: None, path: None, signalled_keys: VecDeque::with_capacity(32), datagram: Box::new([0; 2048]) }
    }

    /// Returns our RTP address, for the session description.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.socket.local()
    }

    /// Uses what offer and answer agreed on, also a second time (a re-INVITE).
    pub fn agree(&mut self, path: AudioPath) {
        self.path = Some(path);
        let Some(remote) = path.remote else { return };
        let config = StreamConfig {
            codec: codec(path.codec),
            payload_type: path.payload_type,
            event_payload_type: path.key_payload_type,
            remote,
            seed: self.seed,
        };
        match &mut self.stream {
            Some(stream) => stream.reconfigure(&config),
            None => self.stream = Some(RtpStream::new(&config)),
        }
    }

    /// Takes a key that came by SIP INFO instead of RTP.
    pub fn press(&mut self, key: Key) {
        if self.signalled_keys.len() < 32 {
            self.signalled_keys.push_back(key);
        }
    }

    /// Sends a key to the far end in the next ticks.
    pub fn send_key(&mut self, key: Key, lasting: std::time::Duration) {
        if let Some(stream) = &mut self.stream
            && let Err(error) = stream.send_key(key, lasting)
        {
            debug!(%error, "a key was not sent");
        }
    }

    /// Returns what was counted, once media has been agreed on.
    #[must_use]
    pub fn counters(&self) -> Option<StreamCounters> {
        self.stream.as_ref().map(RtpStream::counters)
    }

    fn held(&self) -> bool {
        self.path.is_some_and(|path| path.remote.is_none() || matches!(path.direction, Direction::SendOnly | Direction::Inactive))
    }

    /// Returns true if the far end reported on the call.
    fn take_arrivals(&mut self, now: Mono) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        for _ in 0..MOST_A_TICK {
            let Ok((length, source)) = self.socket.try_recv_from(&mut self.datagram[..]) else { break };
            // What is dropped is counted by the stream itself.
            let _ = stream.receive(now, source, &self.datagram[..length]);
        }
        let mut reported = false;
        for _ in 0..4 {
            let Ok((length, source)) = self.socket.try_recv_rtcp_from(&mut self.datagram[..]) else { break };
            reported |= stream.receive_rtcp(now, source, &self.datagram[..length]).is_ok();
        }
        reported
    }
}

impl MediaLeg for RtpLeg {
    fn hear(&mut self, now: Mono, into: &mut Frame8k) -> Heard {
        let reported = self.take_arrivals(now);
        let pulled = self.stream.as_mut().map_or(Pulled::Nothing, |stream| stream.pull(now, into));
        match pulled {
            Pulled::Decoded => Heard::Decoded,
            Pulled::Concealed => Heard::Concealed,
            Pulled::Nothing => {
                *into = Frame8k::SILENCE;
                // Who has put us on hold, or is muted and sends reports alone, is not lost.
                if reported || self.held() { Heard::Quiet } else { Heard::Nothing }
            }
        }
    }

    fn key(&mut self) -> Option<Key> {
        self.signalled_keys.pop_front().or_else(|| self.stream.as_mut().and_then(RtpStream::key))
    }

    fn say(&mut self, now: Mono, frame: &Frame8k) {
        let (Some(stream), Some(path)) = (&mut self.stream, self.path) else { return };
        let Some(_) = path.remote else { return };
        let mut packet = [0; PACKET_OCTETS];
        let length = stream.packet(now, frame, &mut packet);
        if length > 0 && !matches!(path.direction, Direction::RecvOnly | Direction::Inactive) {
            // A full kernel buffer loses this packet, as the network might.
            let _ = self.socket.try_send_to(&packet[..length], stream.destination());
        }
        let mut packet = [0; 256];
        if let Some(length) = stream.rtcp_due(now, self.clock.wall(), &mut packet) {
            let mut to = stream.destination();
            to.set_port(to.port().wrapping_add(1));
            let _ = self.socket.try_send_rtcp_to(&packet[..length], to);
        }
    }
}

fn codec(agreed: crate::wire::sdp::Codec) -> Codec {
    match agreed {
        crate::wire::sdp::Codec::Pcma => Codec::Pcma,
        crate::wire::sdp::Codec::Pcmu => Codec::Pcmu,
    }
}
