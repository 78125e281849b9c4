//! The table of review rules that every shop starts with.
//!
//! It holds what a careful shopkeeper would look at and nothing else: an ordinary order passes by
//! itself. It asks about what is at hand when an order is decided, and with two short looks whether its
//! buyer, phone or address is known for something.

use std::sync::{Arc, LazyLock};

use ordermill_domain::order::review::{HoldReason, Verdict};
use ordermill_domain::rule_table::Purpose;
use ordermill_rules::order::OrderDocument;
use ordermill_rules::{Definition, HitPolicy, Name, Rule, Table};

use crate::rule_table::Decides;

impl Decides for Verdict {
    const PURPOSE: Purpose = Purpose::Review;
    type Document = OrderDocument;

    fn built_in() -> Arc<Table<Self>> {
        static TABLE: LazyLock<Arc<Table<Verdict>>> = LazyLock::new(|| {
            let table = Table::compile::<OrderDocument>(definition(), 0);
            Arc::new(table.expect("the built-in table compiles, as its tests show"))
        });
        Arc::clone(&TABLE)
    }
}

/// The rules that are in force as long as a shop has none of its own, as they are written.
pub fn definition() -> Definition<Verdict> {
    Definition {
        hit: HitPolicy::All,
        rules: vec![
            rule(
                "大额订单",
                "Large order",
                "order.currency == 'CNY' && order.total_minor > 5000000",
                HoldReason::Amount,
            ),
            rule(
                "货到付款大额",
                "Large cash on delivery",
                "order.terms == 'cash_on_delivery' && order.currency == 'CNY'
                    && order.total_minor > 500000",
                HoldReason::Amount,
            ),
            rule("大批采购", "Many pieces", "order.pieces > 1000", HoldReason::Quantity),
            rule(
                "收件人可疑",
                "Made-up recipient",
                "has(address.suspicions) && address.suspicions > 1",
                HoldReason::Address,
            ),
            rule("关注名单", "On the watchlist", "risk.is_watched", HoldReason::Buyer),
            rule("风险分高", "High risk", "risk.score >= 40", HoldReason::Fraud),
        ],
        otherwise: Verdict::Pass,
    }
}

fn rule(
    zh: &'static str,
    en: &'static str,
    when: &'static str,
    reason: HoldReason,
) -> Rule<Verdict> {
    let name = Name { zh: zh.into(), en: en.into() };
    Rule { name, when: when.into(), then: Verdict::Hold { reason } }
}
