//! The elements of `Forwarded` (RFC 7239) and `X-Forwarded-For`, and the addresses in them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The elements of a list, the last one first.
///
/// It is taken apart from its end, so that what a client has put at its beginning, such as a quote that never
/// closes, cannot hide what our proxy has added.
pub(super) fn elements_from_the_right(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let list = rest?;
        match last_comma(list) {
            Some(at) => {
                rest = Some(&list[..at]);
                Some(&list[at + 1..])
            }
            None => rest.take(),
        }
    })
}

/// Where the last comma stands that is in no quotes.
fn last_comma(list: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    for at in (0..list.len()).rev() {
        match list[at] {
            b'"' if !is_escaped(list, at) => is_quoted = !is_quoted,
            b',' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether an odd number of backslashes stands in front.
fn is_escaped(list: &[u8], at: usize) -> bool {
    list[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Who sent the request, by an element of `Forwarded`: its `for`, which stands there once.
pub(super) fn sender(element: &str) -> Option<IpAddr> {
    let mut senders = pairs(element).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let sender = senders.next().filter(|_| senders.next().is_none())?;
    // No address has anything in it that would be written with a backslash.
    let unquoted = sender.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    node(unquoted.unwrap_or(sender))
}

/// The parts of an element that semicolons divide, those in quotes aside.
fn pairs(element: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    element.split(move |letter| {
        let is_plain = !std::mem::take(&mut is_escaped);
        match letter {
            '\\' if is_plain && is_quoted => is_escaped = true,
            '"' if is_plain => is_quoted = !is_quoted,
            _ => {}
        }
        letter == ';' && !is_quoted
    })
}

/// The address of a node: alone, with a port, or in brackets. `None` for one that is unknown or has only a
/// name that its proxy gave it.
pub(super) fn node(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let is_fine = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse::<Ipv6Addr>().ok().filter(|_| is_fine).map(IpAddr::V6);
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.split_once(':')?;
    address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)).map(IpAddr::V4)
}

/// A number, or what a proxy writes instead of one that it does not tell.
fn is_port(text: &str) -> bool {
    let is_hidden = text.strip_prefix('_').is_some_and(|name| !name.is_empty());
    is_hidden || text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_ports_and_brackets_around_it() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:8080", Some("192.0.2.1")),
            ("192.0.2.1:_gate", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]443", None),
            ("[2001:db8::1", None),
            ("[192.0.2.1]", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:99999", None),
            ("192.0.2.1 198.51.100.1", None),
            ("fe80::1%eth0", None),
            ("unknown", None),
            ("_hidden", None),
            ("", None),
        ] {
            let expected: Option<IpAddr> = expected.map(|text| text.parse().unwrap());
            assert_eq!(node(text), expected, "{text}");
        }
    }

    #[test]
    fn the_sender_is_found_among_the_other_pairs_of_its_element() {
        for (element, expected) in [
            ("for=192.0.2.1", Some("192.0.2.1")),
            ("proto=https; FOR=192.0.2.1 ;by=10.0.0.1", Some("192.0.2.1")),
            ("for=\"[2001:db8::1]:4711\";host=\"a;for=1.1.1.1\"", Some("2001:db8::1")),
            ("host=\"\\\";for=1.1.1.1\";for=192.0.2.1", Some("192.0.2.1")),
            ("for=192.0.2.1;host=x;for=1.1.1.1", None),
            ("for=\"192.0.2.1", None),
            ("by=192.0.2.1", None),
            ("192.0.2.1", None),
        ] {
            let expected: Option<IpAddr> = expected.map(|text| text.parse().unwrap());
            assert_eq!(sender(element), expected, "{element}");
        }
    }

    #[test]
    fn a_list_is_taken_apart_from_its_end() {
        let elements = |line: &'static str| -> Vec<&str> {
            elements_from_the_right(line.as_bytes())
                .map(|element| std::str::from_utf8(element).unwrap())
                .collect()
        };
        assert_eq!(elements("a,b,c"), ["c", "b", "a"]);
        assert_eq!(elements("a,\"b,c\""), ["\"b,c\"", "a"]);
        assert_eq!(elements("a,\"b\\\",c\""), ["\"b\\\",c\"", "a"]);
        assert_eq!(elements("a\",b"), ["b", "a\""]);
        assert_eq!(elements(""), [""]);
    }
}
