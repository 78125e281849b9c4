//! What lies in closed boxes: what a label is wanted for.

use std::collections::HashMap;

use ordermill_base::Money;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{OrderId, PackageId};
use ordermill_domain::order::OrderLine;
use ordermill_domain::package::Package;
use ordermill_domain::sku::Handling;
use ordermill_storage::{Error, Tx, order, package};

use super::label::WantLabel;
use crate::carrier::choose::ReadyParcel;
use crate::catalog::Catalog;

/// The orders whose goods lie in boxes, and the shares of others beside those of the box's own.
pub(super) struct Contents {
    orders: HashMap<OrderId, order::Stored>,
    lines: HashMap<OrderId, Vec<OrderLine>>,
    inside: HashMap<PackageId, Vec<Package>>,
}

impl Contents {
    /// Reads what lies in these boxes.
    pub(super) fn of(tx: &mut Tx<'_>, boxes: &[Package]) -> Result<Self, Error> {
        let ids: Vec<PackageId> = boxes.iter().map(|package| package.id).collect();
        let shares = package::inside_of_each(tx, &ids)?;
        let mut orders: Vec<OrderId> = boxes.iter().chain(&shares).map(|it| it.order).collect();
        orders.sort_unstable();
        orders.dedup();
        let stored = order::ask_each(tx, &orders)?;
        let mut lines: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
        for (order, line) in order::lines_of_each(tx, &orders)? {
            lines.entry(order).or_default().push(line);
        }
        let orders = stored.answer(tx)?.into_iter().map(|it| (it.order.id(), it)).collect();
        let mut inside: HashMap<PackageId, Vec<Package>> = HashMap::new();
        for share in shares {
            if let Some(package) = share.inside {
                inside.entry(package).or_default().push(share);
            }
        }
        Ok(Self { orders, lines, inside })
    }

    /// What a box of this work wants a label for, with all that lies in it; `None` if its order is gone.
    pub(super) fn wanted(
        &self,
        catalog: &Catalog,
        work: &Fulfillment,
        package: &Package,
    ) -> Option<WantLabel> {
        let own = self.orders.get(&package.order)?.order.facts();
        let others = self.inside.get(&package.id).map_or(&[][..], Vec::as_slice);
        let shares = || std::iter::once(package).chain(others);
        // Orders that travel together were asked for alike; none of them may come late.
        let promised = shares().filter_map(|share| self.orders.get(&share.order));
        let promised_by_on = promised.filter_map(|it| it.order.facts().expected_by_on()).min();
        let value_minor = shares().map(|share| self.value_minor(share)).sum();
        Some(WantLabel {
            order: package.order,
            package: package.id,
            location: work.facts().location,
            parcel: ReadyParcel {
                weight_grams: package.gross_grams.max(1),
                dimensions_mm: package.size_mm.map(|side| side.max(1)),
                handling: handling_of(catalog, shares()),
                value: Money::new(value_minor, own.amounts.currency),
                promised_by_on,
                wish: own.service_wish,
            },
        })
    }

    /// What the goods of one order in a box were sold for.
    fn value_minor(&self, share: &Package) -> i64 {
        let lines = self.lines.get(&share.order).map_or(&[][..], Vec::as_slice);
        let values = share.contents.iter().map(|content| {
            let line = lines.iter().find(|line| line.terms.line_no == content.line_no);
            line.map_or(0, |line| line.terms.unit_price_minor * content.quantity.get())
        });
        values.sum()
    }
}

/// What must be minded of any of the goods in a box.
fn handling_of<'p>(catalog: &Catalog, shares: impl Iterator<Item = &'p Package>) -> Handling {
    let goods = shares.flat_map(|share| &share.contents);
    let goods = goods.filter_map(|content| catalog.sku(content.sku));
    goods.fold(Handling::default(), |all, sku| all.or(sku.handling))
}
