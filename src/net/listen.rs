//! An address to listen on, as configuration and the command line write it: `[udp:|tcp:]HOST:PORT`.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// How SIP travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One message a datagram.
    Udp,
    /// A stream of messages.
    Tcp,
}

/// Where to listen for SIP; port 0 lets the system choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Listen {
    /// How SIP travels.
    pub transport: Transport,
    /// The address.
    pub address: SocketAddr,
}

/// An address that cannot be listened on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// TLS is not there yet.
    #[error("{0:?}: tls is not supported yet: udp: or tcp:")]
    Tls(String),
    /// It is not `HOST:PORT`.
    #[error("{0:?} is not an address: [udp:|tcp:]HOST:PORT, as in udp:127.0.0.1:5060")]
    NoAddress(String),
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let (transport, host) = match text.split_once(':') {
            Some(("udp", rest)) => (Transport::Udp, rest),
            Some(("tcp", rest)) => (Transport::Tcp, rest),
            Some(("tls", _)) => return Err(ListenError::Tls(text.to_owned())),
            _ => (Transport::Udp, text),
        };
        let address = host.to_socket_addrs().ok().and_then(|mut found| found.next());
        address.map(|address| Self { transport, address }).ok_or_else(|| ListenError::NoAddress(text.to_owned()))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(f, "{transport}:{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        for text in ["udp:127.0.0.1:5060", "tcp:127.0.0.1:0", "udp:[::1]:5060"] {
            assert_eq!(text.parse::<Listen>().map(|listen| listen.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("127.0.0.1:5060".parse::<Listen>().map(|listen| listen.transport), Ok(Transport::Udp));
    }

    #[test]
    fn a_wrong_address_is_named_in_the_error() {
        for text in ["", "5060", "udp:", "tls:127.0.0.1:5061", "tcp:127.0.0.1:port"] {
            let error = text.parse::<Listen>().expect_err(text);
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
