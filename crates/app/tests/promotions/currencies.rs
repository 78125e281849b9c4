//! Every currency, through the real intake: what is ordered adds up to the minor unit (R26).
//!
//! `ORDERMILL_CASES=1000000` runs a million orders instead of 100,000.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ordermill_app::catalog::settings::{self, Kept};
use ordermill_app::catalog::{Catalog, PriceList, PriceLists, edit};
use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{Benefits, Intake, IntakeError, NewLine, NewOrder};
use ordermill_app::privacy::Vault;
use ordermill_base::{Currency, Id, Money, Random};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::Country;
use ordermill_domain::ids::{ChannelId, CouponId, CustomerId, GiftCardId, OrderId};
use ordermill_domain::order::Amounts;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::pricing::freight::{FreightRate, HazardousGoods, Tariff, Terms};
use ordermill_domain::pricing::points::{EarnRule, PointsToSpend, SpendRule};
use ordermill_domain::pricing::{
    BasisPoints, Coupon, CouponUse, FreightTable, GiftCard, RegionPattern, TaxMode, TaxTable,
};
use ordermill_domain::sku::Sku;
use ordermill_testkit::stock::sku;
use ordermill_testkit::{TestClock, catalog as sample};
use ordermill_vault::SeededEntropy;

use crate::kit::{Shop, on_each_database, phone, recipient};

const SKUS: i64 = 20;

fn freight(currency: Currency) -> FreightTable {
    let money = |minor| Money::new(minor, currency);
    let tariff = Tariff {
        first_weight_grams: 1_000,
        first_price: money(997),
        step_weight_grams: NonZeroU32::new(300).unwrap(),
        step_price: money(103),
        volumetric_divisor: None,
        free_from: None,
        oversized: None,
        hazardous: HazardousGoods::Refused,
    };
    let region = RegionPattern::country(Country::CHINA);
    FreightTable { rates: vec![FreightRate { number: 1, region, terms: Terms::Served(tariff) }] }
}

fn price_list(currency: Currency) -> PriceList {
    let earning = Some(EarnRule { points: 1, per: Money::new(97, currency) });
    let pay = Money::new(7, currency);
    let share_max = BasisPoints::new(5_000).unwrap();
    let spending = Some(SpendRule { points: NonZeroU32::new(3).unwrap(), pay, share_max });
    PriceList { freight: freight(currency), earning, spending }
}

/// Twenty SKUs with a price in every currency.
fn catalog(random: &mut Random, tax_mode: TaxMode) -> Catalog {
    let others = || Currency::ALL.into_iter().filter(|it| *it != Currency::Cny);
    let mut catalog = Catalog::default().with_skus((1..=SKUS).map(|number| Sku {
        price: Money::new(random.between(1, 99_999), Currency::Cny),
        prices: others().map(|currency| (currency, random.between(1, 99_999))).collect(),
        weight_grams: u32::try_from(random.between(0, 2_500)).unwrap(),
        ..sample::sku(sku(number), &format!("S{number}"))
    }));
    catalog.price_lists =
        PriceLists(others().map(|currency| (currency, price_list(currency))).collect());
    let PriceList { freight, earning, spending } = price_list(Currency::Cny);
    (catalog.freight, catalog.earning, catalog.spending) = (freight, earning, spending);
    catalog.taxes = TaxTable::standard();
    for country in catalog.taxes.countries.values_mut() {
        country.mode = tax_mode;
    }
    catalog
}

fn coupon(random: &mut Random, id: i64, currency: Currency) -> Coupon {
    let share = BasisPoints::new(u32::try_from(random.between(1, 9_999)).unwrap()).unwrap();
    Coupon {
        id: CouponId::from_raw(id),
        benefit: match random.below(3) {
            0 => Benefit::PercentOff { share, cap: None },
            1 => Benefit::AmountOff(Money::new(random.between(1, 50_000), currency)),
            _ => Benefit::FreeFreight { cap: None },
        },
        scope: Scope::All,
        min_spend: None,
        valid_from: None,
        valid_until: None,
        uses_max: None,
        uses_per_customer_max: None,
        first_order_only: false,
        stacking: Stacking::Group(1),
    }
}

/// Σ lines + freight − discounts = total, recomputed with wider numbers from what is stored.
fn adds_up(amounts: &Amounts, lines: &[ordermill_domain::order::LineTerms]) -> bool {
    let sum = |of: fn(&ordermill_domain::order::LineTerms) -> i64| -> i128 {
        lines.iter().map(|line| i128::from(of(line))).sum()
    };
    let goods: i128 = lines
        .iter()
        .map(|line| i128::from(line.unit_price_minor) * i128::from(line.quantity.get()))
        .sum();
    let on_top = match amounts.tax_mode {
        TaxMode::Inclusive => 0,
        TaxMode::Exclusive => i128::from(amounts.tax_minor),
    };
    let discounts = sum(|line| line.discount_minor);
    goods == i128::from(amounts.goods_minor)
        && discounts == i128::from(amounts.discount_minor)
        && goods + i128::from(amounts.freight_minor) - discounts + on_top
            == i128::from(amounts.total_minor)
}

