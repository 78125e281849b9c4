//! Rules about who carries a parcel, and carriers that people change.

use std::sync::Arc;

use ordermill_app::carrier::choose::{Known, Place};
use ordermill_app::carrier::compare::{Imagined, compare};
use ordermill_app::carrier::setup::{
    KeepCarrierError, NewAccount, check_address, keep_by_hand, set_active,
};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::{InForce, RulesError, Written, draft};
use ordermill_app::shipment::label::{Explained, Wanted};
use ordermill_base::Id as _;
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::carrier::choice::Verdict;
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::ids::{CarrierId, StaffId};
use ordermill_domain::role::Role;
use ordermill_domain::rule_table::Purpose;
use ordermill_ports::webhook::Nobody;
use ordermill_storage::{Error, Tx, carrier, journal, label_request};
use ordermill_testkit::stock::location as place;
use serde_json::{Value, json};

use crate::kit::{Shop, logistics, on_each_database, parcel, swift};

pub(crate) fn operations() -> Principal {
    Principal::Staff(Arc::new(StaffMember {
        id: StaffId::from_raw(2),
        name: "Qian".into(),
        roles: vec![Role::Operations],
        location: None,
    }))
}

pub(crate) fn a_table(when: &str, then: Value) -> Value {
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
fn rules_about_carriers_are_checked_when_they_are_written() {
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
            written("parcel.is_hazardous", forbid()).unwrap();
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

/// A carrier as it is kept, and the account that somebody would enter again.
async fn kept(shop: &Shop) -> (carrier::Stored, NewAccount) {
    let id = swift().id;
    let stored = shop.database.read(move |tx| carrier::fetch(tx, id)).await.unwrap().unwrap();
    let carrier::Account { protocol, url, merchant, .. } = stored.account.clone();
    (stored, NewAccount { protocol, url, merchant, secret: None })
}

/// Keeps the carrier with this account, as somebody from operations who saw it as it is.
async fn keeps(shop: &Shop, account: NewAccount) -> Result<(), KeepCarrierError> {
    let (before, _) = kept(shop).await;
    let account = check_address(&Nobody, Some(&before), account).await?;
    let (vault, act) = (shop.vault.clone(), shop.act());
    let keep = move |tx: &mut Tx<'_>| {
        keep_by_hand(tx, &operations(), &act, &vault, &before.carrier, &account)
    };
    shop.database.write(keep).await
}

/// The fields that were refused.
fn refused(kept: Result<(), KeepCarrierError>) -> Vec<String> {
    let Err(KeepCarrierError::Invalid(flaws)) = kept else { panic!("{kept:?}") };
    flaws.into_iter().map(|flaw| flaw.field).collect()
}

#[test]
fn a_secret_that_is_not_typed_again_stays_and_is_never_told() {
    on_each_database(async |shop| {
        let (before, account) = kept(shop).await;
        let another = NewAccount { merchant: "another".into(), ..account.clone() };
        keeps(shop, another.clone()).await.unwrap();
        assert_eq!(kept(shop).await.0.account.secret, before.account.secret);
        let secret = Some("topsecret".to_owned());
        keeps(shop, NewAccount { secret, ..another }).await.unwrap();
        assert_ne!(kept(shop).await.0.account.secret, before.account.secret);
        let id = swift().id;
        let history = shop.database.read(move |tx| journal::of(tx, "carrier", id, 1, 9)).await;
        let history: Vec<journal::Entry> = history.unwrap();
        let told: Vec<&str> = history.iter().map(|it| it.body.as_str()).collect();
        assert_eq!(told.len(), 3);
        assert!(told[1].contains("another") && told[2].contains("\"secret\""), "{told:?}");
        assert!(!told.iter().any(|it| it.contains("topsecret")), "{told:?}");
    });
}

#[test]
fn a_secret_is_entered_again_for_another_address_or_protocol() {
    on_each_database(async |shop| {
        let (before, account) = kept(shop).await;
        let elsewhere = "https://carrier.example".to_owned();
        let moved = NewAccount { url: elsewhere.clone(), ..account.clone() };
        assert_eq!(refused(keeps(shop, moved.clone()).await), ["account.secret"]);
        let spoken = NewAccount { protocol: "another".into(), ..account.clone() };
        assert_eq!(refused(keeps(shop, spoken).await), ["account.secret"]);
        assert_eq!(kept(shop).await.0, before, "nothing has changed");
        let secret = Some("for that host".to_owned());
        keeps(shop, NewAccount { secret, ..moved }).await.unwrap();
        assert_eq!(kept(shop).await.0.account.url, elsewhere);
        // Whoever speaks with nobody needs no secret, and the next who does enters one.
        let silent = NewAccount { protocol: String::new(), url: String::new(), ..account.clone() };
        keeps(shop, silent).await.unwrap();
        assert_eq!(kept(shop).await.0.account.secret, None);
        keeps(shop, NewAccount { url: elsewhere, ..account }).await.unwrap();
        assert_eq!(kept(shop).await.0.account.secret, None);
    });
}

#[test]
fn an_account_leads_to_no_host_of_our_network_that_nobody_has_allowed() {
    on_each_database(async |shop| {
        let (_, account) = kept(shop).await;
        for url in [
            "http://carrier.example/",
            "https://user:password@carrier.example/",
            "http://u@127.0.0.1:9000/",
            "http://127.0.0.1:5432/",
            "http://localhost:9000/",
            "https://10.0.0.1/",
            "http://169.254.169.254/latest",
            "https://db.internal/",
            "ftp://carrier.example/",
            "https://carrier.example/?to=",
            "https://carrier.example/#",
            "nowhere",
            "",
        ] {
            let secret = Some("key".to_owned());
            let account = NewAccount { url: url.into(), secret, ..account.clone() };
            assert_eq!(refused(keeps(shop, account).await), ["account.url"], "{url}");
        }
        let (secret, url) = (Some("key".to_owned()), "https://carrier.example/api".to_owned());
        keeps(shop, NewAccount { url, secret, ..account }).await.unwrap();
    });
}
