//! Counted stock as lines of a file: what lies where.
//!
//! A line says how many pieces of a SKU lie in a bin (and lot), or without a bin how many lie in
//! none. Taking it in books a count, if it differs. Safety stock and backorders, in lines without a
//! bin, are those of the location.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;

use jiff::civil::Date;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Tx, location, sku, stock};

use super::reason::Reason;
use super::run::{Line, LineError, Outcome};
use super::write::Sheet;
use super::{Column, ExportError, needed, optional};
use crate::stock::{Lot, Spot, count_stock, doubt, set_stock_policy};
use crate::stock_desk;

pub(super) const COLUMNS: [Column; 8] = [
    needed("sku", "编码"),
    needed("location", "仓库"),
    optional("bin", "库位"),
    optional("lot", "批次"),
    optional("expires_on", "有效期至"),
    needed("quantity", "数量"),
    optional("safety_stock", "安全库存"),
    optional("backorder", "缺货可订"),
];

/// Takes in one line.
pub(super) fn take(tx: &mut Tx<'_>, act: &Act, line: Line<'_>) -> Result<Outcome, LineError> {
    let text = |column| line.get(column).unwrap_or_default();
    let sku = sku::find_by_code(tx, text("sku"))?
        .ok_or_else(|| LineError::of("sku", Reason::new("no_such_sku")))?;
    let place = location::find_by_code(tx, text("location"))?
        .ok_or_else(|| LineError::of("location", Reason::new("no_such_location")))?;
    let counted: i64 = text("quantity")
        .parse()
        .ok()
        .filter(|count| (0..=1_000_000_000).contains(count))
        .ok_or_else(|| LineError::of("quantity", Reason::new("count")))?;
    let spot = spot(tx, place.id, line)?;
    if spot.lot.is_none() && sku.handling.is_perishable && counted > 0 {
        return Err(LineError::of("lot", Reason::new("needs_lot")));
    }
    let policy = policy(line)?;
    let before = stock::levels(tx, [sku.id])?.into_iter().find(|it| it.location == place.id);
    let level = before.unwrap_or(StockLevel::new(sku.id, place.id, BackorderPolicy::Deny));
    let expected = pieces(tx, &level, &spot)?;
    // A count that somebody asked for is booked, whatever it finds.
    let lot = spot.lot.as_ref().map_or("", |lot| lot.code.as_str());
    let is_asked = match spot.bin {
        Some(bin) => doubt::is_asked(tx, bin, sku.id, lot)?,
        None => false,
    };
    let is_counted = expected == counted && !is_asked;
    let (safety_stock, backorder) =
        (policy.0.unwrap_or(level.safety_stock), policy.1.unwrap_or(level.backorder));
    let is_ruled = (safety_stock, backorder) == (level.safety_stock, level.backorder);
    if is_counted && is_ruled && (before.is_some() || counted == 0) {
        return Ok(Outcome::Unchanged);
    }
    // A person who hands in a file decides no more by it than at a form.
    let is_person = matches!(act.actor, Actor::Staff(_));
    if is_person && !is_counted && stock_desk::is_over_limit(tx, counted - expected)? {
        return Err(LineError::of("quantity", Reason::new("stock_needs_second")));
    }
    // The count goes first: it may refuse, and then nothing was written.
    if !is_counted {
        count_stock(tx, act, sku.id, place.id, counted, &spot)?;
    }
    if !is_ruled {
        set_stock_policy(tx, act, sku.id, place.id, safety_stock, backorder)?;
    }
    Ok(if before.is_some() { Outcome::Changed } else { Outcome::Created })
}

