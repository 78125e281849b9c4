//! What is written of a carrier, read field by field.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use jiff::civil::Time;
use ordermill_app::carrier::setup::NewAccount;
use ordermill_app::sourcing::regions;
use ordermill_base::Currency;
use ordermill_domain::carrier::{Carrier, Service, Terms, Zone};
use ordermill_domain::ids::CarrierId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{HandlingView, ServiceKindView};
use crate::catalog::TextView;
use crate::money::AmountBody;
use crate::problem::FieldError;

/// A carrier as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CarrierEdit)]
pub struct CarrierBody {
    /// Its short code, unique.
    #[schema(min_length = 1, max_length = 64, example = "swift")]
    pub code: String,
    /// Its name.
    pub name: TextView,
    /// The services that were agreed with it, each once.
    #[schema(min_items = 1, max_items = 4)]
    pub services: Vec<ServiceBody>,
    /// What it does not carry.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub refuses: Vec<HandlingView>,
    /// Cubic centimeters that are billed as one kilogram, often 6000 or 5000.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub volumetric_divisor: u32,
    /// The heaviest parcel that it takes.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub weight_grams_max: u32,
    /// The longest side that it takes.
    #[schema(minimum = 1, maximum = 100_000)]
    pub side_mm_max: u32,
    /// Parcels made ready from this time of day on leave on its next day.
    #[schema(max_length = 8, example = "18:00:00")]
    pub cut_off: String,
    /// What insurance costs, in hundredths of a percent of the value.
    #[schema(minimum = 0, maximum = 10_000)]
    pub insurance_basis_points: u32,
    /// The currency of its prices, three letters of ISO 4217.
    #[schema(max_length = 3, example = "CNY")]
    pub currency: String,
    /// Whether parcels are given to it; false pauses it.
    pub is_active: bool,
    /// How it is spoken to.
    #[serde(default)]
    pub account: AccountBody,
}

/// One service of a carrier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CarrierServiceEdit)]
pub struct ServiceBody {
    /// Which.
    pub kind: ServiceKindView,
    /// Where to, and at what price; the first whose place fits decides.
    #[schema(min_items = 1, max_items = 200)]
    pub zones: Vec<ZoneBody>,
}

/// Where a service goes to, and at what price.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CarrierZoneEdit)]
pub struct ZoneBody {
    /// The places, all of one country: `CN`, `CN-31`, `FR-Bretagne`.
    #[schema(min_items = 1, max_items = 100, example = json!(["CN-31", "CN-33"]))]
    pub regions: Vec<String>,
    /// Only these cities, by the first four digits of GB/T 2260; all of the regions if empty.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    pub cities: Vec<u16>,
    /// The weight that the first price covers.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub first_grams: u32,
    /// The price up to the first weight, in the carrier's currency.
    pub first_price: AmountBody,
    /// The size of each further step; a begun step counts in full.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub step_grams: u32,
    /// The price of each further step, in the carrier's currency.
    pub step_price: AmountBody,
    /// At least this many days.
    #[schema(minimum = 0, maximum = 90)]
    pub days_min: u8,
    /// At most this many days.
    #[schema(minimum = 0, maximum = 90)]
    pub days_max: u8,
}

/// Our account at a carrier.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CarrierAccountEdit)]
pub struct AccountBody {
    /// The protocol; empty if labels are made outside.
    #[schema(max_length = 40, example = "sandbox")]
    pub protocol: String,
    /// Where it is reached: by HTTPS on the public internet, without user or password. On this very machine, or a
    /// host that the operator has allowed, plain HTTP will do.
    #[schema(max_length = 300)]
    pub url: String,
    /// Who we are there.
    #[schema(max_length = 200)]
    pub merchant: String,
    /// What proves it. Left out: what there is stays, as long as protocol and address stay. It is kept sealed and never shown.
    #[schema(min_length = 1, max_length = 2_000, write_only)]
    pub secret: Option<String>,
}

