//! What an order tells by itself that speaks for us.

use ordermill_domain::actor::Actor;
use ordermill_domain::dispute::{Evidence, Parcel};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_storage::{Error, Tx, carrier, journal, order, shipment};

/// Entries of an order's journal that are looked through for the buyer's confirmation.
const ENTRIES_MAX: i64 = 1_000;

/// Assembles what an order tells, around the words of finance. Nobody's name, phone or address is in it.
pub fn of_order(tx: &mut Tx<'_>, id: OrderId, text: String) -> Result<Evidence, Error> {
    let stored = order::fetch(tx, id)?.ok_or(Error::Stale("an order"))?;
    let facts = stored.order.facts();
    let mut parcels = Vec::new();
    for stored in shipment::of(tx, id)? {
        let facts = stored.shipment.facts();
        if !facts.state.has_left() {
            continue;
        }
        let known = carrier::fetch(tx, facts.terms.carrier)?;
        parcels.push(Parcel {
            carrier: known.map_or_else(String::new, |it| it.carrier.code.to_string()),
            waybill: facts.terms.waybill.clone(),
            handed_over_at: facts.handed_over_at,
            delivered_at: facts.delivered_at,
        });
    }
    parcels.sort_by_key(|parcel| parcel.handed_over_at);
    Ok(Evidence {
        text,
        order_number: OrderNumber::from(id).to_string(),
        placed_at: facts.milestones.placed_at,
        paid_at: facts.milestones.paid_at,
        total: facts.amounts.total(),
        refunded_minor: facts.money.refunded_minor,
        shipped_at: facts.milestones.shipped_at,
        confirmed_by_buyer_at: confirmed_by_buyer(tx, id)?,
        parcels,
    })
}

/// When the buyer, and not the clock or one of us, said that everything has come.
fn confirmed_by_buyer(
    tx: &mut Tx<'_>,
    id: OrderId,
) -> Result<Option<ordermill_base::Timestamp>, Error> {
    let entries = journal::of(tx, "order", id, 1, ENTRIES_MAX)?;
    let confirmed = entries
        .into_iter()
        .find(|entry| entry.kind == "order.completed" && matches!(entry.actor, Actor::Buyer(_)));
    Ok(confirmed.map(|entry| entry.at))
}
