//! Buyers who signed in at least once.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::customer::Event;
use ordermill_domain::ids::CustomerId;

use crate::{Error, Row, Tx, journal, params};

/// A buyer as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// The blind index of their phone.
    pub phone_blind: Option<i64>,
    /// The blind index of their mail address.
    pub email_blind: Option<i64>,
    /// Name, phone, e-mail and addresses as ciphertext.
    pub profile: Vec<u8>,
    /// How many changes there were.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
}

/// Stores someone new. A phone or address that someone else has is a unique violation.
pub fn insert(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO customers (id, phone_blind, email_blind, profile, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            customer.id.raw(),
            customer.phone_blind,
            customer.email_blind,
            &customer.profile,
            customer.version,
            customer.created_at,
        ],
    )?;
    Ok(())
}

/// Stores a changed profile; the stored version must be the one before.
pub fn update(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE customers SET phone_blind = $3, email_blind = $4, profile = $5, version = $6
          WHERE id = $1 AND version = $2",
        params![
            customer.id.raw(),
            customer.version - 1,
            customer.phone_blind,
            customer.email_blind,
            &customer.profile,
            customer.version,
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a customer")) }
}

/// Appends an event to the journal. Its sequence is the version after it.
pub fn record(tx: &mut Tx<'_>, act: &Act, customer: &Customer, event: Event) -> Result<(), Error> {
    let body = serde_json::to_string(&event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "customer",
        aggregate_id: customer.id.raw(),
        sequence: customer.version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

const SELECT: &str =
    "SELECT id, phone_blind, email_blind, profile, version, created_at FROM customers";

fn read(row: &mut Row<'_>) -> Result<Customer, Error> {
    Ok(Customer {
        id: row.id()?,
        phone_blind: row.opt_int()?,
        email_blind: row.opt_int()?,
        profile: row.bytes()?,
        version: row.int()?,
        created_at: row.at()?,
    })
}

/// One buyer.
pub fn fetch(tx: &mut Tx<'_>, id: CustomerId) -> Result<Option<Customer>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE id = $1"), params![id.raw()], read)
}

/// The buyer with this blind index of a phone.
pub fn find_by_phone(tx: &mut Tx<'_>, blind: i64) -> Result<Option<Customer>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE phone_blind = $1"), params![blind], read)
}

/// The buyer with this blind index of a mail address.
pub fn find_by_email(tx: &mut Tx<'_>, blind: i64) -> Result<Option<Customer>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE email_blind = $1"), params![blind], read)
}
