//! Buyers who signed in at least once. What is personal about them is sealed and no part of this.

use serde::{Deserialize, Serialize};

/// One change of a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// They proved a phone or a mail address for the first time.
    #[serde(rename = "customer.created")]
    Created,
    /// They changed their name or addresses.
    #[serde(rename = "customer.profile_changed")]
    ProfileChanged,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created => "customer.created",
            Self::ProfileChanged => "customer.profile_changed",
        }
    }
}
