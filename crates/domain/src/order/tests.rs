use ordermill_base::{Currency, Id, Quantity, Span};
use proptest::prelude::*;

use super::review::{HoldReason, Ruling};
use super::*;
use crate::carrier::ServiceKind;
use crate::ids::{ChannelId, LocationId, SkuId};
use crate::pricing::TaxMode;
use crate::stock::Reserved;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn quantity(pieces: i64) -> Quantity {
    Quantity::new(pieces).unwrap()
}

fn pieces(line_no: u16, pieces: i64) -> LineQuantity {
    LineQuantity { line_no, quantity: quantity(pieces) }
}

fn terms(line_no: u16, pieces: i64, unit_price_minor: i64, discount_minor: i64) -> LineTerms {
    LineTerms {
        line_no,
        sku: SkuId::from_raw(line_no.into()),
        quantity: quantity(pieces),
        unit_price_minor,
        discount_minor,
        tax_minor: 0,
        total_minor: unit_price_minor * pieces - discount_minor,
        gift: None,
        stands_for: None,
    }
}

/// Two pieces at 50.00 and one at 20.00, 20.00 off, 8.00 freight: 108.00.
pub(crate) fn two_lines() -> Placed {
    Placed {
        channel: ChannelId::from_raw(1),
        channel_order_id: None,
        customer: None,
        terms: PaymentTerms::Prepaid,
        promotion: false,
        review: Review::AutoPassed,
        amounts: Amounts {
            currency: Currency::Cny,
            tax_mode: TaxMode::Inclusive,
            goods_minor: 12_000,
            discount_minor: 2_000,
            freight_minor: 800,
            tax_minor: 0,
            total_minor: 10_800,
        },
        lines: vec![terms(1, 2, 5_000, 2_000), terms(2, 1, 2_000, 0)],
        reserved: Vec::new(),
        coupons: Vec::new(),
        points_earned: 0,
        service_wish: None,
        promised_by_on: None,
    }
}

fn place(placed: Placed) -> (Order, Vec<OrderLine>) {
    let lines = placed.lines.iter().copied().map(OrderLine::new).collect();
    let (order, _) = Order::place(OrderId::from_raw(7), placed, AT).unwrap();
    (order, lines)
}

