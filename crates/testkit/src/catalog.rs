//! Goods and places for tests.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use ordermill_base::{Currency, Money};
use ordermill_domain::address::Country;
use ordermill_domain::ids::{CategoryId, LocationId, SkuId};
use ordermill_domain::location::Location;
use ordermill_domain::sku::Sku;
use ordermill_domain::text::Text;

/// A SKU for 59 yuan of category 1, with a name made from its code.
pub fn sku(id: SkuId, code: &str) -> Sku {
    let price = Money::new(5_900, Currency::Cny);
    let name = Text::new(format!("商品 {code}"), format!("Item {code}"));
    Sku { category: category(1), weight_grams: 400, ..Sku::new(id, code, name, price) }
}

/// An active location in China at these degrees north and east.
pub fn location(id: LocationId, code: &str, north: i64, east: i64) -> Location {
    Location {
        id,
        code: code.to_owned(),
        name: Text::new(format!("{code} 仓"), format!("Warehouse {code}")),
        country: Country::CHINA,
        region: "CN-33".to_owned(),
        address: "运河仓前路 18 号".to_owned(),
        latitude_micro: north * 1_000_000,
        longitude_micro: east * 1_000_000,
        time_zone: TimeZone::get("Asia/Shanghai").expect("the time zone is bundled"),
        cut_off: Time::constant(17, 0, 0, 0),
        daily_capacity: 1_000,
        is_active: true,
        priority: 0,
        version: 1,
    }
}

/// A category id for tests.
pub fn category(number: i64) -> CategoryId {
    ordermill_base::Id::from_raw(number)
}
