//! The settings that the catalog is made of: one JSON value each, with defaults that work.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ordermill_base::{Currency, Money, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::address::Country;
use ordermill_domain::location::Location;
use ordermill_domain::order::review::Pace;
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::pricing::freight::{
    FreeFrom, FreightRate, HazardousGoods, Measured, Tariff, Terms,
};
use ordermill_domain::pricing::gift::GiftRules;
use ordermill_domain::pricing::points::{EarnRule, SpendRule};
use ordermill_domain::pricing::promise::{
    LocationCalendar, TransitTable, TransitZone, WorkingDays,
};
use ordermill_domain::pricing::tax::CountryTax;
use ordermill_domain::pricing::{
    BasisPoints, FreightTable, RegionPattern, TaxClass, TaxMode, TaxTable,
};
use ordermill_domain::stock::ADJUSTED_ALONE_STANDARD;
use ordermill_storage::setting::{self, Setting};
use ordermill_storage::{Error, Tx};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A type that is kept as one setting.
pub trait Kept: Serialize + DeserializeOwned {
    /// The setting's name.
    const NAME: &'static str;

    /// What holds while nobody has set it.
    fn standard() -> Self;
}

/// How the shop sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShopSettings {
    /// What the shop is called.
    pub name: ordermill_domain::text::Text,
    /// The currency of its prices.
    pub currency: Currency,
    /// Promotion mode: stock is held for [`Self::hold_for`] instead of until payment is due.
    pub is_promotion: bool,
    /// How long a buyer has to pay (D1).
    #[serde(rename = "pay_within_seconds", with = "seconds")]
    pub pay_within: Span,
    /// How long stock is held in promotion mode (D2).
    #[serde(rename = "hold_for_seconds", with = "seconds")]
    pub hold_for: Span,
    /// What becomes of an order whose stock is gone when the money comes.
    pub late_policy: LatePolicy,
    /// What one person may refund alone, minor units of the shop's currency; more, and any other
    /// currency, takes a second one.
    pub refund_limit_minor: i64,
    /// What one use of a coupon may take off before it takes a second person, minor units of the
    /// shop's currency.
    pub coupon_limit_minor: i64,
    /// By how many percent one person may change a price alone.
    pub price_change_limit_percent: i64,
    /// By how many pieces one person may correct stock alone.
    pub stock_limit_pieces: i64,
    /// How many points one person may give a buyer, or take away, alone.
    pub points_limit: i64,
    /// How fast the review desk decides, and how far its time may be stretched at a peak (D3).
    pub review_pace: Pace,
}

/// How points are earned and spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsSettings {
    /// None: they are not earned.
    pub earning: Option<EarnRule>,
    /// None: they cannot be spent.
    pub spending: Option<SpendRule>,
}

/// What holds for orders in other currencies than the shop's: rates of freight and rules of points of
/// their own, as nothing is ever converted. A currency that is not here is not sold in. Prices stand
/// with each SKU.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceLists(pub BTreeMap<Currency, PriceList>);

/// What holds for orders in one other currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Rates of freight in this currency.
    pub freight: FreightTable,
    /// How points are earned; none: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earning: Option<EarnRule>,
    /// What points are worth when they are spent; none: they cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spending: Option<SpendRule>,
}

/// What promise dates are made of. Time zone and cut-off are those of each location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseSettings {
    /// The days on which locations work.
    pub days: WorkingDays,
    /// Working days between the day of handling and the day of sending.
    pub handling_days: u8,
    /// Working days from the arrival of goods until they can be sent.
    pub receiving_days: u8,
    /// Days until a supplier brings what is ordered; none: nobody knows.
    pub backorder_lead_time_days: Option<u16>,
    /// How long the carrier is on the way.
    pub transit: TransitTable,
}

impl PromiseSettings {
    /// The calendar of one location.
    pub fn calendar(&self, location: &Location) -> LocationCalendar {
        LocationCalendar {
            time_zone: location.time_zone.clone(),
            cut_off: location.cut_off,
            days: self.days.clone(),
            handling_days: self.handling_days,
            receiving_days: self.receiving_days,
        }
    }
}

/// A setting with its version, to be edited: [`save`] wants the version back.
pub fn read<T: Kept>(tx: &mut Tx<'_>) -> Result<(T, i64), Error> {
    let stored = setting::fetch(tx, T::NAME)?;
    let version = stored.as_ref().map_or(0, |stored| stored.version);
    Ok((of(stored.as_slice())?, version))
}

/// Changes a setting that still has this version. Gives the new version.
///
/// # Errors
/// [`Error::Stale`] if somebody else has changed it meanwhile.
pub fn save<T: Kept>(tx: &mut Tx<'_>, act: &Act, value: &T, version: i64) -> Result<i64, Error> {
    let value = serde_json::to_value(value).map_err(Error::defect)?;
    setting::put(tx, act, T::NAME, &value, version)
}

