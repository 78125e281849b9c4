//! The parts of `/console/admin`: who may do what, integrations, the audit log, settings.

use crate::ui::{View, Views};
use crate::words::Words;

/// A part of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `/console/admin`: settings of the site.
    Settings,
    /// `/console/admin/staff`: who works here.
    Staff,
    /// `/console/admin/roles`: who may do what.
    Roles,
    /// `/console/admin/keys`: keys of channels and integrations.
    ApiKeys,
    /// `/console/admin/rules`: which orders a person looks at.
    Rules,
    /// `/console/admin/watchlist`: who is watched.
    Watchlist,
    /// `/console/admin/sourcing`: how locations are chosen.
    Sourcing,
    /// `/console/admin/packing`: what the shop packs in.
    Packing,
    /// `/console/admin/missing-pieces`: how buyers are asked about what nobody has.
    MissingPieces,
    /// `/console/admin/webhooks`: receivers of what happens.
    Webhooks,
    /// `/console/admin/audit`: everything that happened.
    Audit,
}

impl Part {
    /// Every part, in the order of the navigation.
    pub const ALL: [Self; 11] = [
        Self::Rules,
        Self::Watchlist,
        Self::Sourcing,
        Self::Packing,
        Self::MissingPieces,
        Self::Staff,
        Self::Roles,
        Self::ApiKeys,
        Self::Webhooks,
        Self::Audit,
        Self::Settings,
    ];

    fn view(self, t: Words) -> View {
        match self {
            Self::Settings => View::new("settings", t.admin_settings(), "/console/admin"),
            Self::Staff => View::new("staff", t.admin_staff(), "/console/admin/staff"),
            Self::Roles => View::new("roles", t.admin_roles(), "/console/admin/roles"),
            Self::ApiKeys => View::new("keys", t.admin_keys(), "/console/admin/keys"),
            Self::Rules => View::new("rules", t.admin_rules(), "/console/admin/rules"),
            Self::Watchlist => View::new("watchlist", t.watch_title(), "/console/admin/watchlist"),
            Self::Sourcing => View::new("sourcing", t.sourcing_title(), "/console/admin/sourcing"),
            Self::Packing => View::new("packing", t.packing_title(), "/console/admin/packing"),
            Self::MissingPieces => {
                View::new("missing-pieces", t.ask_settings_title(), "/console/admin/missing-pieces")
            }
            Self::Webhooks => View::new("webhooks", t.admin_webhooks(), "/console/admin/webhooks"),
            Self::Audit => View::new("audit", t.admin_audit(), "/console/admin/audit"),
        }
    }
}

/// The navigation between the parts that someone may enter.
pub fn parts(current: Part, allowed: &[Part], t: Words) -> Views {
    let views = Part::ALL
        .into_iter()
        .filter(|part| allowed.contains(part))
        .map(|part| View { is_current: part == current, ..part.view(t) })
        .collect();
    Views { label: t.admin_parts().into(), views, region: "" }
}

crate::words! {
    admin_parts = "设置分类", "Parts of the settings";
    admin_settings = "站点", "Site";
    admin_staff = "人员", "Users";
    admin_roles = "岗位权限", "Roles";
    admin_keys = "API 密钥", "API keys";
    admin_rules = "规则", "Rules";
    admin_webhooks = "Webhook 推送", "Webhooks";
    admin_audit = "审计日志", "Audit log";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finance_finds_the_audit_log_and_nothing_else() {
        let html = parts(Part::Audit, &[Part::Audit], Words::default()).to_string();
        assert!(html.contains("/console/admin/audit") && !html.contains("/console/admin/staff"));
        assert_eq!(html.matches("aria-current").count(), 1);
    }
}
