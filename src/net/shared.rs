//! What the handle and the signal thread both see: configuration, counters, whether calls are taken.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Listen, NetCounters, SignalConfig, Transport};
use crate::base::Clock;

/// What both sides see.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: SignalConfig,
    pub(super) clock: Clock,
    pub(super) bound: Vec<Listen>,
    pub(super) draining: AtomicBool,
    pub(super) counters: Counters,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) received: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) limited: AtomicU64,
    pub(super) repaired: AtomicU64,
    pub(super) overloaded: AtomicU64,
    pub(super) keys_lost: AtomicU64,
    legs: AtomicU64,
    incoming: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn read(&self) -> NetCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        NetCounters {
            received: read(&self.received),
            refused: read(&self.refused),
            dropped: read(&self.dropped),
            limited: read(&self.limited),
            repaired: read(&self.repaired),
            overloaded: read(&self.overloaded),
            keys_lost: read(&self.keys_lost),
            legs: read(&self.legs),
        }
    }
}

impl Shared {
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether one more incoming call may be taken.
    pub(super) fn has_room(&self) -> bool {
        let calls = self.counters.incoming.load(Ordering::Relaxed);
        !self.is_draining() && usize::try_from(calls).is_ok_and(|calls| calls < self.config.max_calls)
    }

    /// Returns the first address bound for a transport.
    pub(super) fn listener(&self, transport: Transport) -> Option<SocketAddr> {
        self.bound.iter().find(|listen| listen.transport == transport).map(|listen| listen.address)
    }

    /// Returns the address of ours that a peer can reach: the one bound or, where any is, the one the system routes by.
    pub(super) fn address_towards(&self, peer: SocketAddr) -> IpAddr {
        let bound = self.bound.iter().map(|listen| listen.address.ip()).find(|ip| ip.is_ipv4() == peer.is_ipv4() && !ip.is_unspecified());
        if let Some(ip) = bound {
            return ip;
        }
        let any: IpAddr = if peer.is_ipv4() { [0_u8; 4].into() } else { [0_u16; 8].into() };
        let route = UdpSocket::bind((any, 0)).and_then(|socket| {
            // Connecting a datagram socket sends nothing; it only asks the routing table.
            socket.connect(peer)?;
            socket.local_addr()
        });
        route.map_or(any, |local| local.ip())
    }
}

/// Counts a leg for as long as it exists.
#[derive(Debug)]
pub(super) struct LegCount {
    shared: Arc<Shared>,
    incoming: bool,
}

impl LegCount {
    pub(super) fn incoming(shared: &Arc<Shared>) -> Self {
        count(&shared.counters.incoming);
        count(&shared.counters.legs);
        Self { shared: Arc::clone(shared), incoming: true }
    }

    pub(super) fn outgoing(shared: &Arc<Shared>) -> Self {
        count(&shared.counters.legs);
        Self { shared: Arc::clone(shared), incoming: false }
    }
}

impl Drop for LegCount {
    fn drop(&mut self) {
        let counters = &self.shared.counters;
        counters.legs.fetch_sub(1, Ordering::Relaxed);
        if self.incoming {
            counters.incoming.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
