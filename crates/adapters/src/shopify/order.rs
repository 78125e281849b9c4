//! The mapping: which of Shopify's fields is which of ours.
//!
//! Reference: Admin REST API, resource Order.

use ordermill_ports::channel::{
    Buyer, Cancellation, ChannelLine, ChannelOrder, Discount, PaymentFacts, PaymentState,
    PostalAddress, ShippingLine, Tax, Totals,
};
use serde_json::value::RawValue;

use super::fields::{Fields, Problems};

pub use super::fields::Problem;

/// An order that cannot be mapped, with everything that is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmappable {
    /// Shopify's id of the order, if that much is readable.
    pub order_id: Option<String>,
    /// What is missing or unreadable; never empty.
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for Unmappable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.order_id.as_deref().unwrap_or("without an id");
        write!(f, "Shopify order {id} cannot be mapped:")?;
        for (index, problem) in self.problems.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let what = if problem.is_missing { "is missing" } else { "is not" };
            write!(f, "{comma} {} {what} {}", problem.path, problem.expected)?;
        }
        Ok(())
    }
}

impl std::error::Error for Unmappable {}

/// Maps one order: the body of a webhook.
pub fn read_order(json: &[u8]) -> Result<ChannelOrder, Unmappable> {
    let text = std::str::from_utf8(json).unwrap_or_default();
    map(text)
}

/// Maps a page of orders as the API lists them, `{"orders": […]}`. An order that cannot be mapped
/// does not stand in the way of its neighbors; a page that is none fails as a whole.
pub fn read_orders(json: &[u8]) -> Result<Vec<Result<ChannelOrder, Unmappable>>, Unmappable> {
    #[derive(serde::Deserialize)]
    struct Page {
        orders: Vec<Box<RawValue>>,
    }
    let page: Page = serde_json::from_slice(json).map_err(|_| {
        let problem = Problem { path: "orders".into(), expected: "a list", is_missing: false };
        Unmappable { order_id: None, problems: vec![problem] }
    })?;
    Ok(page.orders.iter().map(|raw| map(raw.get())).collect())
}

fn map(json: &str) -> Result<ChannelOrder, Unmappable> {
    let problems = Problems::default();
    let order = order(Fields::read(json, String::new(), &problems));
    let problems = problems.into_list();
    if problems.is_empty() {
        Ok(order)
    } else {
        let order_id = Some(order.id).filter(|id| !id.is_empty());
        Err(Unmappable { order_id, problems })
    }
}

fn order(mut from: Fields<'_>) -> ChannelOrder {
    let id = from.required_text("id");
    // `name` is what the buyer sees (#1001); older payloads have only the number.
    let number = from.text("name").or_else(|| from.text("order_number"));
    let number = number.unwrap_or_else(|| {
        from.missing("name", "a text");
        String::new()
    });
    let placed_at = from.moment("created_at").unwrap_or_else(|| {
        from.missing("created_at", "a moment by RFC 3339");
        ordermill_base::Timestamp::from_micros(0)
    });
    let updated_at = from.moment("updated_at").unwrap_or(placed_at);
    let reason = from.text("cancel_reason");
    let cancellation = from.moment("cancelled_at").map(|at| Cancellation { at, reason });
    let currency = from.required_text("currency");
    let names = discount_names(&from);

    let lines = lines(&mut from, &currency, &names);
    let shipping = shipping(&mut from, &currency, &names);
    let discounts = discount_codes(&mut from, &currency);
    let taxes = taxes(&mut from, &currency);
    let totals = totals(&mut from, &currency);
    ChannelOrder {
        id,
        number,
        is_test: from.flag("test").unwrap_or(false),
        placed_at,
        updated_at,
        cancellation,
        buyer: buyer(&mut from),
        recipient: address(&mut from, "shipping_address"),
        billing: address(&mut from, "billing_address"),
        lines,
        shipping,
        discounts,
        taxes,
        prices_include_tax: from.flag("taxes_included").unwrap_or(false),
        totals,
        payment: payment(&mut from, &currency),
        note: from.text("note"),
        attributes: from.attributes("note_attributes"),
        unmapped: from.rest(),
    }
}

fn lines(from: &mut Fields<'_>, currency: &str, names: &[Option<String>]) -> Vec<ChannelLine> {
    let lines = from.objects("line_items");
    if lines.is_empty() {
        from.missing("line_items", "at least one line");
    }
    lines.into_iter().map(|fields| line(fields, currency, names)).collect()
}

fn line(mut from: Fields<'_>, currency: &str, names: &[Option<String>]) -> ChannelLine {
    let unit_price = from.amount("price", currency);
    let unit_price = from.required("price", unit_price);
    let quantity = from.count("quantity").unwrap_or_else(|| {
        from.missing("quantity", "a whole number");
        0
    });
    ChannelLine {
        id: from.required_text("id"),
        sku: from.text("sku"),
        variant_id: from.text("variant_id"),
        product_id: from.text("product_id"),
        title: from.required_text("title"),
        variant_title: from.text("variant_title"),
        quantity,
        unit_price,
        discounts: line_discounts(&mut from, currency, names),
        taxes: taxes(&mut from, currency),
        weight_grams: from.count("grams"),
        requires_shipping: from.flag("requires_shipping").unwrap_or(true),
        is_gift_card: from.flag("gift_card").unwrap_or(false),
        properties: from.attributes("properties"),
        unmapped: from.rest(),
    }
}

