//! Who a request comes from, when proxies stand between: the one place that decides it.
//!
//! Anybody may write anything into `Forwarded` and `X-Forwarded-For`; only what a proxy of ours has added
//! at their right end is known. So they are read at all only if the connection comes from a proxy that the
//! operator has named, and then from the right: past further proxies of ours, up to the first address that is
//! not one. What stands to the left of it is hearsay.

mod forwarded;
mod network;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};

pub(crate) use self::network::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word counts. Clones are cheap.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Arc<[Network]>);

impl TrustedProxies {
    pub(crate) fn new(networks: &[Network]) -> Self {
        Self(networks.into())
    }

    /// The address of the client whose request came over a connection from `peer`. An address of IPv4 that is
    /// written in IPv6 is given as what it is.
    ///
    /// It is the peer's own where nobody is trusted to know better, where what a proxy wrote cannot be read,
    /// and where the two headers disagree: most proxies write one of them and pass on the other as it came.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let told = |name: &HeaderName, read: fn(&str) -> Option<IpAddr>| {
            headers.contains_key(name).then(|| self.nearest_stranger(headers, name, read))
        };
        match (told(&header::FORWARDED, forwarded::sender), told(&X_FORWARDED_FOR, forwarded::node))
        {
            (Some(client), None) | (None, Some(client)) => client.unwrap_or(peer),
            (Some(one), Some(other)) if one == other => one.unwrap_or(peer),
            (None, None) | (Some(_), Some(_)) => peer,
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The first address from the right that is not one of our proxies; the leftmost one if all are, as then
    /// somebody in our own network asks. `None` if an element on the way there is unreadable.
    fn nearest_stranger(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let mut leftmost = None;
        // A header that is sent several times is one list.
        for line in headers.get_all(name).iter().rev() {
            for element in forwarded::elements_from_the_right(line.as_bytes()) {
                let element = std::str::from_utf8(element).ok()?.trim();
                // A list may have empty elements, which mean nothing.
                if element.is_empty() {
                    continue;
                }
                let address = read(element)?.to_canonical();
                if !self.trusts(address) {
                    return Some(address);
                }
                leftmost = Some(address);
            }
        }
        leftmost
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Who a request comes from, by the proxies 10.0.0.0/8, 192.0.2.7 and 2001:db8:1::/48.
    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let networks = ["10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"];
        let networks = networks.map(|network| network.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        TrustedProxies::new(&networks).client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn whoever_is_no_proxy_of_ours_is_the_client_whatever_they_say() {
        for headers in [
            [("x-forwarded-for", "198.51.100.1")],
            [("x-forwarded-for", "10.0.0.1")],
            [("forwarded", "for=198.51.100.1")],
        ] {
            assert_eq!(client("203.0.113.9", &headers), "203.0.113.9", "{headers:?}");
        }
        let nobody = TrustedProxies::default();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(nobody.client(peer, &headers), peer);
    }

    #[test]
    fn the_client_is_the_last_stranger_whatever_was_written_before() {
        for (headers, expected) in [
            (("x-forwarded-for", "198.51.100.1"), "198.51.100.1"),
            (("x-forwarded-for", "1.1.1.1, 198.51.100.1"), "198.51.100.1"),
            (("x-forwarded-for", "10.9.9.9, 198.51.100.1"), "198.51.100.1"),
            (("x-forwarded-for", "lies, \", 198.51.100.1"), "198.51.100.1"),
            (("forwarded", "for=1.1.1.1, for=198.51.100.1"), "198.51.100.1"),
            (("forwarded", "for=\"1.1.1.1, for=198.51.100.1"), "198.51.100.1"),
            (("forwarded", "for=\"\\\", for=198.51.100.1"), "198.51.100.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[headers]), expected, "{headers:?}");
        }
    }

    #[test]
    fn several_proxies_of_ours_are_passed_over_in_one_line_or_many() {
        for headers in [
            &[("x-forwarded-for", "1.1.1.1, 198.51.100.1, 192.0.2.7, 10.2.0.1")][..],
            &[("x-forwarded-for", "1.1.1.1, 198.51.100.1"), ("x-forwarded-for", "192.0.2.7")],
            &[("forwarded", "for=1.1.1.1, for=198.51.100.1;by=10.0.0.3, For=\"192.0.2.7:80\"")],
            &[
                ("forwarded", "for=198.51.100.1"),
                ("forwarded", "proto=https;for=\"[2001:db8:1::5]\""),
            ],
        ] {
            assert_eq!(client("10.0.0.1", headers), "198.51.100.1", "{headers:?}");
        }
        // A proxy that is not ours is the last one that we know anything of.
        let foreign = [("x-forwarded-for", "198.51.100.1, 192.0.2.8, 10.0.0.2")];
        assert_eq!(client("10.0.0.1", &foreign), "192.0.2.8");
    }

    #[test]
    fn somebody_inside_is_known_by_the_address_farthest_from_us() {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "10.7.0.5, 10.0.0.2")]), "10.7.0.5");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_proxy_wrote_and_nobody_can_read_leaves_the_proxy_itself() {
        for headers in [
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-for", "198.51.100.1, 256.1.1.1"),
            ("x-forwarded-for", "198.51.100.1, somebody, 10.0.0.2"),
            ("forwarded", "for=unknown"),
            ("forwarded", "for=_hidden"),
            ("forwarded", "proto=https;by=10.0.0.3"),
            ("forwarded", "for=198.51.100.1;for=198.51.100.2"),
            ("forwarded", "198.51.100.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[headers]), "10.0.0.1", "{headers:?}");
        }
    }

    #[test]
    fn a_header_that_a_proxy_passes_on_as_it_came_changes_nobody_into_someone_else() {
        let spoofed = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client("10.0.0.1", &spoofed), "10.0.0.1");
        let agreed = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client("10.0.0.1", &agreed), "198.51.100.1");
    }

    #[test]
    fn an_address_of_ipv4_is_the_same_in_the_clothes_of_ipv6() {
        let headers = [("x-forwarded-for", "::ffff:198.51.100.1, ::ffff:10.0.0.2")];
        assert_eq!(client("::ffff:10.0.0.1", &headers), "198.51.100.1");
        assert_eq!(client("::ffff:203.0.113.9", &headers), "203.0.113.9");
    }
}
