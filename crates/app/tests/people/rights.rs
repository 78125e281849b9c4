//! Who gives and takes rights, and the keys of integrations.

use ordermill_app::access::{Access, TRUSTED_FOR};
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::{RootKeySource, Vault, VaultError};
use ordermill_app::session::{SignInError, sign_in};
use ordermill_app::shopper;
use ordermill_app::staff::{self, ChangeStaffError};
use ordermill_base::Id;
use ordermill_domain::actor::Actor;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{OrderId, StaffId};
use ordermill_domain::role::Role;
use ordermill_domain::staff::StaffError;
use ordermill_storage::journal;
use ordermill_testkit::each_database;
use ordermill_vault::{RootKey, SeededEntropy};

use crate::kit::{
    NOW, PASSWORD, act, entropy, form, hire, new_staff, on_each, principal_of, sign_in_at,
};

#[test]
fn there_is_one_first_administrator_unless_forced() {
    for database in each_database() {
        let mut connection = database.connection();
        let mut make = |login: &str, forced| {
            let new = new_staff(login, &[]);
            connection.transact(|tx| staff::create_first_admin(tx, &act(), &new, forced))
        };
        make("root", false).unwrap();
        assert!(matches!(make("second", false), Err(ChangeStaffError::AdminExists)));
        make("rescue", true).unwrap();
        let taken = make("root", true);
        assert!(matches!(taken, Err(ChangeStaffError::LoginTaken(_))), "{taken:?}");
    }
}

