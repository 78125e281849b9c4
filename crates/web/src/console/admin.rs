//! The administration: settings, staff, roles, keys, audit log.

mod audit;
mod keys;
mod missing;
mod packing;
mod rules;
mod settings;
mod sourcing;
mod staff;
mod watchlist;
mod webhooks;

use ordermill_domain::role::Permission;
use ordermill_pages::console::admin::{Part, parts};
use ordermill_pages::ui::Views;

pub(super) use self::rules::href_of as rules_href;
use super::desk::Desk;
use super::route::{Needs, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(settings::routes())
        .merge(staff::routes())
        .merge(keys::routes())
        .merge(rules::routes())
        .merge(watchlist::routes())
        .merge(sourcing::routes())
        .merge(missing::routes())
        .merge(packing::routes())
        .merge(webhooks::routes())
        .merge(audit::routes())
}

/// What the settings ask for: whoever may change rules, and the administrators.
const SETTINGS: Needs = Needs::AnyOf(&[Permission::ChangeRules, Permission::ManageAccess]);

/// What the section asks for: any part of it.
const ANY_PART: Needs =
    Needs::AnyOf(&[Permission::ChangeRules, Permission::ManageAccess, Permission::ReadAuditLog]);

impl Desk {
    /// The navigation between the parts that they may enter.
    fn parts(&self, current: Part) -> Views {
        let allowed: Vec<Part> = Part::ALL
            .into_iter()
            .filter(|part| needs(*part).is_some_and(|needs| needs.check(&self.member).is_ok()))
            .collect();
        parts(current, &allowed, self.t())
    }
}

/// What a part asks for; none if it has no page.
const fn needs(part: Part) -> Option<Needs> {
    match part {
        Part::Rules => Some(rules::CHANGE),
        Part::Watchlist => Some(watchlist::CHANGE),
        Part::Sourcing | Part::Packing | Part::MissingPieces => Some(sourcing::CHANGE),
        Part::Settings => Some(SETTINGS),
        Part::Staff | Part::Roles | Part::ApiKeys | Part::Webhooks => {
            Some(Needs::Right(Permission::ManageAccess))
        }
        Part::Audit => Some(Needs::Right(Permission::ReadAuditLog)),
    }
}

/// The first part that someone may enter.
pub(super) fn first_part(member: &super::desk::Member) -> Option<Part> {
    Part::ALL.into_iter().find(|part| needs(*part).is_some_and(|needs| needs.check(member).is_ok()))
}
