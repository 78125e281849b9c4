//! Buyers' banks want captured money back: it is learned, answered, decided, and never leaves twice.

use ordermill_app::dispute::answer::{AnswerDispute, AnswerDisputeError, Saying};
use ordermill_app::dispute::hold::stopped_among;
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{RefundOrder, RefundOrderError, refund_order};
use ordermill_app::permission::Principal;
use ordermill_app::scheduler;
use ordermill_base::{Currency, Money, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::dispute::{Dispute, State};
use ordermill_domain::ids::{DisputeId, OrderId, PaymentId};
use ordermill_domain::ledger::Account;
use ordermill_domain::payment::PaymentStatus;
use ordermill_domain::refund::{GrantError, State as RefundState};
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::books::{Claim, Outcome, Reason, Refusal};
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::{Error, deadline, dispute, ledger, task};

use crate::kit::{PRICE, Shop, on_each_database, on_each_database_finding};

impl Shop {
    /// The bank of a payment's buyer wants it back, in part or whole. Nobody has heard of it yet.
    pub(crate) fn bank_takes(&self, payment: PaymentId, minor: Option<i64>) -> String {
        self.bank_claims(payment, minor, true)
    }

    fn bank_claims(&self, payment: PaymentId, minor: Option<i64>, knows_refunds: bool) -> String {
        let claim = self.claim(minor, 15, knows_refunds);
        self.sandbox().open_dispute(&payment.to_string(), claim).unwrap().reference
    }

    /// As [`Shop::bank_takes`] for no fee, if there is so much to take.
    pub(crate) fn bank_may_take(
        &self,
        payment: PaymentId,
        minor: Option<i64>,
    ) -> Result<(), Refusal> {
        let claim = self.claim(minor, 0, true);
        self.sandbox().open_dispute(&payment.to_string(), claim).map(drop)
    }

    fn claim(&self, minor: Option<i64>, fee_minor: i64, knows_refunds: bool) -> Claim {
        Claim {
            amount: minor.map(|minor| Money::new(minor, Currency::Cny)),
            fee_minor,
            reason: Reason::NotReceived,
            respond_by: self.clock_now() + Span::days(7),
            knows_refunds,
        }
    }

    /// As [`Shop::bank_takes`], and we have heard of it.
    pub(crate) async fn disputed(&self, payment: PaymentId, minor: Option<i64>) -> DisputeId {
        let reference = self.bank_takes(payment, minor);
        self.let_pass(1, Span::minutes(6)).await;
        self.find(&reference).await.unwrap().facts().id
    }

    pub(crate) async fn find(&self, reference: &str) -> Option<Dispute> {
        let reference = reference.to_owned();
        self.database.read(move |tx| dispute::find(tx, "sandbox", &reference)).await.unwrap()
    }

    pub(crate) async fn dispute(&self, id: DisputeId) -> Dispute {
        self.database.read(move |tx| dispute::fetch(tx, id)).await.unwrap().unwrap()
    }

    pub(crate) async fn answer(
        &self,
        dispute: DisputeId,
        words: &str,
    ) -> Result<Dispute, AnswerDisputeError> {
        self.say(dispute, Saying::Evidence(words.to_owned())).await
    }

    pub(crate) async fn say(
        &self,
        dispute: DisputeId,
        say: Saying,
    ) -> Result<Dispute, AnswerDisputeError> {
        let finance = Principal::system("test");
        let request = AnswerDispute { dispute, version: None, say, key: None };
        self.payments.answer_dispute(&finance, &finance.act(self.clock_now()), request).await
    }

    pub(crate) fn bank_decides(&self, reference: &str, outcome: Outcome) {
        self.sandbox().decide_dispute(reference, outcome).unwrap();
    }

    async fn balance(&self, order: OrderId, account: Account) -> i64 {
        let entries = self.database.read(move |tx| ledger::of(tx, order)).await.unwrap();
        let of_it = entries.iter().filter(|entry| entry.account == account.code());
        of_it.map(|entry| entry.amount_minor).sum()
    }

    async fn is_stopped(&self, order: OrderId) -> bool {
        let stopped = self.database.read(move |tx| stopped_among(tx, &[order])).await.unwrap();
        stopped.contains(&order)
    }

    async fn ask_back(&self, order: OrderId, minor: Option<i64>) -> Result<(), RefundOrderError> {
        let principal = Principal::system("test");
        let act = Act { reason: Some("goodwill".to_owned()), ..principal.act(self.clock_now()) };
        let amount = minor.map(|minor| Money::new(minor, Currency::Cny));
        let wish = RefundOrder { order, payment: None, amount, key: None };
        let granted =
            self.database.write(move |tx| refund_order(tx, &principal, &act, &wish)).await;
        granted.map(drop)
    }
}

#[test]
fn an_opened_dispute_withholds_the_money_stops_the_goods_and_asks_finance() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let reference = shop.bank_takes(payment, None);
        shop.notices(2).await;
        shop.let_pass(1, Span::ZERO).await;
        let dispute = shop.find(&reference).await.unwrap();
        assert_eq!(dispute.facts().terms.amount.minor, PRICE);
        assert_eq!(shop.balance(order, Account::DisputedFunds).await, PRICE);
        assert_eq!(shop.balance(order, Account::GatewayFees).await, 15);
        assert_eq!(shop.balance(order, Account::GatewayClearing).await, -15);
        assert_eq!(shop.open_tasks().await, [TaskKind::Dispute, TaskKind::DisputedOrder]);
        assert!(shop.is_stopped(order).await);
        let id = dispute.facts().id;
        let armed = shop.database.read(move |tx| deadline::of(tx, id)).await.unwrap();
        let respond_by = dispute.facts().terms.respond_by;
        let warn_at = respond_by - Span::days(2);
        assert_eq!(armed, [(DeadlineKind::DisputeResponse, respond_by, Some(warn_at))]);
    });
}

