//! How locations are chosen.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::catalog::settings::read;
use ordermill_app::sourcing::edit::{EditError, Flaw, Wrong, edit};
use ordermill_app::sourcing::settings::{LocationRule, ParcelRate, SplitRule};
use ordermill_app::sourcing::{SourcingSettings, regions};
use ordermill_base::Currency;
use ordermill_domain::apart::Pair;
use ordermill_domain::pricing::RegionPattern;
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::travel::{ApartView, MergeView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::etag::{self, IfMatch, etag};
use crate::money::{AmountBody, MoneyView};
use crate::problem::{FieldError, Problem};

/// Whether and how an order may be shipped from several locations.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SourcingSplit)]
pub enum SplitView {
    /// One parcel, or it waits for a person.
    Never,
    /// Each SKU from one location.
    Lines,
    /// Pieces of one SKU may come from several locations.
    Pieces,
}

/// What makes one location better than another. Amounts are in the shop's currency: how much it would
/// pay to avoid it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingSettings)]
pub struct SettingsView {
    /// Whether and how an order may be shipped from several locations.
    pub split: SplitView,
    /// Parcels of a split order, at most.
    pub parcels_max: u32,
    /// For each parcel of an order beyond the first.
    pub split_cost: MoneyView,
    /// For 100 kilometers.
    pub per_100_km: MoneyView,
    /// For a location that has as much open work as it packs on a day; less in proportion.
    pub full_load: MoneyView,
    /// For each day behind the promised one.
    pub late_day: MoneyView,
    /// What a parcel costs by weight.
    pub freight: RateView,
    /// Days of work that a location takes on before others are asked.
    pub backlog_days: u32,
    /// Goods that may not travel together: each kind has a fulfillment of its own.
    pub apart: Vec<ApartView>,
    /// Whether and when work on several orders of a buyer to one address leaves in one parcel.
    pub merge: MergeView,
    /// What holds for single locations.
    pub locations: Vec<LocationRuleView>,
    /// Grows with every change; the value of `ETag`. 0: as it is without anybody setting it.
    pub version: i64,
}

/// A rate by weight.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingRate)]
pub struct RateView {
    /// Weight that the first price is for, in grams.
    pub first_grams: u32,
    /// The first price.
    pub first_price: MoneyView,
    /// Weight of a further step, in grams; 0 if no weight costs more than the first.
    pub step_grams: u32,
    /// The price of a further step.
    pub step_price: MoneyView,
}

/// What holds for one location.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SourcingLocation)]
pub struct LocationRuleView {
    /// Its short code.
    #[schema(example = "HGH")]
    pub location: String,
    /// Where it ships to; everywhere if empty.
    #[schema(example = json!(["CN-31", "CN-33"]))]
    pub regions: Vec<String>,
    /// Codes of categories that it does not ship.
    pub excluded_categories: Vec<String>,
    /// What a parcel from here costs beside its weight.
    pub parcel_cost: MoneyView,
}

/// How locations are to be chosen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourcingSettingsEdit)]
pub struct SettingsBody {
    /// Whether and how an order may be shipped from several locations.
    pub split: SplitView,
    /// Parcels of a split order, at most.
    #[schema(minimum = 1, maximum = 10)]
    pub parcels_max: u32,
    /// For each parcel of an order beyond the first.
    pub split_cost: AmountBody,
    /// For 100 kilometers.
    pub per_100_km: AmountBody,
    /// For a location that has as much open work as it packs on a day; less in proportion.
    pub full_load: AmountBody,
    /// For each day behind the promised one.
    pub late_day: AmountBody,
    /// What a parcel costs by weight.
    pub freight: RateBody,
    /// Days of work that a location takes on before others are asked.
    #[schema(minimum = 1, maximum = 60)]
    pub backlog_days: u32,
    /// Goods that may not travel together; nothing is kept apart if it is empty.
    #[schema(max_items = 50)]
    pub apart: Vec<ApartView>,
    /// Whether and when work on several orders of a buyer to one address leaves in one parcel.
    pub merge: MergeView,
    /// What holds for single locations; those that are not named have no rule of their own.
    #[serde(default)]
    #[schema(max_items = 10_000)]
    pub locations: Vec<LocationRuleBody>,
}

/// A rate by weight.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourcingRateEdit)]
pub struct RateBody {
    /// Weight that the first price is for, in grams.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub first_grams: u32,
    /// The first price.
    pub first_price: AmountBody,
    /// Weight of a further step, in grams; 0 if no weight costs more than the first.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub step_grams: u32,
    /// The price of a further step.
    pub step_price: AmountBody,
}

/// What is to hold for one location.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourcingLocationEdit)]
pub struct LocationRuleBody {
    /// Its short code.
    #[schema(max_length = 64, example = "HGH")]
    pub location: String,
    /// Where it ships to, as `CN`, `CN-31` or `FR-Bretagne`; everywhere if empty.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub regions: Vec<String>,
    /// Codes of categories that it does not ship.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub excluded_categories: Vec<String>,
    /// What a parcel from here costs beside its weight; nothing if it is not given.
    pub parcel_cost: Option<AmountBody>,
}

impl SettingsView {
    fn of(settings: &SourcingSettings, version: i64, currency: Currency) -> Self {
        let money = |minor: u32| MoneyView::of(minor.into(), currency);
        let ParcelRate { first_grams, first_minor, step_grams, step_minor } = settings.freight;
        let rule = |(code, rule): (&String, &LocationRule)| LocationRuleView {
            location: code.clone(),
            regions: regions::write(&rule.regions),
            excluded_categories: rule.excluded_categories.iter().cloned().collect(),
            parcel_cost: money(rule.parcel_minor),
        };
        Self {
            split: match settings.split {
                SplitRule::Never => SplitView::Never,
                SplitRule::Lines => SplitView::Lines,
                SplitRule::Pieces => SplitView::Pieces,
            },
            parcels_max: settings.parcels_max,
            split_cost: money(settings.split_minor),
            per_100_km: money(settings.per_100_km_minor),
            full_load: money(settings.full_load_minor),
            late_day: money(settings.late_day_minor),
            freight: RateView {
                first_grams,
                first_price: money(first_minor),
                step_grams,
                step_price: money(step_minor),
            },
            backlog_days: settings.backlog_days,
            apart: settings.apart.iter().map(ApartView::of).collect(),
            merge: settings.merge.into(),
            locations: settings.locations.iter().map(rule).collect(),
            version,
        }
    }
}

/// Reads a body field by field, and keeps what is wrong with it.
struct Reading {
    currency: Currency,
    errors: Vec<FieldError>,
}

/// Characters of a kind of goods at most.
const KIND_CHARS_MAX: usize = 80;
/// Characters of a location's code at most.
const CODE_CHARS_MAX: usize = 64;
/// Regions or categories of one location at most.
const ENTRIES_MAX: usize = 200;

impl Reading {
    fn most(&mut self, count: usize, most: usize, field: &str) {
        if count > most {
            self.errors.push(FieldError::new(field, "out_of_range", format!("at most {most}")));
        }
    }

    fn amount(&mut self, body: &AmountBody, at: &str) -> u32 {
        match body.read(at) {
            Ok(money) if money.currency != self.currency => {
                let detail = format!("expected the shop's currency, {}", self.currency.code());
                self.errors.push(FieldError::new(format!("{at}/currency"), "invalid", detail));
                0
            }
            Ok(money) => u32::try_from(money.minor).unwrap_or_else(|_| {
                let detail = "an amount that is not negative and not that large";
                self.errors.push(FieldError::new(format!("{at}/amount"), "out_of_range", detail));
                0
            }),
            Err(error) => {
                self.errors.push(error);
                0
            }
        }
    }

    fn apart(&mut self, bodies: &[ApartView]) -> Vec<Pair> {
        for (number, body) in bodies.iter().enumerate() {
            for (text, field) in [(&body.one, "one"), (&body.other, "other")] {
                self.most(
                    text.chars().count(),
                    KIND_CHARS_MAX,
                    &format!("/apart/{number}/{field}"),
                );
            }
        }
        let pair =
            |it: &ApartView| Pair { one: it.one.clone().into(), other: it.other.clone().into() };
        bodies.iter().map(pair).collect()
    }

    fn regions(&mut self, texts: &[String], at: &str) -> Vec<RegionPattern> {
        let mut read = Vec::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            match regions::read(text) {
                Some(region) => read.push(region),
                None => {
                    let detail = "expected a country or a part of one, such as CN or CN-31";
                    let field = format!("{at}/regions/{number}");
                    self.errors.push(FieldError::new(field, "invalid", detail));
                }
            }
        }
        read
    }

    fn locations(&mut self, bodies: &[LocationRuleBody]) -> BTreeMap<String, LocationRule> {
        let mut rules = BTreeMap::new();
        for (number, body) in bodies.iter().enumerate() {
            let at = format!("/locations/{number}");
            self.most(body.location.chars().count(), CODE_CHARS_MAX, &format!("{at}/location"));
            self.most(body.regions.len(), ENTRIES_MAX, &format!("{at}/regions"));
            let excluded = body.excluded_categories.len();
            self.most(excluded, ENTRIES_MAX, &format!("{at}/excluded_categories"));
            let cost = body.parcel_cost.as_ref();
            let rule = LocationRule {
                regions: self.regions(&body.regions, &at),
                excluded_categories: body
                    .excluded_categories
                    .iter()
                    .cloned()
                    .collect::<BTreeSet<_>>(),
                parcel_minor: cost.map_or(0, |it| self.amount(it, &format!("{at}/parcel_cost"))),
            };
            if rules.insert(body.location.clone(), rule).is_some() {
                let detail = "each location stands here once";
                self.errors.push(FieldError::new(format!("{at}/location"), "taken", detail));
            }
        }
        rules
    }
}

