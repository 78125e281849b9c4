//! The review of orders: what the built-in rules hold, and what people decide about it in time.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{ShopSettings, settings};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::order::step::{self, Seen, StepError};
use ordermill_app::payment::capture::{CapturedMoney, RecordCapture};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::review::desk::{self, DeskError};
use ordermill_app::{check, scheduler};
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ChannelId, CustomerId, OrderId, PaymentId, StaffId};
use ordermill_domain::order::review::{Hold, HoldReason, Pace};
use ordermill_domain::order::{
    Action, Amounts, CancelReason, LineTerms, Order, PaymentTerms, Placed, Review, Status,
};
use ordermill_domain::payment::{LatePolicy, NewPayment, Payment};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_domain::task::{TaskKind, TaskState};
use ordermill_storage::task::Task;
use ordermill_storage::{BatchCommand, Connection, deadline, order, payment, review, task};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;
/// More than the built-in rules let pass.
const LARGE_MINOR: i64 = 5_000_100;

fn an_order(number: i64, total_minor: i64) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::ONE,
        unit_price_minor: total_minor,
        discount_minor: 0,
        tax_minor: 0,
        total_minor,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: total_minor,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor,
    };
    PlaceOrder {
        id: OrderId::from_raw(number),
        act: Act::new(Actor::Buyer(None), NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::Prepaid,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-31".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: Arc::new([location(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}

fn at_the_door(number: i64, total_minor: i64) -> PlaceOrder {
    let mut order = an_order(number, total_minor);
    order.placed.terms = PaymentTerms::CashOnDelivery;
    order
}

fn colleague(number: i64, at: Timestamp) -> (Principal, Act) {
    let member = StaffMember {
        id: StaffId::from_raw(number),
        name: "Wei".to_owned(),
        roles: vec![Role::Operations],
        location: None,
    };
    let act = Act::new(Actor::Staff(member.id), at);
    let act = Act { reason: Some("looked at it".to_owned()), ..act };
    (Principal::Staff(Arc::new(member)), act)
}

/// A database with stock.
struct Shop(Connection);

fn in_each_shop(run: impl Fn(&mut Shop)) {
    for database in each_database() {
        let mut shop = Shop(database.connection());
        receive(&mut shop.0, sku(1), location(1), 100, NOW);
        run(&mut shop);
        let report = check::check(&mut shop.0, NOW + Span::days(1), None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{database:?}");
    }
}

impl Shop {
    fn place(&mut self, orders: &[PlaceOrder]) {
        let orders: Vec<&PlaceOrder> = orders.iter().collect();
        let placed = self.0.transact(|tx| PlaceOrder::run(&orders, tx)).unwrap();
        assert!(placed.iter().all(Result::is_ok), "{placed:?}");
    }

    fn pay(&mut self, number: i64, minor: i64) {
        let (order, amount) = (OrderId::from_raw(number), Money::new(minor, Currency::Cny));
        let (gateway, merchant) = ("sandbox".to_owned(), "demo".to_owned());
        let id = PaymentId::from_raw(number);
        let new = NewPayment { order, gateway, merchant, amount };
        let (started, event) = Payment::create(id, new.clone(), NOW);
        let act = Act::new(Actor::adapter("sandbox"), NOW);
        let money = CapturedMoney {
            payment: id,
            gateway: new.gateway,
            gateway_ref: format!("ref-{id}"),
            merchant: new.merchant,
            amount,
        };
        let capture = RecordCapture {
            act: act.clone(),
            money,
            policy: LatePolicy::Refund,
            rules: Arc::default(),
        };
        self.0
            .transact(|tx| {
                payment::insert(tx, &started, None, None)?;
                payment::record(tx, &act, &started, &event)?;
                RecordCapture::run(&[&capture], tx).map(drop)
            })
            .unwrap();
    }

    /// An order that the rules hold for its amount, since [`NOW`].
    fn held(&mut self, number: i64) {
        self.place(&[an_order(number, LARGE_MINOR)]);
        self.pay(number, LARGE_MINOR);
        assert_eq!(self.review(number), Review::ManualPending);
    }

    fn take(&mut self, number: i64, action: Action, at: Timestamp) {
        self.try_take(1, number, action, at).unwrap();
    }

    fn try_take(
        &mut self,
        who: i64,
        number: i64,
        action: Action,
        at: Timestamp,
    ) -> Result<(), StepError> {
        let (principal, act) = colleague(who, at);
        let seen = Seen { id: OrderId::from_raw(number), version: self.order(number).version() };
        self.0.transact(|tx| step::take(tx, &principal, &act, seen, action))
    }

    /// Takes the most urgent case. Gives its order.
    fn next(&mut self, who: i64, at: Timestamp) -> Option<i64> {
        let (principal, act) = colleague(who, at);
        let next = self.0.transact(|tx| desk::next(tx, &principal, &act, None)).unwrap();
        next.map(Id::raw)
    }

    fn claim(&mut self, who: i64, number: i64, at: Timestamp) -> Result<(), DeskError> {
        let ((principal, act), id) = (colleague(who, at), OrderId::from_raw(number));
        self.0.transact(|tx| desk::claim(tx, &principal, &act, id)).map(drop)
    }

    fn order(&mut self, number: i64) -> Order {
        let id = OrderId::from_raw(number);
        self.0.read(|tx| order::fetch(tx, id)).unwrap().unwrap().order
    }

    fn review(&mut self, number: i64) -> Review {
        self.order(number).facts().review
    }

    fn status(&mut self, number: i64) -> Status {
        self.order(number).status()
    }

    fn holds(&mut self, number: i64) -> Vec<Hold> {
        self.0.read(|tx| review::holds_of(tx, OrderId::from_raw(number))).unwrap()
    }

    fn open_holds(&mut self, number: i64) -> Vec<HoldReason> {
        let holds = self.holds(number).into_iter();
        holds.filter(|hold| hold.lifted_at.is_none()).map(|hold| hold.reason).collect()
    }

    /// When the review is due, and when its owner is warned, from [`NOW`].
    fn due(&mut self, number: i64) -> Option<(Span, Option<Span>)> {
        let deadlines = self.0.read(|tx| deadline::of(tx, OrderId::from_raw(number))).unwrap();
        let of_review = deadlines.into_iter().find(|(kind, ..)| *kind == DeadlineKind::Review);
        of_review.map(|(_, due, warn)| (due.since(NOW), warn.map(|warn| warn.since(NOW))))
    }

    fn task(&mut self, number: i64) -> Option<Task> {
        let tasks = self.0.read(|tx| task::of(tx, OrderId::from_raw(number))).unwrap();
        tasks.into_iter().find(|task| task.kind == TaskKind::Review)
    }

    /// The task that tells of the review's deadline.
    fn told(&mut self, number: i64) -> Option<Task> {
        let tasks = self.0.read(|tx| task::of(tx, OrderId::from_raw(number))).unwrap();
        tasks.into_iter().find(|task| task.kind == TaskKind::Deadline)
    }

    fn run_deadlines(&mut self, at: Timestamp) {
        scheduler::run_due_on(&mut self.0, at).unwrap();
    }

    fn decision(&mut self, number: i64) -> Option<serde_json::Value> {
        let id = OrderId::from_raw(number);
        let decisions = self.0.read(|tx| review::decisions_of(tx, id)).unwrap();
        decisions.last().map(|stored| serde_json::from_str(&stored.decision).unwrap())
    }
}

#[test]
fn an_ordinary_order_passes_by_itself_and_leaves_no_work() {
    in_each_shop(|shop| {
        shop.place(&[an_order(1, 29_900), at_the_door(2, 29_900)]);
        assert_eq!(shop.review(1), Review::Pending, "nobody looks before the money comes");
        shop.pay(1, 29_900);
        for number in [1, 2] {
            assert_eq!(shop.review(number), Review::AutoPassed);
            assert_eq!(shop.status(number), Status::Confirmed);
            assert_eq!(
                (shop.holds(number), shop.due(number), shop.task(number)),
                (vec![], None, None)
            );
            assert_eq!(shop.decision(number), None);
        }
    });
}

#[test]
fn a_large_order_waits_for_a_person_in_time_and_tells_why() {
    in_each_shop(|shop| {
        shop.held(1);
        assert_eq!(shop.status(1), Status::Placed);
        assert_eq!(shop.open_holds(1), [HoldReason::Amount]);
        assert_eq!(shop.due(1), Some((Span::hours(2), Some(Span::hours(1)))));
        let task = shop.task(1).unwrap();
        assert_eq!((task.state, task.due_at), (TaskState::Open, Some(NOW + Span::hours(2))));
        assert_eq!(task.detail, r#"{"reasons":["amount"]}"#);
        let decision = shop.decision(1).unwrap();
        assert_eq!(decision["version"], 0);
        let outcomes: Vec<_> = decision["considered"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| (rule["name"]["en"].as_str().unwrap(), rule["outcome"].as_str().unwrap()))
            .collect();
        assert_eq!(
            outcomes,
            [
                ("Large order", "matched"),
                ("Large cash on delivery", "not_matched"),
                ("Many pieces", "not_matched"),
                ("Made-up recipient", "not_matched"),
                ("On the watchlist", "not_matched"),
                ("High risk", "not_matched"),
            ]
        );
    });
}

#[test]
fn large_cash_on_delivery_is_not_confirmed_before_somebody_looks() {
    in_each_shop(|shop| {
        shop.place(&[at_the_door(1, 500_100)]);
        assert_eq!((shop.review(1), shop.status(1)), (Review::ManualPending, Status::Placed));
        assert_eq!(shop.due(1), Some((Span::hours(2), Some(Span::hours(1)))));
        shop.take(1, Action::Approve, NOW + Span::minutes(5));
        assert_eq!((shop.review(1), shop.status(1)), (Review::Approved, Status::Confirmed));
    });
}

#[test]
fn approving_lifts_the_holds_ends_the_clock_and_confirms() {
    in_each_shop(|shop| {
        shop.held(1);
        let at = NOW + Span::minutes(20);
        shop.take(1, Action::Approve, at);
        assert_eq!((shop.review(1), shop.status(1)), (Review::Approved, Status::Confirmed));
        assert_eq!(shop.holds(1)[0].lifted_at, Some(at));
        assert_eq!(shop.due(1), None);
        let task = shop.task(1).unwrap();
        assert_eq!((task.state, task.outcome.as_deref()), (TaskState::Done, Some("approved")));
    });
}

#[test]
fn refusing_ends_the_order_and_its_holds() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.take(1, Action::Refuse, NOW + Span::minutes(20));
        assert_eq!((shop.review(1), shop.status(1)), (Review::Rejected, Status::Rejected));
        assert_eq!((shop.open_holds(1), shop.due(1)), (vec![], None));
        assert_eq!(shop.task(1).unwrap().outcome.as_deref(), Some("rejected"));
    });
}

#[test]
fn the_clock_stands_still_while_the_buyer_is_asked() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.take(1, Action::AskBuyer, NOW + Span::minutes(30));
        assert_eq!(shop.due(1), None);
        assert_eq!(shop.task(1).unwrap().due_at, None);
        assert_eq!(shop.open_holds(1), [HoldReason::Amount], "asking decides nothing");
        let report = scheduler::run_due_on(&mut shop.0, NOW + Span::hours(9)).unwrap();
        assert_eq!(report, scheduler::Report::default());
        shop.take(1, Action::ResumeReview, NOW + Span::hours(10));
        let (due, warn) = (Span::minutes(690), Span::minutes(630));
        assert_eq!(shop.due(1), Some((due, Some(warn))), "an hour and a half were left");
        assert_eq!(shop.task(1).unwrap().due_at, Some(NOW + due));
    });
}

