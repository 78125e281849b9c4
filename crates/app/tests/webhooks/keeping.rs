//! Keeping endpoints: secrets, pauses, replays, tests, and who may.

use ordermill_app::permission::{KeyHolder, Principal};
use ordermill_app::webhook::endpoint::{self, NewEndpoint};
use ordermill_app::webhook::{WebhookError, delivery};
use ordermill_base::{Clock, Id, Span, Timestamp};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{ApiKeyId, ChannelId};
use ordermill_domain::webhook::{Filter, State, Step};
use ordermill_storage::{Error, sealed};
use ordermill_testkit::each_database;
use ordermill_vault::standard_webhooks::{Headers, WebhookSecret, verify};

use crate::delivering::on_each;
use crate::kit::{ADMIN, Arrived, World, order, runtime};

fn accepts(secret: &str, arrived: &Arrived, now: Timestamp) -> bool {
    let headers = Headers {
        id: arrived.header("webhook-id"),
        timestamp: arrived.header("webhook-timestamp"),
        signature: arrived.header("webhook-signature"),
    };
    verify(&[&WebhookSecret::parse(secret).unwrap()], headers, &arrived.body, now).is_ok()
}

#[test]
fn for_a_day_after_a_rotation_both_secrets_sign() {
    on_each!(world, {
        let (id, old) = world.endpoint("ok", "order.*").await;
        let (vault, act) = (world.vault.clone(), world.act());
        let (_, new) = world
            .database
            .write(move |tx| endpoint::rotate_secret(tx, &vault, &ADMIN, &act, (id, Some(1))))
            .await
            .unwrap();
        for (hours, old_is_good) in [(0, true), (23, true), (2, false)] {
            world.pass(Span::hours(hours));
            world.happens("order", order(hours), "order.placed").await;
            world.deliver().await;
            let arrived = world.receivers.arrived("ok").pop().unwrap();
            assert!(accepts(new.as_str(), &arrived, world.clock.now()), "after {hours} h");
            assert_eq!(accepts(&old, &arrived, world.clock.now()), old_is_good, "after {hours} h");
        }
    });
}

#[test]
fn secrets_are_sealed_at_rest() {
    on_each!(world, {
        let (id, secret) = world.endpoint("ok", "*").await;
        let stored = world
            .database
            .read::<_, Error, _>(move |tx| ordermill_storage::webhook::secrets(tx, id))
            .await
            .unwrap()
            .unwrap();
        let is_inside =
            |part: &[u8]| stored.current.windows(part.len()).any(|window| window == part);
        assert!(!is_inside(secret.as_bytes()) && !is_inside(&secret.as_bytes()[6..]));
        let columns: Vec<&str> = sealed::SEALED
            .iter()
            .filter(|it| it.table == "webhook_endpoints")
            .map(|it| it.column)
            .collect();
        assert_eq!(columns, ["secret", "previous_secret"]);
    });
}

#[test]
fn what_a_paused_endpoint_has_missed_arrives_when_it_goes_on() {
    on_each!(world, {
        let (id, _) = world.endpoint("ok", "order.*").await;
        let (database, act) = (world.database.clone(), world.act());
        let paused = database
            .write(move |tx| endpoint::switch(tx, &ADMIN, &act, (id, None), Step::Pause))
            .await;
        assert_eq!(paused.unwrap().state, State::Paused);
        world.happens("order", order(7), "order.placed").await;
        assert_eq!(world.deliver().await, 0);
        let (database, act) = (world.database.clone(), world.act());
        database
            .write(move |tx| endpoint::switch(tx, &ADMIN, &act, (id, None), Step::Resume))
            .await
            .unwrap();
        assert_eq!(world.deliver().await, 1);
    });
}