fn wanted(body: &SettingsBody, currency: Currency) -> Result<SourcingSettings, Problem> {
    let mut reading = Reading { currency, errors: Vec::new() };
    let rate = &body.freight;
    let settings = SourcingSettings {
        split: match body.split {
            SplitView::Never => SplitRule::Never,
            SplitView::Lines => SplitRule::Lines,
            SplitView::Pieces => SplitRule::Pieces,
        },
        parcels_max: body.parcels_max,
        split_minor: reading.amount(&body.split_cost, "/split_cost"),
        per_100_km_minor: reading.amount(&body.per_100_km, "/per_100_km"),
        full_load_minor: reading.amount(&body.full_load, "/full_load"),
        late_day_minor: reading.amount(&body.late_day, "/late_day"),
        freight: ParcelRate {
            first_grams: rate.first_grams,
            first_minor: reading.amount(&rate.first_price, "/freight/first_price"),
            step_grams: rate.step_grams,
            step_minor: reading.amount(&rate.step_price, "/freight/step_price"),
        },
        backlog_days: body.backlog_days,
        apart: reading.apart(&body.apart),
        merge: body.merge.rule(),
        locations: reading.locations(&body.locations),
    };
    if reading.errors.is_empty() { Ok(settings) } else { Err(Problem::invalid(reading.errors)) }
}

