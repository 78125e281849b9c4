//! Quotes: a request priced line by line, with the reason of every number.

use ordermill_base::money::split;
use ordermill_base::{Currency, Money, Quantity, Timestamp};

use super::coupon::{CouponUse, NotApplicable};
use super::freight::{FreightCharge, FreightTable, Goods};
use super::gift_card::GiftCard;
use super::points::{EarnRule, PointsToSpend};
use super::tax::{CountryTax, TaxClass, TaxMode, TaxTable};
use super::{
    BasisPoints, Country, Destination, Paid, combination, gift_card, minor_of, within_limit,
};
use crate::ids::{CategoryId, CouponId, GiftCardId, SkuId};

/// What is to be priced, and by which rules.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The currency of every amount; others are refused, not converted.
    pub currency: Currency,
    /// When: coupons are valid or not at this moment.
    pub at: Timestamp,
    /// Where to.
    pub destination: Destination<'a>,
    /// At least one.
    pub lines: &'a [Line<'a>],
    /// The coupons handed in; their order does not matter.
    pub coupons: &'a [CouponUse<'a>],
    /// Points that the buyer wants to pay with.
    pub points: Option<PointsToSpend<'a>>,
    /// Gift cards, to be spent in this order.
    pub gift_cards: &'a [GiftCard],
    /// The rates; none: nothing is sent, the buyer collects.
    pub freight: Option<&'a FreightTable>,
    /// The tax rates.
    pub taxes: &'a TaxTable,
    /// How points are earned; none: they are not.
    pub earning: Option<&'a EarnRule>,
}

/// A number of pieces of one SKU.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: Quantity,
    /// The price on the tag of one piece; with tax where the country's prices are shown with it.
    pub unit_price: Money,
    /// The categories the SKU is in; coupons may be for some only.
    pub categories: &'a [CategoryId],
    /// Its class for the tax office.
    pub tax_class: TaxClass,
    /// Of one piece.
    pub weight_grams: u32,
    /// The sides of one piece, in any order; zeros where size does not count.
    pub dimensions_mm: [u32; 3],
    /// Whether carriers must be told of a danger (batteries, paint, perfume).
    pub hazardous: bool,
}

/// What an order costs, and why. See the module for what always adds up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quote {
    /// In the order of the request.
    pub lines: Vec<QuotedLine>,
    /// All lines before discounts.
    pub goods: Money,
    /// What each applied coupon takes off, in the order of application.
    pub discounts: Vec<Discount>,
    /// All discounts on goods and freight.
    pub discount: Money,
    /// What sending costs.
    pub freight: Freight,
    /// Whether the tax is inside the prices.
    pub tax_mode: TaxMode,
    /// The tax of all lines and the freight.
    pub tax: Money,
    /// What the order costs with everything: goods and freight, less discounts, with tax.
    pub total: Money,
    /// What points and gift cards pay of it, in the order of use.
    pub tenders: Vec<Tender>,
    /// What is left to pay.
    pub to_pay: Money,
    /// Points that the goods earn.
    pub points_earned: i64,
    /// Coupons that were handed in but not used, in the order of their ids.
    pub not_applied: Vec<NotApplied>,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuotedLine {
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: Quantity,
    /// The price of one piece.
    pub unit_price: Money,
    /// Unit price times quantity.
    pub gross: Money,
    /// Its share of each coupon's discount.
    pub discounts: Vec<DiscountShare>,
    /// Gross less discounts.
    pub net: Money,
    /// The tax rate.
    pub tax_rate: BasisPoints,
    /// The tax in `net` or on it, by the quote's tax mode.
    pub tax: Money,
    /// What the line costs, with tax.
    pub total: Money,
    /// Its share of each tender.
    pub tenders: Vec<Tender>,
    /// Points that it earns.
    pub points_earned: i64,
}