impl CarrierBody {
    /// As a carrier, or everything that cannot be read.
    pub(super) fn read(
        &self,
        id: CarrierId,
        version: i64,
    ) -> Result<(Carrier, NewAccount), Vec<FieldError>> {
        let mut wrong = Vec::new();
        let currency: Option<Currency> = self.currency.parse().ok();
        if currency.is_none() {
            let detail = "expected a currency that is known here";
            wrong.push(FieldError::new("/currency", "unknown", detail));
        }
        let currency = currency.unwrap_or(Currency::Cny);
        let cut_off: Option<Time> = self.cut_off.parse().ok();
        if cut_off.is_none() {
            let detail = "expected a time of day such as 18:00:00";
            wrong.push(FieldError::new("/cut_off", "invalid", detail));
        }
        let mut services = Vec::with_capacity(self.services.len());
        for (index, service) in self.services.iter().enumerate() {
            let zones = service.zones.iter().enumerate().filter_map(|(zone_no, zone)| {
                let at = format!("/services/{index}/zones/{zone_no}");
                zone.read(&at, currency, &mut wrong)
            });
            services.push(Service { kind: service.kind.into(), zones: zones.collect() });
        }
        let divisor = NonZeroU32::new(self.volumetric_divisor);
        if divisor.is_none() {
            wrong.push(more_than_nothing("/volumetric_divisor"));
        }
        let (Some(volumetric_divisor), Some(cut_off), true) = (divisor, cut_off, wrong.is_empty())
        else {
            return Err(wrong);
        };
        let refuses: BTreeSet<_> = self.refuses.iter().map(|flag| (*flag).into()).collect();
        let carrier = Carrier {
            id,
            code: self.code.clone(),
            name: self.name.clone().into(),
            terms: Terms {
                services,
                refuses,
                volumetric_divisor,
                weight_grams_max: self.weight_grams_max,
                side_mm_max: self.side_mm_max,
                cut_off,
                insurance_basis_points: self.insurance_basis_points,
                currency,
            },
            is_active: self.is_active,
            version,
        };
        let AccountBody { protocol, url, merchant, secret } = self.account.clone();
        Ok((carrier, NewAccount { protocol, url, merchant, secret }))
    }
}

impl ZoneBody {
    fn read(&self, at: &str, currency: Currency, wrong: &mut Vec<FieldError>) -> Option<Zone> {
        let texts: Vec<&str> = self.regions.iter().map(String::as_str).collect();
        let region = regions::read_together(&texts);
        if region.is_none() {
            let detail = "expected regions of one country, such as CN or CN-31";
            wrong.push(FieldError::new(format!("{at}/regions"), "invalid", detail));
        }
        let mut price = |amount: &AmountBody, name: &str| {
            let field = format!("{at}/{name}");
            match amount.read(&field) {
                Ok(money) if money.currency == currency => Some(money.minor),
                Ok(_) => {
                    let detail = "expected the carrier's currency";
                    wrong.push(FieldError::new(format!("{field}/currency"), "invalid", detail));
                    None
                }
                Err(error) => {
                    wrong.push(error);
                    None
                }
            }
        };
        let first_minor = price(&self.first_price, "first_price");
        let step_minor = price(&self.step_price, "step_price");
        let step_grams = NonZeroU32::new(self.step_grams);
        if step_grams.is_none() {
            wrong.push(more_than_nothing(&format!("{at}/step_grams")));
        }
        Some(Zone {
            region: region?,
            cities: self.cities.iter().copied().collect(),
            first_grams: self.first_grams,
            first_minor: first_minor?,
            step_grams: step_grams?,
            step_minor: step_minor?,
            days_min: self.days_min,
            days_max: self.days_max,
        })
    }
}

fn more_than_nothing(field: &str) -> FieldError {
    FieldError::new(field, "out_of_range", "expected 1 or more")
}