#[test]
fn nobody_changes_their_own_roles_and_only_administrators_those_of_others() {
    for database in each_database() {
        let mut connection = database.connection();
        let boss = hire(&mut connection, "boss", &[Role::Admin]);
        let clerk = hire(&mut connection, "clerk", &[Role::Service]);
        let boss_now = principal_of(boss, &[Role::Admin]);
        let clerk_now = principal_of(clerk, &[Role::Service]);
        let mut change = |by: &Principal, whom| {
            let act = by.act(NOW);
            connection.transact(|tx| {
                staff::change_rights(tx, by, &act, whom, &[Role::Admin, Role::Finance], None)
            })
        };
        let own = change(&boss_now, boss);
        assert!(matches!(own, Err(ChangeStaffError::Refused(StaffError::OwnRights))), "{own:?}");
        let other = change(&clerk_now, boss);
        assert!(matches!(other, Err(ChangeStaffError::Forbidden(_))), "{other:?}");
        change(&boss_now, clerk).unwrap();

        let history = connection.read(|tx| journal::of(tx, "staff", clerk, 1, 9)).unwrap();
        let told: Vec<(String, String)> =
            history.iter().map(|e| (e.actor.to_string(), e.body.clone())).collect();
        assert_eq!(told[0].0, "system:cli");
        assert_eq!(told[1].0, format!("staff:{boss}"));
        assert!(told[1].1.contains(r#""from":["service"],"to":["finance","admin"]"#), "{told:?}");
    }
}

#[test]
fn an_administrator_who_was_just_disabled_changes_nothing_any_more() {
    for database in each_database() {
        let mut connection = database.connection();
        let one = hire(&mut connection, "one", &[Role::Admin]);
        let two = hire(&mut connection, "two", &[Role::Admin]);
        let mut disable = |by: StaffId, whom| {
            let by = principal_of(by, &[Role::Admin]);
            connection.transact(|tx| staff::disable(tx, &by, &by.act(NOW), whom))
        };
        disable(one, two).unwrap();
        // Their browser still says that they are an administrator.
        let late = disable(two, one);
        assert!(matches!(late, Err(ChangeStaffError::Forbidden(_))), "{late:?}");
    }
}

#[test]
fn rights_that_are_taken_away_are_gone_at_once_here_and_soon_on_other_nodes() {
    on_each(
        async |access, _| {
            let other_node = Access::new(access.database().clone(), access.vault().clone());
            let boss = sign_in_at(access, "boss", NOW).await;
            let ticket = sign_in_at(access, "clerk", NOW).await;
            let token = ticket.token.as_str();
            let boss = access.of_session(boss.token.as_str(), NOW).await.unwrap().unwrap();
            let clerk = access.of_session(token, NOW).await.unwrap().unwrap();
            assert!(other_node.of_session(token, NOW).await.unwrap().is_some());
            let id = clerk.staff().unwrap().id;
            access
                .administer(move |tx| staff::disable(tx, &boss, &boss.act(NOW), id))
                .await
                .unwrap();
            assert_eq!(access.of_session(token, NOW).await.unwrap(), None);
            let soon = NOW + TRUSTED_FOR;
            assert_eq!(other_node.of_session(token, soon).await.unwrap(), None);
            let refused = sign_in(access, form("clerk", PASSWORD), NOW).await;
            assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
        },
        |connection| {
            hire(connection, "boss", &[Role::Admin]);
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn api_keys_are_shown_once_work_within_their_scopes_and_end_when_revoked() {
    on_each(
        async |access, database| {
            let (vault, cli) = (access.vault().clone(), Principal::system("cli"));
            let new = NewApiKey {
                name: "ERP".to_owned(),
                scopes: vec![Scope::ReadOrders, Scope::WriteOrders, Scope::ReadOrders],
                channel: None,
            };
            let key = access
                .administer(move |tx| api_key::create(tx, &vault, &cli, &act(), &new))
                .await
                .unwrap();
            assert!(!format!("{key:?}").contains(key.text.as_str()));
            let who = access.of_api_key(key.text.as_str(), NOW).await.unwrap().unwrap();
            assert_eq!(who.actor(), Actor::ApiKey(key.id));
            assert!(who.require_scope(Scope::WriteOrders).is_ok());
            assert!(who.require_scope(Scope::ManageWebhooks).is_err());
            let id = key.id;
            let stored =
                access.database().read(move |tx| ordermill_storage::api_key::fetch(tx, id));
            let stored = stored.await.unwrap().unwrap();
            assert_eq!(stored.last_used_at, Some(NOW), "{database:?}");
            assert!(stored.hint.starts_with("omk_") && stored.hint.len() == 8);
            let revoke = || {
                let cli = Principal::system("cli");
                access.administer(move |tx| api_key::revoke(tx, &cli, &act(), id))
            };
            revoke().await.unwrap();
            assert_eq!(access.of_api_key(key.text.as_str(), NOW).await.unwrap(), None);
            assert!(revoke().await.is_err(), "a revoked key is revoked once");
            assert_eq!(access.of_session(key.text.as_str(), NOW).await.unwrap(), None);
        },
        |_| {},
    );
}

#[test]
fn the_vault_opens_again_and_only_with_its_own_root_key() {
    for database in each_database() {
        let mut connection = database.connection();
        let directory = tempfile::tempdir().unwrap();
        let file = RootKeySource::File(directory.path().join("root.key"));
        let mut open = |source: &RootKeySource| {
            connection.transact(|tx| Vault::open(tx, source, entropy(), NOW))
        };
        let token = shopper::guest_token(&open(&file).unwrap(), OrderId::from_raw(1), NOW);
        let again = open(&file).unwrap();
        assert!(shopper::guest(&again, OrderId::from_raw(1), &token, NOW).is_some());

        let other = RootKey::generate(&SeededEntropy::from_seed(99)).to_base64();
        let wrong = open(&RootKeySource::Base64(other));
        assert!(matches!(wrong, Err(VaultError::Keyring(_))), "{wrong:?}");
        // A lost root key is not silently replaced by a new one that opens nothing.
        let missing = RootKeySource::File(directory.path().join("moved.key"));
        let missing = open(&missing);
        assert!(matches!(missing, Err(VaultError::Root(_))), "{missing:?}");
        assert!(!directory.path().join("moved.key").exists());
    }
}
