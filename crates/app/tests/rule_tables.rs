//! Versions of rules: drafted, tried beside the one in force, put in force by two, taken back by one.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordermill_app::approval::{Decision, approve};
use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::CatalogHolder;
use ordermill_app::check;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::privacy::Vault;
use ordermill_app::review::dry_run::dry_run;
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{
    InForce, RulesError, Written, draft, edit, put_in_force, roll_back, step,
};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId, RuleTableId, StaffId, TaskId};
use ordermill_domain::order::review::{Step as ReviewStep, Verdict};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_domain::rule_table::{Purpose, RuleTable, State, Step};
use ordermill_storage::{BatchCommand, Connection, order, review, rule_table};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, each_database};
use ordermill_vault::SeededEntropy;
use serde_json::{Value, json};

const NOW: Timestamp = TestClock::START;

/// A table with one rule that holds every order above this total.
fn above(total_minor: i64) -> Value {
    json!({
        "hit": "all",
        "rules": [{
            "name": { "zh": "门槛", "en": "Limit" },
            "when": format!("order.total_minor > {total_minor}"),
            "then": { "do": "hold", "reason": "amount" },
        }],
        "otherwise": { "do": "pass" },
    })
}

fn colleague(number: i64) -> Principal {
    Principal::Staff(Arc::new(StaffMember {
        id: StaffId::from_raw(number),
        name: "Wei".to_owned(),
        roles: vec![Role::Operations],
        location: None,
    }))
}

fn because(principal: &Principal, why: &str) -> Act {
    Act { reason: Some(why.to_owned()), ..principal.act(NOW) }
}

struct Shop {
    connection: Connection,
    vault: Vault,
}

fn in_each_shop(run: impl Fn(&mut Shop)) {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 100, NOW);
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), NOW);
        let mut shop = Shop { connection, vault };
        run(&mut shop);
        let end = NOW + Span::days(1);
        let report = check::check(&mut shop.connection, end, None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{database:?}");
    }
}

impl Shop {
    fn draft(&mut self, definition: Value) -> RuleTable {
        let (who, written) = (colleague(1), Written { note: String::new(), definition });
        let act = who.act(NOW);
        let made =
            self.connection.transact(|tx| draft(tx, &who, &act, Purpose::Review, written.clone()));
        made.unwrap()
    }

    fn now(&mut self, id: RuleTableId) -> RuleTable {
        self.connection.read(|tx| rule_table::fetch(tx, id)).unwrap().unwrap()
    }

    fn step(&mut self, id: RuleTableId, wanted: Step) -> Result<RuleTable, RulesError> {
        let (who, version) = (colleague(1), self.now(id).version);
        let act = who.act(NOW);
        self.connection.transact(|tx| step(tx, &who, &act, (id, version), wanted))
    }

    fn ask(&mut self, id: RuleTableId) -> Result<TaskId, RulesError> {
        let (who, version) = (colleague(1), self.now(id).version);
        let act = because(&who, "sale");
        match self.connection.transact(|tx| put_in_force(tx, &who, &act, (id, version)))? {
            Decision::AwaitsApproval(task) => Ok(task),
            Decision::Done(_) => panic!("one person put rules in force"),
        }
    }

    fn approve(&mut self, task: TaskId, by: i64) -> bool {
        let (who, vault) = (colleague(by), self.vault.clone());
        let act = who.act(NOW);
        self.connection.transact(|tx| approve(tx, &vault, &who, &act, task)).is_ok()
    }

    fn put_in_force(&mut self, id: RuleTableId) {
        let task = self.ask(id).unwrap();
        assert!(self.approve(task, 2));
    }

    fn roll_back(&mut self, from: i64) -> Result<Option<RuleTable>, RulesError> {
        let who = colleague(1);
        let act = because(&who, "holds too much");
        self.connection.transact(|tx| roll_back(tx, &who, &act, Purpose::Review, from))
    }

    /// What a node has in memory after it heard of every edit.
    fn in_force(&mut self) -> Arc<InForce<Verdict>> {
        let holder = self.connection.read(CatalogHolder::load).unwrap();
        Arc::clone(&holder.current().review_rules)
    }

