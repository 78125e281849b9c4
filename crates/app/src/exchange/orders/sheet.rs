//! Sheets of orders: one row for each line of an order, the rows of an order one below the other.
//!
//! What belongs to the order as a whole stands in its first row. The rows below it may repeat it or
//! leave it empty; a row that says something else makes the order wrong, as nobody can tell which
//! of the two is meant.

use std::sync::Arc;

use ordermill_domain::order::PaymentTerms;

use super::super::read::Row;
use super::super::run::{Header, Line};
use super::super::{Column, ImportError, needed, optional};
use super::record::{Found, LineRecord, OrderRecord, RecipientRecord, Wrong};
use crate::exchange::reason::Reason;

pub(super) const COLUMNS: [Column; 18] = [
    needed("channel_order_id", "渠道订单号"),
    needed("sku", "商品编码"),
    needed("quantity", "数量"),
    needed("name", "收件人"),
    needed("phone", "电话"),
    needed("country", "国家"),
    optional("province", "省"),
    optional("city", "市"),
    optional("district", "区县"),
    needed("street", "地址"),
    optional("street_2", "地址2"),
    optional("postal_code", "邮编"),
    optional("email", "邮箱"),
    optional("note", "备注"),
    optional("terms", "付款方式"),
    optional("currency", "币种"),
    optional("accepts_backorder", "接受缺货"),
    optional("delivery_service", "配送服务"),
];

/// Everything but what a line of an order is.
const OF_THE_ORDER: &[Column] = COLUMNS.split_at(3).1;

/// Puts rows together to orders.
pub(super) struct Grouping {
    header: Option<Arc<Header>>,
    rows: Vec<Row>,
    code: String,
}

impl Grouping {
    pub(super) fn new() -> Self {
        Self { header: None, rows: Vec::new(), code: String::new() }
    }

    /// Takes a row; gives the order above it if the row begins another one.
    pub(super) fn take(&mut self, row: Row) -> Result<Option<Found>, ImportError> {
        let Some(header) = &self.header else {
            self.header = Some(Arc::new(Header::read(&COLUMNS, &row)?));
            return Ok(None);
        };
        let code = Line { header, row: &row }.get("channel_order_id").unwrap_or_default();
        if !self.rows.is_empty() && code == self.code {
            self.rows.push(row);
            return Ok(None);
        }
        let code = code.to_owned();
        let above = self.finish();
        (self.code, self.rows) = (code, vec![row]);
        Ok(above)
    }

    /// The order whose rows were taken last.
    pub(super) fn finish(&mut self) -> Option<Found> {
        let header = self.header.clone()?;
        let rows = std::mem::take(&mut self.rows);
        let first = rows.first()?;
        Some(Found {
            line_no: first.line_no,
            code: std::mem::take(&mut self.code),
            rows: rows.iter().map(|row| row.line_no).collect(),
            order: order(&header, &rows),
        })
    }

    /// Whether there was a row of column names.
    pub(super) fn has_header(&self) -> bool {
        self.header.is_some()
    }
}

fn order(header: &Header, rows: &[Row]) -> Result<OrderRecord, Vec<Wrong>> {
    let Some((first, others)) = rows.split_first() else { return Err(Vec::new()) };
    let first_line = first.line_no;
    let first = Line { header, row: first };
    let mut wrong = Vec::new();
    for row in others {
        let line = Line { header, row };
        for Column { name, .. } in OF_THE_ORDER {
            let said = line.get(name).unwrap_or_default();
            if !said.is_empty() && Some(said) != first.get(name) {
                let reason = Reason::new("other_line").with("line", first_line);
                wrong.push(Wrong::new(row.line_no, *name, reason));
            }
        }
    }
    let text = |column| first.get(column).unwrap_or_default().to_owned();
    let given = |column| Some(text(column)).filter(|text| !text.is_empty());
    if text("channel_order_id").is_empty() {
        wrong.push(Wrong::new(first_line, "channel_order_id", Reason::new("missing")));
    }
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let line = Line { header, row };
        let sku = line.get("sku").unwrap_or_default().to_owned();
        match line.get("quantity").unwrap_or_default().parse() {
            Ok(quantity) => lines.push(LineRecord { sku, quantity }),
            Err(_) => {
                wrong.push(Wrong::new(row.line_no, "quantity", Reason::new("whole_number")));
            }
        }
    }
    let terms = match text("terms").as_str() {
        "" => PaymentTerms::Prepaid,
        code => code.parse().unwrap_or_else(|_| {
            let reason = Reason::new("one_of").with("values", "prepaid, cash_on_delivery");
            wrong.push(Wrong::new(first_line, "terms", reason));
            PaymentTerms::Prepaid
        }),
    };
    let accepts_backorder = match text("accepts_backorder").as_str() {
        "" | "0" | "no" | "false" | "否" => false,
        "1" | "yes" | "true" | "是" => true,
        _ => {
            let reason = Reason::new("one_of").with("values", "yes, no");
            wrong.push(Wrong::new(first_line, "accepts_backorder", reason));
            false
        }
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(OrderRecord {
        channel_order_id: text("channel_order_id"),
        currency: given("currency"),
        terms,
        lines,
        recipient: RecipientRecord {
            name: text("name"),
            phone: text("phone"),
            country: text("country"),
            province: text("province"),
            city: text("city"),
            district: text("district"),
            street: [given("street"), given("street_2")].into_iter().flatten().collect(),
            postal_code: text("postal_code"),
        },
        email: given("email"),
        note: given("note"),
        delivery_service: given("delivery_service"),
        accepts_backorder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "channel_order_id,sku,quantity,name,phone,country,street,note";

    fn orders(rows: &[&str]) -> Vec<Found> {
        let mut grouping = Grouping::new();
        let all = [NAMES].into_iter().chain(rows.iter().copied()).zip(1..);
        let mut found = Vec::new();
        for (text, line_no) in all {
            let cells = text.split(',').map(str::to_owned).collect();
            found.extend(grouping.take(Row { line_no, cells }).unwrap());
        }
        found.extend(grouping.finish());
        found
    }

    #[test]
    fn rows_with_one_id_are_one_order() {
        let found = orders(&[
            "A-1,MUG,1,Lin,138,CN,Road 1,hi",
            "A-1,CUP,2,,,,,",
            "A-2,MUG,3,Wu,139,CN,Road 2,",
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line_no, &found[0].rows), (2, &vec![2, 3]));
        let first = found[0].order.as_ref().unwrap();
        assert_eq!((first.lines.len(), first.note.as_deref()), (2, Some("hi")));
        assert_eq!(found[1].order.as_ref().unwrap().recipient.name, "Wu");
    }

    #[test]
    fn a_row_that_says_something_else_makes_its_order_wrong() {
        let found = orders(&["A-1,MUG,1,Lin,138,CN,Road 1,", "A-1,CUP,2,Wu,138,CN,Road 1,"]);
        let wrong = found[0].order.as_ref().unwrap_err();
        assert_eq!(*wrong, [Wrong::new(3, "name", Reason::new("other_line").with("line", 2))]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let found = orders(&["A-1,MUG,many,Lin,138,CN,Road 1,", ",CUP,2,Wu,138,CN,Road 1,"]);
        let fields = |found: &Found| -> Vec<String> {
            found.order.as_ref().unwrap_err().iter().map(|it| it.field.clone()).collect()
        };
        assert_eq!(fields(&found[0]), ["quantity"]);
        assert_eq!(fields(&found[1]), ["channel_order_id"]);
    }
}
