//! Fulfillments against their histories, and against the orders and the stock that they work on.

use std::collections::BTreeMap;

use ordermill_base::Quantity;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::fulfillment::{Event, Fulfillment, State, Step};
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::order::{LineQuantity, OrderLine, Progress, ShareOfWork};
use ordermill_domain::package::{Package, check_contents};
use ordermill_domain::reservation::{self as hold};
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, order, reservation};

use super::Examination;
use super::folded::{Folded, examine};
use crate::fulfillment::progress::has_pieces_left;

pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("fulfillments", Walk::Fulfillments, |examination, range| {
        let stored = check::fulfillments(examination.tx, range)?;
        let stored = stored.into_iter().map(|work| (work.id(), work)).collect();
        examine(examination, "fulfillment", range, stored)
    })
}

impl Folded for Fulfillment {
    type Key = FulfillmentId;
    type Event = Event;

    fn event(any: AnyEvent) -> Option<Event> {
        if let AnyEvent::Fulfillment(event) = any { Some(event) } else { None }
    }

    fn start(id: FulfillmentId, event: &Event, entry: &Entry) -> Option<Self> {
        if let Event::Planned(planned) = event {
            Some(Self::planned(id, planned, entry.at))
        } else {
            None
        }
    }

    fn version(&self) -> i64 {
        self.version()
    }

    fn is_legal(&self, event: &Event) -> bool {
        let has = |step| self.state().after(step).is_ok();
        let is = |from: &State, step| self.state() == *from && has(step);
        match event {
            Event::Planned(_) => false,
            Event::Merged { .. } => has(Step::Merge),
            Event::TakenOut => has(Step::TakeOut) && self.facts().merge.is_some(),
            Event::Released { .. } => has(Step::Release),
            Event::Withdrawn => has(Step::Withdraw),
            Event::LinesPicked { .. } => has(Step::Pick),
            Event::LinesPutBack { .. } => has(Step::PutBack),
            Event::Shorted { .. } => has(Step::Short),
            Event::Picked => {
                let is_whole = self.facts().lines.iter().all(|line| line.to_pick() == 0);
                has(Step::FinishPicking) && is_whole
            }
            Event::Rechecked => has(Step::Recheck),
            Event::SentBack => has(Step::SendBack),
            Event::Packed { packages } => has(Step::Pack) && !packages.is_empty(),
            Event::Unpacked => has(Step::Unpack),
            Event::HandedOver => has(Step::HandOver),
            Event::Closed => has(Step::Close),
            Event::Rejected { from, .. } => is(from, Step::Reject) && !self.has_picked(),
            Event::Canceled { from } => is(from, Step::Cancel),
        }
    }

    fn fold(&mut self, event: &Event, entry: &Entry) {
        self.apply(event, entry.at);
    }

    fn standing(&self) -> String {
        format!("{} at version {}", self.state(), self.version())
    }
}

pub(super) fn run_of_orders(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("work on orders", Walk::Orders, |examination, range| {
        for (id, file) in load(examination, range)? {
            file.examine(examination, id);
        }
        Ok(())
    })
}

/// The work on one order, and what it works on.
#[derive(Default)]
struct File {
    stored: Option<order::Stored>,
    lines: Vec<OrderLine>,
    parts: Vec<reservation::Stored>,
    work: Vec<Fulfillment>,
    packages: Vec<Package>,
}

fn load(
    examination: &mut Examination<'_, '_>,
    range: Range,
) -> Result<BTreeMap<OrderId, File>, Error> {
    let mut files: BTreeMap<OrderId, File> = BTreeMap::new();
    for stored in check::orders(examination.tx, range)? {
        let id = stored.order.id();
        files.entry(id).or_default().stored = Some(stored);
    }
    for (order, line) in check::lines(examination.tx, range)? {
        files.entry(order).or_default().lines.push(line);
    }
    for part in check::reservations(examination.tx, range)? {
        files.entry(part.reservation.facts().order).or_default().parts.push(part);
    }
    for work in check::fulfillments_of(examination.tx, range)? {
        files.entry(work.facts().order).or_default().work.push(work);
    }
    for package in check::packages_of(examination.tx, range)? {
        files.entry(package.order).or_default().packages.push(package);
    }
    Ok(files)
}

impl File {
    fn examine(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        for work in &self.work {
            self.examine_pieces(examination, work);
            self.examine_packages(examination, work);
        }
        self.examine_owners(examination, id);
        self.examine_shipped(examination, id);
        self.examine_progress(examination, id);
    }

