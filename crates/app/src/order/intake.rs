//! From what a channel, a shopper or a file hands in to an order that can be decided on: every
//! field checked, priced, sealed. Nothing here touches the database, so it runs beside the writer.

mod charges;
pub mod delivery;
pub(crate) mod gifts;
mod region;

use std::sync::Arc;

use jiff::civil::Date;
use ordermill_base::{Currency, Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::address::{Expected, FieldProblem, RawRecipient, Recipient};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::email::Email;
use ordermill_domain::ids::{CartId, ChannelId, CustomerId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review, terms_of};
use ordermill_domain::pricing::{
    self, CouponUse, GiftCard, Quote, QuoteProblem, points::PointsToSpend,
};

pub use self::charges::{ChargedLine, Charges};
pub use self::region::{destination, region_near};

use self::charges::charged;
use self::region::region_of;
use super::place::{Key, PlaceOrder};
use crate::benefit::HandedIn;
use crate::benefit::claim::{Claims, CouponClaim, GiftCardClaim, PointsClaim, buyer_of};
use crate::catalog::{Catalog, Sku};
use crate::privacy::{OrderContact, Vault};
use crate::risk::marks;

/// Lines of one order at most.
pub const LINES_MAX: usize = 200;

/// What somebody wants to buy.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Where it comes from.
    pub channel: ChannelId,
    /// The channel's own id, by which it comes in exactly once.
    pub channel_order_id: Option<String>,
    /// Who buys, unless a guest.
    pub customer: Option<CustomerId>,
    /// In which currency; the catalog's if the shop prices it.
    pub currency: Currency,
    /// Prepaid, or cash on delivery.
    pub terms: PaymentTerms,
    /// What, at least one line.
    pub lines: Vec<NewLine>,
    /// To whom, as received.
    pub recipient: RawRecipient,
    /// Where to write to.
    pub email: Option<String>,
    /// The buyer's wishes; kept sealed.
    pub note: Option<String>,
    /// How it is to be brought; none: as the shop sees fit, to the door.
    pub service_wish: Option<ServiceKind>,
    /// The buyer waits if stock runs out before the money comes.
    pub accepts_backorder: bool,
    /// What the channel charged, when it priced the order itself.
    pub charges: Option<Charges>,
    /// Codes of coupons, as typed.
    pub coupons: Vec<String>,
    /// Points to pay with, at most; they need a customer.
    pub points: u64,
    /// Codes of gift cards, as typed, in the order in which they are spent.
    pub gift_cards: Vec<String>,
    /// The price that the buyer has agreed to; another one is refused.
    pub agreed: Agreed,
    /// The client's key.
    pub key: Option<Key>,
    /// The cart that becomes this order.
    pub cart: Option<CartId>,
}

/// What the buyer was told before; what is not stated agrees to any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreed {
    /// What the order costs, minor units.
    pub total_minor: Option<i64>,
    /// What is left to pay behind points and gift cards, minor units.
    pub to_pay_minor: Option<i64>,
    /// The last day of delivery. It is promised, whatever day would be named now.
    pub arrives_by_on: Option<Date>,
}

impl NewOrder {
    /// A prepaid order of a guest with nothing but what every order has; the rest is plain fields.
    pub fn new(
        channel: ChannelId,
        currency: Currency,
        lines: Vec<NewLine>,
        recipient: RawRecipient,
    ) -> Self {
        Self {
            channel,
            channel_order_id: None,
            customer: None,
            currency,
            terms: PaymentTerms::Prepaid,
            lines,
            recipient,
            email: None,
            note: None,
            service_wish: None,
            accepts_backorder: false,
            charges: None,
            coupons: Vec::new(),
            points: 0,
            gift_cards: Vec::new(),
            agreed: Agreed::default(),
            key: None,
            cart: None,
        }
    }

    /// Whether there are neither coupons, points nor gift cards.
    pub fn hands_in_nothing(&self) -> bool {
        self.coupons.is_empty() && self.points == 0 && self.gift_cards.is_empty()
    }

    /// The coupons, points and gift cards.
    pub fn handed_in(&self) -> HandedIn {
        let (coupons, gift_cards) = (self.coupons.clone(), self.gift_cards.clone());
        HandedIn { coupons, points: self.points, gift_cards }
    }
}

