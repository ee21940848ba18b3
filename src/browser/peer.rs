//! One WebRTC connection: answers an offer, waits for the browser, sends it two tracks.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_PCMU;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc_rtp::{Packet, header::Header};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionState,
    RTCSessionDescription, Registry, SettingEngineBuilder, register_default_interceptors,
};

use super::BrowserError;
use super::queue::{Pair, Queue};
use crate::audio::{Codec, Frame8k};

/// How long the browser may take to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Silence of the browser after which it counts as away, and then as gone.
const AWAY_AFTER: Duration = Duration::from_secs(5);
const GONE_AFTER: Duration = Duration::from_secs(10);
/// How long our own addresses may take to be found: they are all local.
const GATHER_WITHIN: Duration = Duration::from_secs(2);

/// What the connection reports.
struct Reports {
    gathered: watch::Sender<bool>,
    state: watch::Sender<RTCPeerConnectionState>,
}

#[async_trait]
impl PeerConnectionEventHandler for Reports {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }
}

pub(super) struct Peer {
    connection: Arc<dyn PeerConnection>,
    left: Track,
    right: Track,
    state: watch::Receiver<RTCPeerConnectionState>,
}

impl Peer {
    pub(super) async fn answer(offer: &str, address: IpAddr) -> Result<(String, Self), BrowserError> {
        let refused = |error: webrtc::error::Error| BrowserError::Offer(error.to_string());
        let broken = |error: webrtc::error::Error| BrowserError::Connection(error.to_string());
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(refused)?;

        let (gathered, mut is_gathered) = watch::channel(false);
        let (state, states) = watch::channel(RTCPeerConnectionState::New);
        let mut media = MediaEngine::default();
        let codec = RTCRtpCodecParameters { rtp_codec: pcmu(), payload_type: Codec::Pcmu.payload_type() };
        media.register_codec(codec, RtpCodecKind::Audio).map_err(broken)?;
        let registry = register_default_interceptors(Registry::new(), &mut media).map_err(broken)?;
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_ice_timeouts(Some(AWAY_AFTER), Some(GONE_AFTER), Some(Duration::from_secs(2)))
            .build();
        let builder = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Reports { gathered, state }))
            .with_udp_addrs(vec![SocketAddr::new(address, 0)]);
        let connection = Box::pin(builder.build()).await.map_err(broken)?;
        let peer = Self { connection: Arc::new(connection), left: Track::new("left"), right: Track::new("right"), state: states };

        let answered = async {
            for track in [&peer.left, &peer.right] {
                peer.connection.add_track(Arc::clone(&track.rtp) as Arc<dyn TrackLocal>).await.map_err(broken)?;
            }
            peer.connection.set_remote_description(offer).await.map_err(refused)?;
            let answer = peer.connection.create_answer(None).await.map_err(refused)?;
            peer.connection.set_local_description(answer).await.map_err(refused)?;
            let gathered =
                tokio::time::timeout(GATHER_WITHIN, is_gathered.wait_for(|gathered| *gathered)).await.is_ok_and(|seen| seen.is_ok());
            if !gathered {
                return Err(BrowserError::Connection(format!("no UDP port on {address}")));
            }
            let answer = peer.connection.local_description().await.map(|answer| answer.sdp).unwrap_or_default();
            // Both sides need a line of their own, or the page would play one of them as both.
            let lines = answer.lines().filter(|line| line.starts_with("m=audio") && !line.starts_with("m=audio 0 ")).count();
            if lines == 2 {
                Ok(answer)
            } else {
                Err(BrowserError::Offer(format!("it must offer to receive two audio lines with PCMU; {lines} can be used")))
            }
        }
        .await;
        match answered {
            Ok(answer) => Ok((answer, peer)),
            Err(error) => {
                peer.close().await;
                Err(error)
            }
        }
    }

    /// Sends what comes until told to stop, or the browser is gone.
    pub(super) async fn run(mut self, queue: &Queue, stop: &CancellationToken) {
        let connected = |state: &RTCPeerConnectionState| *state == RTCPeerConnectionState::Connected;
        let gone = |state: &RTCPeerConnectionState| matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed);
        let mut late = std::pin::pin!(tokio::time::sleep(CONNECT_WITHIN));
        let mut ever_connected = false;
        let Self { left, right, state, .. } = &mut self;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = &mut late, if !ever_connected => {
                    tracing::info!("a listening browser did not connect");
                    break;
                }
                changed = state.changed() => {
                    if changed.is_err() || gone(&state.borrow()) {
                        break;
                    }
                }
                pair = queue.next() => {
                    if !connected(&state.borrow()) {
                        continue;
                    }
                    ever_connected = true;
                    let Pair { number, left: caller, right: far } = pair;
                    if left.send(number, &caller).await.and(right.send(number, &far).await).is_err() {
                        break;
                    }
                }
            }
        }
        self.close().await;
    }

    async fn close(&self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "a listening browser's connection did not close well");
        }
    }
}

fn pcmu() -> RTCRtpCodec {
    RTCRtpCodec { mime_type: MIME_TYPE_PCMU.to_owned(), clock_rate: 8000, channels: 0, sdp_fmtp_line: String::new(), rtcp_feedback: vec![] }
}

/// One side's RTP stream.
struct Track {
    rtp: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    sequence: u16,
}

impl Track {
    fn new(side: &str) -> Self {
        let ssrc = RandomState::new().hash_one(side) as u32;
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
            codec: pcmu(),
            ..Default::default()
        };
        let name = || side.to_owned();
        let track = MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding]);
        Self { rtp: Arc::new(TrackLocalStaticRTP::new(track)), ssrc, sequence: 0 }
    }

    async fn send(&mut self, number: u32, frame: &Frame8k) -> Result<(), webrtc::error::Error> {
        let mut octets = [0; 160];
        Codec::Pcmu.encode(frame, &mut octets);
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header {
            version: 2,
            payload_type: Codec::Pcmu.payload_type(),
            sequence_number: self.sequence,
            timestamp: number.wrapping_mul(160),
            ssrc: self.ssrc,
            ..Default::default()
        };
        self.rtp.write_rtp(Packet { header, payload: Bytes::copy_from_slice(&octets) }).await
    }
}
