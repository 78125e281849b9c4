//! The shop that the server under measurement runs: made through the real commands, 1,000 SKUs at
//! one location with more stock than any run can sell, and an API key.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::catalog::edit;
use ordermill_app::check::check;
use ordermill_app::permission::Principal;
use ordermill_app::privacy::{RootKeySource, Vault};
use ordermill_app::staff::{self, NewStaff};
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_app::{Partners, Services, layout};
use ordermill_base::{Currency, Id, IdGenerator, Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::address::Country;
use ordermill_domain::api_key::Scope;
use ordermill_domain::category::Category;
use ordermill_domain::ids::{BinId, CategoryId, LocationId, SkuId, StaffId};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::{Location, Zone};
use ordermill_domain::role::Role;
use ordermill_domain::sku::Sku;
use ordermill_domain::text::Text;
use ordermill_storage::{Connection, Database, Tx, location};
use ordermill_vault::OsEntropy;

use crate::Options;
use crate::fresh::Fresh;
use crate::orders::{HOT, SKUS};
use crate::server::Server;

/// Pieces of one receipt, the most that a quantity can be.
const RECEIPT: i64 = 1_000_000;
/// Receipts of the hot SKU, of which every order takes some.
const HOT_RECEIPTS: i64 = 20;

/// A shop in a database of its own.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) fresh: Fresh,
    /// The API key's text.
    pub(crate) key: String,
}

impl Shop {
    /// A shop that can sell whatever is asked for.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        Self::with_stock(options, |sku| RECEIPT * if sku == HOT { HOT_RECEIPTS } else { 1 })
    }

    /// A shop with so many pieces of each SKU.
    pub(crate) fn with_stock(options: &Options, pieces: impl Fn(i64) -> i64) -> Result<Self> {
        let fresh = Fresh::new(&options.target)?;
        let services = services(options, &fresh)?;
        let stock: Vec<(i64, i64)> = (1..=SKUS).map(|sku| (sku, pieces(sku))).collect();
        let act = Principal::system("bench").act(services.now());
        let location = services.database().write_blocking({
            let act = act.clone();
            move |tx| furnish(tx, &act)
        })?;
        for some in stock.chunks(100) {
            let (some, act) = (some.to_vec(), act.clone());
            services.database().write_blocking(move |tx| {
                some.iter().try_for_each(|(sku, pieces)| {
                    receive(tx, &act, location, *sku, *pieces, &Spot::default())
                })
            })?;
        }
        let vault = services.vault().clone();
        let key = services.database().write_blocking(move |tx| {
            let scopes = Scope::ALL.to_vec();
            let new = NewApiKey { name: "bench".to_owned(), scopes, channel: None };
            api_key::create(tx, &vault, &Principal::system("bench"), &act, &new)
        })?;
        services.database().close();
        Ok(Self { fresh, key: key.text.as_str().to_owned() })
    }

    /// A shop whose location has a floor: each SKU lies in a bin of its own, and one person picks.
    pub(crate) fn with_floor(options: &Options) -> Result<(Self, StaffId)> {
        let shop = Self::with_stock(options, |_| 0)?;
        let services = shop.inside(options)?;
        let act = Principal::system("bench").act(services.now());
        let picker = services.database().write_blocking({
            let act = act.clone();
            move |tx| draw_floor(tx, &act)
        })?;
        let location = LocationId::from_raw(1);
        let bins =
            services.database().write_blocking(move |tx| location::bins(tx, location, "", SKUS))?;
        let shelves: Vec<(i64, BinId)> = (1..=SKUS).zip(bins.iter().map(|bin| bin.id)).collect();
        for some in shelves.chunks(100) {
            let (some, act) = (some.to_vec(), act.clone());
            services.database().write_blocking(move |tx| {
                some.iter().try_for_each(|(sku, bin)| {
                    let spot = Spot { bin: Some(*bin), lot: None };
                    receive(tx, &act, location, *sku, RECEIPT, &spot)
                })
            })?;
        }
        services.database().close();
        Ok((shop, picker))
    }

    /// The shop's parts in this process, while no server runs.
    pub(crate) fn inside(&self, options: &Options) -> Result<Services> {
        services(options, &self.fresh)
    }

    /// A server over it that is ready to serve.
    pub(crate) fn serve(&self, options: &Options) -> Result<Server> {
        self.serve_with(options, &[])
    }

    /// As [`Shop::serve`], with these variables in the server's environment.
    pub(crate) fn serve_with(
        &self,
        options: &Options,
        environment: &[(&str, String)],
    ) -> Result<Server> {
        let server = Server::start(options, self.fresh.folder(), &self.fresh.url, environment)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The header line by which the server knows who asks.
    pub(crate) fn authorization(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.key)
    }

    /// Refuses a database in which an invariant is broken.
    pub(crate) fn ensure_invariants(&self, options: &Options) -> Result<()> {
        let ids = Arc::new(IdGenerator::new(0));
        let mut connection = Connection::open_reader(&self.fresh.address()?, ids)?;
        let report = check(&mut connection, options.clock.now(), None, &mut |_, _| {})?;
        match report.violations.first() {
            None => Ok(()),
            Some(first) => anyhow::bail!(
                "{} invariants are broken after the run; the first: {first}",
                report.violations.len() as u64 + report.unlisted
            ),
        }
    }
}

