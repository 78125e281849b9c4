//! Closing boxes: what was packed really, proven to fit, with its weight, lots and serial numbers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{FulfillmentId, OrderId, PackageId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::package::{Content, ContentError, Package, check_contents};
use ordermill_storage::pick_list::PickedLot;
use ordermill_storage::{BatchCommand, Error, Tx, package, pick_list, shipment};

use super::bench::{Bench, decide_each, in_turns};
use super::lots::name_lots;
use super::proposal::{NoProposal, fits};
use super::{BenchError, Seen, Together, load};
use crate::catalog::Catalog;
use crate::fulfillment::progress::roll_up;
use crate::permission::Principal;

/// A box as it was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBox {
    /// The code of its material.
    pub material: String,
    /// What lies in it, by the numbers of the lines at the bench ([`Together`]).
    pub contents: Vec<Content>,
    /// Box and contents in grams, if it was weighed.
    pub gross_grams: Option<u32>,
}

/// Why boxes were not taken; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// No such material.
    #[error("there is no packing material {0}")]
    UnknownMaterial(String),
    /// They do not hold what is to be shipped.
    #[error(transparent)]
    Contents(#[from] ContentError),
    /// What lies in a box does not fit into it by the sizes of the books, and no reason was stated.
    #[error("the contents of package {number} do not fit into it by the books")]
    DoesNotFit {
        /// Which package, from 1.
        number: u16,
        /// Why.
        #[source]
        because: NoProposal,
    },
    /// A box weighs something else than its contents.
    #[error("package {number} weighs {measured_grams} g, its contents make {computed_grams} g")]
    Weight {
        /// Which package, from 1.
        number: u16,
        /// What the scale says.
        measured_grams: u32,
        /// Box and contents by the books.
        computed_grams: u32,
    },
    /// The step was refused.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

impl From<Error> for CloseError {
    fn from(error: Error) -> Self {
        Self::Bench(error.into())
    }
}

/// Closes the boxes of a rechecked fulfillment, and of what is packed with it. A reason of the act says that
/// somebody has looked: then the books are wrong, and not the box.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The goods and boxes of the shop.
    pub catalog: Arc<Catalog>,
    /// Who is at the bench.
    pub principal: Principal,
    /// Who, when and why.
    pub act: Act,
    /// What they have in hand.
    pub seen: Seen,
    /// What they have packed.
    pub boxes: Vec<PackedBox>,
}

impl BatchCommand for Pack {
    /// As of [`close`].
    type Output = Result<Vec<Package>, CloseError>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let steps = batch.iter().map(|it| Step {
            catalog: &it.catalog,
            principal: &it.principal,
            act: &it.act,
            seen: it.seen,
            boxes: &it.boxes,
        });
        close_each(tx, &steps.collect::<Vec<_>>())
    }
}

/// [`Pack`] of one, in a transaction that the caller has opened. Gives all packages, in the sequence of the boxes;
/// goods of other orders in a box have packages of their own behind it.
///
/// # Errors
/// If the boxes do not hold what is to be shipped, do not fit or weigh something else.
pub fn close(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    boxes: &[PackedBox],
) -> Result<Vec<Package>, CloseError> {
    let step = Step { catalog, principal, act, seen, boxes };
    let mut answers = close_each(tx, &[step])?;
    answers.pop().unwrap_or_else(|| unreachable!("one was asked for"))
}

struct Step<'a> {
    catalog: &'a Catalog,
    principal: &'a Principal,
    act: &'a Act,
    seen: Seen,
    boxes: &'a [PackedBox],
}

fn close_each(
    tx: &mut Tx<'_>,
    steps: &[Step<'_>],
) -> Result<Vec<Result<Vec<Package>, CloseError>>, Error> {
    let at: Vec<_> = steps.iter().map(|step| (step.principal, step.seen)).collect();
    in_turns(tx, &at, |tx, benches| {
        let mut lots = Lots::of(tx, benches.iter().map(|(_, bench)| bench))?;
        let close = |tx: &Tx<'_>, number: usize, bench: &mut Bench| {
            steps[number].decide(tx, bench, &mut lots)
        };
        let (packed, answers) = decide_each(tx, benches, close)?;
        let packages = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).flatten();
        package::insert_each(tx, packages)?;
        let orders = packed.iter().flat_map(|bench| bench.together.orders()).collect();
        roll_up(tx, &once_each(orders), &HashSet::new())?;
        Ok(answers)
    })
}