#[test]
fn a_dispute_that_is_won_gives_the_money_and_the_goods_back() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let dispute = shop.disputed(payment, None).await;
        shop.answer(dispute, "it was handed over in person").await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.dispute(dispute).await.state(), State::UnderReview);
        assert_eq!(shop.open_tasks().await, [TaskKind::DisputedOrder]);
        let reference = shop.dispute(dispute).await.facts().terms.gateway_ref.clone();
        shop.bank_decides(&reference, Outcome::Won);
        shop.let_pass(1, Span::minutes(6)).await;
        assert_eq!(shop.dispute(dispute).await.state(), State::Won);
        assert_eq!(shop.balance(order, Account::GatewayClearing).await, PRICE - 15);
        assert_eq!(shop.order(order).await.payment_status(), PaymentStatus::Paid);
        assert!(!shop.is_stopped(order).await);
        assert!(shop.open_tasks().await.is_empty());
        shop.ask_back(order, None).await.unwrap();
    });
}

#[test]
fn a_dispute_that_nobody_answers_is_told_to_finance_in_time_and_then_lost() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let dispute = shop.disputed(payment, None).await;
        shop.let_pass(1, Span::days(6)).await;
        scheduler::run_due(&shop.database, shop.clock_now()).await.unwrap();
        assert!(shop.open_tasks().await.contains(&TaskKind::Deadline), "a warning");
        shop.clock.advance(Span::days(2));
        scheduler::run_due(&shop.database, shop.clock_now()).await.unwrap();
        let history = shop.history("deadline", dispute).await;
        assert_eq!(history, ["deadline.warned", "deadline.breached"]);
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.dispute(dispute).await.state(), State::Lost);
        let order_now = shop.order(order).await;
        assert_eq!(order_now.payment_status(), PaymentStatus::ChargedBack);
        assert_eq!(order_now.facts().money.charged_back_minor, PRICE);
        assert_eq!(shop.balance(order, Account::ChargebackLosses).await, PRICE);
        assert_eq!(shop.balance(order, Account::DisputedFunds).await, 0);
        assert_eq!(shop.open_tasks().await, [TaskKind::DisputedOrder], "ship, or cancel");
        assert!(shop.cancel(order).await.unwrap());
        assert!(shop.open_tasks().await.is_empty());
        assert!(shop.refunds(order).await.is_empty(), "the buyer has the money already");
    });
}

