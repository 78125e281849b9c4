//! Pricing: from a request to a quote, step by step.

use ordermill_base::money::split;
use ordermill_base::{Currency, Money, Quantity, Timestamp};

use super::coupon::CouponUse;
use super::freight::{FreightCharge, FreightTable, Goods};
use super::gift_card::{self, GiftCard};
use super::points::{EarnRule, PointsToSpend};
use super::quote::{Discount, DiscountShare, Freight, Quote, QuotedLine, Tender};
use super::tax::{CountryTax, TaxClass, TaxTable};
use super::{BasisPoints, Destination, combination, minor_of, within_limit};
use crate::address::Country;
use crate::ids::{CategoryId, GiftCardId, SkuId};

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
    /// The coupons handed in; their order does not matter, and one named twice counts once.
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
