//! Where calls of ours may go, when people type the address: never inside the network that the program runs in.
//!
//! Whoever may add a webhook or a carrier could otherwise have us post to a neighbor that trusts our network,
//! or to the metadata service of a cloud. The text is read by the same rules as by every HTTP client, so
//! that `http://2130706433/` is seen as what it is. A name is looked up again for each connection, and
//! [`is_public`] is asked about every address that comes out. The operator may name hosts to which
//! none of this applies ([`AllowedHost`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::{Host, Url};

/// Longest address that is called.
pub const URL_CHARS_MAX: usize = 2_000;

/// Why an endpoint may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No address of a server.
    #[error("an address starts with https:// and has at most {URL_CHARS_MAX} characters")]
    Malformed,
    /// Not encrypted.
    #[error("an address starts with https://")]
    NotHttps,
    /// Names and passwords in an address would be stored in plain.
    #[error("an address has no user, password or fragment")]
    Credentials,
    /// A port of another service.
    #[error("the port is 443, 80 or above 1023")]
    Port,
    /// Inside a network that is not public, or it resolves to such a place.
    #[error("the address is not on the public internet")]
    NotPublic,
}

/// An address that may be called, as far as can be told without looking its name up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The whole address.
    pub url: Url,
    /// The operator has allowed this very host.
    pub is_allowed: bool,
}

/// A host that the operator has named: it may be anywhere, and without TLS. `erp.internal`, `127.0.0.1`,
/// `::1`; with a port, `127.0.0.1:9000` or `[::1]:9000`, no other service there is meant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedHost {
    /// As an address has it, without brackets and a dot at its end.
    host: String,
    port: Option<u16>,
}

/// A text names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host, such as erp.internal or 127.0.0.1:9000")]
pub struct NoHost(String);

impl AllowedHost {
    /// The very service that an address leads to, if it is one.
    pub fn of_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        Some(Self { host: bare(&url.host()?.to_string()), port: url.port_or_known_default() })
    }

    /// Whether it is this one; no port: whether it is this one by some port.
    fn is(&self, host: &str, port: Option<u16>) -> bool {
        let is_other_port = self.port.is_some() && port.is_some() && self.port != port;
        self.host == bare(host) && !is_other_port
    }
}

impl FromStr for AllowedHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let no_host = || NoHost(text.to_owned());
        let text = text.trim();
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self { host: address.to_string(), port: None });
        }
        let (host, port) = match text.rsplit_once(':').filter(|_| !text.ends_with(']')) {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| no_host())?)),
            None => (text, None),
        };
        let host = Host::parse(host).map_err(|_| no_host())?;
        Ok(Self { host: bare(&host.to_string()), port })
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = NoHost;

    fn try_from(text: String) -> Result<Self, NoHost> {
        text.parse()
    }
}

/// Reads an address. `allowed` are hosts that the operator has named.
///
/// # Errors
/// If it may not be called.
pub fn read(text: &str, allowed: &[AllowedHost]) -> Result<Target, Refused> {
    if text.len() > URL_CHARS_MAX {
        return Err(Refused::Malformed);
    }
    let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::NotHttps);
    }
    let host = url.host().ok_or(Refused::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Refused::Credentials);
    }
    if allowed.iter().any(|it| it.is(&host.to_string(), url.port_or_known_default())) {
        return Ok(Target { url, is_allowed: true });
    }
    if url.scheme() != "https" {
        return Err(Refused::NotHttps);
    }
    if !matches!(url.port_or_known_default(), Some(443 | 80 | 1_024..)) {
        return Err(Refused::Port);
    }
    let is_public = match host {
        Host::Ipv4(address) => is_public(address.into()),
        Host::Ipv6(address) => is_public(address.into()),
        Host::Domain(name) => is_public_name(name),
    };
    if is_public { Ok(Target { url, is_allowed: false }) } else { Err(Refused::NotPublic) }
}

/// Whether the operator has named this host, by whatever port: where a name may lead is asked without one.
pub fn is_allowed(host: &str, allowed: &[AllowedHost]) -> bool {
    allowed.iter().any(|it| it.is(host, None))
}

