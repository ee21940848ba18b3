//! A call's seat: the hand-off packet goes out, then the phone rings, then there is media.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::{info, warn};

use super::{ExchangeParts, RtpLeg};
use crate::acd::SeatProfile;
use crate::base::SeatId;
use crate::call::{CallInput, HANDOFF_CONTENT_TYPE, HandoffPacket, SeatFailure, split};
use crate::net::{Invite, LegEnd, LegEvent, SipLeg};
use crate::sip::Negotiation;
use crate::speech::Recognizer;
use crate::wire::sip_headers::UserToUser;

/// All parts of a packet together may take this long; then the seat rings without the rest.
const PACKET_WITHIN: Duration = Duration::from_millis(1500);

/// A seat that is being told, rings, or talks.
pub(super) struct SeatSide {
    pub(super) seat: SeatId,
    negotiation: Negotiation,
    stage: Stage,
    media: RtpLeg,
    ear: Option<Box<dyn Recognizer>>,
}

enum Stage {
    Telling(oneshot::Receiver<SipLeg>),
    Leg(SipLeg),
    Gone,
}

/// What happened on the seat's side, for the call's task.
pub(super) enum SeatEvent {
    /// A fact for the call.
    Input(CallInput),
    /// The seat answered: make its recognizer and tell the call.
    Answered,
    /// Nothing that concerns the call.
    Nothing,
}

impl SeatSide {
    /// Begins: sends the packet and then the INVITE, on the call's own thread.
    ///
    /// # Errors
    /// Where no RTP port is free.
    pub(super) fn ring(parts: &Arc<ExchangeParts>, seat: &SeatProfile, packet: HandoffPacket, seed: u64) -> Result<Self, String> {
        let socket = parts.ports.bind(parts.signal.local_ip_towards(&seat.contact)).map_err(|error| error.to_string())?;
        let media = RtpLeg::new(socket, parts.clock, seed);
        let mut negotiation = Negotiation::new(media.local(), seed);
        let offer = negotiation.offer();
        let (leg_sender, leg) = oneshot::channel();
        let id = seat.id.clone();
        let (parts, seat) = (Arc::clone(parts), seat.clone());
        tokio::task::spawn_local(async move {
            if tokio::time::timeout(PACKET_WITHIN, tell(&parts, &seat, &packet)).await.is_err() {
                warn!(seat = %seat.id, "the seat's phone did not take the hand-off packet in time; it rings all the same");
            }
            if leg_sender.is_closed() {
                return;
            }
            let invite = Invite {
                to: seat.contact.clone(),
                from_user: "bellhop".to_owned(),
                from_display: format!("{} {}", packet.hotline, packet.caller),
                offer: Some(offer),
                headers: vec![("User-to-User".to_owned(), user_to_user(&packet))],
            };
            // A call that no longer wants the seat has dropped the receiver: the leg then ends by itself.
            let _ = leg_sender.send(parts.signal.invite(invite));
        });
        Ok(Self { seat: id, negotiation, stage: Stage::Telling(leg), media, ear: None })
    }

    /// Waits for the next thing to happen; cancel-safe.
    pub(super) async fn next(&mut self) -> SeatEvent {
        match &mut self.stage {
            Stage::Telling(leg) => match leg.await {
                Ok(leg) => {
                    self.stage = Stage::Leg(leg);
                    SeatEvent::Nothing
                }
                Err(_) => self.fail(SeatFailure::Unreachable),
            },
            Stage::Leg(leg) => match leg.event().await {
                Some(event) => self.take(event),
                None => self.fail(SeatFailure::Unreachable),
            },
            Stage::Gone => std::future::pending().await,
        }
    }

    fn take(&mut self, event: LegEvent) -> SeatEvent {
        match event {
            LegEvent::Ringing => SeatEvent::Input(CallInput::SeatRinging(self.seat.clone())),
            LegEvent::Answered { sdp, .. } => match self.negotiation.accept(sdp.as_deref().unwrap_or_default()) {
                Ok(path) => {
                    self.media.agree(path);
                    info!(seat = %self.seat, "the seat answered");
                    SeatEvent::Answered
                }
                Err(error) => {
                    warn!(seat = %self.seat, %error, "the seat answered without usable media");
                    self.hang_up();
                    self.fail(SeatFailure::Unreachable)
                }
            },
            LegEvent::Reoffered { sdp } => {
                self.reoffered(sdp.as_deref());
                SeatEvent::Nothing
            }
            LegEvent::Ended(end) => self.ended(&end),
            LegEvent::Confirmed { .. } | LegEvent::Key(_) => SeatEvent::Nothing,
        }
    }

