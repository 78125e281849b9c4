//! Where the goods are: three warehouses, their zones and bins, and what lies in them on day one.

mod stock;

pub use stock::{Incoming, Lot, Stock, StockLine};

use crate::Text;
use crate::catalog::Handling;

/// A warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Short code, the start of its purchase orders.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Province, city and district.
    pub region: Text,
    /// Province as addresses write it.
    pub province: String,
    /// Street and house, invented.
    pub street: Text,
    /// Postcode.
    pub postcode: String,
    /// Degrees north, in millionths.
    pub latitude_micro: i64,
    /// Degrees east, in millionths.
    pub longitude_micro: i64,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Orders it can pack on a working day.
    pub capacity_orders_per_day: i64,
    /// Minutes after local midnight: what is released until then leaves the same day.
    pub cut_off_minute: i64,
    /// Its share of the stock, of 100.
    pub stock_percent: i64,
    /// Its areas.
    pub zones: Vec<Zone>,
}

/// An area of a warehouse: aisles of bays of levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// One letter, the start of its bins.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// What belongs there.
    pub kind: ZoneKind,
    /// How many aisles.
    pub aisles: u32,
    /// How many bays along an aisle.
    pub bays: u32,
    /// How many levels above each other.
    pub levels: u32,
}

/// What belongs in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZoneKind {
    /// Ordinary goods, picked by hand.
    Shelf,
    /// Food and what else expires: cool and dry.
    Food,
    /// Valuables, behind a lock.
    Cage,
    /// Flammables and batteries, behind a fire door.
    Hazard,
    /// What fits no shelf.
    Bulky,
    /// Pallets that refill the others.
    Reserve,
    /// Returns and doubtful goods until someone looks.
    Quarantine,
}

impl ZoneKind {
    /// Where goods of that handling belong: fire safety first, then size, value and expiry.
    pub const fn of(handling: Handling) -> Self {
        match handling {
            Handling { hazardous: true, .. } => Self::Hazard,
            Handling { oversized: true, .. } => Self::Bulky,
            Handling { high_value: true, .. } => Self::Cage,
            Handling { perishable: true, .. } => Self::Food,
            _ => Self::Shelf,
        }
    }
}

impl Zone {
    /// Its bins in walking order, such as `A-03-12-2`: aisle, bay, level. Every other aisle is
    /// walked backwards.
    pub fn bins(&self) -> Vec<String> {
        let mut bins = Vec::new();
        for aisle in 1..=self.aisles {
            for step in 1..=self.bays {
                let bay = if aisle % 2 == 1 { step } else { self.bays + 1 - step };
                for level in 1..=self.levels {
                    bins.push(format!("{}-{aisle:02}-{bay:02}-{level}", self.code));
                }
            }
        }
        bins
    }
}

/// The three warehouses, the largest first. Chengdu has no room for hazardous goods.
pub fn locations() -> Vec<Location> {
    vec![
        Location {
            code: "JX".to_owned(),
            name: Text::new("嘉兴中心仓", "Jiaxing Central Warehouse"),
            region: Text::new("浙江省嘉兴市南湖区", "Nanhu District, Jiaxing, Zhejiang"),
            province: "浙江省".to_owned(),
            street: Text::new("运河仓前路 18 号", "18 Yunhe Cangqian Road"),
            postcode: "314000".to_owned(),
            latitude_micro: 30_747_700,
            longitude_micro: 120_783_000,
            time_zone: "Asia/Shanghai".to_owned(),
            capacity_orders_per_day: 2_400,
            cut_off_minute: 17 * 60,
            stock_percent: 52,
            zones: zones(&[14, 8, 3, 4, 3, 8], true),
        },
        Location {
            code: "FS".to_owned(),
            name: Text::new("佛山华南仓", "Foshan South Warehouse"),
            region: Text::new("广东省佛山市南海区", "Nanhai District, Foshan, Guangdong"),
            province: "广东省".to_owned(),
            street: Text::new("棉桑大道 206 号", "206 Miansang Avenue"),
            postcode: "528200".to_owned(),
            latitude_micro: 23_028_800,
            longitude_micro: 113_142_800,
            time_zone: "Asia/Shanghai".to_owned(),
            capacity_orders_per_day: 1_500,
            cut_off_minute: 16 * 60 + 30,
            stock_percent: 30,
            zones: zones(&[12, 8, 3, 4, 3, 5], true),
        },
        Location {
            code: "CD".to_owned(),
            name: Text::new("成都西南仓", "Chengdu Southwest Warehouse"),
            region: Text::new("四川省成都市双流区", "Shuangliu District, Chengdu, Sichuan"),
            province: "四川省".to_owned(),
            street: Text::new("锦帆物流路 77 号", "77 Jinfan Logistics Road"),
            postcode: "610200".to_owned(),
            latitude_micro: 30_574_300,
            longitude_micro: 103_923_600,
            time_zone: "Asia/Shanghai".to_owned(),
            capacity_orders_per_day: 800,
            cut_off_minute: 16 * 60,
            stock_percent: 18,
            zones: zones(&[12, 8, 3, 0, 3, 3], false),
        },
    ]
}

/// Aisles of shelf, food, cage, hazard, bulky and reserve, and the quarantine corner.
fn zones(aisles: &[u32; 6], has_hazard_room: bool) -> Vec<Zone> {
    let of = |code: &str, zh, en, kind, aisles, bays, levels| Zone {
        code: code.to_owned(),
        name: Text::new(zh, en),
        kind,
        aisles,
        bays,
        levels,
    };
    let [shelf, food, cage, hazard, bulky, reserve] = *aisles;
    let mut zones = vec![
        of("A", "拣选区", "Picking Shelves", ZoneKind::Shelf, shelf, 12, 4),
        of("F", "食品阴凉区", "Cool Food Area", ZoneKind::Food, food, 10, 4),
        of("V", "贵品区", "Valuables Cage", ZoneKind::Cage, cage, 8, 3),
        of("B", "大件区", "Bulky Goods", ZoneKind::Bulky, bulky, 8, 1),
        of("R", "存储区", "Pallet Reserve", ZoneKind::Reserve, reserve, 16, 5),
        of("Q", "待检区", "Quarantine", ZoneKind::Quarantine, 1, 6, 2),
    ];
    if has_hazard_room {
        zones.push(of("H", "危险品间", "Hazardous Goods Room", ZoneKind::Hazard, hazard, 6, 2));
    }
    zones
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn bins_of_a_location_are_distinct_and_walked_in_a_snake() {
        for location in locations() {
            let bins: Vec<String> = location.zones.iter().flat_map(Zone::bins).collect();
            let distinct: HashSet<_> = bins.iter().collect();
            assert_eq!(distinct.len(), bins.len(), "{}", location.code);
        }
        let zone = Zone {
            code: "A".to_owned(),
            name: Text::new("区", "Zone"),
            kind: ZoneKind::Shelf,
            aisles: 2,
            bays: 2,
            levels: 1,
        };
        assert_eq!(zone.bins(), ["A-01-01-1", "A-01-02-1", "A-02-02-1", "A-02-01-1"]);
    }

    #[test]
    fn the_warehouses_share_the_whole_stock() {
        assert_eq!(locations().iter().map(|it| it.stock_percent).sum::<i64>(), 100);
    }
}
