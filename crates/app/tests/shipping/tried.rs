//! Another version of the rules about carriers: tried on recent parcels, and on trial beside the one in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_app::carrier::choose::{Known, ReadyParcel};
use ordermill_app::catalog::Catalog;
use ordermill_app::privacy::Vault;
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::tried::{Difference, DryRun};
use ordermill_app::rule_table::{InForce, Table, Written, draft, step};
use ordermill_app::shipment::label::Wanted;
use ordermill_app::shipment::ruled::dry_run;
use ordermill_base::Id as _;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{OrderId, RuleTableId};
use ordermill_domain::rule_table::{Purpose, Step};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, label_request, rule_table};
use serde_json::{Value, json};

use crate::kit::{Shop, on_each_database, parcel, swift};
use crate::ruled::{a_table, operations};

/// A version of the rules under which nobody may use harbor, which is the cheaper carrier, for what is light.
fn without_harbor() -> Value {
    a_table("parcel.weight_grams < 1000", json!({ "do": "forbid", "carrier": "harbor" }))
}

#[test]
fn a_version_shows_on_recent_parcels_whom_it_would_choose() {
    on_each_database(async |shop| {
        shop.want(1).await;
        shop.want_as(2, ReadyParcel { weight_grams: 2_000, ..parcel() }).await;
        let (vault, known) = (shop.vault.clone(), shop.carriers.known().await.unwrap());
        let other = Arc::new(compile::<CarrierRule>(&without_harbor(), 4).unwrap());
        let run = shop.tries(other, &vault, known).await;
        assert_eq!((run.looked_at, run.changed, run.nobody), (2, 1, 0));
        let [(order, difference)] = &run.examples[..] else { panic!("{run:?}") };
        assert_eq!(*order, OrderId::from_raw(1));
        assert_eq!(difference.live.goes, ["harbor", "standard"]);
        assert_eq!((&*difference.other.goes[0], difference.other.number), ("swift", 4));
    });
}

#[test]
fn a_parcel_that_nobody_takes_is_shown_with_the_reason_of_each_carrier() {
    on_each_database(async |shop| {
        shop.service_wish = Some(ServiceKind::Timed);
        let (order, work) = shop.packed(1).await;
        shop.label(work).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
        let (vault, known) = (shop.vault.clone(), shop.carriers.known().await.unwrap());
        let other = Arc::new(compile::<CarrierRule>(&without_harbor(), 4).unwrap());
        let run = shop.tries(other, &vault, known).await;
        assert_eq!((run.looked_at, run.changed, run.nobody), (1, 0, 1));
        let [(left, side)] = &run.left[..] else { panic!("{run:?}") };
        assert_eq!((*left, &side.goes[..]), (order, &[] as &[String]));
        let refused: BTreeSet<(&str, Refusal)> =
            side.refused.iter().map(|it| (&*it.carrier, it.because)).collect();
        let expected = [("harbor", Refusal::Forbidden), ("swift", Refusal::NotWished)];
        assert_eq!(refused, BTreeSet::from(expected));
    });
}

impl Shop {
    /// What another version of the rules would decide about recent parcels.
    async fn tries(&self, other: Arc<Table<CarrierRule>>, vault: &Vault, known: Known) -> DryRun {
        let (vault, now) = (vault.clone(), self.act().at);
        let look = move |tx: &mut Tx<'_>| {
            let catalog = Catalog::load(tx)?;
            dry_run(tx, &vault, &known, &catalog, other, 100, now)
        };
        self.database.snapshot(look).await.unwrap()
    }

    /// What is known of carriers while a version without harbor is on trial.
    async fn with_harbor_on_trial(&self) -> (RuleTableId, Known) {
        let act = self.act();
        let write = move |tx: &mut Tx<'_>| {
            let written = Written { note: String::new(), definition: without_harbor() };
            let made = draft(tx, &operations(), &act, Purpose::Carrier, written).unwrap();
            Ok::<_, Error>(step(tx, &operations(), &act, (made.id, 1), Step::StartShadow).unwrap())
        };
        let stored = self.database.write(write).await.unwrap();
        let table = compile::<CarrierRule>(&stored.definition, stored.number).unwrap();
        let known = self.carriers.known().await.unwrap();
        let rules = Arc::new(known.rules.with_trial(stored.id, Arc::new(table)));
        (stored.id, Known { rules, ..known })
    }

    /// Where a version on trial has differed: the decision, and how.
    async fn the_difference(&self, table: RuleTableId) -> (rule_table::Trial, Difference) {
        let differ = move |tx: &mut Tx<'_>| rule_table::trials_that_differ(tx, table, None, 9);
        let mut found = self.database.read(differ).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let trial = found.remove(0);
        let difference = serde_json::from_str(trial.difference.as_deref().unwrap()).unwrap();
        (trial, difference)
    }
}

#[test]
fn a_version_on_trial_is_recorded_beside_each_choice_and_changes_none() {
    on_each_database(async |shop| {
        let (table, known) = shop.with_harbor_on_trial().await;
        let Wanted::Asked(id) = shop.want_by(1, parcel(), &known).await else { panic!("asked") };
        let asked = shop.database.read(move |tx| label_request::fetch(tx, id)).await.unwrap();
        assert_ne!(asked.unwrap().carrier, swift().id, "harbor carries it");
        let (trial, difference) = shop.the_difference(table).await;
        assert_eq!((trial.subject_id, trial.sequence), (1, id.raw()));
        assert_eq!((&*difference.live.goes[0], &*difference.other.goes[0]), ("harbor", "swift"));
    });
}

#[test]
fn a_version_on_trial_is_asked_about_a_parcel_that_nobody_takes_by_the_rules_in_force() {
    on_each_database(async |shop| {
        let (table, known) = shop.with_harbor_on_trial().await;
        let gone = a_table("true", json!({ "do": "force", "carrier": "gone" }));
        let live = compile::<CarrierRule>(&gone, 3).unwrap();
        let trial = known.rules.on_trial().unwrap();
        let rules = InForce::only(Arc::new(live)).with_trial(trial.id, Arc::clone(&trial.table));
        let known = Known { rules: Arc::new(rules), ..known.clone() };
        let wanted = shop.want_by(1, parcel(), &known).await;
        assert!(matches!(wanted, Wanted::NobodyTakesIt(_)), "{wanted:?}");
        let (_, Difference { live, other }) = shop.the_difference(table).await;
        assert_eq!(live.goes, Vec::<String>::new());
        assert!(live.refused.iter().all(|it| it.because == Refusal::NotForced), "{live:?}");
        assert_eq!(&*other.goes[0], "swift", "the version would have found one");
    });
}