    fn reoffered(&mut self, offer: Option<&str>) {
        let Stage::Leg(leg) = &self.stage else { return };
        let answer = match offer {
            None => Ok(self.negotiation.offer()),
            Some(offer) => match self.negotiation.answer(offer) {
                Ok((answer, path)) => {
                    self.media.agree(path);
                    Ok(answer)
                }
                Err(error) => Err(error.status().0),
            },
        };
        leg.answer_reoffer(answer);
    }

    fn ended(&mut self, end: &LegEnd) -> SeatEvent {
        let failure = match end {
            LegEnd::Bye => {
                self.stage = Stage::Gone;
                return SeatEvent::Input(CallInput::SeatHungUp(self.seat.clone()));
            }
            LegEnd::Cancelled => SeatFailure::Cancelled,
            LegEnd::Rejected { code: 486 | 600 | 603 | 480, .. } => SeatFailure::Refused,
            LegEnd::Rejected { code: 487, .. } => SeatFailure::Cancelled,
            LegEnd::Rejected { .. } | LegEnd::Timeout | LegEnd::Failed(_) => SeatFailure::Unreachable,
        };
        info!(seat = %self.seat, ?end, "the seat did not take the call");
        self.fail(failure)
    }

    fn fail(&mut self, failure: SeatFailure) -> SeatEvent {
        self.stage = Stage::Gone;
        SeatEvent::Input(CallInput::SeatFailed(self.seat.clone(), failure))
    }

    /// Gives the seat's ear, once it has answered.
    pub(super) fn listen(&mut self, ear: Box<dyn Recognizer>) {
        self.ear = Some(ear);
    }

    /// The seat's media and ear, once it has answered.
    pub(super) fn talking(&mut self) -> Option<(&mut RtpLeg, &mut dyn Recognizer)> {
        match &mut self.ear {
            Some(ear) => Some((&mut self.media, &mut **ear)),
            None => None,
        }
    }

    /// Stops ringing, or hangs up.
    pub(super) fn hang_up(&mut self) {
        if let Stage::Leg(leg) = &self.stage {
            leg.hang_up();
        }
    }

    /// What the seat's stream counted.
    pub(super) fn counters(&self) -> Option<crate::stream::StreamCounters> {
        self.media.counters()
    }
}

async fn tell(parts: &ExchangeParts, seat: &SeatProfile, packet: &HandoffPacket) {
    let messages: Vec<(&str, Vec<u8>)> = if seat.json_packet {
        split(packet).into_iter().map(|part| (HANDOFF_CONTENT_TYPE, part.body.into_bytes())).collect()
    } else {
        in_words(packet).into_iter().map(|text| ("text/plain;charset=UTF-8", text.into_bytes())).collect()
    };
    for (content_type, body) in messages {
        match parts.signal.message(&seat.contact, "bellhop", content_type, body).await {
            Ok(200..=299) => {}
            Ok(status @ (405 | 415)) => {
                info!(seat = %seat.id, status, "the seat's phone takes no messages");
                return;
            }
            Ok(status) => warn!(seat = %seat.id, status, "the seat's phone refused a part of the hand-off packet"),
            Err(error) => {
                warn!(seat = %seat.id, %error, "the hand-off packet did not reach the seat's phone");
                return;
            }
        }
    }
}

fn user_to_user(packet: &HandoffPacket) -> String {
    let intent = packet.intent.as_deref().unwrap_or("-");
    UserToUser::text(&format!("{};{};{};{}", packet.call, packet.reason, packet.queue, intent), "bellhop").to_string()
}

/// The packet as a phone shows it: a summary, then the last turns; each text fits a SIP MESSAGE.
fn in_words(packet: &HandoffPacket) -> Vec<String> {
    let slots: Vec<String> = packet.slots.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    let summary = format!(
        "{} {} 原因:{} 意图:{} {}",
        packet.hotline,
        packet.caller,
        packet.reason,
        packet.intent.as_deref().unwrap_or("-"),
        slots.join(" ")
    );
    let last = packet.transcript.len().saturating_sub(4);
    let turns = packet.transcript[last..].iter().map(|turn| format!("{}: {}", turn.who, turn.text));
    std::iter::once(summary).chain(turns).map(|text| text.chars().take(280).collect()).collect()
}
