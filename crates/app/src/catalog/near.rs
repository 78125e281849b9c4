//! Which location is nearest to which province.

use std::collections::HashMap;
use std::sync::Arc;

use ordermill_domain::ids::LocationId;
use ordermill_domain::location::Location;

/// The first two digits of a province's code by GB/T 2260, and where most of its people's parcels
/// go: its capital, in hundredths of a degree north and east.
const CAPITALS: [(u8, i32, i32); 34] = [
    (11, 3990, 11641), // Beijing
    (12, 3913, 11720), // Tianjin
    (13, 3804, 11451), // Shijiazhuang
    (14, 3787, 11255), // Taiyuan
    (15, 4084, 11175), // Hohhot
    (21, 4181, 12343), // Shenyang
    (22, 4382, 12532), // Changchun
    (23, 4580, 12653), // Harbin
    (31, 3123, 12147), // Shanghai
    (32, 3206, 11880), // Nanjing
    (33, 3027, 12015), // Hangzhou
    (34, 3182, 11723), // Hefei
    (35, 2607, 11930), // Fuzhou
    (36, 2868, 11586), // Nanchang
    (37, 3667, 11700), // Jinan
    (41, 3475, 11363), // Zhengzhou
    (42, 3059, 11430), // Wuhan
    (43, 2823, 11294), // Changsha
    (44, 2313, 11326), // Guangzhou
    (45, 2282, 10837), // Nanning
    (46, 2004, 11032), // Haikou
    (50, 2956, 10655), // Chongqing
    (51, 3057, 10407), // Chengdu
    (52, 2665, 10663), // Guiyang
    (53, 2504, 10272), // Kunming
    (54, 2965, 9112),  // Lhasa
    (61, 3427, 10895), // Xi'an
    (62, 3606, 10383), // Lanzhou
    (63, 3662, 10178), // Xining
    (64, 3849, 10623), // Yinchuan
    (65, 4383, 8762),  // Ürümqi
    (71, 2503, 12157), // Taipei
    (81, 2232, 11417), // Hong Kong
    (82, 2220, 11355), // Macao
];

/// The locations by nearness, for each province; made once for a catalog.
#[derive(Debug, Clone, Default)]
pub(super) struct Preferences {
    of_province: HashMap<u8, Arc<[LocationId]>>,
    elsewhere: Arc<[LocationId]>,
}

impl Preferences {
    pub(super) fn of(locations: &[Location]) -> Self {
        let mut active: Vec<&Location> = locations.iter().filter(|it| it.is_active).collect();
        active.sort_by(|a, b| (a.priority, &a.code).cmp(&(b.priority, &b.code)));
        let ids = |locations: &[&Location]| locations.iter().map(|it| it.id).collect();
        let elsewhere = ids(&active);
        let of_province = CAPITALS.iter().map(|&(province, north, east)| {
            let capital = (f64::from(north) / 100.0, f64::from(east) / 100.0);
            let mut nearest = active.clone();
            nearest.sort_by(|a, b| {
                let distance = |it| haversine(capital, coordinates(it));
                a.priority.cmp(&b.priority).then(distance(a).total_cmp(&distance(b)))
            });
            (province, ids(&nearest))
        });
        Self { of_province: of_province.collect(), elsewhere }
    }

    pub(super) fn for_region(&self, region: &str) -> Arc<[LocationId]> {
        let province = province_of(region).and_then(|province| self.of_province.get(&province));
        Arc::clone(province.unwrap_or(&self.elsewhere))
    }
}

/// From a location to the capital of a region's province, along the globe.
pub(super) fn distance_km(location: &Location, region: &str) -> Option<u32> {
    const EARTH_RADIUS_KM: f64 = 6_371.0;
    let province = province_of(region)?;
    let (_, north, east) = CAPITALS.iter().find(|(code, ..)| *code == province)?;
    let capital = (f64::from(*north) / 100.0, f64::from(*east) / 100.0);
    let angle = 2.0 * haversine(capital, coordinates(location)).sqrt().min(1.0).asin();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20,016")]
    let km = (angle * EARTH_RADIUS_KM).round() as u32;
    Some(km)
}

/// `CN-31` and `CN-310000` are Shanghai; Taiwan, Hong Kong and Macao are also written as countries.
fn province_of(region: &str) -> Option<u8> {
    match region {
        "TW" => Some(71),
        "HK" => Some(81),
        "MO" => Some(82),
        _ => region.strip_prefix("CN-")?.get(..2)?.parse().ok(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "180 million fits the 53 bits of a double")]
fn coordinates(location: &Location) -> (f64, f64) {
    (location.latitude_micro as f64 / 1e6, location.longitude_micro as f64 / 1e6)
}

/// A measure that grows with the distance on the globe (the haversine of the angle).
fn haversine((north, east): (f64, f64), (other_north, other_east): (f64, f64)) -> f64 {
    let half_sine = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    half_sine(north, other_north)
        + north.to_radians().cos() * other_north.to_radians().cos() * half_sine(east, other_east)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_province_of_the_division_table_has_a_capital() {
        let known: HashSet<u32> = CAPITALS.iter().map(|(code, ..)| u32::from(*code)).collect();
        for province in ordermill_domain::address::division::provinces() {
            assert!(known.contains(&(province.code.get() / 10_000)), "{}", province.name);
        }
    }

    #[test]
    fn regions_are_read_in_every_way_they_are_written() {
        assert_eq!(province_of("CN-31"), Some(31));
        assert_eq!(province_of("CN-440000"), Some(44));
        assert_eq!(province_of("HK"), Some(81));
        assert_eq!(province_of("US-CA"), None);
        assert_eq!(province_of("CN-上海"), None);
    }
}
