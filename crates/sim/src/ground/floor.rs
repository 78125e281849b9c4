//! The floor of the simulated warehouses, and who carries parcels away from them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use ordermill_app::carrier::Sender;
use ordermill_app::carrier::setup::{NewAccount, add_tracker, keep_carrier};
use ordermill_app::catalog::{edit, settings};
use ordermill_app::stock::{Lot, Spot, receive_stock};
use ordermill_base::{Currency, Id, Quantity, Random};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::Country;
use ordermill_domain::carrier::{Carrier, Service, ServiceKind, Terms, Zone as Tariff};
use ordermill_domain::ids::{BinId, CarrierId, LocationId, SkuId, TrackerId};
use ordermill_domain::location::Zone;
use ordermill_domain::pricing::RegionPattern;
use ordermill_domain::text::Text;
use ordermill_storage::location;
use ordermill_testkit::TestClock;

use super::LOCATIONS;
use crate::carriers;
use crate::model::{self, Shelf};
use crate::world::World;

/// Bins of each warehouse.
const BINS: usize = 6;
/// Who carries parcels, by code, and what the first kilogram costs.
const CARRIERS: [(&str, i64); 2] = [("swift", 1_200), ("harbor", 800)];
/// Goods that are kept in lots.
const IN_LOTS: [i64; 2] = [5, 6];

/// What people on the floor need to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Floor {
    /// Each bin with its location and its label.
    pub(crate) bins: BTreeMap<i64, (i64, String)>,
    /// Who pushes tracking.
    pub(crate) tracker: Option<TrackerId>,
}

/// Puts up shelves, and comes to terms with carriers.
///
/// # Panics
/// If the real shop does not take them.
pub(crate) fn lay_floor(world: &mut World) -> Floor {
    let act = Act::new(Actor::system("operator"), TestClock::START);
    let vault = world.vault().clone();
    let connection = world.connection();
    let laid = connection.transact(|tx| {
        let mut floor = Floor::default();
        for number in 1..=LOCATIONS {
            let at = LocationId::from_raw(number);
            let (code, kind) = (format!("A{number}"), "shelf".to_owned());
            let zone =
                Zone { location: at, code: code.clone(), name: Text::new("区", "Area"), kind };
            let labels: Vec<String> = (1..=BINS).map(|bin| format!("{code}-{bin:02}")).collect();
            edit::set_up_zone(tx, &act, &zone, labels.clone()).expect("a zone is set up");
            for label in labels {
                let bin = location::find_bin(tx, at, &label)?.expect("a bin that was set up");
                floor.bins.insert(bin.id.raw(), (number, label));
            }
        }
        for (number, (code, first_minor)) in (1..).zip(CARRIERS) {
            let account = NewAccount {
                protocol: carriers::NAME.to_owned(),
                url: "http://carrier.example".to_owned(),
                secret: Some("our secret".to_owned()),
                ..NewAccount::default()
            };
            keep_carrier(tx, &act, &vault, &carrier(number, code, first_minor), Some(&account))
                .expect("a carrier is kept");
        }
        let sender = Sender { phone: "+8657188888888".to_owned(), ..Sender::default() };
        settings::save(tx, &act, &sender, 0)?;
        let (partner, secret) = (carriers::NAME, carriers::SECRET);
        floor.tracker = Some(add_tracker(tx, &act, &vault, partner, "Carriers", secret)?);
        Ok::<_, ordermill_storage::Error>(floor)
    });
    laid.expect("a floor is laid")
}

fn carrier(number: i64, code: &str, first_minor: i64) -> Carrier {
    let tariff = Tariff {
        region: RegionPattern::country(Country::CHINA),
        cities: BTreeSet::new(),
        first_grams: 1_000,
        first_minor,
        step_grams: NonZeroU32::new(1_000).expect("a kilogram"),
        step_minor: 200,
        days_min: 1,
        days_max: 3,
    };
    let service = |kind| Service { kind, zones: vec![tariff.clone()] };
    Carrier {
        id: CarrierId::from_raw(number),
        code: code.to_owned(),
        name: Text::new("快递", code),
        terms: Terms {
            services: vec![service(ServiceKind::Standard), service(ServiceKind::PickupPoint)],
            refuses: BTreeSet::new(),
            volumetric_divisor: NonZeroU32::new(6_000).expect("a divisor"),
            weight_grams_max: 1_000_000,
            side_mm_max: 5_000,
            cut_off: jiff::civil::Time::constant(20, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        },
        is_active: true,
        version: 1,
    }
}

/// Receives most of what a shelf of the model has into bins, some of it in lots; the rest lies anywhere.
/// Gives what lies in which bin.
///
/// # Panics
/// If the real shop does not take it.
pub(crate) fn fill_bins(
    world: &mut World,
    random: &mut Random,
    floor: &Floor,
    (sku, at): model::Place,
    shelf: &Shelf,
) -> BTreeMap<model::Spot, model::Bin> {
    let act = Act::new(Actor::system("operator"), TestClock::START);
    let here: Vec<i64> =
        floor.bins.iter().filter(|(_, (location, _))| *location == at).map(|(id, _)| *id).collect();
    let mut filled = BTreeMap::new();
    let mut left = shelf.on_hand;
    while left > 0 {
        let pieces = random.between(1, left.min(40));
        left -= pieces;
        let bin = (!random.percent(10)).then(|| *random.pick(&here));
        let code = format!("LOT{}", random.between(1, 2));
        let lot = (bin.is_some() && IN_LOTS.contains(&sku))
            .then(|| Lot { code, expires_on: Some(jiff::civil::date(2030, 6, 30)) });
        let name = lot.as_ref().map_or(String::new(), |lot| lot.code.clone());
        let spot = Spot { bin: bin.map(BinId::from_raw), lot };
        let quantity = Quantity::new(pieces).expect("some pieces");
        let (id, location) = (SkuId::from_raw(sku), LocationId::from_raw(at));
        let receive = |tx: &mut ordermill_storage::Tx<'_>| {
            receive_stock(tx, &act, id, location, quantity, &spot, None)
        };
        world.connection().transact(receive).expect("goods come in");
        if let Some(bin) = bin {
            let there: &mut model::Bin = filled.entry(((sku, at), bin, name)).or_default();
            there.on_hand += pieces;
        }
    }
    filled
}
