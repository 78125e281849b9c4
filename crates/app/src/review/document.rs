//! The facts of an order, collected for a table that asks about them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ordermill_domain::order::review::Verdict;
use ordermill_domain::order::{Facts, LineTerms};
use ordermill_domain::risk::{Marks, score};
use ordermill_domain::sku::Sku;
use ordermill_rules::order::{
    AddressFacts, BuyerFacts, LineFacts, OrderDocument, OrderFacts, PaymentFacts, RiskFacts,
};
use ordermill_storage::risk::{self as stored, Known};
use ordermill_storage::{Error, Tx, category, channel, review, sku};

use super::{MarksOf, Subject};
use crate::risk;
use crate::rule_table::InForce;

/// The document of an order. What no table reads is left empty: nobody sees it.
pub(super) fn of(
    tx: &mut Tx<'_>,
    subject: Subject<'_>,
    rules: &InForce<Verdict>,
) -> Result<OrderDocument, Error> {
    let facts = subject.order.facts();
    let marks = marks(tx, subject, rules)?;
    let here_minor = facts.money.paid_minor - facts.money.refunded_minor;
    let region = subject.region.to_owned();
    let country = region.split('-').next().unwrap_or_default().to_owned();
    Ok(OrderDocument {
        order: order(tx, subject, rules)?,
        lines: if rules.reads("lines") { lines(tx, subject.lines)? } else { Vec::new() },
        address: AddressFacts { country, region, suspicions: marks.map(|marks| marks.suspicions) },
        payment: PaymentFacts {
            paid_minor: here_minor,
            excess_minor: (here_minor - facts.amounts.total_minor).max(0),
        },
        buyer: buyer(tx, facts, rules)?,
        risk: risk(tx, subject, marks.as_ref(), rules)?,
    })
}

/// Whether anything is asked that only marks can tell.
fn asks_about_risk(rules: &InForce<Verdict>) -> bool {
    rules.reads("risk")
}

fn marks(
    tx: &mut Tx<'_>,
    subject: Subject<'_>,
    rules: &InForce<Verdict>,
) -> Result<Option<Marks>, Error> {
    match subject.marks {
        MarksOf::Known(marks) => Ok(marks),
        MarksOf::Stored if asks_about_risk(rules) || rules.reads("address.suspicions") => {
            stored::marks_of(tx, subject.order.id())
        }
        MarksOf::Stored => Ok(None),
    }
}

fn risk(
    tx: &mut Tx<'_>,
    subject: Subject<'_>,
    marks: Option<&Marks>,
    rules: &InForce<Verdict>,
) -> Result<RiskFacts, Error> {
    let facts = subject.order.facts();
    let known = match asks_about_risk(rules) {
        true => risk::known(tx, facts.customer, marks, facts.id, subject.at)?,
        false => Known::default(),
    };
    Ok(RiskFacts {
        is_watched: known.is_watched,
        score: score(known.signals.iter().map(|(_, weight)| *weight)),
        signals: known.signals.iter().map(|(kind, _)| kind.code().to_owned()).collect(),
    })
}

fn order(
    tx: &mut Tx<'_>,
    subject: Subject<'_>,
    rules: &InForce<Verdict>,
) -> Result<OrderFacts, Error> {
    let facts = subject.order.facts();
    let asks = rules.reads("order.channel") || rules.reads("order.channel_kind");
    let channel = if asks { channel::fetch(tx, facts.channel)? } else { None };
    let (channel, channel_kind) =
        channel.map(|channel| (channel.code, channel.kind)).unwrap_or_default();
    // What is sent in place of something was not asked for besides it.
    let is_asked_for = |line: &&LineTerms| !line.is_gift() && line.stands_for.is_none();
    let bought = subject.lines.iter().filter(is_asked_for);
    Ok(OrderFacts {
        channel,
        channel_kind,
        terms: facts.terms.code().to_owned(),
        is_promotion: facts.promotion,
        currency: facts.amounts.currency.code().to_owned(),
        total_minor: facts.amounts.total_minor,
        goods_minor: facts.amounts.goods_minor,
        discount_minor: facts.amounts.discount_minor,
        freight_minor: facts.amounts.freight_minor,
        pieces: bought.map(|line| line.quantity.get()).fold(0, i64::saturating_add),
        coupons: i64::from(facts.coupons),
        is_backordered: facts.backordered,
    })
}

fn lines(tx: &mut Tx<'_>, lines: &[LineTerms]) -> Result<Vec<LineFacts>, Error> {
    let skus = sku::fetch_all(tx, lines.iter().map(|line| line.sku))?;
    let mut categories = HashMap::new();
    for sku in &skus {
        if let Entry::Vacant(unknown) = categories.entry(sku.category) {
            let code = category::fetch(tx, sku.category)?.map(|category| category.code);
            unknown.insert(code.unwrap_or_default());
        }
    }
    let skus: HashMap<_, &Sku> = skus.iter().map(|sku| (sku.id, sku)).collect();
    let facts = lines.iter().map(|line| {
        let sku = skus.get(&line.sku);
        let handling = sku.map(|sku| sku.handling).unwrap_or_default();
        let category = sku.and_then(|sku| categories.get(&sku.category));
        LineFacts {
            sku: sku.map(|sku| sku.code.clone()).unwrap_or_default(),
            category: category.cloned().unwrap_or_default(),
            pieces: line.quantity.get(),
            unit_price_minor: line.unit_price_minor,
            total_minor: line.total_minor,
            is_gift: line.is_gift(),
            is_fragile: handling.is_fragile,
            is_high_value: handling.is_high_value,
            is_perishable: handling.is_perishable,
            is_hazardous: handling.is_hazardous,
            is_oversized: handling.is_oversized,
        }
    });
    Ok(facts.collect())
}

