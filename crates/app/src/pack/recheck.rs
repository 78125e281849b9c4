//! Recheck (复核): what was picked is compared with what was ordered, by scan, by weight and by eye.

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::SkuId;
use ordermill_storage::{BatchCommand, Error, Tx};

use super::bench::{Bench, decide_each, in_turns};
use super::{BenchError, Materials, Seen, load};
use crate::catalog::Catalog;
use crate::permission::Principal;
use crate::pick_list::finish;

/// What was seen at the bench.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The pieces that were scanned: SKU code or GTIN, and how many.
    pub scanned: Vec<(String, i64)>,
    /// What all of it weighs without a box, in grams, if it was weighed.
    pub weight_grams: Option<u32>,
    /// Goods and their packing are intact.
    pub is_intact: bool,
    /// What breaks was padded.
    pub is_reinforced: bool,
}

/// Why it does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RecheckError {
    /// Something is not as it should be: everything that was found.
    #[error("what was picked is not what was ordered")]
    Wrong(Vec<Difference>),
    /// The step was refused.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

impl From<Error> for RecheckError {
    fn from(error: Error) -> Self {
        Self::Bench(error.into())
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A code that no SKU has.
    UnknownCode {
        /// As scanned.
        code: String,
    },
    /// More or fewer pieces than were ordered.
    Pieces {
        /// Of what.
        sku: SkuId,
        /// How many were scanned.
        scanned: i64,
        /// How many are to be shipped.
        ordered: i64,
    },
    /// It weighs something else.
    Weight {
        /// What the scale says, in grams.
        measured_grams: u32,
        /// What was computed from the goods, in grams.
        computed_grams: u32,
    },
    /// Goods or their packing are damaged.
    NotIntact,
    /// Something breaks, and was not padded.
    NotReinforced {
        /// What breaks.
        sku: SkuId,
    },
}

/// Lets a picked fulfillment go on to be packed, if everything is right.
#[derive(Debug, Clone)]
pub struct Recheck {
    /// The goods and boxes of the shop.
    pub catalog: Arc<Catalog>,
    /// Who is at the bench.
    pub principal: Principal,
    /// Who, when and why.
    pub act: Act,
    /// What they have in hand.
    pub seen: Seen,
    /// What they have found.
    pub findings: Findings,
}

impl BatchCommand for Recheck {
    /// As of [`recheck`].
    type Output = Result<Fulfillment, RecheckError>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let steps = batch.iter().map(|it| Step {
            catalog: &it.catalog,
            principal: &it.principal,
            act: &it.act,
            seen: it.seen,
            findings: &it.findings,
        });
        recheck_each(tx, &steps.collect::<Vec<_>>())
    }
}

/// [`Recheck`] of one, in a transaction that the caller has opened. Gives the fulfillment as it is then.
///
/// # Errors
/// [`RecheckError::Wrong`] with everything that is not right; it then stays where it is, and is corrected at the
/// bench or sent back by [`send_back`].
pub fn recheck(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    findings: &Findings,
) -> Result<Fulfillment, RecheckError> {
    let step = Step { catalog, principal, act, seen, findings };
    let mut answers = recheck_each(tx, &[step])?;
    answers.pop().unwrap_or_else(|| unreachable!("one was asked for"))
}

struct Step<'a> {
    catalog: &'a Catalog,
    principal: &'a Principal,
    act: &'a Act,
    seen: Seen,
    findings: &'a Findings,
}

fn recheck_each(
    tx: &mut Tx<'_>,
    steps: &[Step<'_>],
) -> Result<Vec<Result<Fulfillment, RecheckError>>, Error> {
    let at: Vec<_> = steps.iter().map(|step| (step.principal, step.seen)).collect();
    in_turns(tx, &at, |tx, benches| {
        let recheck = |_: &Tx<'_>, number: usize, bench: &mut Bench| steps[number].decide(bench);
        Ok(decide_each(tx, benches, recheck)?.1)
    })
}

impl Step<'_> {
    fn decide(&self, bench: &mut Bench) -> Result<Fulfillment, RecheckError> {
        let Self { catalog, act, findings, .. } = *self;
        let differences = compare(catalog, &catalog.materials, &bench.together.work, findings);
        if !differences.is_empty() {
            return Err(RecheckError::Wrong(differences));
        }
        // What was sent back and put right, piece for piece in its tote, has nothing left to be picked.
        for file in &mut bench.files {
            finish(act, file).map_err(BenchError::from)?;
        }
        bench.step(act, |work| work.recheck(act.at)).map_err(BenchError::from)?;
        Ok(bench.in_hand().clone())
    }
}

/// Sends a picked fulfillment back to the pickers, with the reason of the act. They put it right, and it is
/// rechecked again.
pub fn send_back(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    seen: Seen,
) -> Result<(), BenchError> {
    let mut bench = load(tx, principal, seen)?;
    bench.step(act, |work| work.send_back(act.at))?;
    Ok(bench.save(tx)?)
}

/// Everything in which findings differ from what is to be shipped.
pub fn compare(
    catalog: &Catalog,
    materials: &Materials,
    work: &Fulfillment,
    findings: &Findings,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut pieces: BTreeMap<SkuId, (i64, i64)> = BTreeMap::new();
    for line in &work.facts().lines {
        pieces.entry(line.sku).or_default().1 += line.quantity;
    }
    for (code, count) in &findings.scanned {
        match catalog.by_gtin(code).or_else(|| catalog.by_code(code)) {
            Some(sku) => pieces.entry(sku.id).or_default().0 += count,
            None => differences.push(Difference::UnknownCode { code: code.clone() }),
        }
    }
    let wrong = pieces.iter().filter(|(_, (scanned, ordered))| scanned != ordered);
    differences.extend(wrong.map(|(&sku, &(scanned, ordered))| Difference::Pieces {
        sku,
        scanned,
        ordered,
    }));
    if let Some(measured_grams) = findings.weight_grams {
        let computed_grams = weight_of(catalog, work);
        if !materials.is_weight(measured_grams, computed_grams) {
            differences.push(Difference::Weight { measured_grams, computed_grams });
        }
    }
    if !findings.is_intact {
        differences.push(Difference::NotIntact);
    }
    if !findings.is_reinforced {
        let fragile =
            pieces.keys().find(|sku| catalog.sku(**sku).is_some_and(|sku| sku.handling.is_fragile));
        differences.extend(fragile.map(|sku| Difference::NotReinforced { sku: *sku }));
    }
    differences
}

/// What is to be shipped weighs so much without a box, in grams.
pub fn weight_of(catalog: &Catalog, work: &Fulfillment) -> u32 {
    let lines = work.facts().lines.iter().map(|line| {
        let grams = catalog.sku(line.sku).map_or(0, |sku| sku.weight_grams);
        u64::from(grams) * line.quantity.unsigned_abs()
    });
    u32::try_from(lines.sum::<u64>()).unwrap_or(u32::MAX)
}
