//! Orders as the API shows them.

use ordermill_app::order::detail::OrderDetail;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::payment::Payment;
use ordermill_domain::refund::Refund;
use ordermill_storage::order::Stored;
use serde::Serialize;
use utoipa::ToSchema;

use crate::carrier::view::ServiceKindView;
use crate::money::MoneyView;

/// An order that was placed. Consists of facts that never change, so that a repeated request gets
/// the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlacedOrder {
    /// Its key.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub id: String,
    /// What people read out on the phone.
    #[schema(example = "261122-41AX-SC0C-0H9")]
    pub number: String,
    /// When it was placed, RFC 3339.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// What it costs.
    pub total: MoneyView,
    /// What is left of that to pay, behind points and gift cards.
    pub to_pay: MoneyView,
    /// Opens the order's page without an account. Keep it as secret as the order.
    pub token: String,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderSummary {
    /// Its key.
    pub id: String,
    /// What people read out on the phone.
    pub number: String,
    /// The channel that it came from.
    pub channel_id: String,
    /// The channel's own id.
    pub channel_order_id: Option<String>,
    /// Where it stands, for people: `to_pay`, `in_review`, `to_process`, …
    #[schema(example = "to_pay")]
    pub display_status: String,
    /// The life cycle's state: `placed`, `confirmed`, `completed`, `archived`, `canceled`, `rejected`.
    #[schema(example = "placed")]
    pub status: String,
    /// Where its money stands: `unpaid`, `paid`, …
    #[schema(example = "unpaid")]
    pub payment_status: String,
    /// `prepaid` or `cash_on_delivery`.
    pub terms: String,
    /// Country and province of the destination.
    #[schema(example = "CN-31")]
    pub region: String,
    /// What it costs.
    pub total: MoneyView,
    /// When it was placed.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

/// An order with all that hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderView {
    /// What lists show too.
    #[serde(flatten)]
    pub summary: OrderSummary,
    /// How far the review is.
    pub review: String,
    /// Why it is or was kept from being released, oldest first.
    pub holds: Vec<HoldView>,
    /// Why it was canceled.
    pub cancel_reason: Option<String>,
    /// How the buyer wants it brought; none: as the shop sees fit, to the door.
    pub delivery_service: Option<ServiceKindView>,
    /// The last day of delivery that the buyer was promised; none: nothing was promised.
    #[schema(format = Date)]
    pub promised_by_on: Option<String>,
    /// The sums.
    pub amounts: AmountsView,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// Its payments, oldest first.
    pub payments: Vec<PaymentView>,
    /// Its refunds, oldest first.
    pub refunds: Vec<RefundView>,
    /// What must happen by when.
    pub deadlines: Vec<DeadlineView>,
    /// What may be done with it now.
    pub allowed_actions: Vec<String>,
}

/// The sums of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AmountsView {
    /// Prices times quantities.
    pub goods: MoneyView,
    /// Taken off the goods.
    pub discount: MoneyView,
    /// Freight, its discounts taken off.
    pub freight: MoneyView,
    /// Tax, in the prices or on top of them.
    pub tax: MoneyView,
    /// `inclusive` or `exclusive`.
    pub tax_mode: String,
    /// All of it.
    pub total: MoneyView,
    /// Came in.
    pub paid: MoneyView,
    /// Went back.
    pub refunded: MoneyView,
    /// Buyers' banks took it back for good.
    pub charged_back: MoneyView,
    /// Buyers' banks want it back, and nothing is decided.
    pub disputed: MoneyView,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineView {
    /// Its number, from 1.
    pub line_no: u16,
    /// The SKU.
    pub sku_id: String,
    /// Pieces ordered.
    pub quantity: i64,
    /// For one piece.
    pub unit_price: MoneyView,
    /// Taken off the line.
    pub discount: MoneyView,
    /// What the line costs.
    pub total: MoneyView,
    /// The number of the gift rule that added it, at no price; none: it was asked for.
    pub gift_rule: Option<u32>,
    /// The line whose missing pieces it is sent in place of, out of what they cost; none: it was placed.
    pub stands_for: Option<u16>,
    /// Pieces canceled.
    pub canceled: i64,
    /// Pieces allocated.
    pub allocated: i64,
    /// Pieces that wait for stock.
    pub backordered: i64,
    /// Pieces shipped.
    pub shipped: i64,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentView {
    /// Its key.
    pub id: String,
    /// `created`, `pending`, `captured`, …
    pub state: String,
    /// Through whom.
    pub gateway: String,
    /// How much.
    pub amount: MoneyView,
    /// When it was started.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the money came.
    #[schema(format = DateTime)]
    pub captured_at: Option<String>,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefundView {
    /// Its key.
    pub id: String,
    /// The payment whose money goes back.
    pub payment_id: String,
    /// `granted`, `requested`, `succeeded`, `failed`, or `withdrawn` if the buyer's bank was quicker.
    pub state: String,
    /// Why.
    pub cause: String,
    /// How much.
    pub amount: MoneyView,
    /// When it was granted.
    #[schema(format = DateTime)]
    pub granted_at: String,
    /// When the money was back.
    #[schema(format = DateTime)]
    pub succeeded_at: Option<String>,
}

/// A reason that keeps or kept an order from being released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldView {
    /// `amount`, `frequency`, `address`, `fraud`, …
    pub reason: String,
    /// Whether it stops the order, or a person only has a look.
    pub is_interception: bool,
    /// Since when.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// When somebody decided.
    #[schema(format = DateTime)]
    pub lifted_at: Option<String>,
}

/// One deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadlineView {
    /// `pay`, `stock_release`, `review`, …
    pub kind: String,
    /// By when.
    #[schema(format = DateTime)]
    pub due_at: String,
}