/// Brackets of IPv6, a dot at the end and capital letters do not matter.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// Names that mean this machine or its network, whatever they resolve to today.
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_local = |suffix: &&str| {
        name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.contains('.')
        && !["localhost", "local", "internal", "localdomain", "home.arpa", "onion"]
            .iter()
            .any(is_local)
}

/// Whether an address is one of the public internet: not of this machine, a private network, a link,
/// a carrier, a tunnel that hides one of those, or any range that is kept for special uses.
pub const fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the registry of special-purpose IPv4 addresses.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Only the global unicast range 2000::/3, without what in it is documentation, a benchmark, or a way
/// to write an IPv4 address.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let is_global = segments[0] & 0xe000 == 0x2000;
    let is_special = matches!(
        (segments[0], segments[1]),
        // Teredo and its neighbors; documentation; 6to4, which carries an IPv4 address.
        (0x2001, 0..=0x01ff) | (0x2001, 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff)
    );
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<Refused> {
        read(text, &[]).err()
    }

    #[test]
    fn public_addresses_are_fine() {
        for text in [
            "https://erp.example.com/hooks?tenant=7",
            "https://93.184.216.34/",
            "https://[2606:4700::1111]:8443/x",
            "https://例え.テスト.example/hook",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn places_inside_are_refused_in_every_way_of_writing() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "0",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "100.64.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "router",
            "１２７.０.０.１",
        ] {
            let text = format!("https://{host}/");
            assert_eq!(refusal(&text), Some(Refused::NotPublic), "{text}");
        }
    }

    #[test]
    fn other_schemes_ports_and_credentials_are_refused() {
        for (text, expected) in [
            ("http://erp.example.com/", Refused::NotHttps),
            ("ftp://erp.example.com/", Refused::NotHttps),
            ("file:///etc/passwd", Refused::NotHttps),
            ("gopher://127.0.0.1/", Refused::NotHttps),
            ("https://u:p@erp.example.com/", Refused::Credentials),
            ("https://erp.example.com/#x", Refused::Credentials),
            ("https://erp.example.com:25/", Refused::Port),
            ("https://erp.example.com:22/", Refused::Port),
            ("erp.example.com", Refused::Malformed),
            ("https://", Refused::Malformed),
            ("", Refused::Malformed),
        ] {
            assert_eq!(refusal(text), Some(expected), "{text}");
        }
        assert_eq!(
            refusal(&format!("https://a.example/{}", "x".repeat(2_000))),
            Some(Refused::Malformed)
        );
    }

    fn hosts<const N: usize>(texts: [&str; N]) -> [AllowedHost; N] {
        texts.map(|text| text.parse().unwrap())
    }

    #[test]
    fn the_operator_may_allow_a_host_and_nothing_beside_it() {
        let allowed = hosts(["127.0.0.1", "ERP.internal.", "::1"]);
        for text in ["http://127.0.0.1:9000/", "http://erp.internal/x", "http://[::1]:1/"] {
            assert!(read(text, &allowed).unwrap().is_allowed, "{text}");
        }
        for text in ["http://127.0.0.2/", "http://a.erp.internal/", "https://10.0.0.1/"] {
            assert!(read(text, &allowed).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_that_is_allowed_with_a_port_has_no_other_service_that_is() {
        let sandbox = AllowedHost::of_url("http://127.0.0.1:8090/v1").unwrap();
        assert_eq!([sandbox], hosts(["127.0.0.1:8090"]));
        let allowed = hosts(["127.1:8090", "[::1]:9000", "erp.internal:80"]);
        for text in ["http://127.0.0.1:8090/x", "http://[::1]:9000/", "http://erp.internal/"] {
            assert!(read(text, &allowed).unwrap().is_allowed, "{text}");
        }
        for text in ["http://127.0.0.1:5432/", "http://[::1]/", "https://erp.internal/"] {
            assert!(read(text, &allowed).is_err(), "{text}");
        }
    }

    #[test]
    fn what_names_no_host_is_not_taken_for_one() {
        for text in ["", "http://erp.internal", "erp.internal/x", "erp internal", "[::1", "a:port"]
        {
            assert_eq!(text.parse::<AllowedHost>(), Err(NoHost(text.to_owned())), "{text}");
        }
    }
}