fn spot(tx: &mut Tx<'_>, at: LocationId, line: Line<'_>) -> Result<Spot, LineError> {
    let text = |column| line.get(column).unwrap_or_default();
    let bin = match text("bin") {
        "" => None,
        code => Some(
            location::find_bin(tx, at, code)?
                .ok_or_else(|| LineError::of("bin", Reason::new("no_such_bin")))?
                .id,
        ),
    };
    let expires_on = match text("expires_on") {
        "" => None,
        day => {
            Some(day.parse::<Date>().map_err(|_| LineError::of("expires_on", Reason::new("day")))?)
        }
    };
    let lot = match text("lot") {
        "" if expires_on.is_some() => {
            return Err(LineError::of("lot", Reason::new("expiry_needs_lot")));
        }
        "" => None,
        _ if bin.is_none() => return Err(LineError::of("bin", Reason::new("lot_needs_bin"))),
        code => Some(Lot { code: code.to_owned(), expires_on }),
    };
    Ok(Spot { bin, lot })
}

fn policy(line: Line<'_>) -> Result<(Option<i64>, Option<BackorderPolicy>), LineError> {
    let text = |column| line.get(column).unwrap_or_default();
    let safety_stock = match text("safety_stock") {
        "" => None,
        count => Some(
            count
                .parse()
                .ok()
                .filter(|count| (0..=1_000_000_000).contains(count))
                .ok_or_else(|| LineError::of("safety_stock", Reason::new("whole_number")))?,
        ),
    };
    let backorder = match text("backorder") {
        "" => None,
        code => {
            let reason = || Reason::new("one_of").with("values", "deny, allow");
            Some(code.parse().map_err(|_| LineError::of("backorder", reason()))?)
        }
    };
    Ok((safety_stock, backorder))
}

fn pieces(tx: &mut Tx<'_>, level: &StockLevel, spot: &Spot) -> Result<i64, LineError> {
    let bins = stock::bins(tx, level.sku, level.location)?;
    let lot = spot.lot.as_ref().map_or("", |lot| lot.code.as_str());
    Ok(match spot.bin {
        None => level.on_hand - bins.iter().map(|it| it.on_hand).sum::<i64>(),
        Some(bin) => {
            bins.iter().find(|it| it.bin == bin && it.lot == lot).map_or(0, |it| it.on_hand)
        }
    })
}

/// For every level a line of what lies in no bin, with its policy, and one for each bin and lot.
pub(super) fn export<W: Write + Send>(
    tx: &mut Tx<'_>,
    sheet: &mut Sheet<W>,
) -> Result<(), ExportError> {
    const PAGE: i64 = 500;
    let places: HashMap<LocationId, String> =
        location::list(tx, None, 10_000)?.into_iter().map(|it| (it.id, it.code)).collect();
    let mut labels: HashMap<BinId, String> = HashMap::new();
    let mut after: Option<SkuId> = None;
    loop {
        let page = sku::list(tx, None, after, PAGE)?;
        let codes: HashMap<SkuId, &str> = page.iter().map(|it| (it.id, it.code.as_str())).collect();
        for level in stock::levels(tx, page.iter().map(|it| it.id))? {
            let code = codes.get(&level.sku).copied().unwrap_or_default();
            let place = places.get(&level.location).map_or("", String::as_str);
            let bins = stock::bins(tx, level.sku, level.location)?;
            let in_bins: i64 = bins.iter().map(|it| it.on_hand).sum();
            let row = |cells: [&str; 6]| {
                let [bin, lot, day, count, safety, backorder] = cells;
                [code, place, bin, lot, day, count, safety, backorder].map(str::to_owned)
            };
            let rest = (level.on_hand - in_bins).to_string();
            let safety = level.safety_stock.to_string();
            sheet.row(&row(["", "", "", &rest, &safety, level.backorder.code()]))?;
            for stock in bins {
                let bin = match labels.entry(stock.bin) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        let bin = location::fetch_bin(tx, stock.bin)?;
                        unknown.insert(bin.map(|bin| bin.code).unwrap_or_default())
                    }
                };
                let day = stock.expires_on.map(|day| day.to_string()).unwrap_or_default();
                let count = stock.on_hand.to_string();
                sheet.row(&row([bin, &stock.lot, &day, &count, "", ""]))?;
            }
        }
        after = page.last().map(|it| it.id);
        if (page.len() as i64) < PAGE {
            return Ok(());
        }
    }
}
