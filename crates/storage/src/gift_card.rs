//! Gift cards: a balance each, and the movements that explain it.

use std::collections::BTreeMap;

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::gift_card::{Event, Facts, GiftCard, Movement};
use ordermill_domain::ids::{GiftCardId, OrderId};

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

/// A gift card as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The card.
    pub card: GiftCard,
    /// The code as ciphertext.
    pub code: Vec<u8>,
}

static INSERT: Insert = insert!("gift_cards" {
    id: Int, blind: Int, code: Blob, currency: Text, balance_minor: Int, version: Int,
    issued_at: Int,
});

static INSERT_MOVEMENT: Insert = insert!("gift_card_movements" {
    gift_card_id: Int, sequence: Int, kind: Text, amount_minor: Int, order_id: Int, cause: Int,
    at: Int,
});

macro_rules! columns {
    () => {
        "id, currency, balance_minor, version, issued_at"
    };
}

pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn read(row: &mut Row<'_>) -> Result<GiftCard, Error> {
    let (id, currency) = (row.id()?, row.parsed()?);
    let balance = Money::new(row.int()?, currency);
    let facts = Facts { id, balance, version: row.int()?, issued_at: row.at()? };
    Ok(GiftCard::from_facts(facts))
}

fn read_stored(row: &mut Row<'_>) -> Result<Stored, Error> {
    Ok(Stored { card: read(row)?, code: row.bytes()? })
}

/// Stores a card that was just issued, with its event. A code that exists already is a unique
/// violation.
pub fn insert(
    tx: &mut Tx<'_>,
    act: &Act,
    card: &GiftCard,
    blind: i64,
    code: &[u8],
    event: &Event,
) -> Result<(), Error> {
    let facts = card.facts();
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            blind,
            code,
            facts.balance.currency.code(),
            facts.balance.minor,
            facts.version,
            facts.issued_at,
        ],
    )?;
    record(tx, act, card, event)
}

/// Writes an event of a card down: its movement and its entry in the journal.
fn record(tx: &mut Tx<'_>, act: &Act, card: &GiftCard, event: &Event) -> Result<(), Error> {
    record_at(tx, act, card.facts().id, card.facts().version, event)
}

fn record_at(
    tx: &mut Tx<'_>,
    act: &Act,
    card: GiftCardId,
    sequence: i64,
    event: &Event,
) -> Result<(), Error> {
    let cause = match event {
        Event::Spent { payment, .. } => Some(payment.raw()),
        Event::GivenBack { refund, .. } => Some(refund.raw()),
        Event::Issued { .. } | Event::Adjusted { .. } => None,
    };
    tx.append(
        &INSERT_MOVEMENT,
        params![
            card.raw(),
            sequence,
            event.movement().code(),
            event.delta_minor(),
            event.order().map(Id::raw),
            cause,
            act.at,
        ],
    )?;
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "gift_card",
        aggregate_id: card.raw(),
        sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// The card of this id.
pub fn fetch(tx: &mut Tx<'_>, id: GiftCardId) -> Result<Option<Stored>, Error> {
    let sql = concat!("SELECT ", columns!(), ", code FROM gift_cards WHERE id = $1");
    tx.query_opt(sql, params![id.raw()], read_stored)
}

/// The card with this blind index of its code.
pub fn find_by_blind(tx: &mut Tx<'_>, blind: i64) -> Result<Option<Stored>, Error> {
    let sql = concat!("SELECT ", columns!(), ", code FROM gift_cards WHERE blind = $1");
    tx.query_opt(sql, params![blind], read_stored)
}

/// Cards, newest first: at most `limit` of those before `before`.
pub fn list(tx: &mut Tx<'_>, before: Option<GiftCardId>, limit: i64) -> Result<Vec<Stored>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", code FROM gift_cards WHERE id < $1 ORDER BY id DESC LIMIT $2"
    );
    tx.query(sql, params![before.map_or(i64::MAX, Id::raw), limit], read_stored)
}

/// One line of a card's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub sequence: i64,
    /// Why.
    pub movement: Movement,
    /// What came or went, minor units.
    pub amount_minor: i64,
    /// For which order.
    pub order: Option<OrderId>,
    /// When.
    pub at: Timestamp,
}

/// The movements of a card, oldest first, at most `limit` behind the number `after`.
pub fn movements(
    tx: &mut Tx<'_>,
    card: GiftCardId,
    after: i64,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    tx.query(
        "SELECT sequence, kind, amount_minor, order_id, at FROM gift_card_movements
          WHERE gift_card_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        params![card.raw(), after, limit],
        |row| {
            Ok(Line {
                sequence: row.int()?,
                movement: row.parsed()?,
                amount_minor: row.int()?,
                order: row.opt_id()?,
                at: row.at()?,
            })
        },
    )
}