    /// I2: what a fulfillment is to ship is claimed for it, where it is; what it shipped was claimed.
    fn examine_pieces(&self, examination: &mut Examination<'_, '_>, work: &Fulfillment) {
        let facts = work.facts();
        let claimed_as = match facts.state {
            state if state.claims_stock() => hold::State::Allocated,
            State::HandedOver | State::Closed => hold::State::Consumed,
            _ => return self.examine_ended(examination, work),
        };
        for line in &facts.lines {
            let of_line = self.parts_of(work).filter(|part| part.line_no == line.line_no);
            let claimed: i64 = of_line
                .filter(|part| part.state == claimed_as && part.location == facts.location)
                .map(|part| part.quantity.get())
                .sum();
            if claimed != line.quantity {
                let (line_no, pieces) = (line.line_no, line.quantity);
                let what =
                    format!("line {line_no} has {pieces} pieces, {claimed} are {claimed_as}");
                examination.found("I2", facts.id, what);
            }
        }
    }

    fn examine_ended(&self, examination: &mut Examination<'_, '_>, work: &Fulfillment) {
        if self.parts_of(work).any(|part| part.state == hold::State::Allocated) {
            examination.found("I2", work.id(), "it has ended and still claims stock");
        }
    }

    /// I11: packages hold what their fulfillment ships, and nothing else; before they are closed and after
    /// they were opened there are none.
    fn examine_packages(&self, examination: &mut Examination<'_, '_>, work: &Fulfillment) {
        let facts = work.facts();
        let packages = self.packages.iter().filter(|package| package.fulfillment == facts.id);
        let contents: Vec<_> = packages.map(|package| package.contents.clone()).collect();
        match facts.state {
            State::Packed | State::HandedOver | State::Closed => {
                let lines = facts.lines.iter().filter_map(|line| {
                    let quantity = Quantity::new(line.quantity).ok()?;
                    Some(LineQuantity { line_no: line.line_no, quantity })
                });
                let to_ship: Vec<LineQuantity> = lines.collect();
                if let Err(wrong) = check_contents(&contents, &to_ship) {
                    examination.found("I11", facts.id, wrong.to_string());
                }
            }
            // The packages of what was canceled stand about until somebody unpacks them.
            State::Canceled => {}
            state if !contents.is_empty() => {
                let what = format!("it is {state} and has {} closed packages", contents.len());
                examination.found("I11", facts.id, what);
            }
            _ => {}
        }
    }

    fn parts_of(&self, work: &Fulfillment) -> impl Iterator<Item = &hold::Facts> {
        let id = work.id();
        let of_it = self.parts.iter().filter(move |part| part.fulfillment == Some(id));
        of_it.map(|part| part.reservation.facts())
    }

    /// I11: what is claimed for a fulfillment is of this order, and in it.
    fn examine_owners(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        for part in &self.parts {
            let line_no = part.reservation.facts().line_no;
            let owner = part.fulfillment.map(|of_it| self.work.iter().find(|it| it.id() == of_it));
            match owner {
                Some(None) => {
                    examination.found("I11", id, "pieces of a fulfillment that it does not have");
                }
                Some(Some(work)) if work.line(line_no).is_none() => {
                    let what = format!("pieces of line {line_no} that it does not ship");
                    examination.found("I11", work.id(), what);
                }
                Some(Some(_)) | None => {}
            }
        }
    }

    /// I11: what has left the building is what the order says.
    fn examine_shipped(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        for line in &self.lines {
            let parts = self.parts.iter().map(|part| part.reservation.facts());
            let left: i64 = parts
                .filter(|part| part.line_no == line.terms.line_no)
                .filter(|part| part.state == hold::State::Consumed)
                .map(|part| part.quantity.get())
                .sum();
            let pieces = line.pieces();
            let (shipped, resent) = (pieces.shipped, pieces.resent);
            if left != shipped + resent {
                let line_no = line.terms.line_no;
                let what = format!(
                    "line {line_no} has {shipped} shipped and {resent} sent again, {left} have left"
                );
                examination.found("I11", id, what);
            }
        }
    }

    /// I5: how far the order is, is what its fulfillments say.
    fn examine_progress(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        let Some(stored) = &self.stored else { return };
        let has_pieces_left = has_pieces_left(&self.lines, &self.work);
        let share = |work: &Fulfillment| ShareOfWork { state: work.state(), is_labeled: false };
        let progress = Progress::of(self.work.iter().map(share), has_pieces_left);
        // Whether packages have waybills is not looked at here; cases after the sale are not either.
        let is = match stored.progress {
            Progress::Labeled => Progress::Packed,
            Progress::AfterSale => return,
            progress => progress,
        };
        if is != progress {
            let what = format!("the work on it is {is}, its fulfillments say {progress}");
            examination.found("I5", id, what);
        }
    }
}
