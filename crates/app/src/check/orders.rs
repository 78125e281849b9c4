//! Orders with everything that hangs on them: lines, reservations, money, books, history.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::dispute::{self, Dispute};
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::ids::OrderId;
use ordermill_domain::ledger::Account;
use ordermill_domain::order::review::Hold;
use ordermill_domain::order::{
    Event, LineQuantity, LineTerms, Order, OrderLine, Review, Status, Step, check_substitutes,
    fold_lines, review,
};
use ordermill_domain::payment::{self, Payment};
use ordermill_domain::refund::{self, Refund};
use ordermill_domain::reservation::State;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;
use ordermill_storage::ledger::OF_NO_ORDER;
use ordermill_storage::{Error, Tx, ledger, order, reservation};

use super::Examination;

pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("orders", Walk::Orders, |examination, range| {
        for (id, file) in load(examination.tx, range)? {
            if id == OF_NO_ORDER {
                file.examine_books(examination, OrderId::from_raw(id));
            } else {
                file.examine(examination, OrderId::from_raw(id));
            }
        }
        Ok(())
    })
}

/// All rows of one order.
#[derive(Default)]
struct File {
    stored: Option<order::Stored>,
    lines: Vec<OrderLine>,
    /// (line, minor units).
    discounts: Vec<(i64, i64)>,
    reservations: Vec<reservation::Stored>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    disputes: Vec<Dispute>,
    books: Vec<ledger::Entry>,
    holds: Vec<Hold>,
    history: Vec<Entry>,
}

fn load(tx: &mut Tx<'_>, range: Range) -> Result<BTreeMap<i64, File>, Error> {
    let mut files: BTreeMap<i64, File> = BTreeMap::new();
    for stored in check::orders(tx, range)? {
        let id = stored.order.id().raw();
        files.entry(id).or_default().stored = Some(stored);
    }
    for (order, line) in check::lines(tx, range)? {
        files.entry(order.raw()).or_default().lines.push(line);
    }
    for (order, line_no, minor) in check::discounts(tx, range)? {
        files.entry(order).or_default().discounts.push((line_no, minor));
    }
    for stored in check::reservations(tx, range)? {
        let order = stored.reservation.facts().order.raw();
        files.entry(order).or_default().reservations.push(stored);
    }
    for payment in check::payments_of(tx, range)? {
        files.entry(payment.facts().order.raw()).or_default().payments.push(payment);
    }
    for refund in check::refunds_of(tx, range)? {
        files.entry(refund.facts().order.raw()).or_default().refunds.push(refund);
    }
    for dispute in check::disputes_of(tx, range)? {
        files.entry(dispute.facts().terms.order.raw()).or_default().disputes.push(dispute);
    }
    for (order, entry) in check::ledger_of(tx, range)? {
        files.entry(order).or_default().books.push(entry);
    }
    for (order, hold) in check::holds_of(tx, range)? {
        files.entry(order.raw()).or_default().holds.push(hold);
    }
    for entry in check::histories(tx, "order", range)? {
        files.entry(entry.aggregate_id).or_default().history.push(entry);
    }
    Ok(files)
}

impl File {
    fn examine(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        self.examine_books(examination, id);
        let Some(stored) = &self.stored else {
            examination.found("I5", id, "rows of an order that does not exist");
            return;
        };
        let order = &stored.order;
        self.examine_sums(examination, order);
        self.examine_money(examination, order);
        self.examine_claims(examination, order);
        self.examine_history(examination, order);
    }

    /// I3: lines, discounts, freight and tax add up to the total, and what is sent in place of something is
    /// paid out of it.
    fn examine_sums(&self, examination: &mut Examination<'_, '_>, order: &Order) {
        let id = order.id();
        let terms = self.lines.iter().map(|line| line.terms);
        let placed: Vec<LineTerms> = terms.filter(|terms| terms.stands_for.is_none()).collect();
        let amounts = &order.facts().amounts;
        let sums = amounts.check(&placed);
        if let Err(error) = sums.and_then(|()| check_substitutes(amounts, &self.lines)) {
            examination.found("I3", id, error.to_string());
        }
        let mut by_line: BTreeMap<i64, i64> = BTreeMap::new();
        for (line_no, minor) in &self.discounts {
            *by_line.entry(*line_no).or_default() += minor;
        }
        for (line_no, minor) in by_line {
            let line = self.lines.iter().find(|line| i64::from(line.terms.line_no) == line_no);
            let discount_minor = line.map_or(0, |line| line.terms.discount_minor);
            if minor > discount_minor {
                let what = format!(
                    "line {line_no} has a discount of {discount_minor}, its sources give {minor}"
                );
                examination.found("I3", id, what);
            }
        }
    }