#[test]
fn what_was_late_before_the_buyer_was_asked_stays_late() {
    in_each_shop(|shop| {
        shop.held(1);
        let report = scheduler::run_due_on(&mut shop.0, NOW + Span::hours(2)).unwrap();
        assert_eq!(report.breached, 1);
        assert_eq!(shop.review(1), Review::ManualPending, "a breach decides nothing");
        shop.take(1, Action::AskBuyer, NOW + Span::hours(3));
        shop.take(1, Action::ResumeReview, NOW + Span::hours(4));
        assert_eq!(shop.due(1), None, "it was breached once");
        shop.take(1, Action::Approve, NOW + Span::hours(5));
        assert_eq!(shop.status(1), Status::Confirmed);
    });
}

#[test]
fn canceling_an_order_ends_its_review() {
    in_each_shop(|shop| {
        shop.held(1);
        let (id, act) = (OrderId::from_raw(1), Act::new(Actor::Buyer(None), NOW));
        shop.0.transact(|tx| cancel_order(tx, &act, id, CancelReason::Buyer)).unwrap();
        assert_eq!((shop.open_holds(1), shop.due(1)), (vec![], None));
        assert_eq!(shop.task(1).unwrap().outcome.as_deref(), Some("canceled"));
    });
}

#[test]
fn what_is_known_of_a_buyer_are_their_other_orders() {
    in_each_shop(|shop| {
        let buyer = CustomerId::from_raw(7);
        // Ids tell when their order was placed.
        let placed = |ago: Span| ordermill_base::id::first_at(NOW - ago);
        let orders = [Span::hours(30), Span::hours(3), Span::minutes(50), Span::minutes(10)];
        let ids = orders.map(placed);
        let of_buyer = |number| {
            let mut order = an_order(number, 1_000);
            order.placed.customer = Some(buyer);
            order
        };
        shop.place(&ids.map(of_buyer));
        shop.place(&[an_order(placed(Span::minutes(5)), 1_000)]);
        let (first, this) = (OrderId::from_raw(ids[0]), OrderId::from_raw(ids[3]));
        let act = Act::new(Actor::Buyer(None), NOW);
        shop.0.transact(|tx| cancel_order(tx, &act, first, CancelReason::Buyer)).unwrap();
        let at = NOW - Span::minutes(10);
        let known = shop.0.read(|tx| review::history(tx, buyer, this, at)).unwrap();
        let should = review::History {
            orders: 3,
            completed: 0,
            canceled: 1,
            rejected: 0,
            last_hour: 1,
            last_day: 2,
        };
        assert_eq!(known, should);
    });
}

