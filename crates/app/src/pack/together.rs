//! What is packed together: one fulfillment, or all those of a merge as if they were one.
//!
//! At the bench, lines have numbers. Those of the fulfillment that somebody has in hand are the order's own;
//! those of what travels with it follow in steps of [`STEP`], so that a number means one line of one of the
//! fulfillments ([`Together::find`]).

use ordermill_domain::fulfillment::{Facts, Fulfillment, Line, State};
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::order::OrderNumber;
use ordermill_storage::{Error, Tx, fulfillment};

/// Lines of an order have smaller numbers than this.
const STEP: u16 = 1_000;

/// Fulfillments that are packed into the same boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// All of it as one: the lines of all with their numbers at the bench, as far as the one that is behind,
    /// and a version that changes when one of them does.
    pub work: Fulfillment,
    members: Vec<Fulfillment>,
}

impl Together {
    /// The fulfillment that somebody has in hand, with what travels with it.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(members: Vec<Fulfillment>) -> Self {
        let lead = members.first().expect("somebody has one in hand").facts();
        let lines = members.iter().zip(0_u16..).flat_map(|(work, at)| {
            let lines = work.facts().lines.iter();
            lines.map(move |line| Line { line_no: at * STEP + line.line_no, ..*line })
        });
        let behind = members.iter().map(Fulfillment::state).min().unwrap_or(lead.state);
        // One more or one less is never mistaken for a change of those that are there.
        let versions: i64 = members.iter().map(Fulfillment::version).sum();
        let others = i64::try_from(members.len()).unwrap_or(i64::MAX) - 1;
        let facts = Facts {
            lines: lines.collect(),
            state: behind,
            version: versions + others * 1_000_000,
            ..lead.clone()
        };
        Self { work: Fulfillment::from_facts(facts), members }
    }

    /// Which line of which fulfillment a number at the bench means.
    pub fn find(&self, number: u16) -> Option<(&Fulfillment, u16)> {
        let work = self.members.get(usize::from(number / STEP))?;
        work.line(number % STEP).map(|line| (work, line.line_no))
    }

    /// The number at the bench of a line of one of the fulfillments.
    pub fn number(&self, work: FulfillmentId, line_no: u16) -> Option<u16> {
        let at = self.members.iter().position(|it| it.id() == work)?;
        self.members[at].line(line_no)?;
        Some(u16::try_from(at).ok()? * STEP + line_no)
    }

    /// The fulfillments, the one in hand first.
    pub fn members(&self) -> &[Fulfillment] {
        &self.members
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<FulfillmentId> {
        self.members.iter().map(Fulfillment::id).collect()
    }

    /// Their orders, each once, that of the one in hand first.
    pub fn orders(&self) -> Vec<OrderId> {
        let mut orders: Vec<OrderId> = Vec::new();
        for work in &self.members {
            if !orders.contains(&work.facts().order) {
                orders.push(work.facts().order);
            }
        }
        orders
    }

    /// The numbers of their orders, as people read them out.
    pub fn order_numbers(&self) -> String {
        let numbers = self.orders().into_iter().map(|order| OrderNumber::from(order).to_string());
        numbers.collect::<Vec<_>>().join(" + ")
    }
}

/// A fulfillment with all that is packed with it; none if it does not exist.
///
/// # Errors
/// If the database does not answer.
pub fn read(tx: &mut Tx<'_>, id: FulfillmentId) -> Result<Option<Together>, Error> {
    let Some(work) = fulfillment::fetch(tx, id)? else { return Ok(None) };
    let others = match work.facts().merge {
        Some(merge) => fulfillment::of_merges(tx, &[merge])?,
        None => Vec::new(),
    };
    Ok(Some(Together::new(with(work, others))))
}