#[test]
fn a_delivery_is_replayed_by_its_id_and_all_of_an_hour_by_time() {
    on_each!(world, {
        let (id, _) = world.endpoint("ok", "order.*").await;
        let mut events = Vec::new();
        let start = world.clock.now();
        for number in 0..4 {
            events.push(world.happens("order", order(number), "order.placed").await.to_string());
            world.pass(Span::hours(1));
        }
        world.happens("stock", 5, "stock.moved").await;
        world.deliver().await;
        assert_eq!(world.receivers.ids("ok").len(), 4);

        let act = world.act();
        let (one, act2) = (world.states(id).await[2].0, act.clone());
        let found = world
            .database
            .read(move |tx| delivery::list(tx, &ADMIN, id, None, None, 10))
            .await
            .unwrap();
        let of = found.iter().find(|delivery| delivery.event == one).unwrap().id;
        let replay =
            move |tx: &mut ordermill_storage::Tx<'_>| delivery::replay(tx, &ADMIN, &act2, id, of);
        world.database.write(replay).await.unwrap();
        world.deliver().await;
        assert_eq!(world.receivers.ids("ok")[4..], events[2..3]);

        let range = (start + Span::minutes(30), start + Span::minutes(150));
        let replayed = world
            .database
            .write(move |tx| delivery::replay_range(tx, &ADMIN, &act, id, range, None))
            .await
            .unwrap();
        assert_eq!((replayed.count, replayed.next), (2, None));
        world.deliver().await;
        // They are of two orders, which do not wait for each other.
        let mut again = world.receivers.ids("ok").split_off(5);
        again.sort_unstable();
        assert_eq!(again, events[1..3], "with the ids they had");
    });
}

#[test]
fn a_test_goes_to_one_endpoint_whatever_it_wants() {
    on_each!(world, {
        let (id, _) = world.endpoint("ok/a", "order.*").await;
        world.endpoint("ok/b", "*").await;
        world.deliver().await;
        let before = world.receivers.arrived("ok/b").len();
        let act = world.act();
        world.database.write(move |tx| endpoint::test(tx, &ADMIN, &act, id)).await.unwrap();
        world.deliver().await;
        let arrived = world.receivers.arrived("ok/a");
        assert_eq!(arrived.len(), 1);
        assert_eq!(arrived[0].json()["type"], "webhook.tested");
        assert_eq!(world.receivers.arrived("ok/b").len(), before);
    });
}

#[test]
fn only_those_who_manage_access_and_keys_without_a_channel_keep_endpoints() {
    on_each!(world, {
        let key = |scopes: &[Scope], channel: Option<i64>| {
            Principal::ApiKey(std::sync::Arc::new(KeyHolder {
                id: ApiKeyId::from_raw(1),
                scopes: scopes.to_vec(),
                channel: channel.map(ChannelId::from_raw),
            }))
        };
        let others: Vec<Scope> =
            Scope::ALL.into_iter().filter(|scope| *scope != Scope::ManageWebhooks).collect();
        for (principal, may) in [
            (key(&[Scope::ManageWebhooks], None), true),
            (key(&[Scope::ManageWebhooks], Some(1)), false),
            (key(&others, None), false),
            (Principal::VISITOR, false),
        ] {
            let (vault, act) = (world.vault.clone(), world.act());
            let new = NewEndpoint {
                url: "https://erp.example.com".to_owned(),
                description: String::new(),
                filter: Filter::new(["*".to_owned()]).unwrap(),
            };
            let made = world
                .database
                .write(move |tx| endpoint::create(tx, &vault, &principal, &act, &new))
                .await;
            match made {
                Ok(_) => assert!(may),
                Err(WebhookError::Forbidden(_)) => assert!(!may),
                Err(error) => panic!("{error}"),
            }
        }
    });
}

#[test]
fn two_people_who_edit_at_once_do_not_undo_each_other() {
    on_each!(world, {
        let (id, _) = world.endpoint("ok", "*").await;
        let edit = |world: &World<'_>, words: &str| {
            let (database, act) = (world.database.clone(), world.act());
            let new = NewEndpoint {
                url: "https://erp.example.com".to_owned(),
                description: words.to_owned(),
                filter: Filter::new(["*".to_owned()]).unwrap(),
            };
            async move {
                database
                    .write(move |tx| endpoint::edit(tx, &ADMIN, &act, (id, Some(1)), &new))
                    .await
            }
        };
        assert_eq!(edit(world, "one").await.unwrap().version, 2);
        let second = edit(world, "two").await;
        assert!(
            matches!(second, Err(WebhookError::Changed { expected: 1, found: 2 })),
            "{second:?}"
        );
    });
}