/// Cards in the hands of one transaction.
#[derive(Debug, Default)]
pub struct Cards {
    cards: BTreeMap<GiftCardId, GiftCard>,
    before: BTreeMap<GiftCardId, i64>,
    happened: Vec<(Act, GiftCardId, i64, Event)>,
    is_locked: bool,
}

/// These cards, locked in the order of their ids; those that do not exist are left out.
pub fn lock(tx: &mut Tx<'_>, ids: &[GiftCardId]) -> Result<Cards, Error> {
    load(tx, ids, true)
}

/// As [`lock`]; but where writers run side by side and nothing is lost by running again, it reads
/// without locks, and [`Cards::save`] notices what another has done.
pub fn lock_late(tx: &mut Tx<'_>, ids: &[GiftCardId]) -> Result<Cards, Error> {
    let is_locked = !tx.may_lose_races();
    load(tx, ids, is_locked)
}

fn load(tx: &mut Tx<'_>, ids: &[GiftCardId], is_locked: bool) -> Result<Cards, Error> {
    if ids.is_empty() {
        return Ok(Cards::default());
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let lock = if is_locked { "FOR UPDATE" } else { "" };
    let sqlite = format!("SELECT {COLUMNS} FROM gift_cards WHERE id = $1");
    let postgres =
        format!("SELECT {COLUMNS} FROM gift_cards WHERE id = ANY($1) ORDER BY id {lock}");
    let sql = PerRow { sqlite: &sqlite, postgres: &postgres };
    let cards = tx.query_each(&sql, &Columns::of_ids(&ids), read)?;
    let cards: BTreeMap<_, _> = cards.into_iter().map(|card| (card.facts().id, card)).collect();
    let before = cards.iter().map(|(id, card)| (*id, card.facts().version)).collect();
    Ok(Cards { cards, before, happened: Vec::new(), is_locked })
}

impl Cards {
    /// One of them.
    pub fn get(&self, id: GiftCardId) -> Option<&GiftCard> {
        self.cards.get(&id)
    }

    /// Changes one by the domain's rules, and keeps the event. `None` if there is no such card.
    pub fn change<E>(
        &mut self,
        act: &Act,
        id: GiftCardId,
        change: impl FnOnce(&mut GiftCard) -> Result<Event, E>,
    ) -> Option<Result<Event, E>> {
        let card = self.cards.get_mut(&id)?;
        let event = change(card);
        if let Ok(event) = &event {
            self.happened.push((act.clone(), id, card.facts().version, *event));
        }
        Some(event)
    }

    /// Writes what has changed, in the order of the ids, and what happened.
    pub fn save(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        const SQL: PerRow<'_> = PerRow {
            sqlite: "UPDATE gift_cards SET balance_minor = $2, version = $3
                WHERE id = $1 AND version = $4",
            postgres: "UPDATE gift_cards g SET balance_minor = n.balance, version = n.version
                FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                        AS n (id, balance, version, before) ORDER BY id) AS n
                WHERE g.id = n.id AND g.version = n.before",
        };
        if self.happened.is_empty() {
            return Ok(());
        }
        let mut rows = Columns::new(&[Kind::Int; 4]);
        for (id, card) in &self.cards {
            let (facts, before) = (card.facts(), self.before.get(id).copied().unwrap_or(0));
            if facts.version != before {
                rows.push(params![id.raw(), facts.balance.minor, facts.version, before]);
            }
        }
        match tx.execute_each(&SQL, &rows)? {
            changed if changed == rows.len() as u64 => {}
            _ if self.is_locked => return Err(Error::Stale("a gift card")),
            _ => return Err(tx.lost_race()),
        }
        for (act, id, sequence, event) in std::mem::take(&mut self.happened) {
            record_at(tx, &act, id, sequence, &event)?;
        }
        self.before = self.cards.iter().map(|(id, card)| (*id, card.facts().version)).collect();
        Ok(())
    }
}

/// The card that a payment was made with.
pub fn of_payment(
    tx: &mut Tx<'_>,
    payment: ordermill_domain::ids::PaymentId,
) -> Result<Option<GiftCardId>, Error> {
    tx.query_opt(
        "SELECT gift_card_id FROM gift_card_movements WHERE kind = $1 AND cause = $2",
        params![Movement::Spent.code(), payment.raw()],
        |row| row.id(),
    )
}
