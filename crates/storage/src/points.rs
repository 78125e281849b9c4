//! Points accounts: a balance for each buyer, and the movements that explain it.

use std::collections::BTreeMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CustomerId, OrderId, PaymentId};
use ordermill_domain::points::{Account, Event, Facts, Movement};

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

static INSERT_MOVEMENT: Insert = insert!("points_movements" {
    customer_id: Int, sequence: Int, kind: Text, points: Int, owed: Int, order_id: Int, cause: Int,
    at: Int,
});

pub(crate) const COLUMNS: &str = "customer_id, balance, owed, version";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Account, Error> {
    let (customer, balance, owed, version) = (row.id()?, row.int()?, row.int()?, row.int()?);
    Ok(Account::from_facts(Facts { customer, balance, owed, version }))
}

/// The points of a buyer; an empty account for one who never had any.
pub fn fetch(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Account, Error> {
    let sql = format!("SELECT {COLUMNS} FROM points_accounts WHERE customer_id = $1");
    let found = tx.query_opt(&sql, params![customer.raw()], read)?;
    Ok(found.unwrap_or(Account::new(customer)))
}

/// One line of a buyer's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub sequence: i64,
    /// Why.
    pub movement: Movement,
    /// Points that came or went.
    pub points: i64,
    /// Points that became owed, or were paid off.
    pub owed: i64,
    /// For which order.
    pub order: Option<OrderId>,
    /// When.
    pub at: Timestamp,
}

/// The movements of a buyer's points, newest first: at most `limit` before the number `before`.
pub fn movements(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    tx.query(
        "SELECT sequence, kind, points, owed, order_id, at FROM points_movements
          WHERE customer_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3",
        params![customer.raw(), before.unwrap_or(i64::MAX), limit],
        |row| {
            Ok(Line {
                sequence: row.int()?,
                movement: row.parsed()?,
                points: row.int()?,
                owed: row.int()?,
                order: row.opt_id()?,
                at: row.at()?,
            })
        },
    )
}

/// How many points a payment was made with, and whose; `None` if it was not made with points.
pub fn of_payment(tx: &mut Tx<'_>, payment: PaymentId) -> Result<Option<(CustomerId, i64)>, Error> {
    tx.query_opt(
        "SELECT customer_id, points FROM points_movements WHERE kind = $1 AND cause = $2",
        params![Movement::Spent.code(), payment.raw()],
        |row| Ok((row.id()?, -row.int()?)),
    )
}