/// Shares of discounts. Where a line has no shares its plain total counts, as in orders that were
/// made from drafts.
fn line_discounts(
    from: &mut Fields<'_>,
    currency: &str,
    names: &[Option<String>],
) -> Vec<Discount> {
    let shares = allocations(from, currency, names);
    if !shares.is_empty() {
        return shares;
    }
    let total = from.amount("total_discount", currency);
    let total = total.filter(|amount| amount.decimal.bytes().any(|it| matches!(it, b'1'..=b'9')));
    total
        .map(|amount| Discount { name: None, amount: Some(amount), unmapped: Default::default() })
        .into_iter()
        .collect()
}

fn allocations(from: &mut Fields<'_>, currency: &str, names: &[Option<String>]) -> Vec<Discount> {
    let shares = from.objects("discount_allocations").into_iter();
    shares
        .map(|mut share| {
            let amount = share.amount("amount", currency);
            let amount = Some(share.required("amount", amount));
            let index = share.peek("discount_application_index");
            let index = index.and_then(|raw| raw.get().parse::<usize>().ok());
            let name = index.and_then(|index| names.get(index).cloned()).flatten();
            Discount { name, amount, unmapped: share.rest() }
        })
        .collect()
}

fn shipping(from: &mut Fields<'_>, currency: &str, names: &[Option<String>]) -> Vec<ShippingLine> {
    let lines = from.objects("shipping_lines").into_iter();
    lines
        .map(|mut line| {
            let price = line.amount("price", currency);
            ShippingLine {
                id: line.text("id"),
                code: line.text("code"),
                title: line.required_text("title"),
                price: line.required("price", price),
                discounts: allocations(&mut line, currency, names),
                taxes: taxes(&mut line, currency),
                unmapped: line.rest(),
            }
        })
        .collect()
}

fn discount_codes(from: &mut Fields<'_>, currency: &str) -> Vec<Discount> {
    let codes = from.objects("discount_codes").into_iter();
    codes
        .map(|mut code| Discount {
            name: code.text("code"),
            amount: code.amount("amount", currency),
            unmapped: code.rest(),
        })
        .collect()
}

/// What the discounts are called, by their place in `discount_applications`, which itself stays
/// among the unmapped.
fn discount_names(from: &Fields<'_>) -> Vec<Option<String>> {
    #[derive(serde::Deserialize)]
    struct Application {
        code: Option<String>,
        title: Option<String>,
    }
    let raw = from.peek("discount_applications").map_or("[]", RawValue::get);
    let applications: Vec<Application> = serde_json::from_str(raw).unwrap_or_default();
    applications.into_iter().map(|it| it.code.or(it.title)).collect()
}

fn taxes(from: &mut Fields<'_>, currency: &str) -> Vec<Tax> {
    let taxes = from.objects("tax_lines").into_iter();
    taxes
        .map(|mut tax| {
            let amount = tax.amount("price", currency);
            Tax {
                title: tax.required_text("title"),
                rate: tax.text("rate"),
                amount: tax.required("price", amount),
                unmapped: tax.rest(),
            }
        })
        .collect()
}

fn totals(from: &mut Fields<'_>, currency: &str) -> Totals {
    let total = from.amount("total_price", currency);
    Totals {
        goods: from.amount("total_line_items_price", currency),
        discounts: from.amount("total_discounts", currency),
        subtotal: from.amount("subtotal_price", currency),
        shipping: from.amount_set("total_shipping_price_set"),
        tax: from.amount("total_tax", currency),
        tip: from.amount("total_tip_received", currency),
        total: from.required("total_price", total),
    }
}

fn payment(from: &mut Fields<'_>, currency: &str) -> PaymentFacts {
    let channel_state = from.text("financial_status");
    let state = match channel_state.as_deref() {
        None | Some("pending" | "unpaid") => PaymentState::Unpaid,
        Some("authorized") => PaymentState::Authorized,
        Some("partially_paid") => PaymentState::PartiallyPaid,
        Some("paid") => PaymentState::Paid,
        Some("partially_refunded") => PaymentState::PartiallyRefunded,
        Some("refunded") => PaymentState::Refunded,
        Some("voided" | "expired") => PaymentState::Voided,
        Some(_) => PaymentState::Other,
    };
    PaymentFacts {
        state,
        channel_state,
        gateways: from.texts("payment_gateway_names"),
        outstanding: from.amount("total_outstanding", currency),
    }
}

/// Who bought. What was entered for this order goes before what the account says.
fn buyer(from: &mut Fields<'_>) -> Buyer {
    let mut buyer = Buyer {
        mail: from.text("email"),
        phone: from.text("phone"),
        locale: from.text("customer_locale"),
        ..Buyer::default()
    };
    if buyer.mail.is_none() {
        buyer.mail = from.text("contact_email");
    }
    if let Some(mut customer) = from.object("customer") {
        buyer.id = customer.text("id");
        let parts = [customer.text("first_name"), customer.text("last_name")];
        buyer.name = Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .filter(|name| !name.is_empty());
        if buyer.mail.is_none() {
            buyer.mail = customer.text("email");
        }
        if buyer.phone.is_none() {
            buyer.phone = customer.text("phone");
        }
        from.give_back("customer", customer);
    }
    buyer
}

fn address(from: &mut Fields<'_>, name: &str) -> Option<PostalAddress> {
    let mut fields = from.object(name)?;
    Some(PostalAddress {
        name: fields.text("name"),
        company: fields.text("company"),
        phone: fields.text("phone"),
        line_1: fields.text("address1"),
        line_2: fields.text("address2"),
        city: fields.text("city"),
        province: fields.text("province"),
        province_code: fields.text("province_code"),
        postal_code: fields.text("zip"),
        country: fields.text("country"),
        country_code: fields.text("country_code"),
        unmapped: fields.rest(),
    })
}
