use ordermill_base::{Currency, Money, MoneyError};
use ordermill_ports::channel::{Amount, AmountError, PaymentState};

use super::*;

/// A payload of our own with everything that the mapping knows.
const ORDER: &str = r##"{
  "id": 820982911946154508, "name": "#1001", "order_number": 1001, "test": true,
  "email": "li@example.com", "phone": null, "customer_locale": "zh-CN",
  "created_at": "2026-11-20T09:30:00+08:00", "updated_at": "2026-11-20T09:31:00+08:00",
  "cancelled_at": null, "cancel_reason": null,
  "currency": "USD", "presentment_currency": "EUR", "taxes_included": false,
  "total_line_items_price": "40.10", "total_discounts": "5.50", "subtotal_price": "34.60",
  "total_tax": "2.08", "total_tip_received": "0.00", "total_outstanding": "0.00",
  "total_price": "40.68",
  "total_price_set": {"shop_money": {"amount": "40.68", "currency_code": "USD"},
                      "presentment_money": {"amount": "37.43", "currency_code": "EUR"}},
  "total_shipping_price_set": {"shop_money": {"amount": "4.00", "currency_code": "USD"},
                               "presentment_money": {"amount": "4.00", "currency_code": "USD"}},
  "financial_status": "paid", "payment_gateway_names": ["gift_card", "bogus"],
  "note": "Please ring twice", "note_attributes": [{"name": "delivery day", "value": "Monday"}],
  "discount_codes": [{"code": "AUTUMN", "amount": "5.50", "type": "fixed_amount"}],
  "discount_applications": [{"type": "discount_code", "code": "AUTUMN", "value": "5.5"}],
  "customer": {"id": 7, "first_name": "Li", "last_name": "Lei", "phone": "+8613800138000", "tags": "vip"},
  "shipping_address": {"name": "Li Lei", "address1": "1 Tea Road", "address2": "", "city": "Hangzhou",
    "province": "Zhejiang", "province_code": "ZJ", "zip": "310000", "country": "China",
    "country_code": "CN", "phone": "13800138000", "latitude": 30.27410000000000012345},
  "line_items": [
    {"id": 11, "sku": "TEA-1", "variant_id": 101, "product_id": 100, "title": "Green tea",
     "variant_title": "100 g", "quantity": 2, "price": "12.55", "grams": 120, "total_discount": "0.00",
     "requires_shipping": true, "gift_card": false,
     "properties": [{"name": "engraving", "value": "茶"}, {"name": "count", "value": 2}],
     "discount_allocations": [{"amount": "5.50", "discount_application_index": 0,
        "amount_set": {"shop_money": {"amount": "5.50", "currency_code": "USD"},
                       "presentment_money": {"amount": "5.06", "currency_code": "EUR"}}}],
     "tax_lines": [{"title": "State tax", "rate": 0.06, "price": 2.08}]},
    {"id": 12, "sku": "", "variant_id": null, "title": "Gift card", "quantity": 1, "price": 15.00,
     "requires_shipping": false, "gift_card": true, "total_discount": "1.00"}
  ],
  "shipping_lines": [{"id": 21, "code": "EXP", "title": "Express", "price": "4.00", "source": "shopify",
     "discount_allocations": [], "tax_lines": []}],
  "tax_lines": [{"title": "State tax", "rate": 0.06, "price": "2.08"}]
}"##;

fn minor(amount: &Amount) -> i64 {
    amount.money().unwrap().minor
}

#[test]
fn an_order_is_mapped_with_its_money_to_the_cent() {
    let order = read_order(ORDER.as_bytes()).unwrap();
    assert_eq!((order.id.as_str(), order.number.as_str()), ("820982911946154508", "#1001"));
    assert!(order.is_test && order.cancellation.is_none());
    assert_eq!(order.placed_at.to_string(), "2026-11-20T01:30:00Z");
    assert_eq!(order.payment.state, PaymentState::Paid);
    assert_eq!(order.payment.gateways, ["gift_card", "bogus"]);

    let total = &order.totals.total;
    assert_eq!(total.money(), Ok(Money::new(4_068, Currency::Usd)));
    let seen = total.presentment.as_deref().unwrap();
    assert_eq!(seen.money(), Ok(Money::new(3_743, Currency::Eur)));
    let shipping = order.totals.shipping.as_ref().unwrap();
    assert_eq!((minor(shipping), &shipping.presentment), (400, &None));

    let tea = &order.lines[0];
    assert_eq!(
        (tea.sku.as_deref(), tea.quantity, minor(&tea.unit_price)),
        (Some("TEA-1"), 2, 1_255)
    );
    assert_eq!(tea.discounts[0].name.as_deref(), Some("AUTUMN"));
    let share = tea.discounts[0].amount.as_ref().unwrap();
    assert_eq!((minor(share), minor(share.presentment.as_ref().unwrap())), (550, 506));
    assert_eq!((tea.taxes[0].rate.as_deref(), minor(&tea.taxes[0].amount)), (Some("0.06"), 208));
    let properties: Vec<_> =
        tea.properties.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    assert_eq!(properties, [("engraving", "茶"), ("count", "2")]);

    let card = &order.lines[1];
    assert!(card.is_gift_card && !card.requires_shipping && card.sku.is_none());
    assert_eq!(card.unit_price.decimal, "15.00", "a number keeps its digits");
    assert_eq!(minor(card.discounts[0].amount.as_ref().unwrap()), 100);

    assert_eq!(order.discounts[0].name.as_deref(), Some("AUTUMN"));
    assert_eq!(order.buyer.name.as_deref(), Some("Li Lei"));
    assert_eq!(order.buyer.phone.as_deref(), Some("+8613800138000"));
    assert_eq!(order.recipient.as_ref().unwrap().line_2, None);
    assert_eq!(order.note.as_deref(), Some("Please ring twice"));
}