    /// I3: what came in and went back is what payments, refunds and books say.
    fn examine_money(&self, examination: &mut Examination<'_, '_>, order: &Order) {
        let id = order.id();
        let sums = order.facts().money;
        let captured: i64 = self
            .payments
            .iter()
            .filter(|payment| payment.state() == payment::State::Captured)
            .map(|payment| payment.facts().amount.minor)
            .sum();
        let collected: i64 = self
            .books
            .iter()
            .filter(|entry| entry.account == Account::CodClearing.code() && entry.amount_minor > 0)
            .map(|entry| entry.amount_minor)
            .sum();
        if sums.paid_minor != captured + collected {
            let what = format!(
                "{} paid, but {captured} captured and {collected} collected",
                sums.paid_minor
            );
            examination.found("I3", id, what);
        }
        let refunded: i64 = self
            .refunds
            .iter()
            .filter(|refund| refund.state() == refund::State::Succeeded)
            .map(|refund| refund.facts().amount.minor)
            .sum();
        let tendered: i64 = self
            .books
            .iter()
            .filter(|entry| {
                let account = Account::from_code(&entry.account);
                account.is_ok_and(|it| it.pays_orders() && !it.is_money())
            })
            .map(|entry| entry.amount_minor)
            .sum();
        let by_tenders: i64 = self
            .payments
            .iter()
            .filter(|it| it.tender().is_some() && it.state() == payment::State::Captured)
            .map(|payment| payment.facts().amount.minor - self.sent_back_minor(payment))
            .sum();
        if tendered != by_tenders {
            let what =
                format!("{by_tenders} paid by points and gift cards, the books say {tendered}");
            examination.found("I3", id, what);
        }
        if sums.refunded_minor != refunded {
            let what = format!("{} refunded, but refunds of {refunded}", sums.refunded_minor);
            examination.found("I3", id, what);
        }
        // What was settled with the gateway has moved on, to the bank and to its fees; what a bank holds is
        // kept apart.
        let is_money = |entry: &&ledger::Entry| {
            let account = Account::from_code(&entry.account);
            account.is_ok_and(|it| {
                it.pays_orders()
                    || matches!(it, Account::Bank | Account::GatewayFees | Account::DisputedFunds)
            })
        };
        let balance: i64 = self.books.iter().filter(is_money).map(|entry| entry.amount_minor).sum();
        let here = sums.paid_minor - sums.refunded_minor - sums.charged_back_minor;
        if here != balance {
            examination.found("I3", id, format!("{here} are here, the books say {balance}"));
        }
        self.examine_disputes(examination, order);
        for payment in &self.payments {
            self.examine_refunds(examination, payment);
        }
        let is_known = |refund: &Refund| {
            self.payments.iter().any(|it| it.facts().id == refund.facts().key.payment)
        };
        for refund in self.refunds.iter().filter(|refund| !is_known(refund)) {
            let what = "a refund of a payment that the order does not have";
            examination.found("I3", refund.facts().id, what);
        }
    }

    /// I3: what banks hold and have taken is what the books say.
    fn examine_disputes(&self, examination: &mut Examination<'_, '_>, order: &Order) {
        let sum = |is_counted: fn(dispute::State) -> bool| -> i64 {
            let counted = self.disputes.iter().filter(|it| is_counted(it.state()));
            counted.map(|it| it.facts().terms.amount.minor).sum()
        };
        let booked = |account: Account| -> i64 {
            let of_it = self.books.iter().filter(|entry| entry.account == account.code());
            of_it.map(|entry| entry.amount_minor).sum()
        };
        let (held, held_by_books) = (sum(dispute::State::is_open), booked(Account::DisputedFunds));
        if held != held_by_books {
            let what = format!("{held} are under dispute, the books say {held_by_books}");
            examination.found("I3", order.id(), what);
        }
        let taken = sum(dispute::State::is_charged_back);
        let taken_by_books = booked(Account::ChargebackLosses);
        let taken_by_order = order.facts().money.charged_back_minor;
        if taken != taken_by_books || taken != taken_by_order {
            let what = format!(
                "{taken} were taken back, the books say {taken_by_books}, the order {taken_by_order}"
            );
            examination.found("I3", order.id(), what);
        }
    }

    /// What refunds of a payment have sent back, minor units.
    fn sent_back_minor(&self, payment: &Payment) -> i64 {
        let of_it = self.refunds.iter().filter(|it| it.facts().key.payment == payment.facts().id);
        let sent = of_it.filter(|refund| refund.state() == refund::State::Succeeded);
        sent.map(|refund| refund.facts().amount.minor).sum()
    }

