//! Reading disputes: those that stand somewhere, one with its evidence, those of an order.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::dispute::facts_of_order;
use ordermill_domain::dispute::{Dispute, State as Stand};
use ordermill_domain::ids::DisputeId;
use ordermill_storage::dispute::{self as stored, Filter};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{DisputeDetailView, DisputeView};
use crate::auth::Caller;
use crate::catalog::wrong;
use crate::cursor;
use crate::etag::etag;
use crate::order::read::load;
use crate::params::{Page, Params, PathId, PathText, limit, not_found};
use crate::problem::Problem;

/// Which disputes, and which page of them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DisputeQuery {
    /// Only those that are `needs_response`, `under_review`, `won`, `lost` or `accepted`.
    #[param(max_length = 20, example = "needs_response")]
    pub state: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
    /// Disputes on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

/// All disputes about an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DisputeList {
    /// Oldest first.
    pub items: Vec<DisputeView>,
}

impl DisputeQuery {
    fn state(&self) -> Result<Option<Stand>, Problem> {
        let state = self.state.as_deref().map(Stand::from_code).transpose();
        state.map_err(|_| {
            wrong("state", format!("expected one of {}", Stand::ALL.map(Stand::code).join(", ")))
        })
    }
}

/// List disputes.
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/disputes", tag = "disputes", operation_id = "list_disputes",
    params(DisputeQuery),
    responses((status = 200, description = "A page.", body = Page<DisputeView>)),
)]
pub async fn list_disputes(
    State(services): State<Services>,
    Params(query): Params<DisputeQuery>,
) -> Result<Json<Page<DisputeView>>, Problem> {
    let (state, limit) = (query.state()?, limit(query.limit)?);
    let before = query.cursor.as_deref().map(cursor::read::<DisputeId>).transpose()?;
    let list = move |tx: &mut Tx<'_>| stored::list(tx, Filter { state, before }, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |last: &Dispute| cursor::write(last.facts().id);
    Ok(Json(Page::of(found, limit, cursor, |it| DisputeView::from(&it))))
}

/// Read a dispute.
///
/// With what was submitted to the bank, or what the order would add to the words of finance.
#[utoipa::path(
    get, path = "/api/v1/disputes/{dispute_id}", tag = "disputes", operation_id = "get_dispute",
    params(("dispute_id" = String, Path, description = "Its id.", example = "dsp_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = DisputeDetailView)),
)]
pub async fn get_dispute(
    State(services): State<Services>,
    PathId(id): PathId<DisputeId>,
) -> Result<Response, Problem> {
    seen(&services, id).await
}

/// A dispute as it stands now.
pub(super) async fn seen(services: &Services, id: DisputeId) -> Result<Response, Problem> {
    let submitted = services.payments().evidence_of(id).await?;
    let read = move |tx: &mut Tx<'_>| {
        let Some(dispute) = stored::fetch(tx, id)? else { return Ok(None) };
        let evidence = match submitted {
            Some(submitted) => submitted,
            None => facts_of_order(tx, dispute.facts().terms.order, String::new())?,
        };
        Ok::<_, Error>(Some((dispute, evidence, stored::failure(tx, id)?)))
    };
    let found = services.database().snapshot(read).await?;
    let (dispute, evidence, failure) = found.ok_or_else(|| not_found("dispute"))?;
    let version = dispute.facts().version;
    let view = DisputeDetailView {
        dispute: DisputeView::from(&dispute),
        evidence: evidence.into(),
        failure,
    };
    Ok(([etag(version)], Json(view)).into_response())
}

/// List the disputes about an order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/disputes", tag = "disputes", operation_id = "list_order_disputes",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "All of them.", body = DisputeList)),
)]
pub async fn list_of_order(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<DisputeList>, Problem> {
    let detail = load(&services, &caller, &order_id).await?;
    Ok(Json(DisputeList { items: detail.disputes.iter().map(DisputeView::from).collect() }))
}
