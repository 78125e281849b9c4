//! Which delivery services the shop can promise: those that a carrier of it offers to a place.
//!
//! What a parcel weighs and holds is not known yet. A carrier that cannot take it all the same refuses it
//! at the pack bench, where a person decides.

use std::sync::Arc;

use ordermill_base::Currency;
use ordermill_domain::carrier::{Carrier, Service, ServiceKind};
use ordermill_domain::pricing::Destination;
use ordermill_storage::carrier::{self, Stored};
use ordermill_storage::{Error, Tx};

use super::choose::{Place, unreached};

/// The services of a shop's carriers.
#[derive(Debug, Clone, Default)]
pub struct Offered(Arc<[Carrier]>);

/// Where a service is wanted, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereto<'a> {
    /// Country and province.
    pub destination: Destination<'a>,
    /// The first four digits of the city's code. While nobody knows the city, a service that goes to some
    /// cities of the province may be offered.
    pub city: Option<u16>,
}

impl<'a> From<&'a Place> for Whereto<'a> {
    fn from(place: &'a Place) -> Self {
        Self { destination: place.destination(), city: place.city() }
    }
}

impl Offered {
    /// Reads what the carriers of the shop offer.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn read(tx: &mut Tx<'_>) -> Result<Self, Error> {
        Ok(Self::by(&carrier::list(tx)?))
    }

    /// What these carriers offer. Those that nobody can ask for a label count only where no carrier can be
    /// asked: such a shop has its labels made outside.
    fn by(carriers: &[Stored]) -> Self {
        let unreached = unreached(carriers);
        let all_are = unreached.len() == carriers.len();
        let is_asked = |it: &&Stored| all_are || !unreached.contains(&it.carrier.id);
        let active = carriers.iter().filter(|it| it.carrier.is_active).filter(is_asked);
        Self(active.map(|stored| stored.carrier.clone()).collect())
    }

    /// Whether somebody brings by this service to a place, at prices in this currency.
    pub fn has(&self, kind: ServiceKind, to: Whereto<'_>, currency: Currency) -> bool {
        let mut carriers = self.0.iter().filter(|carrier| carrier.terms.currency == currency);
        carriers.any(|carrier| {
            let mut services = carrier.terms.services.iter().filter(|it| it.kind == kind);
            services.any(|service| serves(service, to))
        })
    }

    /// The services by which somebody brings to a place, in the order of [`ServiceKind::ALL`].
    pub fn kinds(&self, to: Whereto<'_>, currency: Currency) -> Vec<ServiceKind> {
        ServiceKind::ALL.into_iter().filter(|kind| self.has(*kind, to, currency)).collect()
    }
}

fn serves(service: &Service, to: Whereto<'_>) -> bool {
    service.zones.iter().any(|zone| {
        let is_perhaps_there = to.city.is_none() && zone.region.matches(to.destination);
        is_perhaps_there || zone.serves(to.destination, to.city)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ordermill_base::Id;
    use ordermill_domain::carrier::{Terms, Zone};
    use ordermill_domain::ids::CarrierId;
    use ordermill_domain::pricing::{ProvinceCode, RegionPattern};
    use ordermill_domain::text::Text;
    use ordermill_storage::carrier::Account;

    use super::*;

    /// Standard to all of China, and a pick-up point in the cities of Shanghai that are named.
    fn carrier(number: i64, pickup_cities: &[u16], is_reached: bool) -> Stored {
        let zone = |region, cities: &[u16]| Zone {
            region,
            cities: cities.iter().copied().collect(),
            first_grams: 1_000,
            first_minor: 800,
            step_grams: 500.try_into().unwrap(),
            step_minor: 100,
            days_min: 1,
            days_max: 3,
        };
        let china = RegionPattern::country(ordermill_domain::address::Country::CHINA);
        let shanghai = RegionPattern::provinces([ProvinceCode::of(310_000).unwrap()]);
        let services = vec![
            Service { kind: ServiceKind::Standard, zones: vec![zone(china, &[])] },
            Service { kind: ServiceKind::PickupPoint, zones: vec![zone(shanghai, pickup_cities)] },
        ];
        let terms = Terms {
            services,
            refuses: BTreeSet::new(),
            volumetric_divisor: 6_000.try_into().unwrap(),
            weight_grams_max: 30_000,
            side_mm_max: 1_500,
            cut_off: jiff::civil::Time::constant(18, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        };
        let carrier = Carrier {
            id: CarrierId::from_raw(number),
            code: format!("carrier-{number}"),
            name: Text::new("快递", "Express"),
            terms,
            is_active: true,
            version: 1,
        };
        let protocol = if is_reached { "sandbox".to_owned() } else { String::new() };
        let secret = is_reached.then(|| vec![1]);
        Stored { carrier, account: Account { protocol, secret, ..Account::default() } }
    }

    fn kinds(carriers: &[Stored], division: u32) -> Vec<ServiceKind> {
        let place = Place::in_china(division);
        Offered::by(carriers).kinds((&place).into(), Currency::Cny)
    }

    #[test]
    fn a_service_is_offered_where_a_carrier_goes_with_it() {
        use ServiceKind::{PickupPoint, Standard};
        let one = [carrier(1, &[], true)];
        assert_eq!(kinds(&one, 310_115), [Standard, PickupPoint]);
        assert_eq!(kinds(&one, 330_106), [Standard]);
        assert_eq!(kinds(&[], 310_115), [], "a shop without carriers promises nothing");
        let place = Place::in_china(310_115);
        assert!(Offered::by(&one).kinds((&place).into(), Currency::Usd).is_empty());
    }

    #[test]
    fn who_gets_no_parcels_offers_nothing() {
        let mut paused = carrier(1, &[], true);
        paused.carrier.is_active = false;
        assert_eq!(kinds(&[paused], 310_115), []);
        let unasked = carrier(2, &[], false);
        let other = Stored {
            carrier: Carrier {
                terms: Terms { services: Vec::new(), ..unasked.carrier.terms.clone() },
                ..carrier(3, &[], true).carrier
            },
            ..carrier(3, &[], true)
        };
        assert_eq!(kinds(&[unasked.clone(), other], 310_115), [], "nobody asks it for a label");
        assert_eq!(kinds(&[unasked], 310_115).len(), 2, "all labels are made outside");
    }

    #[test]
    fn a_service_to_some_cities_may_be_offered_until_the_city_is_known() {
        let one = Offered::by(&[carrier(1, &[3_101], true)]);
        let has = |destination, city| {
            one.has(ServiceKind::PickupPoint, Whereto { destination, city }, Currency::Cny)
        };
        let place = Place::in_china(310_000);
        assert!(has(place.destination(), None));
        assert!(has(place.destination(), Some(3_101)));
        assert!(!has(place.destination(), Some(3_102)));
    }
}