    fn number_in_force(&mut self) -> i64 {
        self.in_force().live().version()
    }

    /// Places an order that is paid at the door, so that it is reviewed at once.
    fn place(&mut self, number: i64, total_minor: i64) -> Review {
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
        let command = PlaceOrder {
            id: OrderId::from_raw(number),
            act: Act::new(Actor::Buyer(None), NOW),
            placed: Placed {
                channel: ChannelId::from_raw(1),
                channel_order_id: None,
                customer: None,
                terms: PaymentTerms::CashOnDelivery,
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
            rules: self.in_force(),
            key: None,
            cart: None,
            discounts: Vec::new(),
            claims: Claims::default(),
            days: None,
            pay_within: Span::hours(24),
            hold_for: Span::minutes(30),
        };
        let placed = self.connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
        assert!(placed[0].is_ok(), "{placed:?}");
        let found = self.connection.read(|tx| order::fetch(tx, command.id)).unwrap();
        found.unwrap().order.facts().review
    }
}

#[test]
fn a_draft_with_a_flaw_is_not_kept_and_one_without_decides_nothing_yet() {
    in_each_shop(|shop| {
        let (who, mut wrong) = (colleague(1), above(1));
        wrong["rules"][0]["when"] = json!("order.totl > 1");
        let written = Written { note: String::new(), definition: wrong };
        let act = who.act(NOW);
        let refused =
            shop.connection.transact(|tx| draft(tx, &who, &act, Purpose::Review, written.clone()));
        let Err(RulesError::Flawed(flaws)) = refused else { panic!("{refused:?}") };
        assert_eq!((flaws[0].rule, flaws[0].place.code()), (Some(0), "when"));
        let table = shop.draft(above(1));
        assert_eq!((table.number, table.state), (1, State::Draft));
        assert_eq!((shop.number_in_force(), shop.place(1, 1_000)), (0, Review::AutoPassed));
    });
}

#[test]
fn a_version_is_put_in_force_by_two_people_and_then_decides() {
    in_each_shop(|shop| {
        let table = shop.draft(above(500));
        let task = shop.ask(table.id).unwrap();
        assert_eq!(shop.number_in_force(), 0, "asking puts nothing in force");
        assert!(!shop.approve(task, 1), "nobody approves their own request");
        assert!(shop.approve(task, 2));
        let now = shop.now(table.id);
        assert_eq!((now.state, now.live_at, now.follows), (State::Live, Some(NOW), Some(0)));
        assert_eq!(shop.place(1, 1_000), Review::ManualPending);
        let id = OrderId::from_raw(1);
        let decisions = shop.connection.read(|tx| review::decisions_of(tx, id)).unwrap();
        assert_eq!(decisions[0].version, 1, "the decision names the version");
    });
}

#[test]
fn what_changed_after_it_was_asked_for_is_not_approved() {
    in_each_shop(|shop| {
        let table = shop.draft(above(500));
        let task = shop.ask(table.id).unwrap();
        let (who, version) = (colleague(1), table.version);
        let (act, written) = (who.act(NOW), Written { note: String::new(), definition: above(9) });
        let edited = shop
            .connection
            .transact(|tx| edit(tx, &who, &act, (table.id, version), written.clone()));
        assert_eq!(edited.unwrap().version, 2);
        assert!(!shop.approve(task, 2));
        assert_eq!(shop.number_in_force(), 0);
    });
}

#[test]
fn one_version_replaces_another_and_the_way_back_takes_one_person_and_a_reason() {
    in_each_shop(|shop| {
        let (first, second) = (shop.draft(above(500)), shop.draft(above(5_000)));
        shop.put_in_force(first.id);
        shop.put_in_force(second.id);
        assert_eq!((shop.number_in_force(), shop.now(first.id).state), (2, State::Retired));
        assert_eq!(shop.place(1, 1_000), Review::AutoPassed);
        assert!(matches!(shop.roll_back(1), Err(RulesError::NoWayBack)), "1 is not in force");
        assert_eq!(shop.roll_back(2).unwrap().map(|now| now.number), Some(1));
        assert_eq!((shop.number_in_force(), shop.place(2, 1_000)), (1, Review::ManualPending));
        assert!(matches!(shop.roll_back(2), Err(RulesError::NoWayBack)), "not twice");
        assert_eq!(shop.roll_back(1).unwrap(), None, "and on to what is built in");
        assert_eq!(shop.number_in_force(), 0);
        assert!(shop.ask(second.id).is_ok(), "forward takes two again");
    });
}

#[test]
fn what_was_decided_by_is_not_edited() {
    in_each_shop(|shop| {
        let table = shop.draft(above(500));
        shop.put_in_force(table.id);
        let (who, version) = (colleague(1), shop.now(table.id).version);
        let (act, written) = (who.act(NOW), Written { note: String::new(), definition: above(9) });
        let refused = shop
            .connection
            .transact(|tx| edit(tx, &who, &act, (table.id, version), written.clone()));
        assert!(matches!(refused, Err(RulesError::NotEditable)), "{refused:?}");
        assert!(shop.step(table.id, Step::Retire).is_err(), "retiring alone would disarm it");
    });
}

#[test]
fn a_version_on_trial_decides_nothing_and_what_it_would_have_done_is_recorded() {
    in_each_shop(|shop| {
        let (table, other) = (shop.draft(above(500)), shop.draft(above(1)));
        shop.step(table.id, Step::StartShadow).unwrap();
        let refused = shop.step(other.id, Step::StartShadow);
        assert!(matches!(refused, Err(RulesError::AnotherOnTrial(1))), "{refused:?}");
        assert_eq!(shop.place(1, 1_000), Review::AutoPassed, "the one in force decides");
        assert_eq!(shop.place(2, 100), Review::AutoPassed);
        let counts = shop.connection.read(|tx| rule_table::count_trials(tx, table.id, 10));
        assert_eq!(counts.unwrap(), (2, 1));
        let differing =
            shop.connection.read(|tx| rule_table::trials_that_differ(tx, table.id, None, 10));
        let differing = differing.unwrap();
        assert_eq!((differing.len(), differing[0].subject_id), (1, 1));
        let told: Value = serde_json::from_str(differing[0].difference.as_ref().unwrap()).unwrap();
        assert_eq!(
            (&told["live"]["step"], &told["other"]["step"], &told["other"]["rules"][0]["en"]),
            (&json!("auto_pass"), &json!("queue"), &json!("Limit"))
        );
        shop.step(table.id, Step::StopShadow).unwrap();
        shop.place(3, 1_000);
        let counts = shop.connection.read(|tx| rule_table::count_trials(tx, table.id, 10));
        assert_eq!(counts.unwrap(), (2, 1), "the trial is over");
    });
}

#[test]
fn a_dry_run_tells_what_a_draft_would_change_and_changes_nothing() {
    in_each_shop(|shop| {
        for (number, total_minor) in [(1, 100), (2, 1_000), (3, 2_000)] {
            shop.place(number, total_minor);
        }
        let table = shop.draft(above(500));
        let compiled = Arc::new(compile::<Verdict>(&table.definition, table.number).unwrap());
        let live = shop.in_force();
        let mut run = |limit| {
            let compiled = Arc::clone(&compiled);
            shop.connection.snapshot(|tx| dry_run(tx, &live, compiled, limit, NOW)).unwrap()
        };
        let all = run(10);
        assert_eq!((all.orders, all.changed), (3, 2));
        let to_people = (ReviewStep::AutoPass, ReviewStep::Queue);
        assert_eq!(all.moves.get(&to_people), Some(&2));
        assert_eq!(all.examples[0].0, OrderId::from_raw(3), "the newest first");
        assert_eq!(run(1).orders, 1, "it is bounded");
        let counts = shop.connection.read(|tx| rule_table::count_trials(tx, table.id, 10));
        assert_eq!(counts.unwrap(), (0, 0));
    });
}
