//! The headers of a message from outside, as kept beside its raw body.

/// Names and values as received. Names are compared without regard to case.
///
/// A header that came twice is given by no name: which of the two a proxy would have used is not
/// ours to guess, and a signature is not a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of a header that came exactly once.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_came_twice_is_not_guessed() {
        let headers: Headers =
            [("Webhook-Id", "a"), ("X-Sign", "1"), ("x-sign", "2")].into_iter().collect();
        assert_eq!(headers.get("webhook-id"), Some("a"));
        assert_eq!(headers.get("x-sign"), None);
        assert_eq!(headers.get("absent"), None);
    }
}
