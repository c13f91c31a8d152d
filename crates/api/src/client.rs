//! Who asks: the address at the other end of the connection.
//!
//! Headers such as `X-Forwarded-For` are not believed: anybody can send them.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The client of a request. [`serve`](fn@crate::serve) adds it to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub(crate) IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(address)
    }
}

/// An extractor for a request that may come without a connection, as in a test.
impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(IpAddr::from([0, 0, 0, 0]))))
    }
}

impl Client {
    /// Its address. An IPv6 client has a whole network of 64 bits to choose from, so that counts as
    /// one address.
    pub(crate) fn address(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                IpAddr::from(network.to_be_bytes())
            }
            address @ IpAddr::V4(_) => address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        let address = |text: &str| Client(text.parse().unwrap()).address().to_string();
        assert_eq!(address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(address("::ffff:192.168.1.7"), "192.168.1.7");
        assert_eq!(address("192.168.1.7"), "192.168.1.7");
    }
}