#[test]
fn what_has_no_place_of_its_own_is_kept_as_it_was_written() {
    let order = read_order(ORDER.as_bytes()).unwrap();
    let kept: Vec<&str> = order.unmapped.keys().map(String::as_str).collect();
    assert_eq!(kept, ["customer", "discount_applications", "order_number", "presentment_currency"]);
    assert_eq!(order.unmapped["customer"], r#"{"tags":"vip"}"#);
    let latitude = &order.recipient.unwrap().unmapped["latitude"];
    assert_eq!(latitude, "30.27410000000000012345");
    assert_eq!(order.lines[0].unmapped["total_discount"], r#""0.00""#);
    assert_eq!(order.shipping[0].unmapped["source"], r#""shopify""#);
}

#[test]
fn a_canceled_order_says_when_and_why() {
    let canceled = ORDER.replace(
        r#""cancelled_at": null, "cancel_reason": null"#,
        r#""cancelled_at": "2026-11-20T10:00:00+08:00", "cancel_reason": "customer""#,
    );
    let cancellation = read_order(canceled.as_bytes()).unwrap().cancellation.unwrap();
    assert_eq!(cancellation.at.to_string(), "2026-11-20T02:00:00Z");
    assert_eq!(cancellation.reason.as_deref(), Some("customer"));
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let poor = r#"{"id": 5, "currency": "USD", "total_price": "1e3", "created_at": "yesterday",
        "line_items": [{"id": 1, "title": "Tea", "quantity": -1, "price": "free"}, "tea"]}"#;
    let error = read_order(poor.as_bytes()).unwrap_err();
    assert_eq!(error.order_id.as_deref(), Some("5"));
    assert_eq!(
        error.to_string(),
        "Shopify order 5 cannot be mapped: name is missing a text, created_at is not a moment by \
         RFC 3339, line_items[1] is not an object, line_items[0].price is not a decimal amount, \
         line_items[0].quantity is not a whole number, line_items[1].price is missing a decimal \
         amount, line_items[1].quantity is missing a whole number, line_items[1].id is missing a \
         text, line_items[1].title is missing a text, total_price is not a decimal amount"
    );
    for nothing in ["", "null", "[]", "{}", "\u{0}", "{\"id\":"] {
        let error = read_order(nothing.as_bytes()).unwrap_err();
        assert!(!error.problems.is_empty() && error.order_id.is_none(), "{nothing}");
    }
    assert!(read_order(b"{\"id\": \"\xff\"}").is_err());
}

#[test]
fn a_currency_that_we_do_not_sell_in_is_mapped_and_refused_later() {
    let order = read_order(ORDER.replace("USD", "CAD").as_bytes()).unwrap();
    assert_eq!(order.totals.total.decimal, "40.68");
    assert_eq!(order.totals.total.money(), Err(AmountError::UnknownCurrency("CAD".into())));
}

#[test]
fn one_bad_order_of_a_page_does_not_stand_in_the_way_of_the_others() {
    let page = format!(r#"{{"orders": [{ORDER}, {{"id": 2}}, {ORDER}]}}"#);
    let orders = read_orders(page.as_bytes()).unwrap();
    let good: Vec<bool> = orders.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, true]);
    assert!(read_orders(b"[]").is_err());
}

proptest::proptest! {
    /// A damaged payload is an error or another order, never a crash, and never money that is no number.
    #[test]
    fn a_damaged_payload_is_refused_or_read(place in 0..ORDER.len(), byte: u8, cut in 0..ORDER.len()) {
        let mut damaged = ORDER.as_bytes().to_vec();
        damaged[place] = byte;
        if let Ok(order) = read_order(&damaged) {
            let total = order.totals.total;
            let is_number = !matches!(total.money(), Err(AmountError::Money(MoneyError::Unreadable(_))));
            proptest::prop_assert!(is_number || total.decimal.contains('.'), "{total:?}");
        }
        proptest::prop_assert!(read_order(&ORDER.as_bytes()[..cut]).is_err());
    }
}

/// The headers of a webhook with the signature that `secret` makes for `body`.
fn headers(secret: &str, topic: &str, shop: &str, body: &[u8]) -> Headers {
    let mac = signature::hmac_sha256(secret.as_bytes(), body);
    [
        ("X-Shopify-Hmac-Sha256", base64(&mac)),
        ("X-Shopify-Topic", topic.to_owned()),
        ("X-Shopify-Shop-Domain", shop.to_owned()),
        ("X-Shopify-Webhook-Id", "b54557e4".to_owned()),
        ("X-Shopify-Triggered-At", "2026-11-20T01:31:02.5Z".to_owned()),
    ]
    .into_iter()
    .collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

const SHOP: &str = "tea.myshopify.com";

#[test]
fn a_webhook_is_taken_with_the_new_secret_and_with_the_one_before() {
    let shop = Shop::new(SHOP, ["new", "old"]);
    for (secret, topic, expected) in [
        ("new", "orders/create", Topic::OrdersCreate),
        ("old", "orders/cancelled", Topic::OrdersCancelled),
        ("old", "orders/paid", Topic::OrdersPaid),
        ("new", "orders/updated", Topic::OrdersUpdated),
    ] {
        let headers = headers(secret, topic, SHOP, ORDER.as_bytes());
        let received = shop.receive(&headers, ORDER.as_bytes()).unwrap();
        assert_eq!((received.topic, received.webhook_id.as_str()), (expected, "b54557e4"));
        assert_eq!(received.triggered_at.unwrap().to_string(), "2026-11-20T01:31:02.5Z");
    }
}

#[test]
fn a_webhook_of_a_stranger_another_shop_or_another_subject_is_refused() {
    let shop = Shop::new(SHOP, ["secret"]);
    let body = ORDER.as_bytes();
    let refuse = |headers: &Headers, body: &[u8]| shop.receive(headers, body).unwrap_err();

    let forged = headers("guess", "orders/create", SHOP, body);
    assert!(matches!(refuse(&forged, body), ReceiveError::Signature));
    let good = headers("secret", "orders/create", SHOP, body);
    let changed = ORDER.replace("40.68", "0.01");
    assert!(matches!(refuse(&good, changed.as_bytes()), ReceiveError::Signature));
    let swapped = headers("secret", "orders/create", "other.myshopify.com", body);
    assert!(matches!(refuse(&swapped, body), ReceiveError::WrongShop));
    let product = headers("secret", "products/create", SHOP, body);
    assert!(
        matches!(refuse(&product, body), ReceiveError::Topic(topic) if topic == "products/create")
    );
    assert!(matches!(refuse(&Headers::default(), body), ReceiveError::Header(_)));
    let empty = headers("secret", "orders/create", SHOP, b"{}");
    assert!(matches!(refuse(&empty, b"{}"), ReceiveError::Unmappable(_)));
}

/// Shopify's own samples, where the folder that holds them is named by `ORDERMILL_SHARED`.
#[test]
fn the_samples_of_the_documentation_are_mapped_without_loss() {
    let Ok(shared) = std::env::var("ORDERMILL_SHARED") else {
        eprintln!("skipped: ORDERMILL_SHARED names no folder with samples");
        return;
    };
    let folder = std::path::Path::new(&shared).join("fixtures/shopify");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let page = read_orders(&read("orders.json")).unwrap();
    let order = page.into_iter().next().unwrap().unwrap();
    assert_eq!((order.id.as_str(), order.number.as_str()), ("123456", "#9999"));
    assert_eq!(order.totals.total.money(), Ok(Money::new(1_000, Currency::Usd)));
    assert_eq!(order.unmapped["current_total_price"], r#""9.50""#);

    let wrapped = String::from_utf8(read("order.json")).unwrap();
    let inner = wrapped.trim().strip_prefix(r#"{"order":"#).unwrap().strip_suffix('}').unwrap();
    let shop = Shop::new(SHOP, ["hush"]);
    let headers = headers("hush", "orders/cancelled", SHOP, inner.as_bytes());
    let order = shop.receive(&headers, inner.as_bytes()).unwrap().order;
    assert_eq!(order.cancellation.unwrap().reason.as_deref(), Some("customer"));
    assert_eq!(order.lines.len(), 2);
    assert_eq!(minor(order.lines[1].discounts[0].amount.as_ref().unwrap()), 500);
    assert_eq!(order.billing.unwrap().name.as_deref(), Some("Bob Biller"));
}
