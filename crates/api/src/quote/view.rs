//! Quotes as the API shows them.

use ordermill_app::catalog::Catalog;
use ordermill_app::quote::{CouponAnswer, GiftCardAnswer, Quoted, QuotedStock};
use ordermill_base::Money;
use ordermill_domain::pricing::gift::Gift;
use ordermill_domain::pricing::promise::{Because, NoPromise, Promise};
use ordermill_domain::pricing::{DiscountShare, QuotedLine};
use serde::Serialize;
use utoipa::ToSchema;

use crate::carrier::view::ServiceKindView;
use crate::money::MoneyView;

/// What an order would cost, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuoteView {
    /// In the order of the request.
    pub lines: Vec<QuoteLineView>,
    /// All lines before discounts.
    pub goods: MoneyView,
    /// All discounts on goods and freight.
    pub discount: MoneyView,
    /// What sending costs.
    pub freight: FreightView,
    /// `inclusive`: prices contain the tax; `exclusive`: it comes on top.
    pub tax_mode: String,
    /// The tax of all lines and the freight.
    pub tax: MoneyView,
    /// What the order costs with everything.
    pub total: MoneyView,
    /// What is left to pay behind points and gift cards.
    pub to_pay: MoneyView,
    /// Each coupon, in the order in which they were handed in.
    pub coupons: Vec<CouponView>,
    /// The customer's points.
    pub points: PointsView,
    /// Each gift card, in the order in which they were handed in.
    pub gift_cards: Vec<GiftCardView>,
    /// What comes along for nothing, as far as there is stock for it now.
    pub gifts: Vec<GiftView>,
    /// Whether everything can be had now.
    pub is_available: bool,
    /// When all of it leaves and arrives; nothing is promised while something is short.
    pub promise: Option<PromiseView>,
    /// The services by which it can be brought there, one of which an order may wish for.
    pub delivery_services: Vec<ServiceKindView>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuoteLineView {
    /// The SKU's code.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
    /// The price of one piece.
    pub unit_price: MoneyView,
    /// Unit price times quantity.
    pub goods: MoneyView,
    /// Its share of each coupon.
    pub discounts: Vec<DiscountView>,
    /// Goods less discounts.
    pub net: MoneyView,
    /// The tax rate in hundredths of a percent.
    pub tax_basis_points: u32,
    /// The tax in the net amount or on it.
    pub tax: MoneyView,
    /// What the line costs, with tax.
    pub total: MoneyView,
    /// Points that it earns.
    pub points_earned: i64,
    /// Pieces that can be sold now.
    pub available: i64,
    /// Whether there are enough of them, or its buyer may wait.
    pub is_available: bool,
    /// The day on which all that is wanted can be sold, when there is not enough.
    #[schema(format = Date)]
    pub replenished_on: Option<String>,
    /// When it leaves and arrives.
    pub promise: Option<PromiseView>,
}

/// A line's or the freight's share of a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiscountView {
    /// The coupon's id.
    pub coupon_id: String,
    /// What it takes off.
    pub amount: MoneyView,
}

/// What sending costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FreightView {
    /// Before discounts.
    pub gross: MoneyView,
    /// What coupons take off.
    pub discounts: Vec<DiscountView>,
    /// Gross less discounts.
    pub net: MoneyView,
    /// The tax in the net amount or on it.
    pub tax: MoneyView,
    /// What sending costs, with tax.
    pub total: MoneyView,
    /// The weight that is billed.
    pub billed_grams: i64,
    /// Whether the goods have reached the amount from which it is free.
    pub is_free_by_amount: bool,
}

/// What a coupon does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CouponView {
    /// The code as it was handed in.
    pub code: String,
    /// Its id, if there is one in use.
    pub coupon_id: Option<String>,
    /// Whether it is used.
    pub is_used: bool,
    /// What it takes off goods and freight.
    pub takes_off: MoneyView,
    /// Why it is not used: `unknown`, `expired`, `used_up`, `used_up_by_customer`,
    /// `below_min_spend`, `saves_less`, …
    #[schema(example = "below_min_spend")]
    pub reason: Option<&'static str>,
    /// The reason in words.
    pub detail: Option<String>,
}

/// What points do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointsView {
    /// How many the customer has.
    pub balance: i64,
    /// How many could pay for this order at most.
    pub spendable: i64,
    /// How many do.
    pub spent: i64,
    /// What they pay.
    pub pays: MoneyView,
    /// How many the order earns when it is paid.
    pub earned: i64,
}

/// What a gift card does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GiftCardView {
    /// The last four letters of the code.
    pub last_four: String,
    /// Whether there is one of this currency.
    pub is_known: bool,
    /// What is on it now.
    pub balance: MoneyView,
    /// What it pays.
    pub pays: MoneyView,
}

/// What comes along for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QuoteGift)]
pub struct GiftView {
    /// The SKU's code.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
    /// The number of the gift rule that gives it.
    pub gift_rule: u32,
}

