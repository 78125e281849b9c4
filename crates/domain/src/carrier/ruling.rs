//! What rules say about who may carry a parcel.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::choice::Pick;
use super::{Carrier, ServiceKind};

/// What one rule says. Carriers are named by their codes; a service that is not named means all of
/// the carrier's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum CarrierRule {
    /// Nothing: prices, times and scores decide.
    Compare,
    /// Only this one. Of several the first counts.
    Force {
        /// The carrier's code.
        carrier: String,
        /// Only this service of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<ServiceKind>,
    },
    /// Not this one; it counts more than being forced.
    Forbid {
        /// The carrier's code.
        carrier: String,
        /// Only this service of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<ServiceKind>,
    },
}

/// What all rules that matched say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruling {
    /// Only this one.
    pub forced: Option<Pick>,
    /// None of these.
    pub forbidden: BTreeSet<Pick>,
    /// Somebody is forced whom the shop does not have: nobody takes the parcel.
    pub forces_nobody: bool,
}

impl Ruling {
    /// Of rules in their order, among these carriers. Forbidding one that is not there forbids nothing.
    pub fn of<'r, 'c>(
        rules: impl IntoIterator<Item = &'r CarrierRule>,
        carriers: impl Iterator<Item = &'c Carrier> + Clone,
    ) -> Self {
        let find = |code: &str| carriers.clone().find(|it| it.code == code).map(|it| it.id);
        let mut ruling = Self::default();
        for rule in rules {
            match rule {
                CarrierRule::Compare => {}
                CarrierRule::Force { carrier, service } => {
                    if ruling.forced.is_some() || ruling.forces_nobody {
                        continue;
                    }
                    match find(carrier) {
                        Some(id) => ruling.forced = Some(Pick { carrier: id, service: *service }),
                        None => ruling.forces_nobody = true,
                    }
                }
                CarrierRule::Forbid { carrier, service } => {
                    let pick = find(carrier).map(|carrier| Pick { carrier, service: *service });
                    ruling.forbidden.extend(pick);
                }
            }
        }
        ruling
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::carrier;
    use super::*;

    fn force(code: &str) -> CarrierRule {
        CarrierRule::Force { carrier: code.into(), service: None }
    }

    #[test]
    fn the_first_rule_that_forces_counts_and_a_carrier_that_is_not_there_is_nobody() {
        let all = [carrier(1, 800, 3), carrier(2, 900, 3)];
        let ruling = |rules: &[CarrierRule]| Ruling::of(rules, all.iter());
        let pick = |index: usize| Some(Pick { carrier: all[index].id, service: None });
        assert_eq!(ruling(&[CarrierRule::Compare]), Ruling::default());
        assert_eq!(ruling(&[force("carrier-2"), force("carrier-1")]).forced, pick(1));
        let nobody = ruling(&[force("carrier-9"), force("carrier-1")]);
        assert!(nobody.forces_nobody && nobody.forced.is_none());
        let forbid = CarrierRule::Forbid { carrier: "carrier-9".into(), service: None };
        assert_eq!(ruling(&[forbid]), Ruling::default());
    }

    #[test]
    fn rules_are_written_with_what_they_do() {
        let forbid =
            CarrierRule::Forbid { carrier: "swift".into(), service: Some(ServiceKind::NextDay) };
        let json = serde_json::to_value(&forbid).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"do": "forbid", "carrier": "swift", "service": "next_day"})
        );
        assert_eq!(serde_json::from_value::<CarrierRule>(json).unwrap(), forbid);
    }
}
