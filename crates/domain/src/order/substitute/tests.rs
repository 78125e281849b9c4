use ordermill_base::Id as _;
use proptest::prelude::*;

use super::*;
use crate::order::tests::two_lines;
use crate::order::{Cover, PaymentTerms, Pieces, Placed};

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn pieces(count: i64) -> Quantity {
    Quantity::new(count).unwrap()
}

/// Two pieces at 50.00 with 20.00 off, which wait, and one at 20.00 that is there.
fn waiting(placed: Placed) -> (Order, Vec<OrderLine>) {
    let mut lines: Vec<OrderLine> = placed.lines.iter().copied().map(OrderLine::new).collect();
    let (mut order, _) = Order::place(ordermill_base::Id::from_raw(7), placed, AT).unwrap();
    if order.facts().terms == PaymentTerms::Prepaid {
        order.record_paid(order.facts().amounts.total_minor, AT).unwrap();
    }
    let waits = LineQuantity { line_no: 1, quantity: lines[0].terms.quantity };
    order.confirm(&mut lines, Cover::BackorderAccepted(vec![waits]), AT).unwrap();
    (order, lines)
}

fn by(unit_price_minor: i64) -> Replacement {
    let sku = SkuId::from_raw(9);
    Replacement { line_no: 1, pieces: pieces(2), sku, unit_price_minor, is_fixed: false }
}

#[test]
fn what_costs_less_gives_the_difference_back_and_what_costs_more_costs_the_same() {
    let (order, lines) = waiting(two_lines());
    let cheap = order.in_place_of(&lines, by(3_000)).unwrap();
    assert_eq!(
        (cheap.line.total_minor, cheap.line.discount_minor, cheap.less_minor),
        (6_000, 0, 2_000)
    );
    let dear = order.in_place_of(&lines, by(9_000)).unwrap();
    assert_eq!(
        (dear.line.total_minor, dear.line.discount_minor, dear.less_minor),
        (8_000, 10_000, 0)
    );
    let alike = order.in_place_of(&lines, Replacement { is_fixed: true, ..by(3_000) }).unwrap();
    assert_eq!((alike.line.unit_price_minor, alike.line.total_minor), (4_000, 8_000));
    assert_eq!(
        (alike.line.discount_minor, alike.less_minor),
        (0, 0),
        "the door collects as before"
    );
}

#[test]
fn tax_on_top_is_part_of_what_is_compared() {
    let mut placed = two_lines();
    placed.amounts.tax_mode = TaxMode::Exclusive;
    placed.lines[0].tax_minor = 800;
    placed.lines[0].total_minor += 800;
    (placed.amounts.tax_minor, placed.amounts.total_minor) = (800, 11_600);
    let (order, lines) = waiting(placed);
    let InPlace { line, less_minor } = order.in_place_of(&lines, by(2_000)).unwrap();
    assert_eq!((line.total_minor, line.tax_minor, line.discount_minor), (4_400, 400, 0));
    assert_eq!(less_minor, 4_400);
}

#[test]
fn the_pieces_that_were_replaced_are_canceled_and_others_are_allocated() {
    let (mut order, mut lines) = waiting(two_lines());
    let InPlace { line, less_minor } = order.in_place_of(&lines, by(3_000)).unwrap();
    let event = order.substitute(&mut lines, line, less_minor, AT).unwrap();
    assert_eq!(event.kind(), "order.substituted");
    assert_eq!(lines[0].pieces(), Pieces { canceled: 2, ..Pieces::default() });
    assert_eq!(lines[2].pieces(), Pieces { allocated: 2, ..Pieces::default() });
    assert_eq!((lines[2].terms.line_no, lines[2].terms.stands_for), (3, Some(1)));
    assert!(!order.facts().backordered);
    assert_eq!(order.facts().amounts, two_lines().amounts, "the sums stay as they were placed");
    assert_eq!(check_substitutes(&order.facts().amounts, &lines), Ok(()));
    assert_eq!(replaced(&lines, 1), 2);
}

