//! Lists of orders: what chooses them, newest first, and how many there are.
//!
//! What people call the status of an order, or of its money, is derived. Here it is asked for in
//! SQL, by conditions that a test compares with the domain's own words for every combination.

use ordermill_base::{Currency, Id, Span, Timestamp, id::first_at};
use ordermill_domain::ids::{ChannelId, CustomerId, LocationId, OrderId};
use ordermill_domain::order::{DisplayStatus, Status};
use ordermill_domain::payment::PaymentStatus;
use serde::{Deserialize, Serialize};

use super::{COLUMNS, Stored, read};
use crate::{Error, Tx, Value};

/// What a list of orders shows. Bulk work keeps it as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Only orders in one of these states; all if empty.
    pub statuses: Vec<Status>,
    /// Only those that people see in this status.
    pub display: Option<DisplayStatus>,
    /// Only those whose money stands there.
    pub payment: Option<PaymentStatus>,
    /// Only those of a channel.
    pub channel: Option<ChannelId>,
    /// Only those of a customer.
    pub customer: Option<CustomerId>,
    /// Only those that still wait for their money (`true`), or that have it (`false`).
    pub is_unpaid: Option<bool>,
    /// Only those with pieces that wait for stock.
    pub is_backordered: bool,
    /// Only open ones that hold stock of this place.
    pub site: Option<LocationId>,
    /// Only those with a deadline that falls due before this moment.
    pub due_before: Option<Timestamp>,
    /// Placed at this moment or later.
    pub placed_from: Option<Timestamp>,
    /// Placed before this moment.
    pub placed_before: Option<Timestamp>,
    /// Total of at least this many minor units.
    pub total_min_minor: Option<i64>,
    /// Total of at most this many minor units.
    pub total_max_minor: Option<i64>,
    /// Only those with a contact of this blind index.
    pub contact: Option<i64>,
}

/// Orders that match, newest first: at most `limit` of those before the order `before`.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<OrderId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let (sql, values) = list_sql(filter, before, limit);
    tx.query(&sql, &values, read)
}

/// How the database goes about [`list`], in its own words: for tests of plans.
pub fn plan(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<OrderId>,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let (sql, values) = list_sql(filter, before, limit);
    if tx.is_postgres() {
        return tx.query(&format!("EXPLAIN {sql}"), &values, |row| row.text());
    }
    tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &values, |row| {
        (0..3).try_for_each(|_| row.int().map(drop))?;
        row.text()
    })
}

fn list_sql(filter: &Filter, before: Option<OrderId>, limit: i64) -> (String, Vec<Value<'static>>) {
    let mut asked = Asked::new(filter, before);
    let limit = asked.place(Value::Int(limit));
    // The orders of a contact stand in their order already.
    let newest = if filter.contact.is_some() { "c.order_id" } else { "o.id" };
    let statuses = filter.one_of_statuses();
    if statuses.len() < 2 {
        let source = asked.source();
        let sql = format!("SELECT {COLUMNS} FROM {source} ORDER BY {newest} DESC LIMIT {limit}");
        return (sql, asked.values);
    }
    // A page of each status, merged: of both at once, all would be read and sorted.
    let of_each: Vec<String> = statuses
        .iter()
        .map(|status| {
            let source = asked.source();
            // In so many words: an index of a status is found by them only.
            format!(
                "SELECT * FROM (SELECT o.* FROM {source} AND o.status = '{status}'
                  ORDER BY {newest} DESC LIMIT {limit}) AS of_{status}"
            )
        })
        .collect();
    let of_each = of_each.join(" UNION ALL ");
    let sql = format!("SELECT {COLUMNS} FROM ({of_each}) AS o ORDER BY o.id DESC LIMIT {limit}");
    (sql, asked.values)
}

impl Filter {
    /// The states that orders of this list can be in, if the list says.
    fn one_of_statuses(&self) -> Vec<Status> {
        let open = [Status::Placed, Status::Confirmed];
        let of_display: &[Status] = match self.display {
            Some(DisplayStatus::Canceled) => &[Status::Canceled, Status::Rejected],
            Some(
                DisplayStatus::ToProcess | DisplayStatus::InReview | DisplayStatus::Intercepted,
            ) => &open,
            // The others say one, name theirs in their condition, or are found by their progress.
            _ => &[],
        };
        let of_site: &[Status] = if self.site.is_some() { &open } else { &[] };
        let named = [self.statuses.as_slice(), of_display, of_site];
        let named = named.into_iter().filter(|statuses| !statuses.is_empty());
        named.min_by_key(|statuses| statuses.len()).map(<[Status]>::to_vec).unwrap_or_default()
    }
}