/// The fields of a buyer's history, which costs a query.
const HISTORY: [&str; 6] = [
    "buyer.orders",
    "buyer.completed_orders",
    "buyer.canceled_orders",
    "buyer.rejected_orders",
    "buyer.orders_last_hour",
    "buyer.orders_last_day",
];

fn asks_about_history(rules: &InForce<Verdict>) -> bool {
    HISTORY.into_iter().any(|field| rules.reads(field))
}

fn buyer(tx: &mut Tx<'_>, facts: &Facts, rules: &InForce<Verdict>) -> Result<BuyerFacts, Error> {
    let history = match facts.customer {
        Some(customer) if asks_about_history(rules) => {
            Some(review::history(tx, customer, facts.id, facts.milestones.placed_at)?)
        }
        _ => None,
    };
    Ok(BuyerFacts {
        is_known: facts.customer.is_some(),
        orders: history.map(|history| history.orders),
        completed_orders: history.map(|history| history.completed),
        canceled_orders: history.map(|history| history.canceled),
        rejected_orders: history.map(|history| history.rejected),
        orders_last_hour: history.map(|history| history.last_hour),
        orders_last_day: history.map(|history| history.last_day),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordermill_base::{Currency, Id, Quantity, Timestamp};
    use ordermill_domain::actor::{Act, Actor};
    use ordermill_domain::category::Category;
    use ordermill_domain::ids::{CategoryId, ChannelId, OrderId, SkuId};
    use ordermill_domain::order::review::HoldReason;
    use ordermill_domain::order::{Amounts, Order, PaymentTerms, Placed, Review};
    use ordermill_domain::pricing::TaxMode;
    use ordermill_domain::text::Text;
    use ordermill_rules::{Definition, Facts as _, HitPolicy, Name, Rule, Table};
    use ordermill_storage::channel::Channel;
    use ordermill_testkit::each_database;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn a_placed_order() -> (Order, Vec<LineTerms>) {
        let line = LineTerms {
            line_no: 1,
            sku: SkuId::from_raw(7),
            quantity: Quantity::ONE,
            unit_price_minor: 1_000,
            discount_minor: 0,
            tax_minor: 0,
            total_minor: 1_000,
            gift: None,
            stands_for: None,
        };
        let amounts = Amounts {
            currency: Currency::Cny,
            tax_mode: TaxMode::Inclusive,
            goods_minor: 1_000,
            discount_minor: 0,
            freight_minor: 0,
            tax_minor: 0,
            total_minor: 1_000,
        };
        let placed = Placed {
            channel: ChannelId::from_raw(3),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::Prepaid,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        };
        (Order::placed(OrderId::from_raw(1), &placed, NOW), vec![line])
    }

    #[test]
    fn a_table_finds_what_it_asks_about_goods_channel_and_place() {
        let when =
            "lines.exists(it, it.sku == 'LIGHTER' && it.category == 'fire' && it.is_hazardous)
            && order.channel == 'market' && order.channel_kind == 'api'
            && address.country == 'CN' && address.region == 'CN-31'
            && !buyer.is_known && !has(buyer.orders) && payment.paid_minor == 0";
        let rule = Rule {
            name: Name { zh: "都对".into(), en: "All of it".into() },
            when: when.into(),
            then: Verdict::Hold { reason: HoldReason::Goods },
        };
        let otherwise = Verdict::Pass;
        let table = Definition { hit: HitPolicy::All, rules: vec![rule], otherwise };
        let rules = InForce::only(Arc::new(Table::compile::<OrderDocument>(table, 1).unwrap()));
        let (order, lines) = a_placed_order();
        for database in each_database() {
            let decision = database.connection().transact(|tx| {
                goods_and_channel(tx)?;
                let marks = MarksOf::Stored;
                let subject =
                    Subject { order: &order, lines: &lines, region: "CN-31", marks, at: NOW };
                Ok::<_, Error>(rules.live().decide(&of(tx, subject, &rules)?.prepare()))
            });
            let decision = decision.unwrap();
            assert_eq!(decision.actions, [Verdict::Hold { reason: HoldReason::Goods }]);
        }
    }

    fn goods_and_channel(tx: &mut Tx<'_>) -> Result<(), Error> {
        let act = Act::new(Actor::system("test"), NOW);
        let text = |text: &str| Text { zh: text.to_owned(), en: text.to_owned() };
        let fire = Category {
            id: CategoryId::from_raw(5),
            code: "fire".to_owned(),
            slug: String::new(),
            name: text("Fire"),
            about: text(""),
            position: 1,
            version: 1,
        };
        category::insert(tx, &act, &fire)?;
        let mut lighter = ordermill_testkit::catalog::sku(SkuId::from_raw(7), "LIGHTER");
        lighter.category = fire.id;
        lighter.handling.is_hazardous = true;
        sku::insert(tx, &act, &lighter)?;
        let (code, kind, name) = ("market".to_owned(), "api".to_owned(), "Market".to_owned());
        let (id, settings) = (ChannelId::from_raw(3), "{}".to_owned());
        let market = Channel {
            id,
            code,
            kind,
            name,
            settings,
            secret: None,
            access_token: None,
            is_active: true,
        };
        channel::insert(tx, &market)
    }
}