/// When goods leave and arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PromiseView {
    /// The day of sending, by the clock of the warehouse.
    #[schema(format = Date)]
    pub ship_on: String,
    /// The earliest day of delivery.
    #[schema(format = Date)]
    pub deliver_from_on: String,
    /// The last day of delivery.
    #[schema(format = Date)]
    pub deliver_by_on: String,
    /// What decided the day of sending: `on_hand`, `next_working_day` or `arrival`.
    pub because: &'static str,
}

impl QuoteView {
    /// From a quote; the catalog names the SKUs.
    pub fn of(quoted: &Quoted, catalog: &Catalog) -> Self {
        let prices = &quoted.prices;
        let lines = prices.lines.iter().zip(&quoted.lines);
        Self {
            lines: lines.map(|(line, stock)| line_view(line, stock, quoted, catalog)).collect(),
            goods: prices.goods.into(),
            discount: prices.discount.into(),
            freight: FreightView {
                gross: prices.freight.gross.into(),
                discounts: discounts(&prices.freight.discounts),
                net: prices.freight.net.into(),
                tax: prices.freight.tax.into(),
                total: prices.freight.total.into(),
                billed_grams: prices.freight.charge.map_or(0, |charge| charge.billed_grams()),
                is_free_by_amount: prices.freight.charge.is_some_and(|it| it.waived.is_some()),
            },
            tax_mode: prices.tax_mode.code().to_owned(),
            tax: prices.tax.into(),
            total: prices.total.into(),
            to_pay: prices.to_pay.into(),
            coupons: quoted.coupons.iter().map(|it| coupon(it, prices.total)).collect(),
            points: PointsView {
                balance: quoted.points.balance,
                spendable: quoted.points.spendable,
                spent: quoted.points.spent,
                pays: quoted.points.pay.into(),
                earned: quoted.points.earned,
            },
            gift_cards: quoted.gift_cards.iter().map(gift_card).collect(),
            gifts: quoted.gifts.iter().map(|it| gift(it, catalog)).collect(),
            is_available: quoted.is_enough(),
            promise: promise(&quoted.promise),
            delivery_services: quoted.services.iter().map(|kind| (*kind).into()).collect(),
        }
    }
}

fn line_view(
    line: &QuotedLine,
    stock: &QuotedStock,
    quoted: &Quoted,
    catalog: &Catalog,
) -> QuoteLineView {
    let short = quoted.shortages.iter().find(|short| short.sku == line.sku);
    let day = short.and_then(|short| short.replenished_on).map(|day| day.to_string());
    QuoteLineView {
        sku: catalog.sku(line.sku).map(|sku| sku.code.clone()).unwrap_or_default(),
        quantity: line.quantity.get(),
        unit_price: line.unit_price.into(),
        goods: line.gross.into(),
        discounts: discounts(&line.discounts),
        net: line.net.into(),
        tax_basis_points: line.tax_rate.get(),
        tax: line.tax.into(),
        total: line.total.into(),
        points_earned: if quoted.points.earned > 0 { line.points_earned } else { 0 },
        available: stock.available,
        is_available: stock.is_enough,
        replenished_on: day,
        promise: promise(&stock.promise),
    }
}

fn discounts(shares: &[DiscountShare]) -> Vec<DiscountView> {
    let view = |share: &DiscountShare| DiscountView {
        coupon_id: share.coupon.to_string(),
        amount: share.amount.into(),
    };
    shares.iter().map(view).collect()
}

fn coupon(answer: &CouponAnswer, total: Money) -> CouponView {
    let takes = answer.outcome.as_ref().ok();
    let takes_off = takes.map_or(0, |takes| takes.goods.minor + takes.freight.minor);
    let refusal = answer.outcome.as_ref().err();
    CouponView {
        code: answer.typed.clone(),
        coupon_id: answer.coupon.map(|id| id.to_string()),
        is_used: takes.is_some(),
        takes_off: MoneyView::of(takes_off, total.currency),
        reason: refusal.map(|refusal| refusal.code()),
        detail: refusal.map(ToString::to_string),
    }
}

fn gift_card(answer: &GiftCardAnswer) -> GiftCardView {
    GiftCardView {
        last_four: answer.last_four.clone(),
        is_known: answer.card.is_some(),
        balance: answer.balance.into(),
        pays: answer.pays.into(),
    }
}

fn gift(gift: &Gift, catalog: &Catalog) -> GiftView {
    GiftView {
        sku: catalog.sku(gift.sku).map(|sku| sku.code.clone()).unwrap_or_default(),
        quantity: gift.quantity.get(),
        gift_rule: gift.rule,
    }
}

fn promise(promise: &Result<Promise, NoPromise>) -> Option<PromiseView> {
    let Promise { ship_on, deliver_from_on, deliver_by_on, because } = promise.as_ref().ok()?;
    Some(PromiseView {
        ship_on: ship_on.to_string(),
        deliver_from_on: deliver_from_on.to_string(),
        deliver_by_on: deliver_by_on.to_string(),
        because: match because {
            Because::OnHand => "on_hand",
            Because::NextWorkingDay => "next_working_day",
            Because::ArrivalOn(_) => "arrival",
        },
    })
}
