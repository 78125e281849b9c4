//! Bulk actions on orders that were selected: each works or is skipped, with the reason.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::order::file::FileError;
use ordermill_app::order::step::{self, Seen, StepError};
use ordermill_base::Money;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Action, CancelReason, OrderNumber};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::orders::{self as page, Bulk, SkipReason, Skipped};
use ordermill_pages::ui::Toast;
use ordermill_storage::{Error, Tx, order};

use super::{Asked, list_page};
use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// Orders of one bulk: those of a page.
const BULK_MAX: usize = 50;

/// A bulk form: names may come several times.
struct BulkForm {
    bulk: Bulk,
    ids: Vec<String>,
    is_confirmed: bool,
    reason: String,
    remark: String,
}

impl BulkForm {
    fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let one = |name: &str| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        Some(Self {
            bulk: Bulk::of(&one("action"))?,
            is_confirmed: one("confirmed") == "1",
            reason: one("reason"),
            remark: one("remark"),
            ids: pairs
                .iter()
                .filter(|(name, value)| name == "ids" && !value.is_empty())
                .take(BULK_MAX)
                .map(|(_, value)| value.clone())
                .collect(),
        })
    }

    fn seen(&self) -> Vec<Seen> {
        let seen = |text: &String| {
            let (id, version) = text.split_once(':')?;
            Some(Seen { id: id.parse().ok()?, version: version.parse().ok()? })
        };
        self.ids.iter().filter_map(seen).collect()
    }

    /// What is wrong with it, by field.
    fn errors(&self, t: ordermill_pages::Words) -> Vec<(&'static str, String)> {
        let mut errors = Vec::new();
        if self.bulk == Bulk::Cancel && CancelReason::from_code(&self.reason).is_err() {
            errors.push(("reason", t.order_reason_missing().to_owned()));
        }
        if self.remark.is_empty() || self.remark.chars().count() > 200 {
            errors.push(("remark", t.order_remark_missing().to_owned()));
        }
        errors
    }
}

pub(super) async fn bulk(
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    let form = BulkForm::read(pairs).ok_or(Trouble::NotFound)?;
    let (seen, t) = (form.seen(), desk.t());
    if seen.is_empty() {
        return Ok(desk.done("/console/orders", &Toast::new(t.orders_bulk_none())));
    }
    let errors = form.errors(t);
    if !form.is_confirmed || !errors.is_empty() {
        let around = (desk.shell(), desk.frame(Section::Orders));
        let total = total_of(&desk, &seen).await?;
        let page = page::bulk_page(around, form.bulk, &form.ids, &total, &form.remark);
        if !form.is_confirmed {
            return Ok(Page(page).into_response());
        }
        let page = page.refused(&errors);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let mut worked = 0;
    let mut skipped = Vec::new();
    for seen in seen {
        match one_of_bulk(&desk, &form, seen).await {
            Ok(()) => worked += 1,
            Err(error) => skipped.push(Skipped {
                number: OrderNumber::from(seen.id).to_string(),
                reason: skip_reason(error)?.words(t).to_owned(),
            }),
        }
    }
    let toast = Toast::new(form.bulk.done(worked, t));
    if skipped.is_empty() {
        return Ok(desk.done("/console/orders", &toast));
    }
    let desk = desk.telling(toast);
    list_page(&desk, &Asked::default(), skipped).await
}

async fn one_of_bulk(desk: &Desk, form: &BulkForm, seen: Seen) -> Result<(), StepError> {
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(&form.remark));
    let reason = CancelReason::from_code(&form.reason).unwrap_or(CancelReason::Operator);
    let bulk = form.bulk;
    let database = desk.site.services().database();
    database
        .write(move |tx| match bulk {
            Bulk::Approve => step::take(tx, &principal, &act, seen, Action::Approve),
            Bulk::Cancel => step::cancel(tx, &principal, &act, seen, reason),
        })
        .await
}

fn skip_reason(error: StepError) -> Result<SkipReason, Trouble> {
    match error {
        StepError::Stale(_) => Ok(SkipReason::Stale),
        StepError::NotTheirs(_) | StepError::File(FileError::Refused(_)) => Ok(SkipReason::State),
        StepError::File(FileError::NotFound(_)) => Ok(SkipReason::Missing),
        StepError::Forbidden(forbidden) => Err(forbidden.into()),
        StepError::File(FileError::Storage(error)) => Err(error.into()),
        error @ (StepError::Refund(_) | StepError::File(FileError::Unbalanced(_))) => {
            Err(Trouble::internal(&error))
        }
    }
}

/// What orders cost together, each currency for itself.
async fn total_of(desk: &Desk, seen: &[Seen]) -> Result<String, Error> {
    let ids: Vec<OrderId> = seen.iter().map(|seen| seen.id).collect();
    let load = move |tx: &mut Tx<'_>| {
        let mut found = Vec::new();
        for id in &ids {
            found.extend(order::fetch(tx, *id)?);
        }
        Ok::<_, Error>(found)
    };
    let orders = desk.site.services().database().read(load).await?;
    let mut sums: Vec<Money> = Vec::new();
    for total in orders.iter().map(|stored| stored.order.facts().amounts.total()) {
        match sums.iter_mut().find(|sum| sum.currency == total.currency) {
            Some(sum) => sum.minor = sum.minor.saturating_add(total.minor),
            None => sums.push(total),
        }
    }
    Ok(sums.iter().map(Money::to_string).collect::<Vec<_>>().join(" + "))
}
