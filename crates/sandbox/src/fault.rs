//! Misbehavior on request: what goes wrong, at which call, how often.
//!
//! A fault is asked for in three ways, which add up: a [`Rule`] for one payment or the next ones, a
//! magic amount ([`MAGIC`]) that a tester types into a shop, and a [`Profile`] that makes a share
//! of all calls fail, the same ones for the same seed. Faults change what the merchant sees, never
//! what the books say.

use std::collections::HashMap;

use ordermill_base::Random;
use serde::{Deserialize, Serialize};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The answer is no: the payment is declined, or the refund fails.
    Decline,
    /// It takes longer by this much.
    Delay {
        /// Milliseconds, at most ten minutes.
        ms: u32,
    },
    /// 503 at once; nothing happened.
    Unavailable,
    /// 429 with `Retry-After`; nothing happened.
    Throttle {
        /// Seconds to be left alone for.
        seconds: u16,
    },
    /// No answer ever; nothing happened.
    TimeOut,
    /// The buyer's bank takes the money back right after it was paid.
    Dispute,
    /// It happened, and the connection closes without an answer.
    LoseAnswer,
    /// It happened, and the answer is 500.
    FailAfterSuccess,
    /// It happened, and no answer ever comes.
    HangAfterSuccess,
    /// The notice is delivered this many times more, although it was taken.
    RepeatNotice {
        /// Further deliveries, at most 100.
        count: u8,
    },
    /// The notice is held until a later one of the same payment has overtaken it.
    ReorderNotice,
    /// The notice is never sent.
    LoseNotice,
    /// The notice tells of one minor unit more than was moved.
    WrongAmount,
    /// The notice tells of another merchant's account.
    WrongMerchant,
    /// The notice is signed with another secret.
    BadSignature,
    /// The push tells the parcel's events in the wrong order.
    ShuffleEvents,
    /// The parcel takes longer by this much of the carrier's days.
    LateParcel {
        /// Days on the road, at most 90.
        days: u8,
    },
    /// The parcel stops somewhere on the way, and the carrier says so.
    StallParcel,
    /// The parcel stops somewhere on the way, and nobody says anything.
    ForgetParcel,
    /// The carrier cannot find the parcel any more.
    LoseParcel,
    /// The parcel breaks on the way, and is delivered all the same.
    DamageParcel,
    /// The buyer does not take it; it goes back.
    RefuseParcel,
    /// The address cannot be found; it goes back.
    MistakeAddress,
    /// Nobody delivers there after all; it goes back.
    LeaveZone,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// The merchant opens a payment.
    Start,
    /// The merchant asks about a payment or a refund.
    Query,
    /// The merchant sends money back.
    Refund,
    /// The merchant closes a payment.
    Void,
    /// The merchant answers a dispute.
    Dispute,
    /// The merchant reads the list of disputes.
    ListDisputes,
    /// The buyer pays on the hosted page.
    Pay,
    /// The gateway tells the merchant.
    Notice,
    /// The merchant asks a carrier for prices.
    Rate,
    /// The merchant wants a label.
    Label,
    /// The merchant asks what became of a label.
    FindLabel,
    /// The merchant gives a label back.
    VoidLabel,
    /// The merchant calls a driver.
    Pickup,
    /// The merchant asks where a parcel is.
    Track,
    /// The carrier tells the merchant where a parcel is.
    Push,
    /// The parcel is on the road.
    Carry,
    /// The merchant wants a parcel back, or elsewhere.
    Instruct,
    /// The merchant asks the shop what it knows of an order.
    ShopLook,
    /// The merchant tells the shop that a parcel has left.
    ShopTell,
}

/// A fault that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Only this payment, or the parcel of this reference; any if absent.
    #[serde(default, alias = "reference")]
    pub payment_id: Option<String>,
    /// Where; the usual place of the fault if absent.
    #[serde(default)]
    pub call: Option<Call>,
    /// What.
    pub fault: Fault,
    /// How often, once by default.
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

/// Faults for a share of all calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The same seed makes the same calls fail, whatever their order.
    pub seed: u64,
    /// Whether payments are paid as soon as they are opened, as by a buyer with a stored card.
    #[serde(default)]
    pub auto_pay: bool,
    /// The shares.
    #[serde(default)]
    pub chances: Vec<Chance>,
}

/// One share of a [`Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// How many of a hundred calls.
    pub percent: u8,
    /// Where; the usual place of the fault if absent.
    #[serde(default)]
    pub call: Option<Call>,
    /// What.
    pub fault: Fault,
}

/// Amounts in minor units that bring their own fault, once per payment: ¥444.01 is declined.
pub const MAGIC: [(i64, Call, Fault); 15] = [
    (44_401, Call::Pay, Fault::Decline),
    (44_402, Call::Notice, Fault::LoseNotice),
    (44_403, Call::Notice, Fault::RepeatNotice { count: 2 }),
    (44_404, Call::Notice, Fault::WrongAmount),
    (44_405, Call::Notice, Fault::WrongMerchant),
    (44_406, Call::Notice, Fault::BadSignature),
    (44_407, Call::Start, Fault::LoseAnswer),
    (44_408, Call::Start, Fault::FailAfterSuccess),
    (44_409, Call::Start, Fault::TimeOut),
    (44_410, Call::Notice, Fault::ReorderNotice),
    (44_411, Call::Start, Fault::Delay { ms: 5_000 }),
    (44_412, Call::Refund, Fault::Decline),
    (44_413, Call::Refund, Fault::LoseAnswer),
    (44_414, Call::Pay, Fault::Dispute),
    (44_415, Call::Dispute, Fault::LoseAnswer),
];

