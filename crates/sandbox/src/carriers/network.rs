//! The four carriers: where they go, how fast, and at what price.
//!
//! In the manner of real ones: an air express, an economy line, riders of one city, and freight by
//! road. Regions are the first digits of GB/T 2260; the first zone that fits decides.

use ordermill_base::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Order, Refusal};
use crate::fault::fnv;

/// One carrier.
#[derive(Debug, Clone, Copy)]
pub struct Carrier {
    /// What it is called in addresses.
    pub code: &'static str,
    /// What it is called on labels.
    pub name: &'static str,
    /// How its waybills begin.
    pub prefix: &'static str,
    /// Cubic centimeters that are billed as one kilogram.
    pub volumetric_divisor: u32,
    /// The heaviest parcel.
    pub weight_grams_max: u32,
    /// The longest side.
    pub side_mm_max: u32,
    /// The hour of the day from which on a parcel leaves on the next day; of Beijing's clock.
    pub cut_off_hour: i64,
    /// What it offers.
    pub services: &'static [Offer],
}

/// A service with its zones.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// Which.
    pub service: Service,
    /// Where to.
    pub zones: &'static [Zone],
}

/// How a parcel is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// To the door.
    Standard,
    /// To the door on the next day.
    NextDay,
    /// To the door at a chosen hour.
    Timed,
    /// To a locker or a shop.
    PickupPoint,
}

/// Places of one price.
#[derive(Debug, Clone, Copy)]
pub struct Zone {
    /// Whether only places in the sender's own city.
    pub same_city: bool,
    /// First digits of the codes that belong to it; everywhere if empty.
    pub to: &'static [u32],
    /// The weight that the first price covers, its price, and those of each further step.
    pub first_grams: u32,
    /// Minor units.
    pub first_minor: i64,
    /// The size of a step.
    pub step_grams: u32,
    /// Minor units.
    pub step_minor: i64,
    /// The fewest days on the road.
    pub days_min: u32,
    /// The most days on the road.
    pub days_max: u32,
}

/// What a parcel costs and when it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Minor units of yuan.
    pub price_minor: i64,
    /// The weight that is billed.
    pub billed_grams: u32,
    /// The fewest days on the road.
    #[serde(skip)]
    pub days_min: u32,
    /// The most days on the road.
    #[serde(skip)]
    pub days_max: u32,
    /// When it should be there at the latest.
    pub expected_by: Timestamp,
}

const fn zone(to: &'static [u32], first: (u32, i64), step: (u32, i64), days: (u32, u32)) -> Zone {
    Zone {
        same_city: false,
        to,
        first_grams: first.0,
        first_minor: first.1,
        step_grams: step.0,
        step_minor: step.1,
        days_min: days.0,
        days_max: days.1,
    }
}

const fn own_city(first: (u32, i64), step: (u32, i64), days: (u32, u32)) -> Zone {
    Zone { same_city: true, ..zone(&[], first, step, days) }
}

/// Shanghai, Jiangsu, Zhejiang, Anhui.
const EAST: &[u32] = &[31, 32, 33, 34];
/// Tibet, Xinjiang, Qinghai, Inner Mongolia, Ningxia, Gansu.
const FAR: &[u32] = &[54, 65, 63, 15, 64, 62];