/// How many orders match, of those before the order `before` or of all, counted up to `limit`: the
/// cost does not grow beyond that.
pub fn count(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<OrderId>,
    limit: i64,
) -> Result<i64, Error> {
    let mut asked = Asked::new(filter, before);
    let place = asked.place(Value::Int(limit));
    let source = asked.source();
    let statuses = filter.one_of_statuses();
    let of_each = if statuses.len() < 2 {
        format!("SELECT 1 AS one FROM {source}")
    } else {
        let of_status =
            |status: &Status| format!("SELECT 1 AS one FROM {source} AND o.status = '{status}'");
        statuses.iter().map(of_status).collect::<Vec<_>>().join(" UNION ALL ")
    };
    let sql = format!("SELECT COUNT(*) FROM ({of_each} LIMIT {place}) AS counted");
    tx.query_one(&sql, &asked.values, |row| row.int())
}

/// How many orders that match are newer than `after`, counted up to `limit`.
pub fn count_newer(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: OrderId,
    limit: i64,
) -> Result<i64, Error> {
    let mut asked = Asked::new(filter, None);
    asked.only("o.id >", Value::Int(after.raw()));
    let place = asked.place(Value::Int(limit));
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM {} LIMIT {place}) AS counted",
        asked.source()
    );
    tx.query_one(&sql, &asked.values, |row| row.int())
}

/// What came in during some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many orders.
    pub orders: i64,
    /// Their totals together, minor units of one currency.
    pub total_minor: i64,
}

/// What was placed from `from` to before `before`, by slots of this length since the epoch, channel
/// and currency. The cost is that of the orders in between.
pub fn tallies(
    tx: &mut Tx<'_>,
    from: Timestamp,
    before: Timestamp,
    slot: Span,
) -> Result<Vec<(i64, ChannelId, Currency, Tally)>, Error> {
    tx.query(
        "SELECT placed_at / $3 AS slot, channel_id, currency, COUNT(*),
                CAST(SUM(total_minor) AS BIGINT)
           FROM orders WHERE id >= $1 AND id < $2
          GROUP BY placed_at / $3, channel_id, currency",
        &[Value::Int(first_at(from)), Value::Int(first_at(before)), Value::Int(slot.as_micros())],
        |row| {
            let (slot, channel, currency) = (row.int()?, row.id()?, row.parsed()?);
            Ok((slot, channel, currency, Tally { orders: row.int()?, total_minor: row.int()? }))
        },
    )
}

/// A filter as SQL.
struct Asked {
    tables: String,
    conditions: Vec<String>,
    values: Vec<Value<'static>>,
}

impl Asked {
    fn new(filter: &Filter, before: Option<OrderId>) -> Self {
        let (tables, conditions, values) = ("orders o".to_owned(), Vec::new(), Vec::new());
        let mut asked = Self { tables, conditions, values };
        if let Some(blind) = filter.contact {
            let place = asked.place(Value::Int(blind));
            asked.tables.push_str(" JOIN order_contacts c ON c.order_id = o.id AND c.blind = ");
            asked.tables.push_str(&place);
        }
        let upper = filter.placed_before.map_or(i64::MAX, first_at);
        asked.only("o.id <", Value::Int(before.map_or(upper, |id| id.raw().min(upper))));
        if let Some(from) = filter.placed_from {
            asked.only("o.id >=", Value::Int(first_at(from)));
        }
        asked.only_each("o.channel_id =", filter.channel.map(Id::raw));
        asked.only_each("o.customer_id =", filter.customer.map(Id::raw));
        asked.only_each("o.total_minor >=", filter.total_min_minor);
        asked.only_each("o.total_minor <=", filter.total_max_minor);
        asked.one_of("o.status", filter.statuses.iter().map(|status| status.code()));
        match filter.is_unpaid {
            // What has ended waits for nothing; and few orders are placed and not confirmed, so that
            // a page is found without reading all that were paid.
            Some(true) => {
                asked.plain("o.status = 'placed' AND o.terms = 'prepaid' AND o.paid_at IS NULL");
            }
            Some(false) => asked.plain("o.paid_at IS NOT NULL"),
            None => {}
        }
        if filter.is_backordered {
            asked.plain("o.is_backordered = 1");
        }
        if let Some(status) = filter.display {
            asked.plain(shown_as(status));
        }
        if let Some(status) = filter.payment {
            asked.plain(paid_as(status));
        }
        if let Some(site) = filter.site {
            let place = asked.place(Value::Int(site.raw()));
            asked.plain("o.status IN ('placed', 'confirmed')");
            asked.conditions.push(format!(
                "EXISTS (SELECT 1 FROM reservations r
                    WHERE r.order_id = o.id AND r.location_id = {place}
                      AND r.state IN ('held', 'allocated', 'backordered'))"
            ));
        }
        if let Some(due) = filter.due_before {
            let place = asked.place(Value::from(due));
            asked.conditions.push(format!(
                "o.id IN (SELECT subject_id FROM deadlines
                    WHERE COALESCE(warn_at, due_at) < {place} AND due_at < {place})"
            ));
        }
        asked
    }

    fn source(&self) -> String {
        format!("{} WHERE {}", self.tables, self.conditions.join(" AND "))
    }

    /// Where a value stands.
    fn place(&mut self, value: Value<'static>) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn plain(&mut self, condition: &str) {
        self.conditions.push(format!("({condition})"));
    }

    fn only(&mut self, condition: &str, value: Value<'static>) {
        let place = self.place(value);
        self.conditions.push(format!("{condition} {place}"));
    }

    fn only_each(&mut self, condition: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.only(condition, Value::Int(value));
        }
    }

    fn one_of(&mut self, column: &str, codes: impl Iterator<Item = &'static str>) {
        let places: Vec<String> = codes.map(|code| self.place(Value::Text(code))).collect();
        if !places.is_empty() {
            self.conditions.push(format!("{column} IN ({})", places.join(", ")));
        }
    }
}

