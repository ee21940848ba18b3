//! Which of our addresses a far end will see.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Returns the address from which the system would send to `far`; nothing is sent.
///
/// # Errors
/// When there is no way to it.
pub fn local_ip_towards(far: SocketAddr) -> io::Result<IpAddr> {
    let any: SocketAddr = if far.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any)?;
    socket.connect(far)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_this_machine_it_is_the_loopback_address() {
        for far in ["127.0.0.1:5060", "127.0.0.1:9"] {
            let far: SocketAddr = far.parse().expect("an address");
            assert_eq!(local_ip_towards(far).ok(), Some(far.ip()));
        }
    }
}
