//! What the journal says of missing pieces: buyers are asked, and something else is sent.

use ordermill_base::Id as _;
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_storage::journal::Entry;
use serde_json::Value;

use super::{number, raw};
use crate::model::{Instead, Lack, Wrong};
use crate::shop::Shop;

/// Kinds that are told here.
pub(super) fn is_of_it(kind: &str) -> bool {
    matches!(kind, "order.substituted" | "choice.asked")
}

impl Shop {
    pub(super) fn hear_of_missing(&mut self, entry: &Entry, body: &Value) -> Result<(), Wrong> {
        let (id, position) = (entry.aggregate_id, entry.cursor.position.raw());
        let now = entry.at.as_micros();
        if entry.kind == "choice.asked" {
            let order = raw::<OrderId>(&body["order"])?;
            self.model.is_news(position, now, (order, "missing_pieces", id));
            return Ok(());
        }
        let line = &body["line"];
        let replaced = number(body, "line_no")?;
        if number(line, "stands_for")? != replaced {
            return Err(format!("{line} does not stand for line {replaced}"));
        }
        let missing = self.model.lacks().into_iter();
        let mut missing = missing.filter(|it| (it.order, it.line) == (id, replaced));
        let lack = missing.next().ok_or_else(|| format!("order {id} lacks nothing"))?;
        let is = Instead {
            lack: Lack { count: number(line, "quantity")?, ..lack },
            sku: raw::<SkuId>(&line["sku"])?,
            total: number(line, "total_minor")?,
            refund: number(body, "refund_minor")?,
        };
        let new = number(line, "line_no")?;
        self.model.replaced(is, new, position)?;
        self.model.is_news(position, now, (id, "substituted", new));
        Ok(())
    }
}