#[test]
fn what_is_accepted_is_gone_without_a_contest() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let dispute = shop.disputed(payment, Some(400)).await;
        shop.say(dispute, Saying::Accept).await.unwrap();
        let again = shop.answer(dispute, "no, wait").await;
        assert!(matches!(again, Err(AnswerDisputeError::Refused(_))), "{again:?}");
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.dispute(dispute).await.state(), State::Accepted);
        assert_eq!(shop.order(order).await.facts().money.charged_back_minor, 400);
        let refused = shop.ask_back(order, Some(601)).await.unwrap_err();
        let too_much = GrantError::ExceedsCaptured { asked_minor: 601, left_minor: 600 };
        assert!(is(&refused, too_much), "{refused:?}");
        shop.ask_back(order, Some(600)).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
    });
}

fn is(error: &RefundOrderError, expected: GrantError) -> bool {
    matches!(error, RefundOrderError::Grant(GrantRefundError::Refused(is)) if *is == expected)
}

#[test]
fn a_refund_of_money_under_dispute_is_refused_and_of_the_rest_is_not() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.disputed(payment, Some(700)).await;
        let refused = shop.ask_back(order, Some(301)).await.unwrap_err();
        let (asked_minor, left_minor, disputed_minor) = (301, 300, 700);
        let disputed = GrantError::Disputed { asked_minor, left_minor, disputed_minor };
        assert!(is(&refused, disputed), "{refused:?}");
        shop.ask_back(order, Some(300)).await.unwrap();
        let refused = shop.ask_back(order, None).await.unwrap_err();
        let (asked_minor, left_minor) = (700, 0);
        let disputed = GrantError::Disputed { asked_minor, left_minor, disputed_minor };
        assert!(is(&refused, disputed), "{refused:?}");
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
    });
}

#[test]
fn the_refund_of_a_canceled_order_waits_for_its_dispute_and_is_sent_if_we_win() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let reference = shop.bank_takes(payment, None);
        shop.let_pass(1, Span::minutes(6)).await;
        shop.cancel(order).await.unwrap();
        shop.let_pass(3, Span::hours(8)).await;
        assert_eq!(shop.refunds(order).await[0].state(), RefundState::Granted);
        assert_eq!(shop.refunds_at_gateway(), 0);
        shop.bank_decides(&reference, Outcome::Won);
        shop.let_pass(1, Span::minutes(6)).await;
        assert_eq!(shop.refunds(order).await[0].state(), RefundState::Succeeded);
        assert_eq!(shop.order(order).await.payment_status(), PaymentStatus::Refunded);
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
    });
}

#[test]
fn the_refund_of_a_canceled_order_is_withdrawn_if_the_bank_takes_its_money() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        let reference = shop.bank_takes(payment, Some(400));
        shop.let_pass(1, Span::minutes(6)).await;
        shop.cancel(order).await.unwrap();
        shop.let_pass(1, Span::minutes(6)).await;
        shop.bank_decides(&reference, Outcome::Lost);
        shop.let_pass(1, Span::minutes(6)).await;
        let refunds = shop.refunds(order).await;
        let states: Vec<_> =
            refunds.iter().map(|it| (it.state(), it.facts().amount.minor)).collect();
        assert_eq!(states, [(RefundState::Withdrawn, 1_000), (RefundState::Succeeded, 600)]);
        assert_eq!(shop.balance(order, Account::RefundsPayable).await, 0);
        let money = shop.order(order).await.facts().money;
        assert_eq!((money.refunded_minor, money.charged_back_minor), (600, 400));
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
    });
}

#[test]
fn a_partly_refunded_payment_is_disputed_for_the_rest() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.ask_back(order, Some(250)).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        let dispute = shop.disputed(payment, None).await;
        assert_eq!(shop.dispute(dispute).await.facts().terms.amount.minor, 750);
        shop.say(dispute, Saying::Accept).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        let money = shop.order(order).await.facts().money;
        assert_eq!((money.refunded_minor, money.charged_back_minor), (250, 750));
        assert_eq!(shop.open_tasks().await, [TaskKind::DisputedOrder]);
    });
}

