//! A network, or a single address, as operators write it.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NetworkError {
    /// Something else than an address.
    #[error("`{0}` is no address of a machine or a network, such as 10.0.0.7 or 10.0.0.0/8")]
    Address(String),
    /// A length that the address does not have.
    #[error("the prefix of `{text}` is a number from 0 to {most}")]
    Prefix {
        /// As it was written.
        text: String,
        /// All bits of the address.
        most: u8,
    },
    /// One machine of the network was written: it may be meant alone.
    #[error(
        "`{text}` is a machine in a network: write {network} for the network, or leave the prefix out"
    )]
    Machine {
        /// As it was written.
        text: String,
        /// The network that it is in.
        network: String,
    },
}

impl Network {
    /// Whether an address is in it. It must be canonical: IPv4 is not looked for inside of IPv6.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let is_same_kind = self.address.is_ipv4() == address.is_ipv4();
        is_same_kind && first_of(address, self.prefix_bits) == self.address
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr =
            address.parse().map_err(|_| NetworkError::Address(text.to_owned()))?;
        let most = bits_of(address);
        let prefix_bits = match prefix {
            None => most,
            Some(prefix) => {
                let bits = prefix.parse().ok().filter(|bits| *bits <= most);
                bits.ok_or_else(|| NetworkError::Prefix { text: text.to_owned(), most })?
            }
        };
        let first = first_of(address, prefix_bits);
        if first != address {
            let network = format!("{first}/{prefix_bits}");
            return Err(NetworkError::Machine { text: text.to_owned(), network });
        }
        Ok(Self { address, prefix_bits }.canonical())
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl Network {
    /// Networks of IPv4 that are written in IPv6, as what they are.
    fn canonical(self) -> Self {
        match self.prefix_bits.checked_sub(96) {
            Some(prefix_bits)
                if self.address.is_ipv6() && self.address.to_canonical().is_ipv4() =>
            {
                Self { address: self.address.to_canonical(), prefix_bits }
            }
            _ => self,
        }
    }
}

const fn bits_of(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first address of the network of so many bits that an address is in.
fn first_of(address: IpAddr, prefix_bits: u8) -> IpAddr {
    let behind = u32::from(bits_of(address).saturating_sub(prefix_bits));
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(behind).unwrap_or_default();
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(behind).unwrap_or_default();
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.127"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "::1", "203.0.113.9"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ] {
            assert!(holds(network, inside), "{inside} in {network}");
            assert!(!holds(network, outside), "{outside} in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_would_be_one() {
        let refusals: Vec<String> =
            ["10.0.0.7/8", "10.0.0.0/33", "2001:db8::/x", "proxy", "10.0.0"]
                .into_iter()
                .map(|text| text.parse::<Network>().unwrap_err().to_string())
                .collect();
        assert_eq!(
            refusals,
            [
                "`10.0.0.7/8` is a machine in a network: write 10.0.0.0/8 for the network, or leave the prefix out",
                "the prefix of `10.0.0.0/33` is a number from 0 to 32",
                "the prefix of `2001:db8::/x` is a number from 0 to 128",
                "`proxy` is no address of a machine or a network, such as 10.0.0.7 or 10.0.0.0/8",
                "`10.0.0` is no address of a machine or a network, such as 10.0.0.7 or 10.0.0.0/8",
            ]
        );
    }
}