fn services(options: &Options, fresh: &Fresh) -> Result<Services> {
    let database = Database::open(&fresh.address()?, ordermill_storage::Options::default())?;
    let source = RootKeySource::File(fresh.folder().join("root.key"));
    let now = options.clock.now();
    let vault = database
        .write_blocking(move |tx| Vault::open(tx, &source, Arc::new(OsEntropy), now))
        .context("cannot open the vault")?;
    Ok(Services::new(database, Arc::clone(&options.clock), vault, Partners::default())?)
}

/// Category, location and SKUs.
fn furnish(tx: &mut Tx<'_>, act: &Act) -> Result<LocationId, edit::EditError> {
    let category = CategoryId::from_raw(1);
    edit::create_category(
        tx,
        act,
        &Category {
            id: category,
            code: "goods".to_owned(),
            slug: "goods".to_owned(),
            name: Text::new("商品", "Goods"),
            about: Text::default(),
            position: 1,
            version: 1,
        },
    )?;
    let location = LocationId::from_raw(1);
    edit::create_location(
        tx,
        act,
        &Location {
            id: location,
            code: "SH1".to_owned(),
            name: Text::new("上海仓", "Shanghai"),
            country: Country::CHINA,
            region: "CN-31".to_owned(),
            address: "上海市浦东新区世纪大道 1 号".to_owned(),
            latitude_micro: 31_230_000,
            longitude_micro: 121_470_000,
            time_zone: jiff::tz::TimeZone::UTC,
            cut_off: jiff::civil::time(16, 0, 0, 0),
            daily_capacity: 1_000_000,
            is_active: true,
            priority: 1,
            version: 1,
        },
    )?;
    for sku in 1..=SKUS {
        let price = Money::new(990 + 10 * sku, Currency::Cny);
        let name = Text::new(format!("商品 {sku}"), format!("Product {sku}"));
        let new = Sku {
            category,
            weight_grams: 400,
            dimensions_mm: [200, 150, 80],
            updated_at: act.at,
            ..Sku::new(SkuId::from_raw(sku), code(sku), name, price)
        };
        edit::create_sku(tx, act, &new)?;
    }
    Ok(location)
}

/// A thousand bins in ten aisles, and who picks from them.
fn draw_floor(tx: &mut Tx<'_>, act: &Act) -> Result<StaffId> {
    let at = LocationId::from_raw(1);
    let zone = Zone {
        location: at,
        code: "A".to_owned(),
        name: Text::new("A 区", "Zone A"),
        kind: "shelf".to_owned(),
    };
    edit::set_up_zone(tx, act, &zone, [])?;
    let zones = vec![ZonePlan { zone: zone.code, aisles: 10, bays: 50, levels: 2 }];
    let plan = Plan {
        zones,
        blocks: 2,
        bay_width_mm: 1_350,
        aisle_pitch_mm: 3_200,
        cross_aisle_width_mm: 2_400,
        level_height_mm: 450,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: 1,
    };
    let version = location::fetch(tx, at)?.context("the location")?.version;
    layout::draw(tx, act, at, version, &plan)?;
    let new = NewStaff {
        login: "picker".parse().context("a name to sign in with")?,
        name: "Picker".to_owned(),
        roles: vec![Role::Warehouse],
        location: Some(at),
        // Nobody signs in: what no password hashes to.
        password: "-".to_owned(),
    };
    Ok(staff::create(tx, &Principal::system("bench"), act, &new)?)
}

fn receive(
    tx: &mut Tx<'_>,
    act: &Act,
    at: LocationId,
    sku: i64,
    mut pieces: i64,
    spot: &Spot,
) -> Result<(), ordermill_app::stock::StockError> {
    while pieces > 0 {
        let receipt = Quantity::new(pieces.min(RECEIPT)).expect("more than none, and not too many");
        let sku = SkuId::from_raw(sku);
        receive_stock(tx, act, sku, at, receipt, spot, None)?;
        pieces -= receipt.get();
    }
    Ok(())
}

/// What a SKU is called in requests.
pub(crate) fn code(sku: i64) -> String {
    format!("S-{sku:04}")
}