/// Where a field of the settings stands in the body.
fn place(wrong: &Wrong, locations: &[LocationRuleBody]) -> String {
    let own = match wrong.field {
        "split_minor" => "split_cost/amount",
        "per_100_km_minor" => "per_100_km/amount",
        "full_load_minor" => "full_load/amount",
        "late_day_minor" => "late_day/amount",
        "freight.first_grams" => "freight/first_grams",
        "freight.first_minor" => "freight/first_price/amount",
        "freight.step_grams" => "freight/step_grams",
        "freight.step_minor" => "freight/step_price/amount",
        "merge.window_minutes" => "merge/window_minutes",
        "merge.max_grams" => "merge/max_grams",
        "parcel_minor" => "parcel_cost/amount",
        same => same,
    };
    let location = wrong.location.as_ref();
    let number = location.and_then(|code| locations.iter().position(|it| it.location == *code));
    number.map_or_else(|| format!("/{own}"), |number| format!("/locations/{number}/{own}"))
}

fn field_error(wrong: &Wrong, locations: &[LocationRuleBody]) -> FieldError {
    let field = place(wrong, locations);
    match wrong.flaw {
        Flaw::OutOfRange(least, most) if field.ends_with("/amount") => {
            let detail = format!("expected {least} to {most} of the currency's smallest unit");
            FieldError::new(field, "out_of_range", detail)
        }
        Flaw::OutOfRange(least, most) => {
            FieldError::new(field, "out_of_range", format!("expected {least} to {most}"))
        }
        Flaw::Unknown => FieldError::new(field, "unknown", "expected codes that are known here"),
        Flaw::TooMany(most) => {
            FieldError::new(field, "out_of_range", format!("expected {most} at most"))
        }
        Flaw::NoPair => FieldError::new(field, "invalid", "expected two different kinds"),
    }
}