/// Less than the total is here, and nothing went back or was taken back: the same for prepaid orders
/// as "unpaid or partly paid".
macro_rules! waits_for_money {
    () => {
        "((o.terms = 'prepaid' AND o.charged_back_minor = 0 AND o.refunded_minor = 0
            AND o.paid_minor < o.total_minor)
          OR (o.terms = 'cash_on_delivery' AND o.review = 'pending'))"
    };
}

macro_rules! review_passed {
    () => {
        "o.review IN ('auto_passed', 'approved', 'released')"
    };
}

macro_rules! open {
    () => {
        "o.status IN ('placed', 'confirmed') AND "
    };
}

/// The condition of the index of orders that are held after they were confirmed, word for word.
macro_rules! not_passed {
    () => {
        "o.review NOT IN ('auto_passed', 'approved', 'released')"
    };
}

/// Reviewed and paid, or to be paid at the door: how far the work is decides what is shown.
macro_rules! in_work {
    () => {
        concat!(
            open!(),
            review_passed!(),
            " AND (o.status = 'confirmed' OR NOT ",
            waits_for_money!(),
            ")"
        )
    };
}

/// In work, and so far: found by its index, whose condition SQLite wants to see in so many words.
macro_rules! has_progress {
    ($progress:literal) => {
        concat!("o.progress = '", $progress, "' AND o.progress <> 'not_packed' AND ", in_work!())
    };
}

/// The orders that people see in a status.
const fn shown_as(status: DisplayStatus) -> &'static str {
    use DisplayStatus as S;
    match status {
        S::Canceled => "o.status IN ('canceled', 'rejected')",
        S::Intercepted => concat!(open!(), not_passed!(), " AND o.review = 'intercepted'"),
        S::ToPay => {
            concat!("o.status = 'placed' AND o.review <> 'intercepted' AND ", waits_for_money!())
        }
        S::InReview => concat!(
            open!(),
            not_passed!(),
            " AND o.review <> 'intercepted' AND (o.status = 'confirmed' OR NOT ",
            waits_for_money!(),
            ")"
        ),
        S::ToProcess => concat!(in_work!(), " AND o.progress = 'not_packed'"),
        S::ToShip => has_progress!("packed"),
        S::ToHandOver => has_progress!("labeled"),
        S::PartlyShipped => has_progress!("partly_shipped"),
        S::Shipped => has_progress!("shipped"),
        S::Delivered => has_progress!("delivered"),
        S::AfterSale => {
            concat!(
                "o.progress = 'after_sale' AND o.progress <> 'not_packed' AND (o.status = 'completed' OR (",
                in_work!(),
                "))"
            )
        }
        S::Completed => "o.status = 'completed' AND o.progress <> 'after_sale'",
        S::Archived => "o.status = 'archived'",
    }
}

/// The orders whose money stands there; [`PaymentStatus::of`] in SQL. Those that few belong to have an
/// index of their own, whose condition stands here word for word; of the common ones, paid and unpaid,
/// the newest orders soon fill a page.
const fn paid_as(status: PaymentStatus) -> &'static str {
    use PaymentStatus as S;
    match status {
        S::ChargedBack => "o.charged_back_minor > 0",
        S::Overpaid => {
            "o.paid_minor > o.total_minor
             AND o.paid_minor - o.refunded_minor > o.total_minor AND o.charged_back_minor = 0"
        }
        S::Paid => "o.charged_back_minor = 0 AND o.paid_minor - o.refunded_minor = o.total_minor",
        S::Refunded => {
            "o.refunded_minor > 0 AND o.charged_back_minor = 0
             AND o.paid_minor = o.refunded_minor AND o.total_minor > 0"
        }
        S::PartiallyRefunded => {
            "o.refunded_minor > 0 AND o.charged_back_minor = 0
             AND o.paid_minor > o.refunded_minor
             AND o.paid_minor - o.refunded_minor < o.total_minor"
        }
        S::CodDue => {
            "o.terms = 'cash_on_delivery' AND o.charged_back_minor = 0 AND o.refunded_minor = 0
             AND o.paid_minor < o.total_minor"
        }
        S::PartiallyPaid => {
            "o.paid_minor > 0 AND o.paid_minor < o.total_minor AND o.terms = 'prepaid'
             AND o.charged_back_minor = 0 AND o.refunded_minor = 0"
        }
        S::Unpaid => {
            "o.terms = 'prepaid' AND o.charged_back_minor = 0 AND o.refunded_minor = 0
             AND o.paid_minor = 0 AND o.total_minor > 0"
        }
    }
}
