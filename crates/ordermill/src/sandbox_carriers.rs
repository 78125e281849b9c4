//! The carriers of a sandbox, kept as carriers of the shop while one is set up: with the sandbox's own
//! zones and prices, so that what is chosen by is what is billed.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::civil::Time;
use ordermill_app::Services;
use ordermill_app::carrier::Sender;
use ordermill_app::carrier::setup::{
    KeepCarrierError, NewAccount, add_tracker, keep_carrier, keep_tracker_secret, set_up_account,
};
use ordermill_app::catalog::settings;
use ordermill_base::Currency;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::Country;
use ordermill_domain::carrier::{Carrier, Service, ServiceKind, Terms, Zone};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::pricing::{ProvinceCode, RegionPattern};
use ordermill_domain::sku::HandlingFlag;
use ordermill_domain::text::Text;
use ordermill_sandbox::carriers::Service as Theirs;
use ordermill_sandbox::carriers::network::{self, CARRIERS};
use ordermill_storage::{Error, Tx, carrier, tracking};

use crate::partners::SandboxAccount;

/// The number that couriers and buyers are given while nobody has set one. It belongs to nobody.
const NOBODYS_PHONE: &str = "+864000000000";

/// Makes the sandbox's carriers, or brings their accounts up to date: a sandbox that is made anew has
/// other keys. What people have changed of a carrier stays.
pub(crate) fn keep(services: &Services, account: &SandboxAccount) -> anyhow::Result<()> {
    let act = Act::new(Actor::system("sandbox"), services.now());
    let (vault, account) = (services.vault().clone(), account.clone());
    let catalog = services.catalog();
    let cities: BTreeSet<u16> =
        catalog.locations().iter().filter_map(|location| capital_of(&location.region)).collect();
    services
        .database()
        .write_blocking(move |tx| keep_all(tx, &act, &vault, &account, &cities))
        .context("cannot set up the sandbox's carriers")
}

fn keep_all(
    tx: &mut Tx<'_>,
    act: &Act,
    vault: &ordermill_app::privacy::Vault,
    account: &SandboxAccount,
    cities: &BTreeSet<u16>,
) -> Result<(), Error> {
    let ours = NewAccount {
        protocol: "sandbox".into(),
        url: account.url.clone(),
        merchant: account.merchant.clone(),
        secret: Some(account.api_key.clone()),
    };
    for theirs in &CARRIERS {
        match carrier::find_by_code(tx, theirs.code)? {
            Some(known) if known.account.protocol == "sandbox" => {
                set_up_account(tx, vault, known.carrier.id, &ours)?;
            }
            // Somebody has a carrier of their own by this name.
            Some(_) => {}
            None => {
                let new = carrier_of(tx.next_id(act.at), theirs, cities);
                match keep_carrier(tx, act, vault, &new, Some(&ours)) {
                    Ok(()) => {}
                    Err(KeepCarrierError::Storage(error)) => return Err(error),
                    Err(defect) => return Err(Error::Defect(defect.into())),
                }
            }
        }
    }
    let known = tracking::trackers(tx)?.into_iter().find(|it| it.partner == "sandbox");
    match known {
        Some(tracker) => keep_tracker_secret(tx, vault, &tracker, &account.notice_secret)?,
        None => {
            add_tracker(tx, act, vault, "sandbox", "Sandbox", &account.notice_secret)?;
        }
    }
    let (sender, version) = settings::read::<Sender>(tx)?;
    if version == 0 {
        let phone = NOBODYS_PHONE.to_owned();
        let sender = Sender { service_phone: phone.clone(), phone, ..sender };
        settings::save(tx, act, &sender, version)?;
    }
    Ok(())
}

fn carrier_of(id: CarrierId, theirs: &network::Carrier, cities: &BTreeSet<u16>) -> Carrier {
    let (zh, en) = theirs.name.split_once(' ').unwrap_or((theirs.name, theirs.name));
    let service = |offer: &network::Offer| Service {
        kind: match offer.service {
            Theirs::Standard => ServiceKind::Standard,
            Theirs::NextDay => ServiceKind::NextDay,
            Theirs::Timed => ServiceKind::Timed,
            Theirs::PickupPoint => ServiceKind::PickupPoint,
        },
        zones: offer.zones.iter().map(|zone| zone_of(zone, cities)).collect(),
    };
    let hour = i8::try_from(theirs.cut_off_hour).unwrap_or(18);
    Carrier {
        id,
        code: theirs.code.to_owned(),
        name: Text::new(zh, en),
        terms: Terms {
            services: theirs.services.iter().map(service).collect(),
            // Riders of one city carry nothing that needs papers.
            refuses: if theirs.code == "tern" {
                [HandlingFlag::Hazardous, HandlingFlag::Oversized].into()
            } else {
                BTreeSet::new()
            },
            volumetric_divisor: theirs.volumetric_divisor.try_into().expect("more than nothing"),
            weight_grams_max: theirs.weight_grams_max,
            side_mm_max: theirs.side_mm_max,
            cut_off: Time::constant(hour, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        },
        is_active: true,
        version: 1,
    }
}

fn zone_of(zone: &network::Zone, cities: &BTreeSet<u16>) -> Zone {
    let provinces = zone.to.iter().filter_map(|code| ProvinceCode::of(code * 10_000).ok());
    Zone {
        region: if zone.to.is_empty() {
            RegionPattern::country(Country::CHINA)
        } else {
            RegionPattern::provinces(provinces)
        },
        cities: if zone.same_city { cities.clone() } else { BTreeSet::new() },
        first_grams: zone.first_grams,
        first_minor: zone.first_minor,
        step_grams: zone.step_grams.try_into().expect("more than nothing"),
        step_minor: zone.step_minor,
        days_min: u8::try_from(zone.days_min).unwrap_or(u8::MAX),
        days_max: u8::try_from(zone.days_max).unwrap_or(u8::MAX),
    }
}

/// The first four digits of the capital of a location's province, where riders of one city wait.
fn capital_of(region: &str) -> Option<u16> {
    let province: u16 = region.split_once('-')?.1.parse().ok()?;
    Some(province * 100 + 1)
}