/// A line as handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// The SKU's code.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
}

/// Discounts and tenders that the caller has looked up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Benefits<'a> {
    /// Coupons with their use so far.
    pub coupons: &'a [CouponUse<'a>],
    /// Points to spend.
    pub points: Option<PointsToSpend<'a>>,
    /// Gift cards in the order in which they are spent.
    pub gift_cards: &'a [GiftCard],
}

/// One field that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldIssue {
    /// Dotted path as in the request: `lines.0.sku`, `recipient.phone`.
    pub field: String,
    /// A stable code.
    pub code: &'static str,
    /// What is expected, in English.
    pub detail: String,
}

/// Why an order was not taken in; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// Fields are missing or wrong; all of them are named.
    #[error("{} fields are missing or wrong", .0.len())]
    Fields(Vec<FieldIssue>),
    /// It cannot be priced.
    #[error(transparent)]
    Price(#[from] QuoteProblem),
    /// It costs something else than the buyer has agreed to.
    #[error("the price has changed: the order costs {total}, with {to_pay} left to pay")]
    PriceChanged {
        /// What it costs now.
        total: Money,
        /// What is left to pay behind points and gift cards.
        to_pay: Money,
    },
}

/// What the intake needs of the shop.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    /// What is sold.
    pub catalog: &'a Catalog,
    /// Seals the recipient.
    pub vault: &'a Vault,
}

