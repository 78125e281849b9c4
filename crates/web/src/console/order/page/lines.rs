//! The goods of an order, line by line.

use std::collections::HashMap;

use ordermill_base::Money;
use ordermill_domain::order::OrderLine;
use ordermill_domain::reservation::State;
use ordermill_domain::role::Permission;
use ordermill_domain::text::Text;
use ordermill_pages::console::order::{self as view, LineRow};

use super::Filling;

impl Filling<'_> {
    pub(super) fn lines(&self) -> Vec<LineRow> {
        let (t, detail) = (self.desk.t(), &self.loaded.detail);
        let currency = detail.stored.order.facts().amounts.currency;
        let catalog = self.desk.site.services().catalog();
        let mut held: HashMap<u16, u64> = HashMap::new();
        for stored in &detail.reservations {
            let facts = stored.reservation.facts();
            if facts.state == State::Held {
                *held.entry(facts.line_no).or_default() += facts.quantity.get().unsigned_abs();
            }
        }
        let may_see_stock = self.desk.member.principal.may_enter(Permission::AdjustStock);
        let row = |line: &OrderLine| {
            let sku = catalog.sku(line.terms.sku);
            let held = held.get(&line.terms.line_no).copied().unwrap_or_default();
            let text = |text: &Text| t.pick(text.zh.clone(), text.en.clone());
            let code = sku.map_or_else(|| line.terms.sku.to_string(), |sku| sku.code.clone());
            let replaced = line.terms.stands_for.and_then(|number| {
                let line = detail.lines.iter().find(|it| it.terms.line_no == number)?;
                Some(catalog.sku(line.terms.sku).map(|sku| text(&sku.name)).unwrap_or_default())
            });
            LineRow {
                picture: None,
                href: may_see_stock.then(|| format!("/console/stock/{code}")),
                name: sku.map_or_else(|| code.clone(), |sku| text(&sku.name)),
                spec: sku.map(|sku| text(&sku.variant)).unwrap_or_default(),
                sku: code,
                in_place_of: replaced.unwrap_or_default(),
                states: view::pieces(line, held, t),
                price: Money::new(line.terms.unit_price_minor, currency),
                quantity: line.terms.quantity.get().unsigned_abs(),
                amount: Money::new(line.terms.total_minor, currency),
            }
        };
        detail.lines.iter().map(row).collect()
    }
}
