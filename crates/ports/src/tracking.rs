//! Tracking pushes: what carriers and trackers tell us by themselves.
//!
//! A push is stored raw before anything else and read from the store, so reading is pure and may be
//! repeated. Each partner also demands an answer of its own, without which it tries again.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::Scan;

use crate::Headers;

/// A kind of partner that pushes tracking to us.
pub trait TrackingKind: Send + Sync {
    /// Our name of it, as in the address it pushes to: `kuaidi100`.
    fn name(&self) -> &str;

    /// A partner who signs with this secret; `None` if it cannot be one of theirs.
    fn connect(&self, secret: &str) -> Option<Box<dyn TrackingSource>>;
}

/// A partner that pushes tracking to us.
pub trait TrackingSource: Send + Sync {
    /// Reads a push: first the signature over the raw bytes, then the content.
    fn read(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Push, PushError>;

    /// What the partner wants to hear when we have stored its push.
    fn taken(&self) -> Reply;

    /// What the partner hears when its push cannot be believed.
    fn not_taken(&self) -> Reply;
}

/// What a push tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The same for every delivery of one message, where the partner names its messages.
    pub id: Option<String>,
    /// The parcel's number; `None` if the message is about none and needs no more than its answer.
    pub waybill: Option<String>,
    /// What happened, in whatever order the partner tells it; usually the whole history each time.
    pub scans: Vec<Scan>,
    /// Whether the partner has stopped following the parcel, and does not tell more.
    pub is_last: bool,
}

/// An answer as a partner demands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The type of its content.
    pub content_type: &'static str,
    /// Its content.
    pub body: &'static str,
}

impl Reply {
    /// A bare 200, as most partners want.
    pub const OK: Self = Self { status: 200, content_type: "text/plain", body: "" };
    /// A bare 401.
    pub const UNAUTHORIZED: Self = Self { status: 401, content_type: "text/plain", body: "" };
}

/// Why a push that claims to be a partner's is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// A header or field that the signature needs is absent or came twice.
    #[error("{0} is not there exactly once")]
    Missing(&'static str),
    /// Signed too long before or after it arrived: a replay, or a clock that is wrong.
    #[error("the push was not signed near the moment of its arrival")]
    Stale,
    /// No secret of ours makes this signature for these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// Signed by the partner, but not a push as we know it.
    #[error("a signed push is unreadable: {0}")]
    Unreadable(String),
}