/// Everybody who carries.
pub const CARRIERS: [Carrier; 4] = [
    Carrier {
        code: "swift",
        name: "云雀速运 Swift Express",
        prefix: "SW",
        volumetric_divisor: 6_000,
        weight_grams_max: 30_000,
        side_mm_max: 1_500,
        cut_off_hour: 20,
        services: &[
            Offer {
                service: Service::Standard,
                zones: &[
                    zone(EAST, (1_000, 1_300), (1_000, 200), (1, 2)),
                    zone(FAR, (1_000, 2_600), (1_000, 1_400), (2, 4)),
                    zone(&[], (1_000, 1_800), (1_000, 500), (1, 3)),
                ],
            },
            Offer {
                service: Service::NextDay,
                zones: &[
                    zone(EAST, (1_000, 1_800), (1_000, 300), (1, 1)),
                    zone(&[11, 12, 44, 42, 41, 37], (1_000, 2_500), (1_000, 900), (1, 1)),
                ],
            },
            Offer {
                service: Service::Timed,
                zones: &[zone(EAST, (1_000, 2_800), (1_000, 300), (1, 1))],
            },
        ],
    },
    Carrier {
        code: "harbor",
        name: "港湾快递 Harbor Parcel",
        prefix: "HB",
        volumetric_divisor: 8_000,
        weight_grams_max: 40_000,
        side_mm_max: 1_800,
        cut_off_hour: 17,
        services: &[
            Offer {
                service: Service::Standard,
                zones: &[
                    zone(EAST, (1_000, 600), (1_000, 100), (2, 3)),
                    zone(FAR, (1_000, 1_800), (1_000, 1_200), (4, 8)),
                    zone(&[], (1_000, 800), (1_000, 300), (2, 5)),
                ],
            },
            Offer {
                service: Service::PickupPoint,
                zones: &[
                    zone(EAST, (1_000, 400), (1_000, 100), (2, 3)),
                    zone(&[], (1_000, 600), (1_000, 300), (2, 5)),
                ],
            },
        ],
    },
    Carrier {
        code: "tern",
        name: "燕鸥同城 Tern City",
        prefix: "TN",
        volumetric_divisor: 5_000,
        weight_grams_max: 15_000,
        side_mm_max: 600,
        cut_off_hour: 21,
        services: &[
            Offer {
                service: Service::Standard,
                zones: &[own_city((3_000, 900), (1_000, 200), (0, 1))],
            },
            Offer {
                service: Service::Timed,
                zones: &[own_city((3_000, 1_500), (1_000, 200), (0, 1))],
            },
        ],
    },
    Carrier {
        code: "oxcart",
        name: "黄牛物流 Oxcart Freight",
        prefix: "OX",
        volumetric_divisor: 4_800,
        weight_grams_max: 500_000,
        side_mm_max: 4_000,
        cut_off_hour: 15,
        services: &[Offer {
            service: Service::Standard,
            zones: &[
                zone(FAR, (20_000, 9_000), (1_000, 350), (5, 10)),
                zone(&[], (20_000, 4_500), (1_000, 180), (3, 6)),
            ],
        }],
    },
];

/// A carrier by its code.
pub fn find(code: &str) -> Option<&'static Carrier> {
    CARRIERS.iter().find(|carrier| carrier.code == code)
}

impl Carrier {
    /// What a parcel costs; the day on the road takes as long as `day`.
    pub fn quote(&self, order: &Order, now: Timestamp, day: Span) -> Result<Quote, Refusal> {
        let is_long = order.dimensions_mm.iter().any(|side| *side > self.side_mm_max);
        if order.weight_grams > self.weight_grams_max || is_long {
            return Err(Refusal::TooHeavy);
        }
        let offer = self.services.iter().find(|offer| offer.service == order.service);
        let zones = offer.ok_or(Refusal::NotServed)?.zones;
        let zone = zones.iter().find(|zone| zone.serves(order)).ok_or(Refusal::NotServed)?;
        let cubic_mm: u64 = order.dimensions_mm.iter().map(|side| u64::from(*side)).product();
        let volumetric = cubic_mm.div_ceil(u64::from(self.volumetric_divisor));
        let billed_grams = order.weight_grams.max(u32::try_from(volumetric).unwrap_or(u32::MAX));
        let steps = billed_grams.saturating_sub(zone.first_grams).div_ceil(zone.step_grams);
        let price_minor = zone.first_minor + zone.step_minor * i64::from(steps);
        // Parcels after the cut-off wait for the next day's truck.
        let hour_of_beijing = (now.as_seconds() / 3_600 + 8).rem_euclid(24);
        let waits = u32::from(hour_of_beijing >= self.cut_off_hour);
        let days = i64::from(zone.days_max.max(1) + waits);
        let expected_by = now + Span::micros(day.as_micros().saturating_mul(days));
        let (days_min, days_max) = (zone.days_min, zone.days_max);
        Ok(Quote { price_minor, billed_grams, days_min, days_max, expected_by })
    }

    /// A waybill: letters, twelve digits, and a check digit.
    pub fn waybill(&self, seed: u64, number: u64) -> String {
        let digits = (fnv(self.code) ^ seed) % 9_000 * 100_000_000 + number % 100_000_000;
        let sum = digits.to_string().bytes().map(|digit| u64::from(digit - b'0')).sum::<u64>();
        format!("{}{digits:012}{}", self.prefix, sum % 10)
    }

    /// What stands in large letters on the label: the hub, and the tour.
    pub fn routing(&self, to_division: u32) -> String {
        format!("{}-{:04}-{:02}", self.prefix, to_division / 100, to_division % 100)
    }
}

impl Zone {
    fn serves(&self, order: &Order) -> bool {
        let is_near = !self.same_city || order.from_division / 100 == order.to_division / 100;
        is_near && (self.to.is_empty() || self.to.contains(&(order.to_division / 10_000)))
    }
}
