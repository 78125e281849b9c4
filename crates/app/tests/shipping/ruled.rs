//! Rules about who carries a parcel, and carriers that people change.

use std::sync::Arc;

use ordermill_app::carrier::choose::{Known, Place};
use ordermill_app::carrier::compare::{Imagined, compare};
use ordermill_app::carrier::setup::{KeepCarrierError, keep_by_hand, set_active};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{InForce, RulesError, Written, draft, step};
use ordermill_app::shipment::label::{Explained, Wanted};
use ordermill_base::Id as _;
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::carrier::choice::Verdict;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{CarrierId, StaffId};
use ordermill_domain::role::Role;
use ordermill_domain::rule_table::{Purpose, Step};
use ordermill_storage::{Error, Tx, carrier, journal, label_request};
use ordermill_testkit::stock::location as place;
use serde_json::{Value, json};

use crate::kit::{Shop, logistics, on_each_database, parcel, swift};

fn operations() -> Principal {
    Principal::Staff(Arc::new(StaffMember {
        id: StaffId::from_raw(2),
        name: "Qian".into(),
        roles: vec![Role::Operations],
        location: None,
    }))
}

fn a_table(when: &str, then: Value) -> Value {
    let rule = json!({ "name": { "zh": "规则", "en": "Rule" }, "when": when, "then": then });
    json!({ "hit": "all", "rules": [rule], "otherwise": { "do": "compare" } })
}

/// What would be decided under these rules for a parcel to Shanghai.
async fn under(shop: &Shop, when: &str, then: Value) -> ordermill_app::carrier::choose::Chosen {
    let table = compile::<CarrierRule>(&a_table(when, then), 4).unwrap();
    let histories = shop.carriers.histories().await.unwrap();
    let known = Known { histories, rules: Arc::new(InForce::only(Arc::new(table))) };
    let imagined = Imagined { from: place(1), to: Place::in_china(310_115), parcel: parcel() };
    let now = shop.act().at;
    let read = move |tx: &mut Tx<'_>| compare(tx, &imagined, &known, now);
    shop.database.read(read).await.unwrap().unwrap()
}

#[test]
fn a_rule_forces_or_forbids_a_carrier_and_says_so() {
    on_each_database(async |shop| {
        let swift = swift().id;
        let forced = json!({ "do": "force", "carrier": "swift" });
        let chosen = under(shop, "parcel.weight_grams < 1000", forced.clone()).await;
        assert_eq!(chosen.choice.chosen.unwrap().carrier, swift, "harbor is cheaper");
        let ruled = chosen.ruled.unwrap();
        assert_eq!((ruled.version, &*ruled.matched[0].en), (4, "Rule"));
        let chosen = under(shop, "to.region == 'CN-11'", forced).await;
        assert_ne!(chosen.choice.chosen.unwrap().carrier, swift);
        assert_eq!(chosen.ruled, None);
        let forbidden = json!({ "do": "forbid", "carrier": "harbor" });
        let chosen = under(shop, "from.location == 'HZ'", forbidden).await;
        assert_eq!(chosen.choice.chosen.unwrap().carrier, swift);
        let why = chosen.choice.others.iter().find_map(|it| match it {
            Verdict::Refused { because, .. } => Some(*because),
            Verdict::Offered(_) => None,
        });
        assert_eq!(why, Some(Refusal::Forbidden));
        let nobody = json!({ "do": "force", "carrier": "gone" });
        assert_eq!(under(shop, "true", nobody).await.choice.chosen, None);
    });
}

#[test]
fn rules_about_carriers_are_checked_when_they_are_written_and_have_no_trial() {
    on_each_database(async |shop| {
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| {
            let mut written = |when: &str, then: Value| {
                let written = Written { note: String::new(), definition: a_table(when, then) };
                draft(tx, &operations(), &act, Purpose::Carrier, written)
            };
            let forbid = || json!({ "do": "forbid", "carrier": "swift" });
            let unknown = written("buyer.orders > 1", forbid());
            assert!(matches!(unknown, Err(RulesError::Flawed(_))), "{unknown:?}");
            let action = written("true", json!({ "do": "hold", "reason": "amount" }));
            assert!(matches!(action, Err(RulesError::Flawed(_))), "{action:?}");
            let made = written("parcel.is_hazardous", forbid()).unwrap();
            let tried = step(tx, &operations(), &act, (made.id, 1), Step::StartShadow);
            assert!(matches!(tried, Err(RulesError::NoTrial)), "{tried:?}");
            Ok::<_, Error>(())
        };
        shop.database.write(write).await.unwrap();
    });
}

