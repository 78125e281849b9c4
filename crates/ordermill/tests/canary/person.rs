//! People that nobody else could be.

use serde_json::{Value, json};

/// Somebody whose every word is found nowhere else.
pub(crate) struct Person {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) phone_abroad: String,
    pub(crate) email: String,
    pub(crate) street: String,
    pub(crate) note: String,
}

impl Person {
    pub(crate) fn new(number: u32) -> Self {
        let stems: Vec<char> = "甲乙丙丁戊己庚辛壬癸".chars().collect();
        let digits = format!("{number:05}");
        let stem = |digit: char| stems[digit.to_digit(10).unwrap() as usize];
        let coded: String = digits.chars().map(stem).collect();
        let letters: String =
            digits.bytes().map(|digit| char::from(b'a' + (digit - b'0'))).collect();
        let name = match number % 2 {
            0 => format!("鸢尾{coded}"),
            _ => format!("Quillfeather Zephyrine{letters}"),
        };
        Self {
            number,
            name,
            phone: format!("139{:08}", 70_413_000 + number),
            phone_abroad: format!("+1415{:07}", 5_550_000 + number),
            email: format!("zephyr.{letters}@quillfeather.example"),
            street: format!("鹦鹉螺巷{coded}弄 Nautilus{letters} 7号"),
            note: format!("请放在紫藤花架{coded}下面 wisteria{letters}"),
        }
    }

    /// Everything that must not be seen.
    pub(crate) fn words(&self) -> Vec<String> {
        let abroad = self.phone_abroad.trim_start_matches("+1").to_owned();
        let texts = [&self.name, &self.phone, &self.email, &self.street, &self.note];
        texts.into_iter().cloned().chain([abroad]).collect()
    }

    /// An order of theirs.
    pub(crate) fn order(&self, id: &str) -> Value {
        json!({
            "channel_order_id": id,
            "lines": [{ "sku": "S1", "quantity": 1 }],
            "recipient": {
                "name": self.name,
                "phone": self.phone,
                "country": "CN",
                "province": "上海市",
                "city": "上海市",
                "district": "浦东新区",
                "street": [self.street]
            },
            "email": self.email,
            "note": self.note,
        })
    }

    /// An order that they placed with Shopify.
    pub(crate) fn shopify_order(&self) -> Value {
        json!({
            "id": 9_000_000 + u64::from(self.number), "name": format!("#{}", self.number), "test": false,
            "email": self.email, "phone": self.phone_abroad, "customer_locale": "en", "note": self.note,
            "created_at": "2026-11-22T15:00:00+08:00", "updated_at": "2026-11-22T15:00:00+08:00",
            "cancelled_at": null, "cancel_reason": null,
            "currency": "USD", "taxes_included": false,
            "total_price": "120.00", "financial_status": "paid",
            "payment_gateway_names": ["shopify_payments"],
            "shipping_address": {
                "name": self.name, "address1": self.street, "address2": "", "city": "San Francisco",
                "province": "California", "province_code": "CA", "zip": "94105",
                "country": "United States", "country_code": "US", "phone": self.phone_abroad,
            },
            "line_items": [{
                "id": 11, "sku": "TEA", "variant_id": 1, "product_id": 2, "title": "Green tea",
                "quantity": 2, "price": "60.00", "requires_shipping": true, "gift_card": false,
                "properties": [], "discount_allocations": [], "tax_lines": [],
            }],
            "shipping_lines": [],
        })
    }
}