impl Intake<'_> {
    /// Checks, prices and seals an order, and adds the gifts that come along with it.
    pub fn prepare(
        &self,
        id: OrderId,
        act: Act,
        new: NewOrder,
        benefits: Benefits<'_>,
    ) -> Result<(PlaceOrder, Option<Quote>), IntakeError> {
        let mut issues = Vec::new();
        // What the channel has priced needs no price of ours.
        let priced_in = new.charges.is_none().then_some(new.currency);
        let lines = self.lines(&new.lines, priced_in, &mut issues);
        let recipient = match new.recipient.validate() {
            Ok(recipient) => Some(recipient),
            Err(problems) => {
                issues.extend(problems.into_iter().map(recipient_issue));
                None
            }
        };
        check_texts(&new, &mut issues);
        issues.extend(delivery::check(self.catalog, &new, recipient.as_ref()));
        let (Some(recipient), true) = (recipient, issues.is_empty()) else {
            return Err(IntakeError::Fields(issues));
        };
        let region = region_of(&recipient.address);
        let (amounts, mut terms, quote) = match &new.charges {
            Some(charges) => {
                let (amounts, terms) = charged(&new, &lines, charges)?;
                (amounts, terms, None)
            }
            None => {
                let quote = self.quote(&act, new.currency, &lines, &region, benefits)?;
                let (amounts, terms) = terms_of(&quote);
                (amounts, terms, Some(quote))
            }
        };
        new.agreed.check(&amounts, quote.as_ref())?;
        let about = (act.at, new.channel, amounts.currency);
        let gifts = gifts::gifts_of(self.catalog, about, &terms);
        gifts::append(&mut terms, gifts);
        let order = self.order(id, act, new, recipient, region, (amounts, terms), quote.as_ref());
        Ok((order, quote))
    }

    /// The lines with their SKUs, on sale and, if we price them, with a price in that currency. What
    /// is wrong with them is added to `issues`.
    pub fn lines<'c>(
        &'c self,
        new: &[NewLine],
        priced_in: Option<Currency>,
        issues: &mut Vec<FieldIssue>,
    ) -> Vec<(&'c Sku, Quantity)> {
        let terms = priced_in.map(|currency| (currency, self.catalog.terms_in(currency)));
        if let Some((currency, None)) = terms {
            issues.push(issue("currency", "not_sold", format!("nothing is sold in {currency}")));
        }
        if new.is_empty() {
            issues.push(issue("lines", "required", "an order has at least one line"));
        }
        if new.len() > LINES_MAX {
            issues.push(issue("lines", "too_many", format!("at most {LINES_MAX} lines")));
            return Vec::new();
        }
        let mut lines = Vec::with_capacity(new.len());
        for (index, line) in new.iter().enumerate() {
            let sku = self.catalog.by_code(&line.sku).filter(|sku| sku.is_active);
            if sku.is_none() {
                let field = format!("lines.{index}.sku");
                issues.push(issue(field, "unknown_sku", "no SKU with this code is on sale"));
            }
            let has_price =
                |sku: &Sku| priced_in.is_none_or(|currency| sku.price_in(currency).is_some());
            if let Some(currency) = priced_in.filter(|_| sku.is_some_and(|sku| !has_price(sku))) {
                let field = format!("lines.{index}.sku");
                issues.push(issue(field, "no_price", format!("it has no price in {currency}")));
            }
            match (Quantity::new(line.quantity), sku) {
                (Ok(quantity), Some(sku)) => lines.push((sku, quantity)),
                (Ok(_), None) => {}
                (Err(error), _) => {
                    let field = format!("lines.{index}.quantity");
                    issues.push(issue(field, "out_of_range", error.to_string()));
                }
            }
        }
        lines
    }

    /// The full calculation for checked lines.
    pub fn quote(
        &self,
        act: &Act,
        currency: Currency,
        lines: &[(&Sku, Quantity)],
        region: &str,
        benefits: Benefits<'_>,
    ) -> Result<Quote, IntakeError> {
        let terms = self.catalog.terms_in(currency).ok_or_else(|| {
            let detail = format!("nothing is sold in {currency}");
            IntakeError::Fields(vec![issue("currency", "not_sold", detail)])
        })?;
        // A price that is missing was named before; here its own currency is refused.
        let price = |sku: &Sku| sku.price_in(currency).unwrap_or(sku.price);
        let lines: Vec<pricing::Line<'_>> =
            lines.iter().map(|(sku, quantity)| sku.pricing_line(*quantity, price(sku))).collect();
        Ok(pricing::price(&pricing::Request {
            currency,
            at: act.at,
            destination: destination(region),
            lines: &lines,
            coupons: benefits.coupons,
            points: benefits.points,
            gift_cards: benefits.gift_cards,
            freight: Some(terms.freight),
            taxes: &self.catalog.taxes,
            earning: terms.earning,
        })?)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one order, each computed apart")]
    fn order(
        &self,
        id: OrderId,
        act: Act,
        new: NewOrder,
        recipient: Recipient,
        region: String,
        (amounts, lines): (Amounts, Vec<LineTerms>),
        quote: Option<&Quote>,
    ) -> PlaceOrder {
        // Checked with the other fields before.
        let email = new.email.as_deref().and_then(|email| email.parse::<Email>().ok());
        let contact = OrderContact { recipient, email, note: new.note };
        let sealed = self.vault.seal_recipient(id, &contact);
        let phone = || self.vault.phone_blind(&contact.recipient.phone.e164());
        // Others are read for their marks by the time their money comes.
        let is_reviewed_now = new.terms == PaymentTerms::CashOnDelivery || amounts.total_minor == 0;
        let claims = quote.map(|quote| claims(quote, new.customer, phone)).unwrap_or_default();
        let earned = quote.filter(|_| new.customer.is_some()).map_or(0, |it| it.points_earned);
        PlaceOrder {
            id,
            act,
            placed: Placed {
                channel: new.channel,
                channel_order_id: new.channel_order_id,
                customer: new.customer,
                terms: new.terms,
                promotion: self.catalog.shop.is_promotion && new.charges.is_none(),
                review: Review::Pending,
                amounts,
                lines,
                reserved: Vec::new(),
                coupons: claims.coupons.iter().map(|claim| claim.coupon).collect(),
                points_earned: earned,
                service_wish: new.service_wish,
                promised_by_on: new.agreed.arrives_by_on,
            },
            preference: self.catalog.preference(&region),
            marks: is_reviewed_now.then(|| marks::of(&self.vault.keyring(), &contact)),
            rules: Arc::clone(&self.catalog.review_rules),
            region,
            recipient: sealed,
            accepts_backorder: new.accepts_backorder,
            key: new.key,
            cart: new.cart,
            // What its channel has priced, it has promised as well.
            days: (new.charges.is_none() && new.agreed.arrives_by_on.is_none())
                .then(|| Arc::clone(&self.catalog.days)),
            discounts: quote.map(discounts).unwrap_or_default(),
            claims,
            pay_within: self.catalog.shop.pay_within,
            hold_for: self.catalog.shop.hold_for,
        }
    }
}