/// The freight of a quote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Freight {
    /// How it comes about; none: the buyer collects.
    pub charge: Option<FreightCharge>,
    /// The charge before discounts.
    pub gross: Money,
    /// What coupons take off it.
    pub discounts: Vec<DiscountShare>,
    /// Gross less discounts.
    pub net: Money,
    /// The tax rate.
    pub tax_rate: BasisPoints,
    /// The tax in `net` or on it.
    pub tax: Money,
    /// What sending costs, with tax.
    pub total: Money,
    /// Its share of each tender.
    pub tenders: Vec<Tender>,
}

/// A part of a coupon's discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DiscountShare {
    /// Where it comes from.
    pub coupon: CouponId,
    /// What is taken off, not negative.
    pub amount: Money,
}

/// What one coupon takes off the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discount {
    /// The coupon.
    pub coupon: CouponId,
    /// From the goods, prorated to lines.
    pub goods: Money,
    /// From the freight.
    pub freight: Money,
}

/// A coupon that was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NotApplied {
    /// The coupon.
    pub coupon: CouponId,
    /// Why not.
    pub reason: NotApplicable,
}

/// A payment by other means than money, or a line's share of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    /// By points.
    Points {
        /// How many.
        points: i64,
        /// What they pay.
        amount: Money,
    },
    /// By a gift card.
    GiftCard {
        /// Which.
        id: GiftCardId,
        /// What it pays.
        amount: Money,
    },
}

/// Why a request has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteProblem {
    /// There are no lines.
    #[error("an order has at least one line")]
    Empty,
    /// An amount, weight or size is beyond every real order.
    #[error("the order is too large to be priced")]
    TooLarge,
    /// A price, balance or table entry is below zero.
    #[error("prices, balances and rates are not negative")]
    NegativeAmount,
    /// An amount is in another currency than the order.
    #[error("the order is in {expected}, an amount in {found}")]
    CurrencyMismatch {
        /// The order's.
        expected: Currency,
        /// The amount's.
        found: Currency,
    },
    /// Nothing is sent to that destination.
    #[error("nothing is sent to that part of {country}")]
    NotServed {
        /// The destination's.
        country: Country,
    },
    /// Hazardous goods are not sent to that destination.
    #[error("hazardous goods are not sent there")]
    HazardousNotServed,
    /// The tax table has no rate.
    #[error("no tax rate for {country}")]
    NoTaxRate {
        /// The destination's.
        country: Country,
        /// The class without a rate; none: the country is not in the table.
        class: Option<TaxClass>,
    },
    /// The buyer wants to spend more points than there are.
    #[error("{asked} points to spend, but the balance is {balance}")]
    NotEnoughPoints {
        /// What the buyer wants to spend.
        asked: u64,
        /// What there is.
        balance: u64,
    },
    /// The same gift card is named more than once.
    #[error("gift card {0} is named twice")]
    GiftCardTwice(GiftCardId),
}

/// Prices a request. Gives the same quote for the same request, whatever the order of its coupons.
///
/// # Errors
/// A [`QuoteProblem`] if there is nothing to price or no honest price. A coupon that does not apply
/// is not an error: it is named in [`Quote::not_applied`].
pub fn price(request: &Request<'_>) -> Result<Quote, QuoteProblem> {
    let tax = request.taxes.of_country(request.destination.country)?;
    let mut lines = Vec::with_capacity(request.lines.len());
    let mut goods = 0_i128;
    for line in request.lines {
        let quoted = request.quoted_line(line, tax)?;
        goods += i128::from(quoted.gross.minor);
        lines.push(quoted);
    }
    if lines.is_empty() {
        return Err(QuoteProblem::Empty);
    }
    let goods = within_limit(goods)?;

    let nothing = request.money(0);
    let mut quote = Quote {
        lines,
        goods: request.money(goods),
        discounts: Vec::new(),
        discount: nothing,
        freight: request.no_freight_yet(tax)?,
        tax_mode: tax.mode,
        tax: nothing,
        total: nothing,
        tenders: Vec::new(),
        to_pay: nothing,
        points_earned: 0,
        not_applied: Vec::new(),
    };
    let charge = if request.coupons.is_empty() {
        request.freight_charge(Goods { before_discounts: goods, after_discounts: goods })?
    } else {
        quote.discount(request)?
    };
    if let Some(charge) = charge {
        quote.freight.gross = charge.amount;
        quote.freight.net.minor += charge.amount.minor;
        quote.freight.charge = Some(charge);
    }
    quote.tax_and_total();
    quote.earn(request)?;
    quote.settle(request)?;
    Ok(quote)
}

