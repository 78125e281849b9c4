//! How a carrier is read and written.

use ordermill_domain::carrier::{ServiceKind, Zone};
use ordermill_domain::sku::HandlingFlag;
use ordermill_storage::carrier::Stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalog::TextView;
use crate::money::MoneyView;
use ordermill_app::sourcing::regions;
use ordermill_base::Currency;

/// How a parcel is carried and handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CarrierServiceKind)]
pub enum ServiceKindView {
    /// To the door, when it comes.
    Standard,
    /// To the door on the day after.
    NextDay,
    /// To the door within hours that the buyer chose.
    Timed,
    /// To a point where the buyer collects it.
    PickupPoint,
}

/// What a carrier must be told of goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CarrierHandling)]
pub enum HandlingView {
    /// Breaks.
    Fragile,
    /// Worth a thief's while.
    HighValue,
    /// Goes bad.
    Perishable,
    /// Dangerous goods.
    Hazardous,
    /// Too big for ordinary parcels.
    Oversized,
}

/// A carrier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Carrier)]
pub struct CarrierView {
    /// Its key.
    #[schema(example = "car_01k2ey4xh0000")]
    pub id: String,
    /// Its short code; what rules name it by.
    #[schema(example = "swift")]
    pub code: String,
    /// Its name.
    pub name: TextView,
    /// The services that were agreed with it.
    pub services: Vec<ServiceView>,
    /// What it does not carry.
    pub refuses: Vec<HandlingView>,
    /// Cubic centimeters that are billed as one kilogram.
    pub volumetric_divisor: u32,
    /// The heaviest parcel that it takes.
    pub weight_grams_max: u32,
    /// The longest side that it takes.
    pub side_mm_max: u32,
    /// Parcels made ready from this time of day on leave on its next day.
    #[schema(example = "18:00:00")]
    pub cut_off: String,
    /// What insurance costs, in hundredths of a percent of the value.
    pub insurance_basis_points: u32,
    /// The currency of its prices.
    pub currency: String,
    /// Whether parcels are given to it.
    pub is_active: bool,
    /// How it is spoken to.
    pub account: AccountView,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

/// One service of a carrier.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierService)]
pub struct ServiceView {
    /// Which.
    pub kind: ServiceKindView,
    /// Where to, and at what price; the first whose place fits decides.
    pub zones: Vec<ZoneView>,
}

/// Where a service goes to, and at what price.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierZone)]
pub struct ZoneView {
    /// The places, all of one country.
    #[schema(example = json!(["CN-31", "CN-33"]))]
    pub regions: Vec<String>,
    /// Only these cities, by the first four digits of GB/T 2260; all of the regions if empty.
    pub cities: Vec<u16>,
    /// The weight that the first price covers.
    pub first_grams: u32,
    /// The price up to the first weight.
    pub first_price: MoneyView,
    /// The size of each further step; a begun step counts in full.
    pub step_grams: u32,
    /// The price of each further step.
    pub step_price: MoneyView,
    /// At least this many days.
    pub days_min: u8,
    /// At most this many days.
    pub days_max: u8,
}

/// Our account at a carrier; its secret is never shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CarrierAccount)]
pub struct AccountView {
    /// The protocol; empty if labels are made outside.
    #[schema(example = "sandbox")]
    pub protocol: String,
    /// Where it is reached.
    pub url: String,
    /// Who we are there.
    pub merchant: String,
    /// Whether there is a secret.
    pub has_secret: bool,
}

impl From<&Stored> for CarrierView {
    fn from(stored: &Stored) -> Self {
        let (it, terms) = (&stored.carrier, &stored.carrier.terms);
        let service = |service: &ordermill_domain::carrier::Service| ServiceView {
            kind: service.kind.into(),
            zones: service.zones.iter().map(|zone| ZoneView::of(zone, terms.currency)).collect(),
        };
        Self {
            id: it.id.to_string(),
            code: it.code.clone(),
            name: (&it.name).into(),
            services: terms.services.iter().map(service).collect(),
            refuses: terms.refuses.iter().map(|flag| HandlingView::from(*flag)).collect(),
            volumetric_divisor: terms.volumetric_divisor.get(),
            weight_grams_max: terms.weight_grams_max,
            side_mm_max: terms.side_mm_max,
            cut_off: terms.cut_off.to_string(),
            insurance_basis_points: terms.insurance_basis_points,
            currency: terms.currency.code().to_owned(),
            is_active: it.is_active,
            account: AccountView {
                protocol: stored.account.protocol.clone(),
                url: stored.account.url.clone(),
                merchant: stored.account.merchant.clone(),
                has_secret: stored.account.secret.is_some(),
            },
            version: it.version,
        }
    }
}

impl ZoneView {
    fn of(zone: &Zone, currency: Currency) -> Self {
        Self {
            regions: regions::write(std::slice::from_ref(&zone.region)),
            cities: zone.cities.iter().copied().collect(),
            first_grams: zone.first_grams,
            first_price: MoneyView::of(zone.first_minor, currency),
            step_grams: zone.step_grams.get(),
            step_price: MoneyView::of(zone.step_minor, currency),
            days_min: zone.days_min,
            days_max: zone.days_max,
        }
    }
}

/// Both ways between a word of the API and one of the domain.
macro_rules! same_words {
    ($view:ident, $domain:ident { $($word:ident),+ }) => {
        impl From<$domain> for $view {
            fn from(word: $domain) -> Self {
                match word {
                    $($domain::$word => Self::$word,)+
                }
            }
        }

        impl From<$view> for $domain {
            fn from(word: $view) -> Self {
                match word {
                    $($view::$word => Self::$word,)+
                }
            }
        }
    };
}

same_words!(ServiceKindView, ServiceKind { Standard, NextDay, Timed, PickupPoint });
same_words!(HandlingView, HandlingFlag { Fragile, HighValue, Perishable, Hazardous, Oversized });
