//! The demo's coupons, gifts, gift cards and rule of points, through the real commands.

use std::collections::BTreeSet;

use anyhow::Context as _;
use ordermill_app::Services;
use ordermill_app::catalog::settings::{self, PointsSettings};
use ordermill_app::coupon::create_coupon;
use ordermill_app::gift_card::issue_gift_card;
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_demo::Merchant;
use ordermill_demo::coupons::{Coupon as DemoCoupon, Discount, POINTS};
use ordermill_demo::gifts::Gift as DemoGift;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::coupon::Coupon;
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::CouponId;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::pricing::gift::{GiftRule, GiftRules};
use ordermill_domain::pricing::points::{EarnRule, SpendRule};
use ordermill_domain::pricing::{self, BasisPoints};
use ordermill_domain::text::Text;

/// Coupons that can be combined are of this group.
const COMBINABLE: u32 = 1;

/// Sets the rules of points and gifts, and makes coupons and gift cards as of `at`; they run from then on,
/// and for their days from `now`. Categories and products are there.
pub(super) fn seed(
    services: &Services,
    merchant: &Merchant,
    at: Timestamp,
    now: Timestamp,
) -> anyhow::Result<()> {
    let act = Act::new(Actor::system("demo"), at);
    points(services, &act)?;
    let catalog = services.catalog();
    let mut coupons = Vec::with_capacity(merchant.coupons.len());
    for new in &merchant.coupons {
        let category = new.category.as_deref().map(|code| {
            let found = catalog.category_by_code(code);
            found.map(|it| it.id).with_context(|| format!("no category {code}"))
        });
        let scope = match category.transpose()? {
            Some(category) => Scope::Categories([category].into()),
            None => Scope::All,
        };
        coupons.push(coupon(new, scope, at, now)?);
    }
    gifts(services, merchant, &act, now)?;
    let creating = act.clone();
    services.database().write_blocking(move |tx| {
        coupons.iter().try_for_each(|new| {
            let mut new = new.clone();
            new.rule.id = tx.next_id(creating.at);
            create_coupon(tx, &creating, new).map(drop)
        })
    })?;
    let (cards, vault) = (merchant.gift_cards.clone(), services.vault().clone());
    services.database().write_blocking(move |tx| {
        cards.iter().try_for_each(|card| {
            let amount = yuan(card.balance_fen);
            issue_gift_card(tx, &vault, &act, &card.code, amount, Origin::Sold).map(drop)
        })
    })?;
    let holder = services.catalog_holder();
    services.database().write_blocking(move |tx| holder.reload(tx))?;
    Ok(())
}

fn yuan(fen: i64) -> Money {
    Money::new(fen, Currency::Cny)
}

fn points(services: &Services, act: &Act) -> anyhow::Result<()> {
    let share = u32::try_from(POINTS.percent_of_order_max * 100)?;
    let hundred = std::num::NonZeroU32::new(100).context("a hundred points")?;
    let rule = PointsSettings {
        earning: Some(EarnRule { points: u32::try_from(POINTS.per_yuan)?, per: yuan(100) }),
        spending: Some(SpendRule {
            points: hundred,
            pay: yuan(POINTS.fen_per_hundred),
            share_max: BasisPoints::new(share)?,
        }),
    };
    let act = act.clone();
    services.database().write_blocking(move |tx| {
        let (_, version) = settings::read::<PointsSettings>(tx)?;
        settings::save(tx, &act, &rule, version).map(drop)
    })?;
    Ok(())
}

/// Orders of the last days before `now` have had their gift already.
fn gifts(
    services: &Services,
    merchant: &Merchant,
    act: &Act,
    now: Timestamp,
) -> anyhow::Result<()> {
    let catalog = services.catalog();
    let rule = |(gift, number): (&DemoGift, u32)| {
        let given = catalog.skus().iter().find(|sku| sku.family == gift.family && sku.is_active);
        Ok(GiftRule {
            number,
            name: Text::new(&*gift.name.zh, &*gift.name.en),
            gift: given.with_context(|| format!("no product of {}", gift.family))?.id,
            pieces: Quantity::ONE,
            scope: Scope::All,
            min_spend: Some(yuan(gift.threshold_fen)),
            min_pieces: None,
            valid_from: Some(now - Span::days(gift.since_days)),
            valid_until: Some(now + Span::days(gift.valid_days)),
            channels: BTreeSet::new(),
            is_active: true,
        })
    };
    let rules = merchant.gifts.iter().zip(1..).map(rule);
    let (rules, act) = (GiftRules(rules.collect::<anyhow::Result<_>>()?), act.clone());
    services.database().write_blocking(move |tx| {
        let (_, version) = settings::read::<GiftRules>(tx)?;
        settings::save(tx, &act, &rules, version).map(drop)
    })?;
    Ok(())
}

fn coupon(new: &DemoCoupon, scope: Scope, at: Timestamp, now: Timestamp) -> anyhow::Result<Coupon> {
    let benefit = match new.discount {
        Discount::Amount(fen) => Benefit::AmountOff(yuan(fen)),
        Discount::Percent { percent, cap_fen } => Benefit::PercentOff {
            share: BasisPoints::new(u32::try_from(percent * 100)?)?,
            cap: Some(yuan(cap_fen)),
        },
        Discount::FreeFreight => Benefit::FreeFreight { cap: None },
    };
    let rule = pricing::Coupon {
        id: CouponId::from_raw(0),
        benefit,
        scope,
        min_spend: Some(yuan(new.threshold_fen)).filter(|amount| amount.minor > 0),
        valid_from: Some(at),
        valid_until: Some(now + Span::days(new.valid_days)),
        uses_max: new.uses_max.map(u64::try_from).transpose()?,
        uses_per_customer_max: Some(u64::try_from(new.uses_per_customer_max)?),
        first_order_only: new.new_customers_only,
        stacking: if new.stackable { Stacking::Group(COMBINABLE) } else { Stacking::Exclusive },
    };
    let name = Text::new(&*new.name.zh, &*new.name.en);
    Ok(Coupon { code: new.code.clone(), name, rule, is_active: true, version: 1 })
}
