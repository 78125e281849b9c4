//! A channel's order in our terms, or everything that is missing before it can be one. Pure.

use std::collections::{HashMap, VecDeque};

use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::{ChannelId, SkuId};
use ordermill_domain::order::{OrderLine, PaymentTerms};
use ordermill_domain::pricing::TaxMode;
use ordermill_ports::channel::{Amount, ChannelLine, ChannelOrder, Discount, PostalAddress, Tax};
use serde::{Deserialize, Serialize};

use super::ChannelSettings;
use crate::catalog::Catalog;
use crate::order::intake::{Agreed, ChargedLine, Charges, FieldIssue, NewLine, NewOrder};

/// Something that keeps a channel's order from becoming one of ours. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missing {
    /// Which part: `lines.0.sku`, `recipient.phone`, `total`.
    pub field: String,
    /// A stable code of the reason.
    pub code: String,
    /// What is expected, for whoever completes it.
    pub detail: String,
}

impl Missing {
    pub(super) fn new(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.to_owned(), detail: detail.into() }
    }

    /// Whether somebody has to say which SKU is meant.
    pub(super) fn is_unknown_sku(&self) -> bool {
        self.code == "unknown_sku"
    }
}

impl From<FieldIssue> for Missing {
    fn from(issue: FieldIssue) -> Self {
        Self::new(issue.field, issue.code, issue.detail)
    }
}