#[test]
fn orders_in_every_currency_add_up_to_the_minor_unit() {
    let cases = std::env::var("ORDERMILL_CASES").ok().and_then(|cases| cases.parse().ok());
    let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(3)), TestClock::START);
    let mut random = Random::from_seed(26);
    let catalogs = [TaxMode::Inclusive, TaxMode::Exclusive].map(|mode| catalog(&mut random, mode));
    let cases: u64 = cases.unwrap_or(100_000);
    let next = AtomicU64::new(0);
    let seen = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut mine = BTreeSet::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases {
                        break;
                    }
                    mine.insert(an_order_adds_up(seed, &catalogs, &vault).code());
                }
                seen.lock().unwrap().extend(mine);
            });
        }
    });
    assert_eq!(seen.into_inner().unwrap().len(), Currency::ALL.len());
}

/// Takes in a random order; gives its currency.
fn an_order_adds_up(seed: u64, catalogs: &[Catalog; 2], vault: &Vault) -> Currency {
    let mut random = Random::from_seed(seed);
    let currency = *random.pick(&Currency::ALL);
    let catalog = random.pick(catalogs);
    let lines = (0..random.between(1, 5)).map(|_| NewLine {
        sku: format!("S{}", random.between(1, SKUS)),
        quantity: random.between(1, 9),
    });
    let mut new =
        NewOrder::new(ChannelId::from_raw(1), currency, lines.collect(), recipient(&phone(7)));
    new.customer = Some(CustomerId::from_raw(1));
    let rules: Vec<Coupon> =
        (0..random.below(3)).map(|id| coupon(&mut random, id.cast_signed(), currency)).collect();
    let coupons: Vec<CouponUse<'_>> = rules
        .iter()
        .map(|coupon| CouponUse { coupon, uses: 0, uses_by_customer: 0, has_ordered: false })
        .collect();
    let spending = catalog.terms_in(currency).unwrap().spending;
    let points = random.between(0, 5_000).unsigned_abs();
    let points = spending.map(|rule| PointsToSpend { rule, points, balance: 5_000 });
    let cards: Vec<GiftCard> = (0..random.below(3))
        .map(|id| GiftCard {
            id: GiftCardId::from_raw(id.cast_signed() + 1),
            balance: Money::new(random.between(0, 90_000), currency),
        })
        .collect();
    let benefits = Benefits { coupons: &coupons, points, gift_cards: &cards };
    let act = Act::new(Actor::Buyer(None), TestClock::START);
    let intake = Intake { catalog, vault };
    let id = OrderId::from_raw(seed.cast_signed() + 1);
    let (command, quote) = intake.prepare(id, act, new, benefits).unwrap();
    let (amounts, quote) = (command.placed.amounts, quote.unwrap());
    assert!(adds_up(&amounts, &command.placed.lines), "seed {seed}: {amounts:?}");
    assert_eq!(amounts.check(&command.placed.lines), Ok(()), "seed {seed}");
    let tendered: i64 = command.claims.tendered_minor().sum();
    assert_eq!(tendered + quote.to_pay.minor, amounts.total_minor, "seed {seed}");
    assert!(quote.to_pay.minor >= 0, "seed {seed}");
    let by_coupons: i64 = command.claims.coupons.iter().map(|it| it.goods_minor).sum();
    assert_eq!(by_coupons, amounts.discount_minor, "seed {seed}");
    let sources: i64 = command.discounts.iter().map(|(_, _, minor)| minor).sum();
    assert_eq!(sources, amounts.discount_minor, "seed {seed}");
    let written = amounts.total().to_decimal();
    assert_eq!(Money::parse(&written, currency), Ok(amounts.total()), "seed {seed}");
    currency
}

#[test]
fn an_order_in_another_currency_has_the_prices_that_were_set_for_it() {
    on_each_database(async |shop: &Shop| {
        let dollars = |minor| Money::new(minor, Currency::Usd);
        let mut new = NewOrder { currency: Currency::Usd, ..shop.a_bowl(1) };
        let PlacingError::Intake(IntakeError::Fields(issues)) =
            shop.place(new.clone()).await.unwrap_err()
        else {
            panic!("nothing is sold in dollars yet")
        };
        let named: Vec<_> = issues.iter().map(|it| (it.field.as_str(), it.code)).collect();
        assert_eq!(named, [("currency", "not_sold"), ("lines.0.sku", "no_price")]);

        let act = Act::new(Actor::system("test"), TestClock::START);
        let holder = shop.services.catalog_holder();
        let set = move |tx: &mut ordermill_storage::Tx<'_>| {
            edit::edit_sku(tx, &act, sku(1), 1, |sku| {
                sku.prices.insert(Currency::Usd, 899);
            })
            .map_err(ordermill_storage::Error::defect)?;
            let (_, version) = settings::read::<PriceLists>(tx)?;
            let list = PriceLists([(Currency::Usd, price_list(Currency::Usd))].into());
            settings::save(tx, &act, &list, version).map(drop)
        };
        shop.services.database().write(set).await.unwrap();
        shop.services.database().snapshot(move |tx| holder.reload(tx)).await.unwrap();

        let quoted = shop.quote(&new).await;
        assert_eq!(quoted.prices.lines[0].unit_price, dollars(899));
        assert_eq!(quoted.prices.total, dollars(899 + 997));
        new.agreed.total_minor = Some(899 + 997);
        let placed = shop.place(new).await.unwrap();
        assert_eq!(placed.total, dollars(899 + 997));
    });
}
