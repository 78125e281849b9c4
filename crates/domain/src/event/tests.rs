use ordermill_base::{Currency, Id, Quantity, Timestamp};

use super::*;
use crate::deadline::DeadlineKind;
use crate::ids::{
    LocationId, ManifestId, MergeId, OrderId, PackageId, PaymentId, RefundId, SkuId, WaveId,
};
use crate::order::{CancelReason, LineQuantity, LineTerms, Review, Status, review};
use crate::reservation::{ReleaseReason, Which};

/// One of each kind; the stored form of any of them never changes.
fn samples() -> Vec<Event> {
    use {
        dispute::Event as D, fulfillment::Event as F, gift_card::Event as G, order::Event as O,
        payment::Event as P, points::Event as Q, refund::Event as R, reservation::Event as H,
        shipment::Event as S,
    };
    let lines = vec![LineQuantity { line_no: 1, quantity: Quantity::ONE }];
    let order = OrderId::from_raw(7);
    let due_at = Timestamp::from_millis(1_795_000_000_000);
    let key =
        refund::Key { payment: PaymentId::from_raw(1), cause: refund::Cause::Overpaid, subject: 0 };
    let of = Which {
        line_no: 1,
        sku: SkuId::from_raw(1),
        location: LocationId::from_raw(1),
        quantity: Quantity::ONE,
    };
    let mut placed = order::tests::two_lines();
    placed.lines.truncate(1);
    let in_place = LineTerms { line_no: 3, stands_for: Some(1), ..placed.lines[0] };
    vec![
        O::Placed(Box::new(placed)).into(),
        O::Reviewed { from: Review::ManualPending, to: Review::Approved, ruling: None }.into(),
        O::Reviewed {
            from: Review::Pending,
            to: Review::ManualPending,
            ruling: Some(review::Ruling {
                version: 3,
                holds: vec![review::HoldReason::Amount],
                interceptions: Vec::new(),
            }),
        }
        .into(),
        O::PartlyPaid { amount_minor: 100, paid_minor: 100 }.into(),
        O::Paid { amount_minor: 100, paid_minor: 200 }.into(),
        O::Refunded { amount_minor: 100, refunded_minor: 100 }.into(),
        O::ChargedBack { amount_minor: 100, charged_back_minor: 100 }.into(),
        O::Confirmed { backordered: Vec::new() }.into(),
        O::Confirmed { backordered: lines.clone() }.into(),
        O::BackorderFilled { lines: lines.clone(), still_waiting: false }.into(),
        O::GivenUp { lines: lines.clone(), still_waiting: true }.into(),
        O::Substituted { line_no: 1, line: in_place, refund_minor: 500, still_waiting: false }
            .into(),
        O::Shipped { lines: lines.clone() }.into(),
        O::Shorted { lines: lines.clone() }.into(),
        O::Resent { lines: lines.clone() }.into(),
        O::Canceled { from: Status::Placed, reason: CancelReason::Unpaid }.into(),
        O::Rejected.into(),
        O::Completed.into(),
        O::Archived.into(),
        P::Created {
            order,
            gateway: "alipay".into(),
            merchant: "shop".into(),
            amount_minor: 100,
            currency: Currency::Cny,
        }
        .into(),
        P::Submitted { gateway_ref: None }.into(),
        P::Authorized.into(),
        P::Captured {
            from: payment::State::Pending,
            amount_minor: 100,
            gateway_ref: "tx-1".into(),
        }
        .into(),
        P::Failed { from: payment::State::Pending }.into(),
        P::Expired { from: payment::State::Pending }.into(),
        P::Voided { from: payment::State::Created }.into(),
        R::Granted { order, key, amount_minor: 100, currency: Currency::Cny }.into(),
        R::Requested { from: refund::State::Failed }.into(),
        R::Succeeded.into(),
        R::Failed.into(),
        R::Withdrawn { from: refund::State::Failed }.into(),
        D::Opened(Box::new(dispute::tests::terms().into())).into(),
        D::Answered { answer: dispute::Answer::Evidence }.into(),
        D::AnswerRefused { answer: dispute::Answer::Accept }.into(),
        D::EvidenceSubmitted.into(),
        D::Accepted { from: dispute::State::NeedsResponse }.into(),
        D::Won { from: dispute::State::UnderReview }.into(),
        D::Lost { from: dispute::State::UnderReview }.into(),
        H::Allocated { of }.into(),
        H::Consumed { of }.into(),
        H::Expired { of }.into(),
        H::Held {
            of,
            from: reservation::State::Expired,
            expires_at: Some(Timestamp::from_millis(1_795_000_000_000)),
        }
        .into(),
        H::Released { of, from: reservation::State::Held, reason: ReleaseReason::OrderCanceled }
            .into(),
        stock::Event::Moved {
            sku: of.sku,
            location: of.location,
            movement: stock::MovementKind::Count,
            delta: -1,
            on_hand: 4,
            id: None,
        }
        .into(),
        F::Planned(fulfillment::Planned {
            order,
            location: of.location,
            is_urgent: false,
            ship_by: Some(due_at),
            not_before: None,
            lines: vec![fulfillment::PlannedLine {
                line_no: 1,
                sku: of.sku,
                quantity: of.quantity,
            }],
        })
        .into(),
        F::Merged { merge: MergeId::from_raw(1) }.into(),
        F::TakenOut.into(),
        F::Released { wave: WaveId::from_raw(1) }.into(),
        F::Withdrawn.into(),
        F::LinesPicked { lines: lines.clone() }.into(),
        F::LinesPutBack { lines: lines.clone() }.into(),
        F::Shorted {
            line_no: 1,
            missing: Quantity::ONE,
            reason: fulfillment::ShortReason::NotFound,
        }
        .into(),
        F::Picked.into(),
        F::Rechecked.into(),
        F::SentBack.into(),
        F::Packed { packages: vec![PackageId::from_raw(1)] }.into(),
        F::Unpacked.into(),
        F::HandedOver.into(),
        F::Closed.into(),
        F::Rejected {
            from: fulfillment::State::Released,
            reason: fulfillment::RejectReason::NoStock,
        }
        .into(),
        F::Canceled { from: fulfillment::State::Planned }.into(),
        package::Event::LabelPrinted { copy: 2 }.into(),
        deadline::Event::Warned { deadline: DeadlineKind::Review, due_at }.into(),
        deadline::Event::Breached { deadline: DeadlineKind::Review, due_at }.into(),
        G::Issued { amount_minor: 100, currency: Currency::Cny, origin: gift_card::Origin::Sold }
            .into(),
        G::Spent { order, payment: key.payment, amount_minor: 100 }.into(),
        G::GivenBack { order, refund: RefundId::from_raw(1), amount_minor: 100 }.into(),
        G::Adjusted { delta_minor: -100 }.into(),
        Q::Earned { order, points: 100 }.into(),
        Q::Spent { order, payment: key.payment, points: 100 }.into(),
        Q::GivenBack { order, refund: RefundId::from_raw(1), points: 100 }.into(),
        Q::TakenBack { order, points: 100 }.into(),
        Q::Adjusted { points: -100 }.into(),
        S::Created(Box::new(shipment::tests::terms())).into(),
        S::HandedOver { manifest: None }.into(),
        S::HandedOver { manifest: Some(ManifestId::from_raw(1)) }.into(),
        S::Tracked { status: shipment::TrackingStatus::InTransit, scanned_at: due_at }.into(),
        S::Planned { plan: shipment::Plan::Forward }.into(),
        S::ToldAgain.into(),
        S::Reshipped.into(),
        S::Delivered { scanned_at: due_at }.into(),
        S::Voided.into(),
        S::ReturnedToSender.into(),
        S::Lost.into(),
        record::Event::edited(
            record::Kind::SkuEdited,
            &crate::text::Text::new("碗", "Bowl"),
            &crate::text::Text::new("碗", "Rice bowl"),
        )
        .unwrap()
        .into(),
    ]
}

