//! A pair of UDP sockets for one leg's media: RTP on an even port, RTCP on the next (RFC 3550 §11).

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::{Domain, Protocol, Socket, Type};

use super::NetError;

/// What the kernel is to hold while a media thread is late: some 5 s of G.711.
const RECEIVE_BUFFER: usize = 256 * 1024;

/// The ports from which RTP pairs are taken, in turn, so that a port just left is the last to be used again.
#[derive(Clone, Debug)]
pub struct RtpPorts {
    range: RangeInclusive<u16>,
    next: Arc<AtomicU16>,
}

impl RtpPorts {
    /// Makes a pool of the even ports of `range` and the odd ones after them.
    #[must_use]
    pub fn new(range: RangeInclusive<u16>) -> Self {
        let next = Arc::new(AtomicU16::new(*range.start()));
        Self { range, next }
    }

    /// Binds the next free pair on `address`.
    ///
    /// The pair belongs to no runtime and may move between threads.
    ///
    /// # Errors
    /// When no pair of the range is free.
    pub fn bind(&self, address: IpAddr) -> Result<RtpSocket, NetError> {
        let first = self.range.start().next_multiple_of(2);
        let pairs = (self.range.end().saturating_sub(first).saturating_add(1)) / 2;
        let mut why = format!("{}-{} holds no even port with its odd one", self.range.start(), self.range.end());
        for _ in 0..pairs {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % pairs;
            let port = first + turn * 2;
            match bind(address, port).and_then(|even| Ok((even, bind(address, port + 1)?))) {
                Ok((even, odd)) => return Ok(RtpSocket { local: SocketAddr::new(address, port), rtp: even, rtcp: odd }),
                Err(error) => why = error.to_string(),
            }
        }
        Err(NetError::NoRtpPorts(address, why))
    }
}

impl Default for RtpPorts {
    /// 16384 to 32767, below the ports that the system hands out by itself.
    fn default() -> Self {
        Self::new(16_384..=32_767)
    }
}

/// One leg's RTP and RTCP sockets, non-blocking; a task's own, without a runtime: media is read once a tick.
#[derive(Debug)]
pub struct RtpSocket {
    local: SocketAddr,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl RtpSocket {
    /// Returns the address of the RTP socket; RTCP is on the next port.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Takes the next RTP packet that has arrived.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub fn try_recv_from(&self, into: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.rtp.recv_from(into)
    }

    /// Sends an RTP packet.
    ///
    /// # Errors
    /// `WouldBlock` when the kernel's buffer is full: drop the packet.
    pub fn try_send_to(&self, packet: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.rtp.send_to(packet, to)
    }

    /// Takes the next RTCP packet that has arrived.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub fn try_recv_rtcp_from(&self, into: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.rtcp.recv_from(into)
    }

    /// Sends an RTCP packet.
    ///
    /// # Errors
    /// `WouldBlock` when the kernel's buffer is full: drop the packet.
    pub fn try_send_rtcp_to(&self, packet: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.rtcp.send_to(packet, to)
    }
}

fn bind(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let at = SocketAddr::new(address, port);
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // The kernel grants what its limit allows; less is no reason to fail a call.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&at.into())?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_pair_is_an_even_port_and_the_next_and_its_neighbour_comes_after() -> Result<(), NetError> {
        let ports = RtpPorts::new(15_001..=15_099);
        let (first, second) = (ports.bind(HERE)?, ports.bind(HERE)?);
        for pair in [&first, &second] {
            assert_eq!(pair.local().port() % 2, 0);
            assert_eq!(pair.rtcp.local_addr().map(|at| at.port()).ok(), Some(pair.local().port() + 1));
        }
        assert!(second.local().port() > first.local().port());
        Ok(())
    }

    #[test]
    fn a_range_without_a_free_pair_says_so() {
        let ports = RtpPorts::new(15_101..=15_102);
        assert!(matches!(ports.bind(HERE), Err(NetError::NoRtpPorts(..))));
        let ports = RtpPorts::new(15_102..=15_103);
        let taken = ports.bind(HERE);
        assert!(taken.is_ok() && matches!(ports.bind(HERE), Err(NetError::NoRtpPorts(..))));
    }

    #[test]
    fn nothing_there_is_not_waited_for() -> Result<(), NetError> {
        let socket = RtpPorts::new(15_200..=15_299).bind(HERE)?;
        let none = socket.try_recv_from(&mut [0; 16]).map_err(|error| error.kind());
        assert_eq!(none, Err(io::ErrorKind::WouldBlock));
        Ok(())
    }
}