/// The points that an order has earned, unless they were taken back.
pub fn earned_by(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<(CustomerId, i64)>, Error> {
    let booked: Vec<(CustomerId, Movement, i64)> = tx.query(
        "SELECT customer_id, kind, points - owed FROM points_movements
          WHERE order_id = $1 AND kind IN ('earned', 'taken_back')",
        params![order.raw()],
        |row| Ok((row.id()?, row.parsed()?, row.int()?)),
    )?;
    let earned = booked.iter().find(|(_, movement, _)| *movement == Movement::Earned);
    let is_taken_back = booked.iter().any(|(_, movement, _)| *movement == Movement::TakenBack);
    Ok(earned.filter(|_| !is_taken_back).map(|(customer, _, points)| (*customer, *points)))
}

/// Accounts in the hands of one transaction.
#[derive(Debug, Default)]
pub struct Accounts {
    accounts: BTreeMap<CustomerId, Account>,
    before: BTreeMap<CustomerId, i64>,
    happened: Vec<(Act, Booking)>,
    is_locked: bool,
}

#[derive(Debug, Clone, Copy)]
struct Booking {
    customer: CustomerId,
    sequence: i64,
    event: Event,
    /// What it did to the balance and to what is owed.
    effect: (i64, i64),
}

/// The accounts of these buyers, locked in the order of their ids.
pub fn lock(tx: &mut Tx<'_>, customers: &[CustomerId]) -> Result<Accounts, Error> {
    load(tx, customers, true)
}

/// As [`lock`]; but where writers run side by side and nothing is lost by running again, it reads
/// without locks, and [`Accounts::save`] notices what another has done.
pub fn lock_late(tx: &mut Tx<'_>, customers: &[CustomerId]) -> Result<Accounts, Error> {
    let is_locked = !tx.may_lose_races();
    load(tx, customers, is_locked)
}

fn load(tx: &mut Tx<'_>, customers: &[CustomerId], is_locked: bool) -> Result<Accounts, Error> {
    if customers.is_empty() {
        return Ok(Accounts::default());
    }
    let mut ids = customers.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let lock = if is_locked { "FOR UPDATE" } else { "" };
    let sqlite = format!("SELECT {COLUMNS} FROM points_accounts WHERE customer_id = $1");
    let postgres = format!(
        "SELECT {COLUMNS} FROM points_accounts WHERE customer_id = ANY($1)
          ORDER BY customer_id {lock}"
    );
    let sql = PerRow { sqlite: &sqlite, postgres: &postgres };
    let found = tx.query_each(&sql, &Columns::of_ids(&ids), read)?;
    let mut accounts: BTreeMap<_, _> =
        ids.into_iter().map(|customer| (customer, Account::new(customer))).collect();
    accounts.extend(found.into_iter().map(|account| (account.facts().customer, account)));
    let before = accounts.iter().map(|(id, account)| (*id, account.facts().version)).collect();
    Ok(Accounts { accounts, before, happened: Vec::new(), is_locked })
}

impl Accounts {
    /// The account of a buyer who was asked for.
    pub fn get(&self, customer: CustomerId) -> Option<&Account> {
        self.accounts.get(&customer)
    }

    /// Changes one by the domain's rules, and keeps the event. `None` if the buyer was not asked for.
    pub fn change<E>(
        &mut self,
        act: &Act,
        customer: CustomerId,
        change: impl FnOnce(&mut Account) -> Result<Event, E>,
    ) -> Option<Result<Event, E>> {
        let account = self.accounts.get_mut(&customer)?;
        let before = *account;
        let event = change(account);
        if let Ok(event) = &event {
            let (sequence, effect) = (account.facts().version, before.effect(event));
            let booking = Booking { customer, sequence, event: *event, effect };
            self.happened.push((act.clone(), booking));
        }
        Some(event)
    }

    /// Writes what has changed, in the order of the ids, and what happened.
    pub fn save(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        const OPEN: PerRow<'_> = PerRow {
            sqlite: "INSERT INTO points_accounts (customer_id, balance, owed, version)
                VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING",
            postgres: "INSERT INTO points_accounts (customer_id, balance, owed, version)
                SELECT id, 0, 0, 0 FROM unnest($1::bigint[]) AS n (id) ORDER BY id
                ON CONFLICT DO NOTHING",
        };
        const SQL: PerRow<'_> = PerRow {
            sqlite: "UPDATE points_accounts SET balance = $2, owed = $3, version = $4
                WHERE customer_id = $1 AND version = $5",
            postgres: "UPDATE points_accounts a
                SET balance = n.balance, owed = n.owed, version = n.version
                FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                          $5::bigint[]) AS n (id, balance, owed, version, before) ORDER BY id) AS n
                WHERE a.customer_id = n.id AND a.version = n.before",
        };
        if self.happened.is_empty() {
            return Ok(());
        }
        let fresh = self.before.iter().filter(|(_, version)| **version == 0);
        let fresh: Vec<CustomerId> = fresh.map(|(customer, _)| *customer).collect();
        if !fresh.is_empty() {
            tx.execute_each(&OPEN, &Columns::of_ids(&fresh))?;
        }
        let mut rows = Columns::new(&[Kind::Int; 5]);
        for (id, account) in &self.accounts {
            let (facts, before) = (account.facts(), self.before.get(id).copied().unwrap_or(0));
            if facts.version != before {
                let Facts { balance, owed, version, .. } = *facts;
                rows.push(params![id.raw(), balance, owed, version, before]);
            }
        }
        match tx.execute_each(&SQL, &rows)? {
            changed if changed == rows.len() as u64 => {}
            // An account that is opened now was not there to be locked.
            _ if self.is_locked && fresh.is_empty() => {
                return Err(Error::Stale("a points account"));
            }
            _ => return Err(tx.lost_race()),
        }
        for (act, booking) in std::mem::take(&mut self.happened) {
            record(tx, &act, &booking)?;
        }
        let now = self.accounts.iter().map(|(id, account)| (*id, account.facts().version));
        self.before = now.collect();
        Ok(())
    }
}

/// Writes an event down: its movement and its entry in the journal.
fn record(tx: &mut Tx<'_>, act: &Act, booking: &Booking) -> Result<(), Error> {
    let Booking { customer, sequence, event, effect: (points, owed) } = booking;
    let cause = match event {
        Event::Spent { payment, .. } => Some(payment.raw()),
        Event::GivenBack { refund, .. } => Some(refund.raw()),
        Event::Earned { order, .. } | Event::TakenBack { order, .. } => Some(order.raw()),
        Event::Adjusted { .. } => None,
    };
    tx.append(
        &INSERT_MOVEMENT,
        params![
            customer.raw(),
            *sequence,
            event.movement().code(),
            *points,
            *owed,
            event.order().map(Id::raw),
            cause,
            act.at,
        ],
    )?;
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "points",
        aggregate_id: customer.raw(),
        sequence: *sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}