#[test]
fn the_stored_form_of_every_kind() {
    let json: Vec<String> = samples().iter().map(Event::to_json).collect();
    insta::assert_snapshot!(json.join("\n"), @r#"
    {"kind":"order.placed","channel":"chn_0000000000001","terms":"prepaid","promotion":false,"review":"auto_passed","amounts":{"currency":"CNY","tax_mode":"inclusive","goods_minor":12000,"discount_minor":2000,"freight_minor":800,"tax_minor":0,"total_minor":10800},"lines":[{"line_no":1,"sku":"sku_0000000000001","quantity":2,"unit_price_minor":5000,"discount_minor":2000,"tax_minor":0,"total_minor":8000}],"reserved":[]}
    {"kind":"order.reviewed","from":"manual_pending","to":"approved"}
    {"kind":"order.reviewed","from":"pending","to":"manual_pending","ruling":{"version":3,"holds":["amount"]}}
    {"kind":"order.partly_paid","amount_minor":100,"paid_minor":100}
    {"kind":"order.paid","amount_minor":100,"paid_minor":200}
    {"kind":"order.refunded","amount_minor":100,"refunded_minor":100}
    {"kind":"order.charged_back","amount_minor":100,"charged_back_minor":100}
    {"kind":"order.confirmed"}
    {"kind":"order.confirmed","backordered":[{"line_no":1,"quantity":1}]}
    {"kind":"order.backorder_filled","lines":[{"line_no":1,"quantity":1}],"still_waiting":false}
    {"kind":"order.given_up","lines":[{"line_no":1,"quantity":1}],"still_waiting":true}
    {"kind":"order.substituted","line_no":1,"line":{"line_no":3,"sku":"sku_0000000000001","quantity":2,"unit_price_minor":5000,"discount_minor":2000,"tax_minor":0,"total_minor":8000,"stands_for":1},"refund_minor":500,"still_waiting":false}
    {"kind":"order.shipped","lines":[{"line_no":1,"quantity":1}]}
    {"kind":"order.shorted","lines":[{"line_no":1,"quantity":1}]}
    {"kind":"order.resent","lines":[{"line_no":1,"quantity":1}]}
    {"kind":"order.canceled","from":"placed","reason":"unpaid"}
    {"kind":"order.rejected"}
    {"kind":"order.completed"}
    {"kind":"order.archived"}
    {"kind":"payment.created","order":"ord_0000000000007","gateway":"alipay","merchant":"shop","amount_minor":100,"currency":"CNY"}
    {"kind":"payment.submitted"}
    {"kind":"payment.authorized"}
    {"kind":"payment.captured","from":"pending","amount_minor":100,"gateway_ref":"tx-1"}
    {"kind":"payment.failed","from":"pending"}
    {"kind":"payment.expired","from":"pending"}
    {"kind":"payment.voided","from":"created"}
    {"kind":"refund.granted","order":"ord_0000000000007","key":{"payment":"pay_0000000000001","cause":"overpaid","subject":0},"amount_minor":100,"currency":"CNY"}
    {"kind":"refund.requested","from":"failed"}
    {"kind":"refund.succeeded"}
    {"kind":"refund.failed"}
    {"kind":"refund.withdrawn","from":"failed"}
    {"kind":"dispute.opened","order":"ord_0000000000007","payment":"pay_0000000000001","gateway":"sandbox","gateway_ref":"dp_1","reason":"not_received","amount_minor":100,"currency":"CNY","opened_at":"2026-11-18T11:06:40Z","respond_by":"2026-11-18T11:06:40Z"}
    {"kind":"dispute.answered","answer":"evidence"}
    {"kind":"dispute.answer_refused","answer":"accept"}
    {"kind":"dispute.evidence_submitted"}
    {"kind":"dispute.accepted","from":"needs_response"}
    {"kind":"dispute.won","from":"under_review"}
    {"kind":"dispute.lost","from":"under_review"}
    {"kind":"reservation.allocated","line_no":1,"sku":"sku_0000000000001","location":"loc_0000000000001","quantity":1}
    {"kind":"reservation.consumed","line_no":1,"sku":"sku_0000000000001","location":"loc_0000000000001","quantity":1}
    {"kind":"reservation.expired","line_no":1,"sku":"sku_0000000000001","location":"loc_0000000000001","quantity":1}
    {"kind":"reservation.held","line_no":1,"sku":"sku_0000000000001","location":"loc_0000000000001","quantity":1,"from":"expired","expires_at":"2026-11-18T11:06:40Z"}
    {"kind":"reservation.released","line_no":1,"sku":"sku_0000000000001","location":"loc_0000000000001","quantity":1,"from":"held","reason":"order_canceled"}
    {"kind":"stock.moved","sku":"sku_0000000000001","location":"loc_0000000000001","movement":"count","delta":-1,"on_hand":4}
    {"kind":"fulfillment.planned","order":"ord_0000000000007","location":"loc_0000000000001","ship_by":"2026-11-18T11:06:40Z","lines":[{"line_no":1,"sku":"sku_0000000000001","quantity":1}]}
    {"kind":"fulfillment.merged","merge":"mrg_0000000000001"}
    {"kind":"fulfillment.taken_out"}
    {"kind":"fulfillment.released","wave":"wav_0000000000001"}
    {"kind":"fulfillment.withdrawn"}
    {"kind":"fulfillment.lines_picked","lines":[{"line_no":1,"quantity":1}]}
    {"kind":"fulfillment.lines_put_back","lines":[{"line_no":1,"quantity":1}]}
    {"kind":"fulfillment.shorted","line_no":1,"missing":1,"reason":"not_found"}
    {"kind":"fulfillment.picked"}
    {"kind":"fulfillment.rechecked"}
    {"kind":"fulfillment.sent_back"}
    {"kind":"fulfillment.packed","packages":["pkg_0000000000001"]}
    {"kind":"fulfillment.unpacked"}
    {"kind":"fulfillment.handed_over"}
    {"kind":"fulfillment.closed"}
    {"kind":"fulfillment.rejected","from":"released","reason":"no_stock"}
    {"kind":"fulfillment.canceled","from":"planned"}
    {"kind":"package.label_printed","copy":2}
    {"kind":"deadline.warned","deadline":"review","due_at":"2026-11-18T11:06:40Z"}
    {"kind":"deadline.breached","deadline":"review","due_at":"2026-11-18T11:06:40Z"}
    {"kind":"gift_card.issued","amount_minor":100,"currency":"CNY","origin":"sold"}
    {"kind":"gift_card.spent","order":"ord_0000000000007","payment":"pay_0000000000001","amount_minor":100}
    {"kind":"gift_card.given_back","order":"ord_0000000000007","refund":"rfd_0000000000001","amount_minor":100}
    {"kind":"gift_card.adjusted","delta_minor":-100}
    {"kind":"points.earned","order":"ord_0000000000007","points":100}
    {"kind":"points.spent","order":"ord_0000000000007","payment":"pay_0000000000001","points":100}
    {"kind":"points.given_back","order":"ord_0000000000007","refund":"rfd_0000000000001","points":100}
    {"kind":"points.taken_back","order":"ord_0000000000007","points":100}
    {"kind":"points.adjusted","points":-100}
    {"kind":"shipment.created","order":"ord_0000000000007","package":"pkg_0000000000008","carrier":"car_0000000000009","service":"standard","waybill":"SF1","cost_minor":1200,"insured_minor":0,"currency":"CNY","expected_by":"2026-11-21T11:06:40Z","weight_grams":900}
    {"kind":"shipment.handed_over"}
    {"kind":"shipment.handed_over","manifest":"mnf_0000000000001"}
    {"kind":"shipment.tracked","status":"in_transit","scanned_at":"2026-11-18T11:06:40Z"}
    {"kind":"shipment.planned","plan":"forward"}
    {"kind":"shipment.told_again"}
    {"kind":"shipment.reshipped"}
    {"kind":"shipment.delivered","scanned_at":"2026-11-18T11:06:40Z"}
    {"kind":"shipment.voided"}
    {"kind":"shipment.returned_to_sender"}
    {"kind":"shipment.lost"}
    {"kind":"sku.edited","fields":{"en":{"before":"Bowl","after":"Rice bowl"}}}
    "#);
}

#[test]
fn events_read_back_by_their_kind() {
    for event in samples() {
        let json = event.to_json();
        assert!(json.starts_with(&format!(r#"{{"kind":"{}""#, event.kind())), "{json}");
        assert!(event.kind().starts_with(event.aggregate().code()));
        assert_eq!(Event::from_json(event.kind(), &json).unwrap(), event);
    }
}

#[test]
fn what_no_aggregate_says_is_not_an_event() {
    assert!(matches!(Event::from_json("cart.filled", "{}"), Err(ReadEventError::UnknownKind)));
    assert!(matches!(Event::from_json("order", "{}"), Err(ReadEventError::UnknownKind)));
    assert!(matches!(
        Event::from_json("order.sold", r#"{"kind":"order.sold"}"#),
        Err(ReadEventError::Json(_))
    ));
}