#[test]
fn a_bank_that_wants_what_was_refunded_already_is_a_matter_for_a_person() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.ask_back(order, Some(250)).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        let reference = shop.bank_claims(payment, None, false);
        shop.let_pass(1, Span::minutes(6)).await;
        let mut tasks = shop.open_tasks().await;
        tasks.sort_by_key(|kind| kind.code());
        let asked = [TaskKind::Dispute, TaskKind::DisputedOrder, TaskKind::PaymentMismatch];
        assert_eq!(tasks, asked);
        // Contested, it is won: the bank sees the refund in the evidence.
        shop.bank_decides(&reference, Outcome::Won);
        shop.let_pass(1, Span::minutes(6)).await;
        assert_eq!(shop.order(order).await.facts().money.refunded_minor, 250);
    });
}

#[test]
fn money_that_left_twice_all_the_same_is_booked_as_it_is_and_found_by_the_checker() {
    let found = [
        "order.charged_back while it was confirmed",
        "more of a payment has left, as refunds and by the buyer's bank, than came in",
    ];
    on_each_database_finding(&found, async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.ask_back(order, Some(250)).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        let reference = shop.bank_claims(payment, None, false);
        shop.bank_decides(&reference, Outcome::Lost);
        shop.let_pass(1, Span::minutes(6)).await;
        let money = shop.order(order).await.facts().money;
        assert_eq!((money.refunded_minor, money.charged_back_minor), (250, PRICE));
        assert!(shop.open_tasks().await.contains(&TaskKind::PaymentMismatch));
    });
}

#[test]
fn a_refund_that_had_left_before_its_dispute_was_known_counts() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.ask_back(order, Some(250)).await.unwrap();
        // It is sent, and both its answer and its notice are lost.
        shop.break_next(Call::Refund, Fault::LoseAnswer, 1);
        shop.break_next(Call::Notice, Fault::LoseNotice, 1);
        shop.payments.send_refunds().await.unwrap();
        let dispute = shop.disputed(payment, None).await;
        assert_eq!(shop.dispute(dispute).await.facts().terms.amount.minor, 750);
        shop.let_pass(2, Span::minutes(6)).await;
        assert_eq!(shop.refunds(order).await[0].state(), RefundState::Succeeded);
        assert_eq!(shop.refunds_at_gateway(), 1);
    });
}

#[test]
fn a_refund_that_never_reached_the_gateway_waits_for_the_dispute_of_its_money() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.ask_back(order, Some(250)).await.unwrap();
        shop.break_next(Call::Refund, Fault::TimeOut, 1);
        shop.payments.send_refunds().await.unwrap();
        let reference = shop.bank_takes(payment, None);
        shop.let_pass(4, Span::minutes(20)).await;
        assert_eq!(shop.refunds(order).await[0].state(), RefundState::Failed);
        assert_eq!(shop.refunds_at_gateway(), 0);
        shop.bank_decides(&reference, Outcome::Won);
        shop.let_pass(2, Span::minutes(6)).await;
        assert_eq!(shop.refunds(order).await[0].state(), RefundState::Succeeded);
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), PRICE - 250);
    });
}

#[test]
fn doubled_reordered_and_lost_notices_end_as_one_dispute() {
    let faults = [
        Fault::RepeatNotice { count: 3 },
        Fault::ReorderNotice,
        Fault::LoseNotice,
        Fault::WrongAmount,
        Fault::WrongMerchant,
        Fault::BadSignature,
    ];
    for fault in faults {
        on_each_database(async |shop| {
            let (order, payment) = shop.paid_order(1).await;
            shop.let_pass(1, Span::ZERO).await;
            shop.break_next(Call::Notice, fault.clone(), 1);
            let reference = shop.bank_takes(payment, None);
            shop.bank_decides(&reference, Outcome::Lost);
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            shop.let_pass(3, Span::minutes(6)).await;
            let dispute = shop.find(&reference).await.unwrap();
            assert_eq!(dispute.state(), State::Lost, "{fault:?}");
            let money = shop.order(order).await.facts().money;
            assert_eq!(money.charged_back_minor, PRICE, "{fault:?}");
            let history = shop.history("dispute", dispute.facts().id).await;
            assert_eq!(history, ["dispute.opened", "dispute.lost"], "{fault:?}");
        });
    }
}