/// A fulfillment, and those of these that are packed with it.
pub(super) fn with(work: Fulfillment, others: Vec<Fulfillment>) -> Vec<Fulfillment> {
    let is_over = |work: &Fulfillment| matches!(work.state(), State::Rejected | State::Canceled);
    // What a carrier has is not packed with what is still here.
    let has_left = |work: &Fulfillment| matches!(work.state(), State::HandedOver | State::Closed);
    let (id, merge, is_gone) = (work.id(), work.facts().merge, has_left(&work));
    let is_alone = merge.is_none() || is_over(&work);
    let mut members = vec![work];
    if !is_alone {
        let is_along = |it: &Fulfillment| {
            it.id() != id && it.facts().merge == merge && !is_over(it) && has_left(it) == is_gone
        };
        members.extend(others.into_iter().filter(is_along));
    }
    members
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Id, Quantity, Timestamp};
    use ordermill_domain::fulfillment::{Planned, PlannedLine};
    use ordermill_domain::ids::{LocationId, MergeId, PackageId, SkuId, WaveId};
    use ordermill_domain::order::LineQuantity;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn work(number: i64, lines: &[u16]) -> Fulfillment {
        let line = |&line_no: &u16| PlannedLine {
            line_no,
            sku: SkuId::from_raw(line_no.into()),
            quantity: Quantity::ONE,
        };
        let planned = Planned {
            order: OrderId::from_raw(number),
            location: LocationId::from_raw(1),
            is_urgent: false,
            ship_by: None,
            not_before: None,
            lines: lines.iter().map(line).collect(),
        };
        let mut work = Fulfillment::plan(FulfillmentId::from_raw(number), planned, AT).unwrap().0;
        work.merge(MergeId::from_raw(1), AT).unwrap();
        work
    }

    #[test]
    fn a_number_at_the_bench_means_one_line_of_one_of_them() {
        let both = Together::new(vec![work(7, &[1, 3]), work(8, &[1, 2])]);
        let numbers: Vec<u16> = both.work.facts().lines.iter().map(|line| line.line_no).collect();
        assert_eq!(numbers, [1, 3, 1_001, 1_002]);
        let found = |number| both.find(number).map(|(work, line)| (work.id().raw(), line));
        assert_eq!((found(3), found(1_002)), (Some((7, 3)), Some((8, 2))));
        assert_eq!((found(2), found(1_003), found(2_001)), (None, None, None));
        let number = |work, line| both.number(FulfillmentId::from_raw(work), line);
        assert_eq!((number(8, 2), number(8, 3), number(9, 1)), (Some(1_002), None, None));
    }

    #[test]
    fn one_that_leaves_changes_the_version() {
        let (a, b, c) = (work(7, &[1]), work(8, &[1]), work(9, &[1]));
        let all = Together::new(vec![a.clone(), b, c.clone()]);
        assert_ne!(all.work.version(), Together::new(vec![a.clone(), c]).work.version());
        assert_eq!(Together::new(vec![a.clone()]).work, a);
    }

    #[test]
    fn they_are_as_far_as_the_one_that_is_behind() {
        let mut ahead = work(7, &[1]);
        ahead.release(WaveId::from_raw(1), AT).unwrap();
        assert_eq!(Together::new(vec![ahead, work(8, &[1])]).work.state(), State::Planned);
    }

    #[test]
    fn what_was_canceled_is_packed_with_nothing() {
        let mut gone = work(7, &[1]);
        gone.cancel(AT).unwrap();
        assert_eq!(with(gone.clone(), vec![work(8, &[1])]).len(), 1);
        assert_eq!(with(work(8, &[1]), vec![gone, work(8, &[1])]).len(), 1);
    }
    #[test]
    fn what_a_carrier_has_is_not_packed_with_what_is_here() {
        let mut gone = work(7, &[1]);
        let one = LineQuantity { line_no: 1, quantity: Quantity::ONE };
        gone.release(WaveId::from_raw(1), AT).unwrap();
        gone.pick(vec![one], AT).unwrap();
        gone.finish_picking(AT).unwrap();
        gone.recheck(AT).unwrap();
        gone.pack(vec![PackageId::from_raw(1)], AT).unwrap();
        assert_eq!(with(work(8, &[1]), vec![gone.clone(), work(8, &[1])]).len(), 2);
        gone.hand_over(AT).unwrap();
        assert_eq!(with(work(8, &[1]), vec![gone.clone(), work(8, &[1])]).len(), 1);
        assert_eq!(with(gone, vec![work(8, &[1])]).len(), 1);
    }
}