#[test]
fn a_paused_carrier_gets_no_parcel_and_its_pause_is_in_the_journal() {
    on_each_database(async |shop| {
        let (vault, act) = (shop.vault.clone(), shop.act());
        let harbor = CarrierId::from_raw(2);
        let pause = move |tx: &mut Tx<'_>| {
            let refused = set_active(tx, &logistics(), &act, &vault, (harbor, 1), false);
            assert!(matches!(refused, Err(KeepCarrierError::Forbidden(_))), "{refused:?}");
            set_active(tx, &operations(), &act, &vault, (harbor, 1), false).unwrap();
            let stale = set_active(tx, &operations(), &act, &vault, (harbor, 1), true);
            assert!(matches!(stale, Err(KeepCarrierError::Stale)), "{stale:?}");
            let history = journal::of(tx, "carrier", harbor, 2, 9)?;
            assert!(history[0].body.contains("is_active"), "{history:?}");
            Ok::<_, Error>(())
        };
        shop.database.write(pause).await.unwrap();
        let Wanted::Asked(id) = shop.want(1).await else { panic!("swift takes it") };
        let asked = shop.database.read(move |tx| label_request::fetch(tx, id)).await;
        let asked = asked.unwrap().unwrap();
        assert_eq!(asked.carrier, swift().id);
        let explained: Explained = serde_json::from_str(&asked.choice).unwrap();
        assert_eq!(explained.ruled, None);
    });
}

#[test]
fn a_secret_that_is_not_typed_again_stays_and_is_never_told() {
    on_each_database(async |shop| {
        let (vault, act) = (shop.vault.clone(), shop.act());
        let id = swift().id;
        let edit = move |tx: &mut Tx<'_>| {
            let before = carrier::fetch(tx, id)?.unwrap();
            let mut account = ordermill_app::carrier::setup::NewAccount {
                protocol: before.account.protocol.clone(),
                url: before.account.url.clone(),
                merchant: "another".into(),
                secret: None,
            };
            keep_by_hand(tx, &operations(), &act, &vault, &before.carrier, &account).unwrap();
            let after = carrier::fetch(tx, id)?.unwrap();
            assert_eq!(after.account.secret, before.account.secret);
            account.secret = Some("topsecret".into());
            keep_by_hand(tx, &operations(), &act, &vault, &after.carrier, &account).unwrap();
            let last = carrier::fetch(tx, id)?.unwrap();
            assert_ne!(last.account.secret, before.account.secret);
            account.url = "ftp://nowhere".into();
            let wrong = keep_by_hand(tx, &operations(), &act, &vault, &last.carrier, &account);
            let Err(KeepCarrierError::Invalid(flaws)) = wrong else { panic!("{wrong:?}") };
            assert_eq!(flaws[0].field, "account.url");
            let history = journal::of(tx, "carrier", id, 1, 9)?;
            let told: Vec<&str> = history.iter().map(|it| it.body.as_str()).collect();
            assert_eq!(told.len(), 3);
            assert!(told[1].contains("another") && told[2].contains("\"secret\""), "{told:?}");
            assert!(!told.iter().any(|it| it.contains("topsecret")), "{told:?}");
            // The sandbox must know the account at the end of the test.
            account.url = before.account.url;
            (account.merchant, account.secret) = ("shop".into(), Some("key".into()));
            keep_by_hand(tx, &operations(), &act, &vault, &last.carrier, &account).unwrap();
            Ok::<_, Error>(())
        };
        shop.database.write(edit).await.unwrap();
    });
}