impl OrderSummary {
    /// From an order as it is stored.
    pub fn of(stored: &Stored) -> Self {
        let order = &stored.order;
        let facts = order.facts();
        Self {
            id: facts.id.to_string(),
            number: OrderNumber::from(facts.id).to_string(),
            channel_id: facts.channel.to_string(),
            channel_order_id: facts.channel_order_id.clone(),
            display_status: order.display_status(stored.progress).code().to_owned(),
            status: facts.status.code().to_owned(),
            payment_status: order.payment_status().code().to_owned(),
            terms: facts.terms.code().to_owned(),
            region: stored.region.clone(),
            total: facts.amounts.total().into(),
            placed_at: facts.milestones.placed_at.to_string(),
            version: facts.version,
        }
    }
}

impl From<&OrderDetail> for OrderView {
    fn from(detail: &OrderDetail) -> Self {
        let facts = detail.stored.order.facts();
        let currency = facts.amounts.currency;
        let money = |minor| MoneyView::of(minor, currency);
        let moment = |at: Timestamp| at.to_string();
        let amounts = AmountsView {
            goods: money(facts.amounts.goods_minor),
            discount: money(facts.amounts.discount_minor),
            freight: money(facts.amounts.freight_minor),
            tax: money(facts.amounts.tax_minor),
            tax_mode: facts.amounts.tax_mode.code().to_owned(),
            total: money(facts.amounts.total_minor),
            paid: money(facts.money.paid_minor),
            refunded: money(facts.money.refunded_minor),
            charged_back: money(facts.money.charged_back_minor),
            disputed: money(detail.disputed_minor()),
        };
        let lines = detail.lines.iter().map(|line| {
            let (terms, pieces) = (&line.terms, line.pieces());
            LineView {
                line_no: terms.line_no,
                sku_id: terms.sku.to_string(),
                quantity: terms.quantity.get(),
                unit_price: money(terms.unit_price_minor),
                discount: money(terms.discount_minor),
                total: money(terms.total_minor),
                gift_rule: terms.gift,
                stands_for: terms.stands_for,
                canceled: pieces.canceled,
                allocated: pieces.allocated,
                backordered: pieces.backordered,
                shipped: pieces.shipped,
            }
        });
        let payments = detail.payments.iter().map(PaymentView::from);
        let refunds = detail.refunds.iter().map(RefundView::from);
        let deadlines = detail.deadlines.iter().map(|(kind, due_at, _)| DeadlineView {
            kind: kind.code().to_owned(),
            due_at: moment(*due_at),
        });
        let holds = detail.holds.iter().map(|hold| HoldView {
            reason: hold.reason.code().to_owned(),
            is_interception: hold.is_interception,
            placed_at: moment(hold.placed_at),
            lifted_at: hold.lifted_at.map(moment),
        });
        Self {
            summary: OrderSummary::of(&detail.stored),
            review: facts.review.code().to_owned(),
            holds: holds.collect(),
            cancel_reason: facts.cancel_reason.map(|reason| reason.code().to_owned()),
            delivery_service: facts.service_wish.map(Into::into),
            promised_by_on: facts.promised_by_on.map(|day| day.to_string()),
            amounts,
            lines: lines.collect(),
            payments: payments.collect(),
            refunds: refunds.collect(),
            deadlines: deadlines.collect(),
            allowed_actions: detail
                .allowed_actions()
                .into_iter()
                .map(|action| action.code().to_owned())
                .collect(),
        }
    }
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        let facts = payment.facts();
        Self {
            id: facts.id.to_string(),
            state: facts.state.code().to_owned(),
            gateway: facts.gateway.clone(),
            amount: facts.amount.into(),
            created_at: facts.created_at.to_string(),
            captured_at: facts.captured_at.map(|at| at.to_string()),
        }
    }
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        let facts = refund.facts();
        Self {
            id: facts.id.to_string(),
            payment_id: facts.key.payment.to_string(),
            state: facts.state.code().to_owned(),
            cause: facts.key.cause.code().to_owned(),
            amount: facts.amount.into(),
            granted_at: facts.granted_at.to_string(),
            succeeded_at: facts.succeeded_at.map(|at| at.to_string()),
        }
    }
}

impl PlacedOrder {
    /// From the facts of a placed order.
    pub fn of(
        id: OrderId,
        total: Money,
        to_pay: Money,
        placed_at: Timestamp,
        token: String,
    ) -> Self {
        let number = OrderNumber::from(id).to_string();
        let (id, placed_at) = (id.to_string(), placed_at.to_string());
        Self { id, number, placed_at, total: total.into(), to_pay: to_pay.into(), token }
    }
}
