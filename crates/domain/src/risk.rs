//! Risk: what speaks against a buyer, a phone or an address, and who is watched.
//!
//! Signals are collected by themselves, count for a while, and are forgotten; people put somebody on the
//! watchlist, for a while too, and hear an appeal. Neither refuses anything: both are facts that the
//! rules of reviews can ask about.

use ordermill_base::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::WatchId;

coded! {
    /// Whom something is known of.
    enum SubjectKind {
        /// A buyer with an account.
        Buyer = "buyer",
        /// A phone number, known by its blind index.
        Phone = "phone",
        /// An address, known by its blind index.
        Address = "address",
    }
}

coded! {
    /// What speaks against somebody.
    enum SignalKind {
        /// 频繁取消: they canceled an order that was paid or on its way to be.
        Cancel = "cancel",
        /// 拒绝: a review refused their order.
        Refused = "refused",
        /// 虚假地址: their recipient looked made up.
        FakeAddress = "fake_address",
        /// 一址多号: many accounts order to one phone or address.
        ManyAccounts = "many_accounts",
        /// 频繁退款: money went back to them after a decision by hand.
        Refund = "refund",
        /// 拒付: their bank wanted money back.
        Chargeback = "chargeback",
    }
}

coded! {
    /// How an entry of the watchlist stands.
    enum WatchState {
        /// They are watched.
        Watched = "watched",
        /// They have said why they should not be; they are watched until somebody decides.
        Appealed = "appealed",
        /// They are watched no more.
        Lifted = "lifted",
    }
}

coded! {
    /// What moves an entry of the watchlist on.
    enum WatchStep {
        /// They say why they should not be watched.
        Appeal = "appeal",
        /// The appeal is turned down.
        Uphold = "uphold",
        /// They are watched no more.
        Lift = "lift",
    }
}

/// A step that an entry does not have from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: WatchState,
    /// What was asked.
    pub step: WatchStep,
}

/// Somebody of whom something is known. For a phone or an address the number is a keyed digest, from
/// which nobody gets back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The buyer's id, or the blind index.
    pub key: i64,
}

/// An entry of the watchlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchEntry {
    /// Its key.
    #[serde(skip)]
    pub id: WatchId,
    /// Who is watched. The digest stays out of the journal.
    #[serde(skip)]
    pub subject: Subject,
    /// What kind of subject that is.
    pub kind: SubjectKind,
    /// Why, in the words of who put them there.
    pub reason: String,
    /// How it stands.
    pub state: WatchState,
    /// Until when they are watched.
    pub expires_at: Timestamp,
    /// What was said against it; empty before an appeal.
    pub appeal: String,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
}

/// The highest score; more signals make nobody worse.
pub const SCORE_MAX: i64 = 100;
/// So many accounts may share a phone or an address: a family, an office.
pub const ACCOUNTS_USUAL: i64 = 3;
/// Characters of a reason and of an appeal.
pub const WORDS_CHARS_MAX: usize = 200;
/// Days that somebody is watched at most without being put there again.
pub const WATCHED_DAYS_MAX: i64 = 365;

impl SignalKind {
    /// How much it counts.
    pub const fn weight(self) -> i64 {
        match self {
            Self::Cancel => 5,
            Self::Refund => 10,
            Self::FakeAddress => 15,
            Self::ManyAccounts => 20,
            Self::Refused => 30,
            Self::Chargeback => 40,
        }
    }

    /// How long it counts.
    pub const fn lasts(self) -> Span {
        match self {
            Self::Cancel => Span::days(30),
            Self::FakeAddress | Self::ManyAccounts => Span::days(90),
            Self::Refused | Self::Refund => Span::days(180),
            Self::Chargeback => Span::days(365),
        }
    }
}

/// The score of an order: what speaks against its buyer, its phone and its address. What was seen of
/// several of them in one order counts once.
pub fn score(weights: impl IntoIterator<Item = i64>) -> i64 {
    weights.into_iter().fold(0, i64::saturating_add).clamp(0, SCORE_MAX)
}

impl WatchState {
    /// The whole life cycle. Whoever is watched again gets a new entry.
    pub const fn after(self, step: WatchStep) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Watched, WatchStep::Appeal) => Ok(Self::Appealed),
            (Self::Appealed, WatchStep::Uphold) => Ok(Self::Watched),
            (Self::Watched | Self::Appealed, WatchStep::Lift) => Ok(Self::Lifted),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether they are watched, as long as its time is not over.
    pub const fn is_watching(self) -> bool {
        matches!(self, Self::Watched | Self::Appealed)
    }
}

/// Marks of an order by which others of the same hand are known: keyed digests, and what looked made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// The blind index of the recipient's phone.
    pub phone: Option<i64>,
    /// The blind index of the address.
    pub address: Option<i64>,
    /// How many things about the recipient look made up or too vague to deliver to.
    pub suspicions: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle_of_a_watched_one() {
        let table = life_cycle(WatchState::ALL, &WatchStep::ALL, WatchState::after);
        insta::assert_snapshot!(table, @r"
        Watched --Appeal--> Appealed
        Watched --Lift--> Lifted
        Appealed --Uphold--> Watched
        Appealed --Lift--> Lifted
        ");
    }

    #[test]
    fn a_score_is_bounded_however_much_speaks_against_somebody() {
        assert_eq!(score([]), 0);
        assert_eq!(score([5, 30]), 35);
        assert_eq!(score([i64::MAX, 5]), SCORE_MAX);
        assert_eq!(score([-5]), 0);
    }

    #[test]
    fn every_signal_counts_something_and_is_forgotten() {
        for kind in SignalKind::ALL {
            assert!(kind.weight() > 0 && kind.lasts() > Span::ZERO, "{kind}");
        }
    }
}