impl Request<'_> {
    fn quoted_line(&self, line: &Line<'_>, tax: &CountryTax) -> Result<QuotedLine, QuoteProblem> {
        let unit_price = minor_of(line.unit_price, self.currency)?;
        let gross = within_limit(i128::from(unit_price) * i128::from(line.quantity.get()))?;
        Ok(QuotedLine {
            sku: line.sku,
            quantity: line.quantity,
            unit_price: line.unit_price,
            gross: self.money(gross),
            discounts: Vec::new(),
            net: self.money(gross),
            tax_rate: self.tax_rate(tax, line.tax_class)?,
            tax: self.money(0),
            total: self.money(0),
            tenders: Vec::new(),
            points_earned: 0,
        })
    }

    fn no_freight_yet(&self, tax: &CountryTax) -> Result<Freight, QuoteProblem> {
        let nothing = self.money(0);
        let tax_rate = match self.freight {
            Some(_) => self.tax_rate(tax, tax.freight)?,
            None => BasisPoints::ZERO,
        };
        Ok(Freight {
            charge: None,
            gross: nothing,
            discounts: Vec::new(),
            net: nothing,
            tax_rate,
            tax: nothing,
            total: nothing,
            tenders: Vec::new(),
        })
    }

    pub(super) fn freight_charge(
        &self,
        goods: Goods,
    ) -> Result<Option<FreightCharge>, QuoteProblem> {
        self.freight
            .map(|table| table.charge(self.destination, self.lines, goods, self.currency))
            .transpose()
    }

    fn tax_rate(&self, tax: &CountryTax, class: TaxClass) -> Result<BasisPoints, QuoteProblem> {
        let country = self.destination.country;
        tax.rate(class).ok_or(QuoteProblem::NoTaxRate { country, class: Some(class) })
    }

    const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

impl Quote {
    /// Applies the best combination of coupons; gives the freight that goes with it.
    fn discount(&mut self, request: &Request<'_>) -> Result<Option<FreightCharge>, QuoteProblem> {
        let gross: Vec<i64> = self.lines.iter().map(|line| line.gross.minor).collect();
        let outcome = combination::best(request, &gross)?;
        for applied in outcome.applied {
            let coupon = applied.coupon;
            for (line, &share) in self.lines.iter_mut().zip(&applied.lines) {
                if share > 0 {
                    line.net.minor -= share;
                    line.discounts.push(DiscountShare { coupon, amount: request.money(share) });
                }
            }
            if applied.freight > 0 {
                let amount = request.money(applied.freight);
                self.freight.net.minor -= applied.freight;
                self.freight.discounts.push(DiscountShare { coupon, amount });
            }
            let goods = applied.lines.iter().sum();
            self.discount.minor += goods + applied.freight;
            self.discounts.push(Discount {
                coupon,
                goods: request.money(goods),
                freight: request.money(applied.freight),
            });
        }
        self.not_applied = outcome.not_applied;
        Ok(outcome.charge)
    }

    fn tax_and_total(&mut self) {
        for line in &mut self.lines {
            line.tax.minor = self.tax_mode.tax(line.net.minor, line.tax_rate);
            line.total.minor = self.tax_mode.total(line.net.minor, line.tax.minor);
            self.tax.minor += line.tax.minor;
            self.total.minor += line.total.minor;
        }
        let freight = &mut self.freight;
        freight.tax.minor = self.tax_mode.tax(freight.net.minor, freight.tax_rate);
        freight.total.minor = self.tax_mode.total(freight.net.minor, freight.tax.minor);
        self.tax.minor += freight.tax.minor;
        self.total.minor += freight.total.minor;
        self.to_pay = self.total;
    }