/// The order as the intake wants it, with exactly the channel's amounts.
pub(super) fn map(
    theirs: &ChannelOrder,
    channel: ChannelId,
    settings: &ChannelSettings,
    catalog: &Catalog,
) -> Result<NewOrder, Vec<Missing>> {
    let mut missing = Vec::new();
    let (lines, charged) = lines(theirs, settings, catalog, &mut missing);
    let (freight_minor, freight_tax_minor) = freight(theirs, &mut missing);
    if theirs.totals.tip.as_ref().is_some_and(|tip| minor(tip, "tip", &mut missing) != 0) {
        missing.push(Missing::new("tip", "unsupported", "a tip is part of no order line"));
    }
    let total = theirs.totals.total.money();
    let currency = match &total {
        Ok(total) => total.currency,
        Err(error) => {
            missing.push(Missing::new("total", "amount", error.to_string()));
            return Err(missing);
        }
    };
    let Some(recipient) = &theirs.recipient else {
        missing.push(Missing::new("recipient", "required", "the order has no address to ship to"));
        return Err(missing);
    };
    let charges = Charges {
        lines: charged,
        freight_minor,
        freight_tax_minor,
        tax_mode: if theirs.prices_include_tax { TaxMode::Inclusive } else { TaxMode::Exclusive },
    };
    if let Ok(total) = total {
        check_total(theirs, &charges, total.minor, &mut missing);
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(NewOrder {
        channel,
        channel_order_id: Some(theirs.id.clone()),
        customer: None,
        currency,
        terms: terms(theirs),
        lines,
        recipient: raw_recipient(theirs, recipient),
        email: theirs.buyer.mail.clone(),
        note: theirs.note.clone().map(|note| note.chars().take(500).collect()),
        service_wish: None,
        accepts_backorder: false,
        charges: Some(charges),
        coupons: Vec::new(),
        points: 0,
        gift_cards: Vec::new(),
        agreed: Agreed::default(),
        key: None,
        cart: None,
    })
}

fn lines(
    theirs: &ChannelOrder,
    settings: &ChannelSettings,
    catalog: &Catalog,
    missing: &mut Vec<Missing>,
) -> (Vec<NewLine>, Vec<ChargedLine>) {
    let mut lines = Vec::with_capacity(theirs.lines.len());
    let mut charged = Vec::with_capacity(theirs.lines.len());
    // A line that was taken off the order stays with quantity 0.
    let bought = theirs.lines.iter().enumerate().filter(|(_, line)| line.quantity > 0);
    for (index, line) in bought {
        let field = |part: &str| format!("lines.{index}.{part}");
        if line.is_gift_card {
            let detail = "a gift card is no goods; it cannot be fulfilled here";
            missing.push(Missing::new(field("sku"), "gift_card", detail));
        }
        let (theirs_code, ours) = sku_of(line, settings);
        if catalog.by_code(&ours).is_none_or(|sku| !sku.is_active) {
            let detail =
                format!("no SKU {theirs_code:?} is on sale; the channel calls it {:?}", line.title);
            missing.push(Missing::new(field("sku"), "unknown_sku", detail));
        }
        lines.push(NewLine { sku: ours, quantity: i64::from(line.quantity) });
        charged.push(ChargedLine {
            unit_price_minor: minor(&line.unit_price, &field("price"), missing),
            discount_minor: discounts(&line.discounts, &field("discounts"), missing),
            tax_minor: taxes(&line.taxes, &field("taxes"), missing),
        });
    }
    (lines, charged)
}

/// The channel's own ids of our lines, by their numbers. Lines of one SKU keep their order.
pub(super) fn line_ids(
    theirs: &ChannelOrder,
    settings: &ChannelSettings,
    catalog: &Catalog,
    ours: &[OrderLine],
) -> HashMap<u16, String> {
    let mut by_sku: HashMap<SkuId, VecDeque<&str>> = HashMap::new();
    for line in theirs.lines.iter().filter(|line| line.quantity > 0) {
        if let Some(sku) = catalog.by_code(&sku_of(line, settings).1) {
            by_sku.entry(sku.id).or_default().push_back(&line.id);
        }
    }
    // What was sent in place of something is on no line of theirs.
    let placed = ours.iter().filter(|line| line.terms.stands_for.is_none());
    let found = placed.filter_map(|line| {
        let id = by_sku.get_mut(&line.terms.sku)?.pop_front()?;
        Some((line.terms.line_no, id.to_owned()))
    });
    found.collect()
}

/// What the channel calls it, and what we do.
fn sku_of(line: &ChannelLine, settings: &ChannelSettings) -> (String, String) {
    let by_id = |kind: &str, id: &Option<String>| id.as_ref().map(|id| format!("{kind}:{id}"));
    let theirs = line
        .sku
        .clone()
        .filter(|sku| !sku.is_empty())
        .or_else(|| by_id("variant", &line.variant_id))
        .or_else(|| by_id("product", &line.product_id))
        .unwrap_or_default();
    let ours = settings.sku_aliases.get(&theirs).cloned().unwrap_or_else(|| theirs.clone());
    (theirs, ours)
}

fn freight(theirs: &ChannelOrder, missing: &mut Vec<Missing>) -> (i64, i64) {
    let (mut price, mut tax) = (0_i64, 0_i64);
    for (index, line) in theirs.shipping.iter().enumerate() {
        let field = format!("shipping.{index}");
        let off = discounts(&line.discounts, &field, missing);
        price = price.saturating_add(minor(&line.price, &field, missing)).saturating_sub(off);
        tax = tax.saturating_add(taxes(&line.taxes, &field, missing));
    }
    (price, tax)
}

/// The channel's sum has the last word: if ours is another, something was not understood.
fn check_total(
    theirs: &ChannelOrder,
    charges: &Charges,
    total_minor: i64,
    missing: &mut Vec<Missing>,
) {
    let bought = theirs.lines.iter().filter(|line| line.quantity > 0);
    let mut ours = i128::from(charges.freight_minor);
    for (line, charge) in bought.zip(&charges.lines) {
        ours += i128::from(charge.unit_price_minor) * i128::from(line.quantity);
        ours -= i128::from(charge.discount_minor);
    }
    if charges.tax_mode == TaxMode::Exclusive {
        ours += i128::from(charges.freight_tax_minor);
        ours += charges.lines.iter().map(|line| i128::from(line.tax_minor)).sum::<i128>();
    }
    if ours != i128::from(total_minor) {
        let detail =
            format!("the parts add up to {ours} minor units, the channel says {total_minor}");
        missing.push(Missing::new("total", "mismatch", detail));
    }
}

/// Cash at the door if the buyer chose nothing else; every other order is paid before it ships.
fn terms(theirs: &ChannelOrder) -> PaymentTerms {
    let is_cash = |gateway: &String| {
        let gateway = gateway.to_lowercase().replace('_', " ");
        gateway.contains("cash on delivery") || gateway == "cod"
    };
    let gateways = &theirs.payment.gateways;
    match !gateways.is_empty() && gateways.iter().all(is_cash) {
        true => PaymentTerms::CashOnDelivery,
        false => PaymentTerms::Prepaid,
    }
}

fn raw_recipient(theirs: &ChannelOrder, to: &PostalAddress) -> RawRecipient {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let phone = to.phone.clone().filter(|phone| !phone.is_empty());
    let billing = theirs.billing.as_ref().and_then(|billing| billing.phone.clone());
    let name = to.name.clone().filter(|name| !name.is_empty());
    let lines = [&to.company, &to.line_1, &to.line_2];
    RawRecipient {
        name: name.or_else(|| theirs.buyer.name.clone()).unwrap_or_default(),
        phone: phone.or_else(|| theirs.buyer.phone.clone()).or(billing).unwrap_or_default(),
        address: RawAddress {
            country: to.country_code.clone().or_else(|| to.country.clone()).unwrap_or_default(),
            province: text(&to.province),
            city: text(&to.city),
            district: String::new(),
            street: lines.into_iter().flatten().filter(|line| !line.is_empty()).cloned().collect(),
            postal_code: text(&to.postal_code),
        },
    }
}

fn minor(amount: &Amount, field: &str, missing: &mut Vec<Missing>) -> i64 {
    amount.money().map_or_else(
        |error| {
            missing.push(Missing::new(field, "amount", error.to_string()));
            0
        },
        |money| money.minor,
    )
}

fn discounts(discounts: &[Discount], field: &str, missing: &mut Vec<Missing>) -> i64 {
    let amounts = discounts.iter().filter_map(|discount| discount.amount.as_ref());
    amounts.fold(0, |sum: i64, amount| sum.saturating_add(minor(amount, field, missing)))
}

fn taxes(taxes: &[Tax], field: &str, missing: &mut Vec<Missing>) -> i64 {
    taxes.iter().fold(0, |sum: i64, tax| sum.saturating_add(minor(&tax.amount, field, missing)))
}
