//! What would it cost.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use ordermill_app::Services;
use ordermill_app::carrier::choose::{Chosen, Place, ReadyParcel};
use ordermill_app::carrier::compare::{Imagined, compare};
use ordermill_base::{Currency, Timestamp};
use ordermill_domain::carrier::choice::{Offer, Verdict};
use ordermill_domain::sku::Handling;
use ordermill_storage::{Error, Tx, carrier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{HandlingView, ServiceKindView};
use crate::body::JsonBody;
use crate::money::{AmountBody, MoneyView};
use crate::problem::{FieldError, Problem};

/// A parcel as somebody imagines it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImaginedParcel)]
pub struct ImaginedBody {
    /// The code of the location where it waits.
    #[schema(max_length = 64, example = "HGH")]
    pub location: String,
    /// Where it goes, in China: six digits of GB/T 2260.
    #[schema(minimum = 110_000, maximum = 829_999, example = 310_115)]
    pub division: u32,
    /// What it weighs with its carton.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub weight_grams: u32,
    /// Length, width and height of its carton.
    #[schema(min_items = 3, max_items = 3)]
    pub dimensions_mm: Vec<u32>,
    /// What its goods are worth.
    pub value: AmountBody,
    /// What must be minded.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub handling: Vec<HandlingView>,
    /// What the buyer asked for.
    pub wish: Option<ServiceKindView>,
    /// The day that the buyer was promised.
    #[schema(format = Date, max_length = 10)]
    pub promised_by_on: Option<String>,
}

/// What would be decided, and everything that was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierComparison)]
pub struct ComparisonView {
    /// Who would get it; nobody if it is missing.
    pub chosen: Option<OfferView>,
    /// The others that could, the next best first.
    pub offers: Vec<OfferView>,
    /// Those that could not, and why.
    pub refused: Vec<RefusedView>,
    /// The rules that matched, in English.
    pub rules: Vec<String>,
    /// The version of the rules about carriers that decided; 0 if none is in force.
    pub rules_version: i64,
}

/// What a service would do for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierOffer)]
pub struct OfferView {
    /// The carrier's code.
    pub carrier: String,
    /// How.
    pub service: ServiceKindView,
    /// The price of carriage.
    pub price: MoneyView,
    /// The price of insurance.
    pub insurance: MoneyView,
    /// The weight that is billed.
    pub billed_grams: u32,
    /// When it should be delivered.
    #[schema(format = DateTime)]
    pub expected_by: String,
    /// Days after the promised one.
    pub late_days: u16,
    /// How the carrier has served, 0 to 1000.
    pub score: u16,
    /// Price, insurance, and what lateness and service are worth: the smallest is taken.
    pub weighed: MoneyView,
}

/// A service that could not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierRefused)]
pub struct RefusedView {
    /// The carrier's code.
    pub carrier: String,
    /// How.
    pub service: ServiceKindView,
    /// Why not.
    #[schema(example = "out_of_zone")]
    pub because: String,
}

/// Compare carriers.
///
/// What would be decided now about a parcel that nobody has packed. Nothing is changed, and no carrier is
/// asked.
#[utoipa::path(
    post, path = "/api/v1/carriers/compare", tag = "carriers", operation_id = "compare_carriers",
    request_body = ImaginedBody,
    responses((status = 200, description = "The comparison.", body = ComparisonView)),
)]
pub async fn compare_carriers(
    State(services): State<Services>,
    body: JsonBody<ImaginedBody>,
) -> Result<Json<ComparisonView>, Problem> {
    let imagined = body.value.read(&services).map_err(Problem::invalid)?;
    let currency = imagined.parcel.value.currency;
    let (known, now) = (services.carriers().known().await?, services.now());
    let version = known.rules.live().version();
    let read = move |tx: &mut Tx<'_>| {
        Ok::<_, Error>((compare(tx, &imagined, &known, now)?, carrier::names(tx)?))
    };
    let (compared, carriers) = services.database().snapshot(read).await?;
    let gone = || Problem::invalid(vec![FieldError::new("/location", "unknown", "it is gone")]);
    let chosen = compared.ok_or_else(gone)?;
    let code = |id| {
        let found = carriers.iter().find(|named| named.id == id);
        found.map_or_else(|| format!("{id}"), |named| named.code.clone())
    };
    Ok(Json(ComparisonView::of(chosen, version, currency, code)))
}

