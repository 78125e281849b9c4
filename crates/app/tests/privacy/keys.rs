//! Keys that are rotated and destroyed.

use ordermill_app::permission::About;
use ordermill_app::privacy::rotation::reseal;
use ordermill_app::privacy::{RotationError, Vault, destroy_key, keys, rotate_keys};
use ordermill_base::Id;
use ordermill_domain::ids::OrderId;
use ordermill_domain::role::Role;
use ordermill_storage::order;
use ordermill_testkit::each_database;
use ordermill_vault::{KeyState, Purpose};

use crate::kit::{NOW, block_on, hire, lin, look, open_vault, with_orders};

#[test]
fn keys_are_rotated_while_orders_come_in_and_old_ones_can_then_be_destroyed() {
    for database in each_database() {
        let (connection, vault) = with_orders(&database, 1_100);
        drop(connection);
        let open = database.open();
        let old = keys(&vault).into_iter().find(|key| key.purpose == Purpose::Seal).unwrap().id;
        let mut told = Vec::new();
        block_on(async {
            let early = destroy_key(&open, &vault, old).await;
            assert!(
                matches!(early, Err(RotationError::StillUsed { values: 1_100, .. })),
                "{early:?}"
            );
            let new = rotate_keys(&open, &vault, Purpose::Seal, NOW, |p| told.push(p)).await;
            assert_ne!(new.unwrap(), old);
            // Once more does nothing: there is nothing left.
            let again = reseal(&open, &vault, |_| {}).await.unwrap();
            assert_eq!((again.resealed, again.unreadable), (0, 0));
            destroy_key(&open, &vault, old).await.unwrap();
        });
        open.close();
        let resealed: Vec<u64> = told.iter().map(|progress| progress.resealed).collect();
        assert_eq!(resealed, [500, 1_000, 1_100], "{database:?}");

        let mut connection = database.connection();
        let state = |vault: &Vault| keys(vault).iter().find(|key| key.id == old).unwrap().state;
        assert_eq!(state(&vault), KeyState::Destroyed);
        let fresh_start = open_vault(&mut connection);
        assert_eq!(state(&fresh_start), KeyState::Destroyed);
        let id = OrderId::from_raw(700);
        let row = connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap();
        assert_eq!(fresh_start.open_recipient(id, &row.recipient), Ok(lin()));
    }
}

#[test]
fn what_was_sealed_with_a_destroyed_key_is_shown_as_erased() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 1);
        let old = connection.read(|tx| order::fetch(tx, OrderId::from_raw(1))).unwrap().unwrap();
        let service = hire(&mut connection, "service", Role::Service);
        let open = database.open();
        block_on(async {
            let first = keys(&vault).into_iter().find(|key| key.purpose == Purpose::Seal).unwrap();
            rotate_keys(&open, &vault, Purpose::Seal, NOW, |_| {}).await.unwrap();
            destroy_key(&open, &vault, first.id).await.unwrap();
        });
        open.close();
        // As a row from a backup that was made before.
        let error = vault.open_recipient(OrderId::from_raw(1), &old.recipient).unwrap_err();
        assert!(error.is_erased());
        let seen = look(&mut connection, &vault, &service, Some("回电确认"), About::default(), NOW);
        assert!(seen.is_ok(), "what was sealed anew is still there: {seen:?}");
    }
}
