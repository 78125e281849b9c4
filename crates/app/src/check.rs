//! The checker: the invariants of the business, asserted over a whole database while it is in use.
//!
//! It reads one unchanging view, in ranges of ids, so that its memory does not grow with the
//! database (stock levels excepted: one small sum each). It never stops at the first finding, and
//! what it cannot read is a finding too.
//!
//! Start at [`check`]; [`CHECKS`] says what looks at which tables, and [`UNCHECKED`] which tables no
//! rule is about. A new table belongs into one of the two; a test insists on it.

mod benefits;
mod channel_orders;
mod channel_reports;
mod choices;
mod folded;
mod fulfillments;
mod images;
mod journal;
mod messages;
mod orders;
mod payments;
mod pick_lists;
mod shipments;
mod stock;

use std::fmt;

use ordermill_base::Timestamp;
use ordermill_storage::audit::Head;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::{Connection, Error, Tx};

/// Violations that a report lists at most; the others are counted.
pub const LISTED_MAX: usize = 1_000;
/// Things in one range.
const PAGE: i64 = 256;

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each check with the number of things that it has looked at.
    pub checked: Vec<(&'static str, i64)>,
    /// What does not hold, at most [`LISTED_MAX`].
    pub violations: Vec<Violation>,
    /// Violations that are not listed any more.
    pub unlisted: u64,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, `I1` to `I12`.
    pub invariant: &'static str,
    /// What it is about: an id, or a name.
    pub subject: String,
    /// What is wrong, without personal data.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.invariant, self.subject, self.what)
    }
}

impl Report {
    /// Whether everything holds.
    pub fn is_healthy(&self) -> bool {
        self.violations.is_empty()
    }
}

/// A walk through some tables.
#[derive(Debug)]
pub struct Check {
    /// What it is called in the report.
    pub name: &'static str,
    /// Which invariants it asserts.
    pub invariants: &'static [&'static str],
    /// What it looks at.
    pub tables: &'static [&'static str],
    run: fn(&mut Examination<'_, '_>) -> Result<i64, Error>,
}

/// Every check, in the order in which they run.
pub const CHECKS: &[Check] = &[
    Check {
        name: "orders",
        invariants: &["I2", "I3", "I5", "I6", "I11"],
        tables: &[
            "orders",
            "order_lines",
            "order_discounts",
            "order_holds",
            "reservations",
            "payments",
            "refunds",
            "disputes",
            "ledger_entries",
            "journal",
        ],
        run: orders::run,
    },
    Check {
        name: "payments",
        invariants: &["I5", "I6"],
        tables: &["payments", "journal"],
        run: payments::run_payments,
    },
    Check {
        name: "refunds",
        invariants: &["I5", "I6"],
        tables: &["refunds", "journal"],
        run: payments::run_refunds,
    },
    Check {
        name: "disputes",
        invariants: &["I5", "I6"],
        tables: &["disputes", "journal"],
        run: payments::run_disputes,
    },
    Check {
        name: "fulfillments",
        invariants: &["I5", "I6"],
        tables: &["fulfillments", "fulfillment_lines", "journal"],
        run: fulfillments::run,
    },
    Check {
        name: "work on orders",
        invariants: &["I2", "I5", "I11"],
        tables: &[
            "fulfillments",
            "fulfillment_lines",
            "packages",
            "reservations",
            "orders",
            "order_lines",
        ],
        run: fulfillments::run_of_orders,
    },
    Check {
        name: "shipments",
        invariants: &["I5", "I6", "I7"],
        tables: &["shipments", "journal"],
        run: shipments::run,
    },
    Check {
        name: "pick lists",
        invariants: &["I5"],
        tables: &["pick_lists", "pick_lines", "journal"],
        run: pick_lists::run,
    },
    Check {
        name: "choices of buyers",
        invariants: &["I5", "I7"],
        tables: &["choices", "deadlines", "journal"],
        run: choices::run,
    },
    Check {
        name: "gift cards",
        invariants: &["I3", "I5"],
        tables: &["gift_cards", "gift_card_movements", "ledger_entries", "journal"],
        run: benefits::run_gift_cards,
    },
    Check {
        name: "points",
        invariants: &["I3", "I5"],
        tables: &["points_accounts", "points_movements", "journal"],
        run: benefits::run_points,
    },
    Check {
        name: "stock levels",
        invariants: &["I1", "I2", "I5"],
        tables: &["stock_levels", "stock_bins", "stock_movements", "reservations", "journal"],
        run: stock::run,
    },
    Check {
        name: "histories",
        invariants: &["I5"],
        tables: &["journal"],
        run: journal::run_sequences,
    },
    Check {
        name: "audit chain",
        invariants: &["I9"],
        tables: &["journal", "journal_blocks"],
        run: journal::run_audit,
    },
    Check {
        name: "channel orders",
        invariants: &["I4", "I7"],
        tables: &["channel_orders", "orders"],
        run: channel_orders::run,
    },
    Check {
        name: "channel reports",
        invariants: &["I7"],
        tables: &["channel_reports"],
        run: channel_reports::run,
    },
    Check { name: "messages", invariants: &["I7"], tables: &["messages"], run: messages::run },
    Check { name: "images", invariants: &["I12"], tables: &["images"], run: images::run },
    Check {
        name: "rules",
        invariants: &["I4", "I5", "I6", "I7", "I8", "I11"],
        // Each rule names its own: see `ordermill_storage::check::every_rule`.
        tables: &[],
        run: run_rules,
    },
];

