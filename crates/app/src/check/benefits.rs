//! Gift cards and points: balances are the sums of their movements, and what their histories say.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::gift_card::GiftCard;
use ordermill_domain::ids::{CustomerId, GiftCardId};
use ordermill_domain::points::Account;
use ordermill_storage::Error;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;

use super::Examination;

pub(super) fn run_gift_cards(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let count = examination.walk("gift cards", Walk::GiftCards, |examination, range| {
        let cards = check::gift_cards(examination.tx, range)?;
        let mut cards: BTreeMap<i64, GiftCard> =
            cards.into_iter().map(|card| (card.facts().id.raw(), card)).collect();
        let mut sums: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for (card, _, minor) in check::gift_card_movements(examination.tx, range)? {
            let (count, sum) = sums.entry(card).or_default();
            (*count, *sum) = (*count + 1, *sum + minor);
        }
        for (raw, history) in histories(examination, "gift_card", range)? {
            let id = GiftCardId::from_raw(raw);
            let Some(card) = cards.remove(&raw) else {
                examination.found("I5", id, "a history without a gift card");
                continue;
            };
            if fold_card(id, &history) != Some(card) {
                examination.found("I5", id, "stored is not what happened to the gift card");
            }
            let (count, sum) = sums.remove(&raw).unwrap_or_default();
            if (count, sum) != (card.facts().version, card.balance().minor) {
                let what = format!("{} on it, its movements say {sum}", card.balance().minor);
                examination.found("I3", id, what);
            }
        }
        for raw in cards.keys().chain(sums.keys()) {
            let id = GiftCardId::from_raw(*raw);
            examination.found("I5", id, "a gift card or movements without a history");
        }
        Ok(())
    })?;
    for (currency, cards, books) in check::gift_card_liability(examination.tx)? {
        if cards != books {
            let what = format!("{cards} on gift cards, the books say {books}");
            examination.found("I3", currency, what);
        }
    }
    Ok(count)
}

pub(super) fn run_points(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("points", Walk::PointsAccounts, |examination, range| {
        let accounts = check::points_accounts(examination.tx, range)?;
        let mut accounts: BTreeMap<i64, Account> =
            accounts.into_iter().map(|it| (it.facts().customer.raw(), it)).collect();
        let mut sums: BTreeMap<i64, (i64, i64, i64)> = BTreeMap::new();
        for (customer, _, points, owed) in check::points_movements(examination.tx, range)? {
            let (count, balance, debt) = sums.entry(customer).or_default();
            (*count, *balance, *debt) = (*count + 1, *balance + points, *debt + owed);
        }
        for (raw, history) in histories(examination, "points", range)? {
            let id = CustomerId::from_raw(raw);
            let Some(account) = accounts.remove(&raw) else {
                examination.found("I5", id, "a history without points");
                continue;
            };
            let facts = account.facts();
            if fold_account(id, &history) != Some(account) {
                examination.found("I5", id, "stored is not what happened to the points");
            }
            let (count, balance, owed) = sums.remove(&raw).unwrap_or_default();
            if (count, balance, owed) != (facts.version, facts.balance, facts.owed) {
                let what = format!("{} points, their movements say {balance}", facts.balance);
                examination.found("I3", id, what);
            }
        }
        for raw in accounts.keys().chain(sums.keys()) {
            examination.found("I5", CustomerId::from_raw(*raw), "points without a history");
        }
        Ok(())
    })
}

fn histories(
    examination: &mut Examination<'_, '_>,
    aggregate: &str,
    range: Range,
) -> Result<BTreeMap<i64, Vec<Entry>>, Error> {
    let mut histories: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
    for entry in check::histories(examination.tx, aggregate, range)? {
        histories.entry(entry.aggregate_id).or_default().push(entry);
    }
    Ok(histories)
}

/// The card that its history gives; `None` if a step of it cannot be read or was not legal.
fn fold_card(id: GiftCardId, history: &[Entry]) -> Option<GiftCard> {
    let mut folded: Option<GiftCard> = None;
    for entry in history {
        let AnyEvent::GiftCard(event) = AnyEvent::from_json(&entry.kind, &entry.body).ok()? else {
            return None;
        };
        match &mut folded {
            None => folded = Some(GiftCard::issued(id, &event, entry.at)?),
            Some(card) => card.apply(&event),
        }
        let card = folded.as_ref()?;
        if card.facts().version != entry.sequence || card.balance().minor < 0 {
            return None;
        }
    }
    folded
}

/// As [`fold_card`], for points.
fn fold_account(id: CustomerId, history: &[Entry]) -> Option<Account> {
    let mut folded = Account::new(id);
    for entry in history {
        let AnyEvent::Points(event) = AnyEvent::from_json(&entry.kind, &entry.body).ok()? else {
            return None;
        };
        folded.apply(&event);
        let facts = folded.facts();
        if facts.version != entry.sequence || facts.balance < 0 || facts.owed < 0 {
            return None;
        }
    }
    Some(folded)
}