#[test]
fn a_substitute_that_is_itself_short_is_replaced_again() {
    let (mut order, mut lines) = waiting(two_lines());
    let first = order.in_place_of(&lines, by(3_000)).unwrap().line;
    order.substitute(&mut lines, first, 2_000, AT).unwrap();
    let short = LineQuantity { line_no: 3, quantity: pieces(1) };
    order.record_short(&mut lines, vec![short], AT).unwrap();
    let wanted = Replacement { line_no: 3, pieces: pieces(1), ..by(1_000) };
    let InPlace { line, less_minor } = order.in_place_of(&lines, wanted).unwrap();
    assert_eq!(
        (line.line_no, line.stands_for, line.total_minor, less_minor),
        (4, Some(3), 1_000, 2_000)
    );
    order.substitute(&mut lines, line, less_minor, AT).unwrap();
    assert_eq!(check_substitutes(&order.facts().amounts, &lines), Ok(()));
    assert_eq!(line_placed(&lines, 4), 1);
}

#[test]
fn only_missing_pieces_of_an_order_that_goes_on_are_replaced() {
    let (mut order, mut lines) = waiting(two_lines());
    let too_many = Replacement { pieces: pieces(3), ..by(3_000) };
    assert!(matches!(order.in_place_of(&lines, too_many), Err(OrderError::Pieces { .. })));
    let is_there = Replacement { line_no: 2, pieces: pieces(1), ..by(3_000) };
    assert!(matches!(order.in_place_of(&lines, is_there), Err(OrderError::Pieces { .. })));
    let line = order.in_place_of(&lines, by(3_000)).unwrap().line;
    let dear = LineTerms { unit_price_minor: 4_001, total_minor: 8_002, ..line };
    assert!(order.substitute(&mut lines, dear, 0, AT).is_err(), "it never costs more");
    assert!(order.substitute(&mut lines, line, 2_001, AT).is_err(), "nor goes more back");
    order
        .record_shipped(&mut lines, vec![LineQuantity { line_no: 2, quantity: pieces(1) }], AT)
        .unwrap();
    order.complete(AT).unwrap();
    assert!(matches!(order.in_place_of(&lines, by(3_000)), Err(OrderError::Transition(_))));
}

proptest! {
    /// Whatever is replaced by whatever, in whatever shares: the buyer pays no more, nothing is lost, and what
    /// goes back with all that is kept is what was paid.
    #[test]
    fn lines_that_stand_in_for_others_are_covered_by_them(
        swaps in proptest::collection::vec((1_i64..3, 0_i64..9_000, any::<bool>()), 1..4),
        discount in 0_i64..10_000,
        tax in 0_i64..2_000,
        mode in proptest::sample::select(&TaxMode::ALL[..]),
    ) {
        let mut placed = two_lines();
        let line = &mut placed.lines[0];
        let on_top = if mode == TaxMode::Exclusive { tax } else { 0 };
        (line.discount_minor, line.tax_minor) = (discount, tax);
        line.total_minor = 10_000 - discount + on_top;
        placed.amounts = Amounts {
            tax_mode: mode,
            discount_minor: discount,
            tax_minor: tax,
            total_minor: 12_800 - discount + on_top,
            ..placed.amounts
        };
        let (mut order, mut lines) = waiting(placed);
        for (count, unit_price_minor, is_fixed) in swaps {
            let Some(line) = lines.iter().find(|line| line.pieces().backordered > 0) else { break };
            let count = pieces(count.min(line.pieces().backordered));
            let wanted = Replacement { line_no: line.terms.line_no, pieces: count, is_fixed, ..by(unit_price_minor) };
            let cost = line.share_of_next_canceled(count.get());
            let InPlace { line, less_minor } = order.in_place_of(&lines, wanted).unwrap();
            prop_assert_eq!(line.total_minor + less_minor, cost);
            prop_assert!(!is_fixed || less_minor == 0);
            order.substitute(&mut lines, line, less_minor, AT).unwrap();
            prop_assert_eq!(check_substitutes(&order.facts().amounts, &lines), Ok(()));
            let short = LineQuantity { line_no: line.line_no, quantity: count };
            order.record_short(&mut lines, vec![short], AT).unwrap();
        }
    }
}
