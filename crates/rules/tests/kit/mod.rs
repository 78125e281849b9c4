//! An order to ask about.

use ordermill_rules::order::{
    AddressFacts, BuyerFacts, LineFacts, OrderDocument, OrderFacts, PaymentFacts, RiskFacts,
};
use ordermill_rules::{Condition, Definition, Facts, HitPolicy, Name, Reason, Rule};

/// A rule whose Chinese name is its English one.
pub(crate) fn rule(name: &str, when: &str, then: &'static str) -> Rule<&'static str> {
    let name = Name { zh: name.to_owned().into(), en: name.to_owned().into() };
    Rule { name, when: when.to_owned().into(), then }
}

/// A table that passes what no rule matches.
pub(crate) fn table(hit: HitPolicy, rules: Vec<Rule<&'static str>>) -> Definition<&'static str> {
    Definition { hit, rules, otherwise: "pass" }
}

/// An order of a guest for 299.00 with two lines.
pub(crate) fn of_a_guest() -> OrderDocument {
    let line = |sku: &str, category: &str, pieces| LineFacts {
        sku: sku.to_owned(),
        category: category.to_owned(),
        pieces,
        unit_price_minor: 9_900,
        total_minor: 9_900 * pieces,
        is_gift: false,
        is_fragile: false,
        is_high_value: category == "phones",
        is_perishable: false,
        is_hazardous: false,
        is_oversized: false,
    };
    OrderDocument {
        order: OrderFacts {
            channel: "web".to_owned(),
            channel_kind: "shop".to_owned(),
            terms: "prepaid".to_owned(),
            is_promotion: false,
            currency: "CNY".to_owned(),
            total_minor: 29_900,
            goods_minor: 29_700,
            discount_minor: 0,
            freight_minor: 200,
            pieces: 3,
            coupons: 0,
            is_backordered: false,
        },
        lines: vec![line("PHONE-1", "phones", 1), line("TEA-1", "tea", 2)],
        address: AddressFacts {
            country: "CN".to_owned(),
            region: "CN-31".to_owned(),
            suspicions: Some(0),
        },
        payment: PaymentFacts { paid_minor: 29_900, excess_minor: 0 },
        buyer: BuyerFacts {
            is_known: false,
            orders: None,
            completed_orders: None,
            canceled_orders: None,
            rejected_orders: None,
            orders_last_hour: None,
            orders_last_day: None,
        },
        risk: RiskFacts { is_watched: false, score: 0, signals: Vec::new() },
    }
}

/// Why a condition over an order is refused.
pub(crate) fn refusal(condition: &str) -> Option<Reason> {
    Condition::compile(condition, OrderDocument::FIELDS).err().map(|error| error.reason)
}