    fn examine_refunds(&self, examination: &mut Examination<'_, '_>, payment: &Payment) {
        let facts = payment.facts();
        let of_it = self.refunds.iter().filter(|refund| refund.facts().key.payment == facts.id);
        let owed = of_it.filter(|refund| refund.state() != refund::State::Withdrawn);
        let granted: i64 = owed.map(|refund| refund.facts().amount.minor).sum();
        let captured =
            if payment.state() == payment::State::Captured { facts.amount.minor } else { 0 };
        if granted > captured {
            let what = format!("{granted} to be refunded of {captured} captured");
            examination.found("I3", facts.id, what);
        }
    }

    /// I3: the entries of each posting cancel out.
    fn examine_books(&self, examination: &mut Examination<'_, '_>, id: OrderId) {
        let mut postings: BTreeMap<_, i64> = BTreeMap::new();
        for entry in &self.books {
            *postings.entry((entry.posting, entry.currency)).or_default() += entry.amount_minor;
            if Account::from_code(&entry.account).is_err() {
                examination.found("I3", entry.posting, "an account that does not exist");
            }
        }
        for ((posting, _), sum) in postings.into_iter().filter(|(_, sum)| *sum != 0) {
            let what = format!("debits and credits of order {id} differ by {sum}");
            examination.found("I3", posting, what);
        }
    }

    /// I2: what an order claims is what its lines were promised.
    fn examine_claims(&self, examination: &mut Examination<'_, '_>, order: &Order) {
        let id = order.id();
        let sum = |state: State, line_no: u16| -> i64 {
            let facts = self.reservations.iter().map(|stored| stored.reservation.facts());
            facts
                .filter(|facts| facts.state == state && facts.line_no == line_no)
                .map(|facts| facts.quantity.get())
                .sum()
        };
        for line in &self.lines {
            let (line_no, pieces) = (line.terms.line_no, line.pieces());
            let allocated = sum(State::Allocated, line_no);
            if allocated != pieces.allocated {
                let promised = pieces.allocated;
                let what = format!("line {line_no} has {promised} allocated, holds {allocated}");
                examination.found("I2", id, what);
            }
            let is_over = matches!(order.status(), Status::Canceled | Status::Rejected);
            let held = sum(State::Held, line_no) + sum(State::Backordered, line_no);
            if is_over && held > 0 {
                let what = format!("line {line_no} of an ended order claims {held}");
                examination.found("I2", id, what);
            }
        }
        let is_of_a_line = |stored: &&reservation::Stored| {
            let facts = stored.reservation.facts();
            self.lines
                .iter()
                .any(|line| line.terms.line_no == facts.line_no && line.terms.sku == facts.sku)
        };
        if self.reservations.iter().any(|stored| !is_of_a_line(&stored)) {
            examination.found("I11", id, "a reservation of something that was not ordered");
        }
    }

    /// I5, I6: folding the events gives what is stored, and each was a legal step.
    fn examine_history(&self, examination: &mut Examination<'_, '_>, stored: &Order) {
        let id = stored.id();
        let Some((mut order, mut lines)) = start(id, self.history.first()) else {
            examination.found("I5", id, "its history does not begin with its placing");
            return;
        };
        let mut holds = Vec::new();
        for entry in &self.history[1..] {
            let Some(event) = event_of(entry) else {
                let what = format!("event {} cannot be read", entry.sequence);
                examination.found("I5", id, what);
                return;
            };
            if entry.sequence != order.version() + 1 {
                let what = format!("event {} follows event {}", entry.sequence, order.version());
                examination.found("I5", id, what);
                return;
            }
            if !is_legal(&order, &lines, &event) {
                let what = format!("{} while it was {}", event.kind(), order.status());
                examination.found("I6", id, what);
            }
            order.apply(&event, entry.at);
            Hold::fold(&mut holds, &event, entry.sequence, entry.at);
            fold_lines(&mut lines, &event);
        }
        if order != *stored {
            let what = difference(stored, &order);
            examination.found("I5", id, format!("stored is not what happened: {what}"));
        }
        if lines != self.lines {
            examination.found("I5", id, "stored lines are not what happened to them");
        }
        let mut stored_holds = self.holds.clone();
        holds.sort_unstable();
        stored_holds.sort_unstable();
        if holds != stored_holds {
            examination.found("I5", id, "stored holds are not what happened to the order");
        }
    }
}