/// The setting among those that are stored, or its standard.
pub(super) fn of<T: Kept>(stored: &[Setting]) -> Result<T, Error> {
    match stored.iter().find(|setting| setting.name == T::NAME) {
        Some(setting) => T::deserialize(&setting.value)
            .map_err(|_| Error::Unreadable { what: T::NAME, text: setting.value.to_string() }),
        None => Ok(T::standard()),
    }
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self {
            name: ordermill_domain::text::Text::default(),
            currency: Currency::Cny,
            is_promotion: false,
            pay_within: Span::hours(24),
            hold_for: Span::minutes(30),
            late_policy: LatePolicy::OfferBackorder,
            refund_limit_minor: 50_000,
            coupon_limit_minor: 50_000,
            price_change_limit_percent: 30,
            stock_limit_pieces: ADJUSTED_ALONE_STANDARD,
            points_limit: 50_000,
            review_pace: Pace::default(),
        }
    }
}

impl Kept for ShopSettings {
    const NAME: &'static str = "shop";

    fn standard() -> Self {
        Self::default()
    }
}

impl Kept for FreightTable {
    const NAME: &'static str = "freight";

    /// 10 yuan for the first kilogram and 4 for each further one within China, free from 99 yuan.
    fn standard() -> Self {
        let yuan = |yuan: i64| Money::new(yuan * 100, Currency::Cny);
        let kilogram = NonZeroU32::new(1_000).unwrap_or(NonZeroU32::MIN);
        let tariff = Tariff {
            first_weight_grams: kilogram.get(),
            first_price: yuan(10),
            step_weight_grams: kilogram,
            step_price: yuan(4),
            volumetric_divisor: None,
            free_from: Some(FreeFrom { amount: yuan(99), measured: Measured::AfterDiscounts }),
            oversized: None,
            hazardous: HazardousGoods::Surcharge(yuan(0)),
        };
        let region = RegionPattern::country(Country::CHINA);
        Self { rates: vec![FreightRate { number: 1, region, terms: Terms::Served(tariff) }] }
    }
}

impl Kept for TaxTable {
    const NAME: &'static str = "taxes";

    /// China's value-added tax, contained in the prices.
    fn standard() -> Self {
        let rate = |points| BasisPoints::new(points).unwrap_or(BasisPoints::ZERO);
        let rates = [
            (TaxClass::Standard, rate(1_300)),
            (TaxClass::Reduced, rate(900)),
            (TaxClass::Low, rate(600)),
        ];
        let china = CountryTax {
            mode: TaxMode::Inclusive,
            rates: BTreeMap::from(rates),
            freight: TaxClass::Reduced,
        };
        Self { countries: BTreeMap::from([(Country::CHINA, china)]), elsewhere: None }
    }
}

impl Kept for PointsSettings {
    const NAME: &'static str = "points";

    /// One point for each yuan; 100 points pay one yuan, up to half of an order.
    fn standard() -> Self {
        let yuan = Money::new(100, Currency::Cny);
        let spending = NonZeroU32::new(100)
            .zip(BasisPoints::new(5_000).ok())
            .map(|(points, share_max)| SpendRule { points, pay: yuan, share_max });
        Self { earning: Some(EarnRule { points: 1, per: yuan }), spending }
    }
}

impl Kept for GiftRules {
    const NAME: &'static str = "gift_rules";

    /// Nothing is given away.
    fn standard() -> Self {
        Self::default()
    }
}

impl Kept for PriceLists {
    const NAME: &'static str = "price_lists";

    /// The shop sells in its own currency alone.
    fn standard() -> Self {
        Self::default()
    }
}

impl Kept for PromiseSettings {
    const NAME: &'static str = "promise";

    /// Every day is a working day; parcels within China take two to four days.
    fn standard() -> Self {
        let china = RegionPattern::country(Country::CHINA);
        let zones = vec![TransitZone { region: china, days_min: 2, days_max: 4 }];
        Self {
            days: WorkingDays::EVERY_DAY,
            handling_days: 0,
            receiving_days: 1,
            backorder_lead_time_days: None,
            transit: TransitTable { days: WorkingDays::EVERY_DAY, zones },
        }
    }
}

mod seconds {
    use ordermill_base::Span;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(span.as_seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Span, D::Error> {
        const MAX: i64 = 366 * 86_400;
        match i64::deserialize(deserializer)? {
            seconds @ 1..=MAX => Ok(Span::seconds(seconds)),
            _ => Err(serde::de::Error::custom("a span is 1 second to 366 days")),
        }
    }
}