impl ImaginedBody {
    fn read(&self, services: &Services) -> Result<Imagined, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, field: &str, detail: &str| {
            if !holds {
                wrong.push(FieldError::new(format!("/{field}"), "out_of_range", detail));
            }
        };
        let sides = <[u32; 3]>::try_from(self.dimensions_mm.clone()).ok();
        let sides = sides.filter(|sides| sides.iter().all(|side| (1..=100_000).contains(side)));
        must(sides.is_some(), "dimensions_mm", "three sides of 1 to 100,000");
        must((1..=10_000_000).contains(&self.weight_grams), "weight_grams", "1 to 10,000,000");
        must((110_000..830_000).contains(&self.division), "division", "six digits of GB/T 2260");
        let promised = self.promised_by_on.as_deref().map(str::parse::<Date>);
        let is_date = promised.as_ref().is_none_or(Result::is_ok);
        must(is_date, "promised_by_on", "a day such as 2026-11-24");
        let value = self.value.read("/value").map_err(|error| wrong.push(error)).ok();
        let catalog = services.catalog();
        let from = catalog.location_by_code(&self.location);
        if from.is_none() {
            wrong.push(FieldError::new("/location", "unknown", "no location has this code"));
        }
        let (Some(from), Some(value), Some(dimensions_mm), true) =
            (from, value, sides, wrong.is_empty())
        else {
            return Err(wrong);
        };
        let has = |flag: HandlingView| self.handling.contains(&flag);
        Ok(Imagined {
            from: from.id,
            to: Place::in_china(self.division),
            parcel: ReadyParcel {
                weight_grams: self.weight_grams,
                dimensions_mm,
                handling: Handling {
                    is_fragile: has(HandlingView::Fragile),
                    is_high_value: has(HandlingView::HighValue),
                    is_perishable: has(HandlingView::Perishable),
                    is_hazardous: has(HandlingView::Hazardous),
                    is_oversized: has(HandlingView::Oversized),
                },
                value,
                promised_by_on: promised.and_then(Result::ok),
                wish: self.wish.map(Into::into),
            },
        })
    }
}

impl ComparisonView {
    fn of(
        chosen: Chosen,
        rules_version: i64,
        currency: Currency,
        code: impl Fn(ordermill_domain::ids::CarrierId) -> String,
    ) -> Self {
        let offer = |offer: &Offer| OfferView {
            carrier: code(offer.carrier),
            service: offer.service.into(),
            price: MoneyView::of(offer.price_minor, currency),
            insurance: MoneyView::of(offer.insurance_minor, currency),
            billed_grams: offer.billed_grams,
            expected_by: Timestamp::to_string(&offer.expected_by),
            late_days: offer.late_days,
            score: offer.score.0,
            weighed: MoneyView::of(offer.weighed_minor, currency),
        };
        let (mut offers, mut refused) = (Vec::new(), Vec::new());
        for verdict in &chosen.choice.others {
            match verdict {
                Verdict::Offered(it) => offers.push(offer(it)),
                Verdict::Refused { carrier, service, because } => refused.push(RefusedView {
                    carrier: code(*carrier),
                    service: (*service).into(),
                    because: because.code().to_owned(),
                }),
            }
        }
        let rules = chosen.ruled.into_iter().flat_map(|ruled| ruled.matched);
        Self {
            chosen: chosen.choice.chosen.as_ref().map(offer),
            offers,
            refused,
            rules: rules.map(|name| name.en.into_owned()).collect(),
            rules_version,
        }
    }
}