const RULES_MAX: usize = 10_000;
const COUNTED_MAX: usize = 1_000_000;

/// All faults that are asked for at the moment.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
    profile: Profile,
    /// How often each payment has seen each call; what makes a profile independent of order.
    seen: HashMap<(String, Call), u32>,
}

/// The list of rules is as long as it may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no more than {RULES_MAX} rules are kept; delete some first")]
pub struct TooManyRules;

impl Faults {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) -> Result<(), TooManyRules> {
        if self.rules.len() >= RULES_MAX {
            return Err(TooManyRules);
        }
        self.rules.push(rule);
        Ok(())
    }

    /// Sets the profile, in place of the one before.
    pub fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
    }

    /// Back to good behavior.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether payments are paid as soon as they are opened.
    pub const fn auto_pay(&self) -> bool {
        self.profile.auto_pay
    }

    /// What goes wrong with this call; uses up the rules that strike.
    pub fn take(&mut self, call: Call, payment_id: &str, amount_minor: Option<i64>) -> Vec<Fault> {
        if self.seen.len() >= COUNTED_MAX {
            self.seen.clear();
        }
        let seen = self.seen.entry((payment_id.to_owned(), call)).or_default();
        let nth = *seen;
        *seen += 1;

        let mut faults = Vec::new();
        for rule in &mut self.rules {
            let is_meant = rule.payment_id.as_deref().is_none_or(|meant| meant == payment_id)
                && rule.call.unwrap_or_else(|| rule.fault.usual_call()) == call;
            if is_meant && rule.times > 0 {
                rule.times -= 1;
                faults.push(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        for (amount, at, fault) in &MAGIC {
            if amount_minor == Some(*amount) && *at == call && nth == 0 {
                faults.push(fault.clone());
            }
        }
        for (index, chance) in self.profile.chances.iter().enumerate() {
            let at = chance.call.unwrap_or_else(|| chance.fault.usual_call());
            if at == call {
                let place = fnv(&format!("{payment_id}/{call:?}/{nth}/{index}"));
                let mut dice = Random::from_seed(self.profile.seed ^ place);
                if dice.percent(u64::from(chance.percent)) {
                    faults.push(chance.fault.clone());
                }
            }
        }
        faults
    }
}

impl Fault {
    /// Where it strikes if nothing else is said.
    pub const fn usual_call(&self) -> Call {
        match self {
            Self::Decline | Self::Dispute => Call::Pay,
            Self::Delay { .. }
            | Self::Unavailable
            | Self::Throttle { .. }
            | Self::TimeOut
            | Self::LoseAnswer
            | Self::FailAfterSuccess
            | Self::HangAfterSuccess => Call::Start,
            Self::RepeatNotice { .. }
            | Self::ReorderNotice
            | Self::LoseNotice
            | Self::WrongAmount
            | Self::WrongMerchant
            | Self::BadSignature => Call::Notice,
            Self::ShuffleEvents => Call::Push,
            Self::LateParcel { .. }
            | Self::StallParcel
            | Self::ForgetParcel
            | Self::LoseParcel
            | Self::DamageParcel
            | Self::RefuseParcel
            | Self::MistakeAddress
            | Self::LeaveZone => Call::Carry,
        }
    }
}

/// FNV-1a: spreads a short text over 64 bits.
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_its_payment_as_often_as_asked() {
        let mut faults = Faults::default();
        let rule: Rule = serde_json::from_str(
            r#"{"payment_id": "a", "fault": {"kind": "lose_answer"}, "times": 2}"#,
        )
        .unwrap();
        faults.add(rule).unwrap();
        assert_eq!(faults.take(Call::Start, "b", None), []);
        assert_eq!(faults.take(Call::Refund, "a", None), []);
        assert_eq!(faults.take(Call::Start, "a", None), [Fault::LoseAnswer]);
        assert_eq!(faults.take(Call::Start, "a", None), [Fault::LoseAnswer]);
        assert_eq!(faults.take(Call::Start, "a", None), []);
    }

    #[test]
    fn a_magic_amount_strikes_once_per_payment() {
        let mut faults = Faults::default();
        assert_eq!(faults.take(Call::Pay, "a", Some(44_401)), [Fault::Decline]);
        assert_eq!(faults.take(Call::Pay, "a", Some(44_401)), []);
        assert_eq!(faults.take(Call::Pay, "b", Some(44_400)), []);
    }

    #[test]
    fn a_profile_strikes_its_share_and_the_same_calls_in_any_order() {
        let strike = |order: Vec<u32>| {
            let mut faults = Faults::default();
            let chance = Chance { percent: 30, call: None, fault: Fault::LoseAnswer };
            faults.set_profile(Profile { seed: 7, auto_pay: true, chances: vec![chance] });
            let mut struck: Vec<u32> = order
                .into_iter()
                .filter(|id| !faults.take(Call::Start, &format!("pay_{id}"), None).is_empty())
                .collect();
            struck.sort_unstable();
            struck
        };
        let forward = strike((0..2_000).collect());
        assert_eq!(forward, strike((0..2_000).rev().collect()));
        assert!((500..700).contains(&forward.len()), "{}", forward.len());
    }
}