/// Tables that no invariant is about, each with the reason.
pub const UNCHECKED: &[(&str, &str)] = &[
    ("api_keys", "who may call; revoking is a matter of permissions"),
    ("attempts", "counters that are pruned by age"),
    ("categories", "master data"),
    ("channels", "configuration"),
    ("data_keys", "opening what they sealed is the only proof, and needs the root key"),
    ("dispute_cursors", "how far lists of partners were read"),
    ("hand_scans", "answers that are kept for scans that come again, and pruned by age"),
    ("hand_work", "what is gathered and not booked yet"),
    ("idempotency_keys", "their primary key is the whole rule (I4)"),
    ("import_problems", "a report for people"),
    ("imports", "a report for people"),
    ("incoming_stock", "a plan, not a fact"),
    ("locations", "master data"),
    ("login_codes", "codes that run out by themselves"),
    ("pick_scans", "answers that are kept for scans that come again, and pruned by age"),
    ("schema_steps", "the schema's own history"),
    ("settings", "configuration"),
    ("skus", "master data"),
    ("trackers", "configuration"),
    ("vehicle_parcels", "what is on board just now, and forgotten soon"),
    ("vehicles", "where they were last, and forgotten soon"),
    ("zones", "master data"),
];

/// Checks everything as of this moment. `published` is a head of the audit chain that is known from
/// elsewhere. `progress` hears the check and how many things it has looked at so far.
pub fn check(
    connection: &mut Connection,
    now: Timestamp,
    published: Option<&Head>,
    progress: &mut dyn FnMut(&'static str, i64),
) -> Result<Report, Error> {
    connection.snapshot(|tx| {
        check::begin(tx)?;
        let report = Report::default();
        let mut examination = Examination { tx, now, published, progress, report };
        for check in CHECKS {
            let count = (check.run)(&mut examination)?;
            examination.report.checked.push((check.name, count));
        }
        Ok(examination.report)
    })
}

/// A check at work.
struct Examination<'e, 'c> {
    tx: &'e mut Tx<'c>,
    now: Timestamp,
    published: Option<&'e Head>,
    progress: &'e mut dyn FnMut(&'static str, i64),
    report: Report,
}

impl Examination<'_, '_> {
    fn found(
        &mut self,
        invariant: &'static str,
        subject: impl fmt::Display,
        what: impl Into<String>,
    ) {
        if self.report.violations.len() < LISTED_MAX {
            let (subject, what) = (subject.to_string(), what.into());
            self.report.violations.push(Violation { invariant, subject, what });
        } else {
            self.report.unlisted += 1;
        }
    }

    /// Walks through a table in ranges that leave no id out, also those of rows that only other
    /// tables have. Gives the number of its rows.
    fn walk(
        &mut self,
        name: &'static str,
        walk: Walk,
        mut examine: impl FnMut(&mut Self, Range) -> Result<(), Error>,
    ) -> Result<i64, Error> {
        let mut count = 0;
        let mut after = i64::MIN;
        loop {
            let ids = check::ids(self.tx, walk, after, PAGE)?;
            let is_last = (ids.len() as i64) < PAGE;
            let upto = if is_last { i64::MAX } else { ids.last().copied().unwrap_or(i64::MAX) };
            self.examine_apart(name, Range { after, upto }, &ids, &mut examine)?;
            count += ids.len() as i64;
            (self.progress)(name, count);
            if is_last {
                return Ok(count);
            }
            after = upto;
        }
    }

    /// If a range cannot be read, its things are examined one by one, and those that cannot be read
    /// alone are named.
    fn examine_apart(
        &mut self,
        name: &'static str,
        range: Range,
        ids: &[i64],
        examine: &mut impl FnMut(&mut Self, Range) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match examine(self, range) {
            Err(Error::Unreadable { what, .. }) if ids.len() <= 1 => {
                let subject = ids.first().copied().unwrap_or(range.after);
                self.found("I5", format!("{name} {subject}"), format!("no {what} can be read"));
                Ok(())
            }
            Err(Error::Unreadable { .. }) => {
                let mut after = range.after;
                for (index, id) in ids.iter().enumerate() {
                    let upto = if index + 1 == ids.len() { range.upto } else { *id };
                    self.examine_apart(name, Range { after, upto }, &[*id], examine)?;
                    after = upto;
                }
                Ok(())
            }
            result => result,
        }
    }
}

fn run_rules(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let mut broken = Vec::new();
    check::ask_rules(examination.tx, examination.now, |rule, subject| {
        broken.push((rule.invariant, subject, rule.what));
    })?;
    for (invariant, subject, what) in broken {
        examination.found(invariant, subject, what);
    }
    Ok(check::every_rule().count() as i64)
}