impl Step<'_> {
    fn decide(
        &self,
        tx: &Tx<'_>,
        bench: &mut Bench,
        lots: &mut Lots,
    ) -> Result<Vec<Package>, CloseError> {
        let Self { catalog, act, boxes, .. } = *self;
        let contents: Vec<Vec<Content>> = boxes.iter().map(|it| it.contents.clone()).collect();
        check_contents(&contents, &to_ship(&bench.together.work))?;
        let was_looked_at = act.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        let mut packages = Vec::with_capacity(boxes.len());
        let contents = name_lots(lots.take(&bench.together), &contents);
        for ((number, packed), contents) in (1..).zip(boxes).zip(contents) {
            let material = catalog.materials.by_code(&packed.material);
            let unknown = || CloseError::UnknownMaterial(packed.material.clone());
            let material = material.ok_or_else(unknown)?;
            let computed_grams =
                material.tare_grams.saturating_add(grams(catalog, &packed.contents));
            if !was_looked_at {
                fits(catalog, &catalog.materials, material, &packed.contents)
                    .map_err(|because| CloseError::DoesNotFit { number, because })?;
                if let Some(measured_grams) = packed.gross_grams
                    && !catalog.materials.is_weight(measured_grams, computed_grams)
                {
                    return Err(CloseError::Weight { number, measured_grams, computed_grams });
                }
            }
            let mut inside = None;
            for (work, contents) in shares(&bench.together, contents) {
                let id: PackageId = tx.next_id(act.at);
                let own_grams = grams(catalog, &contents);
                packages.push(Package {
                    id,
                    order: work.facts().order,
                    fulfillment: work.id(),
                    inside,
                    number,
                    material: material.code.clone(),
                    size_mm: material.outer_mm,
                    // The box weighs all of it; what else lies in it weighs its share.
                    gross_grams: match inside {
                        None => packed.gross_grams.unwrap_or(computed_grams),
                        Some(_) => own_grams,
                    },
                    is_weighed: packed.gross_grams.is_some() && inside.is_none(),
                    contents,
                    packed_at: act.at,
                    opened_at: None,
                    printed: 0,
                });
                inside = inside.or(Some(id));
            }
        }
        for file in &mut bench.files {
            let its = packages.iter().filter(|package| package.fulfillment == file.work.id());
            let ids = its.map(|package| package.id).collect();
            file.step(act, |work| work.pack(ids, act.at)).map_err(BenchError::from)?;
        }
        Ok(packages)
    }
}

/// The lots that were picked, of each fulfillment.
struct Lots(HashMap<FulfillmentId, Vec<PickedLot>>);

impl Lots {
    fn of<'b>(tx: &mut Tx<'_>, benches: impl Iterator<Item = &'b Bench>) -> Result<Self, Error> {
        let works: Vec<FulfillmentId> = benches.flat_map(|bench| bench.together.ids()).collect();
        let mut lots: HashMap<FulfillmentId, Vec<PickedLot>> = HashMap::new();
        for (work, lot) in pick_list::lots_of_each(tx, &works)? {
            lots.entry(work).or_default().push(lot);
        }
        Ok(Self(lots))
    }

    /// Those of what is packed together, by the numbers of the lines at the bench.
    fn take(&mut self, together: &Together) -> Vec<PickedLot> {
        let mut lots = Vec::new();
        for work in together.ids() {
            let of_it = self.0.remove(&work).unwrap_or_default().into_iter();
            lots.extend(of_it.filter_map(|lot| {
                let line_no = together.number(work, lot.line_no)?;
                Some(PickedLot { line_no, ..lot })
            }));
        }
        lots
    }
}

fn once_each(mut orders: Vec<OrderId>) -> Vec<OrderId> {
    orders.sort_unstable();
    orders.dedup();
    orders
}

/// What lies in a box of each fulfillment, with the lines of its own order.
fn shares(together: &Together, contents: Vec<Content>) -> Vec<(&Fulfillment, Vec<Content>)> {
    let mut shares: Vec<(&Fulfillment, Vec<Content>)> = Vec::new();
    for content in contents {
        let Some((work, line_no)) = together.find(content.line_no) else { continue };
        let content = Content { line_no, ..content };
        match shares.iter_mut().find(|(known, _)| known.id() == work.id()) {
            Some((_, contents)) => contents.push(content),
            None => shares.push((work, vec![content])),
        }
    }
    shares
}

/// Opens the boxes of a packed fulfillment again.
///
/// # Errors
/// [`BenchError::Left`] if a carrier has one of them.
pub fn open(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    seen: Seen,
) -> Result<(), BenchError> {
    let mut bench = load(tx, principal, seen)?;
    let packages = package::of_each(tx, &bench.together.ids())?;
    let closed: Vec<PackageId> = packages.into_iter().map(|package| package.id).collect();
    let parcels = shipment::of_packages(tx, &bench.together.orders())?;
    if parcels.iter().any(|(package, state)| closed.contains(package) && state.has_left()) {
        return Err(BenchError::Left(seen.id));
    }
    bench.step(act, |work| work.unpack(act.at))?;
    bench.save(tx)?;
    for id in bench.together.ids() {
        package::open_all(tx, id, act.at)?;
    }
    Ok(roll_up(tx, &bench.together.orders(), &HashSet::new())?)
}

fn to_ship(work: &Fulfillment) -> Vec<LineQuantity> {
    let lines = work.facts().lines.iter().filter_map(|line| {
        let quantity = ordermill_base::Quantity::new(line.quantity).ok()?;
        Some(LineQuantity { line_no: line.line_no, quantity })
    });
    lines.collect()
}

fn grams(catalog: &Catalog, contents: &[Content]) -> u32 {
    let grams = contents.iter().map(|content| {
        let one = catalog.sku(content.sku).map_or(0, |sku| sku.weight_grams);
        u64::from(one) * content.quantity.get().unsigned_abs()
    });
    u32::try_from(grams.sum::<u64>()).unwrap_or(u32::MAX)
}
