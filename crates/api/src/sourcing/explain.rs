//! Why the locations of an order were chosen.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::sourcing::explain::{self, Explanation};
use ordermill_base::{Currency, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::travel::ApartView;
use crate::auth::Caller;
use crate::money::MoneyView;
use crate::order::read::own;
use crate::params::{Page, PathText};
use crate::problem::Problem;
use crate::rule_table::view::RuledView;

/// A choice of locations for an order, and how it came about.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingDecision)]
pub struct DecisionView {
    /// When it was made.
    #[schema(format = DateTime)]
    pub decided_at: String,
    /// The locations that it was sent to; none if nobody can ship it.
    pub sent_to: Vec<String>,
    /// The rules that had a say: their version and names.
    pub ruled: Option<RuledView>,
    /// Locations that had given it back for want of pieces and have got some since: they are asked again.
    pub asked_again: Vec<String>,
    /// Why nobody can: `by_rules`, `too_few`, `split_not_allowed`, `not_found`, `too_large`.
    pub impossible: Option<String>,
    /// The best plan for the order alone; others of its wave may have needed its pieces more.
    pub best: Option<PlanView>,
    /// What would have been second best.
    pub second: Option<PlanView>,
    /// Whether no plan for the order alone is better than `best`.
    pub is_proven: bool,
    /// Whether no location had room for it on its days, and one takes it all the same.
    pub is_over_capacity: bool,
    /// Kinds of goods that are in it and may not travel together: each has a fulfillment of its own.
    pub kept_apart: Vec<ApartView>,
    /// Every location that was looked at.
    pub candidates: Vec<CandidateView>,
    /// The orders that it was planned together with, if they were in each other's way.
    pub wave: Option<PlannedTogetherView>,
}

/// Who would ship what.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingPlan)]
pub struct PlanView {
    /// All of it, the split included.
    pub cost: MoneyView,
    /// What shipping from several locations adds.
    pub split_cost: MoneyView,
    /// One for each location.
    pub parcels: Vec<ParcelView>,
}

/// A location's share of a plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingParcel)]
pub struct ParcelView {
    /// Which location.
    pub location_id: String,
    /// How many pieces.
    pub pieces: u32,
    /// What it costs.
    pub cost: CostView,
}

/// A location that was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingCandidate)]
pub struct CandidateView {
    /// Which location.
    pub location_id: String,
    /// What the order costs from there, or the part of it that is there.
    pub cost: CostView,
    /// Why it does not ship all of it: `out_of_coverage`, `too_late`, `no_capacity`,
    /// `category_not_allowed`, `too_few`.
    pub refused_because: Vec<String>,
}

/// A cost part by part: what the shop would pay to avoid it, by its sourcing settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingCost)]
pub struct CostView {
    /// All of it.
    pub total: MoneyView,
    /// The parcel by itself.
    pub parcel: MoneyView,
    /// By weight.
    pub freight: MoneyView,
    /// By distance.
    pub distance: MoneyView,
    /// By how much work the location has.
    pub load: MoneyView,
    /// By days behind the promised one.
    pub lateness: MoneyView,
}

/// Orders that were planned together.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingWave)]
pub struct PlannedTogetherView {
    /// How many.
    pub orders: usize,
    /// What all of them cost.
    pub cost: MoneyView,
    /// What they would cost if each took what is best for it, one after another.
    pub one_by_one: MoneyView,
    /// No plan can cost less.
    pub bound: MoneyView,
}

fn money(minor: u64, currency: Currency) -> MoneyView {
    MoneyView::of(i64::try_from(minor).unwrap_or(i64::MAX), currency)
}

impl DecisionView {
    fn of(decided_at: Timestamp, why: &Explanation, currency: Currency) -> Self {
        let plan = |parcels: &[explain::Parcel], split_minor: u64| {
            let sum: u64 = parcels.iter().map(|parcel| parcel.cost.total_minor()).sum();
            (!parcels.is_empty()).then(|| PlanView {
                cost: money(sum + split_minor, currency),
                split_cost: money(split_minor, currency),
                parcels: parcels
                    .iter()
                    .map(|parcel| ParcelView {
                        location_id: parcel.location.to_string(),
                        pieces: parcel.pieces,
                        cost: CostView::of(&parcel.cost, currency),
                    })
                    .collect(),
            })
        };
        let candidate = |it: &explain::Candidate| CandidateView {
            location_id: it.location.to_string(),
            cost: CostView::of(&it.cost, currency),
            refused_because: it.refused_because.clone(),
        };
        Self {
            decided_at: decided_at.to_string(),
            sent_to: why.sent_to.iter().map(ToString::to_string).collect(),
            ruled: why.ruled.as_ref().map(RuledView::of),
            asked_again: why.asked_again.iter().map(ToString::to_string).collect(),
            impossible: why.impossible.clone(),
            best: plan(&why.chosen, why.split_minor),
            second: plan(&why.second, why.second_split_minor),
            is_proven: why.is_proven,
            is_over_capacity: why.is_over_capacity,
            kept_apart: why.kept_apart.iter().map(ApartView::of).collect(),
            candidates: why.candidates.iter().map(candidate).collect(),
            wave: why.wave.map(|wave| PlannedTogetherView {
                orders: wave.orders,
                cost: money(wave.cost_minor, currency),
                one_by_one: money(wave.one_by_one_minor, currency),
                bound: money(wave.bound_minor, currency),
            }),
        }
    }
}

impl CostView {
    fn of(cost: &explain::Cost, currency: Currency) -> Self {
        Self {
            total: money(cost.total_minor(), currency),
            parcel: money(cost.parcel_minor, currency),
            freight: money(cost.freight_minor, currency),
            distance: money(cost.distance_minor, currency),
            load: money(cost.load_minor, currency),
            lateness: money(cost.lateness_minor, currency),
        }
    }
}

/// List why the locations of an order were chosen.
///
/// The newest decision first. Amounts are what the shop's sourcing settings say that things are worth,
/// in its currency; nobody pays them.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/sourcing", tag = "fulfillments", operation_id = "list_sourcing_decisions",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "All of them on one page.", body = Page<DecisionView>)),
)]
pub async fn list_sourcing_decisions(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<Page<DecisionView>>, Problem> {
    let id = own(&services, &caller, &order_id).await?;
    let found = services.database().read(move |tx| explain::decisions(tx, id)).await?;
    let currency = services.catalog().shop.currency;
    let items = found.iter().map(|(at, why)| DecisionView::of(*at, why, currency)).collect();
    Ok(Json(Page { items, next: None }))
}