/// Read how locations are chosen.
#[utoipa::path(
    get, path = "/api/v1/sourcing-settings", tag = "rules", operation_id = "get_sourcing_settings",
    responses((status = 200, description = "They; their version is in ETag.", body = SettingsView)),
)]
pub async fn get_sourcing_settings(State(services): State<Services>) -> Result<Response, Problem> {
    let read = |tx: &mut Tx<'_>| read::<SourcingSettings>(tx);
    let (settings, version) = services.database().read(read).await?;
    Ok(shown(&services, &settings, version))
}

fn shown(services: &Services, settings: &SourcingSettings, version: i64) -> Response {
    let currency = services.catalog().shop.currency;
    let view = SettingsView::of(settings, version, currency);
    ([etag(version)], Json(view)).into_response()
}

/// Change how locations are chosen.
///
/// All of it at once. New orders, and work that is sourced again, go by it; what is planned stays.
#[utoipa::path(
    put, path = "/api/v1/sourcing-settings", tag = "rules", operation_id = "edit_sourcing_settings",
    params(("If-Match" = String, Header, description = "The ETag that was read.", example = "\"0\"")),
    request_body = SettingsBody,
    responses((status = 200, description = "As they are now.", body = SettingsView)),
)]
pub async fn edit_sourcing_settings(
    State(services): State<Services>,
    caller: Caller,
    IfMatch(version): IfMatch,
    body: JsonBody<SettingsBody>,
) -> Result<Response, Problem> {
    let catalog = services.catalog();
    let wanted = wanted(&body.value, catalog.shop.currency)?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let change = move |tx: &mut Tx<'_>| {
        let version = edit(tx, &catalog, &principal, &act, wanted.clone(), version)?;
        Ok::<_, EditError>((read::<SourcingSettings>(tx)?.0, version))
    };
    let done = services.database().write(change).await;
    let (settings, version) = done.map_err(|error| refused(error, &body.value.locations))?;
    services.catalog_changed().await;
    Ok(shown(&services, &settings, version))
}

// No `_` arm: a new kind of failure is given its status here.
fn refused(error: EditError, locations: &[LocationRuleBody]) -> Problem {
    match error {
        EditError::Forbidden(_) => Problem::new(StatusCode::FORBIDDEN, "forbidden", &error),
        EditError::Invalid(wrong) => {
            Problem::invalid(wrong.iter().map(|it| field_error(it, locations)).collect())
        }
        EditError::Storage(Error::Stale(what)) => {
            etag::changed(format!("{what} changed meanwhile; read it again"))
        }
        EditError::Storage(error) => error.into(),
    }
}
