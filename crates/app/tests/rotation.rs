//! Keys are rotated while two nodes work: nothing fails, and nothing stays under the old key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ordermill_app::permission::Principal;
use ordermill_app::privacy::rotation::{Settling, rotate_keys_with};
use ordermill_app::privacy::{RootKeySource, RotationError, Vault, destroy_key, keys};
use ordermill_app::webhook::endpoint::{self, NewEndpoint};
use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::EndpointId;
use ordermill_domain::webhook::{Filter, Step};
use ordermill_storage::{Error, sealed};
use ordermill_testkit::{TestClock, each_database};
use ordermill_vault::{KeyState, OsEntropy, Purpose, RootKey};

const ADMIN: Principal = Principal::system("test");
const NOW: Timestamp = TestClock::START;

/// Seals and opens all the time, as a node that serves does; gives what went wrong.
async fn work(
    database: ordermill_storage::Database,
    vault: Vault,
    is_over: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut made: Option<EndpointId> = None;
    while !is_over.load(Ordering::Relaxed) {
        let (sealing, act) = (vault.clone(), ADMIN.act(NOW));
        let worked = database
            .write(move |tx| {
                if let Some(id) = made {
                    let found = endpoint::get(tx, &ADMIN, id)?;
                    endpoint::first_secret(tx, &sealing, &ADMIN, &found)?;
                    endpoint::rotate_secret(tx, &sealing, &ADMIN, &act, (id, None))?;
                    endpoint::switch(tx, &ADMIN, &act, (id, None), Step::Delete)?;
                }
                let new = NewEndpoint {
                    url: "https://erp.example.com".to_owned(),
                    description: String::new(),
                    filter: Filter::new(["*".to_owned()])?,
                };
                let (kept, _) = endpoint::create(tx, &sealing, &ADMIN, &act, &new)?;
                Ok::<_, ordermill_app::webhook::WebhookError>(kept.id)
            })
            .await;
        match worked {
            Ok(id) => made = Some(id),
            Err(error) => failures.push(error.to_string()),
        }
        done.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    failures
}

#[test]
fn keys_change_under_load_and_the_old_one_can_be_destroyed() {
    let settling = Settling::of(Span::millis(250));
    for under in each_database() {
        let root = RootKey::generate(&OsEntropy).to_base64();
        let open = || {
            let database = under.open();
            let source = RootKeySource::Base64(root.clone());
            let vault = database
                .write_blocking(move |tx| Vault::open(tx, &source, Arc::new(OsEntropy), NOW))
                .unwrap();
            (database, vault)
        };
        // The node that serves, and the command that rotates: each with its own idea of the keys.
        let ((serving, at_work), (database, vault)) = (open(), open());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let (is_over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
            let working = tokio::spawn(work(
                serving.clone(),
                at_work.clone(),
                Arc::clone(&is_over),
                Arc::clone(&done),
            ));
            let (reloading, follower, stop) =
                (at_work.clone(), serving.clone(), Arc::clone(&is_over));
            let following = tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    let vault = reloading.clone();
                    follower.read(move |tx| vault.reload(tx)).await.unwrap();
                }
            });
            while done.load(Ordering::Relaxed) < 20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let sealing = |state: KeyState| {
                let found = keys(&vault)
                    .into_iter()
                    .find(|key| key.purpose == Purpose::Seal && key.state == state);
                found.map(|key| key.id)
            };
            let old = sealing(KeyState::Active).unwrap();
            let fresh =
                rotate_keys_with(&database, &vault, Purpose::Seal, NOW, settling, |_| {}).await;
            let fresh = fresh.unwrap();
            assert_ne!(fresh, old);
            let (under_old, under_new) = database
                .read(move |tx| {
                    let old = sealed::count_under(tx, old.get())?;
                    Ok::<_, Error>((old, sealed::count_under(tx, fresh.get())?))
                })
                .await
                .unwrap();
            assert_eq!(under_old, 0, "something is still sealed with the old key");
            assert!(under_new > 0);
            destroy_key(&database, &vault, old).await.unwrap();
            let at_end = done.load(Ordering::Relaxed) + 20;
            while done.load(Ordering::Relaxed) < at_end {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            is_over.store(true, Ordering::Relaxed);
            let failures = working.await.unwrap();
            assert!(failures.is_empty(), "{failures:?}");
            following.await.unwrap();
            let refused = destroy_key(&database, &vault, fresh).await;
            assert!(matches!(refused, Err(RotationError::StillUsed { .. })), "{refused:?}");
        });
        serving.close();
        database.close();
    }
}