#[test]
fn a_dispute_of_money_that_we_have_not_heard_of_waits_until_we_have() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.break_next(Call::Notice, Fault::LoseNotice, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        let reference = shop.bank_takes(payment, None);
        shop.notices(1).await;
        shop.payments.process_notices().await.unwrap();
        assert!(shop.find(&reference).await.is_none(), "no money is known to dispute");
        shop.let_pass(2, Span::seconds(30)).await;
        assert!(shop.find(&reference).await.is_some());
        assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
    });
}

#[test]
fn an_answer_that_is_lost_on_the_way_is_submitted_once() {
    for fault in [Fault::LoseAnswer, Fault::FailAfterSuccess, Fault::Unavailable, Fault::TimeOut] {
        on_each_database(async |shop| {
            let (_, payment) = shop.paid_order(1).await;
            let dispute = shop.disputed(payment, None).await;
            shop.break_next(Call::Dispute, fault.clone(), 1);
            shop.answer(dispute, "signed for at the door").await.unwrap();
            shop.payments.tell_answers().await.unwrap();
            assert_eq!(shop.dispute(dispute).await.state(), State::NeedsResponse, "{fault:?}");
            shop.let_pass(3, Span::minutes(1)).await;
            assert_eq!(shop.dispute(dispute).await.state(), State::UnderReview, "{fault:?}");
            let submitted = shop.dispute(dispute).await.facts().terms.gateway_ref.clone();
            let evidence = shop.sandbox().dispute(&submitted).unwrap().evidence.unwrap().1;
            assert_eq!(evidence["text"], "signed for at the door");
            assert_eq!(evidence["total"]["minor"], PRICE);
        });
    }
}

#[test]
fn an_answer_that_the_gateway_does_not_take_may_be_given_anew() {
    on_each_database(async |shop| {
        let (_, payment) = shop.paid_order(1).await;
        let dispute = shop.disputed(payment, None).await;
        shop.break_next(Call::Dispute, Fault::Decline, 1);
        shop.answer(dispute, "see above").await.unwrap();
        shop.payments.tell_answers().await.unwrap();
        let failure = shop.database.read(move |tx| dispute::failure(tx, dispute)).await.unwrap();
        assert!(failure.unwrap().starts_with("not_taken"));
        assert!(shop.open_tasks().await.contains(&TaskKind::Dispute), "finance is still asked");
        shop.answer(dispute, "the carrier has a photograph").await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.dispute(dispute).await.state(), State::UnderReview);
    });
}

#[test]
fn evidence_is_stored_sealed() {
    on_each_database(async |shop| {
        let (_, payment) = shop.paid_order(1).await;
        let dispute = shop.disputed(payment, None).await;
        shop.answer(dispute, "Wang Fang signed for it").await.unwrap();
        let stored = shop.database.read(move |tx| dispute::evidence(tx, dispute)).await.unwrap();
        let stored = stored.unwrap();
        assert!(!stored.windows(4).any(|bytes| bytes == b"Fang"));
        let opened = shop.payments.evidence_of(dispute).await.unwrap().unwrap();
        assert_eq!(opened.text, "Wang Fang signed for it");
        let blank = shop.answer(dispute, "  ").await;
        assert!(matches!(blank, Err(AnswerDisputeError::Words)));
        let nobody = Principal::VISITOR;
        let request = AnswerDispute { dispute, version: None, say: Saying::Accept, key: None };
        let act = nobody.act(shop.clock_now());
        let refused = shop.payments.answer_dispute(&nobody, &act, request).await;
        assert!(matches!(refused, Err(AnswerDisputeError::Forbidden(_))));
    });
}

#[test]
fn a_person_may_let_the_goods_leave_all_the_same() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        shop.disputed(payment, None).await;
        let now = shop.clock_now();
        let finish = move |tx: &mut ordermill_storage::Tx<'_>| {
            task::close(tx, TaskKind::DisputedOrder, order, "ship it", now)
        };
        shop.database.write::<_, Error, _>(finish).await.unwrap();
        assert!(!shop.is_stopped(order).await);
    });
}
