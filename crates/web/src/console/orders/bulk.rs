//! Bulk actions on orders that were selected: each works or is skipped, with the reason. A whole view is
//! [`super::whole_view`]'s.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::order::file::FileError;
use ordermill_app::order::step::{self, Seen, StepError};
use ordermill_base::Money;
use ordermill_domain::bulk::{Action, Refusal, Work};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Action as OrderAction, CancelReason, OrderNumber};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::bulk::{self as page, Of};
use ordermill_pages::console::orders::Skipped;
use ordermill_pages::ui::Toast;
use ordermill_storage::{Error, Tx, order};

use super::{Asked, list_page, whole_view};
use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// Orders of one bulk: those of a page.
const BULK_MAX: usize = 50;

/// A bulk form: names may come several times.
pub(super) struct BulkForm {
    pub(super) action: Action,
    ids: Vec<String>,
    /// Not of the rows that were ticked but of every order of the view.
    is_all: bool,
    /// The query of the list that it stood on.
    pub(super) query: String,
    /// A key of this form.
    pub(super) key: String,
    pub(super) is_confirmed: bool,
    reason: String,
    pub(super) remark: String,
}

impl BulkForm {
    fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let one = |name: &str| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        Some(Self {
            action: one("action").parse().ok()?,
            is_all: one("all") == "1",
            query: one("query"),
            key: one("key"),
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

    /// What is to be done with each order, or what is wrong with the form, by field.
    pub(super) fn work(
        &self,
        t: ordermill_pages::Words,
    ) -> Result<Work, Vec<(&'static str, String)>> {
        let mut errors = Vec::new();
        let mut work = Work::Approve;
        if self.action == Action::Cancel {
            match CancelReason::from_code(&self.reason) {
                Ok(reason) => work = Work::Cancel(reason),
                Err(_) => errors.push(("reason", t.order_reason_missing().to_owned())),
            }
        }
        if self.remark.is_empty() || self.remark.chars().count() > 200 {
            errors.push(("remark", t.order_remark_missing().to_owned()));
        }
        if errors.is_empty() { Ok(work) } else { Err(errors) }
    }
}

pub(super) async fn bulk(
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    let form = BulkForm::read(pairs).ok_or(Trouble::NotFound)?;
    if form.is_all {
        return whole_view::begin(&desk, &form).await;
    }
    let (seen, t) = (form.seen(), desk.t());
    if seen.is_empty() {
        return Ok(desk.done("/console/orders", &Toast::new(t.orders_bulk_none())));
    }
    let work = match (form.work(t), form.is_confirmed) {
        (Ok(work), true) => work,
        (work, is_confirmed) => {
            let around = (desk.shell(), desk.frame(Section::Orders));
            let total = total_of(&desk, &seen).await?;
            let of = Of::Rows(&form.ids, &total);
            let page = page::ask_page(around, form.action, of, &form.remark);
            return Ok(match work {
                Err(errors) if is_confirmed => {
                    (StatusCode::UNPROCESSABLE_ENTITY, Page(page.refused(&errors))).into_response()
                }
                _ => Page(page).into_response(),
            });
        }
    };
    let mut worked = 0;
    let mut skipped = Vec::new();
    for seen in seen {
        match one_of_bulk(&desk, &form, work, seen).await {
            Ok(()) => worked += 1,
            Err(error) => skipped.push(Skipped {
                number: OrderNumber::from(seen.id).to_string(),
                reason: page::refusal(skip_reason(error)?, t).to_owned(),
            }),
        }
    }
    let toast = Toast::new(page::done(form.action, worked, t));
    if skipped.is_empty() {
        return Ok(desk.done("/console/orders", &toast));
    }
    let desk = desk.telling(toast);
    list_page(&desk, &Asked::default(), skipped).await
}

async fn one_of_bulk(
    desk: &Desk,
    form: &BulkForm,
    work: Work,
    seen: Seen,
) -> Result<(), StepError> {
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(&form.remark));
    let database = desk.site.services().database();
    database
        .write(move |tx| match work {
            Work::Approve => step::take(tx, &principal, &act, seen, OrderAction::Approve),
            Work::Cancel(reason) => step::cancel(tx, &principal, &act, seen, reason),
        })
        .await
}

fn skip_reason(error: StepError) -> Result<Refusal, Trouble> {
    match error {
        StepError::Stale(_) => Ok(Refusal::Stale),
        StepError::Taken(_) | StepError::NotTheirs(_) | StepError::File(FileError::Refused(_)) => {
            Ok(Refusal::State)
        }
        StepError::File(FileError::NotFound(_)) => Ok(Refusal::Missing),
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