fn actions(order: &Order) -> String {
    order.allowed_actions().map(Action::code).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_order_goes_from_placing_to_the_archive() {
    let (mut order, mut lines) = place(two_lines());
    assert_eq!((order.version(), order.payment_status()), (1, PaymentStatus::Unpaid));
    assert_eq!(actions(&order), "pay cancel");

    let unready = order.confirm(&mut lines, Cover::Allocated, AT);
    assert_eq!(unready, Err(OrderError::NotReady(NotReady::Unpaid)));
    assert_eq!(order.record_paid(10_800, AT).unwrap().kind(), "order.paid");
    order.confirm(&mut lines, Cover::Allocated, AT).unwrap();
    assert!(lines.iter().all(|line| line.open() == 0 && line.pieces().backordered == 0));
    assert_eq!(actions(&order), "cancel");

    order.record_shipped(&mut lines, vec![pieces(1, 1)], AT).unwrap();
    assert_eq!(order.cancel(&mut lines, CancelReason::Buyer, AT), Err(OrderError::AlreadyShipped));
    order.record_shipped(&mut lines, vec![pieces(1, 1), pieces(2, 1)], AT).unwrap();
    assert_eq!(actions(&order), "complete");
    order.complete(AT).unwrap();
    order.archive(AT).unwrap();
    assert_eq!((order.status(), order.version()), (Status::Archived, 7));
    assert_eq!(actions(&order), "");
}

#[test]
fn money_below_the_total_does_not_confirm_and_above_it_is_overpaid() {
    let (mut order, _) = place(two_lines());
    assert_eq!(order.record_paid(10_000, AT).unwrap().kind(), "order.partly_paid");
    assert_eq!(order.ready_to_confirm(), Err(NotReady::Unpaid));
    assert_eq!(order.record_paid(801, AT).unwrap().kind(), "order.paid");
    assert_eq!(order.payment_status(), PaymentStatus::Overpaid);
    assert_eq!(order.ready_to_confirm(), Ok(()));
    order.record_refunded(1, AT).unwrap();
    assert_eq!(order.payment_status(), PaymentStatus::Paid);
    assert_eq!(order.record_refunded(10_801, AT), Err(OrderError::Sum { amount_minor: 10_801 }));
}

#[test]
fn whoever_pays_days_later_can_expect_it_days_later() {
    let day = |day| Some(jiff::civil::Date::constant(2026, 11, day));
    let (mut order, _) = place(Placed { promised_by_on: day(25), ..two_lines() });
    assert_eq!(order.facts().expected_by_on(), day(25));
    order.record_paid(10_800, AT + Span::hours(60)).unwrap();
    assert_eq!(order.facts().expected_by_on(), day(27));
    assert_eq!(order.facts().promised_by_on, day(25), "what was promised stays");
}

#[test]
fn cash_on_delivery_confirms_without_money() {
    let (mut order, mut lines) =
        place(Placed { terms: PaymentTerms::CashOnDelivery, ..two_lines() });
    assert_eq!(actions(&order), "cancel confirm");
    order.confirm(&mut lines, Cover::Allocated, AT).unwrap();
    assert_eq!(order.payment_status(), PaymentStatus::CodDue);
}

#[test]
fn a_person_decides_what_the_rules_queue() {
    let (mut order, mut lines) = place(Placed { review: Review::ManualPending, ..two_lines() });
    order.record_paid(10_800, AT).unwrap();
    assert_eq!(actions(&order), "cancel approve refuse ask_buyer");
    assert_eq!(order.reject(&mut lines, AT), Err(OrderError::NotRefused(Review::ManualPending)));
    order.record_review(review::Step::AskBuyer, AT).unwrap();
    assert_eq!(actions(&order), "cancel resume_review");
    order.record_review(review::Step::Resume, AT).unwrap();
    order.record_review(review::Step::Reject, AT).unwrap();
    order.reject(&mut lines, AT).unwrap();
    assert_eq!(order.status(), Status::Rejected);
    assert_eq!(lines[0].pieces().canceled, 2);
    let late = order.record_review(review::Step::Reopen, AT);
    assert_eq!(late, Err(OrderError::NotReviewable(Status::Rejected)));
}

#[test]
fn a_confirmed_order_that_was_changed_is_reviewed_again_until_something_has_left() {
    let (mut order, mut lines) = place(two_lines());
    order.record_paid(10_800, AT).unwrap();
    order.confirm(&mut lines, Cover::Allocated, AT).unwrap();
    order.record_review(review::Step::Reopen, AT).unwrap();
    let large = Ruling { version: 1, holds: vec![HoldReason::Amount], interceptions: Vec::new() };
    order.record_ruling(large, AT).unwrap();
    assert_eq!(order.display_status(Progress::NotPacked), DisplayStatus::InReview);
    assert_eq!(actions(&order), "cancel approve refuse ask_buyer");

    let (mut refused, mut its_lines) = (order.clone(), lines.clone());
    refused.record_review(review::Step::Reject, AT).unwrap();
    refused.reject(&mut its_lines, AT).unwrap();
    assert_eq!((refused.status(), its_lines[0].pieces().canceled), (Status::Rejected, 2));

    // What was on a floor already may leave; the rest is decided all the same.
    order.record_shipped(&mut lines, vec![pieces(1, 1)], AT).unwrap();
    assert_eq!(actions(&order), "approve ask_buyer complete");
    order.record_review(review::Step::Approve, AT).unwrap();
    assert_eq!(order.status(), Status::Confirmed);
    let late = order.record_review(review::Step::Reopen, AT);
    assert_eq!(late, Err(OrderError::NotReviewable(Status::Confirmed)));
}

#[test]
fn a_backorder_is_filled_before_it_ships() {
    let (mut order, mut lines) = place(two_lines());
    order.record_paid(10_800, AT).unwrap();
    let too_much = Cover::BackorderAccepted(vec![pieces(1, 3)]);
    let refused = order.confirm(&mut lines, too_much, AT);
    assert_eq!(refused, Err(OrderError::Pieces { line_no: 1, available: 2, asked: 3 }));

    let cover = Cover::BackorderAccepted(vec![pieces(1, 1), pieces(1, 1)]);
    order.confirm(&mut lines, cover, AT).unwrap();
    assert!(order.facts().backordered);
    assert!(order.record_shipped(&mut lines, vec![pieces(1, 1)], AT).is_err());
    order.record_backorder_filled(&mut lines, vec![pieces(1, 1)], AT).unwrap();
    assert!(order.facts().backordered);
    order.record_backorder_filled(&mut lines, vec![pieces(1, 1)], AT).unwrap();
    assert!(!order.facts().backordered);
    order.record_shipped(&mut lines, vec![pieces(1, 2)], AT).unwrap();
    assert_eq!(lines[0].pieces(), Pieces { shipped: 2, ..Pieces::default() });
}

#[test]
fn money_after_a_cancel_is_recorded_and_does_not_reopen_the_order() {
    let (mut order, mut lines) = place(two_lines());
    order.cancel(&mut lines, CancelReason::Unpaid, AT).unwrap();
    order.record_paid(10_800, AT).unwrap();
    assert_eq!(order.status(), Status::Canceled);
    assert!(order.confirm(&mut lines, Cover::Allocated, AT).is_err());
    assert_eq!(order.facts().cancel_reason, Some(CancelReason::Unpaid));
}

#[test]
fn an_order_that_does_not_add_up_is_not_placed() {
    let refused = |change: fn(&mut Placed)| {
        let mut placed = two_lines();
        change(&mut placed);
        Order::place(OrderId::from_raw(7), placed, AT).unwrap_err()
    };
    use AmountsError as E;
    assert_eq!(refused(|p| p.lines.clear()), E::NoLines.into());
    assert_eq!(refused(|p| p.lines[1].line_no = 1), E::LineNumbers.into());
    assert_eq!(refused(|p| p.lines[1].total_minor += 1), E::Line { line_no: 2 }.into());
    assert_eq!(refused(|p| p.lines[0].unit_price_minor = i64::MAX), E::Line { line_no: 1 }.into());
    assert_eq!(refused(|p| p.amounts.total_minor -= 1), E::Sums.into());
    assert_eq!(refused(|p| p.amounts.tax_minor = -1), E::Sums.into());
}

#[test]
fn tax_on_top_is_part_of_the_total() {
    let mut placed = two_lines();
    placed.amounts.tax_mode = TaxMode::Exclusive;
    placed.lines[0].tax_minor = 640;
    placed.lines[0].total_minor += 640;
    // 64 more on the freight.
    placed.amounts.tax_minor = 704;
    placed.amounts.total_minor += 704;
    assert!(Order::place(OrderId::from_raw(7), placed, AT).is_ok());
}

#[test]
fn what_costs_nothing_is_paid_when_placed() {
    let mut placed = two_lines();
    placed.amounts =
        Amounts { discount_minor: 12_000, freight_minor: 0, total_minor: 0, ..placed.amounts };
    placed.lines = vec![terms(1, 2, 5_000, 10_000), terms(2, 1, 2_000, 2_000)];
    let (order, _) = place(placed);
    assert_eq!(actions(&order), "cancel confirm");
    assert_eq!(order.facts().milestones.paid_at, Some(AT));
}

/// What people see at each standing of status, terms, money, review and progress.
#[test]
fn the_display_status_is_the_first_match() {
    let mut table = String::new();
    let mut show = |what: &str, order: &Order, progress| {
        let display = order.display_status(progress);
        table.push_str(&format!("{what}: {display}\n"));
    };
    let cod = PaymentTerms::CashOnDelivery;
    for review in [Review::Pending, Review::AutoPassed, Review::ManualPending, Review::Intercepted]
    {
        let (order, _) = place(Placed { review, ..two_lines() });
        show(&format!("unpaid, review {review}"), &order, Progress::NotPacked);
        let mut paid = order;
        paid.record_paid(10_800, AT).unwrap();
        show(&format!("paid, review {review}"), &paid, Progress::NotPacked);
        let (order, _) = place(Placed { review, terms: cod, ..two_lines() });
        show(&format!("cash on delivery, review {review}"), &order, Progress::NotPacked);
    }
    let (mut order, mut lines) = place(Placed { terms: cod, ..two_lines() });
    let mut canceled = order.clone();
    canceled.cancel(&mut lines.clone(), CancelReason::Buyer, AT).unwrap();
    show("canceled", &canceled, Progress::NotPacked);
    order.confirm(&mut lines, Cover::Allocated, AT).unwrap();
    for progress in Progress::ALL {
        show(&format!("confirmed, {progress}"), &order, progress);
    }
    order.record_shipped(&mut lines, vec![pieces(1, 2), pieces(2, 1)], AT).unwrap();
    order.complete(AT).unwrap();
    show("completed", &order, Progress::Delivered);
    show("completed, case open", &order, Progress::AfterSale);
    order.archive(AT).unwrap();
    show("archived", &order, Progress::Delivered);
    insta::assert_snapshot!(table, @r"
    unpaid, review pending: to_pay
    paid, review pending: in_review
    cash on delivery, review pending: to_pay
    unpaid, review auto_passed: to_pay
    paid, review auto_passed: to_process
    cash on delivery, review auto_passed: to_process
    unpaid, review manual_pending: to_pay
    paid, review manual_pending: in_review
    cash on delivery, review manual_pending: in_review
    unpaid, review intercepted: intercepted
    paid, review intercepted: intercepted
    cash on delivery, review intercepted: intercepted
    canceled: canceled
    confirmed, not_packed: to_process
    confirmed, packed: to_ship
    confirmed, labeled: to_hand_over
    confirmed, partly_shipped: partly_shipped
    confirmed, shipped: shipped
    confirmed, delivered: delivered
    confirmed, after_sale: after_sale
    completed: completed
    completed, case open: after_sale
    archived: archived
    ");
}

fn placed() -> impl Strategy<Value = Placed> {
    (
        proptest::sample::select(&PaymentTerms::ALL[..]),
        proptest::sample::select(&Review::ALL[..]).prop_filter("initial", |r| r.is_initial()),
        any::<bool>(),
    )
        .prop_map(|(terms, review, backordered)| {
            let reserved = Reserved {
                line_no: 1,
                sku: SkuId::from_raw(1),
                location: LocationId::from_raw(1),
                quantity: quantity(2),
                backordered,
            };
            Placed { terms, review, reserved: vec![reserved], ..two_lines() }
        })
}

/// One of the commands, sensible or not.
fn command(
    order: &mut Order,
    lines: &mut Vec<OrderLine>,
    (which, minor, of): (usize, i64, u16),
    at: Timestamp,
) -> Result<Event, OrderError> {
    let some = vec![pieces(1 + of % 2, i64::from(1 + of / 2 % 2))];
    match which {
        0 => order.record_paid(minor, at),
        1 => order.record_refunded(minor, at),
        2 => order.record_charged_back(minor, at),
        3 => order.confirm(lines, Cover::Allocated, at),
        4 => order.confirm(lines, Cover::BackorderAccepted(some), at),
        5 => order.record_backorder_filled(lines, some, at),
        6 => order.record_shipped(lines, some, at),
        7 => order.cancel(lines, CancelReason::ALL[usize::from(of) % CancelReason::ALL.len()], at),
        8 => order.reject(lines, at),
        9 => order.complete(at),
        10 => order.archive(at),
        11 => order.record_ruling(ruling(minor, of), at),
        20 => {
            let LineQuantity { line_no, quantity: pieces } = some[0];
            let (sku, unit_price_minor) = (SkuId::from_raw(9), minor.max(0));
            let wanted = Replacement { line_no, pieces, sku, unit_price_minor, is_fixed: false };
            let InPlace { line, less_minor } = order.in_place_of(lines, wanted)?;
            order.substitute(lines, line, less_minor, at)
        }
        _ => order.record_review(review::Step::ALL[which % review::Step::ALL.len()], at),
    }
}

/// Any of the rulings.
fn ruling(minor: i64, of: u16) -> Ruling {
    let reasons = |picked: u16| {
        let reasons = HoldReason::ALL.into_iter().zip(0_u16..);
        reasons.filter(|(_, bit)| picked >> bit & 1 == 1).map(|(reason, _)| reason).collect()
    };
    Ruling { version: minor.max(0), holds: reasons(of & 3), interceptions: reasons(of >> 2 & 3) }
}

fn commands() -> impl Strategy<Value = Vec<(usize, i64, u16)>> {
    let minor = prop_oneof![Just(10_800), -10_i64..12_000];
    proptest::collection::vec((0_usize..21, minor, 0_u16..16), 0..40)
}

proptest! {
    /// I5: the journal tells the whole story, also after a trip through its JSON.
    #[test]
    fn folding_the_events_gives_the_stored_order(placed in placed(), commands in commands()) {
        let id = OrderId::from_raw(7);
        let mut lines: Vec<OrderLine> = placed.lines.iter().copied().map(OrderLine::new).collect();
        let (mut order, first) = Order::place(id, placed, AT).unwrap();
        let mut at = AT;
        let mut journal = Vec::new();
        for step in commands {
            at = at + Span::minutes(1);
            let before = (order.clone(), lines.clone());
            match command(&mut order, &mut lines, step, at) {
                Ok(event) => journal.push((serde_json::to_string(&event).unwrap(), at)),
                // A refused command leaves no trace.
                Err(_) => prop_assert_eq!((order.clone(), lines.clone()), before),
            }
        }

        let Event::Placed(placed) = first else { unreachable!() };
        let mut folded = Order::placed(id, &placed, AT);
        let mut folded_lines: Vec<OrderLine> =
            placed.lines.iter().copied().map(OrderLine::new).collect();
        for (json, at) in &journal {
            let event: Event = serde_json::from_str(json).unwrap();
            folded.apply(&event, *at);
            fold_lines(&mut folded_lines, &event);
        }
        prop_assert_eq!(folded.version(), 1 + i64::try_from(journal.len()).unwrap());
        prop_assert_eq!(&folded, &order);
        prop_assert_eq!(&folded_lines, &lines);
    }

    /// I6 and the invariants of the module, whatever is commanded.
    #[test]
    fn no_history_breaks_the_rules(placed in placed(), commands in commands()) {
        let (mut order, mut lines) = place(placed);
        for step in commands {
            let before = order.status();
            let offered: Vec<Action> = order.allowed_actions().collect();
            let result = command(&mut order, &mut lines, step, AT);
            let after = order.status();
            let legal = Step::ALL.iter().any(|&step| before.after(step) == Ok(after));
            prop_assert!(before == after || legal);
            if result.is_ok() {
                let needed = match step.0 {
                    7 => Some(Action::Cancel),
                    9 => Some(Action::Complete),
                    10 => Some(Action::Archive),
                    _ => None,
                };
                prop_assert!(needed.is_none_or(|action| offered.contains(&action)));
            } else {
                let promised = match step.0 {
                    3 => Action::Confirm,
                    7 => Action::Cancel,
                    9 => Action::Complete,
                    10 => Action::Archive,
                    _ => continue,
                };
                prop_assert!(!offered.contains(&promised), "{promised} was offered and refused");
            }

            let shipped: i64 = lines.iter().map(|line| line.pieces().shipped).sum();
            prop_assert!(after != Status::Canceled || shipped == 0);
            let money = order.facts().money;
            prop_assert!(0 <= money.refunded_minor && money.refunded_minor <= money.paid_minor);
            for line in &lines {
                prop_assert_eq!(OrderLine::from_stored(line.terms, line.pieces()), Ok(*line));
            }
        }
    }
}

#[test]
fn an_order_that_wished_for_nothing_is_written_as_it_always_was_and_older_ones_are_read() {
    let plain = serde_json::to_value(two_lines()).unwrap();
    assert!(plain.get("service_wish").is_none() && plain.get("promised_by_on").is_none());
    assert_eq!(serde_json::from_value::<Placed>(plain).unwrap(), two_lines());
    let wished = Placed {
        service_wish: Some(ServiceKind::PickupPoint),
        promised_by_on: Some(jiff::civil::Date::constant(2026, 11, 25)),
        ..two_lines()
    };
    let json = serde_json::to_value(&wished).unwrap();
    assert_eq!(
        (&json["service_wish"], &json["promised_by_on"]),
        (&serde_json::json!("pickup_point"), &serde_json::json!("2026-11-25"),)
    );
    assert_eq!(serde_json::from_value::<Placed>(json).unwrap(), wished);
    let (order, _) = place(wished);
    assert_eq!(order.facts().service_wish, Some(ServiceKind::PickupPoint));
}
