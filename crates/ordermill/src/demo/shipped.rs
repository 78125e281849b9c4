//! What was sourced, picked from the shelves, rechecked and packed during the ninety days, by the same steps as
//! today's work, as of its moment. What its carriers did is told by [`super::road`].

use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::pack::proposal::propose;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{OrderId, PackageId, WaveId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::package::{Content, Package};
use ordermill_storage::{Tx, package, shelf, stock};

/// What everything fits into for which no box was found.
const LARGEST: &str = "PALLET";

/// Packs an order at `at`, all of it. Gives its packages; none if there was nothing to be packed.
pub(super) fn pack(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    id: OrderId,
    at: Timestamp,
) -> anyhow::Result<Vec<Package>> {
    source_each(tx, catalog, &by_rules(at), &[id].into(), &Wish::default())?;
    let act = Act::new(Actor::system("warehouse"), at);
    let mut works = FulfillmentFile::of_orders(tx, &[id])?;
    works.retain(|file| file.work.state() == State::Planned);
    let mut packages = Vec::new();
    for file in &mut works {
        take_from_shelves(tx, &file.work)?;
        let wave: WaveId = tx.next_id(at);
        let picked = to_ship(&file.work);
        let packed = boxes(tx, catalog, &file.work, at);
        let ids: Vec<PackageId> = packed.iter().map(|package| package.id).collect();
        file.step(&act, |work| work.release(wave, at))?;
        file.step(&act, |work| work.pick(picked, at))?;
        file.step(&act, |work| work.finish_picking(at))?;
        file.step(&act, |work| work.recheck(at))?;
        file.step(&act, |work| work.pack(ids, at))?;
        packages.extend(packed);
    }
    FulfillmentFile::save_each(tx, &works.iter().collect::<Vec<_>>())?;
    package::insert_each(tx, &packages)?;
    Ok(packages)
}

/// Takes what is to be shipped from its bins, what expires first first; the rest lies without one.
fn take_from_shelves(tx: &mut Tx<'_>, work: &Fulfillment) -> anyhow::Result<()> {
    let facts = work.facts();
    for line in &facts.lines {
        let mut wanted = line.quantity;
        for found in stock::bins(tx, line.sku, facts.location)? {
            let taken = wanted.min(found.on_hand - found.claimed);
            if taken > 0 {
                let spot = (line.sku, facts.location, found.bin, found.lot.as_str());
                shelf::claim_each(tx, [(spot, taken)])?;
                shelf::pick_each(tx, [(spot, taken)])?;
                wanted -= taken;
            }
        }
    }
    Ok(())
}

fn to_ship(work: &Fulfillment) -> Vec<LineQuantity> {
    let lines = work.facts().lines.iter().filter_map(|line| {
        let quantity = Quantity::new(line.quantity).ok()?;
        Some(LineQuantity { line_no: line.line_no, quantity })
    });
    lines.collect()
}

/// The boxes that are proposed for it, or the largest.
fn boxes(tx: &Tx<'_>, catalog: &Catalog, work: &Fulfillment, at: Timestamp) -> Vec<Package> {
    let materials = &catalog.materials;
    let proposed: Vec<(String, Vec<Content>, u32)> = match propose(catalog, materials, work) {
        Ok(proposal) => proposal
            .boxes
            .into_iter()
            .map(|it| (it.material, it.contents, it.gross_grams))
            .collect(),
        Err(_) => {
            let content = |line: &ordermill_domain::fulfillment::Line| {
                let quantity = Quantity::new(line.quantity).ok()?;
                let (line_no, sku) = (line.line_no, line.sku);
                Some(Content { line_no, sku, quantity, lot: None, serials: Vec::new() })
            };
            let contents = work.facts().lines.iter().filter_map(content).collect();
            let grams = ordermill_app::pack::recheck::weight_of(catalog, work);
            vec![(LARGEST.to_owned(), contents, grams)]
        }
    };
    let of_box =
        |(number, (material, contents, gross_grams)): (u16, (String, Vec<Content>, u32))| {
            let size_mm = materials.by_code(&material).map_or([0; 3], |it| it.outer_mm);
            Package {
                id: tx.next_id(at),
                order: work.facts().order,
                fulfillment: work.id(),
                inside: None,
                number,
                material,
                size_mm,
                gross_grams,
                is_weighed: false,
                contents,
                packed_at: at,
                opened_at: None,
                printed: 0,
            }
        };
    (1..).zip(proposed).map(of_box).collect()
}