    fn earn(&mut self, request: &Request<'_>) -> Result<(), QuoteProblem> {
        let Some(rule) = request.earning else { return Ok(()) };
        let net: i64 = self.lines.iter().map(|line| line.net.minor).sum();
        self.points_earned = rule.earned(net, request.currency)?;
        if self.points_earned > 0 {
            let weights: Vec<i64> = self.lines.iter().map(|line| line.net.minor).collect();
            for (line, points) in self.lines.iter_mut().zip(split(self.points_earned, &weights)) {
                line.points_earned = points;
            }
        }
        Ok(())
    }

    /// Pays with points, then with gift cards, and prorates each to lines and freight.
    fn settle(&mut self, request: &Request<'_>) -> Result<(), QuoteProblem> {
        if let Some(wish) = &request.points {
            let (points, amount) = wish.spent(self.total.minor, request.currency)?;
            if amount > 0 {
                self.tenders.push(Tender::Points { points, amount: request.money(amount) });
                self.to_pay.minor -= amount;
            }
        }
        for (id, amount) in
            gift_card::spend(request.gift_cards, request.currency, self.to_pay.minor)?
        {
            self.tenders.push(Tender::GiftCard { id, amount: request.money(amount) });
            self.to_pay.minor -= amount;
        }
        if self.tenders.is_empty() {
            return Ok(());
        }
        // What no tender has paid yet: of each line, and last of the freight. A tender is at most
        // the sum of these, so no share is above what is open.
        let totals = self.lines.iter().map(|line| line.total).chain([self.freight.total]);
        let mut open: Vec<i64> = totals.map(|total| total.minor).collect();
        for &tender in &self.tenders {
            let amounts = split(tender.amount().minor, &open);
            let points = split(tender.points(), &amounts);
            for (open, share) in open.iter_mut().zip(&amounts) {
                *open -= share;
            }
            let sinks =
                self.lines.iter_mut().map(|l| &mut l.tenders).chain([&mut self.freight.tenders]);
            for (sink, (&amount, &points)) in sinks.zip(amounts.iter().zip(&points)) {
                if amount > 0 {
                    sink.push(tender.with(request.money(amount), points));
                }
            }
        }
        Ok(())
    }
}

impl QuotedLine {
    /// What refunds of the line are derived from.
    pub fn paid(&self) -> Paid<'_> {
        Paid {
            quantity: self.quantity,
            total: self.total,
            tax: self.tax,
            tenders: &self.tenders,
            points_earned: self.points_earned,
        }
    }
}

impl Freight {
    /// What a refund of the freight is derived from: one piece that comes back or not.
    pub fn paid(&self) -> Paid<'_> {
        Paid {
            quantity: Quantity::ONE,
            total: self.total,
            tax: self.tax,
            tenders: &self.tenders,
            points_earned: 0,
        }
    }
}

impl Tender {
    /// What it pays.
    pub const fn amount(&self) -> Money {
        match self {
            Self::Points { amount, .. } | Self::GiftCard { amount, .. } => *amount,
        }
    }

    /// How many points it takes; 0 for a gift card.
    pub const fn points(&self) -> i64 {
        match self {
            Self::Points { points, .. } => *points,
            Self::GiftCard { .. } => 0,
        }
    }

    /// Whether both come from the points, or from the same gift card.
    pub(super) fn same_source(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Points { .. }, Self::Points { .. }) => true,
            (Self::GiftCard { id, .. }, Self::GiftCard { id: other, .. }) => id == other,
            (Self::Points { .. }, Self::GiftCard { .. })
            | (Self::GiftCard { .. }, Self::Points { .. }) => false,
        }
    }

    /// The same source with another amount, and other points if it has any.
    pub(super) const fn with(self, amount: Money, points: i64) -> Self {
        match self {
            Self::Points { .. } => Self::Points { points, amount },
            Self::GiftCard { id, .. } => Self::GiftCard { id, amount },
        }
    }
}