fn event_of(entry: &Entry) -> Option<Event> {
    match AnyEvent::from_json(&entry.kind, &entry.body) {
        Ok(AnyEvent::Order(event)) if event.kind() == entry.kind => Some(event),
        _ => None,
    }
}

fn start(id: OrderId, first: Option<&Entry>) -> Option<(Order, Vec<OrderLine>)> {
    let first = first.filter(|entry| entry.sequence == 1)?;
    let Event::Placed(placed) = event_of(first)? else { return None };
    let lines = placed.lines.iter().copied().map(OrderLine::new).collect();
    Some((Order::placed(id, &placed, first.at), lines))
}

/// I6: whether the life cycles have this step from here.
fn is_legal(order: &Order, lines: &[OrderLine], event: &Event) -> bool {
    let facts = order.facts();
    let has = |step| facts.status.after(step).is_ok();
    let money = facts.money;
    let have = |named: &[LineQuantity], pieces: fn(&OrderLine) -> i64| {
        lines.iter().all(|line| {
            let of_it = named.iter().filter(|it| it.line_no == line.terms.line_no);
            of_it.map(|it| it.quantity.get()).sum::<i64>() <= pieces(line)
        })
    };
    match event {
        Event::Placed(_) => false,
        Event::Reviewed { from, to, ruling } => {
            let leads_there = |step| from.after(step) == Ok(*to);
            order.is_reviewable()
                && facts.review == *from
                && match ruling {
                    Some(ruling) => leads_there(ruling.step()),
                    None => review::Step::ALL.into_iter().any(leads_there),
                }
        }
        Event::PartlyPaid { amount_minor, paid_minor }
        | Event::Paid { amount_minor, paid_minor } => {
            *amount_minor > 0 && money.paid_minor + amount_minor == *paid_minor
        }
        Event::Refunded { amount_minor, refunded_minor } => {
            *amount_minor > 0
                && money.refunded_minor + amount_minor == *refunded_minor
                && refunded_minor + money.charged_back_minor <= money.paid_minor
        }
        Event::ChargedBack { amount_minor, charged_back_minor } => {
            *amount_minor > 0
                && money.charged_back_minor + amount_minor == *charged_back_minor
                && money.refunded_minor + charged_back_minor <= money.paid_minor
        }
        Event::Confirmed { backordered } => {
            has(Step::Confirm)
                && order.ready_to_confirm().is_ok()
                && have(backordered, OrderLine::open)
        }
        Event::BackorderFilled { lines: filled, .. } => {
            have(filled, |line| line.pieces().backordered)
        }
        Event::GivenUp { lines: given_up, .. } => {
            facts.status == Status::Confirmed && have(given_up, |line| line.pieces().backordered)
        }
        Event::Substituted { line, refund_minor, .. } => {
            let mut after = (order.clone(), lines.to_vec());
            let at = facts.milestones.placed_at;
            after.0.substitute(&mut after.1, *line, *refund_minor, at).as_ref() == Ok(event)
        }
        Event::Shorted { lines: missing } => have(missing, |line| line.pieces().allocated),
        Event::Shipped { lines: shipped } => have(shipped, |line| line.pieces().allocated),
        Event::Resent { lines: again } => {
            has(Step::Complete) && have(again, |line| line.pieces().shipped)
        }
        Event::Canceled { from, .. } => {
            facts.status == *from && has(Step::Cancel) && facts.milestones.shipped_at.is_none()
        }
        Event::Rejected => {
            has(Step::Reject)
                && facts.review == Review::Rejected
                && facts.milestones.shipped_at.is_none()
        }
        Event::Completed => has(Step::Complete) && facts.milestones.shipped_at.is_some(),
        Event::Archived => has(Step::Archive),
    }
}

/// The first fact in which two orders differ, for people.
fn difference(stored: &Order, happened: &Order) -> String {
    let (a, b) = (stored.facts(), happened.facts());
    let pairs = [
        ("version", format!("{:?}", a.version), format!("{:?}", b.version)),
        ("status", format!("{:?}", a.status), format!("{:?}", b.status)),
        ("review", format!("{:?}", a.review), format!("{:?}", b.review)),
        ("money", format!("{:?}", a.money), format!("{:?}", b.money)),
        ("amounts", format!("{:?}", a.amounts), format!("{:?}", b.amounts)),
        ("milestones", format!("{:?}", a.milestones), format!("{:?}", b.milestones)),
    ];
    let found = pairs.into_iter().find(|(_, a, b)| a != b);
    found.map_or_else(
        || "terms, channel or customer".to_owned(),
        |(name, a, b)| format!("{name} is {a}, its events say {b}"),
    )
}
