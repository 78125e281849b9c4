//! The list of coupons.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use ordermill_app::coupon::{self, list_coupons};
use ordermill_base::{Money, Timestamp};
use ordermill_domain::ids::CouponId;
use ordermill_domain::pricing::BasisPoints;
use ordermill_domain::pricing::coupon::{Benefit, Scope};
use ordermill_pages::console::Section;
use ordermill_pages::console::coupons::{self as view, CouponRow, CouponsPage, Gives, Standing};
use ordermill_pages::console::promotions::{Part as PromotionPart, parts};
use ordermill_pages::ui::{Pager, View, Views};
use ordermill_pages::{Page, Part, Words, format};
use ordermill_storage::Tx;
use ordermill_storage::coupon::{Stored, View as Which};
use serde::Deserialize;

use super::{CHANGE, HERE, href_of};
use crate::console::desk::Desk;
use crate::console::route::Routes;
use crate::console::sign_in::encoded;
use crate::console::trouble::Trouble;

/// Coupons on one page.
const ROWS: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/promotions", CHANGE, show)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    q: String,
    cursor: String,
}

impl Asked {
    fn href(&self, view: &str, cursor: Option<CouponId>) -> String {
        let cursor = cursor.map(|id| id.to_string()).unwrap_or_default();
        let view = if view == "all" { "" } else { view };
        let parts = [("view", view), ("q", self.q.trim()), ("cursor", &cursor)];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if parts.is_empty() { HERE.to_owned() } else { format!("{HERE}?{}", parts.join("&")) }
    }
}

const VIEWS: [(&str, Which); 4] = [
    ("all", Which::All),
    ("active", Which::Active),
    ("planned", Which::Planned),
    ("ended", Which::Ended),
];

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (t, now) = (desk.t(), desk.now());
    let (current, which) =
        VIEWS.into_iter().find(|(key, _)| *key == asked.view).unwrap_or(VIEWS[0]);
    let (before, typed) = (asked.cursor.parse::<CouponId>().ok(), asked.q.clone());
    let load = move |tx: &mut Tx<'_>| {
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        list_coupons(tx, which, &typed, now, before, limit)
    };
    let mut found = desk.site.services().database().read(load).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let is_filtered = !asked.q.trim().is_empty();
    let plain = Asked::default().href(current, None);
    let views =
        VIEWS.map(|(key, _)| View::new(key, view::view_name(key, t), asked.href(key, None)));
    let page = CouponsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Promotions),
        parts: parts(PromotionPart::Coupons, t),
        views: Views::of_list(t, "list", current, views.into()),
        filters: view::filters(current, asked.q.trim(), is_filtered.then(|| plain.clone()), t),
        empty: view::empty(is_filtered || current != "all", HERE, t),
        pager: Pager {
            t,
            summary: t.coupons_newest_first().to_owned(),
            first: before.map(|_| asked.href(current, None)),
            next: found
                .last()
                .filter(|_| has_more)
                .map(|last| asked.href(current, Some(last.coupon.id()))),
            region: "list",
        },
        rows: found.iter().map(|stored| desk.coupon_row(stored)).collect(),
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    })
}

impl Desk {
    fn coupon_row(&self, stored: &Stored) -> CouponRow {
        let (t, coupon) = (self.t(), &stored.coupon);
        let standing = match coupon::standing(stored, self.now()) {
            coupon::Standing::Active => Standing::Active,
            coupon::Standing::Planned => Standing::Planned,
            coupon::Standing::Ended => Standing::Ended,
            coupon::Standing::UsedUp => Standing::UsedUp,
            coupon::Standing::Inactive => Standing::Inactive,
        };
        CouponRow {
            href: href_of(coupon.id()),
            code: coupon.code.clone(),
            name: t.pick(coupon.name.zh(), coupon.name.en()).to_owned(),
            benefit: benefit(&coupon.rule.benefit, coupon.rule.min_spend, t),
            scope: scope(&coupon.rule.scope, t),
            valid: self.period(coupon.rule.valid_from, coupon.rule.valid_until),
            used: used(stored, t),
            state: view::standing(standing, t),
        }
    }

    /// A period of time in words.
    pub(in crate::console) fn period(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> String {
        let (t, shell) = (self.t(), self.shell());
        match (from, until) {
            (None, None) => t.coupon_always().to_owned(),
            (Some(from), None) => t.coupon_from(shell.moment(&from)),
            (None, Some(until)) => t.coupon_until(shell.moment(&until)),
            (Some(from), Some(until)) => {
                t.coupon_between(shell.moment(&from), shell.moment(&until))
            }
        }
    }
}

/// What a coupon gives, in words.
pub(in crate::console) fn benefit(benefit: &Benefit, min_spend: Option<Money>, t: Words) -> String {
    let share;
    let gives = match benefit {
        Benefit::PercentOff { share: part, cap } => {
            share = percent(*part);
            Gives::Percent(&share, *cap)
        }
        Benefit::AmountOff(amount) => Gives::Amount(*amount),
        Benefit::FreeFreight { cap } => Gives::Freight(*cap),
    };
    view::benefit(gives, min_spend, t)
}

/// On what a coupon is given, in words.
pub(in crate::console) fn scope(scope: &Scope, t: Words) -> String {
    match scope {
        Scope::All => t.coupon_scope_all().to_owned(),
        Scope::Categories(categories) => t.coupon_on_categories(categories.len() as u64),
        Scope::Skus(skus) => t.coupon_on_skus(skus.len() as u64),
    }
}

/// How often a coupon was used, of how often it may be.
pub(super) fn used(stored: &Stored, t: Words) -> String {
    let uses = format::grouped(stored.uses.unsigned_abs());
    match stored.coupon.rule.uses_max {
        Some(max) => t.coupon_used_of(uses, format::grouped(max)),
        None => uses,
    }
}

/// A share as percent: `12.5`.
pub(super) fn percent(share: BasisPoints) -> String {
    let points = share.get();
    let text = format!("{}.{:02}", points / 100, points % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_without_needless_zeros() {
        let written = |points| percent(BasisPoints::new(points).unwrap());
        assert_eq!([1, 1_000, 1_250, 10_000].map(written), ["0.01", "10", "12.5", "100"]);
    }
}