impl Agreed {
    fn check(self, amounts: &Amounts, quote: Option<&Quote>) -> Result<(), IntakeError> {
        let total = amounts.total();
        let to_pay = quote.map_or(total, |quote| quote.to_pay);
        let is_as_told = |told: Option<i64>, now: Money| told.is_none_or(|it| it == now.minor);
        if is_as_told(self.total_minor, total) && is_as_told(self.to_pay_minor, to_pay) {
            Ok(())
        } else {
            Err(IntakeError::PriceChanged { total, to_pay })
        }
    }

    /// Whether the buyer knows what to expect, so that a coupon may be left out.
    pub(crate) fn is_stated(self) -> bool {
        self.total_minor.is_some() || self.to_pay_minor.is_some()
    }
}

/// What an order with this price uses up.
fn claims(
    quote: &Quote,
    customer: Option<CustomerId>,
    phone_blind: impl Fn() -> Option<i64>,
) -> Claims {
    let coupons = quote.discounts.iter().map(|discount| CouponClaim {
        coupon: discount.coupon,
        goods_minor: discount.goods.minor,
        freight_minor: discount.freight.minor,
    });
    let coupons: Vec<CouponClaim> = coupons.collect();
    let has_coupons = !coupons.is_empty();
    let mut claims = Claims {
        buyer: if has_coupons { buyer_of(customer, phone_blind()) } else { 0 },
        coupons,
        ..Claims::default()
    };
    for tender in &quote.tenders {
        match *tender {
            pricing::Tender::Points { points, amount } => {
                claims.points = customer.map(|customer| PointsClaim { customer, points, amount });
            }
            pricing::Tender::GiftCard { id: card, amount } => {
                claims.gift_cards.push(GiftCardClaim { card, amount });
            }
        }
    }
    claims
}

/// Where the discounts of each line came from.
fn discounts(quote: &Quote) -> Vec<(u16, String, i64)> {
    let mut rows = Vec::new();
    for (line, line_no) in quote.lines.iter().zip(1..) {
        for share in line.discounts.iter().filter(|share| share.amount.minor > 0) {
            rows.push((line_no, format!("coupon:{}", share.coupon), share.amount.minor));
        }
    }
    rows
}

/// The phone of a recipient, if it is one.
pub(crate) fn buyer_phone(recipient: &RawRecipient) -> Option<String> {
    Some(recipient.validate().ok()?.phone.e164())
}

fn check_texts(new: &NewOrder, issues: &mut Vec<FieldIssue>) {
    crate::benefit::check_counts(new.coupons.len(), new.gift_cards.len(), issues);
    if new.charges.is_some() && !new.hands_in_nothing() {
        let detail = "an order that its channel has priced takes no coupons, points or gift cards";
        issues.push(issue("charges", "mismatch", detail));
    }
    if new.note.as_ref().is_some_and(|note| note.chars().count() > 500) {
        issues.push(issue("note", "too_long", "at most 500 characters"));
    }
    if new.channel_order_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 100) {
        issues.push(issue("channel_order_id", "out_of_range", "1 to 100 bytes"));
    }
    if new.email.as_ref().is_some_and(|email| email.parse::<Email>().is_err()) {
        issues.push(issue("email", "format", "an address such as name@example.com"));
    }
}

fn recipient_issue(problem: FieldProblem) -> FieldIssue {
    let detail = match &problem.expected {
        Expected::OneOf(names) => format!("expected one of: {}", names.join(", ")),
        other => format!("expected {other:?}"),
    };
    let field = format!("recipient.{}", problem.field.name());
    FieldIssue { field, code: problem.code.as_str(), detail }
}

pub(crate) fn issue(
    field: impl Into<String>,
    code: &'static str,
    detail: impl Into<String>,
) -> FieldIssue {
    FieldIssue { field: field.into(), code, detail: detail.into() }
}
