//! A form whose names may come several times.

/// Names and values in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// The first value of a name, without blanks around it; empty if there is none.
    pub(super) fn one(&self, name: &str) -> String {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    /// Whether a name came at all, also with nothing.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Everything that was entered, for the digest of a form that makes something once.
    pub(super) fn entered(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    /// Every value of a name in the order of the rows that it stands in, at most `limit`.
    pub(super) fn column(&self, name: &str, limit: usize) -> Vec<String> {
        let found = self.0.iter().filter(|(known, _)| known == name);
        found.take(limit).map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// Every value of a name that is not empty, at most `limit`.
    pub(super) fn all(&self, name: &str, limit: usize) -> Vec<String> {
        let found = self.0.iter().filter(|(known, value)| known == name && !value.is_empty());
        found.take(limit).map(|(_, value)| value.clone()).collect()
    }
}
