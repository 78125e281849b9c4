//! One rule of a version, as its form shows it.

use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::sourcing::SourcingRule;

/// One rule, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleRow {
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Its condition.
    pub when: String,
    /// `pass`, `hold` or `intercept`; about carriers `compare`, `force` or `forbid`; about locations
    /// `compare`, `only`, `never`, `dearer`, `urgent`, `whole`, or `weigh.` with the code of a weight.
    pub does: String,
    /// The reason of a hold, by its code; about carriers who is meant, `code` or `code/service`; about
    /// locations which.
    pub reason: String,
    /// About locations: how much dearer, or the weight, in minor units.
    pub minor: String,
    /// What is wrong with the names, the condition, the action.
    pub wrong: [Option<String>; 3],
}

impl RuleRow {
    /// What a rule about carriers says as a row.
    pub fn of_carrier(zh: &str, en: &str, when: &str, rule: &CarrierRule) -> Self {
        let (does, who) = match rule {
            CarrierRule::Compare => ("compare", None),
            CarrierRule::Force { carrier, service } => ("force", Some((carrier, service))),
            CarrierRule::Forbid { carrier, service } => ("forbid", Some((carrier, service))),
        };
        let who = who.map(|(carrier, service)| match service {
            Some(service) => format!("{carrier}/{service}"),
            None => carrier.clone(),
        });
        let pass = Self::of(zh, en, when, Verdict::Pass);
        Self { does: does.into(), reason: who.unwrap_or_default(), ..pass }
    }

    /// What a rule about locations says as a row.
    pub fn of_sourcing(zh: &str, en: &str, when: &str, rule: &SourcingRule) -> Self {
        let none = String::new;
        let (does, location, minor) = match rule {
            SourcingRule::Compare => ("compare".into(), none(), none()),
            SourcingRule::Only { location } => ("only".into(), location.clone(), none()),
            SourcingRule::Never { location } => ("never".into(), location.clone(), none()),
            SourcingRule::Dearer { location, minor } => {
                ("dearer".into(), location.clone(), minor.to_string())
            }
            SourcingRule::Weigh { weight, minor } => {
                (format!("weigh.{weight}"), none(), minor.to_string())
            }
            SourcingRule::Urgent => ("urgent".into(), none(), none()),
            SourcingRule::Whole => ("whole".into(), none(), none()),
        };
        let pass = Self::of(zh, en, when, Verdict::Pass);
        Self { does, reason: location, minor, ..pass }
    }

    /// What rule `verdict` says as a row without a name and condition.
    pub fn of(zh: &str, en: &str, when: &str, verdict: Verdict) -> Self {
        let (does, reason) = match verdict {
            Verdict::Pass => ("pass", ""),
            Verdict::Hold { reason } => ("hold", reason.code()),
            Verdict::Intercept { reason } => ("intercept", reason.code()),
        };
        Self {
            zh: zh.into(),
            en: en.into(),
            when: when.into(),
            does: does.into(),
            reason: reason.into(),
            ..Self::default()
        }
    }
}