#[test]
fn who_is_told_of_a_late_review_has_nothing_left_to_do_once_it_is_decided() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.held(2);
        shop.run_deadlines(NOW + Span::hours(1));
        assert_eq!(shop.told(1).unwrap().state, TaskState::Open, "warned");
        shop.take(1, Action::Approve, NOW + Span::minutes(70));
        let told = shop.told(1).unwrap();
        assert_eq!((told.state, told.outcome.as_deref()), (TaskState::Done, Some("approved")));
        shop.run_deadlines(NOW + Span::hours(2));
        let told = shop.told(2).unwrap();
        assert!(told.detail.contains(r#""breached":true"#), "{}", told.detail);
        shop.take(2, Action::AskBuyer, NOW + Span::hours(3));
        assert_eq!(shop.told(2).unwrap().state, TaskState::Open, "late stays late");
        shop.take(2, Action::ResumeReview, NOW + Span::hours(4));
        shop.take(2, Action::Refuse, NOW + Span::hours(5));
        assert_eq!(shop.told(2).unwrap().outcome.as_deref(), Some("rejected"));
    });
}

#[test]
fn a_warning_is_taken_back_while_the_buyer_is_asked() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.run_deadlines(NOW + Span::hours(1));
        shop.take(1, Action::AskBuyer, NOW + Span::minutes(70));
        assert_eq!(shop.told(1).unwrap().state, TaskState::Done);
    });
}

#[test]
fn behind_a_long_queue_there_is_more_time_and_the_warning_comes_later() {
    in_each_shop(|shop| {
        let (_, act) = colleague(1, NOW);
        let review_pace = Pace { per_hour: 1, stretch_max_percent: 200 };
        let wanted = ShopSettings { review_pace, ..ShopSettings::default() };
        shop.0.transact(|tx| settings::save(tx, &act, &wanted, 0)).unwrap();
        for number in 1..=6 {
            shop.held(number);
        }
        let hours = |due, warn| Some((Span::hours(due), Some(Span::minutes(warn))));
        assert_eq!(shop.due(3), hours(2, 60), "two before it are decided in time");
        assert_eq!(shop.due(4), hours(3, 90));
        assert_eq!(shop.due(6), hours(4, 120), "never more than twice as long");
        shop.take(4, Action::AskBuyer, NOW + Span::hours(1));
        shop.take(4, Action::ResumeReview, NOW + Span::hours(10));
        let (due, warn) = (Span::hours(12), Span::minutes(630));
        assert_eq!(shop.due(4), Some((due, Some(warn))), "two of its three hours were left");
    });
}

#[test]
fn two_people_never_have_one_case() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.held(2);
        assert_eq!(shop.next(1, NOW), Some(1), "the most urgent one");
        assert_eq!(shop.next(2, NOW), Some(2));
        assert_eq!(shop.next(3, NOW), None);
        assert!(matches!(shop.claim(2, 1, NOW), Err(DeskError::Taken { .. })));
        let refused = shop.try_take(2, 1, Action::Approve, NOW);
        assert!(matches!(refused, Err(StepError::Taken(by)) if by == StaffId::from_raw(1)));
        shop.try_take(1, 1, Action::Approve, NOW).unwrap();
    });
}

#[test]
fn a_case_of_somebody_who_went_home_is_free_again() {
    in_each_shop(|shop| {
        shop.held(1);
        shop.claim(1, 1, NOW).unwrap();
        shop.claim(1, 1, NOW + Span::minutes(9)).unwrap();
        let later = NOW + Span::minutes(18);
        assert!(shop.claim(2, 1, later).is_err(), "whoever goes on keeps it");
        let later = NOW + Span::minutes(19);
        assert_eq!(shop.next(2, later), Some(1));
        shop.try_take(2, 1, Action::Approve, later).unwrap();
    });
}

#[test]
fn a_decision_tells_what_the_order_said_at_the_fields_of_the_rule() {
    in_each_shop(|shop| {
        shop.held(1);
        let decision = shop.decision(1).unwrap();
        let evidence = &decision["evidence"][0];
        assert_eq!(evidence["name"]["en"], "Large order");
        let total = LARGE_MINOR.to_string();
        let said = serde_json::json!([["order.currency", "CNY"], ["order.total_minor", total]]);
        assert_eq!(evidence["values"], said);
    });
}
